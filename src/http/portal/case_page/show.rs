//! The page from what was read of it, opened and shown again.

use actix_web::http::StatusCode;

use super::CasePage;
use super::foot::foot;
use super::read::{Shown, read_feeds};
use crate::domain::access::Permission;
use crate::domain::case::StepState;
use crate::domain::ids::{CaseRef, EscalationRef};
use crate::domain::offers::{self, CaseVerb};
use crate::http::portal::answer::PageResult;
use crate::http::portal::calls;
use crate::http::portal::case::{
    self, CaseRecord, Checklist, LiveLink, error_of, facts_of_case, head,
};
use crate::http::portal::checklist::{Readiness, checklist};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Composer, Facts, Panel, StepList};
use crate::http::portal::review;
use crate::http::portal::steps;
use crate::http::problem::Problem;
use crate::store::promises::NextStep;

const TEMPLATE: &str = "case";

/// The page of a case; opening it reads its feeds (F6).
pub(in crate::http::portal) async fn show_case(req: PageRequest, case: CaseRef) -> PageResult {
    show(&req, &Shown::of_case(&req, &case).await?).await
}

/// The same page, with the escalation open that its address names.
pub(in crate::http::portal) async fn show_escalation(
    req: PageRequest,
    escalation: EscalationRef,
) -> PageResult {
    show(&req, &Shown::of_escalation(&req, &escalation).await?).await
}

async fn show(req: &PageRequest, shown: &Shown) -> PageResult {
    let asked = req.asked("do");
    let panel = asked.and_then(|verb| panel(req, shown, verb, subject(req)));
    let mut page = page(req, shown, panel)?;
    page.too_late = asked.is_some() && page.panel.is_none();
    let answer = req.show(place(req, shown), TEMPLATE, &page)?;
    read_feeds(req, shown.case()).await?;
    Ok(answer)
}

/// What the verb of the address is about: a step, an entry, a request, a callback.
fn subject(req: &PageRequest) -> &str {
    let named = ["step", "entry", "request", "callback"]
        .iter()
        .find_map(|name| req.asked(name));
    named.unwrap_or_default()
}

/// The panel of a verb of the thing that the address names.
fn panel(req: &PageRequest, shown: &Shown, verb: &str, subject: &str) -> Option<Panel> {
    match shown.review().filter(|_| shown.named.is_some()) {
        Some(record) => review::panel(req, record, verb, subject),
        None => case::panel(req, shown.case(), verb, subject),
    }
}

/// The page of a case again, with the panel of a verb that was refused for `problem`, as it was typed.
///
/// # Errors
/// `problem` itself, whose page keeps what was typed, if the case does not take the verb any more; the case does not exist
/// for the visitor; a mistake in the template.
pub(in crate::http::portal) async fn case_again(
    req: &PageRequest,
    case: &CaseRef,
    (verb, subject): (&str, &str),
    problem: Problem,
) -> PageResult {
    let shown = Shown::of_case(req, case).await?;
    again(req, &shown, (verb, subject), Some(problem)).await
}

/// The page of an escalation again, with the panel of a verb as it was typed, and with what it was refused for if it was.
///
/// # Errors
/// As [`case_again`].
pub(in crate::http::portal) async fn escalation_again(
    req: &PageRequest,
    escalation: &EscalationRef,
    (verb, subject): (&str, &str),
    problem: Option<Problem>,
) -> PageResult {
    let shown = Shown::of_escalation(req, escalation).await?;
    again(req, &shown, (verb, subject), problem).await
}

async fn again(
    req: &PageRequest,
    shown: &Shown,
    (verb, subject): (&str, &str),
    problem: Option<Problem>,
) -> PageResult {
    let Some(panel) = panel(req, shown, verb, subject) else {
        return Err(problem.unwrap_or_else(Problem::not_found).into());
    };
    let panel = panel.holding(req.pending_files().await?);
    let (panel, status) = match &problem {
        Some(problem) => (
            panel.refused_for(req.words(), &req.typed, problem),
            problem.code().status(),
        ),
        None => (panel.filled(&req.typed), StatusCode::OK),
    };
    let page = page(req, shown, Some(panel))?;
    req.show_again(status, place(req, shown), TEMPLATE, &page)
}

/// The page of a case again, with what was typed into the composer of its feed, and what it was refused for if it was.
///
/// # Errors
/// As [`case_again`].
pub(in crate::http::portal) async fn case_composed_again(
    req: &PageRequest,
    case: &CaseRef,
    problem: Option<Problem>,
) -> PageResult {
    let shown = Shown::of_case(req, case).await?;
    let mut page = page(req, &shown, None)?;
    let Some(composer) = &mut page.case_feed.composer else {
        return Err(problem.unwrap_or_else(Problem::not_found).into());
    };
    let status = holding_typed(req, composer, problem).await?;
    req.show_again(status, place(req, &shown), TEMPLATE, &page)
}

/// The page of an escalation again, with what was typed into the composer of its feed, and what it was refused for if it was.
///
/// # Errors
/// As [`case_again`].
pub(in crate::http::portal) async fn escalation_composed_again(
    req: &PageRequest,
    escalation: &EscalationRef,
    problem: Option<Problem>,
) -> PageResult {
    let shown = Shown::of_escalation(req, escalation).await?;
    let mut page = page(req, &shown, None)?;
    let thread = page.escalations.current.as_mut();
    // What was typed about one that has ended is not put before the readers of the next.
    let thread = thread.filter(|thread| thread.number == page.number);
    let Some(composer) = thread.and_then(|thread| thread.composer.as_mut()) else {
        return Err(problem.unwrap_or_else(Problem::not_found).into());
    };
    let status = holding_typed(req, composer, problem).await?;
    req.show_again(status, place(req, &shown), TEMPLATE, &page)
}

/// Puts what was typed into the composer again, with what is wrong with it; gives the status of the page.
async fn holding_typed(
    req: &PageRequest,
    composer: &mut Composer,
    problem: Option<Problem>,
) -> Result<StatusCode, Problem> {
    if let Some(problem) = &problem {
        composer.refuse(problem, error_of(req, problem));
    }
    composer.attach.files = req.pending_files().await?;
    composer.value = req.typed.get("body").cloned().unwrap_or_default();
    Ok(problem.map_or(StatusCode::OK, |problem| problem.code().status()))
}

/// Where the page is among the places of the bar.
fn place(req: &PageRequest, shown: &Shown) -> &'static str {
    match shown.named.is_some() && req.is_staff() {
        true => "queue",
        false => "cases",
    }
}

fn page(req: &PageRequest, shown: &Shown, panel: Option<Panel>) -> Result<CasePage, Problem> {
    let (words, record, page) = (req.words(), shown.case(), shown.page());
    let open = (shown.current(), shown.named);
    let escalations = case::escalation_feed(req, record, open, &page)?;
    let current = escalations.current.as_ref();
    let answers = current.is_some_and(|thread| thread.composer.is_some());
    let review = shown.review().map(|record| review::beside(req, record));
    Ok(CasePage {
        live: LiveLink::of(&record.view.case, record.newest),
        number: shown.number(),
        head: head(req, record),
        decision: case::decision(req, record),
        too_late: false,
        first: match (&panel, shown.named) {
            (Some(_), _) => "now",
            (None, Some(_)) => "escalation",
            (None, None) => "case",
        },
        panel,
        case_feed: case::case_feed(req, record, &page)?,
        foot: foot(req, shown, review.as_ref(), answers),
        escalations,
        review,
        steps: next_steps(req, shown, &page)?,
        checklist: before(req, record),
        calls: calls::list(req, &record.callbacks, &page, asks_for_calls(req, record)),
        requests: case::requests(req, record),
        rca: case::rca(req, record),
        facts: Facts {
            title: words.say("facts-case", &[]),
            rows: facts_of_case(req, record),
        },
    })
}

/// What is promised, and what was, but for what stands with earlier escalations. More is promised on the one that is active.
fn next_steps(req: &PageRequest, shown: &Shown, page: &str) -> Result<StepList, Problem> {
    let (record, current) = (shown.case(), shown.current());
    let is_folded = |step: &NextStep| {
        let mut shown = record.escalations.iter();
        step.escalation_id != current
            && shown.any(|view| step.escalation_id == Some(view.escalation.id))
    };
    let stands_here = |step: &&NextStep| step.state == StepState::Open || !is_folded(step);
    let list = steps::list(
        req,
        record.view.case.status,
        record.steps.iter().filter(stands_here),
        &record.promised,
        page,
        false,
    );
    let adds = record.takes(req.access()?, CaseVerb::Promise);
    let on = match record.active() {
        Some(active) => format!("/escalations/{}", active.escalation.number),
        None => record.page(),
    };
    Ok(StepList {
        add: adds.then(|| format!("{on}?do=promise#do")),
        ..list
    })
}

/// *Before you escalate*, for who may.
fn before(req: &PageRequest, record: &CaseRecord) -> Option<Checklist> {
    req.can(Permission::EscalationsSubmit).then(|| {
        let readiness = Readiness {
            facts: &record.facts,
            policy: &record.policy,
            assessments: &record.assessments,
            staleness: record.staleness.as_ref(),
            rca: record.rca.as_ref(),
            priority_asked: record.pending_request().is_some(),
        };
        checklist(req.words(), &readiness)
    })
}

/// Where the visitor may ask for a call on the active escalation (M12): staff do on its page.
fn asks_for_calls(req: &PageRequest, record: &CaseRecord) -> Option<String> {
    let active = record.active()?;
    let asks = req.access().is_ok_and(offers::asks_for_calls);
    asks.then(|| match req.is_staff() {
        true => format!("/escalations/{}", active.escalation.number),
        false => record.page(),
    })
}
