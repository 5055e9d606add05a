//! How far somebody knows what was recorded.

use diesel::prelude::*;

use super::end;
use crate::db::schema::{audit_events, cases};
use crate::db::sql_types::At;
use crate::db::{Conn, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::{EventKind, SeenBy, Topic};
use crate::domain::ids::OrganizationId;
use crate::domain::organization::Side;
use crate::store::lines::within_reach;

/// Beyond as many events, they are not told apart any more.
const MOST: i64 = 1000;

/// How far somebody knows what was recorded: the chain up to a place, and those of the events without a place that they have seen. Places
/// are given behind the commit and in one order, so that with both nothing is missed and nothing seen twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reached {
    link: i64,
    /// By the numbers under which they were written.
    waiting: Vec<i64>,
}

/// All that is recorded now.
///
/// # Errors
/// Database errors.
pub fn reached(conn: &mut Conn) -> QueryResult<Reached> {
    let link = end(conn)?.map_or(0, |end| end.position);
    let waiting = waiting(conn)?;
    Ok(Reached {
        link,
        waiting: waiting.into_iter().map(|(number, _)| number).collect(),
    })
}

/// What was recorded since somebody knew so much of it.
#[derive(Clone, Debug)]
pub struct Since {
    /// All that is recorded now.
    pub reached: Reached,
    /// Whether there is anything new. If not, all that may have come is places in the chain.
    pub is_any_new: bool,
    /// Whether any of it may have taken access from somebody.
    pub may_have_taken_access: bool,
}

/// What was recorded since.
///
/// # Errors
/// Database errors.
pub fn recorded_since(conn: &mut Conn, known: &Reached) -> QueryResult<Since> {
    write_what_was_put_off(conn)?;
    let linked: Vec<(Option<i64>, i64, String)> = audit_events::table
        .filter(audit_events::link.gt(known.link))
        .order(audit_events::link.desc())
        .limit(MOST)
        .select((
            audit_events::link,
            audit_events::position,
            audit_events::kind,
        ))
        .load(conn)?;
    let waiting = waiting(conn)?;
    let link = (linked.first())
        .and_then(|(link, ..)| *link)
        .unwrap_or(known.link);
    // Beyond as many it is asked anew what everybody may do.
    let is_full = |count: usize| i64::try_from(count).is_ok_and(|count| count >= MOST);
    let many = is_full(linked.len()) || is_full(waiting.len());
    let placed = linked.iter().map(|(_, number, kind)| (number, kind));
    let unplaced = waiting.iter().map(|(number, kind)| (number, kind));
    let (mut is_any_new, mut may_have_taken_access) = (many, many);
    for (_, kind) in (placed.chain(unplaced)).filter(|(number, _)| !known.waiting.contains(number))
    {
        is_any_new = true;
        // Of a kind that is not known here, it may.
        may_have_taken_access |= EventKind::named(kind).is_none_or(EventKind::may_take_access);
    }
    let waiting = waiting.into_iter().map(|(number, _)| number).collect();
    Ok(Since {
        reached: Reached { link, waiting },
        is_any_new,
        may_have_taken_access,
    })
}

/// Whether anything was recorded since, of a case that exists for a reader of this reach and this side, and that their side is shown.
///
/// # Errors
/// Database errors.
pub fn is_any_case_changed(
    conn: &mut Conn,
    reader: (Reach, Side),
    known: &Reached,
) -> QueryResult<bool> {
    if is_any_of(conn, reader, known, Placed::Yes)? {
        return Ok(true);
    }
    match conn {
        Conn::Sqlite(_) => Ok(false),
        Conn::Postgres(_) => is_any_of(conn, reader, known, Placed::NotYet),
    }
}

/// Whether events have their place in the chain. Each kind is found along an index of its own.
#[derive(Clone, Copy, Debug)]
enum Placed {
    Yes,
    NotYet,
}

fn is_any_of(
    conn: &mut Conn,
    (reach, side): (Reach, Side),
    known: &Reached,
    placed: Placed,
) -> QueryResult<bool> {
    let mut query = audit_events::table
        .inner_join(cases::table.on(audit_events::case_id.eq(cases::id.nullable())))
        .select(audit_events::position)
        .into_boxed();
    query = match placed {
        Placed::Yes => query.filter(audit_events::link.gt(known.link)),
        Placed::NotYet => query.filter(audit_events::link.is_null()),
    };
    if !known.waiting.is_empty() {
        query = query.filter(audit_events::position.ne_all(known.waiting.clone()));
    }
    if side == Side::Customer {
        query = query.filter(audit_events::seen_by.eq(SeenBy::Both));
    }
    query = within_reach!(query, reach);
    let first: Option<i64> = query.limit(1).first(conn).optional()?;
    Ok(first.is_some())
}

/// From where on it is asked what was recorded.
#[derive(Clone, Copy, Debug)]
pub enum Behind<'k> {
    /// Behind what somebody knows.
    Known(&'k Reached),
    /// Behind an instant.
    At(Instant),
}

/// Whether anything of a topic was recorded since; for an organization, what concerns it and is on no case, whose reader may not
/// see all cases.
///
/// # Errors
/// Database errors.
pub fn is_any_recorded(
    conn: &mut Conn,
    of: (Topic, Option<OrganizationId>),
    behind: Behind<'_>,
) -> QueryResult<bool> {
    if is_any_of_topic(conn, of, behind, Placed::Yes)? {
        return Ok(true);
    }
    let some_wait = matches!(conn, Conn::Postgres(_)) && matches!(behind, Behind::Known(_));
    Ok(some_wait && is_any_of_topic(conn, of, behind, Placed::NotYet)?)
}

fn is_any_of_topic(
    conn: &mut Conn,
    (topic, organization): (Topic, Option<OrganizationId>),
    behind: Behind<'_>,
    placed: Placed,
) -> QueryResult<bool> {
    let mut query = audit_events::table.select(audit_events::kind).into_boxed();
    query = match (behind, placed) {
        (Behind::At(instant), _) => query.filter(audit_events::at.gt(At(instant))),
        (Behind::Known(known), Placed::Yes) => query.filter(audit_events::link.gt(known.link)),
        (Behind::Known(_), Placed::NotYet) => query.filter(audit_events::link.is_null()),
    };
    if let Behind::Known(known) = behind
        && !known.waiting.is_empty()
    {
        query = query.filter(audit_events::position.ne_all(known.waiting.clone()));
    }
    if let Some(own) = organization.filter(|_| !topic.is_for_all()) {
        let theirs = audit_events::organization_id
            .eq(own)
            .or(audit_events::home_organization_id.eq(own));
        query = query
            .filter(theirs.assume_not_null())
            .filter(audit_events::seen_by.eq(SeenBy::Both))
            .filter(audit_events::case_id.is_null());
    }
    let kinds: Vec<String> = query.limit(MOST).load(conn)?;
    // Beyond as many, some are taken to be of it.
    let is_full = i64::try_from(kinds.len()).is_ok_and(|count| count >= MOST);
    let is_of_it = |kind: &String| EventKind::named(kind).is_none_or(|kind| topic.covers(kind));
    Ok(is_full || kinds.iter().any(is_of_it))
}

/// The events without a place, by number and kind, the newest first. The embedded database has none.
fn waiting(conn: &mut Conn) -> QueryResult<Vec<(i64, String)>> {
    if let Conn::Sqlite(_) = conn {
        return Ok(Vec::new());
    }
    audit_events::table
        .filter(audit_events::link.is_null())
        .order(audit_events::position.desc())
        .limit(MOST)
        .select((audit_events::position, audit_events::kind))
        .load(conn)
}
