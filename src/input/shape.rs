//! What is written or chosen in a field, by which pages draw their controls: kind and limit are those of its type.

use super::{Field, WIDEST};

/// What a field of no great length takes in JSON, in bytes.
pub(super) const FEW_BYTES: usize = 4 * 1024;

/// What is written or chosen in a field; texts with the most characters that they may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Line(usize),
    /// An e-mail address.
    Email(usize),
    /// Plain words, several lines.
    Words(usize),
    /// Markdown.
    Markdown(usize),
    /// A line that is not shown.
    Secret(usize),
    /// One of several.
    Choice,
    /// Yes or no.
    Tick,
    /// A date and a time.
    Moment,
    /// A date.
    Day,
    /// Something that each page draws in its own way.
    Other,
}

impl Shape {
    /// The most characters, if it is a text.
    pub const fn longest(self) -> Option<usize> {
        match self {
            Self::Line(max)
            | Self::Email(max)
            | Self::Words(max)
            | Self::Markdown(max)
            | Self::Secret(max) => Some(max),
            Self::Choice | Self::Tick | Self::Moment | Self::Day | Self::Other => None,
        }
    }

    /// How many bytes of JSON it takes at the most.
    pub const fn most_bytes(self) -> usize {
        match self.longest() {
            Some(max) if max * WIDEST > FEW_BYTES => max * WIDEST,
            _ => FEW_BYTES,
        }
    }
}

/// A field of an input as it is declared.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// Whether something has to be written or chosen where a page asks for it.
    pub required: bool,
    /// What that is.
    pub shape: Shape,
}

impl Declared {
    /// The field `name`, a `T`.
    pub fn of<T: Field>(name: &'static str) -> Self {
        Self {
            name: super::name_of(name),
            required: T::blank().is_none(),
            shape: T::SHAPE,
        }
    }
}
