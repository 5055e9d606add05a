use super::*;

#[test]
fn the_defaults_are_those_of_the_rules() {
    let policy = Policy::default();
    let rows: Vec<(&str, String)> = Policy::KEYS
        .iter()
        .map(|key| (*key, policy.get(key).unwrap()))
        .collect();
    let rows: Vec<(&str, &str)> = rows
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    assert_eq!(
        rows,
        [
            ("staleness_hours", "24"),
            ("acknowledgement_hours", "24"),
            ("rca_days_cloud", "5"),
            ("rca_days_premise", "7"),
            ("minimum_priority", "medium"),
            ("staleness_wait_from", "high"),
            ("required_impact", "significant"),
        ]
    );
    assert_eq!(Policy::from_rows(rows), Ok(policy));
    assert_eq!(Policy::from_rows([]), Ok(Policy::default()));
}

#[test]
fn every_key_is_set_and_read_back() {
    let mut policy = Policy::default();
    for key in Policy::KEYS {
        let value = match key {
            "minimum_priority" => "high",
            "staleness_wait_from" => "low",
            "required_impact" => "none",
            _ => "3",
        };
        policy.set(key, value).unwrap();
        assert_eq!(policy.get(key).as_deref(), Some(value));
    }
    assert_eq!(policy.get("colour"), None);
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    for (key, value) in [
        ("staleness_hours", "-1"),
        ("staleness_hours", "24h"),
        ("staleness_hours", "+24"),
        ("staleness_hours", ""),
        ("acknowledgement_hours", "8785"),
        ("rca_days_cloud", "367"),
        ("rca_days_premise", "99999999999999"),
        ("minimum_priority", "urgent"),
        // E14: the database would refuse every submission.
        ("minimum_priority", "low"),
        ("staleness_hours", "0"),
        ("acknowledgement_hours", "0"),
        ("rca_days_cloud", "0"),
        ("rca_days_premise", "00"),
        ("required_impact", "High"),
        ("colour", "blue"),
    ] {
        let mut policy = Policy::default();
        assert!(policy.set(key, value).is_err(), "{key} = {value}");
        assert_eq!(policy, Policy::default());
    }
}

#[test]
fn the_criteria_follow_the_policy() {
    let late = at("2026-03-03T21:12:00Z");
    let mut case = stale_case();
    let mut policy = Policy {
        staleness_hours: 12,
        ..Policy::default()
    };
    let verdict = |case: &CaseFacts, policy: &Policy, instant| {
        assess(
            case,
            &reason("no_update"),
            &Answers::default(),
            &berlin(),
            policy,
            instant,
        )
        .unwrap()
        .verdict
    };
    assert_eq!(verdict(&case, &policy, late - MOMENT), Verdict::Ineligible);
    assert_eq!(verdict(&case, &policy, late), Verdict::Eligible);

    case.business_impact = BusinessImpact::Limited;
    assert_eq!(verdict(&case, &policy, late), Verdict::Ineligible);
    policy.required_impact = BusinessImpact::Limited;
    assert_eq!(verdict(&case, &policy, late), Verdict::Eligible);

    case.priority = Priority::Medium;
    assert_eq!(verdict(&case, &policy, late), Verdict::NeedsAcknowledgement);
    policy.acknowledgement_hours = 12;
    assert_eq!(verdict(&case, &policy, late), Verdict::Eligible);
    policy.staleness_wait_from = Priority::Medium;
    assert_eq!(verdict(&case, &policy, late - MOMENT), Verdict::Ineligible);
    policy.minimum_priority = Priority::High;
    let unfit = assess(
        &case,
        &reason("no_update"),
        &Answers::default(),
        &berlin(),
        &policy,
        late - MOMENT,
    );
    assert_eq!(codes(&unfit.unwrap()), ["low_priority"]);
    policy.minimum_priority = Priority::Low;
    case.priority = Priority::Low;
    assert_eq!(verdict(&case, &policy, late), Verdict::Eligible);

    let premise = Policy {
        rca_days_premise: 0,
        ..policy
    };
    let requested_at = at("2026-03-26T10:00:00Z");
    assert_eq!(
        rca_due_at(requested_at, Deployment::Premise, &berlin(), &premise),
        Ok(requested_at)
    );
}
