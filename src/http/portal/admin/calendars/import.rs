//! Holidays from an iCalendar file: what it has is shown with ticks, and nothing is saved before they are sent.

use std::collections::{BTreeSet, HashMap, HashSet};

use actix_web::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::handlers::{day, row};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::calendar::{Candidate, Doubt, Holiday, HolidayDate, IcsHolidays, SkippedEvent};
use crate::domain::ids::CalendarId;
use crate::http::api::calendars::holidays_of;
use crate::http::api_request::may;
use crate::http::portal::act::{Consequences, is_form_error};
use crate::http::portal::admin::Place;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind, Wrong, faults, seen};
use crate::http::portal::page_request::{PageRequest, Posted};
use crate::http::portal::parts::Tab;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::input::{Fault, FieldError};
use crate::store::calendars::CalendarRow;
use crate::workflow::calendars::{foresee_holidays, import_holidays};

/// How many dates of an event are spelled out.
const DATES_TOLD: usize = 3;
/// The field of the file, and of its text when it comes back with the ticks.
const FILE: &str = "ics";
/// The field of text that is pasted.
const PASTED: &str = "pasted";

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
    pub wrong: Wrong,
    /// What would follow from what is ticked.
    pub consequences: Vec<String>,
    /// By what it is known that this was seen.
    pub confirmed: String,
    /// Its text, to be sent with the ticks.
    pub text: String,
    /// The day on which it was read, by which its series are worked out.
    pub read_on: String,
    /// The calendar's version that it was compared with.
    pub version: i64,
    /// What can be a holiday.
    pub events: Vec<EventView>,
    /// The holidays of what is ticked.
    #[serde(skip)]
    ticked: Vec<Holiday>,
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

impl FoundView {
    /// What its form sends as it stands.
    fn sent(&self) -> HashMap<String, String> {
        let ticks = self.events.iter().filter(|event| event.ticked);
        let ticks = ticks.map(|event| (event.field.clone(), "on".to_owned()));
        let carried = [
            (FILE, self.text.clone()),
            ("read_on", self.read_on.clone()),
            ("version", self.version.to_string()),
        ];
        let carried = carried.map(|(name, text)| (name.to_owned(), text));
        carried.into_iter().chain(ticks).collect()
    }
}

async fn choose(req: PageRequest, id: CalendarId) -> PageResult {
    let row = row(&req, id).await?;
    req.show(PLACE, "calendar-import", &page(&req, &row))
}

/// A file, as it was read.
struct Read {
    text: String,
    on: NaiveDate,
    holidays: IcsHolidays,
}

/// A file, or text that was pasted, is shown with what would follow. Without one, what is ticked of the last is added, once it
/// was seen what would follow from just that.
async fn take(req: PageRequest, id: CalendarId) -> PageResult {
    let row = row(&req, id).await?;
    let mut page = page(&req, &row);
    let file = match read(&req, &row).await {
        Ok(file) => file,
        Err(problem) => {
            page.form = page.form.refused_for(req.words(), &req.typed, &problem);
            let status = problem.code().status();
            return req.show_again(status, PLACE, "calendar-import", &page);
        }
    };
    if is_new(&req) {
        page.form = page.form.filled(&req.typed);
        let mut found = found(&req, &row, file, is_proposed)?;
        let (ticked, expected) = (found.ticked.clone(), Some(vec![row.version]));
        found.consequences = foreseen(&req, &row, ticked, expected).await?;
        found.confirmed = seen(&found.sent());
        page.found = Some(found);
        return req.show(PLACE, "calendar-import", &page);
    }
    let as_sent = |index, _: &Candidate<'_>, _| req.typed.contains_key(&field(index));
    match add(&req, &row, &file).await {
        Ok(Taken::Foreseen(consequences)) => {
            let mut found = found(&req, &row, file, as_sent)?;
            (found.consequences, found.confirmed) = (consequences, seen(&req.typed));
            page.found = Some(found);
            req.show_again(StatusCode::OK, PLACE, "calendar-import", &page)
        }
        Ok(Taken::Added(added)) => {
            let flash = Flash::new(Done::HolidaysAdded).number(added);
            Ok(req.go(page.href, Some(flash)))
        }
        Err(problem) if is_form_error(&problem) => {
            let mut found = found(&req, &row, file, as_sent)?;
            faults(req.words(), &problem, |_, why| found.wrong.add(None, why));
            page.found = Some(found);
            req.show_again(problem.code().status(), PLACE, "calendar-import", &page)
        }
        Err(problem) => Err(problem.into()),
    }
}

fn page(req: &PageRequest, row: &CalendarRow) -> ImportPage {
    let words = req.words();
    let href = format!("/admin/calendars/{}", row.id);
    let file = Control::new(Kind::File, FILE, words.say_of("label", "ics", &[]))
        .hint(words.say_of("hint", "ics", &[]))
        .suggestions(vec![".ics".to_owned(), "text/calendar".to_owned()]);
    let pasted = Control::new(Kind::Lines, PASTED, words.say_of("label", "ics-text", &[]))
        .hint(words.say_of("hint", "ics-text", &[]));
    ImportPage {
        name: row.name.clone(),
        form: Form::new(
            "file",
            format!("{href}/holidays"),
            words.say("calendar-import-look", &[]),
            vec![file, pasted],
        ),
        href,
        tabs: tabs_of(req, Place::Calendars),
        found: None,
    }
}

/// The file that was sent, or the text of the one that was shown.
async fn read(req: &PageRequest, row: &CalendarRow) -> Result<Read, Problem> {
    let zone = row.calendar()?.time_zone();
    let today = req.now.with_timezone(&zone).date_naive();
    let refused = |code| Problem::invalid_field(FieldError::new(FILE, Fault::new(code)));
    let typed = |name: &str| req.typed.get(name).map_or("", String::as_str);
    let (text, on) = match &req.file {
        Some(bytes) => {
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| refused("not_utf8"))?;
            // No text of this house holds it.
            if text.contains('\0') {
                return Err(refused("not_utf8"));
            }
            (text, today)
        }
        None if is_new(req) => (typed(PASTED).to_owned(), today),
        None if typed(FILE).is_empty() => return Err(refused("required")),
        None => {
            let on = typed("read_on").parse().unwrap_or(today);
            (typed(FILE).to_owned(), on)
        }
    };
    let holidays = holidays_of(text.clone(), zone, on, BTreeSet::new()).await?;
    Ok(Read { text, on, holidays })
}

/// Whether a file was sent, or its text pasted: then it is shown.
fn is_new(req: &PageRequest) -> bool {
    let pasted = req.typed.get(PASTED).map_or("", String::as_str);
    req.file.is_some() || !pasted.trim().is_empty()
}

/// Why an event may be none to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    /// The calendar has it.
    There,
    /// It may be no day off.
    Doubtful(Doubt),
    /// All its days are over.
    Over,
}

/// Whether an event is ticked when its file is shown: it is a holiday to come without doubt, and a new one.
fn is_proposed(_: usize, _: &Candidate<'_>, note: Option<Note>) -> bool {
    note.is_none()
}

fn found(
    req: &PageRequest,
    row: &CalendarRow,
    file: Read,
    is_ticked: impl Fn(usize, &Candidate<'_>, Option<Note>) -> bool,
) -> Result<FoundView, Problem> {
    let (words, mut ticked) = (req.words(), Vec::new());
    let there: HashSet<HolidayDate> = (row.calendar()?.holidays())
        .map(|holiday| holiday.date)
        .collect();
    let event = |(index, event): (usize, Candidate<'_>)| {
        let is_there = event.dates.iter().all(|date| there.contains(date));
        let is_over =
            |date: &HolidayDate| matches!(date, HolidayDate::Once(date) if *date < file.on);
        let note = match event.doubt {
            _ if is_there => Some(Note::There),
            Some(doubt) => Some(Note::Doubtful(doubt)),
            None => event.dates.iter().all(is_over).then_some(Note::Over),
        };
        let takes = is_ticked(index, &event, note);
        if takes {
            ticked.extend(event.holidays());
        }
        EventView {
            field: field(index),
            name: name(req, event.summary),
            days: days(req, event.dates),
            note: match note {
                None => String::new(),
                Some(Note::There) => words.say("calendar-import-there", &[]),
                Some(Note::Over) => words.say("calendar-import-over", &[]),
                Some(Note::Doubtful(doubt)) => words.say_of("holiday-skipped", doubt.as_str(), &[]),
            },
            ticked: takes,
        }
    };
    let left_out = |event: &SkippedEvent| LeftOut {
        name: name(req, &event.summary),
        why: words.say_of("holiday-skipped", event.reason.as_str(), &[]),
    };
    let (from, until) = file.holidays.span;
    let events = file.holidays.candidates().enumerate().map(event).collect();
    Ok(FoundView {
        wrong: Wrong::default(),
        consequences: Vec::new(),
        confirmed: String::new(),
        events,
        ticked,
        left_out: file.holidays.impossible().map(left_out).collect(),
        span: (req.times().date(from), req.times().date(until)),
        read_on: file.on.to_string(),
        version: row.version,
        text: file.text,
    })
}

/// The field of the tick for a candidate.
fn field(index: usize) -> String {
    format!("take.{index}")
}

fn name(req: &PageRequest, summary: &Option<String>) -> String {
    let nameless = || req.words().say("calendar-import-nameless", &[]);
    summary.clone().unwrap_or_else(nameless)
}

/// The first dates from this year on, and how many more there are.
fn days(req: &PageRequest, dates: &[HolidayDate]) -> String {
    let this_year = req.now.with_timezone(&req.zone()).year();
    let is_past = |date: &&HolidayDate| match date {
        HolidayDate::Once(date) => date.year() < this_year,
        HolidayDate::Yearly { .. } => false,
    };
    let (past, coming): (Vec<&HolidayDate>, Vec<&HolidayDate>) = dates.iter().partition(is_past);
    let told = if coming.is_empty() { past } else { coming };
    let told = told.into_iter().take(DATES_TOLD);
    let told: Vec<String> = told.map(|date| day(req, *date)).collect();
    let more = dates.len() - told.len();
    let told = told.join(", ");
    match more {
        0 => told,
        more => {
            let args = [("dates", told.into()), ("n", more.into())];
            req.words().say("calendar-import-more", &args)
        }
    }
}

/// What came of ticks that were sent.
enum Taken {
    /// Nothing yet: this would follow.
    Foreseen(Vec<String>),
    /// They were added; so many days are new.
    Added(usize),
}

/// What would follow from holidays, in sentences.
async fn foreseen(
    req: &PageRequest,
    row: &CalendarRow,
    holidays: Vec<Holiday>,
    expected: Option<Vec<i64>>,
) -> Result<Vec<String>, Problem> {
    let (actor, id, now) = (req.actor()?.clone(), row.id, req.now);
    let look = move |conn: &mut Conn| {
        let (actor, expected) = (Some(&actor), expected.as_deref());
        Ok(foresee_holidays(
            conn,
            actor,
            id,
            expected,
            holidays.clone(),
            now,
        )?)
    };
    let foreseen = req.read_or_search(true, look).await?;
    Ok(foreseen.told(req.words()))
}

/// Adds what is ticked, if it was seen what would follow from it.
async fn add(req: &PageRequest, row: &CalendarRow, file: &Read) -> Result<Taken, Problem> {
    let ticked = |(index, event): (usize, Candidate<'_>)| {
        let is_ticked = req.typed.contains_key(&field(index));
        let holidays = is_ticked.then(|| event.holidays().collect());
        holidays.unwrap_or_else(Vec::new)
    };
    let candidates = file.holidays.candidates().enumerate();
    let holidays: Vec<Holiday> = candidates.flat_map(ticked).collect();
    if holidays.is_empty() {
        let nothing = Fault::new("nothing_ticked");
        return Err(Problem::invalid_field(FieldError::new(FILE, nothing)));
    }
    let expected = req.expected();
    if !req.was_confirmed() {
        let told = foreseen(req, row, holidays.clone(), expected.clone()).await?;
        if !told.is_empty() {
            return Ok(Taken::Foreseen(told));
        }
    }
    let (actor, id, now) = (req.actor()?.clone(), row.id, req.now);
    let adding = req.write(move |conn| {
        let expected = expected.as_deref();
        import_holidays(conn, Some(&actor), id, expected, holidays.clone(), now)
    });
    adding.await.map(Taken::Added)
}
