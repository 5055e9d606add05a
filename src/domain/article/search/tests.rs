use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn article(number: u128) -> ArticleId {
    ArticleId::from_uuid(Uuid::from_u128(number))
}

/// A knowledge base, numbered from 1: title and body.
struct Library(Vec<BTreeMap<String, i64>>);

impl Library {
    fn of(articles: &[(&str, &str)]) -> Self {
        let index = |(title, body): &(&str, &str)| {
            index(&Searched {
                title,
                summary: "",
                category: "Voice",
                body,
            })
        };
        Self(articles.iter().map(index).collect())
    }

    /// What the rows between the ends of each term's range are.
    fn hits(&self, terms: &Terms) -> Vec<Vec<Hit>> {
        let of = |term: &Term| {
            let (from, until) = term.range();
            let mut hits = Vec::new();
            for (number, words) in (1..).zip(&self.0) {
                for (word, weight) in words.range(from.clone()..until.clone()) {
                    hits.push(Hit {
                        article: article(number),
                        word: word.clone(),
                        weight: *weight,
                    });
                }
            }
            hits
        };
        terms.terms().iter().map(of).collect()
    }

    fn finds(&self, text: &str) -> Vec<u128> {
        let terms = Terms::searched(text);
        let scores = terms.scores(&self.hits(&terms));
        let mut found: Vec<(i64, u128)> = scores
            .into_iter()
            .map(|(id, score)| (-score, id.as_uuid().as_u128()))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, number)| number).collect()
    }

    fn suggests(&self, subject: &str) -> Vec<u128> {
        let terms = Terms::of_subject(subject);
        let like = terms.likenesses(&self.hits(&terms));
        like.into_iter()
            .map(|(id, _)| id.as_uuid().as_u128())
            .collect()
    }
}

fn library() -> Library {
    Library::of(&[
        (
            "One-way audio on outbound calls",
            "Agents hear nothing after thirty seconds. Check the firewall and the SIP timers.",
        ),
        (
            "Sign in with a second factor",
            "München and São Paulo use the same provider. The audio of the lesson is attached.",
        ),
        ("Rotating keys", "Keys are rotated once a year."),
    ])
}

#[test]
fn words_are_found_in_any_order_case_and_accent() {
    let library = library();
    assert_eq!(library.finds("calls AUDIO"), [1]);
    assert_eq!(library.finds("sao paulo"), [2]);
    assert_eq!(library.finds("Mu\u{308}nchen"), [2]);
    // A word of the title says more than one of the body.
    assert_eq!(library.finds("audio"), [1, 2]);
    assert_eq!(library.finds("audio keys"), Vec::<u128>::new());
    assert_eq!(library.finds("  #  "), Vec::<u128>::new());
}

#[test]
fn the_last_word_is_found_by_its_beginning_and_the_others_are_not() {
    let library = library();
    assert_eq!(library.finds("outbound cal"), [1]);
    assert_eq!(library.finds("outb calls"), Vec::<u128>::new());
    assert_eq!(library.finds("rot"), [3]);
}

#[test]
fn a_subject_finds_what_is_about_the_same_in_other_forms() {
    let library = library();
    assert_eq!(
        library.suggests("Agent has no audio in outbound call")[0],
        1
    );
    assert_eq!(library.suggests("How do I rotate my keys?"), [3]);
    assert_eq!(
        library.suggests("The printer is on fire"),
        Vec::<u128>::new()
    );
    assert_eq!(library.suggests(""), Vec::<u128>::new());
}

#[test]
fn what_was_looked_for_is_marked_as_it_is_written() {
    let terms = Terms::searched("munchen aud");
    let marked = terms.marked("Audio from M\u{fc}nchen <b>");
    let hits: Vec<&str> = (marked.iter())
        .filter(|piece| piece.hit)
        .map(|piece| piece.text.as_str())
        .collect();
    assert_eq!(hits, ["Audio", "M\u{fc}nchen"]);
    let whole: String = marked.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(whole, "Audio from M\u{fc}nchen <b>");
}

#[test]
fn an_excerpt_is_around_the_first_word_that_was_found() {
    let text = format!("{} needle {}", "hay ".repeat(200), "straw ".repeat(200));
    let pieces = Terms::searched("needle").excerpt(&text);
    let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert!(
        whole.starts_with("… hay") && whole.ends_with("straw …"),
        "{whole}"
    );
    assert!(whole.chars().count() <= EXCERPT + 4, "{whole}");
    assert!(
        pieces
            .iter()
            .any(|piece| piece.hit && piece.text == "needle")
    );
    let short = Terms::searched("x").excerpt("All of it.");
    assert_eq!(short.len(), 1);
}

#[test]
fn an_endless_article_is_found_by_its_title_and_its_first_words() {
    let body: String = (0..5_000).map(|word| format!("word{word} ")).collect();
    let found = index(&Searched {
        title: "Ciphers",
        summary: "",
        category: "Security",
        body: &body,
    });
    assert_eq!(found.len(), MOST_WORDS);
    assert!(found.contains_key("ciphers") && found.contains_key("word7"));
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_searched(text in "\\PC{0,80}", words in "\\PC{0,20}") {
        let searched = Searched { title: &text, summary: "", category: "", body: &text };
        let index = index(&searched);
        let (terms, like) = (Terms::searched(&words), Terms::of_subject(&words));
        for terms in [&terms, &like] {
            let whole: String = terms.marked(&text).iter().map(|piece| piece.text.as_str()).collect();
            prop_assert_eq!(whole, text.nfc().collect::<String>());
            terms.excerpt(&text);
            for term in terms.terms() {
                let (from, until) = term.range();
                for word in index.keys().filter(|word| term.fits(word)) {
                    prop_assert!(*word >= from && *word < until);
                }
            }
        }
    }

    #[test]
    fn a_text_is_found_by_each_of_its_words(text in "[a-zà-öø-ü ]{1,40}") {
        let library = Library::of(&[(&text, "")]);
        for word in text.split_whitespace() {
            prop_assert_eq!(library.finds(word), vec![1]);
        }
    }
}
