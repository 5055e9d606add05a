//! What became of a case's last escalation, told on the case page to those it was for: a decline with what to do instead
//! (M5), and an end that waits for their rating (M11).

use super::CaseRecord;
use crate::domain::Instant;
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{State, Verb};
use crate::domain::feed::EntryKind;
use crate::domain::offers;
use crate::domain::organization::Side;
use crate::http::portal::help::place::ESCALATION;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{DecisionView, Link, ReasonLine};
use crate::http::portal::shell::Tone;
use crate::store::escalations::EscalationView;

/// What the page of the case says of its last escalation to the customer's side, until they have answered it.
pub(in crate::http::portal) fn decision(
    req: &PageRequest,
    record: &CaseRecord,
) -> Option<DecisionView> {
    let last = record.escalations.first()?;
    if req.is_staff() {
        return None;
    }
    let row = &last.escalation;
    match (row.state, row.closed_at) {
        (State::Declined, Some(at)) if record.is_open() && !has_read(record, at) => {
            Some(DecisionView {
                read: format!("{}/read", record.page()),
                ..declined(req, last, at)
            })
        }
        (State::Closed, Some(at)) => ended(req, last, at),
        _ => None,
    }
}

/// What became of `view`, as the first words of its thread.
pub(super) fn in_feed(req: &PageRequest, view: &EscalationView) -> Option<DecisionView> {
    let at = view.escalation.closed_at?;
    (view.escalation.state == State::Declined).then(|| declined(req, view, at))
}

/// Whether the reader says that they have read it, or their side has written since.
fn has_read(record: &CaseRecord, at: Instant) -> bool {
    if record.has_read_decision {
        return true;
    }
    let entries = record.entries.iter().chain(&record.escalation_entries);
    let mut later = entries.filter(|view| view.entry.at > at && view.entry.kind != EntryKind::Mark);
    later.any(|view| view.entry.author_side == Some(Side::Customer))
}

fn declined(req: &PageRequest, view: &EscalationView, at: Instant) -> DecisionView {
    let words = req.words();
    let row = &view.escalation;
    let line = |code: &FindingCode| ReasonLine {
        why: words.say_of("mail-declined", code.as_str(), &[]),
        instead: words.say_of("mail-instead", code.as_str(), &[]),
    };
    let number = row.number.to_string();
    DecisionView {
        tone: Tone::Late,
        title: words.say("decision-declined", &[("number", number.into())]),
        at,
        reasons: row.decline_reasons.0.iter().map(line).collect(),
        about: words.say("decision-declined-again", &[]),
        link: Some(Link::new(words.say("guide-link", &[]), ESCALATION)),
        read: String::new(),
    }
}

fn ended(req: &PageRequest, view: &EscalationView, at: Instant) -> Option<DecisionView> {
    let words = req.words();
    let row = &view.escalation;
    let access = req.access().ok()?;
    if !offers::of_escalation(&row.facts(), access).contains(&Verb::Rate) {
        return None;
    }
    let outcome = row.outcome.clone().unwrap_or_default();
    let number = row.number.to_string();
    let args = [
        ("number", number.as_str().into()),
        ("outcome", outcome.into()),
    ];
    Some(DecisionView {
        tone: Tone::Plain,
        title: words.say("decision-closed", &args),
        at,
        reasons: Vec::new(),
        about: words.say("decision-rate", &[]),
        link: Some(Link::new(
            words.say_of("escalation-verb", Verb::Rate.as_str(), &[]),
            format!("/escalations/{number}?do=rate#do"),
        )),
        read: String::new(),
    })
}
