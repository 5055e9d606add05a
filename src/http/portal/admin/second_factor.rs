//! For which roles a second factor is asked for (A7).

use super::handlers::{PLACE, again, form};
use super::people::{offered, role_ticks};
use super::roles::{carried, organization};
use super::{AdminForm, Place};
use crate::domain::access::{Permission, RoleName};
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::organizations::Organization;
use crate::store::roles::{self, OwnRole};
use crate::workflow::require_second_factor::{RequireSecondFactor, require_second_factor};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { second_factor:
        GET  "/admin/second-factor" may(Permission::RolesManage)          => show, "The roles for which a second factor is asked for";
        POST "/admin/second-factor" may(Permission::RolesManage).proven() => save, "Asks for a second factor for roles";
    }
}

async fn show(req: PageRequest) -> PageResult {
    req.show(PLACE, "admin-form", &page(&req).await?)
}

async fn page(req: &PageRequest) -> Result<AdminForm, Problem> {
    let organization = organization(req).await?;
    let own = own_roles(req, &organization).await?;
    let words = req.words();
    let access = req.access()?;
    let offered = offered(words, access, Some(organization.kind), &own);
    // A tick for each of the roles that the visitor may give; with no tick at all, it is asked for none of them.
    let mut controls = vec![Control::new(
        Kind::Hidden,
        RequireSecondFactor::roles().name,
        "",
    )];
    let asked: &[String] = &organization.second_factor_roles;
    controls.extend(
        role_ticks(&offered, asked)
            .into_iter()
            .map(|tick| tick.hint("")),
    );
    controls.extend(carried(access, &organization));
    let of = Form::new(
        "second-factor",
        Place::SecondFactor.href(),
        words.say_of("panel-button", "edit", &[]),
        controls,
    );
    let (title, about) = (
        words.say_of("admin", "second-factor", &[]),
        words.say_of("admin-about", "second-factor", &[]),
    );
    Ok(AdminForm {
        back: String::new(),
        ..form(
            req,
            Place::SecondFactor,
            title,
            about,
            of.guarded(organization.version),
        )
    })
}

async fn own_roles(
    req: &PageRequest,
    organization: &Organization,
) -> Result<Vec<OwnRole>, Problem> {
    let id = organization.id;
    let roles = req.read(move |conn| Ok(roles::of_organization(conn, id)?));
    roles.await
}

/// The page of these roles.
struct SecondFactorRoles;

impl FormPage<()> for SecondFactorRoles {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let flash = Flash::new(Done::SecondFactorRoles);
        Ok(req.go(Place::SecondFactor.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, page(req).await?)
    }
}

async fn save(req: PageRequest) -> PageResult {
    let organization = organization(&req).await?;
    let own = own_roles(&req, &organization).await?;
    let (words, access) = (req.words(), req.access()?);
    let offered = offered(words, access, Some(organization.kind), &own);
    // Those that the visitor may not give have no tick, and stay as they are.
    let stay: Vec<RoleName> = (organization.second_factor_roles.iter())
        .filter(|code| offered.iter().all(|role| role.code != **code))
        .filter_map(|code| code.parse().ok())
        .collect();
    let (id, expected) = (organization.id, req.expected());
    req.act(
        &SecondFactorRoles,
        move |conn, by, command: &RequireSecondFactor| {
            let mut roles = command.roles.clone();
            roles.extend(stay.iter().cloned());
            let expected = expected.as_deref();
            require_second_factor(conn, Some(by.actor), id, expected, &roles, by.now)
        },
    )
    .await
}
