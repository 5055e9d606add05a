//! In which order a list is read, and where in it a page begins.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{Instant, UnknownValue};

/// What a list can be ordered by; declared by `orders!`.
pub trait Order:
    Copy + fmt::Debug + Eq + FromStr<Err = UnknownValue> + Send + Sync + 'static
{
    /// Every value, in the order of declaration.
    const ALL: &'static [Self];

    /// The text, as requests and addresses name it.
    fn as_str(self) -> &'static str;

    /// What of a row says where it stands, besides its id.
    fn key(self) -> Key;
}

/// What of a row says where it stands in a list, besides its id, which settles what several rows have alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nothing: ids order by when their thing was made.
    Id,
    /// A text.
    Text,
    /// An instant.
    Instant,
    /// A number, then an instant.
    Ranked,
}

/// Declares what a list can be ordered by, each value with its text and what of a row it goes by.
macro_rules! orders {
    (
        $(#[doc = $doc:expr])+
        pub enum $name:ident {
            $( $(#[doc = $variant_doc:expr])+ $variant:ident = $text:literal by $key:ident, )+
        }
    ) => {
        $crate::domain::order::orders!(@declare $(#[doc = $doc])+ $name {
            $( $(#[doc = $variant_doc])+ $variant = $text by $key, )+
        });
    };
    // Of a list that is shown whole, where nobody asks behind which row a page begins.
    (
        $(#[doc = $doc:expr])+
        pub enum $name:ident {
            $( $(#[doc = $variant_doc:expr])+ $variant:ident = $text:literal, )+
        }
    ) => {
        $crate::domain::order::orders!(@declare $(#[doc = $doc])+ $name {
            $( $(#[doc = $variant_doc])+ $variant = $text by Id, )+
        });
    };
    (
        @declare $(#[doc = $doc:expr])+ $name:ident {
            $( $(#[doc = $variant_doc:expr])+ $variant:ident = $text:literal by $key:ident, )+
        }
    ) => {
        $crate::domain::closed_enum! {
            $(#[doc = $doc])+
            pub enum $name {
                $( $(#[doc = $variant_doc])+ $variant = $text, )+
            }
        }

        impl $crate::domain::order::Order for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }

            fn key(self) -> $crate::domain::order::Key {
                match self {
                    $( Self::$variant => $crate::domain::order::Key::$key, )+
                }
            }
        }
    };
}

pub(crate) use orders;

/// By what a list is ordered, and which way: `name`, or `-name` for the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<O> {
    /// By what.
    pub by: O,
    /// Whether the greatest, the latest and the newest come first.
    pub descending: bool,
}

impl<O> Sort<O> {
    /// The least, the first in the alphabet and the oldest first.
    pub const fn ascending(by: O) -> Self {
        Self {
            by,
            descending: false,
        }
    }

    /// The greatest, the last in the alphabet and the newest first.
    pub const fn descending(by: O) -> Self {
        Self {
            by,
            descending: true,
        }
    }
}

impl<O: Copy> Sort<O> {
    /// The same from the other end.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            by: self.by,
            descending: !self.descending,
        }
    }
}

impl<O: Order> FromStr for Sort<O> {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix('-') {
            Some(name) => Self::descending(name.parse()?),
            None => Self::ascending(text.parse()?),
        })
    }
}

impl<O: Order> fmt::Display for Sort<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.descending { "-" } else { "" };
        write!(f, "{sign}{}", self.by.as_str())
    }
}

impl<O: Order> Serialize for Sort<O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where a row stands in a list: what [`Order::key`] says of it, and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Place<I> {
    /// Its id.
    Id(I),
    /// A text.
    Text(String, I),
    /// An instant.
    Instant(Instant, I),
    /// A number, then an instant.
    Ranked(i64, Instant, I),
}

/// A part of a list: in which order, behind which row, and how many rows at the most.
#[derive(Clone, Debug)]
pub struct Window<O, I> {
    /// In which order.
    pub sort: Sort<O>,
    /// Behind the row that stands there; from the beginning if there is none.
    pub after: Option<Place<I>>,
    /// How many rows at the most.
    pub limit: i64,
}

impl<O, I> Window<O, I> {
    /// The first rows.
    pub const fn first(sort: Sort<O>, limit: i64) -> Self {
        Self {
            sort,
            after: None,
            limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    orders! {
        /// What the list of these tests is ordered by.
        pub enum Example {
            /// The name.
            Name = "name" by Text,
            /// When it was made.
            CreatedAt = "created_at" by Id,
        }
    }

    #[test]
    fn a_sort_is_a_name_or_the_other_way_round() {
        for text in ["name", "-name", "created_at", "-created_at"] {
            let sort: Sort<Example> = text.parse().expect("a sort");
            assert_eq!(sort.to_string(), text);
            assert_eq!(sort.descending, text.starts_with('-'));
        }
        for text in ["", "-", "--name", "names", "Name", " name", "+name"] {
            assert!(text.parse::<Sort<Example>>().is_err(), "{text}");
        }
        assert_eq!(Example::CreatedAt.key(), Key::Id);
    }
}
