//! What several pages show: people, entries, feeds, steps, clocks and findings.

mod feed;
mod panel;
mod person;
mod promised;
mod request;
mod templates;

use serde::Serialize;

use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::eligibility::Severity;
use crate::words::assessment::FindingView;

pub use feed::{
    Body, CaseFeed, Composer, ComposerMove, ContactView, DecisionView, EntryView, EscalationFeed,
    FollowChoice, FollowView, OpeningView, ReasonLine, Thread,
};
pub use panel::{Panel, Promises, RankRow, Ranking};
pub use person::PersonView;
pub use promised::{CallList, CallView, StepList, StepPastLine, StepView};
pub use request::{AnswerView, RatingView, RequestView, VerdictView};
pub use templates::TemplateChoices;

/// A link with its words.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the main thing to do here.
    pub main: bool,
    /// Its id on the page, for what points at it; empty for none.
    pub id: &'static str,
}

impl Link {
    /// A link that says `label`.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
            main: false,
            id: "",
        }
    }

    /// The main thing to do here.
    #[must_use]
    pub fn main(mut self) -> Self {
        self.main = true;
        self
    }
}

/// A finding on a page.
#[derive(Clone, Debug, Serialize)]
pub struct FindingLine {
    /// What it does.
    pub severity: Severity,
    /// Its sentence.
    pub message: String,
    /// When it stops blocking, where only time is missing.
    pub eligible_at: Option<Instant>,
    /// What to do about it.
    pub remedy: Option<Link>,
}

impl From<FindingView> for FindingLine {
    fn from(view: FindingView) -> Self {
        let remedy = view
            .remedy
            .map(|remedy| Link::new(remedy.text, remedy.href.unwrap_or_default()));
        Self {
            severity: view.severity,
            message: view.message,
            eligible_at: view.eligible_at,
            remedy,
        }
    }
}

/// The sentence that says who waits for whom.
#[derive(Clone, Debug, Serialize)]
pub struct WaitView {
    /// "Support is working on it."
    pub headline: String,
    /// "Last update from support 20 h 48 min ago".
    pub detail: Option<DueView>,
}

/// Words and an instant.
#[derive(Clone, Debug, Serialize)]
pub struct DueView {
    /// What is due or was done.
    pub text: String,
    /// When.
    pub at: Option<Instant>,
    /// How pressing it is.
    pub tone: Tone,
}

/// A fact with its value.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// Its value in words.
    pub value: String,
    /// Its value as an instant.
    pub at: Option<Instant>,
    /// Where the value leads; empty for nowhere.
    pub link: String,
    /// Its id on the page, for what points at it; empty for none.
    pub id: &'static str,
    /// Where it is changed, for who may.
    pub change: Option<Link>,
}

/// Facts under a title.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// What they are about.
    pub title: String,
    /// In order.
    pub rows: Vec<Fact>,
}

impl Fact {
    /// A fact in words.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            at: None,
            link: String::new(),
            id: "",
            change: None,
        }
    }

    /// An instant.
    pub fn at(label: impl Into<String>, at: Instant) -> Self {
        Self {
            at: Some(at),
            ..Self::new(label, "")
        }
    }

    /// With an address behind its value.
    #[must_use]
    pub fn link(mut self, link: impl Into<String>) -> Self {
        self.link = link.into();
        self
    }

    /// To be pointed at as `id`, and changed at `change` by who may.
    #[must_use]
    pub fn id(mut self, id: &'static str, change: Option<Link>) -> Self {
        self.id = id;
        self.change = change;
        self
    }
}

/// What happened, when and by whom.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// What.
    pub text: String,
    /// When.
    pub at: Instant,
    /// By whom; empty when nobody did.
    pub by: String,
}

/// A drawing of a clock: what counted, what did not, what is left (the empty rest).
#[derive(Clone, Debug, Serialize)]
pub struct TrackView {
    /// The whole in words, for who cannot see it.
    pub label: String,
    /// A line below; may be empty.
    pub note: String,
    /// The segments, of 1000 in all.
    pub bars: Vec<Bar>,
}

/// One segment of a track.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// Where it starts, of 1000.
    pub x: u32,
    /// How long it is, of 1000.
    pub width: u32,
    /// Whether it counted.
    pub counted: bool,
    /// What it is, in words.
    pub title: String,
}

/// The way to the next page of a list and back to the first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pager {
    /// The first page, unless this is it.
    pub first: Option<String>,
    /// The next page, unless this is the last.
    pub next: Option<String>,
}

/// One of several views of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Tab {
    /// What it is called.
    pub label: String,
    /// Its address.
    pub href: String,
    /// How many it holds, where that is told.
    pub count: Option<usize>,
    /// Whether it is this one.
    pub current: bool,
}

/// What stands at the foot of a page: why, and what can be done.
#[derive(Clone, Debug, Serialize)]
pub struct Foot {
    /// "Can be escalated in 3 h 12 min".
    pub headline: String,
    /// The same around its instant, so that what is left runs down before one's eyes; where only time is missing.
    pub countdown: Option<Countdown>,
    /// "at 10:12 tomorrow, unless support updates the case before."
    pub detail: String,
    /// Where more is told.
    pub why: Option<String>,
    /// Where it is told how escalation works, beside a button that cannot be pressed.
    pub guide: Option<&'static str>,
    /// Verbs besides the main one.
    pub actions: Vec<Link>,
    /// The main thing to do here besides escalating.
    pub main: Option<Link>,
    /// What is done at once, without asking for anything: its address and what its button says.
    pub at_once: Option<Link>,
    /// The *Escalate Case* button, for who may escalate.
    pub bell: Option<Bell>,
}

/// A sentence around an instant.
#[derive(Clone, Debug, Serialize)]
pub struct Countdown {
    /// What is said before what is left; may be empty.
    pub before: String,
    /// What is waited for.
    pub at: Instant,
    /// What is said after it; may be empty.
    pub after: String,
}

/// The *Escalate Case* button.
#[derive(Clone, Debug, Serialize)]
pub struct Bell {
    /// The form it leads to.
    pub href: String,
    /// Whether it leads there now.
    pub enabled: bool,
    /// When it will be enabled, if only time is missing.
    pub at: Option<Instant>,
}
