//! Holidays from an iCalendar file (RFC 5545).
//!
//! An import never makes a day free that the file does not make free: what cannot be understood is left out and named. A
//! file is taken apart into its events first, so that one that cannot be read costs no other.

mod event;
mod lines;
mod series;
mod stamp;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use thiserror::Error;

use super::{Holiday, HolidayDate};
use crate::domain::closed_enum;
use event::Event;
use series::Budget;

/// Why nothing is taken from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IcsError {
    /// It is another kind of file.
    #[error("not an iCalendar file: it does not begin with BEGIN:VCALENDAR")]
    NotACalendar,
    /// It ends before its calendar does: the rest of it is lost.
    #[error("the file ends in the middle of a calendar")]
    CutOff,
    /// It has more events than [`MOST_EVENTS`].
    #[error("the file has more than {MOST_EVENTS} events")]
    TooManyEvents,
    /// Its events are more than [`MOST_DAYS`] days.
    #[error("the events of the file are more than {MOST_DAYS} days")]
    TooManyDays,
}

impl IcsError {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotACalendar => "not_a_calendar",
            Self::CutOff => "cut_off",
            Self::TooManyEvents => "too_many_events",
            Self::TooManyDays => "too_many_days",
        }
    }
}

/// The most events that a file may have.
pub const MOST_EVENTS: usize = 5_000;
/// The most days that a file may make free.
pub const MOST_DAYS: usize = 5_000;
/// The most days that one event may be.
const MOST_DAYS_OF_EVENT: usize = 1_000;
/// How many years before and after this one the dates of a series are worked out.
const YEARS: i32 = 10;

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcsHolidays {
    /// The events that are holidays, in the order of the file.
    pub taken: Vec<TakenEvent>,
    /// The events that are none, or that nobody asked for, and why.
    pub skipped: Vec<SkippedEvent>,
    /// The first and the last day between which the dates of series were worked out.
    pub span: (NaiveDate, NaiveDate),
}

/// An event that is a holiday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenEvent {
    /// What the event is called.
    pub summary: Option<String>,
    /// Its days.
    pub dates: Vec<HolidayDate>,
}

/// An event that was not taken for a holiday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedEvent {
    /// What the event is called.
    pub summary: Option<String>,
    /// Why it was left out.
    pub reason: SkipReason,
    /// The days that it would have been, where they are known.
    pub dates: Vec<HolidayDate>,
}

closed_enum! {
    /// Why an event is no holiday.
    pub enum SkipReason {
        /// It has no date.
        NoDate = "no_date",
        /// It cannot be read.
        Unreadable = "unreadable",
        /// It does not last whole days.
        NotAllDay = "not_all_day",
        /// It ends before it begins.
        EndsFirst = "ends_first",
        /// It lasts longer than a year.
        TooLong = "too_long",
        /// When it recurs is not understood.
        Recurrence = "recurrence",
        /// It does not take place in the years that are looked at.
        OutsideSpan = "outside_span",
        /// It is too many days, or takes too long to work out.
        TooManyDays = "too_many_days",
        /// It is cancelled.
        Cancelled = "cancelled",
        /// The file has a later version of it.
        Superseded = "superseded",
        /// It is marked as a day that people observe and work on.
        Observance = "observance",
        /// It is a holiday of some regions only.
        Regional = "regional",
        /// It is not certain yet.
        Tentative = "tentative",
    }
}

closed_enum! {
    /// Why an event that lasts whole days may be no day off: it is taken if it is asked for.
    pub enum Doubt {
        /// Its days are observed, and worked on.
        Observance = "observance",
        /// It is a holiday of some regions only.
        Regional = "regional",
        /// It is not certain yet.
        Tentative = "tentative",
    }
}

impl SkipReason {
    /// What is doubtful about an event that is no holiday for that alone.
    pub const fn doubt(self) -> Option<Doubt> {
        match self {
            Self::Observance => Some(Doubt::Observance),
            Self::Regional => Some(Doubt::Regional),
            Self::Tentative => Some(Doubt::Tentative),
            _ => None,
        }
    }
}

impl From<Doubt> for SkipReason {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Observance => Self::Observance,
            Doubt::Regional => Self::Regional,
            Doubt::Tentative => Self::Tentative,
        }
    }
}

impl IcsHolidays {
    /// The holidays that were taken.
    pub fn holidays(&self) -> impl Iterator<Item = Holiday> {
        self.taken
            .iter()
            .flat_map(|event| days_off(&event.summary, &event.dates))
    }

    /// The events that somebody can make holidays of: those that were taken, then those that are in doubt. The same file
    /// read on the same day with the same zone has the same ones in the same order.
    pub fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        let taken = self.taken.iter().map(|event| Candidate {
            summary: &event.summary,
            dates: &event.dates,
            doubt: None,
        });
        let doubtful = self.skipped.iter().filter_map(|event| {
            Some(Candidate {
                summary: &event.summary,
                dates: &event.dates,
                doubt: Some(event.reason.doubt()?),
            })
        });
        taken.chain(doubtful)
    }

    /// The events that nobody can make holidays of.
    pub fn impossible(&self) -> impl Iterator<Item = &SkippedEvent> {
        self.skipped
            .iter()
            .filter(|event| event.reason.doubt().is_none())
    }
}

/// An event that somebody can make a holiday of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// What the event is called.
    pub summary: &'a Option<String>,
    /// Its days.
    pub dates: &'a [HolidayDate],
    /// Why it may be no day off.
    pub doubt: Option<Doubt>,
}

impl Candidate<'_> {
    /// The holidays that it is.
    pub fn holidays(&self) -> impl Iterator<Item = Holiday> {
        days_off(self.summary, self.dates)
    }
}

fn days_off(name: &Option<String>, dates: &[HolidayDate]) -> impl Iterator<Item = Holiday> {
    dates.iter().map(|date| Holiday {
        date: *date,
        name: name.clone(),
    })
}

/// Reads the all-day events of an iCalendar file as holidays. `zone` is the calendar's, for what the file says in UTC;
/// series become dates from ten years before the year of `today` to ten years after it, or yearly holidays where they
/// are one date of every year. Events in [`Doubt`] are taken where `include` has that.
///
/// # Errors
/// If the text is no iCalendar file, is cut off, or holds too much.
pub fn from_ics(
    text: &str,
    zone: Tz,
    today: NaiveDate,
    include: &BTreeSet<Doubt>,
) -> Result<IcsHolidays, IcsError> {
    let year = today.year();
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(today);
    let span = (day(year - YEARS, 1, 1), day(year + YEARS, 12, 31));
    let mut reading = Reading {
        zone,
        year,
        span,
        budget: Budget::default(),
        days: 0,
        include,
        found: IcsHolidays {
            taken: Vec::new(),
            skipped: Vec::new(),
            span,
        },
    };
    // An event and what changes single dates of it have one UID within one calendar.
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    let mut group_of: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for (index, raw) in lines::events(text)?.into_iter().enumerate() {
        let group = match raw.value("UID") {
            None => index,
            Some(uid) => *group_of
                .entry((raw.calendar, uid.to_owned()))
                .or_insert(index),
        };
        let group = groups.entry(group).or_default();
        match Event::read(&raw) {
            Ok(event) => group.events.push(event),
            Err(reason) => {
                group.is_incomplete |= raw.value("RECURRENCE-ID").is_some();
                reading.skip(raw.summary(), reason, Vec::new());
            }
        }
    }
    for group in groups.into_values() {
        reading.group(group)?;
    }
    Ok(reading.found)
}

/// The events of one UID: versions of one event, and single dates of it that are otherwise.
#[derive(Default)]
struct Group {
    events: Vec<Event>,
    /// Whether there is a date of it that is otherwise, and it cannot be read which and how.
    is_incomplete: bool,
}

/// A file being read.
struct Reading<'a> {
    zone: Tz,
    year: i32,
    span: (NaiveDate, NaiveDate),
    budget: Budget,
    days: usize,
    include: &'a BTreeSet<Doubt>,
    found: IcsHolidays,
}

impl Reading<'_> {
    fn skip(&mut self, summary: Option<String>, reason: SkipReason, dates: Vec<HolidayDate>) {
        self.found.skipped.push(SkippedEvent {
            summary,
            reason,
            dates,
        });
    }

    fn group(&mut self, group: Group) -> Result<(), IcsError> {
        let Group {
            events,
            is_incomplete,
        } = group;
        let mut latest: BTreeMap<Option<String>, i64> = BTreeMap::new();
        for event in &events {
            let sequence = latest.entry(event.recurrence_id.clone()).or_default();
            *sequence = event.sequence.max(*sequence);
        }
        let (latest, old): (Vec<_>, Vec<_>) = events
            .into_iter()
            .partition(|event| latest.get(&event.recurrence_id) == Some(&event.sequence));
        // Of two that count the same changes, and are called the same, the one that was written later holds (RFC 5546).
        let told = |event: &Event| {
            let called = event.summary.clone()?;
            Some((
                (event.recurrence_id.clone(), called),
                event.written_at.clone()?,
            ))
        };
        let mut newest: BTreeMap<(Option<String>, String), String> = BTreeMap::new();
        for (which, written_at) in latest.iter().filter_map(told) {
            let newest = newest.entry(which).or_default();
            *newest = written_at.max(std::mem::take(newest));
        }
        let is_rewritten = |event: &Event| {
            told(event).is_some_and(|(which, at)| newest.get(&which).is_some_and(|new| at < *new))
        };
        let rewritten: Vec<bool> = latest.iter().map(is_rewritten).collect();
        let mut rewritten = rewritten.into_iter();
        let (older, current): (Vec<_>, Vec<_>) = latest
            .into_iter()
            .partition(|_| rewritten.next().unwrap_or(false));
        for event in old.into_iter().chain(older) {
            self.skip(event.summary, SkipReason::Superseded, Vec::new());
        }
        // The dates that other events of the file speak for; none if it is not clear which those are.
        let mut replaced = (!is_incomplete).then(BTreeSet::new);
        for event in current.iter().filter(|event| event.recurrence_id.is_some()) {
            match (event.replaces(self.zone), &mut replaced) {
                (Some(dates), Some(all)) => all.extend(dates),
                _ => replaced = None,
            }
        }
        let is_called_off = current
            .iter()
            .any(|event| event.recurrence_id.is_none() && event.is_cancelled());
        for event in current {
            let outcome = match (&replaced, event.recurrence_id.is_some()) {
                // Of a series that is called off there are no single dates either.
                (_, true) if is_called_off => Err(SkipReason::Cancelled),
                (_, true) => self.dates(&event, &BTreeSet::new()),
                (Some(replaced), false) => self.dates(&event, replaced),
                (None, false) => Err(SkipReason::Recurrence),
            };
            self.take(event, outcome)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        event: Event,
        outcome: Result<Vec<HolidayDate>, SkipReason>,
    ) -> Result<(), IcsError> {
        let dates = match outcome {
            Ok(dates) if dates.len() > MOST_DAYS_OF_EVENT => Err(SkipReason::TooManyDays),
            outcome => outcome,
        };
        match (dates, event.doubt()) {
            (Err(reason), _) => self.skip(event.summary, reason, Vec::new()),
            (Ok(dates), Some(doubt)) if !self.include.contains(&doubt) => {
                self.skip(event.summary, doubt.into(), dates);
            }
            (Ok(dates), _) => {
                self.days += dates.len();
                if self.days > MOST_DAYS {
                    return Err(IcsError::TooManyDays);
                }
                self.found.taken.push(TakenEvent {
                    summary: event.summary,
                    dates,
                });
            }
        }
        Ok(())
    }

    /// The days of an event, but for the dates of it that are `replaced`.
    fn dates(
        &mut self,
        event: &Event,
        replaced: &BTreeSet<NaiveDate>,
    ) -> Result<Vec<HolidayDate>, SkipReason> {
        if event.is_cancelled() {
            return Err(SkipReason::Cancelled);
        }
        let (first, last) = event.first_and_last(self.zone)?;
        if event.is_single() {
            return match replaced.contains(&first) {
                true => Err(SkipReason::Cancelled),
                false => Ok(each_day(first, last).map(HolidayDate::Once).collect()),
            };
        }
        if event.recurrence_id.is_some() {
            return Err(SkipReason::Recurrence);
        }
        if replaced.is_empty() && event.is_every_year(first, last) && first.year() <= self.year {
            let yearly = |date: NaiveDate| HolidayDate::Yearly {
                month: date.month(),
                day: date.day(),
            };
            return Ok(each_day(first, last).map(yearly).collect());
        }
        let mut starts = match &event.rule {
            Some(rule) => rule.starts(first, self.span, self.zone, &mut self.budget)?,
            None => BTreeSet::from([first]),
        };
        starts.extend(event.added(self.zone)?);
        let excepted = event.excepted(self.zone)?;
        starts.retain(|start| !replaced.contains(start) && !excepted.contains(start));
        if starts.is_empty() {
            return Err(SkipReason::OutsideSpan);
        }
        if starts
            .len()
            .saturating_mul((last - first).num_days() as usize + 1)
            > MOST_DAYS_OF_EVENT
        {
            return Err(SkipReason::TooManyDays);
        }
        let length = last - first;
        let days: BTreeSet<NaiveDate> = starts
            .into_iter()
            .filter_map(|start| Some((start, start.checked_add_signed(length)?)))
            .flat_map(|(start, end)| each_day(start, end))
            .collect();
        Ok(days.into_iter().map(HolidayDate::Once).collect())
    }
}

fn each_day(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take_while(move |date| *date <= last)
}
