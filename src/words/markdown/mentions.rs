//! Mentions in what was rendered: a name that was found in the text is marked where it stands.

use crate::domain::feed::begins_with;
use crate::domain::text::folded;

/// Within these nothing is marked: code is shown as it was written, and a link is one thing.
const QUIET: [&str; 3] = ["code", "pre", "a"];

/// Sanitized HTML with the names of those marked whom the text mentions.
pub fn marked(html: &str, names: &[String]) -> String {
    let mut names: Vec<String> = names.iter().map(|name| folded(name)).collect();
    names.retain(|name| !name.is_empty());
    // Of names that begin alike, the longest.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut marked = String::with_capacity(html.len() + names.len() * 64);
    let (mut rest, mut quiet, mut before) = (html, 0_usize, None::<char>);
    while let Some(character) = rest.chars().next() {
        let (mut length, mut is_mention) = (character.len_utf8(), false);
        if character == '<' {
            length = tag_length(rest);
            let (name, closes) = tag_name(&rest[..length]);
            if QUIET.contains(&name) {
                quiet = if closes {
                    quiet.saturating_sub(1)
                } else {
                    quiet + 1
                };
            }
        } else if character == '@' && quiet == 0 && !before.is_some_and(char::is_alphanumeric) {
            let behind = &rest[length..];
            // No tag stands within a name.
            let text = &behind[..behind.find('<').unwrap_or(behind.len())];
            if let Some(name) = names.iter().find_map(|name| begins_with(text, name)) {
                length += name;
                is_mention = true;
            }
        }
        let (piece, behind) = rest.split_at(length);
        if is_mention {
            marked.push_str("<span class=\"mention\">");
            marked.push_str(piece);
            marked.push_str("</span>");
        } else {
            marked.push_str(piece);
        }
        before = (character != '<')
            .then(|| piece.chars().next_back())
            .flatten();
        rest = behind;
    }
    marked
}

/// How many bytes a tag has, with its values, in which its end may stand.
fn tag_length(html: &str) -> usize {
    let mut quote = None;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    html.len()
}

/// What a tag is called, and whether it closes.
fn tag_name(tag: &str) -> (&str, bool) {
    let inside = tag.trim_start_matches('<');
    let name = inside.trim_start_matches('/');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric());
    (&name[..end.unwrap_or(name.len())], inside.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(html: &str) -> String {
        marked(html, &["Dana Cole".to_owned(), "Eve O'Neil".to_owned()])
    }

    #[test]
    fn a_name_is_marked_where_it_stands_and_nowhere_else() {
        assert_eq!(
            of("<p>Ask @dana cole, please.</p>"),
            "<p>Ask <span class=\"mention\">@dana cole</span>, please.</p>"
        );
        assert_eq!(
            of("<p>@Eve O'Neil</p>"),
            "<p><span class=\"mention\">@Eve O'Neil</span></p>"
        );
        for untouched in [
            "<p><code>@Dana Cole</code></p>",
            "<pre>@Dana Cole</pre>",
            "<p><a href=\"https://a.example\" title=\"> @Dana Cole\">@Dana Cole</a></p>",
            "<p title='> @Dana Cole'>x</p>",
            "<p>x@Dana Cole @Dana <em>Cole</em> @Dana Coleman</p>",
        ] {
            assert_eq!(of(untouched), untouched);
        }
        // Behind code it goes on.
        assert!(
            of("<code>x</code> @Dana Cole").ends_with("<span class=\"mention\">@Dana Cole</span>")
        );
    }
}
