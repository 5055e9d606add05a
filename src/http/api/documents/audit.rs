//! An audited event as its reader is shown it.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{CaseName, EscalationName, OrganizationName};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::view::{Content, shown};
use crate::domain::ids::{EventId, PersonId};
use crate::store::audit::Listed;

/// An audited event (C8).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditEventDocument {
    /// Its place in the chain of events: 1, 2, 3 and so on over the whole installation; absent until it is sealed. Only the provider's
    /// staff are told: to anybody else it would count what happened to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Its id.
    pub id: EventId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// What happened, as `thing.verb`.
    pub kind: String,
    /// Whose thing it happened to; null for what the provider keeps for everybody.
    pub organization: Option<OrganizationName>,
    /// The actor's own organization, if they acted in another one (P9).
    pub home_organization: Option<OrganizationName>,
    /// On which case.
    pub case: Option<CaseName>,
    /// On which escalation.
    pub escalation: Option<EscalationName>,
    /// The id of the thing that changed.
    pub subject: Option<EventId>,
    /// Who did it; null where the desk did by itself.
    pub actor: Option<PersonId>,
    /// The actor's name then.
    pub actor_name: String,
    /// The changed fields before.
    pub before: Option<Map<String, Value>>,
    /// The changed fields after.
    pub after: Option<Map<String, Value>>,
    /// Whether what it was about is withheld: one of the reader's people did it in another organization.
    pub withheld: bool,
    /// Whether it has its place in the chain, so that no change of it goes unnoticed any more. What was just recorded is sealed within
    /// a second; nothing else about it changes then, nor where it stands in this list.
    pub sealed: bool,
    /// Its hash, made of everything that was recorded of it and the hash of the event before; null until it is sealed.
    pub hash: Option<String>,
}

/// Whether readers of this reach are told of places in the chain.
pub const fn tells_position(reach: Reach) -> bool {
    match reach {
        Reach::Everything | Reach::Staff(_) => true,
        Reach::Organization(_) => false,
    }
}

impl AuditEventDocument {
    /// The event as somebody of this reach is shown it; nothing if it does not exist for them.
    pub fn new(reach: Reach, listed: &Listed) -> Option<Self> {
        let event = &listed.event;
        let whole = Self {
            position: event.link.filter(|_| tells_position(reach)),
            id: event.id,
            at: event.at,
            kind: event.kind.clone(),
            organization: listed.organization.as_ref().map(OrganizationName::from),
            home_organization: listed.home.as_ref().map(OrganizationName::from),
            case: event
                .case_id
                .zip(listed.case)
                .map(|(id, number)| CaseName { id, number }),
            escalation: event
                .escalation_id
                .zip(listed.escalation)
                .map(|(id, number)| EscalationName { id, number }),
            subject: event.subject_id,
            actor: event.actor_id,
            actor_name: event.actor_name.clone(),
            before: None,
            after: None,
            withheld: false,
            sealed: event.link.is_some(),
            hash: event.link.map(|_| event.hash.clone()),
        };
        Some(match shown(reach, &event.happened())? {
            Content::Fields { before, after } => Self {
                before,
                after,
                ..whole
            },
            Content::Withheld => Self {
                case: None,
                escalation: None,
                subject: None,
                withheld: true,
                ..whole
            },
        })
    }
}
