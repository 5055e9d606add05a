//! The catalogues of all languages. Which one somebody reads is found at the edges, where a reader is known.

use std::sync::{Arc, LazyLock};

use super::{Catalogue, WordsError};
use crate::domain::language::Language;

/// A catalogue for each language. Cheap to clone; shared by all threads.
#[derive(Clone, Debug)]
pub struct Languages {
    /// In the order of [`Language::ALL`].
    catalogues: Arc<[Catalogue]>,
}

impl Languages {
    /// The embedded catalogues, which are read once a process.
    ///
    /// # Errors
    /// As for [`Catalogue::load`].
    pub fn load() -> Result<Self, WordsError> {
        static EMBEDDED: LazyLock<Result<Languages, WordsError>> = LazyLock::new(|| {
            let all = Language::ALL.iter().copied().map(Catalogue::of);
            Ok(Languages {
                catalogues: all.collect::<Result<_, _>>()?,
            })
        });
        EMBEDDED.clone()
    }

    /// The same with the number that contacts call (C5), where the installation has one.
    #[must_use]
    pub fn with_support_phone(self, support_phone: Option<&str>) -> Self {
        let all = self.catalogues.iter();
        let with = |words: &Catalogue| {
            words
                .clone()
                .with_support_phone(support_phone.map(str::to_owned))
        };
        Self {
            catalogues: all.map(with).collect(),
        }
    }

    /// The catalogue of a language.
    pub fn of(&self, language: Language) -> &Catalogue {
        &self.catalogues[language as usize]
    }

    /// The English catalogue: what the desk says to nobody in particular, in its rows and on the command line.
    pub fn english(&self) -> &Catalogue {
        self.of(Language::English)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Catalogue> {
        self.catalogues.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_catalogue() {
        let languages = Languages::load().expect("the catalogues");
        for language in Language::ALL {
            assert_eq!(languages.of(*language).language(), *language);
        }
    }

    #[test]
    fn numbers_are_written_as_in_their_language() {
        let languages = Languages::load().expect("the catalogues");
        let said = |language, n: i64| {
            let args = [("n", n.into())];
            languages.of(language).say_of("time", "minutes", &args)
        };
        assert_eq!(said(Language::German, 1_234), "1.234 Min.");
        assert_eq!(said(Language::German, -1_234_567), "-1.234.567 Min.");
        assert_eq!(said(Language::German, 999), "999 Min.");
        assert_eq!(said(Language::English, 1_234), "1234 min");
        let figure = |language, number: f64| {
            let args = [("number", crate::words::two_decimals(number))];
            languages.of(language).say("report-number", &args)
        };
        assert_eq!(figure(Language::German, 4.5), "4,50");
        assert_eq!(figure(Language::German, 1_234.0), "1.234,00");
        assert_eq!(figure(Language::English, 4.256), "4.26");
    }
}
