//! What happened on the cases of whoever asks since they looked (F5, F6).

use super::documents::NewsDocument;
use crate::domain::access::Permission::CasesView;
use crate::http::api_request::{ApiRequest, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Done, Reply};
use crate::http::route::{Route, table};
use crate::input::{Whole, input};
use crate::workflow::news::{ReadNews, look, read_all};

/// How much is told, if nobody says how much.
const MANY: i64 = 25;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { news:
        GET "/news"      may(CasesView) => list, "What others wrote and did on your cases in the last two weeks, and you have not read: the newest first, and how much there is. Of a customer's people these are all cases that they may see; of staff, the cases and escalations that they own, and what they follow";
        PUT "/news/read" may(CasesView) => read, "Say that you have read all of it";
    }
}

input! {
    /// How much of it.
    pub struct NewsQuery {
        /// How many of them, 25 if not given.
        limit: Option<Whole<1, 50>>,
    }
}

async fn list(req: ApiRequest<(), (), NewsQuery>) -> Result<Reply<Page<NewsDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let limit = req.query.limit.map_or(MANY, Whole::get);
            let limit = usize::try_from(limit).unwrap_or_default();
            let news = look(conn, req.principal.access(), limit, req.now)?;
            let reader = req.reader();
            let items = news.items.iter();
            Ok(Page {
                count: Some(Some(news.count)),
                ..Page::whole(items.map(|item| NewsDocument::new(&reader, item)).collect())
            })
        })
        .await?;
    Reply::new(&page)
}

async fn read(req: ApiRequest<(), ReadNews>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        read_all(conn, &req.principal.actor, &req.body, req.now)?;
        Ok(Reply::done())
    })
    .await
}
