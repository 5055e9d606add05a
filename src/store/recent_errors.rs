//! Answers that were this desk's own failure (A8).

use diesel::prelude::*;
use serde::Serialize;

use crate::db::Conn;
use crate::db::schema::recent_errors as errors;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::ErrorId;
use crate::domain::order::{Window, orders};
use crate::store::page::{counted, windowed};

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
/// Database errors.
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

/// Which failures; what is not given is any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ErrorFilter {
    /// Of the request of this id.
    pub request_id: Option<String>,
}

orders! {
    /// What failures are listed by.
    pub enum ErrorOrder {
        /// When they were answered.
        At = "at" by Id,
    }
}

/// The failures that `filter` lets through.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    filter: &ErrorFilter,
    window: &Window<ErrorOrder, ErrorId>,
) -> QueryResult<Vec<RecentError>> {
    let mut query = errors::table.select(RecentError::as_select()).into_boxed();
    if let Some(request_id) = &filter.request_id {
        query = query.filter(errors::request_id.eq(request_id));
    }
    match window.sort.by {
        ErrorOrder::At => windowed!(query, window, id errors::id).load(conn),
    }
}

/// How many there are, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(conn: &mut Conn, filter: &ErrorFilter, most: usize) -> QueryResult<usize> {
    let mut query = errors::table.select(errors::id).into_boxed();
    if let Some(request_id) = &filter.request_id {
        query = query.filter(errors::request_id.eq(request_id));
    }
    counted!(conn, query, ErrorId, most, errors::id.asc())
}
