//! Second factors and the recovery codes that stand in for them (A7).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{recovery_codes, second_factors};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::ids::PersonId;

/// A row of `second_factors`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = second_factors)]
pub struct SecondFactor {
    /// Whose it is.
    pub person_id: PersonId,
    /// Of which, with the installation's key, the secret is made.
    pub nonce: String,
    /// When it was begun.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Since when it is asked for; not yet if nobody has shown that their app knows it.
    #[diesel(deserialize_as = MaybeAt)]
    pub confirmed_at: Option<Instant>,
    /// The newest step whose code was taken.
    pub last_step: Option<i64>,
}

/// A person's second factor, begun or asked for.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, person: PersonId) -> QueryResult<Option<SecondFactor>> {
    second_factors::table
        .filter(second_factors::person_id.eq(person))
        .select(SecondFactor::as_select())
        .get_result(conn)
        .optional()
}

/// Of these people, those who are asked for a second factor.
///
/// # Errors
/// Database errors.
pub fn on_among(conn: &mut Conn, persons: &[PersonId]) -> QueryResult<Vec<PersonId>> {
    second_factors::table
        .filter(second_factors::person_id.eq_any(persons.to_vec()))
        .filter(second_factors::confirmed_at.is_not_null())
        .select(second_factors::person_id)
        .load(conn)
}

/// Whether a person's second factor is asked for.
///
/// # Errors
/// Database errors.
pub fn is_on(conn: &mut Conn, person: PersonId) -> QueryResult<bool> {
    let confirmed: Option<PersonId> = second_factors::table
        .filter(second_factors::person_id.eq(person))
        .filter(second_factors::confirmed_at.is_not_null())
        .select(second_factors::person_id)
        .get_result(conn)
        .optional()?;
    Ok(confirmed.is_some())
}

/// Begins one in place of another that was only begun. False if one is asked for already.
///
/// # Errors
/// Database errors.
pub fn begin(conn: &mut Conn, person: PersonId, nonce: &str, now: Instant) -> QueryResult<bool> {
    super::people::lock(conn, person)?;
    let unconfirmed = second_factors::person_id
        .eq(person)
        .and(second_factors::confirmed_at.is_null());
    diesel::delete(second_factors::table.filter(unconfirmed)).execute(conn)?;
    if find(conn, person)?.is_some() {
        return Ok(false);
    }
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::person_id.eq(person),
            second_factors::nonce.eq(nonce),
            second_factors::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Asks for it from now on. False if it is asked for already, or was not begun with this nonce.
///
/// # Errors
/// Database errors.
pub fn confirm(
    conn: &mut Conn,
    person: PersonId,
    nonce: &str,
    step: i64,
    now: Instant,
) -> QueryResult<bool> {
    let begun = second_factors::person_id
        .eq(person)
        .and(second_factors::nonce.eq(nonce))
        .and(second_factors::confirmed_at.is_null());
    let confirmed = diesel::update(second_factors::table.filter(begun))
        .set((
            second_factors::confirmed_at.eq(Some(At(now))),
            second_factors::last_step.eq(Some(step)),
        ))
        .execute(conn)?;
    Ok(confirmed == 1)
}

/// Takes the code of a step: of any number that show it at once, one is let through. False if that step or a later
/// one was taken before.
///
/// # Errors
/// Database errors.
pub fn take_step(conn: &mut Conn, person: PersonId, step: i64) -> QueryResult<bool> {
    let newer = second_factors::last_step
        .is_null()
        .or(second_factors::last_step.lt(step));
    let asked = second_factors::person_id
        .eq(person)
        .and(second_factors::confirmed_at.is_not_null());
    let taken = diesel::update(second_factors::table.filter(asked).filter(newer))
        .set(second_factors::last_step.eq(Some(step)))
        .execute(conn)?;
    Ok(taken == 1)
}

/// Takes a person's second factor away, with its recovery codes. False if none was asked for.
///
/// # Errors
/// Database errors.
pub fn remove(conn: &mut Conn, person: PersonId) -> QueryResult<bool> {
    let was_on = is_on(conn, person)?;
    diesel::delete(second_factors::table.filter(second_factors::person_id.eq(person)))
        .execute(conn)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(person)))
        .execute(conn)?;
    Ok(was_on)
}

/// Puts these recovery codes in place of all others.
///
/// # Errors
/// Database errors.
pub fn replace_codes(
    conn: &mut Conn,
    person: PersonId,
    hashes: &[String],
    now: Instant,
) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::person_id.eq(person)))
        .execute(conn)?;
    for hash in hashes {
        diesel::insert_into(recovery_codes::table)
            .values((
                recovery_codes::person_id.eq(person),
                recovery_codes::code_hash.eq(hash),
                recovery_codes::created_at.eq(At(now)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Uses a recovery code up: of any number that show it at once, one is let through. False if there is none such.
///
/// # Errors
/// Database errors.
pub fn use_code(conn: &mut Conn, person: PersonId, hash: &str, now: Instant) -> QueryResult<bool> {
    let unused = recovery_codes::person_id
        .eq(person)
        .and(recovery_codes::code_hash.eq(hash))
        .and(recovery_codes::used_at.is_null());
    let used = diesel::update(recovery_codes::table.filter(unused))
        .set(recovery_codes::used_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(used == 1)
}

/// How many recovery codes of a person are unused.
///
/// # Errors
/// Database errors.
pub fn codes_left(conn: &mut Conn, person: PersonId) -> QueryResult<i64> {
    recovery_codes::table
        .filter(recovery_codes::person_id.eq(person))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(conn)
}
