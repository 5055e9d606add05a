//! Asking for read-only access, without an account (A6).

use serde::Serialize;

use super::act::is_form_error;
use super::answer::Outcome;
use super::flash::{Done, Flash};
use super::form::{Control, Form, Kind};
use super::routes::{PortalRoute, pages};
use super::typed::Typed;
use super::visit::Visit;
use crate::domain::text::{EmailAddress, Note, PersonName, Title};
use crate::http::api::access_requests;
use crate::http::call::ANYONE;
use crate::http::problem::{Code, Problem};
use crate::http::throttle::{self, Counter};
use crate::words::Words;
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

async fn show(visit: Visit) -> Outcome {
    let form = request_form(visit.words());
    visit.show("", "request-access", &RequestAccessPage { form })
}

/// Who asks, and for which organization.
pub fn request_form(words: &Words) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let controls = vec![
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
        Control::new(Kind::Email, "email", label("work-email"))
            .hint(hint("work-email"))
            .required()
            .max(254)
            .autocomplete("email"),
        Control::new(Kind::Text, "organization", label("your-organization"))
            .required()
            .max(100)
            .autocomplete("organization"),
        Control::new(Kind::Lines, "note", label("access-note"))
            .hint(hint("access-note"))
            .max(5000),
    ];
    let button = words.say("request-access-button", &[]);
    Form::new("request-access", "/request-access", button, controls)
}

async fn ask(visit: Visit) -> Outcome {
    match asked(&visit).await {
        Ok(()) => Ok(visit.go("/sign-in", Some(Flash::new(Done::AccessAsked)))),
        Err(problem) if is_form_error(&problem) => {
            let form = request_form(visit.words());
            let form = form.refused_for(visit.words(), &visit.typed, &problem);
            let status = problem.code().status();
            visit.show_again(status, "", "request-access", &RequestAccessPage { form })
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn asked(visit: &Visit) -> Result<(), Problem> {
    let mut typed = Typed::of(visit);
    let first_name = typed.text("first_name", PersonName::parse);
    let last_name = typed.text("last_name", PersonName::parse);
    let email = typed.text("email", EmailAddress::parse);
    let organization = typed.text("organization", Title::parse);
    let note = typed.optional("note", Note::parse);
    typed.checked()?;
    let (Some(first_name), Some(last_name), Some(email), Some(organization)) =
        (first_name, last_name, email, organization)
    else {
        return Err(Problem::new(Code::Internal));
    };
    let counters = Counter::letters("access", visit.client, email.as_str());
    throttle::attempt(&visit.desk, &counters, visit.now).await?;
    let ask = AskForAccess {
        first_name,
        last_name,
        email,
        organization,
        note,
    };
    access_requests::asked(&visit.desk, ask, visit.now).await
}
