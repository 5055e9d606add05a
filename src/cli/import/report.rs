//! What came of an import: how much of each kind was loaded, was there already, or was refused, and why.

use std::fmt;

use serde::Serialize;

use crate::cli::refusal;
use crate::db::DbError;
use crate::domain::closed_enum;
use crate::workflow::{Rejection, VerbError};

closed_enum! {
    /// What an import counts.
    pub enum Kind {
        /// Organizations.
        Organization = "organizations",
        /// Business calendars.
        Calendar = "calendars",
        /// Lines of business.
        LineOfBusiness = "lines_of_business",
        /// People.
        Person = "people",
        /// Cases.
        Case = "cases",
        /// Feed entries of cases.
        Entry = "feed_entries",
        /// Incidents of a log: each one a case.
        Incident = "incidents",
        /// Events of a log: each one a row.
        Event = "events",
        /// Lines that do not say what they are.
        Line = "unreadable_lines",
    }
}

/// How much of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Loaded now.
    pub loaded: u64,
    /// Loaded before.
    pub already_there: u64,
    /// Not loaded.
    pub refused: u64,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The path of the field, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong with it, in words.
    pub reason: String,
}

impl Fault {
    /// Something about a field.
    pub fn of(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            reason: reason.into(),
        }
    }

    /// Something about the line as a whole.
    pub fn line(reason: impl Into<String>) -> Self {
        Self {
            field: None,
            reason: reason.into(),
        }
    }
}

/// A line that was not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Its number, counted from 1.
    pub line: u64,
    /// What it would have been.
    pub record: Kind,
    /// Everything that is wrong with it.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        for (index, fault) in self.faults.iter().enumerate() {
            f.write_str(if index == 0 { ": " } else { "; " })?;
            if let Some(field) = &fault.field {
                write!(f, "{field}: ")?;
            }
            f.write_str(&fault.reason)?;
        }
        Ok(())
    }
}

/// A person or an organization that was added under a name in addresses from which its own cannot be read back, so that
/// names that differ stay apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MadeUp {
    /// The line that names it first.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// The e-mail address or the slug that it got.
    pub called: String,
}

impl fmt::Display for MadeUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, name, called } = self;
        write!(
            f,
            "line {line}: “{name}” is added as {called}: the end of it tells this name from others that look like it"
        )
    }
}

/// Why a record was not loaded.
#[derive(Debug)]
pub enum Unloaded {
    /// It is wrong, or does not fit what is there: its line is refused and the rest goes on.
    Refused(Vec<Fault>),
    /// The database did not do its part: the import ends.
    Database(DbError),
}

impl From<Fault> for Unloaded {
    fn from(fault: Fault) -> Self {
        Self::Refused(vec![fault])
    }
}

impl From<DbError> for Unloaded {
    fn from(error: DbError) -> Self {
        // Somebody else may have added the same at the same time: then it is this line's misfortune only.
        match error.violated_constraint() {
            Some(constraint) => {
                Fault::line(format!("the database refuses it: {constraint}")).into()
            }
            None => Self::Database(error),
        }
    }
}

impl From<diesel::result::Error> for Unloaded {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<VerbError> for Unloaded {
    fn from(failed: VerbError) -> Self {
        match failed {
            VerbError::Rejected(refused) => {
                let (field, mut reason) = refusal::said(&refused);
                if matches!(
                    refused,
                    Rejection::Field {
                        code: "not_found",
                        ..
                    }
                ) {
                    reason.push_str("; a line refers to earlier ones");
                }
                Fault {
                    field: field.map(str::to_owned),
                    reason,
                }
                .into()
            }
            VerbError::Database(error) => error.into(),
            VerbError::Calendar(error) => Fault::line(error.to_string()).into(),
        }
    }
}

/// What came of an import.
#[derive(Clone, Debug, Default)]
pub struct Report {
    tallies: Vec<(Kind, Tally)>,
    refusals: Vec<Refusal>,
    made_up: Vec<MadeUp>,
}

impl Report {
    /// A report that counts `kinds`, in this order; others appear when there is something to count.
    pub fn on(kinds: &[Kind]) -> Self {
        Self {
            tallies: kinds.iter().map(|kind| (*kind, Tally::default())).collect(),
            refusals: Vec::new(),
            made_up: Vec::new(),
        }
    }

    /// Counts what was loaded.
    pub fn loaded(&mut self, kind: Kind, count: u64) {
        self.tally_mut(kind).loaded += count;
    }

    /// Counts what was there already.
    pub fn already_there(&mut self, kind: Kind, count: u64) {
        self.tally_mut(kind).already_there += count;
    }

    /// Counts and keeps what was refused.
    pub fn refused(&mut self, refusal: Refusal) {
        self.tally_mut(refusal.record).refused += 1;
        self.refusals.push(refusal);
    }

    /// Counts what was refused along with lines that say so themselves.
    pub fn count_refused(&mut self, kind: Kind, count: u64) {
        self.tally_mut(kind).refused += count;
    }

    fn tally_mut(&mut self, kind: Kind) -> &mut Tally {
        let at = match self.tallies.iter().position(|(of, _)| *of == kind) {
            Some(at) => at,
            None => {
                self.tallies.push((kind, Tally::default()));
                self.tallies.len() - 1
            }
        };
        &mut self.tallies[at].1
    }

    /// How much of a kind.
    pub fn tally(&self, kind: Kind) -> Tally {
        self.tallies
            .iter()
            .find(|(of, _)| *of == kind)
            .map(|(_, tally)| *tally)
            .unwrap_or_default()
    }

    /// Whether there was nothing in the file: nothing new, nothing known, and nothing wrong.
    pub fn is_empty(&self) -> bool {
        let counted = |tally: &Tally| tally.loaded + tally.already_there + tally.refused;
        self.tallies.iter().all(|(_, tally)| counted(tally) == 0)
    }

    /// The lines that were refused, in the order in which that was found.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// Keeps what was added under a name that cannot be read back.
    pub fn made_up(&mut self, made_up: MadeUp) {
        self.made_up.push(made_up);
    }

    /// Who and what was added under a name that cannot be read back.
    pub fn names_made_up(&self) -> &[MadeUp] {
        &self.made_up
    }

    /// The report for programs.
    pub fn json(&self, file: &str, seconds: f64) -> serde_json::Value {
        let counts: serde_json::Map<_, _> = self
            .tallies
            .iter()
            .map(|(kind, tally)| (kind.to_string(), serde_json::json!(tally)))
            .collect();
        serde_json::json!({"file": file, "seconds": seconds, "counts": counts, "refused": self.refusals,
            "made_up": self.made_up})
    }
}

impl fmt::Display for Report {
    /// The table for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<18} {:>10} {:>14} {:>8}",
            "", "loaded", "already there", "refused"
        )?;
        for (kind, tally) in &self.tallies {
            write!(
                f,
                "\n{:<18} {:>10} {:>14} {:>8}",
                kind.as_str().replace('_', " "),
                tally.loaded,
                tally.already_there,
                tally.refused
            )?;
        }
        Ok(())
    }
}
