use super::*;

#[test]
fn the_specifications_own_example() {
    let assessment = assessed(&stale_case(), "no_update", at("2026-03-03T14:05:00Z"));
    assert_eq!(assessment.verdict, Verdict::Ineligible);
    assert_eq!(assessment.eligible_at(), Some(at("2026-03-04T09:12:00Z")));
    assert_eq!(codes(&assessment), ["recently_updated"]);
    let finding = &assessment.findings[0];
    assert_eq!(
        (finding.rule(), finding.severity),
        ("E7", Severity::Blocking)
    );
    assert_eq!(
        finding.facts["last_provider_update_at"],
        "2026-03-03T09:12:00Z"
    );
    assert_eq!(finding.facts["window_hours"], 24);
    let href = (finding.remedy.unwrap()).href(assessment.case, &finding.facts);
    assert_eq!(href.as_deref(), Some("/cases/C-000123#case-feed"));
    assert_eq!(finding.eligible_at, Some(at("2026-03-04T09:12:00Z")));
}

#[test]
fn a_day_after_the_update_and_not_a_microsecond_before() {
    let day = at("2026-03-04T09:12:00Z");
    for code in ["no_update", "no_progress"] {
        let before = assessed(&stale_case(), code, day - MOMENT);
        assert_eq!(
            (before.verdict, codes(&before)),
            (Verdict::Ineligible, vec!["recently_updated"])
        );
        let on_the_dot = assessed(&stale_case(), code, day);
        assert_eq!(
            (on_the_dot.verdict, codes(&on_the_dot)),
            (Verdict::Eligible, vec![])
        );
    }
}

#[test]
fn staleness_counts_elapsed_hours_over_a_change_of_the_clocks() {
    let mut case = stale_case();
    case.opened_at = at("2026-03-28T11:30:00Z");
    case.last_provider_entry_at = None;
    let eligible_at = assessed(&case, "no_update", case.opened_at).eligible_at();
    assert_eq!(eligible_at, Some(at("2026-03-29T11:30:00Z")));
}

#[test]
fn without_an_update_the_opening_starts_the_clock() {
    let mut case = stale_case();
    case.last_provider_entry_at = None;
    case.read_at = None;
    let assessment = assessed(&case, "no_update", case.opened_at);
    assert_eq!(codes(&assessment), ["recently_updated"]);
    assert_eq!(assessment.eligible_at(), Some(at("2026-03-03T08:00:00Z")));
    let facts = facts_of(&assessment, FindingCode::RecentlyUpdated);
    assert_eq!(facts["since"], "opening");
    assert_eq!(assessment.findings[0].remedy, Some(Remedy::Wait));
    assert_eq!(
        assessed(&case, "no_update", at("2026-03-03T08:00:00Z")).verdict,
        Verdict::Eligible
    );
}

#[test]
fn a_high_case_needs_its_impact_and_only_for_staleness() {
    let mut case = stale_case();
    let late = at("2026-03-10T12:00:00Z");
    for impact in [BusinessImpact::None, BusinessImpact::Limited] {
        case.business_impact = impact;
        let assessment = assessed(&case, "no_update", late);
        assert_eq!(codes(&assessment), ["impact_not_significant"]);
        // Time alone does not help.
        assert_eq!(assessment.eligible_at(), None);
        assert_eq!(
            facts_of(&assessment, FindingCode::ImpactNotSignificant),
            json!({"business_impact": impact, "required_impact": "significant", "priority": "high"})
        );
        assert!(!assessed(&case, "rca_overdue", late).finds(FindingCode::ImpactNotSignificant));
    }
    let early = assessed(&case, "no_update", at("2026-03-03T14:05:00Z"));
    assert_eq!(
        codes(&early),
        ["recently_updated", "impact_not_significant"]
    );
    assert_eq!(early.eligible_at(), None);
}

#[test]
fn a_medium_case_acknowledges_a_recent_update_instead_of_waiting() {
    let mut case = stale_case();
    case.priority = Priority::Medium;
    case.business_impact = BusinessImpact::None;
    let day = at("2026-03-04T09:12:00Z");
    let before = assessed(&case, "no_progress", day - MOMENT);
    assert_eq!(before.verdict, Verdict::NeedsAcknowledgement);
    assert_eq!(codes(&before), ["provider_updated_recently"]);
    assert_eq!(before.eligible_at(), None);
    assert_eq!(
        assessed(&case, "no_progress", day).verdict,
        Verdict::Eligible
    );
    // It is a matter of staleness alone.
    assert!(
        !assessed(&case, "missed_commitment", day - MOMENT)
            .finds(FindingCode::ProviderUpdatedRecently)
    );
    // The opening is no update.
    case.last_provider_entry_at = None;
    assert_eq!(
        assessed(&case, "no_progress", case.opened_at).verdict,
        Verdict::Eligible
    );
}

#[test]
fn a_low_case_is_told_about_its_priority_alone() {
    let mut case = stale_case();
    case.priority = Priority::Low;
    case.business_impact = BusinessImpact::None;
    for instant in [
        case.opened_at,
        at("2026-03-03T14:05:00Z"),
        at("2027-01-01T00:00:00Z"),
    ] {
        let assessment = assessed(&case, "no_update", instant);
        assert_eq!(codes(&assessment), ["low_priority"]);
        assert_eq!(assessment.eligible_at(), None);
        let facts = facts_of(&assessment, FindingCode::LowPriority);
        assert_eq!(
            facts,
            json!({"priority": "low", "minimum_priority": "medium"})
        );
    }
}

#[test]
fn everything_that_applies_is_reported() {
    let mut case = stale_case();
    case.status = Status::Closed;
    case.business_impact = BusinessImpact::Limited;
    case.active_escalation = Some(ActiveEscalation {
        number: EscalationNumber::new(45),
        state: State::InReview,
    });
    case.engagements = vec![Engagement::Development, Engagement::ThirdParty];
    case.read_at = None;
    let assessment = assessed(&case, "no_update", at("2026-03-03T14:05:00Z"));
    assert_eq!(
        codes(&assessment),
        [
            "case_closed",
            "active_escalation",
            "recently_updated",
            "impact_not_significant",
            "unread_update",
            "third_party_engaged",
        ]
    );
    assert_eq!(assessment.eligible_at(), None);
    assert_eq!(
        facts_of(&assessment, FindingCode::CaseClosed),
        json!({"status": "closed"})
    );
    assert_eq!(
        facts_of(&assessment, FindingCode::ActiveEscalation),
        json!({"number": "E-000045", "state": "in_review"})
    );
    assert_eq!(
        facts_of(&assessment, FindingCode::UnreadUpdate),
        json!({"last_provider_update_at": "2026-03-03T09:12:00Z", "read_at": null})
    );
    assert_eq!(
        facts_of(&assessment, FindingCode::ThirdPartyEngaged),
        json!({"engagements": ["development", "third_party"]})
    );
}

#[test]
fn what_is_never_eligible_has_nothing_to_acknowledge() {
    let mut case = stale_case();
    case.status = Status::AwaitingCustomer;
    case.read_at = None;
    let late = at("2027-01-01T00:00:00Z");
    assert_eq!(
        codes(&assessed(&case, "urgency_or_impact_change", late)),
        ["use_priority_change"]
    );
    case.status = Status::Closed;
    case.priority = Priority::Low;
    case.active_escalation = Some(ActiveEscalation {
        number: EscalationNumber::new(45),
        state: State::Submitted,
    });
    let assessment = assessed(&case, "urgency_or_impact_change", late);
    assert_eq!(
        codes(&assessment),
        [
            "case_closed",
            "active_escalation",
            "low_priority",
            "use_priority_change"
        ]
    );
    assert_eq!(assessment.eligible_at(), None);
}

#[test]
fn an_update_is_unread_until_it_is_read_at_its_instant_or_later() {
    let mut case = stale_case();
    let late = at("2026-03-10T12:00:00Z");
    let updated_at = case.last_provider_entry_at.unwrap();
    for (read_at, unread) in [
        (None, true),
        (Some(updated_at - MOMENT), true),
        (Some(updated_at), false),
        (Some(late), false),
    ] {
        case.read_at = read_at;
        let assessment = assessed(&case, "no_update", late);
        assert_eq!(assessment.finds(FindingCode::UnreadUpdate), unread);
        let expected = if unread {
            Verdict::NeedsAcknowledgement
        } else {
            Verdict::Eligible
        };
        assert_eq!(assessment.verdict, expected);
    }
    // Nothing was written, so that nothing is unread.
    case.last_provider_entry_at = None;
    case.read_at = None;
    assert_eq!(
        assessed(&case, "no_update", late).verdict,
        Verdict::Eligible
    );
}

#[test]
fn each_finding_to_acknowledge_is_acknowledged_by_its_code() {
    let mut case = stale_case();
    case.priority = Priority::Medium;
    case.status = Status::AwaitingCustomer;
    case.read_at = None;
    let assessment = assessed(&case, "no_update", at("2026-03-03T14:05:00Z"));
    assert_eq!(
        codes(&assessment),
        [
            "unread_update",
            "awaiting_your_information",
            "provider_updated_recently"
        ]
    );
    let left = |given: &[FindingCode]| -> Vec<FindingCode> {
        assessment
            .unacknowledged(given)
            .map(|finding| finding.code)
            .collect()
    };
    use FindingCode::{AwaitingYourInformation, ProviderUpdatedRecently, UnreadUpdate};
    assert_eq!(
        left(&[AwaitingYourInformation]),
        [UnreadUpdate, ProviderUpdatedRecently]
    );
    assert!(
        left(&[
            ProviderUpdatedRecently,
            AwaitingYourInformation,
            UnreadUpdate
        ])
        .is_empty()
    );
}

#[test]
fn an_engagement_informs_and_no_more() {
    let mut case = stale_case();
    case.engagements = vec![Engagement::CloudOperations];
    let assessment = assessed(&case, "no_update", at("2026-03-10T12:00:00Z"));
    assert_eq!(codes(&assessment), ["third_party_engaged"]);
    assert_eq!(assessment.verdict, Verdict::Eligible);
}

#[test]
fn changes_since_submission_are_told() {
    let mut case = stale_case();
    case.read_at = None;
    let then = assessed(&case, "no_update", at("2026-03-10T12:00:00Z"));
    case.read_at = Some(at("2026-03-10T12:00:00Z"));
    case.business_impact = BusinessImpact::Limited;
    let now = assessed(&case, "no_update", at("2026-03-10T13:00:00Z"));
    let changes = now.changes_since(&then);
    assert_eq!(changes.appeared, [FindingCode::ImpactNotSignificant]);
    assert_eq!(changes.gone, [FindingCode::UnreadUpdate]);
    assert_eq!(then.changes_since(&then), Changes::default());
}

#[test]
fn of_several_findings_that_time_removes_the_last_decides() {
    let mut assessment = assessed(&stale_case(), "no_update", at("2026-03-03T14:05:00Z"));
    let (sooner, later) = (at("2026-03-04T00:00:00Z"), at("2026-03-05T00:00:00Z"));
    let finding = assessment.findings[0].clone();
    assessment.findings = [later, sooner]
        .map(|instant| Finding {
            eligible_at: Some(instant),
            ..finding.clone()
        })
        .to_vec();
    assert_eq!(assessment.eligible_at(), Some(later));
    assessment.findings.push(Finding {
        eligible_at: None,
        ..finding
    });
    assert_eq!(assessment.eligible_at(), None);
}

#[test]
fn who_may_not_see_escalations_learns_that_one_is_active_and_not_which() {
    let mut case = stale_case();
    case.active_escalation = Some(ActiveEscalation {
        number: EscalationNumber::new(45),
        state: State::InReview,
    });
    let assessment =
        assessed(&case, "no_update", at("2026-03-10T12:00:00Z")).naming_no_escalation();
    assert_eq!(codes(&assessment), ["active_escalation"]);
    assert!(
        !serde_json::to_string(&assessment)
            .unwrap()
            .contains("E-000045")
    );
    assert_eq!(assessment.findings[0].remedy, None);
}

#[test]
fn an_assessment_is_stored_whole() {
    let mut case = stale_case();
    case.status = Status::AwaitingCustomer;
    let assessment = assessed(&case, "no_update", at("2026-03-03T14:05:00.000001Z"));
    let stored = serde_json::to_string(&assessment).unwrap();
    assert_eq!(
        serde_json::from_str::<Assessment>(&stored).unwrap(),
        assessment
    );
}

#[test]
fn each_remedy_leads_to_what_does_it() {
    let facts = |facts: serde_json::Value| facts.as_object().unwrap().clone();
    let low = facts(json!({ "priority": "low", "number": "E-000009" }));
    let leads = |remedy: Remedy, facts: &FindingFacts| remedy.href(CaseNumber::new(7), facts);
    for remedy in Remedy::ALL {
        let href = leads(*remedy, &low);
        assert_eq!(href.is_none(), *remedy == Remedy::Wait);
        let of_case = href.is_none_or(|href| href.starts_with("/cases/C-000007"));
        assert_eq!(of_case, *remedy != Remedy::SeeEscalation);
    }
    let escalation = leads(Remedy::SeeEscalation, &low);
    assert_eq!(escalation.as_deref(), Some("/escalations/E-000009"));
    // A contact asks for medium and for nothing else: of a higher one there is no form to be led to (C5).
    for priority in ["medium", "high"] {
        let facts = facts(json!({ "priority": priority }));
        assert_eq!(leads(Remedy::ChangePriority, &facts), None);
    }
}
