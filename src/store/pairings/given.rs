//! Roles given through pairings (P3).

use diesel::prelude::*;

use super::{Pairing, Scope, find};
use crate::db::Conn;
use crate::db::schema::{role_grants, roles};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::ids::{GrantId, GroupId, OrganizationId, PairingId, PersonId, RoleId};
use crate::domain::pairing::Who;

/// A role given to a member of a pairing.
#[derive(Clone, Debug)]
pub struct Given {
    /// The grant.
    pub id: GrantId,
    /// The pairing.
    pub pairing: PairingId,
    /// To whom.
    pub who: Who,
    /// What.
    pub role: GivenRole,
    /// By whom.
    pub by: Option<PersonId>,
    /// When.
    pub at: Instant,
    /// Until when it holds; for good if there is no end.
    pub until: Option<Instant>,
}

/// What was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenRole {
    /// One of the program's roles.
    Predefined(Role),
    /// One of the trustor's own.
    Own(OwnRole),
}

/// A role of an organization's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRole {
    /// Its id.
    pub id: RoleId,
    /// Its name in requests.
    pub code: String,
    /// Its name.
    pub name: String,
}

impl Given {
    /// Whether it goes with the others instead of being given by itself.
    pub fn goes_with_others(&self) -> bool {
        matches!(&self.role, GivenRole::Predefined(role) if role.is_of_pairings())
    }

    /// Whether it has ended by `now`.
    pub fn has_ended(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl GivenRole {
    /// Whether it is this role of the trustor's own.
    pub fn is_own(&self, role: RoleId) -> bool {
        matches!(self, Self::Own(own) if own.id == role)
    }

    /// Its name in requests.
    pub fn code(&self) -> &str {
        match self {
            Self::Predefined(role) => role.as_str(),
            Self::Own(own) => &own.code,
        }
    }
}

type Row = (
    GrantId,
    Option<PairingId>,
    (Option<PersonId>, Option<GroupId>),
    (Option<Role>, Option<RoleId>, Option<(String, String)>),
    (Option<PersonId>, At, Option<At>),
);

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        (
            role_grants::id,
            role_grants::pairing_id,
            (role_grants::person_id, role_grants::group_id),
            (
                role_grants::role,
                role_grants::role_id,
                (roles::code, roles::name).nullable(),
            ),
            (
                role_grants::granted_by,
                role_grants::granted_at,
                role_grants::expires_at,
            ),
        )
    };
}

fn given((id, pairing, who, role, (by, at, until)): Row) -> Option<Given> {
    let who = match who {
        (Some(person), _) => Who::Person(person),
        (None, group) => Who::Group(group?),
    };
    let role = match role {
        (Some(role), ..) => GivenRole::Predefined(role),
        (None, id, named) => {
            let (code, name) = named?;
            GivenRole::Own(OwnRole {
                id: id?,
                code,
                name,
            })
        }
    };
    Some(Given {
        id,
        pairing: pairing?,
        who,
        role,
        by,
        at: at.0,
        until: until.map(|until| until.0),
    })
}

/// The roles given through these pairings, in the order in which they were given.
///
/// # Errors
/// Database errors.
pub fn given_in(conn: &mut Conn, pairings: &[PairingId]) -> QueryResult<Vec<Given>> {
    let rows: Vec<Row> = role_grants::table
        .left_join(roles::table)
        .filter(role_grants::pairing_id.eq_any(pairings.to_vec()))
        .order(role_grants::id.asc())
        .select(columns!())
        .load(conn)?;
    Ok(rows.into_iter().filter_map(given).collect())
}

/// The pairings through which a role of an organization's own is given.
///
/// # Errors
/// Database errors.
pub fn giving(conn: &mut Conn, role: RoleId) -> QueryResult<Vec<PairingId>> {
    role_grants::table
        .filter(role_grants::role_id.eq(role))
        .filter(role_grants::pairing_id.is_not_null())
        .order(role_grants::pairing_id.asc())
        .select(role_grants::pairing_id.assume_not_null())
        .distinct()
        .load(conn)
}

/// The grant of that id with its pairing, if that exists in the scope.
///
/// # Errors
/// Database errors.
pub fn find_given(
    conn: &mut Conn,
    scope: Scope,
    id: GrantId,
) -> QueryResult<Option<(Pairing, Given)>> {
    let row: Option<Row> = role_grants::table
        .left_join(roles::table)
        .filter(role_grants::id.eq(id))
        .filter(role_grants::pairing_id.is_not_null())
        .select(columns!())
        .get_result(conn)
        .optional()?;
    let Some(given) = row.and_then(given) else {
        return Ok(None);
    };
    let pairing = find(conn, scope, given.pairing)?;
    Ok(pairing.map(|pairing| (pairing, given)))
}

/// Gives a member a role in the trustor, for good or until an instant.
///
/// # Errors
/// Database errors; a unique violation if it was given.
pub fn give(
    conn: &mut Conn,
    (pairing, trustor): (PairingId, OrganizationId),
    who: Who,
    (role, until): (&GivenRole, Option<Instant>),
    by: PersonId,
    now: Instant,
) -> QueryResult<GrantId> {
    let id = GrantId::new(now);
    let (predefined, own) = match role {
        GivenRole::Predefined(role) => (Some(*role), None),
        GivenRole::Own(own) => (None, Some(own.id)),
    };
    diesel::insert_into(role_grants::table)
        .values((
            role_grants::id.eq(id),
            role_grants::organization_id.eq(trustor),
            role_grants::person_id.eq(who.person()),
            role_grants::group_id.eq(who.group()),
            role_grants::role.eq(predefined),
            role_grants::role_id.eq(own),
            role_grants::pairing_id.eq(pairing),
            role_grants::granted_by.eq(by),
            role_grants::granted_at.eq(At(now)),
            role_grants::expires_at.eq(until.map(At)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Lets a role that was given hold until an instant, or for good.
///
/// # Errors
/// Database errors.
pub fn let_hold(conn: &mut Conn, id: GrantId, until: Option<Instant>) -> QueryResult<()> {
    diesel::update(role_grants::table.filter(role_grants::id.eq(id)))
        .set(role_grants::expires_at.eq(until.map(At)))
        .execute(conn)
        .map(drop)
}

/// Takes a role back.
///
/// # Errors
/// Database errors.
pub fn take(conn: &mut Conn, id: GrantId) -> QueryResult<()> {
    diesel::delete(role_grants::table.filter(role_grants::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// Takes all roles of a member back.
///
/// # Errors
/// Database errors.
pub fn take_all(conn: &mut Conn, pairing: PairingId, who: Who) -> QueryResult<()> {
    let of = role_grants::table.filter(role_grants::pairing_id.eq(pairing));
    let taken = match who {
        Who::Person(person) => {
            diesel::delete(of.filter(role_grants::person_id.eq(person))).execute(conn)
        }
        Who::Group(group) => {
            diesel::delete(of.filter(role_grants::group_id.eq(group))).execute(conn)
        }
    };
    taken.map(drop)
}

/// An own role of an organization, named by id or code.
///
/// # Errors
/// Database errors.
pub fn own_role(
    conn: &mut Conn,
    organization: OrganizationId,
    name: &str,
) -> QueryResult<Option<OwnRole>> {
    let mut query = roles::table
        .filter(roles::organization_id.eq(organization))
        .select((roles::id, roles::code, roles::name))
        .into_boxed();
    query = match name.parse::<RoleId>() {
        Ok(id) => query.filter(roles::id.eq(id)),
        Err(_) => query.filter(roles::code.eq(name.to_owned())),
    };
    let row: Option<(RoleId, String, String)> = query.get_result(conn).optional()?;
    Ok(row.map(|(id, code, name)| OwnRole { id, code, name }))
}
