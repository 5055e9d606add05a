use chrono::Datelike;

use super::*;

/// Mon–Sat, so that a window can end on the night in which clocks change.
fn six_days(time_zone: Tz) -> Calendar {
    let mut shape = weekdays(time_zone, &[]).shape();
    shape
        .hours
        .insert("sat".to_owned(), vec!["09:00-12:00".to_owned()]);
    shape.try_into().unwrap()
}

fn due(calendar: &Calendar, from: &str, days: u32) -> Instant {
    calendar.business_days_after(at(from), days).unwrap()
}

#[test]
fn the_day_of_the_request_does_not_count() {
    let berlin = weekdays(Tz::Europe__Berlin, &[]);
    // Monday; Tuesday to Friday and the next Monday count; overdue from Tuesday on.
    for from in [
        "2026-03-01T23:00:00Z",
        "2026-03-02T09:00:00Z",
        "2026-03-02T22:59:59.999999Z",
    ] {
        assert_eq!(due(&berlin, from, 5), at("2026-03-09T23:00:00Z"), "{from}");
        assert_eq!(due(&berlin, from, 7), at("2026-03-11T23:00:00Z"), "{from}");
    }
    assert_eq!(
        due(&berlin, "2026-03-02T23:00:00Z", 5),
        at("2026-03-10T23:00:00Z")
    );
    // A weekend's request counts from Monday.
    assert_eq!(
        due(&berlin, "2026-03-07T12:00:00Z", 1),
        at("2026-03-09T23:00:00Z")
    );
}

#[test]
fn no_days_have_passed_at_once() {
    let from = "2026-03-07T12:34:56.789012Z";
    assert_eq!(due(&weekdays(Tz::Europe__Berlin, &[]), from, 0), at(from));
}

#[test]
fn windows_run_over_changes_of_the_clocks() {
    let berlin = weekdays(Tz::Europe__Berlin, &[]);
    assert_eq!(
        due(&berlin, "2026-03-26T10:00:00Z", 5),
        at("2026-04-02T22:00:00Z")
    );
    assert_eq!(
        due(&berlin, "2026-10-22T10:00:00Z", 5),
        at("2026-10-29T23:00:00Z")
    );
    let new_york = weekdays(Tz::America__New_York, &[]);
    assert_eq!(
        due(&new_york, "2026-10-28T16:00:00Z", 5),
        at("2026-11-05T05:00:00Z")
    );
    assert_eq!(
        due(&new_york, "2026-03-04T16:00:00Z", 5),
        at("2026-03-12T04:00:00Z")
    );
}

#[test]
fn a_window_that_ends_where_midnight_is_missing_or_double_ends_with_its_day() {
    let saturday_is_the_second = [
        (
            Tz::America__Sao_Paulo,
            "2017-10-12T15:00:00Z",
            "2017-10-15T03:00:00Z",
        ),
        (
            Tz::Asia__Beirut,
            "2022-03-24T15:00:00Z",
            "2022-03-26T22:00:00Z",
        ),
        (
            Tz::America__Havana,
            "2026-10-29T15:00:00Z",
            "2026-11-01T04:00:00Z",
        ),
        (
            Tz::America__St_Johns,
            "2010-11-04T15:00:00Z",
            "2010-11-07T03:30:00Z",
        ),
    ];
    for (tz, from, until) in saturday_is_the_second {
        assert_eq!(due(&six_days(tz), from, 2), at(until), "{tz}");
    }
}

#[test]
fn a_day_that_never_was_does_not_count() {
    let apia = weekdays(Tz::Pacific__Apia, &[]);
    assert!(!apia.is_business_day(date("2011-12-30")));
    // Thursday counts, Friday is not there, Monday counts.
    assert_eq!(
        due(&apia, "2011-12-28T20:00:00Z", 2),
        at("2012-01-02T10:00:00Z")
    );
}

#[test]
fn leap_days_count_like_any_other() {
    assert_eq!(
        due(&weekdays(Tz::UTC, &[]), "2028-02-28T12:00:00Z", 2),
        at("2028-03-02T00:00:00Z")
    );
    assert_eq!(
        due(&weekdays(Tz::UTC, &[]), "2027-02-26T12:00:00Z", 2),
        at("2027-03-03T00:00:00Z")
    );
}

#[test]
fn a_yearly_holiday_on_a_leap_day_is_in_leap_years() {
    let calendar = weekdays(Tz::UTC, &["--02-29"]);
    assert_eq!(
        due(&calendar, "2028-02-28T12:00:00Z", 2),
        at("2028-03-03T00:00:00Z")
    );
    assert_eq!(
        due(&calendar, "2027-02-26T12:00:00Z", 2),
        at("2027-03-03T00:00:00Z")
    );
    assert!(calendar.is_business_day(date("2027-03-01")));
}

#[test]
fn holidays_take_their_day_and_on_a_weekend_nothing() {
    let calendar = weekdays(
        Tz::Europe__Berlin,
        &["2026-05-14", "--12-25", "2026-12-26", "2026-12-27"],
    );
    // Ascension is a Thursday.
    assert_eq!(
        due(&calendar, "2026-05-13T10:00:00Z", 1),
        at("2026-05-15T22:00:00Z")
    );
    // In 2026 Christmas is a Friday, and the days after it are a weekend anyway.
    assert_eq!(
        due(&calendar, "2026-12-23T10:00:00Z", 2),
        at("2026-12-28T23:00:00Z")
    );
    assert!(calendar.is_business_day(date("2025-12-26")));
    assert!(!calendar.is_business_day(date("2030-12-25")));
}

#[test]
fn a_business_day_counts_whatever_its_hours() {
    let calendar =
        calendar(json!({"name": "Short", "time_zone": "UTC", "hours": {"wed": ["09:00-09:01"]}}));
    assert_eq!(
        due(&calendar, "2026-03-03T12:00:00Z", 2),
        at("2026-03-12T00:00:00Z")
    );
}

#[test]
fn a_calendar_without_a_business_day_is_an_error_and_no_endless_loop() {
    let never = Err(CalendarError::NoBusinessDay);
    let from = at("2026-03-03T12:00:00Z");
    let idle = calendar(json!({"name": "Idle", "time_zone": "UTC", "hours": {"mon": []}}));
    assert_eq!(idle.business_days_after(from, 1), never);
    assert_eq!(idle.check(from), Err(CalendarError::NoBusinessDay));

    let any_leap_year = date("2028-01-01");
    let every_day: Vec<String> = any_leap_year
        .iter_days()
        .take(366)
        .map(|day| day.format("--%m-%d").to_string())
        .collect();
    let all_holidays: Vec<&str> = every_day.iter().map(String::as_str).collect();
    assert_eq!(
        weekdays(Tz::Europe__Berlin, &all_holidays).business_days_after(from, 5),
        never
    );
}

#[test]
fn the_rarest_business_day_is_still_found() {
    let but_leap_days: Vec<String> = date("2028-01-01")
        .iter_days()
        .take(366)
        .filter(|day| (day.month(), day.day()) != (2, 29))
        .map(|day| day.format("--%m-%d").to_string())
        .collect();
    let calendar = calendar(json!({
        "name": "Leap Mondays", "time_zone": "UTC", "hours": {"mon": ["09:00-10:00"]}, "holidays": but_leap_days,
    }));
    // Over 2100, which is no leap year, forty years pass between two leap days on a Monday.
    assert_eq!(
        due(&calendar, "2072-02-29T12:00:00Z", 1),
        at("2112-03-01T00:00:00Z")
    );
}

#[test]
fn what_lies_beyond_the_years_of_four_digits_is_refused() {
    let calendar = weekdays(Tz::Pacific__Apia, &[]);
    for from in [Instant::MAX_UTC, Instant::MIN_UTC] {
        assert_eq!(
            calendar.business_days_after(from, 1),
            Err(CalendarError::OutOfRange)
        );
    }
    assert!(
        calendar
            .business_days_after(at("9999-12-31T12:00:00Z"), 366)
            .is_ok()
    );
}

/// Looks at the clock every quarter of an hour, as somebody with a wall calendar would.
fn due_by_looking(calendar: &Calendar, from: Instant, days: u32) -> Instant {
    let shown = |instant: Instant| instant.with_timezone(&calendar.time_zone()).date_naive();
    let (requested_on, mut now, mut left) = (shown(from), from, days);
    let mut today = requested_on;
    loop {
        now += TimeDelta::minutes(15);
        if shown(now) == today {
            continue;
        }
        let works = !calendar.hours().of(today.weekday()).is_empty()
            && calendar.holidays.on(today).is_none();
        if today > requested_on && works {
            left -= 1;
            if left == 0 {
                return now;
            }
        }
        today = shown(now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_deadline_is_what_looking_at_the_clock_gives(
        (calendar, instant) in calendar_and_instant()
            .prop_filter("shows one date twice", |(calendar, _)| calendar.time_zone() != Tz::America__St_Johns),
        days in 1_u32..6,
    ) {
        let quarter = instant.timestamp() / 900 * 900;
        let from = Instant::from_timestamp(quarter, 0).unwrap();
        prop_assert_eq!(calendar.business_days_after(from, days).unwrap(), due_by_looking(&calendar, from, days));
    }
}

proptest! {
    /// A deadline is the start of a day, every day more comes later, and a later request is never due earlier.
    #[test]
    fn deadlines_keep_their_order(
        (calendar, from) in calendar_and_instant(), days in 1_u32..8, later in 0_i64..300_000,
    ) {
        let due = calendar.business_days_after(from, days).unwrap();
        prop_assert!(due > from);
        prop_assert!(calendar.business_days_after(from, days + 1).unwrap() > due);
        prop_assert!(calendar.business_days_after(from + TimeDelta::seconds(later), days).unwrap() >= due);
        let day = super::super::local::day_of(calendar.time_zone(), due);
        prop_assert_eq!(day_start(calendar.time_zone(), day), due);
    }
}
