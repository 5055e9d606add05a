//! The escalation form: reasons with what each asks, the double-check, and what is blocked and why.

mod handlers;

use std::collections::HashMap;

use serde::Serialize;

use super::case::LiveLink;
use super::drafts::Keeping;
use super::form::{Control, Form, Kind};
use super::parts::{FindingLine, Link};
use crate::domain::eligibility::{Assessment, Severity, Verdict};
use crate::domain::reason::{QuestionKind, Reason};
use crate::domain::text::Note;
use crate::words::Catalogue;
use crate::words::assessment::FindingView;
use crate::workflow::submit_escalation::SubmitEscalation;

pub(super) use handlers::routes;

/// The escalation form of a case.
#[derive(Clone, Debug, Serialize)]
pub struct EscalatePage {
    /// Where it is told that somebody writes on the case meanwhile.
    pub live: LiveLink,
    /// `C-000123`.
    pub number: String,
    /// The case's page.
    pub href: String,
    /// Its subject.
    pub subject: String,
    /// Where the form is sent, to choose another reason as to submit it.
    pub action: String,
    /// All reasons, each with its answer to "now?".
    pub reasons: Vec<ReasonChoice>,
    /// The one chosen.
    pub chosen: Option<ChosenReason>,
    /// The escalation that is active on the case, while which there is nothing to choose (E3).
    pub escalated: Option<EscalatedNow>,
    /// What is wrong with the whole of it.
    pub problems: Vec<String>,
    /// What is wrong with its fields: where each is on the page, and what it says.
    pub faults: Vec<(String, String)>,
    /// What was typed for another reason: carried along, so that it is there when that is chosen again.
    pub kept: Vec<Control>,
}

/// The escalation that is active already.
#[derive(Clone, Debug, Serialize)]
pub struct EscalatedNow {
    /// That it is, and who has it.
    pub text: String,
    /// Its page, for who may see it.
    pub link: Option<Link>,
    /// Whether it was refused for that, with words that stand below.
    pub refused: bool,
}

/// A reason to choose.
#[derive(Clone, Debug, Serialize)]
pub struct ReasonChoice {
    /// Its code.
    pub code: String,
    /// Its label.
    pub label: String,
    /// Whether it is the one chosen.
    pub selected: bool,
    /// Whether the case can be escalated for it.
    pub verdict: Verdict,
    /// That in a sentence, with the instant where only time is missing.
    pub headline: String,
}

/// The chosen reason with what it asks or what blocks it.
#[derive(Clone, Debug, Serialize)]
pub struct ChosenReason {
    /// Its label.
    pub label: String,
    /// What blocks it; when there is anything, nothing is sent.
    pub blocking: Vec<FindingLine>,
    /// What is good to know.
    pub information: Vec<FindingLine>,
    /// What it asks, and the details.
    pub form: Form,
    /// Whether that is shown: nothing blocks it, or it holds words that would be lost.
    pub asks: bool,
    /// What must be acknowledged.
    pub double_check: Vec<DoubleCheck>,
}

/// One thing to acknowledge (E9).
#[derive(Clone, Debug, Serialize)]
pub struct DoubleCheck {
    /// The finding's sentence, to be ticked.
    pub control: Control,
    /// What to do first.
    pub remedy: Option<Link>,
}

/// The name of the field that answers the question `code`.
pub fn answer_field(code: &str) -> String {
    format!("{}.{code}", SubmitEscalation::answers().name)
}

/// The name of the field that acknowledges the finding `code`.
pub fn acknowledgement_field(code: &str) -> String {
    format!("{}.{code}", SubmitEscalation::acknowledgements().name)
}

/// What `reason` asks, and the details; sent to `action` by a button that names the reason.
fn submission_form(words: &Catalogue, reason: &Reason, action: String) -> Form {
    let mut controls = Vec::new();
    for question in &reason.questions {
        let kind = match question.kind {
            QuestionKind::Text => Kind::Lines,
            QuestionKind::Confirm => Kind::Check,
            QuestionKind::Date => Kind::Date,
        };
        let mut control = Control::new(kind, answer_field(&question.code), question.label.clone());
        control.required = question.required;
        if kind == Kind::Lines {
            control = control.longest(Note::MAX);
        }
        controls.push(control);
    }
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    controls.push(Control::of(SubmitEscalation::details(), label("details")).hint(hint("details")));
    let button = words.say(
        "escalate-submit",
        &[("reason", reason.label.as_str().into())],
    );
    Form::new("submission", action, button, controls)
}

impl ChosenReason {
    /// What `reason` asks on the case of `assessment`, sent to `action`, with what was `typed` in it, or else begun before, and is
    /// kept from now on; or what blocks it. What is acknowledged is so of this page alone.
    pub(super) fn new(
        words: &Catalogue,
        reason: &Reason,
        assessment: &Assessment,
        action: &str,
        (typed, keeping): (&HashMap<String, String>, Keeping<'_>),
    ) -> Self {
        let told = |finding| FindingView::new(words, finding, assessment.case, assessment.at);
        let of = |severity: Severity| {
            let findings = assessment
                .findings
                .iter()
                .filter(move |finding| finding.severity == severity);
            findings.map(told)
        };
        let blocking: Vec<_> = of(Severity::Blocking).map(FindingLine::from).collect();
        let mut form = submission_form(words, reason, action.to_owned()).drafting(keeping);
        if !typed.is_empty() {
            form = form.filled(typed);
        }
        let holds_words = form
            .controls
            .iter()
            .any(|control| control.kind != Kind::Check && !control.value.is_empty());
        let mut double_check: Vec<_> = of(Severity::Acknowledge)
            .map(|finding| to_acknowledge(words, finding))
            .collect();
        for check in &mut double_check {
            check.control.fill(typed);
        }
        Self {
            label: reason.label.clone(),
            asks: blocking.is_empty() || holds_words,
            blocking,
            information: of(Severity::Information).map(FindingLine::from).collect(),
            form,
            double_check,
        }
    }
}

/// What was typed in answer to questions that `chosen` does not ask, or all of it while none is chosen.
fn kept(typed: &HashMap<String, String>, chosen: Option<&ChosenReason>) -> Vec<Control> {
    let asked = |name: &str| {
        let controls = chosen.filter(|chosen| chosen.asks);
        controls.is_some_and(|chosen| chosen.form.controls.iter().any(|one| one.name == name))
    };
    let answers = format!("{}.", SubmitEscalation::answers().name);
    let details = SubmitEscalation::details().name;
    let mut kept: Vec<_> = typed
        .iter()
        .filter(|(name, text)| {
            (name.starts_with(&answers) || *name == details) && !text.is_empty() && !asked(name)
        })
        .map(|(name, text)| Control::new(Kind::Hidden, name, "").value(text))
        .collect();
    kept.sort_by(|one, other| one.name.cmp(&other.name));
    kept
}

/// A tick that says of a finding that one knows it.
fn to_acknowledge(words: &Catalogue, finding: FindingView) -> DoubleCheck {
    let code = finding.code;
    let line = FindingLine::from(finding);
    let name = acknowledgement_field(code.as_str());
    let known = words.say(
        "escalate-know",
        &[("finding", line.message.as_str().into())],
    );
    let mut control = Control::new(Kind::Check, name, known).required();
    control.id = format!("ack-{}", code.as_str().replace('_', "-"));
    DoubleCheck {
        control,
        remedy: line.remedy,
    }
}
