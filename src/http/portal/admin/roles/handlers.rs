//! Listing roles, adding, copying, changing and removing them.

use super::{NewRolePage, Removal, RolePage, controls};
use crate::db::Conn;
use crate::domain::access::{Access, Permission, Reach, Role, RoleGrants};
use crate::domain::ids::{OrganizationId, RoleId};
use crate::domain::order::{Sort, orders};
use crate::domain::text::in_order;
use crate::http::api::addresses::RoleAddress;
use crate::http::api::documents::held_by;
use crate::http::api_request::may;
use crate::http::list::{Found, ListQuery, list_query};
use crate::http::portal::act::FormPage;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::admin::list::{Add, ListPage, list};
use crate::http::portal::admin::people::in_resources;
use crate::http::portal::admin::{Cell, Place};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::list::Column;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Link;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::{Code, Problem};
use crate::store::grants::{self, Granted};
use crate::store::organizations::{self, Organization};
use crate::store::roles::{self, OwnRole};
use crate::workflow::roles::{AddRole, DeleteRole, UpdateRole, add_role, delete_role, update_role};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { roles:
        GET  "/admin/roles"               may(Permission::RolesView)   => list::<Roles>, "Roles: the predefined ones, and the organization's own";
        GET  "/admin/roles/new"           may(Permission::RolesManage) => new, "The form that adds a role, or a copy of one";
        POST "/admin/roles"               may(Permission::RolesManage) => add, "Adds a role";
        GET  "/admin/roles/{role}"        may(Permission::RolesView)   => show, "One role";
        POST "/admin/roles/{role}"        may(Permission::RolesManage) => change, "Changes a role";
        POST "/admin/roles/{role}/remove" may(Permission::RolesManage) => remove, "Removes a role";
    }
}

/// The organization whose roles are looked at: the visitor's own, or the one that staff ask for.
pub(in crate::http::portal::admin) async fn organization(
    req: &PageRequest,
) -> Result<Organization, Problem> {
    let access = req.access()?.clone();
    let asked = req.asked("organization").map(str::to_owned);
    let asked = asked.or_else(|| req.typed.get("organization").cloned());
    req.read(move |conn| organization_in(conn, &access, asked.as_deref()))
        .await
}

fn organization_in(
    conn: &mut Conn,
    access: &Access,
    asked: Option<&str>,
) -> Result<Organization, Problem> {
    let found = match asked {
        Some(name) => organizations::named(conn, access.reach(), name)?,
        None => organizations::find(conn, Reach::Everything, access.organization)?,
    };
    found.ok_or_else(Problem::not_found)
}

/// Carries the organization along, where it is not the visitor's own.
pub(in crate::http::portal::admin) fn carried(
    access: &Access,
    organization: &Organization,
) -> Option<Control> {
    (organization.id != access.organization).then(|| {
        Control::new(Kind::Hidden, "organization", "").value(organization.slug.to_string())
    })
}

/// The same as a query.
fn asked_for(access: &Access, organization: &Organization) -> String {
    if organization.id == access.organization {
        String::new()
    } else {
        format!("?organization={}", organization.slug)
    }
}

/// The roles that an organization's people can have: its own, then the predefined ones.
struct Roles;

orders! {
    /// What roles are listed by.
    pub enum RoleOrder {
        /// What can be changed, then their names.
        Kind = "kind",
        /// What people read of them.
        Name = "name",
        /// How many hold them.
        Held = "held",
    }
}

list_query! {
    /// Whose roles, and in which order.
    pub struct RolesQuery by RoleOrder, Sort::ascending(RoleOrder::Kind), {
        /// Of this organization, by id or slug; the visitor's own if not given.
        organization: Option<String>,
    }
}

/// A role of the list.
struct Listed {
    /// Its code, or its id if it is the organization's own.
    named: String,
    /// What people read.
    name: String,
    /// More about it.
    about: String,
    /// How many hold it.
    held: usize,
    predefined: bool,
}

impl ListPage for Roles {
    const PLACE: Place = Place::Roles;
    const COLUMNS: &'static [Column] = &[
        Column::said("role-column").sorts("name"),
        Column::said("role-held-column").sorts("-held"),
        Column::label("kind").sorts("kind"),
    ];
    const ADD: Option<Add> = Some(Add::said("role-add-button", Permission::RolesManage));
    type Query = RolesQuery;
    type Row = Listed;
    /// The query that leads to roles as they are in an organization that is not the visitor's own.
    type Beside = String;

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &RolesQuery,
    ) -> Result<(Found<Listed>, String), Problem> {
        let organization = organization_in(conn, req.access()?, query.organization.as_deref())?;
        let holders = grants::holders(conn, organization.id, req.now)?;
        let own = roles::of_organization(conn, organization.id)?;
        let words = req.words();
        let own = own.into_iter().map(|role| Listed {
            named: role.id.to_string(),
            held: held_by(&holders, Granted::Own(role.id)),
            name: role.name,
            about: role.code,
            predefined: false,
        });
        let fitting = Role::ALL.iter().filter(|role| role.fits(organization.kind));
        let predefined = fitting.map(|role| Listed {
            named: role.to_string(),
            held: held_by(&holders, Granted::Predefined(*role)),
            name: words.say_of("role", role.as_str(), &[]),
            about: words.say_of("role-hint", role.as_str(), &[]),
            predefined: true,
        });
        let mut found = Found::whole(own.chain(predefined).collect());
        let sort = query.sort();
        found.sort_by(sort, |one, other| match sort.by {
            RoleOrder::Kind => one.predefined.cmp(&other.predefined),
            RoleOrder::Name => in_order(&one.name, &other.name),
            RoleOrder::Held => one.held.cmp(&other.held),
        });
        Ok((found, asked_for(req.access()?, &organization)))
    }

    fn cells(req: &PageRequest, role: &Listed, asked: &String) -> Vec<Cell> {
        let words = req.words();
        let (kind, chip, query) = match role.predefined {
            true => (words.say("role-predefined", &[]), "plain", asked.as_str()),
            false => (words.say("role-own", &[]), "run", ""),
        };
        let to = format!("/admin/roles/{}{query}", role.named);
        vec![
            Cell::link(role.name.clone(), to).small(role.about.clone()),
            Cell::text(words.say("role-held", &[("count", role.held.into())])),
            Cell::chip(kind, chip),
        ]
    }
}

/// The role that the path names.
enum Named {
    Predefined(Role, Organization),
    Own(Box<OwnRole>, Organization),
}

async fn named(req: &PageRequest, role: &RoleAddress) -> Result<Named, Problem> {
    if let Some(role) = role.predefined() {
        let organization = organization(req).await?;
        return if role.fits(organization.kind) {
            Ok(Named::Predefined(role, organization))
        } else {
            Err(Problem::not_found())
        };
    }
    let RoleAddress::Id(id) = *role else {
        return Err(Problem::not_found());
    };
    let reach = req.access()?.reach();
    req.read(move |conn| {
        let role = roles::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
        let organization = organizations::find(conn, Reach::Everything, role.organization_id)?
            .ok_or_else(Problem::not_found)?;
        Ok(Named::Own(Box::new(role), organization))
    })
    .await
}

async fn show(req: PageRequest, role: RoleAddress) -> PageResult {
    req.show(PLACE, "role", &page(&req, &role).await?)
}

async fn page(req: &PageRequest, role: &RoleAddress) -> Result<RolePage, Problem> {
    let named = named(req, role).await?;
    let words = req.words();
    let (name, code, written, organization) = match &named {
        Named::Predefined(role, organization) => (
            words.say_of("role", role.as_str(), &[]),
            role.as_str().to_owned(),
            RoleGrants::from(role.permissions()),
            organization,
        ),
        Named::Own(role, organization) => (
            role.name.clone(),
            role.code.clone(),
            role.permissions.0.clone(),
            organization,
        ),
    };
    let permissions = written.on(organization.kind.side());
    let (access, manages) = (req.access()?, req.can(Permission::RolesManage));
    // Nobody changes what grants more than they may give.
    let changes = manages && access.may_give(&permissions).is_ok();
    let (id, now) = (organization.id, req.now);
    let granted = match &named {
        Named::Predefined(role, _) => Granted::Predefined(*role),
        Named::Own(role, _) => Granted::Own(role.id),
    };
    let (holders, given) = req
        .read(move |conn| {
            let given = match granted {
                Granted::Own(role) => grants::count_of_role(conn, role)?,
                Granted::Predefined(_) => (0, 0),
            };
            Ok((grants::holders(conn, id, now)?, given))
        })
        .await?;
    let held = held_by(&holders, granted);
    let copies = format!(
        "/admin/roles/new?copy={code}{}",
        asked_for(req.access()?, organization).replace('?', "&")
    );
    let form = match &named {
        Named::Own(role, _) if changes => {
            let offered = (organization.kind, &access.grantable());
            let of = Form::new(
                "role",
                format!("/admin/roles/{}", role.id),
                words.say("role-save-button", &[]),
                controls(words, offered, &name, None, &written),
            );
            Some(of.guarded(role.version))
        }
        _ => None,
    };
    Ok(RolePage {
        about: format!("{code} · {}", organization.name),
        predefined: matches!(named, Named::Predefined(..)),
        held: words.say("role-held", &[("count", held.into())]),
        tabs: tabs_of(req, Place::Roles),
        grants: in_resources(words, permissions.iter().copied(), |_| Vec::new()),
        form,
        copy: manages.then(|| Link::new(words.say("role-copy-button", &[]), copies)),
        removal: match &named {
            Named::Own(role, _) if changes => Some(removal(req, role.id, held, given)),
            _ => None,
        },
        name,
    })
}

fn removal(
    req: &PageRequest,
    id: RoleId,
    held: usize,
    (people, groups): (usize, usize),
) -> Removal {
    let words = req.words();
    let mut controls = Vec::new();
    let mut about = words.say("role-remove-unheld", &[]);
    if people + groups > 0 {
        about = words.say("role-remove-held", &[("count", held.into())]);
        let args = [("people", people.into()), ("groups", groups.into())];
        let label = words.say("role-remove-force", &args);
        controls.push(Control::new(Kind::Check, "force", label).required());
    }
    let action = format!("/admin/roles/{id}/remove");
    let button = words.say("role-remove-button", &[]);
    Removal {
        about,
        form: Form::new("remove", action, button, controls).taking(),
    }
}

async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "role-new", &new_page(&req).await?)
}

/// The page that adds a role.
async fn new_page(req: &PageRequest) -> Result<NewRolePage, Problem> {
    let organization = organization(req).await?;
    let copied = match req.asked("copy").map(str::to_owned) {
        None => RoleGrants::default(),
        Some(code) => match code.parse::<Role>() {
            Ok(role) => role.permissions().into(),
            Err(_) => {
                let id: OrganizationId = organization.id;
                let found = req.read(move |conn| Ok(roles::by_code(conn, id, &code)?));
                found
                    .await?
                    .map(|role| role.permissions.0)
                    .unwrap_or_default()
            }
        },
    };
    let words = req.words();
    let of = (organization.kind, &req.access()?.grantable());
    let mut fields = controls(words, of, "", Some(""), &copied);
    fields.extend(carried(req.access()?, &organization));
    let button = words.say("role-add-button", &[]);
    Ok(NewRolePage {
        title: words.say("role-add", &[]),
        about: words.say(
            "role-add-about",
            &[("organization", organization.name.into())],
        ),
        tabs: tabs_of(req, Place::Roles),
        form: Form::new("role", "/admin/roles", button, fields),
    })
}

/// The page that adds a role.
struct Adding;

impl FormPage<(RoleId, String)> for Adding {
    async fn done(&self, req: &PageRequest, (id, name): (RoleId, String)) -> PageResult {
        let flash = Flash::new(Done::RoleAdded).name(name);
        Ok(req.go(format!("/admin/roles/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let page = new_page(req).await?;
        let form = (page.form).refused_for(req.words(), &req.typed, &problem);
        let status = problem.code().status();
        req.show_again(status, PLACE, "role-new", &NewRolePage { form, ..page })
    }
}

async fn add(req: PageRequest) -> PageResult {
    req.act(&Adding, |conn, by, command: &AddRole| {
        let id = add_role(conn, Some(by.actor), command, by.now)?;
        Ok((id, command.name.to_string()))
    })
    .await
}

/// The page of a role, with the form that changes it.
struct Changing(RoleAddress);

impl FormPage<RoleId> for Changing {
    async fn done(&self, req: &PageRequest, id: RoleId) -> PageResult {
        let flash = Flash::new(Done::RoleChanged);
        Ok(req.go(format!("/admin/roles/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, &self.0).await?;
        let again = |form: Form| form.refused_for(req.words(), &req.typed, &problem);
        page.form = page.form.map(again);
        req.show_again(problem.code().status(), PLACE, "role", &page)
    }
}

async fn change(req: PageRequest, role: RoleAddress) -> PageResult {
    let (id, expected) = (own(&req, &role).await?, req.expected());
    req.act(&Changing(role), move |conn, by, command: &UpdateRole| {
        let expected = expected.as_deref();
        update_role(conn, Some(by.actor), id, expected, command, by.now)
    })
    .await
}

/// The role of an organization's own that a change is about.
async fn own(req: &PageRequest, role: &RoleAddress) -> Result<RoleId, Problem> {
    match named(req, role).await? {
        Named::Own(role, _) => Ok(role.id),
        Named::Predefined(role, _) => {
            Err(Problem::new(Code::RolePredefined).with("role", role.as_str()))
        }
    }
}

/// The page of a role, with what removes it.
struct Removing(RolePage);

impl FormPage<()> for Removing {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let flash = Flash::new(Done::RoleRemoved).name(&self.0.name);
        Ok(req.go(Place::Roles.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = self.0.clone();
        page.removal = (page.removal).map(|removal| removal.refused_for(req, &problem));
        req.show_again(problem.code().status(), PLACE, "role", &page)
    }
}

async fn remove(req: PageRequest, role: RoleAddress) -> PageResult {
    let id = own(&req, &role).await?;
    let page = Removing(page(&req, &role).await?);
    req.act(&page, move |conn, by, command: &DeleteRole| {
        delete_role(conn, Some(by.actor), id, None, command, by.now)
    })
    .await
}
