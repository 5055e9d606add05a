//! As what a file is handed out. What is not plainly a picture is bytes to keep: no browser is told to do anything with it.

use std::fmt::Write;

use super::FileName;
use crate::domain::closed_enum;

closed_enum! {
    /// As what a file is handed out, by how it begins and not by what anybody says of it.
    pub enum MediaType {
        /// A picture that pages show.
        Png = "image/png",
        /// A picture that pages show.
        Jpeg = "image/jpeg",
        /// A picture that pages show.
        Gif = "image/gif",
        /// A picture that pages show.
        Webp = "image/webp",
        /// Anything else: bytes to keep.
        Bytes = "application/octet-stream",
    }
}

impl MediaType {
    /// By how many bytes at its beginning a file is known.
    pub const BEGINNING: usize = 16;

    /// What a file is that begins like this.
    pub fn of(beginning: &[u8]) -> Self {
        let riff = beginning.starts_with(b"RIFF") && beginning.get(8..12) == Some(b"WEBP");
        if beginning.starts_with(b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if beginning.starts_with(b"\xff\xd8\xff") {
            Self::Jpeg
        } else if beginning.starts_with(b"GIF87a") || beginning.starts_with(b"GIF89a") {
            Self::Gif
        } else if riff {
            Self::Webp
        } else {
            Self::Bytes
        }
    }

    /// Whether pages show it.
    pub const fn is_picture(self) -> bool {
        !matches!(self, Self::Bytes)
    }
}

/// The `Content-Disposition` of a download of that name: in characters that every client reads, and beside it as it is
/// (RFC 6266, RFC 8187).
pub fn disposition(name: &FileName) -> String {
    let plain: String = name
        .as_str()
        .chars()
        .map(|c| match c {
            // A quotation mark or a backslash would end the name or be read in several ways, a percent sign be decoded.
            ' '..='~' if !matches!(c, '"' | '\\' | '%') => c,
            _ => '_',
        })
        .collect();
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain == name.as_str() {
        return text;
    }
    text.push_str("; filename*=UTF-8''");
    for byte in name.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing into a text does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_begins_as_a_picture_is_one() {
        let webp = [&b"RIFF"[..], &[0; 4], b"WEBPVP8 "].concat();
        for (begins, expected) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], MediaType::Png),
            (b"\xff\xd8\xff\xe0", MediaType::Jpeg),
            (b"GIF89a", MediaType::Gif),
            (&webp, MediaType::Webp),
            (b"RIFF\0\0\0\0WAVE", MediaType::Bytes),
            (b"<svg xmlns=", MediaType::Bytes),
            (b"<!doctype html>", MediaType::Bytes),
            (b"%PDF-1.7", MediaType::Bytes),
            (b"", MediaType::Bytes),
        ] {
            assert_eq!(MediaType::of(begins), expected, "{begins:?}");
        }
    }

    #[test]
    fn a_name_is_written_for_every_client() {
        let of = |name: &str| disposition(&FileName::cleaned(name));
        assert_eq!(of("server.log"), "attachment; filename=\"server.log\"");
        assert_eq!(
            of("100 % Übersicht.png"),
            "attachment; filename=\"100 _ _bersicht.png\"; filename*=UTF-8''100%20%25%20%C3%9Cbersicht.png"
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_the_header(text in "\\PC{0,300}|.{0,300}") {
            let header = disposition(&FileName::cleaned(&text));
            prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(header.matches('"').count(), 2);
        }
    }
}
