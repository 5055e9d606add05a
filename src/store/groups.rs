//! Access groups and their members (A3).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{access_group_members, access_groups, pairing_members, pairings, people};
use crate::db::sql_types::{At, Key};
use crate::domain::Instant;
use crate::domain::access::{Reach, Role};
use crate::domain::ids::{GroupId, OrganizationId, PersonId};
use crate::domain::order::{Place, Sort, Window, orders};
use crate::domain::text::sort_key;
use crate::store::page::{counted, windowed};
use crate::store::people::Named;
use crate::store::people::display_name;

/// A row of `access_groups`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = access_groups)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Its name, unique in its organization.
    pub name: String,
    /// Where lists by name have it.
    pub sort_name: String,
    /// The predefined role for which it was installed with its organization.
    pub installed_for: Option<Role>,
    /// When it was added.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Counts its changes, those of its members and roles included.
    pub version: i64,
}

/// Adds a group without members.
///
/// # Errors
/// Database errors; a unique violation if the name is taken.
pub fn insert(
    conn: &mut Conn,
    organization: OrganizationId,
    name: &str,
    installed_for: Option<Role>,
    now: Instant,
) -> QueryResult<GroupId> {
    let id = GroupId::new(now);
    diesel::insert_into(access_groups::table)
        .values((
            access_groups::id.eq(id),
            access_groups::organization_id.eq(organization),
            access_groups::name.eq(name),
            access_groups::sort_name.eq(sort_key(name)),
            access_groups::installed_for.eq(installed_for),
            access_groups::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Calls a group `name`, and counts the change.
///
/// # Errors
/// Database errors; a unique violation if the name is taken.
pub fn rename(conn: &mut Conn, id: GroupId, name: &str) -> QueryResult<()> {
    diesel::update(access_groups::table.filter(access_groups::id.eq(id)))
        .set((
            access_groups::name.eq(name),
            access_groups::sort_name.eq(sort_key(name)),
            access_groups::version.eq(access_groups::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Counts a change of its members or roles.
///
/// # Errors
/// Database errors.
pub fn touch(conn: &mut Conn, id: GroupId) -> QueryResult<()> {
    diesel::update(access_groups::table.filter(access_groups::id.eq(id)))
        .set(access_groups::version.eq(access_groups::version + 1))
        .execute(conn)
        .map(drop)
}

/// Removes a group and its memberships; its roles and read grants are taken away before.
///
/// # Errors
/// Database errors; a violation if something still refers to it.
pub fn delete(conn: &mut Conn, id: GroupId) -> QueryResult<()> {
    diesel::delete(access_group_members::table.filter(access_group_members::group_id.eq(id)))
        .execute(conn)?;
    diesel::delete(access_groups::table.filter(access_groups::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// The group of that id, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, reach: Reach, id: GroupId) -> QueryResult<Option<Group>> {
    let found: Option<Group> = access_groups::table
        .filter(access_groups::id.eq(id))
        .select(Group::as_select())
        .get_result(conn)
        .optional()?;
    Ok(found.filter(|group| reach.covers(group.organization_id)))
}

/// The group of an organization that a request names by id or name.
///
/// # Errors
/// Database errors.
pub fn named(
    conn: &mut Conn,
    organization: OrganizationId,
    name: &str,
) -> QueryResult<Option<Group>> {
    let mut query = access_groups::table
        .filter(access_groups::organization_id.eq(organization))
        .select(Group::as_select())
        .into_boxed();
    query = match name.parse::<GroupId>() {
        Ok(id) => query.filter(access_groups::id.eq(id)),
        Err(_) => query.filter(access_groups::name.eq(name.to_owned())),
    };
    query.get_result(conn).optional()
}

orders! {
    /// What groups are listed by.
    pub enum GroupOrder {
        /// Their names.
        Name = "name" by Text,
    }
}

/// Where a group stands in an order.
pub fn place(by: GroupOrder, group: &Group) -> Place<GroupId> {
    match by {
        GroupOrder::Name => Place::Text(group.sort_name.clone(), group.id),
    }
}

/// Groups of an organization.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    organization: OrganizationId,
    window: &Window<GroupOrder, GroupId>,
) -> QueryResult<Vec<Group>> {
    let query = access_groups::table
        .filter(access_groups::organization_id.eq(organization))
        .select(Group::as_select())
        .into_boxed();
    let query = match window.sort.by {
        GroupOrder::Name => {
            windowed!(query, window, text access_groups::sort_name, access_groups::id)
        }
    };
    query.load(conn)
}

/// All groups of an organization by name, `limit` at the most.
///
/// # Errors
/// Database errors.
pub fn of_organization(
    conn: &mut Conn,
    organization: OrganizationId,
    limit: i64,
) -> QueryResult<Vec<Group>> {
    let by_name = Sort::ascending(GroupOrder::Name);
    list(conn, organization, &Window::first(by_name, limit))
}

/// How many groups an organization has, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(conn: &mut Conn, organization: OrganizationId, most: usize) -> QueryResult<usize> {
    let query = access_groups::table
        .filter(access_groups::organization_id.eq(organization))
        .select(access_groups::id)
        .into_boxed();
    let along = (access_groups::sort_name.asc(), access_groups::id.asc());
    counted!(conn, query, GroupId, most, along)
}

/// The groups that were installed with an organization.
///
/// # Errors
/// Database errors.
pub fn installed(conn: &mut Conn, organization: OrganizationId) -> QueryResult<Vec<Group>> {
    access_groups::table
        .filter(access_groups::organization_id.eq(organization))
        .filter(access_groups::installed_for.is_not_null())
        .select(Group::as_select())
        .load(conn)
}

/// The members of groups by name, as (group, person).
///
/// # Errors
/// Database errors.
pub fn members_of(conn: &mut Conn, groups: &[GroupId]) -> QueryResult<Vec<(GroupId, Named)>> {
    let rows: Vec<(GroupId, PersonId, String, String)> = access_group_members::table
        .inner_join(people::table)
        .filter(access_group_members::group_id.eq_any(groups.to_vec()))
        .order((people::sort_name.asc(), people::id.asc()))
        .select((
            access_group_members::group_id,
            people::id,
            people::first_name,
            people::last_name,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(group, id, first, last)| {
            let name = display_name(&first, &last);
            (group, Named { id, name })
        })
        .collect())
}

/// The groups that people are in, by name, as (person, group, its name).
///
/// # Errors
/// Database errors.
pub fn of_people(
    conn: &mut Conn,
    persons: &[PersonId],
) -> QueryResult<Vec<(PersonId, GroupId, String)>> {
    access_group_members::table
        .inner_join(access_groups::table)
        .filter(access_group_members::person_id.eq_any(persons.to_vec()))
        .order((access_groups::sort_name.asc(), access_groups::id.asc()))
        .select((
            access_group_members::person_id,
            access_groups::id,
            access_groups::name,
        ))
        .load(conn)
}

/// Makes somebody a member; answers whether they were none before.
///
/// # Errors
/// Database errors.
pub fn add_member(
    conn: &mut Conn,
    group: GroupId,
    person: PersonId,
    by: Option<PersonId>,
    now: Instant,
) -> QueryResult<bool> {
    let there = access_group_members::table.filter(
        access_group_members::group_id
            .eq(group)
            .and(access_group_members::person_id.eq(person)),
    );
    if diesel::select(diesel::dsl::exists(there)).get_result(conn)? {
        return Ok(false);
    }
    diesel::insert_into(access_group_members::table)
        .values((
            access_group_members::group_id.eq(group),
            access_group_members::person_id.eq(person),
            access_group_members::added_by.eq(by),
            access_group_members::added_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Ends a membership; answers whether there was one.
///
/// # Errors
/// Database errors.
pub fn remove_member(conn: &mut Conn, group: GroupId, person: PersonId) -> QueryResult<bool> {
    let removed = diesel::delete(
        access_group_members::table.filter(
            access_group_members::group_id
                .eq(group)
                .and(access_group_members::person_id.eq(person)),
        ),
    )
    .execute(conn)?;
    Ok(removed > 0)
}

/// Whether a group works in another organization by way of a pairing that was not removed.
///
/// # Errors
/// Database errors.
pub fn is_paired(conn: &mut Conn, group: GroupId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        pairing_members::table
            .inner_join(pairings::table)
            .filter(pairing_members::group_id.eq(group))
            .filter(pairings::removed_at.is_null()),
    ))
    .get_result(conn)
}

/// Takes a group out of pairings that were removed; see [`is_paired`] for the others.
///
/// # Errors
/// Database errors.
pub fn leave_pairings(conn: &mut Conn, group: GroupId) -> QueryResult<()> {
    diesel::delete(pairing_members::table.filter(pairing_members::group_id.eq(group)))
        .execute(conn)
        .map(drop)
}

/// Locks the organization's row until the transaction ends: who changes who administers it takes this first, so that two
/// administrators do not take each other's access at once. On SQLite the writer is alone already.
///
/// # Errors
/// Database errors.
pub fn lock_organization(conn: &mut Conn, organization: OrganizationId) -> QueryResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM organizations WHERE id = $1 FOR NO KEY UPDATE")
            .bind::<Key, _>(organization)
            .execute(conn)?;
    }
    Ok(())
}
