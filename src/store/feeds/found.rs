//! Entries that were searched for.

use diesel::prelude::*;

use super::Entry;
use crate::db::Conn;
use crate::db::schema::{escalations, feed_entries};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, EscalationNumber};
use crate::store::cases::Says;

/// Entries of these cases, which exist for the reader, in feeds and for readers that they are of, that say any of what is sought:
/// each with the number of its escalation, the newest first.
///
/// # Errors
/// Database errors.
pub fn saying(
    conn: &mut Conn,
    cases: &[CaseId],
    (feeds, visibilities): (&[Feed], &[Visibility]),
    says: Says,
    limit: i64,
) -> QueryResult<Vec<(Entry, Option<EscalationNumber>)>> {
    let rows: Vec<(Entry, Option<i64>)> = feed_entries::table
        .left_join(
            escalations::table.on(escalations::id.nullable().eq(feed_entries::escalation_id)),
        )
        .filter(feed_entries::case_id.eq_any(cases.to_vec()))
        .filter(feed_entries::feed.eq_any(feeds.to_vec()))
        .filter(feed_entries::visibility.eq_any(visibilities.to_vec()))
        .filter(says)
        .order((feed_entries::position.desc(), feed_entries::id.desc()))
        .select((Entry::as_select(), escalations::number.nullable()))
        .limit(limit)
        .load(conn)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(entry, number)| (entry, number.map(EscalationNumber::new)))
        .collect())
}
