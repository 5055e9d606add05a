//! Organizations: the list, the page of each, and adding one.

use serde::Serialize;

use super::handlers::{PLACE, again, form, tabs_of};
use super::list::{Add, ListPage, list};
use super::people::add_organization_form;
use super::{AdminForm, Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::organization::OrganizationKind;
use crate::http::api::addresses::OrganizationAddress;
use crate::http::api::organizations::{OrganizationQuery, Organizations};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind, words_of};
use crate::http::portal::list::{Column, Filter, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Link, Tab};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::sign_in::time_zones;
use crate::http::portal::zones;
use crate::http::problem::Problem;
use crate::input::input;
use crate::store::cases::OrganizationRef;
use crate::store::clients;
use crate::store::organizations::{self, Organization};
use crate::words::Catalogue;
use crate::workflow::clients::{NameClients, name_clients};
use crate::workflow::organizations::{
    AddOrganization, UpdateOrganization, add_organization, update_organization,
};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { organizations:
        GET  "/admin/organizations"     may(Permission::OrganizationsView)   => list::<List>, "Organizations";
        GET  "/admin/organizations/new" may(Permission::OrganizationsManage) => new, "The form that adds an organization";
        POST "/admin/organizations"     may(Permission::OrganizationsManage) => add, "Adds an organization";
        GET  "/admin/organizations/{organization}"         may(Permission::OrganizationsView)   => show, "One organization";
        POST "/admin/organizations/{organization}"         may(Permission::OrganizationsManage) => change, "Changes an organization";
        POST "/admin/organizations/{organization}/clients" may(Permission::OrganizationsManage) => name_them, "Names the clients of a partner";
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
        req: &PageRequest,
        query: &OrganizationQuery,
    ) -> Result<(Found<Organization>, ()), Problem> {
        let found = find::<Organizations>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        Ok((found, ()))
    }

    fn cells(req: &PageRequest, organization: &Organization, (): &()) -> Vec<Cell> {
        let kind = organization.kind.as_str();
        vec![
            Cell::link(organization.name.clone(), page_of(organization))
                .small(organization.slug.to_string()),
            Cell::text(zones::told(req.words(), &organization.time_zone)),
            Cell::text(req.words().say_of("organization-kind", kind, &[])),
        ]
    }

    fn filters(req: &PageRequest, (): &()) -> Vec<Filter> {
        let words = req.words();
        let kinds = words_of(words, "organization-kind", OrganizationKind::NAMES, "");
        vec![
            Filter::search(req, OrganizationQuery::q(), words.say("list-search", &[])),
            Filter::choice(req, OrganizationQuery::kind(), kinds),
        ]
    }
}

async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "admin-form", &new_page(&req))
}

fn new_page(req: &PageRequest) -> AdminForm {
    let words = req.words();
    let (title, about) = (
        words.say("organization-add", &[]),
        words.say("organization-add-about", &[]),
    );
    form(
        req,
        Place::Organizations,
        title,
        about,
        add_organization_form(words, time_zones()),
    )
}

/// The page that adds an organization.
struct Adding;

impl FormPage<String> for Adding {
    async fn done(&self, req: &PageRequest, name: String) -> PageResult {
        let flash = Flash::new(Done::OrganizationAdded).name(name);
        Ok(req.go(Place::Organizations.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, new_page(req))
    }
}

async fn add(req: PageRequest) -> PageResult {
    req.act(&Adding, |conn, by, command: &AddOrganization| {
        add_organization(conn, Some(by.actor), command, by.now)?;
        Ok(command.name.to_string())
    })
    .await
}

/// The page of an organization.
#[derive(Clone, Debug, Serialize)]
pub struct OrganizationPage {
    /// Its name.
    pub name: String,
    /// What it is to the installation.
    pub kind: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Whether the visitor sees the list that it is in.
    pub listed: bool,
    /// What it is called in addresses, where its data is at home, and which clock it goes by.
    pub facts: Vec<Fact>,
    /// Its cases, for who may see them; the provider has none.
    pub cases: Option<Link>,
    /// Changes it, for who may.
    pub form: Option<Form>,
    /// Names its clients, of a partner (P11).
    pub clients: Option<Form>,
}

/// How many clients more than there are can be named at once.
const ADDED: usize = 3;
/// How many organizations are suggested where clients are named.
const SUGGESTED: i64 = 500;

fn page_of(organization: &Organization) -> String {
    format!("/admin/organizations/{}", organization.slug)
}

/// An organization with what its page says besides.
struct FoundOrganization {
    row: Organization,
    clients: Vec<OrganizationRef>,
    others: Vec<String>,
}

async fn found(
    req: &PageRequest,
    address: OrganizationAddress,
) -> Result<FoundOrganization, Problem> {
    let reach = req.access()?.reach();
    req.read(move |conn| {
        let row = address.find(conn, reach)?.ok_or_else(Problem::not_found)?;
        let (clients, others) = match row.kind {
            OrganizationKind::Partner => (
                clients::named(conn, row.id)?,
                organizations::by_name(conn, reach, SUGGESTED)?,
            ),
            OrganizationKind::Customer | OrganizationKind::Provider => (Vec::new(), Vec::new()),
        };
        let others = others
            .iter()
            .filter(|one| one.id != row.id && one.kind != OrganizationKind::Provider);
        Ok(FoundOrganization {
            clients,
            others: others.map(|one| one.slug.to_string()).collect(),
            row,
        })
    })
    .await
}

async fn show(req: PageRequest, address: OrganizationAddress) -> PageResult {
    let found = found(&req, address).await?;
    req.show(PLACE, "organization", &page(&req, &found))
}

fn page(req: &PageRequest, found: &FoundOrganization) -> OrganizationPage {
    let (words, row) = (req.words(), &found.row);
    let label = |key| words.say_of("label", key, &[]);
    let manages = req.can(Permission::OrganizationsManage);
    let partner = row.kind == OrganizationKind::Partner;
    let sees_cases = req.can(Permission::CasesView) && row.kind != OrganizationKind::Provider;
    let tabs = tabs_of(req, Place::Organizations);
    OrganizationPage {
        name: row.name.clone(),
        kind: words.say_of("organization-kind", row.kind.as_str(), &[]),
        listed: tabs.iter().any(|tab| tab.current),
        tabs,
        facts: vec![
            Fact::new(label("slug"), row.slug.to_string()),
            Fact::new(label("region"), row.region.clone()),
            Fact::new(label("time-zone"), zones::told(words, &row.time_zone)),
        ],
        cases: sees_cases.then(|| {
            let to = format!("/cases?organization={}", row.slug);
            Link::new(words.say("organization-cases", &[]), to)
        }),
        form: manages.then(|| edit_form(words, row)),
        clients: (manages && partner).then(|| clients_form(words, found)),
    }
}

fn edit_form(words: &Catalogue, row: &Organization) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let controls = vec![
        Control::of(UpdateOrganization::name(), label("name"))
            .required()
            .value(row.name.clone()),
        Control::of(UpdateOrganization::region(), label("region"))
            .required()
            .hint(hint("region"))
            .value(row.region.clone()),
        Control::of(UpdateOrganization::time_zone(), label("time-zone"))
            .required()
            .hint(words.say("time-zone-hint", &[]))
            .suggestions(time_zones())
            .value(row.time_zone.clone()),
    ];
    let button = words.say_of("panel-button", "edit", &[]);
    Form::new("organization", page_of(row), button, controls).guarded(row.version)
}

fn clients_form(words: &Catalogue, found: &FoundOrganization) -> Form {
    let name = NameClients::clients().name;
    let control = |index: usize| {
        let slug = found.clients.get(index).map(|client| client.slug.clone());
        let number = (index + 1).into();
        let label = words.say("organization-client", &[("number", number)]);
        let control = Control::new(Kind::Text, format!("{name}[{index}]"), label).half();
        control
            .suggestions(found.others.clone())
            .value(slug.unwrap_or_default())
    };
    let controls: Vec<Control> = (0..found.clients.len() + ADDED).map(control).collect();
    let to = format!("{}/clients", page_of(&found.row));
    let button = words.say("organization-clients-button", &[]);
    Form::new("clients", to, button, controls).guarded(found.row.version)
}

/// The page of an organization, of which one of the forms was sent.
struct OnOrganization {
    address: OrganizationAddress,
    clients: bool,
}

impl FormPage<Done> for OnOrganization {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        let found = found(req, self.address.clone()).await?;
        let flash = Flash::new(done).name(&found.row.name);
        Ok(req.go(page_of(&found.row), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let found = found(req, self.address.clone()).await?;
        let mut page = page(req, &found);
        let form = match self.clients {
            true => &mut page.clients,
            false => &mut page.form,
        };
        let refused = |form: Form| form.refused_for(req.words(), &req.typed, &problem);
        *form = form.take().map(refused);
        req.show_again(problem.code().status(), PLACE, "organization", &page)
    }
}

async fn change(req: PageRequest, address: OrganizationAddress) -> PageResult {
    let id = found(&req, address.clone()).await?.row.id;
    let (page, expected) = (
        OnOrganization {
            address,
            clients: false,
        },
        req.expected(),
    );
    req.act(&page, move |conn, by, command: &UpdateOrganization| {
        let expected = expected.as_deref();
        update_organization(conn, Some(by.actor), id, expected, command, by.now)?;
        Ok(Done::OrganizationChanged)
    })
    .await
}

input! {
    /// The clients of a partner as its page sends them: what is left empty names none.
    pub struct TypedClients {
        /// By id or slug.
        clients: Vec<Option<String>>,
    }
}

impl TypedClients {
    /// Those that are named, each with its place in the form.
    fn named(&self) -> Vec<(usize, &str)> {
        let clients = self.clients.iter().enumerate();
        let named = clients.filter_map(|(index, client)| Some((index, client.as_deref()?)));
        named.collect()
    }
}

async fn name_them(req: PageRequest, address: OrganizationAddress) -> PageResult {
    let id = found(&req, address.clone()).await?.row.id;
    let (page, expected) = (
        OnOrganization {
            address,
            clients: true,
        },
        req.expected(),
    );
    req.act(&page, move |conn, by, typed: &TypedClients| {
        let expected = expected.as_deref();
        name_clients(conn, Some(by.actor), id, expected, &typed.named(), by.now)?;
        Ok(Done::ClientsNamed)
    })
    .await
}
