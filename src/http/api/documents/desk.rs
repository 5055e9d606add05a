//! What the desk is made of: organizations, people, calendars, policies and reasons.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::{GroupName, OrganizationName};
use crate::domain::Instant;
use crate::domain::calendar::CalendarShape;
use crate::domain::ids::{CalendarId, GroupId, OrganizationId, PersonId};
use crate::domain::language::Language;
use crate::domain::organization::OrganizationKind;
use crate::domain::reason::{Governance, Question};
use crate::store::calendars::CalendarRow;
use crate::store::cases::OrganizationRef;
use crate::store::grants::Given;
use crate::store::organizations::Organization;
use crate::store::people::Person;
use crate::store::rules::ReasonRow;

/// An organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationDocument {
    /// Its id.
    pub id: OrganizationId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is to the installation.
    pub kind: OrganizationKind,
    /// Where its data is at home.
    pub region: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl From<&Organization> for OrganizationDocument {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id,
            slug: organization.slug.to_string(),
            name: organization.name.clone(),
            kind: organization.kind,
            region: organization.region.clone(),
            time_zone: organization.time_zone.clone(),
            created_at: organization.created_at,
            version: organization.version,
        }
    }
}

/// A person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonDocument {
    /// Their id.
    pub id: PersonId,
    /// The organization that the person belongs to.
    pub organization: OrganizationName,
    /// The address that signs in and is written to.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// First and last name.
    pub name: String,
    /// Own IANA time zone; the organization's if null.
    pub time_zone: Option<String>,
    /// The language in which they chose to read; null for what their browser asks for.
    pub language: Option<Language>,
    /// The codes of the roles given to the person in their own organization; see `groups` for what else they hold.
    pub roles: Vec<String>,
    /// The access groups that the person is in; null for who may not see groups.
    pub groups: Option<Vec<GroupName>>,
    /// Whether a second factor is asked for; null for who may not manage people.
    pub second_factor: Option<bool>,
    /// When the person last signed in; null if they never have, and for who may not manage people.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_sign_in_at: Option<Instant>,
    /// Whether this is a cloned user, whom somebody of a paired organization acts as.
    pub cloned: bool,
    /// The organization that a cloned user comes from; null for everybody else.
    pub cloned_from: Option<OrganizationName>,
    /// Since when the person is shut out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub disabled_at: Option<Instant>,
    /// When the person was added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Counts the changes.
    pub version: i64,
}

/// What is told of people beside their rows; it may hold what is told of others too.
#[derive(Clone, Debug)]
pub struct PersonExtras {
    /// The organizations that they belong to.
    pub organizations: HashMap<OrganizationId, Arc<OrganizationRef>>,
    /// Roles given to them themselves.
    pub roles: Vec<(PersonId, Given)>,
    /// Groups that they are in; none for who may not see groups.
    pub groups: Option<Vec<(PersonId, GroupId, String)>>,
    /// Those who show a second factor; none for who may not manage people.
    pub second_factors: Option<Vec<PersonId>>,
    /// When they last signed in; none for who may not manage people.
    pub last_sign_ins: Option<HashMap<PersonId, Instant>>,
    /// Those who are cloned users, with the organizations that they come from.
    pub clones: HashMap<PersonId, OrganizationRef>,
}

impl PersonDocument {
    /// The person; nothing if their organization is not told of.
    pub fn new(person: &Person, beside: &PersonExtras) -> Option<Self> {
        let PersonExtras {
            organizations,
            roles,
            groups,
            second_factors,
            last_sign_ins,
            clones,
        } = beside;
        Some(Self {
            id: person.id,
            organization: OrganizationName::from(
                organizations.get(&person.organization_id)?.as_ref(),
            ),
            email: person.email.to_string(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            name: person.name(),
            time_zone: person.time_zone.clone(),
            language: Language::kept(person.language.as_deref()),
            roles: roles
                .iter()
                .filter(|(id, _)| *id == person.id)
                .map(|(_, role)| role.code.clone())
                .collect(),
            groups: groups.as_ref().map(|groups| {
                groups
                    .iter()
                    .filter(|(id, _, _)| *id == person.id)
                    .map(|(_, id, name)| GroupName {
                        id: *id,
                        name: name.clone(),
                    })
                    .collect()
            }),
            second_factor: second_factors.as_ref().map(|on| on.contains(&person.id)),
            last_sign_in_at: last_sign_ins
                .as_ref()
                .and_then(|all| all.get(&person.id).copied()),
            cloned: clones.contains_key(&person.id),
            cloned_from: clones.get(&person.id).map(OrganizationName::from),
            disabled_at: person.disabled_at,
            created_at: person.created_at,
            version: person.version,
        })
    }
}

/// A business calendar.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Calendar)]
pub struct CalendarDocument {
    /// Its id.
    pub id: CalendarId,
    /// Name, zone, hours and holidays.
    #[serde(flatten)]
    pub shape: CalendarShape,
    /// Whether lines without a calendar follow it.
    pub default: bool,
    /// Counts its changes.
    pub version: i64,
}

impl From<&CalendarRow> for CalendarDocument {
    fn from(row: &CalendarRow) -> Self {
        Self {
            id: row.id,
            shape: row.shape(),
            default: row.is_default,
            version: row.version,
        }
    }
}

/// A policy (E12).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub struct PolicyDocument {
    /// Its name.
    pub key: String,
    /// Its value in force.
    pub value: String,
    /// What it is where nobody set it.
    pub default: String,
    /// Counts its changes; 0 if nobody set it.
    pub version: i64,
}

/// An escalation reason (section 3).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationReasonRow)]
pub struct ReasonDocument {
    /// Stable name.
    pub code: String,
    /// What people read.
    pub label: String,
    /// The rule that governs it.
    pub governed_by: Governance,
    /// What the form asks.
    pub questions: Vec<Question>,
    /// Whether it can be chosen.
    pub active: bool,
    /// Counts its changes.
    pub version: i64,
}

impl From<&ReasonRow> for ReasonDocument {
    fn from(row: &ReasonRow) -> Self {
        Self {
            code: row.code.clone(),
            label: row.label.clone(),
            governed_by: row.governed_by,
            questions: row.questions.0.clone(),
            active: row.active,
            version: row.version,
        }
    }
}
