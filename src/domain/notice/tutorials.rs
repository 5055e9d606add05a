//! What letters tell of tutorials (H1).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::about::words;
use crate::domain::Instant;
use crate::domain::tutorial::Reminder;

/// A tutorial as letters name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TutorialFacts {
    /// The tutorial.
    pub tutorial: Uuid,
    /// What it is called.
    pub title: String,
    /// When it begins.
    pub starts_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// IANA name of the zone in which it takes place.
    pub time_zone: String,
    /// Where; none for a reader who is not told.
    #[serde(default)]
    pub place: Option<String>,
    /// Whether that is a link.
    #[serde(default)]
    pub by_link: bool,
}

/// Somebody has registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TutorialRegistered {
    /// The tutorial.
    #[serde(flatten)]
    pub tutorial: TutorialFacts,
    /// Whether they wait for a place.
    pub waiting: bool,
}

/// A tutorial takes place at another time, or elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TutorialMoved {
    /// The tutorial, as it stands now.
    #[serde(flatten)]
    pub tutorial: TutorialFacts,
    /// When it was to begin; none if that is as it was.
    #[serde(default)]
    pub began_at: Option<Instant>,
    /// Whether it takes place elsewhere.
    pub elsewhere: bool,
}

/// A tutorial was called off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TutorialCanceled {
    /// The tutorial.
    #[serde(flatten)]
    pub tutorial: TutorialFacts,
    /// Why.
    #[serde(default, deserialize_with = "words")]
    pub reason: Option<String>,
}

/// A tutorial begins soon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TutorialReminded {
    /// The tutorial.
    #[serde(flatten)]
    pub tutorial: TutorialFacts,
    /// Which reminder it is.
    pub reminder: Reminder,
}
