//! Lines of business: the segments of the provider's work, as a tree, and who reads the cases of each (A4). Customers never
//! receive their names.

use super::documents::{LineBook, LineDocument};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::ids::LineId;
use crate::domain::organization::Side;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::Asker;
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError};
use crate::store::{groups, lines, organizations};
use crate::workflow::lines::{AddLine, UpdateLine, add_line, update_line};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { lines:
        GET   "/lines-of-business"        may(Permission::LinesView)   => list, "Lines of business in the order of their tree";
        POST  "/lines-of-business"        may(Permission::LinesManage) => add, "Adds a line of business";
        GET   "/lines-of-business/{line}" may(Permission::LinesView)   => show, "One line of business";
        PATCH "/lines-of-business/{line}" may(Permission::LinesManage) => change, "Changes a line: its name, its place, its calendar, and who reads its cases (merge patch)";
    }
}

/// Lines of business, each before those below it; those of one line by name.
pub async fn list(req: ApiRequest) -> Result<Reply<Page<LineDocument>>, Problem> {
    let book = req.read(|conn, _| book(conn)).await?;
    Reply::new(&Page::whole(book.documents()))
}

/// Adds a line of business.
pub async fn add(req: ApiRequest<(), AddLine>) -> Result<Created<LineDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_line(conn, Some(&req.principal.actor), &req.body, req.now)?;
        let line = read(conn, id)?;
        Ok(Created::new(&line)?
            .version(line.version)
            .location(format!("/api/v1/lines-of-business/{id}")))
    })
    .await
}

/// One line of business.
pub async fn show(req: ApiRequest<LineId>) -> Result<Reply<LineDocument>, Problem> {
    let line = req.read(|conn, req| read(conn, req.address)).await?;
    Ok(Reply::new(&line)?.version(line.version))
}

/// Changes a line of business.
pub async fn change(
    req: ApiRequest<Guarded<LineId>, UpdateLine>,
) -> Result<Reply<LineDocument>, Problem> {
    req.write(|conn, req| {
        let (id, actor) = (*req.address, Some(&req.principal.actor));
        update_line(conn, actor, id, req.expected(), &req.body, req.now)?;
        let line = read(conn, id)?;
        Ok(Reply::new(&line)?.version(line.version))
    })
    .await
}

/// All lines with the groups that they name.
pub(in crate::http) fn book(conn: &mut Conn) -> Result<LineBook, Problem> {
    let (all, grants) = (lines::all(conn)?, lines::grants(conn)?);
    let groups = match organizations::provider(conn)? {
        Some(provider) => groups::of_organization(conn, provider.id, i64::MAX)?,
        None => Vec::new(),
    };
    Ok(LineBook::new(all, grants, groups))
}

fn read(conn: &mut Conn, id: LineId) -> Result<LineDocument, Problem> {
    book(conn)?.document(id).ok_or_else(Problem::not_found)
}

/// The line of business that a query names. Lines do not exist for customers, so that naming one finds nothing, whatever its
/// name.
///
/// # Errors
/// What does not exist for the asker is a fault of `line_of_business`; database errors.
pub(in crate::http) fn asked_line(
    conn: &mut Conn,
    asker: Asker<'_>,
    name: Option<&str>,
) -> Result<Option<LineId>, Problem> {
    let Some(name) = name else {
        return Ok(None);
    };
    let found = match asker.access.side {
        Side::Provider => lines::named(conn, name)?,
        Side::Customer => None,
    };
    let unknown = || {
        let fault = Fault::new("not_found");
        Problem::invalid_field(FieldError::new("line_of_business", fault))
    };
    Ok(Some(found.ok_or_else(unknown)?.id))
}
