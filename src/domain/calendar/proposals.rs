//! By when something could be promised: a few instants of working time, for whoever has to name one.

use chrono::{Datelike, DurationRound, NaiveDate, NaiveTime, TimeDelta};

use super::Calendar;
use super::local::{day_of, reached, reckonable};
use crate::domain::{Instant, closed_enum};

closed_enum! {
    /// By when something is promised.
    pub enum ByWhen {
        /// When support closes today.
        EndOfToday = "end_of_today",
        /// When four hours of working time have passed.
        FourHours = "four_hours",
        /// At noon of the next business day.
        NextNoon = "next_noon",
        /// When support closes on the second business day from now.
        TwoDays = "two_days",
        /// When support closes on the fifth business day from now.
        FiveDays = "five_days",
    }
}

/// An instant by which something could be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What it is.
    pub by: ByWhen,
    /// When, at a full minute.
    pub at: Instant,
}

/// For how many days a business day is looked for.
const FARTHEST: usize = 400;

/// What is promised in hours of working time.
const HOURS: TimeDelta = TimeDelta::hours(4);

impl Calendar {
    /// By when something could be promised at `now`: instants of working time after `now`, each once, the soonest first. There are
    /// fewer where two fall together, or where no business day is near.
    pub fn proposals(&self, now: Instant) -> Vec<Proposal> {
        let Ok(now) = reckonable(now) else {
            return Vec::new();
        };
        let today = day_of(self.time_zone, now);
        let later: Vec<NaiveDate> = std::iter::successors(today.succ_opt(), NaiveDate::succ_opt)
            .take(FARTHEST)
            .filter(|date| self.closes(*date).is_some())
            .take(5)
            .collect();
        let after = |days: usize| later.get(days - 1).and_then(|date| self.closes(*date));
        let found = [
            (ByWhen::EndOfToday, self.closes(today)),
            (ByWhen::FourHours, self.in_hours(now)),
            (
                ByWhen::NextNoon,
                later.first().and_then(|date| self.around_noon(*date)),
            ),
            (ByWhen::TwoDays, after(2)),
            (ByWhen::FiveDays, after(5)),
        ];
        let found = found.into_iter().filter_map(|(by, at)| {
            let at = at.filter(|at| *at > now)?;
            Some(Proposal { by, at })
        });
        let mut all: Vec<Proposal> = found.collect();
        all.sort_by_key(|proposal| proposal.at);
        all.dedup_by_key(|proposal| proposal.at);
        all
    }

    /// Spans of a business day between instants; those that the clocks skip are left out.
    fn open(&self, date: NaiveDate) -> Vec<(Instant, Instant)> {
        if !self.is_business_day(date) {
            return Vec::new();
        }
        let spans = self.hours.of(date.weekday()).iter().map(|span| {
            let opens = reached(self.time_zone, span.starts_on(date));
            (opens, reached(self.time_zone, span.ends_on(date)))
        });
        spans.filter(|(opens, closes)| opens < closes).collect()
    }

    /// When support closes on a day; nothing if it does not open.
    fn closes(&self, date: NaiveDate) -> Option<Instant> {
        self.open(date).last().map(|(_, closes)| *closes)
    }

    /// Noon, or the nearest end or beginning of working time: the last end before it if there is one.
    fn around_noon(&self, date: NaiveDate) -> Option<Instant> {
        let noon = date.and_time(NaiveTime::from_hms_opt(12, 0, 0)?);
        let noon = reached(self.time_zone, noon);
        let open = self.open(date);
        let holds = |(opens, closes): &(Instant, Instant)| *opens <= noon && noon <= *closes;
        if open.iter().any(holds) {
            return Some(noon);
        }
        let before = open.iter().rev().map(|(_, closes)| *closes);
        let mut before = before.filter(|closes| *closes < noon);
        let first = open.first().map(|(opens, _)| *opens);
        before.next().or(first)
    }

    /// When some hours of working time have passed, at the next full minute: that is working time still, for it closes at full ones.
    fn in_hours(&self, now: Instant) -> Option<Instant> {
        let exact = self.add_business_time(now, HOURS).ok()?;
        let minute = TimeDelta::minutes(1);
        let down = exact.duration_trunc(minute).ok()?;
        match down == exact {
            true => Some(exact),
            false => down.checked_add_signed(minute),
        }
    }
}
