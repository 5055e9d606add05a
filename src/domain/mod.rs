//! The rules: pure, no database, no HTTP, no clock of their own.
//!
//! Whatever is decided here is decided from its arguments alone: the same facts at the same instant give the same
//! answer on the page, in the API, at submission and in the test. Refusals are enums named for what happened; their
//! words live in [`crate::words`].

mod closed_enum;

pub mod access;
pub mod access_request;
pub mod announcement;
pub mod article;
pub mod attachment;
pub mod audience;
pub mod audit;
pub mod bulk;
pub mod calendar;
pub mod callback;
pub mod case;
pub mod device;
pub mod draft;
pub mod duty;
pub mod effect;
pub mod eligibility;
pub mod escalation;
pub(crate) mod event;
pub mod feed;
pub mod guide;
pub mod history;
pub mod home;
pub mod ids;
pub mod language;
pub mod lines;
pub mod link;
pub mod list_columns;
pub mod network;
pub mod notice;
pub mod offers;
pub mod order;
pub mod organization;
pub mod pairing;
pub mod password;
pub mod radar;
pub mod reason;
pub mod report;
pub mod saved_filter;
pub mod session;
pub mod target;
pub mod template;
pub mod text;
pub mod tutorial;

pub use closed_enum::UnknownValue;
pub(crate) use closed_enum::closed_enum;

/// An instant in UTC with whole microseconds, which is what both databases keep.
pub type Instant = chrono::DateTime<chrono::Utc>;

/// An instant from outside as both databases keep it, in whole microseconds; none of a year that has not four digits,
/// which would not order as text, nor of the year 0, which there was not. A leap second, which no row can hold, is the last
/// microsecond before it.
pub fn kept(instant: Instant) -> Option<Instant> {
    use chrono::{Datelike, SubsecRound};

    let within = match instant.timestamp_subsec_nanos() {
        0..1_000_000_000 => instant.trunc_subsecs(6),
        _ => Instant::from_timestamp(instant.timestamp(), 999_999_000)?,
    };
    (1..=9999).contains(&within.year()).then_some(within)
}
