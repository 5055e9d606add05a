//! The criteria, one after the other.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::window::{must_wait, rca_due_at, stale_from};
use super::{
    Assessment, CaseFacts, Finding, FindingCode, Policy, Promise, Remedy, Severity, Verdict,
};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, CalendarError};
use crate::domain::case::{Rca, Status, StepState};
use crate::domain::reason::{Answers, Governance, QuestionKind, Reason};

/// Assesses a case for a reason at an instant: every finding that applies, in the order of the rules, and what they
/// come to (E2–E11).
///
/// `facts` are those of the instant, as far as it lies in the past, and those of now if it lies ahead. `answers` may be
/// empty, as before the form is filled in.
///
/// # Errors
/// If a window ends beyond the end of time.
pub fn assess(
    facts: &CaseFacts,
    reason: &Reason,
    answers: &Answers,
    calendar: &Calendar,
    policy: &Policy,
    at: Instant,
) -> Result<Assessment, CalendarError> {
    let mut findings = Vec::new();
    findings.extend(case_closed(facts));
    findings.extend(active_escalation(facts));
    findings.extend(low_priority(facts, policy));
    match reason.governed_by {
        Governance::Never => findings.push(use_priority_change(facts)),
        Governance::RcaWindow => findings.extend(rca_window(facts, calendar, policy, at)),
        Governance::Staleness => {
            findings.extend(recently_updated(facts, policy, at)?);
            findings.extend(impact_not_significant(facts, policy));
        }
        Governance::Commitment => {
            findings.extend(commitment_not_due(
                facts,
                promised_for(reason, answers, calendar),
                at,
            ));
        }
    }
    // What is never eligible leaves nothing to acknowledge.
    if reason.governed_by != Governance::Never {
        findings.extend(unread_update(facts));
        findings.extend(awaiting_your_information(facts));
    }
    if reason.governed_by == Governance::Staleness {
        findings.extend(provider_updated_recently(facts, policy, at)?);
    }
    findings.extend(third_party_engaged(facts));
    let verdict = verdict(&findings);
    Ok(Assessment {
        case: facts.number,
        reason: reason.code.clone(),
        at,
        verdict,
        findings,
    })
}

/// E2.
fn case_closed(facts: &CaseFacts) -> Option<Finding> {
    (facts.status == Status::Closed).then(|| {
        found(
            FindingCode::CaseClosed,
            Some(Remedy::ReopenCase),
            json!({ "status": facts.status }),
        )
    })
}

/// E3.
fn active_escalation(facts: &CaseFacts) -> Option<Finding> {
    let active = facts.active_escalation?;
    Some(found(
        FindingCode::ActiveEscalation,
        Some(Remedy::SeeEscalation),
        json!({ "number": active.number, "state": active.state }),
    ))
}

/// E4.
fn low_priority(facts: &CaseFacts, policy: &Policy) -> Option<Finding> {
    (facts.priority < policy.minimum_priority).then(|| {
        found(
            FindingCode::LowPriority,
            Some(Remedy::ChangePriority),
            json!({ "priority": facts.priority, "minimum_priority": policy.minimum_priority }),
        )
    })
}

/// E5.
fn use_priority_change(facts: &CaseFacts) -> Finding {
    found(
        FindingCode::UsePriorityChange,
        Some(Remedy::ChangePriority),
        json!({ "priority": facts.priority, "business_impact": facts.business_impact }),
    )
}

/// E6. A calendar that has no business day is a finding like others: it takes no answer away but this one.
fn rca_window(
    facts: &CaseFacts,
    calendar: &Calendar,
    policy: &Policy,
    at: Instant,
) -> Option<Finding> {
    let Some(Rca {
        requested_at,
        delivered_at,
    }) = facts.rca
    else {
        return Some(found(
            FindingCode::RcaNotRequested,
            Some(Remedy::RequestRca),
            json!({}),
        ));
    };
    if let Some(delivered_at) = delivered_at {
        return Some(found(
            FindingCode::RcaDelivered,
            Some(Remedy::ReadRca),
            json!({ "requested_at": requested_at, "delivered_at": delivered_at }),
        ));
    }
    let Ok(due_at) = rca_due_at(requested_at, facts.deployment, calendar, policy) else {
        return Some(found(
            FindingCode::RcaWindowUnknown,
            None,
            json!({ "requested_at": requested_at }),
        ));
    };
    (at < due_at).then(|| {
        let facts = json!({
            "requested_at": requested_at,
            "due_at": due_at,
            "business_days": policy.rca_days(facts.deployment),
            "deployment": facts.deployment,
            "time_zone": calendar.time_zone().name(),
        });
        until(
            due_at,
            found(FindingCode::RcaWindow, Some(Remedy::Wait), facts),
        )
    })
}

/// E7. Elapsed hours, at whose very end the case is stale (E11).
fn recently_updated(
    facts: &CaseFacts,
    policy: &Policy,
    at: Instant,
) -> Result<Option<Finding>, CalendarError> {
    if !must_wait(facts, policy) {
        return Ok(None);
    }
    let stale_from = stale_from(facts, policy)?;
    Ok((at < stale_from).then(|| {
        let (since, remedy) = match facts.last_provider_entry_at {
            Some(_) => ("update", Remedy::ReadLatestUpdate),
            None => ("opening", Remedy::Wait),
        };
        let facts = json!({
            "last_provider_update_at": facts.last_provider_update_at(),
            "since": since,
            "window_hours": policy.staleness_hours,
            "priority": facts.priority,
        });
        until(
            stale_from,
            found(FindingCode::RecentlyUpdated, Some(remedy), facts),
        )
    }))
}

/// E7.
fn impact_not_significant(facts: &CaseFacts, policy: &Policy) -> Option<Finding> {
    (must_wait(facts, policy) && facts.business_impact < policy.required_impact).then(|| {
        found(
            FindingCode::ImpactNotSignificant,
            Some(Remedy::StateImpact),
            json!({
                "business_impact": facts.business_impact,
                "required_impact": policy.required_impact,
                "priority": facts.priority,
            }),
        )
    })
}

/// The promised date that the answers name: the last, if the reason asks for several.
fn promised_for(reason: &Reason, answers: &Answers, calendar: &Calendar) -> Option<Instant> {
    reason
        .questions
        .iter()
        .filter(|question| question.kind == QuestionKind::Date)
        .filter_map(|question| answers.date(&question.code))
        .map(|date| date.due_at(calendar.time_zone()))
        .max()
}

/// E8. Two things keep a case waiting: that no promise of it is overdue, and that the date named in the answers lies
/// ahead. When the instant at which both have passed is not known, as where nothing is promised, it says none.
fn commitment_not_due(
    facts: &CaseFacts,
    promised_for: Option<Instant>,
    at: Instant,
) -> Option<Finding> {
    let overdue = facts.promises.iter().any(|promise| is_overdue(promise, at));
    let next = facts
        .promises
        .iter()
        .filter(|promise| promise.state == StepState::Open)
        .min_by_key(|promise| promise.due_at)
        .filter(|_| !overdue);
    let ahead = promised_for.filter(|date| at < *date);
    if overdue && ahead.is_none() {
        return None;
    }
    let due_at = next.map(|promise| promise.due_at).max(ahead);
    let only_time_is_missing = overdue || next.is_some();
    let remedy = if only_time_is_missing {
        Remedy::Wait
    } else {
        Remedy::AskForCommitment
    };
    let finding = found(
        FindingCode::CommitmentNotDue,
        Some(remedy),
        json!({
            "due_at": due_at,
            "what": next.map(|promise| &promise.what),
            "promised_for": promised_for,
            "overdue": overdue,
        }),
    );
    Some(Finding {
        eligible_at: due_at.filter(|_| only_time_is_missing),
        ..finding
    })
}

fn is_overdue(promise: &Promise, at: Instant) -> bool {
    match promise.state {
        StepState::Missed => true,
        StepState::Open => promise.due_at <= at,
        StepState::Done => false,
    }
}

/// E9.
fn unread_update(facts: &CaseFacts) -> Option<Finding> {
    let updated_at = facts.last_provider_entry_at?;
    facts
        .read_at
        .is_none_or(|read_at| read_at < updated_at)
        .then(|| {
            found(
                FindingCode::UnreadUpdate,
                Some(Remedy::ReadLatestUpdate),
                json!({ "last_provider_update_at": updated_at, "read_at": facts.read_at }),
            )
        })
}

/// E9.
fn awaiting_your_information(facts: &CaseFacts) -> Option<Finding> {
    (facts.status == Status::AwaitingCustomer).then(|| {
        found(
            FindingCode::AwaitingYourInformation,
            Some(Remedy::AnswerSupport),
            json!({ "status": facts.status }),
        )
    })
}

/// E9, for the priorities that `E7` lets pass without waiting. The opening is no update by the provider.
fn provider_updated_recently(
    facts: &CaseFacts,
    policy: &Policy,
    at: Instant,
) -> Result<Option<Finding>, CalendarError> {
    let Some(updated_at) = facts.last_provider_entry_at else {
        return Ok(None);
    };
    if must_wait(facts, policy) || facts.priority < policy.minimum_priority {
        return Ok(None);
    }
    let window = TimeDelta::hours(policy.acknowledgement_hours.into());
    let old_from = updated_at
        .checked_add_signed(window)
        .ok_or(CalendarError::OutOfRange)?;
    Ok((at < old_from).then(|| {
        found(
            FindingCode::ProviderUpdatedRecently,
            Some(Remedy::ReadLatestUpdate),
            json!({
                "last_provider_update_at": updated_at,
                "window_hours": policy.acknowledgement_hours,
                "priority": facts.priority,
            }),
        )
    }))
}

/// E10.
fn third_party_engaged(facts: &CaseFacts) -> Option<Finding> {
    (!facts.engagements.is_empty()).then(|| {
        found(
            FindingCode::ThirdPartyEngaged,
            None,
            json!({ "engagements": facts.engagements }),
        )
    })
}

fn found(code: FindingCode, remedy: Option<Remedy>, facts: Value) -> Finding {
    let facts = match facts {
        Value::Object(facts) => facts,
        _ => serde_json::Map::new(),
    };
    Finding {
        code,
        severity: code.severity(),
        facts,
        remedy,
        eligible_at: None,
    }
}

fn until(eligible_at: Instant, finding: Finding) -> Finding {
    Finding {
        eligible_at: Some(eligible_at),
        ..finding
    }
}

fn verdict(findings: &[Finding]) -> Verdict {
    let any = |severity| findings.iter().any(|finding| finding.severity == severity);
    if any(Severity::Blocking) {
        Verdict::Ineligible
    } else if any(Severity::Acknowledge) {
        Verdict::NeedsAcknowledgement
    } else {
        Verdict::Eligible
    }
}
