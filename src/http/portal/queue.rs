//! The queue of escalations.

mod handlers;

use serde::Serialize;

use super::bulk::ActBar;
use super::columns::ColumnsView;
use super::help::announcements::Announced;
use super::list::{Filters, Head};
use super::parts::{DueView, Pager, Tab};
use super::saved::SavedFilters;
use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::escalation::State;
use crate::domain::list_columns::Columns;
use crate::words::Catalogue;

pub(super) use handlers::routes;
pub use handlers::{QueueView, is_narrowed};

/// The queue.
#[derive(Clone, Debug, Serialize)]
pub struct QueuePage {
    /// What support announces and the reader has not read.
    pub announced: Vec<Announced>,
    /// A few figures.
    pub stats: Vec<Stat>,
    /// Who is on duty now, in a sentence; empty where that is nobody's to see, or nobody has written it down.
    pub duty: String,
    /// Its views.
    pub tabs: Vec<Tab>,
    /// What narrows it.
    pub filters: Filters,
    /// Filters that were saved.
    pub saved: SavedFilters,
    /// The form by which the columns are chosen.
    pub columns: ColumnsView,
    /// Which are shown.
    pub shown: ShownOfQueue,
    /// Heads of the columns.
    pub heads: Vec<Head>,
    /// The escalations of the view.
    pub rows: Vec<QueueRow>,
    /// What can be done with several of them; none where the reader does nothing with them.
    pub acts: Option<ActBar>,
    /// How many there are in it.
    pub total: String,
    /// To the next page.
    pub pager: Pager,
}

/// Which columns are shown besides the one that names the escalation.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ShownOfQueue {
    /// The rank.
    pub rank: bool,
    /// The reason.
    pub reason: bool,
    /// The owner.
    pub owner: bool,
    /// When it was submitted.
    pub submitted_at: bool,
    /// What is due next.
    pub next: bool,
    /// The state.
    pub state: bool,
}

impl ShownOfQueue {
    /// Those of the columns.
    pub fn of(columns: &Columns) -> Self {
        Self {
            rank: columns.shows("rank"),
            reason: columns.shows("reason"),
            owner: columns.shows("owner"),
            submitted_at: columns.shows("submitted_at"),
            next: columns.shows("next"),
            state: columns.shows("state"),
        }
    }
}

/// A figure with its name.
#[derive(Clone, Debug, Serialize)]
pub struct Stat {
    /// How many.
    pub value: usize,
    /// Of what.
    pub label: String,
    /// How it looks.
    pub tone: Tone,
}

/// One escalation of the queue.
#[derive(Clone, Debug, Serialize)]
pub struct QueueRow {
    /// 1 to 5, once it is accepted.
    pub rank: Option<u8>,
    /// `E-000045`.
    pub number: String,
    /// Its page.
    pub href: String,
    /// The case's subject.
    pub subject: String,
    /// The customer's name.
    pub organization: String,
    /// The reason's label.
    pub reason: String,
    /// Its owner, if it has one.
    pub owner: Option<String>,
    /// What is due next, or since when it waits.
    pub next: Option<DueView>,
    /// Its state.
    pub state: State,
    /// When it was submitted.
    pub submitted_at: Instant,
    /// Its version, with which it is ticked.
    pub version: i64,
}

/// A view of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// All active ones by rank, first those that have none yet (M6).
    #[default]
    Active,
    /// The same, the next due first.
    Due,
    /// Those nobody has claimed.
    Unclaimed,
    /// Those of the reader.
    Mine,
    /// Those in review.
    InReview,
    /// Those that are final.
    Closed,
    /// Those that are asked for by what they are, such as what a report counts; it has no tab.
    Found,
}

impl View {
    /// All views, in the order of their tabs.
    pub const ALL: [Self; 6] = [
        Self::Active,
        Self::Due,
        Self::Unclaimed,
        Self::Mine,
        Self::InReview,
        Self::Closed,
    ];
    /// Their names in addresses, and members of the family `queue-view`.
    pub const NAMES: [&str; 6] = ["active", "due", "unclaimed", "mine", "in_review", "closed"];

    /// The view's name.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[Self::ALL
            .iter()
            .position(|view| *view == self)
            .unwrap_or_default()]
    }

    /// The view of that name; anything else is the first.
    pub fn named(name: &str) -> Self {
        let index = Self::NAMES.iter().position(|known| *known == name);
        Self::ALL[index.unwrap_or_default()]
    }

    /// The tabs, this view the current one. `counts` are in the order of [`View::ALL`].
    pub fn tabs(self, words: &Catalogue, counts: [Option<usize>; 6]) -> Vec<Tab> {
        let tab = |(view, count): (Self, Option<usize>)| Tab {
            label: words.say_of("queue-view", view.as_str(), &[]),
            href: format!("/escalations?view={}", view.as_str()),
            count,
            current: view == self,
        };
        Self::ALL.into_iter().zip(counts).map(tab).collect()
    }
}
