//! Roles of an organization's own (A2); the predefined ones are the program's.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::roles;
use crate::db::sql_types::{At, Json, json};
use crate::domain::Instant;
use crate::domain::access::{Reach, RoleCode, RoleGrants};
use crate::domain::ids::{OrganizationId, RoleId};
use crate::domain::text::sort_key;

/// A row of `roles`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = roles)]
pub struct OwnRole {
    /// Its id.
    pub id: RoleId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Its name in requests, unique in its organization.
    pub code: String,
    /// What people read.
    pub name: String,
    /// What it grants.
    pub permissions: Json<RoleGrants>,
    /// When it was added.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// Adds a role.
///
/// # Errors
/// Database errors; a unique violation if the code is taken.
pub fn insert(
    conn: &mut Conn,
    organization: OrganizationId,
    code: &RoleCode,
    name: &str,
    permissions: &RoleGrants,
    now: Instant,
) -> QueryResult<RoleId> {
    let id = RoleId::new(now);
    diesel::insert_into(roles::table)
        .values((
            roles::id.eq(id),
            roles::organization_id.eq(organization),
            roles::code.eq(code.as_str()),
            roles::name.eq(name),
            roles::permissions.eq(json(permissions)?),
            roles::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Changes what a role is called and grants, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    id: RoleId,
    name: &str,
    permissions: &RoleGrants,
) -> QueryResult<()> {
    diesel::update(roles::table.filter(roles::id.eq(id)))
        .set((
            roles::name.eq(name),
            roles::permissions.eq(json(permissions)?),
            roles::version.eq(roles::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Removes a role that nobody holds.
///
/// # Errors
/// Database errors; a violation if it is still given to somebody.
pub fn delete(conn: &mut Conn, id: RoleId) -> QueryResult<()> {
    diesel::delete(roles::table.filter(roles::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// The role of that id, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, reach: Reach, id: RoleId) -> QueryResult<Option<OwnRole>> {
    let found: Option<OwnRole> = roles::table
        .filter(roles::id.eq(id))
        .select(OwnRole::as_select())
        .get_result(conn)
        .optional()?;
    Ok(found.filter(|role| reach.covers(role.organization_id)))
}

/// The role of that code in an organization.
///
/// # Errors
/// Database errors.
pub fn by_code(
    conn: &mut Conn,
    organization: OrganizationId,
    code: &str,
) -> QueryResult<Option<OwnRole>> {
    roles::table
        .filter(
            roles::organization_id
                .eq(organization)
                .and(roles::code.eq(code)),
        )
        .select(OwnRole::as_select())
        .get_result(conn)
        .optional()
}

/// All roles of an organization's own, by name.
///
/// # Errors
/// Database errors.
pub fn of_organization(conn: &mut Conn, organization: OrganizationId) -> QueryResult<Vec<OwnRole>> {
    let mut roles: Vec<OwnRole> = roles::table
        .filter(roles::organization_id.eq(organization))
        .order(roles::id.asc())
        .select(OwnRole::as_select())
        .load(conn)?;
    roles.sort_by_cached_key(|role| sort_key(&role.name));
    Ok(roles)
}
