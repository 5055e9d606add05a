//! What lists are made from besides cases, so that whoever keeps one open is told of what changes it.

use super::kind::EventKind;
use crate::domain::closed_enum;

closed_enum! {
    /// What else than cases may be followed: that something of it was recorded.
    pub enum Topic as "LiveTopic" {
        /// People, what they may do, and organizations.
        Access = "access",
        /// How the desk works.
        Rules = "rules",
        /// Announcements, articles, tutorials and tools.
        Help = "help",
        /// Whatever is recorded: notices are made of all of it.
        Notices = "notices",
    }
}

impl Topic {
    /// Whether an event of this kind changes what is listed.
    pub fn covers(self, kind: EventKind) -> bool {
        let things: &[&str] = match self {
            Self::Access => &[
                "person",
                "organization",
                "role",
                "access_group",
                "access_request",
                "pairing",
                "second_factor",
            ],
            Self::Rules => &[
                "line", "calendar", "policy", "reason", "targets", "ladder", "duty", "guide",
                "template",
            ],
            Self::Help => &["announcement", "article", "tutorial", "tool"],
            Self::Notices => return true,
        };
        things.contains(&kind.thing())
    }

    /// Whether it is the same for everybody, whichever organization they act for.
    pub fn is_for_all(self) -> bool {
        self == Self::Help
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_changes_the_lists_that_show_it() {
        assert!(Topic::Access.covers(EventKind::PersonChanged));
        assert!(Topic::Help.covers(EventKind::TutorialRegistered));
        assert!(!Topic::Help.covers(EventKind::PersonChanged));
        assert!(Topic::Notices.covers(EventKind::CaseOpened));
        assert!(!Topic::Access.covers(EventKind::CaseOpened));
    }
}
