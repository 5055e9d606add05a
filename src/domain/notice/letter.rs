//! Letters: notices that are not about a case but about an account, a request for access or a pairing, with their
//! facts (N6).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::about::{TargetFacts, words};
use super::tutorials::{
    TutorialCanceled, TutorialFacts, TutorialMoved, TutorialRegistered, TutorialReminded,
};
use super::{Audience, Digest, NoticeKind, Thread, Topic};
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::closed_enum;
use crate::domain::ids::{EscalationNumber, OneTimeLinkId, PersonId, TargetId};
use crate::domain::link::LinkPurpose;

/// The most characters that are repeated of what a browser calls itself, or of where it is.
const LONGEST_DEVICE: usize = 200;

/// One letter: what happened, as facts of that instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// See [`NoticeKind::TargetsGathered`].
    TargetsGathered(Gathered),
    /// See [`NoticeKind::AccessRequested`].
    AccessRequested(AccessRequested),
    /// See [`NoticeKind::AccessGranted`].
    AccessGranted(AccessGranted),
    /// See [`NoticeKind::AccessRefused`].
    AccessRefused(AccessRefused),
    /// See [`NoticeKind::Invitation`].
    Invitation(Invitation),
    /// See [`NoticeKind::PasswordReset`].
    PasswordReset(PasswordReset),
    /// See [`NoticeKind::PasswordChanged`].
    PasswordChanged(PasswordChanged),
    /// See [`NoticeKind::SecondFactorChanged`].
    SecondFactorChanged(SecondFactorChanged),
    /// See [`NoticeKind::NewDevice`].
    NewDevice(NewDevice),
    /// See [`NoticeKind::PairingAccepted`].
    PairingAccepted(PairingFacts),
    /// See [`NoticeKind::PairingRolesChanged`].
    PairingRolesChanged(RolesChanged),
    /// See [`NoticeKind::PairingMembersProposed`].
    PairingMembersProposed(MembersProposed),
    /// See [`NoticeKind::PairingRoleAsked`].
    PairingRoleAsked(RoleAsked),
    /// See [`NoticeKind::PairingRoleRefused`].
    PairingRoleRefused(RoleRefused),
    /// See [`NoticeKind::PairingSwitched`].
    PairingSwitched(PairingSwitched),
    /// See [`NoticeKind::PairingRemoved`].
    PairingRemoved(PairingRemoved),
    /// See [`NoticeKind::CloneAdded`].
    CloneAdded(CloneMoved),
    /// See [`NoticeKind::CloneRemoved`].
    CloneRemoved(CloneMoved),
    /// See [`NoticeKind::Digest`].
    Digest(Digest),
    /// See [`NoticeKind::TutorialRegistered`].
    TutorialRegistered(TutorialRegistered),
    /// See [`NoticeKind::TutorialPlace`].
    TutorialPlace(TutorialFacts),
    /// See [`NoticeKind::TutorialMoved`].
    TutorialMoved(TutorialMoved),
    /// See [`NoticeKind::TutorialCanceled`].
    TutorialCanceled(TutorialCanceled),
    /// See [`NoticeKind::TutorialReminder`].
    TutorialReminder(TutorialReminded),
}

/// Targets of several escalations, or several of one (N7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    /// Those that were missed, the longest due first.
    pub missed: Vec<GatheredTarget>,
    /// Those that are about to fall due, the soonest first.
    pub coming: Vec<GatheredTarget>,
    /// How many there are besides.
    pub more: usize,
    /// Which these are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unnamed: Vec<TargetId>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatheredTarget {
    /// The target.
    #[serde(flatten)]
    pub facts: TargetFacts,
    /// Its escalation.
    pub escalation: EscalationNumber,
    /// Whose case it is.
    pub organization: String,
    /// The case's subject.
    pub subject: String,
}

/// The most that are named in one notice; the queue has all of them.
const MOST_NAMED: usize = 25;

impl Gathered {
    /// Adds a target, which takes the place of what is told of it already.
    pub fn add(&mut self, missed: bool, target: GatheredTarget) {
        let id = target.facts.target;
        self.retain(|other| other != id);
        let list = if missed {
            &mut self.missed
        } else {
            &mut self.coming
        };
        let place = list.partition_point(|other| other.facts.due_at <= target.facts.due_at);
        list.insert(place, target);
        if self.missed.len() + self.coming.len() > MOST_NAMED {
            // What is missed goes before what is not yet, and what is due the longest before the rest.
            let last = self.coming.pop().or_else(|| self.missed.pop());
            self.unnamed.extend(last.map(|last| last.facts.target));
            self.more += 1;
        }
    }

    /// Whether there is none, named or not.
    pub fn is_empty(&self) -> bool {
        self.missed.is_empty() && self.coming.is_empty() && self.more == 0
    }

    /// The targets, those included that are not named.
    pub fn targets(&self) -> impl Iterator<Item = TargetId> {
        let named = self.missed.iter().chain(&self.coming);
        let named = named.map(|target| target.facts.target);
        named.chain(self.unnamed.iter().copied())
    }

    /// Leaves out those that there is no more reason to tell of.
    pub fn retain(&mut self, keep: impl Fn(TargetId) -> bool) {
        self.missed.retain(|target| keep(target.facts.target));
        self.coming.retain(|target| keep(target.facts.target));
        let before = self.unnamed.len();
        self.unnamed.retain(|target| keep(*target));
        self.more = self.more.saturating_sub(before - self.unnamed.len());
    }
}

/// A one-time link as a letter keeps it: not the secret, which is made from the installation's key when the letter is
/// written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkFacts {
    /// The link.
    pub id: OneTimeLinkId,
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// Until when it can be used.
    pub until: Instant,
}

/// Somebody asks for access to an organization (A6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessRequested {
    /// The request.
    pub request: Uuid,
    /// Who asks.
    pub name: String,
    /// Their work address.
    pub email: String,
    /// The organization that they want to see.
    pub organization: String,
    /// Their own company, where it is a reseller or an end user of that organization.
    #[serde(default)]
    pub company: Option<String>,
    /// For which customer they ask.
    #[serde(default)]
    pub customer: Option<String>,
    /// What they wrote.
    #[serde(default, deserialize_with = "words")]
    pub note: Option<String>,
}

/// Access that was asked for was granted (A6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessGranted {
    /// The request.
    pub request: Uuid,
    /// The organization that they now see.
    pub organization: String,
    /// When the access ends; for good if never.
    #[serde(default)]
    pub until: Option<Instant>,
    /// An invitation, for who has no password yet.
    #[serde(default)]
    pub link: Option<LinkFacts>,
}

/// Access that was asked for was refused (A6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessRefused {
    /// The request.
    pub request: Uuid,
    /// The organization that they wanted to see.
    pub organization: String,
    /// Why.
    pub reason: String,
}

/// An account was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// The organization that it belongs to.
    pub organization: String,
    /// The link with which its password is chosen.
    pub link: LinkFacts,
}

/// A new password may be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasswordReset {
    /// The link with which it is set.
    pub link: LinkFacts,
}

closed_enum! {
    /// How a password came to be changed.
    pub enum PasswordWay {
        /// By who was signed in.
        SignedIn = "signed_in",
        /// Through a link in a mail.
        Link = "link",
        /// By who runs the installation.
        Administration = "administration",
    }
}

/// The password was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// How.
    pub way: PasswordWay,
}

closed_enum! {
    /// What happened to a second factor.
    pub enum SecondFactorChange {
        /// It is asked for from now on.
        TurnedOn = "turned_on",
        /// It is not asked for any more.
        TurnedOff = "turned_off",
        /// There are new recovery codes, and the old ones are void.
        CodesRenewed = "codes_renewed",
        /// A recovery code was used in its place.
        CodeUsed = "code_used",
    }
}

/// The second factor was changed, or a recovery code used in its place (A7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecondFactorChanged {
    /// What happened.
    pub change: SecondFactorChange,
    /// How many recovery codes are left, where that is of interest.
    #[serde(default)]
    pub codes_left: Option<u32>,
}

/// Somebody signed in from a device that was not seen before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewDevice {
    /// What the browser calls itself.
    pub browser: String,
    /// Where it is: an address of the network.
    pub from: String,
}

impl NewDevice {
    /// What a request says of its sender, cut to what can be read: whoever signs in chooses the words.
    pub fn new(browser: &str, from: &str) -> Self {
        let cut = |text: &str| -> String {
            let shown = text.chars().filter(|character| !character.is_control());
            shown.take(LONGEST_DEVICE).collect()
        };
        Self {
            browser: cut(browser),
            from: cut(from),
        }
    }
}

/// A pairing as letters name it: who may work where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairingFacts {
    /// The pairing.
    pub pairing: Uuid,
    /// The organization whose people are let in.
    pub trustee: String,
    /// The organization that lets them in.
    pub trustor: String,
}

/// A role as letters name it: a predefined one by the catalogue's word, an organization's own by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleFacts {
    /// A predefined role.
    Predefined(Role),
    /// An organization's own role of that name.
    Own(String),
}

/// What somebody may do through a pairing has changed (P3, P6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolesChanged {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingFacts,
    /// Every role that they now have at the trustor; none if all were taken.
    pub roles: Vec<RoleFacts>,
}

/// More people or groups are proposed for a pairing (P5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembersProposed {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingFacts,
    /// The names of the people and groups that its reader may see (P10).
    pub members: Vec<String>,
    /// How many more there are.
    #[serde(default)]
    pub hidden: usize,
}

/// A role is asked for, for a person or a group of a pairing (P3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleAsked {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingFacts,
    /// The name of the person or group; empty for a reader who may not see who is in the pairing (P10).
    pub name: String,
    /// The role.
    pub role: RoleFacts,
    /// Until when it would hold; for good if there is no end.
    #[serde(default)]
    pub until: Option<Instant>,
    /// What it is for.
    #[serde(default, deserialize_with = "words")]
    pub note: Option<String>,
}

/// A role that was asked for was refused (P3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleRefused {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingFacts,
    /// The name of the person or group; empty for a reader who may not see who is in the pairing (P10).
    pub name: String,
    /// The role.
    pub role: RoleFacts,
    /// Why.
    #[serde(default, deserialize_with = "words")]
    pub reason: Option<String>,
}

/// A pairing was switched off, or on again (P6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairingSwitched {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingFacts,
    /// Whether it is on now.
    pub on: bool,
}

closed_enum! {
    /// The two sides of a pairing.
    pub enum PairingSide {
        /// The organization whose people are let in.
        Trustee = "trustee",
        /// The organization that lets them in.
        Trustor = "trustor",
    }
}

/// A pairing, or somebody in it, was removed (P6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairingRemoved {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingFacts,
    /// Which side removed it.
    pub side: PairingSide,
    /// The person or group that was removed; the whole pairing if nobody is named.
    #[serde(default, deserialize_with = "words")]
    pub whom: Option<String>,
    /// Whether somebody was removed whose name its reader may not see (P10).
    #[serde(default)]
    pub hidden: bool,
}

/// A cloned user was added to the trustor's directory, or removed from it (P8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloneMoved {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingFacts,
    /// The name of the cloned user.
    pub name: String,
}

impl Letter {
    /// The kind of notice that it is.
    pub const fn kind(&self) -> NoticeKind {
        match self {
            Self::TargetsGathered(_) => NoticeKind::TargetsGathered,
            Self::AccessRequested(_) => NoticeKind::AccessRequested,
            Self::AccessGranted(_) => NoticeKind::AccessGranted,
            Self::AccessRefused(_) => NoticeKind::AccessRefused,
            Self::Invitation(_) => NoticeKind::Invitation,
            Self::PasswordReset(_) => NoticeKind::PasswordReset,
            Self::PasswordChanged(_) => NoticeKind::PasswordChanged,
            Self::SecondFactorChanged(_) => NoticeKind::SecondFactorChanged,
            Self::NewDevice(_) => NoticeKind::NewDevice,
            Self::PairingAccepted(_) => NoticeKind::PairingAccepted,
            Self::PairingRolesChanged(_) => NoticeKind::PairingRolesChanged,
            Self::PairingMembersProposed(_) => NoticeKind::PairingMembersProposed,
            Self::PairingRoleAsked(_) => NoticeKind::PairingRoleAsked,
            Self::PairingRoleRefused(_) => NoticeKind::PairingRoleRefused,
            Self::PairingSwitched(_) => NoticeKind::PairingSwitched,
            Self::PairingRemoved(_) => NoticeKind::PairingRemoved,
            Self::CloneAdded(_) => NoticeKind::CloneAdded,
            Self::CloneRemoved(_) => NoticeKind::CloneRemoved,
            Self::Digest(_) => NoticeKind::Digest,
            Self::TutorialRegistered(_) => NoticeKind::TutorialRegistered,
            Self::TutorialPlace(_) => NoticeKind::TutorialPlace,
            Self::TutorialMoved(_) => NoticeKind::TutorialMoved,
            Self::TutorialCanceled(_) => NoticeKind::TutorialCanceled,
            Self::TutorialReminder(_) => NoticeKind::TutorialReminder,
        }
    }

    /// Why its recipient gets it.
    pub const fn audience(&self) -> Audience {
        match self {
            Self::TargetsGathered(_) => Audience::Ladder,
            Self::AccessRequested(_) => Audience::Decider,
            Self::AccessGranted(_) | Self::AccessRefused(_) => Audience::Applicant,
            Self::Invitation(_) => Audience::Invited,
            Self::PasswordReset(_)
            | Self::PasswordChanged(_)
            | Self::SecondFactorChanged(_)
            | Self::NewDevice(_) => Audience::Holder,
            Self::PairingAccepted(_)
            | Self::PairingRolesChanged(_)
            | Self::PairingMembersProposed(_)
            | Self::PairingRoleAsked(_)
            | Self::PairingRoleRefused(_)
            | Self::PairingSwitched(_)
            | Self::PairingRemoved(_)
            | Self::CloneAdded(_)
            | Self::CloneRemoved(_) => Audience::Paired,
            Self::Digest(_) => Audience::Subscriber,
            Self::TutorialRegistered(_)
            | Self::TutorialPlace(_)
            | Self::TutorialMoved(_)
            | Self::TutorialCanceled(_)
            | Self::TutorialReminder(_) => Audience::Registered,
        }
    }

    /// The one-time link in it.
    pub const fn link(&self) -> Option<&LinkFacts> {
        match self {
            Self::Invitation(Invitation { link, .. })
            | Self::PasswordReset(PasswordReset { link }) => Some(link),
            Self::AccessGranted(granted) => granted.link.as_ref(),
            _ => None,
        }
    }

    /// The roles that it tells of.
    pub fn roles(&self) -> &[RoleFacts] {
        match self {
            Self::PairingRolesChanged(changed) => &changed.roles,
            Self::PairingRoleAsked(asked) => std::slice::from_ref(&asked.role),
            Self::PairingRoleRefused(refused) => std::slice::from_ref(&refused.role),
            _ => &[],
        }
    }

    /// The tutorial that it tells of.
    pub const fn tutorial(&self) -> Option<&TutorialFacts> {
        match self {
            Self::TutorialRegistered(TutorialRegistered { tutorial, .. })
            | Self::TutorialPlace(tutorial)
            | Self::TutorialMoved(TutorialMoved { tutorial, .. })
            | Self::TutorialCanceled(TutorialCanceled { tutorial, .. })
            | Self::TutorialReminder(TutorialReminded { tutorial, .. }) => Some(tutorial),
            _ => None,
        }
    }

    /// The request, the pairing or the tutorial that it is about; none if it is the recipient's account.
    pub const fn subject(&self) -> Option<Uuid> {
        match self {
            Self::AccessRequested(AccessRequested { request, .. })
            | Self::AccessGranted(AccessGranted { request, .. })
            | Self::AccessRefused(AccessRefused { request, .. }) => Some(*request),
            Self::PairingAccepted(pairing)
            | Self::PairingRolesChanged(RolesChanged { pairing, .. })
            | Self::PairingMembersProposed(MembersProposed { pairing, .. })
            | Self::PairingRoleAsked(RoleAsked { pairing, .. })
            | Self::PairingRoleRefused(RoleRefused { pairing, .. })
            | Self::PairingSwitched(PairingSwitched { pairing, .. })
            | Self::PairingRemoved(PairingRemoved { pairing, .. })
            | Self::CloneAdded(CloneMoved { pairing, .. })
            | Self::CloneRemoved(CloneMoved { pairing, .. }) => Some(pairing.pairing),
            Self::TutorialRegistered(TutorialRegistered { tutorial, .. })
            | Self::TutorialPlace(tutorial)
            | Self::TutorialMoved(TutorialMoved { tutorial, .. })
            | Self::TutorialCanceled(TutorialCanceled { tutorial, .. })
            | Self::TutorialReminder(TutorialReminded { tutorial, .. }) => Some(tutorial.tutorial),
            Self::TargetsGathered(_)
            | Self::Digest(_)
            | Self::Invitation(_)
            | Self::PasswordReset(_)
            | Self::PasswordChanged(_)
            | Self::SecondFactorChanged(_)
            | Self::NewDevice(_) => None,
        }
    }

    /// The thread that it continues: one for each kind and each thing that such letters are about.
    pub fn thread(&self, recipient: Option<PersonId>) -> Thread {
        let account = recipient.map_or(Uuid::nil(), |person| *person.as_uuid());
        Thread::Letter(self.kind(), self.subject().unwrap_or(account))
    }

    /// What it is about.
    pub const fn topic(&self) -> Topic {
        self.kind().topic()
    }
}
