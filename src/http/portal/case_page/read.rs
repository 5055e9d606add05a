//! What the page is made of, read in one transaction.

use crate::domain::escalation::State;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, EscalationId, EscalationRef};
use crate::http::portal::case::{CaseRecord, FeedPart};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::review::Record;
use crate::http::problem::Problem;
use crate::store::feeds::EntryView;
use crate::workflow::update_case::mark_shown;

/// A case with the escalation that is open on its page.
pub(super) struct Shown {
    read: Read,
    /// The escalation that the address names.
    pub(super) named: Option<EscalationId>,
}

/// The case alone, where no escalation is open on its page.
enum Read {
    Case(Box<CaseRecord>),
    Escalation(Box<Record>),
}

impl Shown {
    /// The page of a case: open on it is the escalation that is active.
    pub(super) async fn of_case(req: &PageRequest, case: &CaseRef) -> Result<Self, Problem> {
        let (actor, case, now) = (req.actor()?.clone(), *case, req.now);
        let part = part(req);
        let read = req
            .read(move |conn| {
                let case = CaseRecord::load(conn, &actor, &case, &part, now)?;
                let Some(active) = case.active().cloned() else {
                    return Ok(Read::Case(Box::new(case)));
                };
                let record = Record::of(conn, &actor, case, active, now)?;
                Ok(Read::Escalation(Box::new(record)))
            })
            .await?;
        Self { read, named: None }.prepared(req).await
    }

    /// The page of an escalation.
    pub(super) async fn of_escalation(
        req: &PageRequest,
        escalation: &EscalationRef,
    ) -> Result<Self, Problem> {
        let (actor, escalation, now) = (req.actor()?.clone(), *escalation, req.now);
        let part = part(req);
        let record = req
            .read(move |conn| Record::load(conn, &actor, &escalation, &part, now))
            .await?;
        let named = Some(record.view.escalation.id);
        let read = Read::Escalation(Box::new(record));
        Self { read, named }.prepared(req).await
    }

    /// With its long words rendered.
    async fn prepared(self, req: &PageRequest) -> Result<Self, Problem> {
        let case = self.case();
        req.prepare(&case.view.case.description).await?;
        for view in &case.escalations {
            req.prepare(&view.escalation.details).await?;
            if let Some(summary) = &view.escalation.summary {
                req.prepare(summary).await?;
            }
        }
        Ok(self)
    }

    /// The case.
    pub(super) fn case(&self) -> &CaseRecord {
        match &self.read {
            Read::Case(case) => case,
            Read::Escalation(record) => &record.case,
        }
    }

    /// The escalation that is open on the page.
    pub(super) fn review(&self) -> Option<&Record> {
        match &self.read {
            Read::Case(_) => None,
            Read::Escalation(record) => Some(record),
        }
    }

    /// The escalation whose thread is open: the active one, wherever the page stands; without one, that of the address.
    pub(super) fn current(&self) -> Option<EscalationId> {
        let active = self.case().active().map(|view| view.escalation.id);
        active.or(self.named)
    }

    /// Whether the escalation that is open is in the hands of its owner or the queue.
    pub(super) fn is_under_review(&self) -> bool {
        let state = self.review().map(|record| record.view.escalation.state);
        state.is_some_and(State::is_active)
    }

    /// The page's own address.
    pub(super) fn page(&self) -> String {
        match self.review().filter(|_| self.named.is_some()) {
            Some(record) => record.page(),
            None => self.case().page(),
        }
    }

    /// The number that the address names.
    pub(super) fn number(&self) -> String {
        match self.review().filter(|_| self.named.is_some()) {
            Some(record) => record.view.escalation.number.to_string(),
            None => self.case().view.case.number.to_string(),
        }
    }
}

/// The part of the case feed for which the address asks.
fn part(req: &PageRequest) -> FeedPart {
    match req.asked("entries") {
        Some("all") => FeedPart::Whole,
        _ => FeedPart::Page(req.asked("before").map(str::to_owned)),
    }
}

/// Records that the feeds were read, unless nothing was new in them.
pub(super) async fn read_feeds(req: &PageRequest, record: &CaseRecord) -> Result<(), Problem> {
    let newest = |entries: &[EntryView]| entries.iter().map(|view| view.entry.arrived()).max();
    let shown = [
        (Feed::Case, newest(&record.entries)),
        (Feed::Escalation, newest(&record.escalation_entries)),
    ];
    let news: Vec<(Feed, i64)> = shown
        .into_iter()
        .filter_map(|(feed, newest)| Some((feed, newest?)))
        .filter(|(feed, newest)| record.read_up_to(*feed).is_none_or(|read| read < *newest))
        .collect();
    if !news.is_empty() {
        let (actor, id, now) = (req.actor()?.clone(), record.view.case.id, req.now);
        req.write(move |conn| mark_shown(conn, &actor, id, &news, now))
            .await?;
    }
    Ok(())
}
