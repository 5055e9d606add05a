//! An assessment in words: a sentence for every finding, what to do about it, and what a disabled button says.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::time::{Times, relative};
use super::{Catalogue, Value};
use crate::domain::Instant;
use crate::domain::eligibility::{
    Assessment, Finding, FindingCode, FindingFacts, Remedy, Severity, Verdict,
};
use crate::domain::ids::CaseNumber;

/// An assessment as it is told, in the shape of section 4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Assessment)]
pub struct AssessmentView {
    /// The case.
    pub case: CaseNumber,
    /// The code of the reason.
    pub reason: String,
    /// The instant for which it was decided.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// What it comes to.
    pub verdict: Verdict,
    /// When the case becomes eligible; present when only time is missing.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub eligible_at: Option<Instant>,
    /// Every finding that applies, in the order of the rules.
    pub findings: Vec<FindingView>,
}

/// A finding as it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Finding)]
pub struct FindingView {
    /// What it says, stable.
    pub code: FindingCode,
    /// The rule it comes from.
    pub rule: String,
    /// What it does.
    pub severity: Severity,
    /// What it says, for people.
    pub message: String,
    /// What it was decided on.
    #[schema(value_type = Object)]
    pub facts: FindingFacts,
    /// What the person can do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remedy: Option<RemedyView>,
    /// When it stops blocking; present where only time is missing.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub eligible_at: Option<Instant>,
}

/// What the person can do about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Remedy)]
pub struct RemedyView {
    /// In words.
    pub text: String,
    /// Where, if there is a place for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub href: Option<String>,
}

impl AssessmentView {
    /// Puts an assessment into words.
    pub fn new(words: &Catalogue, assessment: &Assessment) -> Self {
        let told = |finding| FindingView::new(words, finding, assessment.case, assessment.at);
        Self {
            case: assessment.case,
            reason: assessment.reason.clone(),
            at: assessment.at,
            verdict: assessment.verdict,
            eligible_at: assessment.eligible_at(),
            findings: assessment.findings.iter().map(told).collect(),
        }
    }
}

impl FindingView {
    /// Puts a finding on `case` into words, its times told from `at`.
    pub fn new(words: &Catalogue, finding: &Finding, case: CaseNumber, at: Instant) -> Self {
        Self {
            code: finding.code,
            rule: finding.rule().to_owned(),
            severity: finding.severity,
            message: sentence(words, finding, at),
            facts: finding.facts.clone(),
            remedy: finding
                .remedy
                .map(|remedy| RemedyView::new(words, remedy, remedy.href(case, &finding.facts))),
            eligible_at: finding.eligible_at,
        }
    }
}

impl RemedyView {
    fn new(words: &Catalogue, remedy: Remedy, href: Option<String>) -> Self {
        let phone = [("phone", words.support_phone().into())];
        let text = match (remedy, &href) {
            (Remedy::ReopenCase, _) => words.say("remedy-reopen-case-or-call", &phone),
            // There is nothing to ask for in the portal (E5).
            (Remedy::ChangePriority, None) => words.say("remedy-call-for-priority", &phone),
            _ => words.say_of("remedy", remedy.as_str(), &[]),
        };
        Self { text, href }
    }
}

/// The sentence of a finding; its times are told from `at`.
pub fn sentence(words: &Catalogue, finding: &Finding, at: Instant) -> String {
    let facts = Facts {
        facts: &finding.facts,
        words,
        at,
    };
    match finding.code {
        FindingCode::CaseClosed => words.say("finding-case-closed", &[]),
        FindingCode::ActiveEscalation => match facts.text("number") {
            Some(number) => {
                let args = [
                    ("number", number.into()),
                    ("state", facts.member("state", "state-in")),
                ];
                words.say("finding-active-escalation", &args)
            }
            None => words.say("finding-active-escalation-unnamed", &[]),
        },
        FindingCode::LowPriority => {
            let args = [
                ("priority", facts.member("priority", "priority-in")),
                ("minimum", facts.member("minimum_priority", "priority-in")),
            ];
            words.say("finding-low-priority", &args)
        }
        FindingCode::UsePriorityChange => {
            let phone = [("phone", words.support_phone().into())];
            words.say("finding-use-priority-change", &phone)
        }
        FindingCode::RcaWindow => {
            let args = [
                ("requested", facts.relative("requested_at")),
                ("days", facts.number("business_days")),
                ("due", facts.relative("due_at")),
            ];
            words.say("finding-rca-window", &args)
        }
        FindingCode::RcaWindowUnknown => words.say(
            "finding-rca-window-unknown",
            &[("requested", facts.relative("requested_at"))],
        ),
        FindingCode::RcaNotRequested => words.say("finding-rca-not-requested", &[]),
        FindingCode::RcaDelivered => words.say(
            "finding-rca-delivered",
            &[("delivered", facts.relative("delivered_at"))],
        ),
        FindingCode::RecentlyUpdated => {
            let args = [
                ("updated", facts.relative("last_provider_update_at")),
                ("hours", facts.number("window_hours")),
                ("priority", facts.member("priority", "priority-in")),
            ];
            match facts.text("since") {
                Some("opening") => words.say("finding-recently-opened", &args),
                _ => words.say("finding-recently-updated", &args),
            }
        }
        FindingCode::ImpactNotSignificant => {
            let args = [
                ("priority", facts.member("priority", "priority-in")),
                ("impact", facts.member("business_impact", "impact-in")),
                ("required", facts.member("required_impact", "impact-in")),
            ];
            words.say("finding-impact-not-significant", &args)
        }
        FindingCode::CommitmentNotDue => commitment_not_due(words, &facts),
        FindingCode::UnreadUpdate => words.say(
            "finding-unread-update",
            &[("updated", facts.relative("last_provider_update_at"))],
        ),
        FindingCode::AwaitingYourInformation => words.say("finding-awaiting-your-information", &[]),
        FindingCode::ProviderUpdatedRecently => {
            let args = [("updated", facts.relative("last_provider_update_at"))];
            words.say("finding-provider-updated-recently", &args)
        }
        FindingCode::ThirdPartyEngaged => {
            let parties = facts.facts.get("engagements").and_then(Json::as_array);
            let names = parties.into_iter().flatten().filter_map(Json::as_str);
            let names: Vec<_> = names
                .map(|party| words.say_of("engagement", party, &[]))
                .collect();
            words.say(
                "finding-third-party-engaged",
                &[("parties", list(words, &names).into())],
            )
        }
    }
}

fn commitment_not_due(words: &Catalogue, facts: &Facts<'_>) -> String {
    match (facts.text("what"), facts.text("due_at")) {
        (Some(what), Some(_)) => {
            let args = [("what", what.into()), ("due", facts.relative("due_at"))];
            words.say("finding-commitment-promised", &args)
        }
        (None, Some(_)) => words.say(
            "finding-commitment-ahead",
            &[("due", facts.relative("due_at"))],
        ),
        _ => words.say("finding-commitment-none", &[]),
    }
}

/// "a", "a and b", "a, b and c".
pub fn list(words: &Catalogue, items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => {
            let args = [
                ("head", head.join(", ").into()),
                ("last", last.as_str().into()),
            ];
            words.say("list", &args)
        }
    }
}

/// What the *Escalate Case* button says beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// "Can be escalated in 3 h 12 min".
    pub text: String,
    /// "at 10:12 tomorrow, unless support updates the case before."; may be empty.
    pub detail: String,
    /// Whether it can be escalated now.
    pub enabled: bool,
    /// When it will be, if only time is missing.
    pub at: Option<Instant>,
}

/// What the button says about all reasons together: `assessments` come with their reasons' labels. It can be pressed as
/// soon as one of them passes; the earliest that only waits for time is the one to wait for.
pub fn outlook(
    words: &Catalogue,
    assessments: &[(&str, &Assessment)],
    times: &Times<'_>,
) -> Headline {
    let open: Vec<_> = assessments
        .iter()
        .filter(|(_, assessment)| assessment.verdict != Verdict::Ineligible)
        .map(|(label, _)| (*label).to_owned())
        .collect();
    if !open.is_empty() {
        let reasons = open.join(", ");
        return Headline {
            text: words.say("outlook-now", &[]),
            detail: words.say("outlook-now-reasons", &[("reasons", reasons.into())]),
            enabled: true,
            at: None,
        };
    }
    let waits =
        |(_, one): &(&str, &Assessment)| one.eligible_at().map(|at| (at, last_to_pass(one)));
    match assessments
        .iter()
        .filter_map(waits)
        .min_by_key(|(at, _)| *at)
    {
        Some((at, code)) => Headline {
            text: words.say("outlook-later", &[("in", times.relative(at).into())]),
            detail: later(words, code, &times.clock(at)),
            enabled: false,
            at: Some(at),
        },
        None => blocked(words, assessments.iter().map(|(_, assessment)| *assessment)),
    }
}

/// What a reason says beside its name.
pub fn headline(words: &Catalogue, assessment: &Assessment, times: &Times<'_>) -> String {
    match (assessment.verdict, assessment.eligible_at()) {
        (Verdict::Eligible, _) => words.say("reason-now", &[]),
        (Verdict::NeedsAcknowledgement, _) => words.say("reason-double-check", &[]),
        (Verdict::Ineligible, Some(at)) => {
            let args = [
                ("in", times.relative(at).into()),
                ("at", times.clock(at).into()),
            ];
            words.say("reason-later", &args)
        }
        (Verdict::Ineligible, None) => blocked(words, [assessment].into_iter()).text,
    }
}

fn later(words: &Catalogue, code: Option<FindingCode>, at: &str) -> String {
    let at = [("at", Value::from(at))];
    match code {
        Some(FindingCode::RecentlyUpdated) => words.say("outlook-unless-updated", &at),
        Some(FindingCode::RcaWindow) => words.say("outlook-unless-delivered", &at),
        Some(FindingCode::CommitmentNotDue) => words.say("outlook-unless-kept", &at),
        _ => words.say("outlook-at", &at),
    }
}

/// Time will not help: names what does, as the first assessment has it.
fn blocked<'a>(
    words: &Catalogue,
    mut assessments: impl Iterator<Item = &'a Assessment>,
) -> Headline {
    let first = assessments.next();
    let finding =
        first.and_then(|one| one.blocking().find(|finding| finding.eligible_at.is_none()));
    let code = finding.map_or("none", |finding| finding.code.as_str());
    Headline {
        text: words.say_of("blocked", code, &[]),
        detail: words.say_of("blocked-detail", code, &[]),
        enabled: false,
        at: None,
    }
}

/// The blocking finding that will be the last to pass.
fn last_to_pass(assessment: &Assessment) -> Option<FindingCode> {
    assessment
        .blocking()
        .max_by_key(|finding| finding.eligible_at)
        .map(|finding| finding.code)
}

/// The facts of a finding as arguments of its sentence. One that is missing, as in an assessment that was stored by an
/// older build, is said as an ellipsis.
struct Facts<'a> {
    facts: &'a FindingFacts,
    words: &'a Catalogue,
    at: Instant,
}

impl<'a> Facts<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.facts.get(name).and_then(Json::as_str)
    }

    fn member(&self, name: &str, family: &str) -> Value<'a> {
        match self.text(name) {
            Some(value) if self.words.has(&super::family_key(family, value)) => {
                self.words.say_of(family, value, &[]).into()
            }
            _ => UNKNOWN.into(),
        }
    }

    fn number(&self, name: &str) -> Value<'a> {
        match self.facts.get(name).and_then(Json::as_i64) {
            Some(number) => number.into(),
            None => UNKNOWN.into(),
        }
    }

    fn relative(&self, name: &str) -> Value<'a> {
        match self.text(name).and_then(|text| text.parse().ok()) {
            Some(instant) => relative(self.words, instant, self.at).into(),
            None => UNKNOWN.into(),
        }
    }
}

const UNKNOWN: &str = "…";

#[cfg(test)]
mod tests;
