//! Rows on their way out: claimed with a lease, addressed, and marked with what came of them.

use std::collections::HashMap;

use diesel::dsl::{min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::addressees::{Addressees, RowTo};
use crate::db::Conn;
use crate::db::schema::{cases, feed_entries, notices};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::feed::Visibility;
use crate::domain::ids::{EntryId, NoticeId, OneTimeLinkId, OrganizationId, PersonId};
use crate::domain::link::LinkState;
use crate::domain::notice::{
    About, Candidate, Matter, NoticeState, Obstacle, Payload, letter_obstacle, obstacle,
};
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;
use crate::store::one_time_links;

/// As a literal, so that SQLite recognises the partial index by it.
const WAITING: &str = "notices.state = 'waiting'";

/// Who works on a notice, and until when nobody else does.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The worker.
    pub holder: &'a str,
    /// When somebody else may take it over.
    pub until: Instant,
}

/// What a claim got.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The notices, in the order in which they were made.
    pub notices: Vec<Addressed>,
    /// Whether there was more that is due.
    pub more: bool,
}

/// A notice with everything that it takes to write and send it.
#[derive(Clone, Debug)]
pub struct Addressed {
    /// Its id.
    pub id: NoticeId,
    /// When it was put into the outbox.
    pub created_at: Instant,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// Its message id as the row has it; without `@` before the first claim.
    pub message_id: String,
    /// The message id of the first notice of its thread to this person, likewise; none if it is the first.
    pub first_message_id: Option<String>,
    /// The recipient's name.
    pub name: String,
    /// The address.
    pub email: EmailAddress,
    /// IANA name of the person's zone, or else of their organization's.
    pub time_zone: String,
    /// The side on which the person stands.
    pub side: Side,
    /// The name of the organization that gives support.
    pub provider: String,
    /// What happened, or why that cannot be read.
    pub payload: Result<Payload, String>,
    /// What forbids sending it now.
    pub obstacle: Option<Obstacle>,
}

/// Takes due notices, the oldest first, for as long as the lease lasts. A notice whose lease has expired is due again:
/// whoever held it died on the way, and sending twice is better than not at all.
///
/// `host` completes the message ids of those that are claimed for the first time.
///
/// # Errors
/// The database's own.
pub fn claim(
    conn: &mut Conn,
    lease: Lease<'_>,
    host: &str,
    limit: usize,
    now: Instant,
) -> QueryResult<Claim> {
    let free = notices::lease_until
        .is_null()
        .or(notices::lease_until.le(At(now)));
    let ready = notices::next_attempt_at.le(At(now)).and(free);
    let mut due: Vec<(NoticeId, String)> = notices::table
        .filter(sql::<Bool>(WAITING))
        .filter(ready)
        .order((notices::next_attempt_at.asc(), notices::id.asc()))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1)
        .select((notices::id, notices::message_id))
        .load(conn)?;
    let more = due.len() > limit;
    due.truncate(limit);
    let mut claimed = Vec::with_capacity(due.len());
    for (id, message_id) in due {
        // Compare and set: of several processes that saw the row free, one gets it.
        let changed = diesel::update(
            notices::table
                .filter(
                    notices::id
                        .eq(id)
                        .and(notices::state.eq(NoticeState::Waiting)),
                )
                .filter(ready),
        )
        .set((
            notices::lease_until.eq(Some(At(lease.until))),
            notices::lease_holder.eq(Some(lease.holder)),
            notices::attempts.eq(notices::attempts + 1),
            notices::message_id.eq(complete(&message_id, host)),
            notices::version.eq(notices::version + 1),
        ))
        .execute(conn)?;
        if changed == 1 {
            claimed.push(id);
        }
    }
    Ok(Claim {
        notices: addressed(conn, &claimed, now)?,
        more,
    })
}

/// `<id@host>`, unless the message id was completed before.
pub fn complete(message_id: &str, host: &str) -> String {
    if message_id.contains('@') {
        message_id.to_owned()
    } else {
        format!("<{message_id}@{host}>")
    }
}

type Row = (
    (NoticeId, String, String, String, i64, At),
    RowTo,
    Option<OrganizationId>,
);

/// The notices of those ids with what it takes to write them, in the order in which they were made, as things stand at
/// `now`.
///
/// # Errors
/// The database's own.
pub fn addressed(conn: &mut Conn, ids: &[NoticeId], now: Instant) -> QueryResult<Vec<Addressed>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = notices::table
        .left_join(cases::table.on(notices::case_id.eq(cases::id.nullable())))
        .filter(notices::id.eq_any(ids.to_vec()))
        .order((notices::created_at.asc(), notices::id.asc()))
        .select((
            (
                notices::id,
                notices::thread,
                notices::payload,
                notices::message_id,
                notices::attempts,
                notices::created_at,
            ),
            (
                notices::person_id,
                notices::to_email,
                notices::to_name,
                notices::to_organization_id,
            ),
            cases::organization_id.nullable(),
        ))
        .load(conn)?;
    let payloads: Vec<Result<Payload, String>> = rows
        .iter()
        .map(|row| serde_json::from_str::<Payload>(&row.0.2).map_err(|error| error.to_string()))
        .collect();
    let now = Present {
        addressees: Addressees::of(conn, rows.iter().map(|row| &row.1), now)?,
        entries: entries(conn, &payloads)?,
        links: links(conn, &payloads, now)?,
    };
    let mut addressed = Vec::with_capacity(rows.len());
    for (row, mut payload) in rows.into_iter().zip(payloads) {
        let Some(to) = now.addressees.addressee(conn, &row.1)? else {
            continue;
        };
        let first_message_id = first_of_thread(conn, &row)?;
        let obstacle = (payload.as_mut().ok())
            .and_then(|payload| now.bring_up_to_date(payload, &to.candidate, row.2));
        let (id, _, _, message_id, attempts, created_at) = row.0;
        addressed.push(Addressed {
            id,
            created_at: created_at.0,
            attempts,
            message_id,
            first_message_id,
            name: to.name,
            email: to.email,
            time_zone: to.time_zone,
            side: to.candidate.access.side,
            provider: now.addressees.provider.name.clone(),
            payload,
            obstacle,
        });
    }
    Ok(addressed)
}

/// What notices depend on besides their own rows, as it stands when they are sent.
struct Present {
    addressees: Addressees,
    entries: HashMap<EntryId, Entry>,
    /// Whose the links are that can be used.
    links: HashMap<OneTimeLinkId, PersonId>,
}

/// An entry as it stands now.
struct Entry {
    visibility: Visibility,
    redacted: bool,
    body: String,
}

fn entries(
    conn: &mut Conn,
    payloads: &[Result<Payload, String>],
) -> QueryResult<HashMap<EntryId, Entry>> {
    let ids: Vec<EntryId> = payloads
        .iter()
        .flatten()
        .filter_map(Payload::entry)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(EntryId, Visibility, Option<At>, String)> = feed_entries::table
        .filter(feed_entries::id.eq_any(ids))
        .select((
            feed_entries::id,
            feed_entries::visibility,
            feed_entries::redacted_at,
            feed_entries::body,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, visibility, redacted_at, body)| {
            (
                id,
                Entry {
                    visibility,
                    redacted: redacted_at.is_some(),
                    body,
                },
            )
        })
        .collect())
}

/// Whose the links in the notices are, of those that can be used.
fn links(
    conn: &mut Conn,
    payloads: &[Result<Payload, String>],
    now: Instant,
) -> QueryResult<HashMap<OneTimeLinkId, PersonId>> {
    let ids: Vec<OneTimeLinkId> = payloads
        .iter()
        .flatten()
        .filter_map(|payload| payload.link().map(|link| link.id))
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let links = one_time_links::of_ids(conn, &ids)?;
    Ok(links
        .into_iter()
        .filter(|link| link.state(now) == LinkState::Good)
        .map(|link| (link.id, link.person_id))
        .collect())
}

impl Present {
    /// Repeats the words of an entry as they stand now, and says what forbids the notice by now. A mail server may
    /// have been away for two days; what was disabled, withdrawn, used or redacted since stays at home.
    fn bring_up_to_date(
        &self,
        payload: &mut Payload,
        candidate: &Candidate,
        organization: Option<OrganizationId>,
    ) -> Option<Obstacle> {
        let matter = match &mut payload.matter {
            Matter::Case(matter) => matter,
            Matter::Letter(letter) => {
                let recipient = Some(&candidate.access.person);
                let void =
                    (letter.link()).is_some_and(|link| self.links.get(&link.id) != recipient);
                let obstacle =
                    letter_obstacle(letter.kind(), candidate.standing, &candidate.access);
                return obstacle.or(void.then_some(Obstacle::LinkVoid));
            }
        };
        let feed = matter.feed();
        let mut visibility = Visibility::Public;
        if let About::EntryPosted(about) = &mut matter.about
            && let Some(entry) = about.entry.and_then(|id| self.entries.get(&id))
        {
            if entry.redacted {
                about.body.clear();
                return Some(Obstacle::Redacted);
            }
            visibility = entry.visibility;
            about.body.clone_from(&entry.body);
        }
        let organization = organization.unwrap_or(candidate.access.organization);
        obstacle(candidate, organization, feed, visibility)
    }
}

/// The message id of the first notice of the thread to the person or address, if it is another one.
fn first_of_thread(conn: &mut Conn, row: &Row) -> QueryResult<Option<String>> {
    let (id, thread, ..) = &row.0;
    let mut query = notices::table
        .filter(notices::thread.eq(thread))
        .into_boxed();
    query = match (row.1.0, &row.1.1) {
        (Some(person), _) => query.filter(notices::person_id.eq(person)),
        (None, email) => query.filter(notices::to_email.eq(email)),
    };
    let (first, message_id): (NoticeId, String) = query
        .order((notices::created_at.asc(), notices::id.asc()))
        .limit(1)
        .select((notices::id, notices::message_id))
        .get_result(conn)?;
    Ok((first != *id).then_some(message_id))
}

/// Marks a notice as sent. It holds even if the lease was lost meanwhile: the letter has gone out.
///
/// # Errors
/// The database's own.
pub fn mark_sent(conn: &mut Conn, id: NoticeId, at: Instant) -> QueryResult<bool> {
    let changed = diesel::update(
        notices::table.filter(
            notices::id
                .eq(id)
                .and(notices::state.eq(NoticeState::Waiting)),
        ),
    )
    .set((
        notices::state.eq(NoticeState::Sent),
        notices::sent_at.eq(Some(At(at))),
        notices::last_error.eq(None::<String>),
        notices::lease_until.eq(None::<At>),
        notices::lease_holder.eq(None::<String>),
        notices::version.eq(notices::version + 1),
    ))
    .execute(conn)?;
    Ok(changed == 1)
}

/// Puts a notice off until `next`, for the reason `why`. Nothing happens if the lease was lost.
///
/// # Errors
/// The database's own.
pub fn put_off(
    conn: &mut Conn,
    id: NoticeId,
    holder: &str,
    next: Instant,
    why: &str,
) -> QueryResult<bool> {
    settle(conn, id, holder, NoticeState::Waiting, Some(next), why)
}

/// Gives a notice up for the reason `why`. Nothing happens if the lease was lost.
///
/// # Errors
/// The database's own.
pub fn mark_failed(conn: &mut Conn, id: NoticeId, holder: &str, why: &str) -> QueryResult<bool> {
    settle(conn, id, holder, NoticeState::Failed, None, why)
}

/// Withholds a notice for the reason `why`. Nothing happens if the lease was lost.
///
/// # Errors
/// The database's own.
pub fn mark_withheld(conn: &mut Conn, id: NoticeId, holder: &str, why: &str) -> QueryResult<bool> {
    settle(conn, id, holder, NoticeState::Withheld, None, why)
}

fn settle(
    conn: &mut Conn,
    id: NoticeId,
    holder: &str,
    state: NoticeState,
    next: Option<Instant>,
    why: &str,
) -> QueryResult<bool> {
    let mine = notices::id
        .eq(id)
        .and(notices::state.eq(NoticeState::Waiting))
        .and(notices::lease_holder.eq(holder));
    let changed = diesel::update(notices::table.filter(mine))
        .set((
            notices::state.eq(state),
            next.map(|next| notices::next_attempt_at.eq(At(next))),
            notices::last_error.eq(Some(why)),
            notices::lease_until.eq(None::<At>),
            notices::lease_holder.eq(None::<String>),
            notices::version.eq(notices::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Gives back what `holder` claimed and did not get to, as if it had not been claimed; answers how many.
///
/// # Errors
/// The database's own.
pub fn release(conn: &mut Conn, holder: &str) -> QueryResult<usize> {
    diesel::update(
        notices::table
            .filter(sql::<Bool>(WAITING))
            .filter(notices::lease_holder.eq(holder)),
    )
    .set((
        notices::lease_until.eq(None::<At>),
        notices::lease_holder.eq(None::<String>),
        notices::attempts.eq(notices::attempts - 1),
        notices::version.eq(notices::version + 1),
    ))
    .execute(conn)
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// How many notices wait, those that were put off included.
    pub waiting: i64,
    /// When the next of them is or was due.
    pub next_at: Option<Instant>,
}

/// How far the outbox is behind; for the state of health.
///
/// # Errors
/// The database's own.
pub fn backlog(conn: &mut Conn) -> QueryResult<Backlog> {
    let waiting = notices::table
        .filter(sql::<Bool>(WAITING))
        .count()
        .get_result(conn)?;
    let next_at: Option<At> = notices::table
        .filter(sql::<Bool>(WAITING))
        .select(min(notices::next_attempt_at))
        .get_result(conn)?;
    Ok(Backlog {
        waiting,
        next_at: next_at.map(|at| at.0),
    })
}
