//! What the verbs have in common by which an installation is kept: who acts, whose things exist for them, and how a field is
//! refused.
//!
//! `by` is the administrator who acts, or nobody for the command line: whoever runs the machine may.

use super::{Actor, Expected, Rejection, VerbResult, unchanged};
use crate::db::{Conn, DbError};
use crate::domain::access::{Permission, Reach};
use crate::domain::ids::OrganizationId;
use crate::store::groups;
use crate::store::organizations::{self, Organization};

/// Who acts; nobody for the command line.
pub type By<'a> = Option<&'a Actor>;

pub(super) fn require(by: By<'_>, permission: Permission) -> Result<(), Rejection> {
    by.map_or(Ok(()), |actor| actor.require(permission))
}

pub(super) fn reach(by: By<'_>) -> Reach {
    by.map_or(Reach::Everything, Actor::reach)
}

pub(super) fn refused(field: &'static str, code: &'static str, given: impl ToString) -> Rejection {
    Rejection::Field {
        field,
        code,
        given: given.to_string(),
    }
}

/// An organization that the actor may change by a permission, held until the transaction ends, so that what is decided on it
/// stays so.
pub(super) fn held(
    conn: &mut Conn,
    (by, permission): (By<'_>, Permission),
    id: OrganizationId,
    expected: Expected<'_>,
) -> VerbResult<Organization> {
    let find = |conn: &mut Conn| organizations::find(conn, reach(by), id);
    find(conn)?.ok_or(Rejection::NotFound)?;
    require(by, permission)?;
    groups::lock_organization(conn, id)?;
    // Again, for it may have changed before the lock was held.
    let found = find(conn)?.ok_or(Rejection::NotFound)?;
    unchanged(expected, found.version)?;
    Ok(found)
}

/// The organization that a request names, by id or slug; the actor's own if it names none.
pub(super) fn whose(conn: &mut Conn, by: By<'_>, named: Option<&str>) -> VerbResult<Organization> {
    let found = match (named, by) {
        (Some(name), _) => organizations::named(conn, reach(by), name)?,
        (None, Some(actor)) => organizations::find(conn, reach(by), actor.access.organization)?,
        (None, None) => None,
    };
    let given = named.unwrap_or_default();
    Ok(found.ok_or_else(|| refused("organization", "not_found", given))?)
}

/// A unique violation is somebody else's claim on the same name.
pub(super) fn taken(
    error: diesel::result::Error,
    field: &'static str,
    given: &str,
) -> super::VerbError {
    let error = DbError::from(error);
    match error.violated_constraint() {
        Some(_) => refused(field, "taken", given).into(),
        None => error.into(),
    }
}
