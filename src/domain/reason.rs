//! Escalation reasons: what an escalation can be about, the rule that governs it, and what its form asks (section 3).

mod answers;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::closed_enum;
pub use answers::{Answer, AnswerError, AnswerProblem, Answers, PromisedDate, check_answers};

closed_enum! {
    /// The rule that governs a reason.
    pub enum Governance {
        /// A stale case (E7).
        Staleness = "staleness",
        /// An overdue root cause analysis (E6).
        RcaWindow = "rca_window",
        /// A missed promise (E8).
        Commitment = "commitment",
        /// Never eligible: it is done another way (E5).
        Never = "never",
    }
}

closed_enum! {
    /// How a question is answered.
    pub enum QuestionKind {
        /// In words.
        Text = "text",
        /// By ticking it; a required one must be ticked.
        Confirm = "confirm",
        /// With a date or an instant.
        Date = "date",
    }
}

/// A question that the form asks once its reason is selected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Question {
    /// Stable name; the key of its answer.
    pub code: String,
    /// What people read.
    pub label: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// Whether it must be answered.
    pub required: bool,
}

/// The code of a reason or of one of its questions: 1 to 63 small letters, digits and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReasonCode(String);

/// A text that is no [`ReasonCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code is made of small letters, digits and underscores, at most 63")]
pub struct MalformedCode;

impl ReasonCode {
    /// The most characters it may have.
    pub const MAX: usize = 63;

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReasonCode {
    type Err = MalformedCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        match (1..=Self::MAX).contains(&text.len()) && text.bytes().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(MalformedCode),
        }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl utoipa::PartialSchema for ReasonCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "The code of an escalation reason or of one of its questions.",
            ))
            .pattern(Some("^[a-z0-9_]{1,63}$"))
            .into()
    }
}

impl utoipa::ToSchema for ReasonCode {}

/// What an escalation can be about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = EscalationReason)]
pub struct Reason {
    /// Stable name.
    pub code: String,
    /// What people read.
    pub label: String,
    /// The rule that governs it.
    pub governed_by: Governance,
    /// What the form asks.
    pub questions: Vec<Question>,
}

impl Reason {
    /// The question of that code.
    pub fn question(&self, code: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.code == code)
    }
}

/// The reasons that an installation starts with.
pub fn installed() -> Vec<Reason> {
    use QuestionKind::{Confirm, Date, Text};
    let impact = || required("business_impact", "Business impact", Text);
    vec![
        reason(
            "no_update",
            "No recent update",
            Governance::Staleness,
            vec![
                impact(),
                required("ongoing", "The impact is ongoing", Confirm),
            ],
        ),
        reason(
            "no_progress",
            "Unsatisfactory progress or handling",
            Governance::Staleness,
            vec![
                required("expected", "What was expected by when", Text),
                impact(),
            ],
        ),
        reason(
            "missed_commitment",
            "An agreed date was missed",
            Governance::Commitment,
            vec![
                required("commitment", "Which promised next step or date", Text),
                optional("promised_for", "Promised for", Date),
            ],
        ),
        reason(
            "rca_overdue",
            "Root cause analysis overdue",
            Governance::RcaWindow,
            vec![required(
                "must_answer",
                "What the analysis must answer",
                Text,
            )],
        ),
        reason(
            "urgency_or_impact_change",
            "Urgency or impact has changed",
            Governance::Never,
            vec![],
        ),
    ]
}

fn reason(code: &str, label: &str, governed_by: Governance, questions: Vec<Question>) -> Reason {
    Reason {
        code: code.to_owned(),
        label: label.to_owned(),
        governed_by,
        questions,
    }
}

fn required(code: &str, label: &str, kind: QuestionKind) -> Question {
    Question {
        code: code.to_owned(),
        label: label.to_owned(),
        kind,
        required: true,
    }
}

fn optional(code: &str, label: &str, kind: QuestionKind) -> Question {
    Question {
        required: false,
        ..required(code, label, kind)
    }
}

#[cfg(test)]
mod tests;
