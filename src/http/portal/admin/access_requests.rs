//! Requests for read-only access: what is asked, and what each answer leads to (A6).

mod handlers;

use serde::Serialize;

use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::parts::{Fact, Tab};
use crate::words::Words;

pub(super) use handlers::routes;

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
    /// What is asked.
    pub facts_title: String,
    /// What is known about it.
    pub facts: Vec<Fact>,
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

/// For good, or until a day; in one of `organizations` where none was found by what was typed.
pub fn grant_form(words: &Words, action: String, organizations: Vec<Choice>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let mut controls = vec![
        Control::new(Kind::Hidden, "granted", "").value("true"),
        Control::new(Kind::Date, "until", label("access-until")).hint(hint("access-until")),
        Control::new(Kind::Lines, "note", label("access-record")).max(5000),
    ];
    if !organizations.is_empty() {
        let mut choices = vec![Choice::new("", words.say("access-choose", &[]))];
        choices.extend(organizations);
        let which = Control::new(Kind::Select, "organization", label("organization"))
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
pub fn refuse_form(words: &Words, action: String) -> Form {
    let controls = vec![
        Control::new(Kind::Hidden, "granted", "").value("false"),
        Control::new(
            Kind::Lines,
            "note",
            words.say_of("label", "access-reason", &[]),
        )
        .required()
        .max(5000),
    ];
    let button = words.say("access-refuse-button", &[]);
    Form::new("refuse", action, button, controls).taking()
}
