//! The names of what events tell of by id alone.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    access_groups, articles, calendars, lines_of_business, organizations, people, roles,
};
use crate::domain::ids::{
    ArticleId, CalendarId, EventId, GroupId, LineId, OrganizationId, PersonId, RoleId,
};
use crate::store::people::display_name;

/// Names by id.
pub type Names = HashMap<EventId, String>;

/// The names of those of these ids that are people, or things with a name.
///
/// # Errors
/// Database errors.
pub fn names(conn: &mut Conn, ids: &[EventId]) -> QueryResult<Names> {
    let mut names = Names::new();
    if ids.is_empty() {
        return Ok(names);
    }
    let found: Vec<(PersonId, String, String)> = people::table
        .filter(people::id.eq_any(ids.iter().map(|id| PersonId::from_uuid(*id.as_uuid()))))
        .select((people::id, people::first_name, people::last_name))
        .load(conn)?;
    names.extend(found.iter().map(|(person, first, last)| {
        (
            EventId::from_uuid(*person.as_uuid()),
            display_name(first, last),
        )
    }));
    macro_rules! named {
        ($table:ident, $id:ty) => {
            named!($table, $id, name);
        };
        ($table:ident, $id:ty, $name:ident) => {
            let found: Vec<($id, String)> = $table::table
                .filter($table::id.eq_any(ids.iter().map(|id| <$id>::from_uuid(*id.as_uuid()))))
                .select(($table::id, $table::$name))
                .load(conn)?;
            names.extend(
                found
                    .into_iter()
                    .map(|(id, name)| (EventId::from_uuid(*id.as_uuid()), name)),
            );
        };
    }
    named!(lines_of_business, LineId);
    named!(calendars, CalendarId);
    named!(organizations, OrganizationId);
    named!(access_groups, GroupId);
    named!(roles, RoleId);
    named!(articles, ArticleId, title);
    Ok(names)
}
