mod examples;
mod policy;
mod properties;
mod windows;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::{BusinessImpact, Deployment, Engagement, Priority, Status, StepState};
use crate::domain::escalation::State;
use crate::domain::ids::EscalationNumber;
use crate::domain::reason::{Answer, Answers, PromisedDate, Reason, installed};

pub(super) const MOMENT: TimeDelta = TimeDelta::microseconds(1);

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn reason(code: &str) -> Reason {
    installed()
        .into_iter()
        .find(|reason| reason.code == code)
        .unwrap()
}

pub(super) fn berlin() -> Calendar {
    Calendar::standard(Tz::Europe__Berlin)
}

/// A high-priority case in the cloud with significant impact, opened on Monday 2 March 2026, that support has updated
/// on Tuesday at 09:12 and the contact has read since.
pub(super) fn stale_case() -> CaseFacts {
    CaseFacts {
        number: CaseNumber::new(123),
        opened_at: at("2026-03-02T08:00:00Z"),
        status: Status::InProgress,
        priority: Priority::High,
        business_impact: BusinessImpact::Significant,
        deployment: Deployment::Cloud,
        engagements: vec![],
        last_provider_entry_at: Some(at("2026-03-03T09:12:00Z")),
        rca: None,
        active_escalation: None,
        promises: vec![],
        read_at: Some(at("2026-03-03T10:00:00Z")),
    }
}

pub(super) fn promise(what: &str, due_at: &str, state: StepState) -> Promise {
    Promise {
        what: what.to_owned(),
        due_at: at(due_at),
        state,
    }
}

pub(super) fn promised_for(date: PromisedDate) -> Answers {
    [("promised_for".to_owned(), Answer::Date(date))]
        .into_iter()
        .collect()
}

pub(super) fn assessed(facts: &CaseFacts, code: &str, instant: Instant) -> Assessment {
    assessed_with(facts, code, &Answers::default(), instant)
}

pub(super) fn assessed_with(
    facts: &CaseFacts,
    code: &str,
    answers: &Answers,
    instant: Instant,
) -> Assessment {
    assess(
        facts,
        &reason(code),
        answers,
        &berlin(),
        &Policy::default(),
        instant,
    )
    .unwrap()
}

pub(super) fn codes(assessment: &Assessment) -> Vec<&'static str> {
    assessment
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

pub(super) fn facts_of(assessment: &Assessment, code: FindingCode) -> Value {
    let finding = assessment
        .findings
        .iter()
        .find(|finding| finding.code == code)
        .unwrap();
    Value::Object(finding.facts.clone())
}
