use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::http::api_request::Requires;

#[test]
fn every_route_is_there_once_and_says_what_it_needs() {
    let mut seen = BTreeSet::new();
    let mut names = BTreeSet::new();
    for route in routes() {
        assert!(
            seen.insert((route.path, route.method.to_string())),
            "{} {} stands twice",
            route.method,
            route.path
        );
        assert!(
            names.insert(route.name),
            "{} handles two routes",
            route.name
        );
        assert!(
            route.path.starts_with('/') && !route.path.ends_with('/'),
            "{}",
            route.path
        );
        // What the table says and what the handler's type says are the same.
        assert_eq!(
            route.shape.anyone,
            route.needs == Requires::Anyone,
            "{}",
            route.name
        );
        assert_eq!(
            route.shape.parameters.len(),
            route.path.matches('{').count(),
            "{}",
            route.name
        );
        assert!(
            route.path.matches('{').count() <= 2,
            "{}: a path names one thing, or one within another",
            route.path
        );
    }
}

#[test]
fn the_document_describes_every_route_and_has_every_schema() {
    let routes = routes();
    let document = serde_json::to_value(openapi::document(&routes)).expect("JSON");
    assert!(
        document["openapi"]
            .as_str()
            .expect("a version")
            .starts_with("3.1")
    );
    for route in &routes {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        assert_eq!(
            operation["summary"], route.summary,
            "{} {}",
            route.method, route.path
        );
    }
    let mut wanted = BTreeSet::new();
    references(&document, &mut wanted);
    for name in wanted {
        assert!(
            document["components"]["schemas"].get(&name).is_some(),
            "no schema {name}"
        );
    }
}

/// A second type of one name would be described as the first, and generated clients could not use it.
#[test]
fn schemas_of_one_name_are_one() {
    let mut known = BTreeMap::new();
    for route in routes() {
        for (name, schema) in route.shape.schemas.clone() {
            let schema = serde_json::to_value(&schema).expect("JSON");
            let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
            assert_eq!(*first, schema, "{}: {name}", route.name);
        }
    }
}

#[test]
fn each_operation_has_an_id_of_its_own() {
    let document = serde_json::to_value(openapi::document(&routes())).expect("JSON");
    let mut ids = BTreeSet::new();
    for operations in document["paths"].as_object().expect("paths").values() {
        for operation in operations.as_object().expect("operations").values() {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
        }
    }
}

fn references(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            if let Some(name) = members
                .get("$ref")
                .and_then(|r| r.as_str()?.strip_prefix("#/components/schemas/"))
            {
                found.insert(name.to_owned());
            }
            members
                .values()
                .for_each(|member| references(member, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
