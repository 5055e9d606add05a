//! What people were told in public: updates by the provider (C7), and what was said in the feed of an escalation (M8).

use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::schema::feed_entries;
use crate::db::sql_types::{At, Json};
use crate::db::{Conn, among};
use crate::domain::Instant;
use crate::domain::feed::{EntryKind, Feed, Visibility, counts_as_provider_update};
use crate::domain::ids::{CaseId, EscalationId};
use crate::domain::organization::Side;

/// That somebody wrote something public in the feed of an escalation.
#[derive(Clone, Copy, Debug)]
pub struct Spoken {
    /// When.
    pub at: Instant,
    /// For which side.
    pub side: Side,
    /// Whether an answer is awaited (M8).
    pub awaits_reply: bool,
}

/// What an entry keeps that awaits an answer.
pub const AWAITS_REPLY: &str = "awaits_reply";

/// Whether what an entry keeps says that it awaits an answer.
pub(super) fn awaits_reply(details: Option<&Json<Map<String, Value>>>) -> bool {
    details.is_some_and(|details| details.get(AWAITS_REPLY) == Some(&Value::Bool(true)))
}

/// What people wrote in public in the feed of an escalation, in that order.
///
/// # Errors
/// Database errors.
pub fn spoken_publicly(conn: &mut Conn, escalation: EscalationId) -> QueryResult<Vec<Spoken>> {
    type Row = (At, Option<Side>, Option<Json<Map<String, Value>>>);
    let rows: Vec<Row> = feed_entries::table
        .filter(feed_entries::escalation_id.eq(escalation))
        .filter(feed_entries::feed.eq(Feed::Escalation))
        .filter(feed_entries::visibility.eq(Visibility::Public))
        .filter(feed_entries::kind.eq(EntryKind::Comment))
        .order(feed_entries::position.asc())
        .select((
            feed_entries::at,
            feed_entries::author_side,
            feed_entries::details,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(at, side, details)| {
            Some(Spoken {
                at: at.0,
                side: side?,
                awaits_reply: awaits_reply(details.as_ref()),
            })
        })
        .collect())
}

/// The newest of what the provider made visible to the customer in a feed.
#[derive(Clone, Copy, Debug)]
pub struct ProviderUpdate {
    /// The feed.
    pub feed: Feed,
    /// The latest instant of such an entry.
    pub at: Instant,
    /// The farthest place of such an entry.
    pub position: i64,
}

/// Only the entries that count as updates by the provider (C7). The list of their kinds is the domain's own, asked rather
/// than written again.
macro_rules! provider_updates {
    () => {{
        let counting: Vec<EntryKind> = EntryKind::ALL
            .iter()
            .copied()
            .filter(|kind| {
                counts_as_provider_update(*kind, Visibility::Public, Some(Side::Provider), false)
            })
            .collect();
        feed_entries::table
            .filter(feed_entries::visibility.eq(Visibility::Public))
            .filter(feed_entries::author_side.eq(Side::Provider))
            .filter(among(feed_entries::kind, counting))
            .filter(feed_entries::verdict.is_null())
    }};
}

pub(in crate::store) use provider_updates;

/// The farthest place of these entries in these feeds of each of several cases.
macro_rules! farthest {
    ($conn:expr, $entries:expr, $of:expr, $feeds:expr) => {{
        let rows: Vec<Farthest> = $entries
            .filter(feed_entries::case_id.eq_any($of.to_vec()))
            .filter(feed_entries::feed.eq_any($feeds.to_vec()))
            .group_by(feed_entries::case_id)
            .select((
                feed_entries::case_id,
                max(feed_entries::position),
                max(feed_entries::moved_position),
            ))
            .load($conn)?;
        Ok(farthest(rows))
    }};
}

/// The farthest place of an update by the provider in these feeds of each of several cases (C7).
///
/// # Errors
/// Database errors.
pub fn newest_provider_updates(
    conn: &mut Conn,
    of: &[CaseId],
    feeds: &[Feed],
) -> QueryResult<Vec<(CaseId, i64)>> {
    farthest!(conn, provider_updates!(), of, feeds)
}

/// The farthest place of whatever both sides see in these feeds of each of several cases: what was written, and marks.
///
/// # Errors
/// Database errors.
pub fn newest_public(
    conn: &mut Conn,
    of: &[CaseId],
    feeds: &[Feed],
) -> QueryResult<Vec<(CaseId, i64)>> {
    let public = feed_entries::table.filter(feed_entries::visibility.eq(Visibility::Public));
    farthest!(conn, public, of, feeds)
}

/// A case, the farthest place of an entry, and that to which one was moved.
type Farthest = (CaseId, Option<i64>, Option<i64>);

fn farthest(rows: Vec<Farthest>) -> Vec<(CaseId, i64)> {
    let place = |(case, position, moved): Farthest| {
        // What was moved into a feed is farther there than where it was written.
        Some((case, position?.max(moved.unwrap_or_default())))
    };
    rows.into_iter().filter_map(place).collect()
}
