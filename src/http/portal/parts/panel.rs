//! A verb that asks for something before it is done.

use serde::Serialize;

use crate::http::portal::form::{Control, Form};

/// A verb that asks for something before it is done; shown at the head of the page it belongs to.
#[derive(Clone, Debug, Serialize)]
pub struct Panel {
    /// What is to be done.
    pub title: String,
    /// What it means; may be empty.
    pub intro: String,
    /// What else will happen; may be empty.
    pub warning: String,
    /// Whether it is about the escalation.
    pub bell: bool,
    /// What to fill in.
    pub form: Form,
    /// Where to go instead.
    pub cancel: String,
    /// Importance and urgency with the rank they give.
    pub ranking: Option<Ranking>,
    /// Next steps to promise.
    pub promises: Option<Promises>,
}

/// Importance and urgency, and the ranks of all their pairs (M6).
#[derive(Clone, Debug, Serialize)]
pub struct Ranking {
    /// How important.
    pub importance: Control,
    /// How urgent.
    pub urgency: Control,
    /// Urgencies, as the columns stand.
    pub levels: Vec<&'static str>,
    /// One row an importance.
    pub rows: Vec<RankRow>,
}

/// The ranks of one importance.
#[derive(Clone, Debug, Serialize)]
pub struct RankRow {
    /// The importance.
    pub importance: &'static str,
    /// One cell an urgency.
    pub cells: Vec<RankCell>,
}

/// The rank of one importance and urgency.
#[derive(Clone, Debug, Serialize)]
pub struct RankCell {
    /// The urgency.
    pub urgency: &'static str,
    /// 1 to 5.
    pub rank: u8,
}

/// Rows of next steps to promise.
#[derive(Clone, Debug, Serialize)]
pub struct Promises {
    /// How to fill them in, with the zone of the times.
    pub hint: String,
    /// What is wrong with them; empty when nothing is.
    pub error: String,
    /// What, who and by when of each.
    pub rows: Vec<Vec<Control>>,
}
