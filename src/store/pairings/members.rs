//! The people and groups that a pairing is for.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::asked::forget_role_requests_of;
use super::{Pairing, Scope, find};
use crate::db::Conn;
use crate::db::schema::{access_group_members, access_groups, clones, pairing_members, people};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::ids::{GroupId, OrganizationId, PairingId, PairingMemberId, PersonId};
use crate::domain::pairing::Who;
use crate::store::people::display_name;

/// A row of `pairing_members`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = pairing_members)]
pub struct Member {
    /// Its id.
    pub id: PairingMemberId,
    /// The pairing.
    pub pairing_id: PairingId,
    /// The person, unless it is a group.
    pub person_id: Option<PersonId>,
    /// The group, unless it is a person.
    pub group_id: Option<GroupId>,
    /// Who proposed them.
    pub proposed_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = At)]
    pub proposed_at: Instant,
    /// Who of the trustor gave them the first role.
    pub approved_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub approved_at: Option<Instant>,
    /// When one of them last switched in, or changed something there.
    #[diesel(deserialize_as = MaybeAt)]
    pub last_used_at: Option<Instant>,
    /// Counts the changes.
    pub version: i64,
}

impl Member {
    /// Who it is. The table lets a member be one of the two.
    pub fn who(&self) -> Option<Who> {
        match (self.person_id, self.group_id) {
            (Some(person), _) => Some(Who::Person(person)),
            (None, group) => group.map(Who::Group),
        }
    }
}

/// The groups that a person is in.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn groups_with(person: PersonId) -> _ {
    access_group_members::table
        .filter(access_group_members::person_id.eq(person))
        .select(access_group_members::group_id.nullable())
}

/// Adds a member.
///
/// # Errors
/// Database errors; a unique violation if they are one already.
pub fn add_member(
    conn: &mut Conn,
    pairing: PairingId,
    who: Who,
    by: PersonId,
    now: Instant,
) -> QueryResult<PairingMemberId> {
    let id = PairingMemberId::new(now);
    diesel::insert_into(pairing_members::table)
        .values((
            pairing_members::id.eq(id),
            pairing_members::pairing_id.eq(pairing),
            pairing_members::person_id.eq(who.person()),
            pairing_members::group_id.eq(who.group()),
            pairing_members::proposed_by.eq(by),
            pairing_members::proposed_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Removes a member, with what is asked for it; the roles that were given to it are taken before.
///
/// # Errors
/// Database errors.
pub fn remove_member(conn: &mut Conn, id: PairingMemberId) -> QueryResult<()> {
    forget_role_requests_of(conn, id)?;
    diesel::delete(pairing_members::table.filter(pairing_members::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// Notes that the trustor approved a member (P5).
///
/// # Errors
/// Database errors.
pub fn approve(
    conn: &mut Conn,
    id: PairingMemberId,
    by: PersonId,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(
        pairing_members::table
            .filter(pairing_members::id.eq(id))
            .filter(pairing_members::approved_at.is_null()),
    )
    .set((
        pairing_members::approved_by.eq(Some(by)),
        pairing_members::approved_at.eq(Some(At(now))),
    ))
    .execute(conn)
    .map(drop)
}

/// Counts a change of a member.
///
/// # Errors
/// Database errors.
pub fn change_member(conn: &mut Conn, id: PairingMemberId) -> QueryResult<()> {
    diesel::update(pairing_members::table.filter(pairing_members::id.eq(id)))
        .set(pairing_members::version.eq(pairing_members::version + 1))
        .execute(conn)
        .map(drop)
}

/// The member of that id with its pairing, if that exists in the scope.
///
/// # Errors
/// Database errors.
pub fn find_member(
    conn: &mut Conn,
    scope: Scope,
    id: PairingMemberId,
) -> QueryResult<Option<(Pairing, Member)>> {
    let member: Option<Member> = pairing_members::table
        .filter(pairing_members::id.eq(id))
        .select(Member::as_select())
        .get_result(conn)
        .optional()?;
    let Some(member) = member else {
        return Ok(None);
    };
    let pairing = find(conn, scope, member.pairing_id)?;
    Ok(pairing.map(|pairing| (pairing, member)))
}

/// The members of these pairings, in the order in which they were proposed.
///
/// # Errors
/// Database errors.
pub fn members_of(conn: &mut Conn, pairings: &[PairingId]) -> QueryResult<Vec<Member>> {
    pairing_members::table
        .filter(pairing_members::pairing_id.eq_any(pairings.to_vec()))
        .order(pairing_members::id.asc())
        .select(Member::as_select())
        .load(conn)
}

/// Of these pairings, those of which the person is in a trusted group (P10).
///
/// # Errors
/// Database errors.
pub fn has_groups_with(
    conn: &mut Conn,
    pairings: &[PairingId],
    person: PersonId,
) -> QueryResult<Vec<PairingId>> {
    pairing_members::table
        .filter(pairing_members::pairing_id.eq_any(pairings.to_vec()))
        .filter(pairing_members::group_id.eq_any(groups_with(person)))
        .select(pairing_members::pairing_id)
        .distinct()
        .load(conn)
}

/// Everybody whom these pairings are for, each once: who is named, and who is in a group that is.
///
/// # Errors
/// Database errors.
pub fn reaching(conn: &mut Conn, pairings: &[PairingId]) -> QueryResult<BTreeSet<PersonId>> {
    let named: Vec<Option<PersonId>> = pairing_members::table
        .filter(pairing_members::pairing_id.eq_any(pairings.to_vec()))
        .filter(pairing_members::person_id.is_not_null())
        .select(pairing_members::person_id)
        .load(conn)?;
    let grouped: Vec<PersonId> = access_group_members::table
        .filter(
            access_group_members::group_id.nullable().eq_any(
                pairing_members::table
                    .filter(pairing_members::pairing_id.eq_any(pairings.to_vec()))
                    .select(pairing_members::group_id),
            ),
        )
        .select(access_group_members::person_id)
        .load(conn)?;
    Ok(named.into_iter().flatten().chain(grouped).collect())
}

/// Whether an enabled person is a member of the pairing, or in a group that is.
///
/// # Errors
/// Database errors.
pub fn is_trusted(conn: &mut Conn, pairing: PairingId, person: PersonId) -> QueryResult<bool> {
    let member = pairing_members::table
        .filter(pairing_members::pairing_id.eq(pairing))
        .filter(
            pairing_members::person_id
                .eq(person)
                .or(pairing_members::group_id.eq_any(groups_with(person))),
        );
    let enabled = people::table
        .filter(people::id.eq(person))
        .filter(people::disabled_at.is_null());
    diesel::select(exists(member).and(exists(enabled))).get_result(conn)
}

/// Whether a person is in a group.
///
/// # Errors
/// Database errors.
pub fn is_in_group(conn: &mut Conn, group: GroupId, person: PersonId) -> QueryResult<bool> {
    let member = access_group_members::table
        .filter(access_group_members::group_id.eq(group))
        .filter(access_group_members::person_id.eq(person));
    diesel::select(exists(member)).get_result(conn)
}

/// People with their first and last name in one.
fn named<B: FromIterator<(PersonId, String)>>(rows: Vec<(PersonId, String, String)>) -> B {
    rows.into_iter()
        .map(|(id, first, last)| (id, display_name(&first, &last)))
        .collect()
}

/// Names of groups.
///
/// # Errors
/// Database errors.
pub fn group_names(conn: &mut Conn, groups: &[GroupId]) -> QueryResult<HashMap<GroupId, String>> {
    let rows: Vec<(GroupId, String)> = access_groups::table
        .filter(access_groups::id.eq_any(groups.to_vec()))
        .select((access_groups::id, access_groups::name))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Of these people, those of an organization who can be trusted elsewhere: enabled, and no cloned users.
///
/// # Errors
/// Database errors.
pub fn people_of(
    conn: &mut Conn,
    organization: OrganizationId,
    persons: &[PersonId],
) -> QueryResult<Vec<PersonId>> {
    people::table
        .filter(people::organization_id.eq(organization))
        .filter(people::id.eq_any(persons.to_vec()))
        .filter(people::disabled_at.is_null())
        .filter(not(exists(
            clones::table.filter(clones::person_id.eq(people::id)),
        )))
        .select(people::id)
        .load(conn)
}

/// Of these groups, those of an organization.
///
/// # Errors
/// Database errors.
pub fn groups_of(
    conn: &mut Conn,
    organization: OrganizationId,
    groups: &[GroupId],
) -> QueryResult<Vec<GroupId>> {
    access_groups::table
        .filter(access_groups::organization_id.eq(organization))
        .filter(access_groups::id.eq_any(groups.to_vec()))
        .select(access_groups::id)
        .load(conn)
}

/// Everybody of an organization who can be trusted elsewhere, by name, up to `limit`.
///
/// # Errors
/// Database errors.
pub fn trustable_people(
    conn: &mut Conn,
    organization: OrganizationId,
    limit: i64,
) -> QueryResult<Vec<(PersonId, String)>> {
    let rows: Vec<(PersonId, String, String)> = people::table
        .filter(people::organization_id.eq(organization))
        .filter(people::disabled_at.is_null())
        .filter(not(exists(
            clones::table.filter(clones::person_id.eq(people::id)),
        )))
        .order((people::sort_name.asc(), people::id.asc()))
        .limit(limit)
        .select((people::id, people::first_name, people::last_name))
        .load(conn)?;
    Ok(named(rows))
}

/// The groups of an organization, by name, up to `limit`.
///
/// # Errors
/// Database errors.
pub fn trustable_groups(
    conn: &mut Conn,
    organization: OrganizationId,
    limit: i64,
) -> QueryResult<Vec<(GroupId, String)>> {
    access_groups::table
        .filter(access_groups::organization_id.eq(organization))
        .order((access_groups::sort_name.asc(), access_groups::id.asc()))
        .limit(limit)
        .select((access_groups::id, access_groups::name))
        .load(conn)
}

/// The enabled people in a group, by name, up to `limit`.
///
/// # Errors
/// Database errors.
pub fn people_in(
    conn: &mut Conn,
    group: GroupId,
    limit: i64,
) -> QueryResult<Vec<(PersonId, String)>> {
    let rows: Vec<(PersonId, String, String)> = access_group_members::table
        .inner_join(people::table)
        .filter(access_group_members::group_id.eq(group))
        .filter(people::disabled_at.is_null())
        .order((people::sort_name.asc(), people::id.asc()))
        .limit(limit)
        .select((people::id, people::first_name, people::last_name))
        .load(conn)?;
    Ok(named(rows))
}
