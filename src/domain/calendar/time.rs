//! Deadlines in working hours.

use std::iter::successors;

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::local::{day_end, day_of, day_start, reached, reckonable, within_reach};
use super::replay::{Filled, Unit, fill};
use super::{Calendar, CalendarError, Pause, Replay, Segment, Why};
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
        Ok(self.fill_time(from, duration, &[])?.due_at)
    }

    /// The first instant from `from` on that is working time.
    ///
    /// # Errors
    /// As [`Calendar::add_business_time`].
    pub fn next_working(&self, from: Instant) -> Result<Instant, CalendarError> {
        let least = TimeDelta::microseconds(1);
        Ok(self.add_business_time(from, least)? - least)
    }

    /// The working time from `from` to `to`; none if `to` is not later.
    pub fn business_time_between(&self, from: Instant, to: Instant) -> TimeDelta {
        let (from, to) = (within_reach(from), within_reach(to));
        self.pieces(from)
            .take_while(|piece| piece.from < to)
            .filter(|piece| piece.counted)
            .fold(TimeDelta::zero(), |sum, piece| {
                sum + (piece.to.min(to) - piece.from)
            })
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
        Ok(self
            .fill_time(from, window, paused)?
            .replayed(from, window, at, Unit::BusinessSeconds))
    }

    fn fill_time(
        &self,
        from: Instant,
        window: TimeDelta,
        paused: &[Pause],
    ) -> Result<Filled, CalendarError> {
        if self.hours.are_none() && window > TimeDelta::zero() {
            return Err(CalendarError::NoBusinessDay);
        }
        fill(from, window, paused, self.pieces(reckonable(from)?))
    }

    /// Every piece of time from `from` on, working or not, end to end.
    fn pieces(&self, from: Instant) -> impl Iterator<Item = Segment> {
        successors(Some(day_of(self.time_zone, from)), |date| date.succ_opt())
            .flat_map(|date| self.pieces_of(date))
            .filter(move |piece| from < piece.to)
            .map(move |piece| Segment {
                from: piece.from.max(from),
                ..piece
            })
    }

    fn pieces_of(&self, date: NaiveDate) -> Vec<Segment> {
        let (start, end) = (
            day_start(self.time_zone, date),
            day_end(self.time_zone, date),
        );
        let day = self.whole_day(date, start, end);
        if day.why != Why::Working {
            return vec![day];
        }
        let mut pieces = Vec::new();
        let mut at = start;
        for span in self.hours.of(date.weekday()) {
            let opens = reached(self.time_zone, span.starts_on(date));
            let closes = reached(self.time_zone, span.ends_on(date));
            pieces.push(Segment::new(at, opens, Why::Closed));
            pieces.push(Segment::new(opens, closes, Why::Working));
            at = closes;
        }
        pieces.push(Segment::new(at, end, Why::Closed));
        pieces
    }
}
