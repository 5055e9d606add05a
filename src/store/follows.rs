//! What people said of single feeds of cases: that they follow them, or have muted them (F7).

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::schema::feed_stances as stances;
use crate::db::sql_types::At;
use crate::db::{Conn, fixed, on_either};
use crate::domain::Instant;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::notice::{Stance, Stances};

/// What people said of a feed of a case.
///
/// # Errors
/// Database errors.
pub fn of_feed(conn: &mut Conn, case: CaseId, feed: Feed) -> QueryResult<Stances> {
    let said = stances::table
        .filter(stances::case_id.eq(case))
        .filter(stances::feed.eq(feed))
        .select((stances::person_id, stances::stance));
    let rows: Vec<(PersonId, Stance)> = on_either!(conn, |own| said.load(own))?;
    Ok(rows.into_iter().collect())
}

/// What people said of each feed of a case.
///
/// # Errors
/// Database errors.
pub fn of_feeds(conn: &mut Conn, case: CaseId) -> QueryResult<Vec<(Feed, Stances)>> {
    let said = stances::table.filter(stances::case_id.eq(case)).select((
        stances::feed,
        stances::person_id,
        stances::stance,
    ));
    let rows: Vec<(Feed, PersonId, Stance)> = fixed!(said).load(conn)?;
    let of = |feed: Feed| {
        let of_it = rows.iter().filter(|(of, ..)| *of == feed);
        of_it
            .map(|(_, person, stance)| (*person, *stance))
            .collect()
    };
    Ok(Feed::ALL.iter().map(|feed| (*feed, of(*feed))).collect())
}

/// What people said of each feed of a case if nobody said anything.
pub fn of_nobody() -> Vec<(Feed, Stances)> {
    let feeds = Feed::ALL.iter();
    feeds.map(|feed| (*feed, Stances::default())).collect()
}

/// What a person said of the feeds of a case; a feed that is not there is at its default.
///
/// # Errors
/// Database errors.
pub fn of_person(
    conn: &mut Conn,
    case: CaseId,
    person: PersonId,
) -> QueryResult<Vec<(Feed, Stance)>> {
    on_either!(conn, |own| stances::table
        .filter(stances::person_id.eq(person))
        .filter(stances::case_id.eq(case))
        .order(stances::feed.asc())
        .select((stances::feed, stances::stance))
        .load(own))
}

/// What a person said of feeds of any cases, of those first that were opened last.
///
/// # Errors
/// Database errors.
pub fn all_of_person(
    conn: &mut Conn,
    person: PersonId,
    limit: i64,
) -> QueryResult<Vec<(CaseId, Feed, Stance)>> {
    stances::table
        .filter(stances::person_id.eq(person))
        .order(stances::case_id.desc())
        .select((stances::case_id, stances::feed, stances::stance))
        .limit(limit)
        .load(conn)
}

/// Keeps what a person says of a feed, in the place of what they said before; the default is kept as nothing.
///
/// # Errors
/// Database errors.
pub fn set(
    conn: &mut Conn,
    (case, feed): (CaseId, Feed),
    person: PersonId,
    stance: Stance,
    now: Instant,
) -> QueryResult<()> {
    let theirs = || stances::table.find((case, feed, person));
    if stance == Stance::Default {
        return diesel::delete(theirs()).execute(conn).map(drop);
    }
    let change = |conn: &mut Conn| {
        diesel::update(theirs())
            .set((stances::stance.eq(stance), stances::updated_at.eq(At(now))))
            .execute(conn)
    };
    if change(conn)? == 1 {
        return Ok(());
    }
    let added = conn.transaction(|conn| {
        diesel::insert_into(stances::table)
            .values((
                stances::case_id.eq(case),
                stances::feed.eq(feed),
                stances::person_id.eq(person),
                stances::stance.eq(stance),
                stances::updated_at.eq(At(now)),
            ))
            .execute(conn)
    });
    match added {
        // They chose twice at once, and the other was quicker.
        Err(DatabaseError(UniqueViolation, _)) => change(conn).map(drop),
        added => added.map(drop),
    }
}
