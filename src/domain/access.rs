//! Who may do what: permissions, the roles that grant them, and the pure policies that read them (A1, A2, A5).

mod authority;
mod explain;
mod grants;
mod own_role;
mod policy;
mod role;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use authority::{Beyond, Rights};
pub use explain::{Explanation, HeldName, Holding, Way, explain};
pub use grants::{Grant, RoleGrants};
pub use own_role::{RoleCode, RoleName};
pub use policy::{CaseField, FieldRefusal, permission_to};
pub use role::Role;

use super::ids::{OrganizationId, PairingId, PersonId};
use super::organization::{OrganizationKind, Side};
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
        /// Move misfiled entries to the other feed (F3).
        FeedsMove = "feeds:move",
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
        /// See callbacks.
        CallbacksView = "callbacks:view",
        /// Ask for callbacks (M12).
        CallbacksCreate = "callbacks:create",
        /// Call callbacks off.
        CallbacksCancel = "callbacks:cancel",
        /// Give callbacks another window.
        CallbacksReschedule = "callbacks:reschedule",
        /// Export callbacks.
        CallbacksExport = "callbacks:export",
        /// See which cases become eligible for escalation next (M9).
        RadarView = "radar:view",
        /// See reports (H2).
        ReportsView = "reports:view",
        /// Take reports out as files.
        ReportsExport = "reports:export",
        /// Read articles of the knowledge base that are for one (H1).
        ArticlesView = "articles:view",
        /// Write, publish and archive articles, and see who found them helpful.
        ArticlesWrite = "articles:write",
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
        /// Change how long targets have, and who is told when they are missed.
        TargetsManage = "targets:manage",
        /// See who is on duty.
        DutyView = "duty:view",
        /// Change who is on duty, and how escalations get their owner.
        DutyManage = "duty:manage",
        /// Change escalation reasons.
        ReasonsManage = "reasons:manage",
        /// Use the developer tools: recent failures, and what a token or a signature is worth (A8).
        DeveloperToolsUse = "developer_tools:use",
        /// Write down lines of business, calendars, reasons, policies and targets as a file, and take such a file in (A8).
        ProvisioningRun = "provisioning:run",
        /// See notices and why they failed.
        NoticesView = "notices:view",
        /// Send notices again.
        NoticesResend = "notices:resend",
        /// See and export audited events.
        AuditView = "audit:view",
        /// Read the cases of every line of business, whatever its grants say (A4).
        LinesReadAll = "lines:read_all",
        /// See roles; needed to give them (P13).
        RolesView = "roles:view",
        /// Add and change an organization's own roles.
        RolesManage = "roles:manage",
        /// See access groups.
        GroupsView = "access_groups:view",
        /// Add and change access groups and their members.
        GroupsManage = "access_groups:manage",
        /// Give roles to people and groups, paired ones included (P13).
        GrantsAdd = "grants:add",
        /// See requests for read-only access.
        AccessRequestsView = "access_requests:view",
        /// Grant or refuse requests for read-only access (A6).
        AccessRequestsDecide = "access_requests:decide",
        /// Create a trust and its link (P1).
        OrgTrusteesAdd = "org_trustees:add",
        /// Remove a trust from the trustee's side.
        OrgTrusteesDelete = "org_trustees:delete",
        /// See the trusts through which one's organization works elsewhere.
        OrgTrusteesView = "org_trustees:view",
        /// Enable and disable a trust from the trustee's side, add and remove its people and groups.
        OrgTrusteesEdit = "org_trustees:edit",
        /// Propose people for a trust.
        OrgTrusteeUsersAdd = "org_trustee_users:add",
        /// See the people of a trust.
        OrgTrusteeUsersView = "org_trustee_users:view",
        /// Change the people of a trust: their roles and clones.
        OrgTrusteeUsersEdit = "org_trustee_users:edit",
        /// Remove people from a trust.
        OrgTrusteeUsersDelete = "org_trustee_users:delete",
        /// Propose groups for a trust.
        OrgTrusteeGroupsAdd = "org_trustee_groups:add",
        /// See the groups of a trust.
        OrgTrusteeGroupsView = "org_trustee_groups:view",
        /// Change the groups of a trust: their roles.
        OrgTrusteeGroupsEdit = "org_trustee_groups:edit",
        /// Remove groups from a trust.
        OrgTrusteeGroupsDelete = "org_trustee_groups:delete",
        /// See who is trusted to work in one's organization.
        OrgTrustorsView = "org_trustors:view",
        /// Authorize, switch and remove trusts in one's organization (P2).
        OrgTrustorsManage = "org_trustors:manage",
        /// See the clients that one's organization serves (P11).
        ClientsView = "clients:view",
        /// Start pairings with clients (P11).
        ClientsPair = "clients:pair",
        /// Read announcements (H1).
        AnnouncementsView = "announcements:view",
        /// Write announcements, and see those that are not shown yet.
        AnnouncementsManage = "announcements:manage",
        /// See tutorials.
        TutorialsView = "tutorials:view",
        /// Register for tutorials.
        TutorialsRegister = "tutorials:register",
        /// Keep tutorials, and see who has registered.
        TutorialsManage = "tutorials:manage",
        /// See tools and care apps.
        ToolsView = "tools:view",
        /// Keep tools and care apps.
        ToolsManage = "tools:manage",
        /// See text templates, and fill them in.
        TemplatesView = "templates:view",
        /// Keep text templates.
        TemplatesManage = "templates:manage",
    }
}

impl Permission {
    /// The kind of thing that it is about: what stands before the colon.
    pub fn resource(self) -> &'static str {
        let text = self.as_str();
        text.split_once(':').map_or(text, |(resource, _)| resource)
    }

    /// Whether people of this side can hold the permission at all.
    pub fn is_of(self, side: Side) -> bool {
        OrganizationKind::ALL
            .iter()
            .any(|kind| kind.side() == side && self.fits(*kind))
    }

    /// Whether a role in an organization of this kind can grant the permission at all: what none of its predefined
    /// roles grants, no role of its own does either (A1).
    pub fn fits(self, kind: OrganizationKind) -> bool {
        Role::ALL
            .iter()
            .any(|role| role.fits(kind) && role.permissions().contains(&self))
    }
}

impl Permission {
    /// Whether it is of use to somebody who is in an organization by way of a pairing (P7). What lets people in, gives
    /// roles or changes what others may do is not: what somebody was trusted with is not theirs to pass on, and nothing
    /// that they could make would end with the pairing. A permission that is added has to be placed here.
    pub const fn works_through_pairing(self) -> bool {
        match self {
            Self::CasesView
            | Self::CasesCreate
            | Self::CasesUpdate
            | Self::CasesClose
            | Self::CasesReopen
            | Self::CasesWork
            | Self::FeedsComment
            | Self::FeedsInternal
            | Self::FeedsRedact
            | Self::FeedsMove
            | Self::PrioritiesRequest
            | Self::PrioritiesDecide
            | Self::RcaRequest
            | Self::RcaDeliver
            | Self::EscalationsView
            | Self::EscalationsSubmit
            | Self::EscalationsWithdraw
            | Self::EscalationsRate
            | Self::EscalationsReview
            | Self::EscalationsAssign
            | Self::NextStepsPromise
            | Self::CommunicationsRecord
            | Self::CallbacksView
            | Self::CallbacksCreate
            | Self::CallbacksCancel
            | Self::CallbacksReschedule
            | Self::CallbacksExport
            | Self::RadarView
            | Self::ReportsView
            | Self::ReportsExport
            | Self::ArticlesView
            | Self::ArticlesWrite
            | Self::OrganizationsView
            | Self::UsersView
            | Self::LinesView
            | Self::LinesReadAll
            | Self::CalendarsView
            | Self::PoliciesView
            | Self::DutyView
            | Self::NoticesView
            | Self::AuditView
            | Self::RolesView
            | Self::GroupsView
            | Self::AccessRequestsView
            | Self::OrgTrusteesView
            | Self::OrgTrusteeUsersView
            | Self::OrgTrusteeGroupsView
            | Self::OrgTrustorsView
            | Self::ClientsView
            | Self::AnnouncementsView
            | Self::TutorialsView
            | Self::TutorialsRegister
            | Self::ToolsView
            | Self::TemplatesView => true,
            // Each of their verbs says itself whether it only takes access away (see `pairing::widens`).
            Self::OrgTrusteesDelete
            | Self::OrgTrusteesEdit
            | Self::OrgTrusteeUsersEdit
            | Self::OrgTrusteeUsersDelete
            | Self::OrgTrusteeGroupsEdit
            | Self::OrgTrusteeGroupsDelete
            | Self::OrgTrustorsManage => true,
            Self::OrganizationsManage
            | Self::UsersManage
            | Self::LinesManage
            | Self::CalendarsManage
            | Self::PoliciesManage
            | Self::TargetsManage
            | Self::DutyManage
            | Self::ReasonsManage
            | Self::DeveloperToolsUse
            | Self::ProvisioningRun
            | Self::NoticesResend
            | Self::RolesManage
            | Self::GroupsManage
            | Self::GrantsAdd
            | Self::AccessRequestsDecide
            | Self::OrgTrusteesAdd
            | Self::OrgTrusteeUsersAdd
            | Self::OrgTrusteeGroupsAdd
            | Self::ClientsPair
            | Self::AnnouncementsManage
            | Self::TutorialsManage
            | Self::ToolsManage
            | Self::TemplatesManage => false,
        }
    }
}

/// A role that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldRole {
    /// One of the program's.
    Predefined(Role),
    /// One of the organization's own, with what it grants.
    Own(BTreeSet<Permission>),
}

impl HeldRole {
    /// What the role grants somebody who stands on `side`. A role of the other side grants nothing, so that no mistake
    /// in a row makes a customer staff.
    pub fn permissions(&self, side: Side) -> BTreeSet<Permission> {
        match self {
            Self::Predefined(role) if role.side() == side => role.permissions(),
            Self::Predefined(_) => BTreeSet::new(),
            Self::Own(permissions) => permissions
                .iter()
                .copied()
                .filter(|permission| permission.is_of(side))
                .collect(),
        }
    }
}

/// The way by which somebody acts in an organization that is not their own (P7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Through {
    /// The pairing.
    pub pairing: PairingId,
    /// The organization that the person belongs to.
    pub home: OrganizationId,
    /// Whether they act as a cloned user, whom calls and mails reach there (P8).
    #[serde(default)]
    pub as_clone: bool,
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
    /// Everything that is granted. It is shared, since what is known of somebody is copied for each of their requests.
    pub permissions: Arc<BTreeSet<Permission>>,
    /// The pairing by which the person acts there; none in their own organization.
    pub through: Option<Through>,
    /// All that an API token allows, wherever; whatever is granted if there is none.
    pub scope: Option<BTreeSet<Permission>>,
}

/// Which organizations' things exist for a person (A5), and the cases of which lines (A4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    Everything,
    /// All of them, but of the cases only those of lines that this member of the provider's staff may read (A4).
    Staff(PersonId),
    /// Those of one organization; what belongs to another does not exist.
    Organization(OrganizationId),
}

impl Reach {
    /// Whether a thing of `organization` exists for the person.
    pub fn covers(self, organization: OrganizationId) -> bool {
        match self {
            Self::Everything | Self::Staff(_) => true,
            Self::Organization(own) => own == organization,
        }
    }
}

/// Why a permission is not to be used: the answer is 403 and names it (A5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Denied {
    /// No role grants it.
    #[error("the permission {0} is missing")]
    Missing(Permission),
    /// The API token that was shown does not allow it, whatever roles grant.
    #[error("the token does not allow the permission {0}")]
    NotInToken(Permission),
    /// It is granted, and of no use by way of a pairing.
    #[error("the permission {0} is of no use by way of a pairing")]
    ThroughPairing(Permission),
}

impl Access {
    /// The authority that `roles` give somebody in `organization`, which is their own.
    pub fn of_roles(
        person: PersonId,
        organization: OrganizationId,
        side: Side,
        roles: impl IntoIterator<Item = Role>,
    ) -> Self {
        let held = roles.into_iter().map(HeldRole::Predefined);
        Self::of(person, organization, side, held)
    }

    /// The authority that predefined and own roles give somebody in `organization`: their union (A1).
    pub fn of(
        person: PersonId,
        organization: OrganizationId,
        side: Side,
        held: impl IntoIterator<Item = HeldRole>,
    ) -> Self {
        let permissions = held
            .into_iter()
            .flat_map(|role| role.permissions(side))
            .collect();
        Self {
            person,
            organization,
            side,
            permissions: Arc::new(permissions),
            through: None,
            scope: None,
        }
    }

    /// The same authority, held by way of a pairing.
    #[must_use]
    pub fn by_way_of(mut self, through: Through) -> Self {
        self.through = Some(through);
        self
    }

    /// The same authority narrowed to `scope`: an API token never allows more than its owner may do now (A7).
    #[must_use]
    pub fn narrowed_to(mut self, scope: &BTreeSet<Permission>) -> Self {
        Arc::make_mut(&mut self.permissions).retain(|permission| scope.contains(permission));
        self.scope = Some(scope.clone());
        self
    }

    /// Whether the key that was shown allows the permission, wherever it is granted.
    fn is_in_scope(&self, permission: Permission) -> bool {
        (self.scope.as_ref()).is_none_or(|scope| scope.contains(&permission))
    }

    /// Whether the permission is granted, and of use where the person acts.
    pub fn can(&self, permission: Permission) -> bool {
        self.require(permission).is_ok()
    }

    /// Asks for a permission.
    ///
    /// # Errors
    /// Why it is not to be used.
    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        if !self.is_in_scope(permission) {
            Err(Denied::NotInToken(permission))
        } else if !self.permissions.contains(&permission) {
            Err(Denied::Missing(permission))
        } else if self.through.is_some() && !permission.works_through_pairing() {
            Err(Denied::ThroughPairing(permission))
        } else {
            Ok(())
        }
    }

    /// Whether this person may give roles at all: to people, to groups, by making somebody a member of a group, and by
    /// changing what a role grants. Which ones, [`Access::may_give`] says.
    ///
    /// # Errors
    /// `grants:add`, if they may not.
    pub fn may_give_roles(&self) -> Result<(), Denied> {
        self.require(Permission::UsersManage)
            .or_else(|_| self.require(Permission::GrantsAdd))
    }

    /// Whether a call can be asked for to this person where they act: paired people take none there, cloned users do (P7, P8).
    pub fn takes_calls(&self) -> bool {
        self.through.is_none_or(|through| through.as_clone)
    }

    /// Which organizations' things exist for this person.
    pub fn reach(&self) -> Reach {
        match self.side {
            Side::Provider if self.can(Permission::LinesReadAll) => Reach::Everything,
            Side::Provider => Reach::Staff(self.person),
            Side::Customer => Reach::Organization(self.organization),
        }
    }
}

#[cfg(test)]
mod tests;
