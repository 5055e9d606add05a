//! Requests for read-only access: what is asked, and what each answer leads to (A6).

mod handlers;

use serde::Serialize;

use crate::domain::text::Note;
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::parts::{Facts, Tab};
use crate::input::{LastDay, input};
use crate::words::Catalogue;
use crate::workflow::access_request::DecideAccess;

pub(in crate::http::portal) use handlers::routes;

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct AccessRequestPage {
    /// Who asks.
    pub name: String,
    /// Where it stands, in a word.
    pub state: String,
    /// How that looks.
    pub chip: &'static str,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What is known about it.
    pub facts: Facts,
    /// What they wrote; may be empty.
    pub note: String,
    /// What granting leads to.
    pub grant_about: String,
    /// Grants it; for who may, while it is pending.
    pub grant: Option<Form>,
    /// What refusing leads to.
    pub refuse_about: String,
    /// Refuses it; for who may, while it is pending.
    pub refuse: Option<Form>,
}

input! {
    /// A decision as its page sends it.
    pub struct TypedDecision {
        /// Whether access is granted.
        granted: bool,
        /// The last day of it; for good if nothing is chosen.
        until: Option<LastDay>,
        /// Why so.
        note: Option<Note>,
        /// The organization, where none was found by what was typed.
        organization: Option<String>,
    }
}

impl From<&TypedDecision> for DecideAccess {
    fn from(typed: &TypedDecision) -> Self {
        Self {
            granted: typed.granted,
            until: typed.until.map(|LastDay(over)| over),
            note: typed.note.clone(),
            organization: typed.organization.clone(),
        }
    }
}

/// For good, or until a day; in one of `organizations` where none was found by what was typed.
pub fn grant_form(words: &Catalogue, action: String, organizations: Vec<Choice>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let mut controls = vec![
        Control::new(Kind::Hidden, TypedDecision::granted().name, "").value("true"),
        Control::of(TypedDecision::until(), label("access-until")).hint(hint("access-until")),
        Control::of(TypedDecision::note(), label("access-record")),
    ];
    if !organizations.is_empty() {
        let mut choices = vec![Choice::new("", words.say("access-choose", &[]))];
        choices.extend(organizations);
        let which = Control::of(TypedDecision::organization(), label("organization"))
            .kind(Kind::Select)
            .hint(hint("access-organization"))
            .required()
            .choices(choices);
        controls.insert(1, which);
    }
    Form::new(
        "grant",
        action,
        words.say("access-grant-button", &[]),
        controls,
    )
}

/// With the reason, which is told.
pub fn refuse_form(words: &Catalogue, action: String) -> Form {
    let controls = vec![
        Control::new(Kind::Hidden, TypedDecision::granted().name, "").value("false"),
        Control::of(
            TypedDecision::note(),
            words.say_of("label", "access-reason", &[]),
        )
        .required(),
    ];
    let button = words.say("access-refuse-button", &[]);
    Form::new("refuse", action, button, controls).taking()
}
