//! One verb on several cases, escalations or callbacks, each in a transaction of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access::Permission::{CallbacksView, CasesClose, CasesWork, EscalationsView};
use crate::domain::bulk::{Consequence, ConsequenceKind, RowOutcome};
use crate::domain::ids::PersonId;
use crate::http::api_request::{ApiRequest, may};
use crate::http::bulk::{Row, count, one_by_one};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::words::Catalogue;
use crate::workflow::bulk::{
    BulkCallbacks, BulkCases, BulkClosing, BulkEscalations, Mode, Several,
};

/// The routes of this resource. What an act on escalations or callbacks needs depends on the act, as it does for one of them.
pub fn routes() -> Vec<Route> {
    table! { bulk:
        POST "/cases/bulk"               may(CasesWork)       => change_cases, "Change up to 100 cases alike, each in its own transaction: what one is refused does not stop the others";
        POST "/cases/bulk/preview"       may(CasesWork)       => preview_cases, "What changing these cases would come to; nothing is changed";
        POST "/cases/bulk/close"         may(CasesClose)      => close_cases, "Close up to 100 cases, each in its own transaction: what one is refused does not stop the others; its `follows` say what ends with a case and what stays open";
        POST "/cases/bulk/close/preview" may(CasesClose)      => preview_closing, "What closing these cases would come to; none is closed";
        POST "/escalations/bulk"         may(EscalationsView) => act_on_escalations, "Claim or assign up to 100 escalations, each in its own transaction: what one is refused does not stop the others";
        POST "/escalations/bulk/preview" may(EscalationsView) => preview_escalations, "What claiming or assigning these escalations would come to; nothing is changed";
        POST "/callbacks/bulk"           may(CallbacksView)   => act_on_callbacks, "Take up to 100 callbacks, give them to somebody, or say what became of them, each in its own transaction: what one is refused does not stop the others";
        POST "/callbacks/bulk/preview"   may(CallbacksView)   => preview_callbacks, "What such an act on these callbacks would come to; nothing is changed";
    }
}

/// What else happens with a row, or stays as it is.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkConsequence)]
pub struct ConsequenceDocument {
    /// What.
    pub kind: ConsequenceKind,
    /// The number of the escalation or the case, or the name of the person, that it is about; null if it is about neither.
    pub name: Option<String>,
    /// How many there are; null if it is about one.
    pub count: Option<usize>,
}

impl From<&Consequence> for ConsequenceDocument {
    fn from(of: &Consequence) -> Self {
        Self {
            kind: of.kind(),
            name: of.name(),
            count: of.count(),
        }
    }
}

/// What came of one row.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkRow)]
pub struct BulkRowDocument {
    /// Its number, or the id of a callback; as it was named, where it was refused.
    pub name: String,
    /// What became of it.
    pub outcome: RowOutcome,
    /// Its version afterwards; null of one that was refused.
    pub version: Option<i64>,
    /// How many people are written to about it; for customers, of their own.
    pub told: usize,
    /// What else happens with it, or stays as it is.
    pub follows: Vec<ConsequenceDocument>,
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
    /// How many people are written to, each counted once; for customers, of their own.
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
            follows: done.follows.iter().map(Into::into).collect(),
            problem: None,
        },
        Err(problem) => BulkRowDocument {
            name: row.named.clone(),
            outcome,
            version: None,
            told: 0,
            follows: Vec::new(),
            problem: Some(problem.document(words)),
        },
    }
}

/// What a handler answers.
type Answer = Result<Reply<BulkDocument>, Problem>;

async fn change_cases(req: ApiRequest<(), BulkCases>) -> Answer {
    each(req, Mode::Act).await
}

async fn preview_cases(req: ApiRequest<(), BulkCases>) -> Answer {
    each(req, Mode::Preview).await
}

async fn close_cases(req: ApiRequest<(), BulkClosing>) -> Answer {
    each(req, Mode::Act).await
}

async fn preview_closing(req: ApiRequest<(), BulkClosing>) -> Answer {
    each(req, Mode::Preview).await
}

async fn act_on_escalations(req: ApiRequest<(), BulkEscalations>) -> Answer {
    each(req, Mode::Act).await
}

async fn preview_escalations(req: ApiRequest<(), BulkEscalations>) -> Answer {
    each(req, Mode::Preview).await
}

async fn act_on_callbacks(req: ApiRequest<(), BulkCallbacks>) -> Answer {
    each(req, Mode::Act).await
}

async fn preview_callbacks(req: ApiRequest<(), BulkCallbacks>) -> Answer {
    each(req, Mode::Preview).await
}

/// Does what is asked for with one row after the other, each in its own transaction.
async fn each<B: Several>(req: ApiRequest<(), B>, mode: Mode) -> Answer {
    req.body.check(&req.principal.actor)?;
    if let Some(kept) = req.repeated().await? {
        return Ok(kept);
    }
    let items = req.body.rows().to_vec();
    let shared = Arc::new(req);
    let req = &shared;
    let rows = one_by_one(items, B::named, |row| {
        let req = Arc::clone(req);
        let db = req.desk.db.clone();
        async move {
            db.write(move |conn| {
                req.in_one(conn, |conn| {
                    let actor = &req.principal.actor;
                    Ok(req.body.act_on(conn, actor, &row, mode, req.now)?)
                })
            })
            .await
        }
    });
    let rows = rows.await;
    told(req, &rows).await
}

/// The answer, which is kept for a repetition of the request. One that comes before it is kept does each row again, which changes
/// nothing twice: what is so already stays as it is, and what has another version is refused.
async fn told<B: Several>(req: &Arc<ApiRequest<(), B>>, rows: &[Row]) -> Answer {
    let answer = Arc::new(document(req.words(), rows));
    let req = (**req).clone();
    req.write(move |_, _| Reply::new(&*answer)).await
}
