//! Lines of business: added, moved, and whose groups read their cases (A4).

use std::collections::{BTreeMap, BTreeSet};

use super::administer::{By, refused, require, taken};
use super::bounds::may_open_lines;
use super::calendars::calendar_named;
use super::{Actor, Expected, Rejection, VerbResult, publish, targets, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::{AddedLine, AdministrativeEvent, Changed, LineFields};
use crate::domain::ids::{CalendarId, GroupId, LineId, PersonId};
use crate::domain::lines::{Loss, Misplaced, Reading};
use crate::domain::organization::Side;
use crate::domain::text::Title;
use crate::input::{Patch, input};
use crate::store::lines::{self, Line, LineChanges};
use crate::store::{access, cases, escalations, groups, organizations};

input! {
    /// A new line of business. It inherits who reads its cases.
    pub struct AddLine {
        /// Its name, unique among its siblings.
        name: Title,
        /// The line above, by id or name; the root if not given.
        parent: Option<String>,
        /// Its own calendar, by id or name; that of the line above if not given.
        calendar: Option<String>,
    }
}

/// Adds a line of business below another, or below the root.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`].
pub fn add_line(
    conn: &mut Conn,
    by: By<'_>,
    command: &AddLine,
    now: Instant,
) -> VerbResult<LineId> {
    require(by, Permission::LinesManage)?;
    lines::lock(conn)?;
    let name = &command.name;
    let parent = match &command.parent {
        None => lines::root(conn, now)?,
        Some(given) => {
            lines::named(conn, given)?
                .ok_or_else(|| refused("parent", "not_found", given))?
                .id
        }
    };
    let calendar = (command.calendar.as_ref())
        .map(|given| calendar_named(conn, given))
        .transpose()?;
    let id = lines::insert(conn, name.as_str(), Some(parent), calendar, now)
        .map_err(|error| taken(error, "name", name.as_str()))?;
    let added = AddedLine {
        name: name.to_string(),
        parent: Some(parent),
        calendar,
    };
    let event = AdministrativeEvent::LineAdded(id, added);
    publish::administrative(conn, by, event, now)?;
    Ok(id)
}

input! {
    /// Changes to a line of business.
    pub struct UpdateLine {
        /// Its name, unique among its siblings.
        name: Patch<Title>,
        /// The line above, by id or name.
        parent: Patch<String>,
        /// Its own calendar, by id or name; null for that of the line above.
        calendar: Patch<Option<String>>,
        /// The provider's access groups, by id or name, whose members read its cases; null for what holds for the line
        /// above. An empty list leaves those who may read every line.
        read_groups: Patch<Option<BTreeSet<String>>>,
        /// Whether the lines below lose grants of their own, so that this holds for all of them.
        apply_below: Option<bool>,
    }
}

/// What a change comes to, before anything is written.
struct Plan {
    changes: LineChanges,
    groups: Option<Option<BTreeSet<GroupId>>>,
    /// The lines below that lose grants of their own.
    overwritten: Vec<LineId>,
    /// Who reads what, before and after.
    before: Reading,
    after: Reading,
}

impl Plan {
    fn changes_nothing(&self) -> bool {
        self.changes == LineChanges::default()
            && self.groups.is_none()
            && self.overwritten.is_empty()
    }
}

/// Changes a line: its name, its place, its calendar, and who reads it. All lines below follow, unless they have grants of
/// their own.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `Field`.
pub fn update_line(
    conn: &mut Conn,
    by: By<'_>,
    id: LineId,
    expected: Expected<'_>,
    update: &UpdateLine,
    now: Instant,
) -> VerbResult<LineId> {
    let rows = lines::lock(conn)?;
    let line = found(&rows, id)?;
    require(by, Permission::LinesManage)?;
    unchanged(expected, line.version)?;
    let plan = plan(conn, &rows, line, update)?;
    may_open_lines(conn, by, plan.before.changed(&plan.after), now)?;
    // What is as it was is no change, and counts as none.
    if plan.changes_nothing() {
        return Ok(id);
    }
    lines::update(conn, id, &plan.changes).map_err(|error| {
        taken(
            error,
            "name",
            update.name.as_option().map_or("", Title::as_str),
        )
    })?;
    if let Some(groups) = &plan.groups {
        let none = BTreeSet::new();
        let by = by.map(Actor::id);
        lines::set_grants(conn, id, groups.as_ref().unwrap_or(&none), by, now)?;
    }
    for below in &plan.overwritten {
        lines::set_grants(conn, *below, &BTreeSet::new(), None, now)?;
    }
    lines::govern(conn, &rows, &plan.after.governing)?;
    let after_rows = lines::all(conn)?;
    let after_granted = lines::grants(conn)?;
    for changed in std::iter::once(&id).chain(&plan.overwritten) {
        let fields = Changed {
            before: fields(found(&rows, *changed)?, &plan.before.grants),
            after: fields(found(&after_rows, *changed)?, &after_granted),
        };
        let event = AdministrativeEvent::LineChanged(*changed, fields);
        publish::administrative(conn, by, event, now)?;
    }
    // Whose calendar a line follows, those below it do.
    if update.parent.is_set() || update.calendar.is_set() {
        let halted = targets::halt(conn)?;
        targets::reckon_all(conn, &halted, now)?;
    }
    Ok(id)
}

/// What a change of a line would mean for who sees what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foresight {
    /// What staff would no longer see.
    pub lost: Loss,
    /// What staff would see that they do not see now.
    pub gained: Loss,
    /// How many open cases and escalations would belong to somebody who no longer sees them.
    pub orphaned: usize,
    /// How many lines below would lose grants of their own.
    pub overwritten: usize,
}

/// What [`update_line`] would mean; nothing is written.
///
/// # Errors
/// As [`update_line`].
pub fn foresee(
    conn: &mut Conn,
    by: By<'_>,
    id: LineId,
    update: &UpdateLine,
    now: Instant,
) -> VerbResult<Foresight> {
    let rows = lines::all(conn)?;
    let line = found(&rows, id)?;
    require(by, Permission::LinesManage)?;
    let plan = plan(conn, &rows, line, update)?;
    let (before, after) = (&plan.before, &plan.after);
    may_open_lines(conn, by, before.changed(after), now)?;
    let staff = restricted_staff(conn, now)?;
    let people: Vec<BTreeSet<GroupId>> = staff.values().cloned().collect();
    let cases = lines::count_cases(conn)?;
    let loses = |person: PersonId, line: LineId| {
        staff
            .get(&person)
            .is_some_and(|groups| before.allows(line, groups) && !after.allows(line, groups))
    };
    let owned = cases::owners_by_line(conn)?
        .into_iter()
        .chain(escalations::owners_by_line(conn)?);
    Ok(Foresight {
        lost: before.lost(after, &people, &cases),
        gained: after.lost(before, &people, &cases),
        orphaned: owned.filter(|(person, line)| loses(*person, *line)).count(),
        overwritten: plan.overwritten.len(),
    })
}

/// The provider's people who see cases, but not those of every line, with the groups that they are in.
fn restricted_staff(
    conn: &mut Conn,
    now: Instant,
) -> VerbResult<BTreeMap<PersonId, BTreeSet<GroupId>>> {
    let Some(provider) = organizations::provider(conn)? else {
        return Ok(BTreeMap::new());
    };
    let holders = |conn: &mut Conn, permission| {
        access::holders(conn, provider.id, Side::Provider, permission, now)
    };
    let all = holders(conn, Permission::LinesReadAll)?;
    let mut staff: BTreeMap<PersonId, BTreeSet<GroupId>> = holders(conn, Permission::CasesView)?
        .into_iter()
        .filter(|person| !all.contains(person))
        .map(|person| (person, BTreeSet::new()))
        .collect();
    let ids: Vec<PersonId> = staff.keys().copied().collect();
    for (person, group, _) in groups::of_people(conn, &ids)? {
        staff.entry(person).or_default().insert(group);
    }
    Ok(staff)
}

fn found(rows: &[Line], id: LineId) -> Result<&Line, Rejection> {
    rows.iter()
        .find(|line| line.id == id)
        .ok_or(Rejection::NotFound)
}

fn plan(conn: &mut Conn, rows: &[Line], line: &Line, update: &UpdateLine) -> VerbResult<Plan> {
    let mut tree = lines::tree_of(rows);
    let mut changes = LineChanges {
        name: (update.name.as_option().map(ToString::to_string)).filter(|name| *name != line.name),
        ..LineChanges::default()
    };
    if let Some(given) = update.parent.as_option() {
        let parent = lines::named(conn, given)?
            .ok_or_else(|| refused("parent", "not_found", given))?
            .id;
        if Some(parent) != line.parent_id {
            tree.place(line.id, parent).map_err(|misplaced| {
                let code = match misplaced {
                    Misplaced::Unknown => "not_found",
                    Misplaced::Root => "is_root",
                    Misplaced::Cycle => "below_itself",
                };
                refused("parent", code, given)
            })?;
            changes.parent_id = Some(parent);
        }
    }
    if let Some(calendar) = update.calendar.as_option() {
        let calendar: Option<CalendarId> = calendar
            .as_ref()
            .map(|given| calendar_named(conn, given))
            .transpose()?;
        changes.calendar_id = Some(calendar).filter(|calendar| *calendar != line.calendar_id);
    }
    let groups = match update.read_groups.as_option() {
        None => None,
        Some(None) => Some(None),
        Some(Some(named)) => Some(Some(readers_named(conn, named)?)),
    };
    if let Some(groups) = &groups {
        tree.set_own(line.id, groups.is_some());
    }
    let overwritten = if update.apply_below == Some(true) {
        tree.apply_below(line.id)
    } else {
        Vec::new()
    };
    let before = lines::reading(conn)?;
    let own = line
        .is_restricted_itself()
        .then(|| before.grants.get(&line.id).cloned().unwrap_or_default());
    let groups = groups.filter(|groups| *groups != own);
    let mut after = Reading {
        governing: tree.governing(),
        grants: before.grants.clone(),
    };
    if let Some(groups) = &groups {
        after
            .grants
            .insert(line.id, groups.clone().unwrap_or_default());
    }
    Ok(Plan {
        changes,
        groups,
        overwritten,
        before,
        after,
    })
}

/// Only the provider's own groups read lines; another's does not exist here.
fn readers_named(conn: &mut Conn, named: &BTreeSet<String>) -> VerbResult<BTreeSet<GroupId>> {
    let provider = organizations::provider(conn)?.ok_or(Rejection::NotFound)?;
    let mut found = BTreeSet::new();
    for name in named {
        let group = groups::named(conn, provider.id, name)?
            .ok_or_else(|| refused("read_groups", "not_found", name))?;
        found.insert(group.id);
    }
    Ok(found)
}

fn fields(line: &Line, grants: &BTreeMap<LineId, BTreeSet<GroupId>>) -> LineFields {
    let own = line
        .is_restricted_itself()
        .then(|| grants.get(&line.id).cloned().unwrap_or_default());
    LineFields {
        line: AddedLine {
            name: line.name.clone(),
            parent: line.parent_id,
            calendar: line.calendar_id,
        },
        read_groups: own,
    }
}
