//! Which kinds of notices people chose to get (N5).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::schema::notice_preferences as preferences;
use crate::db::sql_types::At;
use crate::db::{Conn, among, of_one, remembered_each};
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
    let name = |person: PersonId| of_one(person.as_uuid());
    let chosen = remembered_each(conn, persons, name, |_: &Chosen| true, read)?;
    let of_kind = |(person, chosen): (PersonId, Arc<Chosen>)| Some((person, *chosen.get(&kind)?));
    Ok(chosen.into_iter().filter_map(of_kind).collect())
}

/// What somebody chose.
type Chosen = BTreeMap<NoticeKind, Delivery>;

fn read(conn: &mut Conn, persons: &[PersonId]) -> QueryResult<Vec<(PersonId, Chosen)>> {
    let rows: Vec<(PersonId, NoticeKind, Delivery)> = preferences::table
        .filter(among(preferences::person_id, persons.to_vec()))
        .select((
            preferences::person_id,
            preferences::kind,
            preferences::delivery,
        ))
        .load(conn)?;
    let mut chosen: HashMap<PersonId, Chosen> = HashMap::new();
    for (person, kind, delivery) in rows {
        chosen.entry(person).or_default().insert(kind, delivery);
    }
    let each = persons.iter();
    Ok(each
        .map(|person| (*person, chosen.get(person).cloned().unwrap_or_default()))
        .collect())
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
