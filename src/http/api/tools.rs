//! Tools and care apps: links for designated contacts (H1).

use super::documents::{Audiences, ToolDocument};
use crate::db::Conn;
use crate::domain::access::Access;
use crate::domain::access::Permission::{ToolsManage, ToolsView};
use crate::domain::ids::ToolId;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::store::audiences::Listener;
use crate::store::tools::{self, Tool};
use crate::workflow::tools::{AddTool, UpdateTool, add_tool, delete_tool, update_tool};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { tools:
        GET    "/tools"        may(ToolsView)   => list, "Tools and care apps for you, in their order";
        POST   "/tools"        may(ToolsManage) => add, "Adds a tool";
        GET    "/tools/{tool}" may(ToolsView)   => show, "One tool";
        PATCH  "/tools/{tool}" may(ToolsManage) => change, "Changes a tool (merge patch)";
        DELETE "/tools/{tool}" may(ToolsManage) => remove, "Removes a tool";
    }
}

/// The tools that somebody may see.
///
/// # Errors
/// Database errors.
pub(in crate::http) fn all(conn: &mut Conn, access: &Access) -> Result<Vec<ToolDocument>, Problem> {
    let listener = Listener::of(conn, access, ToolsManage)?;
    let rows = tools::list(conn, listener)?;
    documents(conn, access, &rows)
}

/// One of them, if it exists for somebody.
///
/// # Errors
/// [`Problem::not_found`]; database errors.
pub(in crate::http) fn document(
    conn: &mut Conn,
    access: &Access,
    id: ToolId,
) -> Result<ToolDocument, Problem> {
    let listener = Listener::of(conn, access, ToolsManage)?;
    let row = tools::find(conn, listener, id)?.ok_or_else(Problem::not_found)?;
    let mut documents = documents(conn, access, &[row])?;
    documents.pop().ok_or_else(Problem::not_found)
}

fn documents(
    conn: &mut Conn,
    access: &Access,
    rows: &[Tool],
) -> Result<Vec<ToolDocument>, Problem> {
    let ids: Vec<ToolId> = rows.iter().map(|tool| tool.id).collect();
    let audiences = Audiences::of(conn, access.can(ToolsManage), &ids)?;
    let documents = rows.iter().map(|tool| ToolDocument::new(tool, &audiences));
    Ok(documents.collect())
}

async fn list(req: ApiRequest) -> Result<Reply<Page<ToolDocument>>, Problem> {
    let all = req
        .read(|conn, req| all(conn, req.principal.access()))
        .await?;
    Reply::new(&Page::whole(all))
}

async fn add(req: ApiRequest<(), AddTool>) -> Result<Created<ToolDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_tool(conn, &req.principal.actor, &req.body, req.now)?;
        let document = document(conn, req.principal.access(), id)?;
        Ok(Created::new(&document)?
            .version(document.version)
            .location(format!("/api/v1/tools/{id}")))
    })
    .await
}

async fn show(req: ApiRequest<ToolId>) -> Result<Reply<ToolDocument>, Problem> {
    let document = req
        .read(|conn, req| document(conn, req.principal.access(), req.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn change(
    req: ApiRequest<Guarded<ToolId>, UpdateTool>,
) -> Result<Reply<ToolDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        update_tool(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, req.principal.access(), id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn remove(req: ApiRequest<Guarded<ToolId>>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        delete_tool(conn, actor, id, req.expected(), req.now)?;
        Ok(Done::done())
    })
    .await
}
