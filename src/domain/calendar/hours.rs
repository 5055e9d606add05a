//! Working hours: for each weekday, spans of local time.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

/// A span of local time within one day, in minutes after midnight: from `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    from: u16,
    to: u16,
}

const MINUTES_A_DAY: u16 = 24 * 60;

impl Span {
    /// The local time at which it starts on `date`.
    pub(super) fn starts_on(self, date: NaiveDate) -> NaiveDateTime {
        minutes_into(date, self.from)
    }

    /// The local time at which it ends on `date`.
    pub(super) fn ends_on(self, date: NaiveDate) -> NaiveDateTime {
        minutes_into(date, self.to)
    }

    /// Whether two spans share any time; touching is not sharing.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// At the end of representable time a span ends with its last day.
fn minutes_into(date: NaiveDate, minutes: u16) -> NaiveDateTime {
    let midnight = date.and_time(NaiveTime::MIN);
    midnight
        .checked_add_signed(TimeDelta::minutes(minutes.into()))
        .unwrap_or(midnight)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |minutes: u16| (minutes / 60, minutes % 60);
        let ((from, past_from), (to, past_to)) = (clock(self.from), clock(self.to));
        write!(f, "{from:02}:{past_from:02}-{to:02}:{past_to:02}")
    }
}

/// A text that is no span of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedSpan;

impl FromStr for Span {
    type Err = MalformedSpan;

    /// Takes `HH:MM-HH:MM` of 24 hours, the start before the end, which may be `24:00`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (from, to) = text.split_once('-').ok_or(MalformedSpan)?;
        let (from, to) = (minutes(from)?, minutes(to)?);
        if from < to {
            Ok(Self { from, to })
        } else {
            Err(MalformedSpan)
        }
    }
}

fn minutes(text: &str) -> Result<u16, MalformedSpan> {
    let (hours, minutes) = text.split_once(':').ok_or(MalformedSpan)?;
    let two_digits = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse::<u16>().ok())
            .flatten()
            .ok_or(MalformedSpan)
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let total = hours * 60 + minutes;
    if minutes < 60 && total <= MINUTES_A_DAY {
        Ok(total)
    } else {
        Err(MalformedSpan)
    }
}

/// The spans of each weekday, in order of time and without overlap. A weekday without any is no working day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours([Vec<Span>; 7]);

/// The weekdays with the names that a calendar's `hours` gives them.
pub(super) const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "mon"),
    (Weekday::Tue, "tue"),
    (Weekday::Wed, "wed"),
    (Weekday::Thu, "thu"),
    (Weekday::Fri, "fri"),
    (Weekday::Sat, "sat"),
    (Weekday::Sun, "sun"),
];

impl Hours {
    /// Monday to Friday, 09:00–17:00.
    pub(super) fn office() -> Self {
        let mut hours = Self::default();
        for (weekday, _) in &WEEKDAYS[..5] {
            hours.set(
                *weekday,
                vec![Span {
                    from: 9 * 60,
                    to: 17 * 60,
                }],
            );
        }
        hours
    }

    /// Sets a weekday's spans, which do not overlap.
    pub(super) fn set(&mut self, weekday: Weekday, mut spans: Vec<Span>) {
        spans.sort_unstable();
        self.0[weekday.num_days_from_monday() as usize] = spans;
    }

    /// The spans of a weekday.
    pub fn of(&self, weekday: Weekday) -> &[Span] {
        &self.0[weekday.num_days_from_monday() as usize]
    }

    /// Whether the date's weekday is a working one.
    pub(super) fn works_on(&self, date: NaiveDate) -> bool {
        !self.of(date.weekday()).is_empty()
    }

    /// Whether no weekday is a working one.
    pub(super) fn are_none(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }
}
