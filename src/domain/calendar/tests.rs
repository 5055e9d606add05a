mod days;
mod ics;
mod local;
mod proposals;
mod replay;
mod shape;
mod time;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::Instant;

/// Zones and the local days on which their clocks do something.
pub(super) const TRICKY_DAYS: &[(Tz, (i32, u32, u32))] = &[
    (Tz::UTC, (2028, 2, 29)),
    (Tz::Europe__Berlin, (2026, 3, 29)),
    (Tz::Europe__Berlin, (2026, 10, 25)),
    (Tz::America__New_York, (2026, 3, 8)),
    (Tz::America__New_York, (2026, 11, 1)),
    // Midnight does not exist.
    (Tz::America__Sao_Paulo, (2017, 10, 15)),
    (Tz::America__Sao_Paulo, (2018, 2, 18)),
    (Tz::Asia__Beirut, (2022, 3, 27)),
    (Tz::Asia__Beirut, (2022, 10, 30)),
    // Midnight comes twice, and the day before it ends at the first …
    (Tz::America__Havana, (2026, 11, 1)),
    // … or only at the second.
    (Tz::America__St_Johns, (2010, 11, 7)),
    // A day that never was.
    (Tz::Pacific__Apia, (2011, 12, 30)),
    // Half an hour, and two hours.
    (Tz::Australia__Lord_Howe, (2026, 4, 5)),
    (Tz::Antarctica__Troll, (2026, 3, 29)),
    (Tz::Asia__Kathmandu, (1986, 1, 1)),
];

pub(in crate::domain) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(in crate::domain) fn calendar(shape: Value) -> Calendar {
    serde_json::from_value(shape).unwrap()
}

/// Mon–Fri, with the given holidays.
pub(in crate::domain) fn weekdays(time_zone: Tz, holidays: &[&str]) -> Calendar {
    let hours = ["09:00-17:00"];
    calendar(json!({
        "name": "Weekdays", "time_zone": time_zone.name(), "holidays": holidays,
        "hours": {"mon": hours, "tue": hours, "wed": hours, "thu": hours, "fri": hours},
    }))
}

pub(super) fn micros(count: i64) -> TimeDelta {
    TimeDelta::microseconds(count)
}

/// A tricky zone with an instant within four days of its tricky one.
pub(in crate::domain) fn tricky_instant() -> impl Strategy<Value = (Tz, Instant)> {
    (
        prop::sample::select(TRICKY_DAYS),
        -4 * 86_400_i64..4 * 86_400,
        0..1_000_000_i64,
    )
        .prop_map(|((tz, (year, month, day)), seconds, fraction)| {
            let midnight = NaiveDate::from_ymd_opt(year, month, day)
                .unwrap()
                .and_time(chrono::NaiveTime::MIN);
            (
                tz,
                midnight.and_utc() + TimeDelta::seconds(seconds) + micros(fraction),
            )
        })
}

/// A calendar with at least one working day, whose holidays lie about a tricky day, with an instant near it.
pub(in crate::domain) fn calendar_and_instant() -> impl Strategy<Value = (Calendar, Instant)> {
    let hours: &[&[&str]] = &[
        &[],
        &["09:00-17:00"],
        &["09:00-12:00", "13:00-17:00"],
        &["00:00-24:00"],
        &["00:00-01:30", "02:15-02:45", "22:00-24:00"],
        &["23:30-24:00"],
    ];
    let week = prop::collection::vec(prop::sample::select(hours), 7)
        .prop_filter("a week has a working day", |week| {
            week.iter().any(|spans| !spans.is_empty())
        });
    let holidays = prop::collection::vec((-6_i64..20, any::<bool>()), 0..6);
    (tricky_instant(), week, holidays).prop_map(|((tz, instant), week, holidays)| {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let hours: serde_json::Map<String, Value> = names
            .iter()
            .zip(week)
            .map(|(name, spans)| ((*name).to_owned(), json!(spans)))
            .collect();
        let holidays: Vec<String> = holidays
            .into_iter()
            .map(|(days, yearly)| {
                let date = (instant + TimeDelta::days(days)).date_naive();
                if yearly {
                    date.format("--%m-%d").to_string()
                } else {
                    date.to_string()
                }
            })
            .collect();
        let shape =
            json!({"name": "Any", "time_zone": tz.name(), "hours": hours, "holidays": holidays});
        (calendar(shape), instant)
    })
}
