//! What a file is called. Names come from other machines: what could be taken for a path, a command or another name is
//! not kept, and no name is refused for it.

use std::fmt;

/// How many characters a name has at the most.
const LONGEST: usize = 150;
/// An ending is kept when a name is shortened, if it has no more characters than this.
const LONGEST_ENDING: usize = 12;
/// The name of a file that has none.
const NAMELESS: &str = "file";

/// A file's name: one line, no path, nothing that is not seen; never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(String);

impl FileName {
    /// The name of a file that is called `text` where it comes from.
    pub fn cleaned(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let seen: String = last
            .chars()
            .filter(|c| !is_unseen(*c))
            .map(|c| match c {
                // Some systems take these for something else than a part of a name.
                ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
                c if c.is_whitespace() => ' ',
                c => c,
            })
            .collect();
        // Some systems leave full stops and spaces off the end, behind which another ending would come out.
        let name = seen.trim().trim_end_matches(['.', ' ']);
        let name = shortened(name);
        match name.is_empty() {
            true => Self(NAMELESS.to_owned()),
            false => Self(name),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind its last full stop, in small letters; nothing if there is none.
    pub fn ending(&self) -> Option<String> {
        ending(&self.0).map(str::to_lowercase)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn ending(name: &str) -> Option<&str> {
    let (_, ending) = name.rsplit_once('.')?;
    (!ending.is_empty()).then_some(ending)
}

/// Its beginning, with its ending.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let kept = ending(name).filter(|ending| ending.chars().count() <= LONGEST_ENDING);
    match kept {
        Some(ending) => {
            let room = LONGEST - 1 - ending.chars().count();
            let begins: String = name.chars().take(room).collect();
            format!("{}.{ending}", begins.trim_end_matches(['.', ' ']))
        }
        None => {
            let begins: String = name.chars().take(LONGEST).collect();
            begins.trim_end_matches(['.', ' ']).to_owned()
        }
    }
}

/// Controls, marks of the writing direction, characters without a width and such as are blank: by them a name reads as another.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_become_plain_ones() {
        for (given, kept) in [
            ("server.log", "server.log"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\dana\\trace.txt", "trace.txt"),
            ("", "file"),
            ("..", "file"),
            ("a/", "file"),
            (" . ", "file"),
            ("a\0b.txt", "ab.txt"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
            ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
            ("evil.exe. . ", "evil.exe"),
            (
                "invoice.pdf\u{3164}\u{3164}\u{E0020}.exe",
                "invoice.pdf.exe",
            ),
            ("evil.exe::$DATA", "evil.exe__$DATA"),
            ("say \"hi\".txt", "say _hi_.txt"),
            ("Übersicht 電話.png", "Übersicht 電話.png"),
        ] {
            assert_eq!(FileName::cleaned(given).as_str(), kept, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = FileName::cleaned(&format!("{}.tar.GZ", "x".repeat(300)));
        assert_eq!(long.as_str().chars().count(), LONGEST);
        assert_eq!(long.ending().as_deref(), Some("gz"));
        let odd = FileName::cleaned(&format!("a.{}", "y".repeat(300)));
        assert_eq!(odd.as_str().chars().count(), LONGEST);
        assert_eq!(FileName::cleaned("README").ending(), None);
    }

    proptest! {
        #[test]
        fn no_name_is_a_path_or_unseen_and_cleaning_it_again_changes_nothing(text in "\\PC{0,400}|.{0,400}") {
            let name = FileName::cleaned(&text);
            prop_assert!(!name.as_str().is_empty());
            prop_assert!(name.as_str().chars().count() <= LONGEST);
            prop_assert!(!name.as_str().contains(['/', '\\', '\0', '\r', '\n', '"']));
            prop_assert_eq!(FileName::cleaned(name.as_str()), name);
        }
    }
}
