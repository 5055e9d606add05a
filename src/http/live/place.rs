//! How far somebody has been told of a case: the `id:` of an event, with which a stream that broke off goes on.

use std::fmt;
use std::str::FromStr;

/// How far somebody has been told of a case. As text `<position>-<version>`, which means nothing to its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The place of the newest entry, or change of one, that they know.
    pub position: i64,
    /// The version of the case that they know.
    pub version: i64,
}

impl Place {
    /// The place behind an entry and a version.
    pub const fn new(position: i64, version: i64) -> Self {
        Self { position, version }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.position, self.version)
    }
}

/// A text that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an event of this stream")]
pub struct MalformedPlace;

impl FromStr for Place {
    type Err = MalformedPlace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<i64>().map_err(|_| MalformedPlace),
            false => Err(MalformedPlace),
        };
        let (position, version) = text.split_once('-').ok_or(MalformedPlace)?;
        Ok(Self::new(number(position)?, number(version)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is() {
        let place = Place::new(1_772_528_400_000_000, 7);
        assert_eq!(place.to_string().parse(), Ok(place));
        for other in [
            "",
            "-",
            "1",
            "1-",
            "-1-1",
            "1--1",
            "1-1-1",
            "+1-1",
            "1-9223372036854775808",
            "a-b",
        ] {
            assert_eq!(other.parse::<Place>(), Err(MalformedPlace), "{other}");
        }
    }
}
