//! Filters are saved, changed and removed. Whether a query is one of the list is asked where it is read.

use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::event::{AdministrativeEvent, Changed, SharedFilterFields};
use crate::domain::ids::SavedFilterId;
use crate::domain::saved_filter::{FilteredList, MOST_OWN, may_change, may_share};
use crate::domain::text::{FilterQuery, Title};
use crate::input::input;
use crate::store::saved_filters::{self, FilterChanges, NewFilter, SavedFilter};

input! {
    /// A filter to save.
    pub struct SaveFilter {
        /// What it is called.
        name: Title,
        /// Which list it narrows.
        list: FilteredList,
        /// What it narrows the list to: the query of the list's page, such as `status=open&owner=me`.
        query: FilterQuery,
        /// Whether everybody in your organization has it; yourself alone, if left out.
        shared: Option<bool>,
    }
}

input! {
    /// What changes of a saved filter; what is left out stays.
    pub struct ChangeFilter {
        /// What it is called.
        name: Option<Title>,
        /// The query of the list's page.
        query: Option<FilterQuery>,
        /// Whether everybody in your organization has it.
        shared: Option<bool>,
    }
}

/// Saves a filter whose query is the list's own.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`] if there are too many.
pub fn save(
    conn: &mut Conn,
    actor: &Actor,
    command: &SaveFilter,
    query: &str,
    now: Instant,
) -> VerbResult<SavedFilterId> {
    actor.require(command.list.permission())?;
    let shared = command.shared == Some(true);
    if shared {
        may_share(&actor.access).map_err(Rejection::from)?;
    }
    if saved_filters::count_own(conn, &actor.access)? >= MOST_OWN {
        return Err(Rejection::Field {
            field: "name",
            code: "too_many_filters",
            given: command.name.to_string(),
        }
        .into());
    }
    let new = NewFilter {
        organization: actor.access.organization,
        person: actor.id(),
        list: command.list,
        name: command.name.as_str(),
        query,
        shared,
    };
    let id = saved_filters::insert(conn, new, now)?;
    let saved = saved_filters::find(conn, &actor.access, id)?;
    audit(conn, actor, (None, saved.as_ref()), now)?;
    Ok(id)
}

/// Changes a filter; its query, where one is given, is the list's own.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`.
pub fn change(
    conn: &mut Conn,
    actor: &Actor,
    (id, expected): (SavedFilterId, Expected<'_>),
    (command, query): (&ChangeFilter, Option<&str>),
    now: Instant,
) -> VerbResult<SavedFilter> {
    let before = found(conn, actor, id)?;
    let becomes_shared = command.shared.unwrap_or(before.shared);
    let sharing = (before.shared, becomes_shared);
    may_change(&actor.access, before.person_id, sharing).map_err(Rejection::from)?;
    unchanged(expected, before.version)?;
    let changes = FilterChanges {
        name: command.name.as_ref().map(Title::to_string),
        query: query.map(str::to_owned),
        shared: command.shared,
    };
    let is_new = |new: &Option<String>, old: &str| new.as_ref().is_some_and(|new| new != old);
    let changes_something = is_new(&changes.name, &before.name)
        || is_new(&changes.query, &before.query)
        || sharing.0 != sharing.1;
    if !changes_something {
        return Ok(before);
    }
    let written = saved_filters::update(conn, (id, before.version), &changes, now)?;
    settled(written, expected)?;
    // Whoever takes it back from the others, and is not who saved it, does not see it any more.
    let after = SavedFilter {
        name: changes.name.unwrap_or_else(|| before.name.clone()),
        query: changes.query.unwrap_or_else(|| before.query.clone()),
        shared: becomes_shared,
        version: before.version + 1,
        ..before.clone()
    };
    audit(conn, actor, (Some(&before), Some(&after)), now)?;
    Ok(after)
}

/// Removes a filter; gives its name.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn remove(
    conn: &mut Conn,
    actor: &Actor,
    id: SavedFilterId,
    now: Instant,
) -> VerbResult<SavedFilter> {
    let before = found(conn, actor, id)?;
    let sharing = (before.shared, before.shared);
    may_change(&actor.access, before.person_id, sharing).map_err(Rejection::from)?;
    if !saved_filters::remove(conn, id)? {
        return Err(Rejection::NotFound.into());
    }
    audit(conn, actor, (Some(&before), None), now)?;
    Ok(before)
}

/// Says what became of a filter for those who share it; of one that is its owner's alone, nothing is said.
fn audit(
    conn: &mut Conn,
    actor: &Actor,
    (before, after): (Option<&SavedFilter>, Option<&SavedFilter>),
    now: Instant,
) -> VerbResult<()> {
    let fields = |filter: &SavedFilter| SharedFilterFields {
        name: filter.name.clone(),
        href: filter.href(),
    };
    let before = before.filter(|filter| filter.shared);
    let after = after.filter(|filter| filter.shared);
    let event = match (before, after) {
        (None, None) => return Ok(()),
        (None, Some(new)) => {
            AdministrativeEvent::SharedFilterAdded(new.organization_id, new.id, fields(new))
        }
        (Some(old), None) => {
            AdministrativeEvent::SharedFilterRemoved(old.organization_id, old.id, fields(old))
        }
        (Some(old), Some(new)) => {
            let changed = Changed {
                before: fields(old),
                after: fields(new),
            };
            AdministrativeEvent::SharedFilterChanged(new.organization_id, new.id, changed)
        }
    };
    publish::administrative(conn, actor, event, now)
}

fn found(conn: &mut Conn, actor: &Actor, id: SavedFilterId) -> VerbResult<SavedFilter> {
    let found = saved_filters::find(conn, &actor.access, id)?;
    Ok(found.ok_or(Rejection::NotFound)?)
}
