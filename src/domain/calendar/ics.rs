//! Holidays from an iCalendar file (RFC 5545).

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use icalendar::{
    CalendarComponent, CalendarDateTime, Component, DatePerhapsTime, Event, EventStatus,
};
use thiserror::Error;

use super::{Holiday, HolidayDate};
use crate::domain::closed_enum;
use crate::domain::text::Title;

/// A file that is no calendar.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not an iCalendar file: {0}")]
pub struct IcsError(pub String);

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IcsHolidays {
    /// The days found.
    pub holidays: Vec<Holiday>,
    /// The events that are no holidays, and why.
    pub skipped: Vec<SkippedEvent>,
}

/// An event that was not taken for a holiday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedEvent {
    /// What the event is called.
    pub summary: Option<String>,
    /// Why it was passed over.
    pub reason: SkipReason,
}

closed_enum! {
    /// Why an event is no holiday.
    pub enum SkipReason {
        /// It has no date.
        NoDate = "no_date",
        /// It does not last whole days.
        NotAllDay = "not_all_day",
        /// It lasts longer than a year.
        TooLong = "too_long",
        /// It recurs otherwise than every year on its date.
        Recurrence = "recurrence",
        /// It is cancelled.
        Cancelled = "cancelled",
    }
}

/// The longest holiday, in days.
const LONGEST: i64 = 366;
/// The most single dates that one recurring event stands for.
const MOST_YEARS: usize = 100;

/// Reads the all-day events of an iCalendar file as holidays: each day of an event on its date, and every year where the
/// event recurs yearly on its date.
///
/// # Errors
/// If the text is no iCalendar file.
pub fn from_ics(text: &str) -> Result<IcsHolidays, IcsError> {
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if !text
        .get(..15)
        .is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCALENDAR"))
    {
        return Err(IcsError(
            "it does not begin with BEGIN:VCALENDAR".to_owned(),
        ));
    }
    // The parser wants every line ended, and all of them alike.
    let lines: String = text.lines().flat_map(|line| [line, "\r\n"]).collect();
    let calendar: icalendar::Calendar = lines.parse().map_err(IcsError)?;
    let mut found = IcsHolidays::default();
    for component in &calendar.components {
        if let CalendarComponent::Event(event) = component {
            let name = event.get_summary().and_then(short_name);
            match dates(event) {
                Ok(dates) => found.holidays.extend(dates.into_iter().map(|date| Holiday {
                    date,
                    name: name.clone(),
                })),
                Err(reason) => found.skipped.push(SkippedEvent {
                    summary: name,
                    reason,
                }),
            }
        }
    }
    Ok(found)
}

/// As much of a summary as a name may have, or none if it cannot be one.
fn short_name(summary: &str) -> Option<String> {
    let one_line = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = one_line.chars().take(Title::MAX).collect();
    Title::parse(&short).ok().map(Title::into_string)
}

fn dates(event: &Event) -> Result<Vec<HolidayDate>, SkipReason> {
    if event.get_status() == Some(EventStatus::Cancelled) {
        return Err(SkipReason::Cancelled);
    }
    let (first, last) = first_and_last(event)?;
    let days = first.iter_days().take_while(|date| *date <= last);
    let exceptional = ["EXDATE", "RDATE", "RECURRENCE-ID"];
    if exceptional.iter().any(|name| has(event, name)) {
        return Err(SkipReason::Recurrence);
    }
    let Some(rule) = event.property_value("RRULE") else {
        return Ok(days.map(HolidayDate::Once).collect());
    };
    match yearly(rule, first)? {
        Repeats::Forever => Ok(days
            .map(|date| HolidayDate::Yearly {
                month: date.month(),
                day: date.day(),
            })
            .collect()),
        Repeats::On(starts) => {
            let length = last - first;
            let each = |start: NaiveDate| {
                start
                    .iter_days()
                    .take_while(move |date| *date - start <= length)
            };
            Ok(starts
                .into_iter()
                .flat_map(each)
                .map(HolidayDate::Once)
                .collect())
        }
    }
}

fn has(event: &Event, property: &str) -> bool {
    event.properties().contains_key(property) || event.multi_properties().contains_key(property)
}

/// The first and the last day of an event that lasts whole days. Some programs write those as midnight to midnight.
fn first_and_last(event: &Event) -> Result<(NaiveDate, NaiveDate), SkipReason> {
    let start = event.get_start().ok_or(SkipReason::NoDate)?;
    let first = whole_day(&start).ok_or(SkipReason::NotAllDay)?;
    let last = match (event.get_end(), event.property_value("DURATION")) {
        (Some(end), _) => {
            let after = whole_day(&end).ok_or(SkipReason::NotAllDay)?;
            // An end on the first day itself is an old misreading of the format, for one day.
            after.pred_opt().map_or(first, |last| last.max(first))
        }
        (None, Some(duration)) => {
            let days = whole_days(duration).ok_or(SkipReason::NotAllDay)?;
            first
                .checked_add_signed(TimeDelta::days(days - 1))
                .ok_or(SkipReason::TooLong)?
        }

        (None, None) => match start {
            DatePerhapsTime::Date(_) => first,
            DatePerhapsTime::DateTime(_) => return Err(SkipReason::NotAllDay),
        },
    };
    if (last - first).num_days() >= LONGEST {
        Err(SkipReason::TooLong)
    } else {
        Ok((first, last))
    }
}

fn whole_day(given: &DatePerhapsTime) -> Option<NaiveDate> {
    match given {
        DatePerhapsTime::Date(date) => Some(*date),
        DatePerhapsTime::DateTime(
            CalendarDateTime::Floating(local)
            | CalendarDateTime::WithTimezone {
                date_time: local, ..
            },
        ) if local.time() == NaiveTime::MIN => Some(local.date()),
        DatePerhapsTime::DateTime(_) => None,
    }
}

/// `P3D` or `P1W`, in days.
fn whole_days(duration: &str) -> Option<i64> {
    let count = duration
        .strip_prefix("+")
        .unwrap_or(duration)
        .strip_prefix('P')?;
    let days = match (count.strip_suffix('D'), count.strip_suffix('W')) {
        (Some(days), _) => days.parse::<i64>().ok()?,
        (_, Some(weeks)) => weeks.parse::<i64>().ok()?.checked_mul(7)?,
        _ => return None,
    };
    (1..=LONGEST + 1).contains(&days).then_some(days)
}

enum Repeats {
    Forever,
    On(Vec<NaiveDate>),
}

/// The years of a rule that repeats an event yearly on the date of `first`. Other rules, such as "the fourth Thursday of
/// November", are not those of a calendar with dates; such files list the dates, too.
fn yearly(rule: &str, first: NaiveDate) -> Result<Repeats, SkipReason> {
    let (mut yearly, mut count, mut until) = (false, None, None);
    for part in rule.split(';') {
        let (key, value) = part.split_once('=').ok_or(SkipReason::Recurrence)?;
        let number = value.parse::<u32>().ok();
        match key {
            "FREQ" if value == "YEARLY" => yearly = true,
            "INTERVAL" if number == Some(1) => {}
            "BYMONTH" if number == Some(first.month()) => {}
            "BYMONTHDAY" if number == Some(first.day()) => {}
            "WKST" => {}
            "COUNT" => count = Some(number.ok_or(SkipReason::Recurrence)?),
            "UNTIL" => {
                let date = value
                    .get(..8)
                    .and_then(|date| NaiveDate::parse_from_str(date, "%Y%m%d").ok());
                until = Some(date.ok_or(SkipReason::Recurrence)?);
            }
            _ => return Err(SkipReason::Recurrence),
        }
    }
    if !yearly {
        return Err(SkipReason::Recurrence);
    }
    if count.is_none() && until.is_none() {
        return Ok(Repeats::Forever);
    }
    let most = count.map_or(MOST_YEARS, |count| MOST_YEARS.min(count as usize));
    let dates = (first.year()..).map_while(|year| (year < 10_000).then(|| first.with_year(year)));
    let dates = dates
        .flatten()
        .take_while(|date| until.is_none_or(|until| *date <= until));
    Ok(Repeats::On(dates.take(most).collect()))
}
