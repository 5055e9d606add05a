//! Drafts: what somebody has begun to write, kept until it is sent, so that it is there after a crash, on another machine, or
//! once a session has ended. Each has a place, and is its writer's alone.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

use super::ids::{CaseRef, EscalationRef, MalformedId};
use crate::domain::closed_enum;

/// How many drafts one person keeps where they act. Of more, those go that were not written on for the longest time.
pub const MOST_DRAFTS: usize = 50;

/// How long a draft is kept that nobody writes on.
pub const KEPT_FOR: TimeDelta = TimeDelta::weeks(6);

closed_enum! {
    /// What is written on a case.
    pub enum OnCase as "DraftOnCase" {
        /// An entry of its feed.
        Feed = "feed",
        /// The details of an escalation's request.
        Escalate = "escalate",
        /// The root cause analysis.
        Rca = "rca",
    }
}

closed_enum! {
    /// What is written on an escalation.
    pub enum OnEscalation as "DraftOnEscalation" {
        /// An entry of its feed.
        Feed = "feed",
        /// The answer that accepts it.
        Accept = "accept",
        /// The answer that declines it.
        Decline = "decline",
    }
}

/// Where something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftPlace {
    /// The description of a case that is not opened yet.
    NewCase,
    /// On a case.
    Case(CaseRef, OnCase),
    /// On an escalation.
    Escalation(EscalationRef, OnEscalation),
}

/// What the place is called of a case that is not opened yet.
const NEW_CASE: &str = "new-case";
/// What stands before a case and an escalation.
const CASE: &str = "case";
const ESCALATION: &str = "escalation";

/// As it stands in addresses and rows: `case:C-000123:feed`.
impl fmt::Display for DraftPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewCase => f.write_str(NEW_CASE),
            Self::Case(case, what) => write!(f, "{CASE}:{case}:{what}"),
            Self::Escalation(escalation, what) => write!(f, "{ESCALATION}:{escalation}:{what}"),
        }
    }
}

impl FromStr for DraftPlace {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || MalformedId(text.to_owned());
        if text == NEW_CASE {
            return Ok(Self::NewCase);
        }
        let mut parts = text.splitn(3, ':');
        let (Some(of), Some(thing), Some(what)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        match of {
            CASE => Ok(Self::Case(
                thing.parse()?,
                what.parse().map_err(|_| malformed())?,
            )),
            ESCALATION => Ok(Self::Escalation(
                thing.parse()?,
                what.parse().map_err(|_| malformed())?,
            )),
            _ => Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in [
            "new-case",
            "case:C-000123:feed",
            "case:C-000001:escalate",
            "case:C-000001:rca",
            "escalation:E-000045:feed",
            "escalation:E-000045:accept",
            "escalation:0190163d-8694-739b-aea5-966c26f8ad91:decline",
        ] {
            let place: DraftPlace = text.parse().expect(text);
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "case",
            "case:C-000123",
            "case:E-000123:feed",
            "case:C-000123:accept",
            "escalation:E-000045:rca",
            "case:C-000123:feed:more",
            "people:C-000123:feed",
        ] {
            assert!(text.parse::<DraftPlace>().is_err(), "{text}");
        }
    }
}
