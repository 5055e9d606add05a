//! Escalations: the rows, the queue, and the views in which people see them.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::db::schema::{
    cases, escalation_targets, escalations, next_steps, organizations, people,
};
use crate::db::sql_types::{At, Json, MaybeAt, json};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::Priority;
use crate::domain::eligibility::{Assessment, FindingCode};
use crate::domain::escalation::{Facts, Level, State};
use crate::domain::ids::{
    CaseId, CaseNumber, EscalationId, EscalationNumber, EscalationRef, EventId, LineId,
    OrganizationId, PersonId,
};
use crate::domain::order::{Place, Window, orders};
use crate::store::cas::{Cas, compare_and_set};
use crate::store::cases::{Named, OrganizationRef};
use crate::store::lines::within_reach;
use crate::store::page::{counted, windowed};
use crate::store::people::display_name;

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

/// An escalation with the names that belong to it.
#[derive(Clone, Debug)]
pub struct EscalationView {
    /// The row.
    pub escalation: Escalation,
    /// Its case's number.
    pub case_number: CaseNumber,
    /// Its case's subject.
    pub case_subject: String,
    /// Whose case it is.
    pub organization: OrganizationRef,
    /// Who raised it.
    pub requested_by: Named,
    /// Who reviews or runs it.
    pub owner: Option<Named>,
}

/// What a new escalation is made of.
#[derive(Clone, Debug)]
pub struct NewEscalation<'a> {
    /// Its number.
    pub number: EscalationNumber,
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
}

/// Adds a submitted escalation.
///
/// # Errors
/// The database's own; a violation if another one is active, or if the case is closed or of low priority (E14).
pub fn insert(conn: &mut Conn, new: &NewEscalation<'_>, now: Instant) -> QueryResult<EscalationId> {
    let id = EscalationId::new(now);
    diesel::insert_into(escalations::table)
        .values((
            escalations::id.eq(id),
            escalations::number.eq(new.number.value()),
            escalations::case_id.eq(new.case),
            escalations::reason.eq(new.reason),
            escalations::answers.eq(json(new.answers)?),
            escalations::details.eq(new.details),
            escalations::acknowledgements.eq(json(new.acknowledgements)?),
            escalations::assessment.eq(json(new.assessment)?),
            escalations::state.eq(State::Submitted),
            escalations::requested_by.eq(new.requested_by),
            escalations::submitted_at.eq(At(now)),
            escalations::submitted_priority.eq(Some(new.priority)),
            escalations::queue_rank.eq(UNRANKED),
            escalations::decline_reasons.eq("[]"),
            escalations::updated_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
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
/// The database's own.
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
    let changes = (changes, escalations::queue_rank.eq(queue_rank));
    let (id, version) = (escalation.id, escalation.version);
    Ok(compare_and_set!(
        conn,
        escalations.id = id,
        version,
        changes
    ))
}

/// Notes the case's priority at submission, from which on the escalation has targets.
///
/// # Errors
/// The database's own.
pub fn set_submitted_priority(
    conn: &mut Conn,
    id: EscalationId,
    priority: Priority,
) -> QueryResult<()> {
    diesel::update(escalations::table.filter(escalations::id.eq(id)))
        .set(escalations::submitted_priority.eq(Some(priority)))
        .execute(conn)
        .map(drop)
}

/// Notes that something happened to an escalation, which is locked with its case.
///
/// # Errors
/// The database's own.
pub fn touch(conn: &mut Conn, id: EscalationId, now: Instant) -> QueryResult<()> {
    let earlier = escalations::table
        .filter(escalations::id.eq(id))
        .filter(escalations::updated_at.lt(At(now)));
    diesel::update(earlier)
        .set(escalations::updated_at.eq(At(now)))
        .execute(conn)
        .map(drop)
}

/// Notes since when the requester's answer is awaited. That is no change to the escalation itself: whoever reviews it at the
/// time is not kept from it.
///
/// # Errors
/// The database's own.
pub fn set_awaiting(conn: &mut Conn, id: EscalationId, since: Option<Instant>) -> QueryResult<()> {
    diesel::update(escalations::table.filter(escalations::id.eq(id)))
        .set(escalations::awaiting_reply_since.eq(since.map(At)))
        .execute(conn)
        .map(drop)
}

/// Notes what falls due next: of the targets that run and do not stand still, and of the next steps that are open.
///
/// # Errors
/// The database's own.
pub fn note_next_due(conn: &mut Conn, id: EscalationId) -> QueryResult<()> {
    let target: Option<At> = escalation_targets::table
        .filter(escalation_targets::escalation_id.eq(id))
        .filter(super::targets::IsRunning)
        .filter(escalation_targets::paused_since.is_null())
        .select(diesel::dsl::min(escalation_targets::due_at))
        .get_result(conn)?;
    let step: Option<At> = next_steps::table
        .filter(next_steps::escalation_id.eq(id))
        .filter(super::lapses::IsOpen)
        .select(diesel::dsl::min(next_steps::due_at))
        .get_result(conn)?;
    let next = [target, step].into_iter().flatten().min();
    diesel::update(escalations::table.filter(escalations::id.eq(id)))
        .set(escalations::next_due_at.eq(next.unwrap_or(At(NEVER))))
        .execute(conn)
        .map(drop)
}

/// The next active escalations whose targets are still to be started, with their cases, in the order of their ids behind
/// `after`.
///
/// # Errors
/// The database's own.
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

/// The row of that id.
///
/// # Errors
/// The database's own; `NotFound` if there is none.
pub fn find(conn: &mut Conn, id: EscalationId) -> QueryResult<Escalation> {
    escalations::table
        .filter(escalations::id.eq(id))
        .select(Escalation::as_select())
        .get_result(conn)
}

/// The escalation that a request names and its case, if they exist for the reader.
///
/// # Errors
/// The database's own.
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
/// The database's own.
pub fn active_of(conn: &mut Conn, case: CaseId) -> QueryResult<Option<Escalation>> {
    escalations::table
        .filter(escalations::case_id.eq(case))
        .filter(super::cases::IsActive)
        .select(Escalation::as_select())
        .get_result(conn)
        .optional()
}

/// The escalation that was active on a case at an instant, in the past or now.
///
/// # Errors
/// The database's own.
pub fn active_at(conn: &mut Conn, case: CaseId, at: Instant) -> QueryResult<Option<Escalation>> {
    escalations::table
        .filter(escalations::case_id.eq(case))
        .filter(escalations::submitted_at.le(At(at)))
        .filter(
            escalations::closed_at
                .is_null()
                .or(escalations::closed_at.gt(At(at))),
        )
        .select(Escalation::as_select())
        .get_result(conn)
        .optional()
}

/// Who owns an active escalation on a case of which line, once for each.
///
/// # Errors
/// The database's own.
pub fn owners_by_line(conn: &mut Conn) -> QueryResult<Vec<(PersonId, LineId)>> {
    let rows: Vec<(Option<PersonId>, LineId)> = escalations::table
        .inner_join(cases::table)
        .filter(super::cases::IsActive)
        .filter(escalations::owner_id.is_not_null())
        .select((escalations::owner_id, cases::line_of_business_id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(owner, line)| Some((owner?, line)))
        .collect())
}

orders! {
    /// What escalations are listed by.
    pub enum EscalationOrder {
        /// Their place in the queue: unranked ones first, then by rank, the longest waiting first.
        Rank = "rank" by Ranked,
        /// When they were submitted.
        SubmittedAt = "submitted_at" by Instant,
        /// What falls due next: the soonest first, and at the end those of which nothing does.
        DueAt = "due_at" by Instant,
    }
}

/// Where an escalation stands in an order.
pub fn place(by: EscalationOrder, view: &EscalationView) -> Place<EscalationId> {
    let escalation = &view.escalation;
    let (at, id) = (escalation.submitted_at, escalation.id);
    match by {
        EscalationOrder::Rank => Place::Ranked(escalation.queue_rank, at, id),
        EscalationOrder::SubmittedAt => Place::Instant(at, id),
        EscalationOrder::DueAt => Place::Instant(escalation.next_due_at, id),
    }
}

/// Which escalations a list holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EscalationFilter {
    /// Those of one case.
    pub case: Option<CaseId>,
    /// Those in one of these states; all if empty.
    pub state: Vec<State>,
    /// Those of one owner, or of nobody.
    pub owner: Option<Option<PersonId>>,
    /// Those of one rank.
    pub rank: Option<i64>,
    /// Those of one organization's cases.
    pub organization: Option<OrganizationId>,
    /// Those for one reason, by its code.
    pub reason: Option<String>,
    /// Those that have changed at this instant or later.
    pub updated_since: Option<Instant>,
    /// Those with, or without, a target or a promised next step that is past due.
    pub overdue: Option<bool>,
}

mod alias {
    use crate::db::schema::people;
    diesel::alias!(people as requester: Requester, people as escalation_owner: EscalationOwner);
}
use alias::{escalation_owner, requester};

type ViewRow = (
    Escalation,
    (i64, String),
    OrganizationRef,
    (String, String),
    Option<(String, String)>,
);

macro_rules! views {
    () => {
        escalations::table
            .inner_join(cases::table.inner_join(organizations::table))
            .inner_join(requester.on(requester.field(people::id).eq(escalations::requested_by)))
            .left_join(
                escalation_owner.on(escalation_owner
                    .field(people::id)
                    .nullable()
                    .eq(escalations::owner_id)),
            )
            .select((
                Escalation::as_select(),
                (cases::number, cases::subject),
                OrganizationRef::as_select(),
                requester.fields((people::first_name, people::last_name)),
                escalation_owner
                    .fields((people::first_name, people::last_name))
                    .nullable(),
            ))
            .into_boxed()
    };
}

/// Leaves out what the filter does not let through. A macro, because every selection is a type of its own.
macro_rules! passing {
    ($query:expr, $filter:expr, $now:expr) => {{
        let (mut query, filter) = ($query, $filter);
        if let Some(case) = filter.case {
            query = query.filter(escalations::case_id.eq(case));
        }
        if !filter.state.is_empty() {
            query = query.filter(escalations::state.eq_any(filter.state.clone()));
        }
        match filter.owner {
            Some(Some(owner)) => query = query.filter(escalations::owner_id.eq(owner)),
            Some(None) => query = query.filter(escalations::owner_id.is_null()),
            None => {}
        }
        if let Some(rank) = filter.rank {
            query = query.filter(escalations::rank.eq(rank));
        }
        if let Some(organization) = filter.organization {
            query = query.filter(cases::organization_id.eq(organization));
        }
        if let Some(reason) = &filter.reason {
            query = query.filter(escalations::reason.eq(reason.clone()));
        }
        if let Some(since) = filter.updated_since {
            query = query.filter(escalations::updated_at.ge(At(since)));
        }
        if let Some(wanted) = filter.overdue {
            query = match wanted {
                true => query.filter(escalations::next_due_at.le(At($now))),
                false => query.filter(escalations::next_due_at.gt(At($now))),
            };
        }
        query
    }};
}

/// Escalations that exist for the reader; which are past due is asked for `now`.
///
/// # Errors
/// The database's own.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    (filter, now): (&EscalationFilter, Instant),
    window: &Window<EscalationOrder, EscalationId>,
) -> QueryResult<Vec<EscalationView>> {
    let mut query = views!();
    query = within_reach!(query, reach);
    let query = passing!(query, filter, now);
    let (id, submitted_at) = (escalations::id, escalations::submitted_at);
    let next_due_at = escalations::next_due_at;
    let query = match window.sort.by {
        EscalationOrder::Rank => {
            windowed!(query, window, ranked escalations::queue_rank, submitted_at, id)
        }
        EscalationOrder::SubmittedAt => windowed!(query, window, instant submitted_at, id),
        EscalationOrder::DueAt => windowed!(query, window, instant next_due_at, id),
    };
    let rows: Vec<ViewRow> = query.load(conn)?;
    Ok(rows.into_iter().map(EscalationView::from).collect())
}

/// How many escalations there are for the reader, counted up to `most`.
///
/// # Errors
/// The database's own.
pub fn count(
    conn: &mut Conn,
    reach: Reach,
    (filter, now): (&EscalationFilter, Instant),
    most: usize,
) -> QueryResult<usize> {
    let mut query = escalations::table
        .inner_join(cases::table)
        .select(escalations::id)
        .into_boxed();
    query = within_reach!(query, reach);
    let query = passing!(query, filter, now);
    let along = (
        escalations::queue_rank.asc(),
        escalations::submitted_at.asc(),
        escalations::id.asc(),
    );
    counted!(conn, query, EscalationId, most, along)
}

/// One escalation, if it exists for the reader.
///
/// # Errors
/// The database's own.
pub fn view(
    conn: &mut Conn,
    reach: Reach,
    escalation: &EscalationRef,
) -> QueryResult<Option<EscalationView>> {
    let mut query = views!();
    query = match escalation {
        EscalationRef::Id(id) => query.filter(escalations::id.eq(*id)),
        EscalationRef::Number(number) => query.filter(escalations::number.eq(number.value())),
    };
    query = within_reach!(query, reach);
    Ok(query
        .get_result::<ViewRow>(conn)
        .optional()?
        .map(EscalationView::from))
}

impl From<ViewRow> for EscalationView {
    fn from(
        (escalation, (number, case_subject), organization, requested_by, owner): ViewRow,
    ) -> Self {
        let named = |id, (first, last): (String, String)| Named {
            id,
            name: display_name(&first, &last),
        };
        Self {
            requested_by: named(escalation.requested_by, requested_by),
            owner: escalation
                .owner_id
                .zip(owner)
                .map(|(id, name)| named(id, name)),
            escalation,
            case_number: CaseNumber::new(number),
            case_subject,
            organization,
        }
    }
}
