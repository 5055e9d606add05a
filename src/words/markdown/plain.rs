//! What a text says without its markup: what is searched, and shown where there is no room for more.

use pulldown_cmark::{Event, Options, Parser, TagEnd};

/// The words of a Markdown text, block after block in lines of their own.
pub fn plain(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut plain = String::with_capacity(markdown.len());
    // What is nothing but markup has more events than characters.
    for event in Parser::new_ext(markdown, options).take(markdown.len() * 4 + 64) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                plain.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak | Event::Rule => plain.push('\n'),
            Event::End(end) if ends_a_block(end) => plain.push('\n'),
            Event::End(TagEnd::TableCell) => plain.push(' '),
            _ => {}
        }
    }
    plain
}

fn ends_a_block(end: TagEnd) -> bool {
    matches!(
        end,
        TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::CodeBlock
            | TagEnd::Item
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::BlockQuote(_)
    )
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_is_said_stays_and_the_markup_goes() {
        let text = "# Audio\n\nCheck **the** [firewall](https://a.example/x) and `sip`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| c | d |";
        let told: Vec<String> = plain(text).split_whitespace().map(str::to_owned).collect();
        let expected = "Audio Check the firewall and sip. one two a b c d";
        assert_eq!(told.join(" "), expected);
    }
}
