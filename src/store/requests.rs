//! Priority requests: records that staff grant or refuse (C5).

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::schema::{cases, organizations, people, priority_requests};
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, fixed};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::{Priority, PriorityRequestState};
use crate::domain::ids::{CaseId, CaseNumber, PersonId, PriorityRequestId};
use crate::store::cases::OrganizationRef;
use crate::store::lines::within_reach;
use crate::store::people::{Named, display_name};

/// A row of `priority_requests`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = priority_requests)]
pub struct PriorityRequest {
    /// Its id.
    pub id: PriorityRequestId,
    /// The case.
    pub case_id: CaseId,
    /// The priority asked for.
    pub priority: Priority,
    /// Why.
    pub note: String,
    /// Where it stands.
    pub state: PriorityRequestState,
    /// Who asks.
    pub requested_by: PersonId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub requested_at: Instant,
    /// Who decided.
    pub decided_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<Instant>,
    /// Why so.
    pub decision_note: Option<String>,
    /// Counts its changes.
    pub version: i64,
}

/// A priority request with the names that belong to it.
#[derive(Clone, Debug)]
pub struct PriorityRequestView {
    /// The row.
    pub request: PriorityRequest,
    /// Its case's number.
    pub case_number: CaseNumber,
    /// Its case's subject.
    pub case_subject: String,
    /// Whose case it is.
    pub organization: OrganizationRef,
    /// Who asks.
    pub requested_by: Named,
    /// Who decided.
    pub decided_by: Option<Named>,
}

/// Adds a pending request.
///
/// # Errors
/// Database errors; a unique violation if one is pending.
pub fn insert(
    conn: &mut Conn,
    case: CaseId,
    priority: Priority,
    note: &str,
    by: PersonId,
    now: Instant,
) -> QueryResult<PriorityRequestId> {
    let id = PriorityRequestId::new(now);
    diesel::insert_into(priority_requests::table)
        .values((
            priority_requests::id.eq(id),
            priority_requests::case_id.eq(case),
            priority_requests::priority.eq(priority),
            priority_requests::note.eq(note),
            priority_requests::state.eq(PriorityRequestState::Pending),
            priority_requests::requested_by.eq(by),
            priority_requests::requested_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Decides a pending request.
///
/// # Errors
/// Database errors.
pub fn decide(
    conn: &mut Conn,
    id: PriorityRequestId,
    state: PriorityRequestState,
    note: Option<&str>,
    by: PersonId,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(priority_requests::table.filter(priority_requests::id.eq(id)))
        .set((
            priority_requests::state.eq(state),
            priority_requests::decided_by.eq(by),
            priority_requests::decided_at.eq(At(now)),
            priority_requests::decision_note.eq(note),
            priority_requests::version.eq(priority_requests::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// One request, if its case exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    reach: Reach,
    id: PriorityRequestId,
) -> QueryResult<Option<PriorityRequest>> {
    let mut query = priority_requests::table
        .inner_join(cases::table)
        .filter(priority_requests::id.eq(id))
        .select(PriorityRequest::as_select())
        .into_boxed();
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

/// Whether one is pending on a case.
///
/// # Errors
/// Database errors.
pub fn is_pending(conn: &mut Conn, case: CaseId) -> QueryResult<bool> {
    let pending = priority_requests::table
        .filter(priority_requests::case_id.eq(case))
        .filter(priority_requests::state.eq(PriorityRequestState::Pending));
    diesel::select(exists(pending)).get_result(conn)
}

/// Who made the request on a case that was decided on last.
///
/// # Errors
/// Database errors.
pub fn decided_last(conn: &mut Conn, case: CaseId) -> QueryResult<Option<PersonId>> {
    priority_requests::table
        .filter(priority_requests::case_id.eq(case))
        .filter(priority_requests::decided_at.is_not_null())
        .order((
            priority_requests::decided_at.desc(),
            priority_requests::requested_at.asc(),
            priority_requests::id.asc(),
        ))
        .select(priority_requests::requested_by)
        .first(conn)
        .optional()
}

mod alias {
    use crate::db::schema::people;
    diesel::alias!(people as asker: Asker, people as decider: Decider);
}
use alias::{asker, decider};

type ViewRow = (
    PriorityRequest,
    (i64, String),
    OrganizationRef,
    (String, String),
    Option<(String, String)>,
);

impl From<ViewRow> for PriorityRequestView {
    fn from((request, (number, subject), organization, asked, decided): ViewRow) -> Self {
        let named = |id, (first, last): (String, String)| Named {
            id,
            name: display_name(&first, &last),
        };
        Self {
            case_number: CaseNumber::new(number),
            case_subject: subject,
            organization,
            requested_by: named(request.requested_by, asked),
            decided_by: request
                .decided_by
                .zip(decided)
                .map(|(id, name)| named(id, name)),
            request,
        }
    }
}

macro_rules! views {
    () => {
        priority_requests::table
            .inner_join(cases::table.inner_join(organizations::table))
            .inner_join(asker.on(asker.field(people::id).eq(priority_requests::requested_by)))
            .left_join(
                decider.on(decider
                    .field(people::id)
                    .nullable()
                    .eq(priority_requests::decided_by)),
            )
            .select((
                PriorityRequest::as_select(),
                (cases::number, cases::subject),
                OrganizationRef::as_select(),
                asker.fields((people::first_name, people::last_name)),
                decider
                    .fields((people::first_name, people::last_name))
                    .nullable(),
            ))
            .into_boxed()
    };
}

/// One request with its names, if its case exists for the reader.
///
/// # Errors
/// Database errors.
pub fn view(
    conn: &mut Conn,
    reach: Reach,
    id: PriorityRequestId,
) -> QueryResult<Option<PriorityRequestView>> {
    let mut query = views!().filter(priority_requests::id.eq(id));
    query = within_reach!(query, reach);
    let found: Option<ViewRow> = query.get_result(conn).optional()?;
    Ok(found.map(PriorityRequestView::from))
}

/// All requests of a case, the newest first.
///
/// # Errors
/// Database errors.
pub fn of_case(conn: &mut Conn, case: CaseId) -> QueryResult<Vec<PriorityRequestView>> {
    let of_case = views!().filter(priority_requests::case_id.eq(case)).order((
        priority_requests::requested_at.desc(),
        priority_requests::id.desc(),
    ));
    let rows: Vec<ViewRow> = fixed!(of_case).load(conn)?;
    Ok(rows.into_iter().map(PriorityRequestView::from).collect())
}
