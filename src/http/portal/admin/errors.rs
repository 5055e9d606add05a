//! What this desk failed to answer, for those who keep it running (A8).

use super::list::{ListPage, list};
use super::{Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::http::api::developer::{ErrorQuery, Errors};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::list::{Column, Filter, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::recent_errors::RecentError;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { errors:
        GET "/admin/errors" may(Permission::DeveloperToolsUse) => list::<List>, "Failures of the desk's own, the newest first";
    }
}

/// The failures.
struct List;

impl ListPage for List {
    const PLACE: Place = Place::Errors;
    const COLUMNS: &'static [Column] = &[
        Column::said("errors-column-route"),
        Column::said("errors-column-cause"),
        Column::said("errors-column-request"),
        Column::said("errors-column-at").sorts("-at"),
    ];
    type Query = ErrorQuery;
    type Row = RecentError;
    type Beside = ();

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &ErrorQuery,
    ) -> Result<(Found<RecentError>, ()), Problem> {
        let found = find::<Errors>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        Ok((found, ()))
    }

    fn cells(req: &PageRequest, error: &RecentError, (): &()) -> Vec<Cell> {
        let answered = [
            ("status", error.status.to_string().into()),
            ("code", error.code.as_str().into()),
        ];
        vec![
            Cell::text(format!("{} {}", error.method, error.route))
                .small(req.words().say("errors-status", &answered)),
            Cell::text(error.cause.clone()),
            Cell::text(error.request_id.clone()),
            Cell::at(error.at),
        ]
    }

    fn filters(req: &PageRequest, (): &()) -> Vec<Filter> {
        let label = req.words().say("errors-search", &[]);
        vec![Filter::search(req, ErrorQuery::request_id(), label)]
    }
}
