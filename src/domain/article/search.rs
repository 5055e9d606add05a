//! How articles are found: by words in any order, whatever their case and accents, the last one by its beginning; and what of an
//! article is suggested by the subject of a case.
//!
//! The words of an article are kept in rows, each with its weight, so that both databases find and rank the same.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::ids::ArticleId;
use crate::domain::text::search::unaccented;

/// The most words that are looked for; more are left out.
const MOST_TERMS: usize = 10;
/// How many characters of a word count.
const LONGEST_WORD: usize = 64;
/// How many different words of an article are found: first those of its title, summary and category, then of its body.
const MOST_WORDS: usize = 2_000;
/// What a word weighs in the title, the summary and the category; in the body, as often as it stands there, up to a limit.
const IN_TITLE: i64 = 20;
const IN_SUMMARY: i64 = 8;
const IN_CATEGORY: i64 = 6;
const MOST_IN_BODY: i64 = 5;
/// How much longer a word may be than the one of a subject, so that its other forms are found.
const ENDING: usize = 3;
/// A shorter word of a subject is found only as it is.
const LONG_ENOUGH: usize = 4;
/// A word that is in more articles than these says little by itself.
const RARE: usize = 3;
/// How many characters of a text are shown around what was found.
const EXCERPT: usize = 220;

/// What of an article is searched.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'a> {
    /// Its title.
    pub title: &'a str,
    /// What it is about.
    pub summary: &'a str,
    /// Its category's name.
    pub category: &'a str,
    /// Its body, without markup.
    pub body: &'a str,
}

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    text: String,
    /// By how many characters what is found may be longer.
    longer: usize,
}

/// The words that are looked for; those of a search have all to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms(Vec<Term>);

/// A piece of a text: what was found, or what stands between.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it was looked for.
    pub hit: bool,
}

/// A word of an article that a term fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// In which article.
    pub article: ArticleId,
    /// The word.
    pub word: String,
    /// What it weighs there.
    pub weight: i64,
}

/// The words of a text, where each stands and how it is kept.
fn words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let is_part = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let mut rest = 0;
    std::iter::from_fn(move || {
        loop {
            let start = rest + text[rest..].find(is_part)?;
            let length = text[start..].find(|c: char| !is_part(c));
            let end = length.map_or(text.len(), |length| start + length);
            rest = end;
            let folded = unaccented(&text[start..end]);
            let kept: String = folded
                .chars()
                .filter(|c| c.is_alphanumeric())
                .take(LONGEST_WORD)
                .collect();
            if !kept.is_empty() {
                return Some((start..end, kept));
            }
        }
    })
}

/// The words by which an article is found, each with its weight.
pub fn index(searched: &Searched<'_>) -> BTreeMap<String, i64> {
    let mut index: BTreeMap<String, i64> = BTreeMap::new();
    for (text, weight) in [
        (searched.title, IN_TITLE),
        (searched.summary, IN_SUMMARY),
        (searched.category, IN_CATEGORY),
    ] {
        for (_, word) in words(text) {
            let kept = index.entry(word).or_default();
            *kept = weight.max(*kept);
        }
    }
    let mut in_body: HashMap<String, i64> = HashMap::new();
    for (_, word) in words(searched.body) {
        let times = in_body.entry(word.clone()).or_default();
        *times += 1;
        if *times > MOST_IN_BODY {
            continue;
        }
        if let Some(kept) = index.get_mut(&word) {
            *kept += 1;
        } else if index.len() < MOST_WORDS {
            index.insert(word, 1);
        }
    }
    index
}

impl Term {
    /// From which word on, and up to which that is left out, those that it may fit stand in the order of their characters.
    pub fn range(&self) -> (String, String) {
        let end = match self.longer {
            0 => '\u{1}',
            _ => char::MAX,
        };
        (self.text.clone(), format!("{}{end}", self.text))
    }

    /// Whether a word is what is looked for.
    pub fn fits(&self, word: &str) -> bool {
        let rest = word.strip_prefix(self.text.as_str());
        rest.is_some_and(|rest| rest.chars().count() <= self.longer)
    }
}

impl Terms {
    /// What somebody searches for: every word as it is, and the last by its beginning, since it may not be typed out yet.
    pub fn searched(text: &str) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        for (_, text) in words(text).take(MOST_TERMS) {
            let term = Term { text, longer: 0 };
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        if let Some(last) = terms.last_mut() {
            last.longer = LONGEST_WORD;
        }
        Self(terms)
    }

    /// What the subject of a case is about: its longer words, in whatever form.
    pub fn of_subject(subject: &str) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        for (_, word) in words(subject) {
            let length = word.chars().count();
            let telling = length >= LONG_ENOUGH - 1 || word.chars().any(char::is_numeric);
            if !telling || terms.len() == MOST_TERMS {
                continue;
            }
            let text = match word.strip_suffix('s') {
                Some(stem) if length > LONG_ENOUGH && !stem.ends_with('s') => stem.to_owned(),
                _ => word,
            };
            let longer = match text.chars().count() {
                0..LONG_ENOUGH => 0,
                _ => ENDING,
            };
            let term = Term { text, longer };
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        Self(terms)
    }

    /// The words.
    pub fn terms(&self) -> &[Term] {
        &self.0
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How well each article fits a search, of which every word was found in it: `hits` are those of each term.
    pub fn scores(&self, hits: &[Vec<Hit>]) -> HashMap<ArticleId, i64> {
        let mut scores: Option<HashMap<ArticleId, i64>> = None;
        for (term, hits) in self.0.iter().zip(hits) {
            let found = best(term, hits);
            scores = Some(match scores {
                None => found,
                Some(before) => before
                    .into_iter()
                    .filter_map(|(article, score)| Some((article, score + found.get(&article)?)))
                    .collect(),
            });
        }
        scores.unwrap_or_default()
    }

    /// How well each article fits a subject, of which any words were found in it: what is in few articles says more. One word alone
    /// is enough if it is a rare one of a title.
    pub fn likenesses(&self, hits: &[Vec<Hit>]) -> Vec<(ArticleId, i64)> {
        struct Likeness {
            score: i64,
            terms: usize,
            telling: bool,
        }
        let mut found: HashMap<ArticleId, Likeness> = HashMap::new();
        for (term, hits) in self.0.iter().zip(hits) {
            let best = best(term, hits);
            let articles = best.len();
            let share = 1_000 / i64::try_from(articles.max(1)).unwrap_or(1_000);
            for (article, weight) in best {
                let likeness = found.entry(article).or_insert(Likeness {
                    score: 0,
                    terms: 0,
                    telling: false,
                });
                likeness.score += weight * share.max(1);
                likeness.terms += 1;
                likeness.telling |= weight >= IN_TITLE && articles <= RARE;
            }
        }
        let mut like: Vec<(ArticleId, i64)> = found
            .into_iter()
            .filter(|(_, likeness)| likeness.terms > 1 || likeness.telling)
            .map(|(article, likeness)| (article, likeness.score))
            .collect();
        like.sort_unstable_by_key(|(article, score)| (-score, *article));
        let least = like.first().map_or(0, |(_, score)| score / 4);
        like.retain(|(_, score)| *score >= least);
        like
    }

    /// A text in pieces, with what was looked for marked.
    pub fn marked(&self, text: &str) -> Vec<Piece> {
        let composed: String = text.nfc().collect();
        let mut pieces = Pieces::default();
        let mut end = 0;
        for (place, word) in words(&composed) {
            pieces.push(&composed[end..place.start], false);
            let hit = self.0.iter().any(|term| term.fits(&word));
            pieces.push(&composed[place.clone()], hit);
            end = place.end;
        }
        pieces.push(&composed[end..], false);
        pieces.0
    }

    /// The part of a text around the first of what was looked for, or its beginning; what is left out is told by an ellipsis.
    pub fn excerpt(&self, text: &str) -> Vec<Piece> {
        let tidy: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let composed: String = tidy.nfc().collect();
        let fits = |word: &str| self.0.iter().any(|term| term.fits(word));
        let first = words(&composed).find(|(_, word)| fits(word));
        let first = first.map_or(0, |(place, _)| place.start);
        let before = composed[..first].chars().rev().take(EXCERPT / 4);
        let begin = first - before.map(char::len_utf8).sum::<usize>();
        // No word is cut in the middle.
        let begin = match begin {
            0 => 0,
            cut => composed[cut..first]
                .find(' ')
                .map_or(cut, |at| cut + at + 1),
        };
        let length: usize = (composed[begin..].chars().take(EXCERPT))
            .map(char::len_utf8)
            .sum();
        let cut = begin + length;
        let end = match cut == composed.len() {
            true => cut,
            false => composed[begin..cut].rfind(' ').map_or(cut, |at| begin + at),
        };
        let mut pieces = Pieces::default();
        if begin > 0 {
            pieces.push("… ", false);
        }
        for piece in self.marked(&composed[begin..end]) {
            pieces.push(&piece.text, piece.hit);
        }
        if end < composed.len() {
            pieces.push(" …", false);
        }
        pieces.0
    }
}

/// The best weight of each article for a term; a word that is just what is looked for counts twice.
fn best(term: &Term, hits: &[Hit]) -> HashMap<ArticleId, i64> {
    let mut best: HashMap<ArticleId, i64> = HashMap::new();
    for hit in hits.iter().filter(|hit| term.fits(&hit.word)) {
        let weight = match hit.word == term.text {
            true => hit.weight * 2,
            false => hit.weight,
        };
        let kept = best.entry(hit.article).or_default();
        *kept = weight.max(*kept);
    }
    best
}

/// Pieces, of which none is empty and no two neighbours are alike.
#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, text: &str, hit: bool) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.hit == hit => last.text.push_str(text),
            _ => self.0.push(Piece {
                text: text.to_owned(),
                hit,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
