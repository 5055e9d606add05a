//! Priority requests (C5).

use thiserror::Error;

use super::Priority;
use crate::domain::closed_enum;

closed_enum! {
    /// Where a request to raise the priority stands.
    pub enum PriorityRequestState {
        /// Nobody has decided it.
        Pending = "pending",
        /// Staff raised the priority.
        Granted = "granted",
        /// Staff refused, with a reason.
        Refused = "refused",
    }
}

/// Why a contact cannot ask for a priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PriorityRefusal {
    /// High priority is only ever asked for by telephone.
    #[error("high priority is asked for by telephone")]
    ByPhone,
    /// The case has this priority already, or a higher one.
    #[error("the priority is {current} already")]
    NotHigher {
        /// The priority that the case has.
        current: Priority,
    },
    /// A request for this case waits for its decision.
    #[error("a request to raise the priority is pending")]
    AlreadyPending,
}

/// Whether a contact may ask for `wanted` on a case of priority `current` (C5): only low → medium is taken; high is
/// by telephone, whatever the case has.
///
/// # Errors
/// Why not; [`PriorityRefusal::AlreadyPending`] is for the caller, who knows the requests, to say.
pub fn contact_may_request(current: Priority, wanted: Priority) -> Result<(), PriorityRefusal> {
    if wanted == Priority::High {
        return Err(PriorityRefusal::ByPhone);
    }
    if wanted <= current {
        return Err(PriorityRefusal::NotHigher { current });
    }
    Ok(())
}

/// Why a priority request cannot be decided like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecisionRefusal {
    /// It is decided.
    #[error("the request is already {state}")]
    AlreadyDecided {
        /// How.
        state: PriorityRequestState,
    },
    /// A refusal needs a reason.
    #[error("a refusal needs a reason")]
    ReasonMissing,
}

/// Grants or refuses a priority request; `noted` says whether a reason is given, without which none is refused.
///
/// # Errors
/// See [`DecisionRefusal`].
pub const fn decide_priority_request(
    state: PriorityRequestState,
    granted: bool,
    noted: bool,
) -> Result<PriorityRequestState, DecisionRefusal> {
    match (state, granted) {
        (PriorityRequestState::Pending, true) => Ok(PriorityRequestState::Granted),
        (PriorityRequestState::Pending, false) if noted => Ok(PriorityRequestState::Refused),
        (PriorityRequestState::Pending, false) => Err(DecisionRefusal::ReasonMissing),
        (state, _) => Err(DecisionRefusal::AlreadyDecided { state }),
    }
}
