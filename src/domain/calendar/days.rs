//! Deadlines in business days (E6, E11).

use super::{Calendar, CalendarError, Pause, Replay};
use crate::domain::Instant;

impl Calendar {
    /// The first instant after the last of `days` business days, in the calendar's zone. The day on which `from` falls
    /// does not count. No days at all have passed at once, at `from`.
    ///
    /// # Errors
    /// [`CalendarError::NoBusinessDay`] or [`CalendarError::OutOfRange`].
    pub fn business_days_after(&self, from: Instant, days: u32) -> Result<Instant, CalendarError> {
        let _ = (from, days);
        todo!()
    }

    /// Replays a deadline in business days.
    ///
    /// # Errors
    /// As [`Calendar::business_days_after`].
    pub fn replay_days(
        &self,
        from: Instant,
        days: u32,
        paused: &[Pause],
        at: Instant,
    ) -> Result<Replay, CalendarError> {
        let _ = (from, days, paused, at);
        todo!()
    }
}
