use chrono::NaiveDate;
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::calendar::{Holiday, HolidayDate};
use crate::domain::case::{BusinessImpact, Deployment, Priority, Rca, Status, StepState};
use crate::domain::eligibility::{FindingCode, Promise, Verdict};
use crate::domain::ids::CaseNumber;
use crate::domain::reason::installed;

const MOMENT: TimeDelta = TimeDelta::microseconds(1);

pub(in crate::domain) fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

/// Two weeks around the Sunday on which Berlin's clocks change.
pub(in crate::domain) fn moment() -> impl Strategy<Value = Instant> {
    let start = at("2026-03-23T00:00:00Z");
    (0_i64..14 * 86_400_000_000).prop_map(move |micros| start + TimeDelta::microseconds(micros))
}

pub(in crate::domain) fn any_of<T: Copy + std::fmt::Debug + 'static>(
    values: &'static [T],
) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

pub(in crate::domain) fn calendars() -> impl Strategy<Value = Calendar> {
    any_of(&[
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Asia__Kolkata,
        Tz::Australia__Lord_Howe,
    ])
    .prop_map(Calendar::standard)
}

pub(in crate::domain) fn cases() -> impl Strategy<Value = CaseFacts> {
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
    let last = |now| warned_up_to(&calendar, at(now));
    // By Tuesday at 13:00 in Berlin, four hours of work are left: what comes before Wednesday's is warned of.
    let tuesdays = last("2026-03-24T12:00:00Z");
    assert_eq!(tuesdays, Some(at("2026-03-25T08:00:00Z")));
    // A moment before, what comes with the end of Tuesday's was the last.
    let before = last("2026-03-24T11:59:59.999999Z");
    assert_eq!(before, Some(at("2026-03-24T15:59:59.999999Z")));
    // A moment before five, and at five.
    let evening = last("2026-03-24T15:59:59.999999Z");
    assert_eq!(evening, Some(at("2026-03-25T11:59:59.999999Z")));
    assert_eq!(last("2026-03-24T16:00:00Z"), None);
}

#[test]
fn long_holidays_are_warned_of_before_they_begin() {
    let mut calendar = Calendar::standard(Tz::Europe__Berlin);
    let closed = (1..=14).map(|day| Holiday {
        date: HolidayDate::Once(NaiveDate::from_ymd_opt(2026, 4, day).expect("a date")),
        name: None,
    });
    calendar.add_holidays(closed);
    // By 13:00 in Berlin on the Tuesday before, four hours of work are left until the fifteenth.
    let last = warned_up_to(&calendar, at("2026-03-31T11:00:00Z"));
    assert_eq!(last, Some(at("2026-04-15T07:00:00Z")));
}

proptest! {
    /// N7: whoever is warned works at that time, and has so much of it left at the most.
    #[test]
    fn the_last_that_is_warned_of_lies_where_more_would_be_too_much(
        calendar in calendars(),
        now in moment(),
    ) {
        let works = calendar.business_time_between(now, now + MOMENT) > TimeDelta::zero();
        let last = warned_up_to(&calendar, now);
        prop_assert_eq!(last.is_some(), works);
        if let Some(last) = last {
            prop_assert!(calendar.business_time_between(now, last) <= WARNED_BEFORE);
            prop_assert!(calendar.business_time_between(now, last + MOMENT) > WARNED_BEFORE);
        }
    }
}
