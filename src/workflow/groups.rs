//! Access groups: added, changed, removed; their members and their roles (A3).

use std::collections::BTreeSet;

use super::administer::{By, reach, refused, require, taken, whose};
use super::bounds::may_open;
use super::change_access::change_access;
use super::pair::group_within_bounds;
use super::roles::{grantable, may_give, replace, takable};
use super::{Actor, Expected, Rejection, VerbError, VerbResult, publish, unchanged};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, Role, RoleName};
use crate::domain::event::{AdministrativeEvent, Changed, GroupFields};
use crate::domain::ids::{GroupId, OrganizationId, PersonId};
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::{Title, folded};
use crate::input::{Patch, input};
use crate::store::grants::{self, Given, Granted, Grantee};
use crate::store::groups::{self, Group};
use crate::store::organizations::{self, Organization};
use crate::store::{lines, people};

/// Installs the groups that come with an organization, each with its role (A3).
///
/// # Errors
/// Database errors.
pub(super) fn install(
    conn: &mut Conn,
    organization: (OrganizationId, OrganizationKind, &str),
    by: By<'_>,
    now: Instant,
) -> VerbResult<()> {
    let (id, kind, name) = organization;
    for (role, called) in Role::installed(kind) {
        let group = groups::insert(conn, id, &installed_name(name, called), Some(*role), now)?;
        grants::give(
            conn,
            Grantee::Group(group),
            id,
            Granted::Predefined(*role),
            None,
            by.map(Actor::id),
            now,
        )?;
    }
    Ok(())
}

/// Lets the installed groups that still bear an organization's old name bear the new one. A name that another group has
/// taken meanwhile is left to it.
///
/// # Errors
/// Database errors.
pub(super) fn follow_name(
    conn: &mut Conn,
    organization: (OrganizationId, OrganizationKind),
    (old, new): (&str, &str),
) -> VerbResult<()> {
    let (id, kind) = organization;
    for group in groups::installed(conn, id)? {
        let called = Role::installed(kind)
            .iter()
            .map(|(_, called)| *called)
            .find(|called| {
                // Earlier versions said such a word twice.
                [installed_name(old, called), format!("{old} {called}")].contains(&group.name)
            });
        let Some(called) = called else { continue };
        let name = installed_name(new, called);
        if name != group.name && groups::named(conn, id, &name)?.is_none() {
            groups::rename(conn, group.id, &name)?;
        }
    }
    Ok(())
}

/// `ACME Administrators`. A word with which the organization's name ends and the group's begins is said once: the support
/// engineers of Northstar Support are `Northstar Support Engineers`.
fn installed_name(organization: &str, called: &str) -> String {
    match (organization.rsplit(' ').next(), called.split_once(' ')) {
        (Some(last), Some((first, rest))) if folded(last) == folded(first) => {
            format!("{organization} {rest}")
        }
        _ => format!("{organization} {called}"),
    }
}

input! {
    /// A new access group.
    pub struct AddGroup {
        /// Whose it is, by id or slug; your own organization's if not given.
        organization: Option<String>,
        /// Its name, unique in the organization.
        name: Title,
        /// Who is in it; nobody if not given.
        members: Option<BTreeSet<PersonId>>,
        /// The codes of the roles that it carries; none if not given.
        roles: Option<BTreeSet<RoleName>>,
    }
}

/// Adds a group.
///
/// # Errors
/// [`Rejection::Denied`], `Beyond`, `Field`.
pub fn add_group(conn: &mut Conn, by: By<'_>, add: &AddGroup, now: Instant) -> VerbResult<GroupId> {
    require(by, Permission::GroupsManage)?;
    let organization = whose(conn, by, add.organization.as_deref())?;
    let name = add.name.as_str();
    if groups::named(conn, organization.id, name)?.is_some() {
        return Err(refused("name", "taken", name).into());
    }
    let roles = add.roles.clone().unwrap_or_default();
    let members = add.members.clone().unwrap_or_default();
    change_access(conn, by, &organization, now, |conn| {
        let id = groups::insert(conn, organization.id, name, None, now)
            .map_err(|error| taken(error, "name", name))?;
        let group = groups::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        set_roles(conn, by, &organization, &group, &roles, now)?;
        set_members(conn, by, &organization, &group, &members, now)?;
        let added = fields(conn, &group, now)?;
        let event = AdministrativeEvent::GroupAdded(organization.id, id, added);
        publish::administrative(conn, by, event, now)?;
        Ok((id, Vec::new()))
    })
}

input! {
    /// Changes to an access group.
    pub struct UpdateGroup {
        /// Its name.
        name: Patch<Title>,
        /// All who are in it from now on.
        members: Patch<BTreeSet<PersonId>>,
        /// The codes of all roles that it carries from now on.
        roles: Patch<BTreeSet<RoleName>>,
    }
}

/// Changes a group: its name, its members, its roles.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `Field`, `LastAdministrator`; [`Rejection::Pairing`] if more people would
/// reach another organization than may (P4).
pub fn update_group(
    conn: &mut Conn,
    by: By<'_>,
    id: GroupId,
    expected: Expected<'_>,
    update: &UpdateGroup,
    now: Instant,
) -> VerbResult<GroupId> {
    changed(conn, by, id, expected, now, |conn, organization, group| {
        if let Some(name) = update.name.as_option().map(Title::as_str)
            && name != group.name
        {
            let other = groups::named(conn, organization.id, name)?;
            if other.is_some_and(|other| other.id != group.id) {
                return Err(refused("name", "taken", name).into());
            }
            // Whoever adds members trusts its name.
            may_open(conn, by, (id, organization.kind.side()), now)?;
            groups::rename(conn, id, name).map_err(|error| taken(error, "name", name))?;
        }
        if let Patch::Set(roles) = &update.roles {
            set_roles(conn, by, organization, group, roles, now)?;
        }
        if let Patch::Set(members) = &update.members {
            set_members(conn, by, organization, group, members, now)?;
        }
        Ok(())
    })
}

input! {
    /// Somebody who joins.
    pub struct AddMember {
        /// Who.
        user: PersonId,
    }
}

/// Makes somebody of the organization a member.
///
/// # Errors
/// As [`update_group`].
pub fn add_member(
    conn: &mut Conn,
    by: By<'_>,
    id: GroupId,
    command: &AddMember,
    now: Instant,
) -> VerbResult<GroupId> {
    let person = command.user;
    changed(conn, by, id, None, now, |conn, organization, group| {
        join(conn, by, organization, group, (person, "user"), now)?;
        group_within_bounds(conn, group.id)
    })
}

/// Ends a membership.
///
/// # Errors
/// As [`update_group`]; [`Rejection::NotFound`] also for somebody who is no member.
pub fn remove_member(
    conn: &mut Conn,
    by: By<'_>,
    id: GroupId,
    person: PersonId,
    now: Instant,
) -> VerbResult<GroupId> {
    changed(conn, by, id, None, now, |conn, organization, group| {
        may_give(by)?;
        may_open(conn, by, (group.id, organization.kind.side()), now)?;
        if groups::remove_member(conn, group.id, person)? {
            Ok(())
        } else {
            Err(Rejection::NotFound.into())
        }
    })
}

/// Gives a role to the group, and so to all its members.
///
/// # Errors
/// As [`update_group`].
pub fn add_role(
    conn: &mut Conn,
    by: By<'_>,
    id: GroupId,
    role: &RoleName,
    now: Instant,
) -> VerbResult<GroupId> {
    changed(conn, by, id, None, now, |conn, organization, group| {
        may_give(by)?;
        let granted = grantable(conn, by, organization, role, "role")?;
        let to = Grantee::Group(group.id);
        Ok(grants::give(
            conn,
            to,
            organization.id,
            granted,
            None,
            by.map(Actor::id),
            now,
        )?)
    })
}

/// Takes a role back from the group.
///
/// # Errors
/// As [`update_group`]; [`Rejection::NotFound`] also for a role that it does not carry.
pub fn remove_role(
    conn: &mut Conn,
    by: By<'_>,
    id: GroupId,
    role: &RoleName,
    now: Instant,
) -> VerbResult<GroupId> {
    changed(conn, by, id, None, now, |conn, organization, group| {
        may_give(by)?;
        let had = grants::of_groups(conn, &[group.id], now)?;
        let carried = had.iter().find(|(_, given)| given.code == role.as_str());
        let (_, given) = carried.ok_or(Rejection::NotFound)?;
        takable(conn, by, given.role)?;
        let from = Grantee::Group(group.id);
        Ok(grants::take(conn, from, organization.id, given.role)?)
    })
}

/// Removes a group; its members lose what it gave them, and its read grants on lines are gone.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `GroupPaired`, `LastAdministrator`.
pub fn delete_group(
    conn: &mut Conn,
    by: By<'_>,
    id: GroupId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<()> {
    let (_, organization) = lookup(conn, by, id)?;
    require(by, Permission::GroupsManage)?;
    may_give(by)?;
    change_access(conn, by, &organization, now, |conn| {
        let group = groups::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        unchanged(expected, group.version)?;
        may_open(conn, by, (id, organization.kind.side()), now)?;
        if groups::is_paired(conn, id)? {
            return Err(Rejection::GroupPaired.into());
        }
        let removed = fields(conn, &group, now)?;
        let lost = members(conn, id)?;
        grants::take_all(conn, id)?;
        lines::forget_group(conn, id)?;
        groups::leave_pairings(conn, id)?;
        groups::delete(conn, id)?;
        let event = AdministrativeEvent::GroupRemoved(organization.id, id, removed);
        publish::administrative(conn, by, event, now)?;
        Ok(((), lost))
    })
}

/// Whether somebody may do the verbs of this room to a group: let people in and out, rename it, remove it.
///
/// # Errors
/// Database errors.
pub fn manages(
    conn: &mut Conn,
    actor: &Actor,
    group: &Group,
    side: Side,
    now: Instant,
) -> Result<bool, DbError> {
    let may = actor.require(Permission::GroupsManage).is_ok() && may_give(Some(actor)).is_ok();
    if !may {
        return Ok(false);
    }
    match may_open(conn, Some(actor), (group.id, side), now) {
        Ok(()) => Ok(true),
        Err(VerbError::Database(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

/// Makes a change to a group, counts and records it.
fn changed(
    conn: &mut Conn,
    by: By<'_>,
    id: GroupId,
    expected: Expected<'_>,
    now: Instant,
    change: impl FnOnce(&mut Conn, &Organization, &Group) -> VerbResult<()>,
) -> VerbResult<GroupId> {
    let (_, organization) = lookup(conn, by, id)?;
    require(by, Permission::GroupsManage)?;
    change_access(conn, by, &organization, now, |conn| {
        let group = groups::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        unchanged(expected, group.version)?;
        let before = fields(conn, &group, now)?;
        let were = members(conn, id)?;
        change(conn, &organization, &group)?;
        let written = groups::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        let after = fields(conn, &written, now)?;
        if before != after && written.version == group.version {
            groups::touch(conn, id)?;
        }
        let changed = Changed { before, after };
        let event = AdministrativeEvent::GroupChanged(organization.id, id, changed);
        publish::administrative(conn, by, event, now)?;
        Ok((id, were))
    })
}

fn lookup(conn: &mut Conn, by: By<'_>, id: GroupId) -> VerbResult<(Group, Organization)> {
    let group = groups::find(conn, reach(by), id)?.ok_or(Rejection::NotFound)?;
    let organization = organizations::find(conn, Reach::Everything, group.organization_id)?
        .ok_or(Rejection::NotFound)?;
    Ok((group, organization))
}

fn members(conn: &mut Conn, id: GroupId) -> VerbResult<Vec<PersonId>> {
    let members = groups::members_of(conn, &[id])?;
    Ok(members.into_iter().map(|(_, person)| person.id).collect())
}

fn set_members(
    conn: &mut Conn,
    by: By<'_>,
    organization: &Organization,
    group: &Group,
    wanted: &BTreeSet<PersonId>,
    now: Instant,
) -> VerbResult<()> {
    let had = members(conn, group.id)?;
    for person in had.iter().filter(|person| !wanted.contains(person)) {
        may_give(by)?;
        may_open(conn, by, (group.id, organization.kind.side()), now)?;
        groups::remove_member(conn, group.id, *person)?;
    }
    for person in wanted.iter().filter(|person| !had.contains(person)) {
        join(conn, by, organization, group, (*person, "members"), now)?;
    }
    group_within_bounds(conn, group.id)
}

/// Only people of the same organization are in a group. One of another does not exist here, so that nobody learns of them.
fn join(
    conn: &mut Conn,
    by: By<'_>,
    organization: &Organization,
    group: &Group,
    (person, field): (PersonId, &'static str),
    now: Instant,
) -> VerbResult<()> {
    may_give(by)?;
    may_open(conn, by, (group.id, organization.kind.side()), now)?;
    let own = Reach::Organization(group.organization_id);
    if people::find(conn, own, person)?.is_none() {
        return Err(refused(field, "not_found", person).into());
    }
    groups::add_member(conn, group.id, person, by.map(Actor::id), now)?;
    Ok(())
}

fn set_roles(
    conn: &mut Conn,
    by: By<'_>,
    organization: &Organization,
    group: &Group,
    wanted: &BTreeSet<RoleName>,
    now: Instant,
) -> VerbResult<()> {
    let had: Vec<Given> = grants::of_groups(conn, &[group.id], now)?
        .into_iter()
        .map(|(_, given)| given)
        .collect();
    let has: BTreeSet<&str> = had.iter().map(|given| given.code.as_str()).collect();
    if has != wanted.iter().map(RoleName::as_str).collect() {
        may_give(by)?;
    }
    let (to, wanted) = (Grantee::Group(group.id), wanted.iter());
    replace(conn, by, organization, to, &had, wanted, now)
}

fn fields(conn: &mut Conn, group: &Group, now: Instant) -> VerbResult<GroupFields> {
    Ok(GroupFields {
        name: group.name.clone(),
        members: members(conn, group.id)?.into_iter().collect(),
        roles: grants::of_groups(conn, &[group.id], now)?
            .into_iter()
            .map(|(_, given)| given.code)
            .collect(),
    })
}
