//! Lines of business: the segments of the provider's work, as a tree. Customers never receive their names.

use super::documents::LineDocument;
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::ids::LineId;
use crate::domain::text::Title;
use crate::http::call::{Call, may};
use crate::http::fields::{Patch, request};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::store::lines::{self, Line};
use crate::workflow::administer::{add_line, set_line_calendar};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { lines:
        GET   "/lines-of-business"        may(Permission::LinesView)   => list, "Lines of business, the root first";
        POST  "/lines-of-business"        may(Permission::LinesManage) => add, "Adds a line of business";
        GET   "/lines-of-business/{line}" may(Permission::LinesView)   => show, "One line of business";
        PATCH "/lines-of-business/{line}" may(Permission::LinesManage) => change, "Gives a line a calendar of its own, or takes it away (merge patch)";
    }
}

request! {
    /// A new line of business.
    pub struct NewLine {
        /// Its name, unique among its siblings.
        name: Title,
        /// The line above, by id or name; the root if not given.
        parent: Option<String>,
        /// Its own calendar, by id or name; that of the line above if not given.
        calendar: Option<String>,
    }
}

request! {
    /// Changes to a line of business.
    pub struct ChangeLine {
        /// Its own calendar, by id or name; null for that of the line above.
        calendar: Patch<Option<String>>,
    }
}

/// Lines of business, the root first, then by name.
pub async fn list(call: Call) -> Result<Reply<Page<LineDocument>>, Problem> {
    let lines = call.look(|conn, _| Ok(lines::all(conn)?)).await?;
    Reply::new(&Page::whole(lines.iter().map(LineDocument::from).collect()))
}

/// Adds a line of business.
pub async fn add(call: Call<(), NewLine>) -> Result<Created<LineDocument>, Problem> {
    call.write(|conn, call| {
        let body = &call.body;
        let (parent, calendar) = (body.parent.as_deref(), body.calendar.as_deref());
        let id = add_line(
            conn,
            Some(&call.principal.actor),
            &body.name,
            parent,
            calendar,
            call.now,
        )?;
        let line = read(conn, id)?;
        let reply = Created::new(&LineDocument::from(&line))?;
        Ok(reply
            .version(line.version)
            .location(format!("/api/v1/lines-of-business/{id}")))
    })
    .await
}

/// One line of business.
pub async fn show(call: Call<LineId>) -> Result<Reply<LineDocument>, Problem> {
    let line = call.look(|conn, call| read(conn, call.address)).await?;
    Ok(Reply::new(&LineDocument::from(&line))?.version(line.version))
}

/// Gives a line a calendar of its own, or takes it away.
pub async fn change(call: Call<LineId, ChangeLine>) -> Result<Reply<LineDocument>, Problem> {
    call.write(|conn, call| {
        let id = call.address;
        if let Some(calendar) = call.body.calendar.as_option() {
            let (actor, expected) = (&call.principal.actor, call.expected());
            set_line_calendar(
                conn,
                Some(actor),
                id,
                expected,
                calendar.as_deref(),
                call.now,
            )?;
        }
        let line = read(conn, id)?;
        Ok(Reply::new(&LineDocument::from(&line))?.version(line.version))
    })
    .await
}

fn read(conn: &mut Conn, id: LineId) -> Result<Line, Problem> {
    lines::named(conn, &id.to_string())?.ok_or_else(Problem::not_found)
}
