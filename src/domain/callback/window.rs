//! When a call may come: two instants, and the zone whose clock they were read from.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, FixedOffset, LocalResult, NaiveDateTime, Offset, SecondsFormat, SubsecRound,
    TimeDelta, TimeZone,
};
use chrono_tz::Tz;
use thiserror::Error;

use super::START_GRACE;
use crate::domain::{Instant, kept};

/// When a call may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub from: Instant,
    /// And before this, which is later.
    pub until: Instant,
    /// The zone of whoever is called.
    pub zone: Tz,
}

/// A time as somebody says it: an instant, or what a clock on the wall shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// An instant, written with its distance from UTC.
    At(DateTime<FixedOffset>),
    /// What the clocks of the window's zone show.
    Local(NaiveDateTime),
}

/// A text that is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("neither an instant nor a local time")]
pub struct NotATime;

/// One end of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its beginning.
    From,
    /// Its end.
    Until,
}

/// What is wrong with one end of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowProblem {
    /// The clocks of the zone never show it: they skip it, where they are set forward.
    Skipped,
    /// It lies in the past.
    InThePast,
    /// The end is not later than the beginning.
    NotLater,
    /// It lies beyond what can be reckoned with.
    TooFar,
}

/// Where a window is wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowFault {
    /// Which end.
    pub part: Part,
    /// What is wrong with it.
    pub problem: WindowProblem,
}

/// RFC 3339, or the same without a distance from UTC, to the minute or finer.
impl FromStr for Spoken {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(at));
        }
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(|local| Self::Local(local.trunc_subsecs(6)))
            .ok_or(NotATime)
    }
}

/// As it was said.
impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Local(local) => write!(f, "{}", local.format("%Y-%m-%dT%H:%M")),
        }
    }
}

impl Spoken {
    /// The instant, by the clocks of `zone`. A time that they show twice is the first of the two: nobody is called after the
    /// end that they meant.
    ///
    /// # Errors
    /// [`WindowProblem::Skipped`], [`WindowProblem::TooFar`].
    pub fn instant(self, zone: Tz) -> Result<Instant, WindowProblem> {
        let at = match self {
            Self::At(at) if is_skipped_there(at, zone) => return Err(WindowProblem::Skipped),
            Self::At(at) => at.to_utc(),
            Self::Local(local) => match zone.from_local_datetime(&local) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
                LocalResult::None => return Err(WindowProblem::Skipped),
            },
        };
        kept(at).ok_or(WindowProblem::TooFar)
    }
}

/// Whether an instant is written as a local time of `zone` that its clocks skip: with the distance from UTC that the zone has
/// before the gap or behind it. `02:30+01:00` says so of Berlin's last Sunday of March; of another distance it is
/// somebody else's clock.
fn is_skipped_there(at: DateTime<FixedOffset>, zone: Tz) -> bool {
    let own = *at.offset();
    if own == Offset::fix(&chrono::Utc)
        || !matches!(
            zone.from_local_datetime(&at.naive_local()),
            LocalResult::None
        )
    {
        return false;
    }
    let around = TimeDelta::days(1);
    [at.checked_sub_signed(around), at.checked_add_signed(around)]
        .into_iter()
        .flatten()
        .any(|near| zone.offset_from_utc_datetime(&near.naive_utc()).fix() == own)
}

impl Window {
    /// The window that somebody asks for at `now`: its end lies behind its beginning, and neither is in the past
    /// but for [`START_GRACE`].
    ///
    /// # Errors
    /// Everything that is wrong, each with its place.
    pub fn asked(
        from: Spoken,
        until: Spoken,
        zone: Tz,
        now: Instant,
    ) -> Result<Self, Vec<WindowFault>> {
        let mut faults = Vec::new();
        let mut read = |part, spoken: Spoken| match spoken.instant(zone) {
            Ok(at) => Some(at),
            Err(problem) => {
                faults.push(WindowFault { part, problem });
                None
            }
        };
        let (from, until) = (read(Part::From, from), read(Part::Until, until));
        if let Some(from) = from
            && from < now - START_GRACE
        {
            let problem = WindowProblem::InThePast;
            faults.push(WindowFault {
                part: Part::From,
                problem,
            });
        }
        if let Some(until) = until {
            let problem = if until <= now {
                Some(WindowProblem::InThePast)
            } else if from.is_some_and(|from| until <= from) {
                Some(WindowProblem::NotLater)
            } else {
                None
            };
            faults.extend(problem.map(|problem| WindowFault {
                part: Part::Until,
                problem,
            }));
        }
        match (from, until) {
            (Some(from), Some(until)) if faults.is_empty() => Ok(Self { from, until, zone }),
            _ => Err(faults),
        }
    }
}
