use proptest::prelude::*;

use super::*;
use crate::domain::case::{BusinessImpact, Priority};
use crate::domain::radar::tests::{at, calendars, cases, moment};
use crate::domain::reason::installed;

fn policies() -> impl Strategy<Value = Policy> {
    (1_u32..200, 1_u32..15, any::<bool>(), any::<bool>()).prop_map(|(hours, days, high, none)| {
        Policy {
            staleness_hours: hours,
            rca_days_cloud: days,
            minimum_priority: if high {
                Priority::High
            } else {
                Priority::Medium
            },
            required_impact: if none {
                BusinessImpact::None
            } else {
                BusinessImpact::Significant
            },
            ..Policy::default()
        }
    })
}

proptest! {
    /// E12: what is told of other figures is what the assessment says of each case under both.
    #[test]
    fn the_effect_is_what_the_assessment_says_before_and_after(
        case in cases(), calendar in calendars(), now in moment(), one in policies(), other in policies(),
    ) {
        let reasons = installed();
        let by = |policy| Criteria { policy, reasons: &reasons, calendar: &calendar };
        let verdict = |policy: &Policy, reason: &Reason| {
            let assessment = assess(&case, reason, &Answers::default(), &calendar, policy, now);
            assessment.expect("a calendar with working days").verdict != Verdict::Ineligible
        };
        let gains = |from: &Policy, to: &Policy| {
            let gained = |reason: &&Reason| !verdict(from, reason) && verdict(to, reason);
            usize::from(reasons.iter().any(|reason| gained(&reason)))
        };
        let mut effect = Effect::default();
        effect.of_case(&case, by(&one), by(&other), now);
        prop_assert_eq!(effect.eligible, gains(&one, &other));
        prop_assert_eq!(effect.ineligible, gains(&other, &one));

        // The way back undoes it, and what stays as it is does nothing.
        let mut back = Effect::default();
        back.of_case(&case, by(&other), by(&one), now);
        prop_assert_eq!((back.eligible, back.ineligible), (effect.ineligible, effect.eligible));
        prop_assert_eq!((back.analyses_earlier, back.analyses_later), (effect.analyses_later, effect.analyses_earlier));
        let mut nothing = Effect::default();
        nothing.of_case(&case, by(&one), by(&one), now);
        prop_assert_eq!(nothing, Effect::default());
    }
}

#[test]
fn an_analysis_is_due_earlier_with_fewer_days_and_a_delivered_one_does_not_count() {
    let calendar = Calendar::standard(chrono_tz::UTC);
    let reasons = installed();
    let (five, two) = (
        Policy::default(),
        Policy {
            rca_days_cloud: 2,
            ..Policy::default()
        },
    );
    let by = |policy| Criteria {
        policy,
        reasons: &reasons,
        calendar: &calendar,
    };
    let now = at("2026-03-24T10:00:00Z");
    let mut case = CaseFacts {
        number: crate::domain::ids::CaseNumber::new(1),
        opened_at: at("2026-03-23T08:00:00Z"),
        status: crate::domain::case::Status::InProgress,
        priority: Priority::High,
        business_impact: BusinessImpact::Significant,
        deployment: crate::domain::case::Deployment::Cloud,
        engagements: Vec::new(),
        last_provider_entry_at: Some(at("2026-03-24T09:00:00Z")),
        rca: Some(crate::domain::case::Rca {
            requested_at: at("2026-03-23T09:00:00Z"),
            delivered_at: None,
        }),
        active_escalation: None,
        promises: Vec::new(),
        read_at: None,
    };
    let mut effect = Effect::default();
    effect.of_case(&case, by(&five), by(&two), now);
    assert_eq!((effect.analyses_earlier, effect.analyses_later), (1, 0));
    if let Some(rca) = &mut case.rca {
        rca.delivered_at = Some(now);
    }
    let mut effect = Effect::default();
    effect.of_case(&case, by(&five), by(&two), now);
    assert_eq!(effect, Effect::default());
}

#[test]
fn a_target_is_missed_at_once_if_it_fell_due_before_now() {
    let now = at("2026-03-24T10:00:00Z");
    let course = |due_at: &str, alarm_at: Option<&str>| Course {
        due_at: at(due_at),
        alarm_at: alarm_at.map(at),
    };
    let before = course("2026-03-24T12:00:00Z", Some("2026-03-24T11:45:00Z"));
    let of = |after: Course| {
        let mut effect = Effect::default();
        effect.of_target(before, after, now);
        effect
    };
    assert_eq!(of(before), Effect::default());
    let missed = of(course("2026-03-24T10:00:00Z", Some("2026-03-24T10:00:00Z")));
    assert_eq!(
        (
            missed.targets_earlier,
            missed.targets_missed,
            missed.targets_told
        ),
        (1, 1, 1)
    );
    let soon = of(course("2026-03-24T10:00:01Z", Some("2026-03-24T10:00:01Z")));
    assert_eq!(
        (soon.targets_earlier, soon.targets_missed, soon.targets_told),
        (1, 0, 0)
    );
    let later = of(course("2026-03-24T13:00:00Z", None));
    assert_eq!((later.targets_later, later.targets_earlier), (1, 0));
    let reminded = of(course("2026-03-24T12:00:00Z", Some("2026-03-24T09:00:00Z")));
    assert_eq!((reminded.targets_told, reminded.targets_earlier), (1, 0));
}
