//! Promised next steps as pages show them, and what is done with them.

use std::collections::HashMap;

use super::act::FormPage;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::page_request::PageRequest;
use super::parts::{Link, StepList, StepPastLine, StepView};
use super::render::is_local;
use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::case::{Status, StepState, StepVerb as Verb};
use crate::domain::draft::DraftPlace;
use crate::domain::ids::{CaseRef, NextStepId};
use crate::domain::offers;
use crate::http::problem::Problem;
use crate::input::Patch;
use crate::store::promises::{self, NextStep};
use crate::workflow::draft;
use crate::workflow::promise::{SettleStep, settle};
use crate::workflow::promised::StepPast;

/// How long before it is due something is due soon.
pub const SOON: chrono::TimeDelta = chrono::TimeDelta::hours(4);

/// The list on `page` for a case of this status: what is open first, by date, then what was settled, the latest first. `adds` says whether the
/// visitor may promise more there.
pub fn list<'a>(
    req: &PageRequest,
    status: Status,
    steps: impl IntoIterator<Item = &'a NextStep>,
    promised: &HashMap<NextStepId, Vec<StepPast>>,
    page: &str,
    adds: bool,
) -> StepList {
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
            .map(|step| {
                let past = promised.get(&step.id).map(Vec::as_slice);
                view(req, (status, step), past.unwrap_or_default(), page)
            })
            .collect(),
        add: adds.then(|| format!("{page}?do=promise#do")),
    }
}

fn view(
    req: &PageRequest,
    (status, step): (Status, &NextStep),
    past: &[StepPast],
    page: &str,
) -> StepView {
    let line = |past: &StepPast| StepPastLine {
        happened: past.happened.as_str(),
        at: past.at,
        by: past.by.clone(),
        due_at: past.due_at,
        reason: past.reason.clone().unwrap_or_default(),
    };
    StepView {
        id: step.id.to_string(),
        what: step.what.clone(),
        who: step.who.clone(),
        due_at: step.due_at,
        state: step.state.as_str(),
        tone: tone(step.state, step.due_at, req.now),
        settled_at: step.settled_at.unwrap_or(step.due_at),
        reason: step.reason.clone().unwrap_or_default(),
        // That it was promised says the step itself.
        past: match past.len() {
            0 | 1 => Vec::new(),
            _ => past.iter().map(line).collect(),
        },
        verbs: verbs(req, (status, step), page),
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

fn verbs(req: &PageRequest, (status, step): (Status, &NextStep), page: &str) -> Vec<Link> {
    let words = req.words();
    let verb = |verb: &Verb| {
        let label = words.say_of("step-verb", verb.as_str(), &[]);
        Link::new(label, format!("{page}?do={verb}&step={}#do", step.id))
    };
    let offered = req
        .access()
        .map(|access| offers::of_step(status, step.state, access));
    offered.unwrap_or_default().iter().map(verb).collect()
}

/// The form of a step, on the page of its case.
struct OnStep(NextStepId);

impl FormPage for OnStep {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        let back = back(req, self.0).await?;
        Ok(req.go(back, Some(Flash::new(done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let (reach, id) = (req.access()?.reach(), self.0);
        let step = req
            .read(move |conn| Ok(promises::find(conn, reach, id)?))
            .await?;
        let case = CaseRef::Id(step.ok_or_else(Problem::not_found)?.case_id);
        let verb = match req.typed.get("state").and_then(|state| state.parse().ok()) {
            Some(StepState::Done) => Verb::Complete,
            Some(StepState::Missed) => Verb::Miss,
            _ => Verb::Repromise,
        };
        super::case_page::case_again(req, &case, (verb.as_str(), &id.to_string()), problem).await
    }
}

/// Says what became of a step, or promises it anew.
pub(super) async fn move_on(req: PageRequest, id: NextStepId) -> PageResult {
    let place = DraftPlace::Step(id);
    if req.keeps_a_draft() {
        let kept = req.keep_form(place, SettleStep::reason().name).await;
        return req.finish::<Done>(&OnStep(id), kept).await;
    }
    req.act(&OnStep(id), move |conn, by, command: &SettleStep| {
        settle(conn, by.actor, id, None, command, by.now)?;
        draft::sent(conn, by.actor, &place)?;
        Ok(match command.state {
            Patch::Set(StepState::Done) => Done::StepDone,
            Patch::Set(StepState::Missed) => Done::StepMissed,
            Patch::Set(StepState::Open) | Patch::Keep => Done::Repromised,
        })
    })
    .await
}

/// The page from which the step was moved: the one that the form names, or its case's.
async fn back(req: &PageRequest, id: NextStepId) -> Result<String, Problem> {
    let named = req.typed.get("back").filter(|back| is_local(back));
    if let Some(page) = named {
        // Not into the panel again, which asked for what is done now.
        return Ok(page.split('?').next().unwrap_or("/").to_owned());
    }
    let reach = req.access()?.reach();
    let number = req
        .read(move |conn| {
            let step = promises::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
            Ok(crate::store::cases::find(conn, step.case_id)?.number)
        })
        .await?;
    Ok(format!("/cases/{number}"))
}
