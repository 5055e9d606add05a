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

async fn list(req: ApiRequest<CaseRef>) -> Result<Reply<Page<PriorityRequestDocument>>, Problem> {
    let items = req
        .read(|conn, req| {
            let reach = req.principal.access().reach();
            let case = cases::id_of(conn, reach, &req.address)?.ok_or_else(Problem::not_found)?;
            Ok(requests::of_case(conn, case)?
                .iter()
                .map(PriorityRequestDocument::from)
                .collect())
        })
        .await?;
    Reply::new(&Page::whole(items))
}

async fn ask(
    req: ApiRequest<CaseRef, RequestPriority>,
) -> Result<Created<PriorityRequestDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let id = verbs::request_priority(conn, actor, &req.address, &req.body, req.now)?;
        let document = document(conn, req, id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn decide(
    req: ApiRequest<PriorityRequestId, DecidePriority>,
) -> Result<Reply<PriorityRequestDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        verbs::decide_priority(conn, actor, req.address, &req.body, req.now)?;
        let document = document(conn, req, req.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

fn document<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: PriorityRequestId,
) -> Result<PriorityRequestDocument, Problem> {
    let found = requests::view(conn, req.principal.access().reach(), id)?;
    Ok((&found.ok_or_else(Problem::not_found)?).into())
}

async fn request_rca(
    req: ApiRequest<CaseRef, RequestAnalysis>,
) -> Result<Created<CaseDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        verbs::request_analysis(conn, actor, &req.address, &req.body, req.now)?;
        created(conn, req)
    })
    .await
}

async fn deliver_rca(
    req: ApiRequest<CaseRef, DeliverAnalysis>,
) -> Result<Created<CaseDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        verbs::deliver_analysis(conn, actor, &req.address, &req.body, req.now)?;
        created(conn, req)
    })
    .await
}

fn created<B>(
    conn: &mut Conn,
    req: &ApiRequest<CaseRef, B>,
) -> Result<Created<CaseDocument>, Problem> {
    let document = super::cases::document(conn, req, &req.address)?;
    Ok(Reply::new(&document)?.version(document.version))
}
