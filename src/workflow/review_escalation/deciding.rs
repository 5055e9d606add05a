//! An escalation is accepted, declined or weighed anew (M5, M6).

use super::Verb;
use crate::db::Conn;
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{Command, Level};
use crate::domain::event::{EscalationEvent, StepEvent};
use crate::domain::ids::EscalationId;
use crate::domain::text::Markdown;
use crate::input::input;
use crate::workflow::VerbResult;
use crate::workflow::on::On;
use crate::workflow::promise::{self, PromiseStep};

input! {
    /// How an escalation is accepted (M6).
    pub struct AcceptEscalation {
        /// How important.
        importance: Level,
        /// How urgent.
        urgency: Level,
        /// The answer to the requester, in Markdown.
        reply: Markdown,
        /// What is promised; at least one.
        next_steps: Vec<PromiseStep>,
    }
}

input! {
    /// How an escalation is weighed.
    pub struct RankEscalation {
        /// How important.
        importance: Level,
        /// How urgent.
        urgency: Level,
    }
}

input! {
    /// Why an escalation is declined.
    pub struct DeclineEscalation {
        /// The criteria that are not met; at least one.
        reasons: Vec<FindingCode>,
        /// The answer to the requester, in Markdown.
        reply: Option<Markdown>,
    }
}

impl Verb<'_> {
    /// Finds it valid, ranks it, answers, and promises next steps (M6).
    ///
    /// # Errors
    /// As [`Verb::claim`]; [`Rejection::Field`] for a step that is promised for the past.
    pub fn accept(&self, conn: &mut Conn, accept: &AcceptEscalation) -> VerbResult<EscalationId> {
        let command = Command::Accept {
            importance: accept.importance,
            urgency: accept.urgency,
            steps: accept.next_steps.len(),
        };
        let moved = self.decide(conn, &command)?;
        let event = EscalationEvent::Accepted {
            rank: moved.changes.rank,
            reply: accept.reply.to_string(),
            next_steps: accept.next_steps.iter().map(PromiseStep::told).collect(),
        };
        let (case, after) = self.finish(conn, &moved, event)?;
        let (on, event) = (On::Escalation(&case, &after), StepEvent::PromisedInReply);
        for (index, promising) in accept.next_steps.iter().enumerate() {
            promise::promised(conn, self.actor, on, promising, event, self.now)
                .map_err(|failed| failed.within("next_steps", index))?;
        }
        Ok(after.id)
    }

    /// Weighs an accepted one anew.
    ///
    /// # Errors
    /// As [`Verb::claim`].
    pub fn rerank(&self, conn: &mut Conn, command: &RankEscalation) -> VerbResult<EscalationId> {
        let (importance, urgency) = (command.importance, command.urgency);
        let moved = self.decide(
            conn,
            &Command::Rerank {
                importance,
                urgency,
            },
        )?;
        if moved.is_as_before() {
            return Ok(moved.before.id);
        }
        let rank = moved.changes.rank;
        let (_, after) = self.finish(conn, &moved, EscalationEvent::Reranked { rank })?;
        Ok(after.id)
    }

    /// Finds it not valid, for reasons of the criteria (M5).
    ///
    /// # Errors
    /// As [`Verb::claim`].
    pub fn decline(
        &self,
        conn: &mut Conn,
        command: &DeclineEscalation,
    ) -> VerbResult<EscalationId> {
        let reply = command.reply.as_ref();
        let moved = self.decide(
            conn,
            &Command::Decline {
                reasons: command.reasons.clone(),
            },
        )?;
        let event = EscalationEvent::Declined {
            reasons: moved.declined_for(),
            reply: reply.map(ToString::to_string),
            calls: self.end_calls(conn, &moved)?,
        };
        let (_, after) = self.finish(conn, &moved, event)?;
        Ok(after.id)
    }
}
