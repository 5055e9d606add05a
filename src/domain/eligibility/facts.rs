//! The snapshot of a case that an assessment is decided on.

use crate::domain::Instant;
use crate::domain::case::{
    BusinessImpact, Deployment, Engagement, Priority, Rca, Status, StepState,
};
use crate::domain::escalation::State;
use crate::domain::ids::{CaseNumber, EscalationNumber};

/// A case as it stood at the instant of the assessment, to the person who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its number.
    pub number: CaseNumber,
    /// When it was opened.
    pub opened_at: Instant,
    /// Its status.
    pub status: Status,
    /// Its priority.
    pub priority: Priority,
    /// Its business impact.
    pub business_impact: BusinessImpact,
    /// Where the customer's installation runs.
    pub deployment: Deployment,
    /// The parties that it waits on.
    pub engagements: Vec<Engagement>,
    /// When the provider last wrote something that the customer can see (C7), if ever.
    pub last_provider_entry_at: Option<Instant>,
    /// The root cause analysis requested last.
    pub rca: Option<Rca>,
    /// The active escalation.
    pub active_escalation: Option<ActiveEscalation>,
    /// Every next step promised on the case and its escalations.
    pub promises: Vec<Promise>,
    /// When the person who asks last read the case feed.
    pub read_at: Option<Instant>,
}

/// The escalation that is active on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveEscalation {
    /// Its number.
    pub number: EscalationNumber,
    /// Its state.
    pub state: State,
}

/// A promised next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// What was promised.
    pub what: String,
    /// By when.
    pub due_at: Instant,
    /// Where it stands.
    pub state: StepState,
}

impl CaseFacts {
    /// The provider's last update that the customer could see, or the opening if there is none (C7).
    pub fn last_provider_update_at(&self) -> Instant {
        self.last_provider_entry_at.unwrap_or(self.opened_at)
    }
}
