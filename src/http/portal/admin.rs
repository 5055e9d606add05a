//! Administration: people, requests for access, roles, groups, organizations, lines of business, reasons, policies,
//! calendars, notices, audited events and the developer tools.

pub mod access_requests;
pub mod audit;
pub mod calendars;
pub mod checks;
pub(super) mod deliveries;
pub(super) mod duty;
pub(super) mod errors;
pub mod groups;
pub(super) mod guide;
mod handlers;
pub mod lines;
mod list;
pub mod networks;
pub mod notices;
pub(super) mod organizations;
pub mod people;
pub(super) mod place;
pub(super) mod policies;
pub mod provisioning;
pub(super) mod reasons;
pub mod roles;
pub(super) mod second_factor;
pub(super) mod targets;
pub mod templates;

use serde::Serialize;

use super::form::Form;
use super::list::{Filters, Head};
use super::parts::{Link, Pager, Tab};
use crate::domain::Instant;
use crate::domain::audit::Topic;
use crate::words::Catalogue;

pub(super) use handlers::routes;
pub use place::Place;

/// A list of the administration.
#[derive(Clone, Debug, Serialize)]
pub struct AdminList {
    /// What it lists.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What calls for somebody, above the list.
    pub alarms: Vec<Alarm>,
    /// Views of the list; empty when there is one.
    pub views: Vec<Tab>,
    /// What narrows it.
    pub filters: Filters,
    /// Whether anything narrows it.
    pub filtered: bool,
    /// Where one is added, for who may.
    pub add: Option<Link>,
    /// Heads of the columns. On a narrow page the first and the last are shown.
    pub heads: Vec<Head>,
    /// The cells of each row.
    pub rows: Vec<Vec<Cell>>,
    /// How many there are in all; empty where that is not counted.
    pub total: String,
    /// To the next page.
    pub pager: Pager,
    /// What is followed while it is open, for who may follow it.
    pub live: Option<Topic>,
}

/// What calls for somebody.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Alarm {
    /// How bad it is: a class of banners.
    pub tone: &'static str,
    /// What is the matter.
    pub title: String,
    /// What follows from it.
    pub detail: String,
    /// Where the button below it leads; empty when there is none.
    pub act: String,
    /// What the button says.
    pub button: String,
}

/// One cell of a list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads; empty for nowhere.
    pub href: String,
    /// The class of a chip (`good`, `late`, `run`, `plain`); empty for none.
    pub chip: &'static str,
    /// An instant in place of a text.
    pub at: Option<Instant>,
    /// A second line; may be empty.
    pub small: String,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A link, the first cell of most rows.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            ..Self::text(text)
        }
    }

    /// A state.
    pub fn chip(text: impl Into<String>, chip: &'static str) -> Self {
        Self {
            chip,
            ..Self::text(text)
        }
    }

    /// An instant.
    pub fn at(at: Instant) -> Self {
        Self {
            at: Some(at),
            ..Self::default()
        }
    }

    /// With a second line.
    #[must_use]
    pub fn small(mut self, small: impl Into<String>) -> Self {
        self.small = small.into();
        self
    }
}

/// A form of the administration.
#[derive(Clone, Debug, Serialize)]
pub struct AdminForm {
    /// What it changes.
    pub title: String,
    /// What that means.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What to fill in.
    pub form: Form,
    /// The list it belongs to; empty for none.
    pub back: String,
}

/// The tabs of `places`, those that the reader may see, with `current` marked.
pub fn tabs(words: &Catalogue, places: &[Place], current: Place) -> Vec<Tab> {
    let tab = |place: &Place| Tab {
        label: words.say_of("admin", place.as_str(), &[]),
        href: place.href(),
        count: None,
        current: *place == current,
    };
    places.iter().map(tab).collect()
}
