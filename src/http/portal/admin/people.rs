//! People with their roles, and organizations.

mod access;
mod handlers;

use serde::Serialize;

use crate::domain::access::Role;
use crate::domain::language::Language;
use crate::http::portal::account::Section;
use crate::http::portal::form::{self, Choice, Control, Form, Kind, words_of};
use crate::http::portal::parts::{Fact, Link, Tab};
use crate::http::portal::sign_in::time_zones;
use crate::store::people::Person;
use crate::store::roles::OwnRole;
use crate::words::Catalogue;
use crate::workflow::organizations::AddOrganization;
use crate::workflow::people::{AddUser, UpdateUser};

pub use access::{AccessPage, PermissionLine, RESOURCES, Resource, access_page, in_resources};
pub(super) use handlers::offered;
pub(in crate::http::portal) use handlers::routes;

/// One person.
#[derive(Clone, Debug, Serialize)]
pub struct PersonPage {
    /// First and last name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// The organization.
    pub organization: String,
    /// Whether they may sign in.
    pub active: bool,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Since when they are here, and when they last signed in; for who manages people.
    pub facts: Vec<Fact>,
    /// Changes their name, zone and language; for who manages people.
    pub profile: Option<Form>,
    /// The roles that were given to them.
    pub held: Vec<String>,
    /// The access groups that they are in; for who may see groups.
    pub groups: Option<Vec<Link>>,
    /// Where it says what they may do, and why.
    pub explained: String,
    /// A tick for each role that they may hold; for who manages people.
    pub roles: Option<Form>,
    /// What disabling or enabling does.
    pub access_about: String,
    /// Disables, or enables again; for who manages people.
    pub access: Option<Form>,
    /// What else can be done about their account; for who manages people.
    pub account: Vec<Section>,
}

/// A role that can be given.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Its code.
    pub code: String,
    /// What it is called.
    pub label: String,
    /// What it is for; may be empty.
    pub hint: String,
}

impl Offered {
    /// One of the program's.
    pub fn predefined(words: &Catalogue, role: Role) -> Self {
        Self {
            code: role.as_str().to_owned(),
            label: words.say_of("role", role.as_str(), &[]),
            hint: words.say_of("role-hint", role.as_str(), &[]),
        }
    }

    /// One of an organization's own.
    pub fn own(words: &Catalogue, role: &OwnRole) -> Self {
        Self {
            code: role.code.clone(),
            label: role.name.clone(),
            hint: words.say("role-own-hint", &[]),
        }
    }
}

/// The field that gives the role of that code.
pub fn role_field(code: &str) -> String {
    format!("roles.{code}")
}

/// A tick for each of `offered`, those of `held` ticked.
pub fn role_ticks(offered: &[Offered], held: &[String]) -> Vec<Control> {
    let tick = |role: &Offered| {
        Control::new(Kind::Check, role_field(&role.code), role.label.clone())
            .hint(role.hint.clone())
            .checked(held.contains(&role.code))
    };
    offered.iter().map(tick).collect()
}

/// [`role_ticks`] of somebody who is at this `version`, sent to `action`.
pub fn roles_form(
    words: &Catalogue,
    (action, version): (String, i64),
    offered: &[Offered],
    held: &[String],
) -> Form {
    let button = words.say("person-roles-button", &[]);
    // With no tick at all, they have none.
    let none = Control::new(Kind::Hidden, UpdateUser::roles().name, "");
    let controls = std::iter::once(none).chain(role_ticks(offered, held));
    Form::new("roles", action, button, controls.collect()).guarded(version)
}

/// Who somebody is: name, zone and language, sent to `action`.
pub fn profile_form(words: &Catalogue, action: String, person: &Person) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::of(UpdateUser::first_name(), label("first-name"))
            .required()
            .half()
            .value(person.first_name.clone()),
        Control::of(UpdateUser::last_name(), label("last-name"))
            .required()
            .half()
            .value(person.last_name.clone()),
        Control::of(UpdateUser::time_zone(), label("time-zone"))
            .hint(words.say("person-zone-hint", &[]))
            .suggestions(time_zones())
            .value(person.time_zone.clone().unwrap_or_default()),
        form::language(
            words,
            UpdateUser::language(),
            Language::kept(person.language.as_deref()),
        ),
    ];
    let button = words.say_of("panel-button", "edit", &[]);
    Form::new("profile", action, button, controls).guarded(person.version)
}

/// A new person of one of `organizations`, with roles. Where there are several, none is chosen before somebody does.
pub fn add_person_form(words: &Catalogue, organizations: Vec<Choice>, offered: &[Offered]) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let is_one = organizations.len() == 1;
    let organization = Control::of(AddUser::organization(), label("organization"))
        .kind(Kind::Select)
        .required()
        .choices(organizations);
    let mut controls = vec![
        Control::of(AddUser::first_name(), label("first-name")).half(),
        Control::of(AddUser::last_name(), label("last-name")).half(),
        Control::of(AddUser::email(), label("email")),
        match is_one {
            true => organization,
            false => organization.unchosen(words.say("access-choose", &[])),
        },
        form::language(words, AddUser::language(), None).hint(words.say_of(
            "hint",
            "person-language",
            &[],
        )),
        Control::of(AddUser::invite(), label("invite"))
            .hint(words.say_of("hint", "invite", &[]))
            .checked(true),
        Control::of(AddUser::password(), label("first-password"))
            .hint(words.say("person-password-hint", &[]))
            .autocomplete("new-password"),
    ];
    let ticks = role_ticks(offered, &[]).into_iter().map(Control::half);
    controls.extend(form::group(words.say("person-roles", &[]), ticks.collect()));
    Form::new(
        "add-person",
        "/admin/people",
        words.say("person-add-button", &[]),
        controls,
    )
}

/// How it stands with somebody's account.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// They need no invitation: they have chosen a password, or need none as a cloned user.
    pub joined: bool,
    /// They are not shut out.
    pub active: bool,
    /// A second factor is asked for.
    pub second_factor: bool,
    /// It is the reader's own.
    pub own: bool,
}

/// What can be done about the account of a person whose pages begin with `here`.
pub fn account_sections(words: &Catalogue, here: &str, standing: Standing) -> Vec<Section> {
    let form = |id, place: &str, button: String| {
        Form::new(id, format!("{here}/{place}"), button, Vec::new())
    };
    let mut sections = Vec::new();
    if standing.active && !standing.joined {
        let about = words.say("person-invite-about", &[]);
        let section = Section::new("invite", words.say("person-invite", &[]), about);
        let button = words.say("person-invite-button", &[]);
        sections.push(section.form(form("invite", "invitation", button)));
    }
    let about = words.say("person-sign-out-about", &[]);
    let section = Section::new("sign-out", words.say("person-sign-out", &[]), about);
    let button = words.say("person-sign-out-button", &[]);
    sections.push(section.form(form("sign-out", "sign-out", button).taking()));
    if standing.second_factor && !standing.own {
        let about = words.say("person-second-factor-about", &[]);
        let title = words.say("person-second-factor", &[]);
        let button = words.say("person-second-factor-button", &[]);
        let section = Section::new("second-factor", title, about);
        sections.push(section.form(form("second-factor", "second-factor", button).taking()));
    }
    sections
}

/// A new organization.
pub fn add_organization_form(words: &Catalogue, zones: Vec<String>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let controls = vec![
        Control::of(AddOrganization::name(), label("name")),
        Control::of(AddOrganization::slug(), label("slug")).hint(hint("slug")),
        Control::of(AddOrganization::kind(), label("kind"))
            .kind(Kind::Radio)
            .choices(words_of(
                words,
                "organization-kind",
                &["customer", "partner"],
                "organization-kind-hint",
            )),
        Control::of(AddOrganization::time_zone(), label("time-zone"))
            .hint(words.say("time-zone-hint", &[]))
            .suggestions(zones),
    ];
    Form::new(
        "add-organization",
        "/admin/organizations",
        words.say("organization-add-button", &[]),
        controls,
    )
}
