//! Roles of an organization's own: added, changed, removed, and which may be given to whom (A2).

use std::collections::BTreeSet;

use super::administer::{By, reach, refused, require, taken, whose};
use super::bounds;
use super::change_access::change_access;
use super::pair::take_everywhere;
use super::{Actor, Expected, Rejection, VerbResult, publish, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Grant, Permission, Reach, RoleCode, RoleGrants, RoleName};
use crate::domain::event::{AddedRole, AdministrativeEvent, Changed, RemovedRole, RoleFields};
use crate::domain::ids::{PersonId, RoleId};
use crate::domain::text::Title;
use crate::input::{Patch, input};
use crate::store::grants::{self, Given, Granted, Grantee};
use crate::store::organizations::{self, Organization};
use crate::store::roles::{self, OwnRole};

input! {
    /// A new role of an organization's own.
    pub struct AddRole {
        /// Whose it is, by id or slug; your own organization's if not given.
        organization: Option<String>,
        /// Its name in requests: small letters, digits and inner underscores. It stays.
        code: RoleCode,
        /// What people read.
        name: Title,
        /// What it grants; what `copy_of` grants if not given.
        permissions: Option<BTreeSet<Grant>>,
        /// The code of the role that it is a copy of.
        copy_of: Option<RoleName>,
    }
}

/// Adds a role.
///
/// # Errors
/// [`Rejection::Denied`], `Beyond`, `Field`.
pub fn add_role(conn: &mut Conn, by: By<'_>, add: &AddRole, now: Instant) -> VerbResult<RoleId> {
    require(by, Permission::RolesManage)?;
    let organization = whose(conn, by, add.organization.as_deref())?;
    let copied = match &add.copy_of {
        None => None,
        Some(RoleName::Predefined(role)) if role.fits(organization.kind) => {
            Some(role.permissions().into())
        }
        Some(RoleName::Predefined(role)) => {
            return Err(refused("copy_of", "other_side", role).into());
        }
        Some(RoleName::Own(code)) => {
            let own = roles::by_code(conn, organization.id, code.as_str())?;
            let own = own.ok_or_else(|| refused("copy_of", "not_found", code))?;
            Some(own.permissions.0)
        }
    };
    let said = add.permissions.clone().map(RoleGrants::from);
    let permissions = said.or(copied).unwrap_or_default();
    let side = organization.kind.side();
    check(&organization, &permissions)?;
    bounds::may_give(by, &permissions.on(side))?;
    if roles::by_code(conn, organization.id, add.code.as_str())?.is_some() {
        return Err(refused("code", "taken", &add.code).into());
    }
    let name = add.name.as_str();
    let id = roles::insert(conn, organization.id, &add.code, name, &permissions, now)
        .map_err(|error| taken(error, "code", add.code.as_str()))?;
    let added = AddedRole {
        code: add.code.to_string(),
        fields: fields(name, &permissions),
    };
    let event = AdministrativeEvent::RoleAdded(organization.id, id, added);
    publish::administrative(conn, by, event, now)?;
    Ok(id)
}

input! {
    /// Changes to a role.
    pub struct UpdateRole {
        /// What people read.
        name: Patch<Title>,
        /// Everything that it grants from now on.
        permissions: Patch<BTreeSet<Grant>>,
    }
}

/// Changes a role, for everybody who holds it, from their next request on.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `Field`, `LastAdministrator`.
pub fn update_role(
    conn: &mut Conn,
    by: By<'_>,
    id: RoleId,
    expected: Expected<'_>,
    update: &UpdateRole,
    now: Instant,
) -> VerbResult<RoleId> {
    let (_, organization) = lookup(conn, by, id)?;
    require(by, Permission::RolesManage)?;
    change_access(conn, by, &organization, now, |conn| {
        let before = roles::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        unchanged(expected, before.version)?;
        // Whoever holds it trusts its name and what it grants.
        let side = organization.kind.side();
        bounds::may_give(by, &before.permissions.0.on(side))?;
        let name = update
            .name
            .as_option()
            .map_or(before.name.as_str(), Title::as_str);
        let said = update.permissions.as_option().cloned();
        let permissions = &said.map_or_else(|| before.permissions.0.clone(), RoleGrants::from);
        if *permissions != before.permissions.0 {
            may_give(by)?;
            // What was granted before an installation was upgraded may stay; what is added has to fit.
            let added = permissions.beyond(&before.permissions.0);
            check(&organization, &added)?;
            bounds::may_give(by, &added.on(side))?;
        }
        let changed = Changed {
            before: fields(&before.name, &before.permissions.0),
            after: fields(name, permissions),
        };
        if changed.before != changed.after {
            roles::update(conn, id, name, permissions)?;
        }
        let event = AdministrativeEvent::RoleChanged(organization.id, id, changed);
        publish::administrative(conn, by, event, now)?;
        Ok((id, Vec::new()))
    })
}

input! {
    /// How a role is removed.
    pub struct DeleteRole {
        /// Whether it is also removed if it is given to people or groups: it is then taken back from all of them.
        force: Option<bool>,
    }
}

/// Removes a role. One that is given to somebody is only removed if the command says so: it is then taken back from all of
/// them.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `RoleHeld`, `LastAdministrator`.
pub fn delete_role(
    conn: &mut Conn,
    by: By<'_>,
    id: RoleId,
    expected: Expected<'_>,
    command: &DeleteRole,
    now: Instant,
) -> VerbResult<()> {
    let (_, organization) = lookup(conn, by, id)?;
    require(by, Permission::RolesManage)?;
    change_access(conn, by, &organization, now, |conn| {
        let role = roles::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        unchanged(expected, role.version)?;
        bounds::may_give(by, &role.permissions.0.on(organization.kind.side()))?;
        let (people, groups) = grants::count_of_role(conn, id)?;
        let mut lost: Vec<PersonId> = Vec::new();
        if people + groups > 0 {
            if command.force != Some(true) {
                return Err(Rejection::RoleHeld { people, groups }.into());
            }
            may_give(by)?;
            let holders = grants::holders(conn, organization.id, now)?;
            lost = holders
                .into_iter()
                .filter(|(role, _)| *role == Granted::Own(id))
                .map(|(_, person)| person)
                .collect();
            take_everywhere(conn, by, id, now)?;
            grants::take_role(conn, id)?;
        }
        roles::delete(conn, id)?;
        let removed = RemovedRole {
            role: AddedRole {
                fields: fields(&role.name, &role.permissions.0),
                code: role.code,
            },
            people,
            groups,
        };
        let event = AdministrativeEvent::RoleRemoved(organization.id, id, removed);
        publish::administrative(conn, by, event, now)?;
        Ok(((), lost))
    })
}

/// Whether the actor may give roles; whoever runs the machine may.
pub(super) fn may_give(by: By<'_>) -> Result<(), Rejection> {
    Ok(by.map_or(Ok(()), |actor| actor.access.may_give_roles())?)
}

/// The role that a request names, if it can be given to people and groups of the organization, and by the actor; `field`
/// names it otherwise.
///
/// # Errors
/// [`Rejection::Field`]: `not_found`, `other_side`, `of_pairings`; [`Rejection::Beyond`].
pub(super) fn grantable(
    conn: &mut Conn,
    by: By<'_>,
    organization: &Organization,
    name: &RoleName,
    field: &'static str,
) -> VerbResult<Granted> {
    let (granted, permissions) = match name {
        RoleName::Predefined(role) if role.is_of_pairings() => {
            return Err(refused(field, "of_pairings", role).into());
        }
        RoleName::Predefined(role) if role.fits(organization.kind) => {
            (Granted::Predefined(*role), role.permissions())
        }
        RoleName::Predefined(role) => return Err(refused(field, "other_side", role).into()),
        RoleName::Own(code) => {
            let own = roles::by_code(conn, organization.id, code.as_str())?;
            let own = own.ok_or_else(|| refused(field, "not_found", code))?;
            let permissions = own.permissions.0.on(organization.kind.side());
            (Granted::Own(own.id), permissions)
        }
    };
    bounds::may_give(by, &permissions)?;
    Ok(granted)
}

/// Whether the actor may take a role back that was given: only what they could give.
///
/// # Errors
/// [`Rejection::Beyond`].
pub(super) fn takable(conn: &mut Conn, by: By<'_>, role: Granted) -> VerbResult<()> {
    let permissions = match role {
        Granted::Predefined(role) => role.permissions(),
        Granted::Own(id) => roles::find(conn, Reach::Everything, id)?
            .map(|role| role.permissions.0.anywhere())
            .unwrap_or_default(),
    };
    bounds::may_give(by, &permissions)
}

/// Gives and takes, so that a person or a group has the wanted roles and no others.
///
/// # Errors
/// Those of [`grantable`], with the field `roles`, and of [`takable`].
pub(super) fn replace<'r>(
    conn: &mut Conn,
    by: By<'_>,
    organization: &Organization,
    to: Grantee,
    had: &[Given],
    wanted: impl Iterator<Item = &'r RoleName> + Clone,
    now: Instant,
) -> VerbResult<()> {
    for given in had {
        if !wanted.clone().any(|role| role.as_str() == given.code) {
            takable(conn, by, given.role)?;
            grants::take(conn, to, organization.id, given.role)?;
        }
    }
    for role in wanted {
        if !had.iter().any(|given| given.code == role.as_str()) {
            let role = grantable(conn, by, organization, role, "roles")?;
            let by = by.map(Actor::id);
            grants::give(conn, to, organization.id, role, None, by, now)?;
        }
    }
    Ok(())
}

fn lookup(conn: &mut Conn, by: By<'_>, id: RoleId) -> VerbResult<(OwnRole, Organization)> {
    let role = roles::find(conn, reach(by), id)?.ok_or(Rejection::NotFound)?;
    let organization = organizations::find(conn, Reach::Everything, role.organization_id)?
        .ok_or(Rejection::NotFound)?;
    Ok((role, organization))
}

/// Whether a role of the organization can grant all of these.
fn check(organization: &Organization, permissions: &RoleGrants) -> VerbResult<()> {
    let (kind, side) = (organization.kind, organization.kind.side());
    let fits = |grant: &Grant| {
        grant
            .on(side)
            .iter()
            .any(|permission| permission.fits(kind))
    };
    let foreign = permissions.iter().find(|grant| !fits(grant));
    match foreign {
        None => Ok(()),
        Some(permission) => Err(refused("permissions", "other_side", permission).into()),
    }
}

fn fields(name: &str, permissions: &RoleGrants) -> RoleFields {
    RoleFields {
        name: name.to_owned(),
        permissions: permissions.clone(),
    }
}
