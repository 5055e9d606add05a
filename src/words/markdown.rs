//! What people write in feeds (F4): Markdown in, safe HTML out.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The sanitized HTML of a Markdown text; the only markup in Casebell that is not escaped on its way out.
///
/// Raw HTML is shown as it was typed (a `<sip:200@edge>` in a trace must not vanish), a line break stays one, an image
/// becomes a link to it, and headings start below those of the page. What comes out is sanitized all the same.
pub fn to_html(markdown: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(markdown, options).flat_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => as_typed(text),
        other => vec![tamed(other)],
    });
    let mut dirty = String::with_capacity(markdown.len() * 5 / 4);
    html::push_html(&mut dirty, events);
    SANITIZER.clean(&dirty).to_string()
}

/// Raw HTML as text, its line breaks kept.
fn as_typed(text: CowStr<'_>) -> Vec<Event<'_>> {
    match text.strip_suffix('\n') {
        Some(line) => vec![Event::Text(line.to_owned().into()), Event::HardBreak],
        None => vec![Event::Text(text)],
    }
}

fn tamed(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::SoftBreak => Event::HardBreak,
        Event::TaskListMarker(done) => {
            Event::Text(CowStr::Borrowed(if done { "☑ " } else { "☐ " }))
        }
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: below_the_page(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below_the_page(level))),
        other => other,
    }
}

/// Feeds stand under an `h2` and an `h3`.
fn below_the_page(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H4,
        HeadingLevel::H2 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    builder
        .tags(HashSet::from([
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "del",
            "em",
            "h4",
            "h5",
            "h6",
            "hr",
            "li",
            "ol",
            "p",
            "pre",
            "strong",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn text_is_kept_and_nothing_runs() {
        let html = to_html("Caller <b>200</b>\n<script>alert(1)</script> `a<b`");
        assert_eq!(
            html,
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
        assert!(html.contains("<h4>Trace</h4>"), "{html}");
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains(">capture</a>"), "{html}");
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
}
