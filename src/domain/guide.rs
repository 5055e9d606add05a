//! How escalation works, in the figures that hold now: what each reason asks, how an escalation goes on, and the handbooks to which the
//! provider leads (H1). Everything is asked of the rules themselves, so that it cannot say anything else than they do.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::case::{BusinessImpact, Deployment, Priority};
use super::eligibility::Policy;
use super::escalation::{Actor, Command, Facts, Level, State, transition};
use super::ids::PersonId;
use super::reason::Governance;
use super::text::{Title, WebLink};
use crate::domain::closed_enum;
use crate::domain::eligibility::FindingCode;

closed_enum! {
    /// What a page of the provider's is to somebody who escalates.
    pub enum GuideKind {
        /// A handbook.
        Handbook = "handbook",
        /// A training.
        Training = "training",
    }
}

/// A page elsewhere, to which the page on escalations leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GuideLink {
    /// What it is.
    pub kind: GuideKind,
    /// What people read.
    pub title: Title,
    /// Its address.
    pub address: WebLink,
}

/// How many there may be.
pub const MOST_LINKS: usize = 20;

closed_enum! {
    /// What a reason asks of a case.
    pub enum CriterionCode as "EscalationCriterionCode" {
        /// Support has not updated the case for so many elapsed hours.
        Silent = "silent",
        /// The case states this impact, or a greater one.
        Impact = "impact",
        /// There is no waiting time; an update within so many elapsed hours is acknowledged.
        NoWait = "no_wait",
        /// The analysis was requested so many business days ago, and is not delivered.
        AnalysisOverdue = "analysis_overdue",
        /// A promised next step is overdue, or was missed.
        PromiseOverdue = "promise_overdue",
        /// No case is eligible: the way is another priority.
        PriorityChange = "priority_change",
    }
}

/// One of the criteria, with the figures of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = EscalationCriterion)]
pub struct Criterion {
    /// Which.
    pub code: CriterionCode,
    /// Of cases of this priority; of all that can be escalated if there is none.
    pub priority: Option<Priority>,
    /// Of what runs there; of all if there is none.
    pub deployment: Option<Deployment>,
    /// How many elapsed hours.
    pub hours: Option<u32>,
    /// How many business days.
    pub business_days: Option<u32>,
    /// Which impact.
    pub impact: Option<BusinessImpact>,
}

impl Criterion {
    const fn of(code: CriterionCode) -> Self {
        Self {
            code,
            priority: None,
            deployment: None,
            hours: None,
            business_days: None,
            impact: None,
        }
    }
}

/// What a reason that is governed so asks of a case, besides what all of them do.
pub fn criteria(governed_by: Governance, policy: &Policy) -> Vec<Criterion> {
    match governed_by {
        Governance::Staleness => eligible_priorities(policy)
            .flat_map(|priority| stale(priority, policy))
            .collect(),
        Governance::RcaWindow => Deployment::ALL
            .iter()
            .map(|deployment| Criterion {
                deployment: Some(*deployment),
                business_days: Some(policy.rca_days(*deployment)),
                ..Criterion::of(CriterionCode::AnalysisOverdue)
            })
            .collect(),
        Governance::Commitment => vec![Criterion::of(CriterionCode::PromiseOverdue)],
        Governance::Never => vec![Criterion::of(CriterionCode::PriorityChange)],
    }
}

/// The priorities that can be escalated at all (E4), the highest first.
pub fn eligible_priorities(policy: &Policy) -> impl Iterator<Item = Priority> {
    let least = policy.minimum_priority;
    let all = Priority::ALL.iter().rev().copied();
    all.filter(move |priority| *priority >= least)
}

fn stale(priority: Priority, policy: &Policy) -> Vec<Criterion> {
    let of = |code| Criterion {
        priority: Some(priority),
        ..Criterion::of(code)
    };
    if !policy.makes_wait(priority) {
        return vec![Criterion {
            hours: Some(policy.acknowledgement_hours),
            ..of(CriterionCode::NoWait)
        }];
    }
    let mut criteria = vec![Criterion {
        hours: Some(policy.staleness_hours),
        ..of(CriterionCode::Silent)
    }];
    // Every case states at least that there is none.
    if policy.required_impact != BusinessImpact::None {
        criteria.push(Criterion {
            impact: Some(policy.required_impact),
            ..of(CriterionCode::Impact)
        });
    }
    criteria
}

/// What keeps a case from being escalated, whatever the reason (E2–E4).
pub const OF_ALL_REASONS: [FindingCode; 3] = [
    FindingCode::CaseClosed,
    FindingCode::ActiveEscalation,
    FindingCode::LowPriority,
];

/// The states that may follow one, in the order of the process, as the verbs decide it (M2).
pub fn next_states(state: State) -> Vec<State> {
    let anybody = PersonId::from_uuid(Uuid::nil());
    let facts = Facts {
        state,
        owner: Some(anybody),
        rated: false,
        rater: anybody,
        rater_is_gone: false,
    };
    let actor = Actor {
        id: anybody,
        supervises: true,
    };
    let commands = [
        Command::Claim { by: anybody },
        Command::Assign { to: anybody },
        Command::Accept {
            importance: Level::Medium,
            urgency: Level::Medium,
            steps: 1,
        },
        Command::Decline {
            reasons: vec![FindingCode::LowPriority],
        },
        Command::Withdraw,
        Command::Close,
    ];
    let after = |command: &Command| transition(&facts, &actor, command).ok();
    let reached: Vec<State> = commands
        .iter()
        .filter_map(after)
        .map(|decision| decision.state)
        .filter(|next| *next != state)
        .collect();
    let follows = |next: &State| reached.contains(next);
    State::ALL.iter().copied().filter(follows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(governed_by: Governance, policy: &Policy) -> Vec<(CriterionCode, Option<Priority>)> {
        let criteria = criteria(governed_by, policy);
        criteria
            .iter()
            .map(|one| (one.code, one.priority))
            .collect()
    }

    #[test]
    fn the_criteria_are_those_of_the_policy() {
        use CriterionCode::{Impact, NoWait, Silent};
        let mut policy = Policy::default();
        let (high, medium) = (Some(Priority::High), Some(Priority::Medium));
        assert_eq!(
            codes(Governance::Staleness, &policy),
            [(Silent, high), (Impact, high), (NoWait, medium)]
        );
        policy.staleness_hours = 7;
        policy.staleness_wait_from = Priority::Medium;
        policy.required_impact = BusinessImpact::None;
        let criteria = criteria(Governance::Staleness, &policy);
        assert_eq!(
            codes(Governance::Staleness, &policy),
            [(Silent, high), (Silent, medium)]
        );
        assert!(criteria.iter().all(|one| one.hours == Some(7)));
        policy.minimum_priority = Priority::High;
        assert_eq!(codes(Governance::Staleness, &policy), [(Silent, high)]);
    }

    #[test]
    fn an_analysis_is_overdue_by_where_it_runs() {
        let criteria = criteria(Governance::RcaWindow, &Policy::default());
        let days: Vec<_> = criteria.iter().map(|one| one.business_days).collect();
        assert_eq!(days, [Some(5), Some(7)]);
    }

    #[test]
    fn the_process_is_that_of_the_machine() {
        use State::{Accepted, Closed, Declined, InReview, Submitted, Withdrawn};
        assert_eq!(next_states(Submitted), [InReview, Withdrawn]);
        assert_eq!(next_states(InReview), [Accepted, Declined, Withdrawn]);
        assert_eq!(next_states(Accepted), [Withdrawn, Closed]);
        for state in [Declined, Withdrawn, Closed] {
            assert!(next_states(state).is_empty(), "{state}");
        }
    }
}
