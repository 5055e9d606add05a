//! Addresses in what people write: those of the web are links without any markup, and what only looks like one stays as it was
//! typed.

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

/// The beginnings of what is a link by itself.
const BEGINNINGS: [&str; 2] = ["https://", "http://"];
/// What may lead somewhere, by its scheme: the sanitizer takes no others.
pub(super) const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Follows what is open around a text.
#[derive(Default)]
pub(super) struct Links {
    /// Of each open link, whether it is text in angle brackets.
    open: Vec<bool>,
    /// Whether a block of code is open.
    code: bool,
}

impl Links {
    /// The event, with links where they are meant.
    pub(super) fn linked<'a>(&mut self, event: Event<'a>) -> Vec<Event<'a>> {
        match event {
            Event::Start(Tag::Link {
                link_type: LinkType::Autolink,
                ref dest_url,
                ..
            }) if !leads(dest_url) => {
                self.open.push(true);
                vec![Event::Text("<".into())]
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                self.open.push(false);
                vec![event]
            }
            Event::End(TagEnd::Link | TagEnd::Image) => match self.open.pop() {
                Some(true) => vec![Event::Text(">".into())],
                _ => vec![event],
            },
            Event::Start(Tag::CodeBlock(_)) => {
                self.code = true;
                vec![event]
            }
            Event::End(TagEnd::CodeBlock) => {
                self.code = false;
                vec![event]
            }
            Event::Text(text) if self.open.is_empty() && !self.code => found_in(text),
            other => vec![other],
        }
    }
}

fn leads(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    SCHEMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme))
}

/// A text in pieces: what is an address of the web is a link to it.
fn found_in(text: CowStr<'_>) -> Vec<Event<'_>> {
    let mut pieces = Vec::new();
    let mut rest = &*text;
    while let Some((start, length)) = next_address(rest) {
        let (before, from) = rest.split_at(start);
        let (address, behind) = from.split_at(length);
        if !before.is_empty() {
            pieces.push(Event::Text(before.to_owned().into()));
        }
        pieces.push(Event::Start(Tag::Link {
            link_type: LinkType::Autolink,
            dest_url: address.to_owned().into(),
            title: CowStr::Borrowed(""),
            id: CowStr::Borrowed(""),
        }));
        pieces.push(Event::Text(address.to_owned().into()));
        pieces.push(Event::End(TagEnd::Link));
        rest = behind;
    }
    if pieces.is_empty() {
        return vec![Event::Text(text)];
    }
    if !rest.is_empty() {
        pieces.push(Event::Text(rest.to_owned().into()));
    }
    pieces
}

/// Where the next address begins, and how long it is: up to white space, without what ends a sentence.
fn next_address(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let found = BEGINNINGS
            .iter()
            .filter_map(|beginning| Some((text[from..].find(beginning)? + from, beginning.len())))
            .min()?;
        let (start, scheme) = found;
        let begins = text[..start]
            .chars()
            .next_back()
            .is_none_or(|before| !before.is_alphanumeric());
        let end = text[start..].find(|c: char| c.is_whitespace() || "<>\"`".contains(c));
        let address = &text[start..end.map_or(text.len(), |end| start + end)];
        let address = without_punctuation(address);
        if begins && address.len() > scheme {
            return Some((start, address.len()));
        }
        from = start + scheme;
    }
}

fn without_punctuation(mut address: &str) -> &str {
    while let Some(last) = address.chars().next_back() {
        let ends = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' => true,
            // A bracket that was not opened within belongs to the sentence.
            ')' => address.matches(')').count() > address.matches('(').count(),
            ']' => address.matches(']').count() > address.matches('[').count(),
            _ => false,
        };
        if !ends {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}
