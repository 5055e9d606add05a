//! A text that is a page of its own: its headings stand right below the page's, and can be led to.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Rendered, to_html};

/// A heading of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// Its id on the page.
    pub id: String,
    /// What it says.
    pub text: String,
    /// How deep it stands: 0, 1 or 2.
    pub depth: usize,
}

/// What headings become: those of feeds begin further down.
const LEVELS: [(&str, &str); 3] = [("h3", "h2"), ("h4", "h3"), ("h5", "h4")];

/// The HTML of a text that is a page of its own, and its headings. What comes out differs from what is shown in a feed only by the
/// names of the headings and their ids, which are made here.
pub fn page_of(markdown: &str) -> (Rendered, Vec<Heading>) {
    let html = to_html(markdown);
    let (mut page, mut headings) = (String::with_capacity(html.len() + 256), Vec::new());
    let mut rest = &*html;
    // Whatever somebody wrote is escaped, so that a tag is one that was made of Markdown.
    while let Some((at, depth)) = next_heading(rest) {
        let (from, to) = LEVELS[depth];
        let begin = at + from.len() + 2;
        let end = format!("</{from}>");
        let Some(length) = rest[begin..].find(&end) else {
            break;
        };
        let inner = &rest[begin..begin + length];
        let id = format!("part-{}", headings.len() + 1);
        page.push_str(&rest[..at]);
        // Writing to a string does not fail.
        let _ = write!(page, "<{to} id=\"{id}\">{inner}</{to}>");
        headings.push(Heading {
            id,
            text: text_of(inner),
            depth,
        });
        rest = &rest[begin + length + end.len()..];
    }
    page.push_str(rest);
    (Rendered::kept(&page), headings)
}

/// Where the next heading begins, and how deep it stands.
fn next_heading(html: &str) -> Option<(usize, usize)> {
    let begins = |(depth, (tag, _)): (usize, &(&str, &str))| {
        let at = html.find(&format!("<{tag}>"))?;
        Some((at, depth))
    };
    LEVELS.iter().enumerate().filter_map(begins).min()
}

/// What a piece of sanitized HTML says.
fn text_of(html: &str) -> String {
    let (mut text, mut within) = (String::with_capacity(html.len()), false);
    for character in html.chars() {
        match character {
            '<' => within = true,
            '>' if within => within = false,
            other if !within => text.push(other),
            _ => {}
        }
    }
    let signs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", "\u{a0}"),
        ("&amp;", "&"),
    ];
    let plain = |text: String, (escaped, sign): (&str, &str)| text.replace(escaped, sign);
    signs.into_iter().fold(text, plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_named_and_can_be_led_to() {
        let (page, headings) = page_of("# One *thing*\n\nText.\n\n## A & B <h3>\n\n# Two");
        let html = page.as_str();
        assert!(
            html.starts_with("<h2 id=\"part-1\">One <em>thing</em></h2>"),
            "{html}"
        );
        assert!(html.contains("<h3 id=\"part-2\">"), "{html}");
        let told: Vec<(&str, usize)> = (headings.iter())
            .map(|heading| (heading.text.as_str(), heading.depth))
            .collect();
        assert_eq!(told, [("One thing", 0), ("A & B <h3>", 1), ("Two", 0)]);
    }

    #[test]
    fn what_only_looks_like_a_heading_is_none() {
        let (page, headings) = page_of("`<h3>` and <h3>this</h3>\n\n    <h4>code</h4>");
        assert!(headings.is_empty(), "{}", page.as_str());
        assert!(!page.as_str().contains("<h3>"), "{}", page.as_str());
    }
}
