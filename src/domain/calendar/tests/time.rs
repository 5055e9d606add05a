use chrono::{Datelike, Timelike};

use super::*;

fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

#[test]
fn working_time_stops_for_lunch_the_night_and_the_weekend() {
    let calendar = calendar(json!({
        "name": "Lunch", "time_zone": "Europe/Berlin", "holidays": ["2026-03-09"],
        "hours": {"thu": ["09:00-12:00", "13:00-17:00"], "fri": ["09:00-12:00"], "mon": ["09:00-17:00"],
                  "tue": ["09:00-17:00"]},
    }));
    let thursday_ten = at("2026-03-05T09:00:00Z");
    let after = |count| {
        calendar
            .add_business_time(thursday_ten, hours(count))
            .unwrap()
    };
    assert_eq!(after(1), at("2026-03-05T10:00:00Z"));
    // Two hours are full when lunch begins, not when it ends.
    assert_eq!(after(2), at("2026-03-05T11:00:00Z"));
    assert_eq!(after(3), at("2026-03-05T13:00:00Z"));
    assert_eq!(after(6), at("2026-03-05T16:00:00Z"));
    assert_eq!(after(9), at("2026-03-06T11:00:00Z"));
    // Over the weekend and a holiday on Monday.
    assert_eq!(after(10), at("2026-03-10T09:00:00Z"));
    assert_eq!(
        calendar.business_time_between(thursday_ten, at("2026-03-10T09:00:00Z")),
        hours(10)
    );
    assert_eq!(
        calendar.business_time_between(thursday_ten, at("2026-03-10T07:00:00Z")),
        hours(9)
    );
}

#[test]
fn nothing_passes_backwards() {
    let calendar = Calendar::standard(Tz::UTC);
    let (from, to) = (at("2026-03-05T09:00:00Z"), at("2026-03-05T10:00:00Z"));
    assert_eq!(calendar.business_time_between(to, from), TimeDelta::zero());
    assert_eq!(calendar.business_time_between(to, to), TimeDelta::zero());
    assert_eq!(
        calendar.add_business_time(from, TimeDelta::zero()),
        Ok(from)
    );
    assert_eq!(calendar.add_business_time(from, hours(-1)), Ok(from));
}

#[test]
fn hours_that_the_clocks_skip_are_not_worked_and_those_they_repeat_are_worked_twice() {
    let nights = calendar(json!({
        "name": "Nights", "time_zone": "Europe/Berlin", "hours": {"sun": ["01:00-04:00"]},
    }));
    let (march, october) = (at("2026-03-28T12:00:00Z"), at("2026-10-24T12:00:00Z"));
    assert_eq!(
        nights.business_time_between(march, march + hours(36)),
        hours(2)
    );
    assert_eq!(
        nights.business_time_between(october, october + hours(36)),
        hours(4)
    );
}

#[test]
fn a_calendar_without_a_business_day_is_an_error_and_no_endless_loop() {
    let idle = calendar(json!({"name": "Idle", "time_zone": "UTC"}));
    let from = at("2026-03-05T09:00:00Z");
    assert_eq!(
        idle.add_business_time(from, hours(1)),
        Err(CalendarError::NoBusinessDay)
    );
    assert_eq!(idle.add_business_time(from, hours(0)), Ok(from));
    assert_eq!(
        idle.business_time_between(from, from + hours(1000)),
        TimeDelta::zero()
    );

    let every_day: Vec<String> = date("2028-01-01")
        .iter_days()
        .take(366)
        .map(|day| day.format("--%m-%d").to_string())
        .collect();
    let all_holidays: Vec<&str> = every_day.iter().map(String::as_str).collect();
    let calendar = weekdays(Tz::Europe__Berlin, &all_holidays);
    assert_eq!(
        calendar.add_business_time(from, hours(1)),
        Err(CalendarError::NoBusinessDay)
    );
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let calendar = Calendar::standard(Tz::Asia__Beirut);
    assert_eq!(
        calendar.add_business_time(Instant::MAX_UTC, hours(1)),
        Err(CalendarError::OutOfRange)
    );
    assert_eq!(
        calendar.business_time_between(Instant::MAX_UTC, Instant::MAX_UTC),
        TimeDelta::zero()
    );
    assert_eq!(
        calendar.business_time_between(Instant::MAX_UTC, Instant::MIN_UTC),
        TimeDelta::zero()
    );
}

/// Looks at the clock every minute.
fn worked_by_looking(calendar: &Calendar, from: Instant, minutes: i64) -> TimeDelta {
    let at_work = |instant: Instant| {
        let local = instant.with_timezone(&calendar.time_zone()).naive_local();
        let minute = local.time().num_seconds_from_midnight() / 60;
        let spans = calendar.shape().hours;
        let weekday = local.weekday().to_string().to_lowercase();
        let within = |span: &String| {
            let clock = |text: &str| {
                text[..2].parse::<u32>().unwrap() * 60 + text[3..].parse::<u32>().unwrap()
            };
            clock(&span[..5]) <= minute && minute < clock(&span[6..])
        };
        calendar.holidays.on(local.date()).is_none()
            && spans
                .get(&weekday)
                .is_some_and(|spans| spans.iter().any(within))
    };
    (0..minutes)
        .map(|minute| from + TimeDelta::minutes(minute))
        .filter(|instant| at_work(*instant))
        .fold(TimeDelta::zero(), |sum, _| sum + TimeDelta::minutes(1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // In Newfoundland the clock on the wall shows a minute of Sunday before Saturday is over.
    #[test]
    fn working_time_is_what_looking_at_the_clock_gives(
        (tz, near) in tricky_instant().prop_filter("a wall clock is right", |(tz, _)| *tz != Tz::America__St_Johns),
        minutes in 1_i64..6000,
    ) {
        let days = ["09:00-12:00", "12:45-17:00", "20:00-24:00"];
        let calendar = calendar(json!({
            "name": "Days", "time_zone": tz.name(), "holidays": [near.date_naive().to_string()],
            "hours": {"mon": days, "tue": days, "wed": days, "fri": days, "sat": days, "sun": days},
        }));
        let from = Instant::from_timestamp(near.timestamp() / 60 * 60, 0).unwrap();
        let to = from + TimeDelta::minutes(minutes);
        prop_assert_eq!(calendar.business_time_between(from, to), worked_by_looking(&calendar, from, minutes));
    }
}

proptest! {
    #[test]
    fn adding_and_measuring_are_inverse(
        (calendar, from) in calendar_and_instant(), duration in 1_i64..200_000_000_000,
    ) {
        let duration = micros(duration);
        let to = calendar.add_business_time(from, duration).unwrap();
        prop_assert_eq!(calendar.business_time_between(from, to), duration);
        // It is the first such instant.
        prop_assert_eq!(calendar.business_time_between(from, to - micros(1)), duration - micros(1));
    }

    #[test]
    fn measuring_adds_up(
        (calendar, from) in calendar_and_instant(), first in 0_i64..400_000, second in 0_i64..400_000,
    ) {
        let middle = from + TimeDelta::seconds(first);
        let to = middle + TimeDelta::seconds(second);
        let between = |from, to| calendar.business_time_between(from, to);
        prop_assert_eq!(between(from, to), between(from, middle) + between(middle, to));
        prop_assert!(between(from, to) <= to - from);
        let back = calendar.add_business_time(from, between(from, to)).unwrap();
        prop_assert!(back <= to);
        prop_assert_eq!(between(back, to), TimeDelta::zero());
    }

    #[test]
    fn around_the_clock_every_hour_counts((tz, from) in tricky_instant(), seconds in 0_i64..800_000) {
        let day = ["00:00-24:00"];
        let calendar = calendar(json!({
            "name": "Always", "time_zone": tz.name(),
            "hours": {"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day},
        }));
        let elapsed = TimeDelta::seconds(seconds);
        prop_assert_eq!(calendar.business_time_between(from, from + elapsed), elapsed);
    }
}
