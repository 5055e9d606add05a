//! What was submitted with an escalation, as the first words of its thread, and what became of it.

use super::CaseRecord;
use super::decision::in_feed;
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::State;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{AnswerView, PersonView, RatingView, RequestView, VerdictView};
use crate::http::portal::shell::initials;
use crate::store::escalations::{Escalation, EscalationView};
use crate::words::assessment::sentence;

/// What was submitted; the id on the page of the one that is open is `request`.
pub(super) fn request(
    req: &PageRequest,
    record: &CaseRecord,
    view: &EscalationView,
    is_open: bool,
) -> RequestView {
    let (words, row) = (req.words(), &view.escalation);
    let name = view.requested_by.name.clone();
    let by_staff = view.requester_home != record.view.case.organization_id;
    let place = match by_staff {
        true => words.say("entry-support", &[]),
        false => record.view.organization.name.clone(),
    };
    let acknowledged = row.assessment.0.to_acknowledge();
    let acknowledged = acknowledged.filter(|finding| {
        row.acknowledgements
            .0
            .iter()
            .any(|code| code == finding.code.as_str())
    });
    RequestView {
        id: match is_open {
            true => "request".to_owned(),
            false => format!("request-{}", row.number),
        },
        reason: record.label(&row.reason).to_owned(),
        by: PersonView {
            initials: initials(&name),
            name,
            staff: by_staff,
            place,
        },
        at: row.submitted_at,
        answers: answers(req, record, row),
        details: row.details.clone(),
        acknowledged: acknowledged
            .map(|finding| sentence(words, finding, row.submitted_at))
            .collect(),
        verdict: verdict(req, view),
        rating: row
            .rating_score
            .and_then(|score| u8::try_from(score).ok())
            .map(|score| RatingView {
                score,
                comment: row.rating_comment.clone().unwrap_or_default(),
            }),
    }
}

/// What the questions were answered, in the order in which they are asked; what is no longer asked stands behind.
fn answers(req: &PageRequest, record: &CaseRecord, row: &Escalation) -> Vec<AnswerView> {
    let words = req.words();
    let reason = record
        .reasons
        .iter()
        .find(|reason| reason.code == row.reason);
    let questions = reason
        .map(|reason| reason.questions.as_slice())
        .unwrap_or_default();
    let place = |code: &str| {
        questions
            .iter()
            .position(|question| question.code == code)
            .unwrap_or(questions.len())
    };
    let mut given: Vec<_> = row
        .answers
        .0
        .iter()
        .filter(|(_, value)| !value.is_null() && *value != "")
        .collect();
    given.sort_by_key(|(code, _)| place(code));
    let told = |(code, value): (&String, &serde_json::Value)| AnswerView {
        label: questions
            .get(place(code))
            .map_or_else(|| code.clone(), |question| question.label.clone()),
        text: match value {
            serde_json::Value::Bool(yes) => {
                words.say_of("answer", if *yes { "yes" } else { "no" }, &[])
            }
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    };
    given.into_iter().map(told).collect()
}

/// What became of it. Why it was declined, with what to do instead, is said by [`in_feed`]; what was said with it is said here.
fn verdict(req: &PageRequest, view: &EscalationView) -> Option<VerdictView> {
    let (words, row) = (req.words(), &view.escalation);
    let title = match row.state {
        State::Submitted | State::InReview | State::Accepted => return None,
        State::Closed => {
            let outcome = row.outcome.clone().unwrap_or_default();
            words.say("verdict-closed", &[("outcome", outcome.into())])
        }
        State::Declined | State::Withdrawn => words.say_of("state", row.state.as_str(), &[]),
    };
    let said = row.summary.clone().unwrap_or_default();
    let is_told = in_feed(req, view).is_some();
    if is_told && said.is_empty() {
        return None;
    }
    let line = |code: &FindingCode| words.say_of("criterion", code.as_str(), &[]);
    Some(VerdictView {
        title,
        lines: match is_told {
            true => Vec::new(),
            false => row.decline_reasons.0.iter().map(line).collect(),
        },
        words: said,
    })
}
