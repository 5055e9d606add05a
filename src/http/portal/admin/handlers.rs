//! What the places of the administration have in common.

use actix_web::http::StatusCode;

use super::{AdminForm, AdminList, Cell, Place, tabs};
use crate::domain::access::{Access, Permission};
use crate::domain::organization::Side;
use crate::http::call::SIGNED_IN;
use crate::http::portal::answer::Outcome;
use crate::http::portal::form::Form;
use crate::http::portal::parts::{Link, Pager, Tab};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::visit::Visit;
use crate::http::problem::Problem;

pub(super) const PLACE: &str = "admin";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    let own = pages! { admin:
        GET "/admin" SIGNED_IN => home, "Leads to the first place of the administration";
    };
    [
        own,
        super::people::routes(),
        super::roles::routes(),
        super::groups::routes(),
        super::access_requests::routes(),
        super::organizations::routes(),
        super::lines::routes(),
        super::reasons::routes(),
        super::policies::routes(),
        super::second_factor::routes(),
        super::calendars::routes(),
        super::notices::routes(),
        super::audit::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn home(visit: Visit) -> Outcome {
    let first = places(visit.access()?).into_iter().next();
    Ok(visit.go(first.ok_or_else(Problem::not_found)?.href(), None))
}

/// The places that somebody may see.
pub(in crate::http::portal) fn places(access: &Access) -> Vec<Place> {
    let staff = access.side == Side::Provider;
    let sees = |place: &Place| match place {
        Place::People => access.can(Permission::UsersView),
        Place::Roles => access.can(Permission::RolesView),
        Place::SecondFactor => access.can(Permission::RolesManage),
        Place::Groups => access.can(Permission::GroupsView),
        Place::Lines => staff && access.can(Permission::LinesView),
        Place::AccessRequests => access.can(Permission::AccessRequestsView),
        Place::Organizations => staff && access.can(Permission::OrganizationsView),
        Place::Reasons => access.can(Permission::ReasonsManage),
        Place::Policies => access.can(Permission::PoliciesView),
        Place::Calendars => access.can(Permission::CalendarsView),
        Place::Notices => access.can(Permission::NoticesView),
        Place::Audit => access.can(Permission::AuditView),
    };
    Place::ALL.into_iter().filter(sees).collect()
}

/// Whether a place is open to the visitor: the navigation and the page give one answer.
///
/// # Errors
/// [`Code::NotFound`](crate::http::problem::Code::NotFound) if it is not.
pub(super) fn open(visit: &Visit, place: Place) -> Result<(), Problem> {
    if places(visit.access()?).contains(&place) {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}

/// The tabs that the visitor sees, with `current` marked.
pub(super) fn tabs_of(visit: &Visit, current: Place) -> Vec<Tab> {
    visit
        .access()
        .map(|access| tabs(visit.words(), &places(access), current))
        .unwrap_or_default()
}

/// A list at `place`, with the rows and columns of its own. `add` is the message of the button that adds one.
pub(super) fn list(
    visit: &Visit,
    place: Place,
    columns: &[String],
    rows: Vec<Vec<Cell>>,
    add: Option<&str>,
) -> AdminList {
    let words = visit.words();
    AdminList {
        title: words.say_of("admin", place.as_str(), &[]),
        about: words.say_of("admin-about", place.as_str(), &[]),
        tabs: tabs_of(visit, place),
        alarms: Vec::new(),
        filters: Vec::new(),
        add: add.map(|label| Link::new(label, format!("{}/new", place.href()))),
        columns: columns.to_vec(),
        rows,
        none: words.say("admin-none", &[]),
        pager: Pager::default(),
    }
}

/// A form at `place`.
pub(super) fn form(
    visit: &Visit,
    place: Place,
    title: String,
    about: String,
    form: Form,
) -> AdminForm {
    AdminForm {
        title,
        about,
        tabs: tabs_of(visit, place),
        form,
        back: place.href(),
    }
}

/// The form again, as it was typed.
pub(super) fn again(visit: &Visit, problem: &Problem, mut page: AdminForm) -> Outcome {
    page.form = page.form.refused_for(visit.words(), &visit.typed, problem);
    let status = problem.code().status();
    let status = if status.is_client_error() {
        status
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    visit.show_again(status, PLACE, "admin-form", &page)
}
