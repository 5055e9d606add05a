//! The page of one escalation: request, assessment then and now, both feeds and history; with every verb for its owner,
//! withdrawal and rating for who requested it, and none for who only reads.

mod act;
mod panel;
mod record;
mod show;
mod targets;

use serde::Serialize;

use super::case::LiveLink;
use super::parts::{
    CallList, CaseFeed, EscalationFeed, Event, Fact, Foot, Panel, PersonView, StepList, WaitView,
};
use crate::domain::Instant;
use crate::domain::case::{Priority, Status};
use crate::domain::eligibility::{Assessment, Severity, Verdict};
use crate::domain::escalation::State;
use crate::words::Catalogue;
use crate::words::assessment::{AssessmentView, FindingView};

pub(super) use act::routes;
#[cfg(test)]
pub(crate) use show::HISTORY_KINDS;
pub(super) use show::show_again;
pub use targets::TargetView;

/// The page of one escalation.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewPage {
    /// Where it is told what happens on it.
    pub live: LiveLink,
    /// `E-000045`.
    pub number: String,
    /// Its state.
    pub state: State,
    /// Its rank, once it is accepted.
    pub rank: Option<u8>,
    /// `C-000123`.
    pub case_number: String,
    /// The case's page.
    pub case_href: String,
    /// The case's subject.
    pub subject: String,
    /// The case's priority.
    pub priority: Priority,
    /// The case's status.
    pub status: Status,
    /// Who waits for whom.
    pub wait: WaitView,
    /// A verb that asks for something first.
    pub panel: Option<Panel>,
    /// What was submitted, and what became of it.
    pub request: RequestView,
    /// The assessment at submission and now.
    pub assessment: ThenNow,
    /// The technical record of the case.
    pub case_feed: CaseFeed,
    /// The communication about this escalation, and about past ones of the case.
    pub escalations: EscalationFeed,
    /// What is to be done in time.
    pub targets: Vec<TargetView>,
    /// Promised next steps.
    pub steps: StepList,
    /// Calls that were asked for, and how to ask for one.
    pub calls: Option<CallList>,
    /// What the facts are about.
    pub facts_title: String,
    /// The facts of escalation and case.
    pub facts: Vec<Fact>,
    /// What happened to the escalation, newest first.
    pub history: Vec<Event>,
    /// Why, and what can be done.
    pub foot: Foot,
}

/// What was submitted, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct RequestView {
    /// The reason's label.
    pub reason: String,
    /// Who submitted it.
    pub by: PersonView,
    /// When.
    pub at: Instant,
    /// What its questions were answered.
    pub answers: Vec<AnswerView>,
    /// The details, Markdown.
    pub details: String,
    /// What was acknowledged, as sentences.
    pub acknowledged: Vec<String>,
    /// Decline reasons, outcome, summary.
    pub verdict: Option<VerdictView>,
    /// The rating.
    pub rating: Option<RatingView>,
}

/// A question and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerView {
    /// What was asked.
    pub label: String,
    /// What was answered, in words.
    pub text: String,
}

/// What became of an escalation.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictView {
    /// "Declined", "Closed: solved".
    pub title: String,
    /// The reasons, as sentences.
    pub lines: Vec<String>,
    /// The summary, Markdown; may be empty.
    pub words: String,
}

/// How the requester rated it (M11).
#[derive(Clone, Debug, Serialize)]
pub struct RatingView {
    /// 1 to 5.
    pub score: u8,
    /// May be empty.
    pub comment: String,
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
