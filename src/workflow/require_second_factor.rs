//! For which roles an organization asks its people for a second factor (A7).

use serde_json::{Map, Value, json};

use super::administer::{By, reach, record, require};
use super::record::object;
use super::roles::grantable;
use super::{Expected, Outcome, Refused, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, RoleName};
use crate::domain::audit::EventKind;
use crate::domain::history::difference;
use crate::domain::ids::{EventId, OrganizationId};
use crate::store::organizations;

/// Asks whoever holds one of these roles in the organization for a second factor, at home and by a pairing, by page and
/// token: who has none sets one up, and does nothing else there until then. It holds with their next request.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`, `Field`.
pub fn require_second_factor(
    conn: &mut Conn,
    by: By<'_>,
    organization: OrganizationId,
    expected: Expected<'_>,
    roles: &[RoleName],
    now: Instant,
) -> Outcome<()> {
    let found = organizations::find(conn, reach(by), organization)?.ok_or(Refused::NotFound)?;
    require(by, Permission::RolesManage)?;
    unchanged(expected, found.version)?;
    for role in roles {
        // Nobody is given it: whoever holds it is only asked for more.
        grantable(conn, None, &found, role, "roles")?;
    }
    let mut codes: Vec<String> = roles.iter().map(|role| role.as_str().to_owned()).collect();
    codes.sort_unstable();
    codes.dedup();
    let (before, after) = (fields(&found.second_factor_roles), fields(&codes));
    let Some((old, new)) = difference(&before, &after) else {
        return Ok(());
    };
    organizations::set_second_factor_roles(conn, organization, &codes)?;
    let subject = EventId::from_uuid(*organization.as_uuid());
    record(
        conn,
        by,
        EventKind::OrganizationChanged,
        Some(organization),
        Some(subject),
        (Some(&old), Some(&new)),
        now,
    )
}

fn fields(codes: &[String]) -> Map<String, Value> {
    object(json!({ "second_factor_roles": codes }))
}
