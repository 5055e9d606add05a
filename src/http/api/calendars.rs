//! Business calendars: when the provider works, holidays from an iCalendar file, and how a deadline comes about.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{CalendarDocument, EffectDocument};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::{
    Doubt, HolidayDate, IcsError, IcsHolidays, MOST_DAYS, MOST_EVENTS, Replay, SkipReason, Unit,
    from_ics, replay_elapsed,
};
use crate::domain::ids::CalendarId;
use crate::http::apart::apart;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{AsIs, Fault, FieldError, Whole, input};
use crate::store::calendars::{self, CalendarRow};
use crate::words::Catalogue;
use crate::workflow::VerbError;
use crate::workflow::calendars::{
    WriteCalendar, add_calendar, foresee_calendar, import_holidays, replace_calendar,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { calendars:
        GET  "/calendars"                     may(Permission::CalendarsView)   => list, "Business calendars, by name";
        POST "/calendars"                     may(Permission::CalendarsManage) => add, "Adds a business calendar";
        GET  "/calendars/{calendar}"          may(Permission::CalendarsView)   => show, "One business calendar";
        PUT  "/calendars/{calendar}"          may(Permission::CalendarsManage) => replace, "Replaces a business calendar; deadlines are reckoned by the new one from now on";
        POST "/calendars/{calendar}/preview"  may(Permission::CalendarsManage) => preview, "What replacing a business calendar would do; nothing is changed";
        POST "/calendars/{calendar}/holidays" may(Permission::CalendarsManage) => import, "Adds the holidays of an iCalendar file; with preview, says which those would be";
        GET  "/calendars/{calendar}/replay"   may(Permission::CalendarsView)   => replay, "How a deadline comes about: every piece of time that counts, and why the others do not";
    }
}

input! {
    /// An iCalendar file.
    pub struct ImportHolidays {
        /// Its text, from `BEGIN:VCALENDAR`.
        ics: AsIs,
        /// What is taken besides the holidays that everybody has: `observance` for days that are observed and worked on,
        /// `regional` for holidays of some regions, `tentative` for what is not certain; nothing of that if not given.
        include: Option<BTreeSet<Doubt>>,
        /// Whether nothing is to be changed yet.
        preview: Option<bool>,
    }
}

input! {
    /// A window to reckon.
    pub struct ReplayQuery {
        /// When the clock starts.
        from: Instant,
        /// What counts: `business_days`, `business_seconds` or `elapsed_seconds`.
        unit: Unit,
        /// How much has to count.
        window: Whole<1, 31_622_400>,
        /// The instant of asking; now if not given.
        at: Option<Instant>,
    }
}

/// A calendar, and what was taken from a file and what was not.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedHolidays {
    /// The calendar with its new holidays; as it is, if this is a preview.
    calendar: CalendarDocument,
    /// How many holidays are new.
    added: usize,
    /// The events that are holidays.
    taken: Vec<TakenEvent>,
    /// The events that are no holidays, or that were not asked for, and why.
    skipped: Vec<SkippedEvent>,
    /// Events that recur are looked at from this day on, unless they are yearly on one date,
    from: NaiveDate,
    /// and to this one.
    until: NaiveDate,
}

/// An event that is a holiday.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenEvent {
    summary: Option<String>,
    /// Its days, as a calendar's holidays are written.
    dates: Vec<String>,
}

/// An event that was not taken for a holiday.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkippedEvent {
    summary: Option<String>,
    reason: SkipReason,
    /// The reason, in words.
    message: String,
    /// The days that it would have been, where they are known.
    dates: Vec<String>,
}

impl ImportedHolidays {
    fn new(words: &Catalogue, row: &CalendarRow, added: usize, found: &IcsHolidays) -> Self {
        let dates =
            |dates: &[HolidayDate]| dates.iter().map(ToString::to_string).collect::<Vec<_>>();
        Self {
            calendar: CalendarDocument::from(row),
            added,
            taken: found
                .taken
                .iter()
                .map(|event| TakenEvent {
                    summary: event.summary.clone(),
                    dates: dates(&event.dates),
                })
                .collect(),
            skipped: found
                .skipped
                .iter()
                .map(|event| SkippedEvent {
                    summary: event.summary.clone(),
                    reason: event.reason,
                    message: words.say_of("holiday-skipped", event.reason.as_str(), &[]),
                    dates: dates(&event.dates),
                })
                .collect(),
            from: found.span.0,
            until: found.span.1,
        }
    }
}

/// Business calendars, by name.
pub async fn list(req: ApiRequest) -> Result<Reply<Page<CalendarDocument>>, Problem> {
    let rows = req.read(|conn, _| Ok(calendars::list(conn)?)).await?;
    Reply::new(&Page::whole(
        rows.iter().map(CalendarDocument::from).collect(),
    ))
}

/// Adds a business calendar.
pub async fn add(req: ApiRequest<(), WriteCalendar>) -> Result<Created<CalendarDocument>, Problem> {
    req.write(|conn, req| {
        let (by, body) = (Some(&req.principal.actor), &req.body);
        let calendar = body.calendar()?;
        let id = add_calendar(conn, by, &calendar, body.makes_default(), req.now)?;
        let row = read(conn, id)?;
        let reply = Created::new(&CalendarDocument::from(&row))?;
        Ok(reply
            .version(row.version)
            .location(format!("/api/v1/calendars/{id}")))
    })
    .await
}

/// One business calendar.
pub async fn show(req: ApiRequest<CalendarId>) -> Result<Reply<CalendarDocument>, Problem> {
    let row = req.read(|conn, req| read(conn, req.address)).await?;
    Ok(Reply::new(&CalendarDocument::from(&row))?.version(row.version))
}

/// Replaces a business calendar.
pub async fn replace(
    req: ApiRequest<Guarded<CalendarId>, WriteCalendar>,
) -> Result<Reply<CalendarDocument>, Problem> {
    req.write(|conn, req| {
        let (by, body, expected) = (Some(&req.principal.actor), &req.body, req.expected());
        let id = *req.address;
        let calendar = body.in_place_of(read(conn, id)?.calendar()?)?;
        let makes_default = body.makes_default();
        replace_calendar(conn, by, id, expected, &calendar, makes_default, req.now)?;
        let row = read(conn, *req.address)?;
        Ok(Reply::new(&CalendarDocument::from(&row))?.version(row.version))
    })
    .await
}

/// What replacing a business calendar would do.
pub async fn preview(
    req: ApiRequest<Guarded<CalendarId>, WriteCalendar>,
) -> Result<Reply<EffectDocument>, Problem> {
    let foreseen = req
        .search(|conn, req| {
            let by = Some(&req.principal.actor);
            let replaced = Some((*req.address, req.expected()));
            let there = read(conn, *req.address)?.calendar()?;
            let calendar = req.body.in_place_of(there).map_err(VerbError::from)?;
            let makes_default = req.body.makes_default();
            let now = req.now;
            Ok(foresee_calendar(
                conn,
                by,
                replaced,
                &calendar,
                makes_default,
                now,
            )?)
        })
        .await?;
    Reply::new(&EffectDocument::from(&foreseen))
}

/// Adds the holidays of an iCalendar file; those that are there already are not doubled.
pub async fn import(
    req: ApiRequest<Guarded<CalendarId>, ImportHolidays>,
) -> Result<Reply<ImportedHolidays>, Problem> {
    let asked = req.clone();
    let row = asked.read(|conn, req| read(conn, *req.address)).await?;
    let zone = row.calendar()?.time_zone();
    let include = req.body.include.clone().unwrap_or_default();
    let (text, today) = (req.body.ics.0.clone(), req.now.with_timezone(&zone));
    let found = holidays_of(text, zone, today.date_naive(), include).await?;
    if req.body.preview == Some(true) {
        let added = row.calendar()?.add_holidays(found.holidays());
        let preview = ImportedHolidays::new(req.words(), &row, added, &found);
        return Ok(Reply::new(&preview)?.version(row.version));
    }
    req.write(move |conn, req| {
        let (actor, expected) = (Some(&req.principal.actor), req.expected());
        let holidays = found.holidays().collect();
        let added = import_holidays(conn, actor, *req.address, expected, holidays, req.now)?;
        let row = read(conn, *req.address)?;
        let imported = ImportedHolidays::new(req.words(), &row, added, &found);
        Ok(Reply::new(&imported)?.version(row.version))
    })
    .await
}

/// Reads an iCalendar file.
///
/// # Errors
/// [`Code::ValidationFailed`](crate::http::problem::Code::ValidationFailed) of the field `ics`.
pub(in crate::http) async fn holidays_of(
    text: String,
    zone: Tz,
    today: NaiveDate,
    include: BTreeSet<Doubt>,
) -> Result<IcsHolidays, Problem> {
    // A file of a megabyte takes its time, which others shall not wait for.
    let reading = apart(move || from_ics(&text, zone, today, &include));
    reading.await?.map_err(unreadable)
}

fn unreadable(error: IcsError) -> Problem {
    let fault = Fault::new(error.code());
    let fault = match error {
        IcsError::TooManyEvents => fault.with("max", MOST_EVENTS),
        IcsError::TooManyDays => fault.with("max", MOST_DAYS),
        IcsError::NotACalendar | IcsError::CutOff => fault,
    };
    Problem::invalid_field(FieldError::new("ics", fault))
}

/// How a deadline comes about.
pub async fn replay(
    req: ApiRequest<CalendarId, (), ReplayQuery>,
) -> Result<Reply<Replay>, Problem> {
    let replay = req
        .search(|conn, req| {
            let calendar = read(conn, req.address)?.calendar()?;
            let (query, at) = (&req.query, req.query.at.unwrap_or(req.now));
            let seconds = TimeDelta::seconds(query.window.get());
            let replayed = match query.unit {
                Unit::BusinessDays => {
                    let days = u32::try_from(query.window.get()).unwrap_or(u32::MAX);
                    if days > LONGEST_DAYS {
                        let fault = Fault::new("out_of_range")
                            .with("min", 1_i64)
                            .with("max", i64::from(LONGEST_DAYS));
                        return Err(Problem::invalid_field(FieldError::new("window", fault)));
                    }
                    calendar.replay_days(query.from, days, &[], at)
                }
                Unit::BusinessSeconds => {
                    calendar.replay_business_time(query.from, seconds, &[], at)
                }
                Unit::ElapsedSeconds => replay_elapsed(query.from, seconds, &[], at),
            };
            replayed.map_err(|error| VerbError::from(error).into())
        })
        .await?;
    Reply::new(&replay)
}

/// Ten years of days are enough for any deadline.
const LONGEST_DAYS: u32 = 3660;

fn read(conn: &mut Conn, id: CalendarId) -> Result<CalendarRow, Problem> {
    calendars::find(conn, id)?.ok_or_else(Problem::not_found)
}
