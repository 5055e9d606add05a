//! Eligibility: the assessment of a case at an instant (section 4). The one implementation of every criterion; the
//! button, the form, the API, the enforcement, the review page and the radar all ask here.

mod assess;
mod facts;
mod finding;
mod policy;
mod window;

use serde::{Deserialize, Serialize};

pub use assess::assess;
pub use facts::{ActiveEscalation, CaseFacts, Promise};
pub use finding::{Finding, FindingCode, FindingFacts, Remedy, Severity};
pub use policy::{MINIMUM_PRIORITIES, Policy, PolicyError};
pub use window::{rca_due_at, replay};

use super::Instant;
pub use super::case::Rca;
use super::ids::CaseNumber;
use crate::domain::closed_enum;

closed_enum! {
    /// What an assessment comes to.
    pub enum Verdict {
        /// The case can be escalated for this reason.
        Eligible = "eligible",
        /// It can, once the findings of the double-check are acknowledged (E9).
        NeedsAcknowledgement = "needs_acknowledgement",
        /// It cannot.
        Ineligible = "ineligible",
    }
}

/// The evaluated escalation criteria of one case, for one reason, at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The case.
    pub case: CaseNumber,
    /// The code of the reason.
    pub reason: String,
    /// The instant for which it was decided.
    pub at: Instant,
    /// What it comes to.
    pub verdict: Verdict,
    /// Every finding that applies, in the order of the rules.
    pub findings: Vec<Finding>,
}

/// How an assessment differs from an earlier one (E13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Findings that have come.
    pub appeared: Vec<FindingCode>,
    /// Findings that have gone.
    pub gone: Vec<FindingCode>,
}

impl Assessment {
    /// The instant at which the case becomes eligible, present when only time is missing: the latest of the blocking
    /// findings' own.
    pub fn eligible_at(&self) -> Option<Instant> {
        let each: Option<Vec<Instant>> =
            self.blocking().map(|finding| finding.eligible_at).collect();
        each?.into_iter().max()
    }

    /// The findings that keep the case from being escalated.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.of_severity(Severity::Blocking)
    }

    /// The findings that a submission must acknowledge (E9).
    pub fn to_acknowledge(&self) -> impl Iterator<Item = &Finding> {
        self.of_severity(Severity::Acknowledge)
    }

    /// The findings that a submission with these acknowledgements leaves out (E9).
    pub fn unacknowledged<'a>(
        &'a self,
        given: &'a [FindingCode],
    ) -> impl Iterator<Item = &'a Finding> {
        self.to_acknowledge()
            .filter(|finding| !given.contains(&finding.code))
    }

    /// Whether a finding applies.
    pub fn finds(&self, code: FindingCode) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// What has changed since `then` (E13).
    pub fn changes_since(&self, then: &Self) -> Changes {
        let missing_in = |other: &Self, own: &Self| {
            own.findings
                .iter()
                .map(|finding| finding.code)
                .filter(|code| !other.finds(*code))
                .collect()
        };
        Changes {
            appeared: missing_in(then, self),
            gone: missing_in(self, then),
        }
    }

    /// The assessment for somebody who may not see escalations: it says that one is active, and not which (E3).
    #[must_use]
    pub fn naming_no_escalation(mut self) -> Self {
        for finding in &mut self.findings {
            if finding.code == FindingCode::ActiveEscalation {
                finding.facts.clear();
                finding.remedy = None;
            }
        }
        self
    }

    fn of_severity(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.severity == severity)
    }
}

#[cfg(test)]
mod tests;
