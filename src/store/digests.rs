//! What is kept of notices for the daily digest of whoever chose so (N5).

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{cases, digest_items as items, organizations, people};
use crate::db::sql_types::{At, json};
use crate::domain::Instant;
use crate::domain::ids::{CaseId, CaseNumber, NoticeId, PersonId};
use crate::domain::notice::{DigestItem, NoticeKind, next_digest};
use crate::store::pairings::mailboxes;

/// What is kept of one notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The case that it is about.
    pub case: Option<CaseId>,
    /// What happened.
    pub item: DigestItem,
}

/// A case as a digest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub number: CaseNumber,
    /// Its subject.
    pub subject: String,
    /// The name of its organization.
    pub organization: String,
}

/// Keeps something for a person's next digest, in the transaction of the event that it tells of.
///
/// # Errors
/// Database errors.
pub fn keep(
    conn: &mut Conn,
    person: PersonId,
    case: Option<CaseId>,
    item: &DigestItem,
    now: Instant,
) -> QueryResult<()> {
    let zone = zone_of(conn, person)?;
    diesel::insert_into(items::table)
        .values((
            items::id.eq(NoticeId::new(now)),
            items::person_id.eq(person),
            items::kind.eq(item.kind),
            items::case_id.eq(case),
            items::item.eq(json(item)?),
            items::due_at.eq(At(next_digest(zone, now))),
            items::created_at.eq(At(now)),
        ))
        .execute(conn)
        .map(drop)
}

/// The zone by whose clock a person's day is reckoned: that in which they are told times.
fn zone_of(conn: &mut Conn, person: PersonId) -> QueryResult<chrono_tz::Tz> {
    let zone = match mailboxes(conn, &[person])?.remove(&person) {
        Some(original) => original.time_zone,
        None => {
            let (own, home): (Option<String>, String) = people::table
                .inner_join(organizations::table)
                .filter(people::id.eq(person))
                .select((people::time_zone, organizations::time_zone))
                .get_result(conn)?;
            own.unwrap_or(home)
        }
    };
    Ok(zone.parse().unwrap_or(chrono_tz::Tz::UTC))
}

/// Up to `limit` of the people whose digest is to be made at `now`.
///
/// # Errors
/// Database errors.
pub fn due(conn: &mut Conn, now: Instant, limit: i64) -> QueryResult<Vec<PersonId>> {
    items::table
        .filter(items::due_at.le(At(now)))
        .select(items::person_id)
        .distinct()
        .limit(limit)
        .load(conn)
}

/// Takes all that is kept for a person, in the order in which it happened: what somebody else takes meanwhile is theirs.
///
/// # Errors
/// Database errors.
pub fn take(conn: &mut Conn, person: PersonId) -> QueryResult<Vec<Kept>> {
    let rows: Vec<(NoticeId, Option<CaseId>, String)> = items::table
        .filter(items::person_id.eq(person))
        .order((items::created_at.asc(), items::id.asc()))
        .select((items::id, items::case_id, items::item))
        .load(conn)?;
    let mut taken = Vec::with_capacity(rows.len());
    for (id, case, item) in rows {
        let ours = diesel::delete(items::table.filter(items::id.eq(id))).execute(conn)?;
        if ours != 1 {
            continue;
        }
        match serde_json::from_str(&item) {
            Ok(item) => taken.push(Kept { case, item }),
            // It would keep the rest of the digest waiting for ever.
            Err(error) => tracing::error!(%error, "something kept for a digest cannot be read"),
        }
    }
    Ok(taken)
}

/// Drops what is kept of a kind for a person who wants no more of it; answers how many.
///
/// # Errors
/// Database errors.
pub fn drop_of(conn: &mut Conn, person: PersonId, kind: NoticeKind) -> QueryResult<usize> {
    let theirs = items::table
        .filter(items::person_id.eq(person))
        .filter(items::kind.eq(kind));
    diesel::delete(theirs).execute(conn)
}

/// How much is kept for a person.
///
/// # Errors
/// Database errors.
pub fn count_of(conn: &mut Conn, person: PersonId) -> QueryResult<i64> {
    items::table
        .filter(items::person_id.eq(person))
        .count()
        .get_result(conn)
}

/// The cases of these ids, as they are named now.
///
/// # Errors
/// Database errors.
pub fn named(conn: &mut Conn, ids: Vec<CaseId>) -> QueryResult<HashMap<CaseId, Named>> {
    let rows: Vec<(CaseId, i64, String, String)> = cases::table
        .inner_join(organizations::table)
        .filter(cases::id.eq_any(ids))
        .select((
            cases::id,
            cases::number,
            cases::subject,
            organizations::name,
        ))
        .load(conn)?;
    let named = rows.into_iter().map(|(id, number, subject, organization)| {
        let named = Named {
            number: CaseNumber::new(number),
            subject,
            organization,
        };
        (id, named)
    });
    Ok(named.collect())
}
