//! Organizations: who gives support, and who receives it.

use super::documents::OrganizationDocument;
use crate::domain::access::{Permission, Reach};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::organizations;
use crate::workflow::organizations::{
    AddOrganization, UpdateOrganization, add_organization, update_organization,
};

use super::addresses::OrganizationAddress;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { organizations:
        GET  "/organizations"                may(Permission::OrganizationsView)   => list, "Organizations, by slug";
        POST "/organizations"                may(Permission::OrganizationsManage) => add, "Adds a customer or a partner";
        GET   "/organizations/{organization}" may(Permission::OrganizationsView)   => show, "One organization";
        PATCH "/organizations/{organization}" may(Permission::OrganizationsManage) => change, "Changes an organization (merge patch)";
    }
}

input! {
    /// Which part of the list.
    pub struct OrganizationQuery {
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

/// Organizations, by slug.
pub async fn list(
    call: ApiRequest<(), (), OrganizationQuery>,
) -> Result<Reply<Page<OrganizationDocument>>, Problem> {
    let paging: Paging<String> = Paging::read(
        "organizations",
        &(),
        call.query.limit,
        call.query.cursor.as_deref(),
    )?;
    let page = call
        .look(move |conn, call| {
            let reach = call.principal.access().reach();
            let rows = organizations::list(conn, reach, paging.after.as_deref(), paging.fetch())?;
            Ok(paging.page(
                rows,
                |row| row.slug.to_string(),
                |row| OrganizationDocument::from(&row),
            ))
        })
        .await?;
    Reply::new(&page)
}

/// Adds a customer or a partner.
pub async fn add(
    call: ApiRequest<(), AddOrganization>,
) -> Result<Created<OrganizationDocument>, Problem> {
    call.write(|conn, call| {
        let by = Some(&call.principal.actor);
        let id = add_organization(conn, by, &call.body, call.now)?;
        let row =
            organizations::find(conn, Reach::Everything, id)?.ok_or_else(Problem::not_found)?;
        let reply = Created::new(&OrganizationDocument::from(&row))?;
        Ok(reply
            .version(row.version)
            .location(format!("/api/v1/organizations/{}", row.slug)))
    })
    .await
}

/// One organization, by id or slug.
pub async fn show(
    call: ApiRequest<OrganizationAddress>,
) -> Result<Reply<OrganizationDocument>, Problem> {
    let row = call
        .look(|conn, call| call.address.find(conn, call.principal.access().reach()))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::new(&OrganizationDocument::from(&row))?.version(row.version))
}

/// Changes an organization.
pub async fn change(
    call: ApiRequest<Guarded<OrganizationAddress>, UpdateOrganization>,
) -> Result<Reply<OrganizationDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        let found = call.address.find(conn, actor.reach())?;
        let id = found.ok_or_else(Problem::not_found)?.id;
        let expected = call.expected();
        update_organization(conn, Some(actor), id, expected, &call.body, call.now)?;
        let row = organizations::find(conn, actor.reach(), id)?.ok_or_else(Problem::not_found)?;
        Ok(Reply::new(&OrganizationDocument::from(&row))?.version(row.version))
    })
    .await
}
