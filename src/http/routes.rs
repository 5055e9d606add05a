//! The route table: every route of the API, what it asks of whoever calls it, and what it does.
//!
//! The actix routes, the check of permissions, the published document and the authorization matrix of the tests are all
//! made from it.

use std::sync::LazyLock;

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::api;
use super::api_request::{ANYONE, Anyone, ApiRequest};
use super::openapi;
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::route::{Route, table};

/// The table: each resource has its own rows.
pub fn routes() -> Vec<Route> {
    let resources = [
        api::sessions::routes(),
        api::account::routes(),
        api::links::routes(),
        api::tokens::routes(),
        api::cases::routes(),
        api::requests::routes(),
        api::feeds::routes(),
        api::live::routes(),
        api::eligibility::routes(),
        api::escalations::routes(),
        api::review::routes(),
        api::next_steps::routes(),
        api::callbacks::routes(),
        api::radar::routes(),
        api::deadlines::routes(),
        api::organizations::routes(),
        api::users::routes(),
        api::permissions::routes(),
        api::access_requests::routes(),
        api::roles::routes(),
        api::second_factor_roles::routes(),
        api::allowed_networks::routes(),
        api::access_groups::routes(),
        api::pairings::routes(),
        api::pairing_links::routes(),
        api::lines::routes(),
        api::calendars::routes(),
        api::policies::routes(),
        api::reasons::routes(),
        api::targets::routes(),
        api::audit::routes(),
        api::notices::routes(),
        api::developer::routes(),
        api::provisioning::routes(),
        api::deliveries::routes(),
        api::my_notices::routes(),
        table! { document:
            GET "/openapi.json" ANYONE => show, "This document";
        },
    ];
    resources.into_iter().flatten().collect()
}

/// Puts the table under its prefix, and problem documents everywhere else under `/api`.
pub fn configure(config: &mut web::ServiceConfig) {
    let routes = routes();
    let mut paths: Vec<&str> = Vec::new();
    for route in &routes {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    let mut scope = web::scope(openapi::PREFIX);
    for path in paths {
        let here = || routes.iter().filter(|route| route.path == path);
        let mut resource = web::resource(path);
        for route in here() {
            resource = resource.route(route.build());
        }
        let allowed = allowed(here().map(|route| &route.method));
        let options = allowed.clone();
        resource =
            resource.route(web::method(Method::OPTIONS).to(move || which_methods(options.clone())));
        scope = scope.service(
            resource.default_service(web::to(move || method_not_allowed(allowed.clone()))),
        );
    }
    config.service(scope.default_service(web::to(nothing_here)));
    config.service(web::scope("/api").default_service(web::to(nothing_here)));
}

fn allowed<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut allowed = Vec::new();
    for method in methods {
        allowed.push(method.as_str());
        if method == Method::GET {
            allowed.push("HEAD");
        }
    }
    allowed.join(", ")
}

/// What an address takes, for whoever asks that: no other origin is let in (CORS).
async fn which_methods(allowed: String) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ALLOW, allowed + ", OPTIONS"))
        .finish()
}

async fn method_not_allowed(allowed: String) -> HttpResponse {
    let value = header::HeaderValue::from_str(&allowed)
        .unwrap_or_else(|_| header::HeaderValue::from_static("GET"));
    let problem = Problem::new(Code::MethodNotAllowed).with("allowed", allowed);
    HttpResponse::from_error(problem.header(header::ALLOW, value))
}

async fn nothing_here() -> HttpResponse {
    HttpResponse::from_error(Problem::not_found())
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

/// The published document.
pub fn document() -> OpenApi {
    openapi::document(&routes())
}

/// Made once; it says the same to everybody.
static TEXT: LazyLock<Result<String, String>> =
    LazyLock::new(|| document().to_json().map_err(|error| error.to_string()));

/// The document.
pub async fn show(_: ApiRequest<(), (), (), Anyone>) -> Result<Reply<OpenApiDocument>, Problem> {
    match &*TEXT {
        Ok(text) => Ok(Reply::of_json(text.clone())),
        Err(error) => {
            tracing::error!(%error, "the published document does not serialize");
            Err(Problem::new(Code::Internal))
        }
    }
}

#[cfg(test)]
mod tests;
