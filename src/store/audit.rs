//! Audited events: appended to their chain, never changed (C8).

mod chain;
mod contents;
mod listing;
mod names;
mod seals;

use diesel::prelude::*;
use diesel::result::Error as Diesel;
use serde_json::{Map, Value};

use crate::db::schema::{audit_chain, audit_events};
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, among, on_either, write_last, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::audit::seal::Said;
use crate::domain::audit::view::Happened;
use crate::domain::audit::{EventKind, Record, SeenBy, link};
use crate::domain::history::CaseFields;
use crate::domain::ids::{CaseId, EscalationId, EventId, OrganizationId, PersonId};
use crate::store::many::insert_many;

pub use chain::{end, walk};
pub use contents::{contents, set_unsealed, unsealed};
pub use listing::{EventFilter, Listed, Place, list, worked_in};
pub use names::{Names, names};
pub(in crate::store) use seals::{EntryWords, sealed_case};
pub use seals::{seal, seal_case_again, seal_what_is_open, unsealed_cases};

/// What is recorded of an event. `subject` is the uuid of the thing that changed.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    /// What happened.
    pub kind: EventKind,
    /// Whose thing it happened to.
    pub organization: Option<OrganizationId>,
    /// The actor's own organization, if they acted in another one (P9).
    pub home: Option<OrganizationId>,
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
    /// Its place in the chain: 1, 2, 3 and so on.
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub at: Instant,
    /// What happened.
    pub kind: String,
    /// Whose thing it happened to.
    pub organization_id: Option<OrganizationId>,
    /// The actor's own organization, if they acted in another one.
    pub home_organization_id: Option<OrganizationId>,
    /// On which case.
    pub case_id: Option<CaseId>,
    /// On which escalation.
    pub escalation_id: Option<EscalationId>,
    /// The thing that changed.
    pub subject_id: Option<EventId>,
    /// Who did it.
    pub actor_id: Option<PersonId>,
    /// The actor's name then.
    pub actor_name: String,
    /// The changed fields before.
    pub before: Option<Json<Map<String, Value>>>,
    /// The changed fields after.
    pub after: Option<Json<Map<String, Value>>>,
    /// Its hash, by which the next one is chained to it.
    pub hash: String,
}

impl Event {
    /// The event as far as it decides who sees what of it.
    pub fn happened(&self) -> Happened<'_> {
        Happened {
            kind: &self.kind,
            organization: self.organization_id,
            home: self.home_organization_id,
            before: self.before.as_deref(),
            after: self.after.as_deref(),
        }
    }
}

/// Appends an event to the chain, with which nothing was said that stands elsewhere.
///
/// # Errors
/// Those of [`append_saying`].
pub fn append(conn: &mut Conn, event: &NewEvent<'_>, at: Instant) -> QueryResult<EventId> {
    append_saying(conn, event, &Said::default(), at)
}

/// An event that is to be linked to those before it.
struct Unlinked {
    id: EventId,
    at: Instant,
    kind: EventKind,
    organization: Option<OrganizationId>,
    home: Option<OrganizationId>,
    case: Option<CaseId>,
    escalation: Option<EscalationId>,
    subject: Option<EventId>,
    actor: Option<PersonId>,
    actor_name: String,
    seen_by: SeenBy,
    /// The fields as the row keeps them, and as they will be read from it.
    before: Option<(String, Map<String, Value>)>,
    after: Option<(String, Map<String, Value>)>,
    said: Option<Map<String, Value>>,
}

/// Appends an event to the chain, with the hashes of what was said.
///
/// It is linked right before the transaction is committed: from then on the chain's end is locked, so that events follow
/// one another in the order in which they are committed, whoever writes.
///
/// # Errors
/// Database errors.
pub fn append_saying(
    conn: &mut Conn,
    event: &NewEvent<'_>,
    said: &Said,
    at: Instant,
) -> QueryResult<EventId> {
    let id = EventId::new(at);
    let unlinked = Unlinked {
        id,
        at,
        kind: event.kind,
        organization: event.organization,
        home: event.home,
        case: event.case,
        escalation: event.escalation,
        subject: event.subject,
        actor: event.actor,
        actor_name: event.actor_name.to_owned(),
        seen_by: event.kind.seen_by(event.before, event.after),
        before: kept(event.before)?,
        after: kept(event.after)?,
        said: said.fields(),
    };
    write_last(conn, unlinked, link_all)?;
    Ok(id)
}

/// An event at its place in the chain, as its row is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
struct Linked {
    position: i64,
    id: EventId,
    at: At,
    kind: &'static str,
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

/// Links events to the end of the chain, in this order. Its end is read and written once, however many they are.
fn link_all(conn: &mut Conn, events: Vec<Unlinked>) -> QueryResult<()> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let (end, mut head): (i64, String) =
        on_either!(conn, |own| diesel::update(audit_chain::table)
            .set(audit_chain::position.eq(audit_chain::position + count))
            .returning((audit_chain::position, audit_chain::head))
            .get_result(own))?;
    let mut linked = Vec::with_capacity(events.len());
    for (position, event) in (end - count + 1..).zip(events) {
        let hash = link(&head, &event.record());
        let previous = std::mem::replace(&mut head, hash.clone());
        linked.push(event.linked(position, previous, hash)?);
    }
    insert_many!(conn, audit_events::table, &linked);
    let linked = audit_chain::head.eq(&head);
    on_either!(conn, |own| diesel::update(audit_chain::table)
        .set(linked)
        .execute(own))
    .map(drop)
}

impl Unlinked {
    fn record(&self) -> Record<'_> {
        Record {
            id: self.id,
            at: self.at,
            kind: self.kind.as_str(),
            organization: self.organization,
            home: self.home,
            case: self.case,
            escalation: self.escalation,
            subject: self.subject,
            actor: self.actor,
            actor_name: &self.actor_name,
            seen_by: self.seen_by,
            before: self.before.as_ref().map(|(_, fields)| fields),
            after: self.after.as_ref().map(|(_, fields)| fields),
            said: self.said.as_ref(),
        }
    }

    fn linked(self, position: i64, previous_hash: String, hash: String) -> QueryResult<Linked> {
        Ok(Linked {
            position,
            id: self.id,
            at: At(self.at),
            kind: self.kind.as_str(),
            organization_id: self.organization,
            home_organization_id: self.home,
            case_id: self.case,
            escalation_id: self.escalation,
            subject_id: self.subject,
            actor_id: self.actor,
            actor_name: self.actor_name,
            seen_by: self.seen_by,
            before: self.before.map(|(text, _)| text),
            after: self.after.map(|(text, _)| text),
            previous_hash,
            hash,
            said: self.said.as_ref().map(json).transpose()?,
        })
    }
}

/// Fields as the row keeps them, and as they will be read from it: a fraction may come back as its neighbour, and what
/// is hashed is what can be read again.
fn kept(fields: Option<&Map<String, Value>>) -> QueryResult<Option<(String, Map<String, Value>)>> {
    let Some(fields) = fields else {
        return Ok(None);
    };
    let text = json(fields)?;
    let read =
        serde_json::from_str(&text).map_err(|error| Diesel::SerializationError(error.into()))?;
    Ok(Some((text, read)))
}

/// Whether anything was recorded behind a place in the chain that may have taken access from somebody, and how far the
/// chain has come. Places are given in the order of commit, so that nothing is missed.
///
/// # Errors
/// Database errors.
pub fn access_since(conn: &mut Conn, after: i64) -> QueryResult<(bool, i64)> {
    write_what_was_put_off(conn)?;
    /// Beyond as many it is asked anew what everybody may do.
    const MOST: i64 = 1000;
    let events: Vec<(i64, String)> = audit_events::table
        .filter(audit_events::position.gt(after))
        .order(audit_events::position.desc())
        .limit(MOST)
        .select((audit_events::position, audit_events::kind))
        .load(conn)?;
    let newest = events.first().map_or(after, |(position, _)| *position);
    let many = events.len() as i64 == MOST;
    // Of a kind that is not known here, it may.
    let taken = events
        .iter()
        .any(|(_, kind)| EventKind::named(kind).is_none_or(EventKind::may_take_access));
    Ok((many || taken, newest))
}

/// What a thing's changes after `at` replaced, the newest first.
///
/// # Errors
/// Database errors.
pub fn replaced_after(
    conn: &mut Conn,
    subjects: &[EventId],
    at: Instant,
) -> QueryResult<Vec<(EventId, Instant, CaseFields)>> {
    write_what_was_put_off(conn)?;
    let rows: Vec<(Option<EventId>, At, Option<Json<CaseFields>>)> = audit_events::table
        .filter(among(audit_events::subject_id, subjects.to_vec()))
        .filter(audit_events::at.gt(At(at)))
        .filter(audit_events::before.is_not_null())
        .order(audit_events::position.desc())
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

/// What happened to things themselves, in the order in which it did.
///
/// # Errors
/// Database errors.
pub fn of_things(conn: &mut Conn, subjects: &[EventId]) -> QueryResult<Vec<Event>> {
    write_what_was_put_off(conn)?;
    audit_events::table
        .filter(among(audit_events::subject_id, subjects.to_vec()))
        .order(audit_events::position.asc())
        .select(Event::as_select())
        .load(conn)
}

/// What happened to an escalation itself, the newest first.
///
/// # Errors
/// Database errors.
pub fn of_escalation(
    conn: &mut Conn,
    escalation: EscalationId,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    write_what_was_put_off(conn)?;
    audit_events::table
        .filter(audit_events::subject_id.eq(EventId::from_uuid(*escalation.as_uuid())))
        .filter(audit_events::kind.like("escalation.%"))
        .order(audit_events::position.desc())
        .limit(limit)
        .select(Event::as_select())
        .load(conn)
}
