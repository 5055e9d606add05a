//! The catalogue of everything a person reads (F8): pages, mails, findings and problems name a message and
//! give its arguments; the sentence itself is in `templates/messages/<language>.ftl`.
//!
//! A message is named either whole (`say("case-close-title", …)`) or as the member of a family, for values that
//! come from a closed enum (`say_of("status", "in_progress", …)` is the message `status-in-progress`). A test
//! reads the sources and the templates and checks that every message named exists, that none is left over and
//! that every argument is given.

pub mod assessment;
pub mod audit;
pub mod files;
pub mod guide;
pub mod home;
pub mod languages;
pub mod markdown;
pub mod marks;
pub mod time;

#[cfg(test)]
mod catalogue_test;
#[cfg(test)]
mod families;
#[cfg(test)]
mod translated_test;

use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::{FluentNumber, FluentNumberOptions};
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue as Value;
pub use languages::Languages;

use crate::domain::language::Language;

/// The file of a language and what stands in it. The English one is also the list of all messages there are.
const fn messages_of(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => ("en.ftl", include_str!("../../templates/messages/en.ftl")),
        Language::German => ("de.ftl", include_str!("../../templates/messages/de.ftl")),
    }
}

/// A catalogue of messages in one language. Cheap to clone; shared by all threads.
#[derive(Clone)]
pub struct Catalogue {
    bundle: Arc<FluentBundle<FluentResource>>,
    language: Language,
    support_phone: Option<String>,
}

/// Why a catalogue cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WordsError {
    /// The file does not parse.
    #[error("the message catalogue {file} does not parse: {why}")]
    Syntax {
        /// The file, as in `templates/messages`.
        file: &'static str,
        /// What the parser met, with positions.
        why: String,
    },
    /// Two messages bear one name.
    #[error("the message catalogue {file} names a message twice: {why}")]
    Twice {
        /// The file, as in `templates/messages`.
        file: &'static str,
        /// The messages.
        why: String,
    },
}

impl Catalogue {
    /// Reads the embedded English catalogue.
    ///
    /// # Errors
    /// When the file does not parse or names a message twice; both are mistakes of the build, which stop the start.
    pub fn load() -> Result<Self, WordsError> {
        Self::of(Language::English)
    }

    /// Reads the embedded catalogue of a language.
    ///
    /// # Errors
    /// As for [`Catalogue::load`].
    pub fn of(language: Language) -> Result<Self, WordsError> {
        let (file, messages) = messages_of(language);
        let resource = FluentResource::try_new(messages.to_owned()).map_err(|(_, errors)| {
            let why = errors.iter().map(ToString::to_string).collect::<Vec<_>>();
            WordsError::Syntax {
                file,
                why: why.join("; "),
            }
        })?;
        let locale = language
            .as_str()
            .parse::<LanguageIdentifier>()
            .map_err(|error| WordsError::Syntax {
                file,
                why: error.to_string(),
            })?;
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks that isolate directions would end up in subjects, attributes and copied text.
        bundle.set_use_isolating(false);
        if language == Language::German {
            bundle.set_formatter(Some(|value, _| german_number(value)));
        }
        bundle.add_resource(resource).map_err(|errors| {
            let why = errors.iter().map(ToString::to_string).collect::<Vec<_>>();
            WordsError::Twice {
                file,
                why: why.join("; "),
            }
        })?;
        Ok(Self {
            bundle: Arc::new(bundle),
            language,
            support_phone: None,
        })
    }

    /// The same with the number that contacts call (C5), where the installation has one.
    #[must_use]
    pub fn with_support_phone(self, support_phone: Option<String>) -> Self {
        Self {
            support_phone,
            ..self
        }
    }

    /// The number that contacts call (C5), or words that stand for it where none is set.
    pub fn support_phone(&self) -> String {
        match &self.support_phone {
            Some(phone) => phone.clone(),
            None => self.say("support-phone-unset", &[]),
        }
    }

    /// Its language; the tag is for `lang` attributes and `Content-Language`.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The message `key` with its arguments in place.
    ///
    /// A message that does not exist is answered by its name and logged: a page with one odd word is better than none.
    /// Text arguments go in as they are; escaping is the renderer's affair.
    pub fn say(&self, key: &str, args: &[(&str, Value<'_>)]) -> String {
        let Some(pattern) = self
            .bundle
            .get_message(key)
            .and_then(|message| message.value())
        else {
            debug_assert!(false, "no message {key}");
            tracing::error!(words.key = key, "no such message");
            return key.to_owned();
        };
        let mut given = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            given.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&given), &mut errors)
            .into_owned();
        if !errors.is_empty() {
            debug_assert!(false, "message {key}: {errors:?}");
            tracing::error!(words.key = key, words.errors = ?errors, "message not complete");
        }
        text
    }

    /// The message of `member` in a `family`: `say_of("status", "in_progress", &[])` is `status-in-progress`.
    pub fn say_of(&self, family: &str, member: &str, args: &[(&str, Value<'_>)]) -> String {
        self.say(&family_key(family, member), args)
    }

    /// Whether the catalogue has the message `key`.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue")
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// A number with two decimals, to be written as in the reader's language.
pub fn two_decimals(number: f64) -> Value<'static> {
    let options = FluentNumberOptions {
        minimum_fraction_digits: Some(2),
        ..FluentNumberOptions::default()
    };
    Value::Number(FluentNumber::new((number * 100.0).round() / 100.0, options))
}

/// A number as German writes it: `1.234`, `0,5`. English numbers of a catalogue are written plainly.
fn german_number(value: &Value<'_>) -> Option<String> {
    let Value::Number(number) = value else {
        return None;
    };
    let plain = number.as_string();
    let (sign, plain) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain.as_ref()),
    };
    let (whole, part) = match plain.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (plain, None),
    };
    let mut written = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            written.push('.');
        }
        written.push(digit);
    }
    if let Some(part) = part {
        written.push(',');
        written.push_str(part);
    }
    Some(written)
}

/// The name of a family's message: codes are written with underscores and dots, message names with hyphens.
pub(crate) fn family_key(family: &str, member: &str) -> String {
    let mut key = String::with_capacity(family.len() + 1 + member.len());
    key.push_str(family);
    key.push('-');
    key.extend(member.chars().map(|of_code| match of_code {
        '_' | ':' | '.' => '-',
        other => other,
    }));
    key
}
