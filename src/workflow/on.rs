//! Where something happens: on a case, or on an escalation of one.

use super::{Actor, Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, EscalationRef};
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation};

/// Where something happens, as it stands afterwards.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On<'a> {
    /// On a case.
    Case(&'a Case),
    /// On an escalation of a case.
    Escalation(&'a Case, &'a Escalation),
}

impl<'a> On<'a> {
    /// On an escalation, if there is one.
    pub(crate) fn of(case: &'a Case, escalation: Option<&'a Escalation>) -> Self {
        match escalation {
            Some(escalation) => Self::Escalation(case, escalation),
            None => Self::Case(case),
        }
    }

    pub(crate) fn case(self) -> &'a Case {
        match self {
            Self::Case(case) | Self::Escalation(case, _) => case,
        }
    }

    pub(crate) fn escalation(self) -> Option<&'a Escalation> {
        match self {
            Self::Case(_) => None,
            Self::Escalation(_, escalation) => Some(escalation),
        }
    }

    /// The feed of what happens there, and so who follows it (F7).
    pub(crate) fn feed(self) -> Feed {
        match self {
            Self::Case(_) => Feed::Case,
            Self::Escalation(..) => Feed::Escalation,
        }
    }
}

/// The escalation that a request names with its case, which is locked until the transaction ends.
pub(super) fn lock_escalation(
    conn: &mut Conn,
    actor: &Actor,
    escalation: &EscalationRef,
) -> VerbResult<(Case, Escalation)> {
    let (id, case) =
        escalations::ids_of(conn, actor.reach(), escalation)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::EscalationsView)?;
    let case = cases::lock(conn, actor.reach(), &CaseRef::Id(case))?.ok_or(Rejection::NotFound)?;
    Ok((case, escalations::find(conn, id)?))
}
