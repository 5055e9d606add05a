//! What becomes of an escalation: claimed, assigned, accepted, declined, ranked anew, withdrawn, closed, rated (M2,
//! M4-M7, M11).

use serde_json::json;

use super::administer::refused;
use super::on::{On, lock_escalation};
use super::promise::{self, EndStep, PromiseStep};
use super::record::Recorded;
use super::{Actor, Expected, VerbResult, callback, publish, settled, targets, unchanged};
use crate::db::sql_types::At;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach, permission_to};
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{self, Command, Event, Facts, Level, State, transition};
use crate::domain::event::{EscalationEvent, StepEvent};
use crate::domain::ids::{EscalationId, EscalationRef, OrganizationId, PersonId};
use crate::domain::offers;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::target::Happening;
use crate::domain::text::{Markdown, Note, Title};
use crate::input::{Whole, input};
use crate::store::cases::{self, Case, CaseChanges};
use crate::store::escalations::{self, Escalation, EscalationChanges};
use crate::store::people::Person;
use crate::store::{self, organizations, people};

input! {
    /// Who becomes the owner.
    pub struct AssignEscalation {
        /// Somebody who reviews escalations, by id or address.
        owner: String,
    }
}

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

input! {
    /// Who is asked for the rating in the place of whoever is gone.
    pub struct AskRater {
        /// A person of the customer's side, by id or address.
        rater: String,
    }
}

input! {
    /// How an escalation was handled.
    pub struct RateEscalation {
        /// From 1 (badly) to 5 (well).
        score: Whole<1, 5>,
        /// In words.
        comment: Option<Note>,
    }
}

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

    /// Says how it was handled (M11).
    ///
    /// # Errors
    /// As [`Verb::claim`].
    pub fn rate(&self, conn: &mut Conn, command: &RateEscalation) -> VerbResult<EscalationId> {
        // The type admits 1 to 5 only.
        let score = u8::try_from(command.score.get()).unwrap_or_default();
        let mut moved = self.decide(conn, &Command::Rate { score })?;
        moved.changes.rating_comment = command.comment.as_ref().map(ToString::to_string);
        let after = self.persist(conn, &moved)?;
        self.publish(conn, &moved, (&moved.case, &after), EscalationEvent::Rated)?;
        Ok(after.id)
    }

    /// Asks somebody else for the rating of an escalation that has ended, since whoever was asked is gone (M11).
    ///
    /// # Errors
    /// As [`Verb::claim`]; [`Rejection::Field`] if somebody is named who does not come into question.
    pub fn ask_rater(&self, conn: &mut Conn, command: &AskRater) -> VerbResult<EscalationId> {
        let (case, before) = lock_escalation(conn, self.actor, self.escalation)?;
        self.actor
            .require(permission_to(escalation::Verb::AskRater))?;
        unchanged(self.expected, before.version)?;
        let facts = Facts {
            rater_is_gone: is_gone(conn, case.organization_id, before.rater(), self.now)?,
            ..before.facts()
        };
        let decision = transition(&facts, &acting(self.actor), &Command::AskRater)
            .map_err(|refusal| offers::told(refusal, &facts, &self.actor.access))?;
        let moved = Moved {
            changes: EscalationChanges {
                rater_id: Some(rater(conn, &case, &before, &command.rater, self.now)?),
                ..EscalationChanges::default()
            },
            event: decision.event,
            case,
            before,
        };
        let after = self.persist(conn, &moved)?;
        let event = EscalationEvent::RaterAsked {
            outcome: after.outcome.clone().unwrap_or_default(),
            summary: after.summary.clone(),
        };
        self.publish(conn, &moved, (&moved.case, &after), event)?;
        Ok(after.id)
    }

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
        let (case, nothing) = (&moved.case, CaseChanges::default());
        settled(
            cases::update(conn, case.id, case.version, &nothing, self.now)?,
            None,
        )?;
        let case = cases::find(conn, case.id)?;
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

/// Withdraws the active escalation of a case that a contact closes (M13). The case is locked already.
pub(super) fn withdraw_with_case(
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

/// The enabled member of the staff whom a request names as owner of an escalation.
pub(super) fn reviewer(
    conn: &mut Conn,
    case: &Case,
    name: &str,
    now: Instant,
) -> VerbResult<(PersonId, String)> {
    let refused = |code| refused("owner", code, name);
    let person = people::staff_named(conn, name)?.ok_or_else(|| refused("not_found"))?;
    let access = store::access::of_person(conn, &person, now)?;
    if !access.can(Permission::EscalationsReview) {
        return Err(refused("not_an_escalation_owner").into());
    }
    // A4: nobody owns what does not exist for them.
    if !store::lines::readers(conn, case.line_of_business_id)?.admit(&access) {
        return Err(refused("line_not_readable").into());
    }
    Ok((person.id, person.name()))
}

/// Who can be asked for the rating in the requester's place, or in that of whom support named before (M11): those of the customer
/// who rate escalations. Nobody, as long as whoever is asked is there, or once it is rated.
///
/// # Errors
/// The database's own.
pub fn raters(
    conn: &mut Conn,
    organization: OrganizationId,
    escalation: &Escalation,
    now: Instant,
) -> Result<Vec<Person>, DbError> {
    let lacks_rating = escalation.state.is_active() || escalation.state == State::Closed;
    let is_rated = escalation.rated_at.is_some();
    if !lacks_rating || is_rated || !is_gone(conn, organization, escalation.rater(), now)? {
        return Ok(Vec::new());
    }
    let theirs = (organization, Side::Customer);
    Ok(store::access::holders_by_name(
        conn,
        theirs,
        Permission::EscalationsRate,
        now,
    )?)
}

/// Whether whoever is asked for a rating is shut out, was there by way of a pairing that lets them in no more, or may rate nothing any more.
fn is_gone(
    conn: &mut Conn,
    there: OrganizationId,
    rater: PersonId,
    now: Instant,
) -> Result<bool, DbError> {
    let Some(person) = people::find(conn, Reach::Everything, rater)? else {
        return Ok(true);
    };
    if person.disabled_at.is_some() {
        return Ok(true);
    }
    let home = person.organization_id;
    let is_staff = organizations::find(conn, Reach::Everything, home)?
        .is_some_and(|home| home.kind == OrganizationKind::Provider);
    if is_staff {
        return Ok(false);
    }
    let access = match home == there {
        true => Some(store::access::of_person(conn, &person, now)?),
        false => {
            let paired = store::access::paired(conn, rater, home, there, now)?;
            paired.map(|(through, held)| {
                Access::of(rater, there, Side::Customer, held).by_way_of(through)
            })
        }
    };
    Ok(!access.is_some_and(|access| access.can(Permission::EscalationsRate)))
}

/// Whom a request names to be asked for the rating.
fn rater(
    conn: &mut Conn,
    case: &Case,
    escalation: &Escalation,
    name: &str,
    now: Instant,
) -> VerbResult<PersonId> {
    let refused = |code| refused("rater", code, name);
    let person =
        people::named(conn, case.organization_id, name)?.ok_or_else(|| refused("not_found"))?;
    if !is_gone(conn, case.organization_id, escalation.rater(), now)? {
        return match person.id == escalation.rater() {
            true => Ok(person.id),
            false => Err(refused("requester_still_here").into()),
        };
    }
    let access = store::access::of_person(conn, &person, now)?;
    match access.can(Permission::EscalationsRate) && person.disabled_at.is_none() {
        true => Ok(person.id),
        false => Err(refused("cannot_rate").into()),
    }
}
