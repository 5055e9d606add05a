//! The places of the administration, and who may see each.

use crate::domain::access::{Access, Permission};
use crate::domain::audit::Topic;

/// A place of the administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// People.
    People,
    /// Roles.
    Roles,
    /// For which roles a second factor is asked for.
    SecondFactor,
    /// From which networks people work.
    Networks,
    /// Access groups.
    Groups,
    /// Requests for read-only access.
    AccessRequests,
    /// Organizations.
    Organizations,
    /// Lines of business.
    Lines,
    /// Escalation reasons.
    Reasons,
    /// Policies.
    Policies,
    /// How long targets have.
    Targets,
    /// Who is told of targets, and when.
    Ladder,
    /// Who is on duty.
    Duty,
    /// Business calendars.
    Calendars,
    /// Text templates.
    Templates,
    /// Handbooks and trainings of the page on escalations.
    Guide,
    /// Notices.
    Notices,
    /// Audited events.
    Audit,
    /// Failures of the desk's own.
    Errors,
    /// Mails and their tries.
    Deliveries,
    /// What a token or a signature is worth.
    Checks,
    /// What decides how the desk works, as a file.
    Provisioning,
}

impl Place {
    /// What changes its list while it is open; none where it is no list, or nothing is recorded of it.
    pub fn topic(self) -> Option<Topic> {
        Some(match self {
            Self::People => Topic::Access,
            Self::AccessRequests => Topic::Requests,
            Self::Roles => Topic::Roles,
            Self::Groups => Topic::Groups,
            Self::Organizations => Topic::Organizations,
            Self::Lines => Topic::Lines,
            Self::Reasons => Topic::Reasons,
            Self::Policies | Self::Targets | Self::Ladder => Topic::Policies,
            Self::Calendars => Topic::Calendars,
            Self::Templates => Topic::Templates,
            Self::Notices => Topic::Notices,
            // Forms, what is typed into them, and what nothing is recorded of.
            Self::SecondFactor
            | Self::Networks
            | Self::Duty
            | Self::Guide
            | Self::Audit
            | Self::Errors
            | Self::Deliveries
            | Self::Checks
            | Self::Provisioning => return None,
        })
    }

    /// All places, in the order of their tabs.
    pub const ALL: [Self; 22] = [
        Self::People,
        Self::AccessRequests,
        Self::Roles,
        Self::SecondFactor,
        Self::Networks,
        Self::Groups,
        Self::Organizations,
        Self::Lines,
        Self::Reasons,
        Self::Policies,
        Self::Targets,
        Self::Ladder,
        Self::Duty,
        Self::Calendars,
        Self::Templates,
        Self::Guide,
        Self::Notices,
        Self::Audit,
        Self::Errors,
        Self::Deliveries,
        Self::Checks,
        Self::Provisioning,
    ];
    /// Their names in addresses, and members of the family `admin`.
    pub const NAMES: [&str; 22] = [
        "people",
        "access-requests",
        "roles",
        "second-factor",
        "networks",
        "groups",
        "organizations",
        "lines",
        "reasons",
        "policies",
        "targets",
        "ladder",
        "duty",
        "calendars",
        "templates",
        "guide",
        "notices",
        "audit",
        "errors",
        "deliveries",
        "checks",
        "provisioning",
    ];

    /// The place's name.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[Self::ALL
            .iter()
            .position(|place| *place == self)
            .unwrap_or_default()]
    }

    /// Its address.
    pub fn href(self) -> String {
        format!("/admin/{}", self.as_str())
    }
}

/// The places that somebody may see.
pub(in crate::http::portal) fn places(access: &Access) -> Vec<Place> {
    let sees = |place: &Place| match place {
        Place::SecondFactor | Place::Networks => access.can(Permission::RolesManage),
        Place::Duty => access.can(Permission::DutyView),
        Place::Guide => access.can(Permission::PoliciesManage),
        Place::Audit => access.can(Permission::AuditView),
        Place::Errors | Place::Deliveries | Place::Checks => {
            access.can(Permission::DeveloperToolsUse)
        }
        Place::Provisioning => access.can(Permission::ProvisioningRun),
        // Whoever may follow a list may see it.
        list => list.topic().is_some_and(|topic| topic.is_open_to(access)),
    };
    Place::ALL.into_iter().filter(sees).collect()
}
