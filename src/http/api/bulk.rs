//! One verb on several cases or escalations, each in a transaction of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access::Permission::{CasesWork, EscalationsReview};
use crate::domain::bulk::RowOutcome;
use crate::domain::ids::PersonId;
use crate::http::api_request::{ApiRequest, may};
use crate::http::bulk::{Row, count, one_by_one};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::words::Catalogue;
use crate::workflow::bulk::{BulkCases, BulkEscalations, Mode, act_on_escalation, change_case};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { bulk:
        POST "/cases/bulk"               may(CasesWork)         => change_cases, "Change up to 100 cases alike, each in its own transaction: what one is refused does not stop the others";
        POST "/cases/bulk/preview"       may(CasesWork)         => preview_cases, "What changing these cases would come to; nothing is changed";
        POST "/escalations/bulk"         may(EscalationsReview) => act_on_escalations, "Claim or assign up to 100 escalations, each in its own transaction: what one is refused does not stop the others";
        POST "/escalations/bulk/preview" may(EscalationsReview) => preview_escalations, "What claiming or assigning these escalations would come to; nothing is changed";
    }
}

/// What came of one row.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkRow)]
pub struct BulkRowDocument {
    /// Its number; as it was named, where there is no such thing.
    pub name: String,
    /// What became of it.
    pub outcome: RowOutcome,
    /// Its version afterwards; null of one that was refused.
    pub version: Option<i64>,
    /// How many people are written to about it.
    pub told: usize,
    /// Why it was refused; null if it was not.
    pub problem: Option<ProblemDocument>,
}

/// What came of all of them.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkResult)]
pub struct BulkDocument {
    /// How many were changed.
    pub done: usize,
    /// How many were so already.
    pub unchanged: usize,
    /// How many were refused.
    pub refused: usize,
    /// How many people are written to, each counted once.
    pub told: usize,
    /// Each of them, in the order in which they were named.
    pub items: Vec<BulkRowDocument>,
}

fn document(words: &Catalogue, rows: &[Row]) -> BulkDocument {
    let done = || rows.iter().filter_map(|row| row.came_to.as_ref().ok());
    let told: BTreeSet<PersonId> = done().flat_map(|done| done.told.iter().copied()).collect();
    BulkDocument {
        done: count(rows, RowOutcome::Done),
        unchanged: count(rows, RowOutcome::Unchanged),
        refused: count(rows, RowOutcome::Refused),
        told: told.len(),
        items: rows.iter().map(|row| item(words, row)).collect(),
    }
}

fn item(words: &Catalogue, row: &Row) -> BulkRowDocument {
    let outcome = row.outcome();
    match &row.came_to {
        Ok(done) => BulkRowDocument {
            name: done.number.clone(),
            outcome,
            version: Some(done.version),
            told: done.told.len(),
            problem: None,
        },
        Err(problem) => BulkRowDocument {
            name: row.named.clone(),
            outcome,
            version: None,
            told: 0,
            problem: Some(problem.document(words)),
        },
    }
}

async fn change_cases(req: ApiRequest<(), BulkCases>) -> Result<Reply<BulkDocument>, Problem> {
    cases(req, Mode::Act).await
}

async fn preview_cases(req: ApiRequest<(), BulkCases>) -> Result<Reply<BulkDocument>, Problem> {
    cases(req, Mode::Preview).await
}

async fn cases(req: ApiRequest<(), BulkCases>, mode: Mode) -> Result<Reply<BulkDocument>, Problem> {
    req.body.check()?;
    if let Some(kept) = req.repeated().await? {
        return Ok(kept);
    }
    let shared = Arc::new(req);
    let req = &shared;
    let rows = one_by_one(
        req.body.items.clone(),
        |item| item.case.to_string(),
        |item| {
            let req = Arc::clone(req);
            let db = req.desk.db.clone();
            async move {
                db.write(move |conn| {
                    req.in_one(conn, |conn| {
                        let (actor, change) = (&req.principal.actor, &req.body.change);
                        Ok(change_case(conn, actor, (&item, change), mode, req.now)?)
                    })
                })
                .await
            }
        },
    );
    let rows = rows.await;
    told(req, &rows).await
}

async fn act_on_escalations(
    req: ApiRequest<(), BulkEscalations>,
) -> Result<Reply<BulkDocument>, Problem> {
    escalations(req, Mode::Act).await
}

async fn preview_escalations(
    req: ApiRequest<(), BulkEscalations>,
) -> Result<Reply<BulkDocument>, Problem> {
    escalations(req, Mode::Preview).await
}

async fn escalations(
    req: ApiRequest<(), BulkEscalations>,
    mode: Mode,
) -> Result<Reply<BulkDocument>, Problem> {
    req.body.check()?;
    if let Some(kept) = req.repeated().await? {
        return Ok(kept);
    }
    let shared = Arc::new(req);
    let req = &shared;
    let rows = one_by_one(
        req.body.items.clone(),
        |item| item.escalation.to_string(),
        |item| {
            let req = Arc::clone(req);
            let db = req.desk.db.clone();
            async move {
                db.write(move |conn| {
                    req.in_one(conn, |conn| {
                        let of = (&item, &req.body);
                        Ok(act_on_escalation(
                            conn,
                            &req.principal.actor,
                            of,
                            mode,
                            req.now,
                        )?)
                    })
                })
                .await
            }
        },
    );
    let rows = rows.await;
    told(req, &rows).await
}

/// The answer, which is kept for a repetition of the request. One that comes before it is kept does each row again, which changes
/// nothing twice: what is so already stays as it is, and what has another version is refused.
async fn told<B>(req: &Arc<ApiRequest<(), B>>, rows: &[Row]) -> Result<Reply<BulkDocument>, Problem>
where
    B: Clone + Send + Sync + 'static,
{
    let answer = Arc::new(document(req.words(), rows));
    let req = (**req).clone();
    req.write(move |_, _| Reply::new(&*answer)).await
}
