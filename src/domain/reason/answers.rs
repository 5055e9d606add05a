//! Answers to a reason's questions, checked against what it asks.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use thiserror::Error;

use super::{Question, QuestionKind, Reason};
use crate::domain::calendar::day_end;
use crate::domain::text::{Note, TextError};
use crate::domain::{Instant, kept};

/// A promised date as somebody gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromisedDate {
    /// A day: `2026-03-04`.
    Day(NaiveDate),
    /// An instant: `2026-03-04T10:00:00Z`.
    Instant(Instant),
}

impl PromisedDate {
    /// The instant from which the date has passed: for a day, its end in the zone `tz`.
    pub fn due_at(&self, tz: Tz) -> Instant {
        match self {
            Self::Day(day) => day_end(tz, *day),
            Self::Instant(at) => *at,
        }
    }
}

impl fmt::Display for PromisedDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Instant(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

impl FromStr for PromisedDate {
    type Err = AnswerProblem;

    /// Takes `YYYY-MM-DD` or RFC 3339 with an offset, in years of four digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let four_digits = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
        if text.len() == "2026-03-04".len() && four_digits {
            return text
                .parse()
                .map(Self::Day)
                .map_err(|_| AnswerProblem::NotADate);
        }
        DateTime::parse_from_rfc3339(text)
            .ok()
            .filter(|_| four_digits)
            .and_then(|at| kept(at.with_timezone(&Utc)))
            .map(Self::Instant)
            .ok_or(AnswerProblem::NotADate)
    }
}

/// The answer to a question. As JSON it is its bare value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Words.
    Text(String),
    /// Ticked or not.
    Confirm(bool),
    /// A date.
    Date(PromisedDate),
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Confirm(ticked) => serializer.serialize_bool(*ticked),
            Self::Date(date) => serializer.collect_str(date),
        }
    }
}

/// Reads a stored answer. Whether a text is a date is told by its form, and only if it reads back the same, so that
/// nothing is ever shown otherwise than it was stored.
impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            Confirm(bool),
            Text(String),
        }
        Ok(match Stored::deserialize(deserializer)? {
            Stored::Confirm(ticked) => Self::Confirm(ticked),
            Stored::Text(text) => match text.parse::<PromisedDate>() {
                Ok(date) if date.to_string() == text => Self::Date(date),
                _ => Self::Text(text),
            },
        })
    }
}

/// The answers of one submission, by question code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, Answer>);

impl Answers {
    /// The answer to a question.
    pub fn get(&self, question: &str) -> Option<&Answer> {
        self.0.get(question)
    }

    /// The date that answers a question, if it is answered with one.
    pub fn date(&self, question: &str) -> Option<PromisedDate> {
        match self.0.get(question) {
            Some(Answer::Date(date)) => Some(*date),
            _ => None,
        }
    }

    /// Every answer, by question code.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.0
            .iter()
            .map(|(question, answer)| (question.as_str(), answer))
    }

    /// Whether nothing is answered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Answer)> for Answers {
    fn from_iter<I: IntoIterator<Item = (String, Answer)>>(answers: I) -> Self {
        Self(answers.into_iter().collect())
    }
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnswerProblem {
    /// A required question is not answered.
    #[error("an answer is required")]
    Missing,
    /// The reason does not ask this.
    #[error("this is not asked")]
    UnknownQuestion,
    /// The value is not of the question's kind.
    #[error("the answer must be {0}")]
    WrongKind(QuestionKind),
    /// A required confirmation is not given.
    #[error("this must be confirmed")]
    MustConfirm,
    /// The text is no date.
    #[error("a date is YYYY-MM-DD, or an RFC 3339 instant")]
    NotADate,
    /// The words were refused.
    #[error(transparent)]
    Text(#[from] TextError),
}

impl AnswerProblem {
    /// The stable code of a field error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::UnknownQuestion => "unknown_question",
            Self::WrongKind(_) => "wrong_kind",
            Self::MustConfirm => "must_confirm",
            Self::NotADate => "not_a_date",
            Self::Text(error) => error.code(),
        }
    }
}

/// An answer that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{question}: {problem}")]
pub struct AnswerError {
    /// The code of the question, as the reason or the submission gives it.
    pub question: String,
    /// What is wrong.
    pub problem: AnswerProblem,
}

impl AnswerError {
    /// The stable code of a field error.
    pub const fn code(&self) -> &'static str {
        self.problem.code()
    }
}

/// Checks the answers of a submission against what its reason asks. `null`, and words that are all white space, are no
/// answer.
///
/// # Errors
/// Everything that is wrong: the asked questions in their order, then what was not asked.
pub fn check_answers(
    reason: &Reason,
    given: &Map<String, Value>,
) -> Result<Answers, Vec<AnswerError>> {
    let mut answers = BTreeMap::new();
    let mut errors = Vec::new();
    for question in &reason.questions {
        match check(question, given.get(&question.code).unwrap_or(&Value::Null)) {
            Ok(Some(answer)) => {
                answers.insert(question.code.clone(), answer);
            }
            Ok(None) => {}
            Err(problem) => errors.push(AnswerError {
                question: question.code.clone(),
                problem,
            }),
        }
    }
    let unknown = given.keys().filter(|code| reason.question(code).is_none());
    errors.extend(unknown.map(|code| AnswerError {
        question: code.clone(),
        problem: AnswerProblem::UnknownQuestion,
    }));
    if errors.is_empty() {
        Ok(Answers(answers))
    } else {
        Err(errors)
    }
}

fn check(question: &Question, given: &Value) -> Result<Option<Answer>, AnswerProblem> {
    let answer = match (question.kind, given) {
        (_, Value::Null) => None,
        (QuestionKind::Text, Value::String(text)) => match Note::parse(text) {
            Err(TextError::Empty) => None,
            parsed => Some(Answer::Text(parsed?.into_string())),
        },
        (QuestionKind::Date, Value::String(text)) if text.trim().is_empty() => None,
        (QuestionKind::Date, Value::String(text)) => Some(Answer::Date(text.trim().parse()?)),
        (QuestionKind::Confirm, Value::Bool(false)) if question.required => {
            return Err(AnswerProblem::MustConfirm);
        }
        (QuestionKind::Confirm, Value::Bool(ticked)) => Some(Answer::Confirm(*ticked)),
        (kind, _) => return Err(AnswerProblem::WrongKind(kind)),
    };
    match (answer, question.kind) {
        (None, QuestionKind::Confirm) if question.required => Err(AnswerProblem::MustConfirm),
        (None, _) if question.required => Err(AnswerProblem::Missing),
        (answer, _) => Ok(answer),
    }
}
