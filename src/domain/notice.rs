//! Notices: which there are, what each of them tells, and who is told (N4, N6, F7).

mod about;
mod choice;
mod digest;
mod fault;
mod following;
mod kind;
mod letter;
mod quiet;
mod recipients;
mod targets;
mod tutorials;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Instant;
use super::case::{Priority, Status};
use super::closed_enum;
use super::feed::Feed;
use super::ids::{CaseId, CaseNumber, EntryId, EscalationId, EscalationNumber, TargetId};
use super::organization::Side;

pub use about::{
    About, Accepted, Asked, CallFacts, Claimed, Closed, Decided, Declined, Delivered, Entry,
    Further, Mention, Noted, Opened, RcaRequest, Step, Submitted, TargetFacts, Warning, Withdrawn,
};
pub use choice::NoticeGroup;
pub use digest::{DIGEST_HOUR, Digest, DigestCase, DigestItem, next_digest};
pub use fault::{Fault, Scope, without_addresses};
pub use following::{Stance, Stances, is_news, is_silenced, may_follow, needs_of_feed};
pub use kind::NoticeKind;
pub use letter::{
    AccessGranted, AccessRefused, AccessRequested, CloneMoved, Gathered, GatheredTarget,
    Invitation, Letter, LinkFacts, MembersProposed, NewDevice, PairingFacts, PairingRemoved,
    PairingSide, PairingSwitched, PasswordChanged, PasswordReset, PasswordWay, RoleAsked,
    RoleFacts, RoleRefused, RolesChanged, SecondFactorChange, SecondFactorChanged,
};
pub use quiet::{Hours, Reminder};
pub use recipients::{
    Candidate, NoticeEvent, Recipient, Stakeholders, Standing, letter_obstacle, obstacle,
    recipients,
};
pub use targets::{TargetTies, told_of_target};
pub use tutorials::{
    TutorialCanceled, TutorialFacts, TutorialMoved, TutorialRegistered, TutorialReminded,
};

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
        /// What was kept for a day.
        Digest = "digest",
        /// A tutorial for which the recipient has registered.
        Tutorial = "tutorial",
    }
}

closed_enum! {
    /// When a person gets the notices of a kind (N5).
    pub enum Delivery as "NoticeDelivery" {
        /// At once.
        Now = "now",
        /// Once a day, with everything else that is wanted so.
        Digest = "digest",
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
        /// Is named in the entry.
        Mentioned = "mentioned",
        /// Asked for the escalation.
        Requester = "requester",
        /// Is asked for the rating in the requester's place (M11).
        Rater = "rater",
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
        /// Follows the feed (F7).
        Follower = "follower",
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
        /// Chose to read once a day of what happens.
        Subscriber = "subscriber",
        /// Has registered for a tutorial.
        Registered = "registered",
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

    /// Every entry whose words are repeated.
    pub fn entries(&self) -> Vec<EntryId> {
        let mut entries: Vec<EntryId> = self.entry().into_iter().collect();
        if let Matter::Case(CaseMatter {
            about: About::EntryPosted(entry),
            ..
        }) = &self.matter
        {
            entries.extend(entry.further.iter().filter_map(|one| one.entry));
        }
        entries
    }

    /// This notice of an entry tells what a later one tells besides, both of one feed and to one person (N7). It stays as it is,
    /// which the answer says, if one of them tells of something else, or names nobody who wrote.
    pub fn take_entries_of(&mut self, later: &Self) -> bool {
        let Matter::Case(matter) = &mut self.matter else {
            return false;
        };
        let (About::EntryPosted(first), Matter::Case(other)) = (&mut matter.about, &later.matter)
        else {
            return false;
        };
        let (About::EntryPosted(added), Some(by)) = (&other.about, &later.actor) else {
            return false;
        };
        if first.feed != added.feed {
            return false;
        }
        first.further.push(Further {
            entry: added.entry,
            at: later.at,
            by: by.clone(),
            body: added.body.clone(),
            files: added.files.clone(),
        });
        first.further.extend(added.further.iter().cloned());
        // How the case stands is told as of the last of them.
        matter.case = other.case.clone();
        true
    }

    /// Leaves out entries of a notice that tells of several, as long as one is left: `told` says which may be told.
    pub fn retain_entries(&mut self, told: impl Fn(Option<EntryId>) -> bool) {
        let Matter::Case(CaseMatter {
            about: About::EntryPosted(entry),
            ..
        }) = &mut self.matter
        else {
            return;
        };
        entry.further.retain(|one| told(one.entry));
        if !told(entry.entry) && !entry.further.is_empty() {
            let next = entry.further.remove(0);
            entry.entry = next.entry;
            entry.body = next.body;
            entry.files = next.files;
            self.at = next.at;
            self.actor = Some(next.by);
        }
    }

    /// The targets that it tells of.
    pub fn targets(&self) -> Vec<TargetId> {
        match &self.matter {
            Matter::Case(matter) => matter
                .about
                .target()
                .map(|told| told.target)
                .into_iter()
                .collect(),
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
