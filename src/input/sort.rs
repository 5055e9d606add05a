//! The order of a list, as a query asks for it.

use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::{At, Errors, Fault, Field, Shape, text};
use crate::domain::order::{Order, Sort};

/// Every order, each both ways round.
fn every<O: Order>() -> impl Iterator<Item = String> {
    O::ALL
        .iter()
        .flat_map(|by| [Sort::ascending(*by), Sort::descending(*by)])
        .map(|sort| sort.to_string())
}

impl<O: Order> Field for Sort<O> {
    const SHAPE: Shape = Shape::Choice;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match text(value, at, errors)?.parse() {
            Ok(sort) => Some(sort),
            Err(_) => {
                let allowed: Vec<String> = every::<O>().collect();
                errors.refuse(
                    at,
                    Fault::new("not_allowed").with("allowed", allowed.join(", ")),
                )
            }
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(every::<O>()))
            .into()
    }
}
