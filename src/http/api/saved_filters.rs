//! Saved filters: one's own, and those that are shared in the organization.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::SavedFilterId;
use crate::domain::saved_filter::FilteredList;
use crate::http::api_request::{ApiRequest, Guarded, SIGNED_IN};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::http::saved_filters::checked;
use crate::store::saved_filters::{self, SavedFilter};
use crate::workflow::saved_filters::{ChangeFilter, SaveFilter, change, remove, save};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { saved_filters:
        GET    "/saved-filters"          SIGNED_IN => list, "The filters that you saved, and those that are shared in your organization, by name";
        POST   "/saved-filters"          SIGNED_IN => create, "Save a filter of the list of cases, of the queue, or of the list of callbacks";
        PATCH  "/saved-filters/{filter}" SIGNED_IN => update, "Rename a saved filter, change what it shows, or share it";
        DELETE "/saved-filters/{filter}" SIGNED_IN => delete, "Remove a saved filter";
    }
}

/// A saved filter.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SavedFilter)]
pub struct SavedFilterDocument {
    /// Its id.
    pub id: SavedFilterId,
    /// What it is called.
    pub name: String,
    /// Which list it narrows.
    pub list: FilteredList,
    /// What it narrows the list to.
    pub query: String,
    /// The page of the list, narrowed by it.
    pub href: String,
    /// Whether everybody in the organization has it.
    pub shared: bool,
    /// Whether whoever asks saved it.
    pub own: bool,
    /// Counts its changes.
    pub version: i64,
}

fn document<A, B>(req: &ApiRequest<A, B>, filter: &SavedFilter) -> SavedFilterDocument {
    SavedFilterDocument {
        id: filter.id,
        name: filter.name.clone(),
        list: filter.list,
        query: filter.query.clone(),
        href: filter.href(),
        shared: filter.shared,
        own: filter.person_id == req.principal.access().person,
        version: filter.version,
    }
}

async fn list(req: ApiRequest) -> Result<Reply<Page<SavedFilterDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let filters = saved_filters::of_reader(conn, req.principal.access())?;
            Ok(Page {
                items: filters.iter().map(|filter| document(req, filter)).collect(),
                next_cursor: None,
                count: None,
            })
        })
        .await?;
    Reply::new(&page)
}

async fn create(req: ApiRequest<(), SaveFilter>) -> Result<Created<SavedFilterDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, body) = (&req.principal.actor, &req.body);
        let query = checked(conn, req.asker(), body.list, &body.query)?;
        let id = save(conn, actor, body, &query, req.now)?;
        let found = saved_filters::find(conn, &actor.access, id)?;
        let document = document(req, &found.ok_or_else(Problem::not_found)?);
        let location = format!("/api/v1/saved-filters/{id}");
        Ok(Reply::new(&document)?
            .version(document.version)
            .location(location))
    })
    .await
}

async fn update(
    req: ApiRequest<Guarded<SavedFilterId>, ChangeFilter>,
) -> Result<Reply<SavedFilterDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, body, id) = (&req.principal.actor, &req.body, *req.address);
        let query = match &body.query {
            Some(query) => {
                let before = saved_filters::find(conn, &actor.access, id)?;
                let list = before.ok_or_else(Problem::not_found)?.list;
                Some(checked(conn, req.asker(), list, query)?)
            }
            None => None,
        };
        let at = (id, req.expected());
        let changed = change(conn, actor, at, (body, query.as_deref()), req.now)?;
        let document = document(req, &changed);
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn delete(req: ApiRequest<SavedFilterId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        remove(conn, &req.principal.actor, req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}
