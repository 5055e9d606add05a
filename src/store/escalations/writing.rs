//! Escalations are submitted, changed, and noted on.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::Escalation;
use crate::db::schema::{escalation_targets, escalations, next_steps};
use crate::db::sql_types::{At, json};
use crate::db::{Conn, Varying, kept, on_either};
use crate::domain::Instant;
use crate::domain::audit::seal::Said;
use crate::domain::case::Priority;
use crate::domain::eligibility::Assessment;
use crate::domain::escalation::{Level, State};
use crate::domain::ids::{CaseId, EscalationId, PersonId};
use crate::store::audit::EscalationWords;
use crate::store::cas::{Cas, compare_and_set};
use crate::store::counter::{Counter, Next};
use crate::store::{lapses, targets};

/// Where an escalation without a rank stands in the queue: before the ranked ones, for nobody has weighed it yet.
const UNRANKED: i64 = 0;
/// Where an escalation that has ended stands: behind all others.
const ENDED: i64 = 9;

/// When something falls due of which nothing does.
const NEVER: Instant = {
    // The last microsecond of the last year that both databases order.
    match Instant::from_timestamp_micros(253_402_300_799_999_999) {
        Some(at) => at,
        None => Instant::MAX_UTC,
    }
};

/// What a new escalation is made of.
#[derive(Clone, Debug)]
pub struct NewEscalation<'a> {
    /// Its case.
    pub case: CaseId,
    /// The code of its reason.
    pub reason: &'a str,
    /// The answers by question code.
    pub answers: &'a Map<String, Value>,
    /// Markdown.
    pub details: &'a str,
    /// What was acknowledged.
    pub acknowledgements: &'a [String],
    /// The assessment that was decided on.
    pub assessment: &'a Assessment,
    /// Who raises it.
    pub requested_by: PersonId,
    /// The case's priority.
    pub priority: Priority,
    /// When the next of the targets that it starts with falls due.
    pub next_due_at: Option<Instant>,
}

/// Adds a submitted escalation with the next number; gives its row, and what the event has to say of its words. Nothing if another one is active: that
/// is no violation, after which PostgreSQL would answer nothing more.
///
/// # Errors
/// Database errors; a violation if the case is closed or of low priority (E14).
pub fn insert(
    conn: &mut Conn,
    new: &NewEscalation<'_>,
    now: Instant,
) -> QueryResult<Option<(Escalation, Said)>> {
    let id = EscalationId::new(now);
    let words = EscalationWords {
        case: new.case,
        reason: new.reason,
        answers: &json(new.answers)?,
        details: new.details,
        acknowledgements: &json(new.acknowledgements)?,
        assessment: &json(new.assessment)?,
        decline_reasons: "[]",
    };
    let (salt, said) = words.sealed(id);
    macro_rules! inserting {
        ($number:expr) => {
            diesel::insert_into(escalations::table)
                .values((
                    escalations::id.eq(id),
                    escalations::number.eq($number),
                    escalations::case_id.eq(new.case),
                    escalations::reason.eq(new.reason),
                    escalations::answers.eq(words.answers),
                    escalations::details.eq(new.details),
                    escalations::acknowledgements.eq(words.acknowledgements),
                    escalations::assessment.eq(words.assessment),
                    escalations::state.eq(State::Submitted),
                    escalations::requested_by.eq(new.requested_by),
                    escalations::submitted_at.eq(At(now)),
                    escalations::submitted_priority.eq(Some(new.priority)),
                    escalations::queue_rank.eq(UNRANKED),
                    escalations::decline_reasons.eq(words.decline_reasons),
                    escalations::next_due_at.eq(At(new.next_due_at.unwrap_or(NEVER))),
                    escalations::updated_at.eq(At(now)),
                    escalations::salt.eq(Some(&salt)),
                ))
                .on_conflict_do_nothing()
                .returning(Escalation::as_returning())
        };
    }
    // Who takes a number is waited for until the transaction ends.
    let counter = Counter::Escalation;
    let row = match conn {
        Conn::Postgres(own) => counter.numbering(own, inserting!(Next)).get_result(own),
        Conn::Sqlite(_) => {
            let number = counter.next(conn)?;
            on_either!(conn, |own| inserting!(number).get_result(own))
        }
    };
    let row = row.optional()?;
    Ok(row.map(|row| (row, said)))
}

/// Changes to an escalation; what is `None` stays.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = escalations)]
pub struct EscalationChanges {
    /// Where it stands.
    pub state: Option<State>,
    /// Who reviews or runs it.
    pub owner_id: Option<Option<PersonId>>,
    /// When it was first claimed or assigned.
    pub claimed_at: Option<At>,
    /// When it was accepted or declined.
    pub decided_at: Option<At>,
    /// How important.
    pub importance: Option<Level>,
    /// How urgent.
    pub urgency: Option<Level>,
    /// 1-5.
    pub rank: Option<i64>,
    /// The criteria that were not met, as JSON.
    pub decline_reasons: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// What was done.
    pub summary: Option<String>,
    /// When it ended.
    pub closed_at: Option<At>,
    /// 1-5.
    pub rating_score: Option<i64>,
    /// The requester's words.
    pub rating_comment: Option<String>,
    /// When it was rated.
    pub rated_at: Option<At>,
    /// Who is asked for the rating in the requester's place.
    pub rater_id: Option<PersonId>,
}

/// Changes an escalation if it is still at its version, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    escalation: &Escalation,
    changes: &EscalationChanges,
) -> QueryResult<Cas> {
    let state = changes.state.unwrap_or(escalation.state);
    let queue_rank = if state.is_active() {
        changes.rank.or(escalation.rank).unwrap_or(UNRANKED)
    } else {
        ENDED
    };
    let changes = (Varying(changes), escalations::queue_rank.eq(queue_rank));
    let (id, version) = (escalation.id, escalation.version);
    Ok(compare_and_set!(
        conn,
        escalations.id = id,
        version,
        kept changes
    ))
}

/// Notes the case's priority at submission, from which on the escalation has targets.
///
/// # Errors
/// Database errors.
pub fn set_submitted_priority(
    conn: &mut Conn,
    id: EscalationId,
    priority: Priority,
) -> QueryResult<()> {
    kept(escalations::table.filter(escalations::id.eq(id)))
        .set(escalations::submitted_priority.eq(Some(priority)))
        .execute(conn)
        .map(drop)
}

/// Notes that something happened to an escalation, which is locked with its case.
///
/// # Errors
/// Database errors.
pub fn touch(conn: &mut Conn, id: EscalationId, now: Instant) -> QueryResult<()> {
    let earlier = escalations::table
        .filter(escalations::id.eq(id))
        .filter(escalations::updated_at.lt(At(now)));
    on_either!(conn, |own| kept(earlier)
        .set(escalations::updated_at.eq(At(now)))
        .execute(own))
    .map(drop)
}

/// Notes since when the requester's answer is awaited. That is no change to the escalation itself: whoever reviews it at the
/// time is not kept from it.
///
/// # Errors
/// Database errors.
pub fn set_awaiting(conn: &mut Conn, id: EscalationId, since: Option<Instant>) -> QueryResult<()> {
    kept(escalations::table.filter(escalations::id.eq(id)))
        .set(escalations::awaiting_reply_since.eq(since.map(At)))
        .execute(conn)
        .map(drop)
}

/// Notes what falls due next: of the targets that run and do not stand still, and of the next steps that are open.
///
/// # Errors
/// Database errors.
pub fn note_next_due(conn: &mut Conn, id: EscalationId) -> QueryResult<()> {
    let target = escalation_targets::table
        .filter(escalation_targets::escalation_id.eq(escalations::id))
        .filter(targets::IsRunning)
        .filter(escalation_targets::paused_since.is_null())
        .select(diesel::dsl::min(escalation_targets::due_at))
        .single_value();
    let step = next_steps::table
        .filter(next_steps::escalation_id.eq(escalations::id.nullable()))
        .filter(lapses::IsOpen)
        .select(diesel::dsl::min(next_steps::due_at))
        .single_value();
    let (target, step): (Option<At>, Option<At>) = escalations::table
        .filter(escalations::id.eq(id))
        .select((target, step))
        .get_result(conn)?;
    let next = [target, step].into_iter().flatten().min();
    kept(escalations::table.filter(escalations::id.eq(id)))
        .set(escalations::next_due_at.eq(next.unwrap_or(At(NEVER))))
        .execute(conn)
        .map(drop)
}
