//! A business calendar as it is written down: spans and holidays as lists in JSON, and as lines of text in a form.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::domain::calendar::{Calendar, CalendarShape, HolidayShape, MOST_DAYS};
use crate::input::{At, Errors, Fault, Field, Members, Patch, ReadOnly, Shape, input, text};
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

/// Spans by weekday. In a form, those of a day stand in one field, with commas between them.
#[derive(Clone, Debug)]
pub struct WeeklyHours(BTreeMap<String, Vec<String>>);

impl WeeklyHours {
    /// The spans of a day as a form has them.
    pub fn line(spans: &[String]) -> String {
        spans.join(", ")
    }

    fn of_line(line: &str) -> Vec<String> {
        let line = line.replace('–', "-");
        let spans = line.split([',', ';']);
        spans
            .map(|span| span.split_whitespace().collect())
            .filter(|span: &String| !span.is_empty())
            .collect()
    }
}

impl Field for WeeklyHours {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let Value::Object(days) = value else {
            return errors.refuse(at, Fault::wrong_type("an object", value));
        };
        let is_form = errors.form_zone().is_some();
        let read = days.iter().map(|(day, spans)| {
            let spans = match spans {
                Value::String(line) if is_form => Self::of_line(line),
                // A day off.
                Value::Null if is_form => Vec::new(),
                spans => Vec::<String>::read(spans, &at.name(day), errors)?,
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

/// Holidays. In a form, a line is one: its date, and what it is called if anything.
#[derive(Clone, Debug)]
pub struct Holidays(Vec<HolidayShape>);

/// How long the lines of a form may be, in characters.
const LONGEST: usize = 50_000;

impl Holidays {
    /// Holidays as a form has them.
    pub fn lines(holidays: &[HolidayShape]) -> String {
        let line = |holiday: &HolidayShape| match holiday {
            HolidayShape::Date(date) => date.clone(),
            HolidayShape::Named { date, name } => format!("{date} {name}"),
        };
        let lines: Vec<_> = holidays.iter().map(line).collect();
        lines.join("\n")
    }

    fn of_lines(lines: &str) -> Self {
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        let holiday = |line: &str| match line.split_once(char::is_whitespace) {
            Some((date, name)) => HolidayShape::Named {
                date: date.to_owned(),
                name: name.trim().to_owned(),
            },
            None => HolidayShape::Date(line.to_owned()),
        };
        Self(lines.map(holiday).collect())
    }
}

impl Field for Holidays {
    const SHAPE: Shape = Shape::Words(LONGEST);
    const MOST_BYTES: usize = Vec::<HolidayField>::MOST_BYTES;

    fn blank() -> Option<Self> {
        Some(Self(Vec::new()))
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        if errors.form_zone().is_some() {
            return Some(Self::of_lines(text(value, at, errors)?));
        }
        let holidays = Vec::<HolidayField>::read(value, at, errors)?;
        Some(Self(holidays.into_iter().map(|field| field.0).collect()))
    }

    fn schema() -> RefOr<Schema> {
        Vec::<HolidayField>::schema()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Vec::<HolidayField>::schemas(schemas);
    }
}

/// A holiday: its date, or its date and name.
struct HolidayField(HolidayShape);

impl Field for HolidayField {
    const MOST_OF_THEM: usize = MOST_DAYS;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        if let Value::String(date) = value {
            return Some(Self(HolidayShape::Date(date.clone())));
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
