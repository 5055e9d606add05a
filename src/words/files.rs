//! How long files are, in words.

use super::{Catalogue, Value};

/// Bytes in a KiB.
const KIB: i64 = 1024;

/// How long a file of so many bytes is.
pub fn size(words: &Catalogue, bytes: i64) -> String {
    let tenths = |of: i64| {
        let tenths = bytes * 10 / of;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        ..KIB => words.say("file-size-bytes", &[("count", bytes.into())]),
        bytes if bytes < KIB * KIB => {
            let size = tenths(KIB);
            words.say("file-size-kib", &[("size", Value::try_number(&size))])
        }
        _ => {
            let size = tenths(KIB * KIB);
            words.say("file-size-mib", &[("size", Value::try_number(&size))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    #[test]
    fn a_size_is_told_in_what_it_is_counted_in() {
        let words = Catalogue::load().expect("the catalogue");
        assert_eq!(size(&words, 1), "1 byte");
        assert_eq!(size(&words, 1023), "1023 bytes");
        assert_eq!(size(&words, 1024), "1.0 KiB");
        assert_eq!(size(&words, 25 * 1024 * 1024), "25.0 MiB");
        let german = Catalogue::of(Language::German).expect("the catalogue");
        assert_eq!(size(&german, 1536), "1,5 KiB");
    }
}
