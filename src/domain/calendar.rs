//! Business calendars: working hours, holidays, and the deadlines reckoned by them (section 4, *Business calendar*).
//!
//! All reckoning is done in the calendar's own zone and gives instants. A deadline and its replay are one walk over the
//! same pieces of time, so that a drawing cannot tell another story than the rule.

mod days;
mod holidays;
mod hours;
mod ics;
mod local;
mod proposals;
mod replay;
mod shape;
mod time;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use holidays::{Holiday, HolidayDate};
pub use hours::{Hours, Span};
pub use ics::{
    Candidate, Doubt, IcsError, IcsHolidays, MOST_DAYS, MOST_EVENTS, SkipReason, SkippedEvent,
    TakenEvent, from_ics,
};
pub(crate) use local::reached;
pub use local::{day_end, day_start};
pub use proposals::{ByWhen, Proposal};
pub use replay::{Pause, Replay, Segment, Unit, Why, replay_elapsed};
pub use shape::{CalendarShape, HolidayShape, InvalidCalendar, PartError, PartProblem};

use holidays::Holidays;

/// When the provider works. Built from a [`CalendarShape`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarShape", into = "CalendarShape")]
pub struct Calendar {
    name: String,
    time_zone: Tz,
    hours: Hours,
    holidays: Holidays,
}

/// Why a deadline cannot be reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The calendar has no working day within a lifetime of the start (E11).
    #[error("the calendar has no business day")]
    NoBusinessDay,
    /// The deadline lies beyond the end of representable time.
    #[error("the deadline lies beyond the end of time")]
    OutOfRange,
}

impl Calendar {
    /// Monday to Friday, 09:00–17:00, no holidays: what a provider without a calendar of its own gets.
    pub fn standard(time_zone: Tz) -> Self {
        Self {
            name: "Standard".to_owned(),
            time_zone,
            hours: Hours::office(),
            holidays: Holidays::default(),
        }
    }

    /// The calendar's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone in which its hours and days are meant.
    pub fn time_zone(&self) -> Tz {
        self.time_zone
    }

    /// Its working hours.
    pub fn hours(&self) -> &Hours {
        &self.hours
    }

    /// Its holidays, single dates first.
    pub fn holidays(&self) -> impl Iterator<Item = Holiday> {
        self.holidays.iter()
    }

    /// Adds holidays, and says how many days are new. Those that it has stay, with their names.
    pub fn add_holidays(&mut self, holidays: impl IntoIterator<Item = Holiday>) -> usize {
        let before = self.holidays.iter().count();
        for holiday in holidays {
            self.holidays.add(holiday);
        }
        self.holidays.iter().count() - before
    }

    /// Whether a date is a business day: it exists in the zone, its weekday has working hours, and it is no holiday.
    pub fn is_business_day(&self, date: NaiveDate) -> bool {
        self.hours.works_on(date)
            && self.holidays.on(date).is_none()
            && local::day_exists(self.time_zone, date)
    }
}

#[cfg(test)]
pub(in crate::domain) mod tests;
