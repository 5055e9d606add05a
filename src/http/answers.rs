//! What answers always have: each member of a document is sent, null where there is nothing, but for a few.

use utoipa::openapi::{RefOr, Schema};

/// The members that are left out where there is nothing to say, by the name of their schema.
const SOMETIMES: &[(&str, &str)] = &[
    ("Assessment", "eligible_at"),
    ("AuditEvent", "position"),
    ("FeedEntry", "details"),
    ("FeedEntry", "escalation"),
    ("Finding", "eligible_at"),
    ("Finding", "remedy"),
    ("Remedy", "href"),
    ("ReplaySegment", "name"),
    ("TargetRule", "priority"),
    ("TargetRule", "rank"),
    ("TargetSegment", "name"),
];

/// Whether a member is sent at times only: how many a list has in all, for one, is said where that is asked for.
fn is_left_out(name: &str, member: &str) -> bool {
    SOMETIMES.contains(&(name, member)) || (name.ends_with("List") && member == "count")
}

/// The schema `name` of an answer, with every member required that is always sent.
pub fn always_sent(name: &str, schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.required = object
                .properties
                .keys()
                .filter(|member| !is_left_out(name, member))
                .cloned()
                .collect();
            RefOr::T(Schema::Object(object))
        }
        other => other,
    }
}
