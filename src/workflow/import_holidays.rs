//! Holidays of an iCalendar file, added to a business calendar.

use super::administer::{By, put_calendar, require};
use super::{Expected, Outcome, Refused, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::Holiday;
use crate::domain::ids::CalendarId;
use crate::store::calendars;

/// Adds holidays to a calendar; says how many days are new. Those that it has are not doubled, and nothing is changed if
/// it has them all.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`.
pub fn import_holidays(
    conn: &mut Conn,
    by: By<'_>,
    id: CalendarId,
    expected: Expected<'_>,
    holidays: Vec<Holiday>,
    now: Instant,
) -> Outcome<usize> {
    let row = calendars::find(conn, id)?.ok_or(Refused::NotFound)?;
    require(by, Permission::CalendarsManage)?;
    unchanged(expected, row.version)?;
    let mut calendar = row.calendar()?;
    let added = calendar.add_holidays(holidays);
    if added > 0 {
        put_calendar(conn, by, &row, expected, &calendar, false, now)?;
    }
    Ok(added)
}
