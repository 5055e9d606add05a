//! What the API answers with: the shapes of the contract (section 11), made from rows for the one who reads.
//!
//! What a customer's person may not receive is left out here for all handlers at once: the names of lines of
//! business, and whatever only staff keep.

mod access;
mod audit;
mod callback;
mod case;
mod desk;
mod effect;
mod entry;
mod escalation;
mod pairing;
mod radar;

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

pub use access::{
    GroupDocument, GroupName, LineBook, LineDocument, PermissionsDocument, RoleDocument, held_by,
};
pub use audit::{AuditEventDocument, CaseName, tells_position};
pub use callback::{CallbackDocument, EscalationName, WindowDocument};
pub use case::{
    ActiveEscalationDocument, CaseChanged, CaseDocument, PriorityRequestDocument, RcaDocument,
};
pub use desk::{
    CalendarDocument, OrganizationDocument, PersonDocument, PersonExtras, PolicyDocument,
    ReasonDocument,
};
pub use effect::EffectDocument;
pub use entry::{AuthorDocument, EntryDocument, EntryEscalation};
pub use escalation::{
    CaseSummary, EscalationDocument, EscalationParts, NextStepDocument, NextStepPast,
    RatingDocument, TargetDocument,
};
pub use pairing::{
    CloneDocument, GivenRoleDocument, LinkInspection, MyPlace, PairingDocument, PairingWithLink,
    Pairings, RoleRequestDocument, VisitDocument,
};

pub use radar::{RadarCaseDocument, RadarDocument};

use crate::domain::Instant;
use crate::domain::access::Access;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::Side;
use crate::store::cases::{Named, OrganizationRef};
use crate::words::Catalogue;
use crate::words::time::Times;

/// Who reads: in whose words, in which zone, when, and with what authority.
pub struct Reader<'r> {
    /// The catalogue.
    pub words: &'r Catalogue,
    /// What the reader may see.
    pub access: &'r Access,
    /// The zone in which sentences name times; instants are in UTC.
    pub zone: Tz,
    /// The present instant.
    pub now: Instant,
}

impl Reader<'_> {
    /// Whether this is one of the provider's staff.
    pub fn is_staff(&self) -> bool {
        self.access.side == Side::Provider
    }

    /// Times in the reader's words and zone.
    pub fn times(&self) -> Times<'_> {
        Times::new(self.words, self.zone, self.now)
    }
}

/// An organization by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrganizationName {
    /// Its id.
    pub id: OrganizationId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
}

impl From<&OrganizationRef> for OrganizationName {
    fn from(organization: &OrganizationRef) -> Self {
        Self {
            id: organization.id,
            slug: organization.slug.clone(),
            name: organization.name.clone(),
        }
    }
}

/// A person by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PersonReference)]
pub struct PersonName {
    /// Their id.
    pub id: PersonId,
    /// First and last name.
    pub name: String,
}

impl From<&Named> for PersonName {
    fn from(person: &Named) -> Self {
        Self {
            id: person.id,
            name: person.name.clone(),
        }
    }
}
