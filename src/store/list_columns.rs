//! Which columns of their lists people chose to see.

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::Conn;
use crate::db::schema::list_columns as columns;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::domain::saved_filter::FilteredList;

/// What a person chose for a list, as it is kept; none if they chose nothing.
///
/// # Errors
/// Database errors.
pub fn of_person(
    conn: &mut Conn,
    person: PersonId,
    list: FilteredList,
) -> QueryResult<Option<String>> {
    columns::table
        .filter(columns::person_id.eq(person))
        .filter(columns::list.eq(list))
        .select(columns::shown)
        .get_result(conn)
        .optional()
}

/// Keeps what a person chose for a list; nothing if they choose nothing any more.
///
/// # Errors
/// Database errors.
pub fn set(
    conn: &mut Conn,
    (person, list): (PersonId, FilteredList),
    shown: Option<&str>,
    now: Instant,
) -> QueryResult<()> {
    let theirs = || {
        columns::table
            .filter(columns::person_id.eq(person))
            .filter(columns::list.eq(list))
    };
    let Some(shown) = shown else {
        return diesel::delete(theirs()).execute(conn).map(drop);
    };
    let change = |conn: &mut Conn| {
        diesel::update(theirs())
            .set((columns::shown.eq(shown), columns::updated_at.eq(At(now))))
            .execute(conn)
    };
    if change(conn)? == 1 {
        return Ok(());
    }
    let added = conn.transaction(|conn| {
        diesel::insert_into(columns::table)
            .values((
                columns::person_id.eq(person),
                columns::list.eq(list),
                columns::shown.eq(shown),
                columns::updated_at.eq(At(now)),
            ))
            .execute(conn)
    });
    match added {
        // They chose twice at once, and the other was quicker.
        Err(DatabaseError(UniqueViolation, _)) => change(conn).map(drop),
        added => added.map(drop),
    }
}
