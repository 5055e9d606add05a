//! What was submitted with an escalation, and what became of it.

use serde::Serialize;

use super::PersonView;
use crate::domain::Instant;

/// What was submitted, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct RequestView {
    /// Its id on the page.
    pub id: String,
    /// The reason's label.
    pub reason: String,
    /// Who submitted it.
    pub by: PersonView,
    /// When.
    pub at: Instant,
    /// What its questions were answered.
    pub answers: Vec<AnswerView>,
    /// The details, Markdown.
    pub details: String,
    /// What was acknowledged, as sentences.
    pub acknowledged: Vec<String>,
    /// Decline reasons, outcome, summary.
    pub verdict: Option<VerdictView>,
    /// The rating.
    pub rating: Option<RatingView>,
}

/// A question and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerView {
    /// What was asked.
    pub label: String,
    /// What was answered, in words.
    pub text: String,
}

/// What became of an escalation.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictView {
    /// "Declined", "Closed: solved".
    pub title: String,
    /// The reasons, as sentences.
    pub lines: Vec<String>,
    /// The summary, Markdown; may be empty.
    pub words: String,
}

/// How the requester rated it (M11).
#[derive(Clone, Debug, Serialize)]
pub struct RatingView {
    /// 1 to 5.
    pub score: u8,
    /// May be empty.
    pub comment: String,
}
