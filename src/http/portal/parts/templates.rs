//! Answers that are written already, where one writes.

use serde::Serialize;

use crate::http::portal::form::Choice;

/// The templates that are offered beside a text.
#[derive(Clone, Debug, Serialize)]
pub struct TemplateChoices {
    /// Unique on the page.
    pub id: String,
    /// The id of the text that they are put into.
    pub into: String,
    /// Where a script asks for them, filled in.
    pub href: String,
    /// Which there are.
    pub choices: Vec<Choice>,
    /// What is not filled in in the text; empty for nothing.
    pub told: String,
}
