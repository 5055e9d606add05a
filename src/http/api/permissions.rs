//! What somebody may do, and which role gives it by which way (A1-A3).

use super::documents::{PermissionsDocument, PersonName};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::ids::PersonId;
use crate::http::api_request::{ApiRequest, SIGNED_IN, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::{access, organizations, people};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { permissions:
        GET "/me/permissions"           SIGNED_IN                  => mine, "What you may do where you act, and which role gives it by which way";
        GET "/users/{user}/permissions" may(Permission::UsersView) => of_user, "What somebody may do in their own organization, and which role gives it by which way";
    }
}

/// What the caller may do; with a token, as far as it goes.
pub async fn mine(req: ApiRequest) -> Result<Reply<PermissionsDocument>, Problem> {
    let document = req
        .read(|conn, req| {
            let access = req.principal.access();
            let there = access.organization;
            let holdings = match access.through {
                None => access::own_holdings(conn, access.person, there, req.now)?,
                Some(through) => {
                    access::paired_holdings(conn, access.person, through.home, there, req.now)?
                }
            };
            let organization = &req.principal.organization;
            let kind = organization.kind;
            let me = PersonName {
                id: access.person,
                name: req.principal.actor.name.clone(),
            };
            Ok(PermissionsDocument::new(
                (me, organization.into(), access.side),
                &holdings,
                |permission| permission.fits(kind),
                |permission| access.can(permission),
            ))
        })
        .await?;
    Reply::new(&document)
}

/// What somebody may do in their own organization.
pub async fn of_user(req: ApiRequest<PersonId>) -> Result<Reply<PermissionsDocument>, Problem> {
    let document = req
        .read(|conn, req| {
            let reach = req.principal.access().reach();
            read(conn, reach, req.address, req.now)
        })
        .await?;
    Reply::new(&document)
}

fn read(
    conn: &mut Conn,
    reach: Reach,
    id: PersonId,
    now: Instant,
) -> Result<PermissionsDocument, Problem> {
    let person = people::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
    let organization = organizations::find(conn, Reach::Everything, person.organization_id)?
        .ok_or_else(Problem::not_found)?;
    let holdings = access::own_holdings(conn, id, organization.id, now)?;
    let person = PersonName {
        id,
        name: person.name(),
    };
    Ok(PermissionsDocument::new(
        (person, (&organization).into(), organization.kind.side()),
        &holdings,
        |permission| permission.fits(organization.kind),
        |_| true,
    ))
}
