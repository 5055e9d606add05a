//! Announcements: the rows, the list, and who has read which (H1).

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::ForeignKeyViolation;
use diesel::result::Error::DatabaseError;
use serde::Serialize;

use crate::db::Conn;
use crate::db::schema::{announcement_reads, announcements};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::announcement::{Importance, Showing, State};
use crate::domain::audience::{Audience, AudienceKind};
use crate::domain::ids::{AnnouncementId, PersonId};
use crate::domain::order::{Place, Window, orders};
use crate::store::audiences::{self, Listener, for_listener};
use crate::store::cas::{Cas, compare_and_delete, compare_and_set};
use crate::store::page::{counted, windowed};
use crate::store::people;

/// A row of `announcements`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = announcements)]
pub struct Announcement {
    /// Its id.
    pub id: AnnouncementId,
    /// One line.
    pub title: String,
    /// What it says, in Markdown.
    pub body: String,
    /// For whom it is; the organizations that are named stand apart.
    pub audience: AudienceKind,
    /// How much it matters.
    pub importance: Importance,
    /// Whether it is a draft.
    pub draft: bool,
    /// From when on it is shown.
    #[diesel(deserialize_as = At)]
    pub from_at: Instant,
    /// Until when.
    #[diesel(deserialize_as = MaybeAt)]
    pub until_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

impl Announcement {
    /// When it is shown.
    pub const fn showing(&self) -> Showing {
        Showing {
            draft: self.draft,
            from: self.from_at,
            until: self.until_at,
        }
    }
}

/// What an announcement is made of, or is from now on.
#[derive(Clone, Copy, Debug)]
pub struct AnnouncementRow<'a> {
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// For whom.
    pub audience: &'a Audience,
    /// How much it matters.
    pub importance: Importance,
    /// When it is shown.
    pub showing: Showing,
}

/// The columns that a row sets.
macro_rules! columns {
    ($row:expr) => {
        (
            announcements::title.eq($row.title),
            announcements::body.eq($row.body),
            announcements::audience.eq($row.audience.kind()),
            announcements::importance.eq($row.importance),
            announcements::draft.eq($row.showing.draft),
            announcements::from_at.eq(At($row.showing.from)),
            announcements::until_at.eq($row.showing.until.map(At)),
        )
    };
}

/// Adds an announcement.
///
/// # Errors
/// Database errors.
pub fn insert(
    conn: &mut Conn,
    row: &AnnouncementRow<'_>,
    now: Instant,
) -> QueryResult<AnnouncementId> {
    let id = AnnouncementId::new(now);
    diesel::insert_into(announcements::table)
        .values((
            announcements::id.eq(id),
            announcements::created_at.eq(At(now)),
            columns!(row),
        ))
        .execute(conn)?;
    audiences::set(conn, id, row.audience)?;
    Ok(id)
}

/// Changes an announcement that is still at its version, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    before: &Announcement,
    row: &AnnouncementRow<'_>,
) -> QueryResult<Cas> {
    let done = compare_and_set!(
        conn,
        announcements.id = before.id,
        before.version,
        columns!(row)
    );
    if done == Cas::Done {
        audiences::set(conn, before.id, row.audience)?;
    }
    Ok(done)
}

/// Removes an announcement that is still at its version, and who has read it.
///
/// # Errors
/// Database errors.
pub fn delete(conn: &mut Conn, before: &Announcement) -> QueryResult<Cas> {
    let done = compare_and_delete!(conn, announcements.id = before.id, before.version);
    if done == Cas::Done {
        audiences::forget(conn, before.id)?;
    }
    Ok(done)
}

/// Leaves out what whoever keeps no announcements does not see yet.
macro_rules! begun {
    ($query:expr, $listener:expr, $now:expr) => {
        match $listener {
            Listener::Keeper => $query,
            Listener::Of(..) => $query
                .filter(announcements::draft.eq(false))
                .filter(announcements::from_at.le(At($now))),
        }
    };
}
/// One announcement, if it exists for the reader at `now`: those for whom it is see it from its beginning on.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    listener: Listener,
    id: AnnouncementId,
    now: Instant,
) -> QueryResult<Option<Announcement>> {
    let mut query = announcements::table
        .filter(announcements::id.eq(id))
        .select(Announcement::as_select())
        .into_boxed();
    query = begun!(for_listener!(query, announcements, listener), listener, now);
    query.get_result(conn).optional()
}

orders! {
    /// What announcements are listed by.
    pub enum AnnouncementOrder {
        /// From when on they are shown.
        From = "from" by Instant,
    }
}

/// Where an announcement stands in an order.
pub fn place(by: AnnouncementOrder, announcement: &Announcement) -> Place<AnnouncementId> {
    match by {
        AnnouncementOrder::From => Place::Instant(announcement.from_at, announcement.id),
    }
}

/// Which announcements a list holds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AnnouncementFilter {
    /// Those that stand so.
    pub state: State,
}

/// Those that stand so at an instant. A macro, because every selection is a type of its own.
macro_rules! standing {
    ($query:expr, $state:expr, $now:expr) => {{
        let query = $query.filter(announcements::draft.eq($state == State::Draft));
        let now = At($now);
        match $state {
            State::Draft => query,
            State::Coming => query.filter(announcements::from_at.gt(now)),
            State::Current => query.filter(announcements::from_at.le(now)).filter(
                announcements::until_at
                    .is_null()
                    .or(announcements::until_at.gt(now)),
            ),
            State::Past => query.filter(announcements::until_at.le(now)),
        }
    }};
}

/// Announcements that exist for the reader at `now`.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    (listener, now): (Listener, Instant),
    filter: AnnouncementFilter,
    part: &Window<AnnouncementOrder, AnnouncementId>,
) -> QueryResult<Vec<Announcement>> {
    let mut query = announcements::table
        .select(Announcement::as_select())
        .into_boxed();
    query = begun!(for_listener!(query, announcements, listener), listener, now);
    let query = standing!(query, filter.state, now);
    let (from, id) = (announcements::from_at, announcements::id);
    match part.sort.by {
        AnnouncementOrder::From => windowed!(query, part, instant from, id).load(conn),
    }
}

/// How many there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    (listener, now): (Listener, Instant),
    filter: AnnouncementFilter,
    most: usize,
) -> QueryResult<usize> {
    let mut query = announcements::table.select(announcements::id).into_boxed();
    query = begun!(for_listener!(query, announcements, listener), listener, now);
    let query = standing!(query, filter.state, now);
    let along = (announcements::from_at.asc(), announcements::id.asc());
    counted!(conn, query, AnnouncementId, most, along)
}

/// The current announcements that somebody has not read, the newest first.
///
/// # Errors
/// Database errors.
pub fn unread(
    conn: &mut Conn,
    listener: Listener,
    person: PersonId,
    (most, now): (i64, Instant),
) -> QueryResult<Vec<Announcement>> {
    let read = announcement_reads::table
        .filter(announcement_reads::person_id.eq(person))
        .select(announcement_reads::announcement_id);
    let mut query = announcements::table
        .filter(announcements::id.ne_all(read))
        .select(Announcement::as_select())
        .into_boxed();
    query = for_listener!(query, announcements, listener);
    standing!(query, State::Current, now)
        .order((announcements::from_at.desc(), announcements::id.desc()))
        .limit(most)
        .load(conn)
}

/// Which of these somebody has read.
///
/// # Errors
/// Database errors.
pub fn read_among(
    conn: &mut Conn,
    person: PersonId,
    ids: &[AnnouncementId],
) -> QueryResult<HashSet<AnnouncementId>> {
    let read: Vec<AnnouncementId> = announcement_reads::table
        .filter(announcement_reads::person_id.eq(person))
        .filter(announcement_reads::announcement_id.eq_any(ids.to_vec()))
        .select(announcement_reads::announcement_id)
        .load(conn)?;
    Ok(read.into_iter().collect())
}

/// Notes that somebody has read an announcement; the first time stands. Whoever asks twice at once is held up until the first has
/// written. Answers whether it is still there: if not, the transaction has to be taken back.
///
/// # Errors
/// Database errors.
pub fn mark_read(
    conn: &mut Conn,
    person: PersonId,
    id: AnnouncementId,
    now: Instant,
) -> QueryResult<bool> {
    people::lock(conn, person)?;
    if read_among(conn, person, &[id])?.contains(&id) {
        return Ok(true);
    }
    let noted = diesel::insert_into(announcement_reads::table)
        .values((
            announcement_reads::person_id.eq(person),
            announcement_reads::announcement_id.eq(id),
            announcement_reads::read_at.eq(At(now)),
        ))
        .execute(conn);
    match noted {
        // Somebody removed it meanwhile.
        Err(DatabaseError(ForeignKeyViolation, _)) => Ok(false),
        noted => noted.map(|_| true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DbError;
    use crate::testing::TestDatabase;

    /// Of two who remove it at once, or of whom one changes it, the second decides again on what is there then.
    #[tokio::test]
    async fn what_was_changed_or_removed_meanwhile_is_not_removed() {
        let now: Instant = "2026-03-03T14:00:00Z".parse().expect("an instant");
        let database = TestDatabase::new();
        let removed = database.write(move |conn| {
            let row = AnnouncementRow {
                title: "News",
                body: "x",
                audience: &Audience::Everyone,
                importance: Importance::Information,
                showing: Showing {
                    draft: false,
                    from: now,
                    until: None,
                },
            };
            let id = insert(conn, &row, now)?;
            let look = |conn: &mut Conn| find(conn, Listener::Keeper, id, now);
            let first = look(conn)?.expect("an announcement");
            let changed = update(conn, &first, &row)?;
            let of_before = delete(conn, &first)?;
            let second = look(conn)?.expect("an announcement");
            let done = delete(conn, &second)?;
            let again = delete(conn, &second)?;
            Ok::<_, DbError>([changed, of_before, done, again])
        });
        let expected = [Cas::Done, Cas::Changed(2), Cas::Done, Cas::Missing];
        assert_eq!(removed.await.expect("written"), expected);
    }
}
