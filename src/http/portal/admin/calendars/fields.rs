//! The form of a business calendar: its hours and its holidays as rows of fields.

use chrono::{Datelike, NaiveDate};

use crate::domain::calendar::{CalendarShape, HolidayDate, HolidayShape};
use crate::domain::text::Title;
use crate::http::portal::form::{Control, Form, Kind, group, group_with_hint};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::rows::{self, RowList};
use crate::http::portal::sign_in::time_zones;
use crate::words::time::WEEKDAYS;
use crate::workflow::calendars::WriteCalendar;

/// How many holidays the form shows: of more, the older ones stay as they are.
const MOST_SHOWN: usize = 80;
const HOLIDAYS: &str = "holidays";

/// Its rows: the spans of each weekday, Monday first, and the holidays.
pub(super) const ROWS: [RowList; 8] = [
    spans("hours.mon"),
    spans("hours.tue"),
    spans("hours.wed"),
    spans("hours.thu"),
    spans("hours.fri"),
    spans("hours.sat"),
    spans("hours.sun"),
    RowList {
        name: HOLIDAYS,
        leads: &["date", "name"],
    },
];

const fn spans(name: &'static str) -> RowList {
    RowList {
        name,
        leads: &["from", "until"],
    }
}

/// The holidays that the form has no room for, and those that it shows: all that are every year, and the latest.
pub(super) fn by_room(holidays: &[HolidayShape]) -> (&[HolidayShape], &[HolidayShape]) {
    holidays.split_at(holidays.len().saturating_sub(MOST_SHOWN))
}

/// What a calendar says, to be changed; whether it is the default, and its version.
pub(super) fn form_of(
    req: &PageRequest,
    action: &str,
    shape: &CalendarShape,
    (default, version): (bool, i64),
) -> Form {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let mut controls = vec![
        Control::of(WriteCalendar::name(), label("name"))
            .half()
            .value(shape.name.clone()),
        Control::of(WriteCalendar::time_zone(), label("time-zone"))
            .half()
            .suggestions(time_zones())
            .value(shape.time_zone.clone()),
    ];
    for (day, list) in WEEKDAYS.iter().zip(&ROWS) {
        let spans = shape.hours.get(*day).map_or(&[][..], Vec::as_slice);
        controls.extend(hours(req, (day, list.name), spans, version));
    }
    controls.extend(holidays(req, &shape.holidays, version));
    if !default {
        controls.push(
            Control::of(WriteCalendar::default(), label("calendar-default")).hint(words.say_of(
                "hint",
                "calendar-default",
                &[],
            )),
        );
    }
    let button = words.say_of("panel-button", "edit", &[]);
    Form::new("calendar", action, button, controls).guarded(version)
}

/// The spans of a weekday.
fn hours(
    req: &PageRequest,
    (day, list): (&str, &'static str),
    spans: &[String],
    version: i64,
) -> Vec<Control> {
    let words = req.words();
    let day = words.say_of("weekday", day, &[]);
    let mut controls = Vec::new();
    for index in 0..rows::shown(req, list, spans.len(), version) {
        let place = format!("{list}[{index}]");
        let (from, until) = spans.get(index).map_or(("", ""), |span| ends(span));
        let time = |field: &str, value: &str| {
            let label = words.say_of("calendar-span", field, &[]);
            Control::new(Kind::Time, format!("{place}.{field}"), label)
                .required()
                .value(value)
        };
        let number = (index + 1).into();
        let args = [("day", day.clone().into()), ("number", number)];
        let legend = words.say("calendar-one-span", &args);
        let fields = vec![time("from", from), time("until", until)];
        controls.extend(rows::row(words, &place, legend, fields));
    }
    let add = words.say("calendar-add-span", &[]);
    controls.extend(rows::adding(list, add, day.clone()));
    group(day, controls)
}

/// Where a span begins and ends, as fields for a time take it.
fn ends(span: &str) -> (&str, &str) {
    match span.split_once('-') {
        Some((from, "24:00")) => (from, "00:00"),
        Some(ends) => ends,
        None => (span, ""),
    }
}

fn holidays(req: &PageRequest, all: &[HolidayShape], version: i64) -> Vec<Control> {
    let words = req.words();
    let (stay, known) = by_room(all);
    let mut controls = Vec::new();
    for index in 0..rows::shown(req, HOLIDAYS, known.len(), version) {
        let place = format!("{HOLIDAYS}[{index}]");
        let named = |field: &str| format!("{place}.{field}");
        let holiday = known.get(index);
        let (date, is_yearly) = holiday.map_or((String::new(), false), |one| day(req, one));
        let name = holiday.and_then(HolidayShape::called).unwrap_or_default();
        let called = |part: &str| words.say_of("calendar-holiday", part, &[]);
        let fields = vec![
            Control::new(Kind::Date, named("date"), called("date"))
                .required()
                .value(date),
            Control::new(Kind::Check, named("yearly"), called("yearly")).checked(is_yearly),
            Control::new(Kind::Text, named("name"), called("name"))
                .longest(Title::MAX)
                .value(name),
        ];
        let legend = words.say("calendar-one-holiday", &[("number", (index + 1).into())]);
        controls.extend(rows::row(words, &place, legend, fields));
    }
    let add = words.say("calendar-add-holiday", &[]);
    controls.extend(rows::adding(HOLIDAYS, add, ""));
    let hint = match stay.len() {
        0 => words.say_of("hint", "holidays", &[]),
        more => words.say("calendar-holidays-stay", &[("count", more.into())]),
    };
    group_with_hint(words.say_of("label", "holidays", &[]), hint, controls)
}

/// A holiday's day as a field for a date takes it, and whether it is every year: then it is shown in this year, or in the next one
/// that has the day.
fn day(req: &PageRequest, holiday: &HolidayShape) -> (String, bool) {
    match holiday.date().parse() {
        Ok(HolidayDate::Once(date)) => (date.to_string(), false),
        Ok(HolidayDate::Yearly { month, day }) => {
            let year = req.now.with_timezone(&req.zone()).year();
            let mut dates =
                (year..year + 9).filter_map(|year| NaiveDate::from_ymd_opt(year, month, day));
            let date = dates.next();
            (date.map_or_else(String::new, |date| date.to_string()), true)
        }
        Err(_) => (holiday.date().to_owned(), false),
    }
}
