//! Events that recur.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use rrule::{RRule, Unvalidated};

use super::stamp::{Stamp, local};
use super::{MOST_DAYS_OF_EVENT, SkipReason};

/// When an event recurs.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    frequency: Frequency,
    interval: u32,
    until: Option<Stamp>,
    count: Option<u32>,
    /// What picks dates within a year, a month or a week, and where weeks begin.
    parts: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
}

impl Frequency {
    const fn name(self) -> &'static str {
        match self {
            Self::Yearly => "YEARLY",
            Self::Monthly => "MONTHLY",
            Self::Weekly => "WEEKLY",
            Self::Daily => "DAILY",
        }
    }

    /// How many days a period has at least.
    const fn days(self) -> u64 {
        match self {
            Self::Yearly => 365,
            Self::Monthly => 28,
            Self::Weekly => 7,
            Self::Daily => 1,
        }
    }
}

/// How much a file's series may cost to work out together, in periods that are looked at. A rule that asks for more, such
/// as one that no day ever satisfies, ends with a reason and not with a wait.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(300_000)
    }
}

/// What a search without an end costs.
const SEARCH: u64 = 100_000;

impl Budget {
    fn spend(&mut self, periods: u64) -> Result<(), SkipReason> {
        match self.0.checked_sub(periods) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(SkipReason::TooManyDays),
        }
    }
}

impl Rule {
    /// Reads a rule whose dates can be worked out by the day; none if there is a part that does not belong in one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut frequency, mut interval, mut until, mut count) = (None, None, None, None);
        let mut parts: Vec<(String, String)> = Vec::new();
        for part in text.trim().trim_end_matches(';').split(';') {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (
                name.trim().to_ascii_uppercase(),
                value.trim().to_ascii_uppercase(),
            );
            let number = || value.parse::<u32>().ok().filter(|number| *number > 0);
            let is_new = match name.as_str() {
                "FREQ" => frequency
                    .replace(match value.as_str() {
                        "YEARLY" => Frequency::Yearly,
                        "MONTHLY" => Frequency::Monthly,
                        "WEEKLY" => Frequency::Weekly,
                        "DAILY" => Frequency::Daily,
                        _ => return None,
                    })
                    .is_none(),
                "INTERVAL" => interval
                    .replace(number().filter(|number| *number <= 1_000)?)
                    .is_none(),
                "COUNT" => count.replace(number()?).is_none(),
                "UNTIL" => until.replace(Stamp::parse(&value, false, None)?).is_none(),
                "BYMONTH" | "BYMONTHDAY" | "BYDAY" | "BYSETPOS" | "BYWEEKNO" | "BYYEARDAY"
                | "WKST" => {
                    let is_new = parts.iter().all(|(known, _)| *known != name);
                    parts.push((name, value));
                    is_new
                }
                _ => return None,
            };
            if !is_new {
                return None;
            }
        }
        if count.is_some() && until.is_some() {
            return None;
        }
        Some(Self {
            frequency: frequency?,
            interval: interval.unwrap_or(1),
            until,
            count,
            parts,
        })
    }

    /// Whether it is the date of `first` in every year for ever.
    pub(super) fn is_every_year(&self, first: NaiveDate) -> bool {
        let says = |name: &str, value: u32| match self.parts.iter().find(|(part, _)| part == name) {
            Some((_, said)) => said.parse() == Ok(value),
            None => true,
        };
        let known = |name: &str| matches!(name, "BYMONTH" | "BYMONTHDAY" | "WKST");
        self.frequency == Frequency::Yearly
            && self.interval == 1
            && self.until.is_none()
            && self.count.is_none()
            && self.parts.iter().all(|(name, _)| known(name))
            && says("BYMONTH", first.month())
            && says("BYMONTHDAY", first.day())
            // The day of a month alone is that day of every month.
            && (self.has("BYMONTH") || !self.has("BYMONTHDAY"))
    }

    fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|(part, _)| part == name)
    }

    /// The first days of its occurrences from `first` on, as far as they lie in the span.
    ///
    /// # Errors
    /// If the rule is not understood, does not hold on `first` itself, or costs too much.
    pub(super) fn starts(
        &self,
        first: NaiveDate,
        (from, until): (NaiveDate, NaiveDate),
        zone: Tz,
        budget: &mut Budget,
    ) -> Result<BTreeSet<NaiveDate>, SkipReason> {
        // An end in UTC is the earlier of the days that it may stand for.
        let end = match &self.until {
            None => until,
            Some(Stamp::Utc(at)) => until.min(at.date()).min(local(*at, zone).date()),
            Some(stamp) => stamp.days(zone).into_iter().fold(until, NaiveDate::min),
        };
        let days = u64::try_from((end - first).num_days()).unwrap_or(0);
        budget.spend(days / (self.frequency.days() * u64::from(self.interval)) + 1)?;
        let midnight =
            |date: NaiveDate| rrule::Tz::UTC.from_utc_datetime(&date.and_time(NaiveTime::MIN));
        let rule: RRule<Unvalidated> = self.text().parse().map_err(|_| SkipReason::Recurrence)?;
        let set = rule
            .build(midnight(first))
            .map_err(|_| SkipReason::Recurrence)?;
        // What a rule means that does not hold on the event's own first day is not defined. One that no day satisfies is
        // searched for to the end of time.
        budget.spend(SEARCH)?;
        let start = set.clone().into_iter().next();
        if start.map(|start| start.date_naive()) != Some(first) {
            return Err(SkipReason::Recurrence);
        }
        budget.0 += SEARCH;
        if end < first {
            return Err(SkipReason::OutsideSpan);
        }
        let limit = u16::try_from(MOST_DAYS_OF_EVENT + 1).unwrap_or(u16::MAX);
        let earliest = from.checked_sub_signed(TimeDelta::days(1)).unwrap_or(from);
        let starts = set
            .after(midnight(earliest))
            .before(midnight(end))
            .all(limit);
        if starts.limited || starts.dates.len() > MOST_DAYS_OF_EVENT {
            return Err(SkipReason::TooManyDays);
        }
        let dates = starts.dates.iter().map(|start| start.date_naive());
        Ok(dates.filter(|date| (from..=end).contains(date)).collect())
    }

    /// The rule without its end, which is not always written as the standard wants it.
    fn text(&self) -> String {
        let mut text = format!("FREQ={};INTERVAL={}", self.frequency.name(), self.interval);
        if let Some(count) = self.count {
            text.push_str(&format!(";COUNT={count}"));
        }
        for (name, value) in &self.parts {
            text.push_str(&format!(";{name}={value}"));
        }
        text
    }
}
