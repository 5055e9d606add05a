mod ladder;
mod turns;
mod zones;

use proptest::prelude::*;

use super::*;
use crate::domain::Instant;
use crate::domain::calendar::tests::{at, calendar, calendar_and_instant, weekdays};
use crate::domain::calendar::{CalendarError, Pause, Why};
use crate::domain::case::Priority;
use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::json;

fn allowed(minutes: u32, clock: TargetClock) -> Allowance {
    Allowance { minutes, clock }
}

fn run(started_at: Instant, minutes: u32, clock: TargetClock) -> Run {
    Run {
        started_at,
        allowance: allowed(minutes, clock),
        pauses: Vec::new(),
        paused_since: None,
    }
}

#[test]
fn m8_the_defaults_are_the_contracts() {
    use TargetClock::{Business, Elapsed};
    use TargetKind::{Claim, FirstReply, Update};
    let table = TargetTable::default();
    let of = |kind, priority, rank| table.allowed(kind, priority, rank);
    let (high, medium) = (Priority::High, Priority::Medium);
    assert_eq!(of(Claim, high, None), Some(allowed(30, Elapsed)));
    assert_eq!(of(Claim, medium, Some(1)), Some(allowed(120, Business)));
    assert_eq!(of(FirstReply, high, None), Some(allowed(120, Elapsed)));
    assert_eq!(of(FirstReply, medium, None), Some(allowed(480, Business)));
    let by_rank = [
        (240, Elapsed),
        (480, Elapsed),
        (480, Business),
        (960, Business),
        (1440, Business),
    ];
    for (rank, (minutes, clock)) in (1..).zip(by_rank) {
        assert_eq!(of(Update, high, Some(rank)), Some(allowed(minutes, clock)));
        assert_eq!(
            of(Update, medium, Some(rank)),
            Some(allowed(minutes, clock))
        );
    }
    assert_eq!(of(Update, high, None), None);
    assert_eq!(of(Update, high, Some(6)), None);
    assert_eq!(of(Claim, Priority::Low, None), None);
}

#[test]
fn a_row_is_set_and_no_other() {
    let row = TargetRow::named(TargetKind::Update, Grade::Rank(3)).unwrap();
    let (mut table, new) = (TargetTable::default(), allowed(7, TargetClock::Elapsed));
    table.set(row, new);
    for ((other, was), (_, is)) in TargetTable::default().rows().zip(table.rows()) {
        assert_eq!(is, if other == row { new } else { was });
    }
    let claim_by_rank = TargetRow::named(TargetKind::Claim, Grade::Rank(3));
    assert_eq!(claim_by_rank, None);
}

#[test]
fn business_minutes_stand_still_over_the_night_a_holiday_and_a_clock_change() {
    // Friday before the clocks go forward in Berlin; Monday is off.
    let calendar = weekdays(Tz::Europe__Berlin, &["2026-03-30"]);
    let claim = run(at("2026-03-27T15:30:00Z"), 120, TargetClock::Business);
    // Half an hour is left of Friday; on Tuesday 09:00 is an hour earlier in UTC.
    assert_eq!(claim.due_at(&calendar), Ok(at("2026-03-31T08:30:00Z")));
    let replay = claim.replay(&calendar, at("2026-03-31T08:30:00Z")).unwrap();
    let whys: Vec<Why> = replay.segments.iter().map(|segment| segment.why).collect();
    use Why::{Closed, Holiday, Working};
    assert_eq!(whys, [Working, Closed, Holiday, Closed, Working]);
    assert_eq!((replay.window, replay.counted), (7200, 7200));
    let elapsed = run(at("2026-03-28T20:00:00Z"), 24 * 60, TargetClock::Elapsed);
    assert_eq!(elapsed.due_at(&calendar), Ok(at("2026-03-29T20:00:00Z")));
}

#[test]
fn a_target_that_stands_still_falls_due_that_much_later() {
    let calendar = weekdays(Tz::UTC, &[]);
    let started_at = at("2026-03-02T10:00:00Z");
    let mut update = Run {
        paused_since: Some(started_at),
        ..run(started_at, 60, TargetClock::Business)
    };
    let (asked, answered) = (at("2026-03-02T12:00:00Z"), at("2026-03-02T16:30:00Z"));
    assert_eq!(update.due_at(&calendar), Ok(at("2026-03-02T11:00:00Z")));
    assert_eq!(
        update.replay(&calendar, asked).unwrap().due_at,
        at("2026-03-02T13:00:00Z")
    );
    update.resume(answered);
    assert_eq!(update.due_at(&calendar), Ok(at("2026-03-03T09:30:00Z")));
    let before = update.clone();
    update.resume(at("2026-03-02T20:00:00Z"));
    assert_eq!(update, before);
    // A clock that was set back does not take time away.
    let mut ahead = Run {
        paused_since: Some(asked),
        ..run(started_at, 60, TargetClock::Elapsed)
    };
    ahead.resume(started_at);
    assert_eq!(ahead.due_at(&calendar), Ok(at("2026-03-02T11:00:00Z")));
}

#[test]
fn a_calendar_without_a_working_day_is_an_error_and_no_loop() {
    let idle = calendar(json!({"name": "Idle", "time_zone": "UTC"}));
    let started_at = at("2026-03-02T10:00:00Z");
    let business = run(started_at, 1, TargetClock::Business);
    assert_eq!(business.due_at(&idle), Err(CalendarError::NoBusinessDay));
    let elapsed = run(started_at, 1, TargetClock::Elapsed);
    assert_eq!(elapsed.due_at(&idle), Ok(at("2026-03-02T10:01:00Z")));
    let longest = run(started_at, LONGEST_MINUTES, TargetClock::Business);
    assert!(longest.due_at(&weekdays(Tz::UTC, &[])).is_ok());
    let never = run(Instant::MAX_UTC, 1, TargetClock::Business);
    assert_eq!(
        never.due_at(&weekdays(Tz::UTC, &[])),
        Err(CalendarError::OutOfRange)
    );
}

#[test]
fn a_target_is_missed_from_the_instant_on_at_which_it_falls_due() {
    let due = at("2026-03-02T10:30:00Z");
    let just_before = due - TimeDelta::microseconds(1);
    let later = due + TimeDelta::hours(1);
    let running = |now| Standing::of(due, None, None, None, now);
    assert_eq!(running(just_before), Standing::Running);
    assert_eq!(running(due), Standing::Missed);
    let met = |at| Standing::of(due, Some(at), None, None, later);
    assert_eq!(met(just_before), Standing::Met);
    assert_eq!(met(due), Standing::Missed);
    let ended = |at| Standing::of(due, None, Some(at), None, later);
    assert_eq!(ended(just_before), Standing::Ended);
    assert_eq!(ended(due), Standing::Missed);
    let still = |at| Standing::of(due, None, None, Some(at), later);
    assert_eq!(still(just_before), Standing::Paused);
    assert_eq!(still(due), Standing::Missed);
}

proptest! {
    #[test]
    fn what_counted_is_what_was_allowed(
        (calendar, started_at) in calendar_and_instant(), minutes in 1_u32..3000, business: bool,
        pauses in prop::collection::vec((0_i64..200_000, 0_i64..90_000), 0..4),
    ) {
        let clock = if business { TargetClock::Business } else { TargetClock::Elapsed };
        let pauses = pauses.into_iter().map(|(from, length)| {
            let from = started_at + TimeDelta::seconds(from);
            Pause { from, to: from + TimeDelta::seconds(length) }
        });
        let target = Run { pauses: pauses.collect(), ..run(started_at, minutes, clock) };
        let due_at = target.due_at(&calendar).unwrap();
        let replay = target.replay(&calendar, due_at).unwrap();
        prop_assert_eq!(replay.due_at, due_at);
        prop_assert_eq!(replay.counted, i64::from(minutes) * 60);
        prop_assert_eq!(replay.segments.first().map(|segment| segment.from), Some(started_at));
        let unpaused = Run { pauses: Vec::new(), ..target };
        prop_assert!(unpaused.due_at(&calendar).unwrap() <= due_at);
    }
}

/// F3: what a moved entry ends in the past is told apart from what it starts there.
#[test]
fn pauses_are_parted_at_an_instant() {
    let minute = |n: i64| Instant::UNIX_EPOCH + TimeDelta::minutes(n);
    let pause = |from, to| Pause {
        from: minute(from),
        to: minute(to),
    };
    let mut run = run(minute(0), 240, TargetClock::Elapsed);
    run.pauses = vec![pause(10, 20), pause(30, 60)];
    for (at, until, behind) in [
        (5, vec![], run.pauses.clone()),
        (20, vec![pause(10, 20)], vec![pause(30, 60)]),
        (40, vec![pause(10, 20), pause(30, 40)], vec![pause(40, 60)]),
        (90, run.pauses.clone(), vec![]),
    ] {
        assert_eq!(run.pauses_around(minute(at)), (until, behind), "{at}");
    }
}
