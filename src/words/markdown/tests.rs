use proptest::prelude::*;

use super::*;

#[test]
fn text_is_kept_and_nothing_runs() {
    let html = to_html("Caller <b>200</b>\n<script>alert(1)</script> `a<b`");
    assert_eq!(
        &*html,
        "<p>Caller &lt;b&gt;200&lt;/b&gt;</p>\n<p>&lt;script&gt;alert(1)&lt;/script&gt; `a&lt;b`</p>\n"
    );
}

#[test]
fn links_keep_to_the_allowed_schemes() {
    let html = to_html("[x](javascript:alert(1)) [y](https://example.com/a?b=1&c=2)");
    assert!(!html.contains("javascript"), "{html}");
    assert!(
        html.contains(
            "href=\"https://example.com/a?b=1&amp;c=2\" rel=\"nofollow noopener noreferrer\""
        ),
        "{html}"
    );
}

#[test]
fn images_become_links_and_headings_go_below_the_page() {
    let html = to_html("# Trace\n![capture](https://elsewhere.example/x.png)");
    assert!(html.contains("<h3>Trace</h3>"), "{html}");
    assert!(!html.contains("<img"), "{html}");
    assert!(html.contains(">capture</a>"), "{html}");
}

#[test]
fn headings_never_skip_a_level() {
    let levels = |markdown: &str| -> Vec<char> {
        let html = to_html(markdown);
        let tags = html.split("<h").skip(1);
        tags.filter_map(|tag| tag.chars().next()).collect()
    };
    for (markdown, expected) in [
        ("#### A", "3"),
        ("# A\n\n### B\n\n## C\n\n### D", "3445"),
        ("### A\n\n# B\n\n###### C\n\n## D", "3344"),
        ("# A\n\n## B\n\n### C\n\n#### D\n\n# E\n\n##### F", "345534"),
        ("A\n===\n\nB\n---\n\n> ##### C\n\n- ### D", "3455"),
    ] {
        assert_eq!(levels(markdown).iter().collect::<String>(), expected);
    }
}

proptest! {
    /// Whatever somebody writes stands one level at the most below what is above it.
    #[test]
    fn no_heading_is_two_levels_below_the_one_before(text in "(#{1,6} [a-z]{1,3}\n\n){0,12}") {
        let html = to_html(&text);
        let tags = html.split("<h").skip(1).filter_map(|tag| tag.chars().next()?.to_digit(10));
        let mut above = 2;
        for level in tags {
            prop_assert!((3..=above + 1).contains(&level), "{}", html);
            above = level;
        }
        prop_assert_eq!(html.matches("<h").count(), html.matches("</h").count());
    }
}

#[test]
fn handlers_and_styles_never_pass() {
    for text in [
        "<p onclick=x style=y>",
        "<svg/onload=alert(1)>",
        "[a](data:text/html,x)",
        "<a href=//evil>",
    ] {
        let html = to_html(text);
        assert!(
            !html.contains("<svg")
                && !html.contains("<p onclick")
                && !html.contains("href=\"data:"),
            "{html}"
        );
    }
}

#[test]
fn what_nests_too_deep_is_flattened_and_stays_readable() {
    let quotes: String = (1..=40)
        .map(|depth| format!("{} word{depth}\n", ">".repeat(depth)))
        .collect();
    let html = to_html(&quotes);
    assert_eq!(html.matches("<blockquote>").count(), DEEPEST, "{html}");
    let lists: String = (0..40)
        .map(|depth| format!("{}- word{depth}\n", "  ".repeat(depth)))
        .collect();
    let list = to_html(&lists);
    assert_eq!(list.matches("<ul>").count(), DEEPEST, "{list}");
    for depth in 1..40 {
        let word = format!("word{depth}");
        assert!(html.contains(&word) && list.contains(&word), "{word}");
    }
    // Items of a list that is not shown as one still stand apart.
    assert!(
        list.contains("word38<br>") && !list.contains("word38word39"),
        "{list}"
    );
    assert_eq!(deepest(&to_html(&"*a **b ".repeat(2000))), 1);
}

#[test]
fn a_link_within_a_link_is_its_words() {
    let html = to_html("[![capture](https://a.example/x.png)](https://b.example/)");
    assert_eq!(html.matches("<a ").count(), 1, "{html}");
    assert!(
        html.contains("https://b.example/") && html.contains(">capture</a>"),
        "{html}"
    );
}

#[test]
fn what_is_nothing_but_markup_is_shown_as_it_was_typed() {
    for text in [
        format!("{}hello & <you>", ">".repeat(25_000)),
        format!("{}hello & <you>", "- > 1. ".repeat(25_000)),
        format!(
            "|{}\n|{}\n{}",
            "hello & <you>|".repeat(200),
            "-|".repeat(200),
            "|x\n".repeat(5000)
        ),
    ] {
        let html = to_html(&text);
        assert!(
            html.starts_with("<pre>") && html.ends_with("</pre>\n"),
            "{} bytes: {}",
            html.len(),
            html.chars().take(80).collect::<String>()
        );
        assert!(html.contains("hello &amp; &lt;you&gt;"));
    }
}

#[test]
fn the_same_text_is_rendered_once() {
    let text = "What we found, at length. ".repeat(100);
    let first = to_html(&text);
    assert!(Arc::ptr_eq(&first, &to_html(&text)));
    forget(&text);
    let again = to_html(&text);
    assert!(!Arc::ptr_eq(&first, &again));
    assert_eq!(first, again);
}

/// What people find to write that nests, repeats or never ends.
const PIECES: &[&str] = &[
    ">",
    "> ",
    "- ",
    "1. ",
    "> - 1. ",
    "  - a\n",
    "*a ",
    "_a_",
    "**a *b ",
    "***",
    "~~a ",
    "*a",
    " b*",
    "[",
    "]",
    "](",
    "[a](b) ",
    "![",
    "![a](b)",
    "[a][b]",
    "[a]: b\n",
    "[^a]: b\n",
    "`",
    "``a",
    "```\n",
    "~~~ a\n",
    "<",
    "<a ",
    "<!--",
    "<?",
    "<![CDATA[",
    "<a href=\"",
    "</a>",
    "<div>",
    "<div>\n\n",
    "&",
    "&amp;",
    "&#x26;",
    "|",
    "|a",
    "|a\n|-\n|b\n\n",
    "|-",
    "|\n",
    "\n",
    "\n\n",
    "a\n",
    "# a\n",
    "a\n=\n",
    "    a\n",
    "\t",
    "  \n",
    "\\",
    "\\*",
    "- [ ] a\n",
    "<http://a>",
    "http://a ",
    "***\n",
    "word ",
    "\u{202f}",
    "ä",
    "👍🏽",
];

/// Every way of writing fifty thousand characters that is one thing over and over, and some that are two.
fn monotonous() -> Vec<String> {
    const LONG: usize = 50_000;
    let mut texts: Vec<String> = PIECES
        .iter()
        .map(|piece| piece.repeat(LONG / piece.len()))
        .collect();
    for first in [">", "- ", "1. ", "[", "*a ", "![", "<div>", "|a"] {
        for second in ["a\n", "\n", "](b)", " c*", "|\n", "> b\n", "\n b", "[a]\n"] {
            let mut text = first.repeat(LONG / 2 / first.len());
            text.push_str("\n[a]: /");
            text.push_str(&"x".repeat(100));
            text.push_str("\n\n");
            text.push_str(&second.repeat(LONG / 2 / second.len()));
            texts.push(text);
            // As deep as is followed, which then every line has to walk.
            let mut deep = first.repeat(MOST_MARKERS - 1);
            deep.push_str("a\n");
            deep.push_str(&second.repeat(LONG / second.len()));
            texts.push(deep);
        }
    }
    let table = |columns: usize, rows: usize| {
        format!(
            "{}\n{}\n{}",
            "|a".repeat(columns),
            "|-".repeat(columns),
            "|x\n".repeat(rows)
        )
    };
    texts.extend([table(1, 20_000), table(100, 20_000), table(10_000, 5_000)]);
    texts
}

/// How many elements stand within one another at the most.
fn deepest(html: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for part in html.split('<').skip(1) {
        if part.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !part.starts_with("br") && !part.starts_with("hr") {
            depth += 1;
            most = most.max(depth);
        }
    }
    most
}

fn is_bounded(text: &str) {
    let html = render(text);
    assert!(
        html.len() <= text.len() * GROWTH + LEEWAY,
        "{} bytes of {} of {:?}",
        html.len(),
        text.len(),
        text.chars().take(40).collect::<String>()
    );
    // Containers (a list and its item each), emphases, and what stands in them once: a paragraph, a table, a link.
    assert!(deepest(&html) <= 3 * DEEPEST + 8, "{} deep", deepest(&html));
}

#[test]
fn whatever_is_repeated_costs_what_its_length_does() {
    for text in monotonous() {
        let begun = std::time::Instant::now();
        is_bounded(&text);
        // A text of that length takes milliseconds, and without optimization some hundred; what is quadratic, minutes.
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(4),
            "{:?} for {:?}",
            begun.elapsed(),
            text.chars().take(40).collect::<String>()
        );
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_bounded_and_its_words_stay(
        pieces in prop::collection::vec((prop::sample::select(PIECES), 1_usize..60), 1..12)
    ) {
        let text: String = pieces.iter().map(|(piece, times)| piece.repeat(*times)).collect();
        is_bounded(&text);
        // What follows a fence of code on its line names a language.
        if !text.contains(['`', '~']) {
            let words = text.matches("word").count();
            prop_assert_eq!(render(&text).matches("word").count(), words);
        }
    }
}

#[test]
fn an_address_of_the_web_is_a_link_and_what_looks_like_one_stays() {
    let html = |text: &str| to_html(text).to_string();
    let link = |address: &str| {
        let shown = address.replace('&', "&amp;");
        format!("<a href=\"{shown}\" rel=\"nofollow noopener noreferrer\">{shown}</a>")
    };
    let plain = "https://desk.example.com/a_b_c?x=1&y=2";
    assert_eq!(html(plain), format!("<p>{}</p>\n", link(plain)));
    // What ends a sentence is not part of it; what was opened within is.
    let wiki = "http://wiki.example/Bell_(sound)";
    assert_eq!(
        html(&format!("See {wiki}, ({wiki}).")),
        format!("<p>See {}, ({}).</p>\n", link(wiki), link(wiki))
    );
    // Not in code, not in a link, not in the middle of a word, and not for what leads nowhere.
    for text in [
        "`https://a.example`",
        "    https://a.example",
        "xhttps://a.example",
        "https://",
    ] {
        assert!(!html(text).contains("<a "), "{text}: {}", html(text));
    }
    assert_eq!(html("[here](https://a.example)").matches("<a ").count(), 1);
    assert_eq!(
        html("From <sip:200@edge> on"),
        "<p>From &lt;sip:200@edge&gt; on</p>\n"
    );
    assert!(html("<https://a.example>").contains("<a href=\"https://a.example\""));
}

#[test]
fn sentences_are_paragraphs_with_their_lines() {
    assert_eq!(
        plain_sentences("We saw it.\nTwice (at 5:30)!\n\n\nAgain, später."),
        Some("<p>We saw it.<br>\nTwice (at 5:30)!</p>\n<p>Again, später.</p>\n".to_owned())
    );
    for other in [
        "1. one", "- one", " one", "one ", "a\n---", "a & b", "_a_", "a/b", "a\tb",
    ] {
        assert_eq!(plain_sentences(other), None, "{other:?}");
    }
}

proptest! {
    /// What needs no parser looks as if it had gone through it.
    #[test]
    fn sentences_are_what_the_parser_makes_of_them(
        text in "(\n{0,2}[A-Za-zäßéЖ漢][a-z0-9ü ,.?!':;()+%-]{0,12}[a-z0-9.?!:)'%+-]){0,6}\n{0,2}"
    ) {
        let plain = plain_sentences(&text);
        prop_assert!(plain.is_some());
        prop_assert_eq!(plain, formatted(&text));
    }
}
