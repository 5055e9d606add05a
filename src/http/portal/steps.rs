//! Promised next steps as pages show them, and what is done with them.

use actix_web::http::StatusCode;

use super::answer::Outcome;
use super::flash::{Done, Flash};
use super::parts::{StepList, StepVerb, StepView};
use super::render::is_local;
use super::shell::Tone;
use super::typed::Typed;
use super::visit::Visit;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::case::{NextStepCommand, StepState, StepVerb as Verb};
use crate::domain::ids::{CaseRef, NextStepId};
use crate::domain::text::Note;
use crate::http::problem::{Code, Problem};
use crate::input::Fault;
use crate::store::promises::{self, NextStep};
use crate::words::Words;
use crate::workflow::promise::settle;

/// How near a promise has to be to be marked.
const SOON: chrono::TimeDelta = chrono::TimeDelta::hours(4);

/// The list on `page`: what is open first, by date, then what was settled, the latest first. `adds` says whether more
/// can be promised there.
pub fn list<'a>(
    visit: &Visit,
    steps: impl IntoIterator<Item = &'a NextStep>,
    page: &str,
    adds: bool,
) -> StepList {
    let may = visit.can(Permission::NextStepsPromise);
    let mut steps: Vec<_> = steps.into_iter().collect();
    steps.sort_by_key(|step| {
        let settled = step.settled_at.filter(|_| step.state == StepState::Done);
        (
            step.state == StepState::Done,
            settled.map(|at| -at.timestamp_micros()),
            step.due_at,
        )
    });
    StepList {
        items: steps
            .into_iter()
            .map(|step| view(visit, step, page, may))
            .collect(),
        add: (may && adds).then(|| format!("{page}?do=promise#do")),
    }
}

fn view(visit: &Visit, step: &NextStep, page: &str, may: bool) -> StepView {
    StepView {
        id: step.id.to_string(),
        what: step.what.clone(),
        who: step.who.clone(),
        due_at: step.due_at,
        state: step.state.as_str(),
        tone: tone(step.state, step.due_at, visit.now),
        settled_at: step.settled_at.unwrap_or(step.due_at),
        reason: step.reason.clone().unwrap_or_default(),
        verbs: if may {
            verbs(visit.words(), step, page)
        } else {
            Vec::new()
        },
    }
}

/// How pressing a promise is.
pub fn tone(state: StepState, due_at: Instant, now: Instant) -> Tone {
    match state {
        StepState::Done => Tone::Plain,
        StepState::Missed => Tone::Late,
        StepState::Open if due_at <= now => Tone::Late,
        StepState::Open if due_at - now <= SOON => Tone::Soon,
        StepState::Open => Tone::Plain,
    }
}

fn verbs(words: &Words, step: &NextStep, page: &str) -> Vec<StepVerb> {
    let verb = |verb: &Verb| {
        let label = words.say_of("step-verb", verb.as_str(), &[]);
        let (state, href) = match verb {
            Verb::Complete => (StepState::Done.as_str(), String::new()),
            Verb::Miss => (StepState::Missed.as_str(), String::new()),
            Verb::Repromise => ("", format!("{page}?do=repromise&step={}#do", step.id)),
        };
        StepVerb { label, state, href }
    };
    step.state.lawful_verbs().iter().map(verb).collect()
}

/// Says what became of a step, or promises it anew.
pub(super) async fn move_on(visit: Visit) -> Outcome {
    let id: NextStepId = visit.part("step")?;
    match moved(&visit, id).await {
        Ok(done) => {
            let back = back(&visit, id).await?;
            Ok(visit.go(back, Some(Flash::new(done))))
        }
        Err(problem) if is_about_the_form(&problem) => {
            let (reach, words) = (visit.access()?.reach(), visit.words().clone());
            let step = visit
                .look(move |conn| Ok(promises::find(conn, reach, id)?))
                .await?;
            let step = step.ok_or_else(Problem::not_found)?;
            let again =
                |panel: super::parts::Panel| panel.refused_for(&words, &visit.typed, &problem);
            let status = problem.code().status();
            super::case::show_again(
                &visit,
                &CaseRef::Id(step.case_id),
                ("repromise", &id.to_string()),
                status,
                again,
            )
            .await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Whether the page is shown again with what was typed: something in it is wrong, or no longer fits.
pub(super) fn is_about_the_form(problem: &Problem) -> bool {
    let status = problem.code().status();
    status.is_client_error()
        && !matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
        )
}

async fn moved(visit: &Visit, id: NextStepId) -> Result<Done, Problem> {
    let mut typed = Typed::of(visit);
    let (command, done) = match typed.raw("state") {
        "done" => (NextStepCommand::Complete, Done::StepDone),
        "missed" => (NextStepCommand::Miss, Done::StepMissed),
        "" => {
            let due_at = typed.instant("due_at");
            let reason = typed.text("reason", Note::parse);
            typed.checked()?;
            let (Some(due_at), Some(reason)) = (due_at, reason) else {
                return Err(Problem::new(Code::Internal));
            };
            (
                NextStepCommand::Repromise { due_at, reason },
                Done::Repromised,
            )
        }
        _ => {
            typed.refuse("state", Fault::new("unknown"));
            typed.checked()?;
            return Err(Problem::new(Code::Internal));
        }
    };
    let (actor, now) = (visit.actor()?.clone(), visit.now);
    visit
        .write(move |conn| settle(conn, &actor, id, None, &command, now))
        .await?;
    Ok(done)
}

/// The page from which the step was moved: the one that the form names, or its case's.
async fn back(visit: &Visit, id: NextStepId) -> Result<String, Problem> {
    let named = visit.typed.get("back").filter(|back| is_local(back));
    if let Some(page) = named {
        // Not into the panel again, which asked for what is done now.
        return Ok(page.split('?').next().unwrap_or("/").to_owned());
    }
    let reach = visit.access()?.reach();
    let number = visit
        .look(move |conn| {
            let step = promises::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
            Ok(crate::store::cases::find(conn, step.case_id)?.number)
        })
        .await?;
    Ok(format!("/cases/{number}"))
}
