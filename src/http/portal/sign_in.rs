//! Signing in, choosing a password by a one-time link, and the first set-up of an empty installation.

use serde::Serialize;

use super::form::{Control, Form, Kind};
use crate::words::Words;

/// The sign-in page.
#[derive(Clone, Debug, Serialize)]
pub struct SignInPage {
    /// Why one is here ("Sign in to see this page."); may be empty.
    pub welcome: String,
    /// E-mail and password, and where to go afterwards.
    pub form: Form,
    /// Support's telephone number; empty when none is configured.
    pub phone: String,
}

/// The page behind a one-time link, on which a person chooses a password.
#[derive(Clone, Debug, Serialize)]
pub struct PasswordPage {
    /// Whose password.
    pub name: String,
    /// For which organization.
    pub organization: String,
    /// The password, twice.
    pub form: Form,
}

/// The first page of an empty installation, behind its one-time link.
#[derive(Clone, Debug, Serialize)]
pub struct SetUpPage {
    /// The provider and its first administrator.
    pub form: Form,
}

/// E-mail and password; `next` is the local address to go to afterwards.
pub fn sign_in_form(words: &Words, next: &str) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::new(Kind::Email, "email", label("email"))
            .required()
            .max(254)
            .autocomplete("username"),
        Control::new(Kind::Password, "password", label("password"))
            .required()
            .max(1000)
            .autocomplete("current-password"),
        Control::new(Kind::Hidden, "next", "").value(next),
    ];
    Form::new(
        "sign-in",
        "/sign-in",
        words.say("sign-in-button", &[]),
        controls,
    )
}

/// A new password, twice, sent to `action`.
pub fn password_form(words: &Words, action: String) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::new(Kind::Password, "password", label("new-password"))
            .hint(words.say("password-hint", &[]))
            .required()
            .max(1000)
            .autocomplete("new-password"),
        Control::new(Kind::Password, "password_again", label("password-again"))
            .required()
            .max(1000)
            .autocomplete("new-password"),
    ];
    Form::new(
        "password",
        action,
        words.say("password-button", &[]),
        controls,
    )
}

/// The provider's organization and its first administrator, sent to `action`, which holds the one-time token.
/// `zones` are the names that the time zone field suggests.
pub fn set_up_form(words: &Words, action: String, zones: Vec<String>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::new(Kind::Text, "organization", label("provider"))
            .hint(words.say("set-up-provider-hint", &[]))
            .required()
            .max(100)
            .autocomplete("organization"),
        Control::new(Kind::Text, "time_zone", label("time-zone"))
            .hint(words.say("time-zone-hint", &[]))
            .required()
            .max(64)
            .suggestions(zones),
        Control::new(Kind::Text, "first_name", label("first-name"))
            .required()
            .max(80)
            .autocomplete("given-name")
            .half(),
        Control::new(Kind::Text, "last_name", label("last-name"))
            .required()
            .max(80)
            .autocomplete("family-name")
            .half(),
        Control::new(Kind::Email, "email", label("email"))
            .required()
            .max(254)
            .autocomplete("username"),
        Control::new(Kind::Password, "password", label("new-password"))
            .hint(words.say("password-hint", &[]))
            .required()
            .max(1000)
            .autocomplete("new-password"),
    ];
    Form::new("set-up", action, words.say("set-up-button", &[]), controls)
}
