//! Replays: how a deadline came about, piece of time by piece of time.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::CalendarError;
use super::local::LONGEST_IDLE;
use crate::domain::Instant;
use crate::domain::closed_enum;

closed_enum! {
    /// What a deadline counts.
    pub enum Unit as "ReplayUnit" {
        /// Business days: whole local days.
        BusinessDays = "business_days",
        /// Seconds of working hours.
        BusinessSeconds = "business_seconds",
        /// Seconds, whatever the hour.
        ElapsedSeconds = "elapsed_seconds",
    }
}

closed_enum! {
    /// Why a piece of time counted or did not.
    pub enum Why as "ReplayWhy" {
        /// Counted: a business day, or working hours.
        Working = "working",
        /// Counted: every hour does.
        Elapsed = "elapsed",
        /// Not counted: outside of working hours, or no working weekday.
        Closed = "closed",
        /// Not counted: a holiday.
        Holiday = "holiday",
        /// Not counted: the clock was stopped, as while waiting for the customer.
        Paused = "paused",
        /// Not counted: the rest of the day on which it began (E11).
        RequestDay = "request_day",
    }
}

/// A stretch of time, from its first instant to the first one after it, in which the clock is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it. For a pause that goes on, the instant of asking.
    pub to: Instant,
}

/// A piece of time that counted or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ReplaySegment)]
pub struct Segment {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Instant,
    /// Whether it counted.
    pub counted: bool,
    /// Why.
    pub why: Why,
    /// The holiday's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

/// How a deadline came about. Its segments follow one another from `from` to `due_at` without gap or overlap; those that
/// counted add up to `window`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Replay {
    /// When the clock started.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// When the deadline falls due.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Instant,
    /// The instant of asking.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// What is counted.
    pub unit: Unit,
    /// How much is to be counted until the deadline.
    pub window: i64,
    /// How much was counted until `at`; a business day counts when it is over.
    pub counted: i64,
    /// How much is left at `at`.
    pub remaining: i64,
    /// Every piece of time from `from` to `due_at`.
    pub segments: Vec<Segment>,
}

impl Segment {
    pub(super) fn new(from: Instant, to: Instant, why: Why) -> Self {
        let counted = matches!(why, Why::Working | Why::Elapsed);
        Self {
            from,
            to,
            counted,
            why,
            name: None,
        }
    }

    fn continues(&self, before: &Self) -> bool {
        before.to == self.from && before.why == self.why && before.name == self.name
    }
}

impl Pause {
    /// The same stopped time as pauses that neither overlap nor touch, in order.
    pub(super) fn joined(pauses: &[Self]) -> Vec<Self> {
        let mut sorted: Vec<Self> = pauses
            .iter()
            .copied()
            .filter(|pause| pause.from < pause.to)
            .collect();
        sorted.sort_unstable_by_key(|pause| pause.from);
        let mut joined: Vec<Self> = Vec::with_capacity(sorted.len());
        for pause in sorted {
            match joined.last_mut() {
                Some(last) if pause.from <= last.to => last.to = last.to.max(pause.to),
                _ => joined.push(pause),
            }
        }
        joined
    }
}

/// Replays a window of elapsed time, of whole seconds, that starts at `from`.
///
/// # Errors
/// [`CalendarError::OutOfRange`].
pub fn replay_elapsed(
    from: Instant,
    window: TimeDelta,
    paused: &[Pause],
    at: Instant,
) -> Result<Replay, CalendarError> {
    let endless = Segment::new(from, Instant::MAX_UTC, Why::Elapsed);
    Ok(fill(from, window, paused, [endless])?.replayed(from, window, at, Unit::ElapsedSeconds))
}

/// A window that is filled: when it was full, and every piece of time until then.
pub(super) struct Filled {
    pub(super) due_at: Instant,
    pub(super) segments: Vec<Segment>,
}

/// How many pieces a replay has at the most: years of usual hours, and not the centuries that a minute a week takes.
pub(super) const MOST_SEGMENTS: usize = 10_000;

/// Lays pieces of time end to end until those that count fill the window.
pub(super) fn fill(
    from: Instant,
    window: TimeDelta,
    paused: &[Pause],
    pieces: impl IntoIterator<Item = Segment>,
) -> Result<Filled, CalendarError> {
    let mut filled = Filled {
        due_at: from,
        segments: Vec::new(),
    };
    let (mut left, mut last_counted) = (window, from);
    if left <= TimeDelta::zero() {
        return Ok(filled);
    }
    let pauses = Pause::joined(paused);
    for mut piece in pieces
        .into_iter()
        .flat_map(|piece| stopped_by(&pauses, piece))
    {
        if piece.counted {
            let taken = left.min(piece.to - piece.from);
            piece.to = piece.from + taken;
            left -= taken;
            last_counted = piece.to;
        } else if piece.to - last_counted > LONGEST_IDLE {
            return Err(CalendarError::NoBusinessDay);
        }
        filled.push(piece);
        if left <= TimeDelta::zero() {
            return Ok(filled);
        }
        if filled.segments.len() > MOST_SEGMENTS {
            break;
        }
    }
    Err(CalendarError::OutOfRange)
}

/// A piece of time cut where the clock was stopped, whatever the hour.
fn stopped_by(pauses: &[Pause], piece: Segment) -> Vec<Segment> {
    let mut cut = Vec::with_capacity(1);
    let mut at = piece.from;
    for pause in pauses
        .iter()
        .filter(|pause| pause.from < piece.to && piece.from < pause.to)
    {
        cut.push(Segment {
            from: at,
            to: pause.from.max(at),
            ..piece.clone()
        });
        at = pause.to.min(piece.to);
        cut.push(Segment::new(pause.from.max(piece.from), at, Why::Paused));
    }
    cut.push(Segment { from: at, ..piece });
    cut
}

impl Filled {
    fn push(&mut self, piece: Segment) {
        self.due_at = piece.to;
        match self.segments.last_mut() {
            _ if piece.from == piece.to => {}
            Some(last) if piece.continues(last) => last.to = piece.to,
            _ => self.segments.push(piece),
        }
    }

    /// The replay of a window of time as it stands at `at`.
    pub(super) fn replayed(
        self,
        from: Instant,
        window: TimeDelta,
        at: Instant,
        unit: Unit,
    ) -> Replay {
        let Self { due_at, segments } = self;
        let passed = segments
            .iter()
            .filter(|piece| piece.counted && piece.from < at)
            .fold(TimeDelta::zero(), |sum, piece| {
                sum + (piece.to.min(at) - piece.from)
            });
        let (window, counted) = (window.num_seconds().max(0), passed.num_seconds());
        Replay {
            from,
            due_at,
            at,
            unit,
            window,
            counted,
            remaining: window - counted,
            segments,
        }
    }
}
