//! Audited events: appended to their chain, never changed (C8).

mod chain;
mod contents;
mod linking;
mod listing;
mod names;
mod reached;
mod seals;
mod server;

use diesel::dsl::Eq;
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel::sql_types::BigInt;
use serde_json::{Map, Value};

use crate::db::schema::{audit_chain, audit_events};
use crate::db::sql_types::{At, Json, json};
use crate::db::{
    Conn, Last, Statement, among, condition, kept, write_last, write_what_was_put_off,
};
use crate::domain::Instant;
use crate::domain::audit::seal::Said;
use crate::domain::audit::view::Happened;
use crate::domain::audit::{End, EventKind, Linked, Record, SeenBy, linked};
use crate::domain::history::CaseFields;
use crate::domain::ids::{CaseId, EscalationId, EventId, OrganizationId, PersonId};
use crate::store::many::{insert_chunks, insert_many, inserting_few};

pub use chain::{end, walk};
pub use contents::{contents, set_unsealed, unsealed};
pub use linking::{Waiting, is_any_waiting, link_all_waiting, link_waiting, waiting};
pub use listing::{EventFilter, Listed, Place, list, worked_in};
pub use names::{Names, names};
pub use reached::{
    Behind, Reached, Since, is_any_case_changed, is_any_recorded, reached, recorded_since,
};
pub(in crate::store) use seals::{EntryWords, EscalationWords};
pub use seals::{seal, seal_case_again, seal_what_is_open, sealed_case, unsealed_cases};

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
    /// The number under which it was written, which never changes. Of two that were written at once it says nothing about which
    /// was committed first.
    pub position: i64,
    /// Its place in the chain: 1, 2, 3 and so on; none until it is linked.
    pub link: Option<i64>,
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
    /// Its hash, by which the next one is chained to it; empty until it is linked.
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
/// It is written right before the transaction is committed. In the embedded database, whose writer is alone, it is linked then as
/// well. On a server it waits for its link ([`link_waiting`]) until it is committed: so nobody who writes an event waits for anybody
/// else who does.
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
        before: as_read_again(event.before)?,
        after: as_read_again(event.after)?,
        said: said.fields(),
    };
    write_last(conn, unlinked)?;
    Ok(id)
}

condition! {
    /// The number under which a server writes an event: it gives each of them once, one row of a statement after the other, and nobody
    /// waits for it.
    NextNumber: BigInt = "nextval('audit_events_position_seq')"
}

/// An event as its row is written, without the number under which it is.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
struct Written {
    link: Option<i64>,
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

impl Last for Unlinked {
    /// In this order, at the end of their chain, which is read and written once, however many they are.
    fn embedded(events: Vec<Self>, conn: &mut SqliteConnection) -> QueryResult<()> {
        // Whoever writes to the embedded database is alone: nobody moves the end between what is read here and what is written below.
        let (position, head): (i64, String) = audit_chain::table
            .select((audit_chain::position, audit_chain::head))
            .get_result(conn)?;
        let before = End { position, head };
        let places = before.position + 1..;
        let (links, end) = linked(before, places.zip(events.iter().map(Unlinked::record)));
        let rows = (links.into_iter().zip(events)).map(|(link, event)| event.placed(link));
        let rows: Vec<_> = rows.collect::<QueryResult<_>>()?;
        insert_many!(conn, audit_events::table, &rows);
        let moved = (
            audit_chain::position.eq(end.position),
            audit_chain::head.eq(&end.head),
        );
        kept(audit_chain::table).set(moved).execute(conn).map(drop)
    }

    fn server(events: Vec<Self>, conn: &mut PgConnection) -> QueryResult<Vec<Statement>> {
        let numbered = |event: Self| Ok((audit_events::position.eq(NextNumber), event.unplaced()?));
        let mut rows: Vec<_> = (events.into_iter().map(numbered)).collect::<QueryResult<_>>()?;
        let left = insert_chunks!(conn, audit_events::table, &rows, by 512, 64, 16, 4).len();
        let few = rows.split_off(rows.len() - left);
        // In one statement, since the parts of what is sent together are done in whatever order.
        Ok(inserting_few!(audit_events::table, few, 1, 2, 3))
    }
}

impl Unlinked {
    fn record(&self) -> Record<'_> {
        Record {
            arrival: None,
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

    /// The row of an event that waits for its place.
    fn unplaced(self) -> QueryResult<Written> {
        Ok(Written {
            link: None,
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
            previous_hash: String::new(),
            hash: String::new(),
            said: self.said.as_ref().map(json).transpose()?,
        })
    }

    /// The row of an event at its place, and the number under which it is written.
    fn placed(self, link: Linked) -> QueryResult<(Eq<audit_events::position, i64>, Written)> {
        let row = Written {
            link: Some(link.position),
            previous_hash: link.previous,
            hash: link.hash,
            ..self.unplaced()?
        };
        Ok((audit_events::position.eq(link.arrival), row))
    }
}

/// Fields as the row keeps them, and as they will be read from it: a fraction may come back as its neighbour, and what
/// is hashed is what can be read again.
fn as_read_again(
    fields: Option<&Map<String, Value>>,
) -> QueryResult<Option<(String, Map<String, Value>)>> {
    let Some(fields) = fields else {
        return Ok(None);
    };
    let text = json(fields)?;
    let read =
        serde_json::from_str(&text).map_err(|error| Diesel::SerializationError(error.into()))?;
    Ok(Some((text, read)))
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
