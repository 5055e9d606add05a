//! Notices: who may be told, the outbox's rows on their way, and what administrators see of them (N2).

mod addressed;
mod addressees;
mod claim;
mod ends;
mod gather;
mod held;
mod listing;
mod recipients;
mod reminded;
mod server;
mod tries;
mod undone;

use diesel::prelude::*;
use serde_json::Value;

use crate::db::schema::notices;
use crate::db::sql_types::{At, json};
use crate::db::{Conn, Last, Statement, condition, on_either, write_last, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::ids::{CaseId, EscalationId, NoticeId, OrganizationId, PersonId};
use crate::domain::notice::{NoticeKind, NoticeState, Payload, Reminder, Thread};
use crate::domain::text::EmailAddress;
use crate::store::feeds::Entry;
use crate::store::many::insert_many;

pub use addressed::{Addressed, addressed, complete};
pub use addressees::let_in;
pub use claim::{Due, Lease, claim, due, release, renew};
pub use ends::{
    Backlog, Unsent, Why, backlog, delete_sent, free, give_back, mark_sent, mark_unsent,
};
pub use gather::{Gathered, gather};
pub use held::{Held, held_of_targets, replace_held};
pub use listing::{
    Filter, Listed, NoticeOrder, Resend, ResentAll, count, count_passing, find, list, place,
    resend, resend_all,
};
pub use recipients::{EntryReach, Known, known, reach_of, told_of_entry};
pub use tries::{Try, note_try, tries_of};
pub use undone::take_back;

condition! {
    /// Of a notice that is still to be sent.
    IsWaiting = "notices.state = 'waiting'"
}

condition! {
    /// The same, of what is found by its thread, see migration 0064.
    WaitsInThread = "notices.state || ' in its thread' = 'waiting in its thread'"
}

condition! {
    /// The same, of what is found by its id, in words that no index has without more. The server takes what waits for a small part of all;
    /// it would pass by all that wait for the sake of some ids.
    StillWaits = "notices.state || '' = 'waiting'"
}

/// To whom a new notice goes.
#[derive(Clone, Copy, Debug)]
pub enum To<'a> {
    /// A person, at whatever address they have when it is sent.
    Person(PersonId),
    /// An address of somebody who has no account.
    Address {
        /// The address.
        email: &'a EmailAddress,
        /// The name that they gave.
        name: &'a str,
        /// The organization in whose zone times are told; the provider's if none.
        organization: Option<OrganizationId>,
    },
}

/// What a new notice is made of.
#[derive(Clone, Debug)]
pub struct NewNotice<'a> {
    /// To whom.
    pub to: To<'a>,
    /// On which case.
    pub case: Option<CaseId>,
    /// On which escalation.
    pub escalation: Option<EscalationId>,
    /// What it continues.
    pub thread: Thread,
    /// What happened.
    pub payload: &'a Payload,
}

/// What several people are told of at once.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// What kind of thing happened.
    pub kind: NoticeKind,
    /// On which case.
    pub case: CaseId,
    /// On which escalation.
    pub escalation: Option<EscalationId>,
    /// What it continues.
    pub thread: Thread,
    /// Until when it may be taken back (F4): none of its notices is sent before, and they go with it.
    pub held_until: Option<Instant>,
}

impl Event {
    /// When the notice of one of them is due.
    fn due(&self, one: &ToOne) -> Instant {
        self.held_until
            .map_or(one.not_before, |until| until.max(one.not_before))
    }

    /// Whether its notices may be held at once with what waits to be gathered (N7): not what may still be taken back.
    fn may_be_held(&self) -> bool {
        self.kind == NoticeKind::EntryPosted && self.held_until.is_none()
    }
}

/// What one of them is told.
#[derive(Clone, Debug)]
pub struct ToOne {
    /// Who.
    pub person: PersonId,
    /// Before when not to tell them.
    pub not_before: Instant,
    /// What happened, as they are told it.
    pub payload: Payload,
}

/// Puts the notices of one event into the outbox at the end of the transaction; otherwise like [`insert`]. An entry joins what is held
/// of its thread already (N7), so that nobody has to hold it afterwards.
///
/// # Errors
/// Database errors.
pub fn insert_all(
    conn: &mut Conn,
    event: Event,
    told: Vec<ToOne>,
    now: Instant,
) -> QueryResult<()> {
    match told.is_empty() {
        true => Ok(()),
        false => write_last(conn, Telling { event, told, now }),
    }
}

/// The notices of one event.
struct Telling {
    event: Event,
    told: Vec<ToOne>,
    now: Instant,
}

impl Last for Telling {
    fn embedded(all: Vec<Self>, conn: &mut SqliteConnection) -> QueryResult<()> {
        all.iter().try_for_each(|telling| telling.embedded(conn))
    }

    fn server(all: Vec<Self>, _: &mut PgConnection) -> QueryResult<Vec<Statement>> {
        all.iter().map(server::inserting).collect()
    }
}

impl Telling {
    fn embedded(&self, conn: &mut SqliteConnection) -> QueryResult<()> {
        let (event, now) = (&self.event, self.now);
        let thread = event.thread.to_string();
        let mut rows = Vec::with_capacity(self.told.len());
        for one in &self.told {
            let new = NewNotice {
                to: To::Person(one.person),
                case: Some(event.case),
                escalation: event.escalation,
                thread: event.thread,
                payload: &one.payload,
            };
            let mut place = Place::of(&new, event.due(one));
            place.held_until = event.held_until;
            if event.may_be_held()
                && place.due <= now
                && let Some((At(until), queue)) = gather::held_last(conn, one.person, &thread, now)?
            {
                (place.due, place.queue) = (until, queue);
            }
            rows.push(Written::of(&new, place, now)?);
        }
        insert_many!(conn, notices::table, &rows);
        Ok(())
    }
}

/// Puts a notice into the outbox, in the transaction of the event that it tells of.
///
/// Its message id is as yet the notice's id alone; the first claim completes it with the installation's host, which
/// is known to whoever sends, and from then on it stays.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, new: &NewNotice<'_>, now: Instant) -> QueryResult<NoticeId> {
    insert_held(conn, new, now, now)
}

/// The notices that were put into the outbox about a case at this instant, and to whom, as far as they go to people.
///
/// # Errors
/// Database errors.
pub fn written_at(
    conn: &mut Conn,
    case: CaseId,
    at: Instant,
) -> QueryResult<Vec<(NoticeId, Option<PersonId>)>> {
    write_what_was_put_off(conn)?;
    notices::table
        .filter(notices::created_at.eq(At(at)))
        .filter(notices::case_id.eq(case))
        .order(notices::id.asc())
        .select((notices::id, notices::person_id))
        .load(conn)
}

/// Puts a notice into the outbox that is not to be sent before an instant; otherwise like [`insert`].
///
/// # Errors
/// Database errors.
pub fn insert_held(
    conn: &mut Conn,
    new: &NewNotice<'_>,
    not_before: Instant,
    now: Instant,
) -> QueryResult<NoticeId> {
    let row = Written::of(new, Place::of(new, not_before), now)?;
    on_either!(conn, |own| diesel::insert_into(notices::table)
        .values(&row)
        .execute(own))?;
    Ok(row.id)
}

/// Where a notice stands in the outbox.
struct Place {
    /// Before when it is not sent.
    due: Instant,
    /// Until when what it tells may be taken back.
    held_until: Option<Instant>,
    queue: String,
}

impl Place {
    /// That of a notice by itself.
    fn of(new: &NewNotice<'_>, due: Instant) -> Self {
        Self {
            due,
            held_until: None,
            queue: queue(new.to, new.payload.kind()),
        }
    }
}

/// A notice as its row is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = notices, treat_none_as_default_value = false)]
struct Written {
    id: NoticeId,
    kind: NoticeKind,
    person_id: Option<PersonId>,
    to_email: Option<String>,
    to_name: Option<String>,
    to_organization_id: Option<OrganizationId>,
    case_id: Option<CaseId>,
    escalation_id: Option<EscalationId>,
    thread: String,
    payload: String,
    message_id: String,
    state: NoticeState,
    next_attempt_at: At,
    created_at: At,
    queue: String,
    urgent: bool,
    held_until: Option<At>,
}

impl Written {
    fn of(new: &NewNotice<'_>, place: Place, now: Instant) -> QueryResult<Self> {
        let id = NoticeId::new(now);
        let kind = new.payload.kind();
        let (person, address) = match new.to {
            To::Person(person) => (Some(person), None),
            To::Address {
                email,
                name,
                organization,
            } => (None, Some((email, name, organization))),
        };
        Ok(Self {
            id,
            kind,
            person_id: person,
            to_email: address.map(|(email, ..)| email.to_string()),
            to_name: address.map(|(_, name, _)| name.to_owned()),
            to_organization_id: address.and_then(|(.., organization)| organization),
            case_id: new.case,
            escalation_id: new.escalation,
            thread: new.thread.to_string(),
            payload: json(new.payload)?,
            message_id: id.to_string(),
            state: NoticeState::Waiting,
            next_attempt_at: At(place.due),
            created_at: At(now),
            queue: place.queue,
            urgent: kind.is_urgent(),
            held_until: place.held_until.map(At),
        })
    }
}

/// The queue that a notice stands in: what is urgent to somebody does not wait behind the rest.
fn queue(to: To<'_>, kind: NoticeKind) -> String {
    let recipient = match to {
        To::Person(person) => person.as_uuid().simple().to_string(),
        To::Address { email, .. } => email.to_string(),
    };
    if kind.is_urgent() {
        format!("urgent {recipient}")
    } else if kind.tells_of_targets() {
        // What is held to be gathered holds up nothing else.
        format!("targets {recipient}")
    } else if Reminder::of(kind).is_some() {
        // Nor does what waits for the morning.
        format!("reminders {recipient}")
    } else {
        recipient
    }
}

/// What a notice repeats of an entry besides [`ENTRY`], by the names that it has there.
const WORDS: [&str; 5] = ["body", "details", "note", "reply", "summary"];
/// The entry whose words a notice repeats.
const ENTRY: &str = "entry";
/// What the files of an entry are called, in a notice that repeats it.
const FILES: &str = "files";
/// The entries that it tells of besides.
const FURTHER: &str = "further";

/// Takes the words of an entry out of the thread's notices that repeat them, sent or not, and has the mails that were
/// written of them erased; answers out of how many. For when the entry is redacted (F4): what must not be kept is not kept
/// here either.
///
/// # Errors
/// Database errors.
pub fn forget(conn: &mut Conn, thread: Thread, entry: &Entry) -> QueryResult<usize> {
    write_what_was_put_off(conn)?;
    let rows: Vec<(NoticeId, String, At)> = notices::table
        .filter(notices::thread.eq(thread.to_string()))
        .select((notices::id, notices::payload, notices::created_at))
        .load(conn)?;
    let mut forgotten = 0;
    for (id, payload, created_at) in rows {
        let Ok(mut payload) = serde_json::from_str::<Value>(&payload) else {
            continue;
        };
        let Some(Value::Object(about)) = payload.pointer_mut("/matter/case/about") else {
            continue;
        };
        let named = about.get(ENTRY).and_then(Value::as_str).map(str::to_owned);
        // One that names no entry tells of the verb with which the entry was written.
        let is_of_it = match named {
            Some(named) => named == entry.id.to_string(),
            None => created_at.0 == entry.at,
        };
        let mut repeats = false;
        for (name, fact) in about.iter_mut() {
            let words = fact.as_str().is_some_and(|text| !text.is_empty());
            let same = fact.as_str() == Some(entry.body.as_str());
            if words && (same || (is_of_it && WORDS.contains(&name.as_str()))) {
                *fact = Value::from("");
                repeats = true;
            }
        }
        if is_of_it && about.remove(FILES).is_some() {
            repeats = true;
        }
        if let Some(Value::Array(further)) = about.get_mut(FURTHER) {
            for one in further.iter_mut().filter_map(Value::as_object_mut) {
                let is_of_it =
                    one.get(ENTRY).and_then(Value::as_str) == Some(&entry.id.to_string());
                let same = one.get("body").and_then(Value::as_str) == Some(entry.body.as_str());
                if is_of_it || same {
                    one.insert("body".to_owned(), Value::from(""));
                    one.remove(FILES);
                    repeats = true;
                }
            }
        }
        if repeats {
            forgotten += diesel::update(notices::table.filter(notices::id.eq(id)))
                .set((
                    notices::payload.eq(payload.to_string()),
                    notices::to_erase.eq(true),
                ))
                .execute(conn)?;
        }
    }
    Ok(forgotten)
}

/// Takes what a file is called that came with the description of a case out of the notices that tell that it was opened, sent or not, and
/// has the mails that were written of them erased; answers out of how many. For when the file is taken away (F4).
///
/// # Errors
/// Database errors.
pub fn forget_file(conn: &mut Conn, case: CaseId, name: &str) -> QueryResult<usize> {
    write_what_was_put_off(conn)?;
    let rows: Vec<(NoticeId, String)> = notices::table
        .filter(notices::thread.eq(Thread::Case(case).to_string()))
        .filter(notices::kind.eq(NoticeKind::CaseOpened))
        .select((notices::id, notices::payload))
        .load(conn)?;
    let mut forgotten = 0;
    for (id, payload) in rows {
        let Ok(mut payload) = serde_json::from_str::<Value>(&payload) else {
            continue;
        };
        let files = payload.pointer_mut("/matter/case/about/files");
        let Some(files) = files.and_then(Value::as_array_mut) else {
            continue;
        };
        // Of several that are called so, one is taken away.
        let Some(place) = files.iter().position(|file| file.as_str() == Some(name)) else {
            continue;
        };
        files.remove(place);
        forgotten += diesel::update(notices::table.filter(notices::id.eq(id)))
            .set((
                notices::payload.eq(payload.to_string()),
                notices::to_erase.eq(true),
            ))
            .execute(conn)?;
    }
    Ok(forgotten)
}

/// Notices whose mails are to be erased, and nobody is about to write: when each was made, by which it is found.
///
/// # Errors
/// Database errors.
pub fn to_erase(conn: &mut Conn, now: Instant) -> QueryResult<Vec<(NoticeId, Instant)>> {
    let rows: Vec<(NoticeId, At)> = notices::table
        .filter(notices::to_erase)
        .filter(
            notices::lease_until
                .is_null()
                .or(notices::lease_until.le(At(now))),
        )
        .select((notices::id, notices::created_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, at)| (id, at.0)).collect())
}

/// Notes that the mails of these notices are erased.
///
/// # Errors
/// Database errors.
pub fn mark_erased(conn: &mut Conn, ids: &[NoticeId]) -> QueryResult<()> {
    diesel::update(notices::table.filter(notices::id.eq_any(ids.to_vec())))
        .set(notices::to_erase.eq(false))
        .execute(conn)
        .map(drop)
}
