//! How far the feeds of cases have come.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{cases, feed_entries};
use crate::domain::access::{Access, Permission};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, LineId, OrganizationId};

/// Only the entries of a case that exist for a reader, in both feeds or in the case feed alone. What is not theirs is left
/// out rather than what is theirs named, so that the entries are read in their order.
macro_rules! readable {
    ($query:expr, $access:expr, $case:expr) => {{
        let mut query = $query.filter(feed_entries::case_id.eq($case)).into_boxed();
        if !$access.can(Permission::EscalationsView) {
            query = query.filter(feed_entries::feed.ne(Feed::Escalation));
        }
        if !$access.sees(Visibility::Internal) {
            query = query.filter(feed_entries::visibility.ne(Visibility::Internal));
        }
        query
    }};
}

/// How far the feeds of a case have come for a reader: the place of the newest entry, or change of one, that exists for
/// them; 0 without any.
///
/// # Errors
/// Database errors.
pub fn newest(conn: &mut Conn, access: &Access, case: CaseId) -> QueryResult<i64> {
    let places = feed_entries::table.select(feed_entries::changed_position);
    let newest: Option<i64> = readable!(places, access, case)
        .order(feed_entries::changed_position.desc())
        .first(conn)
        .optional()?;
    Ok(newest.unwrap_or_default())
}

/// The place of the newest entry of one feed of a case, whoever may see it; 0 without any.
///
/// # Errors
/// Database errors.
pub fn newest_in(conn: &mut Conn, case: CaseId, feed: Feed) -> QueryResult<i64> {
    let (newest, moved): (Option<i64>, Option<i64>) = feed_entries::table
        .filter(
            feed_entries::case_id
                .eq(case)
                .and(feed_entries::feed.eq(feed)),
        )
        .select((
            max(feed_entries::position),
            max(feed_entries::moved_position),
        ))
        .get_result(conn)?;
    Ok(newest.max(moved).unwrap_or_default())
}

/// How far a case has come, and what decides who may know.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct Head {
    /// The case.
    pub case: CaseId,
    /// Whose case it is.
    pub organization: OrganizationId,
    /// Its line of business.
    pub line: LineId,
    /// Counts its changes.
    pub version: i64,
    /// The place of the newest entry, or change of one, whoever may see it; none without any.
    pub newest: Option<i64>,
}

/// How far several cases have come.
///
/// # Errors
/// Database errors.
pub fn heads(conn: &mut Conn, of: &[CaseId]) -> QueryResult<Vec<Head>> {
    /// Of how many it is asked at once.
    const AT_ONCE: usize = 500;
    let mut heads = Vec::with_capacity(of.len());
    for some in of.chunks(AT_ONCE) {
        let newest = feed_entries::table
            .filter(feed_entries::case_id.eq(cases::id))
            .select(max(feed_entries::changed_position))
            .single_value();
        let rows: Vec<Head> = cases::table
            .filter(cases::id.eq_any(some.to_vec()))
            .select((
                cases::id,
                cases::organization_id,
                cases::line_of_business_id,
                cases::version,
                newest,
            ))
            .load(conn)?;
        heads.extend(rows);
    }
    Ok(heads)
}
