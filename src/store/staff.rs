//! The provider's people who hold a permission, by name.

use diesel::prelude::*;

use super::people::Person;
use super::{access, lines, organizations};
use crate::db::Conn;
use crate::db::schema::people;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::LineId;
use crate::domain::lines::Readers;
use crate::domain::organization::Side;

/// Enabled staff who hold a permission, by name.
///
/// # Errors
/// The database's own.
pub fn who(conn: &mut Conn, permission: Permission, now: Instant) -> QueryResult<Vec<Person>> {
    let Some(provider) = organizations::provider(conn)? else {
        return Ok(Vec::new());
    };
    let holders = access::holders(conn, provider.id, Side::Provider, permission, now)?;
    people::table
        .filter(people::id.eq_any(holders))
        .order((
            people::last_name.asc(),
            people::first_name.asc(),
            people::id.asc(),
        ))
        .select(Person::as_select())
        .load(conn)
}

/// Enabled staff who hold a permission and may read the cases of a line (A4), by name: those who can be given one.
///
/// # Errors
/// The database's own.
pub fn who_read(
    conn: &mut Conn,
    permission: Permission,
    line: LineId,
    now: Instant,
) -> QueryResult<Vec<Person>> {
    let mut staff = who(conn, permission, now)?;
    if let Readers::These(members) = lines::readers(conn, line)? {
        let all = who(conn, Permission::LinesReadAll, now)?;
        staff.retain(|person| {
            members.contains(&person.id) || all.iter().any(|other| other.id == person.id)
        });
    }
    Ok(staff)
}
