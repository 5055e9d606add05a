//! What each kind of notice about a case tells besides the case, the escalation and who did it.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{ActorFacts, NoticeKind};
use crate::domain::Instant;
use crate::domain::case::{BusinessImpact, Deployment, Priority};
use crate::domain::eligibility::FindingCode;
use crate::domain::feed::Feed;
use crate::domain::ids::{EntryId, PersonId, TargetId};
use crate::domain::radar::Prevention;
use crate::domain::target::TargetKind;

/// The facts of one event. Words are as their author wrote them (Markdown); what was left empty is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    /// See [`NoticeKind::CaseOpened`].
    CaseOpened(Opened),
    /// See [`NoticeKind::CaseClosed`].
    CaseClosed(Noted),
    /// See [`NoticeKind::CaseReopened`].
    CaseReopened(Noted),
    /// See [`NoticeKind::CaseAssigned`].
    CaseAssigned,
    /// See [`NoticeKind::EntryPosted`].
    EntryPosted(Entry),
    /// See [`NoticeKind::Mentioned`].
    Mentioned(Mention),
    /// See [`NoticeKind::RcaRequested`].
    RcaRequested(RcaRequest),
    /// See [`NoticeKind::RcaDelivered`].
    RcaDelivered(Delivered),
    /// See [`NoticeKind::PriorityRequested`].
    PriorityRequested(Asked),
    /// See [`NoticeKind::PriorityDecided`].
    PriorityDecided(Decided),
    /// See [`NoticeKind::StepPromised`].
    StepPromised(Step),
    /// See [`NoticeKind::StepDone`].
    StepDone(Step),
    /// See [`NoticeKind::StepMissed`].
    StepMissed(Step),
    /// See [`NoticeKind::StepRepromised`].
    StepRepromised(Step),
    /// See [`NoticeKind::EscalationSubmitted`].
    EscalationSubmitted(Submitted),
    /// See [`NoticeKind::EscalationClaimed`].
    EscalationClaimed(Claimed),
    /// See [`NoticeKind::EscalationAccepted`].
    EscalationAccepted(Accepted),
    /// See [`NoticeKind::EscalationDeclined`].
    EscalationDeclined(Declined),
    /// See [`NoticeKind::EscalationWithdrawn`].
    EscalationWithdrawn(Withdrawn),
    /// See [`NoticeKind::EscalationClosed`].
    EscalationClosed(Closed),
    /// See [`NoticeKind::EscalationRatingAsked`].
    EscalationRatingAsked(Closed),
    /// See [`NoticeKind::TargetReminder`].
    TargetReminder(TargetFacts),
    /// See [`NoticeKind::TargetMissed`].
    TargetMissed(TargetFacts),
    /// See [`NoticeKind::CallbackRequested`].
    CallbackRequested(CallFacts),
    /// See [`NoticeKind::CallbackTaken`].
    CallbackTaken(CallFacts),
    /// See [`NoticeKind::CallbackRescheduled`].
    CallbackRescheduled(CallFacts),
    /// See [`NoticeKind::CallbackDue`].
    CallbackDue(CallFacts),
    /// See [`NoticeKind::CallbackCompleted`].
    CallbackCompleted(CallFacts),
    /// See [`NoticeKind::CallbackMissed`].
    CallbackMissed(CallFacts),
    /// See [`NoticeKind::CallbackCanceled`].
    CallbackCanceled(CallFacts),
    /// See [`NoticeKind::RadarWarning`].
    RadarWarning(Warning),
}

/// A target of an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// The target itself, so that nobody is told of what was met meanwhile.
    pub target: TargetId,
    /// What it is that the escalation is to get in time.
    pub of: TargetKind,
    /// When it falls due, or was due.
    pub due_at: Instant,
}

/// A case that was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// What the case says.
    pub description: String,
    /// Where the customer's installation runs.
    pub deployment: Deployment,
    /// What it does to the customer's business.
    pub business_impact: BusinessImpact,
    /// What the files are called that came with it.
    #[serde(default)]
    pub files: Vec<String>,
}

/// Something done with or without a word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// The word.
    #[serde(default, deserialize_with = "words")]
    pub note: Option<String>,
}

/// A public entry of a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The feed it stands in.
    pub feed: Feed,
    /// The entry itself, so that what is redacted later is not mailed.
    #[serde(default)]
    pub entry: Option<EntryId>,
    /// What it says.
    pub body: String,
    /// What its files are called.
    #[serde(default)]
    pub files: Vec<String>,
    /// What was written in the same feed soon after, in its order (N7).
    #[serde(default)]
    pub further: Vec<Further>,
}

/// An entry that names the recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// The feed it stands in.
    pub feed: Feed,
    /// The entry itself, so that what is redacted later is not mailed.
    #[serde(default)]
    pub entry: Option<EntryId>,
    /// What it says.
    pub body: String,
    /// What its files are called.
    #[serde(default)]
    pub files: Vec<String>,
    /// Whom it names.
    #[serde(skip)]
    pub people: Vec<PersonId>,
}

/// An entry that is told together with one before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Further {
    /// The entry itself, so that what is redacted later is not mailed.
    #[serde(default)]
    pub entry: Option<EntryId>,
    /// When it was written.
    pub at: Instant,
    /// Who wrote it.
    pub by: ActorFacts,
    /// What it says.
    pub body: String,
    /// What its files are called.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A request for a root cause analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RcaRequest {
    /// What was asked.
    #[serde(default, deserialize_with = "words")]
    pub note: Option<String>,
    /// When its window ends (E6), if the calendar knows.
    #[serde(default)]
    pub due_at: Option<Instant>,
}

/// A delivered root cause analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// The analysis.
    pub body: String,
    /// What its files are called.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A request for a higher priority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Why.
    pub note: String,
    /// The priority that is asked for.
    pub priority: Priority,
}

/// A decided request for a priority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Whether it was granted.
    pub granted: bool,
    /// The reason.
    #[serde(default, deserialize_with = "words")]
    pub note: Option<String>,
    /// The priority that was asked for.
    pub priority: Priority,
}

/// A next step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is to be done.
    pub what: String,
    /// Who does it.
    pub who: String,
    /// By when; the new date if it was promised anew.
    pub due_at: Instant,
    /// Why it was promised anew.
    #[serde(default, deserialize_with = "words")]
    pub reason: Option<String>,
}

/// A submitted escalation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submitted {
    /// The label of its reason.
    pub reason: String,
    /// What the requester wrote.
    #[serde(default, deserialize_with = "words")]
    pub details: Option<String>,
}

/// An escalation that got an owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claimed {
    /// The owner's name.
    pub owner: String,
}

/// An accepted escalation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The answer to the requester.
    #[serde(default, deserialize_with = "words")]
    pub reply: Option<String>,
    /// Its place in the queue, 1 to 5 (M6).
    #[serde(default)]
    pub rank: Option<i64>,
    /// What was promised.
    #[serde(default)]
    pub next_steps: Vec<Step>,
}

/// A declined escalation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declined {
    /// The criteria that were not met.
    pub reasons: Vec<FindingCode>,
    /// The answer to the requester.
    #[serde(default, deserialize_with = "words")]
    pub reply: Option<String>,
    /// How many calls that were asked for are canceled with it.
    #[serde(default)]
    pub calls: usize,
}

/// A withdrawn escalation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Why.
    #[serde(default, deserialize_with = "words")]
    pub note: Option<String>,
    /// How many calls that were asked for are canceled with it.
    #[serde(default)]
    pub calls: usize,
}

/// A closed escalation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// How it ended.
    pub outcome: String,
    /// What was done.
    #[serde(default, deserialize_with = "words")]
    pub summary: Option<String>,
    /// How many calls that were asked for are canceled with it.
    #[serde(default)]
    pub calls: usize,
}

/// A callback (M12).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallFacts {
    /// The number to call.
    pub phone: String,
    /// When its window begins.
    pub begins_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// IANA name of the zone by whose clock the window was chosen.
    pub time_zone: String,
    /// The name of whoever makes the call.
    #[serde(default)]
    pub owner: Option<String>,
    /// What it is about; of one that was moved, missed or called off, why.
    #[serde(default, deserialize_with = "words")]
    pub note: Option<String>,
    /// What was said.
    #[serde(default, deserialize_with = "words")]
    pub summary: Option<String>,
    /// The entry that says so, so that what is redacted later is not mailed.
    #[serde(default)]
    pub entry: Option<EntryId>,
    /// Who asked for it.
    #[serde(skip)]
    pub asked_by: Option<PersonId>,
    /// Who makes it.
    #[serde(skip)]
    pub caller: Option<PersonId>,
}

/// A case that becomes eligible for escalation (M9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// When.
    pub eligible_at: Instant,
    /// What prevents it.
    pub prevented_by: Prevention,
    /// The labels of the reasons for which it does.
    pub reasons: Vec<String>,
}

impl About {
    /// Reads the facts of a `kind` from JSON; keys that this kind does not tell are ignored.
    ///
    /// # Errors
    /// Which key is missing or of another type.
    pub fn parse(kind: NoticeKind, facts: Value) -> Result<Self, serde_json::Error> {
        let mut facts = match facts {
            Value::Null => serde_json::Map::new(),
            other => serde_json::from_value(other)?,
        };
        facts.insert("kind".into(), kind.as_str().into());
        serde_json::from_value(Value::Object(facts))
    }

    /// The kind of notice that tells this.
    pub const fn kind(&self) -> NoticeKind {
        match self {
            Self::CaseOpened(_) => NoticeKind::CaseOpened,
            Self::CaseClosed(_) => NoticeKind::CaseClosed,
            Self::CaseReopened(_) => NoticeKind::CaseReopened,
            Self::CaseAssigned => NoticeKind::CaseAssigned,
            Self::EntryPosted(_) => NoticeKind::EntryPosted,
            Self::Mentioned(_) => NoticeKind::Mentioned,
            Self::RcaRequested(_) => NoticeKind::RcaRequested,
            Self::RcaDelivered(_) => NoticeKind::RcaDelivered,
            Self::PriorityRequested(_) => NoticeKind::PriorityRequested,
            Self::PriorityDecided(_) => NoticeKind::PriorityDecided,
            Self::StepPromised(_) => NoticeKind::StepPromised,
            Self::StepDone(_) => NoticeKind::StepDone,
            Self::StepMissed(_) => NoticeKind::StepMissed,
            Self::StepRepromised(_) => NoticeKind::StepRepromised,
            Self::EscalationSubmitted(_) => NoticeKind::EscalationSubmitted,
            Self::EscalationClaimed(_) => NoticeKind::EscalationClaimed,
            Self::EscalationAccepted(_) => NoticeKind::EscalationAccepted,
            Self::EscalationDeclined(_) => NoticeKind::EscalationDeclined,
            Self::EscalationWithdrawn(_) => NoticeKind::EscalationWithdrawn,
            Self::EscalationClosed(_) => NoticeKind::EscalationClosed,
            Self::EscalationRatingAsked(_) => NoticeKind::EscalationRatingAsked,
            Self::TargetReminder(_) => NoticeKind::TargetReminder,
            Self::TargetMissed(_) => NoticeKind::TargetMissed,
            Self::CallbackRequested(_) => NoticeKind::CallbackRequested,
            Self::CallbackTaken(_) => NoticeKind::CallbackTaken,
            Self::CallbackRescheduled(_) => NoticeKind::CallbackRescheduled,
            Self::CallbackDue(_) => NoticeKind::CallbackDue,
            Self::CallbackCompleted(_) => NoticeKind::CallbackCompleted,
            Self::CallbackMissed(_) => NoticeKind::CallbackMissed,
            Self::CallbackCanceled(_) => NoticeKind::CallbackCanceled,
            Self::RadarWarning(_) => NoticeKind::RadarWarning,
        }
    }

    /// The feed of an entry.
    pub const fn feed(&self) -> Option<Feed> {
        match self {
            Self::EntryPosted(entry) => Some(entry.feed),
            Self::Mentioned(mention) => Some(mention.feed),
            _ => None,
        }
    }

    /// Who is named as the one who does what is promised (M7).
    pub fn promised_to(&self) -> Vec<&str> {
        match self {
            Self::StepPromised(step)
            | Self::StepDone(step)
            | Self::StepMissed(step)
            | Self::StepRepromised(step) => vec![&step.who],
            Self::EscalationAccepted(accepted) => accepted
                .next_steps
                .iter()
                .map(|step| step.who.as_str())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The target that it tells of.
    pub const fn target(&self) -> Option<&TargetFacts> {
        match self {
            Self::TargetReminder(target) | Self::TargetMissed(target) => Some(target),
            _ => None,
        }
    }

    /// The entry whose words are repeated.
    pub const fn entry(&self) -> Option<EntryId> {
        match self {
            Self::EntryPosted(entry) => entry.entry,
            Self::Mentioned(mention) => mention.entry,
            Self::CallbackCompleted(call) => call.entry,
            _ => None,
        }
    }

    /// Whom the entry names that it tells of.
    pub fn mentioned(&self) -> &[PersonId] {
        match self {
            Self::Mentioned(mention) => &mention.people,
            _ => &[],
        }
    }

    /// The callback that it tells of.
    pub const fn call(&self) -> Option<&CallFacts> {
        match self {
            Self::CallbackRequested(call)
            | Self::CallbackTaken(call)
            | Self::CallbackRescheduled(call)
            | Self::CallbackDue(call)
            | Self::CallbackCompleted(call)
            | Self::CallbackMissed(call)
            | Self::CallbackCanceled(call) => Some(call),
            _ => None,
        }
    }
}

/// Words that somebody may have left out: nothing, or nothing but white space, is absent.
pub(super) fn words<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}
