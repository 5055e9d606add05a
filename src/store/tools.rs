//! Tools and care apps: links, in an order of their own (H1). They are few, and read whole.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::tools;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::audience::{Audience, AudienceKind};
use crate::domain::ids::ToolId;
use crate::store::audiences::{self, Listener, for_listener};
use crate::store::cas::{Cas, compare_and_delete, compare_and_set};

/// A row of `tools`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tools)]
pub struct Tool {
    /// Its id.
    pub id: ToolId,
    /// What it is called.
    pub title: String,
    /// What it is for, in Markdown.
    pub description: Option<String>,
    /// Where it is.
    pub href: String,
    /// For whom it is; the organizations that are named stand apart.
    pub audience: AudienceKind,
    /// Where it stands among the others.
    pub position: i64,
    /// Counts its changes.
    pub version: i64,
}

/// What a tool is made of, or is from now on.
#[derive(Clone, Copy, Debug)]
pub struct ToolRow<'a> {
    /// What it is called.
    pub title: &'a str,
    /// What it is for.
    pub description: Option<&'a str>,
    /// Where it is.
    pub href: &'a str,
    /// For whom.
    pub audience: &'a Audience,
    /// Where it stands among the others.
    pub position: i64,
}

/// The columns that a row sets.
macro_rules! columns {
    ($row:expr) => {
        (
            tools::title.eq($row.title),
            tools::description.eq($row.description),
            tools::href.eq($row.href),
            tools::audience.eq($row.audience.kind()),
            tools::position.eq($row.position),
        )
    };
}

/// Adds a tool.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, row: &ToolRow<'_>, now: Instant) -> QueryResult<ToolId> {
    let id = ToolId::new(now);
    diesel::insert_into(tools::table)
        .values((
            tools::id.eq(id),
            tools::created_at.eq(At(now)),
            columns!(row),
        ))
        .execute(conn)?;
    audiences::set(conn, id, row.audience)?;
    Ok(id)
}

/// Changes a tool that is still at its version, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(conn: &mut Conn, before: &Tool, row: &ToolRow<'_>) -> QueryResult<Cas> {
    let done = compare_and_set!(conn, tools.id = before.id, before.version, columns!(row));
    if done == Cas::Done {
        audiences::set(conn, before.id, row.audience)?;
    }
    Ok(done)
}

/// Removes a tool that is still at its version.
///
/// # Errors
/// Database errors.
pub fn delete(conn: &mut Conn, before: &Tool) -> QueryResult<Cas> {
    let done = compare_and_delete!(conn, tools.id = before.id, before.version);
    if done == Cas::Done {
        audiences::forget(conn, before.id)?;
    }
    Ok(done)
}

/// The position behind all others.
///
/// # Errors
/// Database errors.
pub fn last_position(conn: &mut Conn) -> QueryResult<i64> {
    let last: Option<i64> = tools::table.select(max(tools::position)).get_result(conn)?;
    Ok(last.map_or(1, |last| last.saturating_add(1)))
}

/// One tool, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, listener: Listener, id: ToolId) -> QueryResult<Option<Tool>> {
    let query = tools::table
        .filter(tools::id.eq(id))
        .select(Tool::as_select())
        .into_boxed();
    for_listener!(query, tools, listener)
        .get_result(conn)
        .optional()
}

/// The tools that exist for the reader, in their order; those of one position in the order in which they were added.
///
/// # Errors
/// Database errors.
pub fn list(conn: &mut Conn, listener: Listener) -> QueryResult<Vec<Tool>> {
    let query = tools::table.select(Tool::as_select()).into_boxed();
    for_listener!(query, tools, listener)
        .order((tools::position.asc(), tools::id.asc()))
        .load(conn)
}
