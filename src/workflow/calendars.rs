//! Business calendars: added, replaced, and filled with the holidays of an iCalendar file.

mod written;

use super::administer::{By, refused, require, taken};
use super::foresee::{Foreseen, foresee};
use super::{Expected, Rejection, VerbResult, publish, settled, targets, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::{Calendar, CalendarShape, Holiday};
use crate::domain::event::{AdministrativeEvent, CalendarFields, Changed};
use crate::domain::ids::CalendarId;
use crate::store::calendars::{self, CalendarBook, CalendarRow};

pub use written::WriteCalendar;

/// Adds a calendar.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`].
pub fn add_calendar(
    conn: &mut Conn,
    by: By<'_>,
    calendar: &Calendar,
    make_default: bool,
    now: Instant,
) -> VerbResult<CalendarId> {
    require(by, Permission::CalendarsManage)?;
    if calendars::by_name(conn, calendar.name())?.is_some() {
        return Err(refused("name", "taken", calendar.name()).into());
    }
    works_at_all(calendar, now)?;
    let id = calendars::insert(conn, calendar, make_default, now)
        .map_err(|error| taken(error, "name", calendar.name()))?;
    let event = AdministrativeEvent::CalendarAdded(id, fields(calendar, make_default));
    publish::administrative(conn, by, event, now)?;
    if make_default {
        let halted = targets::halt(conn)?;
        targets::reckon_all(conn, &halted, now)?;
    }
    Ok(id)
}

/// Replaces a calendar; deadlines are reckoned by the new one from now on.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`.
pub fn replace_calendar(
    conn: &mut Conn,
    by: By<'_>,
    id: CalendarId,
    expected: Expected<'_>,
    calendar: &Calendar,
    make_default: bool,
    now: Instant,
) -> VerbResult<CalendarId> {
    let row = calendars::find(conn, id)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::CalendarsManage)?;
    unchanged(expected, row.version)?;
    works_at_all(calendar, now)?;
    put_calendar(conn, by, &row, expected, calendar, make_default, now)?;
    Ok(id)
}

/// What [`add_calendar`] would do, or, for a calendar that there is, [`replace_calendar`]; nothing is written.
///
/// # Errors
/// As these.
pub fn foresee_calendar(
    conn: &mut Conn,
    by: By<'_>,
    replaced: Option<(CalendarId, Expected<'_>)>,
    calendar: &Calendar,
    make_default: bool,
    now: Instant,
) -> VerbResult<Foreseen> {
    if let Some((id, expected)) = replaced {
        let row = calendars::find(conn, id)?.ok_or(Rejection::NotFound)?;
        unchanged(expected, row.version)?;
    }
    require(by, Permission::CalendarsManage)?;
    works_at_all(calendar, now)?;
    foresee(conn, now, |settings| {
        let book = CalendarBook::clone(&settings.book);
        let book = book.with(replaced.map(|(id, _)| id), calendar, make_default);
        settings.book = book.into();
        Ok(())
    })
}

/// By a calendar without a working day nothing would ever fall due.
fn works_at_all(calendar: &Calendar, now: Instant) -> Result<(), Rejection> {
    let checked = calendar.check(now);
    checked.map_err(|_| refused("hours", "no_working_day", calendar.name()))
}

/// Adds holidays to a calendar; says how many days are new. Those that it has are not doubled, and nothing is changed if
/// it has them all.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`.
pub fn import_holidays(
    conn: &mut Conn,
    by: By<'_>,
    id: CalendarId,
    expected: Expected<'_>,
    holidays: Vec<Holiday>,
    now: Instant,
) -> VerbResult<usize> {
    let (row, calendar, added) = with_holidays(conn, by, id, expected, holidays)?;
    if added > 0 {
        works_at_all(&calendar, now)?;
        put_calendar(conn, by, &row, expected, &calendar, false, now)?;
    }
    Ok(added)
}

/// What [`import_holidays`] would do; nothing is written.
///
/// # Errors
/// As [`import_holidays`].
pub fn foresee_holidays(
    conn: &mut Conn,
    by: By<'_>,
    id: CalendarId,
    expected: Expected<'_>,
    holidays: Vec<Holiday>,
    now: Instant,
) -> VerbResult<Foreseen> {
    match with_holidays(conn, by, id, expected, holidays)? {
        (_, _, 0) => Ok(Foreseen::default()),
        (_, calendar, _) => foresee_calendar(conn, by, Some((id, expected)), &calendar, false, now),
    }
}

/// A calendar as it is, as it would be with these holidays, and how many of them it does not have.
fn with_holidays(
    conn: &mut Conn,
    by: By<'_>,
    id: CalendarId,
    expected: Expected<'_>,
    holidays: Vec<Holiday>,
) -> VerbResult<(CalendarRow, Calendar, usize)> {
    let row = calendars::find(conn, id)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::CalendarsManage)?;
    unchanged(expected, row.version)?;
    let mut calendar = row.calendar()?;
    let added = calendar.add_holidays(holidays);
    Ok((row, calendar, added))
}

/// Puts a calendar in the place of `row`, if that is still as it was read.
fn put_calendar(
    conn: &mut Conn,
    by: By<'_>,
    row: &CalendarRow,
    expected: Expected<'_>,
    calendar: &Calendar,
    make_default: bool,
    now: Instant,
) -> VerbResult<()> {
    let id = row.id;
    let changed = Changed {
        before: fields(&row.calendar()?, row.is_default),
        after: fields(calendar, row.is_default || make_default),
    };
    // What is as it was is no change, and counts as none.
    if changed.before == changed.after {
        return Ok(());
    }
    let written = calendars::replace(conn, id, row.version, calendar, make_default)
        .map_err(|error| taken(error, "name", calendar.name()))?;
    settled(written, expected)?;
    let event = AdministrativeEvent::CalendarChanged(id, changed);
    publish::administrative(conn, by, event, now)?;
    let halted = targets::halt(conn)?;
    targets::reckon_all(conn, &halted, now)
}

fn fields(calendar: &Calendar, default: bool) -> CalendarFields {
    CalendarFields {
        shape: CalendarShape::from(calendar.clone()),
        default,
    }
}

/// The calendar that a request names.
pub(super) fn calendar_named(conn: &mut Conn, given: &str) -> VerbResult<CalendarId> {
    let found = match given.parse() {
        Ok(id) => calendars::find(conn, id)?,
        Err(_) => calendars::by_name(conn, given)?,
    };
    Ok(found
        .ok_or_else(|| refused("calendar", "not_found", given))?
        .id)
}
