//! What stands at the head of a case: what it is, and who waits for whom.

use super::buttons::take_view;
use super::{CaseHead, CaseRecord, Waiting, wait_line};
use crate::domain::case::{Status, StepState};
use crate::domain::escalation::State;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Link, WaitView};
use crate::store::escalations::EscalationView;

/// The head of the page.
pub(in crate::http::portal) fn head(req: &PageRequest, record: &CaseRecord) -> CaseHead {
    let case = &record.view.case;
    CaseHead {
        number: case.number.to_string(),
        subject: case.subject.clone(),
        priority: case.priority,
        status: case.status,
        escalation: record.active().map(|view| escalated(req, view)),
        wait: wait(req, record),
        take: take_view(req, record),
    }
}

/// Who waits for whom: while nobody has decided on an active escalation, whoever raised it for that, unless they were asked for
/// something.
fn wait(req: &PageRequest, record: &CaseRecord) -> WaitView {
    let (words, case) = (req.words(), &record.view.case);
    let active = record.active().map(|view| &view.escalation);
    let asks = active.is_some_and(|row| row.awaiting_reply_since.is_some());
    let open = record
        .steps
        .iter()
        .filter(|step| step.state == StepState::Open);
    let waiting = Waiting {
        // Whoever runs the escalation waits as well as whoever works the case.
        status: match asks {
            true => Status::AwaitingCustomer,
            false => case.status,
        },
        organization: &record.view.organization.name,
        staff: req.is_staff(),
        last_provider_entry_at: case.last_provider_entry_at,
        next_promise_at: open.map(|step| step.due_at).min(),
        opened_at: case.opened_at,
        closed_at: case.closed_at,
        now: req.now,
    };
    let line = wait_line(words, &waiting);
    match active.map(|row| row.state) {
        Some(state @ (State::Submitted | State::InReview)) if !asks => WaitView {
            headline: words.say_of("wait-escalation", state.as_str(), &[]),
            ..line
        },
        _ => line,
    }
}

/// "Escalated · rank 1 · Olga Marin".
fn escalated(req: &PageRequest, view: &EscalationView) -> Link {
    let words = req.words();
    let rank = view.escalation.rank;
    let rank = rank.map(|rank| words.say("review-rank-in", &[("rank", rank.into())]));
    let state = words.say_of("state-in", view.escalation.state.as_str(), &[]);
    let owner = view.owner.as_ref().map(|owner| owner.name.clone());
    let parts = [
        Some(words.say("cases-escalated", &[])),
        rank.or(Some(state)),
        owner,
    ];
    let label = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Link::new(label, "#in-escalation")
}
