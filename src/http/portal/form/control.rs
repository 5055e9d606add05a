//! One thing to fill in: what it takes, what can be chosen there, and the groups that begin and end with it.

use std::collections::HashMap;

use serde::Serialize;

use crate::http::portal::draft_field::DraftField;
use crate::input::{Declared, Shape};
use crate::words::Catalogue;

/// One thing to fill in.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    /// How it is drawn and what it takes.
    pub kind: Kind,
    /// Field name.
    pub name: String,
    /// Unique on the page.
    pub id: String,
    /// What it asks.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
    /// What stands in it; for a checkbox, what it sends.
    pub value: String,
    /// Whether a checkbox is ticked.
    pub checked: bool,
    /// Whether a checkbox that is not ticked is sent too, as an empty field.
    pub sent_unticked: bool,
    /// Whether it must be filled in.
    pub required: bool,
    /// Longest text, in characters; 0 for no limit.
    pub max: u32,
    /// Of a date and time: whether it has seconds, which a browser takes as wrong unless it is told.
    pub seconds: bool,
    /// What can be chosen; empty for free text.
    pub choices: Vec<Choice>,
    /// What a text field suggests; empty for nothing.
    pub suggestions: Vec<String>,
    /// Values that a button fills in, with what each is; empty for none.
    pub proposals: Vec<Choice>,
    /// The browser's autocomplete token; empty for none.
    pub autocomplete: &'static str,
    /// What is wrong with it; empty when nothing is.
    pub error: String,
    /// Whether two stand side by side where there is room.
    pub half: bool,
    /// The groups that begin with it, the outer one first.
    pub opens: Vec<Group>,
    /// How many groups end with it.
    pub closes: Vec<()>,
    /// Whether it has the focus when the page opens.
    pub focused: bool,
    /// What stood in it when the page was made, as a fingerprint that is sent along; empty where nobody asks. By it is told
    /// what somebody has typed from what somebody else has changed meanwhile.
    pub was: String,
    /// Where what is typed into it is kept until it is sent, if it is.
    pub draft: Option<DraftField>,
}

/// What a control takes; those of one line bear the names of the input types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line.
    Text,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Tel,
    /// A secret line.
    Password,
    /// A whole number.
    Number,
    /// A day.
    Date,
    /// A time of the day.
    Time,
    /// A local date and time, in the reader's zone.
    #[serde(rename = "datetime-local")]
    DateTime,
    /// A short text of several lines.
    Lines,
    /// A long text of several lines, Markdown.
    Area,
    /// One of several, in a list.
    Select,
    /// One of several, all in sight.
    Radio,
    /// A file of this browser's machine; its form is sent in several parts.
    File,
    /// Yes or no.
    Check,
    /// A value that is only carried along.
    Hidden,
    /// A button that changes rows: its value says which, and its hint what they are called.
    Reshape,
}

/// What several controls next to each other are about.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// What it is called.
    pub legend: String,
    /// More about it; may be empty.
    pub hint: String,
    /// Whether its controls follow each other in lines, as ticks do.
    pub inline: bool,
    /// Whether its controls are one line, and its name is only read out.
    pub line: bool,
}

impl Group {
    /// A group of controls that are one line.
    pub fn line(legend: impl Into<String>) -> Self {
        Self {
            line: true,
            ..Self::new(legend)
        }
    }

    pub(super) fn new(legend: impl Into<String>) -> Self {
        Self {
            legend: legend.into(),
            hint: String::new(),
            inline: false,
            line: false,
        }
    }
}

/// One thing that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
    /// Whether it is the one chosen.
    pub selected: bool,
}

impl Choice {
    /// A choice of `value`, called `label`.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            hint: String::new(),
            selected: false,
        }
    }

    /// With more about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl Control {
    /// An empty control of `kind`.
    pub fn new(kind: Kind, name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            id: String::new(),
            label: label.into(),
            hint: String::new(),
            value: if kind == Kind::Check {
                "on".to_owned()
            } else {
                String::new()
            },
            checked: false,
            sent_unticked: false,
            required: false,
            max: 0,
            seconds: false,
            choices: Vec::new(),
            suggestions: Vec::new(),
            proposals: Vec::new(),
            autocomplete: "",
            error: String::new(),
            half: false,
            opens: Vec::new(),
            closes: Vec::new(),
            focused: false,
            was: String::new(),
            draft: None,
        }
    }

    /// The control of a field of an input: its kind and its limit are those of the field's type.
    pub fn of(field: Declared, label: impl Into<String>) -> Self {
        let kind = match field.shape {
            Shape::Line(_) | Shape::Other => Kind::Text,
            Shape::Email(_) => Kind::Email,
            Shape::Words(_) => Kind::Lines,
            Shape::Markdown(_) => Kind::Area,
            Shape::Secret(_) => Kind::Password,
            Shape::Choice => Kind::Select,
            Shape::Tick => Kind::Check,
            Shape::Moment => Kind::DateTime,
            Shape::Day => Kind::Date,
        };
        let control = Self {
            required: field.required,
            sent_unticked: kind == Kind::Check,
            ..Self::new(kind, field.name, label)
        };
        match field.shape.longest() {
            Some(longest) => control.longest(longest),
            None => control,
        }
    }

    /// At most so many characters, as a type has it.
    #[must_use]
    pub fn longest(mut self, characters: usize) -> Self {
        self.max = u32::try_from(characters).unwrap_or(u32::MAX);
        self
    }

    /// Drawn in another way than its type is in general.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// As a field of what `prefix` names, such as `next_steps[0].`.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.name.insert_str(0, prefix);
        self
    }

    /// With more about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// To be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// At most `max` characters.
    #[must_use]
    pub fn max(mut self, max: u32) -> Self {
        self.max = max;
        self
    }

    /// With `value` in it; a choice of that value is the chosen one.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        if matches!(self.kind, Kind::Hidden | Kind::Reshape) {
            self.value = value;
        } else {
            self.set(Some(&value));
        }
        self
    }

    /// Ticked or not.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }

    /// One of `choices`.
    #[must_use]
    pub fn choices(mut self, choices: Vec<Choice>) -> Self {
        self.choices = choices;
        let value = self.value.clone();
        self.set(Some(&value));
        self
    }

    /// With nothing chosen until somebody does, which `asks` them to: for a choice that decides something.
    #[must_use]
    pub fn unchosen(mut self, asks: impl Into<String>) -> Self {
        self.choices.insert(0, Choice::new("", asks));
        self.set(Some(""));
        self
    }

    /// Suggesting `suggestions`.
    #[must_use]
    pub fn suggestions(mut self, suggestions: Vec<String>) -> Self {
        self.suggestions = suggestions;
        self
    }

    /// Proposing `proposals`.
    #[must_use]
    pub fn proposals(mut self, proposals: Vec<Choice>) -> Self {
        self.proposals = proposals;
        self
    }

    /// With the browser's autocomplete token.
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// Side by side with its neighbour where there is room.
    #[must_use]
    pub fn half(mut self) -> Self {
        self.half = true;
        self
    }

    /// Puts in what was typed into the field of its name.
    pub(in crate::http::portal) fn fill(&mut self, typed: &HashMap<String, String>) {
        self.set(typed.get(&self.name).map(String::as_str));
    }

    /// Puts in what was typed. A secret is never sent back.
    fn set(&mut self, typed: Option<&str>) {
        match self.kind {
            Kind::Check => self.checked = typed == Some(self.value.as_str()),
            // What is carried along is this page's, not what an older one sent; a browser chooses no file by itself.
            Kind::Password | Kind::Hidden | Kind::File | Kind::Reshape => {}
            Kind::Select | Kind::Radio => {
                self.value = typed.unwrap_or_default().to_owned();
                for choice in &mut self.choices {
                    choice.selected = choice.value == self.value;
                }
            }
            _ => {
                self.value = typed.unwrap_or_default().to_owned();
                self.seconds =
                    self.kind == Kind::DateTime && self.value.len() > "2026-03-03T10:12".len();
            }
        }
    }

    /// Says what is wrong with it, as [`Control::refuse`] does; gives where it is on the page, and what the summary says of it, if
    /// nothing was said before.
    pub(in crate::http::portal) fn refused_for(&mut self, why: &str) -> Option<(String, String)> {
        if !self.error.is_empty() {
            return None;
        }
        self.refuse(why);
        // A tick is called what it says, which may be a sentence; what is wrong with it is enough.
        let says = match self.kind {
            Kind::Check => why.to_owned(),
            _ => format!("{}: {why}", self.label),
        };
        Some((format!("#{}", self.id), says))
    }

    /// Says what is wrong with it: the first thing is enough to begin with.
    pub(in crate::http::portal) fn refuse(&mut self, why: impl Into<String>) {
        if self.error.is_empty() {
            self.error = why.into();
        }
    }
}

/// Choices for the values of a closed enum, in the words of `family`, with more about each from `hints`.
pub fn words_of(words: &Catalogue, family: &str, values: &[&str], hints: &str) -> Vec<Choice> {
    let choice = |value: &&str| {
        let choice = Choice::new(*value, words.say_of(family, value, &[]));
        if hints.is_empty() {
            choice
        } else {
            choice.hint(words.say_of(hints, value, &[]))
        }
    };
    values.iter().map(choice).collect()
}
