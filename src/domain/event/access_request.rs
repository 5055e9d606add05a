//! What can happen to a request for access (A6).

use serde::Serialize;
use serde_json::Error;

use super::audited::Audited;
use crate::domain::Instant;
use crate::domain::access_request::AccessRequestState;
use crate::domain::audit::EventKind;
use crate::domain::ids::{AccessRequestId, OrganizationId, PersonId};
use crate::domain::notice::{AccessGranted, AccessRefused, AccessRequested, Letter, LinkFacts};
use crate::domain::text::EmailAddress;

/// A request, and who asks.
#[derive(Clone, Debug)]
pub(crate) struct RequestedAccess {
    pub(crate) id: AccessRequestId,
    /// The organization that decides, if one was found.
    pub(crate) organization: Option<OrganizationId>,
    /// First and last name, as they were given.
    pub(crate) name: String,
    pub(crate) email: EmailAddress,
}

/// What can happen to a request for access.
#[derive(Clone, Debug)]
pub(crate) enum AccessRequestEvent {
    Made {
        /// The organization, as it was typed.
        organization: String,
        /// The reseller's or end user's company of whoever asks.
        company: Option<String>,
        /// For which customer they ask.
        customer: Option<String>,
        note: Option<String>,
    },
    Granted {
        /// The organization to which it is, by id and name.
        organization: (OrganizationId, String),
        /// To whom.
        person: PersonId,
        until: Option<Instant>,
        note: Option<String>,
        /// For who cannot sign in yet.
        link: Option<LinkFacts>,
    },
    Refused {
        /// The organization to which it would have been, if it is known.
        organization: Option<OrganizationId>,
        /// Its name, or what was typed.
        name: String,
        note: Option<String>,
    },
}

/// Who is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessReader {
    /// Those who decide in the organization; the provider's if there are none.
    Deciders,
    /// Whoever was let in.
    Person(PersonId),
    /// Whoever asked, at the address that they gave.
    Applicant,
}

#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    email: &'a EmailAddress,
    organization: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct Undecided {
    state: AccessRequestState,
}

#[derive(Serialize)]
struct Decided<'a> {
    state: AccessRequestState,
    name: &'a str,
    email: &'a EmailAddress,
    person: Option<PersonId>,
    until: Option<Instant>,
    note: Option<&'a str>,
}

impl AccessRequestEvent {
    /// Whose event it is.
    pub(crate) fn organization(&self, request: &RequestedAccess) -> Option<OrganizationId> {
        match self {
            Self::Made { .. } => request.organization,
            Self::Granted { organization, .. } => Some(organization.0),
            Self::Refused { organization, .. } => *organization,
        }
    }

    /// As it is audited.
    ///
    /// # Errors
    /// Those of [`Audited`].
    pub(crate) fn audited(&self, request: &RequestedAccess) -> Result<Audited, Error> {
        let (name, email) = (request.name.as_str(), &request.email);
        let decided = |kind, state, person, until, note| {
            let before = Undecided {
                state: AccessRequestState::Pending,
            };
            let after = Decided {
                state,
                name,
                email,
                person,
                until,
                note,
            };
            Audited::replaced(kind, &before, &after)
        };
        match self {
            Self::Made {
                organization,
                company,
                customer,
                note,
            } => {
                let made = Made {
                    name,
                    email,
                    organization,
                    company: company.as_deref(),
                    customer: customer.as_deref(),
                    note: note.as_deref(),
                };
                Audited::added(EventKind::AccessRequestMade, &made)
            }
            Self::Granted {
                person,
                until,
                note,
                ..
            } => decided(
                EventKind::AccessRequestGranted,
                AccessRequestState::Granted,
                Some(*person),
                *until,
                note.as_deref(),
            ),
            Self::Refused { note, .. } => decided(
                EventKind::AccessRequestRefused,
                AccessRequestState::Refused,
                None,
                None,
                note.as_deref(),
            ),
        }
    }

    /// What is written of it, and to whom.
    pub(crate) fn letter(self, request: &RequestedAccess) -> (AccessReader, Letter) {
        let id = *request.id.as_uuid();
        match self {
            Self::Made {
                organization,
                company,
                customer,
                note,
            } => {
                let letter = Letter::AccessRequested(AccessRequested {
                    request: id,
                    name: request.name.clone(),
                    email: request.email.to_string(),
                    organization,
                    company,
                    customer,
                    note,
                });
                (AccessReader::Deciders, letter)
            }
            Self::Granted {
                organization: (_, organization),
                person,
                until,
                link,
                ..
            } => {
                let letter = Letter::AccessGranted(AccessGranted {
                    request: id,
                    organization,
                    until,
                    link,
                });
                (AccessReader::Person(person), letter)
            }
            Self::Refused { name, note, .. } => {
                let letter = Letter::AccessRefused(AccessRefused {
                    request: id,
                    organization: name,
                    reason: note.unwrap_or_default(),
                });
                (AccessReader::Applicant, letter)
            }
        }
    }
}
