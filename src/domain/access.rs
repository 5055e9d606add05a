//! Who may do what: permissions, the roles that grant them, and the pure policies that read them (A1, A2, A5).

mod policy;
mod role;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use policy::{CaseField, FieldRefusal, permission_to};
pub use role::Role;

use super::ids::{OrganizationId, PersonId};
use super::organization::Side;
use crate::domain::closed_enum;

closed_enum! {
    /// A permission: what may be done to which kind of thing (A1). Nothing is allowed that no role grants.
    pub enum Permission {
        /// See cases.
        CasesView = "cases:view",
        /// Open cases.
        CasesCreate = "cases:create",
        /// Change what a case says.
        CasesUpdate = "cases:update",
        /// Close cases.
        CasesClose = "cases:close",
        /// Reopen cases.
        CasesReopen = "cases:reopen",
        /// Work cases: status, owner, priority, engagements, line of business.
        CasesWork = "cases:work",
        /// Write in feeds.
        FeedsComment = "feeds:comment",
        /// See internal entries, and write them where writing is allowed.
        FeedsInternal = "feeds:internal",
        /// Redact entries.
        FeedsRedact = "feeds:redact",
        /// Ask for a higher priority.
        PrioritiesRequest = "priorities:request",
        /// Grant or refuse a higher priority.
        PrioritiesDecide = "priorities:decide",
        /// Request a root cause analysis.
        RcaRequest = "rca:request",
        /// Deliver a root cause analysis.
        RcaDeliver = "rca:deliver",
        /// See escalations.
        EscalationsView = "escalations:view",
        /// Submit escalations.
        EscalationsSubmit = "escalations:submit",
        /// Withdraw escalations.
        EscalationsWithdraw = "escalations:withdraw",
        /// Rate closed escalations.
        EscalationsRate = "escalations:rate",
        /// Claim, accept, decline, rank and close escalations.
        EscalationsReview = "escalations:review",
        /// Assign escalations, and act in their owner's place.
        EscalationsAssign = "escalations:assign",
        /// Promise next steps, and say what became of them.
        NextStepsPromise = "next_steps:promise",
        /// Record contacts outside the portal.
        CommunicationsRecord = "communications:record",
        /// See organizations.
        OrganizationsView = "organizations:view",
        /// Add and change organizations.
        OrganizationsManage = "organizations:manage",
        /// See people.
        UsersView = "users:view",
        /// Add and change people and their roles.
        UsersManage = "users:manage",
        /// See lines of business.
        LinesView = "lines:view",
        /// Add and change lines of business.
        LinesManage = "lines:manage",
        /// See business calendars.
        CalendarsView = "calendars:view",
        /// Add and change business calendars.
        CalendarsManage = "calendars:manage",
        /// See policies.
        PoliciesView = "policies:view",
        /// Change policies.
        PoliciesManage = "policies:manage",
        /// Change escalation reasons.
        ReasonsManage = "reasons:manage",
        /// See notices and why they failed.
        NoticesView = "notices:view",
        /// Send notices again.
        NoticesResend = "notices:resend",
        /// See audited events.
        AuditView = "audit:view",
    }
}

/// A person's authority where they act now: the union of what their roles grant (A1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The person.
    pub person: PersonId,
    /// The organization in which the person acts.
    pub organization: OrganizationId,
    /// The side on which that organization stands.
    pub side: Side,
    /// Everything that is granted.
    pub permissions: BTreeSet<Permission>,
}

/// Which organizations' things exist for a person (A5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them: the provider's staff.
    Everything,
    /// Those of one organization; what belongs to another does not exist.
    Organization(OrganizationId),
}

impl Reach {
    /// Whether a thing of `organization` exists for the person.
    pub fn covers(self, organization: OrganizationId) -> bool {
        match self {
            Self::Everything => true,
            Self::Organization(own) => own == organization,
        }
    }
}

/// A permission that a person lacks: the answer is 403 and names it (A5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the permission {0} is missing")]
pub struct MissingPermission(pub Permission);

impl Access {
    /// The authority that `roles` give somebody in `organization`. A role of the other side grants nothing, so that
    /// no mistake in a row makes a customer staff.
    pub fn of_roles(
        person: PersonId,
        organization: OrganizationId,
        side: Side,
        roles: impl IntoIterator<Item = Role>,
    ) -> Self {
        let permissions = roles
            .into_iter()
            .filter(|role| role.side() == side)
            .flat_map(Role::permissions)
            .collect();
        Self {
            person,
            organization,
            side,
            permissions,
        }
    }

    /// The same authority narrowed to `scope`: an API token never allows more than its owner may do now (A7).
    #[must_use]
    pub fn narrowed_to(mut self, scope: &BTreeSet<Permission>) -> Self {
        self.permissions
            .retain(|permission| scope.contains(permission));
        self
    }

    /// Whether the permission is granted.
    pub fn can(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Asks for a permission.
    ///
    /// # Errors
    /// The permission, if it is missing.
    pub fn require(&self, permission: Permission) -> Result<(), MissingPermission> {
        if self.can(permission) {
            Ok(())
        } else {
            Err(MissingPermission(permission))
        }
    }

    /// Which organizations' things exist for this person.
    pub fn reach(&self) -> Reach {
        match self.side {
            Side::Provider => Reach::Everything,
            Side::Customer => Reach::Organization(self.organization),
        }
    }
}

#[cfg(test)]
mod tests;
