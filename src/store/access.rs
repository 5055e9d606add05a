//! What people hold where: roles given to them, to their groups, and by way of pairings (A1, A3, P3).

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    access_group_members, organizations, pairing_members, pairings, people, role_grants, roles,
};
use crate::db::sql_types::{At, Json};
use crate::domain::Instant;
use crate::domain::access::{Access, HeldRole, Permission, Role, Through};
use crate::domain::ids::{OrganizationId, PairingId, PersonId};
use crate::domain::organization::{OrganizationKind, Side};
use crate::store::people::Person;

/// The columns of a grant from which a [`HeldRole`] is made.
type HeldRow = (Option<Role>, Option<Json<BTreeSet<Permission>>>);

/// A role as the rows name it; a row that names none grants nothing.
fn held((predefined, own): HeldRow) -> HeldRole {
    match (predefined, own) {
        (Some(role), _) => HeldRole::Predefined(role),
        (None, own) => HeldRole::Own(own.map(|own| own.0).unwrap_or_default()),
    }
}

/// Grants to people themselves that hold now in their own organization, with what each consists of. A macro, because
/// the type of such a query cannot be written down.
macro_rules! direct_grants {
    ($now:expr) => {
        role_grants::table
            .left_join(roles::table)
            .inner_join(people::table.on(people::id.nullable().eq(role_grants::person_id)))
            .filter(role_grants::organization_id.eq(people::organization_id))
            .filter(role_grants::pairing_id.is_null())
            .filter(
                role_grants::expires_at
                    .is_null()
                    .or(role_grants::expires_at.gt(At($now))),
            )
            .select((
                people::id,
                (role_grants::role, roles::permissions.nullable()),
            ))
    };
}

/// Grants to the groups that people are in; otherwise like [`direct_grants`].
macro_rules! group_grants {
    ($now:expr) => {
        role_grants::table
            .left_join(roles::table)
            .inner_join(
                access_group_members::table.on(access_group_members::group_id
                    .nullable()
                    .eq(role_grants::group_id)),
            )
            .inner_join(people::table.on(people::id.eq(access_group_members::person_id)))
            .filter(role_grants::organization_id.eq(people::organization_id))
            .filter(role_grants::pairing_id.is_null())
            .filter(
                role_grants::expires_at
                    .is_null()
                    .or(role_grants::expires_at.gt(At($now))),
            )
            .select((
                people::id,
                (role_grants::role, roles::permissions.nullable()),
            ))
    };
}

/// The groups that a person is in.
#[diesel::dsl::auto_type(no_type_alias)]
fn groups_of(person: PersonId) -> _ {
    access_group_members::table
        .filter(access_group_members::person_id.eq(person))
        .select(access_group_members::group_id)
}

/// What a person holds in their own organization: given to themselves or to one of their groups.
///
/// # Errors
/// The database's own.
pub fn own(
    conn: &mut Conn,
    person: PersonId,
    organization: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<HeldRole>> {
    let rows: Vec<HeldRow> = role_grants::table
        .left_join(roles::table)
        .filter(role_grants::organization_id.eq(organization))
        .filter(role_grants::pairing_id.is_null())
        .filter(
            role_grants::person_id.eq(person).or(role_grants::group_id
                .eq_any(groups_of(person).select(access_group_members::group_id.nullable()))),
        )
        .filter(
            role_grants::expires_at
                .is_null()
                .or(role_grants::expires_at.gt(At(now))),
        )
        .select((role_grants::role, roles::permissions.nullable()))
        .load(conn)?;
    Ok(rows.into_iter().map(held).collect())
}

/// A person's authority in their own organization.
///
/// # Errors
/// The database's own.
pub fn of_person(conn: &mut Conn, person: &Person, now: Instant) -> QueryResult<Access> {
    let kind: OrganizationKind = organizations::table
        .filter(organizations::id.eq(person.organization_id))
        .select(organizations::kind)
        .get_result(conn)?;
    let held = own(conn, person.id, person.organization_id, now)?;
    Ok(Access::of(
        person.id,
        person.organization_id,
        kind.side(),
        held,
    ))
}

/// What a person of `home` holds in the organization `there`, by way of pairings that are on, and the pairing of it;
/// nothing if no role was given to them there (P3).
///
/// # Errors
/// The database's own.
pub fn paired(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    there: OrganizationId,
    now: Instant,
) -> QueryResult<Option<(Through, Vec<HeldRole>)>> {
    let groups = groups_of(person).select(access_group_members::group_id.nullable());
    let member = pairing_members::table
        .filter(pairing_members::pairing_id.eq(pairings::id))
        .filter(
            pairing_members::person_id
                .eq(role_grants::person_id)
                .or(pairing_members::group_id.eq(role_grants::group_id)),
        )
        .select(pairing_members::id);
    let rows: Vec<(PairingId, HeldRow)> = role_grants::table
        .inner_join(pairings::table)
        .left_join(roles::table)
        .filter(role_grants::organization_id.eq(there))
        .filter(
            role_grants::person_id
                .eq(person)
                .or(role_grants::group_id.eq_any(groups)),
        )
        .filter(
            role_grants::expires_at
                .is_null()
                .or(role_grants::expires_at.gt(At(now))),
        )
        .filter(pairings::trustee_id.eq(home))
        .filter(pairings::trustor_id.eq(there))
        .filter(pairings::switched_off_at.is_null())
        .filter(pairings::suspended_at.is_null())
        .filter(pairings::removed_at.is_null())
        .filter(exists(member))
        .order(pairings::id.asc())
        .select((
            pairings::id,
            (role_grants::role, roles::permissions.nullable()),
        ))
        .load(conn)?;
    let Some((pairing, _)) = rows.first() else {
        return Ok(None);
    };
    let through = Through {
        pairing: *pairing,
        home,
    };
    let held = rows.into_iter().map(|(_, row)| held(row)).collect();
    Ok(Some((through, held)))
}

/// The enabled people who hold a permission in an organization of their own, by id. Paired people do not count (P7).
///
/// # Errors
/// The database's own.
pub fn holders(
    conn: &mut Conn,
    organization: OrganizationId,
    side: Side,
    permission: Permission,
    now: Instant,
) -> QueryResult<Vec<PersonId>> {
    let granting: Vec<Role> = Role::ALL
        .iter()
        .copied()
        .filter(|role| role.side() == side && role.permissions().contains(&permission))
        .collect();
    let direct: Vec<(PersonId, HeldRow)> = direct_grants!(now)
        .filter(role_grants::organization_id.eq(organization))
        .filter(
            role_grants::role
                .eq_any(granting.clone())
                .or(role_grants::role_id.is_not_null()),
        )
        .filter(people::disabled_at.is_null())
        .load(conn)?;
    let grouped: Vec<(PersonId, HeldRow)> = group_grants!(now)
        .filter(role_grants::organization_id.eq(organization))
        .filter(
            role_grants::role
                .eq_any(granting)
                .or(role_grants::role_id.is_not_null()),
        )
        .filter(people::disabled_at.is_null())
        .load(conn)?;
    let holding: BTreeSet<PersonId> = direct
        .into_iter()
        .chain(grouped)
        .filter(|(_, row)| held(row.clone()).permissions(side).contains(&permission))
        .map(|(person, _)| person)
        .collect();
    Ok(holding.into_iter().collect())
}

/// What many people hold in organizations of their own, as (person, role).
///
/// # Errors
/// The database's own.
pub fn own_of_many(
    conn: &mut Conn,
    persons: &[PersonId],
    now: Instant,
) -> QueryResult<Vec<(PersonId, HeldRole)>> {
    let direct: Vec<(PersonId, HeldRow)> = direct_grants!(now)
        .filter(people::id.eq_any(persons.to_vec()))
        .load(conn)?;
    let grouped: Vec<(PersonId, HeldRow)> = group_grants!(now)
        .filter(people::id.eq_any(persons.to_vec()))
        .load(conn)?;
    let rows = direct.into_iter().chain(grouped);
    Ok(rows.map(|(person, row)| (person, held(row))).collect())
}
