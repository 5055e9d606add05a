//! The pages of *Help*, where each is, and for whom.

use crate::domain::access::{Access, Permission};
use crate::domain::closed_enum;

/// The place in the navigation.
pub(in crate::http::portal) const PLACE: &str = "help";

/// Where it is said how escalation works.
pub const ESCALATION: &str = "/help/escalation";

closed_enum! {
    /// The places of help, in the order of their tabs. Each has its message in the family `help`.
    pub enum HelpPlace {
        /// The knowledge base.
        Knowledge = "knowledge",
        /// What support announces.
        Announcements = "announcements",
        /// Tutorials.
        Tutorials = "tutorials",
        /// Tools and care apps.
        Tools = "tools",
        /// How escalation works.
        Escalation = "escalation",
    }
}

impl HelpPlace {
    /// Its address.
    pub const fn href(self) -> &'static str {
        match self {
            Self::Knowledge => "/articles",
            Self::Announcements => "/announcements",
            Self::Tutorials => "/tutorials",
            Self::Tools => "/tools",
            Self::Escalation => ESCALATION,
        }
    }

    /// What whoever opens it may do; nothing for what everybody may read.
    pub const fn needs(self) -> Option<Permission> {
        match self {
            Self::Knowledge => Some(Permission::ArticlesView),
            Self::Announcements => Some(Permission::AnnouncementsView),
            Self::Tutorials => Some(Permission::TutorialsView),
            Self::Tools => Some(Permission::ToolsView),
            Self::Escalation => None,
        }
    }

    /// Whether somebody may open it.
    pub fn is_open(self, access: &Access) -> bool {
        self.needs().is_none_or(|permission| access.can(permission))
    }
}

/// Where help leads somebody: the first place that is open to them.
pub(in crate::http::portal) fn first(access: &Access) -> &'static str {
    let mut places = HelpPlace::ALL.iter().copied();
    let open = places.find(|place| place.is_open(access));
    open.map_or(ESCALATION, HelpPlace::href)
}
