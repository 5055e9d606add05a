//! What is searched for, and what is searched through: made alike on both databases, whatever script and keyboard it was
//! typed with.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most words that are looked for; more are left out.
const MOST_WORDS: usize = 10;

/// A word that is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In lower case, and without accents.
    pub unaccented: String,
    /// In lower case, where that is another.
    pub accented: Option<String>,
}

/// A text in lower case and without accents, however they were composed.
pub fn unaccented(text: &str) -> String {
    text.nfkd()
        .filter(|character| !is_combining_mark(*character))
        .collect::<String>()
        .to_lowercase()
}

/// The words of a search, in any order; numbers are found however they were pasted, as `#C-000123` or `[C-000123]`.
pub fn words(text: &str) -> Vec<Word> {
    let around = |character: char| "#()[]{}<>\"\u{201c}\u{201d},;".contains(character);
    text.split_whitespace()
        .map(|word| word.trim_matches(around))
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
        .map(|word| {
            let (unaccented, accented) = (unaccented(word), word.to_lowercase());
            Word {
                accented: (accented != unaccented).then_some(accented),
                unaccented,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_they_were_typed() {
        let folds = |text: &str| {
            words(text)
                .into_iter()
                .map(|word| word.unaccented)
                .collect::<Vec<_>>()
        };
        assert_eq!(folds("  Berlin   ROUTER "), ["berlin", "router"]);
        assert_eq!(folds("[C-000123], #e-000045"), ["c-000123", "e-000045"]);
        // Composed, decomposed, and wide.
        assert_eq!(
            folds("M\u{fc}nchen mu\u{308}nchen \u{ff2d}unchen"),
            ["munchen"; 3]
        );
        assert_eq!(folds("100% a_b"), ["100%", "a_b"]);
        assert!(folds(" # ").is_empty());
    }
}
