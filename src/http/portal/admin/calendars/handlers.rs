//! Business calendars: the list, one with the replay of any deadline, adding and changing them.

use actix_web::http::StatusCode;
use chrono::TimeDelta;

use super::fields::{ROWS, by_room, form_of};
use super::{CalendarPage, DayHours, HolidayView, ReplayView};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::calendar::{
    Calendar, CalendarError, CalendarShape, HolidayDate, Replay, Unit, replay_elapsed,
};
use crate::domain::ids::CalendarId;
use crate::domain::order::{Sort, orders};
use crate::domain::text::in_order;
use crate::http::api_request::may;
use crate::http::list::{Found, ListQuery, list_query};
use crate::http::portal::act::{By, ForeseeingPage, FormPage};
use crate::http::portal::admin::handlers::{PLACE, again, foreseen, form, tabs_of};
use crate::http::portal::admin::list::{Add, ListPage, list};
use crate::http::portal::admin::{AdminForm, Cell, Place};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind, Wrong, words_of};
use crate::http::portal::list::Column;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::rows::RowList;
use crate::http::portal::zones;
use crate::http::problem::Problem;
use crate::input::in_zone;
use crate::store::calendars::{self, CalendarRow};
use crate::words::Catalogue;
use crate::words::time::{Times, WEEKDAYS};
use crate::workflow::calendars::{WriteCalendar, add_calendar, foresee_calendar, replace_calendar};

/// The longest window that is replayed, in hours and in days.
const MOST_HOURS: i64 = 24 * 366;
const MOST_DAYS: u32 = 366;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { calendars:
        GET  "/admin/calendars"            may(Permission::CalendarsView)   => list::<Calendars>, "Business calendars";
        GET  "/admin/calendars/new"        may(Permission::CalendarsManage) => new, "The form that adds a calendar";
        POST "/admin/calendars"            may(Permission::CalendarsManage) => add, "Adds a calendar";
        GET  "/admin/calendars/{calendar}" may(Permission::CalendarsView)   => show, "A calendar, with the replay of any deadline";
        POST "/admin/calendars/{calendar}" may(Permission::CalendarsManage) => replace, "Changes a calendar";
    }
}

/// The business calendars.
struct Calendars;

orders! {
    /// What calendars are listed by.
    pub enum CalendarOrder {
        /// Their names.
        Name = "name",
        /// The zones of their hours.
        TimeZone = "time_zone",
    }
}

list_query! {
    /// In which order.
    pub struct CalendarsQuery by CalendarOrder, Sort::ascending(CalendarOrder::Name), {}
}

impl ListPage for Calendars {
    const PLACE: Place = Place::Calendars;
    const COLUMNS: &'static [Column] = &[
        Column::label("name").sorts("name"),
        Column::label("time-zone").sorts("time_zone"),
        Column::said("calendar-use"),
    ];
    const ADD: Option<Add> = Some(Add::said(
        "calendar-add-button",
        Permission::CalendarsManage,
    ));
    type Query = CalendarsQuery;
    type Row = CalendarRow;
    type Beside = ();

    fn find(
        conn: &mut Conn,
        _: &PageRequest,
        query: &CalendarsQuery,
    ) -> Result<(Found<CalendarRow>, ()), Problem> {
        let mut found = Found::whole(calendars::list(conn)?);
        let sort = query.sort();
        found.sort_by(sort, |one, other| match sort.by {
            CalendarOrder::Name => in_order(&one.name, &other.name),
            CalendarOrder::TimeZone => {
                in_order(zones::place(&one.time_zone), zones::place(&other.time_zone))
            }
        });
        Ok((found, ()))
    }

    fn cells(req: &PageRequest, calendar: &CalendarRow, (): &()) -> Vec<Cell> {
        let to = format!("/admin/calendars/{}", calendar.id);
        vec![
            Cell::link(calendar.name.clone(), to),
            Cell::text(zones::told(req.words(), &calendar.time_zone)),
            match calendar.is_default {
                true => Cell::chip(req.words().say("calendar-default", &[]), "good"),
                false => Cell::default(),
            },
        ]
    }
}

pub(super) async fn row(req: &PageRequest, id: CalendarId) -> Result<CalendarRow, Problem> {
    let row = req.read(move |conn| Ok(calendars::find(conn, id)?)).await?;
    row.ok_or_else(Problem::not_found)
}

async fn show(req: PageRequest, id: CalendarId) -> PageResult {
    let row = row(&req, id).await?;
    let page = page(&req, &row)?;
    match page.wrong == Wrong::default() {
        true => req.show(PLACE, "calendar", &page),
        false => req.show_again(StatusCode::UNPROCESSABLE_ENTITY, PLACE, "calendar", &page),
    }
}

fn page(req: &PageRequest, row: &CalendarRow) -> Result<CalendarPage, Problem> {
    let words = req.words();
    let calendar = row.calendar()?;
    let (replay, wrong) = match asked(req, &calendar) {
        None => (None, Wrong::default()),
        Some(Ok(replay)) => (Some(told(words, &replay)), Wrong::default()),
        Some(Err(why)) => {
            let why = words.say_of("replay-refused", why, &[]);
            (None, Wrong::at("replay-length", why))
        }
    };
    let manages = req.can(Permission::CalendarsManage);
    Ok(CalendarPage {
        name: row.name.clone(),
        href: format!("/admin/calendars/{}", row.id),
        time_zone: row.time_zone.clone(),
        standard: row.is_default,
        tabs: tabs_of(req, Place::Calendars),
        hours: WEEKDAYS
            .iter()
            .map(|day| hours(words, &row.shape(), day))
            .collect(),
        holidays: calendar
            .holidays()
            .map(|holiday| HolidayView {
                day: day(req, holiday.date),
                name: holiday.name.unwrap_or_default(),
            })
            .collect(),
        import: match manages {
            true => format!("/admin/calendars/{}/holidays", row.id),
            false => String::new(),
        },
        question: question(req),
        wrong,
        replay,
        form: manages.then(|| {
            let action = format!("/admin/calendars/{}", row.id);
            form_of(req, &action, &row.shape(), (row.is_default, row.version))
        }),
    })
}

fn hours(words: &Catalogue, shape: &CalendarShape, day: &str) -> DayHours {
    let spans = (shape.hours.get(day)).map(|spans| spans.join(", ").replace('-', "–"));
    DayHours {
        day: words.say_of("weekday", day, &[]),
        spans: spans.unwrap_or_default(),
    }
}

pub(super) fn day(req: &PageRequest, date: HolidayDate) -> String {
    let times: Times<'_> = req.times();
    match date {
        HolidayDate::Once(date) => times.date(date),
        HolidayDate::Yearly { month, day } => {
            let month = crate::words::time::MONTHS
                .get(month as usize - 1)
                .copied()
                .unwrap_or("jan");
            let args = [
                ("day", i64::from(day).into()),
                ("month", req.words().say_of("month", month, &[]).into()),
            ];
            req.words().say("calendar-yearly", &args)
        }
    }
}

/// From when, how long, in what.
fn question(req: &PageRequest) -> Vec<Control> {
    let words = req.words();
    let given = |name: &str, or: String| req.asked(name).map_or(or, str::to_owned);
    let from = given("from", req.times().field(req.now));
    let controls = vec![
        Control::new(Kind::DateTime, "from", words.say("replay-from", &[]))
            .required()
            .value(from),
        Control::new(Kind::Number, "length", words.say("replay-length", &[]))
            .required()
            .value(given("length", "8".to_owned())),
        Control::new(Kind::Select, "unit", words.say("replay-unit", &[]))
            .required()
            .choices(words_of(words, "unit", Unit::NAMES, ""))
            .value(given("unit", Unit::BusinessSeconds.as_str().to_owned())),
    ];
    Form::new("replay", "", "", controls).controls
}

/// The replay that the address asks for; or why there is none, a member of the family `replay-refused`.
fn asked(req: &PageRequest, calendar: &Calendar) -> Option<Result<Replay, &'static str>> {
    let length = req.asked("length")?;
    let from = req
        .asked("from")
        .and_then(|from| chrono::NaiveDateTime::parse_from_str(from, "%Y-%m-%dT%H:%M").ok());
    let from = from.and_then(|local| in_zone(local, req.zone()));
    let (Some(from), Ok(length)) = (from, length.parse::<u32>()) else {
        return Some(Err("malformed"));
    };
    let unit = req
        .asked("unit")
        .and_then(|unit| unit.parse().ok())
        .unwrap_or(Unit::BusinessSeconds);
    let hours = i64::from(length);
    if length == 0 || hours > MOST_HOURS || (unit == Unit::BusinessDays && length > MOST_DAYS) {
        return Some(Err("malformed"));
    }
    let replay = match unit {
        Unit::BusinessDays => calendar.replay_days(from, length, &[], req.now),
        Unit::BusinessSeconds => {
            calendar.replay_business_time(from, TimeDelta::hours(hours), &[], req.now)
        }
        Unit::ElapsedSeconds => replay_elapsed(from, TimeDelta::hours(hours), &[], req.now),
    };
    Some(replay.map_err(|error| match error {
        CalendarError::NoBusinessDay => "no_business_day",
        CalendarError::OutOfRange => "malformed",
    }))
}

fn told(words: &Catalogue, replay: &Replay) -> ReplayView {
    let unit = match replay.unit {
        Unit::BusinessDays => replay.window,
        Unit::BusinessSeconds | Unit::ElapsedSeconds => replay.window / 3600,
    };
    ReplayView::new(
        words,
        replay,
        words.say_of("replay-label", replay.unit.as_str(), &[("n", unit.into())]),
    )
}

async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "admin-form", &new_page(&req))
}

fn new_page(req: &PageRequest) -> AdminForm {
    let words = req.words();
    let office = CalendarShape::from(Calendar::standard(req.zone()));
    let shape = CalendarShape {
        name: String::new(),
        ..office
    };
    let of = form_of(req, &Place::Calendars.href(), &shape, (false, 0));
    let title = words.say("calendar-add-button", &[]);
    let about = words.say_of("hint", "hours", &[]);
    form(req, Place::Calendars, title, about, of)
}

/// The page of a calendar, or the one that adds one.
struct OnCalendar(Option<CalendarRow>);

impl FormPage<CalendarId> for OnCalendar {
    async fn done(&self, req: &PageRequest, id: CalendarId) -> PageResult {
        let flash = Flash::new(Done::CalendarSaved);
        Ok(req.go(format!("/admin/calendars/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let Some(row) = &self.0 else {
            return again(req, &problem, new_page(req));
        };
        let mut page = page(req, row)?;
        let refused = |form: Form| form.refused_for(req.words(), &req.typed, &problem);
        page.form = page.form.map(refused);
        req.show_again(problem.code().status(), PLACE, "calendar", &page)
    }
}

impl ForeseeingPage<CalendarId> for OnCalendar {
    const ROWS: &'static [RowList] = &ROWS;

    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        let Some(row) = &self.0 else {
            return foreseen(req, new_page(req), shown);
        };
        let mut page = page(req, row)?;
        page.form = page.form.map(shown);
        req.show_again(StatusCode::OK, PLACE, "calendar", &page)
    }
}

async fn add(req: PageRequest) -> PageResult {
    let foresee = |conn: &mut Conn, by: By<'_>, command: &WriteCalendar| {
        let (calendar, makes_default) = (command.calendar()?, command.makes_default());
        foresee_calendar(conn, Some(by.actor), None, &calendar, makes_default, by.now)
    };
    let add = |conn: &mut Conn, by: By<'_>, command: &WriteCalendar| {
        let (calendar, makes_default) = (command.calendar()?, command.makes_default());
        add_calendar(conn, Some(by.actor), &calendar, makes_default, by.now)
    };
    req.act_foreseen(&OnCalendar(None), foresee, add).await
}

async fn replace(req: PageRequest, id: CalendarId) -> PageResult {
    let row = row(&req, id).await?;
    // What the form has no room for stays.
    let shape = row.shape();
    let (stay, _) = by_room(&shape.holidays);
    let (stay, same) = (stay.to_vec(), stay.to_vec());
    let page = OnCalendar(Some(row));
    let (expected, shown) = (req.expected(), req.expected());
    let foresee = move |conn: &mut Conn, by: By<'_>, command: &WriteCalendar| {
        let (calendar, makes_default) = (command.with_holidays(&same)?, command.makes_default());
        let (by_whom, replaced) = (Some(by.actor), Some((id, shown.as_deref())));
        foresee_calendar(conn, by_whom, replaced, &calendar, makes_default, by.now)
    };
    let replace = move |conn: &mut Conn, by: By<'_>, command: &WriteCalendar| {
        let (calendar, makes_default) = (command.with_holidays(&stay)?, command.makes_default());
        let (by_whom, expected) = (Some(by.actor), expected.as_deref());
        replace_calendar(
            conn,
            by_whom,
            id,
            expected,
            &calendar,
            makes_default,
            by.now,
        )
    };
    req.act_foreseen(&page, foresee, replace).await
}
