//! Deadlines in business days (E6, E11).

use chrono::NaiveDate;

use super::local::{LONGEST_IDLE, day_end, day_of, reckonable};
use super::replay::{Filled, Unit};
use super::{Calendar, CalendarError, Pause, Replay, Segment, Why};
use crate::domain::Instant;

impl Calendar {
    /// The first instant after the last of `days` business days, in the calendar's zone. The day on which `from` falls
    /// does not count. No days at all have passed at once, at `from`.
    ///
    /// # Errors
    /// [`CalendarError::NoBusinessDay`] or [`CalendarError::OutOfRange`].
    pub fn business_days_after(&self, from: Instant, days: u32) -> Result<Instant, CalendarError> {
        Ok(self.fill_days(from, days, &[])?.due_at)
    }

    /// Replays a deadline in business days, one segment a day. A day that is paused from its start to its end does not
    /// count.
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
        let Filled { due_at, segments } = self.fill_days(from, days, paused)?;
        let over = segments
            .iter()
            .filter(|day| day.counted && day.to <= at)
            .count();
        let (window, counted) = (i64::from(days), i64::try_from(over).unwrap_or(i64::MAX));
        let remaining = window - counted;
        Ok(Replay {
            from,
            due_at,
            at,
            unit: Unit::BusinessDays,
            window,
            counted,
            remaining,
            segments,
        })
    }

    fn fill_days(
        &self,
        from: Instant,
        days: u32,
        paused: &[Pause],
    ) -> Result<Filled, CalendarError> {
        if days == 0 {
            return Ok(Filled {
                due_at: from,
                segments: Vec::new(),
            });
        }
        if self.hours.are_none() {
            return Err(CalendarError::NoBusinessDay);
        }
        let pauses = Pause::joined(paused);
        let mut date = day_of(self.time_zone, reckonable(from)?);
        let mut due_at = day_end(self.time_zone, date);
        let mut segments = vec![Segment::new(from, due_at, Why::RequestDay)];
        let (mut left, mut last_counted) = (days, due_at);
        while left > 0 {
            date = date.succ_opt().ok_or(CalendarError::OutOfRange)?;
            let (start, end) = (due_at, day_end(self.time_zone, date));
            due_at = end;
            if start == end {
                continue;
            }
            let mut day = self.whole_day(date, start, end);
            if day.counted
                && pauses
                    .iter()
                    .any(|pause| pause.from <= start && end <= pause.to)
            {
                day = Segment::new(start, end, Why::Paused);
            }
            if day.counted {
                left -= 1;
                last_counted = end;
            } else if end - last_counted > LONGEST_IDLE {
                return Err(CalendarError::NoBusinessDay);
            }
            segments.push(day);
        }
        Ok(Filled { due_at, segments })
    }

    /// A local day as one piece, whatever its hours.
    pub(super) fn whole_day(&self, date: NaiveDate, from: Instant, to: Instant) -> Segment {
        if !self.hours.works_on(date) {
            return Segment::new(from, to, Why::Closed);
        }
        match self.holidays.on(date) {
            Some(name) => Segment {
                name: name.map(str::to_owned),
                ..Segment::new(from, to, Why::Holiday)
            },
            None => Segment::new(from, to, Why::Working),
        }
    }
}
