//! Weekly shifts, in local time.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use thiserror::Error;

use crate::domain::Instant;
use crate::domain::calendar::reached;
use crate::domain::closed_enum;
use crate::domain::ids::PersonId;

closed_enum! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Mon = "mon",
        /// Tuesday.
        Tue = "tue",
        /// Wednesday.
        Wed = "wed",
        /// Thursday.
        Thu = "thu",
        /// Friday.
        Fri = "fri",
        /// Saturday.
        Sat = "sat",
        /// Sunday.
        Sun = "sun",
    }
}

impl Weekday {
    fn of(date: NaiveDate) -> Self {
        Self::ALL[date.weekday().num_days_from_monday() as usize]
    }
}

/// A time on the clock, in minutes after midnight: from `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(u16);

const MINUTES_A_DAY: u16 = 24 * 60;

/// A text that is no time on the clock.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("“{0}” is not a time such as 08:00")]
pub struct MalformedClockTime(pub String);

impl ClockTime {
    /// That many minutes after midnight, if the day has them.
    pub fn of_minutes(minutes: i64) -> Option<Self> {
        let minutes = u16::try_from(minutes).ok()?;
        (minutes <= MINUTES_A_DAY).then_some(Self(minutes))
    }

    /// In minutes after midnight.
    pub fn minutes(self) -> i64 {
        self.0.into()
    }

    /// Whether it is the end of the day, at which nothing begins.
    pub fn is_midnight_after(self) -> bool {
        self.0 == MINUTES_A_DAY
    }

    /// It as an end: what ends at 00:00 ends with the day. The field that browsers have for a time has no 24:00.
    #[must_use]
    pub fn or_end_of_day(self) -> Self {
        match self.0 {
            0 => Self(MINUTES_A_DAY),
            minutes => Self(minutes),
        }
    }

    fn on(self, date: NaiveDate) -> Option<NaiveDateTime> {
        let midnight = date.and_time(NaiveTime::MIN);
        midnight.checked_add_signed(TimeDelta::minutes(self.0.into()))
    }
}

impl FromStr for ClockTime {
    type Err = MalformedClockTime;

    /// Takes `HH:MM` of 24 hours, and `24:00`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let two_digits = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok()).flatten()
        };
        let read = || {
            let (hours, minutes) = text.split_once(':')?;
            let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
            (minutes < 60).then_some(hours * 60 + minutes)
        };
        read()
            .filter(|minutes| *minutes <= MINUTES_A_DAY)
            .map(Self)
            .ok_or_else(|| MalformedClockTime(text.to_owned()))
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Somebody's duty on some days of every week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Whose it is.
    pub person: PersonId,
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    /// When it begins.
    pub from: ClockTime,
    /// When it ends: on the next day, if that is not later than it begins.
    pub until: ClockTime,
    /// Where the clock stands by which it does.
    pub time_zone: Tz,
}

impl Shift {
    /// Whether it is at that instant. A time that the clocks skip is reached when they skip it, and a shift over an hour that
    /// they show twice is an hour longer.
    pub fn is_at(&self, at: Instant) -> bool {
        let today = at.with_timezone(&self.time_zone).date_naive();
        // Yesterday's may last until today; and where clocks are set back over midnight, tomorrow shows for a moment.
        let days = [today.pred_opt(), Some(today), today.succ_opt()];
        days.into_iter()
            .flatten()
            .filter_map(|date| self.on(date))
            .any(|(from, until)| from <= at && at < until)
    }

    /// When it is: at `at`, or else from when on.
    pub fn next(&self, at: Instant) -> Option<Instant> {
        let today = at.with_timezone(&self.time_zone).date_naive();
        let yesterday = today.pred_opt()?;
        // A shift may be skipped with the hour or the day on which it would be.
        (0..=15)
            .filter_map(|days| self.on(yesterday.checked_add_days(Days::new(days))?))
            .filter(|(from, until)| from < until && at < *until)
            .map(|(from, _)| from.max(at))
            .min()
    }

    /// The shift that begins on a local day, if one does: its first instant, and the first one after it.
    fn on(&self, date: NaiveDate) -> Option<(Instant, Instant)> {
        if !self.days.contains(&Weekday::of(date)) {
            return None;
        }
        let last = match self.until > self.from {
            true => date,
            false => date.succ_opt()?,
        };
        let (from, until) = (self.from.on(date)?, self.until.on(last)?);
        Some((
            reached(self.time_zone, from),
            reached(self.time_zone, until),
        ))
    }
}
