//! Duty: who is there for escalations at an instant, and whose turn it is (M4, M8).
//!
//! A roster is weekly shifts, each in its own time zone, and absences, in which somebody else takes the shifts over.

mod check;
mod outlook;
mod shift;

use std::collections::BTreeSet;

use crate::domain::Instant;
use crate::domain::closed_enum;
use crate::domain::ids::PersonId;

pub use check::{RosterFault, RosterPart};
pub use outlook::DutyOutlook;
pub use shift::{ClockTime, MalformedClockTime, Shift, Weekday};

closed_enum! {
    /// How an escalation gets its owner.
    pub enum Assignment as "DutyAssignment" {
        /// Somebody claims it, or a supervisor assigns it.
        Manual = "manual",
        /// Whose turn it is of those on duty gets it when it is submitted.
        Rotation = "rotation",
    }
}

/// A time in which somebody is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Who.
    pub person: PersonId,
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
    /// Who takes their shifts meanwhile; nobody if none.
    pub cover: Option<PersonId>,
}

/// Who is there when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// The shifts.
    pub shifts: Vec<Shift>,
    /// The absences.
    pub absences: Vec<Absence>,
}

impl Absence {
    /// Whether it is at that instant.
    pub fn is_at(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }
}

impl Roster {
    /// Who is on duty, each once, in the order of the shifts. Somebody who is away is stood in for by their cover, who need
    /// have no shift; where that one is away too, by theirs, and so on.
    pub fn on_duty(&self, at: Instant) -> Vec<PersonId> {
        let mut seen = BTreeSet::new();
        self.shifts
            .iter()
            .filter(|shift| shift.is_at(at))
            .filter_map(|shift| self.present(shift.person, at))
            .filter(|person| seen.insert(*person))
            .collect()
    }

    /// Who is there for `person` at that instant: they, or who covers for them; nobody if a cover is missing, or if the
    /// covers go round in a circle.
    pub fn present(&self, person: PersonId, at: Instant) -> Option<PersonId> {
        let mut asked = BTreeSet::new();
        let mut here = person;
        while asked.insert(here) {
            let mut absences = self.away(here, at).peekable();
            if absences.peek().is_none() {
                return Some(here);
            }
            // Of absences that overlap, one that names a cover is enough.
            here = absences.find_map(|absence| absence.cover)?;
        }
        None
    }

    fn away(&self, person: PersonId, at: Instant) -> impl Iterator<Item = &Absence> {
        let theirs = move |absence: &&Absence| absence.person == person && absence.is_at(at);
        self.absences.iter().filter(theirs)
    }

    /// When somebody is on duty by a shift of their own: at `at`, or else from when on. None without a shift.
    pub fn next_shift(&self, person: PersonId, at: Instant) -> Option<Instant> {
        let theirs = self.shifts.iter().filter(|shift| shift.person == person);
        theirs.filter_map(|shift| shift.next(at)).min()
    }
}

/// Whose turn it is: who had theirs the longest ago, and before all others who never had one; of those, the first one.
pub fn next_in_turn(waiting: &[(PersonId, Option<i64>)]) -> Option<PersonId> {
    let first = waiting.iter().min_by_key(|(_, last)| *last);
    first.map(|(person, _)| *person)
}

#[cfg(test)]
mod tests;
