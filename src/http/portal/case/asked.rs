//! What a case was asked for beside an escalation: a higher priority, and a root cause analysis.

use super::{CaseRecord, PriorityRequestView, PriorityRequests, RcaView};
use crate::domain::access::Permission;
use crate::domain::case::{Priority, PriorityRequestState};
use crate::domain::offers::CaseVerb;
use crate::http::portal::admin::calendars::track;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Link;
use crate::http::portal::shell::Tone;

/// Requests to raise the priority, and how to ask; nothing where there is neither.
pub(in crate::http::portal) fn requests(
    req: &PageRequest,
    record: &CaseRecord,
) -> Option<PriorityRequests> {
    let page = record.page();
    let case = &record.view.case;
    let access = req.access().ok()?;
    let (asks, decides) = (
        record.takes(access, CaseVerb::AskPriority),
        record.takes(access, CaseVerb::DecidePriority),
    );
    let view = |view: &crate::store::requests::PriorityRequestView| {
        let request = &view.request;
        // Beside a decision stands who decided.
        let by = view.decided_by.as_ref().unwrap_or(&view.requested_by);
        PriorityRequestView {
            state: request.state,
            wanted: request.priority,
            by: by.name.clone(),
            at: request.decided_at.unwrap_or(request.requested_at),
            note: request
                .decision_note
                .clone()
                .unwrap_or_else(|| request.note.clone()),
            decide: (decides && request.state == PriorityRequestState::Pending)
                .then(|| format!("{page}?do=decide_priority&request={}#do", request.id)),
        }
    };
    // The provider's staff are who is called.
    let telephones =
        !req.is_staff() && access.can(CaseVerb::AskPriority.permission()) && record.is_open();
    // Without a number it is still by telephone that high priority is asked for (C5).
    let phone =
        (telephones && case.priority != Priority::High).then(|| req.words().support_phone());
    let requests = PriorityRequests {
        items: record.requests.iter().map(view).collect(),
        ask: asks.then(|| format!("{page}?do=ask_priority#do")),
        phone: phone.unwrap_or_default(),
    };
    let empty = requests.items.is_empty() && requests.ask.is_none() && requests.phone.is_empty();
    (!empty).then_some(requests)
}

/// The root cause analysis, and how to ask for one; nothing where there is neither.
pub(in crate::http::portal) fn rca(req: &PageRequest, record: &CaseRecord) -> Option<RcaView> {
    let page = record.page();
    let (words, case) = (req.words(), &record.view.case);
    let rca = case.rca();
    let mut verbs = Vec::new();
    let access = req.access().ok()?;
    if record.takes(access, CaseVerb::RequestRca) {
        verbs.push(Link::new(
            words.say_of("panel-title", "request_rca", &[]),
            format!("{page}?do=request_rca#do"),
        ));
    }
    if record.takes(access, CaseVerb::DeliverRca) {
        verbs.push(Link::new(
            words.say_of("panel-title", "deliver_rca", &[]),
            format!("{page}?do=deliver_rca#do"),
        ));
    }
    if rca.is_none() && verbs.is_empty() {
        return None;
    }
    let replay = record
        .rca
        .as_ref()
        .filter(|_| rca.is_some_and(|rca| rca.delivered_at.is_none()));
    let due_at = replay.map(|replay| replay.due_at);
    Some(RcaView {
        requested_at: rca.map(|rca| rca.requested_at),
        due_at,
        delivered_at: rca.and_then(|rca| rca.delivered_at),
        tone: match due_at {
            Some(due_at) if due_at <= req.now => Tone::Late,
            Some(_) => Tone::Soon,
            None => Tone::Plain,
        },
        // Who may escalate has the drawing in the list of what must hold before.
        track: replay
            .filter(|_| !req.can(Permission::EscalationsSubmit))
            .map(|replay| {
                let args = [
                    ("counted", replay.counted.into()),
                    ("days", replay.window.into()),
                ];
                let label = words.say("check-rca-so-far", &args);
                track(words, replay, replay.at, label.clone(), label)
            }),
        verbs,
    })
}
