//! How articles are found: by words, ranked, page by page, and by the subject of a case. Both databases find the same.

use super::{article, titles, with, writes};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::Person;

on_both_databases! { Desk:
    h1_words_are_found_in_any_order_case_and_accent,
    h1_what_fits_best_comes_first_page_by_page,
    h1_a_subject_suggests_what_is_about_the_same,
    h1_the_search_over_everything_finds_articles_too,
}

/// A small library.
pub(super) async fn library(desk: &Desk) {
    let eve = desk.person("eve");
    for (title, body) in [
        (
            "One-way audio on outbound calls",
            "Agents hear nothing after thirty seconds. Look at <b>SIP</b> timers & the firewall.",
        ),
        (
            "Second factor",
            "M\u{fc}nchen and S\u{e3}o Paulo use the same provider. A lesson with audio is attached.",
        ),
        (
            "Rotating keys",
            "Keys are rotated once a year, by `rotate_keys`.",
        ),
    ] {
        writes(&eve, with(article(title, body), "category", "Guides")).await;
    }
}

async fn h1_words_are_found_in_any_order_case_and_accent(desk: Desk) {
    let dana = desk.person("dana");
    library(&desk).await;
    for (words, found) in [
        ("calls%20AUDIO", &["One-way audio on outbound calls"][..]),
        ("sao%20paulo", &["Second factor"]),
        ("Mu%CC%88nchen", &["Second factor"]),
        ("M%C3%9CNCHEN", &["Second factor"]),
        // The last word by its beginning, the others as they are.
        ("outbound%20cal", &["One-way audio on outbound calls"]),
        ("outb%20calls", &[]),
        ("rotat", &["Rotating keys"]),
        (
            "audio",
            &["One-way audio on outbound calls", "Second factor"],
        ),
        ("audio%20keys", &[]),
        // By its category, too.
        ("guides%20keys", &["Rotating keys"]),
        (
            "%25",
            &[
                "One-way audio on outbound calls",
                "Rotating keys",
                "Second factor",
            ],
        ),
        ("%27%20OR%201=1", &[]),
    ] {
        let mut titles = titles(&dana, &format!("/articles?q={words}")).await;
        if words == "%25" {
            titles.sort();
        }
        assert_eq!(titles, found, "{words}");
    }
    let found = dana.get("/articles?q=firewall%20sip").await.ok();
    let highlights = &found["items"][0]["highlights"];
    let excerpt = said(&highlights["excerpt_html"]);
    assert!(excerpt.contains("<mark>firewall</mark>"), "{excerpt}");
    assert!(excerpt.contains("<mark>SIP</mark>"), "{excerpt}");
    assert!(
        excerpt.contains("&lt;b&gt;") && excerpt.contains("timers &amp; the"),
        "{excerpt}"
    );
    assert_eq!(highlights["title_html"], "One-way audio on outbound calls");
    // What only its markup says is not looked for.
    assert!(titles(&dana, "/articles?q=strong").await.is_empty());
}

async fn h1_what_fits_best_comes_first_page_by_page(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    for number in 1..=7 {
        let body = "queue ".repeat(number);
        writes(&eve, article(&format!("Number {number}"), &body)).await;
    }
    writes(&eve, article("The queue", "Of escalations.")).await;
    let mut found = Vec::new();
    let mut path = "/articles?q=queue&limit=3".to_owned();
    loop {
        let page = dana.get(&path).await.ok();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        assert!(items.len() <= 3);
        found.extend(items.iter().map(|item| said(&item["title"])));
        match page["next_cursor"].as_str() {
            Some(next) => path = format!("/articles?q=queue&limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found.len(), 8);
    assert_eq!(found[0], "The queue");
    let mut once = found.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 8, "{found:?}");
    // The other way round is the same list from its end.
    let mut back = titles(&dana, "/articles?q=queue&sort=relevance").await;
    back.reverse();
    assert_eq!(back, found);
    let by_title = titles(&dana, "/articles?q=queue&sort=-title").await;
    assert_eq!(by_title[0], "The queue");
    assert_eq!(
        dana.get("/articles?q=queue&count=true").await.ok()["count"],
        8
    );
    // A cursor is good for its own search.
    let page = dana.get("/articles?q=queue&limit=3").await.ok();
    let cursor = said(&page["next_cursor"]);
    dana.get(&format!("/articles?q=number&cursor={cursor}"))
        .await
        .names_fields(&[("cursor", "malformed_cursor")]);
}

async fn h1_a_subject_suggests_what_is_about_the_same(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    library(&desk).await;
    let draft = article("Audio of outbound calls, a draft", "Outbound calls, audio.");
    writes(&eve, with(draft, "state", "draft")).await;
    let suggests = async |subject: &str| -> Vec<String> {
        let path = format!("/articles/suggestions?subject={subject}");
        let found = eve.get(&path).await.ok();
        let items = found["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| said(&item["title"])).collect()
    };
    // Other forms of the words do, and a draft is nobody's.
    let found = suggests("Agent%20has%20no%20audio%20in%20outbound%20call").await;
    assert_eq!(found, ["One-way audio on outbound calls"]);
    assert_eq!(
        suggests("How%20do%20I%20rotate%20my%20keys%3F").await,
        ["Rotating keys"]
    );
    assert!(suggests("The%20printer%20is%20on%20fire").await.is_empty());
    dana.get("/articles/suggestions")
        .await
        .names_fields(&[("subject", "required")]);
    let found = dana
        .get("/articles/suggestions?subject=Rotating%20keys")
        .await
        .ok();
    assert_eq!(found["items"][0]["href"], "/articles/rotating-keys");
}

async fn h1_the_search_over_everything_finds_articles_too(desk: Desk) {
    let (dana, eve, nils) = (desk.person("dana"), desk.person("eve"), desk.person("nils"));
    library(&desk).await;
    let draft = with(article("Audio, unfinished", "Later."), "state", "draft");
    writes(&eve, draft).await;
    let found = async |person: &Person, words: &str| -> Vec<String> {
        let found = person.get(&format!("/search?q={words}")).await.ok();
        let items = found["items"].as_array().cloned().unwrap_or_default();
        let articles = items.iter().filter(|item| item["kind"] == "article");
        articles.map(|item| said(&item["title"])).collect()
    };
    let both = ["One-way audio on outbound calls", "Second factor"];
    assert_eq!(found(&dana, "audio").await, both);
    assert_eq!(
        found(&eve, "audio%20unfinished").await,
        ["Audio, unfinished"]
    );
    // What may not be read is not found, and nothing is by no words.
    for (person, words) in [
        (&dana, "audio%20unfinished"),
        (&nils, "audio"),
        (&dana, "%25"),
    ] {
        assert_eq!(found(person, words).await, [""; 0], "{words}");
    }
}
