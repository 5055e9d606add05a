//! The questions of a reason: objects in JSON, and a line each in a form.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use crate::domain::reason::{Question, QuestionKind, ReasonCode};
use crate::domain::text::Title;
use crate::input::{At, Errors, Fault, Field, Shape, input, text};

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

    /// Questions as a form has them: `code | kind | required | label`, a line each.
    pub fn lines(questions: &[Question]) -> String {
        let line = |question: &Question| {
            let need = if question.required {
                REQUIRED
            } else {
                OPTIONAL
            };
            let Question {
                code, kind, label, ..
            } = question;
            format!("{code} | {kind} | {need} | {label}")
        };
        let lines: Vec<_> = questions.iter().map(line).collect();
        lines.join("\n")
    }

    /// Reads such lines; gives the number of the first that does not read.
    fn from_lines(text: &str) -> Result<Self, usize> {
        let mut questions: Vec<Question> = Vec::new();
        let lines = text.lines().enumerate();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let question = from_line(line).ok_or(index + 1)?;
            if questions.iter().any(|other| other.code == question.code) {
                return Err(index + 1);
            }
            questions.push(question);
        }
        Ok(Self(questions))
    }
}

const REQUIRED: &str = "required";
const OPTIONAL: &str = "optional";
/// How long the lines of a form may be, in characters.
const LONGEST: usize = 5_000;

fn from_line(line: &str) -> Option<Question> {
    let mut parts = line.splitn(4, '|').map(str::trim);
    let (code, kind, need, label) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Question {
        code: code.parse::<ReasonCode>().ok()?.to_string(),
        kind: kind.parse::<QuestionKind>().ok()?,
        required: match need {
            REQUIRED => true,
            OPTIONAL => false,
            _ => return None,
        },
        label: Title::parse(label).ok()?.into_string(),
    })
}

impl Field for Questions {
    const SHAPE: Shape = Shape::Words(LONGEST);
    const MOST_BYTES: usize = Vec::<AskedQuestion>::MOST_BYTES;

    fn blank() -> Option<Self> {
        Some(Self::default())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        if errors.form_zone().is_some() {
            return match Self::from_lines(text(value, at, errors)?) {
                Ok(questions) => Some(questions),
                Err(line) => errors.refuse(at, Fault::new("malformed_line").with("line", line)),
            };
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason::installed;

    #[test]
    fn questions_are_written_and_read_back() {
        for reason in installed() {
            let lines = Questions::lines(&reason.questions).replace('\n', "\r\n");
            assert_eq!(
                Questions::from_lines(&lines),
                Ok(Questions(reason.questions))
            );
        }
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        let lines = "a | text | required | A\n\nb | text | B";
        assert_eq!(Questions::from_lines(lines), Err(3));
        assert_eq!(Questions::from_lines("a | song | required | A"), Err(1));
        let lines = "a | text | required | A\na | text | optional | Again";
        assert_eq!(Questions::from_lines(lines), Err(2));
    }
}
