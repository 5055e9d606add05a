//! The published interface as pages to read (section 11): one that lists every operation, and one for each resource. They are
//! made from the published document, so that there is nothing else to keep true.

mod schema;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;

use self::schema::{Field, Named, Shape};
use super::answer::PageResult;
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use crate::http::api_request::ANYONE;
use crate::http::openapi::PREFIX;
use crate::http::problem::{Code, Problem};
use crate::http::routes;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { reference:
        GET "/api/v1/docs" ANYONE => show, "The published interface, to read";
    }
}

/// All operations, or those of one resource with all that they take and answer.
#[derive(Clone, Debug, Serialize)]
pub struct ReferencePage {
    /// What the document says of itself.
    pub about: String,
    /// The resources, in the order of their names.
    pub resources: Vec<Resource>,
    /// The one that is shown whole.
    pub shown: Option<&'static Whole>,
}

/// The operations of one resource, in a line each.
#[derive(Clone, Debug, Serialize)]
pub struct Resource {
    /// The first part of its paths.
    pub name: &'static str,
    /// Where it is shown whole.
    pub href: String,
    /// Whether it is.
    pub current: bool,
    /// What can be done with it.
    pub operations: &'static [Operation],
}

/// A resource with all that its operations take and answer.
#[derive(Clone, Debug, Serialize)]
pub struct Whole {
    /// The first part of its paths.
    pub name: String,
    /// What can be done with it.
    pub operations: Vec<Operation>,
    /// The objects that its operations name, and those that these name.
    pub schemas: Vec<Named>,
}

/// One operation.
#[derive(Clone, Debug, Serialize)]
pub struct Operation {
    /// Its `operationId`, and the anchor on the page of its resource.
    pub id: String,
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: String,
    /// The whole path.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// Who may, if the document says it.
    pub needs: String,
    /// What the path, the query and the headers carry.
    pub parameters: Vec<Parameter>,
    /// What the body is, if there is one.
    pub body: Option<Shape>,
    /// What may be answered.
    pub answers: Vec<Response>,
}

/// One thing that a path, a query or a header carries.
#[derive(Clone, Debug, Serialize)]
pub struct Parameter {
    /// `path`, `query` or `header`.
    pub place: String,
    /// Its name, kind and meaning.
    #[serde(flatten)]
    pub field: Field,
}

/// One answer.
#[derive(Clone, Debug, Serialize)]
pub struct Response {
    /// The status, or `default`.
    pub status: String,
    /// What it means.
    pub says: String,
    /// What its body is, if there is one.
    pub body: Option<Shape>,
}

/// The document, read once.
struct Reference {
    about: String,
    resources: BTreeMap<String, Whole>,
}

static REFERENCE: LazyLock<Result<Reference, serde_json::Error>> = LazyLock::new(|| {
    let document = serde_json::to_value(routes::document())?;
    Ok(Reference::of(&document))
});

async fn show(req: PageRequest) -> PageResult {
    let reference = REFERENCE.as_ref().map_err(|error| {
        tracing::error!(%error, "the published document does not serialize");
        Problem::new(Code::Internal)
    })?;
    let shown = match req.asked("resource") {
        Some(name) => Some(
            reference
                .resources
                .get(name)
                .ok_or_else(Problem::not_found)?,
        ),
        None => None,
    };
    let resource = |(name, whole): (&'static String, &'static Whole)| Resource {
        name,
        href: format!("{PREFIX}/docs?resource={name}"),
        current: shown.is_some_and(|shown| shown.name == *name),
        operations: &whole.operations,
    };
    let page = ReferencePage {
        about: reference.about.clone(),
        resources: reference.resources.iter().map(resource).collect(),
        shown,
    };
    req.show("", "reference", &page)
}

impl Reference {
    fn of(document: &Value) -> Self {
        let mut resources: BTreeMap<String, Whole> = BTreeMap::new();
        let schemas = &document["components"]["schemas"];
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if !operation["operationId"].is_string() {
                    continue;
                }
                let tag = schema::text(&operation["tags"][0]);
                let whole = resources.entry(tag.clone()).or_insert_with(|| Whole {
                    name: tag,
                    operations: Vec::new(),
                    schemas: Vec::new(),
                });
                whole
                    .operations
                    .push(Operation::of(path, method, operation));
            }
        }
        for whole in resources.values_mut() {
            let shapes = whole.operations.iter().flat_map(Operation::shapes);
            whole.schemas = schema::named_by(schemas, shapes);
        }
        Self {
            about: schema::text(&document["info"]["description"]),
            resources,
        }
    }
}

impl Operation {
    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let answers = operation["responses"].as_object().into_iter().flatten();
        Self {
            id: schema::text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: format!("{PREFIX}{path}"),
            summary: schema::text(&operation["summary"]),
            needs: schema::text(&operation["description"]),
            parameters: parameters
                .map(|parameter| Parameter {
                    place: schema::text(&parameter["in"]),
                    field: Field {
                        name: schema::text(&parameter["name"]),
                        required: parameter["required"] == true,
                        says: schema::text(&parameter["description"]),
                        shape: Shape::of(&parameter["schema"]),
                    },
                })
                .collect(),
            body: body(&operation["requestBody"]),
            answers: answers
                .map(|(status, answer)| Response {
                    status: status.clone(),
                    says: schema::text(&answer["description"]),
                    body: body(answer),
                })
                .collect(),
        }
    }

    fn shapes(&self) -> impl Iterator<Item = &Shape> {
        let answers = self
            .answers
            .iter()
            .filter_map(|answer| answer.body.as_ref());
        let parameters = self.parameters.iter().map(|one| &one.field.shape);
        self.body.iter().chain(answers).chain(parameters)
    }
}

/// What a body is made of: all its media types hold the same.
fn body(of: &Value) -> Option<Shape> {
    let mut contents = of["content"].as_object()?.values();
    contents.next().map(|content| Shape::of(&content["schema"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_page_names_is_on_it() {
        let reference = REFERENCE.as_ref().expect("the document serializes");
        assert!(reference.resources.len() > 15);
        for whole in reference.resources.values() {
            let has = |name: &str| whole.schemas.iter().any(|schema| schema.name == name);
            let fields = whole.schemas.iter().flat_map(Named::shapes);
            for shape in whole
                .operations
                .iter()
                .flat_map(Operation::shapes)
                .chain(fields)
            {
                for name in shape.names() {
                    assert!(has(name), "{}: {name}", whole.name);
                }
            }
        }
        let cases = &reference.resources["cases"];
        let open = cases.operations.iter().find(|one| one.method == "POST");
        assert!(open.is_some_and(|open| open.body.is_some() && !open.needs.is_empty()));
    }
}
