//! Notices: which there are, what each of them tells, and who is told (N4, N6, F7).

mod about;
mod fault;
mod letter;
mod recipients;
mod targets;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Instant;
use super::access::Permission;
use super::case::{Priority, Status};
use super::closed_enum;
use super::feed::Feed;
use super::ids::{CaseId, CaseNumber, EntryId, EscalationId, EscalationNumber};
use super::organization::Side;

pub use about::{
    About, Accepted, Asked, CallFacts, Claimed, Closed, Decided, Declined, Delivered, Entry, Noted,
    Opened, RcaRequest, Step, Submitted, TargetFacts, Warning, Withdrawn,
};
pub use fault::{Fault, Scope};
pub use letter::{
    AccessGranted, AccessRefused, AccessRequested, CloneMoved, Gathered, GatheredTarget,
    Invitation, Letter, LinkFacts, MembersProposed, NewDevice, PairingFacts, PairingRemoved,
    PairingSide, PairingSwitched, PasswordChanged, PasswordReset, PasswordWay, RoleFacts,
    RolesChanged, SecondFactorChange, SecondFactorChanged,
};
pub use recipients::{
    Candidate, NoticeEvent, Recipient, Stakeholders, Standing, letter_obstacle, obstacle,
    recipients,
};
pub use targets::{TargetTies, told_of_target};

closed_enum! {
    /// What a notice tells of (N6).
    pub enum NoticeKind {
        /// A case was opened.
        CaseOpened = "case_opened",
        /// A case was closed.
        CaseClosed = "case_closed",
        /// A case was reopened.
        CaseReopened = "case_reopened",
        /// Somebody wrote something public in a feed.
        EntryPosted = "entry_posted",
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
        /// A pairing was switched off or on again (P6).
        PairingSwitched = "pairing_switched",
        /// A pairing, or somebody in it, was removed (P6).
        PairingRemoved = "pairing_removed",
        /// A cloned user was added (P8).
        CloneAdded = "clone_added",
        /// A cloned user was removed (P8).
        CloneRemoved = "clone_removed",
    }
}

closed_enum! {
    /// What notices are about, and so where they lead.
    pub enum Topic {
        /// A case or an escalation of it.
        Case = "case",
        /// Targets of several escalations.
        Target = "target",
        /// The recipient's own account.
        Account = "account",
        /// A request for access (A6).
        Access = "access",
        /// A pairing of two organizations (section 9).
        Pairing = "pairing",
    }
}

closed_enum! {
    /// When a person gets the notices of a kind (N5).
    pub enum Delivery as "NoticeDelivery" {
        /// At once.
        Now = "now",
        /// Never.
        None = "none",
    }
}

closed_enum! {
    /// Where a notice stands on its way (N2).
    pub enum NoticeState {
        /// To be sent: now, at its next attempt, or when the mail server is back.
        Waiting = "waiting",
        /// Taken by the mail server, or written to the folder.
        Sent = "sent",
        /// Given up: its recipient is refused, or it was not taken for days.
        Failed = "failed",
        /// Not sent because it must not be any more: its recipient was disabled, or its words were redacted.
        Withheld = "withheld",
    }
}

closed_enum! {
    /// What a waiting notice waits for.
    pub enum WaitsFor as "NoticeWaitsFor" {
        /// Its turn: it is due.
        Turn = "turn",
        /// Its next attempt: it was put off.
        Attempt = "attempt",
        /// The mail server: nothing leaves at present.
        MailServer = "mail_server",
    }
}

impl WaitsFor {
    /// What a notice in `state`, to be tried at `next_attempt_at`, waits for at `now`; nothing if it has ended.
    /// `closed` says whether nothing leaves at present.
    pub fn of(
        state: NoticeState,
        next_attempt_at: Instant,
        closed: bool,
        now: Instant,
    ) -> Option<Self> {
        match state {
            NoticeState::Sent | NoticeState::Failed | NoticeState::Withheld => None,
            NoticeState::Waiting if closed => Some(Self::MailServer),
            NoticeState::Waiting if next_attempt_at > now => Some(Self::Attempt),
            NoticeState::Waiting => Some(Self::Turn),
        }
    }
}

closed_enum! {
    /// Why somebody is told. Who is told for several reasons is told once, for the first of them in this order.
    pub enum Audience {
        /// Asked for the escalation.
        Requester = "requester",
        /// Runs the escalation.
        EscalationOwner = "escalation_owner",
        /// Asked for what it tells of: a priority, a call.
        Asker = "asker",
        /// Makes the call.
        Caller = "caller",
        /// The case's contact of record.
        Contact = "contact",
        /// Owns the case.
        CaseOwner = "case_owner",
        /// Is named as the one who does a next step (M7).
        Named = "named",
        /// Reviews escalations, and this one has no owner.
        Queue = "queue",
        /// Works cases, and this one has no owner.
        Engineers = "engineers",
        /// Is on duty, and the escalation has no owner (M8).
        Duty = "duty",
        /// Is on a level of the ladder (M8).
        Ladder = "ladder",
        /// Got an account.
        Invited = "invited",
        /// It is their account.
        Holder = "holder",
        /// Decides on requests for access.
        Decider = "decider",
        /// Asked for access.
        Applicant = "applicant",
        /// Is in a pairing, or manages one.
        Paired = "paired",
    }
}

closed_enum! {
    /// Why a notice must not be sent (any more).
    pub enum Obstacle {
        /// Its recipient is disabled, or has no verified address.
        Unreachable = "unreachable",
        /// Its recipient may not see what it is about.
        NotVisible = "not_visible",
        /// The words that it repeats were redacted.
        Redacted = "redacted",
        /// The one-time link in it was used, replaced or has expired.
        LinkVoid = "link_void",
        /// What it asks for was done meanwhile.
        Over = "over",
    }
}

impl NoticeKind {
    /// Whether people may choose not to get it (N5): what tells of cases, and what asks for a decision; never what
    /// tells of an account, of an answer to oneself, or of a pairing.
    pub const fn is_optional(self) -> bool {
        matches!(self.topic(), Topic::Case) || matches!(self, Self::AccessRequested)
    }

    /// What it is about.
    pub const fn topic(self) -> Topic {
        match self {
            Self::CaseOpened
            | Self::CaseClosed
            | Self::CaseReopened
            | Self::EntryPosted
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
            | Self::PairingSwitched
            | Self::PairingRemoved
            | Self::CloneAdded
            | Self::CloneRemoved => Topic::Pairing,
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
    /// their name.
    pub const fn confirms(self) -> bool {
        matches!(self.topic(), Topic::Account)
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
            _ => None,
        }
    }

    /// Whether it makes no sense without an escalation.
    pub const fn is_on_escalation(self, feed: Option<Feed>) -> bool {
        matches!(self.feed(feed, false), Some(Feed::Escalation))
    }

    /// The feed that it belongs to, and so who follows it (F7); none if it is not about a case. `feed` is that of the
    /// entry for [`NoticeKind::EntryPosted`]; a next step is the escalation's if it was promised on one.
    pub const fn feed(self, feed: Option<Feed>, on_escalation: bool) -> Option<Feed> {
        match self {
            Self::CaseOpened
            | Self::CaseClosed
            | Self::CaseReopened
            | Self::RcaRequested
            | Self::RcaDelivered
            | Self::PriorityRequested
            | Self::PriorityDecided
            | Self::RadarWarning => Some(Feed::Case),
            Self::EntryPosted => match feed {
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
            | Self::PairingSwitched
            | Self::PairingRemoved
            | Self::CloneAdded
            | Self::CloneRemoved => None,
        }
    }
}

/// What mails are strung together on (N4, F7): one thread for each escalation, one for the rest of each case, and one
/// for the letters of a kind about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thread {
    /// The technical record of a case.
    Case(CaseId),
    /// One escalation.
    Escalation(EscalationId),
    /// What is told of one account, request or pairing.
    Letter(NoticeKind, Uuid),
}

impl Thread {
    /// The thread of what belongs to `feed`.
    pub fn of(feed: Feed, case: CaseId, escalation: Option<EscalationId>) -> Self {
        match (feed, escalation) {
            (Feed::Escalation, Some(escalation)) => Self::Escalation(escalation),
            (Feed::Escalation, None) | (Feed::Case, _) => Self::Case(case),
        }
    }
}

/// As it stands in rows: `case/<id>`, `escalation/<id>`, or `<kind>/<id>`.
impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(case) => write!(f, "case/{case}"),
            Self::Escalation(escalation) => write!(f, "escalation/{escalation}"),
            Self::Letter(kind, subject) => write!(f, "{kind}/{}", subject.hyphenated()),
        }
    }
}

/// What a notice's row keeps about the event: everything its templates need, as facts of that instant. Who is written
/// to, in which zone and language, is looked up when it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// When it happened.
    pub at: Instant,
    /// Who did it; nobody where only time passed, or nobody is known to have done it.
    pub actor: Option<ActorFacts>,
    /// What it is about.
    pub matter: Matter,
}

/// What a notice is about: a case, or something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// A case.
    Case(CaseMatter),
    /// An account, a request for access or a pairing.
    Letter(Letter),
}

/// What a notice tells of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseMatter {
    /// Why the recipient is told.
    pub audience: Audience,
    /// The case.
    pub case: CaseFacts,
    /// The escalation, if it is about one.
    pub escalation: Option<EscalationFacts>,
    /// What this kind of notice tells besides.
    pub about: About,
}

impl CaseMatter {
    /// The feed that it belongs to.
    pub fn feed(&self) -> Feed {
        let feed = self.about.feed();
        let on_escalation = self.escalation.is_some();
        // Every kind that tells of a case belongs to one of its feeds.
        (self.about.kind().feed(feed, on_escalation)).unwrap_or(Feed::Case)
    }
}

impl Payload {
    /// What kind of notice it is.
    pub const fn kind(&self) -> NoticeKind {
        match &self.matter {
            Matter::Case(matter) => matter.about.kind(),
            Matter::Letter(letter) => letter.kind(),
        }
    }

    /// Why the recipient is told.
    pub const fn audience(&self) -> Audience {
        match &self.matter {
            Matter::Case(matter) => matter.audience,
            Matter::Letter(letter) => letter.audience(),
        }
    }

    /// The entry whose words are repeated.
    pub const fn entry(&self) -> Option<EntryId> {
        match &self.matter {
            Matter::Case(matter) => matter.about.entry(),
            Matter::Letter(_) => None,
        }
    }

    /// The targets that it tells of.
    pub fn targets(&self) -> Vec<&TargetFacts> {
        match &self.matter {
            Matter::Case(matter) => matter.about.target().into_iter().collect(),
            Matter::Letter(Letter::TargetsGathered(gathered)) => gathered.targets().collect(),
            Matter::Letter(_) => Vec::new(),
        }
    }

    /// The one-time link in it.
    pub const fn link(&self) -> Option<&LinkFacts> {
        match &self.matter {
            Matter::Case(_) => None,
            Matter::Letter(letter) => letter.link(),
        }
    }
}

/// The case as a notice names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// Its number.
    pub number: CaseNumber,
    /// Its subject.
    pub subject: String,
    /// The name of its organization.
    pub organization: String,
    /// Its priority after the event.
    pub priority: Priority,
    /// Its status after the event.
    pub status: Status,
}

/// The escalation as a notice names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EscalationFacts {
    /// Its number.
    pub number: EscalationNumber,
}

/// Who did it, as a notice names them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActorFacts {
    /// First and last name.
    pub name: String,
    /// The name of their organization.
    pub organization: String,
    /// The side on which they stand.
    pub side: Side,
}

#[cfg(test)]
mod tests;
