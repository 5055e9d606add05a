//! The clients that the provider names for a partner (P11).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{clients, organizations};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::store::cases::OrganizationRef;

/// Those that are named for a partner, by slug.
///
/// # Errors
/// Database errors.
pub fn named(conn: &mut Conn, partner: OrganizationId) -> QueryResult<Vec<OrganizationRef>> {
    clients::table
        .inner_join(organizations::table.on(organizations::id.eq(clients::client_id)))
        .filter(clients::partner_id.eq(partner))
        .order(organizations::slug.asc())
        .select(OrganizationRef::as_select())
        .load(conn)
}

/// Names a client.
///
/// # Errors
/// Database errors; a unique violation if it is named.
pub fn insert(
    conn: &mut Conn,
    partner: OrganizationId,
    client: OrganizationId,
    by: Option<PersonId>,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(clients::table)
        .values((
            clients::partner_id.eq(partner),
            clients::client_id.eq(client),
            clients::named_by.eq(by),
            clients::named_at.eq(At(now)),
        ))
        .execute(conn)
        .map(drop)
}

/// Names a client no more.
///
/// # Errors
/// Database errors.
pub fn remove(conn: &mut Conn, partner: OrganizationId, client: OrganizationId) -> QueryResult<()> {
    let named = clients::table
        .filter(clients::partner_id.eq(partner))
        .filter(clients::client_id.eq(client));
    diesel::delete(named).execute(conn).map(drop)
}
