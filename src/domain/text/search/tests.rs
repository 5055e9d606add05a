use std::collections::BTreeSet;

use proptest::prelude::*;

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

const SAID: Place = Place::Entry(Feed::Case, Visibility::Public);

#[test]
fn each_word_is_kept_once_without_accents_and_signs() {
    assert_eq!(
        kept(Place::Case, "Zürich, zu\u{308}rich: SBC-Lisbon (100%)"),
        "c=100 c=lisbon c=sbc c=zurich"
    );
    assert_eq!(kept(SAID, " \n\t--- % _ "), "");
    assert_eq!(kept(SAID, "ΟΔΟΣ οδος"), "p=οδοσ");
    assert_eq!(kept(SAID, "東京 tower"), "p=tower p=京 p=東");
    let long = "a".repeat(100);
    assert_eq!(kept(SAID, &long).len(), LONGEST_WORD + 2);
    let much: String = (0..200_000).map(|n| format!("w{n} ")).collect();
    let most = kept(SAID, &much);
    assert!(most.len() <= MOST_KEPT && most.len() > MOST_KEPT - 10);
    // The first ones, and however often they are said.
    let first: BTreeSet<&str> = most.split(' ').collect();
    assert!(first.contains("p=w0") && !first.contains("p=w199999"));
    assert_eq!(kept(SAID, &"again ".repeat(200_000)), "p=again");
}

#[test]
fn no_two_places_have_one_letter() {
    let mut letters = vec![Place::Case.letter()];
    for feed in Feed::ALL {
        for visibility in Visibility::ALL {
            letters.push(Place::Entry(*feed, *visibility).letter());
        }
    }
    let different: BTreeSet<char> = letters.iter().copied().collect();
    assert_eq!(different.len(), letters.len());
}

/// The words, each with a full stop behind it if it is a whole one.
fn said(text: &str) -> Vec<String> {
    sought(text)
        .iter()
        .map(|one| {
            let words = one.words.iter();
            let words =
                words.map(|word| format!("{}{}", word.word, if word.whole { "." } else { "" }));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn a_word_is_a_beginning_unless_a_sign_follows() {
    assert_eq!(said("Drop RTP, drop"), ["drop", "rtp"]);
    assert_eq!(said("100% 10_%"), ["100.", "10."]);
    assert_eq!(said("sbc-lisbon"), ["sbc. lisbon"]);
    assert_eq!(said("\"router\" (down) esc*"), ["router", "down", "esc"]);
    assert!(said(" % -- ").is_empty());
    let many: String = (0..30).map(|n| format!("w{n} ")).collect();
    assert_eq!(said(&many).len(), MOST_WORDS);
}

#[test]
fn numbers_are_found_however_they_are_pasted() {
    let of = |text: &str| {
        let sought = sought(text);
        assert_eq!(sought.len(), 1, "{text}");
        (
            sought[0].case.map(CaseNumber::value),
            sought[0].escalation.map(EscalationNumber::value),
        )
    };
    for text in ["C-000123", "c123", "#C-123", "[c-000123]", "123", "#123,"] {
        assert_eq!(of(text), (Some(123), None), "{text}");
    }
    for text in ["E-000045", "e45", "#E-000045"] {
        assert_eq!(of(text), (None, Some(45)), "{text}");
    }
    for text in [
        "c",
        "c-",
        "c12x",
        "0",
        "e-0",
        "99999999999999999999",
        "d123",
    ] {
        assert_eq!(of(text), (None, None), "{text}");
    }
}

#[test]
fn what_was_found_is_marked_in_an_excerpt() {
    let sought = sought("zurich drop");
    let text = "The RTP stream\nends in Zürich. It drops, and the backdrop stays.";
    let marked = |text: &str, marks: &[(usize, usize)]| -> Vec<String> {
        let part = |(from, to): &(usize, usize)| text.chars().skip(*from).take(to - from).collect();
        marks.iter().map(part).collect()
    };
    let all = excerpt(text, &sought, 200).expect("found");
    assert_eq!(all.text, text.replace('\n', " "));
    assert_eq!(marked(&all.text, &all.marks), ["Zürich", "drops"]);
    let short = excerpt(text, &sought, 15).expect("found");
    assert!(short.text.starts_with('\u{2026}') && short.text.ends_with('\u{2026}'));
    assert_eq!(marked(&short.text, &short.marks), ["Zürich"]);
    assert_eq!(excerpt("Nothing.", &sought, 20), None);
}

#[test]
fn a_frequent_word_is_walked_for_and_a_rare_one_is_not() {
    // A page of a list with a million cases.
    assert!(Share::of(32).is_walked_for(26, 1_000_000, 2));
    assert!(Share::of(1).is_walked_for(26, 1_000_000, 2));
    assert!(!Share::of(0).is_walked_for(26, 1_000_000, 2));
    // Two words that are frequent and seldom meet.
    let both = Share::of(2).and(Share::of(2));
    assert!(!both.is_walked_for(26, 1_000_000, 2));
    // Of few cases the index names few.
    assert!(!Share::of(1).is_walked_for(26, 10_000, 2));
    assert!(!Share::of(1).is_walked_for(26, 1_000_000, 10));
    assert_eq!(Share::of(32).walked_at_most(26, 500, 2), 208);
    // To look into a quarter of them costs as much as the half that the index names.
    assert_eq!(Share::of(32).walked_at_most(26, 1_000_000, 2), 250_000);
}

proptest! {
    /// Marks that are taken apart from their letters are put in an order, by which nothing else moves.
    #[test]
    fn a_text_comes_to_what_its_characters_do(text in "([a-zA-Zé한ǅİ\u{300}-\u{36f}\u{5b0}-\u{5c7}\u{ff21}ﬁ .]|\\PC){0,40}") {
        let whole = text.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase);
        let whole = whole.filter(|character| !is_combining_mark(*character));
        let whole: String = whole.map(|character| if character == 'ς' { 'σ' } else { character }).collect();
        prop_assert_eq!(text.chars().flat_map(folded).collect::<String>(), whole);
    }

    #[test]
    fn whatever_is_kept_is_found_by_itself(text in "\\PC{0,80}") {
        let all = kept(SAID, &text);
        for one in sought(&text) {
            for wanted in one.words {
                let beginning = format!("p={}", wanted.word);
                let has = all.split(' ').any(|word| match wanted.whole {
                    true => word == beginning,
                    false => word.starts_with(&beginning),
                });
                prop_assert!(has, "{wanted:?} in {all:?}");
            }
        }
    }

    #[test]
    fn what_is_kept_has_no_sign_of_ascii_but_the_joint(text in "\\PC{0,80}") {
        let all = kept(SAID, &text);
        prop_assert!(!all.starts_with(' ') && !all.ends_with(' ') && !all.contains("  "));
        for character in all.chars().filter(char::is_ascii) {
            let known = character.is_ascii_digit() || character.is_ascii_lowercase();
            prop_assert!(known || character == ' ' || character == JOINT, "{character:?}");
        }
    }

    #[test]
    fn excerpts_end_within_their_text(text in "\\PC{0,80}", word in "[a-z]{1,3}", most in 1usize..50) {
        if let Some(excerpt) = excerpt(&text, &sought(&word), most) {
            let length = excerpt.text.chars().count();
            for (from, to) in excerpt.marks {
                prop_assert!(from < to && to <= length);
            }
        }
    }

    #[test]
    fn the_more_frequent_a_word_the_sooner_it_is_walked_for(
        hits in 0..=SAMPLE, more in 0..=SAMPLE, wanted in 1usize..2000, total in 0u64..10_000_000,
        named in 1u64..100
    ) {
        let (less, greater) = (Share::of(hits), Share::of(hits + more));
        if less.is_walked_for(wanted, total, named) {
            prop_assert!(greater.is_walked_for(wanted, total, named));
            // The sooner, the less the index names meanwhile.
            prop_assert!(less.is_walked_for(wanted, total, named - 1));
        }
        let most = |share: Share, total| share.walked_at_most(wanted, total, named);
        prop_assert!(most(less, total) >= most(less, 0));
        prop_assert!(most(greater, 0) <= most(less, 0));
        prop_assert!(less.and(greater) <= less);
    }
}
