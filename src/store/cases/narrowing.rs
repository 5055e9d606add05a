//! What narrows a list of cases, and how those that are left are read: for a page with all that it shows, for a search by their ids
//! alone. Macros, because every selection is a type of its own.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::listing::OfCases;
use super::ranks::{PriorityRank, StatusRank};
use super::searching::{self, Has, Met};
use super::strategy::Which;
use super::{
    ActiveEscalation, BareRow, Case, CaseFilter, CaseOrder, HasPendingRequest, IsActive, TheEpochs,
    views, with_escalation,
};
use crate::db::schema::{cases, escalations};
use crate::db::sql_types::At;
use crate::db::{Conn, condition, limited};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::Status;
use crate::domain::ids::CaseId;
use crate::domain::order::{Place, Window};
use crate::store::lines::within_reach;
use crate::store::page::ordered;

condition! {
    /// Of no case. What is asked for or that, is asked for by no index of SQLite: without figures about its tables it believes
    /// that any filter leaves fewer cases than the index of words names.
    Nowhere = "1 = 0"
}

/// The least and the greatest of the ranks that a filter lets through; `None` if it asks for none.
fn span(ranks: impl Iterator<Item = i64> + Clone) -> Option<(i64, i64)> {
    Some((ranks.clone().min()?, ranks.max()?))
}

/// Leaves out what the filter does not let through, words aside. `$named` says that an index of words names the cases: then it is
/// the only one that they are found by. A macro, because every selection is a type of its own.
macro_rules! passing {
    ($query:expr, $filter:expr, $by:expr, $named:expr) => {{
        let (mut query, filter, by, named) = ($query, $filter, $by, $named);
        macro_rules! only {
            ($condition:expr) => {
                query = match named {
                    true => query.filter($condition.or(Nowhere)),
                    false => query.filter($condition),
                }
            };
        }
        if !filter.status.is_empty() {
            // Found by their states, many would have to be put in an order of ranks. They are met on the way along its index.
            let states = cases::status.eq_any(filter.status.clone());
            let ranked = matches!(by, CaseOrder::Priority | CaseOrder::Status);
            query = match named || ranked {
                true => query.filter(states.or(Nowhere)),
                false => query.filter(states),
            };
        }
        if !filter.priority.is_empty() {
            only!(cases::priority.eq_any(filter.priority.clone()));
        }
        // Of that index, the part is walked over that has these priorities, or these states.
        let priorities = span(filter.priority.iter().map(|one| *one as i64));
        let states = span(filter.status.iter().map(|one| *one as i64));
        match (by, priorities, states) {
            _ if named => {}
            (CaseOrder::Priority, Some((least, most)), _) => {
                query = query
                    .filter(PriorityRank.ge(least))
                    .filter(PriorityRank.le(most));
            }
            (CaseOrder::Status, _, Some((least, most))) => {
                query = query
                    .filter(StatusRank.ge(least))
                    .filter(StatusRank.le(most));
            }
            _ => {}
        }
        let open = !filter.status.is_empty() && !filter.status.contains(&Status::Closed);
        if by == CaseOrder::Priority && open && !named {
            query = query.filter(cases::closed_at.is_null());
        }
        if let Some(organization) = filter.organization {
            only!(cases::organization_id.eq(organization));
        }
        if let Some(line) = filter.line {
            only!(cases::line_of_business_id.eq(line));
        }
        match filter.owner {
            Some(Some(owner)) => only!(cases::owner_id.eq(owner)),
            Some(None) => only!(cases::owner_id.is_null()),
            None => {}
        }
        if let Some(openers) = &filter.opened_by {
            only!(cases::opened_by.eq_any(openers.clone()));
        }
        if let Some(after) = filter.opened_after {
            only!(cases::opened_at.ge(At(after)));
        }
        if let Some(before) = filter.opened_before {
            only!(cases::opened_at.lt(At(before)));
        }
        if let Some(since) = filter.updated_since {
            only!(cases::updated_at.ge(At(since)));
        }
        if let Some(name) = &filter.external_id {
            query = query.filter(cases::external_id.eq(name.clone()));
        }
        match filter.escalated {
            Some(true) => query.filter(escalations::id.nullable().is_not_null()),
            Some(false) => query.filter(escalations::id.nullable().is_null()),
            None => query,
        }
    }};
}

/// Leaves out what stands behind the place that ends a part.
macro_rules! up_to {
    ($query:expr, $window:expr, $part:expr, instant $column:expr) => {{
        let query = $query;
        match ($part, $window.sort.descending) {
            (Part::UpTo(Place::Instant(at, id)), false) => query
                .filter($column.le(At(*at)))
                .filter($column.lt(At(*at)).or(cases::id.le(*id))),
            (Part::UpTo(Place::Instant(at, id)), true) => query
                .filter($column.ge(At(*at)))
                .filter($column.gt(At(*at)).or(cases::id.ge(*id))),
            _ => query,
        }
    }};
    ($query:expr, $window:expr, $part:expr, ranked $rank:expr, $column:expr) => {{
        let query = $query;
        match ($part, $window.sort.descending) {
            (Part::UpTo(Place::Ranked(rank, at, id)), false) => {
                query.filter($rank.le(*rank)).filter(
                    $rank.lt(*rank).or($column
                        .lt(At(*at))
                        .or($column.eq(At(*at)).and(cases::id.le(*id)))),
                )
            }
            (Part::UpTo(Place::Ranked(rank, at, id)), true) => {
                query.filter($rank.ge(*rank)).filter(
                    $rank.gt(*rank).or($column
                        .gt(At(*at))
                        .or($column.eq(At(*at)).and(cases::id.ge(*id)))),
                )
            }
            _ => query,
        }
    }};
}

/// Reads so many. What words are sought for is planned once if the limit is a value, too: how many rows have a word is known of
/// no word, and a plan for this word then looks cheaper than it is.
macro_rules! some_of {
    ($conn:expr, $query:expr, $rows:expr, $sought:expr) => {
        match $sought {
            true => $query.limit($rows).load($conn),
            false => limited($query, $rows).load($conn),
        }
    };
}

/// Which part of a window is looked at.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// All of it.
    All,
    /// Up to the case that stands there.
    UpTo(&'a Place<CaseId>),
    /// The cases that were opened at this instant or later.
    Since(Instant),
}

/// Loads those cases of a part of a window that meet conditions.
macro_rules! look {
    ($conn:expr, $cases:expr, $reach:expr, $filter:expr, $window:expr, $has:expr, $part:expr) => {{
        let (window, has, part): (&OfCases, Vec<Has>, Part<'_>) = ($window, $has, $part);
        let mut query = $cases.into_boxed();
        query = within_reach!(query, $reach);
        let (named, sought) = (searching::is_named(&has), !has.is_empty());
        let mut query = passing!(query, $filter, window.sort.by, named);
        for has in has {
            query = query.filter(has);
        }
        if let Part::Since(since) = part {
            query = query.filter(cases::opened_at.ge(At(since)).or(Nowhere));
        }
        let query = match window.sort.by {
            CaseOrder::OpenedAt => {
                let query = up_to!(query, window, part, instant cases::opened_at);
                ordered!(query, window, instant cases::opened_at, cases::id)
            }
            CaseOrder::UpdatedAt => {
                let query = up_to!(query, window, part, instant cases::updated_at);
                ordered!(query, window, instant cases::updated_at, cases::id)
            }
            CaseOrder::Priority => {
                let query = up_to!(query, window, part, ranked PriorityRank, cases::opened_at);
                ordered!(query, window, ranked PriorityRank, cases::opened_at, cases::id)
            }
            CaseOrder::Status => {
                let query = up_to!(query, window, part, ranked StatusRank, cases::opened_at);
                ordered!(query, window, ranked StatusRank, cases::opened_at, cases::id)
            }
        };
        some_of!($conn, query, window.limit, sought)
    }};
}

/// The cases of a window.
///
/// # Errors
/// Database errors.
pub(super) fn rows(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
) -> QueryResult<Vec<BareRow>> {
    look!(conn, views!(), reach, filter, window, Vec::new(), Part::All)
}

/// The ids of those cases of a part of a window that meet conditions.
///
/// # Errors
/// Database errors.
pub(super) fn ids(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
    has: Vec<Has>,
    part: Part<'_>,
) -> QueryResult<Vec<CaseId>> {
    let ids = with_escalation!().select(cases::id);
    look!(conn, ids, reach, filter, window, has, part)
}

/// Where the last of so many cases of a window stands, words aside; `None` if it has fewer. Where a list is all of an organization, or all
/// that there is, its index alone tells it, and counts those that the reader may not see as well.
///
/// # Errors
/// Database errors.
pub(super) fn last_of(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
    cases: i64,
) -> QueryResult<Option<Place<CaseId>>> {
    let own = match reach {
        Reach::Organization(own) => Some(own),
        Reach::Everything | Reach::Staff(_) => None,
    };
    macro_rules! along {
        ($column:expr) => {{
            let mut query = cases::table.select(($column, cases::id)).into_boxed();
            for organization in own.into_iter().chain(filter.organization) {
                query = query.filter(cases::organization_id.eq(organization));
            }
            let query = ordered!(query, window, instant $column, cases::id);
            let last = query.limit(1).offset(cases - 1);
            let last: Option<(At, CaseId)> = last.first(conn).optional()?;
            Ok(last.map(|(At(at), id)| Place::Instant(at, id)))
        }};
    }
    match window.sort.by {
        CaseOrder::OpenedAt if filter.is_by_organization() => along!(cases::opened_at),
        CaseOrder::UpdatedAt if filter.is_by_organization() => along!(cases::updated_at),
        _ => {
            let last = Window {
                limit: 1,
                ..window.clone()
            };
            let skipped = cases - 1;
            let last = pass(conn, reach, filter, &last, Met::default(), skipped, |_| {
                true
            })?;
            Ok(last.into_iter().next().map(|(.., place)| place))
        }
    }
}

/// What is seen of a case when a list is walked over: its id, which conditions it meets, and where it stands.
pub(super) type Passed = (CaseId, Which, Place<CaseId>);

/// The cases of a window behind its first `skipped` ones, with what they meet, up to one of which `is_enough` says so.
///
/// # Errors
/// Database errors.
pub(super) fn pass(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
    met: Met,
    skipped: i64,
    mut is_enough: impl FnMut(Which) -> bool,
) -> QueryResult<Vec<Passed>> {
    let mut passed = Vec::new();
    // As lists find their cases, so that they go along the same index.
    macro_rules! passed {
        ($keys:ty, $place:expr, $selected:expr, $($key:tt)+) => {{
            let mut query = with_escalation!()
                .select((cases::id, met, $selected))
                .into_boxed();
            query = within_reach!(query, reach);
            let query = passing!(query, filter, window.sort.by, false);
            let query = ordered!(query, window, $($key)+, cases::id);
            let query = query.limit(window.limit).offset(skipped);
            // The embedded database looks for the next one only when it is asked for.
            for row in query.load_iter::<(CaseId, i64, $keys), DefaultLoadingMode>(conn)? {
                let (id, met, keys) = row?;
                let met = Which(met);
                passed.push((id, met, $place(keys, id)));
                if is_enough(met) {
                    break;
                }
            }
        }};
    }
    let instant = |at: At, id| Place::Instant(at.0, id);
    let ranked = |(rank, at): (i64, At), id| Place::Ranked(rank, at.0, id);
    match window.sort.by {
        CaseOrder::OpenedAt => {
            passed!(At, instant, cases::opened_at, instant cases::opened_at);
        }
        CaseOrder::UpdatedAt => {
            passed!(At, instant, cases::updated_at, instant cases::updated_at);
        }
        CaseOrder::Priority => {
            let keys = (PriorityRank, cases::opened_at);
            passed!((i64, At), ranked, keys, ranked PriorityRank, cases::opened_at);
        }
        CaseOrder::Status => {
            let keys = (StatusRank, cases::opened_at);
            passed!((i64, At), ranked, keys, ranked StatusRank, cases::opened_at);
        }
    }
    Ok(passed)
}
