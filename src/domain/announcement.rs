//! Announcements: from when until when one is shown, and how much it matters (H1).

use super::Instant;
use crate::domain::closed_enum;

closed_enum! {
    /// How much an announcement matters.
    pub enum Importance as "AnnouncementImportance" {
        /// Good to know.
        Information = "information",
        /// Something is not as usual, or will not be.
        Warning = "warning",
    }
}

closed_enum! {
    /// Where an announcement stands.
    pub enum State as "AnnouncementState" {
        /// It is being written, and nobody else sees it.
        Draft = "draft",
        /// It will be shown.
        Coming = "coming",
        /// It is shown.
        Current = "current",
        /// It was shown.
        Past = "past",
    }
}

impl State {
    /// Whether those for whom it is may see it. What is not shown yet is for whoever keeps announcements.
    pub const fn is_for_readers(self) -> bool {
        matches!(self, Self::Current | Self::Past)
    }
}

/// When an announcement is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Showing {
    /// Whether it is a draft, which is not shown whatever its dates are.
    pub draft: bool,
    /// From this instant on.
    pub from: Instant,
    /// Until this one, at which it is not shown any more; for good if there is none.
    pub until: Option<Instant>,
}

impl Showing {
    /// Where it stands at `now`.
    pub fn state(&self, now: Instant) -> State {
        if self.draft {
            State::Draft
        } else if now < self.from {
            State::Coming
        } else if self.until.is_some_and(|until| until <= now) {
            State::Past
        } else {
            State::Current
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[test]
    fn its_bounds_are_exact() {
        let showing = Showing {
            draft: false,
            from: at(10),
            until: Some(at(20)),
        };
        let instant = TimeDelta::microseconds(1);
        for (now, state) in [
            (at(10) - instant, State::Coming),
            (at(10), State::Current),
            (at(20) - instant, State::Current),
            (at(20), State::Past),
        ] {
            assert_eq!(showing.state(now), state, "{now}");
        }
        let draft = Showing {
            draft: true,
            ..showing
        };
        assert_eq!(draft.state(at(15)), State::Draft);
    }

    proptest! {
        /// Time goes one way: what was shown is not coming again, and without an end it is never over.
        #[test]
        fn it_goes_from_coming_to_past(
            from in 0..100_i64,
            lasts in prop::option::of(1..100_i64),
            now in 0..300_i64,
            later in 0..300_i64,
        ) {
            let showing = Showing { draft: false, from: at(from), until: lasts.map(|lasts| at(from + lasts)) };
            let (first, second) = (showing.state(at(now)), showing.state(at(now + later)));
            prop_assert!(first <= second, "{first} was before {second}");
            prop_assert!(showing.until.is_some() || second != State::Past);
            prop_assert_eq!(second.is_for_readers(), at(now + later) >= showing.from);
        }
    }
}
