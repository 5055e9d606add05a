//! The figures of the criteria: rows that an administrator changes (E12).

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::UnknownValue;
use crate::domain::case::{BusinessImpact, Deployment, Priority};

/// The figures of the criteria.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long after the provider's last update a case is stale, in elapsed hours (E7).
    pub staleness_hours: u32,
    /// How recent an update must be to be acknowledged, in elapsed hours (E9).
    pub acknowledgement_hours: u32,
    /// How long an RCA may take in the cloud, in business days (E6).
    pub rca_days_cloud: u32,
    /// How long an RCA may take on premise, in business days (E6).
    pub rca_days_premise: u32,
    /// The least priority that can be escalated (E4).
    pub minimum_priority: Priority,
    /// The least priority that waits until it is stale, and needs the impact (E7).
    pub staleness_wait_from: Priority,
    /// The least impact that a waiting priority needs (E7).
    pub required_impact: BusinessImpact,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            staleness_hours: 24,
            acknowledgement_hours: 24,
            rca_days_cloud: 5,
            rca_days_premise: 7,
            minimum_priority: Priority::Medium,
            staleness_wait_from: Priority::High,
            required_impact: BusinessImpact::Significant,
        }
    }
}

/// Why a policy row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// There is no such policy.
    #[error("“{0}” is not a policy")]
    UnknownKey(String),
    /// The value is not a number, or none that makes sense here.
    #[error("“{value}” is not a whole number from 1 to {max}")]
    NotANumber {
        /// What was given.
        value: String,
        /// The greatest number allowed.
        max: u32,
    },
    /// The value is not one of those known.
    #[error(transparent)]
    UnknownValue(#[from] UnknownValue),
}

/// The longest window in hours, and in days: a year.
const MAX_HOURS: u32 = 24 * 366;
const MAX_DAYS: u32 = 366;

/// What the least priority may be: the database refuses to escalate what is below (E12, E14).
pub const MINIMUM_PRIORITIES: &[&str] = &[Priority::Medium.as_str(), Priority::High.as_str()];

impl Policy {
    /// The keys of the rows.
    pub const KEYS: [&'static str; 7] = [
        "staleness_hours",
        "acknowledgement_hours",
        "rca_days_cloud",
        "rca_days_premise",
        "minimum_priority",
        "staleness_wait_from",
        "required_impact",
    ];

    /// The value of a row as text.
    pub fn get(&self, key: &str) -> Option<String> {
        match key {
            "staleness_hours" => Some(self.staleness_hours.to_string()),
            "acknowledgement_hours" => Some(self.acknowledgement_hours.to_string()),
            "rca_days_cloud" => Some(self.rca_days_cloud.to_string()),
            "rca_days_premise" => Some(self.rca_days_premise.to_string()),
            "minimum_priority" => Some(self.minimum_priority.to_string()),
            "staleness_wait_from" => Some(self.staleness_wait_from.to_string()),
            "required_impact" => Some(self.required_impact.to_string()),
            _ => None,
        }
    }

    /// Sets the value of a row from text.
    ///
    /// # Errors
    /// If there is no such key, or it cannot have this value; the policy is then unchanged.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), PolicyError> {
        match key {
            "staleness_hours" => self.staleness_hours = number(value, MAX_HOURS)?,
            "acknowledgement_hours" => self.acknowledgement_hours = number(value, MAX_HOURS)?,
            "rca_days_cloud" => self.rca_days_cloud = number(value, MAX_DAYS)?,
            "rca_days_premise" => self.rca_days_premise = number(value, MAX_DAYS)?,
            "minimum_priority" => self.minimum_priority = minimum_priority(value)?,
            "staleness_wait_from" => self.staleness_wait_from = Priority::from_str(value)?,
            "required_impact" => self.required_impact = BusinessImpact::from_str(value)?,
            unknown => return Err(PolicyError::UnknownKey(unknown.to_owned())),
        }
        Ok(())
    }

    /// The policy that rows of key and value describe, over the defaults.
    ///
    /// # Errors
    /// The first row that cannot be read.
    pub fn from_rows<'a>(
        rows: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        for (key, value) in rows {
            policy.set(key, value)?;
        }
        Ok(policy)
    }

    /// Whether a case of this priority waits until it is stale, and needs the impact (E7). One that is below the least priority
    /// is not eligible anyway, and `E7` says nothing about it.
    pub fn makes_wait(&self, priority: Priority) -> bool {
        priority >= self.minimum_priority && priority >= self.staleness_wait_from
    }

    /// How many business days an RCA may take (E6).
    pub const fn rca_days(&self, deployment: Deployment) -> u32 {
        match deployment {
            Deployment::Cloud => self.rca_days_cloud,
            Deployment::Premise => self.rca_days_premise,
        }
    }
}

/// It may be raised, and never lowered below what the database takes (E12).
fn minimum_priority(value: &str) -> Result<Priority, PolicyError> {
    if !MINIMUM_PRIORITIES.contains(&value) {
        let (value, allowed) = (value.to_owned(), MINIMUM_PRIORITIES);
        return Err(UnknownValue { value, allowed }.into());
    }
    Ok(Priority::from_str(value)?)
}

/// A window without any length would be none (E12).
fn number(value: &str, max: u32) -> Result<u32, PolicyError> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits
        .then(|| value.parse().ok())
        .flatten()
        .filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| PolicyError::NotANumber {
        value: value.to_owned(),
        max,
    })
}
