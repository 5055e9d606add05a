//! For which roles an organization asks its people for a second factor (A7).

use super::administer::{By, held};
use super::roles::grantable;
use super::{Expected, Rejection, VerbError, VerbResult, publish};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, RoleName};
use crate::domain::event::{AdministrativeEvent, Changed, SecondFactorFields};
use crate::domain::ids::OrganizationId;
use crate::input::input;
use crate::store::organizations;

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
    let found = held(conn, (by, Permission::RolesManage), organization, expected)?;
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
    if *asked == codes {
        return Ok(());
    }
    organizations::set_second_factor_roles(conn, organization, &codes)?;
    let fields = |second_factor_roles| SecondFactorFields {
        second_factor_roles,
    };
    let changed = Changed {
        before: fields(found.second_factor_roles.0),
        after: fields(codes),
    };
    let event = AdministrativeEvent::SecondFactorRolesChanged(organization, changed);
    publish::administrative(conn, by, event, now)
}
