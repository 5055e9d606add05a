//! Organizations: who gives support, and who receives it.

use chrono_tz::Tz;

use super::documents::OrganizationDocument;
use crate::domain::access::{Permission, Reach};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{Slug, Title};
use crate::http::call::{Call, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{Patch, input};
use crate::store::organizations;
use crate::workflow::administer::{AddOrganization, add_organization};
use crate::workflow::update_organization::{UpdateOrganization, update_organization};

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

input! {
    /// A new organization.
    pub struct NewOrganization {
        /// Its name in addresses; it stays.
        slug: Slug,
        /// Its name.
        name: Title,
        /// What it is to the installation: there is one provider, and it exists.
        kind: OrganizationKind,
        /// Where its data is at home; `default` if not given.
        region: Option<Title>,
        /// Its IANA time zone; that of the provider if not given.
        time_zone: Option<Tz>,
    }
}

input! {
    /// Changes to an organization. Its slug and kind stay.
    pub struct ChangeOrganization {
        /// Its name.
        name: Patch<Title>,
        /// Where its data is at home.
        region: Patch<Title>,
        /// Its IANA time zone.
        time_zone: Patch<Tz>,
    }
}

/// Organizations, by slug.
pub async fn list(
    call: Call<(), (), OrganizationQuery>,
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
    call: Call<(), NewOrganization>,
) -> Result<Created<OrganizationDocument>, Problem> {
    call.write(|conn, call| {
        let provider = organizations::provider(conn)?;
        let zone_of_provider = provider
            .and_then(|provider| provider.time_zone.parse().ok())
            .unwrap_or(Tz::UTC);
        let region = match &call.body.region {
            Some(region) => region.clone(),
            None => Title::parse("default").map_err(|_| Problem::new(Code::Internal))?,
        };
        let add = AddOrganization {
            slug: call.body.slug.clone(),
            name: call.body.name.clone(),
            kind: call.body.kind,
            region,
            time_zone: call.body.time_zone.unwrap_or(zone_of_provider),
        };
        let id = add_organization(conn, Some(&call.principal.actor), &add, call.now)?;
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
pub async fn show(call: Call<OrganizationAddress>) -> Result<Reply<OrganizationDocument>, Problem> {
    let row = call
        .look(|conn, call| call.address.find(conn, call.principal.access().reach()))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::new(&OrganizationDocument::from(&row))?.version(row.version))
}

/// Changes an organization.
pub async fn change(
    call: Call<Guarded<OrganizationAddress>, ChangeOrganization>,
) -> Result<Reply<OrganizationDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, body) = (&call.principal.actor, &call.body);
        let found = call.address.find(conn, actor.reach())?;
        let id = found.ok_or_else(Problem::not_found)?.id;
        let update = UpdateOrganization {
            name: body.name.as_option().cloned(),
            region: body.region.as_option().cloned(),
            time_zone: body.time_zone.as_option().copied(),
        };
        update_organization(conn, Some(actor), id, call.expected(), &update, call.now)?;
        let row = organizations::find(conn, actor.reach(), id)?.ok_or_else(Problem::not_found)?;
        Ok(Reply::new(&OrganizationDocument::from(&row))?.version(row.version))
    })
    .await
}
