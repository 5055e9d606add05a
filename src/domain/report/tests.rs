use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Role};
use crate::domain::calendar::day_start;
use crate::domain::eligibility::FindingCode;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::Side;
use crate::domain::target::TargetKind;

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn zones() -> impl Strategy<Value = Tz> {
    prop_oneof![
        Just(Tz::UTC),
        Just(Tz::Europe__Berlin),
        Just(Tz::America__New_York),
        Just(Tz::Asia__Kathmandu),
        // Half an hour of summer time, a day that was skipped, and clocks that are set back over midnight.
        Just(Tz::Australia__Lord_Howe),
        Just(Tz::Pacific__Apia),
        Just(Tz::America__Sao_Paulo),
    ]
}

#[test]
fn percentiles_are_by_nearest_rank() {
    assert_eq!(percentile(&[], 50), None);
    assert_eq!(percentile(&[7], 50), Some(7));
    assert_eq!(percentile(&[7], 90), Some(7));
    assert_eq!(percentile(&[1, 2], 50), Some(1));
    assert_eq!(percentile(&[1, 2, 3], 50), Some(2));
    let ten: Vec<i64> = (1..=10).collect();
    assert_eq!(percentile(&ten, 50), Some(5));
    assert_eq!(percentile(&ten, 90), Some(9));
    assert_eq!(percentile(&ten, 100), Some(10));
    assert_eq!(percentile(&ten, 0), None);
    assert_eq!(percentile(&ten, 101), None);
}

proptest! {
    #[test]
    fn a_percentile_is_the_smallest_value_with_enough_below_it(
        mut values in prop::collection::vec(0_i64..100, 1..60), percent in 1_usize..=100,
    ) {
        values.sort_unstable();
        let found = percentile(&values, percent).expect("something was measured");
        let not_greater = |of: i64| values.iter().filter(|value| **value <= of).count();
        let enough = |count: usize| count * 100 >= percent * values.len();
        prop_assert!(values.contains(&found));
        prop_assert!(enough(not_greater(found)));
        prop_assert!(!enough(not_greater(found - 1)));
    }

    #[test]
    fn a_rate_lies_between_none_and_all(part in 0_u64..1000, rest in 0_u64..1000) {
        match ratio(part, part + rest) {
            None => prop_assert_eq!(part + rest, 0),
            Some(rate) => prop_assert!((0.0..=1.0).contains(&rate)),
        }
    }

    #[test]
    fn every_instant_of_a_period_is_in_one_bucket(
        zone in zones(), start in 1_300_000_000_i64..1_800_000_000, days in 1_i64..731, share in 0.0_f64..1.0,
        by in prop_oneof![Just(Grouping::Day), Just(Grouping::Week), Just(Grouping::Month)],
    ) {
        let from = Instant::from_timestamp(start, 0).expect("an instant");
        let period = Period { from, to: from + TimeDelta::days(days) };
        let buckets = Buckets::of(period, zone, by);
        let all: Vec<NaiveDate> = buckets.days().collect();
        prop_assert!(all.is_sorted());
        let seconds = TimeDelta::days(days).num_seconds() as f64;
        let inside = from + TimeDelta::seconds((seconds * share) as i64);
        let place = buckets.place(inside).expect("it lies in the period");
        prop_assert!(all.contains(&place));
        let span = buckets.span(place).expect("it is one of them");
        prop_assert!(span.from <= inside && inside < span.to);
        // Together they are the period, without a gap.
        let mut reached = period.from;
        for first in &all {
            let span = buckets.span(*first).expect("it is one of them");
            prop_assert_eq!(span.from, reached);
            prop_assert!(span.from < span.to);
            reached = span.to;
        }
        prop_assert_eq!(reached, period.to);
        prop_assert_eq!(buckets.place(period.to), None);
        prop_assert_eq!(buckets.place(period.from - TimeDelta::microseconds(1)), None);
    }

    #[test]
    fn a_total_is_of_all_rows(counts in prop::collection::vec((0_u64..50, 0_u64..50), 0..30)) {
        let mut tallies = BTreeMap::new();
        for (index, (accepted, declined)) in counts.iter().enumerate() {
            let tally: &mut Tally = tallies.entry(Group::Rank(i64::try_from(index).ok())).or_default();
            tally.add(Measure::Submitted, accepted + declined);
            tally.add(Measure::Accepted, *accepted);
            tally.add(Measure::Declined, *declined);
        }
        let sheet = Sheet::of(Report::named(ReportName::Outcomes), Grouping::Reason, tallies);
        let (accepted, declined) = counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        prop_assert_eq!(sheet.total[0], Some(Figure::Whole(accepted + declined)));
        prop_assert_eq!(sheet.total[5], ratio(accepted, accepted + declined).map(Figure::Part));
        prop_assert!(sheet.rows.is_sorted_by(|one, other| one.figures[0] >= other.figures[0]));
    }
}

#[test]
fn a_rate_of_nothing_is_none() {
    assert_eq!(ratio(0, 0), None);
    assert_eq!(ratio(0, 3), Some(0.0));
    assert_eq!(ratio(2, 3), Some(0.6667));
}

#[test]
fn days_are_those_of_the_zone_when_its_clocks_change() {
    let zone = Tz::Europe__Berlin;
    let asked = (
        Some(Moment::Day(day("2026-03-28"))),
        Some(Moment::Day(day("2026-03-30"))),
    );
    let period = Period::asked(asked, zone, at("2026-06-01T00:00:00Z")).expect("a period");
    assert_eq!(period.from, at("2026-03-27T23:00:00Z"));
    assert_eq!(period.to, at("2026-03-30T22:00:00Z"));
    let buckets = Buckets::of(period, zone, Grouping::Day);
    let days: Vec<NaiveDate> = buckets.days().collect();
    let expected = ["2026-03-28", "2026-03-29", "2026-03-30"].map(day);
    assert_eq!(days, expected);
    // The day on which an hour is skipped has 23.
    let span = buckets.span(expected[1]).expect("a day");
    assert_eq!(span.to - span.from, TimeDelta::hours(23));
    assert_eq!(buckets.place(at("2026-03-29T21:59:59Z")), Some(expected[1]));
    assert_eq!(buckets.place(at("2026-03-29T22:00:00Z")), Some(expected[2]));
}

#[test]
fn weeks_begin_on_monday_and_months_with_their_first() {
    let period = Period {
        from: at("2026-02-25T12:00:00Z"),
        to: at("2026-03-09T00:00:00Z"),
    };
    let weeks: Vec<NaiveDate> = Buckets::of(period, Tz::UTC, Grouping::Week)
        .days()
        .collect();
    assert_eq!(weeks, ["2026-02-23", "2026-03-02"].map(day));
    let months: Vec<NaiveDate> = Buckets::of(period, Tz::UTC, Grouping::Month)
        .days()
        .collect();
    assert_eq!(months, ["2026-02-01", "2026-03-01"].map(day));
}

#[test]
fn a_day_that_was_skipped_has_no_row() {
    let zone = Tz::Pacific__Apia;
    let period = Period {
        from: day_start(zone, day("2011-12-28")),
        to: day_start(zone, day("2012-01-01")),
    };
    let days: Vec<NaiveDate> = Buckets::of(period, zone, Grouping::Day).days().collect();
    assert_eq!(days, ["2011-12-28", "2011-12-29", "2011-12-31"].map(day));
}

#[test]
fn a_period_is_bounded_and_has_an_end() {
    let now = at("2026-03-02T09:00:00Z");
    let zone = Tz::Europe__Berlin;
    let usual = Period::asked((None, None), zone, now).expect("a period");
    assert_eq!(usual.to, at("2026-03-02T23:00:00Z"));
    assert_eq!(usual.days(zone), (day("2025-12-02"), day("2026-03-02")));
    let same = Some(Moment::Day(day("2026-03-02")));
    assert!(Period::asked((same, same), zone, now).is_ok());
    let instant = Some(Moment::At(now));
    assert_eq!(
        Period::asked((instant, instant), zone, now),
        Err(PeriodProblem::EndsBeforeItBegins)
    );
    let tomorrow = Some(Moment::Day(day("2026-03-03")));
    assert_eq!(
        Period::asked((tomorrow, None), zone, now),
        Err(PeriodProblem::EndsBeforeItBegins)
    );
    // Two years, one of them a leap year, and not a day more.
    let to = Some(Moment::Day(day("2025-06-30")));
    let from = |text| Some(Moment::Day(day(text)));
    assert!(Period::asked((from("2023-07-01"), to), zone, now).is_ok());
    assert_eq!(
        Period::asked((from("2023-06-29"), to), zone, now),
        Err(PeriodProblem::TooLong)
    );
}

#[test]
fn waits_have_percentiles_and_what_was_not_waited_for_has_none() {
    let mut tally = Tally::default();
    for minutes in [30, 10, 20] {
        tally.waited(Stage::Claim, minutes * 60);
    }
    tally.waited(Stage::FirstReply, -5);
    let customer = Group::Customer(OrganizationId::from_uuid(uuid::Uuid::from_u128(1)));
    let sheet = Sheet::of(
        Report::named(ReportName::Times),
        Grouping::Customer,
        BTreeMap::from([(customer, tally)]),
    );
    let whole = |number| Some(Figure::Whole(number));
    let expected = vec![
        whole(3),
        whole(1200),
        whole(1800),
        whole(1),
        whole(0),
        whole(0),
        whole(0),
        None,
        None,
    ];
    assert_eq!(sheet.rows[0].figures, expected);
    assert_eq!(sheet.total, expected);
}

#[test]
fn criteria_share_what_was_declined() {
    let mut tallies = BTreeMap::new();
    for (code, count) in [
        (FindingCode::RecentlyUpdated, 3),
        (FindingCode::UnreadUpdate, 1),
    ] {
        let tally: &mut Tally = tallies.entry(Group::Criterion(code)).or_default();
        tally.add(Measure::Declined, count);
        tally.is_of(3);
    }
    let report = Report::named(ReportName::DeclineReasons);
    let sheet = Sheet::of(report, Grouping::Criterion, tallies);
    let figures: Vec<_> = sheet.rows.iter().map(|row| row.figures.clone()).collect();
    let row = |count, share| vec![Some(Figure::Whole(count)), Some(Figure::Part(share))];
    assert_eq!(figures, [row(3, 1.0), row(1, 0.3333)]);
    assert_eq!(sheet.total, row(3, 1.0));
    // By other things, only the criteria that were named are columns.
    let mut tally = Tally::default();
    tally.add(Measure::Declined, 3);
    tally.not_met(FindingCode::RecentlyUpdated, 3);
    let rows = BTreeMap::from([(Group::Priority(None), tally)]);
    let sheet = Sheet::of(report, Grouping::Priority, rows);
    let names: Vec<&str> = sheet.columns.iter().map(|column| column.name()).collect();
    assert_eq!(names, ["declined", "recently_updated"]);
}

#[test]
fn rows_are_bounded_and_the_total_is_of_all() {
    let mut tallies = BTreeMap::new();
    for index in 0..=MOST_GROUPS {
        let owner = PersonId::from_uuid(uuid::Uuid::from_u128(index as u128));
        let tally: &mut Tally = tallies.entry(Group::Owner(Some(owner))).or_default();
        tally.add(Measure::Submitted, if index == 7 { 1 } else { 2 });
    }
    let sheet = Sheet::of(
        Report::named(ReportName::Outcomes),
        Grouping::Owner,
        tallies,
    );
    assert_eq!((sheet.rows.len(), sheet.left_out), (MOST_GROUPS, 1));
    assert!(
        sheet
            .rows
            .iter()
            .all(|row| row.figures[0] == Some(Figure::Whole(2)))
    );
    let all = 2 * (MOST_GROUPS as u64) + 1;
    assert_eq!(sheet.total[0], Some(Figure::Whole(all)));
}

#[test]
fn customers_are_told_nothing_of_owners_lines_ranks_and_targets() {
    for name in ReportName::ALL {
        let report = Report::named(*name);
        assert_eq!(report.name, *name);
        for by in report.groupings(Side::Customer) {
            assert!(
                !matches!(
                    by,
                    Grouping::Rank
                        | Grouping::Kind
                        | Grouping::Owner
                        | Grouping::LineOfBusiness
                        | Grouping::Customer
                ),
                "{name} by {by}"
            );
        }
        for filter in report.filters(Side::Customer) {
            assert!(
                !matches!(
                    filter,
                    ReportFilter::Organization | ReportFilter::LineOfBusiness | ReportFilter::Kind
                ),
                "{name} with {filter}"
            );
        }
        let by = report.usual(Side::Customer);
        assert!(report.groupings(Side::Provider).contains(&by));
        // What is drawn stands in the table.
        for by in report.groupings(Side::Provider) {
            for measure in report.drawing(by).measures() {
                assert!(
                    report.measures(by).contains(measure),
                    "{name} by {by}: {measure}"
                );
            }
        }
    }
    assert!(!Report::named(ReportName::Queue).exists_for(Side::Customer));
    assert!(!Report::named(ReportName::Targets).exists_for(Side::Customer));
    assert_eq!(TargetKind::ALL.len(), 3);
}

#[test]
fn nobody_is_told_how_much_there_is_of_what_they_may_not_see() {
    let (person, organization) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let viewer = Access::of_roles(
        PersonId::from_uuid(person),
        OrganizationId::from_uuid(organization),
        Side::Customer,
        [Role::PortalViewer],
    );
    assert!(viewer.can(Permission::ReportsView));
    assert!(!viewer.can(Permission::ReportsExport));
    assert!(Report::named(ReportName::Outcomes).is_for(&viewer));
    assert!(!Report::named(ReportName::Callbacks).is_for(&viewer));
    assert!(!Report::named(ReportName::Queue).is_for(&viewer));
}
