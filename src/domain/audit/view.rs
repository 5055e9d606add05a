//! What a reader is shown of an event that they may see.

use serde_json::{Map, Value};

use super::kind::{EventKind, SeenBy};
use crate::domain::access::Reach;
use crate::domain::ids::OrganizationId;

/// An event as far as it decides who sees what of it.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// What happened.
    pub kind: &'a str,
    /// Whose thing it happened to.
    pub organization: Option<OrganizationId>,
    /// The actor's own organization, if they acted in another one.
    pub home: Option<OrganizationId>,
    /// The changed fields before.
    pub before: Option<&'a Map<String, Value>>,
    /// The changed fields after.
    pub after: Option<&'a Map<String, Value>>,
}

/// What an event is about, as far as its reader is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The changed fields before and after.
    Fields {
        /// The fields before.
        before: Option<Map<String, Value>>,
        /// The fields after.
        after: Option<Map<String, Value>>,
    },
    /// One of the reader's people did it in another organization, and what it was about belongs to that one (P9).
    Withheld,
}

/// What somebody of this reach is shown of an event; nothing if it does not exist for them.
///
/// The provider's staff see everything. Anybody else sees what concerns their organization, without what only staff
/// keep; and of what their people did in other organizations, that it was done.
pub fn shown(reach: Reach, event: &Happened<'_>) -> Option<Content> {
    let own = match reach {
        Reach::Everything | Reach::Staff(_) => {
            return Some(Content::Fields {
                before: event.before.cloned(),
                after: event.after.cloned(),
            });
        }
        Reach::Organization(own) => Some(own),
    };
    // Of a kind that is not known here, nobody else learns.
    let kind = EventKind::named(event.kind)?;
    if kind.seen_by(event.before, event.after) == SeenBy::Provider {
        return None;
    }
    if event.organization == own {
        let fields = kind.fields();
        let visible = |all: Option<&Map<String, Value>>| {
            let some: Map<String, Value> = all?
                .iter()
                .filter(|(name, _)| fields.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (!some.is_empty()).then_some(some)
        };
        return Some(Content::Fields {
            before: visible(event.before),
            after: visible(event.after),
        });
    }
    (event.home == own).then_some(Content::Withheld)
}
