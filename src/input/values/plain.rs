//! What JSON has besides texts and lists: booleans, whole numbers, objects, and nothing.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use super::TICKED;
use crate::input::{At, Errors, Fault, Field, Input, Member, Members, Shape};

impl Field for bool {
    const SHAPE: Shape = Shape::Tick;

    fn blank() -> Option<Self> {
        Some(false)
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Bool(bool) => Some(*bool),
            Value::String(text) if errors.texts() && text == "true" => Some(true),
            Value::String(text) if errors.texts() && text == "false" => Some(false),
            Value::String(text) if errors.form_zone().is_some() && text == TICKED => Some(true),
            Value::Array(_) if errors.texts() => errors.refuse(at, Fault::new("given_twice")),
            Value::String(_) if errors.texts() => {
                errors.refuse(at, Fault::new("not_allowed").with("allowed", "true, false"))
            }
            other => errors.refuse(at, Fault::wrong_type("a boolean", other)),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).into()
    }
}

/// A whole number between two bounds, both taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Whole<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// The greatest.
    pub const MAX: Self = Self(MAX);
    /// The least.
    pub const SMALLEST: Self = Self(MIN);

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> Field for Whole<MIN, MAX> {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) if errors.texts() => text.parse().ok(),
            Value::Array(_) if errors.texts() => {
                return errors.refuse(at, Fault::new("given_twice"));
            }
            other => return errors.refuse(at, Fault::wrong_type("a number", other)),
        };
        match number {
            Some(number) if (MIN..=MAX).contains(&number) => Some(Self(number)),
            _ => errors.refuse(
                at,
                Fault::new("out_of_range").with("min", MIN).with("max", MAX),
            ),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(MIN as f64))
            .maximum(Some(MAX as f64))
            .into()
    }
}

impl Field for Map<String, Value> {
    const MOST_BYTES: usize = 512 * 1024;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Object(object) => Some(object.clone()),
            other => errors.refuse(at, Fault::wrong_type("an object", other)),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).into()
    }
}

/// What an answer shows and no request changes. It may stand in what is sent back, whatever it says.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnly;

impl Field for ReadOnly {
    fn read(_: &Value, _: &At<'_>, _: &mut Errors) -> Option<Self> {
        Some(Self)
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .into()
    }
}

/// Nothing is asked for, and nothing is taken.
impl Field for () {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        Members::of(value, at, errors)?.close();
        Some(())
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).into()
    }
}

impl Input for () {
    fn members() -> Vec<Member> {
        Vec::new()
    }
}
