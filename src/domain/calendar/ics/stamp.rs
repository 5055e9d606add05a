//! Dates, times and lengths as iCalendar writes them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// A date, or a date and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A whole day.
    Date(NaiveDate),
    /// A time by the clock on the wall, in the zone of that name if one is named.
    Wall(NaiveDateTime, Option<String>),
    /// A time in UTC.
    Utc(NaiveDateTime),
}

impl Stamp {
    /// Reads `20261225`, `20261225T000000` or `20261225T000000Z`. Some programs write 24:00 for the end of a day, or add
    /// midnight to what they declare to be a date.
    pub(super) fn parse(text: &str, is_date: bool, zone: Option<&str>) -> Option<Self> {
        let text = text.trim();
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let date = date_of(date)?;
        let Some(time) = time else {
            return Some(Self::Date(date));
        };
        let (time, is_utc) = match time.strip_suffix(['Z', 'z']) {
            Some(time) => (time, true),
            None => (time, false),
        };
        let at = match time {
            "240000" => date.succ_opt()?.and_time(NaiveTime::MIN),
            time => date.and_time(time_of(time)?),
        };
        match (is_date, is_utc) {
            (true, _) => (time == "000000").then_some(Self::Date(date)),
            (false, true) => Some(Self::Utc(at)),
            (false, false) => Some(Self::Wall(at, zone.map(str::to_owned))),
        }
    }

    /// The days that it may stand for: that of the clock in UTC may be another than that in the calendar's zone.
    pub(super) fn days(&self, zone: Tz) -> Vec<NaiveDate> {
        match self {
            Self::Date(date) => vec![*date],
            Self::Wall(at, _) => vec![at.date()],
            Self::Utc(at) => vec![at.date(), local(*at, zone).date()],
        }
    }
}

/// What the clock on the wall of a zone shows at an instant in UTC.
pub(super) fn local(utc: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    zone.from_utc_datetime(&utc).naive_local()
}

fn date_of(text: &str) -> Option<NaiveDate> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok())
        .flatten()
}

fn time_of(text: &str) -> Option<NaiveTime> {
    let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| NaiveTime::parse_from_str(text, "%H%M%S").ok())
        .flatten()
}

/// Reads a length such as `P3D`, `P1W` or `PT24H`; none if it is negative or malformed.
pub(super) fn length(text: &str) -> Option<TimeDelta> {
    let text = text.trim();
    let mut rest = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (mut seconds, mut in_time, mut parts) = (0_i64, false, 0);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            if std::mem::replace(&mut in_time, true) {
                return None;
            }
            rest = time;
            continue;
        }
        let end = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, unit) = rest.split_at(end);
        let unit = unit.chars().next()?;
        let each = match (in_time, unit) {
            (false, 'W') => 604_800,
            (false, 'D') => 86_400,
            (true, 'H') => 3_600,
            (true, 'M') => 60,
            (true, 'S') => 1,
            _ => return None,
        };
        let number: i64 = number.parse().ok()?;
        seconds = seconds.checked_add(number.checked_mul(each)?)?;
        parts += 1;
        rest = &rest[end + 1..];
    }
    (parts > 0)
        .then(|| TimeDelta::try_seconds(seconds))
        .flatten()
}
