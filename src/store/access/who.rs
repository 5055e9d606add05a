//! Who holds something in an organization: its administrators, and those who hold a permission.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::grants::{HeldRow, IsOn, direct_grants, group_grants, held, inherited_grants};
use super::lasting::{Lasting, Span};
use crate::db::schema::{access_group_members, clones, pairings, people, role_grants, roles};
use crate::db::sql_types::At;
use crate::db::{Conn, among, of_one, remembered};
use crate::domain::Instant;
use crate::domain::access::{Access, HeldRole, Permission};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::Side;
use crate::store::grants::{holding_at, unexpired};
use crate::store::pairings::clones_among;
use crate::store::people::{Named, display_name};

/// The enabled people of an organization who administer it (see [`Access::administers`]), by id. Cloned users, who come
/// and go with a pairing, are not among them.
///
/// # Errors
/// Database errors.
pub fn administrators(
    conn: &mut Conn,
    organization: OrganizationId,
    side: Side,
    now: Instant,
) -> QueryResult<Vec<PersonId>> {
    let direct: Vec<(PersonId, HeldRow)> = direct_grants!(now)
        .filter(role_grants::organization_id.eq(organization))
        .filter(people::disabled_at.is_null())
        .load(conn)?;
    let grouped: Vec<(PersonId, HeldRow)> = group_grants!(now)
        .filter(role_grants::organization_id.eq(organization))
        .filter(people::disabled_at.is_null())
        .load(conn)?;
    let mut holding: BTreeMap<PersonId, Vec<HeldRole>> = BTreeMap::new();
    for (person, row) in direct.into_iter().chain(grouped) {
        holding.entry(person).or_default().push(held(row));
    }
    let mut all: Vec<PersonId> = holding
        .into_iter()
        .filter(|(person, held)| {
            Access::of(*person, organization, side, held.iter().cloned()).administers()
        })
        .map(|(person, _)| person)
        .collect();
    let cloned = clones_among(conn, &all)?;
    all.retain(|person| !cloned.contains(person));
    Ok(all)
}

/// The enabled people who hold a permission in an organization of their own, by id. Paired people do not count (P7).
///
/// # Errors
/// Database errors.
pub fn holders(
    conn: &mut Conn,
    organization: OrganizationId,
    side: Side,
    permission: Permission,
    now: Instant,
) -> QueryResult<Vec<PersonId>> {
    let holding = holding(conn, (organization, side), now)?;
    let mut ids: Vec<PersonId> = holding
        .read
        .who(permission)
        .map(|holder| holder.id)
        .collect();
    ids.sort_unstable();
    Ok(ids)
}

/// The same people by name.
///
/// # Errors
/// Database errors.
pub fn holders_by_name(
    conn: &mut Conn,
    place: (OrganizationId, Side),
    permission: Permission,
    now: Instant,
) -> QueryResult<Vec<Named>> {
    let holding = holding(conn, place, now)?;
    Ok(holding.read.who(permission).cloned().collect())
}

/// What people may do in an organization of their own, in the order of their names.
struct Holding(Vec<(Named, BTreeSet<Permission>)>);

impl Holding {
    /// Those who hold a permission.
    fn who(&self, permission: Permission) -> impl Iterator<Item = &Named> {
        let holders = self.0.iter();
        holders
            .filter(move |(_, permissions)| permissions.contains(&permission))
            .map(|(holder, _)| holder)
    }
}

/// What people may do in an organization of their own, as it is remembered.
fn holding(
    conn: &mut Conn,
    (organization, side): (OrganizationId, Side),
    now: Instant,
) -> QueryResult<Arc<Lasting<Holding>>> {
    remembered(
        conn,
        of_one(organization.as_uuid()),
        |holding: &Lasting<Holding>| holding.holds(now),
        |conn| {
            let span = Span::from_now(conn, now)?;
            let permissions = everybody(conn, organization, side, now)?;
            Ok(span.of(by_name(conn, permissions)?))
        },
    )
}

/// What each of some people may do in one organization.
type Permissions = BTreeMap<PersonId, BTreeSet<Permission>>;

/// What the enabled people of an organization may do there.
fn everybody(
    conn: &mut Conn,
    organization: OrganizationId,
    side: Side,
    now: Instant,
) -> QueryResult<Permissions> {
    let direct: Vec<(PersonId, HeldRow)> = direct_grants!(now)
        .filter(role_grants::organization_id.eq(organization))
        .filter(people::disabled_at.is_null())
        .load(conn)?;
    let grouped: Vec<(PersonId, HeldRow)> = group_grants!(now)
        .filter(role_grants::organization_id.eq(organization))
        .filter(people::disabled_at.is_null())
        .load(conn)?;
    let inherited: Vec<(PersonId, HeldRow)> = inherited_grants!(now)
        .inner_join(people::table.on(people::id.eq(clones::person_id)))
        .filter(role_grants::organization_id.eq(organization))
        .filter(people::disabled_at.is_null())
        .select((
            clones::person_id,
            (role_grants::role, roles::permissions.nullable()),
        ))
        .load(conn)?;
    let mut holding = Permissions::new();
    for (person, row) in direct.into_iter().chain(grouped).chain(inherited) {
        let permissions = held(row).permissions(side);
        holding.entry(person).or_default().extend(permissions);
    }
    Ok(holding)
}

/// The same with their names, in whose order they are.
fn by_name(conn: &mut Conn, mut permissions: Permissions) -> QueryResult<Holding> {
    let people: Vec<(PersonId, String, String)> = people::table
        .filter(among(people::id, permissions.keys().copied().collect()))
        .order((people::sort_name.asc(), people::id.asc()))
        .select((people::id, people::first_name, people::last_name))
        .load(conn)?;
    let with_theirs = people.into_iter().filter_map(|(id, first, last)| {
        let name = display_name(&first, &last);
        Some((Named { id, name }, permissions.remove(&id)?))
    });
    Ok(Holding(with_theirs.collect()))
}
