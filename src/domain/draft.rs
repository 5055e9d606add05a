//! Drafts: what somebody has begun to write, kept until it is sent, so that it is there after a crash, on another machine, or
//! once a session has ended. Each has a place, and is its writer's alone.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::ids::{CaseRef, EscalationRef, MalformedId, NextStepId};
use super::text::{Markdown, TextError};
use crate::domain::closed_enum;

/// How many drafts one person keeps where they act. Of more, those go that were not written on for the longest time.
pub const MOST_DRAFTS: usize = 50;

/// How long a draft is kept that nobody writes on.
pub const KEPT_FOR: TimeDelta = TimeDelta::weeks(6);

closed_enum! {
    /// What is written on a case.
    pub enum OnCase as "DraftOnCase" {
        /// An entry of its feed.
        Feed = "feed",
        /// The details of an escalation's request.
        Escalate = "escalate",
        /// The root cause analysis.
        Rca = "rca",
        /// A next step that is promised on it.
        Promise = "promise",
    }
}

closed_enum! {
    /// What is written on an escalation.
    pub enum OnEscalation as "DraftOnEscalation" {
        /// An entry of its feed.
        Feed = "feed",
        /// The answer that accepts it.
        Accept = "accept",
        /// The answer that declines it.
        Decline = "decline",
        /// The outcome that closes it.
        Close = "close",
        /// A next step that is promised on it.
        Promise = "promise",
    }
}

/// Where something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftPlace {
    /// The description of a case that is not opened yet.
    NewCase,
    /// On a case.
    Case(CaseRef, OnCase),
    /// On an escalation.
    Escalation(EscalationRef, OnEscalation),
    /// The new date of a next step, and its reason.
    Step(NextStepId),
}

/// What the place is called of a case that is not opened yet.
const NEW_CASE: &str = "new-case";
/// What stands before a case and an escalation.
const CASE: &str = "case";
const ESCALATION: &str = "escalation";
/// What stands before a next step.
const STEP: &str = "step";

/// As it stands in addresses and rows: `case:C-000123:feed`.
impl fmt::Display for DraftPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewCase => f.write_str(NEW_CASE),
            Self::Case(case, what) => write!(f, "{CASE}:{case}:{what}"),
            Self::Escalation(escalation, what) => write!(f, "{ESCALATION}:{escalation}:{what}"),
            Self::Step(step) => write!(f, "{STEP}:{step}"),
        }
    }
}

impl FromStr for DraftPlace {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || MalformedId(text.to_owned());
        if text == NEW_CASE {
            return Ok(Self::NewCase);
        }
        if let Some((STEP, step)) = text.split_once(':') {
            return Ok(Self::Step(step.parse()?));
        }
        let mut parts = text.splitn(3, ':');
        let (Some(of), Some(thing), Some(what)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        match of {
            CASE => Ok(Self::Case(
                thing.parse()?,
                what.parse().map_err(|_| malformed())?,
            )),
            ESCALATION => Ok(Self::Escalation(
                thing.parse()?,
                what.parse().map_err(|_| malformed())?,
            )),
            _ => Err(malformed()),
        }
    }
}

/// What stands in a form besides the words that it is about: texts, as they are sent, by the names of its fields. Nothing of
/// it is read before the form is sent, so that half a date is kept as well as a whole one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormFields(BTreeMap<String, Markdown>);

/// Why a field of a form is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormFieldError {
    /// No field of a form is called so.
    Name,
    /// There are [`FormFields::MOST`] already.
    TooMany,
    /// All of them together are longer than [`FormFields::LONGEST`].
    TooLong,
    /// The text cannot be kept.
    Text(TextError),
}

impl FormFieldError {
    /// Whether it is a fault of all fields together, and not of one.
    pub const fn is_of_all(&self) -> bool {
        matches!(self, Self::TooMany | Self::TooLong)
    }
}

impl FormFields {
    /// How many fields are kept of one form.
    pub const MOST: usize = 120;
    /// The most characters of the name of a field.
    pub const LONGEST_NAME: usize = 100;
    /// The most characters of all texts together.
    pub const LONGEST: usize = 40_000;

    /// Adds the field `name`; one in which nothing is written is none.
    ///
    /// # Errors
    /// See [`FormFieldError`].
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), FormFieldError> {
        let is_name = (1..=Self::LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_name {
            return Err(FormFieldError::Name);
        }
        let text = match Markdown::parse(text) {
            Ok(text) => text,
            Err(TextError::Empty) => return Ok(()),
            Err(error) => return Err(FormFieldError::Text(error)),
        };
        if self.0.len() == Self::MOST {
            return Err(FormFieldError::TooMany);
        }
        let length = |text: &Markdown| text.as_str().chars().count();
        if self.0.values().map(length).sum::<usize>() + length(&text) > Self::LONGEST {
            return Err(FormFieldError::TooLong);
        }
        self.0.insert(name.to_owned(), text);
        Ok(())
    }

    /// Whether nothing stands in any of them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and texts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Whether one of them says these words, and no others.
    pub fn has(&self, words: &str) -> bool {
        self.0.values().any(|text| text.as_str() == words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in [
            "new-case",
            "case:C-000123:feed",
            "case:C-000001:escalate",
            "case:C-000001:rca",
            "escalation:E-000045:feed",
            "escalation:E-000045:accept",
            "escalation:0190163d-8694-739b-aea5-966c26f8ad91:decline",
            "escalation:E-000045:close",
            "escalation:E-000045:promise",
            "case:C-000001:promise",
            "step:0190163d-8694-739b-aea5-966c26f8ad91",
        ] {
            let place: DraftPlace = text.parse().expect(text);
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "case",
            "case:C-000123",
            "case:E-000123:feed",
            "case:C-000123:accept",
            "escalation:E-000045:rca",
            "case:C-000123:feed:more",
            "people:C-000123:feed",
            "step:C-000123",
            "step",
        ] {
            assert!(text.parse::<DraftPlace>().is_err(), "{text}");
        }
    }

    fn fields(given: &[(&str, &str)]) -> FormFields {
        let mut fields = FormFields::default();
        for (name, text) in given {
            fields.add(name, text).expect("kept");
        }
        fields
    }

    #[test]
    fn what_nobody_wrote_in_is_no_field() {
        let kept = fields(&[
            ("importance", "high"),
            ("urgency", "  "),
            ("reply", "a\r\nb"),
        ]);
        let all: Vec<_> = kept.iter().collect();
        assert_eq!(all, [("importance", "high"), ("reply", "a\nb")]);
        assert!(fields(&[("who", "")]).is_empty());
    }

    #[test]
    fn words_are_found_in_whichever_field_they_are() {
        let kept = fields(&[("summary", "The pin is 1234.")]);
        assert!(kept.has("The pin is 1234."));
        assert!(!kept.has("The pin"));
    }

    #[test]
    fn a_form_is_no_store() {
        let mut kept = FormFields::default();
        let long = "x".repeat(FormFields::LONGEST);
        let too_long = Err(FormFieldError::TooLong);
        assert_eq!(kept.add("a", &format!("{long}x")), too_long);
        assert_eq!(kept.add("a", &long), Ok(()));
        assert_eq!(kept.add("b", "x"), too_long);
        assert_eq!(kept.add("", "x"), Err(FormFieldError::Name));
        let name = "n".repeat(FormFields::LONGEST_NAME + 1);
        assert_eq!(kept.add(&name, "x"), Err(FormFieldError::Name));
        assert_eq!(kept.add("a b", "x"), Err(FormFieldError::Name));
        let many = (0..FormFields::MOST).map(|index| (format!("f{index}"), "x"));
        let mut full = FormFields::default();
        for (name, text) in many {
            assert_eq!(full.add(&name, text), Ok(()));
        }
        assert_eq!(full.add("more", "x"), Err(FormFieldError::TooMany));
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let kept = fields(&[("next_steps[0].what", "Call back"), ("reasons.other", "on")]);
        let text = serde_json::to_string(&kept).expect("JSON");
        assert_eq!(
            serde_json::from_str::<FormFields>(&text).expect("JSON"),
            kept
        );
    }
}
