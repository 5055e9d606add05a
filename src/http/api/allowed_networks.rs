//! From which networks people work in an organization (A7).

use serde::Serialize;
use utoipa::ToSchema;

use super::organizations::named_or_own;
use crate::domain::access::Permission;
use crate::domain::ids::OrganizationId;
use crate::domain::network::Network;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::organizations::Organization;
use crate::workflow::allow_networks::{AllowNetworks, allow_networks};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { allowed_networks:
        GET "/allowed-networks" may(Permission::RolesView)            => show, "The networks from which people work in an organization";
        PUT "/allowed-networks" may(Permission::RolesManage).proven() => set, "Lets people work in an organization from these networks alone";
    }
}

input! {
    /// Of which organization.
    pub struct AllowedNetworksQuery {
        /// By id or slug; your own if not given.
        organization: Option<String>,
    }
}

/// The networks from which people work in an organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllowedNetworks {
    /// The organization.
    organization: OrganizationId,
    /// The networks; from anywhere if there is none.
    networks: Vec<Network>,
    /// Counts the changes of the organization.
    version: i64,
}

impl AllowedNetworks {
    fn reply(organization: Organization) -> Result<Reply<Self>, Problem> {
        let version = organization.version;
        let document = Self {
            organization: organization.id,
            networks: organization.allowed_networks.0,
            version,
        };
        Ok(Reply::new(&document)?.version(version))
    }
}

/// The networks of an organization.
pub async fn show(
    req: ApiRequest<(), (), AllowedNetworksQuery>,
) -> Result<Reply<AllowedNetworks>, Problem> {
    let found = req
        .read(|conn, req| named_or_own(conn, &req.principal, req.query.organization.as_deref()))
        .await?;
    AllowedNetworks::reply(found)
}

/// Changes them.
pub async fn set(
    req: ApiRequest<Guarded<()>, AllowNetworks>,
) -> Result<Reply<AllowedNetworks>, Problem> {
    req.write(|conn, req| {
        let body = &req.body;
        let name = body.organization.as_deref();
        let found = named_or_own(conn, &req.principal, name)?;
        let by = (Some(&req.principal.actor), req.principal.client);
        allow_networks(conn, by, found.id, req.expected(), &body.networks, req.now)?;
        AllowedNetworks::reply(named_or_own(conn, &req.principal, name)?)
    })
    .await
}
