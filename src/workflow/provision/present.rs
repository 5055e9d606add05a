//! What is there, as provisioning writes it down.

use std::collections::BTreeMap;

use diesel::QueryResult;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::record::LinePath;
use crate::db::Conn;
use crate::domain::calendar::CalendarShape;
use crate::domain::case::Priority;
use crate::domain::eligibility::Policy;
use crate::domain::ids::{CalendarId, LineId};
use crate::domain::reason::{Governance, Question};
use crate::domain::target::{Allowance, Grade, Ladder, TargetClock, TargetKind, TargetRow};
use crate::store::calendars::{self, CalendarRow};
use crate::store::lines::{self, Line, ROOT_NAME};
use crate::store::rules::{self, ReasonRow};
use crate::store::target_rules;

/// A record, as it is written.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Told {
    Calendar {
        #[serde(flatten)]
        shape: CalendarShape,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        default: bool,
    },
    LineOfBusiness {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        parent: Option<LinePath>,
        #[serde(skip_serializing_if = "Option::is_none")]
        calendar: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        root: bool,
    },
    EscalationReason {
        code: String,
        label: String,
        governed_by: Governance,
        questions: Vec<Question>,
        active: bool,
    },
    Policy {
        key: &'static str,
        value: String,
    },
    Target {
        kind: TargetKind,
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rank: Option<u8>,
        minutes: u32,
        clock: TargetClock,
    },
    Ladder(Ladder),
}

impl Told {
    /// A calendar.
    pub(super) fn calendar(row: &CalendarRow) -> QueryResult<Self> {
        Ok(Self::Calendar {
            shape: CalendarShape::from(row.calendar()?),
            default: row.is_default,
        })
    }

    /// A reason.
    pub(super) fn reason(row: &ReasonRow) -> Self {
        Self::EscalationReason {
            code: row.code.clone(),
            label: row.label.clone(),
            governed_by: row.governed_by,
            questions: row.questions.0.clone(),
            active: row.active,
        }
    }

    /// A policy.
    pub(super) fn policy(policy: &Policy, key: &'static str) -> Self {
        let value = policy.get(key).unwrap_or_default();
        Self::Policy { key, value }
    }

    /// How long the targets of a row have.
    pub(super) fn target(row: TargetRow, allowance: Allowance) -> Self {
        let (priority, rank) = match row.grade {
            Grade::Priority(priority) => (Some(priority), None),
            Grade::Rank(rank) => (None, Some(rank)),
        };
        Self::Target {
            kind: row.kind,
            priority,
            rank,
            minutes: allowance.minutes,
            clock: allowance.clock,
        }
    }

    /// Its fields, by which it is compared.
    pub(super) fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            // It is made of texts and numbers alone.
            _ => Map::new(),
        }
    }
}

/// The tree of lines, by names.
pub(super) struct Lines {
    rows: BTreeMap<LineId, Line>,
    calendars: BTreeMap<CalendarId, String>,
}

impl Lines {
    /// Reads it.
    pub(super) fn load(conn: &mut Conn) -> QueryResult<Self> {
        let rows = lines::all(conn)?.into_iter();
        let calendars = calendars::list(conn)?.into_iter();
        Ok(Self {
            rows: rows.map(|line| (line.id, line)).collect(),
            calendars: calendars.map(|row| (row.id, row.name)).collect(),
        })
    }

    /// All lines but the topmost.
    pub(super) fn below_root(&self) -> impl Iterator<Item = &Line> {
        self.rows.values().filter(|line| line.parent_id.is_some())
    }

    /// The names from right below the topmost line down to this one.
    pub(super) fn path(&self, line: &Line) -> Vec<String> {
        let mut names = Vec::new();
        let mut next = Some(line);
        // A tree has no more steps than lines; a cycle cannot be walked for ever.
        for _ in 0..=self.rows.len() {
            let Some(here) = next.filter(|here| here.parent_id.is_some()) else {
                break;
            };
            names.push(here.name.clone());
            next = here.parent_id.and_then(|id| self.rows.get(&id));
        }
        names.reverse();
        names
    }

    /// The line, as it is written.
    pub(super) fn told(&self, id: LineId) -> Option<Told> {
        let line = self.rows.get(&id)?;
        let calendar = line.calendar_id.and_then(|id| self.calendars.get(&id));
        let above = line.parent_id.and_then(|id| self.rows.get(&id));
        let above = above.filter(|above| above.parent_id.is_some());
        let parent = above.map(|above| {
            let mut called_so = self.below_root().filter(|other| other.name == above.name);
            match (called_so.next(), called_so.next()) {
                (Some(_), None) => LinePath::Name(above.name.clone()),
                _ => LinePath::Path(self.path(above)),
            }
        });
        Some(Told::LineOfBusiness {
            name: line.name.clone(),
            parent,
            calendar: calendar.cloned(),
            root: line.parent_id.is_none(),
        })
    }

    /// All lines, each before those below it; the topmost only if it is not as it was made.
    fn in_order(&self) -> Vec<Told> {
        let is_told = |line: &&Line| {
            line.parent_id.is_some() || line.calendar_id.is_some() || line.name != ROOT_NAME
        };
        let told = self.rows.values().filter(is_told);
        let mut told: Vec<(Vec<String>, LineId)> =
            told.map(|line| (self.path(line), line.id)).collect();
        told.sort();
        let told = told.into_iter();
        told.filter_map(|(_, id)| self.told(id)).collect()
    }
}

/// Everything, in an order in which it can be taken in.
fn all(conn: &mut Conn) -> QueryResult<Vec<Told>> {
    let calendars = calendars::list(conn)?;
    let calendars: QueryResult<Vec<Told>> = calendars.iter().map(Told::calendar).collect();
    let lines = Lines::load(conn)?.in_order();
    let reasons = rules::reasons(conn)?;
    let reasons = reasons.iter().map(Told::reason);
    let policy = rules::policy(conn)?;
    let policies = Policy::KEYS.iter().map(|key| Told::policy(&policy, key));
    let table = target_rules::table(conn)?;
    let targets = table.rows().map(|(row, it)| Told::target(row, it));
    let (ladder, _) = target_rules::ladder(conn)?;
    let all = calendars?.into_iter().chain(lines).chain(reasons);
    let all = all.chain(policies).chain(targets);
    Ok(all.chain([Told::Ladder(ladder)]).collect())
}

/// Everything as a file, one record a line.
pub(super) fn file(conn: &mut Conn) -> QueryResult<String> {
    let mut text = String::new();
    for told in all(conn)? {
        let line = serde_json::to_string(&told)
            .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// A number that differs for files that differ. It is small enough for every reader of JSON.
pub(super) fn version(conn: &mut Conn) -> QueryResult<i64> {
    let digest = Sha256::digest(file(conn)?);
    let shown = digest.iter().take(6);
    Ok(shown.fold(0, |number, byte| (number << 8) | i64::from(*byte)))
}
