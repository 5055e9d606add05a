//! Organizations.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::organizations;
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, ONLY, among, remembered};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::ids::OrganizationId;
use crate::domain::network::Network;
use crate::domain::order::{Place, Sort, Window, orders};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{Slug, search, sort_key};
use crate::store::by_id::by_id;
use crate::store::cas::{Cas, compare_and_set};
use crate::store::cases::OrganizationRef;
use crate::store::page::{counted, windowed};
use crate::store::search::mentioning;

/// A row of `organizations`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Where lists by name have it.
    pub sort_name: String,
    /// What it is to the installation.
    pub kind: OrganizationKind,
    /// Where its data is at home; pairings stay within one region.
    pub region: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// When it was added.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
    /// The codes of the roles whose holders need a second factor in it.
    pub second_factor_roles: Json<Vec<String>>,
    /// From which networks people work in it (A7); from anywhere if there is none.
    pub allowed_networks: Json<Vec<Network>>,
}

/// What a new organization is made of.
#[derive(Clone, Debug)]
pub struct NewOrganization<'a> {
    /// Its name in addresses.
    pub slug: &'a Slug,
    /// Its name.
    pub name: &'a str,
    /// What it is to the installation.
    pub kind: OrganizationKind,
    /// Where its data is at home.
    pub region: &'a str,
    /// Its IANA time zone.
    pub time_zone: &'a str,
}

/// What a search of organizations looks through: its names, without accents as the words of a search are.
fn search_text(name: &str, slug: &Slug) -> String {
    search::unaccented(&format!("{name} {slug}"))
}

/// Adds an organization.
///
/// # Errors
/// Database errors; a unique violation if the slug is taken or a second provider is added.
pub fn insert(
    conn: &mut Conn,
    new: &NewOrganization<'_>,
    now: Instant,
) -> QueryResult<OrganizationId> {
    let id = OrganizationId::new(now);
    diesel::insert_into(organizations::table)
        .values((
            organizations::id.eq(id),
            organizations::slug.eq(new.slug),
            organizations::name.eq(new.name),
            organizations::kind.eq(new.kind),
            organizations::region.eq(new.region),
            organizations::time_zone.eq(new.time_zone),
            organizations::search_text.eq(search_text(new.name, new.slug)),
            organizations::sort_name.eq(sort_key(new.name)),
            organizations::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The organization of that id, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    reach: Reach,
    id: OrganizationId,
) -> QueryResult<Option<Organization>> {
    if !reach.covers(id) {
        return Ok(None);
    }
    organizations::table
        .filter(organizations::id.eq(id))
        .select(Organization::as_select())
        .get_result(conn)
        .optional()
}

/// The organization of that slug, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn by_slug(conn: &mut Conn, reach: Reach, slug: &str) -> QueryResult<Option<Organization>> {
    let found: Option<Organization> = organizations::table
        .filter(organizations::slug.eq(slug))
        .select(Organization::as_select())
        .get_result(conn)
        .optional()?;
    Ok(found.filter(|organization| reach.covers(organization.id)))
}

/// The organization that a request names by id or slug, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn named(conn: &mut Conn, reach: Reach, name: &str) -> QueryResult<Option<Organization>> {
    if let Ok(id) = name.parse() {
        return find(conn, reach, id);
    }
    match name.parse() {
        Ok::<Slug, _>(slug) => by_slug(conn, reach, slug.as_str()),
        // What is neither names nothing.
        Err(_) => Ok(None),
    }
}

/// The names of several organizations. They are remembered.
///
/// # Errors
/// Database errors.
pub fn references(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = OrganizationId>,
) -> QueryResult<HashMap<OrganizationId, Arc<OrganizationRef>>> {
    by_id(conn, ids, OrganizationId::as_uuid, |conn, ids| {
        let rows: Vec<OrganizationRef> = organizations::table
            .filter(among(organizations::id, ids))
            .select(OrganizationRef::as_select())
            .load(conn)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    })
}

/// The provider, once it is set up.
///
/// # Errors
/// Database errors.
pub fn provider(conn: &mut Conn) -> QueryResult<Option<Organization>> {
    let provider = remembered(
        conn,
        ONLY,
        |_: &Option<Organization>| true,
        |conn| {
            organizations::table
                .filter(organizations::kind.eq(OrganizationKind::Provider))
                .select(Organization::as_select())
                .get_result(conn)
                .optional()
        },
    )?;
    Ok(Option::clone(&provider))
}

/// The name of an organization, if there is one of that id.
///
/// # Errors
/// Database errors.
pub fn name_of(conn: &mut Conn, id: OrganizationId) -> QueryResult<Option<String>> {
    let mut found = references(conn, [id])?;
    Ok(found.remove(&id).map(|found| found.name.clone()))
}

orders! {
    /// What organizations are listed by.
    pub enum OrganizationOrder {
        /// Their names in addresses.
        Slug = "slug" by Text,
        /// Their names.
        Name = "name" by Text,
    }
}

/// Where an organization stands in an order.
pub fn place(by: OrganizationOrder, organization: &Organization) -> Place<OrganizationId> {
    let text = match by {
        OrganizationOrder::Slug => organization.slug.to_string(),
        OrganizationOrder::Name => organization.sort_name.clone(),
    };
    Place::Text(text, organization.id)
}

/// Which organizations a list holds; what is not given is any.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OrganizationFilter {
    /// Those whose name, or name in addresses, contains each of these words.
    pub words: Option<String>,
    /// Those of this kind.
    pub kind: Option<OrganizationKind>,
}

/// Leaves out what the reader may not see and what the filter does not let through. A macro, because every selection is a
/// type of its own.
macro_rules! passing {
    ($query:expr, $reach:expr, $filter:expr) => {{
        let mut query = $query;
        if let Reach::Organization(own) = $reach {
            query = query.filter(organizations::id.eq(own));
        }
        if let Some(words) = &$filter.words {
            query = mentioning!(query, organizations::search_text, words);
        }
        if let Some(kind) = $filter.kind {
            query = query.filter(organizations::kind.eq(kind));
        }
        query
    }};
}

/// Organizations that exist for the reader.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: &OrganizationFilter,
    window: &Window<OrganizationOrder, OrganizationId>,
) -> QueryResult<Vec<Organization>> {
    let query = organizations::table
        .select(Organization::as_select())
        .into_boxed();
    let query = passing!(query, reach, filter);
    let query = match window.sort.by {
        OrganizationOrder::Slug => {
            windowed!(query, window, text organizations::slug, organizations::id)
        }
        OrganizationOrder::Name => {
            windowed!(query, window, text organizations::sort_name, organizations::id)
        }
    };
    query.load(conn)
}

/// The organizations that exist for the reader by name, `limit` at the most.
///
/// # Errors
/// Database errors.
pub fn by_name(conn: &mut Conn, reach: Reach, limit: i64) -> QueryResult<Vec<Organization>> {
    let by_name = Sort::ascending(OrganizationOrder::Name);
    let everything = OrganizationFilter::default();
    list(conn, reach, &everything, &Window::first(by_name, limit))
}

/// How many organizations there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    reach: Reach,
    filter: &OrganizationFilter,
    most: usize,
) -> QueryResult<usize> {
    let query = organizations::table.select(organizations::id).into_boxed();
    let query = passing!(query, reach, filter);
    let along = (organizations::sort_name.asc(), organizations::id.asc());
    counted!(conn, query, OrganizationId, most, along)
}

/// Changes to an organization; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = organizations)]
pub struct OrganizationChanges {
    /// Its name.
    pub name: Option<String>,
    /// Where its data is at home.
    pub region: Option<String>,
    /// Its IANA time zone.
    pub time_zone: Option<String>,
}

/// Changes an organization if it is still at `version`, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    id: OrganizationId,
    version: i64,
    changes: &OrganizationChanges,
) -> QueryResult<Cas> {
    let done = compare_and_set!(conn, organizations.id = id, version, changes);
    if let (Cas::Done, Some(name)) = (&done, &changes.name) {
        let row = organizations::table.filter(organizations::id.eq(id));
        let slug: Slug = row.select(organizations::slug).get_result(conn)?;
        diesel::update(row)
            .set((
                organizations::search_text.eq(search_text(name, &slug)),
                organizations::sort_name.eq(sort_key(name)),
            ))
            .execute(conn)?;
    }
    Ok(done)
}

/// Counts a change of what belongs to an organization.
///
/// # Errors
/// Database errors.
pub fn count_change(conn: &mut Conn, id: OrganizationId) -> QueryResult<()> {
    diesel::update(organizations::table.filter(organizations::id.eq(id)))
        .set(organizations::version.eq(organizations::version + 1))
        .execute(conn)
        .map(drop)
}

/// Lets people work in an organization from these networks alone, and counts the change.
///
/// # Errors
/// Database errors.
pub fn set_allowed_networks(
    conn: &mut Conn,
    id: OrganizationId,
    networks: &[Network],
) -> QueryResult<()> {
    diesel::update(organizations::table.filter(organizations::id.eq(id)))
        .set((
            organizations::allowed_networks.eq(json(networks)?),
            organizations::version.eq(organizations::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Asks for a second factor whoever holds one of the roles with these codes, and counts the change.
///
/// # Errors
/// Database errors.
pub fn set_second_factor_roles(
    conn: &mut Conn,
    id: OrganizationId,
    codes: &[String],
) -> QueryResult<()> {
    diesel::update(organizations::table.filter(organizations::id.eq(id)))
        .set((
            organizations::second_factor_roles.eq(json(codes)?),
            organizations::version.eq(organizations::version + 1),
        ))
        .execute(conn)
        .map(drop)
}
