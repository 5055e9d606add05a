use proptest::prelude::*;

use super::*;

/// Two weeks from Monday 23 March 2026; on the Sunday between, Berlin's clocks change.
fn moment() -> impl Strategy<Value = Instant> {
    let start = at("2026-03-23T00:00:00Z");
    let anywhere = (0_i64..14 * 86_400, 0_i64..1_000_000).prop_map(move |(seconds, micros)| {
        start + TimeDelta::seconds(seconds) + TimeDelta::microseconds(micros)
    });
    let on_the_hour = (0_i64..14 * 24).prop_map(move |hours| start + TimeDelta::hours(hours));
    prop_oneof![anywhere, on_the_hour]
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

fn any_case() -> impl Strategy<Value = CaseFacts> {
    let promise = (moment(), any_of(StepState::ALL)).prop_map(|(due_at, state)| Promise {
        what: "Fix".to_owned(),
        due_at,
        state,
    });
    let fields = (
        any_of(Status::ALL),
        any_of(Priority::ALL),
        any_of(BusinessImpact::ALL),
        any_of(Deployment::ALL),
    );
    let rca = (moment(), prop::option::weighted(0.3, moment())).prop_map(
        |(requested_at, delivered_at)| Rca {
            requested_at,
            delivered_at,
        },
    );
    (
        fields,
        prop::collection::vec(any_of(Engagement::ALL), 0..2),
        prop::option::of(moment()),
        prop::option::of(rca),
        prop::option::weighted(
            0.2,
            any_of(&[State::Submitted, State::InReview, State::Accepted]),
        ),
        prop::collection::vec(promise, 0..4),
        prop::option::of(moment()),
    )
        .prop_map(
            |(fields, engagements, last_provider_entry_at, rca, active, promises, read_at)| {
                CaseFacts {
                    status: fields.0,
                    priority: fields.1,
                    business_impact: fields.2,
                    deployment: fields.3,
                    engagements,
                    last_provider_entry_at,
                    rca,
                    active_escalation: active.map(|state| ActiveEscalation {
                        number: EscalationNumber::new(45),
                        state,
                    }),
                    promises,
                    read_at,
                    opened_at: at("2026-03-23T06:30:00Z"),
                    ..stale_case()
                }
            },
        )
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let date = prop_oneof![
        moment().prop_map(PromisedDate::Instant),
        moment().prop_map(|instant| PromisedDate::Day(instant.date_naive())),
    ];
    prop::option::weighted(0.4, date).prop_map(|date| date.map(promised_for).unwrap_or_default())
}

fn any_reason() -> impl Strategy<Value = Reason> {
    prop::sample::select(installed())
}

fn assessment(
    case: &CaseFacts,
    reason: &Reason,
    answers: &Answers,
    instant: Instant,
) -> Assessment {
    assess(
        case,
        reason,
        answers,
        &berlin(),
        &Policy::default(),
        instant,
    )
    .unwrap()
}

/// Section 4 read aloud: for each finding, the sentence that says when it applies, with the installed figures.
fn applies(
    code: FindingCode,
    case: &CaseFacts,
    reason: &Reason,
    answers: &Answers,
    now: Instant,
) -> bool {
    let governed = |rule: &str| reason.governed_by.as_str() == rule;
    let day = TimeDelta::hours(24);
    let since_update = now - case.last_provider_entry_at.unwrap_or(case.opened_at);
    let window_is_over = |rca: Rca| {
        let days = if case.deployment == Deployment::Cloud {
            5
        } else {
            7
        };
        now >= berlin()
            .business_days_after(rca.requested_at, days)
            .unwrap()
    };
    let overdue = case.promises.iter().any(|promise| match promise.state {
        StepState::Missed => true,
        StepState::Open => now >= promise.due_at,
        StepState::Done => false,
    });
    let named = answers
        .date("promised_for")
        .map(|date| date.due_at(Tz::Europe__Berlin));
    match code {
        FindingCode::CaseClosed => case.status == Status::Closed,
        FindingCode::ActiveEscalation => case.active_escalation.is_some(),
        FindingCode::LowPriority => case.priority == Priority::Low,
        FindingCode::UsePriorityChange => governed("never"),
        // The calendar of these cases has business days.
        FindingCode::RcaWindowUnknown => false,
        FindingCode::RcaNotRequested => governed("rca_window") && case.rca.is_none(),
        FindingCode::RcaDelivered => {
            governed("rca_window") && case.rca.is_some_and(|rca| rca.delivered_at.is_some())
        }
        FindingCode::RcaWindow => {
            let undelivered = case.rca.filter(|rca| rca.delivered_at.is_none());
            governed("rca_window") && undelivered.is_some_and(|rca| !window_is_over(rca))
        }
        FindingCode::RecentlyUpdated => {
            governed("staleness") && case.priority == Priority::High && since_update < day
        }
        FindingCode::ImpactNotSignificant => {
            let significant = case.business_impact == BusinessImpact::Significant;
            governed("staleness") && case.priority == Priority::High && !significant
        }
        FindingCode::CommitmentNotDue => {
            governed("commitment") && (!overdue || named.is_some_and(|date| date > now))
        }
        FindingCode::UnreadUpdate => {
            let unread = match (case.last_provider_entry_at, case.read_at) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(updated_at), Some(read_at)) => updated_at > read_at,
            };
            !governed("never") && unread
        }
        FindingCode::AwaitingYourInformation => {
            !governed("never") && case.status == Status::AwaitingCustomer
        }
        FindingCode::ProviderUpdatedRecently => {
            let updated = case.last_provider_entry_at.is_some();
            governed("staleness")
                && case.priority == Priority::Medium
                && updated
                && since_update < day
        }
        FindingCode::ThirdPartyEngaged => !case.engagements.is_empty(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    /// Every finding that applies is there, no other is, and they stand in the order of the rules.
    #[test]
    fn exactly_what_applies_is_found(
        case in any_case(), reason in any_reason(), answers in any_answers(), now in moment(),
    ) {
        let assessment = assessment(&case, &reason, &answers, now);
        let expected: Vec<FindingCode> = FindingCode::ALL
            .iter()
            .copied()
            .filter(|code| applies(*code, &case, &reason, &answers, now))
            .collect();
        let found: Vec<FindingCode> = assessment.findings.iter().map(|finding| finding.code).collect();
        prop_assert_eq!(found, expected);
        prop_assert!(assessment.findings.iter().all(|finding| finding.severity == finding.code.severity()));
    }

    #[test]
    fn the_verdict_is_the_gravest_of_the_findings(
        case in any_case(), reason in any_reason(), answers in any_answers(), now in moment(),
    ) {
        let assessment = assessment(&case, &reason, &answers, now);
        let expected = match (assessment.blocking().count(), assessment.to_acknowledge().count()) {
            (0, 0) => Verdict::Eligible,
            (0, _) => Verdict::NeedsAcknowledgement,
            _ => Verdict::Ineligible,
        };
        prop_assert_eq!(assessment.verdict, expected);
    }

    /// At the instant that a finding names it is gone, and a microsecond earlier it is still there; nothing before that
    /// makes it go, and nothing after it makes it come back.
    #[test]
    fn a_finding_goes_at_its_instant_exactly(
        case in any_case(), reason in any_reason(), answers in any_answers(), now in moment(), other in moment(),
    ) {
        for finding in assessment(&case, &reason, &answers, now).findings {
            let Some(eligible_at) = finding.eligible_at else { continue };
            prop_assert!(eligible_at > now);
            let stands = |instant| assessment(&case, &reason, &answers, instant).finds(finding.code);
            prop_assert!(stands(eligible_at - MOMENT));
            prop_assert!(!stands(eligible_at));
            if other >= now {
                prop_assert_eq!(stands(other), other < eligible_at);
            }
        }
    }

    /// The assessment's own instant is when the case becomes eligible, and it stays the same until then.
    #[test]
    fn a_case_becomes_eligible_at_the_instant_named(
        case in any_case(), reason in any_reason(), answers in any_answers(), now in moment(), other in moment(),
    ) {
        let first = assessment(&case, &reason, &answers, now);
        let later = |instant| assessment(&case, &reason, &answers, instant);
        match first.eligible_at() {
            Some(eligible_at) => {
                prop_assert_eq!(first.verdict, Verdict::Ineligible);
                prop_assert_eq!(later(eligible_at - MOMENT).verdict, Verdict::Ineligible);
                prop_assert_ne!(later(eligible_at).verdict, Verdict::Ineligible);
                if now <= other && other < eligible_at {
                    prop_assert_eq!(later(other).eligible_at(), Some(eligible_at));
                }
            }
            // More than time is missing, so that no time helps.
            None if first.verdict == Verdict::Ineligible => {
                prop_assert_eq!(later(at("2036-01-01T00:00:00Z")).verdict, Verdict::Ineligible);
            }
            None => {}
        }
    }

    /// The window of an RCA, replayed, ends when the finding does.
    #[test]
    fn the_replay_tells_the_rules_own_story(case in any_case(), reason in any_reason(), now in moment()) {
        let Some(told) = replay(&case, &reason, &berlin(), &Policy::default(), now).unwrap() else { return Ok(()) };
        let assessment = assessment(&case, &reason, &Answers::default(), now);
        for code in [FindingCode::RcaWindow, FindingCode::RecentlyUpdated] {
            if let Some(finding) = assessment.findings.iter().find(|finding| finding.code == code) {
                prop_assert_eq!(finding.eligible_at, Some(told.due_at));
                prop_assert!(told.remaining > 0);
            }
        }
    }
}
