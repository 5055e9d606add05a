//! Answers that are kept for a repetition of their request.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::idempotency_keys as keys;
use crate::db::sql_types::{At, Json, json};
use crate::domain::Instant;
use crate::domain::ids::PersonId;

/// A request that may be repeated under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose key it is: two people may use the same.
    pub person: PersonId,
    /// What the client calls the request.
    pub key: String,
    /// `POST`.
    pub method: String,
    /// The path asked for.
    pub path: String,
    /// Tells this request from another one under the same key.
    pub hash: String,
}

/// An answer as it was given.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = keys)]
pub struct Saved {
    /// The path that was asked for.
    pub path: String,
    /// The hash of the request that was answered.
    pub request_hash: String,
    /// HTTP status.
    pub status: i64,
    /// Headers that belong to the answer.
    pub headers: Json<BTreeMap<String, String>>,
    /// The body.
    pub body: String,
}

/// The answer kept under a request's key, if it is not too old.
///
/// # Errors
/// The database's own.
pub fn kept(conn: &mut Conn, request: &Request, now: Instant) -> QueryResult<Option<Saved>> {
    keys::table
        .filter(keys::person_id.eq(request.person))
        .filter(keys::key.eq(&request.key))
        .filter(keys::expires_at.gt(At(now)))
        .select(Saved::as_select())
        .get_result(conn)
        .optional()
}

/// The answer kept under a request's key, if it is not too old. One that is too old is removed.
///
/// # Errors
/// The database's own.
pub fn find(conn: &mut Conn, request: &Request, now: Instant) -> QueryResult<Option<Saved>> {
    diesel::delete(
        keys::table
            .filter(keys::person_id.eq(request.person))
            .filter(keys::key.eq(&request.key))
            .filter(keys::expires_at.le(At(now))),
    )
    .execute(conn)?;
    kept(conn, request, now)
}

/// Takes the key for this request until the transaction ends: the same request at the same time waits here and then
/// violates the key's uniqueness.
///
/// # Errors
/// The database's own.
pub fn reserve(
    conn: &mut Conn,
    request: &Request,
    expires_at: Instant,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(keys::table)
        .values((
            keys::person_id.eq(request.person),
            keys::key.eq(&request.key),
            keys::method.eq(&request.method),
            keys::path.eq(&request.path),
            keys::request_hash.eq(&request.hash),
            keys::status.eq(0_i64),
            keys::headers.eq("{}"),
            keys::body.eq(""),
            keys::created_at.eq(At(now)),
            keys::expires_at.eq(At(expires_at)),
        ))
        .execute(conn)
        .map(drop)
}

/// Keeps the answer under the key that was reserved.
///
/// # Errors
/// The database's own.
pub fn save(
    conn: &mut Conn,
    request: &Request,
    status: i64,
    headers: &BTreeMap<String, String>,
    body: &str,
) -> QueryResult<()> {
    diesel::update(
        keys::table.filter(
            keys::person_id
                .eq(request.person)
                .and(keys::key.eq(&request.key)),
        ),
    )
    .set((
        keys::status.eq(status),
        keys::headers.eq(json(headers)?),
        keys::body.eq(body),
    ))
    .execute(conn)
    .map(drop)
}
