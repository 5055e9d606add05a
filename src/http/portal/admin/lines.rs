//! Lines of business as a tree, and who reads the cases of each (A4).

mod handlers;

use serde::Serialize;

use crate::domain::audit::Topic;
use crate::http::portal::form::{Control, Form};
use crate::http::portal::parts::{Link, Tab};

pub(in crate::http::portal) use handlers::routes;

/// The tree.
#[derive(Clone, Debug, Serialize)]
pub struct LinesPage {
    /// What it shows.
    pub title: String,
    /// What that means.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Each line before those below it.
    pub rows: Vec<LineRow>,
    /// What is followed while it is open, for who may follow it.
    pub live: Option<Topic>,
    /// Adds a line; for who manages lines.
    pub add: Option<Link>,
}

/// A line in the tree.
#[derive(Clone, Debug, Serialize)]
pub struct LineRow {
    /// Its name.
    pub name: String,
    /// Where it is changed.
    pub href: String,
    /// How deep it stands, for its indentation; the deepest look alike.
    pub depth: usize,
    /// How deep it stands, in words, for who does not see the indentation.
    pub level: String,
    /// Who reads its cases.
    pub readers: String,
    /// Why: by grants of its own, or of which line above.
    pub why: String,
    /// Whether by its own.
    pub own: bool,
    /// How many cases it has.
    pub cases: String,
}

/// One line.
#[derive(Clone, Debug, Serialize)]
pub struct LinePage {
    /// Its name, or that a new one is added.
    pub title: String,
    /// Who reads its cases, in a sentence.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What it is called, where it stands, and who reads its cases; for who manages lines.
    pub form: Option<LineForm>,
}

/// The form of a line.
#[derive(Clone, Debug, Serialize)]
pub struct LineForm {
    /// All but who reads it.
    #[serde(flatten)]
    pub form: Form,
    /// Who reads it: as above, or these groups.
    pub readers: Vec<Control>,
}
