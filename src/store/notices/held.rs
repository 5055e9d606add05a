//! Notices that are held to be gathered with what follows (N7).

use diesel::prelude::*;

use super::{NewNotice, To, queue};
use crate::db::schema::notices;
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, condition, kept};
use crate::domain::Instant;
use crate::domain::ids::{NoticeId, PersonId};
use crate::domain::notice::{NoticeKind, Payload};

condition! {
    /// Of a notice that may hold up those behind it, as in [`super::claim`]: what is held is among them.
    MayHoldUp = "notices.state || ' ahead' = 'waiting ahead' AND (notices.next_attempt_at > notices.created_at OR notices.lease_until IS NOT NULL)"
}

/// A notice that is held.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its id.
    pub id: NoticeId,
    /// To whom it goes.
    pub person: PersonId,
    /// What it tells.
    pub payload: Payload,
    /// Until when it is held.
    pub not_before: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// What is held for these people of what tells of targets, one for each at the most.
///
/// # Errors
/// Database errors.
pub fn held_of_targets(conn: &mut Conn, people: &[PersonId]) -> QueryResult<Vec<Held>> {
    type Row = (NoticeId, Option<PersonId>, Json<Payload>, At, i64);
    let queues: Vec<String> = people
        .iter()
        .map(|person| queue(To::Person(*person), NoticeKind::TargetsGathered))
        .collect();
    let rows: Vec<Row> = notices::table
        .filter(MayHoldUp)
        .filter(notices::queue.eq_any(queues))
        .filter(notices::attempts.eq(0))
        .filter(notices::lease_until.is_null())
        // By the index of what is put off.
        .order((
            notices::queue.asc(),
            notices::created_at.asc(),
            notices::id.asc(),
        ))
        .select((
            notices::id,
            notices::person_id,
            notices::payload,
            notices::next_attempt_at,
            notices::version,
        ))
        .load(conn)?;
    let held = rows
        .into_iter()
        .filter_map(|(id, person, payload, not_before, version)| {
            Some(Held {
                id,
                person: person?,
                payload: payload.0,
                not_before: not_before.0,
                version,
            })
        });
    Ok(held.collect())
}

/// Puts another notice in the place of one that is held, if that is as it was read and nobody sends it; says whether it was.
///
/// # Errors
/// Database errors.
pub fn replace_held(
    conn: &mut Conn,
    held: &Held,
    new: &NewNotice<'_>,
    not_before: Instant,
) -> QueryResult<bool> {
    let this = notices::table
        .filter(notices::id.eq(held.id))
        .filter(notices::version.eq(held.version))
        .filter(notices::lease_until.is_null());
    let changed = kept(this)
        .set((
            notices::kind.eq(new.payload.kind()),
            notices::case_id.eq(new.case),
            notices::escalation_id.eq(new.escalation),
            notices::thread.eq(new.thread.to_string()),
            notices::payload.eq(json(new.payload)?),
            notices::next_attempt_at.eq(At(not_before)),
            notices::version.eq(held.version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
