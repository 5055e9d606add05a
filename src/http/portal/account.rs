//! One's own account: who one is, one's password, second factor, sessions and API tokens.

mod profile;
mod security;
mod sessions;
mod tokens;

use std::fmt;

use serde::Serialize;

use super::answer::PageResult;
use super::form::Form;
use super::page_request::PageRequest;
use super::parts::{Fact, Tab};
use super::route::PortalRoute;
use crate::domain::Instant;
use crate::http::problem::Problem;
use crate::words::Catalogue;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    [
        profile::routes(),
        security::routes(),
        sessions::routes(),
        tokens::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A page of one's account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountPage {
    /// What it is about.
    pub title: String,
    /// What that means.
    pub about: String,
    /// The pages of the account.
    pub tabs: Vec<Tab>,
    /// A secret that is shown this once.
    pub shown: Option<Shown>,
    /// What can be seen and done.
    pub sections: Vec<Section>,
    /// What there are several of; none where a page has no list.
    pub list: Option<List>,
}

/// One thing that can be seen or done, with what follows from it.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Its name on the page.
    pub id: &'static str,
    /// What it is about.
    pub title: String,
    /// What follows from it.
    pub about: String,
    /// How it stands.
    pub facts: Vec<Fact>,
    /// What to fill in; none where nothing can be done.
    pub form: Option<Form>,
}

impl Section {
    /// A section that tells.
    pub fn new(id: &'static str, title: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            about: about.into(),
            facts: Vec::new(),
            form: None,
        }
    }

    /// With how it stands.
    #[must_use]
    pub fn facts(mut self, facts: Vec<Fact>) -> Self {
        self.facts = facts;
        self
    }

    /// With what to do.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }
}

/// A secret, shown this once, and never by `Debug`.
#[derive(Clone, Serialize)]
pub struct Shown {
    /// What it is.
    pub title: String,
    /// What to do with it.
    pub about: String,
    /// A picture of it, a PNG in base 64; empty for none.
    pub picture: String,
    /// What the picture shows, for who does not see it.
    pub picture_about: String,
    /// Its text, in lines.
    pub lines: Vec<String>,
    /// Where one goes from here; empty where a form follows.
    pub next: String,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shown({}, …)", self.title)
    }
}

/// Things of which there are several.
#[derive(Clone, Debug, Serialize)]
pub struct List {
    /// What they are.
    pub title: String,
    /// What it says when there are none.
    pub none: String,
    /// The things.
    pub rows: Vec<Row>,
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What it is called.
    pub title: String,
    /// More about it; may be empty.
    pub small: String,
    /// A state; empty for none.
    pub chip: String,
    /// What the instant is.
    pub at_label: String,
    /// When.
    pub at: Instant,
    /// Where its button sends; empty for none.
    pub action: String,
    /// What its button says.
    pub button: String,
}

/// The pages of an account, by their names in addresses; members of the family `account`.
pub const PLACES: [&str; 5] = ["profile", "notices", "security", "sessions", "tokens"];

/// Those that say what they are about; members of the family `account-about`.
pub const ABOUT: [&str; 4] = ["profile", "security", "sessions", "tokens"];

fn href(place: &str) -> String {
    match place {
        "profile" => "/account".to_owned(),
        place => format!("/account/{place}"),
    }
}

/// The pages of the account, of which `place` is shown.
pub(super) fn tabs(words: &Catalogue, place: &str) -> Vec<Tab> {
    let tab = |name: &&'static str| Tab {
        label: words.say_of("account", name, &[]),
        href: href(name),
        count: None,
        current: *name == place,
    };
    PLACES.iter().map(tab).collect()
}

/// The page of `place`, without anything on it yet.
fn page(req: &PageRequest, place: &'static str) -> AccountPage {
    let words = req.words();
    AccountPage {
        title: words.say_of("account", place, &[]),
        about: words.say_of("account-about", place, &[]),
        tabs: tabs(words, place),
        shown: None,
        sections: Vec::new(),
        list: None,
    }
}

fn show(req: &PageRequest, page: &AccountPage) -> PageResult {
    req.show("", "account", page)
}

/// The page again, with the form of a section as it was typed.
fn again(req: &PageRequest, mut page: AccountPage, section: &str, problem: &Problem) -> PageResult {
    for part in page.sections.iter_mut().filter(|part| part.id == section) {
        part.form =
            (part.form.take()).map(|form| form.refused_for(req.words(), &req.typed, problem));
    }
    req.show_again(problem.code().status(), "", "account", &page)
}
