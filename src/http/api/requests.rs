//! What is asked on a case: a higher priority (C5), a root cause analysis (C6).

use super::documents::{CaseDocument, PriorityRequestDocument};
use crate::db::Conn;
use crate::domain::access::Permission::{
    CasesView, PrioritiesDecide, PrioritiesRequest, RcaDeliver, RcaRequest,
};
use crate::domain::ids::{CaseRef, PriorityRequestId};
use crate::http::api_request::{ApiRequest, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::store::{cases, requests};
use crate::workflow::request::{
    self as verbs, DecidePriority, DeliverAnalysis, RequestAnalysis, RequestPriority,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { requests:
        GET   "/cases/{case}/priority-requests"       may(CasesView)         => list, "The case's priority requests, the newest first";
        POST  "/cases/{case}/priority-requests"       may(PrioritiesRequest) => ask, "Ask for a higher priority with a work note";
        POST  "/priority-requests/{request}/decision" may(PrioritiesDecide)  => decide, "Grant a priority request, or refuse it with a reason";
        POST  "/cases/{case}/rca"                     may(RcaRequest)        => request_rca, "Request a root cause analysis";
        POST  "/cases/{case}/rca/delivery"            may(RcaDeliver)        => deliver_rca, "Deliver the root cause analysis";
    }
}

async fn list(call: ApiRequest<CaseRef>) -> Result<Reply<Page<PriorityRequestDocument>>, Problem> {
    let items = call
        .look(|conn, call| {
            let reach = call.principal.access().reach();
            let case = cases::id_of(conn, reach, &call.address)?.ok_or_else(Problem::not_found)?;
            Ok(requests::of_case(conn, case)?
                .iter()
                .map(PriorityRequestDocument::from)
                .collect())
        })
        .await?;
    Reply::new(&Page::whole(items))
}

async fn ask(
    call: ApiRequest<CaseRef, RequestPriority>,
) -> Result<Created<PriorityRequestDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        let id = verbs::request_priority(conn, actor, &call.address, &call.body, call.now)?;
        let document = document(conn, call, id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn decide(
    call: ApiRequest<PriorityRequestId, DecidePriority>,
) -> Result<Reply<PriorityRequestDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        verbs::decide_priority(conn, actor, call.address, &call.body, call.now)?;
        let document = document(conn, call, call.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

fn document<A, B>(
    conn: &mut Conn,
    call: &ApiRequest<A, B>,
    id: PriorityRequestId,
) -> Result<PriorityRequestDocument, Problem> {
    let found = requests::view(conn, call.principal.access().reach(), id)?;
    Ok((&found.ok_or_else(Problem::not_found)?).into())
}

async fn request_rca(
    call: ApiRequest<CaseRef, RequestAnalysis>,
) -> Result<Created<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        verbs::request_analysis(conn, actor, &call.address, &call.body, call.now)?;
        created(conn, call)
    })
    .await
}

async fn deliver_rca(
    call: ApiRequest<CaseRef, DeliverAnalysis>,
) -> Result<Created<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        verbs::deliver_analysis(conn, actor, &call.address, &call.body, call.now)?;
        created(conn, call)
    })
    .await
}

fn created<B>(
    conn: &mut Conn,
    call: &ApiRequest<CaseRef, B>,
) -> Result<Created<CaseDocument>, Problem> {
    let document = super::cases::document(conn, call, &call.address)?;
    Ok(Reply::new(&document)?.version(document.version))
}
