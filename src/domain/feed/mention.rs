//! Mentions: `@` and somebody's name in an entry. Which names those are is for whoever knows the people; how a text names them
//! is decided here, for those who are told and for what is shown.

use std::ops::Range;

use crate::domain::text::folded;

/// The most people whom one entry mentions.
pub const MOST_MENTIONS: usize = 10;

/// The most signs of a text that are looked at: each is compared with every name there is.
const MOST_SIGNS: usize = 100;

const SIGN: char = '@';

/// Whether a text may mention somebody at all: only then it is looked up who there is.
pub fn may_mention(text: &str) -> bool {
    called(text).next().is_some()
}

/// What follows each sign that begins a word and has a name behind it. What stands in code is shown as it is, and names nobody.
fn called(text: &str) -> impl Iterator<Item = &str> {
    let code = code(text);
    text.match_indices(SIGN).filter_map(move |(at, sign)| {
        let behind = &text[at + sign.len()..];
        let begins = |character: Option<char>| character.is_some_and(char::is_alphabetic);
        let is_code = code.iter().any(|part| part.contains(&at));
        let apart = !is_word(text[..at].chars().next_back()) && !is_code;
        (apart && begins(behind.chars().next())).then_some(behind)
    })
}

/// Where code stands in Markdown: between fences, and within a paragraph between as many backticks as begin it.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let (mut paragraph, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match (open, fence(line)) {
            (None, Some(fence)) => {
                spans(text, paragraph..at, &mut found);
                open = Some((fence, at));
            }
            (Some((fence, from)), Some(closing))
                if closing.starts_with(fence) && line.trim() == closing =>
            {
                found.push(from..end);
                (open, paragraph) = (None, end);
            }
            (None, None) if line.trim().is_empty() => {
                spans(text, paragraph..at, &mut found);
                paragraph = end;
            }
            _ => {}
        }
        at = end;
    }
    match open {
        Some((_, from)) => found.push(from..at),
        None => spans(text, paragraph..at, &mut found),
    }
    found
}

/// The signs of a fence with which a line begins.
fn fence(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(' ');
    let sign = line
        .chars()
        .next()
        .filter(|sign| matches!(sign, '`' | '~'))?;
    let behind = line.trim_start_matches(sign);
    let signs = &line[..line.len() - behind.len()];
    (signs.len() >= 3 && !(sign == '`' && behind.contains('`'))).then_some(signs)
}

/// Adds where code stands in a paragraph.
fn spans(text: &str, paragraph: Range<usize>, found: &mut Vec<Range<usize>>) {
    let text = &text[..paragraph.end];
    let mut at = paragraph.start;
    while let Some(begin) = text[at..].find('`') {
        let from = at + begin;
        if text[..from].ends_with('\\') {
            at = from + 1;
            continue;
        }
        let inside = from + backticks(&text[from..]);
        let closing = closing(&text[inside..], inside - from);
        at = closing.map_or(inside, |length| inside + length);
        if closing.is_some() {
            found.push(from..at);
        }
    }
}

/// How many bytes it is to the end of the next run of so many backticks.
fn closing(text: &str, wanted: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(begin) = text[at..].find('`') {
        let count = backticks(&text[at + begin..]);
        at += begin + count;
        if count == wanted {
            return Some(at);
        }
    }
    None
}

/// How many backticks a text begins with.
fn backticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

fn is_word(character: Option<char>) -> bool {
    character.is_some_and(char::is_alphanumeric)
}

/// How many bytes of a text the name has with which it begins, whatever its case and white space; nothing if it begins with
/// another. `name` is folded.
pub fn begins_with(text: &str, name: &str) -> Option<usize> {
    let mut wanted = name.chars().peekable();
    let mut behind_space = false;
    for (at, character) in text.char_indices() {
        if wanted.peek().is_none() {
            return (!character.is_alphanumeric()).then_some(at);
        }
        if character.is_whitespace() {
            if !behind_space && wanted.next() != Some(' ') {
                return None;
            }
            behind_space = true;
            continue;
        }
        behind_space = false;
        for lower in character.to_lowercase() {
            if wanted.next() != Some(lower) {
                return None;
            }
        }
    }
    wanted.peek().is_none().then_some(text.len())
}

/// Those of `people` whom a text mentions within its first [`MOST_SIGNS`] signs, each once. Of names that begin alike it is the longest; who is called the same is
/// mentioned together.
pub fn mentioned<T: Copy + PartialEq>(text: &str, people: &[(T, String)]) -> Vec<T> {
    let names: Vec<(T, String)> = people
        .iter()
        .map(|(person, name)| (*person, folded(name)))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    let mut found = Vec::new();
    for behind in called(text).take(MOST_SIGNS) {
        let begun = names
            .iter()
            .filter(|(_, name)| begins_with(behind, name).is_some());
        let longest = begun.clone().map(|(_, name)| name.len()).max();
        for (person, _) in begun.filter(|(_, name)| Some(name.len()) == longest) {
            if !found.contains(person) {
                found.push(*person);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn people() -> Vec<(u8, String)> {
        [
            "Dana Cole",
            "Dana Coleman",
            "Eve Hart",
            "Eve Hart",
            "Ömer O'Neil",
        ]
        .into_iter()
        .zip(0..)
        .map(|(name, id)| (id, name.to_owned()))
        .collect()
    }

    #[test]
    fn a_name_behind_the_sign_is_a_mention_however_it_is_typed() {
        for (text, named) in [
            ("@Dana Cole, please look", vec![0]),
            ("Ask @dana\n  cole.", vec![0]),
            ("@Dana Coleman", vec![1]),
            ("@Dana Colemans", vec![]),
            ("(@Eve Hart) and @Dana Cole", vec![2, 3, 0]),
            ("@ömer o'neil's trace", vec![4]),
            ("@Dana Cole @Dana Cole", vec![0]),
            ("dana@Eve Hart", vec![]),
            ("@ Dana Cole", vec![]),
            ("Dana Cole", vec![]),
            ("@Dana", vec![]),
            ("`@Dana Cole`", vec![]),
            ("`see @Dana Cole` and ``@Eve ` @Dana Cole``", vec![]),
            ("```\n@Dana Cole\n```\n@Dana Coleman", vec![1]),
            ("~~~ log\n@Dana Cole\n```\n", vec![]),
            // One backtick alone, or behind a backslash, begins nothing.
            ("a ` b\n\n@Dana Cole ` c", vec![0]),
            ("\\`@Dana Cole\\`", vec![0]),
            ("` `` @Dana Cole", vec![0]),
        ] {
            assert_eq!(mentioned(text, &people()), named, "{text}");
        }
    }

    #[test]
    fn an_address_mentions_nobody() {
        assert!(!may_mention("Write to dana.cole@acme.example, 5 @ 3"));
        assert!(may_mention("@d"));
    }

    #[test]
    fn a_text_full_of_signs_is_not_compared_to_its_end() {
        let signs = |count: usize| format!("{}@Dana Cole", "@x ".repeat(count));
        assert_eq!(mentioned(&signs(MOST_SIGNS - 1), &people()), [0_u8]);
        assert!(mentioned(&signs(MOST_SIGNS), &people()).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let found = mentioned(&text, &people());
            prop_assert!(found.len() <= people().len());
            prop_assert!(found.is_empty() || may_mention(&text));
        }
    }
}
