//! What people write in feeds (F4): Markdown in, safe HTML out, at a cost that the length of the text alone bounds.
//!
//! Both libraries are linear in the text but not in its nesting: the parser walks all open containers at each line, the
//! sanitizer all open elements at each tag. So what nests deeper than anybody reads is flattened, and a text that is
//! nothing but markup is shown as it was typed. What came of a text is kept, so that it is rendered once.

mod contents;
mod links;
mod mentions;
mod plain;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use pulldown_cmark::{
    CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::ser::{Serialize, SerializeMap, Serializer};
use sha2::{Digest, Sha256};

use links::Links;

pub use contents::{Heading, page_of};
pub use plain::plain;

/// Which way of rendering this is. What was kept by another one is rendered anew: raise it with every change of what
/// comes out, be it of this file or of the sanitizer.
pub const RENDERING: i64 = 3;

/// How deep quotes and lists nest in what is shown, and emphasis within them.
const DEEPEST: usize = 16;
/// A line with more quote and list markers than this is no writing any more.
const MOST_MARKERS: usize = 64;
/// How many bytes of HTML come of a byte of text at the most, and how many of a short text all the same.
const GROWTH: usize = 8;
const LEEWAY: usize = 4 * 1024;
/// How many tags and escaped characters are sanitized of one text: each takes about a microsecond.
const MOST_PIECES: usize = 16 * 1024;
/// How many bytes of rendered texts are kept in memory.
const KEPT: u64 = 32 * 1024 * 1024;
/// A text that is longer than this is parsed, also if it is nothing but sentences.
const LONGEST_PLAIN: usize = 4 * 1024;
/// Rendering a text that is shorter than this costs less than looking it up.
const WORTH_KEEPING: usize = 256;

/// The sanitized HTML of a Markdown text; the only markup in Casebell that is not escaped on its way out.
///
/// Raw HTML is shown as it was typed (a `<sip:200@edge>` in a trace must not vanish), a line break stays one, an image
/// becomes a link to it, and headings start below those of the page. What comes out is sanitized all the same. It has at
/// most [`GROWTH`] times as many bytes as the text, besides a few thousand.
pub fn to_html(markdown: &str) -> Arc<str> {
    if markdown.len() < WORTH_KEEPING {
        return render(markdown).into();
    }
    let key: [u8; 32] = Sha256::digest(markdown).into();
    let rendered = RENDERED.get_or_insert_with(&key, || {
        Ok::<_, std::convert::Infallible>(Arc::from(render(markdown)))
    });
    match rendered {
        Ok(html) => html,
        Err(never) => match never {},
    }
}

/// Whether the HTML of a text is at hand.
pub fn is_kept(markdown: &str) -> bool {
    let key: [u8; 32] = Sha256::digest(markdown).into();
    RENDERED.peek(&key).is_some()
}

/// Renders a text ahead, so that whoever is asked for its HTML next, such as the one writer, has it at hand.
pub fn prepare(markdown: &str) {
    if markdown.len() >= WORTH_KEEPING {
        to_html(markdown);
    }
}

/// HTML that [`to_html`] made: the only text that a template writes as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered(Arc<str>);

impl Rendered {
    /// How it stands in a template's context, under a name that no text from outside can bear.
    pub const MARK: &str = "\0html";

    /// What comes of a text.
    pub fn of(markdown: &str) -> Self {
        Self(to_html(markdown))
    }

    /// What came of a text and was kept in a row.
    pub fn kept(html: &str) -> Self {
        Self(html.into())
    }

    /// The same with the names of those marked whom the text mentions.
    #[must_use]
    pub fn mentioning(self, names: &[String]) -> Self {
        match names {
            [] => self,
            names => Self(mentions::marked(&self.0, names).into()),
        }
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Rendered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(Self::MARK, &*self.0)?;
        map.end()
    }
}

/// Drops what was kept of a text, so that nothing of a redacted one stays in memory.
pub fn forget(markdown: &str) {
    let key: [u8; 32] = Sha256::digest(markdown).into();
    RENDERED.remove(&key);
    FORGOTTEN.fetch_add(1, Ordering::AcqRel);
}

/// How often a text was forgotten. Whoever keeps what texts are part of drops it when this has grown.
pub fn forgotten() -> u64 {
    FORGOTTEN.load(Ordering::Acquire)
}

static FORGOTTEN: AtomicU64 = AtomicU64::new(0);

/// Rendered texts by the digests of what they were made of: the same words are the same HTML for everybody.
static RENDERED: LazyLock<Cache<[u8; 32], Arc<str>, Bytes>> =
    LazyLock::new(|| Cache::with_weighter(4096, KEPT, Bytes));

#[derive(Clone)]
struct Bytes;

impl Weighter<[u8; 32], Arc<str>> for Bytes {
    fn weight(&self, _: &[u8; 32], html: &Arc<str>) -> u64 {
        u64::try_from(html.len() + 64).unwrap_or(u64::MAX)
    }
}

fn render(markdown: &str) -> String {
    plain_sentences(markdown)
        .or_else(|| formatted(markdown))
        .unwrap_or_else(|| as_written(markdown))
}

/// What becomes of a short text that is nothing but sentences, as most are: the same as [`formatted`] makes of it, without a parser
/// and a sanitizer. Every line begins with a letter, and no character means anything in Markdown or in HTML.
fn plain_sentences(markdown: &str) -> Option<String> {
    let means_nothing =
        |character: char| character.is_alphanumeric() || " ,.?!':;()+%-".contains(character);
    let is_plain = |line: &str| {
        line.starts_with(char::is_alphabetic)
            && !line.ends_with(' ')
            && line.chars().all(means_nothing)
    };
    if markdown.len() > LONGEST_PLAIN {
        return None;
    }
    let mut html = String::with_capacity(markdown.len() * 5 / 4);
    let mut is_open = false;
    for line in markdown.split('\n') {
        let before = match (line.is_empty(), is_open) {
            (true, true) => "</p>\n",
            (true, false) => "",
            (false, true) => "<br>\n",
            (false, false) => "<p>",
        };
        if !line.is_empty() && !is_plain(line) {
            return None;
        }
        html.push_str(before);
        html.push_str(line);
        is_open = !line.is_empty();
    }
    if is_open {
        html.push_str("</p>\n");
    }
    Some(html)
}

/// The text as its markup asks for, unless that would cost or give more than the text is worth.
fn formatted(markdown: &str) -> Option<String> {
    if markdown.lines().any(nests_beyond_reading) {
        return None;
    }
    let most_events = markdown.len() * 4 + LEEWAY;
    let most_bytes = markdown.len() * GROWTH + LEEWAY;
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut parser = Parser::new_ext(markdown, options);
    let (mut flattening, mut links) = (Flattening::default(), Links::default());
    let mut headings = Headings::default();
    let mut dirty = String::with_capacity(markdown.len() * 5 / 4);
    // An address is one text, whatever characters it has.
    let merged = TextMergeStream::new(parser.by_ref().take(most_events));
    let events = merged
        .flat_map(|event| links.linked(event))
        .flat_map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => as_typed(text),
            other => {
                let shown = flattening.flattened(other).map(tamed);
                shown
                    .map(|event| headings.placed(event))
                    .into_iter()
                    .collect()
            }
        });
    html::push_html(&mut dirty, events);
    let pieces = dirty.bytes().filter(|byte| matches!(byte, b'<' | b'&'));
    if parser.next().is_some() || dirty.len() > most_bytes || pieces.count() > MOST_PIECES {
        return None;
    }
    let clean = SANITIZER.clean(&dirty).to_string();
    (clean.len() <= most_bytes).then_some(clean)
}

/// The text as it was typed, every line where it was.
fn as_written(markdown: &str) -> String {
    let mut html = String::with_capacity(markdown.len() * 5 / 4);
    html.push_str("<pre>");
    for character in markdown.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            other => html.push(other),
        }
    }
    html.push_str("</pre>\n");
    html
}

/// Whether a line begins with more markers of quotes and lists than are followed.
fn nests_beyond_reading(line: &str) -> bool {
    let mut rest = line.as_bytes();
    for _ in 0..=MOST_MARKERS {
        rest = rest.trim_ascii_start();
        let marker = match rest {
            [b'>', ..] => 1,
            [b'-' | b'+' | b'*', b' ' | b'\t', ..] => 1,
            [b'0'..=b'9', ..] => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                match rest[digits..] {
                    [b'.' | b')', b' ' | b'\t', ..] => digits + 1,
                    _ => return false,
                }
            }
            _ => return false,
        };
        rest = &rest[marker..];
    }
    true
}

/// Leaves out the tags that open and close what nests too deep; the words in it stay.
#[derive(Default)]
struct Flattening {
    /// Of each open container and emphasis, whether it is shown.
    containers: Vec<bool>,
    emphases: Vec<bool>,
    /// Of each open link, whether it is shown: there is none within another.
    links: Vec<bool>,
    /// Whether words stand on the line.
    written: bool,
}

impl Flattening {
    fn flattened<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        let shown = match &event {
            Event::Start(Tag::BlockQuote(_) | Tag::List(_)) => open(&mut self.containers, DEEPEST),
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_)) => close(&mut self.containers),
            // An item goes with its list, and still begins a line.
            Event::Start(Tag::Item) | Event::End(TagEnd::Item) => {
                let shown = self.containers.last().copied().unwrap_or(true);
                let ends_a_line = !shown && std::mem::take(&mut self.written);
                return match ends_a_line {
                    true => Some(Event::HardBreak),
                    false => shown.then_some(event),
                };
            }
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough) => {
                open(&mut self.emphases, DEEPEST)
            }
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) => {
                close(&mut self.emphases)
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => open(&mut self.links, 1),
            Event::End(TagEnd::Link | TagEnd::Image) => close(&mut self.links),
            Event::Text(_) | Event::Code(_) => {
                self.written = true;
                true
            }
            _ => true,
        };
        shown.then_some(event)
    }
}

fn open(stack: &mut Vec<bool>, most: usize) -> bool {
    let shown = stack.len() < most;
    stack.push(shown);
    shown
}

fn close(stack: &mut Vec<bool>) -> bool {
    stack.pop().unwrap_or(true)
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
        other => other,
    }
}

/// Puts headings right below the `h2` under which words stand, each one deeper than the one it belongs to and no more, with
/// whatever level somebody began and whichever they left out: whoever listens to a page goes by its headings.
#[derive(Default)]
struct Headings {
    /// The levels, as they were written, of those that the next one may belong to.
    open: Vec<HeadingLevel>,
}

impl Headings {
    fn placed<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.open.retain(|above| *above < level);
                self.open.push(level);
                Event::Start(Tag::Heading {
                    level: self.level(),
                    id: None,
                    classes: Vec::new(),
                    attrs: Vec::new(),
                })
            }
            Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Heading(self.level())),
            other => other,
        }
    }

    /// Of the heading that came last.
    fn level(&self) -> HeadingLevel {
        match self.open.len() {
            0 | 1 => HeadingLevel::H3,
            2 => HeadingLevel::H4,
            _ => HeadingLevel::H5,
        }
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
            "h3",
            "h4",
            "h5",
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
        .url_schemes(HashSet::from(links::SCHEMES))
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});

#[cfg(test)]
mod tests;
