//! The organizations that pairings bring together.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{clients, organizations, pairings};
use crate::domain::ids::OrganizationId;
use crate::store::cases::OrganizationRef;

/// The clients of `trustee`, by slug, after the one named `after` (P11): organizations that trust or have trusted it, and those that
/// the provider names.
///
/// # Errors
/// Database errors.
pub fn clients(
    conn: &mut Conn,
    trustee: OrganizationId,
    after: Option<&str>,
    limit: i64,
) -> QueryResult<Vec<OrganizationRef>> {
    let served = pairings::table
        .filter(pairings::trustee_id.eq(trustee))
        .filter(pairings::trustor_id.is_not_null())
        .select(pairings::trustor_id.assume_not_null());
    let mut query = organizations::table
        .filter(
            organizations::id
                .eq_any(served)
                .or(organizations::id.eq_any(
                    clients::table
                        .filter(clients::partner_id.eq(trustee))
                        .select(clients::client_id),
                )),
        )
        .select(OrganizationRef::as_select())
        .into_boxed();
    if let Some(slug) = after {
        query = query.filter(organizations::slug.gt(slug.to_owned()));
    }
    query
        .order(organizations::slug.asc())
        .limit(limit)
        .load(conn)
}

/// Whether an organization is paired, on either side, with one that is at home in another region than this (P4).
///
/// # Errors
/// Database errors.
pub fn is_paired_outside(
    conn: &mut Conn,
    organization: OrganizationId,
    region: &str,
) -> QueryResult<bool> {
    let running = || {
        pairings::table
            .filter(pairings::removed_at.is_null())
            .filter(pairings::trustor_id.is_not_null())
    };
    let trustees = running()
        .filter(pairings::trustor_id.eq(organization))
        .select(pairings::trustee_id);
    let trustors = running()
        .filter(pairings::trustee_id.eq(organization))
        .select(pairings::trustor_id.assume_not_null());
    let others = organizations::table
        .filter(organizations::region.ne(region))
        .filter(
            organizations::id
                .eq_any(trustees)
                .or(organizations::id.eq_any(trustors)),
        )
        .select(organizations::id);
    diesel::select(diesel::dsl::exists(others)).get_result(conn)
}
