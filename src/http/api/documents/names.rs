//! Things by name, as other things refer to them: one shape each, wherever they are named.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::{
    CaseId, CaseNumber, EscalationId, EscalationNumber, GroupId, LineId, OrganizationId, PersonId,
};
use crate::store::cases::OrganizationRef;
use crate::store::identities::Place;
use crate::store::organizations::Organization;
use crate::store::people::Named;

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

impl From<&Organization> for OrganizationName {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id,
            slug: organization.slug.to_string(),
            name: organization.name.clone(),
        }
    }
}

impl From<&Place> for OrganizationName {
    fn from(place: &Place) -> Self {
        Self {
            id: place.id,
            slug: place.slug.clone(),
            name: place.name.clone(),
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

/// An access group by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupName {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A line of business by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LineName {
    /// Its id.
    pub id: LineId,
    /// Its name.
    pub name: String,
}

/// A case by its number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseName {
    /// Its id.
    pub id: CaseId,
    /// `C-000123`.
    pub number: CaseNumber,
}

/// A case by number and subject.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseSummary {
    /// Its id.
    pub id: CaseId,
    /// Its number.
    pub number: CaseNumber,
    /// One line.
    pub subject: String,
    /// Whose case it is.
    pub organization: OrganizationName,
}

/// An escalation by its number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EscalationName {
    /// Its id.
    pub id: EscalationId,
    /// `E-000123`.
    pub number: EscalationNumber,
}
