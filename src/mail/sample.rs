//! One made-up notice of each kind, on which every template is tried before the first real one.

pub mod letters;

use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;
use lettre::message::Mailbox;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::Letterhead;
use super::scene::{Addressee, Notice};
use crate::config::SecretKey;
use crate::domain::Instant;
use crate::domain::case::{Priority, Status};
use crate::domain::eligibility::FindingCode;
use crate::domain::ids::{CaseNumber, EscalationNumber, NoticeId, PersonId};
use crate::domain::language::Language;
use crate::domain::notice::{
    About, ActorFacts, Audience, CaseFacts, CaseMatter, EscalationFacts, Matter, NoticeKind,
    Payload, Topic,
};
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;

/// The letterhead of a made-up installation.
pub(super) fn letterhead() -> Letterhead {
    Letterhead {
        from: Mailbox::new(
            Some("Northstar Support".to_owned()),
            lettre::Address::new_dangerous("casebell", "northstar.example"),
        ),
        public_url: "https://support.northstar.example".to_owned(),
        support_phone: Some("+49 30 555 0100".to_owned()),
        key: SecretKey::from_text(&SecretString::from("the key of a made-up installation")),
    }
}

/// The notices of a kind with everything in them that can be there, to each audience.
pub(super) fn complete(kind: NoticeKind) -> Vec<Notice> {
    if kind.topic() == Topic::Case {
        on_case(kind, &full(kind), true)
    } else {
        letters::full(kind)
            .iter()
            .map(|letter| notice(Matter::Letter(letter.clone()), Side::Customer, true))
            .collect()
    }
}

/// The first of them, as it would be written to somebody at `now`, with the name of the organization that gives support.
pub fn of(
    kind: NoticeKind,
    to: Addressee,
    provider: String,
    host: &str,
    now: Instant,
) -> Option<Notice> {
    let made_up = complete(kind).into_iter().next()?;
    let id = NoticeId::new(now);
    Some(Notice {
        id,
        created_at: now,
        message_id: format!("<{id}@{host}>"),
        in_reply_to: None,
        to: Addressee {
            side: made_up.to.side,
            ..to
        },
        provider,
        ..made_up
    })
}

/// [`complete`], and with everything left out that can be.
pub(super) fn all(kind: NoticeKind) -> Vec<Notice> {
    let mut all = complete(kind);
    if kind.topic() == Topic::Case {
        all.extend(on_case(kind, &bare(kind), false));
    } else {
        let bare = letters::bare(kind);
        all.extend(
            bare.into_iter()
                .map(|letter| notice(Matter::Letter(letter), Side::Customer, false)),
        );
    }
    all
}

/// Who is told of cases.
pub(super) const TOLD_OF_CASES: [Audience; 10] = [
    Audience::Requester,
    Audience::EscalationOwner,
    Audience::Asker,
    Audience::Caller,
    Audience::Contact,
    Audience::CaseOwner,
    Audience::Named,
    Audience::Follower,
    Audience::Queue,
    Audience::Engineers,
];

/// Who is told of the end of an escalation: besides these, who is asked to rate it in the requester's place.
const TOLD_OF_ENDS: [Audience; 4] = [
    Audience::Requester,
    Audience::Rater,
    Audience::EscalationOwner,
    Audience::CaseOwner,
];

/// Who is told of targets.
const TOLD_OF_TARGETS: [Audience; 4] = [
    Audience::EscalationOwner,
    Audience::Queue,
    Audience::Duty,
    Audience::Ladder,
];

/// Who is told of such a thing.
fn told(kind: NoticeKind) -> &'static [Audience] {
    match kind {
        NoticeKind::EscalationClosed => &TOLD_OF_ENDS,
        NoticeKind::EscalationRatingAsked => &[Audience::Rater],
        NoticeKind::Mentioned => &[Audience::Mentioned],
        _ if kind.tells_of_targets() => &TOLD_OF_TARGETS,
        _ => &TOLD_OF_CASES,
    }
}

fn on_case(kind: NoticeKind, about: &Value, whole: bool) -> Vec<Notice> {
    // Every sample can be read, which a test shows; one that could not would only leave a template untried.
    let Ok(about) = About::parse(kind, about.clone()) else {
        debug_assert!(false, "the sample of {kind} cannot be read");
        return Vec::new();
    };
    let to = |audience: &Audience| {
        let side = match audience {
            Audience::Requester | Audience::Rater | Audience::Asker | Audience::Contact => {
                Side::Customer
            }
            _ => Side::Provider,
        };
        notice(Matter::Case(matter(&about, *audience, whole)), side, whole)
    };
    told(kind).iter().map(to).collect()
}

fn matter(about: &About, audience: Audience, whole: bool) -> CaseMatter {
    let on_escalation = about.kind().is_on_escalation(about.feed());
    CaseMatter {
        audience,
        case: CaseFacts {
            number: CaseNumber::new(123),
            subject: "Agents lose audio 30 seconds into outbound calls".to_owned(),
            organization: "ACME Contact Centers".to_owned(),
            priority: Priority::High,
            status: Status::InProgress,
        },
        escalation: (whole || on_escalation).then(|| EscalationFacts {
            number: EscalationNumber::new(45),
        }),
        about: about.clone(),
    }
}

/// A notice to Dana, or whoever she would be on that side, caused by somebody of the other.
fn notice(matter: Matter, side: Side, whole: bool) -> Notice {
    let at = instant();
    let id = NoticeId::new(at);
    let (actor, organization, actor_side) = match side {
        Side::Customer => ("Olga Marin", "Northstar Support", Side::Provider),
        Side::Provider => ("Dana Cole", "ACME Contact Centers", Side::Customer),
    };
    Notice {
        id,
        created_at: at,
        message_id: format!("<{id}@support.northstar.example>"),
        in_reply_to: whole.then(|| "<first@support.northstar.example>".to_owned()),
        to: Addressee {
            person: Some(PersonId::from_uuid(letters::THING)),
            name: "Dana Cole".to_owned(),
            email: address(),
            zone: Tz::Europe__Berlin,
            language: Language::default(),
            side,
        },
        provider: "Northstar Support".to_owned(),
        payload: Payload {
            at,
            actor: whole.then(|| ActorFacts {
                name: actor.to_owned(),
                organization: organization.to_owned(),
                side: actor_side,
            }),
            matter,
        },
    }
}

/// Everything that a kind can tell of a case.
fn full(kind: NoticeKind) -> Value {
    let due_at = instant() + TimeDelta::hours(5);
    match kind {
        NoticeKind::CaseOpened => json!({
            "description": "One-way audio after the re-INVITE at 28 s.\n\n- `eu-central` only\n- **200 agents** idle",
            "deployment": "cloud", "business_impact": "significant",
        }),
        NoticeKind::CaseClosed => json!({"note": "Works since the edge was restarted."}),
        NoticeKind::CaseReopened => json!({"note": "It happened again this morning."}),
        NoticeKind::CaseAssigned => json!({}),
        NoticeKind::EntryPosted => json!({
            "feed": "case", "entry": "0195e1a5-7c00-7000-8000-000000000001",
            "body": "We see one-way RTP after the re-INVITE on the `eu-central` edge.\n\nCould you send us a trace?",
            "files": ["failing-call.png", "edge <eu>.log"],
            "further": [{
                "entry": "0195e1a5-7c00-7000-8000-000000000002", "at": instant() + TimeDelta::minutes(2),
                "by": {"name": "Sam Reed", "organization": "Northstar Support", "side": "provider"},
                "body": "The failover is prepared.",
            }],
        }),
        NoticeKind::Mentioned => json!({
            "feed": "case", "entry": "0195e1a5-7c00-7000-8000-000000000001",
            "body": "@Dana Cole, could you send us a trace?",
            "files": ["failing-call.png"],
        }),
        NoticeKind::RcaRequested => {
            json!({"note": "Please explain the delay of the failover.", "due_at": due_at})
        }
        NoticeKind::RcaDelivered => {
            json!({"body": "## Cause\n\nA certificate of the edge had expired."})
        }
        NoticeKind::PriorityRequested => {
            json!({"note": "Two more agents are affected since noon.", "priority": "medium"})
        }
        NoticeKind::PriorityDecided => {
            json!({"granted": false, "note": "One agent is affected, and there is a way around it.", "priority": "medium"})
        }
        NoticeKind::StepPromised
        | NoticeKind::StepDone
        | NoticeKind::StepMissed
        | NoticeKind::StepRepromised => json!({
            "what": "Packet capture analysed", "who": "Sam Reed", "due_at": due_at,
            "reason": "The capture arrived late.",
        }),
        NoticeKind::EscalationSubmitted => json!({
            "reason": "No recent update",
            "details": "Two hundred agents are idle and we have had no news since yesterday morning.",
        }),
        NoticeKind::EscalationClaimed => json!({"owner": "Olga Marin"}),
        NoticeKind::EscalationAccepted => json!({
            "reply": "I have taken this over. Edge failover is prepared if we need it.", "rank": 1,
            "next_steps": [
                {"what": "Packet capture analysed", "who": "Sam Reed", "due_at": due_at},
                {"what": "Update to ACME", "who": "Olga Marin", "due_at": due_at + TimeDelta::minutes(30)},
            ],
        }),
        NoticeKind::EscalationDeclined => json!({
            "reasons": FindingCode::ALL, "reply": "We wrote to you at ten; please read it and answer there.", "calls": 2,
        }),
        NoticeKind::EscalationWithdrawn => {
            json!({"note": "Solved in the meantime.", "calls": 1})
        }
        NoticeKind::CallbackRequested
        | NoticeKind::CallbackTaken
        | NoticeKind::CallbackRescheduled
        | NoticeKind::CallbackDue
        | NoticeKind::CallbackMissed
        | NoticeKind::CallbackCanceled => call(),
        NoticeKind::RadarWarning => json!({
            "eligible_at": due_at, "prevented_by": "update",
            "reasons": ["No recent update", "Unsatisfactory progress or handling"],
        }),
        NoticeKind::CallbackCompleted => {
            let mut call = call();
            call["summary"] = "The edge was restarted while we spoke; audio is back.".into();
            call["entry"] = "0195e1a5-7c00-7000-8000-000000000001".into();
            call
        }
        NoticeKind::EscalationClosed | NoticeKind::EscalationRatingAsked => {
            json!({"outcome": "Solved", "summary": "The certificate was renewed.", "calls": 1})
        }
        NoticeKind::TargetReminder | NoticeKind::TargetMissed => {
            json!({"target": letters::THING, "of": "first_reply", "due_at": due_at})
        }
        // These have samples of their own.
        _ => Value::Null,
    }
}

fn call() -> Value {
    json!({
        "phone": "+49 30 555 0177", "begins_at": instant() + TimeDelta::hours(5),
        "ends_at": instant() + TimeDelta::hours(7), "time_zone": "Europe/Berlin", "owner": "Olga Marin",
        "note": "We would rather talk than write: the failover is tonight.",
    })
}

/// What a kind tells at the least.
fn bare(kind: NoticeKind) -> Value {
    let mut facts = full(kind);
    if let Value::Object(facts) = &mut facts {
        for optional in [
            "note",
            "reply",
            "summary",
            "details",
            "entry",
            "rank",
            "next_steps",
            "calls",
            "further",
            "files",
        ] {
            facts.remove(optional);
        }
        match kind {
            // Whoever asks says why.
            NoticeKind::PriorityRequested => {
                drop(facts.insert("note".into(), full(kind)["note"].clone()))
            }
            NoticeKind::EntryPosted | NoticeKind::Mentioned => {
                drop(facts.insert("feed".into(), "escalation".into()));
            }
            NoticeKind::RcaRequested => drop(facts.remove("due_at")),
            NoticeKind::PriorityDecided => drop(facts.insert("granted".into(), true.into())),
            NoticeKind::EscalationDeclined => {
                drop(facts.insert("reasons".into(), json!(["recently_updated"])))
            }
            NoticeKind::StepPromised
            | NoticeKind::StepDone
            | NoticeKind::StepMissed
            | NoticeKind::StepRepromised => drop(facts.remove("reason")),
            NoticeKind::RadarWarning => {
                drop(facts.insert("reasons".into(), json!(["An agreed date was missed"])));
                drop(facts.insert("prevented_by".into(), "next_step".into()));
            }
            NoticeKind::CallbackRescheduled
            | NoticeKind::CallbackDue
            | NoticeKind::CallbackMissed => drop(facts.remove("owner")),
            _ => {}
        }
    }
    facts
}

/// 3 March 2026, 09:14 UTC.
pub(super) fn instant() -> Instant {
    DateTime::from_timestamp(1_772_529_240, 0).unwrap_or_default()
}

fn address() -> EmailAddress {
    match EmailAddress::parse("dana.cole@acme.example") {
        Ok(address) => address,
        Err(_) => unreachable!("a lawful address"),
    }
}

/// A made-up letter, each with an id of its own.
#[cfg(test)]
pub(super) fn letter() -> super::message::Letter {
    let notice = complete(NoticeKind::CaseClosed).remove(0);
    let rendered = super::render::Rendered {
        subject: "[C-000123] Agents lose audio".to_owned(),
        text: "Solved.\n".to_owned(),
        html: "<p>Solved.</p>\n".to_owned(),
    };
    match super::message::Letter::new(&notice, &rendered, &letterhead()) {
        Ok(letter) => letter,
        Err(error) => panic!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_samples() {
        for kind in NoticeKind::ALL {
            let (complete, all) = (complete(*kind), all(*kind));
            assert!(!complete.is_empty() && all.len() > complete.len(), "{kind}");
            for notice in all {
                assert_eq!(notice.payload.kind(), *kind);
                let row = serde_json::to_string(&notice.payload).unwrap();
                let read: Payload = serde_json::from_str(&row).unwrap();
                assert_eq!(read, notice.payload, "{row}");
            }
        }
    }
}
