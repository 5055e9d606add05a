//! Texts that people write, parsed once at the edge: what is inside one of these types is trimmed, not empty, not too
//! long, and holds nothing that a page, a mail header or a terminal could take for anything but text.

mod address;
mod form;
mod naming;
mod phone;
pub mod search;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

pub use form::Form;
pub use naming::{folded, in_order, mentions, person_sort_key, sort_key, tidy};

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing to read is left of it.
    #[error("nothing was written")]
    Empty,
    /// It has more than `max` characters.
    #[error("longer than {max} characters")]
    TooLong {
        /// The most characters it may have.
        max: usize,
    },
    /// It holds a character that controls rather than shows: a control character, a line break where one line is
    /// asked for, or an override of the writing direction, which can make a text read as another.
    #[error("character {position} is a control character")]
    ControlCharacter {
        /// Which character of the text as it was given, counted from 1.
        position: usize,
    },
    /// It does not have the form asked for.
    #[error("{}", .why.on_command_line())]
    Malformed {
        /// What the form asks for.
        why: Form,
    },
}

impl TextError {
    /// The stable code of a field error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter { .. } => "control_character",
            Self::Malformed { .. } => "malformed",
        }
    }
}

macro_rules! text_types {
    ($( $(#[doc = $doc:expr])+ $name:ident, $max:expr, $parse:expr; )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters it may have.
            pub const MAX: usize = $max;

            /// Takes what somebody wrote, trimmed; see [`TextError`] for what is refused.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let parse: fn(&str, usize) -> Result<String, TextError> = $parse;
                parse(text, Self::MAX).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&<Cow<'de, str>>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc, "\n"),+).trim()))
                    .min_length(Some(1))
                    .max_length(Some(Self::MAX))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

text_types! {
    /// A case's subject: one line.
    Subject, 200, one_line;
    /// Words in Markdown, as their author typed them; several lines.
    Markdown, 50_000, pasted_lines;
    /// Plain words: a reason, a note, an answer; several lines.
    Note, 5_000, pasted_lines;
    /// What an article is about: one line.
    Summary, 300, one_line;
    /// The name of a thing, a channel, or whom one spoke with: one line.
    Title, 100, one_line;
    /// A person's first or last name: one line.
    PersonName, 80, one_line;
    /// An e-mail address in lower case.
    EmailAddress, 254, address::email;
    /// A short name for addresses: small letters, digits and inner hyphens.
    Slug, 63, address::slug;
    /// The query of a list's page, such as `status=open&owner=me`: one line.
    FilterQuery, 1_000, one_line;
    /// A telephone number, such as `+49 30 555 0100`.
    PhoneNumber, 40, phone::number;
    /// Where people come together: a place, or a link: one line.
    PlaceOrLink, 500, one_line;
    /// A link to a page elsewhere, which begins with `https://`.
    WebLink, 2_000, address::web_link;
}

fn one_line(text: &str, max: usize) -> Result<String, TextError> {
    let first = leading_space(text);
    for (index, character) in text.trim().chars().enumerate() {
        if controls(character) || breaks_lines(character) {
            return Err(TextError::ControlCharacter {
                position: first + index + 1,
            });
        }
    }
    measured(text.trim().to_owned(), max)
}

/// Lines as they are pasted from a terminal or a document: what shows nothing there, such as colours and page breaks, is left
/// out. What would let a text read as another is refused all the same.
fn pasted_lines(text: &str, max: usize) -> Result<String, TextError> {
    if !text.chars().any(is_invisible) {
        return lines(text, max);
    }
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{b}' | '\u{c}' | '\u{85}' => shown.push('\n'),
            // A sequence that colours what follows, or moves the cursor (ECMA-48).
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                while characters
                    .next_if(|next| matches!(next, ' '..='?'))
                    .is_some()
                {}
                characters.next_if(|next| matches!(next, '@'..='~'));
            }
            other if is_invisible(other) => {}
            other => shown.push(other),
        }
    }
    lines(&shown, max)
}

/// Control characters that lines do not have.
fn is_invisible(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}

fn lines(text: &str, max: usize) -> Result<String, TextError> {
    let first = leading_space(text);
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.trim().chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        match character {
            // The newline that follows speaks for both.
            '\r' if characters.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\t' => clean.push('\t'),
            other if controls(other) => {
                return Err(TextError::ControlCharacter {
                    position: first + index + 1,
                });
            }
            other => clean.push(other),
        }
    }
    measured(clean, max)
}

/// How many characters [`str::trim`] takes from the start.
fn leading_space(text: &str) -> usize {
    text.chars()
        .take_while(|character| character.is_whitespace())
        .count()
}

/// Control characters, and the overrides and isolates of writing direction.
fn controls(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Line breaks that are no control characters by Unicode's reckoning.
fn breaks_lines(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

fn measured(text: String, max: usize) -> Result<String, TextError> {
    if text.chars().all(shows_nothing) {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    Ok(text)
}

/// Characters that leave no mark on a page: a name made of them alone would be an invisible one.
fn shows_nothing(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
                | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests;
