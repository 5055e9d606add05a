//! Answers that were this desk's own failure (A8).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::recent_errors as errors;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::ErrorId;

/// A row of `recent_errors`. Nothing in it was said by anybody.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = errors)]
pub struct RecentError {
    /// Its id.
    pub id: ErrorId,
    /// When it was answered.
    #[diesel(deserialize_as = At)]
    pub at: Instant,
    /// The id of its request, as the log and the answer have it.
    pub request_id: String,
    /// The request's method.
    pub method: String,
    /// The route's pattern.
    pub route: String,
    /// The status of the answer.
    pub status: i64,
    /// The problem's stable code.
    pub code: String,
    /// Why, as far as that tells nothing of people.
    pub cause: String,
}

/// Adds a failure.
///
/// # Errors
/// The database's own.
pub fn insert(conn: &mut Conn, error: &RecentError) -> QueryResult<()> {
    diesel::insert_into(errors::table)
        .values((
            errors::id.eq(error.id),
            errors::at.eq(At(error.at)),
            errors::request_id.eq(&error.request_id),
            errors::method.eq(&error.method),
            errors::route.eq(&error.route),
            errors::status.eq(error.status),
            errors::code.eq(&error.code),
            errors::cause.eq(&error.cause),
        ))
        .execute(conn)
        .map(drop)
}

/// Failures, the newest first, after the one `after`.
///
/// # Errors
/// The database's own.
pub fn list(conn: &mut Conn, after: Option<ErrorId>, limit: i64) -> QueryResult<Vec<RecentError>> {
    let mut query = errors::table.select(RecentError::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(errors::id.lt(after));
    }
    query.order(errors::id.desc()).limit(limit).load(conn)
}
