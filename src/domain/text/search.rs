//! What is searched for, and what is searched through: made alike for both databases, whatever script and keyboard it was
//! typed with. Both databases split what is kept at its spaces and do nothing else with it, so that both find the same.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseNumber, EscalationNumber};

/// The most words that are looked for; more are left out.
const MOST_WORDS: usize = 10;
/// The most characters of a word that are looked at.
const LONGEST_WORD: usize = 64;
/// The most bytes of words that are kept of one text. PostgreSQL takes a megabyte; what is longer is found by its first words.
const MOST_KEPT: usize = 400_000;
/// Around a word that is pasted, none of these belongs to it.
const AROUND: &str = "#()[]{}<>\"\u{201c}\u{201d},;*";

/// A word that is searched for, among people and organizations.
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

/// The words of a search, in any order, without what stands around them.
pub fn words(text: &str) -> Vec<Word> {
    pieces(text)
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

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|character: char| AROUND.contains(character)))
        .filter(|word| !word.is_empty())
}

/// Where words stand, which decides who may find them (F2). Each word is kept with a letter of it, so that a search of one
/// who may not read internal words does not even pass by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The subject and the description of a case.
    Case,
    /// An entry of a feed, for these readers.
    Entry(Feed, Visibility),
}

impl Place {
    /// The letter in front of its words.
    pub const fn letter(self) -> char {
        match self {
            Self::Case => 'c',
            Self::Entry(Feed::Case, Visibility::Public) => 'p',
            Self::Entry(Feed::Case, Visibility::Internal) => 'i',
            Self::Entry(Feed::Escalation, Visibility::Public) => 'e',
            Self::Entry(Feed::Escalation, Visibility::Internal) => 'n',
        }
    }
}

/// What stands between the letter of a place and the word: no word has it.
pub const JOINT: char = '=';

/// A word that a text must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Letters and digits in lower case, without accents.
    pub word: String,
    /// Whether it is the whole word; otherwise its beginning.
    pub whole: bool,
}

/// A piece of what was typed, with no space in it: its words stand in one text, or it is a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// All of these, in one text.
    pub words: Vec<Wanted>,
    /// Or the case of this number
    pub case: Option<CaseNumber>,
    /// or the one of the escalation of this number.
    pub escalation: Option<EscalationNumber>,
}

impl Sought {
    /// What no text has.
    pub fn nothing() -> Self {
        let word = Wanted {
            word: String::new(),
            whole: true,
        };
        Self {
            words: vec![word],
            case: None,
            escalation: None,
        }
    }
}

/// What a search looks for: each piece somewhere in the case, in any order. A word is the beginning of those that are found,
/// unless a sign follows directly: `drop` finds "drops", and `100%` the number alone.
pub fn sought(text: &str) -> Vec<Sought> {
    let mut left = MOST_WORDS;
    let mut sought = Vec::new();
    for piece in pieces(text) {
        let mut words = wanted(piece);
        words.truncate(left);
        left -= words.len();
        if words.is_empty() {
            continue;
        }
        let (case, escalation) = numbers(piece);
        let one = Sought {
            words,
            case,
            escalation,
        };
        if !sought.contains(&one) {
            sought.push(one);
        }
    }
    sought
}

/// What a pasted piece may be the number of: `C-000123`, `c123`, `E-000045`; without a letter it is a case's.
fn numbers(piece: &str) -> (Option<CaseNumber>, Option<EscalationNumber>) {
    let of = |letter: char| {
        let rest = piece.strip_prefix([letter, letter.to_ascii_uppercase()])?;
        digits(rest.strip_prefix('-').unwrap_or(rest))
    };
    let case = of('c').or_else(|| digits(piece)).map(CaseNumber::new);
    (case, of('e').map(EscalationNumber::new))
}

fn digits(text: &str) -> Option<i64> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten().filter(|n| *n > 0)
}

fn wanted(piece: &str) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    each_word(piece, |word, followed| {
        // What is cut may go on.
        let whole = followed && word.chars().count() < LONGEST_WORD;
        let word = word.to_owned();
        wanted.push(Wanted { word, whole });
    });
    wanted
}

/// The words of a text as they are kept for searching: each once, with the letter of its place, and a space between two.
pub fn kept(place: Place, text: &str) -> String {
    let (mut said, mut ends) = (String::with_capacity(text.len()), Vec::new());
    each_word(text, |word, _| {
        said.push_str(word);
        ends.push(said.len());
    });
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let mut words: Vec<&str> = starts
        .zip(&ends)
        .map(|(start, end)| &said[start..*end])
        .collect();
    if words.iter().map(|word| takes(word)).sum::<usize>() > MOST_KEPT {
        words = the_first(words);
    }
    words.sort_unstable();
    words.dedup();
    let mut kept = String::with_capacity(words.iter().map(|word| takes(word)).sum());
    for word in words {
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push(place.letter());
        kept.push(JOINT);
        kept.push_str(word);
    }
    kept
}

/// How many bytes a word takes that is kept.
fn takes(word: &str) -> usize {
    word.len() + 3
}

/// The first words for which there is room, each once.
fn the_first(mut words: Vec<&str>) -> Vec<&str> {
    let (mut there, mut room) = (HashSet::new(), MOST_KEPT);
    words.retain(|word| {
        let fits = takes(word) <= room && there.insert(*word);
        if fits {
            room -= takes(word);
        }
        fits
    });
    words
}

/// Says each word of a text, at most so many characters of it, and whether a sign follows it directly.
fn each_word(text: &str, mut say: impl FnMut(&str, bool)) {
    let mut word = String::new();
    let mut length = 0;
    let mut take = |character: char| {
        let apart = is_a_word_alone(character);
        let belongs = character.is_alphanumeric();
        if (apart || !belongs) && !word.is_empty() {
            say(&word, !apart && !character.is_whitespace());
            word.clear();
            length = 0;
        }
        if apart {
            say(character.encode_utf8(&mut [0; 4]), false);
        } else if belongs && length < LONGEST_WORD {
            word.push(character);
            length += 1;
        }
    };
    for character in text.chars() {
        match character.is_ascii() {
            true => take(character.to_ascii_lowercase()),
            false => folded(character).for_each(&mut take),
        }
    }
    if !word.is_empty() {
        say(&word, false);
    }
}

/// What a character comes to without its accents, in lower case. Each by itself, since what is put in another order when a whole
/// text is taken apart are the marks alone, which are left out.
fn folded(character: char) -> impl Iterator<Item = char> {
    std::iter::once(character)
        .nfkd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        .filter(|character| !is_combining_mark(*character))
        .map(|character| match character {
            // At the end of a word it is written otherwise.
            'ς' => 'σ',
            _ => character,
        })
}

/// Whether a script sets no spaces between its words, so that each of its characters is searched for like one.
fn is_a_word_alone(character: char) -> bool {
    matches!(
        character,
        '\u{0e01}'..='\u{0e4f}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    ) && character.is_alphanumeric()
}

/// The parts of a text that were searched for, from byte to byte, in order and apart from each other.
pub fn marks(text: &str, sought: &[Sought]) -> Vec<(usize, usize)> {
    let wanted: Vec<&Wanted> = sought.iter().flat_map(|one| &one.words).collect();
    let mut marks = Vec::new();
    let mut mark = |from: usize, to: usize| {
        let mut hit = false;
        each_word(&text[from..to], |word, _| {
            hit |= wanted.iter().any(|one| match one.whole {
                true => word == one.word,
                false => word.starts_with(&one.word),
            });
        });
        if hit {
            marks.push((from, to));
        }
    };
    let mut begun = None;
    for (at, character) in text.char_indices() {
        let belongs = character.is_alphanumeric() || is_combining_mark(character);
        match (begun, belongs) {
            (Some(from), _) if is_a_word_alone(character) => {
                mark(from, at);
                begun = Some(at);
            }
            (None, true) => begun = Some(at),
            (Some(from), false) => {
                mark(from, at);
                begun = None;
            }
            _ => {}
        }
    }
    if let Some(from) = begun {
        mark(from, text.len());
    }
    marks
}

/// A part of a text of about `most` characters, around what was searched for in it, and where that is in the part, in
/// characters: from, and to. `None` if nothing of it is in the text.
pub fn excerpt(text: &str, sought: &[Sought], most: usize) -> Option<Excerpt> {
    let found = marks(text, sought);
    let first = found.first()?.0;
    // A third of it goes before the first word, from the beginning of a word.
    let before = text[..first].char_indices().rev();
    let earliest = before.take(most / 3).last().map_or(first, |(at, _)| at);
    let from = match text[..earliest].is_empty() {
        true => 0,
        false => text[earliest..first]
            .find(char::is_whitespace)
            .map_or(first, |at| earliest + at),
    };
    let to = text[from..]
        .char_indices()
        .nth(most)
        .map_or(text.len(), |(at, _)| from + at);
    let inside = found
        .into_iter()
        .filter(|(start, end)| *start >= from && *end <= to);
    let mut excerpt = Excerpt::default();
    if from > 0 {
        excerpt.push("\u{2026}");
    }
    let mut at = from;
    for (start, end) in inside {
        excerpt.push(&text[at..start]);
        let begins = excerpt.length;
        excerpt.push(&text[start..end]);
        excerpt.marks.push((begins, excerpt.length));
        at = end;
    }
    excerpt.push(&text[at..to]);
    if to < text.len() {
        excerpt.push("\u{2026}");
    }
    Some(excerpt)
}

/// A part of a text, in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The part.
    pub text: String,
    /// What of it was searched for, in characters: from, and to.
    pub marks: Vec<(usize, usize)>,
    length: usize,
}

impl Excerpt {
    fn push(&mut self, text: &str) {
        for character in text.chars() {
            // A line that ends is a space, one each, so that places stay what they are.
            self.text.push(match character.is_control() {
                true => ' ',
                false => character,
            });
            self.length += 1;
        }
    }
}

/// How many cases of a list are looked into first. Most searches for a frequent word end there.
pub const SAMPLE: usize = 64;

/// How large a part of the cases has something, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u64);

impl Share {
    const WHOLE: u64 = 1_000_000;

    /// Of so many of [`SAMPLE`] cases.
    pub fn of(hits: usize) -> Self {
        let hits = hits.min(SAMPLE) as u64;
        Self(hits * Self::WHOLE / SAMPLE as u64)
    }

    /// Of those that have both, if one says nothing about the other.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 * other.0 / Self::WHOLE)
    }

    /// Whether a list is walked on, case by case, until `wanted` are found; or whether the index of words is asked for all that
    /// have it, which are then put in order. There are `total` cases, and the index names `named_for_one` in the time in which one is
    /// looked into.
    pub fn is_walked_for(self, wanted: usize, total: u64, named_for_one: u64) -> bool {
        let (share, whole) = (u128::from(self.0), u128::from(Self::WHOLE));
        let (wanted, worth) = (wanted as u128, u128::from(named_for_one));
        share > 0 && worth * wanted * whole * whole < share * share * u128::from(total)
    }

    /// How many cases are walked over at the most, where about a quarter should do: words that are frequent at the beginning of
    /// a list need not be so further on, and those that are frequent at its end need not begin soon. To ask the index is then about
    /// as dear as what was done in vain.
    pub fn walked_at_most(self, wanted: usize, total: u64, named_for_one: u64) -> i64 {
        let (share, whole) = (u128::from(self.0.max(1)), u128::from(Self::WHOLE));
        let should_do = 4 * wanted as u128 * whole / share;
        let named = share * u128::from(total) / whole;
        i64::try_from(should_do.max(named / u128::from(named_for_one.max(1)))).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests;
