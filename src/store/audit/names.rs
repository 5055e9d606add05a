//! The names of what events tell of by id alone.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{calendars, lines_of_business, people};
use crate::domain::ids::{CalendarId, EventId, LineId, PersonId};
use crate::store::people::display_name;

/// Names by id.
pub type Names = HashMap<EventId, String>;

/// The names of those of these ids that are people, lines of business or calendars.
///
/// # Errors
/// The database's own.
pub fn names(conn: &mut Conn, ids: &[EventId]) -> QueryResult<Names> {
    let mut names = Names::new();
    if ids.is_empty() {
        return Ok(names);
    }
    let id = |uuid: &uuid::Uuid| EventId::from_uuid(*uuid);
    let asked: Vec<_> = ids
        .iter()
        .map(|id| PersonId::from_uuid(*id.as_uuid()))
        .collect();
    let found: Vec<(PersonId, String, String)> = people::table
        .filter(people::id.eq_any(asked))
        .select((people::id, people::first_name, people::last_name))
        .load(conn)?;
    names.extend(
        found
            .iter()
            .map(|(person, first, last)| (id(person.as_uuid()), display_name(first, last))),
    );
    let asked: Vec<_> = ids
        .iter()
        .map(|id| LineId::from_uuid(*id.as_uuid()))
        .collect();
    let found: Vec<(LineId, String)> = lines_of_business::table
        .filter(lines_of_business::id.eq_any(asked))
        .select((lines_of_business::id, lines_of_business::name))
        .load(conn)?;
    names.extend(
        found
            .into_iter()
            .map(|(line, name)| (id(line.as_uuid()), name)),
    );
    let asked: Vec<_> = ids
        .iter()
        .map(|id| CalendarId::from_uuid(*id.as_uuid()))
        .collect();
    let found: Vec<(CalendarId, String)> = calendars::table
        .filter(calendars::id.eq_any(asked))
        .select((calendars::id, calendars::name))
        .load(conn)?;
    names.extend(
        found
            .into_iter()
            .map(|(calendar, name)| (id(calendar.as_uuid()), name)),
    );
    Ok(names)
}
