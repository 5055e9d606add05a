use proptest::prelude::*;

use super::*;
use crate::domain::eligibility::{FindingCode, Severity};
use crate::domain::ids::PersonId;

/// Who raised it, and is asked for the rating.
const REQUESTER: PersonId = PersonId::from_uuid(uuid::Uuid::from_u128(4));

/// The third, a bystander, neither owns nor supervises; the fourth raised it.
fn people() -> [PersonId; 4] {
    [1, 2, 3, 4].map(|number| PersonId::from_uuid(uuid::Uuid::from_u128(number)))
}

#[test]
fn the_matrix_of_importance_and_urgency() {
    use Level::*;
    for (importance, urgency, expected) in [
        (High, High, 1),
        (High, Medium, 2),
        (Medium, High, 2),
        (High, Low, 3),
        (Low, High, 3),
        (Medium, Medium, 3),
        (Medium, Low, 4),
        (Low, Medium, 4),
        (Low, Low, 5),
    ] {
        assert_eq!(
            rank(importance, urgency),
            expected,
            "{importance}/{urgency}"
        );
    }
}

#[test]
fn two_owners_cannot_both_claim() {
    let [first, second, ..] = people();
    let facts = Facts {
        state: State::Submitted,
        owner: None,
        rated: false,
        rater: REQUESTER,
        rater_is_gone: false,
    };
    let claim = |facts: &Facts, by| {
        transition(
            facts,
            &Actor {
                id: by,
                supervises: false,
            },
            &Command::Claim { by },
        )
    };
    let claimed = claim(&facts, first).unwrap();
    assert_eq!(claimed.event, Event::Claimed { by: first });
    let facts = Facts {
        state: claimed.state,
        owner: claimed.owner,
        ..facts
    };
    assert_eq!(
        claim(&facts, second),
        Err(Refusal::AlreadyClaimed { by: first })
    );
    // It is theirs already.
    let again = claim(&facts, first).unwrap();
    assert_eq!((again.state, again.owner), (facts.state, facts.owner));
    // What is over is no longer anybody's claim.
    let over = Facts {
        state: State::Declined,
        ..facts
    };
    let refused = Refusal::UnlawfulMove {
        state: State::Declined,
        verb: Verb::Claim,
        lawful: Vec::new(),
    };
    assert_eq!(claim(&over, second), Err(refused));
}

#[test]
fn a_refusal_says_what_would_be_lawful() {
    let [owner, ..] = people();
    let facts = Facts {
        state: State::Accepted,
        owner: Some(owner),
        rated: false,
        rater: REQUESTER,
        rater_is_gone: false,
    };
    let actor = Actor {
        id: owner,
        supervises: false,
    };
    assert_eq!(
        transition(
            &facts,
            &actor,
            &Command::Decline {
                reasons: vec![FindingCode::LowPriority]
            }
        ),
        Err(Refusal::UnlawfulMove {
            state: State::Accepted,
            verb: Verb::Decline,
            lawful: vec![Verb::Assign, Verb::Rerank, Verb::Withdraw, Verb::Close],
        })
    );
}

#[test]
fn reasons_are_given_each_once_in_the_order_of_the_rules() {
    let [owner, ..] = people();
    let facts = Facts {
        state: State::InReview,
        owner: Some(owner),
        rated: false,
        rater: REQUESTER,
        rater_is_gone: false,
    };
    let decline = |reasons: &[FindingCode]| {
        let command = Command::Decline {
            reasons: reasons.to_vec(),
        };
        transition(
            &facts,
            &Actor {
                id: owner,
                supervises: false,
            },
            &command,
        )
    };
    let given = [
        FindingCode::RecentlyUpdated,
        FindingCode::LowPriority,
        FindingCode::RecentlyUpdated,
    ];
    let reasons = vec![FindingCode::LowPriority, FindingCode::RecentlyUpdated];
    assert_eq!(decline(&given).unwrap().event, Event::Declined { reasons });
    assert_eq!(decline(&[]), Err(Refusal::ReasonsMissing));
    // M5: what is to be acknowledged or only told is no reason by itself, and may stand beside one.
    let beside = [
        FindingCode::AwaitingYourInformation,
        FindingCode::ThirdPartyEngaged,
    ];
    assert_eq!(decline(&beside), Err(Refusal::ReasonsMissing));
    let [one, other] = beside;
    assert!(decline(&[one, FindingCode::LowPriority, other]).is_ok());
}

/// The model: the moves of M2 as a drawing would show them, and whose they are, written down without a look at the
/// machine.
const ARROWS: &[(&str, &str, &str)] = &[
    ("submitted", "claim", "in_review"),
    ("submitted", "assign", "in_review"),
    ("submitted", "withdraw", "withdrawn"),
    ("in_review", "assign", "in_review"),
    ("in_review", "accept", "accepted"),
    ("in_review", "decline", "declined"),
    ("in_review", "withdraw", "withdrawn"),
    ("accepted", "assign", "accepted"),
    ("accepted", "rerank", "accepted"),
    ("accepted", "withdraw", "withdrawn"),
    ("accepted", "close", "closed"),
    ("closed", "rate", "closed"),
    ("closed", "ask_rater", "closed"),
];

#[derive(Clone, Debug)]
struct Model {
    state: &'static str,
    owner: Option<PersonId>,
    rated: bool,
}

impl Model {
    fn expects(&mut self, actor: &Actor, command: &Command) -> bool {
        let verb = command.verb().to_string();
        if let Command::Claim { by } = command
            && ["in_review", "accepted"].contains(&self.state)
            && self.owner == Some(*by)
        {
            return true;
        }
        let Some(arrow) = ARROWS
            .iter()
            .find(|arrow| arrow.0 == self.state && arrow.1 == verb)
        else {
            return false;
        };
        let lawful = match command {
            Command::Accept { steps: 0, .. } => false,
            Command::Rate { .. } if actor.id != REQUESTER => false,
            // Whoever is asked is still there.
            Command::AskRater => false,
            Command::Claim { .. } | Command::Withdraw => true,
            Command::Assign { .. } => actor.supervises,
            Command::Decline { reasons } => {
                let blocks = |code: &FindingCode| code.severity() == Severity::Blocking;
                (actor.supervises || self.owner == Some(actor.id)) && reasons.iter().any(blocks)
            }
            Command::Accept { .. } | Command::Rerank { .. } | Command::Close => {
                actor.supervises || self.owner == Some(actor.id)
            }
            Command::Rate { score } => !self.rated && (1..=5).contains(score),
        };
        if lawful {
            self.state = arrow.2;
            match command {
                Command::Claim { by: to } | Command::Assign { to } => self.owner = Some(*to),
                Command::Rate { .. } => self.rated = true,
                _ => {}
            }
        }
        lawful
    }
}

fn any_command() -> impl Strategy<Value = (Actor, Command)> {
    let person = || prop::sample::select(people().to_vec());
    let level = || prop::sample::select(Level::ALL);
    let reasons = prop::collection::vec(prop::sample::select(FindingCode::ALL), 0..3);
    let actor =
        (person(), prop::bool::weighted(0.3)).prop_map(|(id, supervises)| Actor { id, supervises });
    let command = prop_oneof![
        2 => person().prop_map(|by| Command::Claim { by }),
        2 => person().prop_map(|to| Command::Assign { to }),
        3 => (level(), level(), 0_usize..3).prop_map(|(importance, urgency, steps)| Command::Accept { importance, urgency, steps }),
        2 => (level(), level()).prop_map(|(importance, urgency)| Command::Rerank { importance, urgency }),
        1 => reasons.prop_map(|reasons| Command::Decline { reasons }),
        1 => Just(Command::Withdraw),
        2 => Just(Command::Close),
        3 => (0_u8..8).prop_map(|score| Command::Rate { score }),
        2 => Just(Command::AskRater),
    ];
    (actor, command)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_machine_does_what_the_model_expects(commands in prop::collection::vec(any_command(), 1..40)) {
        let mut facts = Facts { state: State::Submitted, owner: None, rated: false, rater: REQUESTER, rater_is_gone: false };
        let mut model = Model { state: "submitted", owner: None, rated: false };
        for (actor, command) in commands {
            let before = facts;
            let expected = model.expects(&actor, &command);
            match transition(&facts, &actor, &command) {
                Ok(decision) => {
                    prop_assert!(expected, "{:?} {:?} by {:?}", before, command, actor);
                    facts.state = decision.state;
                    facts.owner = decision.owner;
                    facts.rated |= matches!(decision.event, Event::Rated { .. });
                    if let Event::Accepted { importance, urgency, rank: place }
                        | Event::Reranked { importance, urgency, rank: place } = decision.event
                    {
                        prop_assert_eq!(place, rank(importance, urgency));
                    }
                }
                Err(refusal) => prop_assert!(!expected, "{:?} {:?} by {:?}: {}", before, command, actor, refusal),
            }
            prop_assert_eq!((facts.state.as_str(), facts.owner, facts.rated), (model.state, model.owner, model.rated));
            let active = ["submitted", "in_review", "accepted"].contains(&model.state);
            prop_assert_eq!(facts.state.is_active(), active);
            // What is under review has an owner, and what is over stays as it ended.
            prop_assert_eq!(facts.owner.is_some() || facts.state == State::Withdrawn, facts.state != State::Submitted);
            if !before.state.is_active() {
                prop_assert_eq!(facts.state, before.state);
            }
        }
    }
}

#[test]
fn every_state_says_exactly_the_verbs_of_its_arrows() {
    for state in State::ALL {
        let mut drawn: Vec<&str> = ARROWS
            .iter()
            .filter(|arrow| arrow.0 == state.as_str())
            .map(|arrow| arrow.1)
            .collect();
        let mut said: Vec<&str> = state
            .lawful_verbs()
            .iter()
            .map(|verb| verb.as_str())
            .collect();
        drawn.sort_unstable();
        said.sort_unstable();
        assert_eq!(said, drawn, "{state}");
    }
}

/// M11: another is asked only where the first one is gone and has not rated, and only by who runs it.
#[test]
fn another_is_asked_for_the_rating_where_the_first_is_gone() {
    let [owner, other, ..] = people();
    let facts = |rated, rater_is_gone| Facts {
        state: State::Closed,
        owner: Some(owner),
        rated,
        rater: REQUESTER,
        rater_is_gone,
    };
    let ask = |facts: &Facts, id, supervises| {
        let actor = Actor { id, supervises };
        let outcome = transition(facts, &actor, &Command::AskRater);
        assert_eq!(outcome.is_ok(), takes(facts, &actor, Verb::AskRater));
        outcome.map(|decision| (decision.state, decision.event))
    };
    let asked = Ok((State::Closed, Event::RaterAsked));
    assert_eq!(ask(&facts(false, true), owner, false), asked);
    assert_eq!(ask(&facts(false, true), other, true), asked);
    assert_eq!(
        ask(&facts(false, true), other, false),
        Err(Refusal::NotOwner)
    );
    assert_eq!(
        ask(&facts(false, false), owner, false),
        Err(Refusal::RaterStillHere)
    );
    assert_eq!(
        ask(&facts(true, true), owner, false),
        Err(Refusal::AlreadyRated)
    );
}
