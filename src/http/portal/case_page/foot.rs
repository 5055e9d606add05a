//! The foot of the page: whether the case may be escalated or how its escalation stands, what may be done, and the bell.

use super::read::Shown;
use crate::domain::access::Permission;
use crate::domain::escalation::{Level, State, Verb};
use crate::domain::offers::{self, CaseVerb};
use crate::http::portal::case::CaseRecord;
use crate::http::portal::help::place::ESCALATION;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Bell, Countdown, Foot, Link};
use crate::http::portal::review::ReviewView;
use crate::store::escalations::EscalationView;
use crate::words::assessment::outlook;

/// Stands in a sentence where its time is put.
const HOLE: &str = "\u{1}";

/// The foot; `answers` says whether the visitor may write about the escalation that is active.
pub(super) fn foot(
    req: &PageRequest,
    shown: &Shown,
    review: Option<&ReviewView>,
    answers: bool,
) -> Foot {
    let (words, record) = (req.words(), shown.case());
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
    let active = record.active();
    let (headline, detail) = match active {
        Some(view) => escalated(req, view),
        None => (outlook.text, outlook.detail),
    };
    Foot {
        headline,
        countdown: match active {
            Some(_) => None,
            None => outlook.at.and_then(|at| {
                let said = words.say("outlook-later", &[("in", HOLE.into())]);
                let (before, after) = said.split_once(HOLE)?;
                Some(Countdown {
                    before: before.to_owned(),
                    at,
                    after: after.to_owned(),
                })
            }),
        },
        detail,
        why: (escalates && active.is_none()).then(|| "#before".to_owned()),
        guide: (escalates && active.is_none() && !outlook.enabled).then_some(ESCALATION),
        actions: actions(req, record),
        main: main(req, shown, review, answers),
        at_once: review.and_then(|review| review.at_once.clone()),
        bell: escalates.then(|| Bell {
            href: format!("{}/escalate", record.page()),
            enabled: outlook.enabled,
            at: outlook.at,
        }),
    }
}

/// What the foot says while an escalation is active: how it stands, and since when or how it is ranked.
fn escalated(req: &PageRequest, view: &EscalationView) -> (String, String) {
    let words = req.words();
    let escalation = &view.escalation;
    let number = escalation.number.to_string();
    let state = words.say_of("state-in", escalation.state.as_str(), &[]);
    let headline = words.say(
        "foot-state",
        &[("number", number.into()), ("state", state.into())],
    );
    let level = |level: Level| words.say_of("level-in", level.as_str(), &[]);
    let ranked = escalation.importance.zip(escalation.urgency);
    let detail = match (ranked, escalation.state) {
        (Some((importance, urgency)), _) => words.say(
            "foot-ranked",
            &[
                ("importance", level(importance).into()),
                ("urgency", level(urgency).into()),
            ],
        ),
        (None, state) => {
            let args = [
                ("by", view.requested_by.name.as_str().into()),
                ("at", req.times().near(escalation.submitted_at).into()),
            ];
            match state {
                State::Submitted => words.say("foot-submitted", &args),
                _ => words.say("foot-since", &args),
            }
        }
    };
    (headline, detail)
}

/// The main thing to do here besides escalating: what the escalation's reviewer does next, to reopen, or to answer support.
fn main(
    req: &PageRequest,
    shown: &Shown,
    review: Option<&ReviewView>,
    answers: bool,
) -> Option<Link> {
    let record = shown.case();
    if review.is_some_and(|review| review.at_once.is_some()) {
        return None;
    }
    let acts = review.map(|review| review.acts.as_slice());
    if let Some(act) = acts.unwrap_or_default().iter().find(|act| act.main) {
        return Some(act.clone());
    }
    if let Ok(access) = req.access()
        && record.takes(access, CaseVerb::Reopen)
    {
        return Some(Link {
            id: "reopen",
            ..verb(req, record, CaseVerb::Reopen).main()
        });
    }
    let answers = answers && !req.is_staff() && shown.is_under_review();
    answers.then(|| Link::new(req.words().say("foot-answer", &[]), "#answer-body").main())
}

fn verb(req: &PageRequest, record: &CaseRecord, verb: CaseVerb) -> Link {
    Link::new(
        req.words().say_of("action", verb.as_str(), &[]),
        format!("{}?do={verb}#do", record.page()),
    )
}

/// What else may be done: what is about the case, and for its side to take the escalation back.
fn actions(req: &PageRequest, record: &CaseRecord) -> Vec<Link> {
    let Ok(access) = req.access() else {
        return Vec::new();
    };
    let withdraws = record.active().filter(|view| {
        offers::of_escalation(&view.escalation.facts(), access).contains(&Verb::Withdraw)
    });
    let withdraw = withdraws.map(|view| {
        Link::new(
            req.words()
                .say_of("escalation-verb", Verb::Withdraw.as_str(), &[]),
            format!("/escalations/{}?do=withdraw#do", view.escalation.number),
        )
    });
    let order = [CaseVerb::Record, CaseVerb::Edit, CaseVerb::Close];
    let offered = order.into_iter().filter(|verb| record.takes(access, *verb));
    withdraw
        .into_iter()
        .chain(offered.map(|offered| verb(req, record, offered)))
        .collect()
}
