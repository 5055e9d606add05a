//! What may be done now, and by whom: the one list that pages offer, the API tells, and verbs enforce.

use super::Instant;
use super::access::{Access, CaseField, Permission, permission_to};
use super::callback::{self, Call};
use super::case::{
    Priority, Rca, Status, StepState, StepVerb, close_by, contact_may_request, may_deliver_rca,
    may_request_rca, reopen, takes_entries,
};
use super::closed_enum;
use super::escalation::{self, Facts};
use super::organization::Side;

closed_enum! {
    /// What can be done with a case, besides escalating it.
    pub enum CaseVerb {
        /// Change what it says (C3).
        Edit = "edit",
        /// Write in its feed (F3).
        Write = "write",
        /// Record a contact outside the desk (M10).
        Record = "record",
        /// Promise a next step (C9).
        Promise = "promise",
        /// Ask for a higher priority (C5).
        AskPriority = "ask_priority",
        /// Grant or refuse that (C5).
        DecidePriority = "decide_priority",
        /// Request a root cause analysis (C6).
        RequestRca = "request_rca",
        /// Deliver it (C6).
        DeliverRca = "deliver_rca",
        /// Close it (M13).
        Close = "close",
        /// Open it again.
        Reopen = "reopen",
    }
}

/// A case as its verbs are decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseState {
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Its root cause analysis, once one is requested.
    pub rca: Option<Rca>,
    /// Whether a request for a higher priority waits for its decision.
    pub has_pending_request: bool,
    /// Whether an escalation is active on it.
    pub has_active_escalation: bool,
}

impl CaseVerb {
    /// The permission that it needs.
    pub const fn permission(self) -> Permission {
        match self {
            Self::Edit => Permission::CasesUpdate,
            Self::Write => Permission::FeedsComment,
            Self::Record => Permission::CommunicationsRecord,
            Self::Promise => Permission::NextStepsPromise,
            Self::AskPriority => Permission::PrioritiesRequest,
            Self::DecidePriority => Permission::PrioritiesDecide,
            Self::RequestRca => Permission::RcaRequest,
            Self::DeliverRca => Permission::RcaDeliver,
            Self::Close => Permission::CasesClose,
            Self::Reopen => Permission::CasesReopen,
        }
    }

    /// Whether a case takes it from somebody of this side who may.
    fn is_taken(self, case: &CaseState, side: Side) -> bool {
        let is_open = takes_entries(case.status).is_ok();
        match self {
            Self::Edit | Self::Write | Self::Record | Self::Promise => is_open,
            Self::AskPriority => {
                is_open
                    && !case.has_pending_request
                    && contact_may_request(case.priority, Priority::Medium).is_ok()
            }
            Self::DecidePriority => is_open && case.has_pending_request,
            Self::RequestRca => may_request_rca(case.status, case.rca).is_ok(),
            Self::DeliverRca => may_deliver_rca(case.status, case.rca).is_ok(),
            Self::Close => close_by(side, case.status, case.has_active_escalation).is_ok(),
            Self::Reopen => reopen(case.status).is_ok(),
        }
    }
}

/// All of somebody's access that decides on what a case takes from them: everybody of whom this is the same is offered the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CaseActor {
    side: Side,
    /// The verbs that they may do anywhere, a bit for each.
    may: u16,
    sets_status: bool,
}

impl CaseActor {
    /// Whether this is one of the provider's staff.
    pub fn is_staff(self) -> bool {
        self.side == Side::Provider
    }

    fn may(self, verb: CaseVerb) -> bool {
        self.may & Self::bit(verb) != 0
    }

    const fn bit(verb: CaseVerb) -> u16 {
        1 << verb as u16
    }
}

impl From<&Access> for CaseActor {
    fn from(access: &Access) -> Self {
        let all = CaseVerb::ALL.iter();
        let permitted = all.filter(|verb| access.can(verb.permission()));
        Self {
            side: access.side,
            may: permitted.fold(0, |may, verb| may | Self::bit(*verb)),
            sets_status: access.may_change(CaseField::Status).is_ok(),
        }
    }
}

/// What a case takes now from somebody.
pub fn of_case(case: &CaseState, actor: CaseActor) -> Vec<CaseVerb> {
    let all = CaseVerb::ALL.iter().copied();
    all.filter(|verb| takes(case, actor, *verb)).collect()
}

/// Whether a case takes `verb` now from somebody.
pub fn takes(case: &CaseState, actor: CaseActor, verb: CaseVerb) -> bool {
    actor.may(verb) && verb.is_taken(case, actor.side)
}

/// The statuses that somebody may set by an edit (C2, C3).
pub fn moves_of(case: &CaseState, actor: CaseActor) -> &'static [Status] {
    match actor.sets_status && actor.may(CaseVerb::Edit) {
        true => case.status.lawful_moves(),
        false => &[],
    }
}

/// What an escalation takes now from somebody (M2, M4, M11).
pub fn of_escalation(facts: &Facts, access: &Access) -> Vec<escalation::Verb> {
    let actor = escalation::Actor {
        id: access.person,
        supervises: access.supervises(),
    };
    let taken = escalation::Verb::ALL.iter().copied();
    taken
        .filter(|verb| access.can(permission_to(*verb)))
        .filter(|verb| escalation::takes(facts, &actor, *verb))
        .collect()
}

/// A refusal as it is told to somebody: of what the escalation takes, what it takes from them.
pub fn told(refusal: escalation::Refusal, facts: &Facts, access: &Access) -> escalation::Refusal {
    match refusal {
        escalation::Refusal::UnlawfulMove { state, verb, .. } => {
            escalation::Refusal::UnlawfulMove {
                state,
                verb,
                lawful: of_escalation(facts, access),
            }
        }
        other => other,
    }
}

/// What a promised next step takes now from somebody (C9, M7): nothing once its case is closed (C3).
pub fn of_step(status: Status, state: StepState, access: &Access) -> &'static [StepVerb] {
    let takes = takes_entries(status).is_ok() && access.can(CaseVerb::Promise.permission());
    match takes {
        true => state.lawful_verbs(),
        false => &[],
    }
}

/// What a callback takes now from somebody (M12); nothing once its escalation has ended.
pub fn of_callback(
    call: &Call,
    is_active: bool,
    access: &Access,
    now: Instant,
) -> Vec<callback::Verb> {
    let actor = callback::Actor {
        id: access.person,
        supervises: access.supervises(),
    };
    let all = callback::Verb::ALL.iter().copied().filter(|_| is_active);
    all.filter(|verb| access.can(verb.permission()))
        .filter(|verb| callback::takes(call, &actor, *verb, now))
        .collect()
}

/// Whether somebody may ask for a call on an active escalation (M12).
pub fn asks_for_calls(access: &Access) -> bool {
    access.can(Permission::CallbacksCreate) && access.takes_calls()
}

#[cfg(test)]
mod tests;
