//! Audited events: appended, never changed (C8).

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::db::schema::{audit_events, cases};
use crate::db::sql_types::{At, Json, json};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::history::CaseFields;
use crate::domain::ids::{CaseId, EscalationId, EventId, OrganizationId, PersonId};
use crate::store::lines::hidden_from;

/// What is recorded of an event. `subject` is the uuid of the thing that changed.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    /// What happened, as `thing.verb`.
    pub kind: &'a str,
    /// Whose thing it happened to.
    pub organization: Option<OrganizationId>,
    /// On which case.
    pub case: Option<CaseId>,
    /// On which escalation.
    pub escalation: Option<EscalationId>,
    /// The thing that changed.
    pub subject: Option<EventId>,
    /// Who did it; nobody if the desk did it by itself.
    pub actor: Option<PersonId>,
    /// The actor's first and last name then.
    pub actor_name: &'a str,
    /// The changed fields before.
    pub before: Option<&'a Map<String, Value>>,
    /// The changed fields after.
    pub after: Option<&'a Map<String, Value>>,
}

/// A row of `audit_events`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub struct Event {
    /// Its place in the order of events.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub at: Instant,
    /// What happened.
    pub kind: String,
    /// Whose thing it happened to.
    pub organization_id: Option<OrganizationId>,
    /// On which case.
    pub case_id: Option<CaseId>,
    /// On which escalation.
    pub escalation_id: Option<EscalationId>,
    /// Who did it.
    pub actor_id: Option<PersonId>,
    /// The actor's name then.
    pub actor_name: String,
    /// The changed fields before.
    pub before: Option<Json<Map<String, Value>>>,
    /// The changed fields after.
    pub after: Option<Json<Map<String, Value>>>,
}

/// Appends an event.
///
/// # Errors
/// The database's own.
pub fn append(conn: &mut Conn, event: &NewEvent<'_>, at: Instant) -> QueryResult<()> {
    diesel::insert_into(audit_events::table)
        .values((
            audit_events::id.eq(EventId::new(at)),
            audit_events::at.eq(At(at)),
            audit_events::kind.eq(event.kind),
            audit_events::organization_id.eq(event.organization),
            audit_events::case_id.eq(event.case),
            audit_events::escalation_id.eq(event.escalation),
            audit_events::subject_id.eq(event.subject),
            audit_events::actor_id.eq(event.actor),
            audit_events::actor_name.eq(event.actor_name),
            audit_events::before.eq(event.before.map(json).transpose()?),
            audit_events::after.eq(event.after.map(json).transpose()?),
        ))
        .execute(conn)
        .map(drop)
}

/// What a thing's changes after `at` replaced, the newest first.
///
/// # Errors
/// The database's own.
pub fn replaced_after(
    conn: &mut Conn,
    subjects: &[EventId],
    at: Instant,
) -> QueryResult<Vec<(EventId, Instant, CaseFields)>> {
    let rows: Vec<(Option<EventId>, At, Option<Json<CaseFields>>)> = audit_events::table
        .filter(audit_events::subject_id.eq_any(subjects.to_vec()))
        .filter(audit_events::at.gt(At(at)))
        .filter(audit_events::before.is_not_null())
        .order(audit_events::seq.desc())
        .select((
            audit_events::subject_id,
            audit_events::at,
            audit_events::before,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(subject, at, before)| Some((subject?, at.0, before?.0)))
        .collect())
}

/// Which events a list holds.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Those on one case.
    pub case: Option<CaseId>,
    /// Those that concern one organization.
    pub organization: Option<OrganizationId>,
    /// Those before this place in the order.
    pub before: Option<i64>,
}

/// Events, the newest first; none on cases of lines that staff may not read (A4). Whose events a customer's people see
/// says the filter.
///
/// # Errors
/// The database's own.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: &EventFilter,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    let mut query = audit_events::table
        .left_join(cases::table.on(cases::id.nullable().eq(audit_events::case_id)))
        .select(Event::as_select())
        .into_boxed();
    match reach {
        Reach::Everything | Reach::Organization(_) => {}
        Reach::Staff(person) => {
            let readable = cases::line_of_business_id.ne_all(hidden_from!(person));
            query = query.filter(
                audit_events::case_id
                    .is_null()
                    .or(readable.assume_not_null()),
            );
        }
    }
    if let Some(case) = filter.case {
        query = query.filter(audit_events::case_id.eq(case));
    }
    if let Some(organization) = filter.organization {
        query = query.filter(audit_events::organization_id.eq(organization));
    }
    if let Some(seq) = filter.before {
        query = query.filter(audit_events::seq.lt(seq));
    }
    query
        .order(audit_events::seq.desc())
        .limit(limit)
        .load(conn)
}

/// What happened to an escalation itself, the newest first.
///
/// # Errors
/// The database's own.
pub fn of_escalation(
    conn: &mut Conn,
    escalation: EscalationId,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    audit_events::table
        .filter(audit_events::escalation_id.eq(escalation))
        .filter(audit_events::kind.like("escalation.%"))
        .order(audit_events::seq.desc())
        .limit(limit)
        .select(Event::as_select())
        .load(conn)
}
