//! For which roles a second factor is asked for (A7).

use std::collections::BTreeSet;

use super::handlers::{PLACE, again, form};
use super::people::{Offered, offered};
use super::roles::{carried, organization};
use super::{AdminForm, Place};
use crate::domain::access::{Permission, RoleName};
use crate::http::call::may;
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::typed::Typed;
use crate::http::portal::visit::Visit;
use crate::http::problem::Problem;
use crate::store::organizations::Organization;
use crate::store::roles::{self, OwnRole};
use crate::workflow::require_second_factor::require_second_factor;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { second_factor:
        GET  "/admin/second-factor" may(Permission::RolesManage)          => show, "The roles for which a second factor is asked for";
        POST "/admin/second-factor" may(Permission::RolesManage).proven() => save, "Asks for a second factor for roles";
    }
}

async fn show(visit: Visit) -> Outcome {
    visit.show(PLACE, "admin-form", &page(&visit).await?)
}

async fn page(visit: &Visit) -> Result<AdminForm, Problem> {
    let organization = organization(visit).await?;
    let own = own_roles(visit, &organization).await?;
    let words = visit.words();
    let access = visit.access()?;
    let offered = offered(words, access, Some(organization.kind), &own);
    let mut controls = ticks(&organization, offered);
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
        ..form(visit, Place::SecondFactor, title, about, of)
    })
}

async fn own_roles(visit: &Visit, organization: &Organization) -> Result<Vec<OwnRole>, Problem> {
    let id = organization.id;
    let roles = visit.look(move |conn| Ok(roles::of_organization(conn, id)?));
    roles.await
}

/// A tick for each of the roles that the visitor may give: of others they change nothing.
fn ticks(organization: &Organization, offered: Vec<Offered>) -> Vec<Control> {
    let tick = |role: Offered| {
        let mut asked = organization.second_factor_roles.iter();
        let ticked = asked.any(|asked| *asked == role.code);
        Control::new(Kind::Check, field(&role.code), role.label).checked(ticked)
    };
    offered.into_iter().map(tick).collect()
}

fn field(code: &str) -> String {
    format!("role.{code}")
}

async fn save(visit: Visit) -> Outcome {
    match saved(&visit).await {
        Ok(()) => Ok(visit.go(
            Place::SecondFactor.href(),
            Some(Flash::new(Done::SecondFactorRoles)),
        )),
        Err(problem) if is_form_error(&problem) => again(&visit, &problem, page(&visit).await?),
        Err(problem) => Err(problem.into()),
    }
}

async fn saved(visit: &Visit) -> Result<(), Problem> {
    let organization = organization(visit).await?;
    let own = own_roles(visit, &organization).await?;
    let offered = offered(
        visit.words(),
        visit.access()?,
        Some(organization.kind),
        &own,
    );
    let (offered, typed): (BTreeSet<String>, _) = (
        offered.into_iter().map(|role| role.code).collect(),
        Typed::of(visit),
    );
    let asked = organization.second_factor_roles.iter();
    let stays = asked.filter(|code| !offered.contains(*code));
    let ticked = offered.iter().filter(|code| typed.ticked(&field(code)));
    let codes: BTreeSet<&String> = stays.chain(ticked).collect();
    let roles: Vec<RoleName> = codes.iter().filter_map(|code| code.parse().ok()).collect();
    let (actor, id, now) = (visit.actor()?.clone(), organization.id, visit.now);
    visit
        .write(move |conn| require_second_factor(conn, Some(&actor), id, None, &roles, now))
        .await
}
