//! Ways out that are closed at present (N2). While the row of a transport is here, its notices wait for the server as
//! one: the first of them that is due tries whether it is open again, on whichever process, and the rest follow.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::schema::mail_outages;
use crate::db::sql_types::At;
use crate::db::{Conn, in_savepoint, kept};
use crate::domain::Instant;
use crate::domain::notice::Fault;

/// For how long whoever probes is left alone: beyond that, they have died on the way.
const PROBE: TimeDelta = TimeDelta::seconds(30);

/// A way out that is closed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = mail_outages)]
pub struct Outage {
    /// Why it is.
    pub fault: Fault,
    /// What the server or the system said last.
    pub detail: String,
    /// Since when.
    #[diesel(deserialize_as = At)]
    pub since: Instant,
    /// How often it was tried since, in vain.
    pub probes: i64,
    /// When it is tried next.
    #[diesel(deserialize_as = At)]
    pub next_probe_at: Instant,
}

/// The outage of a transport, if it is closed.
///
/// # Errors
/// Database errors.
pub fn of(conn: &mut Conn, transport: &str) -> QueryResult<Option<Outage>> {
    mail_outages::table
        .filter(mail_outages::transport.eq(transport))
        .select(Outage::as_select())
        .get_result(conn)
        .optional()
}

/// Lets the caller try whether the transport is open again, if it is closed and the time has come; of several, one.
///
/// # Errors
/// Database errors.
pub fn take_probe(conn: &mut Conn, transport: &str, now: Instant) -> QueryResult<bool> {
    let due = mail_outages::transport
        .eq(transport)
        .and(mail_outages::next_probe_at.le(At(now)));
    let changed = kept(mail_outages::table.filter(due))
        .set(mail_outages::next_probe_at.eq(At(now + PROBE)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Lets the next one try at once: whoever took the probe did not come to ask the server.
///
/// # Errors
/// Database errors.
pub fn give_probe_back(conn: &mut Conn, transport: &str, now: Instant) -> QueryResult<()> {
    diesel::update(mail_outages::table.filter(mail_outages::transport.eq(transport)))
        .set(mail_outages::next_probe_at.eq(At(now)))
        .execute(conn)
        .map(drop)
}

/// What came of reporting that a transport is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It was open until now.
    Began,
    /// It was closed before.
    GoesOn,
}

/// Writes down that the transport is closed at `now`, why, and when it is tried next. If it was closed before, only
/// the one who probed changes anything.
///
/// # Errors
/// Database errors.
pub fn report(
    conn: &mut Conn,
    transport: &str,
    (fault, detail): (Fault, &str),
    probed: bool,
    delay: impl Fn(i64) -> TimeDelta,
    now: Instant,
) -> QueryResult<Reported> {
    if let Some(outage) = of(conn, transport)? {
        if probed {
            let probes = outage.probes + 1;
            diesel::update(mail_outages::table.filter(mail_outages::transport.eq(transport)))
                .set((
                    mail_outages::fault.eq(fault),
                    mail_outages::detail.eq(detail),
                    mail_outages::probes.eq(probes),
                    mail_outages::next_probe_at.eq(At(now + delay(probes))),
                ))
                .execute(conn)?;
        }
        return Ok(Reported::GoesOn);
    }
    // In a savepoint: another process may find it closed at the same moment.
    let written = in_savepoint(conn, |conn| {
        diesel::insert_into(mail_outages::table)
            .values((
                mail_outages::transport.eq(transport),
                mail_outages::fault.eq(fault),
                mail_outages::detail.eq(detail),
                mail_outages::since.eq(At(now)),
                mail_outages::probes.eq(1),
                mail_outages::next_probe_at.eq(At(now + delay(1))),
            ))
            .execute(conn)
    });
    match written {
        Ok(_) => Ok(Reported::Began),
        Err(DatabaseError(UniqueViolation, _)) => Ok(Reported::GoesOn),
        Err(error) => Err(error),
    }
}

/// Writes down that the transport is open, and answers with the outage that is over, if there was one.
///
/// # Errors
/// Database errors.
pub fn end(conn: &mut Conn, transport: &str) -> QueryResult<Option<Outage>> {
    let Some(outage) = of(conn, transport)? else {
        return Ok(None);
    };
    let ended = diesel::delete(mail_outages::table.filter(mail_outages::transport.eq(transport)))
        .execute(conn)?;
    Ok((ended == 1).then_some(outage))
}
