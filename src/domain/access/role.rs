//! The predefined roles (A2).

use std::collections::BTreeSet;

use super::Permission::{self, *};
use crate::domain::closed_enum;
use crate::domain::organization::Side;

closed_enum! {
    /// A predefined role: a named set of permissions that nobody changes.
    pub enum Role {
        /// May open, update, close, reopen and escalate the cases of their organization.
        DesignatedContact = "designated_contact",
        /// Reads the cases of their organization.
        PortalViewer = "portal_viewer",
        /// Manages the people of their organization.
        OrganizationAdmin = "organization_admin",
        /// Owns and works cases.
        SupportEngineer = "support_engineer",
        /// Reviews, ranks and runs escalations.
        EscalationOwner = "escalation_owner",
        /// Everything on escalations, and their assignment.
        Supervisor = "supervisor",
        /// Sees everything, changes nothing.
        Monitor = "monitor",
        /// Sees everything, and has the developer tools.
        Developer = "developer",
        /// May do everything.
        Administrator = "administrator",
    }
}

impl Role {
    /// The side whose people can have this role.
    pub const fn side(self) -> Side {
        match self {
            Self::DesignatedContact | Self::PortalViewer | Self::OrganizationAdmin => {
                Side::Customer
            }
            Self::SupportEngineer
            | Self::EscalationOwner
            | Self::Supervisor
            | Self::Monitor
            | Self::Developer
            | Self::Administrator => Side::Provider,
        }
    }

    /// Everything that the role grants.
    pub fn permissions(self) -> BTreeSet<Permission> {
        match self {
            Self::DesignatedContact => BTreeSet::from([
                CasesView,
                CasesCreate,
                CasesUpdate,
                CasesClose,
                CasesReopen,
                FeedsComment,
                PrioritiesRequest,
                RcaRequest,
                EscalationsView,
                EscalationsSubmit,
                EscalationsWithdraw,
                EscalationsRate,
            ]),
            Self::PortalViewer => BTreeSet::from([CasesView, EscalationsView]),
            Self::OrganizationAdmin => BTreeSet::from([
                CasesView,
                EscalationsView,
                UsersView,
                UsersManage,
                OrganizationsView,
            ]),
            Self::SupportEngineer => BTreeSet::from([
                CasesView,
                CasesCreate,
                CasesUpdate,
                CasesClose,
                CasesReopen,
                CasesWork,
                FeedsComment,
                FeedsInternal,
                FeedsRedact,
                PrioritiesDecide,
                RcaRequest,
                RcaDeliver,
                EscalationsView,
                NextStepsPromise,
                CommunicationsRecord,
                OrganizationsView,
                UsersView,
                LinesView,
                CalendarsView,
                PoliciesView,
            ]),
            Self::EscalationOwner => Self::SupportEngineer.and([EscalationsReview]),
            Self::Supervisor => Self::EscalationOwner.and([
                EscalationsAssign,
                EscalationsSubmit,
                EscalationsWithdraw,
            ]),
            Self::Monitor | Self::Developer => BTreeSet::from([
                CasesView,
                FeedsInternal,
                EscalationsView,
                OrganizationsView,
                UsersView,
                LinesView,
                CalendarsView,
                PoliciesView,
                NoticesView,
                AuditView,
            ]),
            Self::Administrator => Permission::ALL.iter().copied().collect(),
        }
    }

    fn and<const N: usize>(self, more: [Permission; N]) -> BTreeSet<Permission> {
        self.permissions().into_iter().chain(more).collect()
    }
}
