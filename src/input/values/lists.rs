//! Several values, and values that may be left out: lists, sets, options and patches.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use super::{LONGEST_LIST, TICKED, text};
use crate::input::{At, Errors, Fault, Field, Shape};

/// May be left out; `null` says the same.
impl<T: Field> Field for Option<T> {
    const REQUIRED: bool = false;
    const SHAPE: Shape = T::SHAPE;
    const MOST_BYTES: usize = T::MOST_BYTES;

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value, at, errors).map(Some),
        }
    }

    fn schema() -> RefOr<Schema> {
        nullable(T::schema())
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null));
    utoipa::openapi::schema::OneOfBuilder::new()
        .item(null)
        .item(schema)
        .into()
}

impl<T: Field> Field for Vec<T> {
    const MOST_BYTES: usize = T::MOST_BYTES * T::MOST_OF_THEM;

    fn blank() -> Option<Self> {
        Some(Self::new())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let is_form = errors.form_zone().is_some();
        let ticked: Vec<Value>;
        let items = match value {
            Value::Object(ticks) if is_form => {
                let on = ticks.iter().filter(|(_, tick)| *tick == TICKED);
                ticked = on.map(|(item, _)| Value::from(item.as_str())).collect();
                &ticked
            }
            Value::Array(items) => items,
            other => return errors.refuse(at, Fault::wrong_type("a list", other)),
        };
        if items.len() > T::MOST_OF_THEM {
            return errors.refuse(at, Fault::new("too_many").with("max", T::MOST_OF_THEM));
        }
        // Every item is read before the first fault ends it, so that all are named.
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            // A row of a form that nobody filled in.
            .filter(|(_, item)| !(is_form && item.is_null()))
            .map(|(index, item)| T::read(item, &at.index(index), errors))
            .collect();
        read.into_iter().collect()
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(T::schema())
            .max_items(Some(T::MOST_OF_THEM))
            .into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: Field + Ord> Field for BTreeSet<T> {
    const MOST_BYTES: usize = T::MOST_BYTES * LONGEST_LIST;

    fn blank() -> Option<Self> {
        Some(Self::new())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        Vec::<T>::read(value, at, errors).map(|items| items.into_iter().collect())
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(T::schema())
            .unique_items(true)
            .max_items(Some(LONGEST_LIST))
            .into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// A query parameter that may be given several times, or once with commas; none given is an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommaList<T>(pub Vec<T>);

impl<T> Default for CommaList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Field> Field for CommaList<T> {
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let given: Vec<&str> = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            value => vec![text(value, at, errors)?],
        };
        let parts: Vec<Value> = given
            .iter()
            .flat_map(|text| text.split(','))
            .take(LONGEST_LIST + 1)
            .map(|part| Value::from(part.trim()))
            .collect();
        if parts.len() > LONGEST_LIST {
            return errors.refuse(at, Fault::new("too_many").with("max", LONGEST_LIST));
        }
        let read: Vec<Option<T>> = parts.iter().map(|part| T::read(part, at, errors)).collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Self)
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// A member of a merge patch (RFC 7396): left out it keeps what is, given it sets it. `Patch<Option<T>>` takes `null`
/// to remove it; for any other `null` is a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The value stays as it is.
    #[default]
    Keep,
    /// This is the new value.
    Set(T),
}

impl<T> Patch<T> {
    /// The new value, if there is one.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether there is a new value.
    pub const fn is_set(&self) -> bool {
        matches!(self, Self::Set(_))
    }

    /// The new value, if there is one.
    pub fn as_option(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Field for Patch<T> {
    const REQUIRED: bool = false;
    const SHAPE: Shape = T::SHAPE;
    const MOST_BYTES: usize = T::MOST_BYTES;

    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }

    fn blank() -> Option<Self> {
        T::blank().map(Self::Set)
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Null if T::REQUIRED => errors.refuse(at, Fault::new("not_null")),
            value => T::read(value, at, errors).map(Self::Set),
        }
    }

    fn schema() -> RefOr<Schema> {
        T::schema()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}
