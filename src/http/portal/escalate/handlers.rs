//! Asking for the form, and submitting it.

use actix_web::http::StatusCode;
use serde_json::{Map, Value};

use super::{ChosenReason, EscalatePage, ReasonChoice, acknowledgement_field, answer_field};
use crate::domain::access::Permission;
use crate::domain::eligibility::{Assessment, FindingCode};
use crate::domain::ids::{CaseNumber, CaseRef, EscalationNumber};
use crate::domain::reason::{QuestionKind, Reason, check_answers};
use crate::domain::text::Markdown;
use crate::http::call::may;
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::typed::Typed;
use crate::http::portal::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::input::Fault;
use crate::store::cases::{self, CaseView};
use crate::store::{escalations, rules};
use crate::words::assessment::headline;
use crate::workflow::Refused;
use crate::workflow::assess::assess;
use crate::workflow::submit_escalation::{SubmitEscalation, submit_escalation};

const PLACE: &str = "cases";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { escalate:
        GET  "/cases/{case}/escalate" may(Permission::EscalationsSubmit) => show, "The escalation form";
        POST "/cases/{case}/escalate" may(Permission::EscalationsSubmit) => submit, "Escalates a case";
    }
}

/// The case, and each reason that can be chosen with its assessment.
struct Asked {
    view: CaseView,
    reasons: Vec<(Reason, Assessment)>,
}

async fn show(visit: Visit, case: CaseRef) -> Outcome {
    let asked = ask(&visit, case).await?;
    let page = page(&visit, &asked, visit.asked("reason"));
    visit.show(PLACE, "escalate", &page)
}

async fn ask(visit: &Visit, case: CaseRef) -> Result<Asked, Problem> {
    let (actor, now) = (visit.actor()?.clone(), visit.now);
    visit
        .look(move |conn| {
            let view = cases::view(conn, actor.reach(), &case)?.ok_or_else(Problem::not_found)?;
            let rows = rules::reasons(conn)?;
            let assessments = assess(conn, &actor, &case, None, None, now)?;
            let reason = |code: &str| {
                rows.iter()
                    .find(|row| row.code == code)
                    .map(|row| row.reason())
            };
            let with_reason = |one: Assessment| reason(&one.reason).map(|reason| (reason, one));
            Ok(Asked {
                view,
                reasons: assessments.into_iter().filter_map(with_reason).collect(),
            })
        })
        .await
}

fn page(visit: &Visit, asked: &Asked, chosen: Option<&str>) -> EscalatePage {
    let words = visit.words();
    let number = asked.view.case.number;
    let action = format!("/cases/{number}/escalate");
    let choice = |(reason, assessment): &(Reason, Assessment)| ReasonChoice {
        code: reason.code.clone(),
        label: reason.label.clone(),
        selected: chosen == Some(reason.code.as_str()),
        verdict: assessment.verdict,
        headline: headline(words, assessment, &visit.times()),
    };
    let of = asked
        .reasons
        .iter()
        .find(|(reason, _)| Some(reason.code.as_str()) == chosen);
    EscalatePage {
        number: number.to_string(),
        href: format!("/cases/{number}"),
        subject: asked.view.case.subject.clone(),
        reasons: asked.reasons.iter().map(choice).collect(),
        chosen: of
            .map(|(reason, assessment)| ChosenReason::new(words, reason, assessment, &action)),
        action,
    }
}

async fn submit(visit: Visit, case: CaseRef) -> Outcome {
    match submitted(&visit, case).await {
        Ok((case, number)) => Ok(visit.go(
            format!("/cases/{case}"),
            Some(Flash::new(Done::Escalated).number(number)),
        )),
        Err(problem) if is_form_error(&problem) => again(&visit, case, &problem).await,
        Err(problem) => Err(problem.into()),
    }
}

/// The form as it was typed, with what is wrong; or, if the case cannot be escalated any more, why.
async fn again(visit: &Visit, case: CaseRef, problem: &Problem) -> Outcome {
    let asked = ask(visit, case).await?;
    let words = visit.words();
    let mut page = page(visit, &asked, visit.typed.get("reason").map(String::as_str));
    if let Some(chosen) = &mut page.chosen {
        chosen.form = chosen
            .form
            .clone()
            .refused_for(words, &visit.typed, problem);
        let missing = problem.code() == Code::AcknowledgementRequired;
        for check in &mut chosen.double_check {
            check.control.fill(&visit.typed);
            if missing && !check.control.checked {
                check.control.error = words.say("escalate-confirm", &[]);
            }
        }
    }
    let status = match problem.code() {
        Code::ValidationFailed => StatusCode::UNPROCESSABLE_ENTITY,
        code => code.status(),
    };
    visit.show_again(status, PLACE, "escalate", &page)
}

async fn submitted(
    visit: &Visit,
    case: CaseRef,
) -> Result<(CaseNumber, EscalationNumber), Problem> {
    let mut typed = Typed::of(visit);
    let code = typed.raw("reason").to_owned();
    let wanted = code.clone();
    let row = visit
        .look(move |conn| Ok(rules::reason(conn, &wanted)?))
        .await?;
    let Some(reason) = row.map(|row| row.reason()) else {
        typed.refuse("reason", Fault::new("unknown"));
        typed.checked()?;
        return Err(Problem::new(Code::Internal));
    };
    let answers = answers(&typed, &reason);
    let acknowledgements: Vec<_> = FindingCode::ALL
        .iter()
        .copied()
        .filter(|code| typed.ticked(&acknowledgement_field(code.as_str())))
        .collect();
    let details = typed.text("details", Markdown::parse);
    if details.is_none() {
        // The workflow names what is wrong with the answers; here it would not be asked.
        if let Err(errors) = check_answers(&reason, &answers) {
            typed.refuse_all(&Problem::from(Refused::Answers(errors)));
        }
    }
    typed.checked()?;
    let Some(details) = details else {
        return Err(Problem::new(Code::Internal));
    };
    let submit = SubmitEscalation {
        reason: code,
        details,
        answers: Some(answers),
        acknowledgements: Some(acknowledgements),
    };
    let (actor, now) = (visit.actor()?.clone(), visit.now);
    let number = visit.write(move |conn| {
        let id = submit_escalation(conn, &actor, &case, &submit, now)?;
        let escalation = escalations::find(conn, id)?;
        let case = cases::find(conn, escalation.case_id)?;
        Ok((case.number, escalation.number))
    });
    number.await
}

/// What was answered to the questions of a reason, as a submission says it.
fn answers(typed: &Typed<'_>, reason: &Reason) -> Map<String, Value> {
    let answer = |kind: QuestionKind, field: &str| match kind {
        QuestionKind::Confirm => Value::Bool(typed.ticked(field)),
        QuestionKind::Text | QuestionKind::Date => Value::from(typed.raw(field)),
    };
    let asked = reason.questions.iter();
    asked
        .map(|question| {
            (
                question.code.clone(),
                answer(question.kind, &answer_field(&question.code)),
            )
        })
        .collect()
}
