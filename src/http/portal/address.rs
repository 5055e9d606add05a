//! What the parts of a path name, and whether it exists for the visitor (A5).

use super::visit::Visit;
use crate::db::Conn;
use crate::domain::access::Permission::{
    AccessRequestsView, CalendarsView, CasesView, EscalationsView, GroupsView, LinesView,
    NoticesView, RolesView, UsersView,
};
use crate::domain::access::{Access, Role};
use crate::domain::ids::{
    AccessRequestId, CaseRef, EntryId, EscalationRef, GroupId, NextStepId, PersonId,
    PriorityRequestId, RoleId,
};
use crate::http::problem::Problem;
use crate::store::{
    access_requests, cases, escalations, feeds, groups, people, promises, requests, roles,
};

/// Whether everything that the path names exists for the visitor.
///
/// # Errors
/// The database's own.
pub(super) async fn is_visible(visit: &Visit) -> Result<bool, Problem> {
    let (access, parts) = (visit.access()?.clone(), visit.parts.clone());
    visit
        .look(move |conn| {
            for (name, value) in &parts {
                if !exists(conn, &access, name, value)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
}

/// As in the API, it is within reach, and the visitor may look at such things at all.
fn exists(conn: &mut Conn, access: &Access, name: &str, value: &str) -> Result<bool, Problem> {
    let reach = access.reach();
    let looks = match name {
        "case" | "step" | "entry" | "request" => access.can(CasesView),
        "escalation" => access.can(EscalationsView),
        "person" => access.can(UsersView),
        "access_request" => access.can(AccessRequestsView),
        "calendar" => access.can(CalendarsView),
        "notice" => access.can(NoticesView),
        "role" => access.can(RolesView),
        "group" => access.can(GroupsView),
        "line" => access.can(LinesView),
        _ => true,
    };
    if !looks {
        return Ok(false);
    }
    Ok(match name {
        "case" => match value.parse::<CaseRef>() {
            Ok(case) => cases::id_of(conn, reach, &case)?.is_some(),
            Err(_) => false,
        },
        "escalation" => match value.parse::<EscalationRef>() {
            Ok(escalation) => escalations::ids_of(conn, reach, &escalation)?.is_some(),
            Err(_) => false,
        },
        "step" => match value.parse::<NextStepId>() {
            Ok(step) => promises::find(conn, reach, step)?.is_some(),
            Err(_) => false,
        },
        "entry" => match value.parse::<EntryId>() {
            Ok(entry) => feeds::view(conn, access, entry)?.is_some(),
            Err(_) => false,
        },
        "request" => match value.parse::<PriorityRequestId>() {
            Ok(request) => requests::find(conn, reach, request)?.is_some(),
            Err(_) => false,
        },
        "person" => match value.parse::<PersonId>() {
            Ok(person) => people::find(conn, reach, person)?.is_some(),
            Err(_) => false,
        },
        "group" => match value.parse::<GroupId>() {
            Ok(group) => groups::find(conn, reach, group)?.is_some(),
            Err(_) => false,
        },
        "role" => match value.parse::<RoleId>() {
            Ok(role) => roles::find(conn, reach, role)?.is_some(),
            Err(_) => value
                .parse::<Role>()
                .is_ok_and(|role| role.side() == access.side),
        },
        "access_request" => match value.parse::<AccessRequestId>() {
            Ok(request) => access_requests::find(conn, reach, request)?.is_some(),
            Err(_) => false,
        },
        // Of calendars and notices, whoever may see one sees all; reasons everybody reads.
        _ => true,
    })
}
