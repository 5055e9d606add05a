//! Promised next steps (C9, M7).

use super::documents::{NextStepDocument, NextStepPast, ProposalDocument};
use crate::db::Conn;
use crate::domain::access::Permission::{CasesView, NextStepsPromise};
use crate::domain::access::Reach;
use crate::domain::ids::{CaseRef, EscalationRef, NextStepId};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::store::calendars::CalendarBook;
use crate::store::promises::NumberedStep;
use crate::store::{cases, promises};
use crate::workflow::promise::{self, PromiseStep, SettleStep};
use crate::workflow::promised::histories;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { next_steps:
        GET   "/cases/{case}/next-steps"             may(CasesView)        => of_case, "The next steps promised on the case and its escalations, by date";
        POST  "/cases/{case}/next-steps"             may(NextStepsPromise) => promise_on_case, "Promise a next step on a case";
        GET   "/cases/{case}/next-steps/proposals"   may(NextStepsPromise) => proposals, "By when something could be promised on the case: instants of working time of its line, the soonest first";
        POST  "/escalations/{escalation}/next-steps" may(NextStepsPromise) => promise_on_escalation, "Promise a next step on an active escalation";
        GET   "/next-steps/{step}"                   may(CasesView)        => show, "One next step, with what became of it";
        PATCH "/next-steps/{step}"                   may(NextStepsPromise) => settle, "Say that a step is done or missed, or promise it anew";
    }
}

async fn of_case(req: ApiRequest<CaseRef>) -> Result<Reply<Page<NextStepDocument>>, Problem> {
    let items = req
        .read(|conn, req| {
            let reach = req.principal.access().reach();
            let case = cases::id_of(conn, reach, &req.address)?.ok_or_else(Problem::not_found)?;
            let reader = req.reader();
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
    req: ApiRequest<CaseRef, PromiseStep>,
) -> Result<Created<NextStepDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let id = promise::promise_on_case(conn, actor, &req.address, &req.body, req.now)?;
        created(conn, req, id)
    })
    .await
}

async fn proposals(req: ApiRequest<CaseRef>) -> Result<Reply<Page<ProposalDocument>>, Problem> {
    let items = req
        .read(|conn, req| {
            let reach = req.principal.access().reach();
            let found = cases::view(conn, reach, &req.address)?.ok_or_else(Problem::not_found)?;
            let book = CalendarBook::load(conn)?;
            let calendar = book.of_line(found.case.line_of_business_id);
            let reader = req.reader();
            let proposed = calendar.proposals(req.now).into_iter();
            Ok(proposed
                .map(|one| ProposalDocument::new(&reader, one))
                .collect())
        })
        .await?;
    Reply::new(&Page::whole(items))
}

async fn promise_on_escalation(
    req: ApiRequest<EscalationRef, PromiseStep>,
) -> Result<Created<NextStepDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let id = promise::promise_on_escalation(conn, actor, &req.address, &req.body, req.now)?;
        created(conn, req, id)
    })
    .await
}

async fn show(req: ApiRequest<NextStepId>) -> Result<Reply<NextStepPast>, Problem> {
    let past = req
        .read(|conn, req| {
            let reach = req.principal.access().reach();
            let (step, case, escalation) = found(conn, reach, req.address)?;
            let mut histories = histories(conn, std::slice::from_ref(&step))?;
            let history = histories.remove(&step.id).unwrap_or_default();
            Ok(NextStepPast {
                step: NextStepDocument::new(&req.reader(), &step, case, escalation),
                history: history.into_iter().map(Into::into).collect(),
            })
        })
        .await?;
    Ok(Reply::new(&past)?.version(past.step.version))
}

async fn settle(
    req: ApiRequest<Guarded<NextStepId>, SettleStep>,
) -> Result<Reply<NextStepDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        promise::settle(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, req, *req.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

fn created<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: NextStepId,
) -> Result<Created<NextStepDocument>, Problem> {
    let document = document(conn, req, id)?;
    Ok(Reply::new(&document)?.version(document.version))
}

fn document<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: NextStepId,
) -> Result<NextStepDocument, Problem> {
    let (step, case, escalation) = found(conn, req.principal.access().reach(), id)?;
    Ok(NextStepDocument::new(
        &req.reader(),
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
