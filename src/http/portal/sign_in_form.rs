//! The form that signs somebody in, wherever it is shown.

use serde::Serialize;

use super::form::{Control, Form, Kind};
use super::kept::Kept;
use super::page_request::PageRequest;
use super::parts::Link;
use crate::http::api::sessions::SignIn;
use crate::words::Catalogue;

/// The sign-in page.
#[derive(Clone, Debug, Serialize)]
pub struct SignInPage {
    /// Why one is here ("Sign in to see this page."); may be empty.
    pub welcome: String,
    /// E-mail and password, and where to go afterwards.
    pub form: Form,
    /// Where to go who cannot sign in; empty on the second step.
    pub ways: Vec<Link>,
    /// Support's telephone number; empty when none is configured.
    pub phone: String,
}

/// E-mail and password; `next` is the local address to go to afterwards.
pub(super) fn sign_in_form(words: &Catalogue, next: &str) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::of(SignIn::email(), label("email")).autocomplete("username"),
        Control::of(SignIn::password(), label("password")).autocomplete("current-password"),
        Control::new(Kind::Hidden, "next", "").value(next),
    ];
    Form::new(
        "sign-in",
        "/sign-in",
        words.say("sign-in-button", &[]),
        controls,
    )
}

/// `form` with what is carried on through it.
pub(super) fn carrying(mut form: Form, kept: Option<&Kept>) -> Form {
    form.controls.extend(kept.map(Kept::control));
    form
}

/// The page with `form`, and why one is here.
pub(super) fn page(req: &PageRequest, welcome: String, form: Form) -> SignInPage {
    SignInPage {
        welcome,
        form,
        ways: ways_in(req.words()),
        phone: req.desk.support_phone.clone().unwrap_or_default(),
    }
}

/// Where to go who cannot sign in.
fn ways_in(words: &Catalogue) -> Vec<Link> {
    vec![
        Link::new(words.say("sign-in-forgotten", &[]), "/forgot-password"),
        Link::new(words.say("sign-in-request", &[]), "/request-access"),
    ]
}
