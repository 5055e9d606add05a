//! The choice of a language, which is offered wherever somebody's own is.

use super::{Choice, Control};
use crate::domain::language::Language;
use crate::input::Declared;
use crate::words::Catalogue;

/// The languages to choose from, each by its own name, so that whoever reads no other finds theirs. First, none: what the browser
/// asks for.
pub fn language(words: &Catalogue, field: Declared, chosen: Option<Language>) -> Control {
    let own = |language: &Language| {
        let tag = language.as_str();
        Choice::new(tag, words.say_of("language", tag, &[]))
    };
    let browsers = Choice::new("", words.say("language-browser", &[]));
    let choices = std::iter::once(browsers).chain(Language::ALL.iter().map(own));
    Control::of(field, words.say_of("label", "language", &[]))
        .choices(choices.collect())
        .value(chosen.map(Language::as_str).unwrap_or_default())
}
