//! The name of some bytes: their hash.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// How many hexadecimal digits a hash has.
const DIGITS: usize = 64;
/// How many of them name the folder.
const OF_THE_FOLDER: usize = 2;

/// The SHA-256 of the bytes of a file, in small hexadecimal digits: it is safe as a part of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(String);

/// A text that is no hash.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a hash in {DIGITS} hexadecimal digits")]
pub struct MalformedHash;

impl ContentHash {
    pub(super) fn of(hash: Sha256) -> Self {
        Self(hex::encode(hash.finalize()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder's name, and the file's in it.
    pub(super) fn parts(&self) -> (&str, &str) {
        self.0.split_at(OF_THE_FOLDER)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ContentHash {
    type Err = MalformedHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.len() == DIGITS && text.bytes().all(digit) {
            true => Ok(Self(text.to_owned())),
            false => Err(MalformedHash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hash_is_one() {
        let empty = ContentHash::of(Sha256::new());
        assert!(empty.as_str().starts_with("e3b0c44298fc1c14"));
        assert_eq!(empty.as_str().parse(), Ok(empty.clone()));
        assert_eq!(empty.parts().0, "e3");
        for wrong in [
            "",
            "e3",
            "../../../etc/passwd",
            &"G".repeat(64),
            &"A".repeat(64),
        ] {
            assert_eq!(wrong.parse::<ContentHash>(), Err(MalformedHash), "{wrong}");
        }
    }
}
