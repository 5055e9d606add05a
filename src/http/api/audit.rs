//! Audited events: what happened, by whom, with what was before and after (C8, P9).

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::documents::AuditEventDocument;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{CaseRef, VisitId};
use crate::http::api_request::{ApiRequest, may};
use crate::http::audit::file::Format;
use crate::http::audit::{Asked, export};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::{Code, Problem};
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::audit::{self, EventFilter, Place};
use crate::workflow::export_audit::export_audit;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    let mut routes = table! { audit:
        GET "/audit-events" may(Permission::AuditView) => list, "Audited events, the newest first";
    };
    let files = table! { audit:
        POST "/audit-events/export" may(Permission::AuditView) => export_file, "Audited events as a file; that they are exported is recorded";
    };
    routes.extend(
        files
            .into_iter()
            .map(|route| route.answering_in(&["text/csv", "application/x-ndjson"])),
    );
    routes
}

input! {
    /// Which events.
    pub struct AuditQuery {
        /// Those on this case, by id or number.
        case: Option<CaseRef>,
        /// Those that concern this organization, by id or slug.
        organization: Option<String>,
        /// What this person did, by id or address.
        actor: Option<String>,
        /// What was changed on this visit by a pairing, by id.
        visit: Option<VisitId>,
        /// Of this kind, such as `case.opened`, or of all kinds that begin so, such as `case.`.
        kind: Option<String>,
        /// Not before this instant.
        from: Option<Instant>,
        /// Before this instant.
        until: Option<Instant>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

input! {
    /// Which events are written into a file, and how.
    pub struct ExportAuditEvents {
        /// What the file is written in.
        format: Format,
        /// Those on this case, by id or number.
        case: Option<CaseRef>,
        /// Those that concern this organization, by id or slug.
        organization: Option<String>,
        /// What this person did, by id or address.
        actor: Option<String>,
        /// What was changed on this visit by a pairing, by id.
        visit: Option<VisitId>,
        /// Of this kind, such as `case.opened`, or of all kinds that begin so, such as `case.`.
        kind: Option<String>,
        /// Not before this instant.
        from: Option<Instant>,
        /// Before this instant.
        until: Option<Instant>,
    }
}

impl AuditQuery {
    fn asked(&self) -> Asked {
        Asked {
            case: self.case,
            organization: self.organization.clone(),
            actor: self.actor.clone(),
            visit: self.visit,
            kind: self.kind.clone(),
            from: self.from,
            until: self.until,
        }
    }
}

impl ExportAuditEvents {
    fn asked(&self) -> Asked {
        Asked {
            case: self.case,
            organization: self.organization.clone(),
            actor: self.actor.clone(),
            visit: self.visit,
            kind: self.kind.clone(),
            from: self.from,
            until: self.until,
        }
    }
}

/// Audited events, the newest first.
pub async fn list(
    req: ApiRequest<(), (), AuditQuery>,
) -> Result<Reply<Page<AuditEventDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let (query, reach) = (&req.query, req.principal.access().reach());
            let asked = query.asked();
            let paging: Paging<Place> =
                Paging::read("audit-events", &asked, query.limit, query.cursor.as_deref())?;
            let filter = EventFilter {
                after: paging.after,
                ..asked.filter(conn, reach)?
            };
            let mut rows = audit::list(conn, &filter, paging.fetch())?;
            let next_cursor = paging.next(&mut rows, |row| row.event.place());
            let items = rows
                .iter()
                .filter_map(|row| AuditEventDocument::new(reach, row));
            Ok(Page {
                items: items.collect(),
                next_cursor,
                count: None,
            })
        })
        .await?;
    Reply::new(&page)
}

/// What is kept of an export, so that its repetition finds the same events without being another one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AuditExport {
    up_to: i64,
}

impl PartialSchema for AuditExport {
    fn schema() -> RefOr<Schema> {
        let says = "Events, one a line, the newest first.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(says))
            .into()
    }
}

impl ToSchema for AuditExport {}

/// Audited events as a file.
pub async fn export_file(
    req: ApiRequest<(), ExportAuditEvents>,
) -> Result<Reply<AuditExport>, Problem> {
    let (db, format) = (req.desk.db.clone(), req.body.format);
    let (asked, reach) = (req.body.asked(), req.principal.access().reach());
    let filter = req
        .clone()
        .read(move |conn, _| asked.filter(conn, reach))
        .await?;
    let reply = req
        .write(|conn, req| {
            let (actor, filters) = (&req.principal.actor, req.body.asked().as_fields());
            let up_to = export_audit(
                conn,
                Some(actor),
                req.body.format.as_str(),
                filters,
                req.now,
            )?;
            Reply::new(&AuditExport { up_to })
        })
        .await?;
    let AuditExport { up_to } = reply.content().map_err(|_| Problem::new(Code::Internal))?;
    let filter = EventFilter {
        up_to: Some(up_to),
        ..filter
    };
    Ok(reply.download(export::file(db, filter, format)))
}
