//! What needs whoever asks, now (H3).

use super::documents::HomeDocument;
use crate::http::api_request::{ApiRequest, SIGNED_IN};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::workflow::home::look;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { home:
        GET "/home" SIGNED_IN => show, "What needs you now, in groups: each thing with its reason and what you can do about it";
    }
}

async fn show(req: ApiRequest) -> Result<Reply<HomeDocument>, Problem> {
    let home = req
        .read(|conn, req| {
            let groups = look(conn, req.principal.access(), req.now)?;
            Ok(HomeDocument::new(&req.reader(), &groups))
        })
        .await?;
    Reply::new(&home)
}
