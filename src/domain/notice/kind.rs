//! Which notices there are, and what each of them is about.

use super::Topic;
use crate::domain::access::Permission;
use crate::domain::closed_enum;
use crate::domain::feed::Feed;

closed_enum! {
    /// What a notice tells of (N6).
    pub enum NoticeKind {
        /// A case was opened.
        CaseOpened = "case_opened",
        /// A case was closed.
        CaseClosed = "case_closed",
        /// A case was reopened.
        CaseReopened = "case_reopened",
        /// Somebody else made the recipient the owner of a case.
        CaseAssigned = "case_assigned",
        /// Somebody wrote something public in a feed.
        EntryPosted = "entry_posted",
        /// Somebody named the recipient in an entry.
        Mentioned = "mentioned",
        /// A root cause analysis was requested (C6).
        RcaRequested = "rca_requested",
        /// A root cause analysis was delivered (C6).
        RcaDelivered = "rca_delivered",
        /// A higher priority is asked for (C5).
        PriorityRequested = "priority_requested",
        /// A request for a priority was granted or refused (C5).
        PriorityDecided = "priority_decided",
        /// A next step was promised (C9, M7).
        StepPromised = "step_promised",
        /// A next step was done.
        StepDone = "step_done",
        /// A next step was missed: somebody says so, or its instant has passed.
        StepMissed = "step_missed",
        /// A next step was promised anew.
        StepRepromised = "step_repromised",
        /// An escalation was submitted (M3).
        EscalationSubmitted = "escalation_submitted",
        /// An escalation got an owner (M4).
        EscalationClaimed = "escalation_claimed",
        /// An escalation was accepted (M6).
        EscalationAccepted = "escalation_accepted",
        /// An escalation was declined (M5).
        EscalationDeclined = "escalation_declined",
        /// An escalation was withdrawn.
        EscalationWithdrawn = "escalation_withdrawn",
        /// An escalation was closed (M11).
        EscalationClosed = "escalation_closed",
        /// The recipient is asked to rate an escalation in the requester's place (M11).
        EscalationRatingAsked = "escalation_rating_asked",
        /// A target of an escalation is about to fall due (M8).
        TargetReminder = "target_reminder",
        /// A target of an escalation was missed, and it is the recipient's level of the ladder (M8).
        TargetMissed = "target_missed",
        /// Several of these, gathered (N7).
        TargetsGathered = "targets_gathered",
        /// A call was asked for (M12).
        CallbackRequested = "callback_requested",
        /// Somebody makes the call.
        CallbackTaken = "callback_taken",
        /// The call has another window.
        CallbackRescheduled = "callback_rescheduled",
        /// The window of the call begins.
        CallbackDue = "callback_due",
        /// The call took place.
        CallbackCompleted = "callback_completed",
        /// The call was missed: somebody says so, or its window is over.
        CallbackMissed = "callback_missed",
        /// The call was called off.
        CallbackCanceled = "callback_canceled",
        /// A case becomes eligible for escalation soon (M9).
        RadarWarning = "radar_warning",
        /// Somebody asks for access to an organization (A6).
        AccessRequested = "access_requested",
        /// Access that was asked for was granted (A6).
        AccessGranted = "access_granted",
        /// Access that was asked for was refused (A6).
        AccessRefused = "access_refused",
        /// An account was made, and its person is to choose a password.
        Invitation = "invitation",
        /// A new password may be set.
        PasswordReset = "password_reset",
        /// The password was changed.
        PasswordChanged = "password_changed",
        /// The second factor was turned on or off, or a recovery code was renewed or used (A7).
        SecondFactorChanged = "second_factor_changed",
        /// Somebody signed in from a device that was not seen before.
        NewDevice = "new_device",
        /// A pairing was authorized by the organization that opens up (P2).
        PairingAccepted = "pairing_accepted",
        /// What somebody may do through a pairing has changed (P3, P6).
        PairingRolesChanged = "pairing_roles_changed",
        /// More people or groups are proposed for a pairing (P5).
        PairingMembersProposed = "pairing_members_proposed",
        /// A role is asked for, for somebody of a pairing (P3).
        PairingRoleAsked = "pairing_role_asked",
        /// A role that was asked for was refused (P3).
        PairingRoleRefused = "pairing_role_refused",
        /// A pairing was switched off or on again (P6).
        PairingSwitched = "pairing_switched",
        /// A pairing, or somebody in it, was removed (P6).
        PairingRemoved = "pairing_removed",
        /// A cloned user was added (P8).
        CloneAdded = "clone_added",
        /// A cloned user was removed (P8).
        CloneRemoved = "clone_removed",
        /// What was kept for a day, for whoever chose so (N5).
        Digest = "digest",
        /// Somebody has registered for a tutorial (H1).
        TutorialRegistered = "tutorial_registered",
        /// Somebody who waited got a place.
        TutorialPlace = "tutorial_place",
        /// A tutorial takes place at another time, or elsewhere.
        TutorialMoved = "tutorial_moved",
        /// A tutorial was called off.
        TutorialCanceled = "tutorial_canceled",
        /// A tutorial begins in a day, or in an hour.
        TutorialReminder = "tutorial_reminder",
    }
}

impl NoticeKind {
    /// What it is about.
    pub const fn topic(self) -> Topic {
        match self {
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
            | Self::StepPromised
            | Self::StepDone
            | Self::StepMissed
            | Self::StepRepromised
            | Self::EscalationSubmitted
            | Self::EscalationClaimed
            | Self::EscalationAccepted
            | Self::EscalationDeclined
            | Self::EscalationWithdrawn
            | Self::EscalationClosed
            | Self::EscalationRatingAsked
            | Self::TargetReminder
            | Self::TargetMissed
            | Self::CallbackRequested
            | Self::CallbackTaken
            | Self::CallbackRescheduled
            | Self::CallbackDue
            | Self::CallbackCompleted
            | Self::CallbackMissed
            | Self::CallbackCanceled
            | Self::RadarWarning => Topic::Case,
            Self::TargetsGathered => Topic::Target,
            Self::AccessRequested | Self::AccessGranted | Self::AccessRefused => Topic::Access,
            Self::Invitation
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::SecondFactorChanged
            | Self::NewDevice => Topic::Account,
            Self::PairingAccepted
            | Self::PairingRolesChanged
            | Self::PairingMembersProposed
            | Self::PairingRoleAsked
            | Self::PairingRoleRefused
            | Self::PairingSwitched
            | Self::PairingRemoved
            | Self::CloneAdded
            | Self::CloneRemoved => Topic::Pairing,
            Self::Digest => Topic::Digest,
            Self::TutorialRegistered
            | Self::TutorialPlace
            | Self::TutorialMoved
            | Self::TutorialCanceled
            | Self::TutorialReminder => Topic::Tutorial,
        }
    }

    /// Whether it goes to an address that nobody has confirmed yet (N4): following the link in it is what confirms
    /// it, or it answers what was asked from there.
    pub const fn goes_unverified(self) -> bool {
        matches!(
            self,
            Self::Invitation | Self::PasswordReset | Self::AccessGranted | Self::AccessRefused
        )
    }

    /// Whether it goes to whoever caused it as well (N4): it confirms to the owner of an account what was done in
    /// their name, or that somebody is expected.
    pub const fn confirms(self) -> bool {
        matches!(self.topic(), Topic::Account) || matches!(self, Self::TutorialRegistered)
    }

    /// Whether it tells of targets: what is told of them to one person within minutes is gathered into one (N7).
    pub const fn tells_of_targets(self) -> bool {
        matches!(
            self,
            Self::TargetReminder | Self::TargetMissed | Self::TargetsGathered
        )
    }

    /// Whether it bears a link with which whoever opens it acts as its recipient.
    pub const fn bears_link(self) -> bool {
        matches!(
            self,
            Self::Invitation | Self::PasswordReset | Self::AccessGranted
        )
    }

    /// Whether it goes before all others: somebody waits for it to get in, or is to know at once what was done in
    /// their name.
    pub const fn is_urgent(self) -> bool {
        matches!(self.topic(), Topic::Account) || self.bears_link()
    }

    /// What its recipient must be allowed to do; nobody else gets it, also if the permission was lost meanwhile. A
    /// notice about a case asks for more than that (see [`obstacle`]).
    pub const fn needs(self) -> Option<Permission> {
        match self {
            Self::AccessRequested => Some(Permission::AccessRequestsDecide),
            // Support's staff, and nobody else.
            Self::TargetsGathered => Some(Permission::FeedsInternal),
            Self::TutorialRegistered
            | Self::TutorialPlace
            | Self::TutorialMoved
            | Self::TutorialCanceled
            | Self::TutorialReminder => Some(Permission::TutorialsView),
            _ => None,
        }
    }

    /// Whether it makes no sense without an escalation.
    pub const fn is_on_escalation(self, feed: Option<Feed>) -> bool {
        matches!(self.feed(feed, false), Some(Feed::Escalation))
    }

    /// The feed that it belongs to, and so who follows it (F7); none if it is not about a case. `feed` is that of the
    /// entry for [`NoticeKind::EntryPosted`] and [`NoticeKind::Mentioned`]; a next step is the escalation's if it was promised on one.
    pub const fn feed(self, feed: Option<Feed>, on_escalation: bool) -> Option<Feed> {
        match self {
            Self::CaseOpened
            | Self::CaseClosed
            | Self::CaseReopened
            | Self::CaseAssigned
            | Self::RcaRequested
            | Self::RcaDelivered
            | Self::PriorityRequested
            | Self::PriorityDecided
            | Self::RadarWarning => Some(Feed::Case),
            Self::EntryPosted | Self::Mentioned => match feed {
                Some(feed) => Some(feed),
                None => Some(Feed::Case),
            },
            Self::StepPromised | Self::StepDone | Self::StepMissed | Self::StepRepromised => {
                if on_escalation {
                    Some(Feed::Escalation)
                } else {
                    Some(Feed::Case)
                }
            }
            Self::EscalationSubmitted
            | Self::EscalationClaimed
            | Self::EscalationAccepted
            | Self::EscalationDeclined
            | Self::EscalationWithdrawn
            | Self::EscalationClosed
            | Self::EscalationRatingAsked
            | Self::TargetReminder
            | Self::TargetMissed
            | Self::CallbackRequested
            | Self::CallbackTaken
            | Self::CallbackRescheduled
            | Self::CallbackDue
            | Self::CallbackCompleted
            | Self::CallbackMissed
            | Self::CallbackCanceled => Some(Feed::Escalation),
            Self::TargetsGathered
            | Self::AccessRequested
            | Self::AccessGranted
            | Self::AccessRefused
            | Self::Invitation
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::SecondFactorChanged
            | Self::NewDevice
            | Self::PairingAccepted
            | Self::PairingRolesChanged
            | Self::PairingMembersProposed
            | Self::PairingRoleAsked
            | Self::PairingRoleRefused
            | Self::PairingSwitched
            | Self::PairingRemoved
            | Self::CloneAdded
            | Self::CloneRemoved
            | Self::Digest
            | Self::TutorialRegistered
            | Self::TutorialPlace
            | Self::TutorialMoved
            | Self::TutorialCanceled
            | Self::TutorialReminder => None,
        }
    }
}
