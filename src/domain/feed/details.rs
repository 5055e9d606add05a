//! What a mark keeps besides its code: the facts that its sentence is made of.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Mark;
use crate::domain::Instant;
use crate::domain::case::{BusinessImpact, Engagement, Priority, Status};
use crate::domain::ids::EscalationNumber;

/// A mark with its facts; what each is, [`Mark`] says. `by` is the name of whoever did it. The names of the fields are those of
/// rows and messages.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum MarkDetails<'a> {
    CaseClosed {
        by: &'a str,
        /// The escalation that was withdrawn with it.
        withdrawn: Option<EscalationNumber>,
    },
    CaseReopened {
        by: &'a str,
    },
    StatusChanged {
        from: Status,
        to: Status,
    },
    PriorityChanged {
        by: &'a str,
        from: Priority,
        to: Priority,
    },
    ImpactChanged {
        by: &'a str,
        from: BusinessImpact,
        to: BusinessImpact,
    },
    EngagementsChanged {
        to: &'a [Engagement],
    },
    OwnerChanged {
        /// The new owner's name.
        to: Option<&'a str>,
    },
    PriorityRequested {
        by: &'a str,
        to: Priority,
    },
    PriorityGranted {
        by: &'a str,
        to: Priority,
        note: Option<&'a str>,
    },
    PriorityRefused {
        by: &'a str,
        to: Priority,
        note: Option<&'a str>,
    },
    RcaRequested {
        by: &'a str,
        due_at: Instant,
    },
    RcaDelivered {
        by: &'a str,
    },
    EscalationSubmitted {
        by: &'a str,
        number: EscalationNumber,
    },
    EscalationClaimed {
        by: &'a str,
        number: EscalationNumber,
    },
    EscalationAssigned {
        by: &'a str,
        number: EscalationNumber,
        /// The owner's name.
        to: &'a str,
    },
    EscalationGivenInTurn {
        number: EscalationNumber,
        /// The owner's name.
        to: &'a str,
    },
    EscalationAccepted {
        by: &'a str,
        number: EscalationNumber,
        rank: Option<i64>,
    },
    EscalationReranked {
        by: &'a str,
        number: EscalationNumber,
        rank: Option<i64>,
    },
    EscalationDeclined {
        by: &'a str,
        number: EscalationNumber,
    },
    EscalationWithdrawn {
        by: &'a str,
        number: EscalationNumber,
    },
    EscalationClosed {
        by: &'a str,
        number: EscalationNumber,
        outcome: &'a str,
    },
    CallbackRequested {
        by: &'a str,
        begins_at: Instant,
        ends_at: Instant,
    },
    CallbackTaken {
        /// The name of whoever makes it.
        to: &'a str,
        begins_at: Instant,
        ends_at: Instant,
    },
    CallbackRescheduled {
        by: &'a str,
        begins_at: Instant,
        ends_at: Instant,
    },
    CallbackCompleted {
        by: &'a str,
    },
    CallbackMissed {
        begins_at: Instant,
        ends_at: Instant,
    },
    CallbackCanceled {
        by: &'a str,
        begins_at: Instant,
        ends_at: Instant,
    },
    StepPromised {
        what: &'a str,
        who: &'a str,
        due_at: Instant,
    },
    StepDone(SettledStep<'a>),
    StepMissed(SettledStep<'a>),
    StepRepromised(SettledStep<'a>),
    EntryMovedToEscalation {
        by: &'a str,
        number: EscalationNumber,
    },
    EntryMovedToCase {
        by: &'a str,
    },
}

/// A next step of which something has become.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SettledStep<'a> {
    /// What was promised.
    pub(crate) what: &'a str,
    /// Who does it.
    pub(crate) who: &'a str,
    /// By when; the new date if it was promised anew.
    pub(crate) due_at: Instant,
    /// Why it was promised anew.
    pub(crate) reason: Option<&'a str>,
}

impl MarkDetails<'_> {
    /// Which mark it is.
    pub(crate) const fn mark(&self) -> Mark {
        match self {
            Self::CaseClosed { .. } => Mark::CaseClosed,
            Self::CaseReopened { .. } => Mark::CaseReopened,
            Self::StatusChanged { .. } => Mark::StatusChanged,
            Self::PriorityChanged { .. } => Mark::PriorityChanged,
            Self::ImpactChanged { .. } => Mark::ImpactChanged,
            Self::EngagementsChanged { .. } => Mark::EngagementsChanged,
            Self::OwnerChanged { .. } => Mark::OwnerChanged,
            Self::PriorityRequested { .. } => Mark::PriorityRequested,
            Self::PriorityGranted { .. } => Mark::PriorityGranted,
            Self::PriorityRefused { .. } => Mark::PriorityRefused,
            Self::RcaRequested { .. } => Mark::RcaRequested,
            Self::RcaDelivered { .. } => Mark::RcaDelivered,
            Self::EscalationSubmitted { .. } => Mark::EscalationSubmitted,
            Self::EscalationClaimed { .. } => Mark::EscalationClaimed,
            Self::EscalationAssigned { .. } => Mark::EscalationAssigned,
            Self::EscalationGivenInTurn { .. } => Mark::EscalationGivenInTurn,
            Self::EscalationAccepted { .. } => Mark::EscalationAccepted,
            Self::EscalationReranked { .. } => Mark::EscalationReranked,
            Self::EscalationDeclined { .. } => Mark::EscalationDeclined,
            Self::EscalationWithdrawn { .. } => Mark::EscalationWithdrawn,
            Self::EscalationClosed { .. } => Mark::EscalationClosed,
            Self::CallbackRequested { .. } => Mark::CallbackRequested,
            Self::CallbackTaken { .. } => Mark::CallbackTaken,
            Self::CallbackRescheduled { .. } => Mark::CallbackRescheduled,
            Self::CallbackCompleted { .. } => Mark::CallbackCompleted,
            Self::CallbackMissed { .. } => Mark::CallbackMissed,
            Self::CallbackCanceled { .. } => Mark::CallbackCanceled,
            Self::StepPromised { .. } => Mark::StepPromised,
            Self::StepDone(_) => Mark::StepDone,
            Self::StepMissed(_) => Mark::StepMissed,
            Self::StepRepromised(_) => Mark::StepRepromised,
            Self::EntryMovedToEscalation { .. } => Mark::EntryMovedToEscalation,
            Self::EntryMovedToCase { .. } => Mark::EntryMovedToCase,
        }
    }

    /// As its row keeps it: the facts, and its code as `mark`.
    ///
    /// # Errors
    /// None in practice: every fact is a text, a number or a list of texts.
    pub(crate) fn fields(&self) -> Result<Map<String, Value>, serde_json::Error> {
        let mut fields: Map<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        fields.insert("mark".into(), self.mark().as_str().into());
        Ok(fields)
    }
}
