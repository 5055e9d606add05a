//! A business calendar as it is written down: spans and holidays as texts in JSON, and as rows of fields in a form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::domain::calendar::{Calendar, CalendarShape, HolidayShape, MOST_DAYS};
use crate::domain::duty::ClockTime;
use crate::domain::text::Title;
use crate::input::{At, Day, Errors, Fault, Field, Members, Patch, ReadOnly, input};
use crate::workflow::Rejection;

input! {
    /// A business calendar as it is written down.
    pub struct WriteCalendar {
        /// What people call it, unique.
        name: String,
        /// Its IANA time zone.
        time_zone: String,
        /// For each weekday (`mon` … `sun`) its spans, `HH:MM-HH:MM` of local time; an end may be `24:00`. Those of a calendar that is
        /// replaced stay if not given.
        hours: Patch<WeeklyHours>,
        /// `YYYY-MM-DD`, or `--MM-DD` for every year; or with a name, `{"date": …, "name": …}`. Those of a calendar that is replaced
        /// stay if not given.
        holidays: Patch<Holidays>,
        /// Whether lines without a calendar of their own follow it; only ever turned on, there is always one default.
        default: Option<bool>,
        /// As an answer shows it; it stays.
        id: Option<ReadOnly>,
        /// As an answer shows it; see `If-Match`.
        version: Option<ReadOnly>,
    }
}

impl WriteCalendar {
    /// The calendar.
    ///
    /// # Errors
    /// [`Rejection::Calendar`] with every part that is wrong.
    pub fn calendar(&self) -> Result<Calendar, Rejection> {
        self.with(BTreeMap::new(), Vec::new())
    }

    /// The calendar with these holidays besides those that are given: a form has no room for all.
    ///
    /// # Errors
    /// As [`WriteCalendar::calendar`].
    pub fn with_holidays(&self, besides: &[HolidayShape]) -> Result<Calendar, Rejection> {
        let given = self.holidays.as_option().map(|given| given.0.clone());
        let mut holidays = given.unwrap_or_default();
        holidays.extend_from_slice(besides);
        let whole = Self {
            holidays: Patch::Set(Holidays(holidays)),
            ..self.clone()
        };
        whole.calendar()
    }

    /// The calendar in the place of another one: hours and holidays that are not named stay as they are.
    ///
    /// # Errors
    /// As [`WriteCalendar::calendar`].
    pub fn in_place_of(&self, replaced: Calendar) -> Result<Calendar, Rejection> {
        let replaced = CalendarShape::from(replaced);
        self.with(replaced.hours, replaced.holidays)
    }

    fn with(
        &self,
        hours: BTreeMap<String, Vec<String>>,
        holidays: Vec<HolidayShape>,
    ) -> Result<Calendar, Rejection> {
        let shape = CalendarShape {
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            hours: (self.hours.as_option()).map_or(hours, |hours| hours.0.clone()),
            holidays: (self.holidays.as_option()).map_or(holidays, |given| given.0.clone()),
        };
        Calendar::try_from(shape).map_err(Rejection::Calendar)
    }

    /// Whether it becomes the default.
    pub fn makes_default(&self) -> bool {
        self.default == Some(true)
    }
}

/// Spans by weekday. In a form, each is a row of two fields, and an end at 00:00 is the end of the day.
#[derive(Clone, Debug)]
pub struct WeeklyHours(BTreeMap<String, Vec<String>>);

impl Field for WeeklyHours {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let Value::Object(days) = value else {
            return errors.refuse(at, Fault::wrong_type("an object", value));
        };
        let is_form = errors.form_zone().is_some();
        let read = days.iter().map(|(day, spans)| {
            let at = at.name(day);
            let spans = match spans {
                Value::Array(rows) if is_form => read_rows(rows, &at, errors)?,
                // A day off.
                Value::Null if is_form => Vec::new(),
                spans => Vec::<String>::read(spans, &at, errors)?,
            };
            Some((day.clone(), spans))
        });
        // Every day is read before the first fault ends it, so that all are named.
        let read: Vec<Option<(String, Vec<String>)>> = read.collect();
        let read = read.into_iter().collect::<Option<BTreeMap<_, _>>>();
        read.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(Vec::<String>::schema()))
            .into()
    }
}

/// The spans of a day, of the rows of a form.
fn read_rows(rows: &[Value], at: &At<'_>, errors: &mut Errors) -> Option<Vec<String>> {
    let filled = rows.iter().enumerate().filter(|(_, row)| !row.is_null());
    let read: Vec<Option<String>> = filled
        .map(|(index, row)| read_span(row, &at.index(index), errors))
        .collect();
    read.into_iter().collect()
}

fn read_span(row: &Value, at: &At<'_>, errors: &mut Errors) -> Option<String> {
    let mut members = Members::of(row, at, errors)?;
    let (from, until) = (
        members.take::<ClockTime>("from"),
        members.take::<ClockTime>("until"),
    );
    members.close();
    let (from, until) = (from?, until?.or_end_of_day());
    if until <= from {
        return errors.refuse(&at.name("until"), Fault::new("ends_before_it_begins"));
    }
    Some(format!("{from}-{until}"))
}

/// Holidays. In a form, each is a row: its date, whether it is every year, and what it is called if anything.
#[derive(Clone, Debug)]
pub struct Holidays(Vec<HolidayShape>);

impl Field for Holidays {
    const MOST_BYTES: usize = Vec::<HolidayField>::MOST_BYTES;

    fn blank() -> Option<Self> {
        Some(Self(Vec::new()))
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let holidays = Vec::<HolidayField>::read(value, at, errors)?;
        let holidays: Vec<HolidayShape> = holidays.into_iter().map(|field| field.0).collect();
        // A program may say a date twice; on a page one of the two is a slip, and nobody shall guess which.
        let mut is_doubled = false;
        if errors.form_zone().is_some() {
            let mut dates = BTreeSet::new();
            for (index, holiday) in holidays.iter().enumerate() {
                if !dates.insert(holiday.date()) {
                    let row = at.index(index);
                    errors.refuse::<()>(&row.name("date"), Fault::new("given_twice"));
                    is_doubled = true;
                }
            }
        }
        (!is_doubled).then_some(Self(holidays))
    }

    fn schema() -> RefOr<Schema> {
        Vec::<HolidayField>::schema()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Vec::<HolidayField>::schemas(schemas);
    }
}

/// The holiday of a row of a form.
fn read_holiday(row: &Value, at: &At<'_>, errors: &mut Errors) -> Option<HolidayShape> {
    let mut members = Members::of(row, at, errors)?;
    let (date, is_yearly, name) = (
        members.take::<Day>("date"),
        members.take::<Option<bool>>("yearly"),
        members.take::<Option<Title>>("name"),
    );
    members.close();
    let (Day(date), is_yearly, name) = (date?, is_yearly? == Some(true), name?);
    let date = match is_yearly {
        true => date.format("--%m-%d").to_string(),
        false => date.to_string(),
    };
    Some(match name {
        Some(name) => HolidayShape::Named {
            date,
            name: name.into_string(),
        },
        None => HolidayShape::Date(date),
    })
}

/// A holiday: its date, or its date and name.
struct HolidayField(HolidayShape);

impl Field for HolidayField {
    const MOST_OF_THEM: usize = MOST_DAYS;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        if let Value::String(date) = value {
            return Some(Self(HolidayShape::Date(date.clone())));
        }
        if errors.form_zone().is_some() {
            return read_holiday(value, at, errors).map(Self);
        }
        let mut members = Members::of(value, at, errors)?;
        let (date, name) = (
            members.take::<String>("date"),
            members.take::<String>("name"),
        );
        members.close();
        Some(Self(HolidayShape::Named {
            date: date?,
            name: name?,
        }))
    }

    fn schema() -> RefOr<Schema> {
        utoipa::openapi::Ref::from_schema_name(HolidayShape::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            HolidayShape::name().into_owned(),
            <HolidayShape as utoipa::PartialSchema>::schema(),
        ));
        HolidayShape::schemas(schemas);
    }
}
