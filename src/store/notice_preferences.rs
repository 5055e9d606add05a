//! Which kinds of notices people chose to get (N5).

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::schema::notice_preferences as preferences;
use crate::db::sql_types::At;
use crate::db::{Conn, among};
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::domain::notice::{Delivery, NoticeKind};

/// What a person chose; of a kind that is not there, nothing.
///
/// # Errors
/// Database errors.
pub fn of_person(conn: &mut Conn, person: PersonId) -> QueryResult<BTreeMap<NoticeKind, Delivery>> {
    let rows: Vec<(NoticeKind, Delivery)> = preferences::table
        .filter(preferences::person_id.eq(person))
        .select((preferences::kind, preferences::delivery))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// How those of `persons` get notices of that kind who chose so; whoever is not there gets them at once.
///
/// # Errors
/// Database errors.
pub fn of_kind(
    conn: &mut Conn,
    kind: NoticeKind,
    persons: &[PersonId],
) -> QueryResult<HashMap<PersonId, Delivery>> {
    let rows: Vec<(PersonId, Delivery)> = preferences::table
        .filter(among(preferences::person_id, persons.to_vec()))
        .filter(preferences::kind.eq(kind))
        .select((preferences::person_id, preferences::delivery))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Keeps what a person chose.
///
/// # Errors
/// Database errors.
pub fn set(
    conn: &mut Conn,
    person: PersonId,
    kind: NoticeKind,
    delivery: Delivery,
    now: Instant,
) -> QueryResult<()> {
    if change(conn, person, kind, delivery, now)? {
        return Ok(());
    }
    let added = conn.transaction(|conn| {
        diesel::insert_into(preferences::table)
            .values((
                preferences::person_id.eq(person),
                preferences::kind.eq(kind),
                preferences::delivery.eq(delivery),
                preferences::updated_at.eq(At(now)),
            ))
            .execute(conn)
    });
    match added {
        // They chose twice at once, and the other was quicker.
        Err(DatabaseError(UniqueViolation, _)) => {
            change(conn, person, kind, delivery, now).map(drop)
        }
        added => added.map(drop),
    }
}

/// Whether there was something to change.
fn change(
    conn: &mut Conn,
    person: PersonId,
    kind: NoticeKind,
    delivery: Delivery,
    now: Instant,
) -> QueryResult<bool> {
    let theirs = preferences::person_id
        .eq(person)
        .and(preferences::kind.eq(kind));
    let changed = diesel::update(preferences::table.filter(theirs))
        .set((
            preferences::delivery.eq(delivery),
            preferences::updated_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
