//! The predefined roles (A2).

use std::collections::BTreeSet;

use super::Permission::{self, *};
use crate::domain::closed_enum;
use crate::domain::organization::{OrganizationKind, Side};

closed_enum! {
    /// A predefined role: a named set of permissions that nobody changes.
    pub enum Role {
        /// May open, update, close, reopen and escalate the cases of their organization.
        DesignatedContact = "designated_contact",
        /// Reads the cases of their organization.
        PortalViewer = "portal_viewer",
        /// Manages the people, access requests and pairings of their organization.
        OrganizationAdmin = "organization_admin",
        /// Pairs their organization with those it wants to work in (P13).
        AuthorizedUserAdmin = "authorized_user_admin",
        /// What every paired person needs; given with the pairing's first role (P13).
        TrustedExternalUser = "trusted_external_user",
        /// Manages a partner's people and pairings, those with its clients included (P13).
        PartnerAdmin = "partner_admin",
        /// Owns and works cases.
        SupportEngineer = "support_engineer",
        /// Reviews, ranks and runs escalations.
        EscalationOwner = "escalation_owner",
        /// Everything on escalations and callbacks, and their assignment.
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
            Self::DesignatedContact
            | Self::PortalViewer
            | Self::OrganizationAdmin
            | Self::AuthorizedUserAdmin
            | Self::TrustedExternalUser
            | Self::PartnerAdmin => Side::Customer,
            Self::SupportEngineer
            | Self::EscalationOwner
            | Self::Supervisor
            | Self::Monitor
            | Self::Developer
            | Self::Administrator => Side::Provider,
        }
    }

    /// Whether the role can be given in an organization of this kind.
    pub fn fits(self, kind: OrganizationKind) -> bool {
        match self {
            Self::PartnerAdmin => kind == OrganizationKind::Partner,
            _ => self.side() == kind.side(),
        }
    }

    /// Whether people get the role only by way of a pairing.
    pub const fn is_of_pairings(self) -> bool {
        matches!(self, Self::TrustedExternalUser)
    }

    /// The roles for which groups are installed with an organization of this kind, each with what the group is called
    /// behind the organization's name (A3).
    pub const fn installed(kind: OrganizationKind) -> &'static [(Self, &'static str)] {
        const CUSTOMER: &[(Role, &str)] = &[
            (Role::OrganizationAdmin, "Administrators"),
            (Role::DesignatedContact, "Designated Contacts"),
            (Role::PortalViewer, "Portal Viewers"),
        ];
        const PARTNER: &[(Role, &str)] = &[
            (Role::PartnerAdmin, "Administrators"),
            (Role::DesignatedContact, "Designated Contacts"),
            (Role::PortalViewer, "Portal Viewers"),
        ];
        const PROVIDER: &[(Role, &str)] = &[
            (Role::Administrator, "Administrators"),
            (Role::Supervisor, "Supervisors"),
            (Role::EscalationOwner, "Escalation Owners"),
            (Role::SupportEngineer, "Support Engineers"),
            (Role::Monitor, "Monitors"),
            (Role::Developer, "Developers"),
        ];
        match kind {
            OrganizationKind::Customer => CUSTOMER,
            OrganizationKind::Partner => PARTNER,
            OrganizationKind::Provider => PROVIDER,
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
                CallbacksView,
                CallbacksCreate,
                CallbacksCancel,
                CallbacksReschedule,
                ReportsView,
                ReportsExport,
                ArticlesView,
                AnnouncementsView,
                TutorialsView,
                TutorialsRegister,
                ToolsView,
            ]),
            Self::PortalViewer => BTreeSet::from([
                CasesView,
                EscalationsView,
                ReportsView,
                ArticlesView,
                AnnouncementsView,
                TutorialsView,
                TutorialsRegister,
            ]),
            Self::OrganizationAdmin => BTreeSet::from([
                CasesView,
                EscalationsView,
                ReportsView,
                ReportsExport,
                UsersView,
                UsersManage,
                OrganizationsView,
                AuditView,
                GroupsView,
                GroupsManage,
                RolesManage,
                AccessRequestsView,
                AccessRequestsDecide,
                OrgTrustorsManage,
                GrantsAdd,
            ])
            .into_iter()
            .chain(Self::AuthorizedUserAdmin.permissions())
            .collect(),
            Self::AuthorizedUserAdmin => BTreeSet::from([
                ArticlesView,
                AnnouncementsView,
                TutorialsView,
                TutorialsRegister,
                RolesView,
                OrgTrusteesAdd,
                OrgTrusteesDelete,
                OrgTrusteesView,
                OrgTrusteesEdit,
                OrgTrusteeUsersAdd,
                OrgTrusteeUsersView,
                OrgTrusteeUsersEdit,
                OrgTrusteeUsersDelete,
                OrgTrusteeGroupsAdd,
                OrgTrusteeGroupsView,
                OrgTrusteeGroupsEdit,
                OrgTrusteeGroupsDelete,
                OrgTrustorsView,
            ]),
            Self::TrustedExternalUser => {
                BTreeSet::from([ArticlesView, OrgTrustorsView, OrgTrusteeUsersView])
            }
            Self::PartnerAdmin => Self::OrganizationAdmin.and([ClientsView, ClientsPair]),
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
                FeedsMove,
                PrioritiesDecide,
                RcaRequest,
                RcaDeliver,
                EscalationsView,
                NextStepsPromise,
                CommunicationsRecord,
                CallbacksView,
                RadarView,
                ReportsView,
                ArticlesView,
                ArticlesWrite,
                OrganizationsView,
                UsersView,
                LinesView,
                CalendarsView,
                PoliciesView,
                DutyView,
                RolesView,
                GroupsView,
                AnnouncementsView,
                TutorialsView,
                TutorialsRegister,
                TemplatesView,
            ]),
            Self::EscalationOwner => Self::SupportEngineer.and([
                EscalationsReview,
                CallbacksCreate,
                CallbacksCancel,
                CallbacksReschedule,
            ]),
            Self::Supervisor => Self::EscalationOwner.and([
                EscalationsAssign,
                EscalationsSubmit,
                EscalationsWithdraw,
                DutyManage,
                CallbacksExport,
                ReportsExport,
                AnnouncementsManage,
                TutorialsManage,
                TemplatesManage,
            ]),
            // A8: a developer sees what a monitor sees, and has the tools.
            Self::Developer => Self::Monitor.and([DeveloperToolsUse, ProvisioningRun]),
            Self::Monitor => BTreeSet::from([
                AnnouncementsView,
                TutorialsView,
                CasesView,
                FeedsInternal,
                EscalationsView,
                CallbacksView,
                RadarView,
                ReportsView,
                ArticlesView,
                OrganizationsView,
                UsersView,
                LinesView,
                CalendarsView,
                PoliciesView,
                DutyView,
                NoticesView,
                AuditView,
                RolesView,
                GroupsView,
                AccessRequestsView,
                OrgTrusteesView,
                OrgTrusteeUsersView,
                OrgTrusteeGroupsView,
                OrgTrustorsView,
            ]),
            Self::Administrator => Permission::ALL.iter().copied().collect(),
        }
    }

    fn and<const N: usize>(self, more: [Permission; N]) -> BTreeSet<Permission> {
        self.permissions().into_iter().chain(more).collect()
    }
}
