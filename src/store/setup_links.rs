//! One-time links with which an empty installation is set up.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{organizations, setup_links as links};
use crate::db::sql_types::At;
use crate::domain::Instant;

/// Whether nobody has set the installation up yet.
///
/// # Errors
/// Database errors.
pub fn is_needed(conn: &mut Conn) -> QueryResult<bool> {
    let count: i64 = organizations::table.count().get_result(conn)?;
    Ok(count == 0)
}

/// Adds a link; those before it are void, so that only the one that was printed last is good.
///
/// # Errors
/// Database errors.
pub fn issue(
    conn: &mut Conn,
    token_hash: &str,
    expires_at: Instant,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(links::table.filter(links::used_at.is_null()))
        .set(links::used_at.eq(Some(At(now))))
        .execute(conn)?;
    diesel::insert_into(links::table)
        .values((
            links::token_hash.eq(token_hash),
            links::created_at.eq(At(now)),
            links::expires_at.eq(At(expires_at)),
        ))
        .execute(conn)
        .map(drop)
}

/// Whether a link can be used now.
///
/// # Errors
/// Database errors.
pub fn is_good(conn: &mut Conn, token_hash: &str, now: Instant) -> QueryResult<bool> {
    let good = links::table
        .filter(
            links::token_hash
                .eq(token_hash)
                .and(links::used_at.is_null()),
        )
        .filter(links::expires_at.gt(At(now)));
    diesel::select(diesel::dsl::exists(good)).get_result(conn)
}

/// Uses a link up. False if it could not be used: it is unknown, old or used.
///
/// # Errors
/// Database errors.
pub fn redeem(conn: &mut Conn, token_hash: &str, now: Instant) -> QueryResult<bool> {
    let used = diesel::update(
        links::table
            .filter(
                links::token_hash
                    .eq(token_hash)
                    .and(links::used_at.is_null()),
            )
            .filter(links::expires_at.gt(At(now))),
    )
    .set(links::used_at.eq(Some(At(now))))
    .execute(conn)?;
    Ok(used == 1)
}
