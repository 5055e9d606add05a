//! Submitting an escalation (E1-E14, M3).

use diesel::Connection;
use serde_json::{Map, Value, json};

use super::assess::{chosen, decide, facts};
use super::notify::{Told, tell};
use super::{Actor, Outcome, Refused, feed, record, settled};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::EventKind;
use crate::domain::audit::seal::Thing;
use crate::domain::eligibility::{Assessment, FindingCode};
use crate::domain::feed::Mark;
use crate::domain::ids::{CaseRef, EscalationId, EscalationNumber};
use crate::domain::notice::{About, Submitted};
use crate::domain::reason::{Answers, Reason, check_answers};
use crate::domain::text::Markdown;
use crate::store::cases::{self, Case, CaseChanges};
use crate::store::escalations::{self, NewEscalation};
use crate::store::{Counter, audit};

/// What somebody submits.
#[derive(Clone, Debug)]
pub struct SubmitEscalation {
    /// The code of the reason.
    pub reason: String,
    /// What the requester says.
    pub details: Markdown,
    /// The answers to the reason's questions, by question code.
    pub answers: Map<String, Value>,
    /// The findings of the double-check that the requester acknowledges (E9).
    pub acknowledgements: Vec<FindingCode>,
}

/// Submits an escalation: everything that belongs to it is written, or nothing.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Field` (unknown reason), `ActiveEscalation`, `NotEligible`, `Answers`,
/// `AcknowledgementRequired`, in this order.
pub fn submit_escalation(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    submit: &SubmitEscalation,
    now: Instant,
) -> Outcome<EscalationId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Refused::NotFound)?;
    // Whoever waited for the lock decides on what was done meanwhile, also if another process's clock is ahead.
    let now = now.max(case.updated_at);
    actor.require(Permission::EscalationsSubmit)?;
    let reason = chosen(conn, &submit.reason)?;
    let (answers, misfits) = match check_answers(&reason, &submit.answers) {
        Ok(answers) => (answers, None),
        Err(errors) => (Answers::default(), Some(errors)),
    };
    let assessment = assessed(conn, actor, &case, &reason, &answers, now)?;
    // Whether it can be escalated at all comes before how the form was filled in.
    eligible(conn, &case, &assessment)?;
    if let Some(errors) = misfits {
        return Err(errors.into());
    }
    if assessment
        .unacknowledged(&submit.acknowledgements)
        .next()
        .is_some()
    {
        return Err(Refused::AcknowledgementRequired(Box::new(assessment)).into());
    }

    let number = EscalationNumber::new(Counter::Escalation.next(conn)?);
    let acknowledged: Vec<String> = assessment
        .to_acknowledge()
        .map(|finding| finding.code.to_string())
        .collect();
    let new = NewEscalation {
        number,
        case: case.id,
        reason: &reason.code,
        answers: &submit.answers,
        details: submit.details.as_str(),
        acknowledgements: &acknowledged,
        assessment: &assessment,
        requested_by: actor.id(),
    };
    // In a savepoint: after a violation PostgreSQL would answer nothing more.
    let id = match conn.transaction(|conn| escalations::insert(conn, &new, now)) {
        Ok(id) => id,
        Err(error) => return Err(raced(conn, error.into(), &case, &assessment)?.into()),
    };
    let escalation = escalations::find(conn, id)?;
    settled(
        cases::update(conn, case.id, case.version, &CaseChanges::default(), now)?,
        None,
    )?;
    let case = cases::find(conn, case.id)?;

    let args = json!({"number": number, "by": actor.name});
    let mark = record::mark(
        conn,
        actor,
        case.id,
        Some(id),
        Mark::EscalationSubmitted,
        args,
        now,
    )?;
    let (case, words) =
        feed::say_on_escalation(conn, actor, &case, &escalation, &submit.details, now)?;
    let said = mark
        .and(words)
        .and(audit::seal(conn, Thing::Escalation(id))?);
    let mut after = record::escalation_fields(&escalation);
    after.insert("reason".into(), reason.code.clone().into());
    let subject = (escalation.subject_id(), Some(id));
    record::added(
        conn,
        actor,
        EventKind::EscalationSubmitted,
        &case,
        subject,
        (&after, &said),
        now,
    )?;
    let told = Told {
        about: About::EscalationSubmitted(Submitted {
            reason: reason.label,
            details: Some(submit.details.to_string()),
        }),
        case: &case,
        escalation: Some(&escalation),
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(id)
}

fn assessed(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    reason: &Reason,
    answers: &Answers,
    now: Instant,
) -> Outcome<Assessment> {
    let facts = facts(conn, case, actor.id(), now)?;
    let mut assessments = decide(
        conn,
        case,
        &facts,
        std::slice::from_ref(reason),
        answers,
        now,
    )?;
    assessments.pop().ok_or_else(|| Refused::NotFound.into())
}

fn eligible(conn: &mut Conn, case: &Case, assessment: &Assessment) -> Outcome<()> {
    if assessment.blocking().next().is_none() {
        return Ok(());
    }
    let assessment = Box::new(assessment.clone());
    if assessment.finds(FindingCode::ActiveEscalation)
        && let Some(active) = escalations::active_of(conn, case.id)?
    {
        return Err(Refused::ActiveEscalation {
            number: active.number,
            assessment,
        }
        .into());
    }
    Err(Refused::NotEligible(assessment).into())
}

/// The database refuses what the code let through (E14): the answer is the same as if the code had seen it.
fn raced(
    conn: &mut Conn,
    error: DbError,
    case: &Case,
    assessment: &Assessment,
) -> Outcome<Refused> {
    if error.violated_constraint().is_none() {
        return Err(error.into());
    }
    let assessment = Box::new(assessment.clone());
    Ok(match escalations::active_of(conn, case.id)? {
        Some(active) => Refused::ActiveEscalation {
            number: active.number,
            assessment,
        },
        None => Refused::NotEligible(assessment),
    })
}
