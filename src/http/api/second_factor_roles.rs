//! For which roles an organization asks its people for a second factor (A7).

use serde::Serialize;
use utoipa::ToSchema;

use super::organizations::named_or_own;
use crate::domain::access::Permission;
use crate::domain::ids::OrganizationId;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::organizations::Organization;
use crate::workflow::require_second_factor::{RequireSecondFactor, require_second_factor};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { second_factor_roles:
        GET "/second-factor-roles" may(Permission::RolesView)            => show, "The roles for which an organization asks for a second factor";
        PUT "/second-factor-roles" may(Permission::RolesManage).proven() => set, "Asks whoever holds one of these roles for a second factor";
    }
}

input! {
    /// Of which organization.
    pub struct SecondFactorRolesQuery {
        /// By id or slug; your own if not given.
        organization: Option<String>,
    }
}

/// The roles for which an organization asks for a second factor.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactorRoles {
    /// The organization.
    organization: OrganizationId,
    /// The codes of the roles.
    roles: Vec<String>,
    /// Counts the changes of the organization.
    version: i64,
}

impl SecondFactorRoles {
    fn reply(organization: Organization) -> Result<Reply<Self>, Problem> {
        let version = organization.version;
        let document = Self {
            organization: organization.id,
            roles: organization.second_factor_roles.0,
            version,
        };
        Ok(Reply::new(&document)?.version(version))
    }
}

/// The roles of an organization for which it is asked for.
pub async fn show(
    req: ApiRequest<(), (), SecondFactorRolesQuery>,
) -> Result<Reply<SecondFactorRoles>, Problem> {
    let found = req
        .read(|conn, req| named_or_own(conn, &req.principal, req.query.organization.as_deref()))
        .await?;
    SecondFactorRoles::reply(found)
}

/// Changes them.
pub async fn set(
    req: ApiRequest<Guarded<()>, RequireSecondFactor>,
) -> Result<Reply<SecondFactorRoles>, Problem> {
    req.write(|conn, req| {
        let body = &req.body;
        let found = named_or_own(conn, &req.principal, body.organization.as_deref())?;
        let by = Some(&req.principal.actor);
        require_second_factor(conn, by, found.id, req.expected(), &body.roles, req.now)?;
        SecondFactorRoles::reply(named_or_own(
            conn,
            &req.principal,
            body.organization.as_deref(),
        )?)
    })
    .await
}
