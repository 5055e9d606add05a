//! For which roles an organization asks its people for a second factor (A7).

use serde_json::{Map, Value, json};

use super::administer::{By, reach, record, require};
use super::record::object;
use super::roles::grantable;
use super::{Expected, Rejection, VerbError, VerbResult, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, RoleName};
use crate::domain::audit::EventKind;
use crate::domain::history::difference;
use crate::domain::ids::{EventId, OrganizationId};
use crate::input::input;
use crate::store::{groups, organizations};

input! {
    /// The roles for which a second factor is asked for from now on.
    pub struct RequireSecondFactor {
        /// Whose, by id or slug; your own organization's if not given.
        organization: Option<String>,
        /// The codes of the roles; whoever holds one of them and has no second factor sets one up before anything else.
        roles: Vec<RoleName>,
    }
}

/// Asks whoever holds one of these roles in the organization for a second factor, at home and by a pairing, by page and
/// token: who has none sets one up, and does nothing else there until then. It holds with their next request.
///
/// A role for which it is asked anew, or not any more, is one that the actor could give: without it, a password alone is
/// enough for all that the role grants, and with it, whoever has none is kept from all of that.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `Field`.
pub fn require_second_factor(
    conn: &mut Conn,
    by: By<'_>,
    organization: OrganizationId,
    expected: Expected<'_>,
    roles: &[RoleName],
    now: Instant,
) -> VerbResult<()> {
    organizations::find(conn, reach(by), organization)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::RolesManage)?;
    groups::lock_organization(conn, organization)?;
    // Again, for it may have changed before the lock was held.
    let found = organizations::find(conn, reach(by), organization)?.ok_or(Rejection::NotFound)?;
    unchanged(expected, found.version)?;
    let asked = &found.second_factor_roles.0;
    for role in roles {
        let stays = asked.iter().any(|code| code == role.as_str());
        grantable(conn, by.filter(|_| !stays), &found, role, "roles")?;
    }
    let mut codes: Vec<String> = roles.iter().map(|role| role.as_str().to_owned()).collect();
    codes.sort_unstable();
    codes.dedup();
    for lifted in asked.iter().filter(|code| !codes.contains(code)) {
        // One that was removed meanwhile grants nothing.
        if let Ok(role) = lifted.parse::<RoleName>() {
            match grantable(conn, by, &found, &role, "roles") {
                Ok(_) | Err(VerbError::Rejected(Rejection::Field { .. })) => {}
                Err(failed) => return Err(failed),
            }
        }
    }
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
