//! Promised next steps (C9, M7).

use super::documents::NextStepDocument;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{CasesView, NextStepsPromise};
use crate::domain::case::{NextStepCommand, NextStepPatchError, StepState};
use crate::domain::ids::{CaseRef, EscalationRef, NextStepId};
use crate::domain::text::{Note, Title};
use crate::http::call::{Call, Guarded, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError, Patch, input};
use crate::store::{cases, promises};
use crate::workflow::promise::{self, Promising};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { next_steps:
        GET   "/cases/{case}/next-steps"             may(CasesView)        => of_case, "The next steps promised on the case and its escalations, by date";
        POST  "/cases/{case}/next-steps"             may(NextStepsPromise) => promise_on_case, "Promise a next step on a case";
        POST  "/escalations/{escalation}/next-steps" may(NextStepsPromise) => promise_on_escalation, "Promise a next step on an active escalation";
        PATCH "/next-steps/{step}"                   may(NextStepsPromise) => settle, "Say that a step is done or missed, or promise it anew";
    }
}

input! {
    /// A next step.
    pub struct NewStep {
        /// What will be done.
        what: Title,
        /// By whom: an engineer, or a third party.
        who: Title,
        /// By when; in the future.
        due_at: Instant,
    }
}

impl From<NewStep> for Promising {
    fn from(step: NewStep) -> Self {
        Self {
            what: step.what,
            who: step.who,
            due_at: step.due_at,
        }
    }
}

async fn of_case(call: Call<CaseRef>) -> Result<Reply<Page<NextStepDocument>>, Problem> {
    let items = call
        .look(|conn, call| {
            let reach = call.principal.access().reach();
            let case = cases::id_of(conn, reach, &call.address)?.ok_or_else(Problem::not_found)?;
            let reader = call.reader();
            Ok(promises::of_case(conn, case)?
                .iter()
                .map(|step| NextStepDocument::new(&reader, step))
                .collect())
        })
        .await?;
    Reply::new(&Page::whole(items))
}

async fn promise_on_case(
    call: Call<CaseRef, NewStep>,
) -> Result<Created<NextStepDocument>, Problem> {
    call.write(|conn, call| {
        let promising = call.body.clone().into();
        let id = promise::promise_on_case(
            conn,
            &call.principal.actor,
            &call.address,
            &promising,
            call.now,
        )?;
        created(conn, call, id)
    })
    .await
}

async fn promise_on_escalation(
    call: Call<EscalationRef, NewStep>,
) -> Result<Created<NextStepDocument>, Problem> {
    call.write(|conn, call| {
        let promising = call.body.clone().into();
        let actor = &call.principal.actor;
        let id = promise::promise_on_escalation(conn, actor, &call.address, &promising, call.now)?;
        created(conn, call, id)
    })
    .await
}

input! {
    /// What becomes of a step: a state, or a new date with its reason.
    pub struct StepPatch {
        /// `done` or `missed`.
        state: Patch<StepState>,
        /// The new date.
        due_at: Patch<Instant>,
        /// Why there is a new date.
        reason: Patch<Option<Note>>,
    }
}

async fn settle(
    call: Call<Guarded<NextStepId>, StepPatch>,
) -> Result<Reply<NextStepDocument>, Problem> {
    let patch = call.body.clone();
    let (state, due_at) = (patch.state.into_option(), patch.due_at.into_option());
    let command = NextStepCommand::from_patch(state, due_at, patch.reason.into_option().flatten())
        .map_err(invalid)?;
    call.write(move |conn, call| {
        promise::settle(
            conn,
            &call.principal.actor,
            *call.address,
            call.expected(),
            &command,
            call.now,
        )?;
        let document = document(conn, call, *call.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

fn invalid(error: NextStepPatchError) -> Problem {
    let (field, code) = match error {
        NextStepPatchError::ReasonMissing => ("reason", "required"),
        NextStepPatchError::DueAtMissing => ("due_at", "required"),
        NextStepPatchError::DueAtUnexpected(_) => ("due_at", "not_with_state"),
        NextStepPatchError::Nothing => ("state", "required"),
    };
    Problem::invalid_field(FieldError::new(field, Fault::new(code)))
}

fn created<A, B>(
    conn: &mut Conn,
    call: &Call<A, B>,
    id: NextStepId,
) -> Result<Created<NextStepDocument>, Problem> {
    let document = document(conn, call, id)?;
    Ok(Reply::new(&document)?.version(document.version))
}

fn document<A, B>(
    conn: &mut Conn,
    call: &Call<A, B>,
    id: NextStepId,
) -> Result<NextStepDocument, Problem> {
    let step = promises::find(conn, call.principal.access().reach(), id)?
        .ok_or_else(Problem::not_found)?;
    Ok(NextStepDocument::new(&call.reader(), &step))
}
