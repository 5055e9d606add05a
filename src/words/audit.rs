//! The words of audited events: a sentence for each kind, and the changed fields with their values as people know them.

use serde_json::Value as Json;

use super::Catalogue;
use super::time::Times;
use crate::domain::Instant;
use crate::domain::access::{Permission, Role};
use crate::domain::access_request::AccessRequestState;
use crate::domain::announcement::Importance;
use crate::domain::article;
use crate::domain::audience::AudienceKind;
use crate::domain::audit::{CLOCK, COMMAND_LINE, EventKind, IMPORT, ROTATION, STRANGER};
use crate::domain::callback;
use crate::domain::case::{
    BusinessImpact, Deployment, Engagement, Priority, PriorityRequestState, Status, StepState,
};
use crate::domain::eligibility::{FindingCode, Policy};
use crate::domain::escalation::{Level, State};
use crate::domain::feed::{EntryKind, Feed, Visibility};
use crate::domain::notice::{Delivery, NoticeKind, NoticeState, Stance};
use crate::domain::organization::OrganizationKind;
use crate::domain::pairing::{Party, State as PairingState};
use crate::domain::reason::Governance;
use crate::domain::tutorial::Standing;

/// Every thing that events are about: what stands before the dot of their kinds, in the order of the list of kinds.
pub const THINGS: &[&str] = &[
    "case",
    "priority",
    "entry",
    "step",
    "escalation",
    "callback",
    "callbacks",
    "session",
    "token",
    "person",
    "organization",
    "line",
    "calendar",
    "policy",
    "reason",
    "targets",
    "ladder",
    "duty",
    "article",
    "guide",
    "notice",
    "audit",
    "sessions",
    "password",
    "second_factor",
    "notices",
    "following",
    "access_request",
    "role",
    "access_group",
    "pairing",
    "announcement",
    "tutorial",
    "tool",
    "template",
    "shared_filter",
];

/// Every field that events tell of, but for the policies and the kinds of notices, which have words of their own.
pub const FIELDS: &[&str] = &[
    "subject",
    "description",
    "priority",
    "status",
    "deployment",
    "business_impact",
    "product",
    "engagements",
    "attachments",
    "owner",
    "line_of_business",
    "closed_at",
    "rca_requested_at",
    "rca_delivered_at",
    "state",
    "importance",
    "urgency",
    "rank",
    "decline_reasons",
    "outcome",
    "summary",
    "rating_score",
    "rating_comment",
    "rater",
    "contact",
    "channel",
    "reason",
    "what",
    "who",
    "due_at",
    "begins_at",
    "ends_at",
    "feed",
    "kind",
    "visibility",
    "version",
    "redacted",
    "taken_back",
    "note",
    "company",
    "customer",
    "external_id",
    "email",
    "name",
    "first_name",
    "last_name",
    "time_zone",
    "language",
    "disabled",
    "roles",
    "second_factor_roles",
    "allowed_networks",
    "clients",
    "slug",
    "region",
    "hours",
    "holidays",
    "default",
    "parent",
    "calendar",
    "code",
    "label",
    "governed_by",
    "questions",
    "active",
    "format",
    "filters",
    "organization",
    "person",
    "group",
    "role",
    "members",
    "permissions",
    "read_groups",
    "until",
    "address",
    "expires_at",
    "addressed_to",
    "trustee",
    "trustor",
    "clone",
    "of",
    "as",
    "by",
    "people",
    "groups",
    "count",
    "claim_high",
    "claim_medium",
    "first_reply_high",
    "first_reply_medium",
    "update_1",
    "update_2",
    "update_3",
    "update_4",
    "update_5",
    "remind_before_minutes",
    "levels",
    "assignment",
    "shifts",
    "absences",
    "awaits_reply",
    "case",
    "case_feed",
    "escalation_feed",
    "title",
    "body",
    "audience",
    "draft",
    "from_at",
    "starts_at",
    "places",
    "place_or_link",
    "registration_until",
    "href",
    "position",
    "category",
    "newest_version",
    "shown_version",
    "links",
    "purpose",
];

/// The longest value that is shown, in characters; the export has all of it.
const LONGEST: usize = 400;

/// The sentence of an event: who did what to which thing. One of a later version, which this one does not know, is
/// answered by its kind.
pub fn sentence(words: &Catalogue, kind: &str, actor: &str, thing: &str) -> String {
    if EventKind::named(kind).is_none() {
        let args = [("actor", actor.into()), ("kind", kind.into())];
        return words.say("audit-other", &args);
    }
    words.say_of(
        "audit-kind",
        kind,
        &[("actor", actor.into()), ("thing", thing.into())],
    )
}

/// Who did it, as a sentence begins with them. Where it was no person, the desk's own word for it is kept; a person may
/// be called as they like.
pub fn actor(words: &Catalogue, is_person: bool, name: &str) -> String {
    match name {
        COMMAND_LINE if !is_person => words.say("audit-command-line", &[]),
        STRANGER if !is_person => words.say("audit-stranger", &[]),
        IMPORT if !is_person => words.say("audit-import", &[]),
        ROTATION if !is_person => words.say("audit-rotation", &[]),
        CLOCK if !is_person => words.say("audit-clock", &[]),
        name => name.to_owned(),
    }
}

/// What a kind is called where nothing more is told of it.
pub fn name(words: &Catalogue, kind: &str) -> String {
    match EventKind::named(kind) {
        Some(_) => words.say_of("audit-name", kind, &[]),
        None => kind.to_owned(),
    }
}

/// What a field is called.
pub fn field(words: &Catalogue, name: &str) -> String {
    if FIELDS.contains(&name) {
        words.say_of("audit-field", name, &[])
    } else if Policy::KEYS.contains(&name) {
        words.say_of("policy", name, &[])
    } else if NoticeKind::NAMES.contains(&name) {
        words.say_of("notice-kind", name, &[])
    } else {
        name.to_owned()
    }
}

/// A field's value, as `kind` of event tells of it. `named` knows the names of people and things by their ids.
pub fn value(
    words: &Catalogue,
    times: &Times<'_>,
    kind: &str,
    field: &str,
    value: &Json,
    named: &dyn Fn(&str) -> Option<String>,
) -> String {
    let text = match value {
        Json::Null => words.say("audit-nothing", &[]),
        Json::Bool(true) => words.say_of("answer", "yes", &[]),
        Json::Bool(false) => words.say_of("answer", "no", &[]),
        Json::Number(number) => number.to_string(),
        Json::String(text) => one(words, times, kind, field, text, named),
        Json::Array(items) if items.is_empty() => words.say("audit-nothing", &[]),
        // Their names may have to be taken away, and are kept elsewhere.
        Json::Array(items) if field == "attachments" => items.len().to_string(),
        Json::Array(items) => {
            let texts = items.iter().map(|item| match item {
                Json::String(text) => one(words, times, kind, field, text, named),
                Json::Object(members) => {
                    let values = members.iter().filter(|(_, value)| !value.is_null());
                    let told = values.map(|(name, value)| match value {
                        Json::String(text) => one(words, times, kind, name, text, named),
                        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("/"),
                        other => other.to_string(),
                    });
                    told.collect::<Vec<_>>().join(" ")
                }
                other => other.to_string(),
            });
            texts.collect::<Vec<_>>().join(", ")
        }
        Json::Object(members) if members.is_empty() => words.say("audit-nothing", &[]),
        Json::Object(members) => {
            let texts = members.iter().map(|(name, value)| match value {
                Json::String(text) => format!("{name}: {text}"),
                Json::Array(items) => {
                    let items: Vec<String> = items.iter().map(plain).collect();
                    format!("{name}: {}", items.join(", "))
                }
                other => format!("{name}: {other}"),
            });
            texts.collect::<Vec<_>>().join("; ")
        }
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn one(
    words: &Catalogue,
    times: &Times<'_>,
    kind: &str,
    field: &str,
    text: &str,
    named: &dyn Fn(&str) -> Option<String>,
) -> String {
    if let Some((family, members)) = family(kind, field)
        && members.contains(&text)
    {
        return words.say_of(family, text, &[]);
    }
    if (field.ends_with("_at") || field == "until")
        && let Ok(at) = text.parse::<Instant>()
    {
        return times.near(at);
    }
    named(text).unwrap_or_else(|| text.to_owned())
}

/// The family of messages in which a field's values are named, with its members.
fn family(kind: &str, field: &str) -> Option<(&'static str, &'static [&'static str])> {
    let thing = kind.split('.').next().unwrap_or_default();
    Some(match (field, thing) {
        ("priority", _) => ("priority", Priority::NAMES),
        ("status", _) => ("status", Status::NAMES),
        ("deployment", _) => ("deployment", Deployment::NAMES),
        ("business_impact", _) => ("impact", BusinessImpact::NAMES),
        ("engagements", _) => ("engagement", Engagement::NAMES),
        ("state", "escalation") => ("state", State::NAMES),
        ("state", "article") => ("article-state", article::State::NAMES),
        ("state", "callback") => ("callback-state", callback::State::NAMES),
        ("state", "step") => ("step-state", StepState::NAMES),
        ("state", "priority") => ("request-state", PriorityRequestState::NAMES),
        ("state", "notice") => ("notice-state", NoticeState::NAMES),
        ("state", "access_request") => ("access-request-state", AccessRequestState::NAMES),
        ("state", "pairing") => ("pairing-state", PairingState::NAMES),
        ("by", "pairing") => ("pairing-party", Party::NAMES),
        ("importance", "announcement") => ("announcement-importance", Importance::NAMES),
        ("importance" | "urgency", _) => ("level", Level::NAMES),
        ("audience", _) => ("audience", AudienceKind::NAMES),
        ("state", "tutorial") => ("registration-state", Standing::NAMES),
        ("decline_reasons", _) => ("criterion", FindingCode::NAMES),
        ("roles" | "role", _) => ("role", Role::NAMES),
        ("permissions", _) => ("permission", Permission::NAMES),
        ("feed", _) => ("audit-feed", Feed::NAMES),
        ("visibility", _) => ("audit-visibility", Visibility::NAMES),
        ("kind", "entry") => ("audit-entry", EntryKind::NAMES),
        ("kind", "organization") => ("organization-kind", OrganizationKind::NAMES),
        ("governed_by", _) => ("governance", Governance::NAMES),
        (_, "notices") => ("delivery", Delivery::NAMES),
        ("case_feed" | "escalation_feed", _) => ("stance", Stance::NAMES),
        _ => return None,
    })
}

/// The things of the kinds that there are, each with its kinds; on the customer's side, those that exist there.
pub fn kinds_by_thing(staff: bool) -> Vec<(&'static str, Vec<EventKind>)> {
    let mut things: Vec<(&str, Vec<EventKind>)> = Vec::new();
    let kinds = EventKind::ALL.iter().copied();
    for kind in kinds.filter(|kind| staff || kind.is_for_customers()) {
        match things.iter_mut().find(|(name, _)| *name == kind.thing()) {
            Some((_, kinds)) => kinds.push(kind),
            None => things.push((kind.thing(), vec![kind])),
        }
    }
    things
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    /// What nobody in particular did.
    const NOBODYS: [EventKind; 2] = [EventKind::CaseImported, EventKind::CaseSealed];

    #[test]
    fn every_kind_has_its_words() {
        let words = Catalogue::load().expect("the catalogue");
        for kind in EventKind::ALL {
            let said = sentence(&words, kind.as_str(), "Dana Cole", "C-000123");
            assert!(
                said.contains("Dana Cole") || NOBODYS.contains(kind),
                "{said}"
            );
            assert!(!name(&words, kind.as_str()).contains('.'), "{kind}");
        }
        let things: Vec<&str> = kinds_by_thing(true)
            .into_iter()
            .map(|(thing, _)| thing)
            .collect();
        assert_eq!(things, THINGS);
        assert_eq!(
            sentence(&words, "of.tomorrow", "Dana Cole", ""),
            "Dana Cole: of.tomorrow"
        );
    }

    #[test]
    fn values_are_told_as_people_know_them() {
        let words = Catalogue::load().expect("the catalogue");
        let times = Times::new(
            &words,
            Tz::UTC,
            "2026-03-03T10:00:00Z".parse().expect("an instant"),
        );
        let named = |id: &str| (id == "0190").then(|| "Eve Hart".to_owned());
        let told =
            |kind: &str, field: &str, json: Json| value(&words, &times, kind, field, &json, &named);
        assert_eq!(told("case.changed", "priority", json!("high")), "High");
        assert_eq!(told("case.changed", "owner", json!("0190")), "Eve Hart");
        assert_eq!(told("case.changed", "owner", json!(null)), "–");
        assert_eq!(
            told("case.closed", "closed_at", json!("2026-03-03T09:12:00Z")),
            "today 09:12"
        );
        assert_eq!(told("step.done", "state", json!("done")), "Done");
        assert_eq!(
            told(
                "case.changed",
                "engagements",
                json!(["development", "of_tomorrow"])
            ),
            "development, of_tomorrow"
        );
        assert_eq!(
            told(
                "calendar.changed",
                "hours",
                json!({"mon": ["09:00-12:00", "13:00-17:00"]})
            ),
            "mon: 09:00-12:00, 13:00-17:00"
        );
        let files = told("entry.posted", "attachments", json!(["0191", "0192"]));
        assert_eq!(files, "2");
        assert_eq!(
            told("case.changed", "description", json!("é".repeat(500)))
                .chars()
                .count(),
            LONGEST + 1
        );
    }
}
