//! The deadlines of a case, replayed: what counted towards each, and what did not and why.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::Replay;
use crate::domain::ids::CaseRef;
use crate::http::api_request::{ApiRequest, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::input;
use crate::workflow::assess::deadlines;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { deadlines:
        GET "/cases/{case}/deadlines" may(Permission::CasesView) => of_case, "The windows that escalation reasons wait for on a case, replayed";
    }
}

input! {
    /// When.
    pub struct DeadlineQuery {
        /// The instant of asking; now if not given. In the past it is answered on the facts as they stood then.
        at: Option<Instant>,
    }
}

/// A window that a reason waits for.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineDocument {
    /// The reason's code.
    reason: String,
    /// How its deadline comes about.
    replay: Replay,
}

/// The windows that escalation reasons wait for on a case.
pub async fn of_case(
    req: ApiRequest<CaseRef, (), DeadlineQuery>,
) -> Result<Reply<Page<DeadlineDocument>>, Problem> {
    let found = req
        .read(|conn, req| {
            Ok(deadlines(
                conn,
                &req.principal.actor,
                &req.address,
                req.query.at,
                req.now,
            )?)
        })
        .await?;
    let documents = found.into_iter().map(|(reason, replay)| DeadlineDocument {
        reason: reason.code,
        replay,
    });
    Reply::new(&Page::whole(documents.collect()))
}
