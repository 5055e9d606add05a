//! What was said is kept beside its event, where it can be taken away (F4); the event keeps a hash of it, so that the chain
//! covers what was said as well.
//!
//! Each hash is made with a salt of its own, which is kept with the words and goes with them: whoever reads the chain
//! cannot guess a short text from its hash.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::chain::canonical;
use crate::domain::closed_enum;
use crate::domain::ids::{
    CallbackId, CaseId, CaseNumber, EntryId, EscalationId, NextStepId, PriorityRequestId,
};

/// Stands before everything that is hashed.
const SCHEME: &str = "casebell said 1";

/// Stands in the place of the hash of what was taken back: no hash is written so.
const TAKEN_BACK: &str = "taken back";

/// Something that holds words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A case: its subject and description.
    Case(CaseId),
    /// An entry of a feed.
    Entry(EntryId),
    /// An escalation: what was asked and answered, and the assessment.
    Escalation(EscalationId),
    /// A request for a priority.
    PriorityRequest(PriorityRequestId),
    /// A promised next step.
    NextStep(NextStepId),
    /// A callback: the number, and what was written with it.
    Callback(CallbackId),
}

/// As it stands in events: `entry/<id>`.
impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(id) => write!(f, "case/{id}"),
            Self::Entry(id) => write!(f, "entry/{id}"),
            Self::Escalation(id) => write!(f, "escalation/{id}"),
            Self::PriorityRequest(id) => write!(f, "priority_request/{id}"),
            Self::NextStep(id) => write!(f, "next_step/{id}"),
            Self::Callback(id) => write!(f, "callback/{id}"),
        }
    }
}

/// A new salt: 128 bits of chance, as text.
pub fn new_salt() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// The hash of a thing's words under a salt: SHA-256, 64 hexadecimal digits. However the parts are ordered, it is the same.
pub fn hash(salt: &str, thing: Thing, words: &Value) -> String {
    let digest = Sha256::new()
        .chain_update(SCHEME)
        .chain_update([b'\n'])
        .chain_update(salt)
        .chain_update([b'\n'])
        .chain_update(thing.to_string())
        .chain_update([b'\n'])
        .chain_update(canonical(words))
        .finalize();
    hex::encode(digest)
}

/// What was said with an event: things, and the hashes of their words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(BTreeMap<String, Option<String>>);

impl Said {
    /// A thing and the hash of its words.
    pub fn of(thing: Thing, hash: String) -> Self {
        Self(BTreeMap::from([(thing.to_string(), Some(hash))]))
    }

    /// A thing whose words are gone.
    pub fn redacted(thing: Thing) -> Self {
        Self(BTreeMap::from([(thing.to_string(), None)]))
    }

    /// A thing that was taken back, with all that it said: it is not there any more, and that is right.
    pub fn taken_back(thing: Thing) -> Self {
        Self::of(thing, TAKEN_BACK.to_owned())
    }

    /// Whether what an event has of a thing says that it was taken back.
    pub fn is_taken_back(hash: Option<&str>) -> bool {
        hash == Some(TAKEN_BACK)
    }

    /// Both; of one thing, what the other says.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As an event has it: `{"entry/<id>": "<hash>"}`, null where the words are gone. None if nothing was said.
    pub fn fields(&self) -> Option<Map<String, Value>> {
        let fields = self.0.iter();
        (!self.is_empty()).then(|| {
            fields
                .map(|(thing, hash)| (thing.clone(), hash.clone().map_or(Value::Null, Value::from)))
                .collect()
        })
    }
}

closed_enum! {
    /// What is wrong with something that was said.
    pub enum FaultKind {
        /// It does not say what was recorded.
        Changed = "changed",
        /// It was recorded, and is not there.
        Missing = "missing",
        /// It is there, and was never recorded.
        NotRecorded = "not recorded",
    }
}

/// Something that was said and is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// On which case; none if the case itself is gone.
    pub case: Option<CaseNumber>,
    /// What: `entry/<id>`.
    pub thing: String,
    /// How.
    pub kind: FaultKind,
}

/// What a comparison of all that was said with its events has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many things are as they were recorded.
    pub covered: usize,
    /// How many no event covers, for they were said before events had hashes.
    pub older: usize,
    /// What is not as it was recorded.
    pub faults: Vec<Fault>,
}
