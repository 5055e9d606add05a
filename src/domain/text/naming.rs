//! Short names made of names that people read: `Location 143` becomes `location-143`.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::{Slug, Title, search};

/// How many characters a mark has: a letter, and eight digits of a digest.
const MARK: usize = 9;
/// The most characters of a key that lists are ordered by.
const LONGEST_KEY: usize = 200;
/// Small letters that are not made of another one and an accent, and where dictionaries have them.
const WITHIN: [(char, &str); 7] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ı', "i"),
];
/// What a name is called of which no letter can be read in ASCII.
const UNREADABLE: &str = "name";

impl Slug {
    /// A short name in which `name` can be recognised, whatever its script: `Zürich` becomes `zurich`. Names that differ
    /// may get the same one; where they must not, use [`Slug::distinct`].
    pub fn readable(name: &Title) -> Self {
        Self(transliterated(&folded(name.as_str()), Self::MAX))
    }

    /// A short name that no other name gets, and that is the same whenever it is made. A plain name, of ASCII letters,
    /// digits and spaces, is written with hyphens: `Location 143` becomes `location-143`. Every other name loses
    /// something on the way, and bears a mark made of the whole name: `Zürich` and `Zurich` stay two.
    pub fn distinct(name: &Title) -> Self {
        let folded = folded(name.as_str());
        match is_plain(&folded) {
            true => Self(folded.replace(' ', "-")),
            false => marked(&folded),
        }
    }

    /// The short name with its mark, for a name whose own one is taken.
    pub fn marked(name: &Title) -> Self {
        marked(&folded(name.as_str()))
    }
}

/// A name without what makes no difference to its readers: the case of its letters, the number and kind of its spaces,
/// and whether an accent is a character of its own. Two names are the same exactly if they are the same here.
pub fn folded(name: &str) -> String {
    tidy(name).to_lowercase().nfc().collect()
}

/// The order of two names in a list that people read: that of their keys ([`sort_key`]). Names that differ in nothing else are told
/// apart by what does not count there.
pub fn in_order(one: &str, other: &str) -> Ordering {
    sort_key(one)
        .cmp(&sort_key(other))
        .then_with(|| one.cmp(other))
}

/// What a list that people read puts a name in order by, byte by byte, so that every database orders alike: as in dictionaries,
/// English and German ones (DIN 5007-1) alike. Neither case nor accents count, nor how many spaces there are; ß is ss.
pub fn sort_key(name: &str) -> String {
    let mut key = String::new();
    for word in search::unaccented(name).split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        for letter in word.chars() {
            match WITHIN.iter().find(|(own, _)| *own == letter) {
                Some((_, stands)) => key.push_str(stands),
                None => key.push(letter),
            }
        }
    }
    cut(&key)
}

/// The same for a person: by the last name, then by the first. Two spaces are between them, which is less than whatever a longer
/// last name goes on with: Anna von comes before Anna von der Au.
pub fn person_sort_key(first: &str, last: &str) -> String {
    cut(&format!("{}  {}", sort_key(last), sort_key(first)))
}

/// As much of a key as indexes and cursors have room for.
fn cut(key: &str) -> String {
    key.chars().take(LONGEST_KEY).collect()
}

/// Whether a text names somebody, by itself or among others: “Sam Reed”, “sam reed and Eve Hart”, “Sam Reed (network)”.
pub fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (folded(text), folded(name));
    let is_apart = |character: Option<char>| !character.is_some_and(char::is_alphanumeric);
    !name.is_empty()
        && text.match_indices(&name).any(|(at, found)| {
            is_apart(text[..at].chars().next_back())
                && is_apart(text[at + found.len()..].chars().next())
        })
}

/// A name with its accents composed (NFC) and one space between two words.
pub fn tidy(name: &str) -> String {
    let composed: String = name.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a folded name can be read back from its short name. One that ends as marked names do is not plain, so that
/// nobody is called by another's mark.
fn is_plain(folded: &str) -> bool {
    folded.len() <= Slug::MAX
        && folded
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !folded.rsplit(' ').next().is_some_and(is_mark)
}

fn is_mark(word: &str) -> bool {
    word.len() == MARK
        && word
            .strip_prefix('u')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn marked(folded: &str) -> Slug {
    let readable = transliterated(folded, Slug::MAX - MARK - 1);
    let digest = Sha256::digest(folded.as_bytes());
    Slug(format!("{readable}-u{}", hex::encode(&digest[..4])))
}

fn transliterated(folded: &str, max: usize) -> String {
    let latin = deunicode::deunicode(folded).to_ascii_lowercase();
    let words = latin
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-");
    slug.truncate(max);
    match slug.trim_end_matches('-') {
        "" => UNREADABLE.to_owned(),
        slug => slug.to_owned(),
    }
}
