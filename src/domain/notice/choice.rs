//! What people may choose of their notices (N5): which kinds there are for them, what these are about, and which they may do without.

use super::recipients::told_of;
use super::{Audience, NoticeKind, Topic};
use crate::domain::access::{Access, Permission};
use crate::domain::closed_enum;
use crate::domain::feed::Feed;
use crate::domain::organization::Side;

closed_enum! {
    /// What kinds of notices are about, as people choose among them (N5).
    pub enum NoticeGroup {
        /// Escalations on their way.
        Escalations = "escalations",
        /// Cases and what is written in them.
        Cases = "cases",
        /// Next steps that were promised.
        Promises = "promises",
        /// What is to be done in time: targets, the ladder, the radar.
        Clocks = "clocks",
        /// Callbacks.
        Calls = "calls",
        /// Who is let in: requests for access and pairings.
        Access = "access",
        /// Tutorials.
        Tutorials = "tutorials",
        /// The account.
        Security = "security",
    }
}

impl NoticeKind {
    /// Whether a mail of this kind bears a way to have no more of it (N4): what tells of cases and of tutorials, what asks for a
    /// decision, and the digest; never what tells of an account, of an answer to oneself, or of a pairing.
    pub const fn is_optional(self) -> bool {
        matches!(self.topic(), Topic::Case | Topic::Tutorial)
            || matches!(self, Self::AccessRequested | Self::Digest)
    }

    /// Whether people choose when to get it. The digest brings what they chose, and is itself no choice.
    pub const fn is_chosen(self) -> bool {
        self.is_optional() && !matches!(self, Self::Digest)
    }

    /// What it is about, as people choose.
    pub const fn group(self) -> NoticeGroup {
        match self {
            Self::EscalationSubmitted
            | Self::EscalationClaimed
            | Self::EscalationAccepted
            | Self::EscalationDeclined
            | Self::EscalationWithdrawn
            | Self::EscalationClosed
            | Self::EscalationRatingAsked => NoticeGroup::Escalations,
            Self::CaseOpened
            | Self::CaseClosed
            | Self::CaseReopened
            | Self::CaseAssigned
            | Self::EntryPosted
            | Self::Mentioned
            | Self::RcaRequested
            | Self::RcaDelivered
            | Self::PriorityRequested
            | Self::PriorityDecided
            | Self::Digest => NoticeGroup::Cases,
            Self::StepPromised | Self::StepDone | Self::StepMissed | Self::StepRepromised => {
                NoticeGroup::Promises
            }
            Self::TargetReminder
            | Self::TargetMissed
            | Self::TargetsGathered
            | Self::RadarWarning => NoticeGroup::Clocks,
            Self::CallbackRequested
            | Self::CallbackTaken
            | Self::CallbackRescheduled
            | Self::CallbackDue
            | Self::CallbackCompleted
            | Self::CallbackMissed
            | Self::CallbackCanceled => NoticeGroup::Calls,
            Self::AccessRequested
            | Self::AccessGranted
            | Self::AccessRefused
            | Self::PairingAccepted
            | Self::PairingRolesChanged
            | Self::PairingMembersProposed
            | Self::PairingRoleAsked
            | Self::PairingRoleRefused
            | Self::PairingSwitched
            | Self::PairingRemoved
            | Self::CloneAdded
            | Self::CloneRemoved => NoticeGroup::Access,
            Self::TutorialRegistered
            | Self::TutorialPlace
            | Self::TutorialMoved
            | Self::TutorialCanceled
            | Self::TutorialReminder => NoticeGroup::Tutorials,
            Self::Invitation
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::SecondFactorChanged
            | Self::NewDevice => NoticeGroup::Security,
        }
    }

    /// Whether somebody who may do `access` at home can get it at all: in some role that they can come into without being let do
    /// more. What can be got once the roles change is offered then.
    pub fn is_for(self, access: &Access) -> bool {
        let can = |permission| access.can(permission);
        let staff = access.side == Side::Provider;
        match self {
            // Whoever reads this has an account, and says in the kinds themselves what they want of the digest.
            Self::Invitation | Self::Digest => false,
            Self::PasswordReset
            | Self::PasswordChanged
            | Self::SecondFactorChanged
            | Self::NewDevice => true,
            Self::AccessRequested => can(Permission::AccessRequestsDecide),
            Self::TutorialRegistered
            | Self::TutorialPlace
            | Self::TutorialMoved
            | Self::TutorialCanceled
            | Self::TutorialReminder => can(Permission::TutorialsRegister),
            Self::AccessGranted | Self::AccessRefused | Self::PairingRolesChanged => !staff,
            Self::PairingAccepted
            | Self::PairingMembersProposed
            | Self::PairingRoleAsked
            | Self::PairingRoleRefused
            | Self::PairingSwitched
            | Self::PairingRemoved
            | Self::CloneAdded
            | Self::CloneRemoved => {
                let manages = [
                    Permission::OrgTrusteesAdd,
                    Permission::OrgTrusteesView,
                    Permission::OrgTrustorsView,
                    Permission::OrgTrustorsManage,
                ];
                !staff && manages.into_iter().any(can)
            }
            Self::TargetReminder => staff && can(Permission::EscalationsReview),
            Self::TargetMissed | Self::TargetsGathered => {
                let told = [
                    Permission::EscalationsReview,
                    Permission::EscalationsAssign,
                    Permission::TargetsManage,
                ];
                staff && told.into_iter().any(can)
            }
            _ => Feed::ALL.iter().any(|feed| self.is_for_in(*feed, access)),
        }
    }

    /// The same of what is told in a feed.
    fn is_for_in(self, feed: Feed, access: &Access) -> bool {
        let on_escalation = feed == Feed::Escalation;
        let reads = match self.feed(Some(feed), on_escalation) {
            Some(Feed::Case) => access.can(Permission::CasesView),
            Some(Feed::Escalation) => access.can(Permission::EscalationsView),
            None => false,
        };
        let audiences = told_of(self, feed);
        reads && audiences.iter().any(|audience| may_be(*audience, access))
    }
}

/// Whether somebody can come to belong to an audience.
fn may_be(audience: Audience, access: &Access) -> bool {
    let can = |permission| access.can(permission);
    let staff = access.side == Side::Provider;
    match audience {
        Audience::Requester => can(Permission::EscalationsSubmit),
        Audience::Rater => !staff && can(Permission::EscalationsRate),
        Audience::Contact => !staff,
        Audience::Asker => can(Permission::PrioritiesRequest) || can(Permission::CallbacksCreate),
        Audience::EscalationOwner | Audience::Caller | Audience::Queue => {
            staff && can(Permission::EscalationsReview)
        }
        Audience::CaseOwner | Audience::Engineers => staff && can(Permission::CasesWork),
        // By name, and so whoever of the staff is called so.
        Audience::Named => staff,
        // Whoever may read a feed may follow it (F7), and may be named in it.
        Audience::Follower | Audience::Mentioned => true,
        Audience::Duty
        | Audience::Ladder
        | Audience::Invited
        | Audience::Holder
        | Audience::Decider
        | Audience::Applicant
        | Audience::Paired
        | Audience::Subscriber
        | Audience::Registered => false,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::access::{HeldRole, Role};
    use crate::domain::ids::{OrganizationId, PersonId};

    fn access(side: Side, role: Role) -> Access {
        let nobody = Uuid::from_u128(1);
        Access::of(
            PersonId::from_uuid(nobody),
            OrganizationId::from_uuid(nobody),
            side,
            vec![HeldRole::Predefined(role)],
        )
    }

    fn of(side: Side, role: Role) -> Vec<NoticeKind> {
        let access = access(side, role);
        let kinds = NoticeKind::ALL.iter().copied();
        kinds.filter(|kind| kind.is_for(&access)).collect()
    }

    #[test]
    fn people_are_offered_what_they_can_get_and_nothing_else() {
        let contact = of(Side::Customer, Role::DesignatedContact);
        for kind in [
            NoticeKind::CaseOpened,
            NoticeKind::EntryPosted,
            NoticeKind::EscalationAccepted,
            NoticeKind::CallbackTaken,
            NoticeKind::NewDevice,
        ] {
            assert!(contact.contains(&kind), "{kind}");
        }
        for kind in [
            NoticeKind::TargetReminder,
            NoticeKind::TargetMissed,
            NoticeKind::RadarWarning,
            NoticeKind::CallbackDue,
            NoticeKind::AccessRequested,
            NoticeKind::Invitation,
            NoticeKind::Digest,
        ] {
            assert!(!contact.contains(&kind), "{kind}");
        }
        let owner = of(Side::Provider, Role::EscalationOwner);
        assert!(
            owner.contains(&NoticeKind::TargetReminder) && owner.contains(&NoticeKind::CallbackDue)
        );
        let admin = of(Side::Customer, Role::OrganizationAdmin);
        assert!(admin.contains(&NoticeKind::AccessRequested));
        assert!(admin.contains(&NoticeKind::PairingAccepted));
    }

    #[test]
    fn what_protects_an_account_is_everybodys_and_no_choice() {
        for role in [Role::PortalViewer, Role::DesignatedContact] {
            let theirs = of(Side::Customer, role);
            let security = NoticeKind::ALL.iter().copied().filter(|kind| {
                kind.group() == NoticeGroup::Security && *kind != NoticeKind::Invitation
            });
            for kind in security {
                assert!(theirs.contains(&kind) && !kind.is_chosen(), "{kind}");
            }
        }
    }

    #[test]
    fn every_kind_is_for_somebody_but_those_that_come_by_themselves() {
        let everybody: Vec<Access> = Role::ALL
            .iter()
            .flat_map(|role| [access(Side::Customer, *role), access(Side::Provider, *role)])
            .collect();
        for kind in NoticeKind::ALL {
            let by_itself = matches!(kind, NoticeKind::Invitation | NoticeKind::Digest);
            let got = everybody.iter().any(|access| kind.is_for(access));
            assert_eq!(got, !by_itself, "{kind}");
        }
    }
}
