use crate::domain::calendar::Unit;

use super::*;

fn with_rca(requested_at: &str, deployment: Deployment) -> CaseFacts {
    let rca = Some(Rca {
        requested_at: at(requested_at),
        delivered_at: None,
    });
    CaseFacts {
        rca,
        deployment,
        status: Status::SolutionProvided,
        ..stale_case()
    }
}

#[test]
fn an_rca_is_overdue_from_the_first_instant_after_its_last_business_day() {
    // Thursday; the clocks change on Sunday. Five business days end with Thursday 2 April, seven with Monday 6 April.
    for (deployment, days, due_at) in [
        (Deployment::Cloud, 5, "2026-04-02T22:00:00Z"),
        (Deployment::Premise, 7, "2026-04-06T22:00:00Z"),
    ] {
        let case = with_rca("2026-03-26T10:00:00Z", deployment);
        let due_at = at(due_at);
        assert_eq!(
            rca_due_at(
                case.rca.unwrap().requested_at,
                deployment,
                &berlin(),
                &Policy::default()
            ),
            Ok(due_at)
        );
        let before = assessed(&case, "rca_overdue", due_at - MOMENT);
        assert_eq!(
            (before.verdict, codes(&before)),
            (Verdict::Ineligible, vec!["rca_window"])
        );
        assert_eq!(before.eligible_at(), Some(due_at));
        assert_eq!(
            facts_of(&before, FindingCode::RcaWindow),
            json!({
                "requested_at": "2026-03-26T10:00:00Z", "due_at": due_at, "business_days": days,
                "deployment": deployment, "time_zone": "Europe/Berlin",
            })
        );
        assert_eq!(
            assessed(&case, "rca_overdue", due_at).verdict,
            Verdict::Eligible
        );
    }
}

#[test]
fn an_rca_is_requested_and_undelivered() {
    let never = assessed(&stale_case(), "rca_overdue", at("2027-01-01T00:00:00Z"));
    assert_eq!(codes(&never), ["rca_not_requested"]);
    assert_eq!(
        (never.eligible_at(), never.findings[0].remedy),
        (None, Some(Remedy::RequestRca))
    );

    let mut case = with_rca("2026-03-26T10:00:00Z", Deployment::Cloud);
    case.rca.as_mut().unwrap().delivered_at = Some(at("2026-03-27T10:00:00Z"));
    let delivered = assessed(&case, "rca_overdue", at("2027-01-01T00:00:00Z"));
    assert_eq!(codes(&delivered), ["rca_delivered"]);
    assert_eq!(
        (delivered.eligible_at(), delivered.findings[0].remedy),
        (None, Some(Remedy::ReadRca))
    );
    assert_eq!(
        facts_of(&delivered, FindingCode::RcaDelivered),
        json!({"requested_at": "2026-03-26T10:00:00Z", "delivered_at": "2026-03-27T10:00:00Z"})
    );
}

#[test]
fn a_calendar_without_a_business_day_is_a_finding_of_the_rca_alone() {
    let idle: Calendar =
        serde_json::from_value(json!({"name": "Idle", "time_zone": "UTC"})).unwrap();
    let case = with_rca("2026-03-26T10:00:00Z", Deployment::Cloud);
    let assess = |code: &str| {
        assess(
            &case,
            &reason(code),
            &Answers::default(),
            &idle,
            &Policy::default(),
            at("2027-01-01T00:00:00Z"),
        )
    };
    let found = assess("rca_overdue").expect("a finding");
    assert_eq!(codes(&found), ["rca_window_unknown"]);
    assert_eq!(
        (found.verdict, found.eligible_at()),
        (Verdict::Ineligible, None)
    );
    let other = assess("no_update").expect("nothing to reckon by days");
    assert!(!codes(&other).contains(&"rca_window_unknown"));
}

#[test]
fn a_promise_is_overdue_from_its_very_instant() {
    let mut case = stale_case();
    let due_at = at("2026-03-05T12:00:00Z");
    case.promises = vec![
        promise("Second fix", "2026-03-09T12:00:00Z", StepState::Open),
        promise("First fix", "2026-03-05T12:00:00Z", StepState::Open),
        promise("Logs", "2026-03-02T12:00:00Z", StepState::Done),
    ];
    let before = assessed(&case, "missed_commitment", due_at - MOMENT);
    assert_eq!(codes(&before), ["commitment_not_due"]);
    assert_eq!(
        (before.eligible_at(), before.findings[0].remedy),
        (Some(due_at), Some(Remedy::Wait))
    );
    assert_eq!(
        facts_of(&before, FindingCode::CommitmentNotDue),
        json!({"due_at": due_at, "what": "First fix", "promised_for": null, "overdue": false})
    );
    assert_eq!(
        assessed(&case, "missed_commitment", due_at).verdict,
        Verdict::Eligible
    );
}

#[test]
fn a_missed_promise_is_evidence_until_it_is_kept_or_made_anew() {
    let mut case = stale_case();
    let instant = at("2026-03-04T12:00:00Z");
    for (state, verdict) in [
        (StepState::Missed, Verdict::Eligible),
        (StepState::Open, Verdict::Ineligible),
        (StepState::Done, Verdict::Ineligible),
    ] {
        case.promises = vec![promise("Fix", "2026-03-09T12:00:00Z", state)];
        assert_eq!(
            assessed(&case, "missed_commitment", instant).verdict,
            verdict,
            "{state}"
        );
    }
}

#[test]
fn without_a_promise_there_is_nothing_to_wait_for() {
    let assessment = assessed(
        &stale_case(),
        "missed_commitment",
        at("2026-03-04T12:00:00Z"),
    );
    assert_eq!(codes(&assessment), ["commitment_not_due"]);
    assert_eq!(assessment.eligible_at(), None);
    assert_eq!(
        assessment.findings[0].remedy,
        Some(Remedy::AskForCommitment)
    );
    assert_eq!(
        facts_of(&assessment, FindingCode::CommitmentNotDue),
        json!({"due_at": null, "what": null, "promised_for": null, "overdue": false})
    );
}

#[test]
fn a_date_in_the_answers_that_lies_ahead_keeps_it_waiting() {
    let mut case = stale_case();
    case.promises = vec![promise("Fix", "2026-03-05T12:00:00Z", StepState::Open)];
    let overdue = at("2026-03-05T12:00:00Z");
    // The day ends in the calendar's zone.
    let answers = promised_for(PromisedDate::Day("2026-03-06".parse().unwrap()));
    let day_over = at("2026-03-06T23:00:00Z");
    for instant in [at("2026-03-04T12:00:00Z"), overdue, day_over - MOMENT] {
        let assessment = assessed_with(&case, "missed_commitment", &answers, instant);
        assert_eq!(codes(&assessment), ["commitment_not_due"]);
        assert_eq!(assessment.eligible_at(), Some(day_over));
        assert_eq!(
            facts_of(&assessment, FindingCode::CommitmentNotDue)["overdue"],
            instant >= overdue
        );
    }
    assert_eq!(
        assessed_with(&case, "missed_commitment", &answers, day_over).verdict,
        Verdict::Eligible
    );
    // A date that passes before the promise does decides nothing.
    let answers = promised_for(PromisedDate::Instant(at("2026-03-04T12:00:00Z")));
    let assessment = assessed_with(
        &case,
        "missed_commitment",
        &answers,
        at("2026-03-03T12:00:00Z"),
    );
    assert_eq!(assessment.eligible_at(), Some(overdue));
    // A date alone is no promise.
    case.promises.clear();
    let assessment = assessed_with(
        &case,
        "missed_commitment",
        &answers,
        at("2026-03-03T12:00:00Z"),
    );
    assert_eq!(assessment.eligible_at(), None);
    let answers = promised_for(PromisedDate::Instant(at("2026-03-01T12:00:00Z")));
    let assessment = assessed_with(
        &case,
        "missed_commitment",
        &answers,
        at("2026-03-03T12:00:00Z"),
    );
    assert_eq!(codes(&assessment), ["commitment_not_due"]);
}

#[test]
fn words_that_look_like_a_date_are_no_promised_date() {
    let mut case = stale_case();
    case.promises = vec![promise("Fix", "2026-03-02T12:00:00Z", StepState::Missed)];
    let stored: Answers = serde_json::from_value(json!({"commitment": "2027-01-01"})).unwrap();
    let assessment = assessed_with(
        &case,
        "missed_commitment",
        &stored,
        at("2026-03-10T12:00:00Z"),
    );
    assert_eq!(assessment.verdict, Verdict::Eligible);
}

#[test]
fn windows_are_replayed() {
    let case = with_rca("2026-03-26T10:00:00Z", Deployment::Cloud);
    let told = |case: &CaseFacts, code: &str, instant: &str| {
        replay(
            case,
            &reason(code),
            &berlin(),
            &Policy::default(),
            at(instant),
        )
        .unwrap()
    };
    let stale = told(&case, "no_update", "2026-03-03T14:12:00Z").unwrap();
    assert_eq!(
        (stale.unit, stale.counted, stale.remaining),
        (Unit::ElapsedSeconds, 5 * 3600, 19 * 3600)
    );
    let rca = told(&case, "rca_overdue", "2026-04-01T10:00:00Z").unwrap();
    assert_eq!(
        (rca.unit, rca.window, rca.counted),
        (Unit::BusinessDays, 5, 3)
    );
    assert_eq!(rca.due_at, at("2026-04-02T22:00:00Z"));

    // The delivery stops the clock.
    let mut delivered = case.clone();
    delivered.rca.as_mut().unwrap().delivered_at = Some(at("2026-03-30T10:00:00Z"));
    let rca = told(&delivered, "rca_overdue", "2026-04-01T10:00:00Z").unwrap();
    assert_eq!((rca.counted, rca.at), (1, at("2026-03-30T10:00:00Z")));

    let medium = CaseFacts {
        priority: Priority::Medium,
        ..case
    };
    for (case, code) in [
        (&medium, "no_update"),
        (&stale_case(), "rca_overdue"),
        (&medium, "missed_commitment"),
    ] {
        assert_eq!(told(case, code, "2026-04-01T10:00:00Z"), None);
    }
}
