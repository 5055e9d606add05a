use chrono::TimeDelta;
use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::calendar::tests::{at, tricky_instant};

fn person(number: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(number))
}

fn shift(number: u128, days: &[Weekday], from: &str, until: &str, time_zone: Tz) -> Shift {
    Shift {
        person: person(number),
        days: days.to_vec(),
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
        time_zone,
    }
}

fn absence(number: u128, from: &str, until: &str, cover: Option<u128>) -> Absence {
    Absence {
        person: person(number),
        from: at(from),
        until: at(until),
        cover: cover.map(person),
    }
}

use Weekday::{Fri, Mon, Sat, Sun};

#[test]
fn a_shift_is_from_its_first_minute_to_before_its_last() {
    let monday = shift(1, &[Mon], "08:00", "17:00", Tz::Europe__Berlin);
    // 2 March 2026 is a Monday.
    assert!(!monday.is_at(at("2026-03-02T06:59:59.999999Z")));
    assert!(monday.is_at(at("2026-03-02T07:00:00Z")));
    assert!(monday.is_at(at("2026-03-02T15:59:59.999999Z")));
    assert!(!monday.is_at(at("2026-03-02T16:00:00Z")));
    assert!(!monday.is_at(at("2026-03-03T08:00:00Z")));
}

#[test]
fn a_shift_goes_on_over_midnight() {
    let friday_night = shift(1, &[Fri], "22:00", "06:00", Tz::UTC);
    assert!(friday_night.is_at(at("2026-03-06T22:00:00Z")));
    assert!(friday_night.is_at(at("2026-03-07T05:59:00Z")));
    assert!(!friday_night.is_at(at("2026-03-07T06:00:00Z")));
    assert!(!friday_night.is_at(at("2026-03-06T05:00:00Z")));
    let whole_day = shift(1, &[Sat], "00:00", "24:00", Tz::UTC);
    assert!(
        whole_day.is_at(at("2026-03-07T23:59:59Z")) && !whole_day.is_at(at("2026-03-08T00:00:00Z"))
    );
    let around = shift(1, &[Sat], "08:00", "08:00", Tz::UTC);
    assert!(around.is_at(at("2026-03-08T07:59:00Z")) && !around.is_at(at("2026-03-08T08:00:00Z")));
}

#[test]
fn a_shift_follows_its_own_clock_when_that_changes() {
    let night = shift(1, &[Sat], "23:00", "03:30", Tz::Europe__Berlin);
    let length = |from: &str| {
        let from = at(from);
        (0..)
            .take_while(|minutes| night.is_at(from + TimeDelta::minutes(*minutes)))
            .count()
    };
    assert_eq!(length("2026-03-21T22:00:00Z"), 270);
    assert_eq!(length("2026-03-28T22:00:00Z"), 210);
    assert_eq!(length("2026-10-24T21:00:00Z"), 330);
    // An hour that there is not.
    let skipped = shift(1, &[Sun], "02:10", "02:50", Tz::Europe__Berlin);
    let minutes =
        (0..24 * 60).map(|minute| at("2026-03-29T00:00:00Z") + TimeDelta::minutes(minute));
    assert!(minutes.into_iter().all(|minute| !skipped.is_at(minute)));
    assert_eq!(
        skipped.next(at("2026-03-28T00:00:00Z")),
        Some(at("2026-04-05T00:10:00Z"))
    );
}

#[test]
fn clock_times_are_read_as_they_are_shown() {
    for text in ["00:00", "08:05", "23:59", "24:00"] {
        assert_eq!(text.parse::<ClockTime>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "8:00",
        "24:01",
        "12:60",
        "12",
        "12:0",
        "-1:00",
        "１２:00",
    ] {
        assert!(text.parse::<ClockTime>().is_err(), "{text}");
    }
}

fn always(number: u128) -> Shift {
    shift(number, Weekday::ALL, "00:00", "24:00", Tz::UTC)
}

#[test]
fn who_is_away_is_stood_in_for_by_whoever_covers_for_them_in_the_end() {
    let now = at("2026-03-02T10:00:00Z");
    let (from, until) = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z");
    let mut roster = Roster {
        shifts: vec![always(1), always(2)],
        absences: vec![absence(1, from, until, Some(3))],
    };
    assert_eq!(roster.on_duty(now), [person(3), person(2)]);
    // The cover of the cover.
    roster.absences.push(absence(3, from, until, Some(4)));
    assert_eq!(roster.on_duty(now), [person(4), person(2)]);
    // Somebody who has a shift anyway is there once.
    roster.absences[1].cover = Some(person(2));
    assert_eq!(roster.on_duty(now), [person(2)]);
    // In a circle nobody is there.
    roster.absences[1].cover = Some(person(1));
    assert_eq!(roster.on_duty(now), [person(2)]);
    roster.absences[1].cover = None;
    assert_eq!(roster.on_duty(now), [person(2)]);
    assert_eq!(roster.on_duty(at(until)), [person(1), person(2)]);
}

#[test]
fn a_roster_says_where_it_is_wrong() {
    let (from, until) = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z");
    let empty = Roster::default();
    assert_eq!(empty.faults(Assignment::Manual), []);
    let nobody = [(RosterPart::Shifts, RosterFault::NobodyOnDuty)];
    assert_eq!(empty.faults(Assignment::Rotation), nobody);
    let roster = Roster {
        shifts: vec![
            always(1),
            shift(2, &[], "08:00", "17:00", Tz::UTC),
            shift(2, &[Mon], "24:00", "08:00", Tz::UTC),
        ],
        absences: vec![
            absence(1, until, from, None),
            absence(2, from, from, None),
            absence(3, from, until, Some(3)),
            absence(4, from, until, Some(5)),
            absence(5, "2026-03-02T12:00:00Z", "2026-03-04T00:00:00Z", None),
            absence(6, from, until, Some(4)),
            absence(7, from, until, Some(8)),
        ],
    };
    use RosterFault::{BeginsAtItsEnd, CoverAway, CoversThemselves, NoDays, NotLater};
    let expected = [
        (RosterPart::Days(1), NoDays),
        (RosterPart::ShiftFrom(2), BeginsAtItsEnd),
        (RosterPart::Until(0), NotLater),
        (RosterPart::Until(1), NotLater),
        (RosterPart::Cover(2), CoversThemselves),
        (RosterPart::Cover(3), CoverAway(person(5))),
        (RosterPart::Cover(5), CoverAway(person(4))),
    ];
    assert_eq!(roster.faults(Assignment::Manual), expected);
    // A cover who is away is no fault where somebody covers for them in turn.
    let chained = Roster {
        shifts: vec![always(1)],
        absences: vec![
            absence(1, from, until, Some(2)),
            absence(2, from, until, Some(3)),
        ],
    };
    assert_eq!(chained.faults(Assignment::Rotation), []);
    let circle = Roster {
        shifts: vec![always(1)],
        absences: vec![
            absence(1, from, until, Some(2)),
            absence(2, from, until, Some(1)),
        ],
    };
    assert_eq!(circle.faults(Assignment::Rotation).len(), 2);
}

#[test]
fn it_is_the_turn_of_who_waits_the_longest() {
    let (early, late) = (1, 2);
    let turn = |waiting: &[(PersonId, Option<i64>)]| next_in_turn(waiting);
    assert_eq!(turn(&[]), None);
    assert_eq!(
        turn(&[(person(1), Some(late)), (person(2), Some(early))]),
        Some(person(2))
    );
    assert_eq!(
        turn(&[
            (person(1), Some(early)),
            (person(2), None),
            (person(3), None)
        ]),
        Some(person(2))
    );
}

fn rosters() -> impl Strategy<Value = (Roster, Instant)> {
    let days = prop::sample::subsequence(Weekday::ALL.to_vec(), 0..=7);
    let shift = (0_u128..5, days, 0_i64..1440, 0_i64..=1440);
    let absence = (
        0_u128..5,
        -200_000_i64..200_000,
        1_i64..300_000,
        prop::option::of(0_u128..5),
    );
    let parts = (
        prop::collection::vec(shift, 0..6),
        prop::collection::vec(absence, 0..6),
    );
    (tricky_instant(), parts).prop_map(|((time_zone, now), (shifts, absences))| {
        let shifts = shifts.into_iter().map(|(number, days, from, until)| Shift {
            person: person(number),
            days,
            from: ClockTime::of_minutes(from).unwrap(),
            until: ClockTime::of_minutes(until).unwrap(),
            time_zone,
        });
        let absences = absences.into_iter().map(|(number, from, length, cover)| {
            let from = now + TimeDelta::seconds(from);
            Absence {
                person: person(number),
                from,
                until: from + TimeDelta::seconds(length),
                cover: cover.map(person),
            }
        });
        let roster = Roster {
            shifts: shifts.collect(),
            absences: absences.collect(),
        };
        (roster, now)
    })
}

proptest! {
    #[test]
    fn nobody_who_is_away_is_on_duty((roster, now) in rosters()) {
        let there = roster.on_duty(now);
        for person in &there {
            prop_assert!(!roster.absences.iter().any(|absence| absence.person == *person && absence.is_at(now)));
        }
        let shifts = roster.shifts.iter().filter(|shift| shift.is_at(now)).count();
        prop_assert!(there.len() <= shifts);
    }

    #[test]
    fn where_no_cover_is_wrong_every_absence_with_one_is_covered((mut roster, now) in rosters()) {
        while let Some((RosterPart::Cover(index), _)) =
            roster.faults(Assignment::Manual).into_iter().find(|(part, _)| matches!(part, RosterPart::Cover(_)))
        {
            roster.absences[index].cover = None;
        }
        let covered = roster.absences.iter().filter(|absence| absence.is_at(now) && absence.cover.is_some());
        for absence in covered {
            prop_assert!(roster.present(absence.person, now).is_some());
        }
    }

    #[test]
    fn a_shift_that_comes_next_is_on_then_and_not_before((roster, now) in rosters()) {
        for shift in roster.shifts.iter().filter(|shift| !shift.days.is_empty()) {
            let Some(next) = shift.next(now) else { continue };
            prop_assert!(next >= now && shift.is_at(next));
            prop_assert_eq!(next == now, shift.is_at(now));
            let halfway = now + (next - now) / 2;
            prop_assert!(next == now || !shift.is_at(halfway));
        }
    }
}

#[test]
fn another_roster_is_told_by_who_comes_and_goes_and_what_nobody_covers() {
    let utc = Tz::UTC;
    let days = shift(1, Weekday::ALL, "08:00", "16:00", utc);
    let nights = shift(2, Weekday::ALL, "16:00", "08:00", utc);
    let roster = |shifts: &[&Shift], absences: Vec<Absence>| Roster {
        shifts: shifts.iter().map(|shift| (*shift).clone()).collect(),
        absences,
    };
    let before = roster(&[&days, &nights], Vec::new());
    let now = at("2026-03-02T09:07:00Z");
    let told = |after: &Roster| DutyOutlook::of(&before, after, now);
    assert_eq!(told(&before), DutyOutlook::default());
    // Whoever has the nights is not there now.
    let without_nights = told(&roster(&[&days], Vec::new()));
    assert_eq!(without_nights.uncovered_minutes, 7 * 16 * 60);
    assert!(without_nights.begin.is_empty() && without_nights.end.is_empty());
    // Somebody else has the days; one day of them is an absence that nobody covers.
    let others = shift(3, Weekday::ALL, "08:00", "16:00", utc);
    let away = absence(3, "2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z", None);
    let other = told(&roster(&[&others, &nights], vec![away]));
    assert_eq!((other.begin, other.end), (vec![person(3)], vec![person(1)]));
    assert_eq!(other.uncovered_minutes, 8 * 60);
    // The way back covers what was not covered.
    let way_back = DutyOutlook::of(&roster(&[&days], Vec::new()), &before, now);
    assert_eq!(
        (way_back.covered_minutes, way_back.uncovered_minutes),
        (7 * 16 * 60, 0)
    );
}
