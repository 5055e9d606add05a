//! Holidays from an iCalendar file: what it has is shown with ticks, and nothing is saved before they are sent.

use std::collections::{BTreeSet, HashSet};

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::handlers::{day, row};
use crate::domain::access::Permission;
use crate::domain::calendar::{Candidate, Holiday, HolidayDate, IcsHolidays, SkippedEvent};
use crate::domain::ids::CalendarId;
use crate::http::api::calendars::holidays_of;
use crate::http::api_request::may;
use crate::http::portal::act::is_form_error;
use crate::http::portal::admin::Place;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::page_request::{PageRequest, Posted};
use crate::http::portal::parts::Tab;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::said::{fault_said_to_people, said_to_people};
use crate::http::problem::Problem;
use crate::input::{Fault, FieldError};
use crate::store::calendars::CalendarRow;
use crate::workflow::calendars::import_holidays;

/// How many dates of an event are spelled out.
const DATES_TOLD: usize = 3;
/// The field of the file, and of its text when it comes back with the ticks.
const FILE: &str = "ics";

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    let rows = pages! { calendars:
        GET  "/admin/calendars/{calendar}/holidays" may(Permission::CalendarsManage) => choose, "The form that takes holidays from an iCalendar file";
        POST "/admin/calendars/{calendar}/holidays" may(Permission::CalendarsManage) => take, "Shows what a file has, or adds the holidays that are ticked";
    };
    let with_file = rows.into_iter().map(|row| row.posted(Posted::WithFile));
    with_file.collect()
}

/// The page on which holidays are taken from a file.
#[derive(Clone, Debug, Serialize)]
pub struct ImportPage {
    /// The calendar's name.
    pub name: String,
    /// The calendar's page.
    pub href: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// To choose a file.
    pub form: Form,
    /// What the chosen one has.
    pub found: Option<FoundView>,
}

/// What a file has.
#[derive(Clone, Debug, Serialize)]
pub struct FoundView {
    /// What is wrong with what was sent.
    pub problems: Vec<String>,
    /// Its text, to be sent with the ticks.
    pub text: String,
    /// The day on which it was read, by which its series are worked out.
    pub read_on: String,
    /// The calendar's version that it was compared with.
    pub version: i64,
    /// What can be a holiday.
    pub events: Vec<EventView>,
    /// What cannot.
    pub left_out: Vec<LeftOut>,
    /// The days between which series were worked out.
    pub span: (String, String),
}

/// An event that can be a holiday.
#[derive(Clone, Debug, Serialize)]
pub struct EventView {
    /// The tick's field.
    pub field: String,
    /// What the event is called.
    pub name: String,
    /// Its days.
    pub days: String,
    /// Why it is not ticked; may be empty.
    pub note: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// An event that cannot be a holiday.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// What the event is called.
    pub name: String,
    /// Why it is left out.
    pub why: String,
}

async fn choose(visit: PageRequest, id: CalendarId) -> PageResult {
    let row = row(&visit, id).await?;
    visit.show(PLACE, "calendar-import", &page(&visit, &row))
}

/// A file, as it was read.
struct Read {
    text: String,
    on: NaiveDate,
    holidays: IcsHolidays,
}

/// A file is shown; without one, what is ticked of the last is added.
async fn take(visit: PageRequest, id: CalendarId) -> PageResult {
    let row = row(&visit, id).await?;
    let mut page = page(&visit, &row);
    let file = match read(&visit, &row).await {
        Ok(file) => file,
        Err(problem) => {
            page.form = page.form.refused_for(visit.words(), &visit.typed, &problem);
            let status = problem.code().status();
            return visit.show_again(status, PLACE, "calendar-import", &page);
        }
    };
    if visit.file.is_some() {
        page.found = Some(found(&visit, &row, file, is_proposed)?);
        return visit.show(PLACE, "calendar-import", &page);
    }
    match add(&visit, &row, &file).await {
        Ok(added) => {
            let flash = Flash::new(Done::HolidaysAdded).number(added);
            Ok(visit.go(page.href, Some(flash)))
        }
        Err(problem) if is_form_error(&problem) => {
            let as_sent = |index, _: &Candidate<'_>, _| visit.typed.contains_key(&field(index));
            let mut found = found(&visit, &row, file, as_sent)?;
            found.problems = match problem.errors() {
                [] => vec![said_to_people(visit.words(), &problem)],
                errors => (errors
                    .iter()
                    .map(|error| fault_said_to_people(visit.words(), error)))
                .collect(),
            };
            page.found = Some(found);
            visit.show_again(problem.code().status(), PLACE, "calendar-import", &page)
        }
        Err(problem) => Err(problem.into()),
    }
}

fn page(visit: &PageRequest, row: &CalendarRow) -> ImportPage {
    let words = visit.words();
    let href = format!("/admin/calendars/{}", row.id);
    let file = Control::new(Kind::File, FILE, words.say_of("label", "ics", &[]))
        .hint(words.say_of("hint", "ics", &[]))
        .suggestions(vec![".ics".to_owned(), "text/calendar".to_owned()])
        .required();
    ImportPage {
        name: row.name.clone(),
        form: Form::new(
            "file",
            format!("{href}/holidays"),
            words.say("calendar-import-look", &[]),
            vec![file],
        ),
        href,
        tabs: tabs_of(visit, Place::Calendars),
        found: None,
    }
}

/// The file that was sent, or the text of the one that was shown.
async fn read(visit: &PageRequest, row: &CalendarRow) -> Result<Read, Problem> {
    let zone = row.calendar()?.time_zone();
    let today = visit.now.with_timezone(&zone).date_naive();
    let refused = |code| Problem::invalid_field(FieldError::new(FILE, Fault::new(code)));
    let typed = |name: &str| visit.typed.get(name).map_or("", String::as_str);
    let (text, on) = match &visit.file {
        Some(bytes) => {
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| refused("not_utf8"))?;
            // No text of this house holds it.
            if text.contains('\0') {
                return Err(refused("not_utf8"));
            }
            (text, today)
        }
        None if typed(FILE).is_empty() => return Err(refused("required")),
        None => {
            let on = typed("read_on").parse().unwrap_or(today);
            (typed(FILE).to_owned(), on)
        }
    };
    let holidays = holidays_of(text.clone(), zone, on, BTreeSet::new()).await?;
    Ok(Read { text, on, holidays })
}

/// Whether an event is ticked when its file is shown: it is a holiday without doubt, and a new one.
fn is_proposed(_: usize, event: &Candidate<'_>, is_there: bool) -> bool {
    event.doubt.is_none() && !is_there
}

fn found(
    visit: &PageRequest,
    row: &CalendarRow,
    file: Read,
    ticked: impl Fn(usize, &Candidate<'_>, bool) -> bool,
) -> Result<FoundView, Problem> {
    let words = visit.words();
    let there: HashSet<HolidayDate> = (row.calendar()?.holidays())
        .map(|holiday| holiday.date)
        .collect();
    let event = |(index, event): (usize, Candidate<'_>)| {
        let is_there = event.dates.iter().all(|date| there.contains(date));
        let note = match event.doubt {
            _ if is_there => words.say("calendar-import-there", &[]),
            Some(doubt) => words.say_of("holiday-skipped", doubt.as_str(), &[]),
            None => String::new(),
        };
        EventView {
            field: field(index),
            name: name(visit, event.summary),
            days: days(visit, event.dates),
            note,
            ticked: ticked(index, &event, is_there),
        }
    };
    let left_out = |event: &SkippedEvent| LeftOut {
        name: name(visit, &event.summary),
        why: words.say_of("holiday-skipped", event.reason.as_str(), &[]),
    };
    let (from, until) = file.holidays.span;
    Ok(FoundView {
        problems: Vec::new(),
        events: file.holidays.candidates().enumerate().map(event).collect(),
        left_out: file.holidays.impossible().map(left_out).collect(),
        span: (visit.times().date(from), visit.times().date(until)),
        read_on: file.on.to_string(),
        version: row.version,
        text: file.text,
    })
}

/// The field of the tick for a candidate.
fn field(index: usize) -> String {
    format!("take.{index}")
}

fn name(visit: &PageRequest, summary: &Option<String>) -> String {
    let nameless = || visit.words().say("calendar-import-nameless", &[]);
    summary.clone().unwrap_or_else(nameless)
}

/// The first dates from this year on, and how many more there are.
fn days(visit: &PageRequest, dates: &[HolidayDate]) -> String {
    let this_year = visit.now.with_timezone(&visit.zone()).year();
    let is_past = |date: &&HolidayDate| match date {
        HolidayDate::Once(date) => date.year() < this_year,
        HolidayDate::Yearly { .. } => false,
    };
    let (past, coming): (Vec<&HolidayDate>, Vec<&HolidayDate>) = dates.iter().partition(is_past);
    let told = if coming.is_empty() { past } else { coming };
    let told = told.into_iter().take(DATES_TOLD);
    let told: Vec<String> = told.map(|date| day(visit, *date)).collect();
    let more = dates.len() - told.len();
    let told = told.join(", ");
    match more {
        0 => told,
        more => {
            let args = [("dates", told.into()), ("n", more.into())];
            visit.words().say("calendar-import-more", &args)
        }
    }
}

/// Adds what is ticked; says how many days are new.
async fn add(visit: &PageRequest, row: &CalendarRow, file: &Read) -> Result<usize, Problem> {
    let ticked = |(index, event): (usize, Candidate<'_>)| {
        let is_ticked = visit.typed.contains_key(&field(index));
        let holidays = is_ticked.then(|| event.holidays().collect());
        holidays.unwrap_or_else(Vec::new)
    };
    let candidates = file.holidays.candidates().enumerate();
    let holidays: Vec<Holiday> = candidates.flat_map(ticked).collect();
    if holidays.is_empty() {
        let nothing = Fault::new("nothing_ticked");
        return Err(Problem::invalid_field(FieldError::new(FILE, nothing)));
    }
    let expected = visit.expected();
    let (actor, id, now) = (visit.actor()?.clone(), row.id, visit.now);
    let adding = visit.write(move |conn| {
        let expected = expected.as_deref();
        import_holidays(conn, Some(&actor), id, expected, holidays.clone(), now)
    });
    adding.await
}
