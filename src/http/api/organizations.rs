//! Organizations: who gives support, and who receives it.

use super::documents::{OrganizationDocument, OrganizationName};
use crate::db::Conn;
use crate::domain::access::{Permission, Reach};
use crate::domain::ids::OrganizationId;
use crate::domain::order::{Place, Sort, Window};
use crate::domain::organization::OrganizationKind;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::principal::Principal;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError};
use crate::store::clients;
use crate::store::organizations::{self, Organization, OrganizationFilter, OrganizationOrder};
use crate::workflow::clients::{NameClients, name_clients};
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
        GET   "/organizations/{organization}/clients" may(Permission::OrganizationsManage) => clients, "The clients that are named for a partner, by slug";
        PUT   "/organizations/{organization}/clients" may(Permission::OrganizationsManage) => name_them, "Names the clients of a partner, all of them";
    }
}

list_query! {
    /// Which organizations, and which part of the list.
    pub struct OrganizationQuery by OrganizationOrder, Sort::ascending(OrganizationOrder::Slug), {
        /// Words that the name or the slug contains.
        q: Option<String>,
        /// Of this kind.
        kind: Option<OrganizationKind>,
    }
}

/// The organizations that somebody may see.
pub struct Organizations;

impl Listing for Organizations {
    const NAME: &'static str = "organizations";
    type Query = OrganizationQuery;
    type Filter = OrganizationFilter;
    type Row = Organization;
    type Id = OrganizationId;

    fn filter(
        _: &mut Conn,
        _: Asker<'_>,
        query: &OrganizationQuery,
    ) -> Result<OrganizationFilter, Problem> {
        Ok(OrganizationFilter {
            words: query.q.clone(),
            kind: query.kind,
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &OrganizationFilter,
        window: &Window<OrganizationOrder, OrganizationId>,
    ) -> Result<Vec<Organization>, Problem> {
        Ok(organizations::list(
            conn,
            asker.access.reach(),
            filter,
            window,
        )?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &OrganizationFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        Ok(organizations::count(
            conn,
            asker.access.reach(),
            filter,
            most,
        )?)
    }

    fn place(by: OrganizationOrder, organization: &Organization) -> Place<OrganizationId> {
        organizations::place(by, organization)
    }
}

/// The organization that a list's query names by id or slug.
///
/// # Errors
/// What does not exist for the asker is a fault of `organization`; database errors.
pub fn asked_organization(
    conn: &mut Conn,
    asker: Asker<'_>,
    name: Option<&str>,
) -> Result<Option<OrganizationId>, Problem> {
    let Some(name) = name else {
        return Ok(None);
    };
    let found = organizations::named(conn, asker.access.reach(), name)?;
    let unknown = || {
        let fault = Fault::new("not_found");
        Problem::invalid_field(FieldError::new("organization", fault))
    };
    Ok(Some(found.ok_or_else(unknown)?.id))
}

/// The organization that a request names by id or slug; the asker's own if it names none.
///
/// # Errors
/// What does not exist for the asker is a fault of `organization`; database errors.
pub(super) fn named_or_own(
    conn: &mut Conn,
    principal: &Principal,
    name: Option<&str>,
) -> Result<Organization, Problem> {
    let access = principal.access();
    let found = match name {
        None => organizations::find(conn, Reach::Everything, access.organization)?,
        Some(name) => organizations::named(conn, access.reach(), name)?,
    };
    let unknown = FieldError::new("organization", Fault::new("not_found"));
    found.ok_or_else(|| Problem::invalid_field(unknown))
}

/// Organizations, by slug.
pub async fn list(
    req: ApiRequest<(), (), OrganizationQuery>,
) -> Result<Reply<Page<OrganizationDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Organizations>(conn, req.asker(), &req.query)?;
            Ok(found.page(|row| OrganizationDocument::from(&row)))
        })
        .await?;
    Reply::new(&page)
}

/// Adds a customer or a partner.
pub async fn add(
    req: ApiRequest<(), AddOrganization>,
) -> Result<Created<OrganizationDocument>, Problem> {
    req.write(|conn, req| {
        let by = Some(&req.principal.actor);
        let id = add_organization(conn, by, &req.body, req.now)?;
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
    req: ApiRequest<OrganizationAddress>,
) -> Result<Reply<OrganizationDocument>, Problem> {
    let row = req
        .read(|conn, req| req.address.find(conn, req.principal.access().reach()))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::new(&OrganizationDocument::from(&row))?.version(row.version))
}

/// Changes an organization.
pub async fn change(
    req: ApiRequest<Guarded<OrganizationAddress>, UpdateOrganization>,
) -> Result<Reply<OrganizationDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let found = req.address.find(conn, actor.reach())?;
        let id = found.ok_or_else(Problem::not_found)?.id;
        let expected = req.expected();
        update_organization(conn, Some(actor), id, expected, &req.body, req.now)?;
        let row = organizations::find(conn, actor.reach(), id)?.ok_or_else(Problem::not_found)?;
        Ok(Reply::new(&OrganizationDocument::from(&row))?.version(row.version))
    })
    .await
}

/// The clients that are named for a partner.
pub async fn clients(
    req: ApiRequest<OrganizationAddress>,
) -> Result<Reply<Page<OrganizationName>>, Problem> {
    req.read(|conn, req| {
        let reach = req.principal.access().reach();
        let partner = req.address.find(conn, reach)?;
        read_clients(conn, &partner.ok_or_else(Problem::not_found)?)
    })
    .await
}

/// Names the clients of a partner.
pub async fn name_them(
    req: ApiRequest<Guarded<OrganizationAddress>, NameClients>,
) -> Result<Reply<Page<OrganizationName>>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let found = req.address.find(conn, actor.reach())?;
        let id = found.ok_or_else(Problem::not_found)?.id;
        name_clients(
            conn,
            Some(actor),
            id,
            req.expected(),
            &req.body.named(),
            req.now,
        )?;
        let row = organizations::find(conn, actor.reach(), id)?.ok_or_else(Problem::not_found)?;
        read_clients(conn, &row)
    })
    .await
}

fn read_clients(
    conn: &mut Conn,
    partner: &Organization,
) -> Result<Reply<Page<OrganizationName>>, Problem> {
    let named = clients::named(conn, partner.id)?;
    let items = named.iter().map(OrganizationName::from).collect();
    Ok(Reply::new(&Page::whole(items))?.version(partner.version))
}
