//! Lists of cases: what narrows and orders them.

use diesel::prelude::*;
use serde::Serialize;

use super::ranks::{PriorityRank, StatusRank};
use super::searching::{self, Has, Look, Over, Seen, Terms};
use super::{
    ActiveEscalation, Case, CaseView, HasPendingRequest, IsActive, TheEpochs, ViewRow, views,
    with_names,
};
use crate::db::schema::{cases, escalations};
use crate::db::sql_types::At;
use crate::db::{Conn, Rows, condition, fixed, limited, on_either, planned_once};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach};
use crate::domain::case::{Priority, Status};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, LineId, OrganizationId, PersonId};
use crate::domain::order::{Place, Sort, Window, orders};
use crate::store::lines::{hidden_from, within_reach};
use crate::store::page::ordered;

/// Which cases a list holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaseFilter {
    /// Words, in any order, that begin words of the subject, the description or the entries that the reader may see; or its number,
    /// or that of an escalation of it.
    pub words: Option<String>,
    /// Those in one of these states; all if empty.
    pub status: Vec<Status>,
    /// Those of one of these priorities; all if empty.
    pub priority: Vec<Priority>,
    /// Those of one organization.
    pub organization: Option<OrganizationId>,
    /// Those of one line of business.
    pub line: Option<LineId>,
    /// Those with, or without, an active escalation.
    pub escalated: Option<bool>,
    /// Those that one engineer owns, or nobody.
    pub owner: Option<Option<PersonId>>,
    /// Those that one of these people opened.
    pub opened_by: Option<Vec<PersonId>>,
    /// Those that were opened at this instant or later.
    pub opened_after: Option<Instant>,
    /// Those that were opened before this instant.
    pub opened_before: Option<Instant>,
    /// Those that have changed at this instant or later.
    pub updated_since: Option<Instant>,
    /// The one of this name in another system.
    pub external_id: Option<String>,
    /// In which entries of a case words are looked for: those of these feeds
    pub feeds: Vec<Feed>,
    /// that are for these readers (F2).
    pub visibilities: Vec<Visibility>,
}

impl CaseFilter {
    /// Any, by words, as far as somebody may read what they stand in.
    pub fn of_words(access: &Access, words: Option<String>) -> Self {
        Self {
            words,
            feeds: access.feeds().to_vec(),
            visibilities: match access.can(Permission::FeedsInternal) {
                true => Visibility::ALL.to_vec(),
                false => vec![Visibility::Public],
            },
            ..Self::default()
        }
    }

    /// Whether it lets every case through.
    fn is_open(&self) -> bool {
        // Taken apart, so that whatever narrows a list one day is asked for here.
        let Self {
            words,
            status,
            priority,
            organization,
            line,
            escalated,
            owner,
            opened_by,
            opened_after,
            opened_before,
            updated_since,
            external_id,
            // They say where words are looked for.
            feeds: _,
            visibilities: _,
        } = self;
        words.is_none()
            && status.is_empty()
            && priority.is_empty()
            && organization.is_none()
            && line.is_none()
            && escalated.is_none()
            && owner.is_none()
            && opened_by.is_none()
            && opened_after.is_none()
            && opened_before.is_none()
            && updated_since.is_none()
            && external_id.is_none()
    }
}

orders! {
    /// What cases are listed by.
    pub enum CaseOrder {
        /// When they were opened.
        OpenedAt = "opened_at" by Instant,
        /// When they last changed, or the provider last wrote on them.
        UpdatedAt = "updated_at" by Instant,
        /// How urgent they are; then when they were opened.
        Priority = "priority" by Ranked,
        /// How far they have come; then when they were opened.
        Status = "status" by Ranked,
    }
}

/// A part of a list of cases.
type OfCases = Window<CaseOrder, CaseId>;

/// Where a case stands in an order.
pub fn place(by: CaseOrder, view: &CaseView) -> Place<CaseId> {
    let case = &view.case;
    match by {
        CaseOrder::OpenedAt => Place::Instant(case.opened_at, case.id),
        CaseOrder::UpdatedAt => Place::Instant(case.updated_at, case.id),
        CaseOrder::Priority => Place::Ranked(case.priority as i64, case.opened_at, case.id),
        CaseOrder::Status => Place::Ranked(case.status as i64, case.opened_at, case.id),
    }
}

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

/// What is sought by the words of a filter.
fn terms(conn: &mut Conn, reach: Reach, filter: &CaseFilter) -> QueryResult<Option<Terms>> {
    match filter.words.as_deref() {
        None => Ok(None),
        Some(words) => Terms::of(conn, reach, words, &filter.feeds, &filter.visibilities),
    }
}

/// Where a look ends: what the case there has, by which the list is ordered.
#[derive(Clone, Copy, Debug)]
enum End {
    OpenedAt(At),
    UpdatedAt(At),
    Priority(i64, At),
    Status(i64, At),
}

/// Where the case stands that is behind the first `cases` ones of a window; `None` if there are no more.
fn end_behind(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
    cases: i64,
) -> QueryResult<Option<End>> {
    // As lists find their cases, so that they go along the same index.
    macro_rules! behind {
        ($row:ty, $selected:expr, $($key:tt)+) => {{
            let mut query = cases::table
                .left_join(escalations::table.on(escalations::case_id.eq(cases::id).and(IsActive)))
                .select($selected)
                .into_boxed();
            query = within_reach!(query, reach);
            let query = passing!(query, filter, window.sort.by, false);
            let behind = ordered!(query, window, $($key)+, cases::id);
            let behind = behind.limit(1).offset(cases);
            behind.load::<$row>(conn)?.into_iter().next()
        }};
    }
    Ok(match window.sort.by {
        CaseOrder::OpenedAt => {
            behind!(At, cases::opened_at, instant cases::opened_at).map(End::OpenedAt)
        }
        CaseOrder::UpdatedAt => {
            behind!(At, cases::updated_at, instant cases::updated_at).map(End::UpdatedAt)
        }
        CaseOrder::Priority => {
            let selected = (PriorityRank, cases::opened_at);
            behind!((i64, At), selected, ranked PriorityRank, cases::opened_at)
                .map(|(rank, at)| End::Priority(rank, at))
        }
        CaseOrder::Status => {
            let selected = (StatusRank, cases::opened_at);
            behind!((i64, At), selected, ranked StatusRank, cases::opened_at)
                .map(|(rank, at)| End::Status(rank, at))
        }
    })
}

/// Leaves out what a look does not look at: what has not what is sought, and what stands behind its end.
macro_rules! looked_at {
    ($query:expr, $has:expr, $window:expr, $end:expr) => {{
        let mut query = $query;
        for has in $has {
            query = query.filter(has);
        }
        macro_rules! up_to {
            ($rank:expr, $value:expr, $at:expr) => {
                query
                    .filter($rank.le($value))
                    .filter($rank.lt($value).or(cases::opened_at.le($at)))
            };
        }
        macro_rules! down_to {
            ($rank:expr, $value:expr, $at:expr) => {
                query
                    .filter($rank.ge($value))
                    .filter($rank.gt($value).or(cases::opened_at.ge($at)))
            };
        }
        match ($end, $window.sort.descending) {
            (None, _) => query,
            (Some(End::OpenedAt(at)), false) => query.filter(cases::opened_at.le(at)),
            (Some(End::OpenedAt(at)), true) => query.filter(cases::opened_at.ge(at)),
            (Some(End::UpdatedAt(at)), false) => query.filter(cases::updated_at.le(at)),
            (Some(End::UpdatedAt(at)), true) => query.filter(cases::updated_at.ge(at)),
            (Some(End::Priority(rank, at)), false) => up_to!(PriorityRank, rank, at),
            (Some(End::Priority(rank, at)), true) => down_to!(PriorityRank, rank, at),
            (Some(End::Status(rank, at)), false) => up_to!(StatusRank, rank, at),
            (Some(End::Status(rank, at)), true) => down_to!(StatusRank, rank, at),
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

/// Loads what a look finds of cases, in the order of its window. A macro, because every selection is a type of its own.
macro_rules! look {
    ($conn:expr, $cases:expr, $reach:expr, $filter:expr, $window:expr, $has:expr, $end:expr) => {{
        let (window, has) = ($window, $has);
        let mut query = $cases.into_boxed();
        query = within_reach!(query, $reach);
        let (named, sought) = (searching::is_named(&has), !has.is_empty());
        let query = passing!(query, $filter, window.sort.by, named);
        let query = looked_at!(query, has, window, $end);
        let query = match window.sort.by {
            CaseOrder::OpenedAt => ordered!(query, window, instant cases::opened_at, cases::id),
            CaseOrder::UpdatedAt => ordered!(query, window, instant cases::updated_at, cases::id),
            CaseOrder::Priority => {
                ordered!(query, window, ranked PriorityRank, cases::opened_at, cases::id)
            }
            CaseOrder::Status => {
                ordered!(query, window, ranked StatusRank, cases::opened_at, cases::id)
            }
        };
        some_of!($conn, query, window.limit, sought)
    }};
}

/// Finds the first cases of a window, of those that have what is sought if there are words.
fn search<T>(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
    mut load: impl FnMut(&mut Conn, &OfCases, Vec<Has>, Option<End>) -> QueryResult<Vec<T>>,
) -> QueryResult<Vec<T>> {
    let Some(terms) = terms(conn, reach, filter)? else {
        return load(conn, window, Vec::new(), None);
    };
    planned_once(conn)?;
    let wanted = usize::try_from(window.limit).unwrap_or_default();
    let backwards = Window::first(window.sort.reversed(), window.limit);
    // The same part of a list is looked at several times.
    let mut ends: Vec<(Over, Option<End>)> = Vec::new();
    searching::find(&terms, wanted, |Look { has, over }| {
        let (window, most) = match over {
            Over::First(most) => (window, Some(most)),
            Over::Last(most) => (&backwards, Some(most)),
            Over::All => (window, None),
        };
        let known = ends.iter().find(|(same, _)| *same == over);
        let end = match (known, most) {
            (Some((_, end)), _) => *end,
            (None, None) => None,
            (None, Some(most)) => {
                let end = end_behind(conn, reach, filter, window, most)?;
                ends.push((over, end));
                end
            }
        };
        Ok(Seen {
            found: load(conn, window, has, end)?,
            has_more: end.is_some(),
        })
    })
}

/// Cases that exist for the reader.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
) -> QueryResult<Vec<CaseView>> {
    let is_first = window.after.is_none() && window.sort.descending;
    let is_usual = window.sort.by == CaseOrder::OpenedAt && window.limit == NEWEST;
    if is_first && is_usual && filter.is_open() {
        return newest(conn, reach);
    }
    let load = |conn: &mut Conn, window: &OfCases, has: Vec<Has>, end| -> QueryResult<_> {
        look!(conn, views!(), reach, filter, window, has, end)
    };
    let rows: Vec<ViewRow> = search(conn, reach, filter, window, load)?;
    with_names(conn, rows)
}

/// As many cases as a page has by itself, and one that says that there are more.
const NEWEST: i64 = 26;

/// The newest cases that exist for the reader. In a fixed shape: that is how lists are begun, and the text of so wide a query takes
/// as long to make as its rows to find.
fn newest(conn: &mut Conn, reach: Reach) -> QueryResult<Vec<CaseView>> {
    macro_rules! first {
        ($own:expr, $cases:expr) => {{
            let newest = $cases.order((cases::opened_at.desc(), cases::id.desc()));
            fixed!(limited(newest, Rows::<NEWEST>)).load::<ViewRow>($own)
        }};
    }
    let rows = match reach {
        Reach::Everything => on_either!(conn, |own| first!(own, views!())),
        Reach::Organization(organization) => {
            let theirs = cases::organization_id.eq(organization);
            on_either!(conn, |own| first!(own, views!().filter(theirs)))
        }
        Reach::Staff(person) => {
            let theirs = cases::line_of_business_id.ne_all(hidden_from!(person));
            on_either!(conn, |own| first!(own, views!().filter(theirs)))
        }
    }?;
    with_names(conn, rows)
}

/// Those of these cases that exist for the reader, in no order.
///
/// # Errors
/// Database errors.
pub fn among(conn: &mut Conn, reach: Reach, ids: &[CaseId]) -> QueryResult<Vec<CaseView>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = views!().filter(cases::id.eq_any(ids.to_vec())).into_boxed();
    query = within_reach!(query, reach);
    let rows: Vec<ViewRow> = query.load(conn)?;
    with_names(conn, rows)
}

/// How many cases there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    most: usize,
) -> QueryResult<usize> {
    let newest = Sort::descending(CaseOrder::OpenedAt);
    let window = &Window::first(newest, i64::try_from(most).unwrap_or(i64::MAX));
    let load = |conn: &mut Conn, window: &OfCases, has: Vec<Has>, end| -> QueryResult<_> {
        let ids = cases::table
            .left_join(escalations::table.on(escalations::case_id.eq(cases::id).and(IsActive)))
            .select(cases::id);
        look!(conn, ids, reach, filter, window, has, end)
    };
    let found: Vec<CaseId> = search(conn, reach, filter, window, load)?;
    Ok(found.len())
}
