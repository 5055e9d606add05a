//! The link of a request: who may open it, and what is said where it does not open (P2).

use super::{Refusal, State};
use crate::domain::closed_enum;
use crate::domain::ids::OrganizationId;
use crate::domain::organization::OrganizationKind;

closed_enum! {
    /// What is wrong with a link. Nothing else is told of it.
    pub enum LinkProblem {
        /// It is no link of this desk.
        Malformed = "malformed",
        /// There is no such link, or a newer one took its place.
        Unknown = "unknown",
        /// It is the organization's own.
        Own = "own",
        /// It is for another organization.
        Foreign = "foreign",
        /// The two organizations are in different regions (P4).
        OtherRegion = "other_region",
        /// The provider trusts nobody with its own desk (F2).
        Provider = "provider",
        /// The request was taken back.
        Withdrawn = "withdrawn",
        /// It was used.
        Used = "used",
        /// It is too old.
        Expired = "expired",
    }
}

/// What a request's link is for.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// Who asks.
    pub trustee: OrganizationId,
    /// Where the trustee's data is at home.
    pub region: &'a str,
    /// The only organization that may answer, where one is named.
    pub addressed_to: Option<OrganizationId>,
    /// Where the pairing stands.
    pub state: State,
}

/// In whose name a link is opened.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The organization.
    pub id: OrganizationId,
    /// What it is to the installation.
    pub kind: OrganizationKind,
    /// Where its data is at home.
    pub region: &'a str,
}

/// Whether the reader may answer the request. Whoever it is not for learns that, and not what became of it.
///
/// # Errors
/// What is wrong; the link stays as it is.
pub fn check_link(link: &Link<'_>, reader: &Reader<'_>) -> Result<(), Refusal> {
    let problem = if link.trustee == reader.id {
        LinkProblem::Own
    } else if link.addressed_to.is_some_and(|named| named != reader.id) {
        LinkProblem::Foreign
    } else if reader.kind == OrganizationKind::Provider {
        LinkProblem::Provider
    } else if link.region != reader.region {
        LinkProblem::OtherRegion
    } else {
        return super::opened(link.state);
    };
    Err(Refusal::Link(problem))
}
