//! Replays: how a deadline came about, piece of time by piece of time.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::CalendarError;
use crate::domain::Instant;
use crate::domain::closed_enum;

closed_enum! {
    /// What a deadline counts.
    pub enum Unit as "ReplayUnit" {
        /// Business days: whole local days.
        BusinessDays = "business_days",
        /// Seconds of working hours.
        BusinessSeconds = "business_seconds",
        /// Seconds, whatever the hour.
        ElapsedSeconds = "elapsed_seconds",
    }
}

closed_enum! {
    /// Why a piece of time counted or did not.
    pub enum Why as "ReplayWhy" {
        /// Counted: a business day, or working hours.
        Working = "working",
        /// Counted: every hour does.
        Elapsed = "elapsed",
        /// Not counted: outside of working hours, or no working weekday.
        Closed = "closed",
        /// Not counted: a holiday.
        Holiday = "holiday",
        /// Not counted: the clock was stopped, as while waiting for the customer.
        Paused = "paused",
        /// Not counted: the rest of the day on which it began (E11).
        RequestDay = "request_day",
    }
}

/// A stretch of time, from its first instant to the first one after it, in which the clock is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it. For a pause that goes on, the instant of asking.
    pub to: Instant,
}

/// A piece of time that counted or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ReplaySegment)]
pub struct Segment {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Instant,
    /// Whether it counted.
    pub counted: bool,
    /// Why.
    pub why: Why,
    /// The holiday's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

/// How a deadline came about. Its segments follow one another from `from` to `due_at` without gap or overlap; those that
/// counted add up to `window`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Replay {
    /// When the clock started.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// When the deadline falls due.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Instant,
    /// The instant of asking.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// What is counted.
    pub unit: Unit,
    /// How much is to be counted until the deadline.
    pub window: i64,
    /// How much was counted until `at`; a business day counts when it is over.
    pub counted: i64,
    /// How much is left at `at`.
    pub remaining: i64,
    /// Every piece of time from `from` to `due_at`.
    pub segments: Vec<Segment>,
}

/// Replays a window of elapsed time that starts at `from`.
///
/// # Errors
/// [`CalendarError::OutOfRange`].
pub fn replay_elapsed(
    from: Instant,
    window: TimeDelta,
    paused: &[Pause],
    at: Instant,
) -> Result<Replay, CalendarError> {
    let _ = (from, window, paused, at);
    todo!()
}
