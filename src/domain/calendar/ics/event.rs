//! One event: when it is, and what it is.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use icalendar::parser::{Component, Property, read_components};

use super::lines::RawEvent;
use super::series::Rule;
use super::stamp::{Stamp, length, local};
use super::{Doubt, SkipReason};
use crate::domain::text::Title;

/// The longest holiday, in days.
const LONGEST: i64 = 366;

/// An event of a file.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// What it is called, as far as a holiday's name can be that.
    pub summary: Option<String>,
    /// Which version it is.
    pub sequence: i64,
    /// When this version was written, in UTC.
    pub written_at: Option<String>,
    /// Which date of another event it stands for, as the file has it.
    pub recurrence_id: Option<String>,
    /// When it recurs.
    pub rule: Option<Rule>,
    start: Stamp,
    end: Option<End>,
    replaces: Option<Stamp>,
    added: Vec<Option<Stamp>>,
    excepted: Vec<Option<Stamp>>,
    status: String,
    says: String,
}

#[derive(Clone, Debug)]
enum End {
    At(Stamp),
    After(chrono::TimeDelta),
}

impl RawEvent {
    /// What a property says, as it stands in the file.
    pub(super) fn value(&self, property: &str) -> Option<&str> {
        let rest = self.lines.iter().find_map(|line| {
            line.strip_prefix(property)?
                .strip_prefix([';', ':'])
                .map(|_| line)
        })?;
        Some(rest.split_once(':')?.1.trim())
    }

    /// What the event is called, of one that cannot be read otherwise.
    pub(super) fn summary(&self) -> Option<String> {
        short_name(&self.value("SUMMARY")?.replace('\\', ""))
    }
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// Why it is left out.
    pub(super) fn read(raw: &RawEvent) -> Result<Self, SkipReason> {
        if !raw.is_whole {
            return Err(SkipReason::Unreadable);
        }
        let text = format!("BEGIN:VEVENT\n{}\nEND:VEVENT\n", raw.lines.join("\n"));
        let components = read_components(&text).map_err(|_| SkipReason::Unreadable)?;
        let [component] = components.as_slice() else {
            return Err(SkipReason::Unreadable);
        };
        let text_of = |name: &str| {
            component
                .find_prop(name)
                .map(|property| property.val.as_str())
        };
        let start = component.find_prop("DTSTART").ok_or(SkipReason::NoDate)?;
        if all(component, "DTSTART").count() > 1 || all(component, "DTEND").count() > 1 {
            return Err(SkipReason::Unreadable);
        }
        let end = match (component.find_prop("DTEND"), text_of("DURATION")) {
            (Some(end), _) => Some(End::At(stamp(end).ok_or(SkipReason::Unreadable)?)),
            (None, Some(given)) => Some(End::After(length(given).ok_or(SkipReason::Unreadable)?)),
            (None, None) => None,
        };
        let replaces = component.find_prop("RECURRENCE-ID");
        // A change of all dates from one on is another series, which this one would have to be cut off for.
        if replaces.is_some_and(|property| parameter(property, "RANGE").is_some()) {
            return Err(SkipReason::Recurrence);
        }
        let rules = all(component, "RRULE").count() + all(component, "EXRULE").count();
        let rule = match (text_of("RRULE"), rules) {
            (_, 0) => None,
            (Some(rule), 1) => Some(Rule::parse(rule).ok_or(SkipReason::Recurrence)?),
            _ => return Err(SkipReason::Recurrence),
        };
        let told = |name| all(component, name).map(|property| property.val.as_str().to_lowercase());
        let categories = told("CATEGORIES").map(|categories| categories.replace(',', "\n"));
        let says: Vec<String> = told("DESCRIPTION").chain(categories).collect();
        Ok(Self {
            summary: text_of("SUMMARY").and_then(short_name),
            sequence: text_of("SEQUENCE")
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(0),
            written_at: text_of("LAST-MODIFIED")
                .or_else(|| text_of("DTSTAMP"))
                .map(|text| text.trim().to_ascii_uppercase())
                .filter(|text| matches!(Stamp::parse(text, false, None), Some(Stamp::Utc(_)))),
            recurrence_id: replaces.map(|property| property.val.as_str().to_owned()),
            rule,
            start: stamp(start).ok_or(SkipReason::Unreadable)?,
            end,
            replaces: replaces.and_then(stamp),
            added: all(component, "RDATE").flat_map(stamps).collect(),
            excepted: all(component, "EXDATE").flat_map(stamps).collect(),
            status: match raw.is_called_off {
                true => "CANCELLED".to_owned(),
                false => text_of("STATUS")
                    .unwrap_or_default()
                    .trim()
                    .to_ascii_uppercase(),
            },
            says: says.join("\n"),
        })
    }

    /// Whether it was called off.
    pub(super) fn is_cancelled(&self) -> bool {
        self.status == "CANCELLED"
    }

    /// Whether it takes place once.
    pub(super) fn is_single(&self) -> bool {
        self.rule.is_none() && self.added.is_empty() && self.excepted.is_empty()
    }

    /// The first and the last day of an event that lasts whole days. Some programs write those as midnight to midnight,
    /// or to the last minute before it.
    ///
    /// # Errors
    /// Why it is left out.
    pub(super) fn first_and_last(&self, zone: Tz) -> Result<(NaiveDate, NaiveDate), SkipReason> {
        let (first, last) = match &self.start {
            Stamp::Date(first) => (*first, self.last_after_date(*first, zone)?),
            Stamp::Wall(start, named) => (start.date(), self.last_after(*start, named.as_deref())?),
            Stamp::Utc(start) => {
                let start = local(*start, zone);
                (start.date(), self.last_after(start, Some(zone.name()))?)
            }
        };
        match (last - first).num_days() {
            ..0 => Err(SkipReason::EndsFirst),
            days if days >= LONGEST => Err(SkipReason::TooLong),
            _ => Ok((first, last)),
        }
    }

    /// The last day of an event that begins as a whole day. An end in UTC is taken for the midnight that it is, there or in
    /// the calendar's zone; if it is none, only days count that are over in both.
    fn last_after_date(&self, first: NaiveDate, zone: Tz) -> Result<NaiveDate, SkipReason> {
        match &self.end {
            None => Ok(first),
            Some(End::After(length)) => {
                let days = length.num_days();
                let is_whole = chrono::TimeDelta::try_days(days) == Some(*length) && days > 0;
                is_whole.then_some(()).ok_or(SkipReason::NotAllDay)?;
                first
                    .checked_add_signed(*length - chrono::TimeDelta::days(1))
                    .ok_or(SkipReason::TooLong)
            }
            Some(End::At(end)) => {
                let last = match end {
                    Stamp::Date(end) => end.pred_opt(),
                    Stamp::Wall(end, _) => last_full_day(*end),
                    Stamp::Utc(end) => {
                        let here = local(*end, zone);
                        let midnights = [*end, here].into_iter();
                        let mut midnights = midnights.filter(|end| end.time() == NaiveTime::MIN);
                        match midnights.next() {
                            Some(midnight) => last_full_day(midnight),
                            None => last_full_day(*end).min(last_full_day(here)),
                        }
                    }
                };
                let last = last.ok_or(SkipReason::Unreadable)?;
                // An end on the first day itself is an old misreading of the format, for one day; a time in UTC may
                // be the evening before, where the calendar is.
                let slack = if matches!(end, Stamp::Utc(_)) { 2 } else { 1 };
                match (first - last).num_days() {
                    days if days <= 0 => Ok(last),
                    days if days <= slack => Ok(first),
                    _ => Err(SkipReason::EndsFirst),
                }
            }
        }
    }

    /// The last day of an event that begins by the clock on the wall of a zone.
    fn last_after(
        &self,
        start: NaiveDateTime,
        zone: Option<&str>,
    ) -> Result<NaiveDate, SkipReason> {
        if start.time() != NaiveTime::MIN {
            return Err(SkipReason::NotAllDay);
        }
        let end = match self.end.as_ref().ok_or(SkipReason::NotAllDay)? {
            End::After(length) => start.checked_add_signed(*length),
            End::At(Stamp::Date(end)) => Some(end.and_time(NaiveTime::MIN)),
            End::At(Stamp::Wall(end, named)) if named.as_deref() == zone => Some(*end),
            End::At(Stamp::Wall(end, named)) => {
                let there: Option<Tz> = named.as_deref().and_then(|name| name.parse().ok());
                let end = there.and_then(|there| there.from_local_datetime(end).earliest());
                end.zip(zone.and_then(|name| name.parse::<Tz>().ok()))
                    .map(|(end, here)| end.with_timezone(&here).naive_local())
            }
            End::At(Stamp::Utc(end)) => zone
                .and_then(|name| name.parse::<Tz>().ok())
                .map(|here| local(*end, here)),
        };
        let end = end.ok_or(SkipReason::NotAllDay)?;
        let is_midnight = end.time() == NaiveTime::MIN;
        match last_full_day(end) {
            _ if end < start => Err(SkipReason::EndsFirst),
            Some(last) if last >= start.date() && (is_midnight || is_last_minute(end)) => Ok(last),
            _ => Err(SkipReason::NotAllDay),
        }
    }

    /// Whether it is the same days of every year for ever. Days around the end of February are not: in leap years they
    /// are others.
    pub(super) fn is_every_year(&self, first: NaiveDate, last: NaiveDate) -> bool {
        let around_february = (first.month(), first.day()) <= (2, 29)
            && (last.month(), last.day()) >= (2, 29)
            && first != last;
        let leap_day = first.month() == 2 && first.day() == 29 && first != last;
        let turns = first.year() != last.year() && (last.month(), last.day()) >= (2, 29);
        self.added.is_empty()
            && self.excepted.is_empty()
            && !around_february
            && !leap_day
            && !turns
            && self
                .rule
                .as_ref()
                .is_some_and(|rule| rule.is_every_year(first))
    }

    /// The dates of another event that it stands for; none if that is not clear.
    pub(super) fn replaces(&self, zone: Tz) -> Option<Vec<NaiveDate>> {
        self.replaces.as_ref().map(|stamp| stamp.days(zone))
    }

    /// The dates that it takes place on besides.
    ///
    /// # Errors
    /// If one of them is no day.
    pub(super) fn added(&self, zone: Tz) -> Result<BTreeSet<NaiveDate>, SkipReason> {
        let day = |stamp: &Option<Stamp>| match stamp {
            Some(Stamp::Date(date)) => Some(*date),
            Some(Stamp::Wall(at, _)) => (at.time() == NaiveTime::MIN).then(|| at.date()),
            Some(Stamp::Utc(at)) => {
                let at = local(*at, zone);
                (at.time() == NaiveTime::MIN).then(|| at.date())
            }
            None => None,
        };
        let days: Option<_> = self.added.iter().map(day).collect();
        days.ok_or(SkipReason::Recurrence)
    }

    /// The dates that it does not take place on; more than the file means rather than fewer.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub(super) fn excepted(&self, zone: Tz) -> Result<BTreeSet<NaiveDate>, SkipReason> {
        let mut days = BTreeSet::new();
        for stamp in &self.excepted {
            days.extend(stamp.as_ref().ok_or(SkipReason::Recurrence)?.days(zone));
        }
        Ok(days)
    }

    /// Why it may be no day off although it lasts whole days. Google tells public holidays from observances, and names
    /// the regions of those that are not kept everywhere, in the description; only that of an observance goes on to say
    /// how to hide them, in whatever language.
    pub(super) fn doubt(&self) -> Option<Doubt> {
        const OBSERVED: &[&str] = &[
            "observance",
            "gedenktag",
            "season",
            "clock change",
            "daylight saving",
            "half day",
            "half-day",
            "optional holiday",
            "restricted holiday",
            "not a public holiday",
        ];
        const CALENDAR: &[&str] = &[
            "calendar",
            "kalender",
            "agenda",
            "calendrier",
            "календар",
            "カレンダー",
            "日历",
        ];
        const REGIONAL: &[&str] = &[
            "public holiday in ",
            "holiday in ",
            "feiertag in ",
            "regional holiday",
            "local holiday",
            "state holiday",
        ];
        let first = self
            .says
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty());
        let starts = |with: &[&str]| {
            let lines = || self.says.lines().map(str::trim);
            lines().any(|line| with.iter().any(|word| line.starts_with(word)))
        };
        let hides = self
            .says
            .lines()
            .any(|line| line.contains("google") && CALENDAR.iter().any(|word| line.contains(word)));
        let called = self.summary.as_deref().unwrap_or_default().to_lowercase();
        match () {
            () if self.status == "TENTATIVE" || called.contains("(tentative") => {
                Some(Doubt::Tentative)
            }
            () if starts(OBSERVED) || hides => Some(Doubt::Observance),
            () if starts(REGIONAL)
                || first.is_some_and(|line| line.contains("feiertag in "))
                || called.contains("(regional") =>
            {
                Some(Doubt::Regional)
            }
            () => None,
        }
    }
}

/// As much of a summary as a name may have, or none if it cannot be one.
fn short_name(summary: &str) -> Option<String> {
    let one_line = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = one_line.chars().take(Title::MAX).collect();
    Title::parse(&short).ok().map(Title::into_string)
}

fn is_last_minute(at: NaiveDateTime) -> bool {
    NaiveTime::from_hms_opt(23, 59, 0).is_some_and(|last| at.time() >= last)
}

/// The last day that is over, or as good as over, at a time by the clock on the wall.
fn last_full_day(end: NaiveDateTime) -> Option<NaiveDate> {
    match is_last_minute(end) {
        true => Some(end.date()),
        false => end.date().pred_opt(),
    }
}

fn all<'a>(
    component: &'a Component<'_>,
    name: &'static str,
) -> impl Iterator<Item = &'a Property<'a>> {
    component
        .properties
        .iter()
        .filter(move |property| property.name == name)
}

fn parameter<'a>(property: &'a Property<'_>, name: &str) -> Option<&'a str> {
    let mut parameters = property.params.iter();
    let found = parameters.find(|parameter| parameter.key.as_str().eq_ignore_ascii_case(name))?;
    found.val.as_ref().map(|value| value.as_str())
}

fn stamp(property: &Property<'_>) -> Option<Stamp> {
    stamps(property).pop().flatten()
}

/// The dates of a property, which may have several; what is none of them, such as a period, is `None`.
fn stamps(property: &Property<'_>) -> Vec<Option<Stamp>> {
    let is_date =
        parameter(property, "VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
    let zone = parameter(property, "TZID");
    let parts = property.val.as_str().split(',');
    parts
        .map(|text| Stamp::parse(text, is_date, zone))
        .collect()
}
