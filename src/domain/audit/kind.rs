//! Every kind of event, and what the customer's side is shown of it.
//!
//! This is a white list: of a kind that does not stand here nobody but the provider's staff learns that it exists, and a
//! field that is not named here is not shown to a customer (F2, section 11).

use serde_json::{Map, Value};

use crate::domain::closed_enum;

closed_enum! {
    /// Who may see an event. It is settled when the event is recorded.
    pub enum SeenBy {
        /// The provider's staff, and those entitled in the organizations that it concerns.
        Both = "both",
        /// The provider's staff alone.
        Provider = "provider",
    }
}

/// A kind of event.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name, as `thing.verb`.
    pub name: &'static str,
    shown: Shown,
}

/// What the customer's side is shown of a kind.
#[derive(Clone, Copy, Debug)]
enum Shown {
    /// Nothing.
    Never,
    /// That it happened, with these of its fields.
    With(&'static [&'static str]),
    /// The same, but only where at least one of these fields has changed.
    WhereChanged(&'static [&'static str]),
    /// The same, but only where the entry that it is about is public.
    WherePublic(&'static [&'static str]),
}

const CASE: &[&str] = &[
    "subject",
    "description",
    "priority",
    "status",
    "deployment",
    "business_impact",
    "product",
    "engagements",
    "closed_at",
    "rca_requested_at",
    "rca_delivered_at",
];
const ESCALATION: &[&str] = &[
    "state",
    "reason",
    "decline_reasons",
    "outcome",
    "summary",
    "rating_score",
    "rating_comment",
];
const STEP: &[&str] = &["what", "who", "due_at", "state", "reason"];
const ENTRY: &[&str] = &["feed", "kind"];
const PERSON: &[&str] = &[
    "email",
    "name",
    "first_name",
    "last_name",
    "time_zone",
    "disabled",
    "roles",
];
const ORGANIZATION: &[&str] = &[
    "slug",
    "name",
    "kind",
    "region",
    "time_zone",
    "second_factor_roles",
];
const ROLE: &[&str] = &["code", "name", "permissions"];
const GROUP: &[&str] = &["name", "members", "roles"];
const REQUEST: &[&str] = &[
    "name",
    "email",
    "organization",
    "note",
    "person",
    "state",
    "until",
];
const PAIRING: &[&str] = &[
    "trustee",
    "trustor",
    "addressed_to",
    "people",
    "groups",
    "person",
    "group",
    "member",
    "role",
    "roles",
    "clone",
    "enabled",
    "expires_at",
    "state",
    "side",
];
const EXPORT: &[&str] = &["format", "filters"];

const fn kind(name: &'static str, shown: Shown) -> Kind {
    Kind { name, shown }
}

/// Everything that is recorded, in the order in which it is offered to choose from.
pub const KINDS: &[Kind] = &[
    kind("case.opened", Shown::With(CASE)),
    kind("case.changed", Shown::WhereChanged(CASE)),
    kind("case.closed", Shown::With(CASE)),
    kind("case.reopened", Shown::With(CASE)),
    kind("case.imported", Shown::Never),
    kind("case.sealed", Shown::Never),
    // Not the notes: they stand in the feed, where they can be redacted.
    kind("priority.requested", Shown::With(&["priority"])),
    kind("priority.decided", Shown::With(&["state"])),
    kind("entry.posted", Shown::WherePublic(ENTRY)),
    kind("entry.edited", Shown::WherePublic(ENTRY)),
    kind("entry.redacted", Shown::WherePublic(ENTRY)),
    kind("step.promised", Shown::With(STEP)),
    kind("step.repromised", Shown::With(STEP)),
    kind("step.done", Shown::With(STEP)),
    kind("step.missed", Shown::With(STEP)),
    kind("escalation.submitted", Shown::With(ESCALATION)),
    kind("escalation.claimed", Shown::With(ESCALATION)),
    kind("escalation.assigned", Shown::WhereChanged(ESCALATION)),
    kind("escalation.accepted", Shown::With(ESCALATION)),
    kind("escalation.reranked", Shown::Never),
    kind("escalation.declined", Shown::With(ESCALATION)),
    kind("escalation.withdrawn", Shown::With(ESCALATION)),
    kind("escalation.closed", Shown::With(ESCALATION)),
    kind("escalation.rated", Shown::With(ESCALATION)),
    kind("session.opened", Shown::With(&[])),
    kind("session.closed", Shown::With(&[])),
    kind("session.refused", Shown::With(&["address", "until"])),
    kind("session.ended", Shown::With(&[])),
    kind("token.issued", Shown::With(&["name"])),
    kind("token.revoked", Shown::With(&["name"])),
    kind("person.added", Shown::With(PERSON)),
    kind("person.changed", Shown::With(PERSON)),
    kind("person.invited", Shown::With(PERSON)),
    kind("person.joined", Shown::With(PERSON)),
    kind("organization.added", Shown::With(ORGANIZATION)),
    kind("organization.changed", Shown::With(ORGANIZATION)),
    kind("line.added", Shown::Never),
    kind("line.changed", Shown::Never),
    kind("calendar.added", Shown::Never),
    kind("calendar.changed", Shown::Never),
    kind("policy.changed", Shown::Never),
    kind("reason.added", Shown::Never),
    kind("reason.changed", Shown::Never),
    kind("notice.resent", Shown::Never),
    kind("notice.resent_all", Shown::Never),
    kind("audit.exported", Shown::With(EXPORT)),
    kind("sessions.ended", Shown::With(&[])),
    kind("password.changed", Shown::With(&[])),
    kind("second_factor.turned_on", Shown::With(&[])),
    kind("second_factor.turned_off", Shown::With(&[])),
    kind("second_factor.taken_away", Shown::With(&[])),
    kind("second_factor.codes_renewed", Shown::With(&[])),
    kind("second_factor.recovery_code_used", Shown::With(&[])),
    kind("notices.chosen", Shown::With(&[])),
    kind("access_request.made", Shown::With(REQUEST)),
    kind("access_request.granted", Shown::With(REQUEST)),
    kind("access_request.refused", Shown::With(REQUEST)),
    kind("role.added", Shown::With(ROLE)),
    kind("role.changed", Shown::With(ROLE)),
    kind("role.removed", Shown::With(ROLE)),
    kind("access_group.added", Shown::With(GROUP)),
    kind("access_group.changed", Shown::With(GROUP)),
    kind("access_group.removed", Shown::With(GROUP)),
    kind("pairing.requested", Shown::With(PAIRING)),
    kind("pairing.link_renewed", Shown::With(PAIRING)),
    kind("pairing.accepted", Shown::With(PAIRING)),
    kind("pairing.refused", Shown::With(PAIRING)),
    kind("pairing.switched_off", Shown::With(PAIRING)),
    kind("pairing.switched_on", Shown::With(PAIRING)),
    kind("pairing.suspended", Shown::With(PAIRING)),
    kind("pairing.resumed", Shown::With(PAIRING)),
    kind("pairing.withdrawn", Shown::With(PAIRING)),
    kind("pairing.removed", Shown::With(PAIRING)),
    kind("pairing.member_added", Shown::With(PAIRING)),
    kind("pairing.member_removed", Shown::With(PAIRING)),
    kind("pairing.role_given", Shown::With(PAIRING)),
    kind("pairing.role_taken", Shown::With(PAIRING)),
    kind("pairing.clone_added", Shown::With(PAIRING)),
    kind("pairing.clone_removed", Shown::With(PAIRING)),
    kind("pairing.switched_into", Shown::With(PAIRING)),
];

/// The names of all kinds.
pub const NAMES: [&str; KINDS.len()] = {
    let mut names = [""; KINDS.len()];
    let mut index = 0;
    while index < KINDS.len() {
        names[index] = KINDS[index].name;
        index += 1;
    }
    names
};

impl Kind {
    /// The kind of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Whether such events may be seen on the customer's side at all.
    pub fn is_for_customers(&self) -> bool {
        !matches!(self.shown, Shown::Never)
    }

    /// The fields that the customer's side is shown.
    pub(super) fn fields(&self) -> &'static [&'static str] {
        match self.shown {
            Shown::Never => &[],
            Shown::With(fields) | Shown::WhereChanged(fields) | Shown::WherePublic(fields) => {
                fields
            }
        }
    }

    fn seen_by(
        &self,
        before: Option<&Map<String, Value>>,
        after: Option<&Map<String, Value>>,
    ) -> SeenBy {
        let seen = match self.shown {
            Shown::Never => false,
            Shown::With(_) => true,
            Shown::WhereChanged(fields) => [before, after]
                .into_iter()
                .flatten()
                .flat_map(Map::keys)
                .any(|name| fields.contains(&name.as_str())),
            Shown::WherePublic(_) => {
                after
                    .and_then(|after| after.get("visibility"))
                    .and_then(Value::as_str)
                    == Some("public")
            }
        };
        if seen { SeenBy::Both } else { SeenBy::Provider }
    }
}

/// Who may see an event of this kind with these fields. Of a kind that is not known, the provider's staff alone.
pub fn seen_by(
    kind: &str,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> SeenBy {
    Kind::named(kind).map_or(SeenBy::Provider, |kind| kind.seen_by(before, after))
}

/// What happens on cases, and what only gives: nobody may do less after it than before.
const TAKES_NOTHING: [&str; 13] = [
    "case.",
    "priority.",
    "entry.",
    "step.",
    "escalation.",
    "notice.",
    "notices.",
    "audit.",
    "session.opened",
    "token.issued",
    "person.added",
    "person.invited",
    "access_request.made",
];

/// Whether somebody may be allowed less after an event of this kind, or be shut out. Of a kind that is not known, they may.
pub fn may_take_access(kind: &str) -> bool {
    !TAKES_NOTHING.iter().any(|part| match part.ends_with('.') {
        true => kind.starts_with(part),
        false => kind == *part,
    })
}

/// The kinds that somebody asks for: one by its name, or all of a thing, as `pairing.`; none if there is no such.
pub fn asked(name: &str) -> Vec<&'static str> {
    let fits = |kind: &&Kind| match name.strip_suffix('.') {
        Some(_) => kind.name.starts_with(name),
        None => kind.name == name,
    };
    KINDS.iter().filter(fits).map(|kind| kind.name).collect()
}
