//! Files that a request names.

use serde_json::Value;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::attachment::MOST_OF_AN_ENTRY;
use crate::domain::ids::AttachmentId;
use crate::input::{At, Errors, Field, text};

/// A file that was sent before. As many are named at once as an entry carries (F4).
impl Field for AttachmentId {
    const MOST_OF_THEM: usize = MOST_OF_AN_ENTRY;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match text(value, at, errors)?.parse() {
            Ok(id) => Some(id),
            Err(malformed) => errors.refuse(at, malformed),
        }
    }

    fn schema() -> RefOr<Schema> {
        Ref::from_schema_name(<Self as ToSchema>::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            <Self as ToSchema>::name().into_owned(),
            <Self as PartialSchema>::schema(),
        ));
    }
}
