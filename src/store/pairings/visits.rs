//! Visits: what paired people changed in another organization, by the time they were there (P12).

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::schema::{pairing_visit_events as events, pairing_visits as visits};
use crate::db::sql_types::At;
use crate::db::{Conn, kept};
use crate::domain::Instant;
use crate::domain::ids::{EventId, OrganizationId, PairingId, PersonId, VisitId};

/// A visit is over when nothing was changed for so long; what is changed later is another one.
const OVER_AFTER_HOURS: i64 = 8;

/// A row of `pairing_visits`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = visits)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// The pairing by which they were there.
    pub pairing_id: PairingId,
    /// As whom: a person of the trustee, or their cloned user.
    pub person_id: PersonId,
    /// When they switched in, or a program of theirs changed something for the first time.
    #[diesel(deserialize_as = At)]
    pub began_at: Instant,
    /// When they last changed something, or switched in.
    #[diesel(deserialize_as = At)]
    pub last_at: Instant,
    /// How many audited events there are of it.
    pub changes: i64,
}

/// Begins a visit.
///
/// # Errors
/// Database errors.
pub fn begin_visit(
    conn: &mut Conn,
    (pairing, person): (PairingId, PersonId),
    now: Instant,
) -> QueryResult<VisitId> {
    let id = VisitId::new(now);
    diesel::insert_into(visits::table)
        .values((
            visits::id.eq(id),
            visits::pairing_id.eq(pairing),
            visits::person_id.eq(person),
            visits::began_at.eq(At(now)),
            visits::last_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Notes an audited event as one of the newest visit of whoever did it; where that is over, of a new one.
///
/// # Errors
/// Database errors.
pub fn note_on_visit(
    conn: &mut Conn,
    (pairing, person): (PairingId, PersonId),
    event: EventId,
    now: Instant,
) -> QueryResult<()> {
    let newest: Option<(VisitId, At)> = visits::table
        .filter(visits::person_id.eq(person))
        .filter(visits::pairing_id.eq(pairing))
        .order(visits::id.desc())
        .limit(1)
        .select((visits::id, visits::last_at))
        .get_result(conn)
        .optional()?;
    let over = now - TimeDelta::hours(OVER_AFTER_HOURS);
    let visit = match newest {
        Some((id, At(last))) if last > over => id,
        _ => begin_visit(conn, (pairing, person), now)?,
    };
    kept(visits::table.filter(visits::id.eq(visit)))
        .set((
            visits::last_at.eq(At(now)),
            visits::changes.eq(visits::changes + 1),
        ))
        .execute(conn)?;
    diesel::insert_into(events::table)
        .values((events::visit_id.eq(visit), events::event_id.eq(event)))
        .execute(conn)
        .map(drop)
}

/// The visits by a pairing, the newest first, after the one `after`.
///
/// # Errors
/// Database errors.
pub fn visits_of(
    conn: &mut Conn,
    pairing: PairingId,
    after: Option<VisitId>,
    limit: i64,
) -> QueryResult<Vec<Visit>> {
    let mut query = visits::table
        .filter(visits::pairing_id.eq(pairing))
        .select(Visit::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(visits::id.lt(after));
    }
    query.order(visits::id.desc()).limit(limit).load(conn)
}

/// Of which two organizations a visit is: whose person was there, and where.
///
/// # Errors
/// Database errors.
pub fn organizations_of_visit(
    conn: &mut Conn,
    id: VisitId,
) -> QueryResult<Option<(OrganizationId, Option<OrganizationId>)>> {
    use crate::db::schema::pairings;

    visits::table
        .inner_join(pairings::table.on(pairings::id.eq(visits::pairing_id)))
        .filter(visits::id.eq(id))
        .select((pairings::trustee_id, pairings::trustor_id))
        .get_result(conn)
        .optional()
}
