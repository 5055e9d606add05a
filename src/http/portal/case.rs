//! What the page of a case has of the case itself: both feeds, facts, what was decided and what was asked for; and what is
//! done with it. The page is put together in [`super::case_page`].

mod act;
mod asked;
mod buttons;
mod decision;
mod facts;
mod feeds;
mod head;
mod panel;
mod record;
mod request;

use serde::Serialize;

use super::parts::{DueView, Link, TrackView, WaitView};
use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::case::{Priority, PriorityRequestState, Status};
use crate::http::live::Place;
use crate::store::cases::Case;
use crate::words::Catalogue;

pub(super) use act::{error_of, routes};
pub(super) use asked::{rca, requests};
pub(super) use decision::decision;
pub(super) use facts::facts_of_case;
pub(super) use feeds::{case_feed, escalation_feed};
pub(super) use head::head;
pub(super) use panel::{panel, settle};
pub(super) use record::{CaseRecord, FeedPart};

/// Where a page is told of news.
#[derive(Clone, Debug, Serialize)]
pub struct LiveLink {
    /// The stream's address.
    pub href: String,
}

impl LiveLink {
    /// Of what happens on a case behind what is `newest` to the reader.
    pub(in crate::http::portal) fn of(case: &Case, newest: i64) -> Self {
        let place = Place::new(newest, case.version);
        Self {
            href: format!("/api/v1/cases/{}/live?after={place}", case.number),
        }
    }
}

/// What stands at the head of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseHead {
    /// `C-000123`.
    pub number: String,
    /// Its subject.
    pub subject: String,
    /// Its priority.
    pub priority: Priority,
    /// Its status.
    pub status: Status,
    /// The active escalation: "Escalated · rank 1 · Olga Marin".
    pub escalation: Option<Link>,
    /// Who waits for whom.
    pub wait: WaitView,
    /// The button that takes it, for who works cases.
    pub take: Option<TakeView>,
}

/// The button with which one takes a case.
#[derive(Clone, Debug, Serialize)]
pub struct TakeView {
    /// Where it is sent.
    pub action: String,
    /// The id of whose it is now; empty if it is nobody's.
    pub from: String,
}

/// What must hold before a case can be escalated.
#[derive(Clone, Debug, Serialize)]
pub struct Checklist {
    /// In the order of the rules.
    pub items: Vec<CheckItem>,
    /// Whether it is out of sight until it is asked for: while an escalation is active, which is all there is to say.
    pub folded: bool,
}

/// One thing that must hold.
#[derive(Clone, Debug, Serialize)]
pub struct CheckItem {
    /// Whether it does.
    pub state: Check,
    /// What it is.
    pub text: String,
    /// How far it is; may be empty.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<Link>,
    /// The clock, drawn.
    pub track: Option<TrackView>,
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It does.
    Done,
    /// It will, by time alone.
    Waiting,
    /// It does not.
    Blocked,
    /// It does not hinder, and must be known.
    Note,
}

impl Check {
    /// The members of the family `check`.
    pub const NAMES: [&str; 4] = ["done", "waiting", "blocked", "note"];
}

/// Requests to raise the priority (C5).
#[derive(Clone, Debug, Serialize)]
pub struct PriorityRequests {
    /// Newest first.
    pub items: Vec<PriorityRequestView>,
    /// Where to ask, for who may and while it makes sense.
    pub ask: Option<String>,
    /// The number to call for high priority; empty when it is not for the reader or none is configured.
    pub phone: String,
}

/// One request to raise the priority.
#[derive(Clone, Debug, Serialize)]
pub struct PriorityRequestView {
    /// Where it stands.
    pub state: PriorityRequestState,
    /// The priority asked for.
    pub wanted: Priority,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: Instant,
    /// What was said, by who asked or who decided; may be empty.
    pub note: String,
    /// Where it is decided, for who may.
    pub decide: Option<String>,
}

/// The root cause analysis of a case (C6).
#[derive(Clone, Debug, Serialize)]
pub struct RcaView {
    /// When it was requested, if it was.
    pub requested_at: Option<Instant>,
    /// When it is overdue.
    pub due_at: Option<Instant>,
    /// When it was delivered.
    pub delivered_at: Option<Instant>,
    /// How pressing it is.
    pub tone: Tone,
    /// Its window, drawn, while it runs.
    pub track: Option<TrackView>,
    /// Request, deliver.
    pub verbs: Vec<Link>,
}

/// What the sentence at the head of a case is made from.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// Where the case stands.
    pub status: Status,
    /// The customer's name.
    pub organization: &'a str,
    /// Whether the provider's staff reads it.
    pub staff: bool,
    /// The provider's last update (C7), none before the first.
    pub last_provider_entry_at: Option<Instant>,
    /// The earliest open promise.
    pub next_promise_at: Option<Instant>,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// The present.
    pub now: Instant,
}

/// The one line that says who waits for whom.
pub fn wait_line(words: &Catalogue, of: &Waiting<'_>) -> WaitView {
    let headline = match (of.status, of.staff) {
        (Status::Closed, _) => words.say("wait-closed", &[]),
        (Status::AwaitingCustomer, false) => words.say("wait-you", &[]),
        (Status::AwaitingCustomer, true) => {
            words.say("wait-customer", &[("name", of.organization.into())])
        }
        (Status::AwaitingThirdParty, _) => words.say("wait-third-party", &[]),
        (Status::SolutionProvided, false) => words.say("wait-solution", &[]),
        (Status::SolutionProvided, true) => {
            words.say("wait-solution-staff", &[("name", of.organization.into())])
        }
        (Status::InProgress, false) => words.say("wait-working", &[]),
        (Status::Open, false) => words.say("wait-received", &[]),
        (Status::Open | Status::InProgress, true) => words.say("wait-support", &[]),
    };
    WaitView {
        headline,
        detail: Some(wait_detail(words, of)),
    }
}

fn wait_detail(words: &Catalogue, of: &Waiting<'_>) -> DueView {
    let due = |key: &str, at, tone| DueView {
        text: words.say_of("wait-detail", key, &[]),
        at: Some(at),
        tone,
    };
    match (of.closed_at, of.next_promise_at, of.last_provider_entry_at) {
        (Some(at), _, _) => due("closed", at, Tone::Plain),
        (None, Some(at), _) if at <= of.now => due("overdue", at, Tone::Late),
        (None, Some(at), _) => due("promised", at, Tone::Soon),
        (None, None, Some(at)) => due("updated", at, Tone::Plain),
        (None, None, None) => due("opened", of.opened_at, Tone::Plain),
    }
}
