//! Instants and durations as people read them, in a given zone and in the catalogue's words.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike};
use chrono_tz::Tz;

use super::Catalogue;
use crate::domain::Instant;

/// A length of time in its two largest units: "4 h 53 min", "3 days 2 h", "less than a minute".
///
/// Rounded down to whole minutes; the sign is ignored.
pub fn duration(words: &Catalogue, length: TimeDelta) -> String {
    duration_in(words, length, Form::Alone)
}

/// How a length stands in a sentence: some languages bend it behind "in" and "ago".
#[derive(Clone, Copy)]
enum Form {
    /// By itself.
    Alone,
    /// As a distance from now.
    Relative,
}

impl Form {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Relative => "relative",
        }
    }
}

/// So many of a unit as a distance from now, which "in" or "ago" is still to be said with.
pub fn distance(words: &Catalogue, unit: &str, n: i64) -> String {
    counted(words, unit, n, Form::Relative)
}

fn counted(words: &Catalogue, unit: &str, n: i64, form: Form) -> String {
    let args = [("n", n.into()), ("form", form.as_str().into())];
    words.say_of("time", unit, &args)
}

fn duration_in(words: &Catalogue, length: TimeDelta, form: Form) -> String {
    let minutes = length.abs().num_minutes();
    let (hours, days) = (minutes / 60, minutes / (60 * 24));
    let unit = |key, n: i64| counted(words, key, n, form);
    let two = |large: String, small: String| {
        words.say(
            "time-two",
            &[("large", large.into()), ("small", small.into())],
        )
    };
    match (days, hours, minutes) {
        (_, _, 0) => words.say("time-instant", &[]),
        (0, 0, m) => unit("minutes", m),
        (0, h, m) if m % 60 == 0 => unit("hours", h),
        (0, h, m) => two(unit("hours", h), unit("minutes", m % 60)),
        (d, h, _) if d < 7 && h % 24 != 0 => two(unit("days", d), unit("hours", h % 24)),
        (d, _, _) if d < 60 => unit("days", d),
        (d, _, _) if d < 730 => unit("months", d / 30),
        (d, _, _) => unit("years", d / 365),
    }
}

/// How far `at` is from `now`: "20 h 48 min ago", "in 3 h 12 min", "just now".
///
/// What lies ahead is rounded up to what is said of it, so that nothing is promised before its instant.
pub fn relative(words: &Catalogue, at: Instant, now: Instant) -> String {
    let ahead = at - now;
    if ahead > TimeDelta::zero() {
        let duration = duration_in(words, rounded_up(ahead), Form::Relative);
        return words.say("time-in", &[("duration", duration.into())]);
    }
    if ahead.num_minutes() == 0 {
        return words.say("time-now", &[]);
    }
    let length = duration_in(words, ahead, Form::Relative);
    words.say("time-ago", &[("duration", length.into())])
}

/// Rounded up to the smallest unit in which [`duration`] tells it.
fn rounded_up(length: TimeDelta) -> TimeDelta {
    let unit = match length.num_hours() {
        0..24 => TimeDelta::minutes(1),
        24..168 => TimeDelta::hours(1),
        _ => TimeDelta::days(1),
    };
    let whole = length.num_seconds() / unit.num_seconds();
    let part = length - unit * i32::try_from(whole).unwrap_or(i32::MAX);
    if part > TimeDelta::zero() {
        length - part + unit
    } else {
        length
    }
}

/// A zone as people say it, by the place that it is called after: "Berlin time", "New York time", "UTC". Forms and the API take the
/// IANA name.
pub fn zone_name(words: &Catalogue, zone: Tz) -> String {
    match zone.name().rsplit_once('/') {
        Some((region, place)) if region != "Etc" => {
            let place = place.replace('_', " ");
            words.say("time-zone-of", &[("place", place.into())])
        }
        Some((_, name)) => name.to_owned(),
        None => zone.name().to_owned(),
    }
}

/// The reader's way of telling time: a zone and the present instant.
#[derive(Clone, Copy, Debug)]
pub struct Times<'w> {
    words: &'w Catalogue,
    zone: Tz,
    now: Instant,
}

impl<'w> Times<'w> {
    /// Tells times in `zone`, seen from `now`.
    pub fn new(words: &'w Catalogue, zone: Tz, now: Instant) -> Self {
        Self { words, zone, now }
    }

    /// The zone in which times are told.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The zone as people say it.
    pub fn zone_name(&self) -> String {
        zone_name(self.words, self.zone)
    }

    /// The instant from which they are told.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// "20 h 48 min ago", "in 3 h 12 min", "just now".
    pub fn relative(&self, at: Instant) -> String {
        relative(self.words, at, self.now)
    }

    /// In full: "3 March 2026, 10:12 (Berlin time)".
    pub fn absolute(&self, at: Instant) -> String {
        let local = at.with_timezone(&self.zone);
        let args = [
            ("date", self.date(local.date_naive()).into()),
            ("time", clock(&local).into()),
            ("zone", self.zone_name().into()),
        ];
        self.words.say("time-absolute", &args)
    }

    /// As short as the day allows: "today 10:12", "yesterday 17:03", "Mon 10:12", "1 Mar 2026, 22:40".
    pub fn near(&self, at: Instant) -> String {
        let local = at.with_timezone(&self.zone);
        let time = ("time", clock(&local).into());
        match self.days_ahead(&local) {
            0 => self.words.say("time-today", &[time]),
            1 => self.words.say("time-tomorrow", &[time]),
            -1 => self.words.say("time-yesterday", &[time]),
            -6..=6 => {
                let day = self.words.say_of("weekday-short", weekday(&local), &[]);
                self.words.say("time-weekday", &[("day", day.into()), time])
            }
            _ => self.dated(at),
        }
    }

    /// By date and time, in short: "1 Mar 2026, 22:40".
    pub fn dated(&self, at: Instant) -> String {
        let local = at.with_timezone(&self.zone);
        let date = self.short_date(local.date_naive());
        let args = [("date", date.into()), ("time", clock(&local).into())];
        self.words.say("time-date", &args)
    }

    /// Inside a sentence: "10:12", "10:12 tomorrow", "10:12 on Thursday", "10:12 on 4 March 2026".
    pub fn clock(&self, at: Instant) -> String {
        let local = at.with_timezone(&self.zone);
        let time = ("time", clock(&local).into());
        match self.days_ahead(&local) {
            0 => self.words.say("time-at-today", &[time]),
            1 => self.words.say("time-at-tomorrow", &[time]),
            -1 => self.words.say("time-at-yesterday", &[time]),
            2..=6 => {
                let day = self.words.say_of("weekday", weekday(&local), &[]);
                self.words.say("time-at-day", &[("day", day.into()), time])
            }
            _ => {
                let date = self.date(local.date_naive());
                self.words.say("time-at-day", &[("day", date.into()), time])
            }
        }
    }

    /// A date in full: "4 March 2026".
    pub fn date(&self, date: NaiveDate) -> String {
        let month = self
            .words
            .say_of("month", MONTHS[date.month0() as usize], &[]);
        self.write_date(date, month)
    }

    /// A date in short: "4 Mar 2026".
    pub fn short_date(&self, date: NaiveDate) -> String {
        let month = self
            .words
            .say_of("month-short", MONTHS[date.month0() as usize], &[]);
        self.write_date(date, month)
    }

    /// The local date and time for a form's date field, to the minute: "2026-03-03T10:12".
    pub fn field(&self, at: Instant) -> String {
        at.with_timezone(&self.zone)
            .format("%Y-%m-%dT%H:%M")
            .to_string()
    }

    fn write_date(&self, date: NaiveDate, month: String) -> String {
        // The year as text: a number would be given the grouping of its language.
        let args = [
            ("day", i64::from(date.day()).into()),
            ("month", month.into()),
            ("year", date.year().to_string().into()),
        ];
        self.words.say("time-day-month-year", &args)
    }

    fn days_ahead(&self, local: &DateTime<Tz>) -> i64 {
        let today = self.now.with_timezone(&self.zone).date_naive();
        (local.date_naive() - today).num_days()
    }
}

/// Names by which the catalogue knows the months.
pub(crate) const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Names by which the catalogue (and the calendar's import) knows the weekdays, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What is kept, as a local date and time for a form's date field: to the minute, or as exactly as the field takes it where a program
/// gave seconds ("2026-03-03T10:12:30"). A form that is sent back as it came changes nothing.
pub fn kept_field(at: Instant, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    let format = match (local.second(), local.nanosecond() / 1_000_000) {
        (0, 0) => "%Y-%m-%dT%H:%M",
        (_, 0) => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    local.format(format).to_string()
}

fn weekday(local: &DateTime<Tz>) -> &'static str {
    WEEKDAYS[local.weekday().num_days_from_monday() as usize]
}

fn clock(local: &DateTime<Tz>) -> String {
    format!("{:02}:{:02}", local.hour(), local.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn lengths_have_at_most_two_units() {
        let words = Catalogue::load().unwrap();
        let said = |minutes: i64| duration(&words, TimeDelta::minutes(minutes));
        assert_eq!(said(0), "less than a minute");
        assert_eq!(said(1), "1 min");
        assert_eq!(said(293), "4 h 53 min");
        assert_eq!(said(1440), "1 day");
        assert_eq!(said(1440 * 3 + 121), "3 days 2 h");
        assert_eq!(said(1440 * 12 + 121), "12 days");
        assert_eq!(said(1440 * 90), "3 months");
        assert_eq!(said(1440 * 365 * 9 + 1440 * 12), "9 years");
    }

    #[test]
    fn what_lies_ahead_is_never_promised_too_early() {
        let words = Catalogue::load().unwrap();
        let now = at("2026-03-03T14:05:00Z");
        assert_eq!(relative(&words, now, now), "just now");
        assert_eq!(
            relative(&words, at("2026-03-03T14:05:00.000001Z"), now),
            "in 1 min"
        );
        assert_eq!(
            relative(&words, at("2026-03-03T17:16:01Z"), now),
            "in 3 h 12 min"
        );
        assert_eq!(
            relative(&words, at("2026-03-05T14:05:01Z"), now),
            "in 2 days 1 h"
        );
        assert_eq!(
            relative(&words, at("2026-03-13T14:04:00Z"), now),
            "in 10 days"
        );
        assert_eq!(
            relative(&words, at("2026-03-03T14:04:01Z"), now),
            "just now"
        );
        assert_eq!(
            relative(&words, at("2026-03-03T09:12:00Z"), now),
            "4 h 53 min ago"
        );
    }

    #[test]
    fn instants_are_told_in_the_readers_zone() {
        let words = Catalogue::load().unwrap();
        let times = Times::new(&words, Tz::Europe__Berlin, at("2026-03-03T06:00:00Z"));
        assert_eq!(
            times.absolute(at("2026-03-03T09:12:00Z")),
            "3 March 2026, 10:12 (Berlin time)"
        );
        assert_eq!(times.near(at("2026-03-03T09:12:00Z")), "today 10:12");
        assert_eq!(times.near(at("2026-03-02T16:03:00Z")), "yesterday 17:03");
        assert_eq!(times.near(at("2026-02-28T09:12:00Z")), "Sat 10:12");
        assert_eq!(times.near(at("2026-02-01T21:40:00Z")), "1 Feb 2026, 22:40");
        assert_eq!(times.clock(at("2026-03-03T09:12:00Z")), "10:12");
        assert_eq!(times.clock(at("2026-03-04T09:12:00Z")), "10:12 tomorrow");
        assert_eq!(times.clock(at("2026-03-06T09:12:00Z")), "10:12 on Friday");
        assert_eq!(
            times.clock(at("2026-03-16T09:12:00Z")),
            "10:12 on 16 March 2026"
        );
        assert_eq!(times.field(at("2026-07-16T09:12:00Z")), "2026-07-16T11:12");
        assert_eq!(times.dated(at("2026-03-03T09:12:00Z")), "3 Mar 2026, 10:12");
    }

    #[test]
    fn german_tells_times_in_its_own_way() {
        let words = Catalogue::of(Language::German).unwrap();
        let now = at("2026-03-03T06:00:00Z");
        let times = Times::new(&words, Tz::Europe__Berlin, now);
        assert_eq!(
            times.absolute(at("2026-11-27T13:05:00Z")),
            "27. November 2026, 14:05 Uhr (Ortszeit Berlin)"
        );
        assert_eq!(times.near(at("2026-03-03T09:12:00Z")), "heute 10:12");
        assert_eq!(times.near(at("2026-02-28T09:12:00Z")), "Sa 10:12");
        assert_eq!(
            times.near(at("2026-02-01T21:40:00Z")),
            "1. Feb. 2026, 22:40"
        );
        assert_eq!(times.clock(at("2026-03-03T09:12:00Z")), "um 10:12 Uhr");
        assert_eq!(
            times.clock(at("2026-03-04T09:12:00Z")),
            "morgen um 10:12 Uhr"
        );
        assert_eq!(
            times.clock(at("2026-03-06T09:12:00Z")),
            "am Freitag um 10:12 Uhr"
        );
        assert_eq!(
            times.clock(at("2026-03-16T09:12:00Z")),
            "am 16. März 2026 um 10:12 Uhr"
        );
        assert_eq!(
            times.relative(at("2026-03-01T04:00:00Z")),
            "vor 2 Tagen 2 Std."
        );
        assert_eq!(times.relative(at("2026-03-04T06:00:00Z")), "in 1 Tag");
        assert_eq!(
            duration(&words, TimeDelta::minutes(1440 * 3 + 121)),
            "3 Tage 2 Std."
        );
    }

    #[test]
    fn zones_are_called_after_their_places() {
        let words = Catalogue::load().unwrap();
        let said = |name: &str| zone_name(&words, name.parse().expect("a zone"));
        assert_eq!(said("America/New_York"), "New York time");
        assert_eq!(said("America/Argentina/Buenos_Aires"), "Buenos Aires time");
        assert_eq!(said("UTC"), "UTC");
        assert_eq!(said("Etc/UTC"), "UTC");
        assert_eq!(said("Etc/GMT+5"), "GMT+5");
        assert_eq!(said("CET"), "CET");
    }
}
