//! Escalations: the rows, the queue, and the views in which people see them.

mod listing;
mod writing;

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::db::schema::{cases, escalations};
use crate::db::sql_types::{At, Json, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::Priority;
use crate::domain::eligibility::{Assessment, FindingCode};
use crate::domain::escalation::{Facts, Level, State};
use crate::domain::ids::{
    CaseId, EscalationId, EscalationNumber, EscalationRef, EventId, LineId, PersonId,
};
use crate::store::cases::IsActive;
use crate::store::lines::within_reach;

pub use listing::{
    Brief, EscalationFilter, EscalationOrder, EscalationView, brief_of, count, list, of_case,
    of_cases, place, view, view_of, views_of,
};
pub use writing::{
    EscalationChanges, NewEscalation, insert, note_next_due, set_awaiting, set_submitted_priority,
    touch, update,
};

/// A row of `escalations`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = escalations)]
pub struct Escalation {
    /// Its id.
    pub id: EscalationId,
    /// Its number.
    #[diesel(deserialize_as = i64)]
    pub number: EscalationNumber,
    /// Its case.
    pub case_id: CaseId,
    /// The code of its reason.
    pub reason: String,
    /// The answers to the reason's questions, by question code.
    pub answers: Json<Map<String, Value>>,
    /// Markdown.
    pub details: String,
    /// The double-check findings that the requester acknowledged (E9).
    pub acknowledgements: Json<Vec<String>>,
    /// The assessment as the requester saw it (E13).
    pub assessment: Json<Assessment>,
    /// Where it stands.
    pub state: State,
    /// Who raised it.
    pub requested_by: PersonId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub submitted_at: Instant,
    /// Who reviews or runs it.
    pub owner_id: Option<PersonId>,
    /// When it was first claimed or assigned.
    #[diesel(deserialize_as = MaybeAt)]
    pub claimed_at: Option<Instant>,
    /// When it was accepted or declined.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<Instant>,
    /// How important.
    pub importance: Option<Level>,
    /// How urgent.
    pub urgency: Option<Level>,
    /// 1-5 (M6).
    pub rank: Option<i64>,
    /// Its place in the queue: by rank, those without one first, those that ended last.
    pub queue_rank: i64,
    /// The criteria that were not met (M5).
    pub decline_reasons: Json<Vec<FindingCode>>,
    /// How it ended.
    pub outcome: Option<String>,
    /// What was done.
    pub summary: Option<String>,
    /// When it ended, in whatever way.
    #[diesel(deserialize_as = MaybeAt)]
    pub closed_at: Option<Instant>,
    /// 1-5 (M11).
    pub rating_score: Option<i64>,
    /// The requester's words on it.
    pub rating_comment: Option<String>,
    /// When it was rated.
    #[diesel(deserialize_as = MaybeAt)]
    pub rated_at: Option<Instant>,
    /// Who is asked for the rating in the requester's place (M11).
    pub rater_id: Option<PersonId>,
    /// Counts its changes.
    pub version: i64,
    /// The case's priority when it was submitted; none if its targets are still to be started.
    pub submitted_priority: Option<Priority>,
    /// Since when the requester's answer is awaited (M8).
    #[diesel(deserialize_as = MaybeAt)]
    pub awaiting_reply_since: Option<Instant>,
    /// When the next of its targets that run, or of its open next steps, falls due; the end of time if none does.
    #[diesel(deserialize_as = At)]
    pub next_due_at: Instant,
}

impl Escalation {
    /// The escalation as its verbs are decided on.
    pub fn facts(&self) -> Facts {
        Facts {
            state: self.state,
            owner: self.owner_id,
            rated: self.rated_at.is_some(),
            rater: self.rater(),
            rater_is_gone: false,
        }
    }

    /// Who is asked for the rating (M11).
    pub fn rater(&self) -> PersonId {
        self.rater_id.unwrap_or(self.requested_by)
    }

    /// The escalation as the subject of audited events.
    pub fn subject_id(&self) -> EventId {
        EventId::from_uuid(*self.id.as_uuid())
    }
}

/// The row of that id.
///
/// # Errors
/// Database errors; `NotFound` if there is none.
pub fn find(conn: &mut Conn, id: EscalationId) -> QueryResult<Escalation> {
    escalations::table
        .filter(escalations::id.eq(id))
        .select(Escalation::as_select())
        .get_result(conn)
}

/// The escalation that a request names and its case, if they exist for the reader.
///
/// # Errors
/// Database errors.
pub fn ids_of(
    conn: &mut Conn,
    reach: Reach,
    escalation: &EscalationRef,
) -> QueryResult<Option<(EscalationId, CaseId)>> {
    let mut query = escalations::table
        .inner_join(cases::table)
        .select((escalations::id, cases::id))
        .into_boxed();
    query = match escalation {
        EscalationRef::Id(id) => query.filter(escalations::id.eq(*id)),
        EscalationRef::Number(number) => query.filter(escalations::number.eq(number.value())),
    };
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

/// The active escalation of a case.
///
/// # Errors
/// Database errors.
pub fn active_of(conn: &mut Conn, case: CaseId) -> QueryResult<Option<Escalation>> {
    escalations::table
        .filter(escalations::case_id.eq(case))
        .filter(IsActive)
        .select(Escalation::as_select())
        .get_result(conn)
        .optional()
}

/// When something last happened to an escalation that exists for the reader, such as a call that was asked for on it.
///
/// # Errors
/// Database errors.
pub fn last_change(conn: &mut Conn, reach: Reach) -> QueryResult<Option<Instant>> {
    let mut query = escalations::table
        .inner_join(cases::table)
        .select(escalations::updated_at)
        .into_boxed();
    query = within_reach!(query, reach);
    let newest = query
        .order((escalations::updated_at.desc(), escalations::id.desc()))
        .first::<At>(conn)
        .optional()?;
    Ok(newest.map(|At(at)| at))
}

/// Who owns an active escalation on a case of which line, once for each.
///
/// # Errors
/// Database errors.
pub fn owners_by_line(conn: &mut Conn) -> QueryResult<Vec<(PersonId, LineId)>> {
    let rows: Vec<(Option<PersonId>, LineId)> = escalations::table
        .inner_join(cases::table)
        .filter(IsActive)
        .filter(escalations::owner_id.is_not_null())
        .select((escalations::owner_id, cases::line_of_business_id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(owner, line)| Some((owner?, line)))
        .collect())
}

/// The next active escalations whose targets are still to be started, with their cases, in the order of their ids behind
/// `after`.
///
/// # Errors
/// Database errors.
pub fn without_targets(
    conn: &mut Conn,
    after: Option<EscalationId>,
    limit: i64,
) -> QueryResult<Vec<(EscalationId, CaseId)>> {
    let untimed = escalations::table
        .filter(escalations::submitted_priority.is_null())
        .order(escalations::id.asc())
        .limit(limit)
        .select((escalations::id, escalations::case_id));
    match after {
        Some(after) => untimed.filter(escalations::id.gt(after)).load(conn),
        None => untimed.load(conn),
    }
}
