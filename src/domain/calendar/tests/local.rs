use chrono::{NaiveDateTime, NaiveTime};

use super::super::local::{day_exists, day_of, day_start, reached};
use super::*;

/// What the zone's clocks show.
fn shown(tz: Tz, instant: Instant) -> NaiveDateTime {
    instant.with_timezone(&tz).naive_local()
}

#[test]
fn a_day_starts_at_midnight_where_there_is_one() {
    assert_eq!(
        day_start(Tz::Europe__Berlin, date("2026-03-29")),
        at("2026-03-28T23:00:00Z")
    );
    assert_eq!(
        day_end(Tz::Europe__Berlin, date("2026-03-29")),
        at("2026-03-29T22:00:00Z")
    );
    assert_eq!(
        day_end(Tz::Europe__Berlin, date("2026-10-25")),
        at("2026-10-25T23:00:00Z")
    );
}

#[test]
fn a_day_without_midnight_starts_when_the_clocks_skip_it() {
    assert_eq!(
        day_start(Tz::America__Sao_Paulo, date("2017-10-15")),
        at("2017-10-15T03:00:00Z")
    );
    assert_eq!(
        day_start(Tz::Asia__Beirut, date("2022-03-27")),
        at("2022-03-26T22:00:00Z")
    );
}

#[test]
fn a_day_with_two_midnights_starts_when_the_day_before_is_over_for_good() {
    assert_eq!(
        day_start(Tz::America__Havana, date("2026-11-01")),
        at("2026-11-01T04:00:00Z")
    );
    assert_eq!(
        day_start(Tz::America__St_Johns, date("2010-11-07")),
        at("2010-11-07T03:30:00Z")
    );
    // For the minute in between, the clocks had already shown the new day.
    let between = at("2010-11-07T02:30:30Z");
    assert_eq!(
        shown(Tz::America__St_Johns, between).date(),
        date("2010-11-07")
    );
    assert_eq!(day_of(Tz::America__St_Johns, between), date("2010-11-06"));
}

#[test]
fn a_skipped_day_is_no_day() {
    assert!(day_exists(Tz::Pacific__Apia, date("2011-12-29")));
    assert!(!day_exists(Tz::Pacific__Apia, date("2011-12-30")));
    assert!(day_exists(Tz::Pacific__Apia, date("2011-12-31")));
    assert_eq!(
        day_end(Tz::Pacific__Apia, date("2011-12-29")),
        at("2011-12-30T10:00:00Z")
    );
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for tz in [
        Tz::UTC,
        Tz::Pacific__Kiritimati,
        Tz::Pacific__Pago_Pago,
        Tz::America__St_Johns,
    ] {
        for date in [date("0001-01-01"), date("9999-12-31")] {
            assert!(day_exists(tz, date));
        }
    }
}

proptest! {
    /// The definition itself: just before, the clocks show an earlier time; from then on they never do.
    #[test]
    fn a_local_time_is_reached_once_and_for_good((tz, near) in tricky_instant(), minutes in -180_i64..180) {
        let local = near.naive_utc() + TimeDelta::minutes(minutes);
        let instant = reached(tz, local);
        prop_assert!(shown(tz, instant) >= local);
        prop_assert!(shown(tz, instant - micros(1)) < local);
        for step in 0..240 {
            prop_assert!(shown(tz, instant + TimeDelta::minutes(step)) >= local);
        }
    }

    #[test]
    fn days_lie_end_to_end_and_hold_their_instants((tz, instant) in tricky_instant()) {
        let day = day_of(tz, instant);
        prop_assert!(day_start(tz, day) <= instant);
        prop_assert!(instant < day_end(tz, day));
        prop_assert_eq!(day_end(tz, day), day_start(tz, day.succ_opt().unwrap()));
        prop_assert_eq!(reached(tz, day.and_time(NaiveTime::MIN)), day_start(tz, day));
    }
}
