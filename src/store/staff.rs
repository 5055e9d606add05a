//! The provider's people who hold a permission, by name.

use diesel::prelude::*;

use super::people::{Named, display_name};
use super::{access, lines, organizations};
use crate::db::Conn;
use crate::db::schema::{organizations as tables, people};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{LineId, PersonId};
use crate::domain::lines::Readers;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::{EmailAddress, mentions};

/// Enabled staff who hold a permission, by name.
///
/// # Errors
/// Database errors.
pub fn who(conn: &mut Conn, permission: Permission, now: Instant) -> QueryResult<Vec<Named>> {
    let Some(provider) = organizations::provider(conn)? else {
        return Ok(Vec::new());
    };
    access::holders_by_name(conn, (provider.id, Side::Provider), permission, now)
}

/// The enabled members of the staff whom one of these texts names, or gives by their address (M7).
///
/// # Errors
/// Database errors.
pub fn named(conn: &mut Conn, names: &[&str]) -> QueryResult<Vec<PersonId>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let staff: Vec<(PersonId, String, String, EmailAddress)> = people::table
        .inner_join(tables::table)
        .filter(
            tables::kind
                .eq(OrganizationKind::Provider)
                .and(people::disabled_at.is_null()),
        )
        .order(people::id.asc())
        .select((
            people::id,
            people::first_name,
            people::last_name,
            people::email,
        ))
        .load(conn)?;
    Ok(staff
        .into_iter()
        .filter(|(_, first, last, email)| {
            let name = display_name(first, last);
            names
                .iter()
                .any(|given| mentions(given, &name) || mentions(given, email.as_str()))
        })
        .map(|(id, ..)| id)
        .collect())
}

/// Enabled staff who hold a permission and may read the cases of a line (A4), by name: those who can be given one.
///
/// # Errors
/// Database errors.
pub fn who_read(
    conn: &mut Conn,
    permission: Permission,
    line: LineId,
    now: Instant,
) -> QueryResult<Vec<Named>> {
    let mut staff = who(conn, permission, now)?;
    if let Readers::These(members) = lines::readers(conn, line)? {
        let all = who(conn, Permission::LinesReadAll, now)?;
        staff.retain(|person| {
            members.contains(&person.id) || all.iter().any(|other| other.id == person.id)
        });
    }
    Ok(staff)
}
