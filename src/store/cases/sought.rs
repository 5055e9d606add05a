//! A list of cases that is searched for words: how its cases are sampled, walked over and found by the index.

use diesel::prelude::*;

use super::listing::OfCases;
use super::narrowing::{self, Part, Passed};
use super::searching::{Has, Met, Terms};
use super::strategy::{self, By, From, Sample, Searched, Walked, Which};
use super::{CaseFilter, CaseOrder};
use crate::db::{Conn, planned_once};
use crate::domain::access::Reach;
use crate::domain::ids::CaseId;
use crate::domain::order::{Place, Sort, Window};
use crate::domain::text::search::SAMPLE;
use crate::store::search_index;

/// What is sought by the words of a filter.
fn terms(conn: &mut Conn, reach: Reach, filter: &CaseFilter) -> QueryResult<Option<Terms>> {
    match filter.words.as_deref() {
        None => Ok(None),
        Some(words) => Terms::of(conn, reach, words, &filter.feeds, &filter.visibilities),
    }
}

/// A window of a list that is searched.
struct Sought<'a> {
    conn: &'a mut Conn,
    terms: &'a Terms,
    reach: Reach,
    filter: &'a CaseFilter,
    window: &'a OfCases,
    /// Up to which case the window was walked over.
    walked: Option<Place<CaseId>>,
}

impl Sought<'_> {
    fn pass(
        &mut self,
        window: &OfCases,
        met: Met,
        skipped: i64,
        is_enough: impl FnMut(Which) -> bool,
    ) -> QueryResult<Vec<Passed>> {
        let (reach, filter) = (self.reach, self.filter);
        narrowing::pass(self.conn, reach, filter, window, met, skipped, is_enough)
    }

    fn ids(&mut self, window: &OfCases, has: Vec<Has>, part: Part<'_>) -> QueryResult<Vec<CaseId>> {
        narrowing::ids(self.conn, self.reach, self.filter, window, has, part)
    }

    /// Whether the index knows the order of the list: it numbers its rows by when their case was opened.
    fn is_newest_first(&self) -> bool {
        let Sort { by, descending } = self.window.sort;
        by == CaseOrder::OpenedAt && descending && matches!(self.conn, Conn::Sqlite(_))
    }

    /// The first cases of a window, the newest of which are found among so many of the newest rows that the index names, and then among
    /// more. `None` if it does not name so many.
    fn newest_named(&mut self, by: &[By]) -> QueryResult<Option<Vec<CaseId>>> {
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
            let Some(since) = search_index::newest(self.conn, asked, end, rows)? else {
                break;
            };
            let first_row = search_index::first_row(since);
            let conditions = self.terms.conditions_from(first_row, by);
            let found = self.ids(self.window, conditions, Part::Since(since))?;
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
        let window = Window { limit, ..window };
        let (many, mut left) = (self.terms.len(), enough);
        let is_enough = |met: Which| {
            left = left.saturating_sub(usize::from(met.are_all(many)));
            left == 0
        };
        let mut passed = self.pass(&window, Met(self.terms.by_row()), 0, is_enough)?;
        let has_more = passed.len() > SAMPLE;
        passed.truncate(SAMPLE);
        if let (From::Beginning, Some((.., place))) = (from, passed.last()) {
            self.walked = Some(place.clone());
        }
        let cases = passed.into_iter().map(|(id, met, _)| (id, met));
        Ok(Sample {
            cases: cases.collect(),
            has_more,
        })
    }

    fn walk(&mut self, from: i64, to: i64) -> QueryResult<Walked<CaseId>> {
        // Parts of a list are walked over in its order, each where the one before has ended.
        let rest = Window {
            after: self.walked.clone(),
            ..self.window.clone()
        };
        let end = narrowing::last_of(self.conn, self.reach, self.filter, &rest, to - from)?;
        self.walked.clone_from(&end);
        let part = end.as_ref().map_or(Part::All, Part::UpTo);
        Ok(Walked {
            found: self.ids(&rest, self.terms.by_row(), part)?,
            has_more: end.is_some(),
        })
    }

    fn named_for_one(&self) -> u64 {
        // Where the index does not know the order, each that it names is taken to its case, and put in its place.
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
        self.ids(self.window, self.terms.conditions(by), Part::All)
    }
}

/// The first cases of a window that have what is sought; `None` if there are no words.
///
/// # Errors
/// Database errors.
pub(super) fn search(
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
        walked: None,
    };
    strategy::find(terms.len(), terms.total, wanted, &mut list).map(Some)
}
