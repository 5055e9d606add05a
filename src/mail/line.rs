//! One line, as a header of a mail takes it.

/// The most characters of a subject or a name: what a list of mails can show, and far below the limits of headers.
const LONGEST_LINE: usize = 240;

/// `text` as one line that is fit for a header: whatever breaks lines or controls becomes a space or vanishes.
pub(crate) fn one_line(text: &str) -> String {
    let shown = text
        .chars()
        .map(|character| if breaks(character) { ' ' } else { character });
    let shown: String = shown.filter(|character| !turns(*character)).collect();
    let mut line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > LONGEST_LINE {
        line = line.chars().take(LONGEST_LINE - 1).collect();
        line.truncate(line.trim_end().len());
        line.push('…');
    }
    line
}

fn breaks(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Overrides and isolates of the writing direction, which make a text read as another.
fn turns(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(
            one_line("  a \t b\u{85}c\u{2029}d\u{0}e\u{202e}f  "),
            "a b c d ef"
        );
        assert_eq!(one_line(&"ä".repeat(1000)).chars().count(), LONGEST_LINE);
        assert_eq!(one_line(""), "");
    }
}
