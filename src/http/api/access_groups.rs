//! Access groups: who is in them, and what they carry (A3).

use super::documents::GroupDocument;
use super::organizations::asked_organization;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, RoleName};
use crate::domain::ids::{GroupId, OrganizationId, PersonId};
use crate::domain::order::{Place, Sort, Window};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::groups::{self, Group, GroupOrder};
use crate::store::{grants, organizations};
use crate::workflow::groups::{
    AddGroup, AddMember, UpdateGroup, add_group, add_member, add_role, delete_group, remove_member,
    remove_role, update_group,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { access_groups:
        GET    "/access-groups"                        may(Permission::GroupsView)   => list, "Access groups of an organization, by name";
        POST   "/access-groups"                        may(Permission::GroupsManage) => add, "Adds an access group";
        GET    "/access-groups/{group}"                may(Permission::GroupsView)   => show, "One access group with its members and roles";
        PATCH  "/access-groups/{group}"                may(Permission::GroupsManage) => change, "Changes an access group: its name, all its members, all its roles (merge patch)";
        DELETE "/access-groups/{group}"                may(Permission::GroupsManage) => remove, "Removes an access group; its members lose what it carries";
        POST   "/access-groups/{group}/members"        may(Permission::GroupsManage) => join, "Makes somebody of the organization a member";
        DELETE "/access-groups/{group}/members/{user}" may(Permission::GroupsManage) => leave, "Ends a membership";
        POST   "/access-groups/{group}/roles"          may(Permission::GroupsManage) => give, "Gives a role to the group";
        DELETE "/access-groups/{group}/roles/{code}"   may(Permission::GroupsManage) => take, "Takes a role back from the group";
    }
}

list_query! {
    /// Whose groups, and which part of the list.
    pub struct GroupQuery by GroupOrder, Sort::ascending(GroupOrder::Name), {
        /// Of this organization, by id or slug; your own if not given.
        organization: Option<String>,
    }
}

/// The access groups of an organization.
pub struct AccessGroups;

impl Listing for AccessGroups {
    const NAME: &'static str = "access-groups";
    type Query = GroupQuery;
    type Filter = OrganizationId;
    type Row = Group;
    type Id = GroupId;

    fn filter(
        conn: &mut Conn,
        asker: Asker<'_>,
        query: &GroupQuery,
    ) -> Result<OrganizationId, Problem> {
        let asked = asked_organization(conn, asker, query.organization.as_deref())?;
        Ok(asked.unwrap_or(asker.access.organization))
    }

    fn rows(
        conn: &mut Conn,
        _: Asker<'_>,
        organization: &OrganizationId,
        window: &Window<GroupOrder, GroupId>,
    ) -> Result<Vec<Group>, Problem> {
        Ok(groups::list(conn, *organization, window)?)
    }

    fn count(
        conn: &mut Conn,
        _: Asker<'_>,
        organization: &OrganizationId,
        most: usize,
    ) -> Result<usize, Problem> {
        Ok(groups::count(conn, *organization, most)?)
    }

    fn place(by: GroupOrder, group: &Group) -> Place<GroupId> {
        groups::place(by, group)
    }
}

input! {
    /// A role that is given.
    pub struct NewGroupRole {
        /// Its code.
        role: RoleName,
    }
}

/// Access groups of an organization, by name.
pub async fn list(
    req: ApiRequest<(), (), GroupQuery>,
) -> Result<Reply<Page<GroupDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<AccessGroups>(conn, req.asker(), &req.query)?;
            let ids: Vec<GroupId> = found.rows.iter().map(|group| group.id).collect();
            let members = groups::members_of(conn, &ids)?;
            let roles = grants::of_groups(conn, &ids, req.now)?;
            let organization = AccessGroups::filter(conn, req.asker(), &req.query)?;
            let organization = organizations::find(conn, Reach::Everything, organization)?
                .ok_or_else(Problem::not_found)?;
            Ok(found.page(|group| GroupDocument::new(&group, &organization, &members, &roles)))
        })
        .await?;
    Reply::new(&page)
}

/// Adds a group.
pub async fn add(req: ApiRequest<(), AddGroup>) -> Result<Created<GroupDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_group(conn, Some(&req.principal.actor), &req.body, req.now)?;
        let document = read(conn, Reach::Everything, id, req.now)?;
        Ok(Created::new(&document)?
            .version(document.version)
            .location(format!("/api/v1/access-groups/{id}")))
    })
    .await
}

/// One group.
pub async fn show(req: ApiRequest<GroupId>) -> Result<Reply<GroupDocument>, Problem> {
    let document = req
        .read(|conn, req| read(conn, req.principal.access().reach(), req.address, req.now))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

/// Changes a group.
pub async fn change(
    req: ApiRequest<Guarded<GroupId>, UpdateGroup>,
) -> Result<Reply<GroupDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (Some(&req.principal.actor), req.expected());
        let id = update_group(conn, actor, *req.address, expected, &req.body, req.now)?;
        answer(conn, id, req.now)
    })
    .await
}

/// Removes a group.
pub async fn remove(req: ApiRequest<Guarded<GroupId>>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (Some(&req.principal.actor), req.expected());
        delete_group(conn, actor, *req.address, expected, req.now)?;
        Ok(Done::done())
    })
    .await
}

/// Makes somebody a member.
pub async fn join(req: ApiRequest<GroupId, AddMember>) -> Result<Reply<GroupDocument>, Problem> {
    req.write(|conn, req| {
        let actor = Some(&req.principal.actor);
        let id = add_member(conn, actor, req.address, &req.body, req.now)?;
        answer(conn, id, req.now)
    })
    .await
}

/// Ends a membership.
pub async fn leave(req: ApiRequest<(GroupId, PersonId)>) -> Result<Reply<GroupDocument>, Problem> {
    req.write(|conn, req| {
        let (group, person) = req.address;
        let id = remove_member(conn, Some(&req.principal.actor), group, person, req.now)?;
        answer(conn, id, req.now)
    })
    .await
}

/// Gives a role to the group.
pub async fn give(req: ApiRequest<GroupId, NewGroupRole>) -> Result<Reply<GroupDocument>, Problem> {
    req.write(|conn, req| {
        let actor = Some(&req.principal.actor);
        let id = add_role(conn, actor, req.address, &req.body.role, req.now)?;
        answer(conn, id, req.now)
    })
    .await
}

/// Takes a role back from the group.
pub async fn take(req: ApiRequest<(GroupId, RoleName)>) -> Result<Reply<GroupDocument>, Problem> {
    req.write(|conn, req| {
        let (group, role) = &req.address;
        let id = remove_role(conn, Some(&req.principal.actor), *group, role, req.now)?;
        answer(conn, id, req.now)
    })
    .await
}

/// The group as it is now.
fn answer(conn: &mut Conn, id: GroupId, now: Instant) -> Result<Reply<GroupDocument>, Problem> {
    let document = read(conn, Reach::Everything, id, now)?;
    Ok(Reply::new(&document)?.version(document.version))
}

fn read(
    conn: &mut Conn,
    reach: Reach,
    id: GroupId,
    now: Instant,
) -> Result<GroupDocument, Problem> {
    let group = groups::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
    let members = groups::members_of(conn, &[id])?;
    let roles = grants::of_groups(conn, &[id], now)?;
    let organization = organizations::find(conn, Reach::Everything, group.organization_id)?
        .ok_or_else(Problem::not_found)?;
    Ok(GroupDocument::new(&group, &organization, &members, &roles))
}
