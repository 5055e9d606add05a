//! Wishes to set a new password. Whoever utters one leaves a row here, whether they are anybody's or not; a worker sees
//! to them, so that nothing tells which addresses belong to people (A7).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::password_reset_requests as requests;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::PasswordResetRequestId;

/// Notes that somebody wants to set a new password for `email`, as it was typed.
///
/// # Errors
/// Database errors.
pub fn ask(conn: &mut Conn, email: &str, now: Instant) -> QueryResult<PasswordResetRequestId> {
    let id = PasswordResetRequestId::new(now);
    diesel::insert_into(requests::table)
        .values((
            requests::id.eq(id),
            requests::email.eq(email),
            requests::requested_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The oldest wishes.
///
/// # Errors
/// Database errors.
pub fn oldest(conn: &mut Conn, limit: i64) -> QueryResult<Vec<PasswordResetRequestId>> {
    requests::table
        .order(requests::id.asc())
        .limit(limit)
        .select(requests::id)
        .load(conn)
}

/// Takes a wish out; gives the address that was typed, or nothing if somebody else has taken it.
///
/// # Errors
/// Database errors.
pub fn take(conn: &mut Conn, id: PasswordResetRequestId) -> QueryResult<Option<String>> {
    diesel::delete(requests::table.filter(requests::id.eq(id)))
        .returning(requests::email)
        .get_result(conn)
        .optional()
}
