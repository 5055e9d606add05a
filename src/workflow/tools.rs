//! Tools and care apps: links that are added, changed and removed (H1).

use super::audience::{ForWhom, audience, fields as audience_fields, patched};
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audience::Audience;
use crate::domain::event::{AdministrativeEvent, Changed, ToolFields};
use crate::domain::ids::ToolId;
use crate::domain::text::{Note, Title, WebLink};
use crate::input::{Patch, Whole, input};
use crate::store::audiences::{self, Listener};
use crate::store::tools::{self, Tool, ToolRow};

/// Where a tool stands among the others.
pub type Position = Whole<1, 9_999>;

input! {
    /// A new tool.
    pub struct AddTool {
        /// What it is called.
        title: Title,
        /// What it is for, in Markdown.
        description: Option<Note>,
        /// Where it is: a link that begins with `https://`.
        href: WebLink,
        /// For whom it is.
        audience: ForWhom,
        /// Where it stands among the others; behind them if not given.
        position: Option<Position>,
    }
}

input! {
    /// Changes to a tool.
    pub struct UpdateTool {
        /// What it is called.
        title: Patch<Title>,
        /// What it is for, in Markdown; `null` says nothing.
        description: Patch<Option<Note>>,
        /// Where it is: a link that begins with `https://`.
        href: Patch<WebLink>,
        /// For whom it is.
        audience: Patch<ForWhom>,
        /// Where it stands among the others.
        position: Patch<Position>,
    }
}

/// Adds a tool.
///
/// # Errors
/// [`Rejection::Denied`], `Field`, `Parts`.
pub fn add_tool(
    conn: &mut Conn,
    actor: &Actor,
    command: &AddTool,
    now: Instant,
) -> VerbResult<ToolId> {
    actor.require(Permission::ToolsManage)?;
    let audience = audience(conn, actor, &command.audience)?;
    let position = match command.position {
        Some(position) => position.get(),
        None => tools::last_position(conn)?.min(Position::MAX.get()),
    };
    let row = ToolRow {
        title: command.title.as_str(),
        description: command.description.as_ref().map(Note::as_str),
        href: command.href.as_str(),
        audience: &audience,
        position,
    };
    let id = tools::insert(conn, &row, now)?;
    let event = AdministrativeEvent::ToolAdded(id, fields(&row));
    publish::administrative(conn, actor, event, now)?;
    Ok(id)
}

/// Changes a tool.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, `Parts`.
pub fn update_tool(
    conn: &mut Conn,
    actor: &Actor,
    id: ToolId,
    expected: Expected<'_>,
    command: &UpdateTool,
    now: Instant,
) -> VerbResult<ToolId> {
    let before = kept(conn, actor, id)?;
    unchanged(expected, before.version)?;
    let was = audiences::of(conn, id, before.audience)?;
    let audience = patched(conn, actor, &was, &command.audience)?;
    let row = ToolRow {
        title: (command.title.as_option()).map_or(&before.title, Title::as_str),
        description: match &command.description {
            Patch::Keep => before.description.as_deref(),
            Patch::Set(description) => description.as_ref().map(Note::as_str),
        },
        href: (command.href.as_option()).map_or(&before.href, WebLink::as_str),
        audience: &audience,
        position: (command.position.as_option()).map_or(before.position, |one| one.get()),
    };
    let changed = Changed {
        before: fields(&row_of(&before, &was)),
        after: fields(&row),
    };
    if changed.before == changed.after {
        return Ok(id);
    }
    settled(tools::update(conn, &before, &row)?, expected)?;
    let event = AdministrativeEvent::ToolChanged(id, changed);
    publish::administrative(conn, actor, event, now)?;
    Ok(id)
}

/// Removes a tool.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`.
pub fn delete_tool(
    conn: &mut Conn,
    actor: &Actor,
    id: ToolId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<()> {
    let before = kept(conn, actor, id)?;
    unchanged(expected, before.version)?;
    let was = audiences::of(conn, id, before.audience)?;
    settled(tools::delete(conn, &before)?, expected)?;
    let event = AdministrativeEvent::ToolRemoved(id, fields(&row_of(&before, &was)));
    publish::administrative(conn, actor, event, now)
}

/// A tool that the actor may change.
fn kept(conn: &mut Conn, actor: &Actor, id: ToolId) -> VerbResult<Tool> {
    let listener = Listener::of(conn, &actor.access, Permission::ToolsManage)?;
    let found = tools::find(conn, listener, id)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::ToolsManage)?;
    Ok(found)
}

fn row_of<'a>(tool: &'a Tool, audience: &'a Audience) -> ToolRow<'a> {
    ToolRow {
        title: &tool.title,
        description: tool.description.as_deref(),
        href: &tool.href,
        audience,
        position: tool.position,
    }
}

fn fields(row: &ToolRow<'_>) -> ToolFields {
    ToolFields {
        title: row.title.to_owned(),
        description: row.description.map(str::to_owned),
        href: row.href.to_owned(),
        audience: audience_fields(row.audience),
        position: row.position,
    }
}
