//! The devices from which people have signed in, as hashes of what they call themselves.

use std::collections::HashMap;

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::known_devices as devices;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::PersonId;

/// What is known of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Familiarity {
    /// The person has signed in from it before.
    Known,
    /// The person has never signed in before from anywhere.
    First,
    /// The person has signed in from others only.
    New,
}

/// Notes that somebody signs in from a device, and says what was known of it.
///
/// # Errors
/// Database errors.
pub fn meet(
    conn: &mut Conn,
    person: PersonId,
    device_hash: &str,
    now: Instant,
) -> QueryResult<Familiarity> {
    super::people::lock(conn, person)?;
    let of_person = devices::table.filter(devices::person_id.eq(person));
    let known = diesel::update(of_person.filter(devices::device_hash.eq(device_hash)))
        .set(devices::last_seen_at.eq(At(now)))
        .execute(conn)?;
    if known > 0 {
        return Ok(Familiarity::Known);
    }
    let others: i64 = of_person.count().get_result(conn)?;
    diesel::insert_into(devices::table)
        .values((
            devices::person_id.eq(person),
            devices::device_hash.eq(device_hash),
            devices::first_seen_at.eq(At(now)),
            devices::last_seen_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(if others == 0 {
        Familiarity::First
    } else {
        Familiarity::New
    })
}

/// When each of these people last signed in; who never has is not among them.
///
/// # Errors
/// Database errors.
pub fn last_sign_ins(
    conn: &mut Conn,
    persons: &[PersonId],
) -> QueryResult<HashMap<PersonId, Instant>> {
    let rows: Vec<(PersonId, Option<At>)> = devices::table
        .filter(devices::person_id.eq_any(persons.to_vec()))
        .group_by(devices::person_id)
        .select((devices::person_id, max(devices::last_seen_at)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(person, at)| Some((person, at?.0)))
        .collect())
}
