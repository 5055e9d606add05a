//! Holidays: single dates and yearly ones.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

/// When a holiday is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolidayDate {
    /// On one date: `2026-05-14`.
    Once(NaiveDate),
    /// Every year: `--12-25`. One on 29 February is in leap years only.
    Yearly {
        /// 1–12.
        month: u32,
        /// A day that the month has in a leap year.
        day: u32,
    },
}

/// A day on which nobody works, whatever its weekday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// When it is.
    pub date: HolidayDate,
    /// What people call it.
    pub name: Option<String>,
}

impl fmt::Display for HolidayDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(date) => date.fmt(f),
            Self::Yearly { month, day } => write!(f, "--{month:02}-{day:02}"),
        }
    }
}

/// A text that is no date of a holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedHoliday;

impl FromStr for HolidayDate {
    type Err = MalformedHoliday;

    /// Takes `YYYY-MM-DD` or `--MM-DD`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Any leap year shows which days of a month there can be.
        let (yearly, date) = match text.strip_prefix("--") {
            Some(rest) => (true, format!("2024-{rest}")),
            None => (false, text.to_owned()),
        };
        let exact = date.len() == "2026-05-14".len() && date.as_bytes()[0].is_ascii_digit();
        let date: NaiveDate = exact
            .then(|| date.parse().ok())
            .flatten()
            .ok_or(MalformedHoliday)?;
        Ok(if yearly {
            Self::Yearly {
                month: date.month(),
                day: date.day(),
            }
        } else {
            Self::Once(date)
        })
    }
}

/// A calendar's holidays, found by date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Holidays {
    once: BTreeMap<NaiveDate, Option<String>>,
    yearly: BTreeMap<(u32, u32), Option<String>>,
}

impl Holidays {
    /// Adds a holiday. Of two on one date the one with a name is kept.
    pub(super) fn add(&mut self, holiday: Holiday) {
        let name = match holiday.date {
            HolidayDate::Once(date) => self.once.entry(date).or_default(),
            HolidayDate::Yearly { month, day } => self.yearly.entry((month, day)).or_default(),
        };
        if name.is_none() {
            *name = holiday.name;
        }
    }

    /// The holiday on a date, by its name if it has one; a single date's name is the nearer one.
    pub(super) fn on(&self, date: NaiveDate) -> Option<Option<&str>> {
        let yearly = self.yearly.get(&(date.month(), date.day()));
        match (self.once.get(&date), yearly) {
            (None, None) => None,
            (once, yearly) => Some(
                once.and_then(Option::as_deref)
                    .or(yearly.and_then(Option::as_deref)),
            ),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Holiday> {
        let once = self
            .once
            .iter()
            .map(|(date, name)| (HolidayDate::Once(*date), name));
        let yearly = self.yearly.iter().map(|((month, day), name)| {
            (
                HolidayDate::Yearly {
                    month: *month,
                    day: *day,
                },
                name,
            )
        });
        once.chain(yearly).map(|(date, name)| Holiday {
            date,
            name: name.clone(),
        })
    }
}
