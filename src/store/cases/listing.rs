//! Lists of cases: what narrows and orders them.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use serde::Serialize;

use super::ranks::{PriorityRank, StatusRank};
use super::searching::{self, Has, Met, Terms};
use super::strategy::{self, By, From, Sample, Searched, Walked, Which};
use super::{
    ActiveEscalation, Case, CaseView, HasPendingRequest, IsActive, TheEpochs, ViewRow, views,
    with_names,
};
use crate::db::schema::{cases, escalations};
use crate::db::sql_types::At;
use crate::db::{self, Conn, Rows, condition, fixed, limited, on_either, planned_once};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach};
use crate::domain::case::{Priority, Status};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, LineId, OrganizationId, PersonId};
use crate::domain::order::{Place, Sort, Window, orders};
use crate::domain::text::search::SAMPLE;
use crate::store::lines::{hidden_from, within_reach};
use crate::store::page::ordered;
use crate::store::search_index;

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

/// What is seen of a case when a list is walked over: its id, which conditions it meets, and where it stands.
type Passed = (CaseId, i64, Place<CaseId>);

/// The cases of a window behind its first `skipped` ones, with what they meet, up to one of which `is_enough` says so.
fn pass(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
    met: Met,
    skipped: i64,
    mut is_enough: impl FnMut(i64) -> bool,
) -> QueryResult<Vec<Passed>> {
    let mut passed = Vec::new();
    // As lists find their cases, so that they go along the same index.
    macro_rules! passed {
        ($keys:ty, $place:expr, $selected:expr, $($key:tt)+) => {{
            let mut query = cases::table
                .left_join(escalations::table.on(escalations::case_id.eq(cases::id).and(IsActive)))
                .select((cases::id, met, $selected))
                .into_boxed();
            query = within_reach!(query, reach);
            let query = passing!(query, filter, window.sort.by, false);
            let query = ordered!(query, window, $($key)+, cases::id);
            let query = query.limit(window.limit).offset(skipped);
            // The embedded database looks for the next one only when it is asked for.
            for row in query.load_iter::<(CaseId, i64, $keys), DefaultLoadingMode>(conn)? {
                let (id, met, keys) = row?;
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

/// Leaves out what stands behind a place.
macro_rules! up_to {
    ($query:expr, $window:expr, $place:expr, instant $column:expr) => {{
        let query = $query;
        match ($place, $window.sort.descending) {
            (Some(Place::Instant(at, id)), false) => query
                .filter($column.le(At(*at)))
                .filter($column.lt(At(*at)).or(cases::id.le(*id))),
            (Some(Place::Instant(at, id)), true) => query
                .filter($column.ge(At(*at)))
                .filter($column.gt(At(*at)).or(cases::id.ge(*id))),
            _ => query,
        }
    }};
    ($query:expr, $window:expr, $place:expr, ranked $rank:expr, $column:expr) => {{
        let query = $query;
        match ($place, $window.sort.descending) {
            (Some(Place::Ranked(rank, at, id)), false) => query.filter($rank.le(*rank)).filter(
                $rank.lt(*rank).or($column
                    .lt(At(*at))
                    .or($column.eq(At(*at)).and(cases::id.le(*id)))),
            ),
            (Some(Place::Ranked(rank, at, id)), true) => query.filter($rank.ge(*rank)).filter(
                $rank.gt(*rank).or($column
                    .gt(At(*at))
                    .or($column.eq(At(*at)).and(cases::id.ge(*id)))),
            ),
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

/// Loads those cases of a window that meet conditions, up to a place if there is one. A macro, because every selection is a type of
/// its own.
macro_rules! look {
    ($conn:expr, $cases:expr, $reach:expr, $filter:expr, $window:expr, $has:expr, $up_to:expr) => {
        look!(@since None, $conn, $cases, $reach, $filter, $window, $has, $up_to)
    };
    (
        @since $since:expr,
        $conn:expr, $cases:expr, $reach:expr, $filter:expr, $window:expr, $has:expr, $up_to:expr
    ) => {{
        let (window, has, up_to): (_, Vec<Has>, Option<&Place<CaseId>>) = ($window, $has, $up_to);
        let mut query = $cases.into_boxed();
        query = within_reach!(query, $reach);
        let (named, sought) = (searching::is_named(&has), !has.is_empty());
        let mut query = passing!(query, $filter, window.sort.by, named);
        for has in has {
            query = query.filter(has);
        }
        if let Some(since) = $since {
            query = query.filter(cases::opened_at.ge(At(since)).or(Nowhere));
        }
        macro_rules! by_instant {
                    ($column:expr) => {{
                        let query = up_to!(query, window, up_to, instant $column);
                        ordered!(query, window, instant $column, cases::id)
                    }};
                }
        macro_rules! by_rank {
                    ($rank:expr) => {{
                        let query = up_to!(query, window, up_to, ranked $rank, cases::opened_at);
                        ordered!(query, window, ranked $rank, cases::opened_at, cases::id)
                    }};
                }
        let query = match window.sort.by {
            CaseOrder::OpenedAt => by_instant!(cases::opened_at),
            CaseOrder::UpdatedAt => by_instant!(cases::updated_at),
            CaseOrder::Priority => by_rank!(PriorityRank),
            CaseOrder::Status => by_rank!(StatusRank),
        };
        some_of!($conn, query, window.limit, sought)
    }};
}

/// The ids of cases, with what lists are narrowed by.
macro_rules! ids {
    () => {
        cases::table
            .left_join(escalations::table.on(escalations::case_id.eq(cases::id).and(IsActive)))
            .select(cases::id)
    };
}

/// A window of a list that is searched.
struct Sought<'a> {
    conn: &'a mut Conn,
    terms: &'a Terms,
    reach: Reach,
    filter: &'a CaseFilter,
    window: &'a OfCases,
    /// Behind how many cases of the window which one stands, as far as it was walked over.
    walked: (i64, Option<Place<CaseId>>),
}

impl Sought<'_> {
    /// Where the last of so many cases of a window stands; `None` if it has fewer.
    fn end(&mut self, window: &OfCases, cases: i64) -> QueryResult<Option<Place<CaseId>>> {
        let last = Window {
            limit: 1,
            ..window.clone()
        };
        let (conn, reach, filter) = (&mut *self.conn, self.reach, self.filter);
        let last = pass(
            conn,
            reach,
            filter,
            &last,
            Met::default(),
            cases - 1,
            |_| true,
        )?;
        Ok(last.into_iter().next().map(|(.., place)| place))
    }

    /// Whether the index knows the order of the list: it numbers its rows by when their case was opened.
    fn is_newest_first(&self) -> bool {
        let Sort { by, descending } = self.window.sort;
        by == CaseOrder::OpenedAt && descending && matches!(self.conn, Conn::Sqlite(_))
    }

    /// The first cases of a window, the newest of which are found among so many of the newest rows that the index names, and then among
    /// more. `None` if it does not name so many.
    fn newest_named(&mut self, by: &[By]) -> QueryResult<Option<Vec<CaseId>>> {
        let (conn, reach, filter) = (&mut *self.conn, self.reach, self.filter);
        let Some(asked) = self.terms.first_asked(by) else {
            return Ok(None);
        };
        let end = match self.window.after {
            Some(Place::Instant(at, _)) => search_index::end_of_rows(at),
            _ => search_index::BEYOND,
        };
        // Several rows are of one case, and not each of them is of the list.
        let mut rows = self.window.limit.saturating_mul(8);
        for _ in 0..3 {
            let Some(since) = search_index::newest(conn, asked, end, rows)? else {
                break;
            };
            let first_row = search_index::first_row(since);
            let conditions = self.terms.conditions_from(first_row, by);
            let found: Vec<CaseId> = look!(
                @since Some(since), conn, ids!(), reach, filter, self.window, conditions, None
            )?;
            if found.len() as i64 >= self.window.limit {
                return Ok(Some(found));
            }
            rows = rows.saturating_mul(8);
        }
        Ok(None)
    }
}

impl Searched for Sought<'_> {
    type Id = CaseId;

    fn sample(&mut self, from: From, enough: usize) -> QueryResult<Sample<CaseId>> {
        let sort = self.window.sort;
        let window = match from {
            From::Beginning => self.window.clone(),
            From::End => Window::first(sort.reversed(), 0),
        };
        let limit = SAMPLE as i64 + 1;
        let (window, met) = (Window { limit, ..window }, self.terms.met());
        let mut left = enough;
        let is_enough = |met| {
            left = left.saturating_sub(usize::from(Which(met).are_all(self.terms.len())));
            left == 0
        };
        let (conn, reach, filter) = (&mut *self.conn, self.reach, self.filter);
        let mut passed = pass(conn, reach, filter, &window, met, 0, is_enough)?;
        let has_more = passed.len() > SAMPLE;
        passed.truncate(SAMPLE);
        if let (From::Beginning, Some((.., place))) = (from, passed.last()) {
            self.walked = (SAMPLE as i64, Some(place.clone()));
        }
        let cases = passed.into_iter().map(|(id, met, _)| (id, Which(met)));
        Ok(Sample {
            cases: cases.collect(),
            has_more,
        })
    }

    fn walk(&mut self, from: i64, to: i64) -> QueryResult<Walked<CaseId>> {
        let (walked, after) = self.walked.clone();
        debug_assert_eq!(walked, from, "parts of a list are walked over in its order");
        let rest = Window {
            after,
            ..self.window.clone()
        };
        let end = self.end(&rest, to - from)?;
        self.walked = (to, end.clone());
        let (conn, reach, filter) = (&mut *self.conn, self.reach, self.filter);
        let conditions = self.terms.conditions(&vec![By::Row; self.terms.len()]);
        let up_to = end.as_ref();
        Ok(Walked {
            found: look!(conn, ids!(), reach, filter, &rest, conditions, up_to)?,
            has_more: end.is_some(),
        })
    }

    fn named_for_one(&self) -> u64 {
        match self.is_newest_first() {
            true => 8,
            false => 2,
        }
    }

    fn named(&mut self, by: &[By]) -> QueryResult<Vec<CaseId>> {
        if self.is_newest_first()
            && let Some(newest) = self.newest_named(by)?
        {
            return Ok(newest);
        }
        let (conn, reach, filter) = (&mut *self.conn, self.reach, self.filter);
        let conditions = self.terms.conditions(by);
        look!(conn, ids!(), reach, filter, self.window, conditions, None)
    }
}

/// The first cases of a window that have what is sought; `None` if there are no words.
fn search(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
) -> QueryResult<Option<Vec<CaseId>>> {
    let Some(terms) = terms(conn, reach, filter)? else {
        return Ok(None);
    };
    planned_once(conn)?;
    let wanted = usize::try_from(window.limit).unwrap_or_default();
    let mut list = Sought {
        conn,
        terms: &terms,
        reach,
        filter,
        window,
        walked: (0, None),
    };
    strategy::find(terms.len(), terms.total, wanted, &mut list).map(Some)
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
    if let Some(found) = search(conn, reach, filter, window)? {
        return these(conn, reach, &found);
    }
    let rows: Vec<ViewRow> = look!(conn, views!(), reach, filter, window, Vec::new(), None)?;
    with_names(conn, rows)
}

/// Those of these cases that exist for the reader, in this order.
fn these(conn: &mut Conn, reach: Reach, ids: &[CaseId]) -> QueryResult<Vec<CaseView>> {
    let mut views = among(conn, reach, ids)?;
    views.sort_by_cached_key(|view| ids.iter().position(|id| *id == view.case.id));
    Ok(views)
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
    let mut query = views!()
        .filter(db::among(cases::id, ids.to_vec()))
        .into_boxed();
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
    let found = match search(conn, reach, filter, window)? {
        Some(found) => found,
        None => look!(conn, ids!(), reach, filter, window, Vec::new(), None)?,
    };
    Ok(found.len())
}
