//! What lists are made from besides cases, so that whoever keeps one open is told of what changes it.

use super::kind::EventKind;
use crate::domain::access::{Access, Denied, Permission};
use crate::domain::closed_enum;
use crate::domain::organization::Side;

closed_enum! {
    /// What else than cases may be followed: that something of it was recorded. Each is what one list of the portal shows.
    pub enum Topic as "LiveTopic" {
        /// People, and what they may do.
        Access = "access",
        /// Roles.
        Roles = "roles",
        /// Access groups.
        Groups = "groups",
        /// Requests for access.
        Requests = "requests",
        /// Organizations.
        Organizations = "organizations",
        /// Pairings of organizations.
        Pairings = "pairings",
        /// Lines of business, and who reads their cases.
        Lines = "lines",
        /// Escalation reasons.
        Reasons = "reasons",
        /// Policies, targets and who is told of them.
        Policies = "policies",
        /// Business calendars.
        Calendars = "calendars",
        /// Text templates.
        Templates = "templates",
        /// Tutorials.
        Tutorials = "tutorials",
        /// Whatever is recorded: notices are made of all of it.
        Notices = "notices",
    }
}

impl Topic {
    /// Whether somebody may follow it: by the permission that its page asks for, and where that is for staff alone, by their
    /// side. What is not for their side does not exist for them.
    ///
    /// # Errors
    /// The permission that is missing.
    pub fn exists_for(self, access: &Access) -> Result<bool, Denied> {
        access.require(match self {
            Self::Access => Permission::UsersView,
            Self::Roles => Permission::RolesView,
            Self::Groups => Permission::GroupsView,
            Self::Requests => Permission::AccessRequestsView,
            Self::Organizations => Permission::OrganizationsView,
            // Of its two lists, either is enough.
            Self::Pairings if access.can(Permission::OrgTrustorsView) => {
                Permission::OrgTrustorsView
            }
            Self::Pairings => Permission::OrgTrusteesView,
            Self::Lines => Permission::LinesView,
            Self::Reasons => Permission::ReasonsManage,
            Self::Policies => Permission::PoliciesView,
            Self::Calendars => Permission::CalendarsView,
            Self::Templates => Permission::TemplatesView,
            Self::Tutorials => Permission::TutorialsView,
            Self::Notices => Permission::NoticesView,
        })?;
        let is_for_staff = matches!(self, Self::Organizations | Self::Lines);
        Ok(!is_for_staff || access.side == Side::Provider)
    }

    /// Whether somebody may read the list.
    pub fn is_open_to(self, access: &Access) -> bool {
        matches!(self.exists_for(access), Ok(true))
    }

    /// Whether an event of this kind changes what is listed.
    pub fn covers(self, kind: EventKind) -> bool {
        let things: &[&str] = match self {
            // A person's row says where they belong and what they may do there.
            Self::Access => &[
                "person",
                "organization",
                "role",
                "access_group",
                "access_request",
                "pairing",
                "second_factor",
            ],
            Self::Roles => &["role", "person", "access_group"],
            Self::Groups => &["access_group", "person", "role", "pairing"],
            Self::Requests => &["access_request", "person", "organization"],
            Self::Organizations => &["organization", "person"],
            Self::Pairings => &["pairing", "organization", "access_group", "person"],
            Self::Lines => &["line", "access_group", "case"],
            Self::Reasons => &["reason"],
            Self::Policies => &["policy", "targets", "ladder"],
            Self::Calendars => &["calendar", "line"],
            Self::Templates => &["template"],
            Self::Tutorials => &["tutorial"],
            Self::Notices => return true,
        };
        things.contains(&kind.thing())
    }

    /// Whether it is the same for everybody, whichever organization they act for.
    pub fn is_for_all(self) -> bool {
        self == Self::Tutorials
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_changes_the_lists_that_show_it() {
        assert!(Topic::Access.covers(EventKind::PersonChanged));
        assert!(Topic::Tutorials.covers(EventKind::TutorialRegistered));
        assert!(!Topic::Tutorials.covers(EventKind::PersonChanged));
        assert!(Topic::Notices.covers(EventKind::CaseOpened));
        assert!(!Topic::Access.covers(EventKind::CaseOpened));
        assert!(Topic::Pairings.covers(EventKind::PairingSwitchedOff));
        assert!(Topic::Lines.covers(EventKind::LineChanged));
    }
}
