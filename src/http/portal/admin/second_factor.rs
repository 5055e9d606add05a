//! For which roles a second factor is asked for (A7).

use std::collections::BTreeSet;

use super::handlers::{PLACE, again, form};
use super::roles::{carried, organization};
use super::{AdminForm, Place};
use crate::domain::access::{Permission, Role, RoleName};
use crate::http::call::may;
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::steps::is_about_the_form;
use crate::http::portal::typed::Typed;
use crate::http::portal::visit::Visit;
use crate::http::problem::Problem;
use crate::store::organizations::Organization;
use crate::store::roles::{self, OwnRole};
use crate::words::Words;
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
    let mut controls = ticks(words, &organization, &own);
    controls.extend(carried(visit.access()?, &organization));
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

/// A tick for each role that the organization's people can have.
fn ticks(words: &Words, organization: &Organization, own: &[OwnRole]) -> Vec<Control> {
    let tick = |code: &str, name: String| {
        let mut asked = organization.second_factor_roles.iter();
        Control::new(Kind::Check, field(code), name).checked(asked.any(|asked| asked == code))
    };
    let predefined = predefined(organization).map(|role| {
        let name = words.say_of("role", role.as_str(), &[]);
        tick(role.as_str(), name)
    });
    let own = own.iter().map(|role| tick(&role.code, role.name.clone()));
    predefined.chain(own).collect()
}

fn predefined(organization: &Organization) -> impl Iterator<Item = Role> + use<> {
    let kind = organization.kind;
    let roles = Role::ALL.iter().copied();
    roles.filter(move |role| role.fits(kind) && !role.is_of_pairings())
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
        Err(problem) if is_about_the_form(&problem) => again(&visit, &problem, page(&visit).await?),
        Err(problem) => Err(problem.into()),
    }
}

async fn saved(visit: &Visit) -> Result<(), Problem> {
    let organization = organization(visit).await?;
    let own = own_roles(visit, &organization).await?;
    let typed = Typed::of(visit);
    let predefined = predefined(&organization).map(|role| role.as_str().to_owned());
    let codes: BTreeSet<String> = predefined
        .chain(own.into_iter().map(|role| role.code))
        .filter(|code| typed.ticked(&field(code)))
        .collect();
    let roles: Vec<RoleName> = codes.iter().filter_map(|code| code.parse().ok()).collect();
    let (actor, id, now) = (visit.actor()?.clone(), organization.id, visit.now);
    visit
        .write(move |conn| require_second_factor(conn, Some(&actor), id, None, &roles, now))
        .await
}
