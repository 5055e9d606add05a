//! The chain as it is kept, walked from one end to the other.

use diesel::prelude::*;
use diesel::result::Error as Diesel;
use serde_json::{Map, Value};

use crate::db::schema::{audit_chain, audit_events};
use crate::db::sql_types::At;
use crate::db::{Conn, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::audit::{Chain, End, Link, Record, SeenBy, Verdict};
use crate::domain::ids::{CaseId, EscalationId, EventId, OrganizationId, PersonId};

/// How many events are held at a time.
const PAGE: i64 = 1000;

/// An event as it is kept, read as little as can be: what cannot be understood was changed, and must not end the walk.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub(super) struct Row {
    pub(super) position: i64,
    link: Option<i64>,
    id: EventId,
    #[diesel(deserialize_as = At)]
    at: Instant,
    kind: String,
    organization_id: Option<OrganizationId>,
    home_organization_id: Option<OrganizationId>,
    case_id: Option<CaseId>,
    escalation_id: Option<EscalationId>,
    subject_id: Option<EventId>,
    actor_id: Option<PersonId>,
    actor_name: String,
    seen_by: SeenBy,
    before: Option<String>,
    after: Option<String>,
    previous_hash: String,
    hash: String,
    said: Option<String>,
}

/// Where the chain ends, behind the last event that is linked; none if that was taken away.
///
/// # Errors
/// Database errors.
pub fn end(conn: &mut Conn) -> QueryResult<Option<End>> {
    write_what_was_put_off(conn)?;
    let row: Option<(i64, String)> = audit_chain::table
        .select((audit_chain::position, audit_chain::head))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|(position, head)| End { position, head }))
}

/// Walks along the chain, a page at a time, and says what it has found. All of it has to happen in one consistent read.
///
/// # Errors
/// Database errors.
pub fn walk(conn: &mut Conn) -> QueryResult<Verdict> {
    let mut chain = Chain::new(end(conn)?);
    let mut last = None;
    while !chain.is_decided() {
        let Some(reached) = step(conn, &mut chain, last)? else {
            break;
        };
        last = Some(reached);
    }
    Ok(chain.finish())
}

/// Goes on behind `last`; gives the place that was reached, or none at the end.
fn step(conn: &mut Conn, chain: &mut Chain, last: Option<i64>) -> QueryResult<Option<i64>> {
    match page(conn, last, PAGE) {
        Ok(rows) => {
            for row in &rows {
                take(chain, row);
            }
            Ok(rows.last().and_then(|row| row.link))
        }
        Err(Diesel::DeserializationError(_)) => step_one(conn, chain, last),
        Err(error) => Err(error),
    }
}

/// Goes on by one event, whether it can be read or not.
fn step_one(conn: &mut Conn, chain: &mut Chain, last: Option<i64>) -> QueryResult<Option<i64>> {
    let next: Option<i64> = audit_events::table
        .filter(audit_events::link.gt(last.unwrap_or(i64::MIN)))
        .select(diesel::dsl::min(audit_events::link))
        .get_result(conn)?;
    let Some(position) = next else {
        return Ok(None);
    };
    match page(conn, last, 1) {
        Ok(rows) => rows.iter().for_each(|row| take(chain, row)),
        Err(Diesel::DeserializationError(_)) => chain.step_over_unreadable(position),
        Err(error) => return Err(error),
    }
    Ok(Some(position))
}

fn page(conn: &mut Conn, last: Option<i64>, limit: i64) -> QueryResult<Vec<Row>> {
    audit_events::table
        .filter(audit_events::link.gt(last.unwrap_or(i64::MIN)))
        .order(audit_events::link.asc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)
}

fn take(chain: &mut Chain, row: &Row) {
    // It was found by its place.
    let Some(position) = row.link else { return };
    let Ok(told) = row.told() else {
        return chain.step_over_unreadable(position);
    };
    chain.step(&Link {
        position,
        arrival: row.position,
        previous: &row.previous_hash,
        hash: &row.hash,
        record: told.record(),
    });
}

type Fields = Option<Map<String, Value>>;

/// An event whose documents have been read.
pub(super) struct Told<'r> {
    row: &'r Row,
    before: Fields,
    after: Fields,
    said: Fields,
}

impl Row {
    /// The event with its documents.
    ///
    /// # Errors
    /// If one of them is none.
    pub(super) fn told(&self) -> serde_json::Result<Told<'_>> {
        let fields = |text: &Option<String>| -> serde_json::Result<Fields> {
            text.as_deref().map(serde_json::from_str).transpose()
        };
        Ok(Told {
            row: self,
            before: fields(&self.before)?,
            after: fields(&self.after)?,
            said: fields(&self.said)?,
        })
    }

    /// The event without its documents.
    pub(super) fn bare(&self) -> Told<'_> {
        Told {
            row: self,
            before: None,
            after: None,
            said: None,
        }
    }
}

impl Told<'_> {
    /// The event as it is hashed, but for the number under which it was written.
    pub(super) fn record(&self) -> Record<'_> {
        let row = self.row;
        Record {
            arrival: None,
            id: row.id,
            at: row.at,
            kind: &row.kind,
            organization: row.organization_id,
            home: row.home_organization_id,
            case: row.case_id,
            escalation: row.escalation_id,
            subject: row.subject_id,
            actor: row.actor_id,
            actor_name: &row.actor_name,
            seen_by: row.seen_by,
            before: self.before.as_ref(),
            after: self.after.as_ref(),
            said: self.said.as_ref(),
        }
    }
}
