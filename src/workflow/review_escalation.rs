//! What becomes of an escalation: claimed, assigned, accepted, declined, ranked anew, withdrawn, closed, rated (M2,
//! M4-M7, M11).

mod deciding;
mod ending;
mod owning;
mod rating;

use serde_json::json;

use super::on::lock_escalation;
use super::record::Recorded;
use super::{Actor, Expected, VerbResult, callback, publish, settled, targets, unchanged};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::permission_to;
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{self, Command, Event, transition};
use crate::domain::event::EscalationEvent;
use crate::domain::ids::EscalationRef;
use crate::domain::offers;
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation, EscalationChanges};

pub use deciding::{AcceptEscalation, DeclineEscalation, RankEscalation};
pub(super) use ending::withdraw_with_case;
pub use ending::{CloseEscalation, WithdrawEscalation};
pub use owning::AssignEscalation;
pub use rating::{AskRater, RateEscalation, raters};

/// A verb on one escalation: who, on which, of which version, when.
#[derive(Clone, Debug)]
pub struct Verb<'a> {
    /// Who acts.
    pub actor: &'a Actor,
    /// On which escalation.
    pub escalation: &'a EscalationRef,
    /// The version that the request was made on, if it names one.
    pub expected: Expected<'a>,
    /// When.
    pub now: Instant,
}

/// What a verb moved.
pub(super) struct Moved {
    case: Case,
    pub(super) before: Escalation,
    event: Event,
    pub(super) changes: EscalationChanges,
}

impl Moved {
    /// Whether it is taken by or given to whom it belongs already, or weighed as it was: nothing is then written, and nobody told.
    fn is_as_before(&self) -> bool {
        let (before, changes) = (&self.before, &self.changes);
        match self.event {
            Event::Claimed { by } => before.owner_id == Some(by),
            Event::Assigned { from, to } => from == Some(to),
            Event::Reranked { .. } => {
                before.importance == changes.importance && before.urgency == changes.urgency
            }
            _ => false,
        }
    }

    /// The criteria that are not met, each once, in rule order; none of another verb.
    fn declined_for(&self) -> Vec<FindingCode> {
        match &self.event {
            Event::Declined { reasons } => reasons.clone(),
            _ => Vec::new(),
        }
    }
}

impl Verb<'_> {
    /// Calls off what was asked for on an escalation that ends with it (M12); answers how many calls.
    fn end_calls(&self, conn: &mut Conn, moved: &Moved) -> VerbResult<usize> {
        let on = (&moved.case, &moved.before);
        callback::cancel_with_escalation(conn, self.actor, on, self.now)
    }

    /// Asks the rules, on what the transaction has locked.
    fn decide(&self, conn: &mut Conn, command: &Command) -> VerbResult<Moved> {
        let (case, before) = lock_escalation(conn, self.actor, self.escalation)?;
        self.actor.require(permission_to(command.verb()))?;
        unchanged(self.expected, before.version)?;
        let facts = before.facts();
        let decided = moved(acting(self.actor), case, before, command, self.now);
        Ok(decided.map_err(|refusal| offers::told(refusal, &facts, &self.actor.access))?)
    }

    /// Writes what moved, and publishes it. What a case shows of its escalation is a part of it: whoever holds an older version
    /// is told so.
    fn finish(
        &self,
        conn: &mut Conn,
        moved: &Moved,
        event: EscalationEvent,
    ) -> VerbResult<(Case, Escalation)> {
        let after = self.persist(conn, moved)?;
        let case = &moved.case;
        settled(cases::touch(conn, case.id, case.version, self.now)?, None)?;
        // The change is counted, and nothing else of the case has changed.
        let case = Case {
            updated_at: self.now,
            version: case.version + 1,
            ..case.clone()
        };
        self.publish(conn, moved, (&case, &after), event)?;
        if let Some(happening) = targets::happening(&moved.event) {
            targets::keep(conn, &case, &after, happening, self.now)?;
        }
        Ok((case, after))
    }

    fn persist(&self, conn: &mut Conn, moved: &Moved) -> VerbResult<Escalation> {
        settled(
            escalations::update(conn, &moved.before, &moved.changes)?,
            None,
        )?;
        Ok(escalations::find(conn, moved.before.id)?)
    }

    fn publish(
        &self,
        conn: &mut Conn,
        moved: &Moved,
        on: (&Case, &Escalation),
        event: EscalationEvent,
    ) -> VerbResult<()> {
        let recorded = Recorded::escalation(&moved.before, on.1);
        publish::on_escalation(conn, self.actor, on, recorded, event, self.now)
    }
}

fn acting(actor: &Actor) -> escalation::Actor {
    escalation::Actor {
        id: actor.id(),
        supervises: actor.access.supervises(),
    }
}

/// What a command of somebody moves, in the words of the rows.
pub(super) fn moved(
    acting: escalation::Actor,
    case: Case,
    before: Escalation,
    command: &Command,
    now: Instant,
) -> Result<Moved, escalation::Refusal> {
    let facts = before.facts();
    let decision = transition(&facts, &acting, command)?;
    let mut changes = EscalationChanges {
        state: Some(decision.state),
        owner_id: Some(decision.owner),
        ..EscalationChanges::default()
    };
    if before.claimed_at.is_none() && decision.owner.is_some() {
        changes.claimed_at = Some(At(now));
    }
    match &decision.event {
        Event::Accepted {
            importance,
            urgency,
            rank,
        }
        | Event::Reranked {
            importance,
            urgency,
            rank,
        } => {
            changes.importance = Some(*importance);
            changes.urgency = Some(*urgency);
            changes.rank = Some(i64::from(*rank));
        }
        Event::Declined { reasons } => {
            changes.decline_reasons = Some(json!(reasons).to_string());
        }
        Event::Rated { score } => {
            changes.rating_score = Some(i64::from(*score));
            changes.rated_at = Some(At(now));
        }
        Event::Claimed { .. }
        | Event::Assigned { .. }
        | Event::Withdrawn
        | Event::Closed
        | Event::RaterAsked => {}
    }
    if matches!(
        decision.event,
        Event::Accepted { .. } | Event::Declined { .. }
    ) {
        changes.decided_at = Some(At(now));
    }
    if before.state.is_active() && !decision.state.is_active() {
        changes.closed_at = Some(At(now));
    }
    Ok(Moved {
        case,
        before,
        event: decision.event,
        changes,
    })
}
