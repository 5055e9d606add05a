use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::json;

use super::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::{
    BusinessImpact, Deployment, Engagement, Priority, Rca, Status, StepState,
};
use crate::domain::eligibility::{ActiveEscalation, CaseFacts, Policy, Promise, assess};
use crate::domain::escalation::State;
use crate::domain::ids::EscalationNumber;
use crate::domain::reason::{Answers, installed};

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn facts() -> CaseFacts {
    CaseFacts {
        number: CaseNumber::new(123),
        opened_at: at("2026-03-01T21:40:00Z"),
        status: Status::InProgress,
        priority: Priority::High,
        business_impact: BusinessImpact::Significant,
        deployment: Deployment::Cloud,
        engagements: Vec::new(),
        last_provider_entry_at: Some(at("2026-03-03T09:12:00Z")),
        rca: None,
        active_escalation: None,
        promises: Vec::new(),
        read_at: Some(at("2026-03-03T10:00:00Z")),
    }
}

const NOW: &str = "2026-03-03T14:05:00Z";

fn all(facts: &CaseFacts) -> Vec<(String, Assessment)> {
    let calendar = Calendar::standard(Tz::Europe__Berlin);
    let assessed = |reason: &crate::domain::reason::Reason| {
        let policy = Policy::default();
        assess(
            facts,
            reason,
            &Answers::default(),
            &calendar,
            &policy,
            at(NOW),
        )
        .expect("an assessment")
    };
    installed()
        .iter()
        .map(|reason| (reason.label.clone(), assessed(reason)))
        .collect()
}

fn outlook_of(facts: &CaseFacts) -> Headline {
    let words = Catalogue::load().unwrap();
    let all = all(facts);
    let pairs: Vec<_> = all
        .iter()
        .map(|(label, one)| (label.as_str(), one))
        .collect();
    outlook(
        &words,
        &pairs,
        &Times::new(&words, Tz::Europe__Berlin, at(NOW)),
    )
}

fn messages(facts: &CaseFacts, reason: usize) -> Vec<String> {
    let words = Catalogue::load().unwrap();
    let view = AssessmentView::new(&words, &all(facts)[reason].1);
    view.findings
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

#[test]
fn an_assessment_has_the_shape_of_section_4() {
    let words = Catalogue::load().unwrap();
    let view = AssessmentView::new(&words, &all(&facts())[0].1);
    let json = serde_json::to_value(&view).unwrap();
    assert_eq!(
        json,
        json!({
            "case": "C-000123", "reason": "no_update", "at": "2026-03-03T14:05:00Z", "verdict": "ineligible",
            "eligible_at": "2026-03-04T09:12:00Z",
            "findings": [{
                "code": "recently_updated", "rule": "E7", "severity": "blocking",
                "message": "Support updated this case 4 h 53 min ago; a high-priority case can be escalated 24 h after \
                            the last update.",
                "facts": {
                    "last_provider_update_at": "2026-03-03T09:12:00Z", "window_hours": 24, "since": "update",
                    "priority": "high",
                },
                "remedy": {"text": "Read the latest update", "href": "/cases/C-000123#case-feed"},
                "eligible_at": "2026-03-04T09:12:00Z",
            }],
        })
    );
    assert_eq!(
        serde_json::from_value::<AssessmentView>(json).unwrap(),
        view
    );
}

#[test]
fn what_is_missing_is_left_out() {
    let words = Catalogue::load().unwrap();
    let json = serde_json::to_value(AssessmentView::new(&words, &all(&facts())[3].1)).unwrap();
    assert_eq!(json.get("eligible_at"), None);
    assert_eq!(json["findings"][0]["code"], "rca_not_requested");
    assert_eq!(json["findings"][0].get("eligible_at"), None);
}

#[test]
fn every_finding_has_its_sentence() {
    let mut case = facts();
    case.rca = Some(Rca {
        requested_at: at("2026-03-02T09:00:00Z"),
        delivered_at: None,
    });
    case.engagements = vec![Engagement::Development, Engagement::ThirdParty];
    case.promises = vec![Promise {
        what: "Packet capture analysed".to_owned(),
        due_at: at(NOW) + TimeDelta::hours(3),
        state: StepState::Open,
    }];
    assert_eq!(
        messages(&case, 3),
        [
            "The root cause analysis was requested 1 day 5 h ago; it is overdue after 5 business days, in 6 days 9 h.",
            "This case also waits for development and a third party; a resolution may take longer, pending their findings.",
        ]
    );
    assert_eq!(
        messages(&case, 2)[0],
        "“Packet capture analysed” is promised in 3 h; no promised next step is overdue."
    );

    case.status = Status::Closed;
    case.priority = Priority::Low;
    case.active_escalation = Some(ActiveEscalation {
        number: EscalationNumber::new(45),
        state: State::InReview,
    });
    case.read_at = None;
    assert_eq!(
        messages(&case, 0)[..4],
        [
            "This case is closed, and a closed case cannot be escalated.",
            "E-000045 is active on this case (in review), and one escalation can be active at a time.",
            "This case has low priority; cases can be escalated from medium priority.",
            "Support updated this case 4 h 53 min ago, and you have not read it yet.",
        ]
    );
    assert_eq!(
        messages(&case, 4)[3],
        "An escalation is not the way to report changed urgency or impact. Ask for a change of priority instead; for high priority, call the number that your provider gave you."
    );
}

#[test]
fn a_button_says_when_it_will_be_enabled() {
    let headline = outlook_of(&facts());
    assert_eq!(headline.text, "Can be escalated in 19 h 7 min");
    assert_eq!(
        headline.detail,
        "at 10:12 tomorrow, unless support updates the case before."
    );
    assert_eq!(headline.at, Some(at("2026-03-04T09:12:00Z")));
    assert!(!headline.enabled);
}

#[test]
fn the_earliest_reason_is_the_one_to_wait_for() {
    let mut case = facts();
    case.promises = vec![Promise {
        what: "Update".to_owned(),
        due_at: at("2026-03-03T16:00:00Z"),
        state: StepState::Open,
    }];
    let headline = outlook_of(&case);
    assert_eq!(headline.text, "Can be escalated in 1 h 55 min");
    assert_eq!(
        headline.detail,
        "at 17:00, unless the promised next step is done before."
    );
}

#[test]
fn what_time_does_not_help_is_named() {
    let mut case = facts();
    case.business_impact = BusinessImpact::Limited;
    let headline = outlook_of(&case);
    assert_eq!(headline.text, "State the business impact first");
    assert_eq!(headline.at, None);

    case.active_escalation = Some(ActiveEscalation {
        number: EscalationNumber::new(45),
        state: State::Accepted,
    });
    assert_eq!(outlook_of(&case).text, "Escalated already");
    assert_eq!(
        outlook(
            &Catalogue::load().unwrap(),
            &[],
            &Times::new(&Catalogue::load().unwrap(), Tz::UTC, at(NOW))
        )
        .text,
        "Cannot be escalated"
    );
}

#[test]
fn one_reason_that_passes_is_enough() {
    let mut case = facts();
    case.last_provider_entry_at = Some(at("2026-03-02T09:12:00Z"));
    let headline = outlook_of(&case);
    assert!(headline.enabled);
    assert_eq!(headline.text, "This case can be escalated");
    assert_eq!(
        headline.detail,
        "Reasons that apply: No recent update, Unsatisfactory progress or handling."
    );
}

#[test]
fn a_stored_finding_without_its_facts_still_speaks() {
    let words = Catalogue::load().unwrap();
    for code in FindingCode::ALL {
        let finding = Finding {
            code: *code,
            severity: code.severity(),
            facts: FindingFacts::new(),
            remedy: None,
            eligible_at: None,
        };
        assert!(!sentence(&words, &finding, at(NOW)).is_empty());
    }
}
