//! Asking for read-only access, without an account (A6).

use serde::Serialize;

use super::act::is_form_error;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::form::{Control, Form};
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use crate::http::api::access_requests;
use crate::http::api_request::ANYONE;
use crate::http::problem::Problem;
use crate::http::throttle::{self, Counter};
use crate::words::Catalogue;
use crate::workflow::access_request::AskForAccess;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { request_access:
        GET  "/request-access" ANYONE => show, "The form that asks for read-only access";
        POST "/request-access" ANYONE => ask, "Asks for read-only access";
    }
}

/// The form that asks for read-only access.
#[derive(Clone, Debug, Serialize)]
pub struct RequestAccessPage {
    /// Who asks, and for which organization.
    pub form: Form,
}

async fn show(req: PageRequest) -> PageResult {
    let form = request_form(req.words());
    req.show("", "request-access", &RequestAccessPage { form })
}

/// Who asks, and for which organization.
fn request_form(words: &Catalogue) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let controls = vec![
        Control::of(AskForAccess::first_name(), label("first-name"))
            .autocomplete("given-name")
            .half(),
        Control::of(AskForAccess::last_name(), label("last-name"))
            .autocomplete("family-name")
            .half(),
        Control::of(AskForAccess::email(), label("work-email"))
            .hint(hint("work-email"))
            .autocomplete("email"),
        Control::of(AskForAccess::organization(), label("your-organization"))
            .autocomplete("organization"),
        Control::of(AskForAccess::company(), label("reseller-company"))
            .hint(hint("reseller-company")),
        Control::of(AskForAccess::customer(), label("for-customer")).hint(hint("for-customer")),
        Control::of(AskForAccess::note(), label("access-note")).hint(hint("access-note")),
    ];
    let button = words.say("request-access-button", &[]);
    Form::new("request-access", "/request-access", button, controls)
}

async fn ask(req: PageRequest) -> PageResult {
    match asked(&req).await {
        Ok(()) => Ok(req.go("/sign-in", Some(Flash::new(Done::AccessAsked)))),
        Err(problem) if is_form_error(&problem) => {
            let form = request_form(req.words());
            let form = form.refused_for(req.words(), &req.typed, &problem);
            let status = problem.code().status();
            req.show_again(status, "", "request-access", &RequestAccessPage { form })
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn asked(req: &PageRequest) -> Result<(), Problem> {
    let ask: AskForAccess = req.form()?;
    let counters = Counter::letters("access", req.client, ask.email.as_str());
    throttle::attempt(&req.desk, &counters, req.now).await?;
    access_requests::asked(&req.desk, ask, req.now).await
}
