//! The route table: every route of the API, what it asks of whoever calls it, and what it does.
//!
//! The actix routes, the check of permissions, the published document and the authorization matrix of the tests are all
//! made from it.

use std::future::ready;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::{Method, header};

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::api;
use super::api_request::{ANYONE, Anyone, ApiRequest};
use super::openapi;
use super::paths::{self, PathError, Paths};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::route::{Route, table};

/// The table: each resource has its own rows.
pub fn routes() -> Vec<Route> {
    let resources = [
        api::sessions::routes(),
        api::account::routes(),
        api::drafts::routes(),
        api::links::routes(),
        api::tokens::routes(),
        api::cases::routes(),
        api::bulk::routes(),
        api::requests::routes(),
        api::feeds::routes(),
        api::following::routes(),
        api::mentionable::routes(),
        api::attachments::routes(),
        api::live::routes(),
        api::eligibility::routes(),
        api::escalations::routes(),
        api::review::routes(),
        api::next_steps::routes(),
        api::callbacks::routes(),
        api::home::routes(),
        api::news::routes(),
        api::saved_filters::routes(),
        api::list_columns::routes(),
        api::radar::routes(),
        api::reports::routes(),
        api::search::routes(),
        api::articles::routes(),
        api::article_categories::routes(),
        api::escalation_process::routes(),
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
        api::announcements::routes(),
        api::tutorials::routes(),
        api::tools::routes(),
        api::templates::routes(),
        table! { document:
            GET "/openapi.json" ANYONE => show, "This document";
        },
    ];
    resources.into_iter().flatten().collect()
}

/// Puts the table under its prefix.
///
/// # Errors
/// If two of its paths contradict each other.
pub fn insert_into(paths: &mut Paths) -> Result<(), PathError> {
    let routes = routes();
    for (path, here) in by_path(&routes, |route| route.path) {
        let allowed = allowed(here.iter().map(|route| &route.method));
        let mut rows: Vec<_> = here
            .iter()
            .map(|route| (route.method.clone(), route.handler()))
            .collect();
        let options = allowed.clone();
        let which = paths::handler(move |_, _| ready(which_methods(&options)));
        rows.push((Method::OPTIONS, which));
        let others = paths::handler(move |_, _| ready(method_not_allowed(&allowed)));
        paths.insert(format!("{}{path}", openapi::PREFIX), rows, others)?;
    }
    Ok(())
}

/// The rows of each path, in the order of the table.
pub(super) fn by_path<R>(
    rows: &[R],
    path: impl Fn(&R) -> &'static str,
) -> Vec<(&'static str, Vec<&R>)> {
    let mut paths: Vec<(&'static str, Vec<&R>)> = Vec::new();
    for row in rows {
        match paths.iter_mut().find(|(there, _)| *there == path(row)) {
            Some((_, here)) => here.push(row),
            None => paths.push((path(row), vec![row])),
        }
    }
    paths
}

/// Whether an address is one of the API's, where problems are documents and no pages.
pub(super) fn is_of_api(path: &str) -> bool {
    path.strip_prefix("/api")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The methods that an address takes; where one can be read, so can its head.
pub(super) fn allowed<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
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
fn which_methods(allowed: &str) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ALLOW, format!("{allowed}, OPTIONS")))
        .finish()
}

pub(super) fn method_not_allowed(allowed: &str) -> HttpResponse {
    HttpResponse::from_error(not_allowed(allowed))
}

/// What an address says to a method that it does not take.
pub(super) fn not_allowed(allowed: &str) -> Problem {
    let problem = Problem::new(Code::MethodNotAllowed).with("allowed", allowed);
    match header::HeaderValue::from_str(allowed) {
        Ok(value) => problem.header(header::ALLOW, value),
        Err(_) => problem,
    }
}

pub(super) fn nothing_here() -> HttpResponse {
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
