//! What people hold where: roles given to them, to their groups, and by way of pairings (A1, A3, P3).

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::schema::{
    access_group_members, access_groups, clones, organizations, pairing_members, pairings, people,
    role_grants, roles,
};
use crate::db::sql_types::{At, Json, MaybeAt};
use crate::db::{Conn, condition};
use crate::domain::Instant;
use crate::domain::access::{
    Access, HeldName, HeldRole, Holding, Permission, Rights, Role, RoleGrants, Through, Way,
};
use crate::domain::ids::{GroupId, LineId, OrganizationId, PairingId, PersonId, RoleId};
use crate::domain::organization::{OrganizationKind, Side};
use crate::store::grants::{holding_at, unexpired};
use crate::store::lines;
use crate::store::pairings::clones_among;
use crate::store::people::Person;

/// The columns of a grant from which a [`HeldRole`] is made.
type HeldRow = (Option<Role>, Option<Json<RoleGrants>>);

/// A role as the rows name it; a row that names none grants nothing.
fn held((predefined, own): HeldRow) -> HeldRole {
    match (predefined, own) {
        (Some(role), _) => HeldRole::Predefined(role),
        (None, own) => HeldRole::Own(own.map(|own| own.0.anywhere()).unwrap_or_default()),
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
            .filter(holding_at!($now))
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
            .filter(holding_at!($now))
            .select((
                people::id,
                (role_grants::role, roles::permissions.nullable()),
            ))
    };
}

/// Grants to a person or to one of their groups.
macro_rules! given_to {
    ($person:expr) => {
        role_grants::person_id
            .eq($person)
            .or(role_grants::group_id.eq_any(
                access_group_members::table
                    .filter(access_group_members::person_id.eq($person))
                    .select(access_group_members::group_id.nullable()),
            ))
    };
}

/// What was given to a person or to one of their groups in their own organization, and holds now.
macro_rules! own_grants {
    ($person:expr, $organization:expr, $now:expr) => {
        role_grants::table
            .left_join(roles::table)
            .filter(role_grants::organization_id.eq($organization))
            .filter(given_to!($person))
            .filter(holding_at!($now))
    };
}

condition! {
    /// Of a pairing that neither side has switched off or ended.
    IsOn = "pairings.switched_off_at IS NULL AND pairings.suspended_at IS NULL AND pairings.removed_at IS NULL"
}

/// Grants that hold now by way of pairings of `home` that are on, to a person or to a group of theirs, as long as the one
/// who holds the grant is a member of the pairing.
macro_rules! paired_grants {
    ($person:expr, $home:expr, $now:expr) => {
        role_grants::table
            .inner_join(pairings::table)
            .left_join(roles::table)
            .filter(given_to!($person))
            .filter(unexpired!($now))
            .filter(pairings::trustee_id.eq($home))
            .filter(
                pairings::trustor_id
                    .assume_not_null()
                    .eq(role_grants::organization_id),
            )
            .filter(IsOn)
            .filter(exists(
                pairing_members::table
                    .filter(pairing_members::pairing_id.eq(pairings::id))
                    .filter(
                        pairing_members::person_id
                            .eq(role_grants::person_id)
                            .or(pairing_members::group_id.eq(role_grants::group_id)),
                    )
                    .select(pairing_members::id),
            ))
    };
}

/// What cloned users inherit: what their originals were given, themselves or by a group of theirs, by way of the clone's pairing
/// while that is on (P8); with the clone's id first.
macro_rules! inherited_grants {
    ($now:expr) => {
        role_grants::table
            .inner_join(pairings::table)
            .left_join(roles::table)
            .inner_join(clones::table.on(clones::pairing_id.eq(pairings::id)))
            .filter(clones::removed_at.is_null())
            .filter(unexpired!($now))
            .filter(
                pairings::trustor_id
                    .assume_not_null()
                    .eq(role_grants::organization_id),
            )
            .filter(IsOn)
            .filter(
                role_grants::person_id
                    .eq(clones::original_id.nullable())
                    .or(exists(
                        access_group_members::table
                            .filter(access_group_members::person_id.eq(clones::original_id))
                            .filter(
                                access_group_members::group_id
                                    .nullable()
                                    .eq(role_grants::group_id),
                            )
                            .select(access_group_members::person_id),
                    )),
            )
    };
}

/// What a person holds in their own organization: given to themselves or to one of their groups; of a cloned user, what it
/// inherits too (P8).
///
/// # Errors
/// The database's own.
pub fn own(
    conn: &mut Conn,
    person: PersonId,
    organization: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<HeldRole>> {
    let rows: Vec<HeldRow> = own_grants!(person, organization, now)
        .select((role_grants::role, roles::permissions.nullable()))
        .load(conn)?;
    let inherited: Vec<HeldRow> = inherited_grants!(now)
        .filter(clones::person_id.eq(person))
        .filter(role_grants::organization_id.eq(organization))
        .select((role_grants::role, roles::permissions.nullable()))
        .load(conn)?;
    Ok(rows.into_iter().chain(inherited).map(held).collect())
}

/// When the first of the roles runs out that were given to a person, or to the cloned user as whom they act, anywhere, or
/// to a group of theirs; none if none does.
///
/// # Errors
/// The database's own.
pub fn first_to_run_out(
    conn: &mut Conn,
    person: PersonId,
    acting_as: Option<PersonId>,
    now: Instant,
) -> QueryResult<Option<Instant>> {
    let mut first = None;
    for person in [Some(person), acting_as].into_iter().flatten() {
        let own: Vec<MaybeAt> = role_grants::table
            .filter(role_grants::person_id.eq(person))
            .filter(role_grants::expires_at.gt(At(now)))
            .select(role_grants::expires_at)
            .load(conn)?;
        let of_groups: Vec<MaybeAt> = role_grants::table
            .inner_join(
                access_group_members::table.on(access_group_members::group_id
                    .nullable()
                    .eq(role_grants::group_id)),
            )
            .filter(access_group_members::person_id.eq(person))
            .filter(role_grants::expires_at.gt(At(now)))
            .select(role_grants::expires_at)
            .load(conn)?;
        let ends = own.into_iter().chain(of_groups).filter_map(Into::into);
        first = first.into_iter().chain(ends).min();
    }
    Ok(first)
}

/// The columns of a grant from which a [`Holding`] is made: the role, and the group to which it was given.
type HoldingRow = (
    Option<Role>,
    Option<(RoleId, String, String, Json<RoleGrants>)>,
    Option<(GroupId, String)>,
);

macro_rules! holding_columns {
    () => {
        (
            role_grants::role,
            (roles::id, roles::code, roles::name, roles::permissions).nullable(),
            (access_groups::id, access_groups::name).nullable(),
        )
    };
}

/// A holding as the rows name it; none if they name no role.
fn holding(row: HoldingRow, pairing: Option<PairingId>) -> Option<Holding> {
    let (predefined, own, group) = row;
    let (name, role) = match (predefined, own) {
        (Some(role), _) => (HeldName::Predefined(role), HeldRole::Predefined(role)),
        (None, Some((id, code, name, permissions))) => (
            HeldName::Own { id, code, name },
            HeldRole::Own(permissions.0.anywhere()),
        ),
        (None, None) => return None,
    };
    let way = match (pairing, group) {
        (Some(id), group) => Way::Pairing { id, group },
        (None, Some((id, name))) => Way::Group { id, name },
        (None, None) => Way::Direct,
    };
    Some(Holding { name, role, way })
}

/// What a person holds in their own organization, like [`own`], with the names of the roles and the ways by which they
/// came: those given to the person first, then by group.
///
/// # Errors
/// The database's own.
pub fn own_holdings(
    conn: &mut Conn,
    person: PersonId,
    organization: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<Holding>> {
    let rows: Vec<HoldingRow> = own_grants!(person, organization, now)
        .left_join(access_groups::table)
        .select(holding_columns!())
        .load(conn)?;
    let inherited: Vec<(PairingId, HoldingRow)> = inherited_grants!(now)
        .left_join(access_groups::table)
        .filter(clones::person_id.eq(person))
        .filter(role_grants::organization_id.eq(organization))
        .select((pairings::id, holding_columns!()))
        .load(conn)?;
    let inherited = inherited
        .into_iter()
        .filter_map(|(pairing, row)| holding(row, Some(pairing)));
    let mut holdings: Vec<Holding> = rows
        .into_iter()
        .filter_map(|row| holding(row, None))
        .chain(inherited)
        .collect();
    holdings.sort_by(|one, other| (&one.way, &one.name).cmp(&(&other.way, &other.name)));
    Ok(holdings)
}

/// What a person of `home` holds in the organization `there` by way of a pairing, like [`paired`], with names and ways.
///
/// # Errors
/// The database's own.
pub fn paired_holdings(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    there: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<Holding>> {
    let rows: Vec<(PairingId, HoldingRow)> = paired_grants!(person, home, now)
        .left_join(access_groups::table)
        .filter(role_grants::organization_id.eq(there))
        .select((pairings::id, holding_columns!()))
        .load(conn)?;
    let mut holdings: Vec<Holding> = rows
        .into_iter()
        .filter_map(|(pairing, row)| holding(row, Some(pairing)))
        .collect();
    holdings.sort_by(|one, other| (&one.way, &one.name).cmp(&(&other.way, &other.name)));
    Ok(holdings)
}

/// The enabled people of an organization who administer it (see [`Access::administers`]), by id. Cloned users, who come
/// and go with a pairing, are not among them.
///
/// # Errors
/// The database's own.
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

/// Grants by way of pairings, to whom the condition names, that hold or would hold as soon as a switch is on again; with
/// the organization of each.
macro_rules! elsewhere_grants {
    ($to:expr, $now:expr) => {
        role_grants::table
            .inner_join(pairings::table)
            .left_join(roles::table)
            .filter($to)
            .filter(unexpired!($now))
            .filter(pairings::removed_at.is_null())
            .select((
                role_grants::organization_id,
                (role_grants::role, roles::permissions.nullable()),
            ))
    };
}

/// All that a person may do: in their own organization, the restricted lines that their groups read there, and in others by
/// way of pairings, those that are switched off included. Whether the person is shut out does not matter.
///
/// # Errors
/// The database's own.
pub fn rights_of(conn: &mut Conn, person: &Person, now: Instant) -> QueryResult<Rights> {
    let home = of_person(conn, person, now)?.permissions;
    let elsewhere = elsewhere_grants!(given_to!(person.id), now)
        .filter(pairings::trustee_id.eq(person.organization_id))
        .load(conn)?;
    let lines = lines::read_by(conn, person.id)?;
    Ok(rights(home, elsewhere, lines))
}

/// All that being in a group of an organization on this side gives.
///
/// # Errors
/// The database's own.
pub fn rights_of_group(
    conn: &mut Conn,
    group: GroupId,
    side: Side,
    now: Instant,
) -> QueryResult<Rights> {
    let rows: Vec<HeldRow> = role_grants::table
        .left_join(roles::table)
        .filter(role_grants::group_id.eq(group))
        .filter(holding_at!(now))
        .select((role_grants::role, roles::permissions.nullable()))
        .load(conn)?;
    let home = rows
        .into_iter()
        .flat_map(|row| held(row).permissions(side))
        .collect();
    let elsewhere = elsewhere_grants!(role_grants::group_id.eq(group), now).load(conn)?;
    let lines = lines::read_by_group(conn, group)?;
    Ok(rights(home, elsewhere, lines))
}

/// Nobody trusts the provider's staff in, nor lets the provider be asked: what is held elsewhere is a customer's.
fn rights(
    home: BTreeSet<Permission>,
    rows: Vec<(OrganizationId, HeldRow)>,
    lines: BTreeSet<LineId>,
) -> Rights {
    let mut elsewhere: BTreeMap<OrganizationId, BTreeSet<Permission>> = BTreeMap::new();
    for (organization, row) in rows {
        elsewhere
            .entry(organization)
            .or_default()
            .extend(held(row).permissions(Side::Customer));
    }
    Rights {
        home,
        elsewhere,
        lines,
    }
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
    let rows: Vec<(PairingId, HeldRow)> = paired_grants!(person, home, now)
        .filter(role_grants::organization_id.eq(there))
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
        as_clone: false,
    };
    let held = rows.into_iter().map(|(_, row)| held(row)).collect();
    Ok(Some((through, held)))
}

/// Whether a person holds a role in any organization by way of a pairing that is on.
///
/// # Errors
/// The database's own.
pub fn is_paired_anywhere(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    now: Instant,
) -> QueryResult<bool> {
    let grants = paired_grants!(person, home, now).select(role_grants::id);
    diesel::select(exists(grants)).get_result(conn)
}

/// What a cloned user of a person of `home` holds in the organization `there`, whose directory it is in; nothing if it
/// was removed or shut out, or its original may not enter there themselves by the same pairing (P8).
///
/// # Errors
/// The database's own.
pub fn cloned(
    conn: &mut Conn,
    clone: PersonId,
    (original, home): (PersonId, OrganizationId),
    there: OrganizationId,
    now: Instant,
) -> QueryResult<Option<(Through, Vec<HeldRole>)>> {
    let pairing: Option<PairingId> = clones::table
        .inner_join(people::table.on(people::id.eq(clones::person_id)))
        .filter(clones::person_id.eq(clone))
        .filter(clones::original_id.eq(original))
        .filter(clones::removed_at.is_null())
        .filter(people::organization_id.eq(there))
        .filter(people::disabled_at.is_null())
        .select(clones::pairing_id)
        .get_result(conn)
        .optional()?;
    let Some(pairing) = pairing else {
        return Ok(None);
    };
    let trusted = paired_grants!(original, home, now)
        .filter(pairings::id.eq(pairing))
        .filter(role_grants::organization_id.eq(there))
        .select(role_grants::id);
    if !diesel::select(exists(trusted)).get_result::<bool>(conn)? {
        return Ok(None);
    }
    let held = own(conn, clone, there, now)?;
    let through = Through {
        pairing,
        home,
        as_clone: true,
    };
    Ok(Some((through, held)))
}

/// A role that somebody holds elsewhere.
#[derive(Clone, Debug)]
pub struct HeldElsewhere {
    /// In which organization.
    pub organization: OrganizationId,
    /// By which pairing.
    pub pairing: PairingId,
    /// The role, if it is one of the program's.
    pub role: Option<Role>,
    /// Code and name of a role of that organization's own.
    pub own: Option<(String, String)>,
}

/// Every role that a person of `home` holds in other organizations, by way of pairings that are on.
///
/// # Errors
/// The database's own.
pub fn elsewhere(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<HeldElsewhere>> {
    type Row = (
        OrganizationId,
        PairingId,
        Option<Role>,
        Option<(String, String)>,
    );
    let rows: Vec<Row> = paired_grants!(person, home, now)
        .order((pairings::id.asc(), role_grants::id.asc()))
        .select((
            role_grants::organization_id,
            pairings::id,
            role_grants::role,
            (roles::code, roles::name).nullable(),
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(organization, pairing, role, own)| HeldElsewhere {
            organization,
            pairing,
            role,
            own,
        })
        .collect())
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
    let inherited: Vec<(PersonId, HeldRow)> = inherited_grants!(now)
        .inner_join(people::table.on(people::id.eq(clones::person_id)))
        .filter(role_grants::organization_id.eq(organization))
        .filter(people::disabled_at.is_null())
        .select((
            clones::person_id,
            (role_grants::role, roles::permissions.nullable()),
        ))
        .load(conn)?;
    let holding: BTreeSet<PersonId> = direct
        .into_iter()
        .chain(grouped)
        .chain(inherited)
        .filter(|(_, row)| held(row.clone()).permissions(side).contains(&permission))
        .map(|(person, _)| person)
        .collect();
    Ok(holding.into_iter().collect())
}

/// The same people by name.
///
/// # Errors
/// The database's own.
pub fn holders_by_name(
    conn: &mut Conn,
    (organization, side): (OrganizationId, Side),
    permission: Permission,
    now: Instant,
) -> QueryResult<Vec<Person>> {
    let holders = holders(conn, organization, side, permission, now)?;
    people::table
        .filter(people::id.eq_any(holders))
        .order((
            people::last_name.asc(),
            people::first_name.asc(),
            people::id.asc(),
        ))
        .select(Person::as_select())
        .load(conn)
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
    let inherited: Vec<(PersonId, HeldRow)> = inherited_grants!(now)
        .filter(clones::person_id.eq_any(persons.to_vec()))
        .select((
            clones::person_id,
            (role_grants::role, roles::permissions.nullable()),
        ))
        .load(conn)?;
    let rows = direct.into_iter().chain(grouped).chain(inherited);
    Ok(rows.map(|(person, row)| (person, held(row))).collect())
}
