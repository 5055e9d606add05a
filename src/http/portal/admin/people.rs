//! People with their roles, and organizations.

mod handlers;

use serde::Serialize;

use crate::domain::access::Role;
use crate::http::portal::account::Section;
use crate::http::portal::cases::words_of;
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::parts::Tab;
use crate::words::Words;

pub(super) use handlers::routes;

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
    /// The roles that they hold.
    pub held: Vec<String>,
    /// A tick for each role that they may hold; for who manages people.
    pub roles: Option<Form>,
    /// What disabling or enabling does.
    pub access_about: String,
    /// Disables, or enables again; for who manages people.
    pub access: Option<Form>,
    /// What else can be done about their account; for who manages people.
    pub account: Vec<Section>,
}

/// The field that gives the role.
pub fn role_field(role: Role) -> String {
    format!("role.{role}")
}

/// A tick for each of `offered`, those of `held` ticked; sent to `action`.
pub fn roles_form(words: &Words, action: String, offered: &[Role], held: &[Role]) -> Form {
    let tick = |role: &Role| {
        Control::new(
            Kind::Check,
            role_field(*role),
            words.say_of("role", role.as_str(), &[]),
        )
        .hint(words.say_of("role-hint", role.as_str(), &[]))
        .checked(held.contains(role))
    };
    Form::new(
        "roles",
        action,
        words.say("person-roles-button", &[]),
        offered.iter().map(tick).collect(),
    )
}

/// A new person of one of `organizations`, at first of `own`, with roles.
pub fn add_person_form(
    words: &Words,
    organizations: Vec<Choice>,
    offered: &[Role],
    own: &str,
) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let mut controls = vec![
        Control::new(Kind::Text, "first_name", label("first-name"))
            .required()
            .max(80)
            .half(),
        Control::new(Kind::Text, "last_name", label("last-name"))
            .required()
            .max(80)
            .half(),
        Control::new(Kind::Email, "email", label("email"))
            .required()
            .max(254),
        Control::new(Kind::Select, "organization", label("organization"))
            .required()
            .choices(organizations)
            .value(own),
        Control::new(Kind::Check, "invite", label("invite"))
            .hint(words.say_of("hint", "invite", &[]))
            .checked(true),
        Control::new(Kind::Password, "password", label("first-password"))
            .hint(words.say("person-password-hint", &[]))
            .max(1000)
            .autocomplete("new-password"),
    ];
    controls.extend(roles_form(words, String::new(), offered, &[]).controls);
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
    /// They can sign in: neither shut out nor still to choose a password.
    pub joined: bool,
    /// They are not shut out.
    pub active: bool,
    /// A second factor is asked for.
    pub second_factor: bool,
    /// It is the reader's own.
    pub own: bool,
}

/// What can be done about the account of a person whose pages begin with `here`.
pub fn account_sections(words: &Words, here: &str, standing: Standing) -> Vec<Section> {
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
    sections.push(section.form(form("sign-out", "sign-out", button)));
    if standing.second_factor && !standing.own {
        let about = words.say("person-second-factor-about", &[]);
        let title = words.say("person-second-factor", &[]);
        let button = words.say("person-second-factor-button", &[]);
        let section = Section::new("second-factor", title, about);
        sections.push(section.form(form("second-factor", "second-factor", button)));
    }
    sections
}

/// A new organization.
pub fn add_organization_form(words: &Words, zones: Vec<String>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let controls = vec![
        Control::new(Kind::Text, "name", label("name"))
            .required()
            .max(100),
        Control::new(Kind::Text, "slug", label("slug"))
            .hint(hint("slug"))
            .required()
            .max(63),
        Control::new(Kind::Select, "kind", label("kind"))
            .required()
            .value("customer")
            .choices(words_of(
                words,
                "organization-kind",
                &["customer", "partner"],
                "",
            )),
        Control::new(Kind::Text, "time_zone", label("time-zone"))
            .hint(words.say("time-zone-hint", &[]))
            .max(64)
            .suggestions(zones),
    ];
    Form::new(
        "add-organization",
        "/admin/organizations",
        words.say("organization-add-button", &[]),
        controls,
    )
}
