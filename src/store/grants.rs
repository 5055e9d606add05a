//! Roles as they are given: to whom, by whom, and taken back. What somebody holds by them says [`access`](super::access).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{access_group_members, people, role_grants, roles};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::ids::{GrantId, GroupId, OrganizationId, PersonId, RoleId};

/// To whom a role is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// A person.
    Person(PersonId),
    /// An access group.
    Group(GroupId),
}

/// A role that can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Granted {
    /// One of the program's.
    Predefined(Role),
    /// One of an organization's own.
    Own(RoleId),
}

/// A role that is given, with what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Which.
    pub role: Granted,
    /// Its name in requests.
    pub code: String,
    /// What people read of an own role; none of a predefined one, whose words are in the catalogue.
    pub name: Option<String>,
}

type GivenRow = (
    Option<Role>,
    (Option<RoleId>, Option<String>, Option<String>),
);

fn given((predefined, own): GivenRow) -> Option<Given> {
    match (predefined, own) {
        (Some(role), _) => Some(Given {
            role: Granted::Predefined(role),
            code: role.as_str().to_owned(),
            name: None,
        }),
        (None, (Some(id), Some(code), Some(name))) => Some(Given {
            role: Granted::Own(id),
            code,
            name: Some(name),
        }),
        _ => None,
    }
}

/// In the order of their codes: the databases order what is null each in its own way.
fn by_code<T: Ord>(given: impl Iterator<Item = (T, Given)>) -> Vec<(T, Given)> {
    let mut given: Vec<(T, Given)> = given.collect();
    given.sort_by(|(one, a), (other, b)| (one, &a.code).cmp(&(other, &b.code)));
    given
}

/// Grants that have not run out. A macro like the others here, because the type of such a condition cannot be written
/// down.
macro_rules! unexpired {
    ($now:expr) => {
        role_grants::expires_at
            .is_null()
            .or(role_grants::expires_at.gt(At($now)))
    };
}

/// Grants that hold now in the grantee's own organization.
macro_rules! holding_at {
    ($now:expr) => {
        role_grants::pairing_id
            .is_null()
            .and($crate::store::grants::unexpired!($now))
    };
}

/// That a person holds the role of a code in their own organization, by themselves or by a group.
macro_rules! holds {
    ($code:expr, $now:expr) => {{
        use $crate::db::schema::{access_group_members, role_grants, roles};
        use $crate::store::grants::holding_at;

        let (code, now) = ($code, $now);
        let given = || {
            role_grants::table
                .left_join(roles::table)
                .filter(role_grants::organization_id.eq(people::organization_id))
                .filter(holding_at!(now))
                .filter(
                    role_grants::role
                        .eq(code.to_owned())
                        .or(roles::code.nullable().eq(code.to_owned())),
                )
                .select(role_grants::id)
        };
        let groups = access_group_members::table
            .filter(access_group_members::person_id.eq(people::id))
            .filter(
                access_group_members::group_id
                    .nullable()
                    .eq(role_grants::group_id),
            )
            .select(access_group_members::group_id);
        let to_person = given().filter(role_grants::person_id.eq(people::id.nullable()));
        let to_group = given().filter(diesel::dsl::exists(groups));
        diesel::dsl::exists(to_person).or(diesel::dsl::exists(to_group))
    }};
}

pub(super) use {holding_at, holds, unexpired};

/// Gives a role in the grantee's own organization until an instant, or for good. What was given already is made longer,
/// never shorter.
///
/// # Errors
/// Database errors.
pub fn give(
    conn: &mut Conn,
    to: Grantee,
    organization: OrganizationId,
    role: Granted,
    until: Option<Instant>,
    by: Option<PersonId>,
    now: Instant,
) -> QueryResult<()> {
    let there = of(to, organization, role).select((role_grants::id, role_grants::expires_at));
    let there: Option<(GrantId, MaybeAt)> = there.get_result(conn).optional()?;
    if let Some((id, ends)) = there {
        let reaches = match (ends.into(), until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some::<Instant>(ends), Some(until)) => until <= ends,
        };
        if reaches {
            return Ok(());
        }
        return diesel::update(role_grants::table.filter(role_grants::id.eq(id)))
            .set((
                role_grants::expires_at.eq(until.map(At)),
                role_grants::granted_by.eq(by),
                role_grants::granted_at.eq(At(now)),
            ))
            .execute(conn)
            .map(drop);
    }
    let (person, group) = match to {
        Grantee::Person(id) => (Some(id), None),
        Grantee::Group(id) => (None, Some(id)),
    };
    let (predefined, own) = match role {
        Granted::Predefined(role) => (Some(role), None),
        Granted::Own(id) => (None, Some(id)),
    };
    diesel::insert_into(role_grants::table)
        .values((
            role_grants::id.eq(GrantId::new(now)),
            role_grants::organization_id.eq(organization),
            role_grants::person_id.eq(person),
            role_grants::group_id.eq(group),
            role_grants::role.eq(predefined),
            role_grants::role_id.eq(own),
            role_grants::expires_at.eq(until.map(At)),
            role_grants::granted_by.eq(by),
            role_grants::granted_at.eq(At(now)),
        ))
        .execute(conn)
        .map(drop)
}

/// Takes a role back that was given in the grantee's own organization.
///
/// # Errors
/// Database errors.
pub fn take(
    conn: &mut Conn,
    from: Grantee,
    organization: OrganizationId,
    role: Granted,
) -> QueryResult<()> {
    let there: Vec<GrantId> = of(from, organization, role)
        .select(role_grants::id)
        .load(conn)?;
    diesel::delete(role_grants::table.filter(role_grants::id.eq_any(there)))
        .execute(conn)
        .map(drop)
}

type Boxed<'a> = role_grants::BoxedQuery<'a, <Conn as diesel::Connection>::Backend>;

fn of<'a>(grantee: Grantee, organization: OrganizationId, role: Granted) -> Boxed<'a> {
    let query = role_grants::table
        .filter(role_grants::organization_id.eq(organization))
        .filter(role_grants::pairing_id.is_null())
        .into_boxed();
    let query = match grantee {
        Grantee::Person(id) => query.filter(role_grants::person_id.eq(id)),
        Grantee::Group(id) => query.filter(role_grants::group_id.eq(id)),
    };
    match role {
        Granted::Predefined(role) => query.filter(role_grants::role.eq(role)),
        Granted::Own(id) => query.filter(role_grants::role_id.eq(id)),
    }
}

/// The roles that were given to people themselves in organizations of their own and hold now, as (person, role).
///
/// # Errors
/// Database errors.
pub fn of_people(
    conn: &mut Conn,
    persons: &[PersonId],
    now: Instant,
) -> QueryResult<Vec<(PersonId, Given)>> {
    let rows: Vec<(PersonId, GivenRow)> = role_grants::table
        .left_join(roles::table)
        .inner_join(people::table.on(people::id.nullable().eq(role_grants::person_id)))
        .filter(people::id.eq_any(persons.to_vec()))
        .filter(role_grants::organization_id.eq(people::organization_id))
        .filter(holding_at!(now))
        .order((people::id.asc(), role_grants::role.asc(), roles::code.asc()))
        .select((
            people::id,
            (
                role_grants::role,
                (
                    roles::id.nullable(),
                    roles::code.nullable(),
                    roles::name.nullable(),
                ),
            ),
        ))
        .load(conn)?;
    let given = rows
        .into_iter()
        .filter_map(|(person, row)| Some((person, given(row)?)));
    Ok(by_code(given))
}

/// The roles that were given to groups in organizations of their own and hold now, as (group, role).
///
/// # Errors
/// Database errors.
pub fn of_groups(
    conn: &mut Conn,
    groups: &[GroupId],
    now: Instant,
) -> QueryResult<Vec<(GroupId, Given)>> {
    let rows: Vec<(Option<GroupId>, GivenRow)> = role_grants::table
        .left_join(roles::table)
        .filter(role_grants::group_id.eq_any(groups.to_vec()))
        .filter(holding_at!(now))
        .select((
            role_grants::group_id,
            (
                role_grants::role,
                (
                    roles::id.nullable(),
                    roles::code.nullable(),
                    roles::name.nullable(),
                ),
            ),
        ))
        .load(conn)?;
    let given = rows
        .into_iter()
        .filter_map(|(group, row)| Some((group?, given(row)?)));
    Ok(by_code(given))
}

/// To whom of an organization the roles are given that hold there now: to people, and to groups with each of their
/// members. A group without members is not among them; paired people neither (P7).
///
/// # Errors
/// Database errors.
pub fn holders(
    conn: &mut Conn,
    organization: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<(Granted, PersonId)>> {
    type Row = (Option<Role>, Option<RoleId>, PersonId);
    let direct: Vec<(Option<Role>, Option<RoleId>, Option<PersonId>)> = role_grants::table
        .filter(role_grants::organization_id.eq(organization))
        .filter(role_grants::person_id.is_not_null())
        .filter(holding_at!(now))
        .select((
            role_grants::role,
            role_grants::role_id,
            role_grants::person_id,
        ))
        .load(conn)?;
    let grouped: Vec<Row> = role_grants::table
        .inner_join(
            access_group_members::table.on(access_group_members::group_id
                .nullable()
                .eq(role_grants::group_id)),
        )
        .filter(role_grants::organization_id.eq(organization))
        .filter(holding_at!(now))
        .select((
            role_grants::role,
            role_grants::role_id,
            access_group_members::person_id,
        ))
        .load(conn)?;
    let direct = direct
        .into_iter()
        .filter_map(|(role, own, person)| Some((role, own, person?)));
    let mut holders: Vec<(Granted, PersonId)> = direct
        .chain(grouped)
        .filter_map(|(role, own, person)| {
            let granted = role.map(Granted::Predefined).or(own.map(Granted::Own))?;
            Some((granted, person))
        })
        .collect();
    holders.sort_unstable();
    holders.dedup();
    Ok(holders)
}

/// How many grants there are of an own role, wherever they hold, as (to people, to groups).
///
/// # Errors
/// Database errors.
pub fn count_of_role(conn: &mut Conn, role: RoleId) -> QueryResult<(usize, usize)> {
    let rows: Vec<Option<GroupId>> = role_grants::table
        .filter(role_grants::role_id.eq(role))
        .select(role_grants::group_id)
        .load(conn)?;
    let groups = rows.iter().flatten().count();
    Ok((rows.len() - groups, groups))
}

/// Takes an own role back from everybody.
///
/// # Errors
/// Database errors.
pub fn take_role(conn: &mut Conn, role: RoleId) -> QueryResult<()> {
    diesel::delete(role_grants::table.filter(role_grants::role_id.eq(role)))
        .execute(conn)
        .map(drop)
}

/// Takes all roles of a group back.
///
/// # Errors
/// Database errors.
pub fn take_all(conn: &mut Conn, group: GroupId) -> QueryResult<()> {
    diesel::delete(role_grants::table.filter(role_grants::group_id.eq(group)))
        .execute(conn)
        .map(drop)
}
