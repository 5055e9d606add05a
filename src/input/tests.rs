use serde_json::json;

use super::*;
use crate::domain::Instant;
use crate::domain::case::{Engagement, Priority};
use crate::domain::text::{Note, Subject};

input! {
    /// A step.
    pub struct Step {
        /// What.
        what: Note,
        /// When.
        due_at: Instant,
    }
}

input! {
    /// A request with one of everything.
    pub struct Sample {
        /// One line.
        subject: Subject,
        /// How urgent.
        priority: Priority,
        /// May be left out.
        note: Option<Note>,
        /// A list of objects.
        steps: Vec<Step>,
        /// A patch of what can be removed.
        owner: Patch<Option<Note>>,
        /// A patch of what cannot.
        impact: Patch<Note>,
        /// Between bounds.
        score: Option<Whole<1, 5>>,
    }
}

input! {
    /// A query.
    pub struct Search {
        /// Several.
        engaged: CommaList<Engagement>,
        /// One.
        limit: Option<Whole<1, 100>>,
        /// Yes or no.
        escalated: Option<bool>,
    }
}

fn faults<T: Field>(value: Value) -> Vec<(String, &'static str)> {
    let found = match read::<T>(&value, Errors::default()) {
        Ok(_) => Vec::new(),
        Err(found) => found,
    };
    found
        .iter()
        .map(|error| (error.field().to_owned(), error.code()))
        .collect()
}

#[test]
fn a_request_becomes_domain_types() {
    let value = json!({
        "subject": "  Printer on fire ", "priority": "high",
        "steps": [{"what": "Extinguish", "due_at": "2026-03-04T10:00:00.1234567+01:00"}],
        "owner": null, "score": 5,
    });
    let sample = read::<Sample>(&value, Errors::default()).expect("parsed");
    assert_eq!(sample.subject.as_str(), "Printer on fire");
    assert_eq!(sample.priority, Priority::High);
    assert_eq!(sample.steps[0].what.as_str(), "Extinguish");
    assert_eq!(sample.note, None);
    assert_eq!(
        sample.steps[0].due_at.to_rfc3339(),
        "2026-03-04T09:00:00.123456+00:00"
    );
    assert_eq!(sample.owner, Patch::Set(None));
    assert_eq!(sample.impact, Patch::Keep);
    assert_eq!(sample.score.map(Whole::get), Some(5));
}

#[test]
fn every_fault_is_named_at_once() {
    let value = json!({
        "subject": "a\u{0}b", "priority": "urgent", "note": 7,
        "steps": [{"what": "x", "due_at": "soon"}, {"due_at": "2026-03-04T10:00:00Z", "extra": 1}],
        "impact": null, "score": 6, "colour": "red",
    });
    let expected = [
        ("subject", "control_character"),
        ("priority", "not_allowed"),
        ("note", "wrong_type"),
        ("steps[0].due_at", "not_an_instant"),
        ("steps[1].what", "required"),
        ("steps[1].extra", "unknown_field"),
        ("impact", "not_null"),
        ("score", "out_of_range"),
        ("colour", "unknown_field"),
    ];
    let expected: Vec<(String, &str)> = expected
        .map(|(field, code)| (field.to_owned(), code))
        .into();
    assert_eq!(faults::<Sample>(value), expected);
}

#[test]
fn what_is_missing_is_required() {
    let missing = ["subject", "priority", "steps"].map(|field| (field.to_owned(), "required"));
    assert_eq!(faults::<Sample>(json!({})), missing);
    assert_eq!(faults::<Sample>(json!([])), [(String::new(), "wrong_type")]);
}

#[test]
fn too_much_is_refused() {
    let steps: Vec<Value> = (0..101).map(|_| json!({})).collect();
    let value = json!({"subject": "x".repeat(201), "priority": "low", "steps": steps});
    assert_eq!(
        faults::<Sample>(value),
        [
            ("subject".to_owned(), "too_long"),
            ("steps".to_owned(), "too_many")
        ]
    );
}

#[test]
fn a_query_has_only_texts() {
    let search = |value| read::<Search>(&value, Errors::of_texts());
    let found =
        search(json!({"engaged": ["development,third_party", "cloud_operations"], "limit": "7"}));
    let found = found.expect("parsed");
    assert_eq!(found.engaged.0.len(), 3);
    assert_eq!(found.limit.map(Whole::get), Some(7));
    assert_eq!(found.escalated, None);
    assert_eq!(
        search(json!({})).expect("empty").engaged,
        CommaList::default()
    );
    let errors = search(json!({"limit": ["1", "2"], "escalated": "maybe", "engaged": "nobody"}))
        .expect_err("faults");
    let codes: Vec<_> = errors
        .iter()
        .map(|error| (error.field(), error.code()))
        .collect();
    assert_eq!(
        codes,
        [
            ("engaged", "not_allowed"),
            ("limit", "given_twice"),
            ("escalated", "not_allowed")
        ]
    );
}

#[test]
fn numbers_in_bodies_are_numbers() {
    for value in [json!("5"), json!(0), json!(1.5), json!(1e30)] {
        let body = json!({"subject": "x", "priority": "low", "steps": [], "score": value});
        assert_eq!(faults::<Sample>(body).len(), 1);
    }
}

#[test]
fn a_request_type_is_published() {
    let mut schemas = Vec::new();
    Sample::schemas(&mut schemas);
    let names: Vec<&str> = schemas.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.contains(&"Sample") && names.contains(&"Step") && names.contains(&"Priority"),
        "{names:?}"
    );
    let sample = serde_json::to_value(&schemas[0].1).expect("JSON");
    assert_eq!(sample["required"], json!(["subject", "priority", "steps"]));
    assert_eq!(sample["additionalProperties"], json!(false));
    assert_eq!(
        sample["properties"]["subject"]["$ref"],
        "#/components/schemas/Subject"
    );
    assert_eq!(
        sample["properties"]["score"]["description"],
        "Between bounds."
    );
}
