//! What stands beside the feeds about one escalation.

use super::panel::verbs_of;
use super::record::Record;
use super::{FactThenNow, ReviewView, ThenNow};
use super::{earlier, targets};
use crate::domain::eligibility::CaseFacts;
use crate::domain::escalation::{State, Verb};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Event, Fact, Link};
use crate::store::audit;

/// What stands beside the feeds about the escalation of `record`.
pub(in crate::http::portal) fn beside(req: &PageRequest, record: &Record) -> ReviewView {
    let row = &record.view.escalation;
    let mut assessment = ThenNow::new(
        req.words(),
        &row.assessment.0,
        record.assessment(),
        compared(req, record),
    );
    // Whoever decides has it before their eyes; for others it is a click away.
    assessment.open = req.is_staff() && matches!(row.state, State::Submitted | State::InReview);
    let verbs = verbs_of(req, record);
    let acts = verbs.iter().filter(|verb| **verb != Verb::Claim);
    let mut acts: Vec<Link> = acts.map(|verb| act(req, record, *verb)).collect();
    if let (Some(last), true) = (acts.last_mut(), leads_on(&verbs)) {
        last.main = true;
    }
    ReviewView {
        number: row.number.to_string(),
        state: row.state,
        rank: row.rank.and_then(|rank| u8::try_from(rank).ok()),
        facts: facts_of(req, record),
        at_once: verbs.contains(&Verb::Claim).then(|| claim(req, record)),
        acts,
        assessment,
        earlier: earlier::view(req, record),
        targets: targets::views(req, record),
        history: history(req, record),
    }
}

/// Whether the last of these verbs is the main thing to do here: to take an escalation back or to give it to somebody is
/// not, and what nobody has claimed is claimed first.
fn leads_on(verbs: &[Verb]) -> bool {
    let last = verbs.last();
    !matches!(
        last,
        None | Some(Verb::Claim | Verb::Withdraw | Verb::Assign)
    )
}

/// The link to the panel of a verb.
fn act(req: &PageRequest, record: &Record, verb: Verb) -> Link {
    Link::new(
        req.words().say_of("escalation-verb", verb.as_str(), &[]),
        format!("{}?do={verb}#do", record.page()),
    )
}

fn claim(req: &PageRequest, record: &Record) -> Link {
    Link::new(
        req.words()
            .say_of("escalation-verb", Verb::Claim.as_str(), &[]),
        format!("{}/claim", record.page()),
    )
}

fn compared(req: &PageRequest, record: &Record) -> Vec<FactThenNow> {
    let words = req.words();
    let (then, now) = (&record.then, &record.now);
    let fact = |label: &str, family: &str, then: &str, now: &str| {
        let label = words.say_of("label", label, &[]);
        FactThenNow::new(
            label,
            words.say_of(family, then, &[]),
            words.say_of(family, now, &[]),
        )
    };
    let at = |facts: &CaseFacts| req.times().near(facts.last_provider_update_at());
    vec![
        fact(
            "priority",
            "priority",
            then.priority.as_str(),
            now.priority.as_str(),
        ),
        fact(
            "business-impact",
            "impact",
            then.business_impact.as_str(),
            now.business_impact.as_str(),
        ),
        fact(
            "status",
            "status",
            then.status.as_str(),
            now.status.as_str(),
        ),
        FactThenNow::new(words.say("wait-detail-updated", &[]), at(then), at(now)),
    ]
}

fn facts_of(req: &PageRequest, record: &Record) -> Vec<Fact> {
    let (words, row) = (req.words(), &record.view.escalation);
    let label = |key| words.say_of("label", key, &[]);
    let owner = record
        .view
        .owner
        .as_ref()
        .map_or_else(|| words.say("nobody", &[]), |owner| owner.name.clone());
    let mut facts = vec![Fact::new(label("escalation-owner"), owner)];
    for (key, level) in [("importance", row.importance), ("urgency", row.urgency)] {
        facts.extend(
            level.map(|level| Fact::new(label(key), words.say_of("level", level.as_str(), &[]))),
        );
    }
    facts.push(Fact::at(
        words.say("facts-submitted", &[]),
        row.submitted_at,
    ));
    // Whoever decides may have to ask.
    facts.extend(record.requester.as_ref().map(|person| {
        let address = person.email.to_string();
        Fact::new(words.say("review-requester", &[]), address)
    }));
    facts
}

fn history(req: &PageRequest, record: &Record) -> Vec<Event> {
    let words = req.words();
    let event = |event: &audit::Event| {
        let what = event.kind.trim_start_matches("escalation.");
        let known = HISTORY_KINDS.contains(&what);
        let text = if known {
            words.say_of("history", what, &[])
        } else {
            what.to_owned()
        };
        Event {
            text,
            at: event.at,
            by: event.actor_name.clone(),
        }
    };
    record.history.iter().map(event).collect()
}

/// The members of the family `history`.
pub(crate) const HISTORY_KINDS: [&str; 10] = [
    "submitted",
    "claimed",
    "assigned",
    "accepted",
    "reranked",
    "declined",
    "withdrawn",
    "closed",
    "rated",
    "rater_asked",
];
