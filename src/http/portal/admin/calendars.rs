//! Business calendars, with the replay of any deadline.

mod fields;
mod handlers;
pub mod import;

use serde::Serialize;

use crate::domain::Instant;
use crate::domain::calendar::{Replay, Segment};
use crate::http::portal::form::{Control, Form, Wrong};
use crate::http::portal::parts::{Bar, Tab, TrackView};
use crate::http::portal::route::PortalRoute;
use crate::words::Catalogue;
use crate::words::time::duration;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    [handlers::routes(), import::routes()].concat()
}

/// One calendar.
#[derive(Clone, Debug, Serialize)]
pub struct CalendarPage {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The zone of its hours.
    pub time_zone: String,
    /// Whether it is the provider's default.
    pub standard: bool,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Weekdays with their hours, Monday first.
    pub hours: Vec<DayHours>,
    /// Its holidays.
    pub holidays: Vec<HolidayView>,
    /// Where holidays are taken from a file, for who may; empty for others.
    pub import: String,
    /// What deadline to replay: from, how long, in what.
    pub question: Vec<Control>,
    /// Why it cannot be replayed, if it cannot.
    pub wrong: Wrong,
    /// The deadline, piece by piece.
    pub replay: Option<ReplayView>,
    /// To change it, for who may.
    pub form: Option<Form>,
}

/// A weekday's hours.
#[derive(Clone, Debug, Serialize)]
pub struct DayHours {
    /// The weekday.
    pub day: String,
    /// "09:00–12:00, 13:00–17:00"; empty for a day off.
    pub spans: String,
}

/// A holiday.
#[derive(Clone, Debug, Serialize)]
pub struct HolidayView {
    /// The date, or "every 25 December".
    pub day: String,
    /// Its name; may be empty.
    pub name: String,
}

/// A deadline, piece by piece.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayView {
    /// When it falls due.
    pub due_at: Instant,
    /// It, drawn.
    pub track: TrackView,
    /// Its pieces.
    pub segments: Vec<SegmentView>,
}

/// A piece of time.
#[derive(Clone, Debug, Serialize)]
pub struct SegmentView {
    /// Its first instant.
    pub from: Instant,
    /// The first after it.
    pub to: Instant,
    /// Whether it counted.
    pub counted: bool,
    /// Why, in words.
    pub why: String,
    /// How long it is.
    pub length: String,
}

impl ReplayView {
    /// A replay in words and drawn in full.
    pub fn new(words: &Catalogue, replay: &Replay, label: String) -> Self {
        Self::until(words, replay, replay.due_at, label)
    }

    /// A replay in words, drawn as far as it has come at an instant.
    pub fn until(words: &Catalogue, replay: &Replay, until: Instant, label: String) -> Self {
        let segment = |segment: &Segment| SegmentView {
            from: segment.from,
            to: segment.to,
            counted: segment.counted,
            why: why(words, segment),
            length: duration(words, segment.to - segment.from),
        };
        Self {
            due_at: replay.due_at,
            track: track(words, replay, until, label, String::new()),
            segments: replay.segments.iter().map(segment).collect(),
        }
    }
}

/// Draws the part of `replay` that lies before `until`; the rest stays empty.
pub fn track(
    words: &Catalogue,
    replay: &Replay,
    until: Instant,
    label: String,
    note: String,
) -> TrackView {
    let whole = (replay.due_at - replay.from).num_milliseconds().max(1);
    let place = |at: Instant| {
        let passed = (at.min(until) - replay.from)
            .num_milliseconds()
            .clamp(0, whole);
        u32::try_from(i128::from(passed) * 1000 / i128::from(whole)).unwrap_or(1000)
    };
    let bar = |segment: &Segment| {
        let (x, end) = (place(segment.from), place(segment.to));
        let length = duration(words, segment.to.min(until) - segment.from);
        Bar {
            x,
            width: end - x,
            counted: segment.counted,
            title: words.say(
                "track-segment",
                &[
                    ("what", why(words, segment).into()),
                    ("length", length.into()),
                ],
            ),
        }
    };
    let bars = replay
        .segments
        .iter()
        .map(bar)
        .filter(|bar| bar.width > 0)
        .collect();
    TrackView { label, note, bars }
}

fn why(words: &Catalogue, segment: &Segment) -> String {
    match &segment.name {
        Some(name) => name.clone(),
        None => words.say_of("why", segment.why.as_str(), &[]),
    }
}
