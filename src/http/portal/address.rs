//! What the parts of a path name, and whether it exists for the visitor (A5).

use super::visit::Visit;
use crate::db::Conn;
use crate::domain::access::Access;
use crate::domain::ids::{CaseRef, EntryId, EscalationRef, NextStepId, PersonId, PriorityRequestId};
use crate::http::problem::Problem;
use crate::store::{cases, escalations, feeds, people, promises, requests};

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

fn exists(conn: &mut Conn, access: &Access, name: &str, value: &str) -> Result<bool, Problem> {
    let reach = access.reach();
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
        // Whether there is a calendar, a reason or a notice of that name is no secret, and none of a customer's.
        _ => true,
    })
}
