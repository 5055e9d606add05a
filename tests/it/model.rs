//! The escalation against a model of it: random people do random things to one case, and whatever they do, the desk
//! answers as the model does and stands where the model stands.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, Escalation, Person, medium};
use crate::support::say;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Submitted,
    InReview,
    Accepted,
    Declined,
    Withdrawn,
    Closed,
}

impl State {
    const fn text(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::InReview => "in_review",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }

    const fn is_active(self) -> bool {
        matches!(self, Self::Submitted | Self::InReview | Self::Accepted)
    }
}

#[derive(Clone, Debug)]
struct ModelEscalation {
    state: State,
    owner: Option<&'static str>,
    rank: Option<i64>,
    rated: bool,
    requester: &'static str,
}

/// What the contract says of one case and its escalations, in as few words as possible.
#[derive(Debug, Default)]
struct Model {
    case_closed: bool,
    escalations: Vec<ModelEscalation>,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Submit,
    Claim,
    Assign(&'static str),
    Accept(&'static str, &'static str),
    Rank(&'static str, &'static str),
    Decline,
    Withdraw,
    Close,
    Rate,
    CloseCase,
    ReopenCase,
}

/// What is to come of an action: these answers are right.
type Expected = BTreeSet<(u16, &'static str)>;

/// Those whose work it is do more of it.
const PEOPLE: [&str; 11] = [
    "dana", "dana", "carl", "vic", "gina", "eve", "ola", "ola", "otto", "sam", "sam",
];
const LEVELS: [&str; 3] = ["low", "medium", "high"];

fn rank(importance: &str, urgency: &str) -> i64 {
    let weight = |level: &str| {
        LEVELS
            .iter()
            .position(|each| *each == level)
            .expect("a level") as i64
    };
    5 - weight(importance) - weight(urgency)
}

impl Model {
    /// Does the action, or says how it is refused.
    fn apply(&mut self, who: &'static str, action: Action) -> Expected {
        let contact = matches!(who, "dana" | "carl");
        let owner = matches!(who, "ola" | "otto" | "sam");
        let supervisor = who == "sam";
        let staff = owner || who == "eve";
        if who == "gina" {
            return [(404, "not_found")].into();
        }
        let allowed = match action {
            Action::Submit | Action::Withdraw => contact || supervisor,
            Action::Claim
            | Action::Accept(..)
            | Action::Rank(..)
            | Action::Decline
            | Action::Close => owner,
            Action::Assign(_) => supervisor,
            Action::Rate => contact,
            Action::CloseCase | Action::ReopenCase => contact || staff,
        };
        if !allowed {
            return [(403, "missing_permission")].into();
        }
        let active = self
            .escalations
            .last()
            .is_some_and(|last| last.state.is_active());
        match action {
            Action::Submit if active => return [(409, "active_escalation")].into(),
            Action::Submit if self.case_closed => return [(422, "not_eligible")].into(),
            Action::Submit => {
                self.escalations.push(ModelEscalation {
                    state: State::Submitted,
                    owner: None,
                    rank: None,
                    rated: false,
                    requester: who,
                });
                return [(201, "")].into();
            }
            Action::CloseCase if self.case_closed => return [(409, "case_closed")].into(),
            Action::CloseCase if active && !contact => {
                return [(409, "close_escalation_first")].into();
            }
            Action::CloseCase => {
                self.case_closed = true;
                if let Some(last) = self
                    .escalations
                    .last_mut()
                    .filter(|last| last.state.is_active())
                {
                    last.state = State::Withdrawn;
                }
                return [(200, "")].into();
            }
            Action::ReopenCase if !self.case_closed => return [(409, "case_not_closed")].into(),
            Action::ReopenCase => {
                self.case_closed = false;
                return [(200, "")].into();
            }
            _ => {}
        }
        let Some(last) = self.escalations.last_mut() else {
            return [(404, "not_found")].into();
        };
        if matches!(action, Action::Claim) && last.state.is_active() && last.owner == Some(who) {
            return [(200, "")].into();
        }
        let lawful = match action {
            Action::Claim => last.state == State::Submitted,
            Action::Accept(..) | Action::Decline => last.state == State::InReview,
            Action::Close | Action::Rank(..) => last.state == State::Accepted,
            Action::Assign(_) | Action::Withdraw => last.state.is_active(),
            _ => last.state == State::Closed,
        };
        if !lawful {
            let claimed = matches!(action, Action::Claim) && last.state.is_active();
            return [(
                409,
                if claimed {
                    "already_claimed"
                } else {
                    "unlawful_move"
                },
            )]
            .into();
        }
        let decides = matches!(
            action,
            Action::Accept(..) | Action::Rank(..) | Action::Decline | Action::Close
        );
        if decides && !supervisor && last.owner != Some(who) {
            return [(403, "not_escalation_owner")].into();
        }
        match action {
            Action::Claim => (last.state, last.owner) = (State::InReview, Some(who)),
            Action::Assign(to) => {
                last.owner = Some(to);
                if last.state == State::Submitted {
                    last.state = State::InReview;
                }
            }
            Action::Accept(importance, urgency) => {
                (last.state, last.rank) = (State::Accepted, Some(rank(importance, urgency)));
            }
            Action::Rank(importance, urgency) => last.rank = Some(rank(importance, urgency)),
            Action::Decline => last.state = State::Declined,
            Action::Withdraw => last.state = State::Withdrawn,
            Action::Close => last.state = State::Closed,
            Action::Rate if last.requester != who => return [(403, "not_rater")].into(),
            Action::Rate if last.rated => return [(409, "already_rated")].into(),
            Action::Rate => last.rated = true,
            Action::Submit | Action::CloseCase | Action::ReopenCase => {}
        }
        [(200, "")].into()
    }
}

async fn perform(
    person: &Person,
    case: &Case,
    last: Option<&Escalation>,
    action: Action,
) -> Option<Answer> {
    let verb = async |verb: &str, body: Value| match last {
        Some(escalation) => Some(person.does(escalation, verb, body).await),
        // There is nothing yet to do it to.
        None => None,
    };
    match action {
        Action::Submit => {
            let all = ["unread_update", "awaiting_your_information", "provider_updated_recently"];
            Some(person.escalates(case, "no_progress").acknowledging(&all).await)
        }
        Action::Claim => verb("claim", json!({})).await,
        Action::Assign(to) => verb("assign", json!({ "owner": format!("{to}@bellhop.test") })).await,
        Action::Accept(importance, urgency) => {
            verb("accept", json!({ "importance": importance, "urgency": urgency, "reply": "Yes.", "next_steps": [person.step()] })).await
        }
        Action::Rank(importance, urgency) => {
            verb("rank", json!({ "importance": importance, "urgency": urgency })).await
        }
        Action::Decline => verb("decline", json!({ "reasons": ["low_priority"], "reply": "No." })).await,
        Action::Withdraw => verb("withdraw", json!({})).await,
        Action::Close => verb("close", json!({ "outcome": "Done", "summary": "Done." })).await,
        Action::Rate => verb("rating", json!({ "score": 3 })).await,
        Action::CloseCase => Some(person.closes(case).await),
        Action::ReopenCase => Some(person.reopens(case).await),
    }
}

fn any_action(random: &mut StdRng) -> Action {
    match random.random_range(0..17) {
        0..4 => Action::Submit,
        4..6 => Action::Claim,
        6 => Action::Assign(["ola", "otto"].choose(random).expect("one")),
        7..9 => Action::Accept(
            LEVELS.choose(random).expect("one"),
            LEVELS.choose(random).expect("one"),
        ),
        9 => Action::Decline,
        10 => Action::Withdraw,
        11..13 => Action::Close,
        13 => Action::Rate,
        14 if random.random_bool(0.4) => Action::CloseCase,
        15 => Action::Rank(
            LEVELS.choose(random).expect("one"),
            LEVELS.choose(random).expect("one"),
        ),
        _ => Action::ReopenCase,
    }
}

on_both_databases! { Desk:
    whatever_people_do_the_desk_stands_where_the_model_stands,
}

async fn whatever_people_do_the_desk_stands_where_the_model_stands(desk: Desk) {
    let seed: u64 = std::env::var("CASEBELL_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(rand::random);
    say(&format!("model: CASEBELL_TEST_SEED={seed}"));
    let mut random = StdRng::seed_from_u64(seed);
    let eve = desk.person("eve");
    let case = desk.person("dana").opens(medium()).await;
    let mut model = Model::default();
    let mut last: Option<Escalation> = None;
    let mut moved = 0;
    for step in 0..200 {
        let (who, action) = (
            *PEOPLE.choose(&mut random).expect("somebody"),
            any_action(&mut random),
        );
        let context = format!("seed {seed}, step {step}: {who} {action:?} on {model:?}");
        if last.is_none()
            && !matches!(
                action,
                Action::Submit | Action::CloseCase | Action::ReopenCase
            )
        {
            continue;
        }
        let expected = model.apply(who, action);
        let answer = perform(&desk.person(who), &case, last.as_ref(), action)
            .await
            .expect("there is one");
        let got = (
            answer.status,
            answer.json["code"].as_str().unwrap_or_default(),
        );
        assert!(
            expected.contains(&got),
            "{context}: expected {expected:?}: {answer:?}"
        );
        if answer.status == 201 {
            last = Some(Escalation::of(&answer.json));
        }
        moved += usize::from(answer.status < 300);
        desk.passes(TimeDelta::seconds(random.random_range(0..7200)));

        let seen = eve.sees(&case).await;
        assert_eq!(seen["status"] == "closed", model.case_closed, "{context}");
        let active = model
            .escalations
            .last()
            .filter(|last| last.state.is_active());
        assert_eq!(
            seen["active_escalation"]["state"].as_str(),
            active.map(|last| last.state.text()),
            "{context}"
        );
        if let (Some(escalation), Some(expected)) = (&last, model.escalations.last()) {
            let seen = eve.sees_escalation(escalation).await;
            assert_eq!(seen["state"], expected.state.text(), "{context}");
            assert_eq!(seen["rank"].as_i64(), expected.rank, "{context}");
            let owner = seen["owner"]["name"]
                .as_str()
                .map(|name| name.split(' ').next().unwrap_or_default().to_lowercase());
            assert_eq!(owner.as_deref(), expected.owner, "{context}");
        }
    }
    // A ladder comes to its end, and what is told of it waits for no more than a weekend (N7): then nothing is left.
    for days in [7, 4] {
        desk.passes(TimeDelta::days(days));
        desk.mailbox().await;
    }
    let history = eve
        .all(&format!("/cases/{}/escalations", case.number))
        .await;
    let states: Vec<&str> = history
        .iter()
        .rev()
        .filter_map(|one| one["state"].as_str())
        .collect();
    let expected: Vec<&str> = model
        .escalations
        .iter()
        .map(|one| one.state.text())
        .collect();
    assert_eq!(states, expected, "seed {seed}");
    assert!(
        moved >= 8,
        "seed {seed}: only {moved} of the steps moved anything"
    );
}
