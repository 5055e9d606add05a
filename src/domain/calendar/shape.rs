//! A calendar as it is written down: in an import line, in a request, in a row.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::holidays::{Holiday, HolidayDate, Holidays};
use super::hours::{Hours, Span, WEEKDAYS};
use super::{Calendar, CalendarError};
use crate::domain::text::{TextError, Title};

/// A calendar as it is written down.
///
/// ```json
/// {"name": "Support", "time_zone": "Europe/Berlin",
///  "hours": {"mon": ["09:00-12:00", "13:00-17:00"]},
///  "holidays": ["2026-05-14", "--12-25", {"date": "--01-01", "name": "New Year"}]}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CalendarShape)]
pub struct CalendarShape {
    /// What people call it.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// For each weekday (`mon` … `sun`) its spans, `HH:MM-HH:MM` of local time; an end may be `24:00`.
    #[serde(default)]
    pub hours: BTreeMap<String, Vec<String>>,
    /// `YYYY-MM-DD`, or `--MM-DD` for every year.
    #[serde(default)]
    pub holidays: Vec<HolidayShape>,
}

/// A holiday as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum HolidayShape {
    /// Its date alone.
    Date(String),
    /// With its name.
    Named {
        /// Its date.
        date: String,
        /// What people call it.
        name: String,
    },
}

impl HolidayShape {
    /// Its date.
    pub fn date(&self) -> &str {
        match self {
            Self::Date(date) | Self::Named { date, .. } => date,
        }
    }

    /// What people call it.
    pub fn called(&self) -> Option<&str> {
        match self {
            Self::Date(_) => None,
            Self::Named { name, .. } => Some(name),
        }
    }
}

/// What is wrong with a part of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PartProblem {
    /// The name is no name.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The zone is not in the time-zone database.
    #[error("“{0}” is not a time zone")]
    UnknownTimeZone(String),
    /// The weekday is none of `mon` … `sun`.
    #[error("“{0}” is not one of mon, tue, wed, thu, fri, sat, sun")]
    UnknownWeekday(String),
    /// The text is no span.
    #[error("“{0}” is not a span of hours such as 09:00-12:00")]
    MalformedSpan(String),
    /// Two spans of a weekday share time.
    #[error("{0} overlaps {1}")]
    Overlap(Span, Span),
    /// The text is no holiday's date.
    #[error("“{0}” is not a date such as 2026-05-14, or --12-25 for every year")]
    MalformedHoliday(String),
}

impl PartProblem {
    /// The stable code of a field error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Text(error) => error.code(),
            Self::UnknownTimeZone(_) => "unknown_time_zone",
            Self::UnknownWeekday(_) => "unknown_weekday",
            Self::MalformedSpan(_) => "malformed_span",
            Self::Overlap(..) => "overlapping_spans",
            Self::MalformedHoliday(_) => "malformed_holiday",
        }
    }
}

/// A part of a calendar that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{part}: {problem}")]
pub struct PartError {
    /// Which part, as a path: `hours.mon[1]`.
    pub part: String,
    /// What is wrong with it.
    pub problem: PartProblem,
}

/// Everything that keeps a calendar from being read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct InvalidCalendar(pub Vec<PartError>);

impl TryFrom<CalendarShape> for Calendar {
    type Error = InvalidCalendar;

    /// Reads a calendar. One without working hours can be written down; deadlines by it are
    /// [`CalendarError::NoBusinessDay`], and [`Calendar::check`] says so beforehand.
    fn try_from(shape: CalendarShape) -> Result<Self, Self::Error> {
        let mut errors = Vec::new();
        let mut refuse = |part: String, problem| errors.push(PartError { part, problem });
        let name =
            Title::parse(&shape.name).map_err(|error| refuse("name".to_owned(), error.into()));
        let time_zone = shape.time_zone.parse::<Tz>().map_err(|_| {
            refuse(
                "time_zone".to_owned(),
                PartProblem::UnknownTimeZone(shape.time_zone),
            )
        });
        let hours = read_hours(&shape.hours, &mut refuse);
        let holidays = read_holidays(shape.holidays, &mut refuse);
        match (name, time_zone) {
            (Ok(name), Ok(time_zone)) if errors.is_empty() => Ok(Self {
                name: name.into_string(),
                time_zone,
                hours,
                holidays,
            }),
            _ => Err(InvalidCalendar(errors)),
        }
    }
}

fn read_hours(
    given: &BTreeMap<String, Vec<String>>,
    refuse: &mut impl FnMut(String, PartProblem),
) -> Hours {
    let mut hours = Hours::default();
    for (name, texts) in given {
        let Some((weekday, _)) = WEEKDAYS.iter().find(|(_, known)| known == name) else {
            refuse(
                format!("hours.{name}"),
                PartProblem::UnknownWeekday(name.clone()),
            );
            continue;
        };
        let mut spans: Vec<Span> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let part = || format!("hours.{name}[{index}]");
            match text.parse::<Span>() {
                Err(_) => refuse(part(), PartProblem::MalformedSpan(text.clone())),
                Ok(span) => match spans.iter().find(|other| other.overlaps(span)) {
                    Some(other) => refuse(part(), PartProblem::Overlap(span, *other)),
                    None => spans.push(span),
                },
            }
        }
        hours.set(*weekday, spans);
    }
    hours
}

fn read_holidays(
    given: Vec<HolidayShape>,
    refuse: &mut impl FnMut(String, PartProblem),
) -> Holidays {
    let mut holidays = Holidays::default();
    for (index, shape) in given.into_iter().enumerate() {
        let (date, name) = match shape {
            HolidayShape::Date(date) => (date, None),
            HolidayShape::Named { date, name } => match Title::parse(&name) {
                Ok(name) => (date, Some(name.into_string())),
                Err(error) => {
                    refuse(format!("holidays[{index}].name"), error.into());
                    continue;
                }
            },
        };
        match date.parse::<HolidayDate>() {
            Ok(date) => holidays.add(Holiday { date, name }),
            Err(_) => refuse(
                format!("holidays[{index}]"),
                PartProblem::MalformedHoliday(date),
            ),
        }
    }
    holidays
}

impl From<Calendar> for CalendarShape {
    fn from(calendar: Calendar) -> Self {
        calendar.shape()
    }
}

impl From<Holiday> for HolidayShape {
    fn from(holiday: Holiday) -> Self {
        let date = holiday.date.to_string();
        match holiday.name {
            Some(name) => Self::Named { date, name },
            None => Self::Date(date),
        }
    }
}

impl Calendar {
    /// The calendar as it is written down; only working weekdays are named.
    pub fn shape(&self) -> CalendarShape {
        let hours = WEEKDAYS
            .iter()
            .filter(|(weekday, _)| !self.hours.of(*weekday).is_empty())
            .map(|(weekday, name)| {
                let spans = self
                    .hours
                    .of(*weekday)
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                ((*name).to_owned(), spans)
            })
            .collect();
        CalendarShape {
            name: self.name.clone(),
            time_zone: self.time_zone.name().to_owned(),
            hours,
            holidays: self.holidays.iter().map(HolidayShape::from).collect(),
        }
    }

    /// Whether the calendar has a business day after `from` at all.
    ///
    /// # Errors
    /// [`CalendarError::NoBusinessDay`] if deadlines by this calendar would never fall due.
    pub fn check(&self, from: crate::domain::Instant) -> Result<(), CalendarError> {
        self.business_days_after(from, 1).map(|_| ())
    }
}
