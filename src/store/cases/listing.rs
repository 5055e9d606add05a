//! Lists of cases: what narrows and orders them.

use diesel::dsl::exists;
use diesel::prelude::*;
use serde::Serialize;

use super::{
    ActiveEscalation, Case, CaseView, HasPendingRequest, IsActive, OrganizationRef, ViewRow,
    case_owner, of_record, opener, views,
};
use crate::db::Conn;
use crate::db::schema::{
    cases, escalations, feed_entries, lines_of_business, organizations, people,
};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::{Priority, Status};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{
    CaseId, EscalationNumber, EscalationRef, LineId, OrganizationId, PersonId,
};
use crate::domain::order::{Place, Window, orders};
use crate::domain::text::search::{self, Word};
use crate::store::lines::within_reach;
use crate::store::page::{counted, windowed};
use crate::store::search::containing;

/// Which cases a list holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaseFilter {
    /// Words, in any order, that number, subject, description, the entries that the reader may see or the numbers of its
    /// escalations contain.
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

orders! {
    /// What cases are listed by.
    pub enum CaseOrder {
        /// When they were opened.
        OpenedAt = "opened_at" by Instant,
        /// When they last changed, or the provider last wrote on them.
        UpdatedAt = "updated_at" by Instant,
    }
}

/// Where a case stands in an order.
pub fn place(by: CaseOrder, view: &CaseView) -> Place<CaseId> {
    let at = match by {
        CaseOrder::OpenedAt => view.case.opened_at,
        CaseOrder::UpdatedAt => view.case.updated_at,
    };
    Place::Instant(at, view.case.id)
}

/// A word that a case has, or that is the number of an escalation of it.
struct Sought {
    word: Word,
    escalated: Option<CaseId>,
}

/// What the words of a search stand for, as far as the reader may know of it.
fn sought(conn: &mut Conn, reach: Reach, filter: &CaseFilter) -> QueryResult<Vec<Sought>> {
    let words = filter.words.as_deref().map(search::words);
    let mut sought = Vec::new();
    for word in words.unwrap_or_default() {
        let escalated = match word.unaccented.parse::<EscalationNumber>() {
            Ok(number) => {
                crate::store::escalations::ids_of(conn, reach, &EscalationRef::Number(number))?
                    .map(|(_, case)| case)
            }
            Err(_) => None,
        };
        sought.push(Sought { word, escalated });
    }
    Ok(sought)
}

/// Leaves out what the filter does not let through, and where a word that is sought is missing. A macro, because every selection
/// is a type of its own.
macro_rules! passing {
    ($query:expr, $filter:expr, $sought:expr) => {{
        let (mut query, filter) = ($query, $filter);
        for Sought { word, escalated } in $sought {
            let text = |word: &str| cases::search_text.like(containing(word)).escape('\\');
            let entry = |word: &str| {
                exists(
                    feed_entries::table
                        .filter(feed_entries::case_id.eq(cases::id))
                        .filter(feed_entries::feed.eq_any(filter.feeds.clone()))
                        .filter(feed_entries::visibility.eq_any(filter.visibilities.clone()))
                        .filter(
                            feed_entries::search_text
                                .like(containing(word))
                                .escape('\\'),
                        )
                        .select(feed_entries::id),
                )
            };
            let found = text(&word.unaccented).or(entry(&word.unaccented));
            query = match (&word.accented, escalated) {
                // A number has no accents.
                (_, Some(case)) => query.filter(found.or(cases::id.eq(case))),
                // What was written before accents were left out is in lower case, and no more.
                (Some(accented), None) => {
                    query.filter(found.or(text(accented)).or(entry(accented)))
                }
                (None, None) => query.filter(found),
            };
        }
        if !filter.status.is_empty() {
            query = query.filter(cases::status.eq_any(filter.status.clone()));
        }
        if !filter.priority.is_empty() {
            query = query.filter(cases::priority.eq_any(filter.priority.clone()));
        }
        if let Some(organization) = filter.organization {
            query = query.filter(cases::organization_id.eq(organization));
        }
        if let Some(line) = filter.line {
            query = query.filter(cases::line_of_business_id.eq(line));
        }
        match filter.owner {
            Some(Some(owner)) => query = query.filter(cases::owner_id.eq(owner)),
            Some(None) => query = query.filter(cases::owner_id.is_null()),
            None => {}
        }
        if let Some(openers) = &filter.opened_by {
            query = query.filter(cases::opened_by.eq_any(openers.clone()));
        }
        if let Some(after) = filter.opened_after {
            query = query.filter(cases::opened_at.ge(At(after)));
        }
        if let Some(before) = filter.opened_before {
            query = query.filter(cases::opened_at.lt(At(before)));
        }
        if let Some(since) = filter.updated_since {
            query = query.filter(cases::updated_at.ge(At(since)));
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

/// Cases that exist for the reader.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: &CaseFilter,
    window: &Window<CaseOrder, CaseId>,
) -> QueryResult<Vec<CaseView>> {
    let sought = sought(conn, reach, filter)?;
    let mut query = views!().into_boxed();
    query = within_reach!(query, reach);
    let query = passing!(query, filter, sought);
    let query = match window.sort.by {
        CaseOrder::OpenedAt => windowed!(query, window, instant cases::opened_at, cases::id),
        CaseOrder::UpdatedAt => windowed!(query, window, instant cases::updated_at, cases::id),
    };
    let rows: Vec<ViewRow> = query.load(conn)?;
    Ok(rows.into_iter().map(CaseView::from).collect())
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
    let sought = sought(conn, reach, filter)?;
    let mut query = cases::table
        .left_join(escalations::table.on(escalations::case_id.eq(cases::id).and(IsActive)))
        .select(cases::id)
        .into_boxed();
    query = within_reach!(query, reach);
    let query = passing!(query, filter, sought);
    let along = (cases::opened_at.desc(), cases::id.desc());
    counted!(conn, query, CaseId, most, along)
}
