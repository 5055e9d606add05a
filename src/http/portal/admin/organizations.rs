//! Organizations: the list, and adding one.

use super::handlers::{PLACE, again, form};
use super::list::{Add, ListPage, list};
use super::people::add_organization_form;
use super::{AdminForm, Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::organization::OrganizationKind;
use crate::http::api::organizations::{OrganizationQuery, Organizations};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::cases::words_of;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::list::{Column, Filter, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::sign_in::time_zones;
use crate::http::problem::Problem;
use crate::store::organizations::Organization;
use crate::workflow::organizations::{AddOrganization, add_organization};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { organizations:
        GET  "/admin/organizations"     may(Permission::OrganizationsView)   => list::<List>, "Organizations";
        GET  "/admin/organizations/new" may(Permission::OrganizationsManage) => new, "The form that adds an organization";
        POST "/admin/organizations"     may(Permission::OrganizationsManage) => add, "Adds an organization";
    }
}

/// The organizations.
struct List;

impl ListPage for List {
    const PLACE: Place = Place::Organizations;
    const COLUMNS: &'static [Column] = &[
        Column::label("name").sorts("name"),
        Column::label("time-zone"),
        Column::label("kind"),
    ];
    const SORT: &'static str = "name";
    const ADD: Option<Add> = Some(Add::said(
        "organization-add-button",
        Permission::OrganizationsManage,
    ));
    type Query = OrganizationQuery;
    type Row = Organization;
    type Beside = ();

    fn find(
        conn: &mut Conn,
        visit: &PageRequest,
        query: &OrganizationQuery,
    ) -> Result<(Found<Organization>, ()), Problem> {
        let found = find::<Organizations>(conn, visit.asker()?, query, Some(MOST_COUNTED))?;
        Ok((found, ()))
    }

    fn cells(visit: &PageRequest, organization: &Organization, (): &()) -> Vec<Cell> {
        let kind = organization.kind.as_str();
        let name = match organization.kind {
            OrganizationKind::Provider => Cell::text(organization.name.clone()),
            _ => Cell::link(
                organization.name.clone(),
                format!("/cases?organization={}", organization.slug),
            ),
        };
        vec![
            name.small(organization.slug.to_string()),
            Cell::text(organization.time_zone.clone()),
            Cell::text(visit.words().say_of("organization-kind", kind, &[])),
        ]
    }

    fn filters(visit: &PageRequest, (): &()) -> Vec<Filter> {
        let words = visit.words();
        let kinds = words_of(words, "organization-kind", OrganizationKind::NAMES, "");
        vec![
            Filter::search(visit, OrganizationQuery::q(), words.say("list-search", &[])),
            Filter::choice(visit, OrganizationQuery::kind(), kinds),
        ]
    }
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
