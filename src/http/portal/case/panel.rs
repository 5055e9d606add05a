//! Which panel a verb of the case page has, for whom.

use super::CaseRecord;
use crate::domain::access::Permission;
use crate::domain::case::{Priority, contact_may_request};
use crate::domain::feed::may_edit;
use crate::http::portal::form::Choice;
use crate::http::portal::parts::Panel;
use crate::http::portal::verbs::{self, CaseNow};
use crate::http::portal::visit::Visit;
use crate::store::feeds::EntryView;
use crate::store::people::Person;

/// The panel of `verb` about `subject`, if the visitor may do it and the case takes it now.
pub(super) fn panel(
    visit: &Visit,
    record: &CaseRecord,
    verb: &str,
    subject: &str,
) -> Option<Panel> {
    let (words, page) = (visit.words(), record.page());
    let to = |place: &str| format!("{page}/{place}");
    let may = |permission| visit.can(permission);
    let zone = visit.zone().name();
    let open = record.is_open();
    let rca = record.view.case.rca();
    match verb {
        "edit" if open && may(Permission::CasesUpdate) => edit(visit, record, &page),
        "close" if open && may(Permission::CasesClose) => {
            // Staff close the escalation, with its outcome, before the case (M13).
            let active = record.active().filter(|_| !visit.is_staff());
            let active = active.map(|view| view.escalation.number.to_string());
            Some(verbs::close_panel(
                words,
                to("close"),
                &page,
                active.as_deref(),
            ))
        }
        "reopen" if !open && may(Permission::CasesReopen) => {
            Some(verbs::reopen_panel(words, to("reopen"), &page))
        }
        "ask_priority" if open && may(Permission::PrioritiesRequest) => {
            contact_may_request(record.view.case.priority, Priority::Medium).ok()?;
            let phone = visit.desk.support_phone.clone().unwrap_or_default();
            Some(verbs::ask_priority_panel(
                words,
                to("priority-requests"),
                &page,
                &phone,
            ))
        }
        "decide_priority" if open && may(Permission::PrioritiesDecide) => {
            let request = record
                .pending_request()
                .filter(|request| request.id.to_string() == subject)?;
            let action = format!("/priority-requests/{}/decision", request.id);
            Some(verbs::decide_priority_panel(words, action, &page))
        }
        "request_rca" if open && rca.is_none() && may(Permission::RcaRequest) => {
            Some(verbs::request_rca_panel(words, to("rca"), &page))
        }
        "deliver_rca"
            if rca.is_some_and(|rca| rca.delivered_at.is_none()) && may(Permission::RcaDeliver) =>
        {
            Some(verbs::deliver_rca_panel(words, to("rca/delivery"), &page))
        }
        "promise" if open && may(Permission::NextStepsPromise) => {
            let people = record.engineers.iter().map(Person::name).collect();
            Some(verbs::promise_panel(
                words,
                to("next-steps"),
                &page,
                people,
                zone,
            ))
        }
        "repromise" if may(Permission::NextStepsPromise) => {
            repromise(visit, record, subject, &page)
        }
        "record" if open && may(Permission::CommunicationsRecord) => {
            let now = visit.times().field(visit.now);
            Some(verbs::record_panel(
                words,
                to("external-communications"),
                &page,
                &now,
                zone,
            ))
        }
        "edit_entry" if open && may(Permission::FeedsComment) => {
            let view = entry(record, subject)?;
            let row = &view.entry;
            may_edit(
                row.author_id,
                visit.access().ok()?.person,
                row.at,
                visit.now,
            )
            .then_some(())?;
            Some(verbs::edit_entry_panel(
                words,
                format!("/entries/{}", row.id),
                &page,
                &row.body,
            ))
        }
        "redact" if may(Permission::FeedsRedact) => {
            let view = entry(record, subject)?;
            Some(verbs::redact_panel(
                words,
                format!("/entries/{}/redaction", view.entry.id),
                &page,
            ))
        }
        _ => None,
    }
}

/// The panel that promises a step anew.
pub(in crate::http::portal) fn repromise(
    visit: &Visit,
    record: &CaseRecord,
    subject: &str,
    page: &str,
) -> Option<Panel> {
    let step = record
        .steps
        .iter()
        .find(|step| step.id.to_string() == subject)?;
    let zone = visit.zone().name();
    let action = format!("/next-steps/{}", step.id);
    Some(verbs::repromise_panel(
        visit.words(),
        action,
        page,
        &step.what,
        zone,
    ))
}

fn entry<'a>(record: &'a CaseRecord, id: &str) -> Option<&'a EntryView> {
    let mut all = record.entries.iter().chain(&record.escalation_entries);
    all.find(|view| view.entry.id.to_string() == id && view.entry.redacted_at.is_none())
}

fn edit(visit: &Visit, record: &CaseRecord, page: &str) -> Option<Panel> {
    let access = visit.access().ok()?;
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
        .map(|person| Choice::new(person.id.to_string(), person.name()))
        .collect();
    let lines = record
        .lines
        .iter()
        .map(|(id, name)| Choice::new(id.clone(), name.clone()))
        .collect();
    Some(verbs::edit_panel(
        visit.words(),
        access,
        &now,
        owners,
        lines,
        page.to_owned(),
        page,
    ))
}
