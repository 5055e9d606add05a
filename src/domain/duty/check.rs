//! What is wrong with a roster, apart from who is in it.

use std::collections::BTreeSet;

use super::{Assignment, Roster};
use crate::domain::ids::PersonId;

/// A part of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterPart {
    /// All shifts.
    Shifts,
    /// The days of a shift, counted from 0.
    Days(usize),
    /// The beginning of a shift.
    ShiftFrom(usize),
    /// The end of an absence.
    Until(usize),
    /// The cover of an absence.
    Cover(usize),
}

/// What is wrong with a part of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterFault {
    /// Escalations are to be assigned in turn, and nobody is ever on duty.
    NobodyOnDuty,
    /// A shift is on no day.
    NoDays,
    /// A shift begins at the end of the day.
    BeginsAtItsEnd,
    /// An absence ends before it has begun.
    NotLater,
    /// Somebody covers for themselves.
    CoversThemselves,
    /// A cover is away at the same time, and nobody covers for them in the end: this one.
    CoverAway(PersonId),
}

impl Roster {
    /// Everything that is wrong.
    pub fn faults(&self, assignment: Assignment) -> Vec<(RosterPart, RosterFault)> {
        let mut faults = Vec::new();
        if assignment == Assignment::Rotation && self.shifts.is_empty() {
            faults.push((RosterPart::Shifts, RosterFault::NobodyOnDuty));
        }
        for (index, shift) in self.shifts.iter().enumerate() {
            if shift.days.is_empty() {
                faults.push((RosterPart::Days(index), RosterFault::NoDays));
            }
            if shift.from.is_midnight_after() {
                faults.push((RosterPart::ShiftFrom(index), RosterFault::BeginsAtItsEnd));
            }
        }
        for (index, absence) in self.absences.iter().enumerate() {
            if absence.until <= absence.from {
                faults.push((RosterPart::Until(index), RosterFault::NotLater));
            } else if absence.cover == Some(absence.person) {
                faults.push((RosterPart::Cover(index), RosterFault::CoversThemselves));
            } else if let Some(away) = self.uncovered(index) {
                faults.push((RosterPart::Cover(index), RosterFault::CoverAway(away)));
            }
        }
        faults
    }

    /// Who is away while they cover in the absence of that place, directly or for another cover, so that nobody is there.
    fn uncovered(&self, index: usize) -> Option<PersonId> {
        let absence = self.absences.get(index)?;
        let cover = absence.cover?;
        // Who is away changes where absences begin and end; what begins another is enough, for it ends later.
        let changes = (self.absences.iter())
            .flat_map(|other| [other.from, other.until])
            .filter(|at| absence.is_at(*at));
        let instants: BTreeSet<_> = changes.chain([absence.from]).collect();
        let alone = instants
            .into_iter()
            .find(|at| self.present(cover, *at).is_none());
        alone.map(|_| cover)
    }
}
