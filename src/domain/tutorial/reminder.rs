//! When people are reminded of a tutorial: a day before it begins, and an hour before.

use chrono::TimeDelta;

use crate::domain::Instant;
use crate::domain::closed_enum;

closed_enum! {
    /// What people are reminded by.
    pub enum Reminder as "TutorialReminder" {
        /// 24 hours before it begins, in business hours (N7).
        DayBefore = "day_before",
        /// One hour before, at whatever hour that is.
        HourBefore = "hour_before",
    }
}

impl Reminder {
    /// How long before the beginning it falls due.
    pub const fn before(self) -> TimeDelta {
        match self {
            Self::DayBefore => TimeDelta::hours(24),
            Self::HourBefore => TimeDelta::hours(1),
        }
    }

    /// When it falls due for a tutorial that begins at `starts_at`.
    pub fn due_at(self, starts_at: Instant) -> Instant {
        starts_at - self.before()
    }
}

/// When the next reminder falls due behind `after`; none if there is no further one.
pub fn next(starts_at: Instant, after: Instant) -> Option<Instant> {
    let due = Reminder::ALL.iter().map(|one| one.due_at(starts_at));
    due.filter(|due| *due > after).min()
}

/// Of what people are reminded at `now`: the last reminder that has fallen due, so that after an outage nobody gets two; nothing
/// before the first, and nothing once it has begun.
pub fn due(starts_at: Instant, now: Instant) -> Option<Reminder> {
    if now >= starts_at {
        return None;
    }
    let all = Reminder::ALL.iter().copied();
    all.filter(|one| one.due_at(starts_at) <= now)
        .max_by_key(|one| one.due_at(starts_at))
}

/// When somebody gets a reminder of a tutorial, who would be glad of it from `welcome` on. That of the day before waits for
/// business hours, and is left out where these begin no sooner than that of the hour comes; this one waits for nothing.
pub fn reminded_at(
    reminder: Reminder,
    starts_at: Instant,
    welcome: Instant,
    now: Instant,
) -> Option<Instant> {
    match reminder {
        Reminder::HourBefore => Some(now),
        Reminder::DayBefore => {
            Some(welcome).filter(|at| *at < Reminder::HourBefore.due_at(starts_at))
        }
    }
}
