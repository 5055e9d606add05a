//! Somebody chooses which columns of a list they see.

use super::{Actor, Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::list_columns::Columns;
use crate::domain::saved_filter::FilteredList;
use crate::input::input;
use crate::store::list_columns;

input! {
    /// Which columns of a list are shown.
    pub struct ChooseColumns {
        /// Of which list.
        list: FilteredList,
        /// Their names; the one that names the row stays in any case. Null for those that everybody sees at first.
        columns: Option<Vec<String>>,
    }
}

/// The columns of a list that somebody sees where nothing else is asked for.
///
/// # Errors
/// Database errors.
pub fn chosen(conn: &mut Conn, actor: &Actor, list: FilteredList) -> VerbResult<Columns> {
    let kept = list_columns::of_person(conn, actor.id(), list)?;
    Ok(match kept {
        Some(text) => Columns::kept(list, actor.side(), &text),
        None => Columns::at_first(list, actor.side()),
    })
}

/// Keeps which columns of a list somebody sees; gives them. It is a matter of their own, and so nothing of it is recorded.
///
/// # Errors
/// [`Rejection::Denied`] if the list is none of theirs, `Parts` naming a column that it does not have for them.
pub fn choose(
    conn: &mut Conn,
    actor: &Actor,
    command: &ChooseColumns,
    now: Instant,
) -> VerbResult<Columns> {
    let list = command.list;
    actor.require(list.permission())?;
    let Some(names) = &command.columns else {
        list_columns::set(conn, (actor.id(), list), None, now)?;
        return Ok(Columns::at_first(list, actor.side()));
    };
    let columns = Columns::named(list, actor.side(), names.iter().map(String::as_str));
    let columns = columns.map_err(|unknown| {
        let index = names.iter().position(|name| *name == unknown.given);
        let at = format!("columns[{}]", index.unwrap_or_default());
        Rejection::Parts(vec![(at, "unknown_column", unknown.known.join(", "))])
    })?;
    list_columns::set(conn, (actor.id(), list), Some(&columns.text()), now)?;
    Ok(columns)
}
