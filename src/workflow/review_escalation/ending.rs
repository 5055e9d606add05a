//! An escalation is taken back, or ends with what was done (M11, M13).

use super::rating::rater;
use super::{Verb, acting, moved};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::escalation::{Command, Event};
use crate::domain::event::EscalationEvent;
use crate::domain::ids::EscalationId;
use crate::domain::target::Happening;
use crate::domain::text::{Markdown, Title};
use crate::input::input;
use crate::store::cases::Case;
use crate::store::escalations::{self, Escalation};
use crate::workflow::promise::{self, EndStep};
use crate::workflow::record::Recorded;
use crate::workflow::{Actor, VerbResult, callback, publish, settled, targets};

input! {
    /// Why an escalation is withdrawn.
    pub struct WithdrawEscalation {
        /// Why, in Markdown; it becomes an entry of the escalation feed.
        note: Option<Markdown>,
    }
}

input! {
    /// How an escalation ends.
    pub struct CloseEscalation {
        /// How it ended, in a word or two.
        outcome: Title,
        /// What was done, in Markdown; it becomes an entry of the escalation feed.
        summary: Markdown,
        /// Who is asked for the rating if the requester is gone: another person of the customer's side, by id or address.
        rater: Option<String>,
        /// What becomes of its open promises; those that are not named stay open, with the case.
        next_steps: Option<Vec<EndStep>>,
    }
}

impl Verb<'_> {
    /// Takes it back.
    ///
    /// # Errors
    /// As [`Verb::claim`].
    pub fn withdraw(
        &self,
        conn: &mut Conn,
        command: &WithdrawEscalation,
    ) -> VerbResult<EscalationId> {
        let note = command.note.as_ref();
        let moved = self.decide(conn, &Command::Withdraw)?;
        let event = EscalationEvent::Withdrawn {
            note: note.map(ToString::to_string),
            calls: self.end_calls(conn, &moved)?,
        };
        let (_, after) = self.finish(conn, &moved, event)?;
        Ok(after.id)
    }

    /// Ends an accepted one with an outcome and a summary (M11).
    ///
    /// # Errors
    /// As [`Verb::claim`]; [`Rejection::Field`] if somebody is named to rate it who does not come into question.
    pub fn close(&self, conn: &mut Conn, command: &CloseEscalation) -> VerbResult<EscalationId> {
        let (outcome, summary) = (&command.outcome, &command.summary);
        let mut moved = self.decide(conn, &Command::Close)?;
        let ends = command.next_steps.as_deref().unwrap_or_default();
        let of = (&moved.case, Some(&moved.before));
        promise::settle_at_end(conn, self.actor, of, ends, self.now)?;
        moved.changes.outcome = Some(outcome.to_string());
        moved.changes.summary = Some(summary.to_string());
        if let Some(name) = &command.rater {
            moved.changes.rater_id = Some(rater(conn, &moved.case, &moved.before, name, self.now)?);
        }
        let event = EscalationEvent::Closed {
            outcome: outcome.to_string(),
            summary: summary.to_string(),
            calls: self.end_calls(conn, &moved)?,
        };
        let (_, after) = self.finish(conn, &moved, event)?;
        Ok(after.id)
    }
}

/// Withdraws the active escalation of a case that a contact closes (M13). The case is locked already.
pub(in crate::workflow) fn withdraw_with_case(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    escalation: &Escalation,
    now: Instant,
) -> VerbResult<()> {
    let moved = moved(
        acting(actor),
        case.clone(),
        escalation.clone(),
        &Command::Withdraw,
        now,
    )?;
    debug_assert_eq!(moved.event, Event::Withdrawn);
    let calls = callback::cancel_with_escalation(conn, actor, (case, escalation), now)?;
    settled(escalations::update(conn, escalation, &moved.changes)?, None)?;
    let after = escalations::find(conn, escalation.id)?;
    let recorded = Recorded::escalation(escalation, &after);
    let event = EscalationEvent::Withdrawn { note: None, calls };
    publish::on_escalation(conn, actor, (case, &after), recorded, event, now)?;
    targets::keep(conn, case, &after, Happening::Withdrawn, now)
}
