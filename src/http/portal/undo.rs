//! Taking back what one has just written, where a page offers it: told once where it was posted, and beside the entry (F4).

use std::fmt::Display;

use chrono::TimeDelta;
use serde::Serialize;

use crate::domain::Instant;

/// The button that takes an entry back.
#[derive(Clone, Debug, Serialize)]
pub struct UndoView {
    /// Where it is sent.
    pub action: String,
    /// The page to come back to; empty for that of the case.
    pub back: String,
    /// Until when it is taken.
    pub until: Instant,
    /// How many seconds that is, from when the page was made.
    pub seconds: i64,
}

impl UndoView {
    /// The button for an entry, from `now` on; none once it is too late.
    pub(super) fn of(
        entry: impl Display,
        until: Instant,
        now: Instant,
        back: &str,
    ) -> Option<Self> {
        (until > now).then(|| Self {
            action: format!("/entries/{entry}/undo"),
            back: back.to_owned(),
            until,
            seconds: seconds_left(until - now),
        })
    }
}

/// Whole seconds, one that has begun included.
fn seconds_left(left: TimeDelta) -> i64 {
    let whole = left.num_seconds();
    match left > TimeDelta::seconds(whole) {
        true => whole + 1,
        false => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_that_has_begun_is_left() {
        assert_eq!(seconds_left(TimeDelta::milliseconds(59_001)), 60);
        assert_eq!(seconds_left(TimeDelta::seconds(60)), 60);
        assert_eq!(seconds_left(TimeDelta::milliseconds(1)), 1);
    }

    #[test]
    fn nothing_is_offered_once_it_is_too_late() {
        let now = Instant::UNIX_EPOCH;
        assert!(UndoView::of("x", now, now, "").is_none());
        let later = now + TimeDelta::milliseconds(1);
        let offered = UndoView::of("x", later, now, "/cases").expect("offered");
        assert_eq!(offered.action, "/entries/x/undo");
    }
}
