//! The one act of a row of the first page, and where it is done.

use super::{Because, Group};
use crate::domain::access::{Access, CaseField, Permission};
use crate::domain::case::{Status, StepState};
use crate::domain::closed_enum;
use crate::domain::escalation::{Facts, Verb};
use crate::domain::ids::{CaseNumber, EscalationNumber, NextStepId};
use crate::domain::offers::{self, CaseState, CaseVerb};
use crate::domain::radar::Prevention;

closed_enum! {
    /// What can be done about a row at once.
    pub enum Act as "HomeAct" {
        /// Claim an escalation.
        Claim = "claim",
        /// Accept or decline it.
        Decide = "decide",
        /// Give it to somebody else.
        Assign = "assign",
        /// Write something that the customer sees.
        Update = "update",
        /// Say what became of a promise, or promise it anew.
        KeepPromise = "keep_promise",
        /// Deliver a root cause analysis.
        DeliverAnalysis = "deliver_analysis",
        /// Answer whoever wrote.
        Answer = "answer",
        /// Take a case that nobody owns.
        Take = "take",
        /// Escalate a case.
        Escalate = "escalate",
        /// Grant or refuse access.
        DecideAccess = "decide_access",
        /// Answer what waits in a pairing.
        DecidePairing = "decide_pairing",
    }
}

/// What a row is about, as its act is decided on.
#[derive(Clone, Copy, Debug, Default)]
pub struct On<'a> {
    /// The case.
    pub case: Option<&'a CaseState>,
    /// The escalation.
    pub escalation: Option<&'a Facts>,
}

/// What a row is about, as addresses name it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The case.
    pub case: CaseNumber,
    /// The escalation, where the row is about that.
    pub escalation: Option<EscalationNumber>,
    /// The promise, where the row is about that.
    pub step: Option<NextStepId>,
}

impl Act {
    /// The act of a row of `group` that is there for `because`, if somebody may do it now.
    pub fn of(group: Group, because: Because, on: On<'_>, access: &Access) -> Option<Self> {
        let act = Self::wanted(group, because, on)?;
        act.is_offered(on, access).then_some(act)
    }

    /// What keeps a case from becoming eligible (M9), if somebody may do it now.
    pub fn against(prevention: Prevention, on: On<'_>, access: &Access) -> Option<Self> {
        let act = match prevention {
            Prevention::Update => Self::Update,
            Prevention::NextStep => Self::KeepPromise,
            Prevention::RcaDelivery => Self::DeliverAnalysis,
        };
        act.is_offered(on, access).then_some(act)
    }

    fn wanted(group: Group, because: Because, on: On<'_>) -> Option<Self> {
        Some(match (group, because) {
            (Group::Missed | Group::OffDuty, _) => Self::Assign,
            (Group::Unclaimed, _) => Self::Claim,
            (_, Because::PromiseDue | Because::PromiseMissed) if group != Group::Promised => {
                Self::KeepPromise
            }
            (Group::DueNext | Group::MyEscalations, _) => {
                let verbs = on.escalation.map(|facts| facts.state.lawful_verbs());
                match verbs.is_some_and(|verbs| verbs.contains(&Verb::Accept)) {
                    true => Self::Decide,
                    false => Self::Update,
                }
            }
            (Group::Mine, Because::AnalysisDue | Because::AnalysisMissed) => Self::DeliverAnalysis,
            (Group::Mine, _) => Self::Update,
            (Group::Answered | Group::Waiting, _) => Self::Answer,
            (Group::Unowned, _) => Self::Take,
            (Group::MayEscalate, _) => Self::Escalate,
            (Group::AccessRequests, _) => Self::DecideAccess,
            (Group::Pairings, _) => Self::DecidePairing,
            // What keeps a case from being escalated is told by the radar.
            (Group::Radar | Group::Load | Group::Declined | Group::Promised | Group::Unread, _) => {
                return None;
            }
        })
    }

    fn is_offered(self, on: On<'_>, access: &Access) -> bool {
        let case = |verb| {
            on.case
                .is_some_and(|case| offers::takes(case, access.into(), verb))
        };
        let escalation = |verb| {
            on.escalation
                .is_some_and(|facts| offers::of_escalation(facts, access).contains(&verb))
        };
        match self {
            Self::Claim => escalation(Verb::Claim),
            Self::Decide => escalation(Verb::Accept),
            Self::Assign => escalation(Verb::Assign),
            Self::Update | Self::Answer => match (on.case, on.escalation) {
                (None, Some(facts)) => {
                    facts.state.is_active() && access.can(CaseVerb::Write.permission())
                }
                _ => case(CaseVerb::Write),
            },
            Self::KeepPromise => {
                // Where only the escalation is known, it is active, and so its case is open.
                let status = on.case.map_or(Status::InProgress, |case| case.status);
                !offers::of_step(status, StepState::Open, access).is_empty()
            }
            Self::DeliverAnalysis => case(CaseVerb::DeliverRca),
            Self::Take => {
                case(CaseVerb::Edit)
                    && access.can(Permission::CasesWork)
                    && access.may_change(CaseField::Owner).is_ok()
            }
            Self::Escalate => access.can(Permission::EscalationsSubmit),
            Self::DecideAccess => access.can(Permission::AccessRequestsDecide),
            Self::DecidePairing => access.can(Permission::OrgTrustorsManage),
        }
    }

    /// Where it is done, of what is about a case.
    pub fn href(self, at: &Place) -> String {
        let case = format!("/cases/{}", at.case);
        let page = match at.escalation {
            Some(number) => format!("/escalations/{number}"),
            None => case.clone(),
        };
        match self {
            Self::Claim | Self::Take | Self::DecideAccess | Self::DecidePairing => page,
            Self::Decide => format!("{page}#request"),
            Self::Assign => format!("{page}?do=assign#do"),
            Self::Update if at.escalation.is_some() => format!("{page}#answer"),
            Self::Update => format!("{page}#write"),
            // The customer's side answers on the page of the case, which has both feeds.
            Self::Answer if at.escalation.is_some() => format!("{case}#answer"),
            Self::Answer => format!("{case}#write"),
            Self::KeepPromise => match at.step {
                Some(step) => format!("{page}#step-{step}"),
                None => format!("{page}#next-steps"),
            },
            Self::DeliverAnalysis => format!("{case}?do=deliver_rca#do"),
            Self::Escalate => format!("{case}/escalate"),
        }
    }

    /// Where a page does it at once, without asking for anything.
    pub fn at_once(self, at: &Place) -> Option<String> {
        match (self, at.escalation) {
            (Self::Claim, Some(number)) => Some(format!("/escalations/{number}/claim")),
            (Self::Take, _) => Some(format!("/cases/{}/take", at.case)),
            _ => None,
        }
    }
}

impl Group {
    /// Where what a row of the group is about is told, of what is about a case.
    pub fn href(self, at: &Place) -> String {
        let case = format!("/cases/{}", at.case);
        match (self, at.escalation, at.step) {
            (Self::Declined, ..) => format!("{case}#decision"),
            (Self::Promised, _, Some(step)) => format!("{case}#step-{step}"),
            // What is promised without a step is a root cause analysis.
            (Self::Promised, _, None) => format!("{case}#rca"),
            // The customer's side reads both feeds on the page of the case.
            (Self::Waiting, ..) => case,
            (_, Some(number), _) => format!("/escalations/{number}"),
            (_, None, _) => case,
        }
    }
}
