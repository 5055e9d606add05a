//! Reports as pages (H2): all of them small beside each other, and one by itself, each with its picture and its table.

mod handlers;
mod links;
mod picture;
mod view;

use serde::Serialize;

use super::form::Wrong;
use super::list::Filters;
use super::parts::Link;

pub(super) use handlers::routes;
pub use picture::{Picture, PictureRow};

/// The page of reports, or of one of them.
#[derive(Clone, Debug, Serialize)]
pub struct ReportsPage {
    /// What it is called.
    pub title: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// To all reports; empty where they are shown.
    pub back: String,
    /// What narrows it.
    pub filters: Filters,
    /// What is wrong with that; empty when nothing is.
    pub wrong: Wrong,
    /// Whether there is nothing to see for that.
    pub refused: bool,
    /// The reports.
    pub cards: Vec<ReportCard>,
    /// Whether it is one report by itself.
    pub alone: bool,
    /// Whether it is brought up to date when a case changes that its reader sees.
    pub live: bool,
}

/// A report on a page.
#[derive(Clone, Debug, Serialize)]
pub struct ReportCard {
    /// Its name, unique on the page.
    pub id: &'static str,
    /// What it is called.
    pub title: String,
    /// What it counts, in a sentence.
    pub about: String,
    /// Its own page, with what is asked for here.
    pub href: String,
    /// What it covers: a period, or this moment.
    pub covers: String,
    /// Its picture; none where there is nothing to draw.
    pub picture: Option<Picture>,
    /// What its rows stand for, and its columns.
    pub heads: Vec<String>,
    /// Its rows.
    pub rows: Vec<ReportLine>,
    /// The figures of all rows together; empty where they make no whole.
    pub total: Vec<ReportCell>,
    /// What is not shown of its rows, in a sentence; empty when nothing is.
    pub more: String,
    /// The files of it; empty for who takes none out.
    pub files: Vec<Link>,
}

/// A row of a report.
#[derive(Clone, Debug, Serialize)]
pub struct ReportLine {
    /// What it stands for.
    pub name: String,
    /// Its figures.
    pub cells: Vec<ReportCell>,
    /// That nothing was counted in all that it stands for, instead of figures; empty where something was.
    pub quiet: String,
    /// How many columns that takes.
    pub columns: usize,
}

/// A figure of a report.
#[derive(Clone, Debug, Serialize)]
pub struct ReportCell {
    /// As people read it.
    pub text: String,
    /// The list of what it counts; empty where there is none.
    pub href: String,
}
