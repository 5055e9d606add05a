//! Lists of cases: what narrows and orders them.

use diesel::prelude::*;
use serde::Serialize;

use super::narrowing::{self, Part};
use super::sought::search;
use super::{
    ActiveEscalation, BareCase, BareRow, Case, CaseView, HasPendingRequest, IsActive, TheEpochs,
    bare_of, named, views, with_escalation,
};
use crate::db::schema::{cases, escalations};
use crate::db::{self, Conn, Rows, fixed, limited, on_either};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach};
use crate::domain::case::{Priority, Status};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, LineId, OrganizationId, PersonId};
use crate::domain::order::{Place, Sort, Window, orders};
use crate::store::lines::{hidden_from, within_reach};

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
        self.words.is_none() && self.organization.is_none() && self.is_by_organization()
    }

    /// Whether it lets every case through that has the words, of an organization if it names one.
    pub(super) fn is_by_organization(&self) -> bool {
        // Taken apart, so that whatever narrows a list one day is asked for here.
        let Self {
            words: _,
            status,
            priority,
            organization: _,
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
        status.is_empty()
            && priority.is_empty()
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
pub(super) type OfCases = Window<CaseOrder, CaseId>;

/// Where a case stands in an order.
pub fn place(by: CaseOrder, case: &Case) -> Place<CaseId> {
    match by {
        CaseOrder::OpenedAt => Place::Instant(case.opened_at, case.id),
        CaseOrder::UpdatedAt => Place::Instant(case.updated_at, case.id),
        CaseOrder::Priority => Place::Ranked(case.priority as i64, case.opened_at, case.id),
        CaseOrder::Status => Place::Ranked(case.status as i64, case.opened_at, case.id),
    }
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
    let found = bare_list(conn, reach, filter, window)?;
    named(conn, found)
}

/// The same without their names, which are remembered.
///
/// # Errors
/// Database errors.
pub fn bare_list(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &OfCases,
) -> QueryResult<Vec<BareCase>> {
    let is_first = window.after.is_none() && window.sort.descending;
    let is_usual = window.sort.by == CaseOrder::OpenedAt && window.limit == NEWEST;
    if is_first && is_usual && filter.is_open() {
        return newest(conn, reach);
    }
    if let Some(found) = search(conn, reach, filter, window)? {
        return these(conn, reach, &found);
    }
    Ok(bare_of(narrowing::rows(conn, reach, filter, window)?))
}

/// Those of these cases that exist for the reader, in this order.
fn these(conn: &mut Conn, reach: Reach, ids: &[CaseId]) -> QueryResult<Vec<BareCase>> {
    let mut found = bare_among(conn, reach, ids)?;
    found.sort_by_cached_key(|one| ids.iter().position(|id| *id == one.case.id));
    Ok(found)
}

/// As many cases as a page has by itself, and one that says that there are more.
const NEWEST: i64 = 26;

/// The newest cases that exist for the reader. In a fixed shape: that is how lists are begun, and the text of so wide a query takes
/// as long to make as its rows to find.
fn newest(conn: &mut Conn, reach: Reach) -> QueryResult<Vec<BareCase>> {
    macro_rules! first {
        ($own:expr, $cases:expr) => {{
            let newest = $cases.order((cases::opened_at.desc(), cases::id.desc()));
            fixed!(limited(newest, Rows::<NEWEST>)).load::<BareRow>($own)
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
    Ok(bare_of(rows))
}

/// Those of these cases that exist for the reader, in no order.
///
/// # Errors
/// Database errors.
pub fn among(conn: &mut Conn, reach: Reach, ids: &[CaseId]) -> QueryResult<Vec<CaseView>> {
    let found = bare_among(conn, reach, ids)?;
    named(conn, found)
}

fn bare_among(conn: &mut Conn, reach: Reach, ids: &[CaseId]) -> QueryResult<Vec<BareCase>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = views!()
        .filter(db::among(cases::id, ids.to_vec()))
        .into_boxed();
    query = within_reach!(query, reach);
    Ok(bare_of(query.load(conn)?))
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
        None => narrowing::ids(conn, reach, filter, window, Vec::new(), Part::All)?,
    };
    Ok(found.len())
}
