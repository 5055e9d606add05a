//! Which panel a verb of the case page has, for whom.

use super::CaseRecord;
use crate::domain::access::{CaseField, Permission};
use crate::domain::case::{StepState, StepVerb};
use crate::domain::draft::{DraftPlace, OnCase};
use crate::domain::feed::{Feed, may_edit};
use crate::domain::ids::{CaseRef, EscalationRef};
use crate::domain::offers::{self, CaseVerb};
use crate::http::portal::calls;
use crate::http::portal::drafts::Keeping;
use crate::http::portal::entries::moves_to;
use crate::http::portal::form::Choice;
use crate::http::portal::helped::proposing;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Panel;
use crate::http::portal::verbs::{self, CaseNow};
use crate::store::escalations::EscalationView;
use crate::store::feeds::EntryView;
use crate::workflow::promise::{PromiseStep, SettleStep};
use crate::workflow::request::DeliverAnalysis;

/// The panel of `verb` about `subject`, if the visitor may do it and the case takes it now, with dates to choose from.
pub(in crate::http::portal) fn panel(
    req: &PageRequest,
    record: &CaseRecord,
    verb: &str,
    subject: &str,
) -> Option<Panel> {
    panel_of(req, record, verb, subject).map(|panel| proposing(req, &record.proposals, panel))
}

fn panel_of(req: &PageRequest, record: &CaseRecord, verb: &str, subject: &str) -> Option<Panel> {
    let (words, page) = (req.words(), record.page());
    let to = |place: &str| format!("{page}/{place}");
    let access = req.access().ok()?;
    let zone = &req.times().zone_name();
    if let Ok(verb) = verb.parse() {
        return settle(req, record, verb, subject, &page);
    }
    let active = (record.active()).map(|view| EscalationRef::Number(view.escalation.number));
    let on = (record.callbacks.as_slice(), active.as_ref());
    if let Some(panel) = calls::panel(req, on, &[], (verb, subject), &page) {
        return Some(panel);
    }
    match verb {
        "edit_entry" => {
            let row = &entry(record, subject)?.entry;
            let is_taken = record.takes(access, CaseVerb::Write)
                && may_edit(row.author_id, access.person, row.at, req.now);
            let action = format!("/entries/{}", row.id);
            return is_taken.then(|| verbs::edit_entry_panel(words, action, &page, &row.body));
        }
        "state_impact"
            if record.takes(access, CaseVerb::Edit)
                && access.may_change(CaseField::BusinessImpact).is_ok() =>
        {
            let version = record.view.case.version;
            return Some(verbs::state_impact_panel(
                words,
                version,
                page.clone(),
                &page,
            ));
        }
        "redact" if access.can(Permission::FeedsRedact) => {
            let action = format!("/entries/{}/redaction", entry(record, subject)?.entry.id);
            return Some(verbs::redact_panel(words, action, &page));
        }
        "move" if record.is_open() => {
            let view = entry(record, subject)?;
            let to = moves_to(access, &record.escalations, view)?;
            let action = format!("/entries/{}/move", view.entry.id);
            let places = match to {
                Feed::Case => Vec::new(),
                Feed::Escalation => record.escalations.iter().map(place).collect(),
            };
            return Some(verbs::move_panel(words, action, &page, to, places));
        }
        _ => {}
    }
    let verb: CaseVerb = verb.parse().ok()?;
    if !record.takes(access, verb) {
        return None;
    }
    Some(match verb {
        // Done in the feed, which asks for nothing first.
        CaseVerb::Write => return None,
        CaseVerb::Edit => return edit(req, record, &page),
        CaseVerb::Close => {
            // A contact withdraws the escalation with it (M13).
            let active = record.active();
            let active = active.map(|view| view.escalation.number.to_string());
            let open = match record.takes(access, CaseVerb::Promise) {
                true => record.open_steps(None),
                false => Vec::new(),
            };
            verbs::close_panel(words, to("close"), &page, active.as_deref(), &open)
        }
        CaseVerb::Reopen => verbs::reopen_panel(words, to("reopen"), &page),
        CaseVerb::AskPriority => verbs::ask_priority_panel(
            words,
            to("priority-requests"),
            &page,
            &req.words().support_phone(),
        ),
        CaseVerb::DecidePriority => {
            let request = record
                .pending_request()
                .filter(|request| request.id.to_string() == subject)?;
            let action = format!("/priority-requests/{}/decision", request.id);
            verbs::decide_priority_panel(words, action, &page)
        }
        CaseVerb::RequestRca => verbs::request_rca_panel(words, to("rca"), &page),
        CaseVerb::DeliverRca => {
            let to = (to("rca/delivery"), record.upload());
            let panel = verbs::deliver_rca_panel(words, to, &page);
            let asked = (OnCase::Rca, verb);
            drafting(panel, record, asked, DeliverAnalysis::body().name)
        }
        CaseVerb::Promise => {
            let people = record
                .engineers
                .iter()
                .map(|person| person.name.clone())
                .collect();
            let panel = verbs::promise_panel(words, to("next-steps"), &page, people, zone);
            let asked = (OnCase::Promise, verb);
            drafting(panel, record, asked, PromiseStep::what().name)
        }
        CaseVerb::Record => {
            let (action, now) = (to("external-communications"), req.times().field(req.now));
            verbs::record_panel(words, action, &page, &now, zone)
        }
    })
}

/// The panel that the page shows when it is asked for `verb`, with what was begun of it before.
fn drafting(
    panel: Panel,
    record: &CaseRecord,
    (what, verb): (OnCase, CaseVerb),
    words: &str,
) -> Panel {
    panel.drafting(Keeping {
        place: &DraftPlace::Case(CaseRef::Id(record.view.case.id), what),
        words,
        page: &format!("{}?do={verb}", record.page()),
        drafts: &record.drafts,
    })
}

/// The panel that says what became of the step `subject`, or moves its date.
pub(in crate::http::portal) fn settle(
    req: &PageRequest,
    record: &CaseRecord,
    verb: StepVerb,
    subject: &str,
    page: &str,
) -> Option<Panel> {
    let mut steps = record.steps.iter();
    let step = steps.find(|step| step.id.to_string() == subject)?;
    if !offers::of_step(record.view.case.status, step.state, req.access().ok()?).contains(&verb) {
        return None;
    }
    let (words, zone) = (req.words(), &req.times().zone_name());
    let action = format!("/next-steps/{}", step.id);
    let what = step.what.as_str();
    Some(match verb {
        StepVerb::Complete => verbs::settle_panel(words, verb, StepState::Done, action, page, what),
        StepVerb::Miss => verbs::settle_panel(words, verb, StepState::Missed, action, page, what),
        StepVerb::Repromise => {
            verbs::repromise_panel(words, action, page, what, zone).drafting(Keeping {
                place: &DraftPlace::Step(step.id),
                words: SettleStep::reason().name,
                page: &format!("{page}?do={verb}&step={}", step.id),
                drafts: &record.drafts,
            })
        }
    })
}

/// An escalation whose feed an entry can be moved to.
fn place(view: &EscalationView) -> Choice {
    let number = view.escalation.number.to_string();
    Choice::new(number.clone(), number)
}

fn entry<'a>(record: &'a CaseRecord, id: &str) -> Option<&'a EntryView> {
    let mut all = record.entries.iter().chain(&record.escalation_entries);
    all.find(|view| view.entry.id.to_string() == id && view.entry.redacted_at.is_none())
}

fn edit(req: &PageRequest, record: &CaseRecord, page: &str) -> Option<Panel> {
    let access = req.access().ok()?;
    let view = &record.view;
    let case = &view.case;
    let now = CaseNow {
        subject: case.subject.clone(),
        description: case.description.clone(),
        product: case.product.clone().unwrap_or_default(),
        business_impact: case.business_impact,
        priority: case.priority,
        status: case.status,
        deployment: case.deployment,
        engagements: case.engagements.0.clone(),
        owner: case
            .owner_id
            .map(|owner| owner.to_string())
            .unwrap_or_default(),
        line_of_business: case.line_of_business_id.to_string(),
        version: case.version.to_string(),
    };
    let owners = record
        .engineers
        .iter()
        .map(|person| Choice::new(person.id.to_string(), person.name.clone()))
        .collect();
    let lines = record
        .lines
        .iter()
        .map(|(id, name)| Choice::new(id.clone(), name.clone()))
        .collect();
    Some(verbs::edit_panel(
        req.words(),
        access,
        &now,
        owners,
        lines,
        page.to_owned(),
        page,
    ))
}
