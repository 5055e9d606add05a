//! The period of a report, and its days, weeks and months in a time zone.

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::Grouping;
use crate::domain::Instant;
use crate::domain::calendar::{day_end, day_start};

/// How many days a report covers at the most: two years, be one of them a leap year.
pub const LONGEST_DAYS: i64 = 731;
/// How many days it covers if nothing is asked for, today included.
pub const USUAL_DAYS: i64 = 91;
/// What a zone may be changed by within a period, such as an hour of summer time.
const SLACK: TimeDelta = TimeDelta::hours(3);

/// Where a period begins or ends: with a day in the reader's time zone, or at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// With this day, which is part of the period.
    Day(NaiveDate),
    /// At this instant, which is part of the period if it begins there.
    At(Instant),
}

/// From an instant on, and until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
}

/// Why a period is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodProblem {
    /// It ends before it begins, or as it does.
    EndsBeforeItBegins,
    /// It is longer than [`LONGEST_DAYS`].
    TooLong,
}

impl Period {
    /// The period that is asked for. Without an end it is until the end of today; without a beginning it is of
    /// [`USUAL_DAYS`] days.
    ///
    /// # Errors
    /// Why it is none.
    pub fn asked(
        (from, to): (Option<Moment>, Option<Moment>),
        zone: Tz,
        now: Instant,
    ) -> Result<Self, PeriodProblem> {
        let today = now.with_timezone(&zone).date_naive();
        let to = to.unwrap_or(Moment::Day(today));
        let from = from.unwrap_or_else(|| match to {
            Moment::Day(last) => {
                let days = Days::new(USUAL_DAYS.unsigned_abs() - 1);
                Moment::Day(last.checked_sub_days(days).unwrap_or(last))
            }
            Moment::At(to) => Moment::At(to - TimeDelta::days(USUAL_DAYS)),
        });
        let from = match from {
            Moment::Day(first) => day_start(zone, first),
            Moment::At(from) => from,
        };
        let to = match to {
            Moment::Day(last) => day_end(zone, last),
            Moment::At(to) => to,
        };
        if to <= from {
            return Err(PeriodProblem::EndsBeforeItBegins);
        }
        if to - from > TimeDelta::days(LONGEST_DAYS) + SLACK {
            return Err(PeriodProblem::TooLong);
        }
        Ok(Self { from, to })
    }

    /// The days of a zone on which it begins and ends.
    pub fn days(&self, zone: Tz) -> (NaiveDate, NaiveDate) {
        let day = |at: Instant| at.with_timezone(&zone).date_naive();
        (day(self.from), day(self.to - TimeDelta::microseconds(1)))
    }
}

/// The days, weeks or months of a zone that a period touches. Every instant of the period is in exactly one of them, whatever
/// the clocks of the zone do.
#[derive(Clone, Debug)]
pub struct Buckets {
    /// The first instant of each, and its first day.
    starts: Vec<(Instant, NaiveDate)>,
    from: Instant,
    to: Instant,
}

impl Buckets {
    /// Those of a grouping by time; a month's by any other.
    pub fn of(period: Period, zone: Tz, by: Grouping) -> Self {
        let (shown, _) = period.days(zone);
        // Where clocks are set back over midnight, a day shows before it has begun.
        let day = shown.pred_opt().unwrap_or(shown);
        let mut first = first_day(by, day);
        let mut starts = Vec::new();
        loop {
            let start = day_start(zone, first);
            let Some(next) = next_day(by, first).filter(|_| start < period.to) else {
                break;
            };
            let end = day_start(zone, next);
            // A day that the zone skipped has no instant.
            if start < end && period.from < end {
                starts.push((start, first));
            }
            first = next;
        }
        Self {
            starts,
            from: period.from,
            to: period.to,
        }
    }

    /// The first day of the one in which an instant of the period lies.
    pub fn place(&self, at: Instant) -> Option<NaiveDate> {
        if at < self.from || at >= self.to {
            return None;
        }
        let behind = self.starts.partition_point(|(start, _)| *start <= at);
        let (_, day) = self.starts.get(behind.checked_sub(1)?)?;
        Some(*day)
    }

    /// What of the period lies in the one that begins with a day.
    pub fn span(&self, first: NaiveDate) -> Option<Period> {
        let mut starts = self.starts.iter();
        let index = starts.position(|(_, day)| *day == first)?;
        let (start, _) = self.starts.get(index)?;
        let next = self.starts.get(index + 1).map(|(next, _)| *next);
        Some(Period {
            from: self.from.max(*start),
            to: next.unwrap_or(self.to),
        })
    }

    /// The first day of each, in their order.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.starts.iter().map(|(_, day)| *day)
    }
}

/// The first day of the one in which a day lies.
fn first_day(by: Grouping, day: NaiveDate) -> NaiveDate {
    match by {
        Grouping::Day => day,
        Grouping::Week => {
            let since_monday = u64::from(day.weekday().num_days_from_monday());
            day.checked_sub_days(Days::new(since_monday)).unwrap_or(day)
        }
        _ => day.with_day(1).unwrap_or(day),
    }
}

/// The first day of the one that follows.
fn next_day(by: Grouping, first: NaiveDate) -> Option<NaiveDate> {
    match by {
        Grouping::Day => first.succ_opt(),
        Grouping::Week => first.checked_add_days(Days::new(7)),
        _ => first.checked_add_months(Months::new(1)),
    }
}
