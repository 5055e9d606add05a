//! What people hold where: roles given to them, to their groups, and by way of pairings (A1, A3, P3).

mod by_pairing;
mod grants;
mod holdings;
mod lasting;
mod rights;
mod who;

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::schema::{
    access_group_members, clones, organizations, pairings, people, role_grants, roles,
};
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, among};
use crate::domain::Instant;
use crate::domain::access::{Access, HeldRole};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::OrganizationKind;
use crate::store::grants::{holding_at, unexpired};
use crate::store::people::Person;

pub use by_pairing::{HeldElsewhere, cloned, elsewhere, is_paired_anywhere, paired};
use grants::{
    HeldRow, IsOn, direct_grants, given_to, group_grants, held, inherited_grants, own_grants,
};
pub use holdings::{own_holdings, paired_holdings};
pub(in crate::store) use lasting::{Lasting, Span};
pub use rights::{rights_of, rights_of_group};
pub use who::{administrators, holders, holders_by_name};

/// What a person holds in their own organization: given to themselves or to one of their groups; of a cloned user, what it
/// inherits too (P8).
///
/// # Errors
/// Database errors.
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

/// What many people hold in organizations of their own, as (person, role).
///
/// # Errors
/// Database errors.
pub fn own_of_many(
    conn: &mut Conn,
    persons: &[PersonId],
    now: Instant,
) -> QueryResult<Vec<(PersonId, HeldRole)>> {
    let direct: Vec<(PersonId, HeldRow)> = direct_grants!(now)
        .filter(among(people::id, persons.to_vec()))
        .load(conn)?;
    let grouped: Vec<(PersonId, HeldRow)> = group_grants!(now)
        .filter(among(people::id, persons.to_vec()))
        .load(conn)?;
    let inherited: Vec<(PersonId, HeldRow)> = inherited_grants!(now)
        .filter(among(clones::person_id, persons.to_vec()))
        .select((
            clones::person_id,
            (role_grants::role, roles::permissions.nullable()),
        ))
        .load(conn)?;
    let rows = direct.into_iter().chain(grouped).chain(inherited);
    Ok(rows.map(|(person, row)| (person, held(row))).collect())
}

/// A person's authority in their own organization.
///
/// # Errors
/// Database errors.
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

/// When the first of the roles runs out that were given to a person, or to the cloned user as whom they act, anywhere, or
/// to a group of theirs; none if none does.
///
/// # Errors
/// Database errors.
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
