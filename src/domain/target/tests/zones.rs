//! A year of clock arithmetic in every zone whose clocks change.

use chrono::{Datelike, NaiveDate, Offset, TimeZone, Timelike};
use chrono_tz::TZ_VARIANTS;

use super::*;

fn offset(tz: Tz, at: Instant) -> i32 {
    tz.offset_from_utc_datetime(&at.naive_utc())
        .fix()
        .local_minus_utc()
}

/// The zones that have daylight saving in this year, each with the instants of its changes, to the minute.
fn changing_zones(year: i32) -> Vec<(Tz, Vec<Instant>)> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1)
        .unwrap()
        .and_hms_opt(0, 0, 0)
        .unwrap()
        .and_utc();
    let changes = |tz: Tz| {
        let hours = (0..366 * 24).map(|hour| first + TimeDelta::hours(hour));
        let changed =
            hours.filter(|hour| offset(tz, *hour) != offset(tz, *hour + TimeDelta::hours(1)));
        let minute = |hour: Instant| {
            let minutes = (0..60).map(|minute| hour + TimeDelta::minutes(minute));
            minutes
                .into_iter()
                .find(|at| offset(tz, *at) != offset(tz, *at + TimeDelta::minutes(1)))
        };
        changed
            .filter_map(minute)
            .map(|at| at + TimeDelta::minutes(1))
            .collect::<Vec<_>>()
    };
    let zones = TZ_VARIANTS.iter().map(|tz| (*tz, changes(*tz)));
    // A zone once for each way in which its clocks change.
    let mut seen = std::collections::BTreeSet::new();
    zones
        .filter(|(_, changes)| !changes.is_empty())
        .filter(|(tz, changes)| {
            let ways: Vec<_> = changes.iter().map(|at| (*at, offset(*tz, *at))).collect();
            seen.insert(ways)
        })
        .collect()
}

/// Looks at the clock on the wall every minute until enough of them were business minutes in which nothing was paused.
fn due_by_looking(
    tz: Tz,
    holiday: NaiveDate,
    started_at: Instant,
    minutes: u32,
    pauses: &[Pause],
) -> Instant {
    let (mut at, mut left) = (started_at, minutes);
    while left > 0 {
        let local = at.with_timezone(&tz).naive_local();
        let minute = local.time().num_seconds_from_midnight() / 60;
        let is_paused = |pause: &Pause| pause.from <= at && at < pause.to;
        let works = local.date() != holiday
            && !pauses.iter().any(is_paused)
            && local.date().weekday().num_days_from_monday() != 4
            && [(0, 300), (540, 720), (780, 1020)]
                .iter()
                .any(|(from, to)| (*from..*to).contains(&minute));
        left -= u32::from(works);
        at += TimeDelta::minutes(1);
    }
    at
}

#[test]
fn in_every_zone_a_target_falls_due_when_looking_at_the_clock_says_so() {
    let zones = changing_zones(2026);
    assert!(zones.len() > 20, "{}", zones.len());
    for (tz, changes) in zones {
        for change in changes {
            let started_at = change - TimeDelta::hours(20);
            let holiday = (change + TimeDelta::days(1))
                .with_timezone(&tz)
                .date_naive();
            let spans = ["00:00-05:00", "09:00-12:00", "13:00-17:00"];
            let calendar = calendar(json!({
                "name": "Any", "time_zone": tz.name(), "holidays": [holiday.to_string()],
                "hours": {"mon": spans, "tue": spans, "wed": spans, "thu": spans, "sat": spans, "sun": spans},
            }));
            // It stands still over the change itself, and once more later.
            let still = |from: i64, to: i64| Pause {
                from: change + TimeDelta::minutes(from),
                to: change + TimeDelta::minutes(to),
            };
            let pauses = [still(-95, 47), still(2000, 2500)];
            for minutes in [1, 30, 480, 960] {
                for pauses in [&[][..], &pauses[..]] {
                    let target = Run {
                        pauses: pauses.to_vec(),
                        ..run(started_at, minutes, TargetClock::Business)
                    };
                    let looked = due_by_looking(tz, holiday, started_at, minutes, pauses);
                    assert_eq!(
                        target.due_at(&calendar),
                        Ok(looked),
                        "{tz}, {minutes} from {started_at}, {pauses:?}"
                    );
                }
                let elapsed = run(started_at, minutes, TargetClock::Elapsed);
                let due = started_at + TimeDelta::minutes(minutes.into());
                assert_eq!(elapsed.due_at(&calendar), Ok(due));
            }
        }
    }
}

/// However a year's starts are spread, what starts later falls due later, and never sooner than it started.
#[test]
fn over_a_year_later_starts_fall_due_later() {
    for tz in [
        Tz::Europe__Berlin,
        Tz::America__St_Johns,
        Tz::Australia__Lord_Howe,
        Tz::Africa__Casablanca,
    ] {
        let calendar = weekdays(tz, &["2026-12-25", "--01-01"]);
        let first = at("2026-01-01T00:00:00Z");
        let mut last = first;
        for hours in (0..365 * 24).step_by(7) {
            let started_at = first + TimeDelta::hours(hours);
            let due_at = run(started_at, 120, TargetClock::Business)
                .due_at(&calendar)
                .unwrap();
            assert!(
                due_at >= last && due_at >= started_at + TimeDelta::minutes(120),
                "{tz}: {started_at}"
            );
            let worked = calendar.business_time_between(started_at, due_at);
            assert_eq!(worked, TimeDelta::minutes(120), "{tz}: {started_at}");
            last = due_at;
        }
    }
}
