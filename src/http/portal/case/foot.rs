//! The foot of the case page: whether the case may be escalated, what may be done with it, and the bell.

use super::CaseRecord;
use crate::domain::access::Permission;
use crate::domain::escalation::{State, Verb};
use crate::domain::offers::{self, CaseVerb};
use crate::http::portal::help::place::ESCALATION;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Bell, Foot, Link};
use crate::store::escalations::EscalationView;
use crate::words::assessment::outlook;

/// The foot.
pub(super) fn foot(req: &PageRequest, record: &CaseRecord, page: &str) -> Foot {
    let words = req.words();
    let labelled =
        |one: &crate::domain::eligibility::Assessment| record.label(&one.reason).to_owned();
    let labels: Vec<_> = record.assessments.iter().map(labelled).collect();
    let pairs: Vec<_> = labels
        .iter()
        .map(String::as_str)
        .zip(&record.assessments)
        .collect();
    let outlook = outlook(words, &pairs, &req.times());
    let escalates = req.can(Permission::EscalationsSubmit);
    let (headline, detail) = match record.active() {
        Some(view) => active(req, view),
        None => (outlook.text, outlook.detail),
    };
    Foot {
        headline,
        detail,
        why: (escalates && record.active().is_none()).then(|| "#before".to_owned()),
        guide: (escalates && !outlook.enabled).then_some(ESCALATION),
        actions: actions(req, record, page),
        at_once: None,
        bell: escalates.then(|| Bell {
            href: format!("{page}/escalate"),
            enabled: outlook.enabled,
            at: outlook.at,
        }),
    }
}

/// What the foot says while an escalation is active: that, and since when.
fn active(req: &PageRequest, view: &EscalationView) -> (String, String) {
    let words = req.words();
    let escalation = &view.escalation;
    let number = escalation.number.to_string();
    let args = [
        ("by", view.requested_by.name.as_str().into()),
        ("at", req.times().near(escalation.submitted_at).into()),
    ];
    let detail = match escalation.state {
        State::Submitted => words.say("foot-submitted", &args),
        _ => words.say("foot-since", &args),
    };
    (
        words.say("check-active", &[("number", number.into())]),
        detail,
    )
}

fn actions(req: &PageRequest, record: &CaseRecord, page: &str) -> Vec<Link> {
    let words = req.words();
    let verb = |verb: &str| {
        Link::new(
            words.say_of("action", verb, &[]),
            format!("{page}?do={verb}#do"),
        )
    };
    let Ok(access) = req.access() else {
        return Vec::new();
    };
    let order = [
        CaseVerb::Record,
        CaseVerb::Edit,
        CaseVerb::Close,
        CaseVerb::Reopen,
    ];
    let withdraws = record.active().filter(|view| {
        offers::of_escalation(&view.escalation.facts(), access).contains(&Verb::Withdraw)
    });
    let withdraw = withdraws.map(|view| {
        Link::new(
            words.say_of("escalation-verb", Verb::Withdraw.as_str(), &[]),
            format!("/escalations/{}?do=withdraw#do", view.escalation.number),
        )
    });
    let offered = order.into_iter().filter(|verb| record.takes(access, *verb));
    let action = |offered: CaseVerb| match offered {
        CaseVerb::Reopen => Link {
            id: "reopen",
            ..verb(offered.as_str()).main()
        },
        offered => verb(offered.as_str()),
    };
    withdraw.into_iter().chain(offered.map(action)).collect()
}
