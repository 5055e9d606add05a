//! Organizations: the list, and adding one.

use super::handlers::{PLACE, again, form, list, open};
use super::people::add_organization_form;
use super::{AdminForm, Cell, Place};
use crate::domain::access::Permission;
use crate::domain::organization::OrganizationKind;
use crate::http::api_request::may;
use crate::http::pagination::Paging;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Pager;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::sign_in::time_zones;
use crate::http::problem::Problem;
use crate::store::organizations::{self, Organization};
use crate::workflow::organizations::{AddOrganization, add_organization};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { organizations:
        GET  "/admin/organizations"     may(Permission::OrganizationsView)   => show_all, "Organizations";
        GET  "/admin/organizations/new" may(Permission::OrganizationsManage) => new, "The form that adds an organization";
        POST "/admin/organizations"     may(Permission::OrganizationsManage) => add, "Adds an organization";
    }
}

async fn show_all(visit: PageRequest) -> PageResult {
    open(&visit, Place::Organizations)?;
    let (reach, cursor) = (
        visit.access()?.reach(),
        visit.asked("cursor").map(str::to_owned),
    );
    let (rows, next) = visit
        .look(move |conn| {
            let paging =
                Paging::<String>::read("portal/organizations", &(), None, cursor.as_deref())?;
            let mut rows =
                organizations::list(conn, reach, paging.after.as_deref(), paging.fetch())?;
            let next = paging.next(&mut rows, |organization| organization.slug.to_string());
            Ok((rows, next))
        })
        .await?;
    let words = visit.words();
    let row = |organization: &Organization| {
        let cases = format!("/cases?organization={}", organization.slug);
        let name = match organization.kind {
            OrganizationKind::Provider => Cell::text(organization.name.clone()),
            _ => Cell::link(organization.name.clone(), cases),
        };
        vec![
            name.small(organization.slug.to_string()),
            Cell::text(organization.time_zone.clone()),
            Cell::text(words.say_of("organization-kind", organization.kind.as_str(), &[])),
        ]
    };
    let label = |key| words.say_of("label", key, &[]);
    let columns = [label("name"), label("time-zone"), label("kind")];
    let add = words.say("organization-add-button", &[]);
    let adds = visit
        .can(Permission::OrganizationsManage)
        .then_some(add.as_str());
    let mut page = list(
        &visit,
        Place::Organizations,
        &columns,
        rows.iter().map(row).collect(),
        adds,
    );
    page.pager = Pager {
        first: visit.asked("cursor").map(|_| Place::Organizations.href()),
        next: next.map(|cursor| format!("{}?cursor={cursor}", Place::Organizations.href())),
    };
    visit.show(PLACE, "admin-list", &page)
}

async fn new(visit: PageRequest) -> PageResult {
    visit.show(PLACE, "admin-form", &new_page(&visit))
}

fn new_page(visit: &PageRequest) -> AdminForm {
    let words = visit.words();
    let (title, about) = (
        words.say("organization-add", &[]),
        words.say("organization-add-about", &[]),
    );
    form(
        visit,
        Place::Organizations,
        title,
        about,
        add_organization_form(words, time_zones()),
    )
}

/// The page that adds an organization.
struct Adding;

impl FormPage<String> for Adding {
    async fn done(&self, visit: &PageRequest, name: String) -> PageResult {
        let flash = Flash::new(Done::OrganizationAdded).name(name);
        Ok(visit.go(Place::Organizations.href(), Some(flash)))
    }

    async fn refused(&self, visit: &PageRequest, problem: Problem) -> PageResult {
        again(visit, &problem, new_page(visit))
    }
}

async fn add(visit: PageRequest) -> PageResult {
    visit
        .act(&Adding, |conn, by, command: &AddOrganization| {
            add_organization(conn, Some(by.actor), command, by.now)?;
            Ok(command.name.to_string())
        })
        .await
}
