//! Local time to instants, over skipped and repeated hours.

use chrono::{
    DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

use super::CalendarError;
use crate::domain::Instant;

/// The longest time without a business day after which a calendar is said to have none. By yearly holidays alone the
/// longest is forty years: those between two leap days on one weekday, over a century without its leap year.
pub(super) const LONGEST_IDLE: TimeDelta = TimeDelta::days(15_000);

/// Years of four digits are reckoned in; what lies beyond is no instant that anybody meant.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// An instant that can be reckoned with.
pub(super) fn reckonable(at: Instant) -> Result<Instant, CalendarError> {
    if YEARS.contains(&at.year()) {
        Ok(at)
    } else {
        Err(CalendarError::OutOfRange)
    }
}

/// The nearest instant that can be reckoned with.
pub(super) fn within_reach(at: Instant) -> Instant {
    let first_of = |year| {
        NaiveDate::from_ymd_opt(year, 1, 1).map(|date| date.and_time(NaiveTime::MIN).and_utc())
    };
    match (first_of(*YEARS.start()), first_of(YEARS.end() + 1)) {
        (Some(first), Some(last)) => at.clamp(first, last),
        _ => at,
    }
}

/// The instant from which on the zone's clocks never again show a time before `local`.
///
/// It grows with `local` whatever the clocks do, so that days and hours laid end to end leave no gap and no overlap:
/// - a time that the clocks skip is reached when they skip it;
/// - a time that they show twice is reached the first time if they are only set back to it, and the second time if
///   they are set back behind it.
///
/// Beyond the end of representable time it is that end.
pub(crate) fn reached(tz: Tz, local: NaiveDateTime) -> Instant {
    match tz.from_local_datetime(&local) {
        LocalResult::Single(at) => at.with_timezone(&Utc),
        LocalResult::Ambiguous(first, second) => {
            let just_before = second - TimeDelta::microseconds(1);
            if just_before.naive_local() < local {
                second.with_timezone(&Utc)
            } else {
                first.with_timezone(&Utc)
            }
        }
        LocalResult::None => skipped(tz, local),
    }
}

/// The instant at which the clocks skip `local`. No zone was ever two days away from UTC, so that it lies between two
/// instants that are found on either side of it; halving the interval ends on the very microsecond.
fn skipped(tz: Tz, local: NaiveDateTime) -> Instant {
    let shows_it_or_later = |micros: i64| {
        DateTime::from_timestamp_micros(micros)
            .is_none_or(|at| at.with_timezone(&tz).naive_local() >= local)
    };
    let guess = local.and_utc().timestamp_micros();
    let two_days = 2 * 86_400_000_000;
    let (mut before, mut from) = (
        guess.saturating_sub(two_days),
        guess.saturating_add(two_days),
    );
    while from - before > 1 {
        let middle = before + (from - before) / 2;
        if shows_it_or_later(middle) {
            from = middle;
        } else {
            before = middle;
        }
    }
    DateTime::from_timestamp_micros(from).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The first instant of a local day. A day that the zone skipped starts where the next one does.
pub fn day_start(tz: Tz, date: NaiveDate) -> Instant {
    reached(tz, date.and_time(NaiveTime::MIN))
}

/// The first instant after a local day.
pub fn day_end(tz: Tz, date: NaiveDate) -> Instant {
    date.succ_opt()
        .map_or(DateTime::<Utc>::MAX_UTC, |next| day_start(tz, next))
}

/// Whether the zone had this day at all: Samoa, for one, went from 29 to 31 December 2011.
pub(super) fn day_exists(tz: Tz, date: NaiveDate) -> bool {
    day_start(tz, date) < day_end(tz, date)
}

/// The local day on which an instant falls: the one whose start it has reached and whose end it has not.
pub(super) fn day_of(tz: Tz, at: Instant) -> NaiveDate {
    let shown = at.with_timezone(&tz).date_naive();
    // Where clocks are set back over midnight, the next day shows for a moment before this one is over.
    if at < day_start(tz, shown) {
        shown.pred_opt().unwrap_or(shown)
    } else {
        shown
    }
}
