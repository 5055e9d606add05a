//! Submitting an escalation (E1-E14, M3).

use serde_json::{Map, Value};

use super::assess::{chosen, decide, facts};
use super::record::{Recorded, escalation_fields};
use super::{Actor, Rejection, VerbResult, publish, rotation, settled, targets};
use crate::db::{Conn, DbError, steadily, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::eligibility::{Assessment, FindingCode};
use crate::domain::event::EscalationEvent;
use crate::domain::ids::CaseRef;
use crate::domain::reason::{Answers, Reason, check_answers};
use crate::domain::text::Markdown;
use crate::input::input;
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation, NewEscalation};
use crate::store::targets::{Target, insert_first};

input! {
    /// An escalation.
    pub struct SubmitEscalation {
        /// The code of the reason.
        reason: String,
        /// What you want to say, in Markdown.
        details: Markdown,
        /// The answers to the reason's questions, by question code.
        answers: Option<Map<String, Value>>,
        /// The findings of the double-check that you acknowledge (E9).
        acknowledgements: Option<Vec<FindingCode>>,
    }
}

/// An escalation that was submitted.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// As it was written.
    pub escalation: Escalation,
    /// Its case, as it stands then.
    pub case: Case,
    /// Its targets.
    pub targets: Vec<Target>,
    /// Whether it was given to somebody in turn at once, by which it and its targets have changed.
    pub is_given: bool,
}

/// Submits an escalation: everything that belongs to it is written, or nothing.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Field` (unknown reason), `ActiveEscalation`, `NotEligible`, `Answers`,
/// `AcknowledgementRequired`, in this order.
pub fn submit_escalation(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    submit: &SubmitEscalation,
    now: Instant,
) -> VerbResult<Submitted> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    // Whoever waited for the lock decides on what was done meanwhile, also if another process's clock is ahead.
    let now = now.max(case.updated_at);
    steadily(conn, |conn| submitted(conn, actor, case, submit, now))
}

/// The same on a case that is locked.
fn submitted(
    conn: &mut Conn,
    actor: &Actor,
    case: Case,
    submit: &SubmitEscalation,
    now: Instant,
) -> VerbResult<Submitted> {
    actor.require(Permission::EscalationsSubmit)?;
    let answered = submit.answers.clone().unwrap_or_default();
    let reason = chosen(conn, &submit.reason)?;
    let (answers, misfits) = match check_answers(&reason, &answered) {
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
        .unacknowledged(submit.acknowledgements.as_deref().unwrap_or_default())
        .next()
        .is_some()
    {
        return Err(Rejection::AcknowledgementRequired(Box::new(assessment)).into());
    }

    let targets = targets::first(conn, &case, now)?;
    settled(cases::touch(conn, case.id, case.version, now)?, None)?;
    // The change is counted, and nothing else of the case has changed.
    let case = Case {
        updated_at: now,
        version: case.version + 1,
        ..case
    };
    let acknowledged: Vec<String> = assessment
        .to_acknowledge()
        .map(|finding| finding.code.to_string())
        .collect();
    let new = NewEscalation {
        case: case.id,
        reason: &reason.code,
        answers: &answered,
        details: submit.details.as_str(),
        acknowledgements: &acknowledged,
        assessment: &assessment,
        requested_by: actor.id(),
        priority: case.priority,
        next_due_at: targets::next_due(&targets),
    };
    // It takes a number, for which others wait until the transaction ends, so that it is done as late as can be.
    let inserted = escalations::insert(conn, &new, now).map_err(DbError::from);
    let (escalation, said) = match inserted {
        Ok(Some(inserted)) => inserted,
        Ok(None) => return Err(overtaken(conn, &case, assessment)?.into()),
        Err(error) if error.violated_constraint().is_some() => {
            return Err(Rejection::NotEligible(Box::new(assessment)).into());
        }
        Err(error) => return Err(error.into()),
    };
    let mut fields = escalation_fields(&escalation);
    fields.insert("reason".into(), reason.code.into());
    let recorded = Recorded::added(escalation.subject_id(), fields).saying(said);
    let event = EscalationEvent::Submitted {
        reason: reason.label,
        details: submit.details.to_string(),
    };
    publish::on_escalation(conn, actor, (&case, &escalation), recorded, event, now)?;
    let targets = insert_first(conn, escalation.id, targets, now)?;
    let is_given = rotation::give_in_turn(conn, &case, &escalation, now)?;
    // Whatever follows finds all of it.
    write_what_was_put_off(conn)?;
    Ok(Submitted {
        escalation,
        case,
        targets,
        is_given,
    })
}

fn assessed(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    reason: &Reason,
    answers: &Answers,
    now: Instant,
) -> VerbResult<Assessment> {
    let facts = facts(conn, case, actor.id(), now)?;
    let mut assessments = decide(
        conn,
        case,
        &facts,
        std::slice::from_ref(reason),
        answers,
        now,
    )?;
    assessments.pop().ok_or_else(|| Rejection::NotFound.into())
}

fn eligible(conn: &mut Conn, case: &Case, assessment: &Assessment) -> VerbResult<()> {
    if assessment.blocking().next().is_none() {
        return Ok(());
    }
    let assessment = Box::new(assessment.clone());
    if assessment.finds(FindingCode::ActiveEscalation)
        && let Some(active) = escalations::active_of(conn, case.id)?
    {
        return Err(Rejection::ActiveEscalation {
            number: active.number,
            assessment,
        }
        .into());
    }
    Err(Rejection::NotEligible(assessment).into())
}

/// Somebody else has escalated the case meanwhile.
fn overtaken(conn: &mut Conn, case: &Case, assessment: Assessment) -> VerbResult<Rejection> {
    let assessment = Box::new(assessment);
    Ok(match escalations::active_of(conn, case.id)? {
        Some(active) => Rejection::ActiveEscalation {
            number: active.number,
            assessment,
        },
        None => Rejection::NotEligible(assessment),
    })
}
