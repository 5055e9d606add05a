//! The targets of an escalation as tracks, each with its replay (M8).

use super::record::Record;
use crate::domain::Instant;
use crate::domain::calendar::{Replay, Unit};
use crate::domain::target::{Standing, TargetClock};
use crate::http::portal::admin::calendars::ReplayView;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::shell::Tone;
use crate::http::portal::steps::SOON;
use crate::workflow::targets::TargetReplay;
use serde::Serialize;

/// A target of the escalation.
#[derive(Clone, Debug, Serialize)]
pub struct TargetView {
    /// Unique on the page, by which what is unfolded stays so.
    pub id: String,
    /// What is to be done in time.
    pub title: String,
    /// Where it stands.
    pub text: String,
    /// When it falls due, was met, or since when it stands still.
    pub at: Instant,
    /// How it looks.
    pub tone: Tone,
    /// How it comes to fall due.
    pub replay: ReplayView,
}

/// The targets, in the order of their kinds.
pub(super) fn views(req: &PageRequest, record: &Record) -> Vec<TargetView> {
    let targets = record.targets.iter();
    targets.map(|target| view(req, target)).collect()
}

fn view(req: &PageRequest, replayed: &TargetReplay) -> TargetView {
    let (words, target, now) = (req.words(), &replayed.target, req.now);
    let standing = target.standing(now);
    let over = target.met_at.or(target.ended_at);
    let (state, at, tone) = match standing {
        Standing::Met => ("met", over.unwrap_or(target.due_at), Tone::Plain),
        Standing::Ended => ("ended", over.unwrap_or(target.due_at), Tone::Plain),
        Standing::Paused => (
            "paused",
            target.paused_since.unwrap_or(target.due_at),
            Tone::Plain,
        ),
        Standing::Missed => ("missed", target.due_at, Tone::Late),
        Standing::Running if target.due_at - now <= SOON => ("running", target.due_at, Tone::Soon),
        Standing::Running => ("running", target.due_at, Tone::Plain),
    };
    let title = words.say_of("target-kind", target.kind.as_str(), &[]);
    let text = words.say_of("target-state", state, &[]);
    let label = format!("{title}: {text} {}", req.times().near(at));
    let until = over.unwrap_or(now);
    TargetView {
        id: target.id.to_string(),
        replay: ReplayView::until(words, &replay(replayed, until), until, label),
        title,
        text,
        at,
        tone,
    }
}

fn replay(replayed: &TargetReplay, at: Instant) -> Replay {
    let target = &replayed.target;
    let window = target.minutes * 60;
    let passed = replayed
        .segments
        .iter()
        .filter(|piece| piece.counted && piece.from < at)
        .map(|piece| (piece.to.min(at) - piece.from).num_seconds());
    let counted: i64 = passed.sum();
    Replay {
        from: target.started_at,
        due_at: replayed.due_at,
        at,
        unit: match target.clock {
            TargetClock::Elapsed => Unit::ElapsedSeconds,
            TargetClock::Business => Unit::BusinessSeconds,
        },
        window,
        counted,
        remaining: window - counted,
        segments: replayed.segments.clone(),
    }
}
