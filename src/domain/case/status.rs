//! The status machine (C2–C4), closing and reopening (C3, M13).

use thiserror::Error;

use super::Status;
use crate::domain::organization::Side;

/// A status that cannot follow another by an edit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a case that is {from} does not become {to} by an edit")]
pub struct UnlawfulMove {
    /// Where the case stands.
    pub from: Status,
    /// Where it was to go.
    pub to: Status,
    /// Where it may go by an edit.
    pub lawful: &'static [Status],
}

/// Why a case does not do what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CaseRefusal {
    /// It is closed, and takes nothing but a reopen (C3).
    #[error("the case is closed")]
    Closed,
    /// It is closed already.
    #[error("the case is already closed")]
    AlreadyClosed,
    /// It is not closed, so that there is nothing to reopen.
    #[error("the case is not closed")]
    NotClosed,
    /// Its escalation is active: staff close that first, with its outcome (M13).
    #[error("the case has an active escalation")]
    EscalationActive,
}

impl Status {
    /// The statuses that may follow by an edit. Closing and reopening are verbs of their own; nothing but a reopen
    /// leads back to [`Status::Open`].
    pub const fn lawful_moves(self) -> &'static [Status] {
        use Status::{AwaitingCustomer, AwaitingThirdParty, InProgress, SolutionProvided};
        match self {
            Self::Open => &[
                InProgress,
                AwaitingCustomer,
                AwaitingThirdParty,
                SolutionProvided,
            ],
            Self::InProgress => &[AwaitingCustomer, AwaitingThirdParty, SolutionProvided],
            Self::AwaitingCustomer => &[InProgress, AwaitingThirdParty, SolutionProvided],
            Self::AwaitingThirdParty => &[InProgress, AwaitingCustomer, SolutionProvided],
            Self::SolutionProvided => &[InProgress, AwaitingCustomer, AwaitingThirdParty],
            Self::Closed => &[],
        }
    }
}

/// Whether an edit may set `to` on a case that is `from` (C2). Stating the status that already holds is no move.
///
/// # Errors
/// The move with those that are lawful.
pub fn change_status(from: Status, to: Status) -> Result<(), UnlawfulMove> {
    let lawful = from.lawful_moves();
    if from == to || lawful.contains(&to) {
        Ok(())
    } else {
        Err(UnlawfulMove { from, to, lawful })
    }
}

/// Whether a case takes an entry, an edit or a request: any but a closed one does (C3).
///
/// # Errors
/// [`CaseRefusal::Closed`].
pub const fn takes_entries(status: Status) -> Result<(), CaseRefusal> {
    match status {
        Status::Closed => Err(CaseRefusal::Closed),
        _ => Ok(()),
    }
}

/// Where a case stands after a contact replied (C4).
pub const fn after_contact_reply(status: Status) -> Status {
    match status {
        Status::AwaitingCustomer | Status::SolutionProvided => Status::InProgress,
        other => other,
    }
}

/// Where a case stands once somebody has taken it: what nobody has begun is begun.
pub const fn after_taking(status: Status) -> Status {
    match status {
        Status::Open => Status::InProgress,
        other => other,
    }
}

/// Closes a case, whatever it waited for.
///
/// # Errors
/// [`CaseRefusal::AlreadyClosed`].
pub const fn close(status: Status) -> Result<Status, CaseRefusal> {
    match status {
        Status::Closed => Err(CaseRefusal::AlreadyClosed),
        _ => Ok(Status::Closed),
    }
}

/// What closing a case does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The status afterwards.
    pub status: Status,
    /// Whether the active escalation is withdrawn with it (M13).
    pub withdraws_escalation: bool,
}

/// Closes a case for somebody of `side` (M13): a contact withdraws the active escalation with it, staff close that
/// first.
///
/// # Errors
/// [`CaseRefusal::AlreadyClosed`], or [`CaseRefusal::EscalationActive`] for staff.
pub const fn close_by(
    side: Side,
    status: Status,
    escalation_active: bool,
) -> Result<Closing, CaseRefusal> {
    match (close(status), side) {
        (Err(refusal), _) => Err(refusal),
        (Ok(_), Side::Provider) if escalation_active => Err(CaseRefusal::EscalationActive),
        (Ok(status), _) => Ok(Closing {
            status,
            withdraws_escalation: escalation_active,
        }),
    }
}

/// Reopens a case.
///
/// # Errors
/// [`CaseRefusal::NotClosed`].
pub const fn reopen(status: Status) -> Result<Status, CaseRefusal> {
    match status {
        Status::Closed => Ok(Status::Open),
        _ => Err(CaseRefusal::NotClosed),
    }
}
