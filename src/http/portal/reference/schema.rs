//! What a schema of the published document says, in words that fit in a line of a table.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

/// Where the document keeps the schemas that have names.
const NAMED: &str = "#/components/schemas/";

/// What a value may be.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Shape {
    /// Its parts, in the order in which they are read: words, and names of schemas.
    pub parts: Vec<Part>,
}

/// A part of what a value may be.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// The words or the name.
    pub text: String,
    /// Whether it is the name of a schema, which is on the same page.
    pub named: bool,
}

/// A member of an object, or a parameter.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether it has to be there.
    pub required: bool,
    /// What it means.
    pub says: String,
    /// What it may be.
    pub shape: Shape,
}

/// A schema that has a name.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it means.
    pub says: String,
    /// Its members, if it is an object.
    pub fields: Vec<Field>,
    /// What it is, if it is anything else.
    pub shape: Option<Shape>,
}

/// A text of the document; empty where it has none.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The schemas that these name, and those that these name, by name.
pub(super) fn named_by<'s>(schemas: &Value, shapes: impl Iterator<Item = &'s Shape>) -> Vec<Named> {
    let mut found: BTreeMap<String, Named> = BTreeMap::new();
    let mut wanted: BTreeSet<String> = shapes.flat_map(Shape::names).map(str::to_owned).collect();
    while let Some(name) = wanted.pop_first() {
        let schema = Named::of(&name, &schemas[&name]);
        let more = schema.shapes().flat_map(Shape::names);
        let more: Vec<String> = more.map(str::to_owned).collect();
        found.insert(name, schema);
        wanted.extend(more.into_iter().filter(|name| !found.contains_key(name)));
    }
    found.into_values().collect()
}

impl Named {
    fn of(name: &str, schema: &Value) -> Self {
        let required = |member: &str| {
            let required = schema["required"].as_array();
            required.is_some_and(|names| names.iter().any(|name| name == member))
        };
        let members = schema["properties"].as_object();
        Self {
            name: name.to_owned(),
            says: text(&schema["description"]),
            fields: members
                .into_iter()
                .flatten()
                .map(|(name, member)| Field {
                    name: name.clone(),
                    required: required(name),
                    says: text(&member["description"]),
                    shape: Shape::of(member),
                })
                .collect(),
            shape: members.is_none().then(|| Shape::of(schema)),
        }
    }

    pub(super) fn shapes(&self) -> impl Iterator<Item = &Shape> {
        let fields = self.fields.iter().map(|field| &field.shape);
        fields.chain(&self.shape)
    }
}

impl Shape {
    pub(super) fn of(schema: &Value) -> Self {
        let mut shape = Self::default();
        shape.read(schema);
        shape
    }

    /// The schemas that it names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let named = self.parts.iter().filter(|part| part.named);
        named.map(|part| part.text.as_str())
    }

    fn read(&mut self, schema: &Value) {
        if let Some(name) = schema["$ref"].as_str() {
            self.parts.push(Part {
                text: name.strip_prefix(NAMED).unwrap_or(name).to_owned(),
                named: true,
            });
            return;
        }
        for several in ["oneOf", "anyOf", "allOf"] {
            if let Some(ways) = schema[several].as_array() {
                let joint = if several == "allOf" { " and " } else { " or " };
                return self.each(ways, joint);
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            return self.word(&values.join(" | "));
        }
        match &schema["type"] {
            Value::String(kind) => self.kind(kind, schema),
            Value::Array(kinds) => {
                for (index, kind) in kinds.iter().enumerate() {
                    if index > 0 {
                        self.word(" or ");
                    }
                    self.kind(kind.as_str().unwrap_or_default(), schema);
                }
            }
            _ => self.word("any"),
        }
    }

    fn each(&mut self, ways: &[Value], joint: &str) {
        for (index, way) in ways.iter().enumerate() {
            if index > 0 {
                self.word(joint);
            }
            self.read(way);
        }
    }

    fn kind(&mut self, kind: &str, schema: &Value) {
        match kind {
            "array" => {
                self.word("array of ");
                self.read(&schema["items"]);
            }
            "object" if schema["additionalProperties"].is_object() => {
                self.word("object of ");
                self.read(&schema["additionalProperties"]);
            }
            other => {
                self.word(other);
                if other != "null" {
                    self.limits(schema);
                }
            }
        }
    }

    /// The format and the bounds of a text or a number.
    fn limits(&mut self, schema: &Value) {
        let mut limits: Vec<String> = Vec::new();
        limits.extend(schema["format"].as_str().map(str::to_owned));
        for (least, most) in [("minimum", "maximum"), ("minLength", "maxLength")] {
            match (schema[least].as_number(), schema[most].as_number()) {
                (Some(least), Some(most)) => limits.push(format!("{least}–{most}")),
                (Some(least), None) => limits.push(format!("≥ {least}")),
                (None, Some(most)) => limits.push(format!("≤ {most}")),
                (None, None) => {}
            }
        }
        if !limits.is_empty() {
            self.word(&format!(" ({})", limits.join(", ")));
        }
    }

    fn word(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(part) if !part.named => part.text.push_str(text),
            _ => self.parts.push(Part {
                text: text.to_owned(),
                named: false,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(schema: &Value) -> String {
        let parts = Shape::of(schema).parts;
        parts.into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn schemas_are_said_in_a_line() {
        for (schema, line) in [
            (
                json!({ "type": "string", "format": "date-time" }),
                "string (date-time)",
            ),
            (
                json!({ "type": ["string", "null"], "maxLength": 200 }),
                "string (≤ 200) or null",
            ),
            (
                json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
                "integer (1–100)",
            ),
            (
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/Case" } }),
                "array of Case",
            ),
            (
                json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Case" }] }),
                "null or Case",
            ),
            (
                json!({ "type": "string", "enum": ["high", "low"] }),
                "\"high\" | \"low\"",
            ),
            (
                json!({ "type": "object", "additionalProperties": { "type": "string" } }),
                "object of string",
            ),
            (json!({}), "any"),
        ] {
            assert_eq!(said(&schema), line);
        }
    }
}
