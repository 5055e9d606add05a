//! What people and programs send becomes domain types here, and every field that is wrong is named at once.
//!
//! An input is declared once, by [`input!`](crate::input::input): its fields have domain types, and reading it from JSON,
//! a query string or a form parses each of them, goes on after a fault, and refuses fields that it does not know. What a verb
//! receives has therefore been parsed, whole and only once.

mod declare;
mod fault;
mod form;
pub mod json;
mod shape;
mod sort;
mod values;

use std::collections::HashMap;
use std::fmt;

use chrono_tz::Tz;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

pub(crate) use declare::input;
pub use fault::{FAULTS, Fault, FieldError, JSON_TYPES};
pub use form::in_zone;
pub use shape::{Declared, Shape};
pub(crate) use values::LONGEST_LIST;
use values::WIDEST;
pub use values::{AccountAddress, AsIs, CommaList, Day, LastDay, Patch, ReadOnly, Secret, Whole};
pub(crate) use values::{text, written};

/// The media type of what most requests say.
pub const JSON: &str = "application/json";
/// How many faults of a request are told. Whoever has a hundred wrong has something else wrong.
const MOST_FAULTS: usize = 100;
/// How many characters of what somebody sent are told back in a fault.
const LONGEST_ECHO: usize = 80;

/// The beginning of what somebody sent, to be told back.
pub(crate) fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(LONGEST_ECHO) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// A field's name in JSON: one that is a keyword of the language is written with `r#` here.
pub(crate) fn name_of(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Something that can be read from a JSON value.
pub trait Field: Sized {
    /// Whether it has to be given.
    const REQUIRED: bool = true;

    /// What it is where it is not given; nothing if it has to be.
    fn absent() -> Option<Self> {
        None
    }

    /// What it is where a form has a field for it in which nothing is written; nothing if something has to be.
    fn blank() -> Option<Self> {
        Self::absent()
    }

    /// Reads it, or notes what is wrong and gives nothing.
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self>;

    /// What is written or chosen there, by which pages draw it.
    const SHAPE: Shape = Shape::Other;

    /// How many bytes of JSON it takes at the most, generously: a body that is longer than its fields is not read.
    const MOST_BYTES: usize = shape::FEW_BYTES;

    /// How many a list of them has at the most.
    const MOST_OF_THEM: usize = LONGEST_LIST;

    /// How the published document refers to it.
    fn schema() -> RefOr<Schema>;

    /// The named schemas that [`Field::schema`] refers to.
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let _ = schemas;
    }
}

/// An input: an object of named fields.
pub trait Input: Field + fmt::Debug + Send + Sync + 'static {
    /// The media type of a body of it. One that is not JSON is read as a text.
    const MEDIA: &'static str = JSON;

    /// Its fields, in order.
    fn members() -> Vec<Member>;
}

/// One field of an input, as the published document has it.
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub doc: String,
    /// Whether it has to be given.
    pub required: bool,
    /// What it takes.
    pub schema: RefOr<Schema>,
}

/// The schema of an object with these members and no others.
pub fn object_schema(doc: &str, members: Vec<Member>) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(doc))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    for member in members {
        object = object.property(member.name, described(member.schema, &member.doc));
        if member.required {
            object = object.required(member.name);
        }
    }
    object.into()
}

/// A schema with what it means in this place.
pub fn described(schema: RefOr<Schema>, doc: &str) -> RefOr<Schema> {
    match schema {
        RefOr::Ref(mut reference) => {
            reference.description = doc.to_owned();
            RefOr::Ref(reference)
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(doc.to_owned());
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.description = Some(doc.to_owned());
            RefOr::T(Schema::Array(array))
        }
        RefOr::T(Schema::OneOf(mut one_of)) => {
            one_of.description = Some(doc.to_owned());
            RefOr::T(Schema::OneOf(one_of))
        }
        other => other,
    }
}

/// Where in a request a value stands.
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    /// The request itself.
    Root,
    Name(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The request as a whole.
    pub const ROOT: At<'static> = At {
        parent: None,
        step: Step::Root,
    };

    /// The member `name` of this.
    pub fn name(&'a self, name: &'a str) -> At<'a> {
        At {
            parent: Some(self),
            step: Step::Name(name),
        }
    }

    /// The item `index` of this.
    pub fn index(&'a self, index: usize) -> At<'a> {
        At {
            parent: Some(self),
            step: Step::Index(index),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else {
            return Ok(());
        };
        parent.fmt(f)?;
        match &self.step {
            Step::Root => Ok(()),
            Step::Name(name) if parent.parent.is_some() => write!(f, ".{}", shortened(name)),
            Step::Name(name) => f.write_str(&shortened(name)),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Errors {
    found: Vec<FieldError>,
    source: Source,
}

/// What is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Source {
    #[default]
    Json,
    /// A query string, whose values are texts.
    Query,
    /// The query string of a page's address, which may carry what another part of the page reads.
    Address,
    /// A form, whose values are texts too, with local times of this zone.
    Form(Tz),
}

impl Errors {
    /// For values that all come as text: those of a query string.
    pub fn of_texts() -> Self {
        Self {
            found: Vec::new(),
            source: Source::Query,
        }
    }

    /// The same, for those of a page's address, which may carry what another part of the page reads.
    pub fn of_address() -> Self {
        Self {
            found: Vec::new(),
            source: Source::Address,
        }
    }

    /// For what was typed into a form by somebody who reads times of this zone.
    fn of_form(zone: Tz) -> Self {
        Self {
            found: Vec::new(),
            source: Source::Form(zone),
        }
    }

    /// Whether numbers and booleans come as text.
    pub fn texts(&self) -> bool {
        self.source != Source::Json
    }

    /// The zone of a form's local times, if a form is read.
    pub fn form_zone(&self) -> Option<Tz> {
        match self.source {
            Source::Form(zone) => Some(zone),
            Source::Json | Source::Query | Source::Address => None,
        }
    }

    /// Notes what is wrong at a place, if not too much is already. Gives nothing, so that a reader can end with it.
    pub fn refuse<T>(&mut self, at: &At<'_>, fault: impl Into<Fault>) -> Option<T> {
        let fault = match fault.into() {
            // On a page it is chosen from what the page offers, and nobody knows the codes of that.
            fault if self.form_zone().is_some() && fault.code() == "not_allowed" => {
                Fault::new("required")
            }
            fault => fault,
        };
        if self.found.len() < MOST_FAULTS {
            self.found.push(FieldError::new(at.to_string(), fault));
        }
        None
    }

    /// Everything that is wrong.
    pub fn into_found(self) -> Vec<FieldError> {
        self.found
    }
}

/// Reads a whole request.
///
/// # Errors
/// Every field that is wrong.
pub fn read<T: Field>(value: &Value, mut errors: Errors) -> Result<T, Vec<FieldError>> {
    match T::read(value, &At::ROOT, &mut errors) {
        Some(read) if errors.found.is_empty() => Ok(read),
        _ => Err(errors.into_found()),
    }
}

/// Reads what was typed into a form: `a.b` is the member `b` of `a`, `a[0].b` that of its first item, and what is ticked
/// is `on`. A list may be ticks of its items, `list.item`. Local times are of `zone`.
///
/// # Errors
/// Every field that is wrong.
pub fn read_form<T: Field>(
    typed: &HashMap<String, String>,
    zone: Tz,
) -> Result<T, Vec<FieldError>> {
    read(&form::tree(typed), Errors::of_form(zone))
}

/// An object whose members are taken one by one; what is left over is unknown.
pub struct Members<'a> {
    object: &'a Map<String, Value>,
    at: &'a At<'a>,
    errors: &'a mut Errors,
    taken: Vec<&'static str>,
}

impl<'a> Members<'a> {
    /// The members of `value`, if it is an object.
    pub fn of(value: &'a Value, at: &'a At<'a>, errors: &'a mut Errors) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self {
                object,
                at,
                errors,
                taken: Vec::new(),
            }),
            other => errors.refuse(at, Fault::wrong_type("an object", other)),
        }
    }

    /// The member `name`.
    pub fn take<T: Field>(&mut self, name: &'static str) -> Option<T> {
        self.taken.push(name);
        let at = self.at.name(name);
        match self.object.get(name) {
            Some(Value::Null) if self.errors.form_zone().is_some() => match T::blank() {
                Some(blank) => Some(blank),
                None => self.errors.refuse(&at, Fault::new("required")),
            },
            Some(value) => T::read(value, &at, self.errors),
            None => match T::absent() {
                Some(absent) => Some(absent),
                None => self.errors.refuse(&at, Fault::new("required")),
            },
        }
    }

    /// Refuses what was not taken. A form and a page's address carry things along that are the page's.
    pub fn close(self) {
        if matches!(self.errors.source, Source::Form(_) | Source::Address) {
            return;
        }
        for name in self.object.keys() {
            if !self.taken.contains(&name.as_str()) {
                let fault = Fault::new("unknown_field").with("known", self.taken.join(", "));
                self.errors.refuse::<()>(&self.at.name(name), fault);
            }
        }
    }
}

#[cfg(test)]
mod tests;
