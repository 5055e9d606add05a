//! The questions of a reason: objects in JSON, and rows of fields in a form.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use crate::domain::reason::{Question, QuestionKind, ReasonCode};
use crate::domain::text::Title;
use crate::input::{At, Errors, Fault, Field, input};

/// Questions, each of another code: two of one could not be answered apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions(Vec<Question>);

input! {
    /// What the form asks once its reason is selected.
    pub struct AskedQuestion {
        /// Stable name; the key of its answer.
        code: ReasonCode,
        /// What people read.
        label: Title,
        /// How it is answered.
        kind: QuestionKind,
        /// Whether it must be answered; no if not given.
        required: Option<bool>,
    }
}

impl Questions {
    /// The questions, in order.
    pub fn as_slice(&self) -> &[Question] {
        &self.0
    }
}

impl Field for Questions {
    const MOST_BYTES: usize = Vec::<AskedQuestion>::MOST_BYTES;

    fn blank() -> Option<Self> {
        Some(Self::default())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let asked = Vec::<AskedQuestion>::read(value, at, errors)?;
        let mut questions: Vec<Question> = Vec::new();
        let mut is_doubled = false;
        for (index, asked) in asked.iter().enumerate() {
            let code = asked.code.as_str();
            if questions.iter().any(|question| question.code == code) {
                let place = at.index(index);
                errors.refuse::<()>(
                    &place.name(AskedQuestion::code().name),
                    Fault::new("given_twice"),
                );
                is_doubled = true;
            }
            questions.push(Question {
                code: code.to_owned(),
                label: asked.label.to_string(),
                kind: asked.kind,
                required: asked.required.unwrap_or(false),
            });
        }
        (!is_doubled).then_some(Self(questions))
    }

    fn schema() -> RefOr<Schema> {
        Vec::<AskedQuestion>::schema()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Vec::<AskedQuestion>::schemas(schemas);
    }
}
