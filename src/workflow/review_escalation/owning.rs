//! Who reviews and runs an escalation: it is claimed, or given to somebody (M4).

use super::Verb;
use crate::db::Conn;
use crate::domain::access::permission_to;
use crate::domain::escalation::{self, Command};
use crate::domain::event::EscalationEvent;
use crate::domain::ids::EscalationId;
use crate::input::input;
use crate::workflow::VerbResult;
use crate::workflow::on::lock_escalation;
use crate::workflow::reviewers::reviewer;

input! {
    /// Who becomes the owner.
    pub struct AssignEscalation {
        /// Somebody who reviews escalations, by id or address.
        owner: String,
    }
}

impl Verb<'_> {
    /// Takes it for review (M4).
    ///
    /// # Errors
    /// [`Rejection::NotFound`], `Denied`, `Stale`, `Escalation`; so for every verb.
    pub fn claim(&self, conn: &mut Conn) -> VerbResult<EscalationId> {
        let moved = self.decide(
            conn,
            &Command::Claim {
                by: self.actor.id(),
            },
        )?;
        if moved.is_as_before() {
            return Ok(moved.before.id);
        }
        let owner = self.actor.name.clone();
        let (_, after) = self.finish(conn, &moved, EscalationEvent::Claimed { owner })?;
        Ok(after.id)
    }

    /// Gives it to an owner, named by id or address (M4).
    ///
    /// # Errors
    /// As [`Verb::claim`]; [`Rejection::Field`] if the owner is nobody who reviews escalations.
    pub fn assign(&self, conn: &mut Conn, command: &AssignEscalation) -> VerbResult<EscalationId> {
        let (case, _) = lock_escalation(conn, self.actor, self.escalation)?;
        self.actor
            .require(permission_to(escalation::Verb::Assign))?;
        let (to, owner) = reviewer(conn, &case, &command.owner, self.now)?;
        let moved = self.decide(conn, &Command::Assign { to })?;
        if moved.is_as_before() {
            return Ok(moved.before.id);
        }
        let (_, after) = self.finish(conn, &moved, EscalationEvent::Assigned { owner })?;
        Ok(after.id)
    }
}
