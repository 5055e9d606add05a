//! Who of the staff can be named for what is done on an escalation: as its owner, or for a call.

use super::VerbResult;
use super::administer::refused;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::PersonId;
use crate::store::cases::Case;
use crate::store::{self, people};

/// The enabled member of the staff whom a request names, by id or address, with their name; it must be one who reviews
/// escalations and may read the line.
///
/// # Errors
/// [`super::Rejection::Field`] of `owner`.
pub(super) fn reviewer(
    conn: &mut Conn,
    case: &Case,
    name: &str,
    now: Instant,
) -> VerbResult<(PersonId, String)> {
    let refused = |code| refused("owner", code, name);
    let person = people::staff_named(conn, name)?.ok_or_else(|| refused("not_found"))?;
    let access = store::access::of_person(conn, &person, now)?;
    if !access.can(Permission::EscalationsReview) {
        return Err(refused("not_an_escalation_owner").into());
    }
    // A4: nobody owns what does not exist for them.
    if !store::lines::readers(conn, case.line_of_business_id)?.admit(&access) {
        return Err(refused("line_not_readable").into());
    }
    Ok((person.id, person.name()))
}
