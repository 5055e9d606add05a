//! Saved filters: one's own, and those that everybody in an organization has.

use diesel::prelude::*;

use crate::db::schema::saved_filters as filters;
use crate::db::sql_types::At;
use crate::db::{Conn, condition};
use crate::domain::Instant;
use crate::domain::access::Access;
use crate::domain::ids::{OrganizationId, PersonId, SavedFilterId};
use crate::domain::saved_filter::FilteredList;
use crate::domain::text::in_order;
use crate::store::cas::{Cas, compare_and_set};

/// How many of one kind, own or shared, are read at the most.
const MOST: i64 = 200;

condition! {
    /// Of a filter that everybody in its organization has.
    IsShared = "saved_filters.shared"
}

/// A row of `saved_filters`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = filters)]
pub struct SavedFilter {
    /// Its id.
    pub id: SavedFilterId,
    /// In which organization it is used.
    pub organization_id: OrganizationId,
    /// Who saved it.
    pub person_id: PersonId,
    /// Which list it narrows.
    pub list: FilteredList,
    /// What it is called.
    pub name: String,
    /// The query of the list's page.
    pub query: String,
    /// Whether everybody in the organization has it.
    pub shared: bool,
    /// Counts its changes.
    pub version: i64,
}

impl SavedFilter {
    /// The list, narrowed by it.
    pub fn href(&self) -> String {
        format!("{}?{}", self.list.page(), self.query)
    }
}

/// What a new filter is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewFilter<'a> {
    /// In which organization.
    pub organization: OrganizationId,
    /// Whose.
    pub person: PersonId,
    /// Which list.
    pub list: FilteredList,
    /// What it is called.
    pub name: &'a str,
    /// The query of the list's page.
    pub query: &'a str,
    /// Whether everybody has it.
    pub shared: bool,
}

/// Adds a filter.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, new: NewFilter<'_>, now: Instant) -> QueryResult<SavedFilterId> {
    let id = SavedFilterId::new(now);
    diesel::insert_into(filters::table)
        .values((
            filters::id.eq(id),
            filters::organization_id.eq(new.organization),
            filters::person_id.eq(new.person),
            filters::list.eq(new.list),
            filters::name.eq(new.name),
            filters::query.eq(new.query),
            filters::shared.eq(new.shared),
            filters::created_at.eq(At(now)),
            filters::updated_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The filters that somebody has where they act, of the lists that they may see, by name: their own, and what is shared.
///
/// # Errors
/// Database errors.
pub fn of_reader(conn: &mut Conn, access: &Access) -> QueryResult<Vec<SavedFilter>> {
    let own: Vec<SavedFilter> = filters::table
        .filter(filters::person_id.eq(access.person))
        .filter(filters::organization_id.eq(access.organization))
        .order(filters::id.asc())
        .limit(MOST)
        .select(SavedFilter::as_select())
        .load(conn)?;
    let shared: Vec<SavedFilter> = filters::table
        .filter(filters::organization_id.eq(access.organization))
        .filter(IsShared)
        .order(filters::id.asc())
        .limit(MOST)
        .select(SavedFilter::as_select())
        .load(conn)?;
    let others = shared
        .into_iter()
        .filter(|filter| filter.person_id != access.person);
    let mut all: Vec<SavedFilter> = own.into_iter().chain(others).collect();
    all.retain(|filter| access.can(filter.list.permission()));
    all.sort_by(|one, other| in_order(&one.name, &other.name).then(one.id.cmp(&other.id)));
    Ok(all)
}

/// How many filters a person has saved in an organization.
///
/// # Errors
/// Database errors.
pub fn count_own(conn: &mut Conn, access: &Access) -> QueryResult<usize> {
    let own: Vec<SavedFilterId> = filters::table
        .filter(filters::person_id.eq(access.person))
        .filter(filters::organization_id.eq(access.organization))
        .select(filters::id)
        .limit(MOST)
        .load(conn)?;
    Ok(own.len())
}

/// The filter of that id, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    access: &Access,
    id: SavedFilterId,
) -> QueryResult<Option<SavedFilter>> {
    let found: Option<SavedFilter> = filters::table
        .filter(filters::id.eq(id))
        .filter(filters::organization_id.eq(access.organization))
        .filter(IsShared.or(filters::person_id.eq(access.person)))
        .select(SavedFilter::as_select())
        .get_result(conn)
        .optional()?;
    Ok(found.filter(|filter| access.can(filter.list.permission())))
}

/// What changes of a filter; what is `None` stays.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = filters)]
pub struct FilterChanges {
    /// What it is called.
    pub name: Option<String>,
    /// The query of the list's page.
    pub query: Option<String>,
    /// Whether everybody has it.
    pub shared: Option<bool>,
}

/// Changes a filter if it is still at `version`, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    (id, version): (SavedFilterId, i64),
    changes: &FilterChanges,
    now: Instant,
) -> QueryResult<Cas> {
    let changes = (changes, filters::updated_at.eq(At(now)));
    Ok(compare_and_set!(conn, filters.id = id, version, changes))
}

/// Removes a filter; gives whether it was there.
///
/// # Errors
/// Database errors.
pub fn remove(conn: &mut Conn, id: SavedFilterId) -> QueryResult<bool> {
    let gone = diesel::delete(filters::table.filter(filters::id.eq(id))).execute(conn)?;
    Ok(gone == 1)
}
