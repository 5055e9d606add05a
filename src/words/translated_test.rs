//! Compares the catalogues of the languages with the English one: the same messages in the same order, asking for the same
//! arguments, and no English left in them by accident.

use std::collections::BTreeSet;

use super::catalogue_test::{messages, texts};
use super::{Catalogue, messages_of};
use crate::domain::language::Language;

/// The languages into which the English catalogue is translated.
fn translated() -> impl Iterator<Item = Language> {
    Language::ALL
        .iter()
        .copied()
        .filter(|language| *language != Language::English)
}

/// The names of a language's messages, as they stand in its file.
fn names(language: Language) -> Vec<&'static str> {
    let (_, file) = messages_of(language);
    file.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(" =").map(|(name, _)| name))
        .collect()
}

#[test]
fn every_language_has_the_same_messages_in_the_same_order() {
    let english = names(Language::English);
    for language in translated() {
        let others = names(language);
        let (known, have): (BTreeSet<_>, BTreeSet<_>) =
            (english.iter().collect(), others.iter().collect());
        let missing: Vec<_> = known.difference(&have).collect();
        let left_over: Vec<_> = have.difference(&known).collect();
        assert!(
            missing.is_empty() && left_over.is_empty(),
            "{language}: missing {missing:?}, left over {left_over:?}"
        );
        let misplaced = english.iter().zip(&others).find(|(a, b)| a != b);
        assert_eq!(misplaced, None, "{language}: in another order from here");
    }
}

/// Arguments that only some languages need: how a length stands in its sentence.
const OF_SOME: [&str; 1] = ["form"];

#[test]
fn every_language_is_told_the_same() {
    let english = messages(Language::English);
    for language in translated() {
        let wrong: Vec<String> = messages(language)
            .into_iter()
            .filter_map(|(key, mut args)| {
                args.retain(|arg| !OF_SOME.contains(&arg.as_str()));
                let expected = english.get(&key)?;
                (args != *expected).then(|| format!("{key}: {args:?} instead of {expected:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
    }
}

/// What is said alike in German and English, and why.
const ALIKE: [(&str, &[&str]); 3] = [
    (
        "a name, of this program or of a language",
        &[
            "layout-title",
            "layout-brand",
            "entry-nobody",
            "language-en",
            "language-de",
        ],
    ),
    (
        "the same word in both",
        &[
            "time-in",
            "month-apr",
            "month-aug",
            "month-sep",
            "month-nov",
            "deployment-cloud",
            "nav-radar",
            "label-code-at-sign-in",
            "label-region",
            "label-status",
            "label-format",
            "label-name",
            "label-code",
            "question-code",
            "question-kind-text",
            "cases-column-status",
            "entry-support",
            "radar-title",
            "organization-kind-partner",
            "resource-radar",
            "calendar-holiday-name",
            "pairing-link-label",
            "audit-field-status",
            "audit-field-version",
            "audit-field-name",
            "audit-field-region",
            "audit-field-code",
            "audit-field-format",
            "audit-field-person",
            "audit-in",
            "imported-symptom",
            "reference-operation",
            "reference-name",
            "provisioning-name",
            "checks-name",
            "label-checked-token",
            "report-measure-median",
            "file-size-kib",
            "file-size-mib",
            "guide-link-one",
            "audit-field-links",
            "label-article-body",
            "help-tutorials",
            "help-tools",
            "announcement-importance-information",
            "tools-title",
            "label-tool-title",
            "tutorials-title",
            "resource-tutorials",
            "resource-tools",
            "notice-group-tutorials",
            "audit-thing-tutorial",
            "audit-thing-tool",
            "label-template-body",
            "audit-field-body",
        ],
    ),
    ("known by mail programs", &["mail-subject-reply"]),
];

/// Whether a text has words of its own besides its arguments.
fn has_words(text: &str) -> bool {
    let mut depth = 0_u32;
    text.chars().any(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c.is_alphabetic()
    })
}

#[test]
fn no_english_is_left_by_accident() {
    let english = texts(Language::English);
    let german = texts(Language::German);
    let alike: BTreeSet<&str> = german
        .iter()
        .filter(|(key, text)| english.get(*key) == Some(*text) && has_words(text))
        .map(|(key, _)| key.as_str())
        .collect();
    let expected: BTreeSet<&str> = ALIKE.iter().flat_map(|(_, keys)| *keys).copied().collect();
    let by_accident: Vec<_> = alike.difference(&expected).collect();
    let differ: Vec<_> = expected.difference(&alike).collect();
    assert!(
        by_accident.is_empty() && differ.is_empty(),
        "still English, or to be listed with a reason: {by_accident:?}; listed, but no longer alike: {differ:?}"
    );
}

#[test]
fn german_bends_lengths_behind_in_and_ago() {
    let words = Catalogue::of(Language::German).unwrap();
    let said = |form: &str, n: i64| {
        let args = [("n", n.into()), ("form", form.into())];
        words.say("time-days", &args)
    };
    assert_eq!(said("alone", 1), "1 Tag");
    assert_eq!(said("alone", 3), "3 Tage");
    assert_eq!(said("relative", 1), "1 Tag");
    assert_eq!(said("relative", 3), "3 Tagen");
}
