//! Which verbs an escalation has for whom, and the panel of each.

use super::record::Record;
use crate::domain::draft::{DraftPlace, OnEscalation};
use crate::domain::escalation::{Facts, Verb};
use crate::domain::ids::EscalationRef;
use crate::domain::offers::{self, CaseVerb};
use crate::domain::template::Purpose;
use crate::http::portal::calls;
use crate::http::portal::case::settle;
use crate::http::portal::draft_field::{at, rows_begun};
use crate::http::portal::drafts::Keeping;
use crate::http::portal::form::Choice;
use crate::http::portal::helped::{offered, proposing};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Panel;
use crate::http::portal::verbs;
use crate::store::people::Named;
use crate::workflow::promise::PromiseStep;
use crate::workflow::review_escalation::{AcceptEscalation, CloseEscalation, DeclineEscalation};

/// The most rows of next steps on one form.
const MOST_ROWS: usize = 20;

/// The verbs that the escalation takes now from the visitor, in the order in which they stand at the foot.
pub(super) fn verbs_of(req: &PageRequest, record: &Record) -> Vec<Verb> {
    let order = [
        Verb::Assign,
        Verb::Withdraw,
        Verb::Rerank,
        Verb::Rate,
        Verb::AskRater,
        Verb::Decline,
        Verb::Accept,
        Verb::Close,
        Verb::Claim,
    ];
    let facts = Facts {
        rater_is_gone: !record.raters.is_empty(),
        ..record.view.escalation.facts()
    };
    let offered = match req.access() {
        Ok(access) => offers::of_escalation(&facts, access),
        Err(_) => Vec::new(),
    };
    let offered = order.into_iter().filter(|verb| offered.contains(verb));
    offered.collect()
}

/// The panel of `verb`, if the visitor may do it and the escalation takes it now, with dates and answers to choose from.
pub(in crate::http::portal) fn panel(
    req: &PageRequest,
    record: &Record,
    verb: &str,
    subject: &str,
) -> Option<Panel> {
    let panel = panel_of(req, record, verb, subject)?;
    let mut panel = proposing(req, &record.case.proposals, panel);
    let purpose = match verb {
        "accept" => Some(Purpose::Accept),
        "decline" => Some(Purpose::Decline),
        _ => None,
    };
    let case = record.case.page();
    panel.templates = purpose.and_then(|purpose| {
        let of = (case.as_str(), record.case.templates.as_slice());
        offered(req, of, purpose, ("do", "reply"))
    });
    Some(panel)
}

fn panel_of(req: &PageRequest, record: &Record, verb: &str, subject: &str) -> Option<Panel> {
    let (words, page) = (req.words(), record.page());
    let row = &record.view.escalation;
    let zone = &req.times().zone_name();
    let to = |place: &str| format!("{page}/{place}");
    let people = || {
        record
            .case
            .engineers
            .iter()
            .map(|person| person.name.clone())
            .collect::<Vec<_>>()
    };
    let access = req.access().ok()?;
    let takes = |verb| row.state.is_active() && record.case.takes(access, verb);
    if let Ok(verb) = verb.parse() {
        return settle(req, &record.case, verb, subject, &page);
    }
    let active = (row.state.is_active()).then_some(EscalationRef::Number(row.number));
    let on = (record.case.callbacks.as_slice(), active.as_ref());
    if let Some(panel) = calls::panel(req, on, record.reviewers(), (verb, subject), &page) {
        return Some(panel);
    }
    match verb {
        "promise" if takes(CaseVerb::Promise) => {
            let to = to("next-steps");
            let panel = verbs::promise_panel(words, to, &page, people(), zone);
            let asked = (OnEscalation::Promise, "promise");
            return Some(drafting(panel, record, asked, PromiseStep::what().name));
        }
        "record" if takes(CaseVerb::Record) => {
            let action = format!("{}/external-communications", record.case.page());
            let now = req.times().field(req.now);
            return Some(verbs::record_panel(words, action, &page, &now, zone));
        }
        _ => {}
    }
    let verb = verbs_of(req, record)
        .into_iter()
        .find(|known| known.as_str() == verb)?;
    Some(match verb {
        Verb::Claim => return None,
        Verb::Assign => {
            verbs::assign_panel(words, to("assign"), &page, choices(record.reviewers()))
        }
        Verb::Accept => {
            let rows = rows(req, record);
            let panel = verbs::accept_panel(words, to("accept"), &page, rows, &people(), zone);
            let asked = (OnEscalation::Accept, "accept");
            drafting(panel, record, asked, AcceptEscalation::reply().name)
        }
        Verb::Rerank => {
            verbs::rerank_panel(words, to("rank"), &page, row.importance.zip(row.urgency))
        }
        Verb::Decline => {
            let apply: Vec<_> = record
                .assessment()
                .findings
                .iter()
                .map(|finding| finding.code)
                .collect();
            let panel = verbs::decline_panel(words, to("decline"), &page, &apply);
            let asked = (OnEscalation::Decline, "decline");
            drafting(panel, record, asked, DeclineEscalation::reply().name)
        }
        Verb::Withdraw => verbs::withdraw_panel(words, to("withdraw"), &page),
        Verb::Close => {
            let open = match access.can(CaseVerb::Promise.permission()) {
                true => record.case.open_steps(Some(row.id)),
                false => Vec::new(),
            };
            let raters = choices(&record.raters);
            let panel = verbs::close_escalation_panel(words, to("close"), &page, raters, &open);
            let asked = (OnEscalation::Close, "close");
            drafting(panel, record, asked, CloseEscalation::summary().name)
        }
        Verb::Rate => verbs::rate_panel(words, to("rating"), &page),
        Verb::AskRater => {
            verbs::ask_rater_panel(words, to("rater"), &page, choices(&record.raters))
        }
    })
}

/// Where something is written on the escalation.
fn place_of(record: &Record, what: OnEscalation) -> DraftPlace {
    DraftPlace::Escalation(EscalationRef::Id(record.view.escalation.id), what)
}

/// The panel that the page shows when it is asked for `verb`, with what was begun of it before.
fn drafting(
    panel: Panel,
    record: &Record,
    (what, verb): (OnEscalation, &str),
    words: &str,
) -> Panel {
    panel.drafting(Keeping {
        place: &place_of(record, what),
        words,
        page: &format!("{}?do={verb}", record.page()),
        drafts: &record.case.drafts,
    })
}

/// How many rows of next steps the form has: what was sent, and one more if that was asked for; or else as many as were begun.
fn rows(req: &PageRequest, record: &Record) -> usize {
    let sent = req
        .typed
        .get("rows")
        .and_then(|rows| rows.parse::<usize>().ok());
    let more = usize::from(req.typed.contains_key("more"));
    let place = place_of(record, OnEscalation::Accept);
    let begun = at(&record.case.drafts, &place).map(|draft| rows_begun(draft, "next_steps"));
    let first = verbs::PROMISE_ROWS.max(begun.unwrap_or_default());
    (sent.unwrap_or(first) + more).clamp(1, MOST_ROWS)
}

/// People to choose from.
fn choices(people: &[Named]) -> Vec<Choice> {
    people
        .iter()
        .map(|person| Choice::new(person.id.to_string(), person.name.clone()))
        .collect()
}
