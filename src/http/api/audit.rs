//! Audited events: what happened, by whom, with what was before and after (C8).

use super::documents::AuditEventDocument;
use crate::db::Conn;
use crate::domain::access::{Permission, Reach};
use crate::domain::ids::CaseRef;
use crate::http::call::{Call, may};
use crate::http::fields::{Fault, FieldError, request};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::audit::{self, EventFilter};
use crate::store::{cases, organizations};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { audit:
        GET "/audit-events" may(Permission::AuditView) => list, "Audited events, the newest first";
    }
}

request! {
    /// Which events.
    pub struct AuditQuery {
        /// Those on this case, by id or number.
        case: Option<CaseRef>,
        /// Those that concern this organization, by id or slug.
        organization: Option<String>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

/// Audited events, the newest first.
pub async fn list(
    call: Call<(), (), AuditQuery>,
) -> Result<Reply<Page<AuditEventDocument>>, Problem> {
    let page = call
        .look(|conn, call| {
            let query = &call.query;
            let filters = (&query.case, &query.organization);
            let paging: Paging<i64> = Paging::read(
                "audit-events",
                &filters,
                query.limit,
                query.cursor.as_deref(),
            )?;
            let filter = filter(conn, call, paging.after)?;
            let rows = audit::list(
                conn,
                call.principal.access().reach(),
                &filter,
                paging.fetch(),
            )?;
            Ok(paging.page(
                rows,
                |event| event.seq,
                |event| AuditEventDocument::from(&event),
            ))
        })
        .await?;
    Reply::new(&page)
}

fn filter(
    conn: &mut Conn,
    call: &Call<(), (), AuditQuery>,
    before: Option<i64>,
) -> Result<EventFilter, Problem> {
    let (query, reach) = (&call.query, call.principal.access().reach());
    let unknown =
        |field: &str| Problem::invalid_field(FieldError::new(field, Fault::new("not_found")));
    let case = match &query.case {
        None => None,
        Some(case) => Some(cases::id_of(conn, reach, case)?.ok_or_else(|| unknown("case"))?),
    };
    let named = match &query.organization {
        None => None,
        Some(name) => Some(
            organizations::named(conn, reach, name)?
                .ok_or_else(|| unknown("organization"))?
                .id,
        ),
    };
    let organization = match reach {
        Reach::Everything | Reach::Staff(_) => named,
        Reach::Organization(own) => Some(own),
    };
    Ok(EventFilter {
        case,
        organization,
        before,
    })
}
