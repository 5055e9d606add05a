//! Texts that contain some words.

/// A `LIKE` pattern for texts that contain `words`, in lower case; the wildcards in it stand for themselves.
pub(super) fn containing(words: &str) -> String {
    let mut pattern = String::with_capacity(words.len() + 2);
    pattern.push('%');
    for character in words.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Leaves of a boxed query what has each of the words in a column that was written without accents, in whatever order.
macro_rules! mentioning {
    ($query:expr, $column:expr, $words:expr) => {{
        let mut query = $query;
        for word in $crate::domain::text::search::words($words) {
            let containing = |word: &str| {
                $column
                    .like($crate::store::search::containing(word))
                    .escape('\\')
            };
            let found = containing(&word.unaccented);
            query = match &word.accented {
                // What was written before accents were left out is in lower case, and no more.
                Some(accented) => query.filter(found.or(containing(accented))),
                None => query.filter(found),
            };
        }
        query
    }};
}

pub(super) use mentioning;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_themselves() {
        assert_eq!(containing("100%_A\\b"), "%100\\%\\_a\\\\b%");
    }
}
