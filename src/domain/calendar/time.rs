//! Deadlines in working hours.

use chrono::TimeDelta;

use super::{Calendar, CalendarError, Pause, Replay};
use crate::domain::Instant;

impl Calendar {
    /// The first instant at which `duration` of working time has passed since `from`. Nothing, or less, has passed at
    /// `from` itself.
    ///
    /// # Errors
    /// [`CalendarError::NoBusinessDay`] or [`CalendarError::OutOfRange`].
    pub fn add_business_time(
        &self,
        from: Instant,
        duration: TimeDelta,
    ) -> Result<Instant, CalendarError> {
        let _ = (from, duration);
        todo!()
    }

    /// The working time from `from` to `to`; none if `to` is not later.
    pub fn business_time_between(&self, from: Instant, to: Instant) -> TimeDelta {
        let _ = (from, to);
        todo!()
    }

    /// Replays a deadline in working time, of whole seconds.
    ///
    /// # Errors
    /// As [`Calendar::add_business_time`].
    pub fn replay_business_time(
        &self,
        from: Instant,
        window: TimeDelta,
        paused: &[Pause],
        at: Instant,
    ) -> Result<Replay, CalendarError> {
        let _ = (from, window, paused, at);
        todo!()
    }
}
