//! Which columns of their lists somebody sees.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::saved_filter::FilteredList;
use crate::http::api_request::{ApiRequest, SIGNED_IN};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::workflow::Actor;
use crate::workflow::list_columns::{ChooseColumns, choose, chosen};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { list_columns:
        GET "/me/columns" SIGNED_IN => list, "The columns of your lists, and which of them you see";
        PUT "/me/columns" SIGNED_IN => set, "Chooses which columns of a list you see";
    }
}

/// The columns of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ListColumns)]
pub struct ListColumnsDocument {
    /// Which list.
    pub list: FilteredList,
    /// Those that are shown, in their order.
    pub columns: Vec<String>,
    /// All that there are, in their order.
    pub known: Vec<String>,
}

fn document(
    conn: &mut Conn,
    actor: &Actor,
    list: FilteredList,
) -> Result<ListColumnsDocument, Problem> {
    let shown = chosen(conn, actor, list)?;
    let known = list.columns_for(actor.side());
    Ok(ListColumnsDocument {
        list,
        columns: shown
            .names()
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        known: known.map(|column| column.name.to_owned()).collect(),
    })
}

async fn list(req: ApiRequest) -> Result<Reply<Page<ListColumnsDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let actor = &req.principal.actor;
            let lists = FilteredList::ALL.iter().copied();
            let theirs = lists.filter(|list| actor.access.can(list.permission()));
            let items = theirs.map(|list| document(conn, actor, list));
            Ok(Page::whole(items.collect::<Result<_, Problem>>()?))
        })
        .await?;
    Reply::new(&page)
}

async fn set(req: ApiRequest<(), ChooseColumns>) -> Result<Reply<ListColumnsDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        choose(conn, actor, &req.body, req.now)?;
        Reply::new(&document(conn, actor, req.body.list)?)
    })
    .await
}
