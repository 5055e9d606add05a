//! How long each target has: rows that an administrator changes (M8).

use serde::{Deserialize, Serialize};

use super::{TargetClock, TargetKind};
use crate::domain::case::Priority;

/// The longest that a target may have, in minutes: a year.
pub const LONGEST_MINUTES: u32 = 366 * 24 * 60;

/// What decides how long a target has: the case's priority at submission, or the escalation's rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The case's priority when the escalation was submitted.
    Priority(Priority),
    /// The escalation's rank, 1 to 5 (M6).
    Rank(u8),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetRow {
    /// Which target.
    pub kind: TargetKind,
    /// For which escalations.
    pub grade: Grade,
}

/// How long a target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Minutes, from 1 to [`LONGEST_MINUTES`].
    pub minutes: u32,
    /// Which of them count.
    pub clock: TargetClock,
}

/// How long each target has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTable([Allowance; TargetRow::ALL.len()]);

impl TargetRow {
    /// Every row, in the order in which they are shown. A case of low priority is never escalated (E4).
    pub const ALL: [Self; 9] = [
        Self::of_priority(TargetKind::Claim, Priority::High),
        Self::of_priority(TargetKind::Claim, Priority::Medium),
        Self::of_priority(TargetKind::FirstReply, Priority::High),
        Self::of_priority(TargetKind::FirstReply, Priority::Medium),
        Self::of_rank(1),
        Self::of_rank(2),
        Self::of_rank(3),
        Self::of_rank(4),
        Self::of_rank(5),
    ];

    const fn of_priority(kind: TargetKind, priority: Priority) -> Self {
        Self {
            kind,
            grade: Grade::Priority(priority),
        }
    }

    const fn of_rank(rank: u8) -> Self {
        Self {
            kind: TargetKind::Update,
            grade: Grade::Rank(rank),
        }
    }

    /// The row of that kind and grade, if the table has it.
    pub fn named(kind: TargetKind, grade: Grade) -> Option<Self> {
        let row = Self { kind, grade };
        Self::ALL.contains(&row).then_some(row)
    }

    fn place(self) -> Option<usize> {
        Self::ALL.iter().position(|row| *row == self)
    }
}

const fn elapsed(minutes: u32) -> Allowance {
    Allowance {
        minutes,
        clock: TargetClock::Elapsed,
    }
}

const fn business(minutes: u32) -> Allowance {
    Allowance {
        minutes,
        clock: TargetClock::Business,
    }
}

impl Default for TargetTable {
    /// In the order of [`TargetRow::ALL`].
    fn default() -> Self {
        Self([
            elapsed(30),
            business(120),
            elapsed(120),
            business(480),
            elapsed(240),
            elapsed(480),
            business(480),
            business(960),
            business(1440),
        ])
    }
}

impl TargetTable {
    /// How long a target of this row has.
    pub fn of(&self, row: TargetRow) -> Option<Allowance> {
        row.place().map(|place| self.0[place])
    }

    /// How long the claim and the first reply have on a case that had this priority at submission, or the update on an
    /// escalation of this rank. An escalation that nobody has ranked yet is not owed an update.
    pub fn allowed(
        &self,
        kind: TargetKind,
        priority: Priority,
        rank: Option<u8>,
    ) -> Option<Allowance> {
        let grade = match kind {
            TargetKind::Claim | TargetKind::FirstReply => Grade::Priority(priority),
            TargetKind::Update => Grade::Rank(rank?),
        };
        self.of(TargetRow { kind, grade })
    }

    /// Gives the targets of a row this long.
    pub fn set(&mut self, row: TargetRow, allowance: Allowance) {
        if let Some(place) = row.place() {
            self.0[place] = allowance;
        }
    }

    /// Every row with how long it has.
    pub fn rows(&self) -> impl Iterator<Item = (TargetRow, Allowance)> {
        TargetRow::ALL.into_iter().zip(self.0)
    }
}
