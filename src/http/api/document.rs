//! The published document of the API.

use std::sync::LazyLock;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::call::{ANYONE, Anyone, Call};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::http::routes;

/// The route of the document.
pub fn routes() -> Vec<Route> {
    table! { document:
        GET "/openapi.json" ANYONE => show, "This document";
    }
}

/// An OpenAPI 3.1 document.
#[derive(Debug)]
pub struct OpenApiDocument;

impl PartialSchema for OpenApiDocument {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("An OpenAPI 3.1 document."))
            .into()
    }
}

impl ToSchema for OpenApiDocument {}

/// Made once; it says the same to everybody.
static TEXT: LazyLock<Result<String, String>> = LazyLock::new(|| {
    openapi::document(&routes::routes())
        .to_json()
        .map_err(|error| error.to_string())
});

/// The document.
pub async fn show(_: Call<(), (), (), Anyone>) -> Result<Reply<OpenApiDocument>, Problem> {
    match &*TEXT {
        Ok(text) => Ok(Reply::of_json(text.clone())),
        Err(error) => {
            tracing::error!(%error, "the published document does not serialize");
            Err(Problem::new(crate::http::problem::Code::Internal))
        }
    }
}
