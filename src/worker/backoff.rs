//! When to try again, and when to give up.

use chrono::TimeDelta;

/// How often a notice is tried before it is given up: for about five days (RFC 5321, 4.5.4.1), with the delays below.
/// Tries while the mail server is away do not count. A notice that is sent again gets as many attempts once more.
pub const ATTEMPTS: i64 = 150;

/// The longest delay before the second attempt, in seconds; it doubles with every further one.
const FIRST: i64 = 45;
/// The longest delay of all, in seconds.
const LONGEST: i64 = 60 * 60;

/// The longest delay between two tries whether a mail server is back, in seconds: what waits for it is to arrive within
/// a minute of its return.
const LONGEST_PROBE: i64 = 20;

/// How long to wait after the `attempts`-th attempt failed: between two thirds and the whole of a time that doubles
/// from 45 s to an hour. `chance`, from 0 to 1, spreads what failed together, so that it does not come back together.
pub fn delay(attempts: i64, chance: f64) -> TimeDelta {
    let tried = (attempts.max(1) - 1) % ATTEMPTS;
    let whole = if tried < 7 { FIRST << tried } else { LONGEST }.min(LONGEST);
    let part = (2.0 + chance.clamp(0.0, 1.0)) / 3.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    TimeDelta::milliseconds((whole as f64 * 1000.0 * part) as i64)
}

/// Whether the `attempts`-th attempt was the last one.
pub const fn gives_up(attempts: i64) -> bool {
    attempts > 0 && attempts % ATTEMPTS == 0
}

/// How long to wait after a mail server was found away for the `probes`-th time: it doubles from one second.
pub fn probe_delay(probes: i64) -> TimeDelta {
    let doubled = 1_i64 << (probes.clamp(1, 6) - 1);
    TimeDelta::seconds(doubled.min(LONGEST_PROBE))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delay_is_between_half_a_minute_and_an_hour(attempts in -5_i64..10_000, chance in -1.0_f64..2.0) {
            let delay = delay(attempts, chance);
            prop_assert!(delay >= TimeDelta::seconds(30) && delay <= TimeDelta::hours(1), "{delay}");
        }

        #[test]
        fn a_later_attempt_waits_no_less_with_the_same_luck(attempts in 1_i64..ATTEMPTS - 1, chance in 0.0_f64..1.0) {
            prop_assert!(delay(attempts + 1, chance) >= delay(attempts, chance));
        }

        #[test]
        fn another_round_begins_as_the_first_did(attempts in 1_i64..=ATTEMPTS, round in 0_i64..50, chance in 0.0_f64..1.0) {
            prop_assert_eq!(delay(attempts, chance), delay(attempts + round * ATTEMPTS, chance));
            prop_assert_eq!(gives_up(attempts), gives_up(attempts + round * ATTEMPTS));
        }

        #[test]
        fn a_server_is_tried_at_least_three_times_a_minute(probes in -5_i64..10_000) {
            let delay = probe_delay(probes);
            prop_assert!(delay >= TimeDelta::seconds(1) && delay <= TimeDelta::seconds(20), "{delay}");
        }
    }

    #[test]
    fn what_failed_together_does_not_come_back_together() {
        assert_eq!(delay(1, 0.0), TimeDelta::seconds(30));
        assert_eq!(delay(1, 1.0), TimeDelta::seconds(45));
        assert_eq!(delay(2, 0.5), TimeDelta::seconds(75));
        assert_eq!(delay(7, 1.0), TimeDelta::seconds(2880));
        assert_eq!(delay(8, 1.0), TimeDelta::hours(1));
    }

    #[test]
    fn a_notice_is_tried_for_about_five_days() {
        for (chance, least, most) in [(0.0, 94, 98), (0.5, 118, 122), (1.0, 142, 146)] {
            let tried: TimeDelta = (1..ATTEMPTS).map(|attempts| delay(attempts, chance)).sum();
            assert!(
                (least..=most).contains(&tried.num_hours()),
                "{chance}: {} h",
                tried.num_hours()
            );
        }
        assert!(!gives_up(0) && !gives_up(149) && gives_up(150) && !gives_up(151) && gives_up(300));
    }

    #[test]
    fn an_outage_of_two_minutes_takes_few_tries() {
        let mut passed = TimeDelta::zero();
        let tries = (1..)
            .take_while(|probes| {
                passed += probe_delay(*probes);
                passed < TimeDelta::minutes(2)
            })
            .count();
        assert!(tries < 12, "{tries}");
    }
}
