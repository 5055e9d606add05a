//! What each part of the interface is about.

use utoipa::openapi::tag::{Tag, TagBuilder};

/// The first part of a path, and what stands behind it.
const TAGS: &[(&str, &str)] = &[
    (
        "sessions",
        "Signing in and out, and where one is signed in.",
    ),
    (
        "me",
        "The person who asks: name, password, second factor, notices, and where they may work.",
    ),
    ("tokens", "API tokens: scoped, expiring, shown once."),
    (
        "invitations",
        "Links by which somebody who was invited chooses a password.",
    ),
    ("password-resets", "Links by which a new password is set."),
    (
        "cases",
        "Support cases, their feeds, promises, analyses and assessments.",
    ),
    (
        "feed-entries",
        "Entries of feeds, corrected, taken back, moved or redacted.",
    ),
    (
        "attachments",
        "Files: sent first, and then attached to what is written.",
    ),
    (
        "next-steps",
        "What is promised: done, missed, or promised anew.",
    ),
    (
        "priority-requests",
        "Requests for a higher priority, granted or refused.",
    ),
    (
        "escalations",
        "Escalations from submission to rating, and their queue.",
    ),
    ("callbacks", "Calls that were asked for on escalations."),
    (
        "home",
        "What needs whoever asks now: the first page, for programs and phones.",
    ),
    (
        "news",
        "What others wrote and did on the cases of whoever asks, as far as they have not read it.",
    ),
    (
        "saved-filters",
        "Lists as somebody narrows them, by a name, for themselves or shared.",
    ),
    (
        "radar",
        "Cases that become eligible for escalation soon, and what prevents it.",
    ),
    (
        "reports",
        "What was counted, as figures: JSON, CSV and XLSX.",
    ),
    (
        "search",
        "Everything that has some words, as far as one may read it.",
    ),
    (
        "articles",
        "The knowledge base: articles, their versions, and whether they helped.",
    ),
    ("article-categories", "The categories of articles."),
    (
        "escalation-process",
        "How escalation works, in the figures that hold now, and the handbooks to which it leads.",
    ),
    (
        "targets",
        "How long escalations wait for a claim, a first reply, an update.",
    ),
    (
        "ladder",
        "Who is told before a target falls due, and when it is missed.",
    ),
    (
        "duty",
        "Who is on duty when, and how escalations get their owner.",
    ),
    (
        "escalation-reasons",
        "The reasons for escalating, their rules and questions.",
    ),
    (
        "policies",
        "Hours, days and priorities that the rules go by.",
    ),
    (
        "calendars",
        "Business calendars: hours, holidays, and deadlines replayed.",
    ),
    (
        "lines-of-business",
        "The tree of lines of business, and who reads the cases of each.",
    ),
    ("organizations", "The provider, customers and partners."),
    ("users", "People, and what they may do."),
    ("roles", "Named sets of permissions."),
    ("access-groups", "Groups that hold people and carry roles."),
    ("access-requests", "Requests for read-only access."),
    (
        "second-factor-roles",
        "The roles whose holders show a second factor.",
    ),
    (
        "allowed-networks",
        "The networks from which an organization's people work.",
    ),
    (
        "developer",
        "Recent failures, what a token or a signature is worth, and provisioning.",
    ),
    ("openapi.json", "The interface itself."),
    (
        "pairings",
        "Trust between two organizations: who may work where.",
    ),
    ("pairing-links", "The link by which a pairing is answered."),
    (
        "pairing-members",
        "People and groups of a pairing, and their roles.",
    ),
    ("pairing-roles", "Roles given through pairings."),
    (
        "pairing-role-requests",
        "Roles that are asked for through pairings.",
    ),
    ("clones", "Cloned users."),
    ("clients", "The organizations that a partner serves."),
    ("notices", "Mails: which were sent, which failed, and why."),
    ("mail-server", "Whether the mail server takes mails."),
    (
        "audit-events",
        "What was done, by whom, with what was before and after.",
    ),
    (
        "announcements",
        "What support announces: shown on the first page until it is read.",
    ),
    ("tutorials", "Tutorials, and who has registered for them."),
    ("tools", "Links to tools and care apps."),
    (
        "templates",
        "Answers that are written once, and filled in where they are used.",
    ),
    ("live", "What changes, as it changes."),
];

/// The tags of the document, in the order in which somebody who begins reads them.
pub(super) fn all() -> Vec<Tag> {
    let tag = |(name, says): &(&str, &str)| {
        TagBuilder::new()
            .name(*name)
            .description(Some(*says))
            .build()
    };
    TAGS.iter().map(tag).collect()
}

/// The tag of a path.
pub(super) fn of(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::routes::routes as api_routes;

    #[test]
    fn every_part_says_what_it_is_about() {
        let routes = api_routes();
        let used: BTreeSet<&str> = routes.iter().map(|route| of(route.path)).collect();
        let told: BTreeSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
        assert_eq!(used, told);
    }
}
