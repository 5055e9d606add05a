//! Text templates: answers that are written once and filled in where they are used.
//!
//! A template names fields, such as `{{case.number}}`. It is read once, and what is put in is never read again: a customer's
//! subject that looks like a field stays what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::domain::closed_enum;
use crate::domain::text::{Markdown, TextError};

closed_enum! {
    /// Where a template is offered.
    pub enum Purpose as "TemplatePurpose" {
        /// An answer in the case feed.
        Reply = "reply",
        /// An answer in an escalation's feed.
        EscalationReply = "escalation_reply",
        /// The reply of whoever accepts an escalation.
        Accept = "accept",
        /// The reply of whoever declines one.
        Decline = "decline",
    }
}

impl Purpose {
    /// Whether it is about an escalation, so that its facts are at hand.
    pub const fn is_about_escalation(self) -> bool {
        !matches!(self, Self::Reply)
    }
}

closed_enum! {
    /// What a template can name.
    pub enum TemplateField {
        /// The case's number.
        CaseNumber = "case.number",
        /// The case's subject.
        CaseSubject = "case.subject",
        /// The case's name in the system that it was imported from.
        CaseExternalId = "case.external_id",
        /// The customer whose case it is.
        CustomerName = "customer.name",
        /// The first name of whoever is written to: who asked for the escalation, or the contact of the case.
        ContactFirstName = "contact.first_name",
        /// The same person's whole name.
        ContactName = "contact.name",
        /// The organization that this person belongs to; where a partner works for a customer, the partner.
        OrganizationName = "organization.name",
        /// The owner of the escalation, or of the case.
        OwnerName = "owner.name",
        /// The escalation's number.
        EscalationNumber = "escalation.number",
        /// By when the next promised step is due, in the customer's zone.
        NextStepBy = "next_step.by",
        /// Whoever writes.
        WriterName = "writer.name",
    }
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// It is no text at all.
    #[error(transparent)]
    Text(#[from] TextError),
    /// It names a field that there is not.
    #[error("character {position}: there is no field “{name}”")]
    UnknownField {
        /// Where the field begins: which character, counted from 1.
        position: usize,
        /// What it names.
        name: String,
    },
    /// A field begins and does not end.
    #[error("character {position}: “{{{{” without “}}}}”")]
    Unclosed {
        /// Where it begins: which character, counted from 1.
        position: usize,
    },
}

/// A text with fields, in Markdown. Every field that it names exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Markdown);

impl Template {
    /// The most characters that it has.
    pub const MAX: usize = 10_000;

    /// The text, with its fields.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = Markdown::parse(text)?;
        if text.as_str().chars().count() > Self::MAX {
            return Err(TextError::TooLong { max: Self::MAX }.into());
        }
        for piece in pieces(text.as_str()) {
            piece?;
        }
        Ok(Self(text))
    }
}

impl utoipa::PartialSchema for Template {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let fields = TemplateField::NAMES.join(", ");
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(format!(
                "Markdown with fields such as `{{{{case.number}}}}`. The fields are: {fields}."
            )))
            .min_length(Some(1))
            .max_length(Some(Self::MAX))
            .into()
    }
}

impl utoipa::ToSchema for Template {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("TemplateText")
    }
}

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'t> {
    /// Words, as they are.
    Words(&'t str),
    /// A field, and how it is written.
    Field(TemplateField, &'t str),
}

const OPENS: &str = "{{";
const CLOSES: &str = "}}";

/// The parts of a text, in order. After a part that is wrong there is none.
fn pieces(text: &str) -> Vec<Result<Piece<'_>, TemplateError>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((words, behind)) = rest.split_once(OPENS) {
        let before = text.len() - rest.len() + words.len();
        let position = text[..before].chars().count() + 1;
        if !words.is_empty() {
            pieces.push(Ok(Piece::Words(words)));
        }
        let Some((name, after)) = behind.split_once(CLOSES) else {
            pieces.push(Err(TemplateError::Unclosed { position }));
            return pieces;
        };
        let written = &text[before..text.len() - after.len()];
        let Ok(field) = name.trim().parse::<TemplateField>() else {
            let name = name.trim().chars().take(LONGEST_SHOWN).collect();
            pieces.push(Err(TemplateError::UnknownField { position, name }));
            return pieces;
        };
        pieces.push(Ok(Piece::Field(field, written)));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Ok(Piece::Words(rest)));
    }
    pieces
}

/// The most characters that are shown of a field that there is not.
const LONGEST_SHOWN: usize = 60;

/// What the fields are put in as; a field without a value is missing.
pub type Values = BTreeMap<TemplateField, String>;

/// A template that was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The text. What is missing stands in it as the template has it, for whoever writes to see.
    pub text: String,
    /// The fields for which there was nothing to put in.
    pub missing: BTreeSet<TemplateField>,
}

/// Fills in a template: each of its fields by its value. Values are put in as they are, and are not looked at for fields.
///
/// A text that is no template, which rows do not have, is given back as it is.
pub fn fill(text: &str, values: &Values) -> Filled {
    let mut filled = Filled {
        text: String::with_capacity(text.len()),
        missing: BTreeSet::new(),
    };
    let Ok(pieces) = pieces(text).into_iter().collect::<Result<Vec<_>, _>>() else {
        filled.text.push_str(text);
        return filled;
    };
    for piece in pieces {
        match piece {
            Piece::Words(words) => filled.text.push_str(words),
            Piece::Field(field, written) => match values.get(&field) {
                Some(value) => filled.text.push_str(value),
                None => {
                    filled.text.push_str(written);
                    filled.missing.insert(field);
                }
            },
        }
    }
    filled
}

/// The fields that still stand in a text, not filled in. It may be any text: what names no field is words.
pub fn left_over(text: &str) -> BTreeSet<TemplateField> {
    let named = |behind: &str| {
        let (name, _) = behind.split_once(CLOSES)?;
        name.trim().parse::<TemplateField>().ok()
    };
    text.split(OPENS).skip(1).filter_map(named).collect()
}

#[cfg(test)]
mod tests;
