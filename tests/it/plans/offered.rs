//! What every list of the API offers, as the published document declares it: its filters, each with values, and its orders. A
//! list, a filter or an order that is added is asked for by that alone.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is on the desk, by the names that paths and filters have for it.
pub type Things = BTreeMap<&'static str, String>;

/// Values of the filters that take a text of which the document says no more.
const TEXTS: [(&str, &[&str]); 12] = [
    ("q", &["quinces"]),
    ("organization", &["acme"]),
    ("owner", &["me", "none"]),
    ("opened_by", &["me"]),
    ("actor", &["dana@acme.test"]),
    ("line_of_business", &["Ledger"]),
    ("external_id", &["x"]),
    ("reason", &["no_update"]),
    ("kind", &["case.opened", "escalation."]),
    ("category", &["guides"]),
    ("request_id", &["x"]),
    ("role", &["administrator"]),
];

/// What every list is asked: in each order; with each value of each filter; and, with one value of each, in each order and counted.
/// A list of something that the desk has none of is left out.
pub fn questions(document: &Value, things: &Things) -> Vec<String> {
    let mut questions = Vec::new();
    for route in casebell::http::routes::routes() {
        let mut query = route.shape.query.iter();
        let is_list = query.any(|member| member.name == "cursor");
        if route.method.as_str() != "GET" || !is_list {
            continue;
        }
        let Some(path) = filled(route.path, things) else {
            continue;
        };
        let parameters = &document["paths"][route.path]["get"]["parameters"];
        questions.extend(of_list(document, &path, parameters, things));
    }
    questions
}

fn of_list(document: &Value, path: &str, parameters: &Value, things: &Things) -> Vec<String> {
    let declared = |name: &str| {
        let mut parameters = parameters.as_array().into_iter().flatten();
        parameters.find(|parameter| parameter["in"] == "query" && parameter["name"] == name)
    };
    let mut orders = Vec::new();
    if let Some(sort) = declared("sort") {
        for order in values(document, "sort", &sort["schema"], things) {
            orders.push(format!("sort={order}"));
        }
    }
    if declared("count").is_some() {
        orders.push("count=true".to_owned());
    }
    let mut questions = vec![path.to_owned()];
    questions.extend(orders.iter().map(|order| format!("{path}?{order}")));
    for parameter in parameters.as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().expect("a name");
        let apart = ["limit", "cursor", "sort", "count"].contains(&name);
        if parameter["in"] != "query" || apart {
            continue;
        }
        let values = values(document, name, &parameter["schema"], things);
        let first = values.first();
        let first = first.unwrap_or_else(|| panic!("{path}: no value for the filter {name}"));
        let combined = |order| format!("{path}?{name}={first}&{order}");
        questions.extend(orders.iter().map(combined));
        let alone = |value| format!("{path}?{name}={value}");
        questions.extend(values.iter().map(alone));
    }
    questions
}

/// Values that a parameter takes.
fn values(document: &Value, name: &str, schema: &Value, things: &Things) -> Vec<String> {
    if let Some(named) = schema["$ref"].as_str() {
        let pointer = named.trim_start_matches('#');
        let schema = document.pointer(pointer).expect("a schema");
        return values(document, name, schema, things);
    }
    if let Some(several) = schema["oneOf"].as_array() {
        let mut several = several.iter();
        let one = several.find(|one| one["type"] != "null");
        return values(document, name, one.expect("more than null"), things);
    }
    if let Some(all) = schema["enum"].as_array() {
        let all = all.iter().filter_map(Value::as_str);
        return all.map(str::to_owned).collect();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "array" => values(document, name, &schema["items"], things),
        "boolean" => vec!["true".to_owned(), "false".to_owned()],
        "integer" => vec!["1".to_owned()],
        _ if schema["format"] == "date-time" => vec!["2026-03-01T00:00:00Z".to_owned()],
        _ if schema["format"] == "date" => vec!["2026-03-04".to_owned()],
        _ => match things.get(name) {
            Some(thing) => vec![thing.clone()],
            None => texts(name),
        },
    }
}

fn texts(name: &str) -> Vec<String> {
    let known = TEXTS.iter().find(|(known, _)| *known == name);
    let texts = known.map_or(&[][..], |(_, texts)| texts);
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A path with what it names; none if the desk has none of it.
fn filled(path: &str, things: &Things) -> Option<String> {
    let parts = path.split('/').map(|part| {
        let name = part.strip_prefix('{');
        match name.and_then(|name| name.strip_suffix('}')) {
            Some("organization") => Some("acme"),
            Some(name) => things.get(name).map(String::as_str),
            None => Some(part),
        }
    });
    let parts: Vec<&str> = parts.collect::<Option<_>>()?;
    Some(parts.join("/"))
}
