//! Roles: the predefined ones, and an organization's own (A2).

use super::addresses::RoleAddress;
use super::documents::RoleDocument;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, Role};
use crate::domain::ids::RoleId;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::Page;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError, input};
use crate::store::organizations::Organization;
use crate::store::{grants, organizations, roles};
use crate::words::Catalogue;
use crate::workflow::roles::{AddRole, DeleteRole, UpdateRole, add_role, delete_role, update_role};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { roles:
        GET    "/roles"        may(Permission::RolesView)   => list, "The roles that an organization's people can have: the predefined ones, and its own";
        POST   "/roles"        may(Permission::RolesManage) => add, "Adds a role of an organization's own, or a copy of another";
        GET    "/roles/{role}" may(Permission::RolesView)   => show, "One role, by id, or by code within your organization";
        PATCH  "/roles/{role}" may(Permission::RolesManage) => change, "Changes a role of an organization's own, for everybody who holds it (merge patch)";
        DELETE "/roles/{role}" may(Permission::RolesManage) => remove, "Removes a role of an organization's own; with force also one that is held";
    }
}

input! {
    /// Whose roles.
    pub struct RoleQuery {
        /// Of this organization, by id or slug; your own if not given.
        organization: Option<String>,
    }
}

/// The predefined roles that fit, then the organization's own by name.
pub async fn list(
    req: ApiRequest<(), (), RoleQuery>,
) -> Result<Reply<Page<RoleDocument>>, Problem> {
    let items = req
        .read(|conn, req| {
            let access = req.principal.access();
            let organization = match &req.query.organization {
                None => organizations::find(conn, Reach::Everything, access.organization)?
                    .ok_or_else(Problem::not_found)?,
                Some(name) => {
                    organizations::named(conn, access.reach(), name)?.ok_or_else(|| {
                        let fault = Fault::new("not_found");
                        Problem::invalid_field(FieldError::new("organization", fault))
                    })?
                }
            };
            let holders = grants::holders(conn, organization.id, req.now)?;
            let own = roles::of_organization(conn, organization.id)?;
            let predefined = Role::ALL
                .iter()
                .filter(|role| role.fits(organization.kind))
                .map(|role| {
                    let name = named(req.words(), *role);
                    RoleDocument::predefined(*role, name, &holders)
                });
            let own = own
                .iter()
                .map(|role| RoleDocument::own(role, &organization, &holders));
            Ok(predefined.chain(own).collect())
        })
        .await?;
    Reply::new(&Page::whole(items))
}

fn named(words: &Catalogue, role: Role) -> String {
    words.say_of("role", role.as_str(), &[])
}

/// Adds a role.
pub async fn add(req: ApiRequest<(), AddRole>) -> Result<Created<RoleDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_role(conn, Some(&req.principal.actor), &req.body, req.now)?;
        let document = read(conn, id, req.now)?;
        Ok(Created::new(&document)?
            .version(document.version)
            .location(format!("/api/v1/roles/{id}")))
    })
    .await
}

/// One role.
pub async fn show(req: ApiRequest<RoleAddress>) -> Result<Reply<RoleDocument>, Problem> {
    let document = req
        .read(|conn, req| {
            let access = req.principal.access();
            if let Some(role) = req.address.predefined() {
                let kind = organization(conn, access.organization)?.kind;
                if !role.fits(kind) {
                    return Err(Problem::not_found());
                }
                let holders = grants::holders(conn, access.organization, req.now)?;
                let name = named(req.words(), role);
                return Ok(RoleDocument::predefined(role, name, &holders));
            }
            let own = req.address.own(conn, access)?;
            read(conn, own.ok_or_else(Problem::not_found)?.id, req.now)
        })
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

/// Changes a role.
pub async fn change(
    req: ApiRequest<Guarded<RoleAddress>, UpdateRole>,
) -> Result<Reply<RoleDocument>, Problem> {
    req.write(|conn, req| {
        let id = own(conn, req)?;
        let actor = Some(&req.principal.actor);
        update_role(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = read(conn, id, req.now)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

/// Removes a role.
pub async fn remove(
    req: ApiRequest<Guarded<RoleAddress>, (), DeleteRole>,
) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let id = own(conn, req)?;
        let actor = Some(&req.principal.actor);
        delete_role(conn, actor, id, req.expected(), &req.query, req.now)?;
        Ok(Done::done())
    })
    .await
}

/// The role of an organization's own that a change is about; the predefined ones stay as they are.
fn own<B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<Guarded<RoleAddress>, B, Q>,
) -> Result<RoleId, Problem> {
    let access = req.principal.access();
    if let Some(role) = req.address.predefined() {
        return Err(if role.side() == access.side {
            Problem::new(Code::RolePredefined).with("role", role.as_str())
        } else {
            Problem::not_found()
        });
    }
    let own = req.address.own(conn, access)?;
    Ok(own.ok_or_else(Problem::not_found)?.id)
}

fn organization(
    conn: &mut Conn,
    id: crate::domain::ids::OrganizationId,
) -> Result<Organization, Problem> {
    organizations::find(conn, Reach::Everything, id)?.ok_or_else(Problem::not_found)
}

fn read(conn: &mut Conn, id: RoleId, now: Instant) -> Result<RoleDocument, Problem> {
    let role = roles::find(conn, Reach::Everything, id)?.ok_or_else(Problem::not_found)?;
    let organization = organization(conn, role.organization_id)?;
    let holders = grants::holders(conn, role.organization_id, now)?;
    Ok(RoleDocument::own(&role, &organization, &holders))
}
