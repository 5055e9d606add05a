//! The published document (OpenAPI 3.1), made from the route table and the types of its handlers.

mod codes;
mod names;
mod tags;

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HeaderBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths,
    Ref, RefOr, Required, ResponseBuilder, Schema, SecurityRequirement, Server,
};
use utoipa::{PartialSchema, ToSchema};

use self::names::operation_id;
use super::api_request::{MERGE_PATCH, Requires};
use super::problem::{CONTENT_TYPE as PROBLEM, FieldErrorDocument, ProblemDocument};
use super::route::Route;
use crate::input::{JSON, described};

/// The path under which all routes of the table stand.
pub const PREFIX: &str = "/api/v1";
const OWNER: &str = "For the owner of the account: by session, or by an API token that allows all that they may do.";
const OWNER_AT_HOME: &str = "For the owner of the account, in their own organization: by session, or by an API token that \
    allows all that they may do.";
const TOKEN: &str = "token";
const COOKIE: &str = "cookie";

/// The document of `routes`.
pub fn document(routes: &[Route]) -> OpenApi {
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    schemas.insert(
        ProblemDocument::name().into_owned(),
        ProblemDocument::schema(),
    );
    schemas.insert(
        FieldErrorDocument::name().into_owned(),
        FieldErrorDocument::schema(),
    );
    let mut paths = Paths::new();
    for route in routes {
        for (name, schema) in &route.shape.schemas {
            schemas
                .entry(name.clone())
                .or_insert_with(|| schema.clone());
        }
        paths.add_path_operation(
            route.path,
            vec![http_method(&route.method)],
            operation(route),
        );
    }
    let mut components = ComponentsBuilder::new()
        .security_scheme(
            TOKEN,
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some("An API token, made by POST /tokens."))
                    .build(),
            ),
        )
        .security_scheme(
            COOKIE,
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "casebell_session",
                "The cookie of POST /sessions (`__Host-casebell` over https). Changes made with it carry the session's \
                 `csrf_token` as `X-CSRF-Token`.",
            ))),
        );
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Casebell")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Support cases and their escalations. Errors are problem details (RFC 9457) with a stable `code`. \
                     Every POST takes an `Idempotency-Key`; changes of things with a `version` are guarded by `If-Match`, \
                     where it is listed, and refuse it elsewhere.",
                ))
                .build(),
        )
        .servers(Some([Server::new(PREFIX)]))
        .tags(Some(tags::all()))
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

fn operation(route: &Route) -> OperationBuilder {
    let shape = &route.shape;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(&route.method, route.path)))
        .summary(Some(route.summary))
        .tag(tags::of(route.path));
    operation = match route.needs {
        Requires::Anyone => operation,
        Requires::Entered | Requires::SignedIn => signed_in(operation),
        Requires::Owner => signed_in(operation).description(Some(OWNER)),
        Requires::OwnerAtHome | Requires::OwnPassword => {
            signed_in(operation).description(Some(OWNER_AT_HOME))
        }
        Requires::Permission(permission) => {
            signed_in(operation).description(Some(format!("Needs the permission `{permission}`.")))
        }
    };
    for ((what, schema), name) in shape.parameters.iter().zip(parameter_names(route.path)) {
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(*what))
                .schema(Some(schema.clone())),
        );
    }
    for member in &shape.query {
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(member.name)
                .parameter_in(ParameterIn::Query)
                .required(if member.required {
                    Required::True
                } else {
                    Required::False
                })
                .description(Some(member.doc.clone()))
                .schema(Some(without_null(member.schema.clone()))),
        );
    }
    for (name, says) in headers(route) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(says))
                .schema(Some(text)),
        );
    }
    if let Some(schema) = &shape.body {
        let content = ContentBuilder::new().schema(Some(schema.clone())).build();
        // No body says as much as an empty one, and some need say nothing.
        let required = match shape.needs_body {
            true => Required::True,
            false => Required::False,
        };
        let mut body = RequestBodyBuilder::new()
            .required(Some(required))
            .content(shape.body_media, content.clone());
        if route.method == Method::PATCH {
            body = body.content(MERGE_PATCH, content);
        }
        operation = operation.request_body(Some(body.build()));
    }
    let refused = |says: String| {
        let schema = Ref::from_schema_name(ProblemDocument::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        ResponseBuilder::new()
            .description(says)
            .content(PROBLEM, content)
    };
    if headers(route)
        .iter()
        .any(|(name, _)| *name == "If-None-Match")
    {
        let unchanged = ResponseBuilder::new().description(
            "The representation that the client has, by `If-None-Match`, still holds.",
        );
        operation = operation.response("304", unchanged);
    }
    for (status, codes) in codes::by_status(route) {
        let says = format!("A problem whose `code` is {}.", listed(codes));
        operation = operation.response(status.as_str(), refused(says));
    }
    let rest = format!(
        "Any other problem; `code` says which: {}, or one of those above.",
        listed(codes::everywhere())
    );
    operation
        .response(shape.success.to_string(), success(route))
        .response("default", refused(rest))
}

fn listed(codes: impl IntoIterator<Item = &'static str>) -> String {
    let quoted: Vec<String> = codes.into_iter().map(|code| format!("`{code}`")).collect();
    quoted.join(", ")
}

/// What a query can say: that something is not there is said by leaving it out.
fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::OneOf(mut one_of)) if one_of.items.len() == 2 => {
            one_of.items.retain(|item| !is_null(item));
            match one_of.items.pop() {
                Some(only) if one_of.items.is_empty() => only,
                other => {
                    one_of.items.extend(other);
                    RefOr::T(Schema::OneOf(one_of))
                }
            }
        }
        other => other,
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    let RefOr::T(Schema::Object(object)) = schema else {
        return false;
    };
    object.schema_type == SchemaType::new(Type::Null)
}

fn signed_in(operation: OperationBuilder) -> OperationBuilder {
    let none: [&str; 0] = [];
    operation
        .security(SecurityRequirement::new(TOKEN, none))
        .security(SecurityRequirement::new(COOKIE, none))
}

fn success(route: &Route) -> ResponseBuilder {
    let status = StatusCode::from_u16(route.shape.success).unwrap_or(StatusCode::OK);
    let mut response =
        ResponseBuilder::new().description(status.canonical_reason().unwrap_or("Success"));
    let text = |says: &str| {
        let text = described(ObjectBuilder::new().schema_type(Type::String).into(), says);
        HeaderBuilder::new().schema(Some(text)).build()
    };
    response = response.header(
        "X-Request-Id",
        text("What to name when asking about this answer."),
    );
    if route.shape.answer.is_some() && route.media == ["application/json"] {
        let etag = "Names this representation: for `If-None-Match`, and for `If-Match` where a thing is changed.";
        response = response.header("ETag", text(etag));
    }
    if let Some(name) = &route.shape.answer {
        for media in route.media {
            // Where there is JSON, the schema is its own; the others are files that say the same.
            let is_file = *media != JSON && route.media.contains(&JSON);
            let schema: RefOr<Schema> = match is_file {
                true => ObjectBuilder::new().schema_type(Type::String).into(),
                false => Ref::from_schema_name(name.as_str()).into(),
            };
            let content = ContentBuilder::new().schema(Some(schema)).build();
            response = response.content(*media, content);
        }
    }
    if status == StatusCode::CREATED {
        response = response.header("Location", text("Where it is to be found."));
    }
    response
}

fn headers(route: &Route) -> Vec<(&'static str, &'static str)> {
    let mut headers = Vec::new();
    match route.method {
        Method::POST if route.needs != Requires::Anyone => headers.push((
            "Idempotency-Key",
            "Makes the request safe to repeat for 24 hours: the same key with the same request gets the same answer.",
        )),
        Method::GET if route.media == ["application/json"] => {
            headers.push(("If-None-Match", "The ETag that the client has: answered with 304 if it still holds."));
        }
        _ => {}
    }
    if route.needs != Requires::Anyone {
        headers.push((
            "Acting-Organization",
            "The organization to act in, by id or slug, where one is paired into it; one's own if not given.",
        ));
        if route.method != Method::GET {
            headers.push((
                "X-CSRF-Token",
                "The session's `csrf_token`; needed where the cookie is shown, and no API token.",
            ));
        }
    }
    if route.shape.guarded {
        headers.push((
            "If-Match",
            "The ETag of what is changed: refused with 412 if it has changed since.",
        ));
    }
    headers
}

fn parameter_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
