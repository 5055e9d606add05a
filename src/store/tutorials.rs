//! Tutorials: the rows and the list (H1). Who comes is in [`registrations`].

mod registrations;

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use crate::db::Conn;
use crate::db::schema::{tutorial_registrations, tutorials};
use crate::db::sql_types::{At, Key, MaybeAt};
use crate::domain::Instant;
use crate::domain::audience::{Audience, AudienceKind};
use crate::domain::ids::{PersonId, TutorialId};
use crate::domain::order::{Place, Window, orders};
use crate::domain::tutorial::{Session, When};
use crate::store::audiences::{self, Listener};
use crate::store::cas::{Cas, compare_and_set};
use crate::store::page::{counted, windowed};

pub use registrations::{
    Attendee, Registration, attendees, expected, give_places, leave, of_person, placed_among,
    register, registered_among, waiting,
};

/// A row of `tutorials`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tutorials)]
pub struct Tutorial {
    /// Its id.
    pub id: TutorialId,
    /// One line.
    pub title: String,
    /// What it is about, in Markdown.
    pub body: String,
    /// For whom it is; the organizations that are named stand apart.
    pub audience: AudienceKind,
    /// When it begins.
    #[diesel(deserialize_as = At)]
    pub starts_at: Instant,
    /// When it is over.
    #[diesel(deserialize_as = At)]
    pub ends_at: Instant,
    /// IANA name of the zone in which it takes place.
    pub time_zone: String,
    /// How many come at the most.
    pub places: Option<i64>,
    /// How many places are given away.
    pub taken: i64,
    /// Where it takes place.
    pub place_or_link: String,
    /// Until when people may register, if that ends before it begins.
    #[diesel(deserialize_as = MaybeAt)]
    pub registration_until: Option<Instant>,
    /// When it was called off.
    #[diesel(deserialize_as = MaybeAt)]
    pub canceled_at: Option<Instant>,
    /// Why.
    pub cancel_reason: Option<String>,
    /// When people are to be reminded next.
    #[diesel(deserialize_as = MaybeAt)]
    pub remind_at: Option<Instant>,
    /// When it was last changed.
    #[diesel(deserialize_as = At)]
    pub changed_at: Instant,
    /// Counts its changes; who registers changes nothing of it.
    pub version: i64,
}

impl Tutorial {
    /// The tutorial as it decides on registrations.
    pub const fn session(&self) -> Session {
        Session {
            starts_at: self.starts_at,
            registration_until: self.registration_until,
            places: self.places,
            taken: self.taken,
            canceled: self.canceled_at.is_some(),
        }
    }

    /// The zone in which it takes place. One that the database of zones does not know any more is UTC.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC)
    }
}

/// What a tutorial is made of, or is from now on.
#[derive(Clone, Copy, Debug)]
pub struct TutorialRow<'a> {
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// For whom.
    pub audience: &'a Audience,
    /// When it begins.
    pub starts_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// In which zone.
    pub time_zone: &'a str,
    /// How many come at the most.
    pub places: Option<i64>,
    /// Where.
    pub place_or_link: &'a str,
    /// Until when people may register.
    pub registration_until: Option<Instant>,
    /// When somebody is to be reminded next.
    pub remind_at: Option<Instant>,
}

/// The columns that a row sets.
macro_rules! columns {
    ($row:expr, $now:expr) => {
        (
            tutorials::title.eq($row.title),
            tutorials::body.eq($row.body),
            tutorials::audience.eq($row.audience.kind()),
            tutorials::starts_at.eq(At($row.starts_at)),
            tutorials::ends_at.eq(At($row.ends_at)),
            tutorials::time_zone.eq($row.time_zone),
            tutorials::places.eq($row.places),
            tutorials::place_or_link.eq($row.place_or_link),
            tutorials::registration_until.eq($row.registration_until.map(At)),
            tutorials::remind_at.eq($row.remind_at.map(At)),
            tutorials::changed_at.eq(At($now)),
        )
    };
}

/// Adds a tutorial.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, row: &TutorialRow<'_>, now: Instant) -> QueryResult<TutorialId> {
    let id = TutorialId::new(now);
    diesel::insert_into(tutorials::table)
        .values((
            tutorials::id.eq(id),
            tutorials::created_at.eq(At(now)),
            columns!(row, now),
        ))
        .execute(conn)?;
    audiences::set(conn, id, row.audience)?;
    Ok(id)
}

/// Changes a tutorial that is still at its version, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    before: &Tutorial,
    row: &TutorialRow<'_>,
    now: Instant,
) -> QueryResult<Cas> {
    let done = compare_and_set!(
        conn,
        tutorials.id = before.id,
        before.version,
        columns!(row, now)
    );
    if done == Cas::Done {
        audiences::set(conn, before.id, row.audience)?;
    }
    Ok(done)
}

/// Calls a tutorial off that is still at its version, and counts the change. Nobody is reminded of it any more.
///
/// # Errors
/// Database errors.
pub fn cancel(conn: &mut Conn, before: &Tutorial, reason: &str, now: Instant) -> QueryResult<Cas> {
    let changes = (
        tutorials::canceled_at.eq(At(now)),
        tutorials::cancel_reason.eq(reason),
        tutorials::remind_at.eq(None::<At>),
        tutorials::changed_at.eq(At(now)),
    );
    Ok(compare_and_set!(
        conn,
        tutorials.id = before.id,
        before.version,
        changes
    ))
}

/// Holds a tutorial's row until the transaction ends: places are given away by one at a time. On SQLite the writer is alone already.
///
/// # Errors
/// Database errors.
pub fn lock(conn: &mut Conn, id: TutorialId) -> QueryResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM tutorials WHERE id = $1 FOR NO KEY UPDATE")
            .bind::<Key, _>(id)
            .execute(conn)?;
    }
    Ok(())
}

/// Who reads: what is for them, and what they have registered for, whoever it is for now.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// What is for them.
    pub listener: Listener,
    /// The person.
    pub person: PersonId,
}

/// The tutorials for which somebody has registered.
macro_rules! registered {
    ($person:expr) => {
        tutorial_registrations::table
            .filter(tutorial_registrations::person_id.eq($person))
            .select(tutorial_registrations::tutorial_id)
    };
}

/// Leaves out what does not exist for the reader. A macro, because every selection is a type of its own.
macro_rules! existing_for {
    ($query:expr, $reader:expr) => {
        match $reader.listener {
            Listener::Keeper => $query,
            Listener::Of(organization, kind) => $query.filter(
                tutorials::audience
                    .eq_any(AudienceKind::reaching(kind).to_vec())
                    .or(tutorials::id.eq_any(audiences::named!(organization)))
                    .or(tutorials::id.eq_any(registered!($reader.person))),
            ),
        }
    };
}

/// One tutorial, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, reader: Reader, id: TutorialId) -> QueryResult<Option<Tutorial>> {
    let query = tutorials::table
        .filter(tutorials::id.eq(id))
        .select(Tutorial::as_select())
        .into_boxed();
    existing_for!(query, reader).get_result(conn).optional()
}

/// One tutorial, whoever it is for.
///
/// # Errors
/// Database errors.
pub fn any(conn: &mut Conn, id: TutorialId) -> QueryResult<Option<Tutorial>> {
    tutorials::table
        .filter(tutorials::id.eq(id))
        .select(Tutorial::as_select())
        .get_result(conn)
        .optional()
}

orders! {
    /// What tutorials are listed by.
    pub enum TutorialOrder {
        /// When they begin.
        StartsAt = "starts_at" by Instant,
    }
}

/// Where a tutorial stands in an order.
pub fn place(by: TutorialOrder, tutorial: &Tutorial) -> Place<TutorialId> {
    match by {
        TutorialOrder::StartsAt => Place::Instant(tutorial.starts_at, tutorial.id),
    }
}

/// Which tutorials a list holds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TutorialFilter {
    /// Those that lie ahead, or those that are over.
    pub when: When,
    /// Those alone that the reader has registered for.
    pub mine: bool,
}

/// Those that the filter lets through at an instant.
macro_rules! passing {
    ($query:expr, $reader:expr, $filter:expr, $now:expr) => {{
        let (mut query, now) = ($query, At($now));
        query = match $filter.when {
            When::Coming => query.filter(tutorials::ends_at.gt(now)),
            When::Past => query.filter(tutorials::ends_at.le(now)),
        };
        if $filter.mine {
            query = query.filter(tutorials::id.eq_any(registered!($reader.person)));
        }
        query
    }};
}

/// Tutorials that exist for the reader.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reader: Reader,
    filter: TutorialFilter,
    part: &Window<TutorialOrder, TutorialId>,
    now: Instant,
) -> QueryResult<Vec<Tutorial>> {
    let query = tutorials::table.select(Tutorial::as_select()).into_boxed();
    let query = existing_for!(query, reader);
    let query = passing!(query, reader, filter, now);
    let (starts_at, id) = (tutorials::starts_at, tutorials::id);
    match part.sort.by {
        TutorialOrder::StartsAt => windowed!(query, part, instant starts_at, id).load(conn),
    }
}

/// How many there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    reader: Reader,
    filter: TutorialFilter,
    most: usize,
    now: Instant,
) -> QueryResult<usize> {
    let query = tutorials::table.select(tutorials::id).into_boxed();
    let query = existing_for!(query, reader);
    let query = passing!(query, reader, filter, now);
    let along = (tutorials::starts_at.asc(), tutorials::id.asc());
    counted!(conn, query, TutorialId, most, along)
}

/// Tutorials of which somebody is to be reminded at `now`, the longest due first, each with when.
///
/// # Errors
/// Database errors.
pub fn to_remind(
    conn: &mut Conn,
    now: Instant,
    most: i64,
) -> QueryResult<Vec<(TutorialId, Instant)>> {
    let rows: Vec<(TutorialId, At)> = tutorials::table
        .filter(tutorials::remind_at.is_not_null())
        .filter(tutorials::remind_at.le(At(now)))
        .order((tutorials::remind_at.asc(), tutorials::id.asc()))
        .limit(most)
        .select((tutorials::id, tutorials::remind_at.assume_not_null()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, at)| (id, at.0)).collect())
}

/// Sets when people are to be reminded next of a tutorial of which they were to be at `due`; answers whether that fell to the caller.
///
/// # Errors
/// Database errors.
pub fn take_reminder(
    conn: &mut Conn,
    id: TutorialId,
    due: Instant,
    next: Option<Instant>,
) -> QueryResult<bool> {
    let changed = diesel::update(
        tutorials::table
            .filter(tutorials::id.eq(id))
            .filter(tutorials::remind_at.eq(At(due))),
    )
    .set(tutorials::remind_at.eq(next.map(At)))
    .execute(conn)?;
    Ok(changed == 1)
}

/// When each of these begins, of those that take place.
///
/// # Errors
/// Database errors.
pub fn beginnings(
    conn: &mut Conn,
    ids: &[TutorialId],
) -> QueryResult<HashMap<TutorialId, Instant>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(TutorialId, At)> = tutorials::table
        .filter(tutorials::id.eq_any(ids.to_vec()))
        .filter(tutorials::canceled_at.is_null())
        .select((tutorials::id, tutorials::starts_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, at)| (id, at.0)).collect())
}
