//! What another roster would do, told before it is saved (M8).

use chrono::TimeDelta;

use super::Roster;
use crate::domain::Instant;
use crate::domain::ids::PersonId;

/// How far ahead is looked, in days: shifts come again every week.
const DAYS: i64 = 7;
/// In which steps, in minutes.
const STEP: i64 = 15;

/// What would be otherwise with another roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyOutlook {
    /// Who would be on duty at once and is not, in the order of the shifts.
    pub begin: Vec<PersonId>,
    /// Who is on duty and would be no longer.
    pub end: Vec<PersonId>,
    /// For how many minutes of the next seven days nobody would be on duty where somebody is now; in steps of 15.
    pub uncovered_minutes: i64,
    /// For how many somebody would be where nobody is now.
    pub covered_minutes: i64,
}

impl DutyOutlook {
    /// What would be otherwise if `after` were in the place of `before`.
    pub fn of(before: &Roster, after: &Roster, now: Instant) -> Self {
        if before == after {
            return Self::default();
        }
        let (were, are) = (before.on_duty(now), after.on_duty(now));
        let only = |these: &[PersonId], others: &[PersonId]| -> Vec<PersonId> {
            let only = these.iter().filter(|person| !others.contains(person));
            only.copied().collect()
        };
        let mut outlook = Self {
            begin: only(&are, &were),
            end: only(&were, &are),
            ..Self::default()
        };
        for step in 0..DAYS * 24 * 60 / STEP {
            let Some(at) = now.checked_add_signed(TimeDelta::minutes(step * STEP)) else {
                break;
            };
            match (before.is_covered(at), after.is_covered(at)) {
                (true, false) => outlook.uncovered_minutes += STEP,
                (false, true) => outlook.covered_minutes += STEP,
                _ => {}
            }
        }
        outlook
    }
}

impl Roster {
    /// Whether anybody is on duty.
    fn is_covered(&self, at: Instant) -> bool {
        let mut there = self.shifts.iter().filter(|shift| shift.is_at(at));
        there.any(|shift| self.present(shift.person, at).is_some())
    }
}
