//! Records taken in one after the other, by the verbs of administrators.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::present::{Lines, Told};
use super::record::{Line, LinePath, LineRecord, Provisioning, ReasonRecord, Record};
use super::{FieldChange, Outcome, What, Why};
use crate::db::{Conn, in_savepoint};
use crate::domain::Instant;
use crate::domain::ids::LineId;
use crate::input::Patch;
use crate::store::{calendars, lines, rules, target_rules};
use crate::workflow::administer::refused;
use crate::workflow::calendars::{WriteCalendar, add_calendar, replace_calendar};
use crate::workflow::lines::{AddLine, UpdateLine, add_line, update_line};
use crate::workflow::policies::set_policies;
use crate::workflow::reasons::{AddReason, ReplaceReason, add_reason, replace_reason};
use crate::workflow::target_rules::{SetTargets, set_ladder, set_targets};
use crate::workflow::{Actor, VerbError, VerbResult};

/// What a record came to: how its thing was told of before, if it was there, and how it is now.
type Both = (Option<Map<String, Value>>, Map<String, Value>);

/// Takes all records in, in the order of the file; one that is refused changes nothing.
///
/// # Errors
/// Database errors.
pub(super) fn all(
    conn: &mut Conn,
    actor: &Actor,
    file: &Provisioning,
    now: Instant,
) -> VerbResult<Vec<Outcome>> {
    let taking = Taking {
        by: Some(actor),
        now,
        named: Named::of(file),
    };
    let outcome = |line: &Line| {
        let what = match &line.record {
            Err(errors) => What::Refused(Why::Unreadable(errors.clone())),
            Ok(record) => match in_savepoint(conn, |conn| taking.take(conn, line.number, record)) {
                Ok((before, after)) => compared(before, &after),
                Err(VerbError::Database(error)) => return Err(VerbError::Database(error)),
                Err(refusal) => What::Refused(Why::Rejected(refusal)),
            },
        };
        Ok(Outcome {
            line: line.number,
            kind: line.kind,
            name: line.name.clone(),
            what,
        })
    };
    file.lines.iter().map(outcome).collect()
}

fn compared(before: Option<Map<String, Value>>, after: &Map<String, Value>) -> What {
    let none = Map::new();
    let was = before.as_ref().unwrap_or(&none);
    let fields: BTreeSet<&String> = was.keys().chain(after.keys()).collect();
    let of = |fields: &Map<String, Value>, field: &str| {
        fields.get(field).cloned().unwrap_or(Value::Null)
    };
    let change = |field: &String| FieldChange {
        field: field.clone(),
        before: of(was, field),
        after: of(after, field),
    };
    let changes: Vec<FieldChange> = fields
        .into_iter()
        .filter(|field| *field != "type")
        .map(change)
        .filter(|change| change.before != change.after)
        .collect();
    match (before, changes.is_empty()) {
        (None, _) => What::New(changes),
        (Some(_), true) => What::Unchanged,
        (Some(_), false) => What::Changed(changes),
    }
}

/// What the file itself names, and on which line.
struct Named<'a> {
    calendars: HashMap<&'a str, usize>,
    lines: HashMap<&'a str, Vec<(usize, Option<&'a LinePath>)>>,
}

impl<'a> Named<'a> {
    fn of(file: &'a Provisioning) -> Self {
        let mut named = Self {
            calendars: HashMap::new(),
            lines: HashMap::new(),
        };
        for line in &file.lines {
            match &line.record {
                Ok(Record::Calendar(calendar)) => {
                    named.calendars.insert(&calendar.name, line.number);
                }
                Ok(Record::Line(record)) => {
                    let lines = named.lines.entry(record.name.as_str()).or_default();
                    lines.push((line.number, record.parent.as_ref()));
                }
                _ => {}
            }
        }
        named
    }

    /// Whether a line called `above` stands below one called `name`, as the file has it.
    fn is_below(&self, above: &str, name: &str) -> bool {
        let mut above = above;
        for _ in 0..=self.lines.len() {
            if above == name {
                return true;
            }
            let parent = self.lines.get(above).and_then(|lines| lines.first());
            match parent {
                Some((_, Some(LinePath::Name(parent)))) => above = parent,
                _ => return false,
            }
        }
        false
    }
}

/// Who takes a file in, and what it names.
struct Taking<'a> {
    by: Option<&'a Actor>,
    now: Instant,
    named: Named<'a>,
}

impl Taking<'_> {
    fn take(&self, conn: &mut Conn, number: usize, record: &Record) -> VerbResult<Both> {
        let (by, now) = (self.by, self.now);
        match record {
            Record::Calendar(record) => self.calendar(conn, record),
            Record::Line(record) => self.line(conn, number, record),
            Record::Reason(record) => self.reason(conn, record),
            Record::Policy(key, set) => {
                let told = |conn: &mut Conn| -> VerbResult<_> {
                    let policy = rules::policy(conn)?;
                    Ok(Told::policy(&policy, key).fields())
                };
                let before = told(conn)?;
                set_policies(conn, by, None, set, now)?;
                Ok((Some(before), told(conn)?))
            }
            Record::Target(record) => {
                let row = record
                    .row()
                    .map_err(|(field, code)| refused(field, code, ""))?;
                let told = |conn: &mut Conn| -> VerbResult<_> {
                    let allowance = target_rules::table(conn)?.of(row);
                    let told = allowance.map(|it| Told::target(row, it).fields());
                    Ok(told.unwrap_or_default())
                };
                let before = told(conn)?;
                let items = vec![record.clone()];
                set_targets(conn, by, None, &SetTargets { items }, now)?;
                Ok((Some(before), told(conn)?))
            }
            Record::Ladder(record) => {
                let told = |conn: &mut Conn| -> VerbResult<_> {
                    Ok(Told::Ladder(target_rules::ladder(conn)?.0).fields())
                };
                let before = told(conn)?;
                set_ladder(conn, by, None, record, now)?;
                Ok((Some(before), told(conn)?))
            }
        }
    }

    fn calendar(&self, conn: &mut Conn, record: &WriteCalendar) -> VerbResult<Both> {
        let (by, now) = (self.by, self.now);
        let (calendar, default) = (record.calendar()?, record.makes_default());
        let there = calendars::by_name(conn, calendar.name())?;
        let before = there.as_ref().map(Told::calendar).transpose()?;
        let id = match there {
            None => add_calendar(conn, by, &calendar, default, now)?,
            Some(row) => replace_calendar(conn, by, row.id, None, &calendar, default, now)?,
        };
        let row = calendars::find(conn, id)?.ok_or(diesel::result::Error::NotFound)?;
        let before = before.map(|told| told.fields());
        Ok((before, Told::calendar(&row)?.fields()))
    }

    fn reason(&self, conn: &mut Conn, record: &ReasonRecord) -> VerbResult<Both> {
        let (by, now) = (self.by, self.now);
        let code = record.code.as_str();
        let before = rules::reason(conn, code)?;
        if before.is_none() {
            let add = AddReason {
                code: record.code.clone(),
                label: record.label.clone(),
                governed_by: record.governed_by,
                questions: record.questions.clone(),
            };
            add_reason(conn, by, &add, now)?;
        }
        let replace = ReplaceReason {
            label: record.label.clone(),
            governed_by: record.governed_by,
            questions: Patch::Set(record.questions.clone().unwrap_or_default()),
            active: Some(record.active.unwrap_or(true)),
            code: None,
            version: None,
        };
        replace_reason(conn, by, &record.code, None, &replace, now)?;
        let after = rules::reason(conn, code)?.ok_or(diesel::result::Error::NotFound)?;
        let before = before.map(|row| Told::reason(&row).fields());
        Ok((before, Told::reason(&after).fields()))
    }

    fn line(&self, conn: &mut Conn, number: usize, record: &LineRecord) -> VerbResult<Both> {
        let (by, now, name) = (self.by, self.now, record.name.as_str());
        let calendar = self.calendar_of(conn, number, record)?;
        let root = lines::root(conn, now)?;
        let tree = Lines::load(conn)?;
        let is_root = record.root == Some(true);
        let (parent, there) = match (&record.parent, is_root) {
            (Some(_), true) => return Err(refused("parent", "is_root", "").into()),
            (None, true) => (None, Some(root)),
            (parent, false) => {
                let parent = match parent {
                    None => root,
                    Some(path) => self.parent_of(&tree, number, name, path)?,
                };
                (Some(parent), self.line_there(&tree, parent, name))
            }
        };
        let before = there.and_then(|id| tree.told(id));
        let id = match there {
            None => {
                let add = AddLine {
                    name: record.name.clone(),
                    parent: parent.map(|id| id.to_string()),
                    calendar,
                };
                add_line(conn, by, &add, now)?
            }
            Some(id) => {
                let update = UpdateLine {
                    name: Patch::Set(record.name.clone()),
                    parent: parent.map_or(Patch::Keep, |id| Patch::Set(id.to_string())),
                    calendar: Patch::Set(calendar),
                    read_groups: Patch::Keep,
                    apply_below: None,
                };
                update_line(conn, by, id, None, &update, now)?
            }
        };
        let after = Lines::load(conn)?.told(id);
        let after = after.ok_or(diesel::result::Error::NotFound)?;
        Ok((before.map(|told| told.fields()), after.fields()))
    }

    /// The calendar that a line's record names, by its id.
    fn calendar_of(
        &self,
        conn: &mut Conn,
        number: usize,
        record: &LineRecord,
    ) -> VerbResult<Option<String>> {
        let Some(name) = &record.calendar else {
            return Ok(None);
        };
        if let Some(row) = calendars::by_name(conn, name)? {
            return Ok(Some(row.id.to_string()));
        }
        let comes = self.named.calendars.get(name.as_str());
        let code = match comes.is_some_and(|line| *line > number) {
            true => "comes_later",
            false => "not_found",
        };
        Err(refused("calendar", code, name).into())
    }

    /// The line above the one called `name`.
    fn parent_of(
        &self,
        tree: &Lines,
        number: usize,
        name: &str,
        path: &LinePath,
    ) -> VerbResult<LineId> {
        let called_so: Vec<LineId> = match path {
            LinePath::Name(above) => {
                let called_so = tree.below_root().filter(|line| line.name == *above);
                called_so.map(|line| line.id).collect()
            }
            LinePath::Path(names) => {
                let there = tree.below_root().filter(|line| tree.path(line) == *names);
                there.map(|line| line.id).collect()
            }
        };
        if let [one] = called_so[..] {
            return Ok(one);
        }
        let (LinePath::Name(above), true) = (path, called_so.is_empty()) else {
            let code = if called_so.is_empty() {
                "not_found"
            } else {
                "ambiguous"
            };
            return Err(refused("parent", code, "").into());
        };
        let mut named = self.named.lines.get(above.as_str()).into_iter().flatten();
        let code = match named.any(|(line, _)| *line > number) {
            _ if self.named.is_below(above, name) => "below_itself",
            true => "comes_later",
            false => "not_found",
        };
        Err(refused("parent", code, above).into())
    }

    /// The line that a record means: the one of its name below its parent, or else the only one of its name, which moves there.
    fn line_there(&self, tree: &Lines, parent: LineId, name: &str) -> Option<LineId> {
        let called_so: Vec<_> = tree.below_root().filter(|line| line.name == name).collect();
        let here = called_so.iter().find(|line| line.parent_id == Some(parent));
        let is_only = self
            .named
            .lines
            .get(name)
            .is_none_or(|told| told.len() == 1);
        match (here, &called_so[..]) {
            (Some(here), _) => Some(here.id),
            (None, [one]) if is_only => Some(one.id),
            (None, _) => None,
        }
    }
}
