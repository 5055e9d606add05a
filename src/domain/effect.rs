//! What other settings would do to the cases that are open and to the targets that run, told before they are saved (E12, M8).

use std::collections::BTreeSet;

use super::Instant;
use super::calendar::Calendar;
use super::eligibility::{CaseFacts, Policy, Verdict, assess, rca_due_at};
use super::reason::{Answers, Governance, Reason};

/// What decides whether a case can be escalated.
#[derive(Clone, Copy, Debug)]
pub struct Criteria<'a> {
    /// The figures.
    pub policy: &'a Policy,
    /// The reasons that can be chosen.
    pub reasons: &'a [Reason],
    /// The calendar of the case's line.
    pub calendar: &'a Calendar,
}

/// When a target falls due, and when somebody is next told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// When it falls due.
    pub due_at: Instant,
    /// When the next step of its ladder is; none while it stands still, or when all are over.
    pub alarm_at: Option<Instant>,
}

/// What would be otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// How many cases could be escalated for a reason for which they cannot be now.
    pub eligible: usize,
    /// How many could no longer be escalated for a reason for which they can be now.
    pub ineligible: usize,
    /// How many root cause analyses would be due earlier,
    pub analyses_earlier: usize,
    /// and how many later.
    pub analyses_later: usize,
    /// How many targets would fall due earlier,
    pub targets_earlier: usize,
    /// and how many later.
    pub targets_later: usize,
    /// How many targets would be missed that are not now.
    pub targets_missed: usize,
    /// Of how many targets somebody would be told at once.
    pub targets_told: usize,
}

impl Effect {
    /// Each count, with its name.
    pub fn parts(&self) -> [(&'static str, usize); 8] {
        [
            ("eligible", self.eligible),
            ("ineligible", self.ineligible),
            ("analyses-earlier", self.analyses_earlier),
            ("analyses-later", self.analyses_later),
            ("targets-earlier", self.targets_earlier),
            ("targets-later", self.targets_later),
            ("targets-missed", self.targets_missed),
            ("targets-told", self.targets_told),
        ]
    }

    /// Counts what becomes of an open case without an active escalation.
    pub fn of_case(
        &mut self,
        facts: &CaseFacts,
        before: Criteria<'_>,
        after: Criteria<'_>,
        now: Instant,
    ) {
        let (could, can) = (
            eligible_for(facts, before, now),
            eligible_for(facts, after, now),
        );
        self.eligible += usize::from(!can.is_subset(&could));
        self.ineligible += usize::from(!could.is_subset(&can));
        let due = |criteria: Criteria<'_>| {
            let rca = facts.rca.filter(|rca| rca.delivered_at.is_none())?;
            let (calendar, policy) = (criteria.calendar, criteria.policy);
            rca_due_at(rca.requested_at, facts.deployment, calendar, policy).ok()
        };
        if let (Some(was), Some(is)) = (due(before), due(after)) {
            self.analyses_earlier += usize::from(is < was);
            self.analyses_later += usize::from(is > was);
        }
    }

    /// Counts what becomes of a target that runs.
    pub fn of_target(&mut self, before: Course, after: Course, now: Instant) {
        self.targets_earlier += usize::from(after.due_at < before.due_at);
        self.targets_later += usize::from(after.due_at > before.due_at);
        self.targets_missed += usize::from(after.due_at <= now && before.due_at > now);
        let tells = |course: Course| course.alarm_at.is_some_and(|at| at <= now);
        self.targets_told += usize::from(tells(after) && !tells(before));
    }
}

/// The codes of the reasons for which a case can be escalated, once what is to be acknowledged is. A calendar that cannot
/// reckon lets it be escalated for none.
fn eligible_for(facts: &CaseFacts, by: Criteria<'_>, now: Instant) -> BTreeSet<String> {
    let possible = (by.reasons.iter()).filter(|reason| reason.governed_by != Governance::Never);
    let eligible = possible.filter(|reason| {
        assess(
            facts,
            reason,
            &Answers::default(),
            by.calendar,
            by.policy,
            now,
        )
        .is_ok_and(|assessment| assessment.verdict != Verdict::Ineligible)
    });
    eligible.map(|reason| reason.code.clone()).collect()
}

#[cfg(test)]
mod tests;
