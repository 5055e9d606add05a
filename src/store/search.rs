//! Texts that contain some words.

use diesel::sql_types::Text;

diesel::define_sql_function! {
    /// The text in lower case, as far as the database knows the letters: SQLite those of ASCII, PostgreSQL those of its
    /// locale.
    fn lower(text: Text) -> Text;
}

/// `LIKE` patterns for texts that contain `words`, to be compared with what `lower` makes of a text. It may leave letters
/// beyond ASCII as they are: so these are looked for small, in capitals, and small with a capital at the beginning of each
/// word.
pub(super) fn spellings(words: &str) -> [String; 3] {
    let small = words.to_lowercase();
    let mut begins = true;
    let mut name = String::with_capacity(small.len());
    for character in small.chars() {
        match begins {
            true => name.extend(character.to_uppercase()),
            false => name.push(character),
        }
        begins = !character.is_alphanumeric();
    }
    [small.clone(), small.to_uppercase(), name].map(|text| pattern(&text.to_ascii_lowercase()))
}

/// A `LIKE` pattern for texts that contain `words`, in lower case; the wildcards in it stand for themselves.
pub(super) fn containing(words: &str) -> String {
    pattern(&words.to_lowercase())
}

fn pattern(words: &str) -> String {
    let mut pattern = String::with_capacity(words.len() + 2);
    pattern.push('%');
    for character in words.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// That a text contains some words, whatever the case of their letters.
macro_rules! contains {
    ($text:expr, $words:expr) => {{
        let [small, capitals, name] = $crate::store::search::spellings($words);
        let lower = $crate::store::search::lower;
        lower($text)
            .like(small)
            .escape('\\')
            .or(lower($text).like(capitals).escape('\\'))
            .or(lower($text).like(name).escape('\\'))
    }};
}

pub(super) use contains;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_looked_for_in_every_spelling_that_a_database_may_leave() {
        assert_eq!(spellings("Özil"), ["%özil%", "%Özil%", "%Özil%"]);
        assert_eq!(
            spellings("ömer ÖZGÜR"),
            ["%ömer özgür%", "%Ömer ÖzgÜr%", "%Ömer Özgür%"]
        );
        assert_eq!(spellings("100%_a\\b")[0], "%100\\%\\_a\\\\b%");
    }
}
