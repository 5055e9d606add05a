//! Asking for the form, and submitting it.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use serde_json::{Map, Value};

use super::{ChosenReason, EscalatePage, EscalatedNow, ReasonChoice, kept};
use crate::db::{Conn, steadily};
use crate::domain::access::Permission;
use crate::domain::draft::{DraftPlace, OnCase};
use crate::domain::eligibility::Assessment;
use crate::domain::ids::{CaseId, CaseNumber, CaseRef, EscalationNumber, EscalationRef};
use crate::domain::reason::{AnswerError, Question, QuestionKind, Reason, check_answers};
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::case::LiveLink;
use crate::http::portal::draft_field::begun;
use crate::http::portal::drafts::Keeping;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Link;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::{Code, Problem};
use crate::input::input;
use crate::store::cases::{self, CaseView};
use crate::store::drafts::{self, Draft};
use crate::store::escalations::EscalationView;
use crate::store::{escalations, feeds, rules};
use crate::words::assessment::headline;
use crate::workflow::Rejection;
use crate::workflow::assess::assess;
use crate::workflow::draft;
use crate::workflow::submit_escalation::{SubmitEscalation, submit_escalation};

const PLACE: &str = "cases";
/// What the button is called that chooses a reason and sends nothing off.
const STEP: &str = "step";

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
    live: LiveLink,
    reasons: Vec<(Reason, Assessment)>,
    /// What was begun of the details before.
    begun: Vec<Draft>,
    /// The escalation that is active, for who may see it.
    active: Option<EscalationView>,
}

async fn show(req: PageRequest, case: CaseRef) -> PageResult {
    let asked = ask(&req, case).await?;
    let page = page(&req, &asked, req.asked("reason"));
    req.show(PLACE, "escalate", &page)
}

/// Where the details of a request are kept until it is sent.
fn place_of(case: CaseId) -> DraftPlace {
    DraftPlace::Case(CaseRef::Id(case), OnCase::Escalate)
}

async fn ask(req: &PageRequest, case: CaseRef) -> Result<Asked, Problem> {
    let (actor, now) = (req.actor()?.clone(), req.now);
    req.read(move |conn| {
        let view = cases::view(conn, actor.reach(), &case)?.ok_or_else(Problem::not_found)?;
        let rows = rules::reasons(conn)?;
        let assessments = assess(conn, &actor, &case, None, None, now)?;
        let reason = |code: &str| {
            rows.iter()
                .find(|row| row.code == code)
                .map(|row| row.reason())
        };
        let with_reason = |one: Assessment| reason(&one.reason).map(|reason| (reason, one));
        let newest = feeds::newest(conn, &actor.access, view.case.id)?;
        let begun = drafts::find(conn, &actor.access, &place_of(view.case.id))?;
        let active = match &view.active_escalation {
            Some(active) if actor.access.can(Permission::EscalationsView) => {
                let active = EscalationRef::Id(active.id);
                escalations::view(conn, actor.reach(), &active)?
            }
            _ => None,
        };
        Ok(Asked {
            active,
            begun: begun.into_iter().collect(),
            live: LiveLink::of(&view.case, newest),
            view,
            reasons: assessments.into_iter().filter_map(with_reason).collect(),
        })
    })
    .await
}

fn page(req: &PageRequest, asked: &Asked, chosen: Option<&str>) -> EscalatePage {
    let words = req.words();
    let details = SubmitEscalation::details().name;
    let escalated = escalated(req, asked);
    // What was begun before stands where nothing was typed on this page, under the reason that it was begun for.
    let before = match asked.begun.first() {
        Some(draft) if req.typed.is_empty() && escalated.is_none() => begun(draft, details),
        _ => HashMap::new(),
    };
    let reason = before.get(SubmitEscalation::reason().name);
    let chosen = match (&escalated, req.typed.is_empty()) {
        (Some(_), true) => None,
        _ => chosen.or(reason.map(String::as_str)),
    };
    let number = asked.view.case.number;
    let action = format!("/cases/{number}/escalate");
    let choice = |(reason, assessment): &(Reason, Assessment)| ReasonChoice {
        code: reason.code.clone(),
        label: reason.label.clone(),
        selected: chosen == Some(reason.code.as_str()),
        verdict: assessment.verdict,
        headline: headline(words, assessment, &req.times()),
    };
    let of = asked
        .reasons
        .iter()
        .find(|(reason, _)| Some(reason.code.as_str()) == chosen);
    let typed = &req.typed;
    let keeping = Keeping {
        place: &place_of(asked.view.case.id),
        words: details,
        page: &action,
        drafts: &asked.begun,
    };
    let mut chosen = of.map(|(reason, assessment)| {
        ChosenReason::new(words, reason, assessment, &action, (typed, keeping))
    });
    if let (Some(chosen), Some(_)) = (&mut chosen, &escalated) {
        for control in &mut chosen.form.controls {
            control.draft = None;
        }
    }
    let reasons = match escalated {
        Some(_) => Vec::new(),
        None => asked.reasons.iter().map(choice).collect(),
    };
    let kept_of = match typed.is_empty() {
        true => &before,
        false => typed,
    };
    EscalatePage {
        live: asked.live.clone(),
        number: number.to_string(),
        href: format!("/cases/{number}"),
        subject: asked.view.case.subject.clone(),
        reasons,
        escalated,
        problems: Vec::new(),
        faults: Vec::new(),
        kept: kept(kept_of, chosen.as_ref()),
        chosen,
        action,
    }
}

/// What the page says where an escalation is active: that is all there is to say, for each reason would be refused for it (E3).
fn escalated(req: &PageRequest, asked: &Asked) -> Option<EscalatedNow> {
    let words = req.words();
    asked.view.active_escalation.as_ref()?;
    let (text, link) = match &asked.active {
        None => (words.say("escalate-active-unnamed", &[]), None),
        Some(view) => {
            let number = view.escalation.number.to_string();
            let owner = view.owner.as_ref().map(|owner| owner.name.as_str());
            let args = [
                ("number", number.as_str().into()),
                ("owner", owner.unwrap_or_default().into()),
            ];
            let text = match owner {
                Some(_) => words.say("escalate-active", &args),
                None => words.say("escalate-active-unclaimed", &args),
            };
            let label = words.say("escalate-active-link", &args);
            (
                text,
                Some(Link::new(label, format!("/escalations/{number}"))),
            )
        }
    };
    Some(EscalatedNow {
        text,
        link,
        refused: !req.typed.is_empty(),
    })
}

/// The reason that was chosen in the form.
fn typed_reason(req: &PageRequest) -> Option<&str> {
    let reason = req.typed.get(SubmitEscalation::reason().name);
    reason.map(String::as_str)
}

/// The form of a case.
struct OnForm(CaseRef);

impl FormPage<(CaseNumber, EscalationNumber)> for OnForm {
    async fn done(
        &self,
        req: &PageRequest,
        (case, number): (CaseNumber, EscalationNumber),
    ) -> PageResult {
        let flash = Flash::new(Done::Escalated).number(number);
        Ok(req.go(format!("/cases/{case}"), Some(flash)))
    }

    /// The form as it was typed, with what is wrong; or, if the case cannot be escalated any more, why.
    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let asked = ask(req, self.0).await?;
        let words = req.words();
        let mut page = page(req, &asked, typed_reason(req));
        match &mut page.chosen {
            // The page says why, and there is no form any more in which something could be put right.
            _ if page.escalated.is_some() => {}
            Some(chosen) => {
                let form = chosen.form.clone();
                chosen.form = form.refused_for(words, &req.typed, &problem);
                page.problems = std::mem::take(&mut chosen.form.problems);
                page.faults = std::mem::take(&mut chosen.form.faults);
                let missing = problem.code() == Code::AcknowledgementRequired;
                let unread = chosen.double_check.iter_mut();
                for check in unread.filter(|check| missing && !check.control.checked) {
                    let why = words.say("escalate-confirm", &[]);
                    page.faults.extend(check.control.refused_for(&why));
                }
            }
            None => page.problems = vec![words.say("escalate-choose", &[])],
        }
        req.show_again(problem.code().status(), PLACE, "escalate", &page)
    }
}

/// Submits the form, or shows it for another reason with all that was typed.
async fn submit(req: PageRequest, case: CaseRef) -> PageResult {
    if req.typed.contains_key(STEP) {
        let asked = ask(&req, case).await?;
        let page = page(&req, &asked, typed_reason(&req));
        return req.show_again(StatusCode::OK, PLACE, "escalate", &page);
    }
    if req.keeps_a_draft() {
        let place = DraftPlace::Case(case, OnCase::Escalate);
        let words = SubmitEscalation::details().name;
        return match req.keep_form(place, words).await {
            Ok(done) => Ok(req.go(format!("/cases/{case}/escalate"), Some(Flash::new(done)))),
            Err(problem) => req.finish(&OnForm(case), Err(problem)).await,
        };
    }
    let done = submitted(&req, case).await;
    req.finish(&OnForm(case), done).await
}

input! {
    /// What a form asks of every submission before it is known whether the rest can be read.
    pub struct TypedAnswers {
        /// The code of the reason.
        reason: String,
        /// What was answered, by question code.
        answers: Option<Map<String, Value>>,
    }
}

async fn submitted(
    req: &PageRequest,
    case: CaseRef,
) -> Result<(CaseNumber, EscalationNumber), Problem> {
    let typed: TypedAnswers = req.form()?;
    let asked = req.read(move |conn| {
        let row = rules::reason(conn, &typed.reason)?;
        Ok(row.map(|row| (answers(&row.reason(), typed.answers.as_ref()), row.reason())))
    });
    let asked = asked.await?;
    let mut command: SubmitEscalation = req.form().map_err(|problem| match &asked {
        // What is wrong with the answers is named by the verb, which is not asked here.
        Some((answers, reason)) => with_answers(problem, check_answers(reason, answers).err()),
        None => problem,
    })?;
    command.answers = asked.map(|(answers, _)| answers);
    let (actor, now) = (req.actor()?.clone(), req.now);
    let submitted = move |conn: &mut Conn| {
        let submitted = submit_escalation(conn, &actor, &case, &command, now)?;
        let place = DraftPlace::Case(case, OnCase::Escalate);
        draft::sent(conn, &actor, &place)?;
        Ok((submitted.case.number, submitted.escalation.number))
    };
    req.write(move |conn| steadily(conn, &submitted)).await
}

fn with_answers(problem: Problem, wrong: Option<Vec<AnswerError>>) -> Problem {
    let answers = wrong.map(|errors| Problem::from(Rejection::Answers(errors)));
    let mut errors = problem.errors().to_vec();
    errors.extend(answers.iter().flat_map(Problem::errors).cloned());
    Problem::invalid(errors)
}

/// What was answered to the questions of a reason, as a submission says it: a tick is yes or no.
fn answers(reason: &Reason, typed: Option<&Map<String, Value>>) -> Map<String, Value> {
    let answer = |question: &Question| {
        let typed = typed.and_then(|typed| typed.get(&question.code));
        match question.kind {
            QuestionKind::Confirm => Value::Bool(typed.is_some_and(Value::is_string)),
            QuestionKind::Text | QuestionKind::Date => match typed {
                Some(Value::String(text)) => Value::from(text.as_str()),
                _ => Value::from(""),
            },
        }
    };
    let asked = reason.questions.iter();
    asked
        .map(|question| (question.code.clone(), answer(question)))
        .collect()
}
