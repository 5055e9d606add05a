use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::case::{BusinessImpact, Deployment, Priority, Rca, Status, StepState};
use crate::domain::eligibility::{FindingCode, Promise, Verdict};
use crate::domain::ids::CaseNumber;
use crate::domain::reason::installed;

const MOMENT: TimeDelta = TimeDelta::microseconds(1);

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

/// Two weeks around the Sunday on which Berlin's clocks change.
fn moment() -> impl Strategy<Value = Instant> {
    let start = at("2026-03-23T00:00:00Z");
    (0_i64..14 * 86_400_000_000).prop_map(move |micros| start + TimeDelta::microseconds(micros))
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

fn calendars() -> impl Strategy<Value = Calendar> {
    any_of(&[
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Asia__Kolkata,
        Tz::Australia__Lord_Howe,
    ])
    .prop_map(Calendar::standard)
}

fn cases() -> impl Strategy<Value = CaseFacts> {
    let promise = (moment(), any_of(StepState::ALL)).prop_map(|(due_at, state)| Promise {
        what: "Fix".to_owned(),
        due_at,
        state,
    });
    (
        any_of(Status::ALL),
        any_of(Priority::ALL),
        any_of(BusinessImpact::ALL),
        any_of(Deployment::ALL),
        prop::option::of(moment()),
        prop::option::of(moment()),
        prop::collection::vec(promise, 0..3),
    )
        .prop_map(
            |(status, priority, business_impact, deployment, updated, rca, promises)| CaseFacts {
                number: CaseNumber::new(123),
                opened_at: at("2026-03-23T06:30:00Z"),
                status,
                priority,
                business_impact,
                deployment,
                engagements: Vec::new(),
                last_provider_entry_at: updated,
                rca: rca.map(|requested_at| Rca {
                    requested_at,
                    delivered_at: None,
                }),
                active_escalation: None,
                promises,
                read_at: updated,
            },
        )
}

proptest! {
    /// M9: the radar says what the assessment says. At its instant the case is eligible, a microsecond before it is not; what it
    /// leaves out is eligible already, or does not become so in time.
    #[test]
    fn the_radar_says_what_the_assessment_says(
        case in cases(), calendar in calendars(), now in moment(), hours in 1..=FURTHEST_HOURS,
    ) {
        let (policy, until) = (Policy::default(), now + TimeDelta::hours(hours));
        let reasons = installed();
        let found = upcoming(&case, &reasons, &calendar, &policy, (now, until));
        for reason in &reasons {
            let assessed = |at| {
                assess(&case, reason, &Answers::default(), &calendar, &policy, at).expect("an assessment")
            };
            let (present, own) = (assessed(now), found.iter().find(|one| one.reason == reason.code));
            match own {
                Some(one) => {
                    prop_assert_eq!(Some(one.at), present.eligible_at());
                    prop_assert!(now < one.at && one.at <= until);
                    prop_assert_ne!(assessed(one.at).verdict, Verdict::Ineligible);
                    prop_assert_eq!(assessed(one.at - MOMENT).verdict, Verdict::Ineligible);
                    prop_assert_eq!(Some(one.prevented_by), Prevention::of(reason.governed_by));
                }
                None => prop_assert!(
                    present.verdict != Verdict::Ineligible
                        || present.eligible_at().is_none_or(|at| at > until)
                ),
            }
        }
    }

    /// No analysis that is running is overlooked, and none that has long been over is looked at.
    #[test]
    fn running_windows_are_found(
        calendar in calendars(), requested in moment(), now in moment(), days in 1..20_u32,
    ) {
        let earliest = earliest_request(&calendar, days, now).expect("a calendar with working days");
        let due_at = calendar.business_days_after(requested, days).expect("a deadline");
        if due_at > now {
            prop_assert!(requested > earliest);
        }
        let due_at = calendar.business_days_after(earliest + TimeDelta::days(1), days).expect("a deadline");
        prop_assert!(due_at > now);
    }

    /// N7: whoever is warned works at that time, and has so much of it left at the most.
    #[test]
    fn nobody_is_warned_at_night(calendar in calendars(), now in moment(), minutes in 1..10_000_i64) {
        let due = now + TimeDelta::minutes(minutes);
        if is_to_warn(&calendar, due, now) {
            prop_assert!(calendar.business_time_between(now, now + MOMENT) > TimeDelta::zero());
            prop_assert!(calendar.business_time_between(now, due) <= WARNED_BEFORE);
        }
        prop_assert!(!is_to_warn(&calendar, now, now));
    }
}

#[test]
fn each_reason_has_its_prevention() {
    let now = at("2026-03-25T09:00:00Z");
    let case = CaseFacts {
        number: CaseNumber::new(7),
        opened_at: at("2026-03-24T10:00:00Z"),
        status: Status::InProgress,
        priority: Priority::High,
        business_impact: BusinessImpact::Significant,
        deployment: Deployment::Cloud,
        engagements: Vec::new(),
        last_provider_entry_at: None,
        rca: Some(Rca {
            requested_at: at("2026-03-18T10:00:00Z"),
            delivered_at: None,
        }),
        active_escalation: None,
        promises: vec![Promise {
            what: "Fix".to_owned(),
            due_at: at("2026-03-25T12:00:00Z"),
            state: StepState::Open,
        }],
        read_at: None,
    };
    let calendar = Calendar::standard(Tz::Europe__Berlin);
    let window = (now, now + TimeDelta::hours(24));
    let found = upcoming(&case, &installed(), &calendar, &Policy::default(), window);
    let told: Vec<_> = found
        .iter()
        .map(|one| {
            (
                one.reason.as_str(),
                one.at,
                one.finding.code,
                one.prevented_by,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "no_update",
                at("2026-03-25T10:00:00Z"),
                FindingCode::RecentlyUpdated,
                Prevention::Update
            ),
            (
                "no_progress",
                at("2026-03-25T10:00:00Z"),
                FindingCode::RecentlyUpdated,
                Prevention::Update
            ),
            (
                "missed_commitment",
                at("2026-03-25T12:00:00Z"),
                FindingCode::CommitmentNotDue,
                Prevention::NextStep
            ),
            (
                "rca_overdue",
                at("2026-03-25T23:00:00Z"),
                FindingCode::RcaWindow,
                Prevention::RcaDelivery
            ),
        ]
    );
}

#[test]
fn a_night_shift_is_warned_before_it_begins() {
    let calendar = Calendar::standard(Tz::Europe__Berlin);
    // Eligible on Wednesday at 03:00 in Berlin: the last four hours of work before it are Tuesday's from 13:00 on.
    let due = at("2026-03-25T02:00:00Z");
    assert!(!is_to_warn(
        &calendar,
        due,
        at("2026-03-24T11:59:59.999999Z")
    ));
    assert!(is_to_warn(&calendar, due, at("2026-03-24T12:00:00Z")));
    assert!(is_to_warn(
        &calendar,
        due,
        at("2026-03-24T15:59:59.999999Z")
    ));
    assert!(!is_to_warn(&calendar, due, at("2026-03-24T16:00:00Z")));
    assert!(!is_to_warn(&calendar, due, due));
}
