//! Quiet hours (N7): a reminder waits for the recipient's business hours, unless the escalation's rank, or what it reminds of, says
//! otherwise. One rule for everything that reminds.

use crate::domain::Instant;
use crate::domain::calendar::Calendar;
use crate::domain::duty::Roster;
use crate::domain::ids::PersonId;
use crate::domain::target::{TargetClock, is_told_at_any_hour};

use super::NoticeKind;

/// What is reminded of, as far as it decides on the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminder {
    /// A target of an escalation: the minutes that count towards it, and the rank of the escalation (M8).
    Target {
        /// Which minutes count.
        clock: TargetClock,
        /// The escalation's rank; none before it is accepted.
        rank: Option<i64>,
    },
    /// A case that becomes eligible soon (M9).
    Radar,
    /// The window of a call, which was agreed on with whoever is called (M12).
    Call,
    /// A tutorial of the next day (H1). Of one that begins in an hour people are told at once.
    Tutorial,
}

impl Reminder {
    /// Whether a notice of that kind, which is about no target, reminds of something.
    pub const fn of(kind: NoticeKind) -> Option<Self> {
        match kind {
            NoticeKind::RadarWarning => Some(Self::Radar),
            NoticeKind::CallbackDue => Some(Self::Call),
            NoticeKind::TutorialReminder => Some(Self::Tutorial),
            _ => None,
        }
    }

    /// Whether it is told at whatever hour. A call is to be made in its window, whoever makes it.
    pub fn is_told_at_any_hour(self) -> bool {
        match self {
            Self::Target { clock, rank } => is_told_at_any_hour(clock, rank),
            Self::Radar | Self::Tutorial => false,
            Self::Call => true,
        }
    }
}

/// When people work: in their shifts, or else in the hours of a calendar.
#[derive(Clone, Copy, Debug)]
pub struct Hours<'a> {
    /// The shifts.
    pub roster: &'a Roster,
    /// The hours of whoever has none.
    pub calendar: &'a Calendar,
}

impl Hours<'_> {
    /// When somebody is reminded of these at `now`: at once if one of them is told at any hour or they work, or else from the next
    /// of their hours on. Who never works again is told at once: better at night than never.
    pub fn welcome(
        &self,
        person: PersonId,
        reminders: impl IntoIterator<Item = Reminder>,
        now: Instant,
    ) -> Instant {
        if reminders.into_iter().any(Reminder::is_told_at_any_hour) {
            return now;
        }
        let shift = self.roster.next_shift(person, now);
        shift.unwrap_or_else(|| self.calendar.next_working(now).unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, TimeDelta, Timelike, Weekday};
    use chrono_tz::Europe::Berlin;
    use chrono_tz::TZ_VARIANTS;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn welcome(calendar: &Calendar, reminder: Reminder, now: Instant) -> Instant {
        let roster = Roster::default();
        let hours = Hours {
            roster: &roster,
            calendar,
        };
        hours.welcome(PersonId::from_uuid(Uuid::nil()), [reminder], now)
    }

    #[test]
    fn a_reminder_waits_for_the_morning_across_a_clock_change() {
        let calendar = Calendar::standard(Berlin);
        // Friday evening; on Sunday, 29 March 2026, the clocks go forward.
        let friday = "2026-03-27T20:00:00Z".parse().unwrap();
        let monday: Instant = "2026-03-30T07:00:00Z".parse().unwrap();
        assert_eq!(welcome(&calendar, Reminder::Radar, friday), monday);
        // And back on 25 October.
        let friday = "2026-10-23T20:00:00Z".parse().unwrap();
        let monday: Instant = "2026-10-26T08:00:00Z".parse().unwrap();
        assert_eq!(welcome(&calendar, Reminder::Radar, friday), monday);
    }

    #[test]
    fn rank_and_clock_of_an_escalation_and_the_window_of_a_call_know_no_night() {
        let calendar = Calendar::standard(Berlin);
        let night = "2026-03-28T02:00:00Z".parse().unwrap();
        let target = |clock, rank| Reminder::Target { clock, rank };
        for (reminder, at_once) in [
            (target(TargetClock::Business, Some(1)), true),
            (target(TargetClock::Business, Some(2)), true),
            (target(TargetClock::Business, Some(3)), false),
            (target(TargetClock::Business, None), false),
            (target(TargetClock::Elapsed, None), true),
            (Reminder::Radar, false),
            (Reminder::Tutorial, false),
            (Reminder::Call, true),
        ] {
            let told = welcome(&calendar, reminder, night);
            assert_eq!(told == night, at_once, "{reminder:?} at {told}");
        }
    }

    proptest! {
        /// In every zone, at every minute of a year: within the hours at once, and otherwise at the very beginning of the next.
        #[test]
        fn nobody_is_reminded_outside_of_their_hours(
            zone in 0..TZ_VARIANTS.len(),
            minutes in 0..(366 * 24 * 60i64),
        ) {
            let zone = TZ_VARIANTS[zone];
            let start: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
            let now = start + TimeDelta::minutes(minutes);
            let calendar = Calendar::standard(zone);
            let told = welcome(&calendar, Reminder::Radar, now);
            let shown = told.with_timezone(&zone);
            prop_assert!(told >= now && told - now < TimeDelta::days(4));
            prop_assert!(!matches!(shown.weekday(), Weekday::Sat | Weekday::Sun), "{shown}");
            prop_assert!((9..17).contains(&shown.hour()), "{shown}");
            // Nothing of their hours went by unused.
            prop_assert_eq!(calendar.business_time_between(now, told), TimeDelta::zero());
        }
    }
}
