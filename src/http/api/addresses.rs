//! What paths name, and whether it exists for somebody.

use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::db::Conn;
use crate::domain::access::Access;
use crate::domain::ids::{CaseRef, EntryId, EscalationRef, NextStepId, PriorityRequestId, TokenId};
use crate::http::call::Address;
use crate::http::problem::Problem;
use crate::store::{cases, escalations, feeds, promises, requests};

/// What is read from its text, is described like this, and is visible on this condition.
macro_rules! addresses {
    ($( $type:ty, $says:literal, |$this:ident, $conn:ident, $access:ident| $visible:expr; )+) => {$(
        impl Address for $type {
            fn read(text: Option<&str>) -> Option<Self> {
                text?.parse().ok()
            }

            fn is_visible(&self, $conn: &mut Conn, $access: &Access) -> Result<bool, Problem> {
                let $this = self;
                $visible
            }

            fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
                Some(($says, <$type as PartialSchema>::schema()))
            }
        }
    )+};
}

addresses! {
    // Only ever one's own, and needs no permission.
    TokenId, "Id of an API token.", |_this, _conn, _access| Ok(true);
    CaseRef, "Id or number of a case.",
        |case, conn, access| Ok(cases::id_of(conn, access.reach(), case)?.is_some());
    EscalationRef, "Id or number of an escalation.",
        |escalation, conn, access| Ok(escalations::ids_of(conn, access.reach(), escalation)?.is_some());
    EntryId, "Id of a feed entry.",
        |entry, conn, access| Ok(feeds::view(conn, access, *entry)?.is_some());
    NextStepId, "Id of a promised next step.",
        |step, conn, access| Ok(promises::find(conn, access.reach(), *step)?.is_some());
    PriorityRequestId, "Id of a priority request.",
        |request, conn, access| Ok(requests::find(conn, access.reach(), *request)?.is_some());
}
