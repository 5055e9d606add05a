//! Roles: the predefined ones to read and copy, an organization's own to change (A2).

mod handlers;

use std::collections::BTreeSet;

use serde::Serialize;

use super::people::{Resource, in_resources};
use crate::domain::access::{Grant, Permission, RoleGrants};
use crate::domain::organization::OrganizationKind;
use crate::http::portal::form::{Control, Form, Kind, group};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Link, Tab};
use crate::http::problem::Problem;
use crate::words::Catalogue;
use crate::workflow::roles::AddRole;

pub(in crate::http::portal) use handlers::routes;
pub(super) use handlers::{carried, organization};

/// One role.
#[derive(Clone, Debug, Serialize)]
pub struct RolePage {
    /// What people read.
    pub name: String,
    /// Its code and whose it is.
    pub about: String,
    /// Whether it is one of the program's.
    pub predefined: bool,
    /// How many hold it.
    pub held: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What it grants, to read.
    pub grants: Vec<Resource>,
    /// What it is called and grants, to change.
    pub form: Option<Form>,
    /// Adds a copy.
    pub copy: Option<Link>,
    /// Removes it.
    pub removal: Option<Removal>,
}

/// A new role.
#[derive(Clone, Debug, Serialize)]
pub struct NewRolePage {
    /// What is added.
    pub title: String,
    /// What that means.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What to fill in.
    pub form: Form,
}

/// What removes a thing, and what that means.
#[derive(Clone, Debug, Serialize)]
pub struct Removal {
    /// What follows from it.
    pub about: String,
    /// The button, and what has to be ticked before.
    pub form: Form,
}

impl Removal {
    /// Again, with what was ticked and why nothing was removed.
    pub fn refused_for(self, req: &PageRequest, problem: &Problem) -> Self {
        let form = (self.form).refused_for(req.words(), &req.typed, problem);
        Self { form, ..self }
    }
}

/// The controls of a role's form: its name, its code if it is a new one, and, by what they are about, a tick for each
/// permission of `grantable` that can be granted in an organization of this kind.
pub fn controls(
    words: &Catalogue,
    (kind, grantable): (OrganizationKind, &BTreeSet<Permission>),
    name: &str,
    code: Option<&str>,
    granted: &RoleGrants,
) -> Vec<Control> {
    let label = |key| words.say_of("label", key, &[]);
    let mut controls = vec![Control::of(AddRole::name(), label("name")).value(name)];
    if let Some(code) = code {
        controls.push(
            Control::of(AddRole::code(), label("code"))
                .hint(words.say("role-code-hint", &[]))
                .value(code),
        );
    }
    // With no tick at all, it grants nothing.
    let ticks = AddRole::permissions().name;
    controls.push(Control::new(Kind::Hidden, ticks, ""));
    let fits = |permission: &&Permission| permission.fits(kind) && grantable.contains(permission);
    let tick = |grant: Grant, says: String| {
        Control::new(Kind::Check, format!("{ticks}.{grant}"), says).checked(granted.contains(grant))
    };
    // A whole resource is given by whoever may give each of its actions.
    let side = kind.side();
    let gives = |whole: &Grant| {
        let mut actions = whole
            .on(side)
            .into_iter()
            .filter(|one| one.fits(kind))
            .peekable();
        actions.peek().is_some() && actions.all(|one| grantable.contains(&one))
    };
    let wholes = Grant::wholes().filter(gives);
    let wholes = wholes.map(|whole| tick(whole, words.say("role-grants-all", &[])));
    let each = Permission::ALL.iter().filter(fits).map(|permission| {
        let says = words.say_of("permission", permission.as_str(), &[]);
        tick(Grant::One(*permission), says).half()
    });
    let all: Vec<Control> = wholes.chain(each).collect();
    for resource in in_resources(words, Permission::ALL.iter().copied(), |_| Vec::new()) {
        let of = of_resource(&resource).filter_map(|code| {
            let name = format!("{ticks}.{code}");
            all.iter().find(|control| control.name == name).cloned()
        });
        let of = of.collect();
        controls.extend(group(resource.title, of));
    }
    controls
}

/// What can be ticked of a resource: all of it, and each of its actions.
fn of_resource(resource: &Resource) -> impl Iterator<Item = String> + '_ {
    let codes = resource.lines.iter().map(|line| line.code);
    let whole = codes
        .clone()
        .next()
        .and_then(|code| code.split_once(':'))
        .map(|(resource, _)| format!("{resource}:all"));
    whole.into_iter().chain(codes.map(str::to_owned))
}
