//! A verb that asks for something before it is done.

use serde::Serialize;

use super::TemplateChoices;
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
    /// Answers that are written already.
    pub templates: Option<TemplateChoices>,
}

/// Importance and urgency, picked together, and the ranks of all their pairs (M6).
#[derive(Clone, Debug, Serialize)]
pub struct Ranking {
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
    /// One choice an urgency, called by its rank. All rows are one field.
    pub control: Control,
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
