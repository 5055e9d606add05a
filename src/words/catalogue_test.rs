//! Reads the sources and the templates: every message that is named exists and is given its arguments, and none is left
//! over. What is so of English is so of every language: each has the same messages, given the same arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::families::{FAMILIES, OF_DATA};
use super::{Catalogue, family_key, messages_of};
use crate::domain::language::Language;
use crate::http::portal::said::{OWN_FAULTS, OWN_WORDS};
use crate::http::problem::Code;

/// Where a message is named, and with which arguments.
struct Mention {
    place: String,
    key: String,
    /// Of a family: `key` is its name, and any of its members may be meant.
    family: bool,
    /// None where they cannot be told from the source.
    args: Option<BTreeSet<String>>,
}

fn files(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// The text from `start` to the bracket that closes the one open there.
fn balanced(text: &str) -> &str {
    let mut depth = 1_i32;
    let mut quoted = false;
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '{' | '[' if !quoted => depth += 1,
            ')' | '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..index];
        }
    }
    text
}

fn literal(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(literal, _)| literal)
}

/// Names of arguments in Rust: every `("name", …` of the call, or of what is built above it and given by name. None
/// where they are gathered elsewhere, as a problem's facts are; those are checked where they are said.
fn rust_args(source: &str, call: &str, before: usize) -> Option<BTreeSet<String>> {
    let given = last_argument(call);
    if given.starts_with("&[") {
        let mut args = pairs(given);
        // A single argument may be built before, as `let days = ("days", …)`.
        for part in given.split(['[', ',', ']']).map(str::trim) {
            let name = part.trim_end_matches(".clone()");
            args.extend(built(source, before, &format!("let {name} = (\"")).and_then(until_quote));
        }
        return Some(args);
    }
    let name = given.strip_prefix('&')?;
    let array = built(source, before, &format!("let {name} = ["))?;
    Some(pairs(balanced(array)))
}

/// What follows the last `opening` before a place.
fn built<'a>(source: &'a str, before: usize, opening: &str) -> Option<&'a str> {
    let at = source[..before].rfind(opening)?;
    Some(&source[at + opening.len()..])
}

fn until_quote(text: &str) -> Option<String> {
    text.split('"').next().map(str::to_owned)
}

/// The last argument of a call.
fn last_argument(call: &str) -> &str {
    let mut depth = 0_i32;
    let mut start = 0;
    let mut quoted = false;
    let call = call.trim_end().trim_end_matches(',');
    for (index, c) in call.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '{' | '[' if !quoted => depth += 1,
            ')' | '}' | ']' if !quoted => depth -= 1,
            ',' if depth == 0 && !quoted => start = index + 1,
            _ => {}
        }
    }
    call[start..].trim()
}

fn pairs(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices("(\"").map(|(at, _)| &text[at + 1..]);
    starts
        .filter_map(|rest| {
            let name = literal(rest)?;
            rest[name.len() + 2..]
                .starts_with(',')
                .then(|| name.to_owned())
        })
        .collect()
}

fn in_rust(path: &Path, mentions: &mut Vec<Mention>) {
    let source = fs::read_to_string(path).expect("a source file");
    // Comments speak of messages without saying them.
    let source: String = source
        .split_inclusive('\n')
        .map(|line| {
            if line.trim_start().starts_with("//") {
                "\n"
            } else {
                line
            }
        })
        .collect();
    let mut add = |at: usize, key: String, family: bool, args| {
        let line = source[..at].lines().count();
        mentions.push(Mention {
            place: format!("{}:{line}", path.display()),
            key,
            family,
            args,
        });
    };
    // Columns of lists and what adds to them are data, which is said later.
    for (opening, family) in [("say(", false), ("::said(", false), ("say_of(", true)] {
        for (at, _) in source.match_indices(opening) {
            let call = balanced(&source[at + opening.len()..]);
            // With the words in front, as in `time::said(words, "key", …)`.
            let Some(first) = literal(call) else { continue };
            let args = rust_args(&source, call, at);
            let member = call
                .split_once(',')
                .and_then(|(_, rest)| literal(rest))
                .filter(|_| family);
            match member {
                Some(member) => add(at, family_key(first, member), false, args),
                None => add(at, first.to_owned(), family, args),
            }
        }
    }
    // Short hands of the portal's forms.
    for (opening, family) in [
        ("label(", "label"),
        ("hint(", "hint"),
        ("name(words, ", "label"),
        ("more(words, ", "hint"),
    ] {
        for (at, _) in source.match_indices(opening) {
            let joined =
                source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
            if let Some(member) = literal(&source[at + opening.len()..]).filter(|_| !joined) {
                add(at, family_key(family, member), false, Some(BTreeSet::new()));
            }
        }
    }
}

fn in_template(path: &Path, mentions: &mut Vec<Mention>) {
    let source = fs::read_to_string(path).expect("a template");
    for (opening, family) in [
        ("{{t ", false),
        ("(t ", false),
        ("{{word ", true),
        ("(word ", true),
    ] {
        for (at, _) in source.match_indices(opening) {
            let call = balanced(&source[at + opening.len()..]);
            let Some(first) = literal(call) else {
                panic!("{}: {opening}{call}", path.display())
            };
            let words = call.split(' ').filter_map(|word| word.split_once('='));
            let args = Some(words.map(|(name, _)| name.to_owned()).collect());
            let line = source[..at].lines().count();
            let place = format!("{}:{line}", path.display());
            mentions.push(Mention {
                place,
                key: first.to_owned(),
                family,
                args,
            });
        }
    }
}

/// The messages of a language with the arguments that their texts name.
pub(super) fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    let (_, file) = messages_of(language);
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let text = match line.split_once(" = ") {
            Some((key, text)) if !line.starts_with([' ', '*', '[', '}']) => {
                current = key.to_owned();
                text
            }
            _ if line.ends_with(" =") && !line.starts_with(' ') => {
                current = line.trim_end_matches(" =").to_owned();
                ""
            }
            _ => line,
        };
        if current.is_empty() {
            continue;
        }
        let args = all.entry(current.clone()).or_default();
        for (at, _) in text.match_indices('$') {
            let name = text[at + 1..]
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            args.extend(name.map(str::to_owned));
        }
    }
    all
}

fn mentions() -> Vec<Mention> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut sources, mut templates) = (Vec::new(), Vec::new());
    files(&root.join("src"), "rs", &mut sources);
    files(&root.join("templates"), "hbs", &mut templates);
    let mut mentions = Vec::new();
    for path in sources
        .iter()
        .filter(|path| !path.ends_with("words/catalogue_test.rs"))
    {
        in_rust(path, &mut mentions);
    }
    for path in &templates {
        in_template(path, &mut mentions);
    }
    mentions
}

#[test]
fn the_catalogue_is_exactly_what_is_said() {
    let mentions = mentions();
    for language in Language::ALL {
        is_exactly_what_is_said(*language, &mentions);
    }
}

fn is_exactly_what_is_said(language: Language, mentions: &[Mention]) {
    let words = Catalogue::of(language).unwrap();
    let messages = messages(language);
    let families: BTreeMap<&str, Vec<String>> = FAMILIES
        .iter()
        .map(|(name, members)| (*name, members.iter().map(|m| family_key(name, m)).collect()))
        .collect();
    let mut wrong = Vec::new();
    let mut said: BTreeSet<String> = families.values().flatten().cloned().collect();
    for mention in mentions {
        let keys = match (mention.family, families.get(mention.key.as_str())) {
            (false, _) => vec![mention.key.clone()],
            // Their arguments come from data; each has a test of its own.
            (true, Some(_)) if OF_DATA.contains(&mention.key.as_str()) => continue,
            (true, Some(keys)) => keys.clone(),
            (true, None) => {
                wrong.push(format!("{}: no family {}", mention.place, mention.key));
                continue;
            }
        };
        for key in keys {
            match (messages.get(&key), &mention.args) {
                (None, _) => wrong.push(format!("{}: no message {key}", mention.place)),
                (Some(_), None) => {}
                (Some(needed), Some(given)) => wrong.extend(
                    needed
                        .difference(given)
                        .map(|arg| format!("{}: {key} is not given {arg}", mention.place)),
                ),
            }
            said.insert(key);
        }
    }
    wrong.extend(
        said.iter()
            .filter(|key| !words.has(key))
            .map(|key| format!("no message {key}")),
    );
    wrong.extend(
        messages
            .keys()
            .filter(|key| !said.contains(*key))
            .map(|key| format!("nobody says {key}")),
    );
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}

/// What only programs are told: methods, headers, formats, and names of members.
const OF_PROGRAMS: [&str; 25] = [
    "POST ",
    "GET ",
    "PATCH ",
    "PUT ",
    "DELETE ",
    "/api/",
    " JSON",
    "RFC 3339",
    "If-Match",
    "ETag",
    "X-CSRF",
    "Authorization",
    "Bearer",
    "Idempotency",
    "member “",
    "x-request-id",
    "KiB",
    " header",
    " Header",
    "cursor",
    "UUID",
    "IANA",
    " null",
    "with true",
    "with force",
];
/// Arguments whose values are codes.
const CODES: [&str; 4] = ["permission", "lawful_moves", "asked", "allowed"];
/// How large a file is that somebody chose.
const OF_FILES: [&str; 1] = ["file-size-kib"];
/// What an author of programs reads on the page that hands out their keys.
const FOR_AUTHORS: [&str; 1] = ["token-shown-about"];

/// What in a text is not for people: the API's words, a code such as `unread_update`, or the number of a rule.
fn not_for_people(text: &str) -> Option<String> {
    let found = OF_PROGRAMS.iter().find(|word| text.contains(**word));
    let names = |name: &&str| text.contains(&format!("${name} "));
    let code = CODES.iter().find(|name| names(name));
    let mut plain = String::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let tokens = plain.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_code = |token: &&str| {
        let parts: Vec<&str> = token.split('_').collect();
        parts.len() > 1 && parts.iter().all(|part| !part.is_empty())
    };
    let is_rule = |token: &&str| {
        let number = token.strip_prefix(|c| "ACEFHMNP".contains(c));
        number.is_some_and(|n| !n.is_empty() && n.len() < 3 && n.parse::<u8>().is_ok())
    };
    let mut odd = tokens.filter(|token| is_code(token) || is_rule(token));
    (found.or(code).map(ToString::to_string)).or_else(|| odd.next().map(str::to_owned))
}

/// Each message of a language with its text.
pub(super) fn texts(language: Language) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    let (_, file) = messages_of(language);
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let begins = line.starts_with(|c: char| c.is_ascii_lowercase());
        match line.split_once(" =").filter(|_| begins) {
            Some((key, text)) => {
                current = key.to_owned();
                all.insert(current.clone(), text.to_owned());
            }
            None => {
                let text = all.entry(current.clone()).or_default();
                text.push(' ');
                text.push_str(line);
            }
        }
    }
    all
}

#[test]
fn people_read_no_words_of_the_api() {
    let own_words = OWN_WORDS.iter().map(|(code, _)| *code);
    let with_permission = [Code::MissingPermission, Code::BeyondOwnRights];
    let replaced = own_words.chain(with_permission).flat_map(|code| {
        let members = ["problem", "problem-detail"];
        members.map(|family| family_key(family, code.as_str()))
    });
    let faults = OWN_FAULTS.iter().map(|code| family_key("fault", code));
    let replaced: BTreeSet<String> = replaced.chain(faults).collect();
    let mut wrong = Vec::new();
    for language in Language::ALL {
        for (key, text) in texts(*language) {
            let exempt = FOR_AUTHORS
                .iter()
                .chain(&OF_FILES)
                .any(|other| *other == key);
            let exempt = exempt || replaced.contains(&key);
            if let Some(what) = not_for_people(&text).filter(|_| !exempt) {
                wrong.push(format!("{language}: {key} says “{what}”: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_of_the_api_are_known() {
    for text in [
        "Sign in with POST /api/v1/sessions.",
        "Send their codes as “acknowledgements”: unread_update.",
        "E9, applies now",
        "This needs the permission { $permission } here.",
        "This must be confirmed with true.",
    ] {
        assert!(not_for_people(text).is_some(), "{text}");
    }
    for text in [
        "Escalated as { $number } by { $by }",
        "{ $days -> [one] { $days } day *[other] { $days } days }",
        "API tokens",
    ] {
        assert_eq!(not_for_people(text), None, "{text}");
    }
}
