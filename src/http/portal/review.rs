//! What the page of a case has of one of its escalations: the assessment then and now, targets and history; with every verb for
//! its owner, withdrawal and rating for who requested it, and none for who only reads. The page is put together in
//! [`super::case_page`].

mod act;
mod beside;
mod earlier;
mod panel;
mod past;
mod record;
mod targets;

use serde::Serialize;

use super::parts::{Event, Fact, Link};
use crate::domain::Instant;
use crate::domain::eligibility::{Assessment, Severity, Verdict};
use crate::domain::escalation::State;
use crate::words::Catalogue;
use crate::words::assessment::{AssessmentView, FindingView};

pub(super) use act::routes;
#[cfg(test)]
pub(crate) use beside::HISTORY_KINDS;
pub(super) use beside::beside;
pub use earlier::{EarlierRow, EarlierView};
pub(super) use panel::panel;
pub(super) use record::Record;
pub use targets::TargetView;

/// What stands beside the feeds about one escalation: where it is, what is to be decided on it and what is to be done in
/// time.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewView {
    /// `E-000045`.
    pub number: String,
    /// Its state.
    pub state: State,
    /// Its rank, once it is accepted.
    pub rank: Option<u8>,
    /// What is known of it: who owns it, how important and urgent it is, and since when.
    pub facts: Vec<Fact>,
    /// What is done at once, without asking for anything: its address and what its button says.
    pub at_once: Option<Link>,
    /// What else its reviewers may do with it now, the main one last.
    pub acts: Vec<Link>,
    /// The assessment at submission and now.
    pub assessment: ThenNow,
    /// What was escalated before on cases of the organization, for who decides.
    pub earlier: Option<EarlierView>,
    /// What is to be done in time.
    pub targets: Vec<TargetView>,
    /// What happened to it, newest first.
    pub history: Vec<Event>,
}

/// The assessment as the requester saw it, and now (E13).
#[derive(Clone, Debug, Serialize)]
pub struct ThenNow {
    /// When it was submitted.
    pub then_at: Instant,
    /// The verdict then.
    pub then_verdict: Verdict,
    /// The verdict now.
    pub now_verdict: Verdict,
    /// Whether they differ.
    pub verdict_changed: bool,
    /// Whether anything differs.
    pub changed: bool,
    /// Whether it is shown at once: while the review is to be decided.
    pub open: bool,
    /// The facts of the case, then and now.
    pub facts: Vec<FactThenNow>,
    /// The findings of both, in the order of the rules.
    pub findings: Vec<FindingThenNow>,
}

/// A fact then and now.
#[derive(Clone, Debug, Serialize)]
pub struct FactThenNow {
    /// What it is.
    pub label: String,
    /// Its value then.
    pub then: String,
    /// Its value now.
    pub now: String,
    /// Whether they differ.
    pub changed: bool,
}

impl FactThenNow {
    /// A fact with both its values.
    pub fn new(label: impl Into<String>, then: impl Into<String>, now: impl Into<String>) -> Self {
        let (then, now) = (then.into(), now.into());
        Self {
            label: label.into(),
            changed: then != now,
            then,
            now,
        }
    }
}

/// A finding with what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct FindingThenNow {
    /// Its sentence, of now where it still applies.
    pub message: String,
    /// What it does.
    pub severity: Severity,
    /// `same`, `new` or `gone`; members of the family `change`.
    pub change: &'static str,
}

/// The members of the family `change`.
#[cfg(test)]
pub(crate) const CHANGES: [&str; 3] = ["same", "new", "gone"];

impl ThenNow {
    /// Puts two assessments side by side; `facts` are the case's, already compared.
    pub fn new(
        words: &Catalogue,
        then: &Assessment,
        now: &Assessment,
        facts: Vec<FactThenNow>,
    ) -> Self {
        let (before, after) = (
            AssessmentView::new(words, then),
            AssessmentView::new(words, now),
        );
        let known = |among: &[FindingView], one: &FindingView| {
            among.iter().any(|other| other.code == one.code)
        };
        let row = |finding: &FindingView, change| FindingThenNow {
            message: finding.message.clone(),
            severity: finding.severity,
            change,
        };
        let mut codes = Vec::new();
        for finding in &after.findings {
            let change = if known(&before.findings, finding) {
                "same"
            } else {
                "new"
            };
            codes.push((finding.code, row(finding, change)));
        }
        for finding in before
            .findings
            .iter()
            .filter(|finding| !known(&after.findings, finding))
        {
            codes.push((finding.code, row(finding, "gone")));
        }
        codes.sort_by_key(|(code, _)| *code);
        let findings: Vec<_> = codes.into_iter().map(|(_, row)| row).collect();
        let verdict_changed = then.verdict != now.verdict;
        let changed = verdict_changed
            || facts.iter().any(|fact| fact.changed)
            || findings.iter().any(|finding| finding.change != "same");
        Self {
            then_at: then.at,
            then_verdict: then.verdict,
            now_verdict: now.verdict,
            verdict_changed,
            changed,
            open: true,
            facts,
            findings,
        }
    }
}
