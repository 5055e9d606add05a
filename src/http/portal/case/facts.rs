//! The facts of a case, beside its feeds.

use super::CaseRecord;
use crate::domain::access::CaseField;
use crate::domain::offers::CaseVerb;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Link};

/// The facts of the case.
pub(in crate::http::portal) fn facts_of_case(req: &PageRequest, record: &CaseRecord) -> Vec<Fact> {
    let (words, view) = (req.words(), &record.view);
    let case = &view.case;
    let label = |key| words.say_of("label", key, &[]);
    let of = |family: &str, member: &str| words.say_of(family, member, &[]);
    let owner = view
        .owner
        .as_ref()
        .map_or_else(|| words.say("nobody", &[]), |owner| owner.name.clone());
    let edits = req.access().is_ok_and(|access| {
        record.takes(access, CaseVerb::Edit) && access.may_change(CaseField::BusinessImpact).is_ok()
    });
    let change = edits.then(|| {
        Link::new(
            words.say("facts-change", &[]),
            format!("{}?do=edit#do", record.page()),
        )
    });
    let mut facts = vec![
        Fact::new(label("organization"), view.organization.name.clone()),
        Fact::new(words.say("facts-opened-by", &[]), view.contact.name.clone()),
        Fact::new(label("owner"), owner),
        Fact::new(
            label("deployment"),
            of("deployment", case.deployment.as_str()),
        ),
        Fact::new(
            label("business-impact"),
            of("impact", case.business_impact.as_str()),
        )
        .id("impact", change),
    ];
    facts.extend(
        case.product
            .as_ref()
            .map(|product| Fact::new(label("product"), product.clone())),
    );
    if !case.engagements.0.is_empty() {
        let parties: Vec<_> = case
            .engagements
            .0
            .iter()
            .map(|party| of("engagement", party.as_str()))
            .collect();
        facts.push(Fact::new(
            words.say("facts-engaged", &[]),
            crate::words::assessment::list(words, &parties),
        ));
    }
    // Customers never receive the names of lines.
    if req.is_staff() {
        facts.push(Fact::new(label("line-of-business"), view.line_name.clone()));
    }
    facts.push(Fact::at(words.say("facts-opened", &[]), case.opened_at));
    facts.extend(
        case.closed_at
            .map(|at| Fact::at(words.say("facts-closed", &[]), at)),
    );
    facts.extend(record.active().map(|view| {
        Fact::at(
            words.say("facts-escalated", &[]),
            view.escalation.submitted_at,
        )
    }));
    facts
}
