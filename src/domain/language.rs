//! The languages in which the desk speaks (F8).

use super::closed_enum;

closed_enum! {
    /// A language in which the desk speaks, by its tag (BCP 47).
    pub enum Language {
        /// English.
        English = "en",
        /// German.
        German = "de",
    }
}

impl Language {
    /// The language of which a tag is: `de-AT` is German. None of a language that the desk does not speak.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        let is = |language: &&Self| language.as_str().eq_ignore_ascii_case(primary);
        Self::ALL.iter().find(is).copied()
    }

    /// What a row keeps of somebody's choice. A language of a later version is none of this one.
    pub fn kept(text: Option<&str>) -> Option<Self> {
        text.and_then(Self::of_tag)
    }
}

/// English is spoken where nobody has said anything else.
impl Default for Language {
    fn default() -> Self {
        Self::English
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_tag_is_of_the_language_that_it_begins_with() {
        for tag in ["de", "de-AT", "DE-ch", "de_DE", "de-Latn-DE-1996"] {
            assert_eq!(Language::of_tag(tag), Some(Language::German), "{tag}");
        }
        for tag in ["", "d", "den", "deu", "fr", "*", "-de"] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
        assert_eq!(Language::of_tag("en-GB"), Some(Language::English));
    }

    #[test]
    fn a_choice_that_is_not_known_is_none() {
        assert_eq!(Language::kept(Some("tlh")), None);
        assert_eq!(Language::kept(None), None);
        assert_eq!(Language::kept(Some("de")), Some(Language::German));
    }
}
