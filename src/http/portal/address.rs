//! What the parts of a path name, and whether it exists for the visitor (A5): decided as for the API.

use super::visit::Visit;
use crate::db::Conn;
use crate::domain::access::Access;
use crate::domain::ids::{
    AccessRequestId, CalendarId, CaseRef, EntryId, EscalationRef, GrantId, GroupId, LineId,
    NextStepId, NoticeId, PairingId, PairingMemberId, PersonId, PriorityRequestId, SessionId,
};
use crate::http::api::addresses::{CloneAddress, ReasonCode, RoleAddress};
use crate::http::call::Address;
use crate::http::problem::Problem;

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
    match name {
        "access_request" => visible::<AccessRequestId>(conn, access, value),
        "calendar" => visible::<CalendarId>(conn, access, value),
        "case" => visible::<CaseRef>(conn, access, value),
        "clone" => visible::<CloneAddress>(conn, access, value),
        "code" => visible::<ReasonCode>(conn, access, value),
        "entry" => visible::<EntryId>(conn, access, value),
        "escalation" => visible::<EscalationRef>(conn, access, value),
        "grant" => visible::<GrantId>(conn, access, value),
        "group" => visible::<GroupId>(conn, access, value),
        "line" => visible::<LineId>(conn, access, value),
        "member" => visible::<PairingMemberId>(conn, access, value),
        "notice" => visible::<NoticeId>(conn, access, value),
        "pairing" => visible::<PairingId>(conn, access, value),
        "person" => visible::<PersonId>(conn, access, value),
        "request" => visible::<PriorityRequestId>(conn, access, value),
        "role" => visible::<RoleAddress>(conn, access, value),
        "session" => visible::<SessionId>(conn, access, value),
        "step" => visible::<NextStepId>(conn, access, value),
        // Whoever has a link has been handed it: what it opens, it says itself.
        "token" => Ok(true),
        // What nobody has thought of is not there.
        _ => Ok(false),
    }
}

fn visible<A: Address>(conn: &mut Conn, access: &Access, value: &str) -> Result<bool, Problem> {
    match A::read(Some(value)) {
        Some(address) => address.is_visible(conn, access),
        None => Ok(false),
    }
}
