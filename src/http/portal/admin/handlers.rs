//! What the places of the administration have in common.

use actix_web::http::StatusCode;

use super::place::{Place, places};
use super::{AdminForm, tabs};
use crate::http::api_request::SIGNED_IN;
use crate::http::portal::answer::PageResult;
use crate::http::portal::form::Form;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;

pub(super) const PLACE: &str = "admin";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { admin:
        GET "/admin" SIGNED_IN => home, "Leads to the first place of the administration";
    }
}

async fn home(req: PageRequest) -> PageResult {
    let first = places(req.access()?).into_iter().next();
    Ok(req.go(first.ok_or_else(Problem::not_found)?.href(), None))
}

/// Whether a place is open to the visitor: the navigation and the page give one answer.
///
/// # Errors
/// [`Code::NotFound`](crate::http::problem::Code::NotFound) if it is not.
pub(super) fn open(req: &PageRequest, place: Place) -> Result<(), Problem> {
    if places(req.access()?).contains(&place) {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}

/// The tabs that the visitor sees, with `current` marked.
pub(super) fn tabs_of(req: &PageRequest, current: Place) -> Vec<Tab> {
    req.access()
        .map(|access| tabs(req.words(), &places(access), current))
        .unwrap_or_default()
}

/// A form at `place`.
pub(super) fn form(
    req: &PageRequest,
    place: Place,
    title: String,
    about: String,
    form: Form,
) -> AdminForm {
    AdminForm {
        title,
        about,
        tabs: tabs_of(req, place),
        form,
        back: place.href(),
    }
}

/// The form again, as it was typed.
pub(super) fn again(req: &PageRequest, problem: &Problem, mut page: AdminForm) -> PageResult {
    page.form = page.form.refused_for(req.words(), &req.typed, problem);
    let status = problem.code().status();
    let status = if status.is_client_error() {
        status
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    req.show_again(status, PLACE, "admin-form", &page)
}

/// The form with what would follow, before it is done.
pub(super) fn foreseen(
    req: &PageRequest,
    mut page: AdminForm,
    shown: impl FnOnce(Form) -> Form,
) -> PageResult {
    page.form = shown(page.form);
    req.show_again(StatusCode::OK, PLACE, "admin-form", &page)
}
