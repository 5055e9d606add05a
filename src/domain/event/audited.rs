//! What is audited of something that happened: its kind, and the fields of the thing as they were and as they are.

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::{Error, Map, Value};

use crate::domain::audit::EventKind;
use crate::domain::history::difference;
use crate::domain::ids::EventId;

/// The audited fields of a thing before it changed and after.
#[derive(Clone, Debug)]
pub(crate) struct Changed<F> {
    pub(crate) before: F,
    pub(crate) after: F,
}

impl<F> Changed<F> {
    /// Both sides, each as `fields` makes it of them.
    pub(super) fn map<G>(&self, fields: impl Fn(&F) -> G) -> Changed<G> {
        Changed {
            before: fields(&self.before),
            after: fields(&self.after),
        }
    }
}

/// What is audited of one thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Audited {
    pub(crate) kind: EventKind,
    pub(crate) before: Option<Map<String, Value>>,
    pub(crate) after: Option<Map<String, Value>>,
}

impl Audited {
    /// Something came to be, or was done: these are its fields.
    ///
    /// # Errors
    /// Facts that are no object of JSON; so for all of these functions.
    pub(super) fn added(kind: EventKind, fields: &impl Serialize) -> Result<Self, Error> {
        Ok(Self {
            kind,
            before: None,
            after: Some(object(fields)?),
        })
    }

    /// Something is gone: these were its fields.
    pub(super) fn removed(kind: EventKind, fields: &impl Serialize) -> Result<Self, Error> {
        Ok(Self {
            kind,
            before: Some(object(fields)?),
            after: None,
        })
    }

    /// These fields stood before it, and those after it, whether they differ or not.
    pub(super) fn replaced(
        kind: EventKind,
        before: &impl Serialize,
        after: &impl Serialize,
    ) -> Result<Self, Error> {
        Ok(Self {
            kind,
            before: Some(object(before)?),
            after: Some(object(after)?),
        })
    }

    /// And this field after it.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let after = self.after.get_or_insert_default();
        after.insert(name.to_owned(), value.into());
        self
    }

    /// The fields that have changed; nothing is audited if none has.
    pub(super) fn changed<F: Serialize>(
        kind: EventKind,
        fields: &Changed<F>,
    ) -> Result<Option<Self>, Error> {
        let changed = difference(&object(&fields.before)?, &object(&fields.after)?);
        Ok(changed.map(|(before, after)| Self {
            kind,
            before: Some(before),
            after: Some(after),
        }))
    }
}

fn object(fields: &impl Serialize) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(fields)? {
        Value::Object(fields) => Ok(fields),
        other => Err(Error::custom(format!("no object: {other}"))),
    }
}

/// A thing as the subject of an event.
pub(crate) fn subject(id: &uuid::Uuid) -> Option<EventId> {
    Some(EventId::from_uuid(*id))
}
