//! What was promised, on a page: next steps, and calls.

use serde::Serialize;

use super::Link;
use crate::domain::Instant;
use crate::http::portal::shell::Tone;

/// The promised next steps (C9, M7).
#[derive(Clone, Debug, Serialize)]
pub struct StepList {
    /// Open ones first, by date.
    pub items: Vec<StepView>,
    /// Where one is added, for who may.
    pub add: Option<String>,
}

/// One promised next step.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    /// Its id.
    pub id: String,
    /// What was promised.
    pub what: String,
    /// Who does it.
    pub who: String,
    /// By when.
    pub due_at: Instant,
    /// `open`, `done`, `missed`.
    pub state: &'static str,
    /// How pressing it is.
    pub tone: Tone,
    /// When it was done or missed; the promise itself otherwise.
    pub settled_at: Instant,
    /// Why it was promised anew; empty when it was not.
    pub reason: String,
    /// What became of it, from its promise on; empty where that is all.
    pub past: Vec<StepPastLine>,
    /// What the reader may do with it: each asks first, since the customer is told at once.
    pub verbs: Vec<Link>,
}

/// Something that happened to a promise.
#[derive(Clone, Debug, Serialize)]
pub struct StepPastLine {
    /// `promised`, `repromised`, `done`, `missed`.
    pub happened: &'static str,
    /// When.
    pub at: Instant,
    /// Who did it.
    pub by: String,
    /// By when it was promised from then on.
    pub due_at: Instant,
    /// Why it was promised anew; empty when it was not.
    pub reason: String,
}

/// The calls that are asked for on an escalation (M12).
#[derive(Clone, Debug, Serialize)]
pub struct CallList {
    /// What is still to come first, by its window.
    pub items: Vec<CallView>,
    /// Where one is asked for, for who may.
    pub add: Option<String>,
}

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct CallView {
    /// Its id.
    pub id: String,
    /// The number.
    pub phone: String,
    /// The number as an address.
    pub tel: String,
    /// When its window begins.
    pub begins_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// The window by the clock of whoever is called, where that is another than the reader's; may be empty.
    pub local: String,
    /// `requested`, `taken`, `completed`, `missed`, `canceled`.
    pub state: &'static str,
    /// How pressing it is.
    pub tone: Tone,
    /// Who makes it.
    pub owner: Option<String>,
    /// What it is about; may be empty.
    pub note: String,
    /// Why it was moved, missed or called off; may be empty.
    pub reason: String,
    /// What the reader may do with it: each asks first, since the other side is told at once.
    pub verbs: Vec<Link>,
}
