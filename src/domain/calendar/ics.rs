//! Holidays from an iCalendar file (RFC 5545).

use thiserror::Error;

use super::Holiday;
use crate::domain::closed_enum;

/// A file that is no calendar.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not an iCalendar file: {0}")]
pub struct IcsError(pub String);

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IcsHolidays {
    /// The days found.
    pub holidays: Vec<Holiday>,
    /// The events that are no holidays, and why.
    pub skipped: Vec<SkippedEvent>,
}

/// An event that was not taken for a holiday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedEvent {
    /// What the event is called.
    pub summary: Option<String>,
    /// Why it was passed over.
    pub reason: SkipReason,
}

closed_enum! {
    /// Why an event is no holiday.
    pub enum SkipReason {
        /// It has no date.
        NoDate = "no_date",
        /// It does not last whole days.
        NotAllDay = "not_all_day",
        /// It lasts longer than a year.
        TooLong = "too_long",
        /// It recurs otherwise than every year on its date.
        Recurrence = "recurrence",
        /// It is cancelled.
        Cancelled = "cancelled",
    }
}

/// Reads the all-day events of an iCalendar file as holidays: each day of an event on its date, and every year where the
/// event recurs yearly on its date.
///
/// # Errors
/// If the text is no iCalendar file.
pub fn from_ics(text: &str) -> Result<IcsHolidays, IcsError> {
    let _ = text;
    todo!()
}
