//! Acts on several rows of a list: what would follow is said first, and what came of each row afterwards.

mod acts;
mod bar;
mod told;

use serde::Serialize;

use super::form::{Control, Form, Wrong};
use super::page_request::PageRequest;
use super::parts::Link;
use super::render::is_local;
use crate::domain::saved_filter::FilteredList;

pub(super) use acts::routes;
pub(super) use bar::{Offered, bar, offered};

/// How many rows are acted on at once, at the most.
const MOST: usize = 100;
/// Begins the name of a row's tick; its number follows, or the id of a call, and its version is what is sent.
const ROW: &str = "row.";
/// Begins the names of the fields that say what becomes of cases.
const CHANGE: &str = "change.";
/// The words that go with an act.
const NOTE: &str = "note";
/// The field with which a form says that what would follow was seen.
const STEP: (&str, &str) = ("step", "act");
/// What a choice sends for nobody; a choice that sends nothing leaves things as they are.
const NOBODY: &str = "none";

/// What can be done with the rows of a list that are ticked.
#[derive(Clone, Debug, Serialize)]
pub struct ActBar {
    /// Where it is sent.
    pub action: String,
    /// What is chosen.
    pub controls: Vec<Control>,
    /// What its button says.
    pub button: String,
    /// Closes them instead, by a button of its own.
    pub close: Option<Link>,
    /// The list with all rows of this page ticked.
    pub all: String,
    /// How many rows the page has.
    pub rows: usize,
    /// Whether all of them are ticked.
    pub ticked: bool,
    /// The page of the list.
    pub back: String,
}

/// What would follow, or what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct BulkPage {
    /// Its heading.
    pub title: String,
    /// What is wrong with what was asked for.
    pub wrong: Wrong,
    /// What was chosen and is not done, and why; empty if all of it is.
    pub left_out: String,
    /// How many are changed, and how many not; empty where nothing was looked at.
    pub counts: String,
    /// Who is written to; empty where nobody is.
    pub told: String,
    /// Each row.
    pub rows: Vec<BulkRow>,
    /// Does it; none where nothing would follow, or it is done.
    pub confirm: Option<Form>,
    /// Asks for something else; none where it is done.
    pub form: Option<Form>,
    /// The list.
    pub back: String,
}

/// What becomes of one row.
#[derive(Clone, Debug, Serialize)]
pub struct BulkRow {
    /// Its number.
    pub name: String,
    /// Its page.
    pub href: String,
    /// What becomes of it, in a word.
    pub outcome: String,
    /// How that looks.
    pub chip: &'static str,
    /// Why it is refused; empty if it is not.
    pub why: String,
    /// What else happens with it, or stays as it is, a sentence each.
    pub follows: Vec<String>,
}

/// What a form asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acts {
    /// Cases are changed.
    Changing,
    /// Cases are closed.
    Closing,
    /// Escalations are claimed, or assigned.
    Escalations,
    /// Calls are taken, given to somebody, or it is said what became of them.
    Callbacks,
}

impl Acts {
    /// The list whose rows they are.
    const fn list(self) -> FilteredList {
        match self {
            Self::Changing | Self::Closing => FilteredList::Cases,
            Self::Escalations => FilteredList::Escalations,
            Self::Callbacks => FilteredList::Callbacks,
        }
    }

    /// Where their forms are sent.
    fn action(self) -> String {
        let page = self.list().page();
        match self {
            Self::Closing => format!("{page}/bulk/close"),
            Self::Changing | Self::Escalations | Self::Callbacks => format!("{page}/bulk"),
        }
    }

    /// Their place in the navigation.
    const fn place(self) -> &'static str {
        match self {
            Self::Changing | Self::Closing => "cases",
            Self::Escalations => "queue",
            Self::Callbacks => "callbacks",
        }
    }

    /// Whether a field says what is to be done.
    fn is_asked(self, name: &str) -> bool {
        match self {
            Self::Changing => name.starts_with(CHANGE),
            Self::Closing => name == NOTE,
            Self::Escalations => ["act", "owner"].contains(&name),
            Self::Callbacks => ["act", "owner", NOTE].contains(&name),
        }
    }
}

impl PageRequest {
    /// The rows that were ticked: how each is named, with its version, in order.
    fn ticked(&self) -> Vec<(String, String)> {
        let row = |(name, version): (&String, &String)| {
            Some((name.strip_prefix(ROW)?.to_owned(), version.clone()))
        };
        let mut rows: Vec<_> = self.typed.iter().filter_map(row).collect();
        rows.sort_unstable();
        rows
    }

    /// The list from which they came, if it is one of this house.
    fn came_from(&self) -> Option<&String> {
        self.typed.get("back").filter(|back| is_local(back))
    }
}
