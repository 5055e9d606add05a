//! The one page of a case and of its escalation: both feeds, what is to be decided, what is promised and what can be done,
//! the same for whoever raised the escalation and for whoever owns it, each with their verbs. It stands at the case's address,
//! and at that of each of its escalations, which is then the one that is open.

mod foot;
mod read;
mod show;

use serde::Serialize;

use super::case::{CaseHead, Checklist, LiveLink, PriorityRequests, RcaView};
use super::parts::{
    CallList, CaseFeed, DecisionView, EscalationFeed, Facts, Foot, Panel, StepList,
};
use super::review::ReviewView;

pub(super) use show::{
    case_again, case_composed_again, escalation_again, escalation_composed_again, show_case,
    show_escalation,
};

/// The page.
#[derive(Clone, Debug, Serialize)]
pub struct CasePage {
    /// Where it is told what happens on it.
    pub live: LiveLink,
    /// The number that its address names, for the window's title.
    pub number: String,
    /// What stands at its head.
    pub head: CaseHead,
    /// What became of its last escalation, where that is still to be told.
    pub decision: Option<DecisionView>,
    /// Whether the address asks for a verb that is not taken, or not any more.
    pub too_late: bool,
    /// Which of its columns is seen first where there is room for one: `case`, `escalation`, `now`.
    pub first: &'static str,
    /// A verb that asks for something first.
    pub panel: Option<Panel>,
    /// The technical record.
    pub case_feed: CaseFeed,
    /// The communication about escalations.
    pub escalations: EscalationFeed,
    /// What stands beside the feeds about the escalation that is open.
    pub review: Option<ReviewView>,
    /// Promised next steps.
    pub steps: StepList,
    /// Before you escalate; for who may.
    pub checklist: Option<Checklist>,
    /// Calls that were asked for, and how to ask for one.
    pub calls: Option<CallList>,
    /// Requests to raise the priority, and how to ask.
    pub requests: Option<PriorityRequests>,
    /// The root cause analysis, and how to ask for one.
    pub rca: Option<RcaView>,
    /// The facts of the case.
    pub facts: Facts,
    /// Why, and what can be done.
    pub foot: Foot,
}
