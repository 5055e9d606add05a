//! Promised next steps (C9, M7).

use super::documents::{NextStepDocument, NextStepPast};
use crate::db::Conn;
use crate::domain::access::Permission::{CasesView, NextStepsPromise};
use crate::domain::access::Reach;
use crate::domain::ids::{CaseRef, EscalationRef, NextStepId};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::store::promises::NumberedStep;
use crate::store::{cases, promises};
use crate::workflow::promise::{self, PromiseStep, SettleStep};
use crate::workflow::promised::histories;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { next_steps:
        GET   "/cases/{case}/next-steps"             may(CasesView)        => of_case, "The next steps promised on the case and its escalations, by date";
        POST  "/cases/{case}/next-steps"             may(NextStepsPromise) => promise_on_case, "Promise a next step on a case";
        POST  "/escalations/{escalation}/next-steps" may(NextStepsPromise) => promise_on_escalation, "Promise a next step on an active escalation";
        GET   "/next-steps/{step}"                   may(CasesView)        => show, "One next step, with what became of it";
        PATCH "/next-steps/{step}"                   may(NextStepsPromise) => settle, "Say that a step is done or missed, or promise it anew";
    }
}

async fn of_case(call: ApiRequest<CaseRef>) -> Result<Reply<Page<NextStepDocument>>, Problem> {
    let items = call
        .look(|conn, call| {
            let reach = call.principal.access().reach();
            let case = cases::id_of(conn, reach, &call.address)?.ok_or_else(Problem::not_found)?;
            let reader = call.reader();
            let steps = promises::of_case(conn, case)?;
            Ok(promises::numbered(conn, steps)?
                .iter()
                .map(|(step, case, escalation)| {
                    NextStepDocument::new(&reader, step, *case, *escalation)
                })
                .collect())
        })
        .await?;
    Reply::new(&Page::whole(items))
}

async fn promise_on_case(
    call: ApiRequest<CaseRef, PromiseStep>,
) -> Result<Created<NextStepDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        let id = promise::promise_on_case(conn, actor, &call.address, &call.body, call.now)?;
        created(conn, call, id)
    })
    .await
}

async fn promise_on_escalation(
    call: ApiRequest<EscalationRef, PromiseStep>,
) -> Result<Created<NextStepDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        let id = promise::promise_on_escalation(conn, actor, &call.address, &call.body, call.now)?;
        created(conn, call, id)
    })
    .await
}

async fn show(call: ApiRequest<NextStepId>) -> Result<Reply<NextStepPast>, Problem> {
    let past = call
        .look(|conn, call| {
            let reach = call.principal.access().reach();
            let (step, case, escalation) = found(conn, reach, call.address)?;
            let mut histories = histories(conn, std::slice::from_ref(&step))?;
            let history = histories.remove(&step.id).unwrap_or_default();
            Ok(NextStepPast {
                step: NextStepDocument::new(&call.reader(), &step, case, escalation),
                history: history.into_iter().map(Into::into).collect(),
            })
        })
        .await?;
    Ok(Reply::new(&past)?.version(past.step.version))
}

async fn settle(
    call: ApiRequest<Guarded<NextStepId>, SettleStep>,
) -> Result<Reply<NextStepDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, id) = (&call.principal.actor, *call.address);
        promise::settle(conn, actor, id, call.expected(), &call.body, call.now)?;
        let document = document(conn, call, *call.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

fn created<A, B>(
    conn: &mut Conn,
    call: &ApiRequest<A, B>,
    id: NextStepId,
) -> Result<Created<NextStepDocument>, Problem> {
    let document = document(conn, call, id)?;
    Ok(Reply::new(&document)?.version(document.version))
}

fn document<A, B>(
    conn: &mut Conn,
    call: &ApiRequest<A, B>,
    id: NextStepId,
) -> Result<NextStepDocument, Problem> {
    let (step, case, escalation) = found(conn, call.principal.access().reach(), id)?;
    Ok(NextStepDocument::new(
        &call.reader(),
        &step,
        case,
        escalation,
    ))
}

fn found(conn: &mut Conn, reach: Reach, id: NextStepId) -> Result<NumberedStep, Problem> {
    let step = promises::find(conn, reach, id)?;
    let mut steps = promises::numbered(conn, step.into_iter().collect())?;
    steps.pop().ok_or_else(Problem::not_found)
}
