//! Taking audited events out of the house, which is itself recorded.

use serde_json::{Map, Value};

use super::administer::{By, require};
use super::{Actor, VerbResult, publish};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::{AdministrativeEvent, ExportFields};
use crate::store::audit;

/// Records that events are exported, with the format and what was asked for; gives the place in the chain up to which
/// they are. What waits for its place gets one before, so that the file has all that was committed until now, and its repetition the
/// same.
///
/// # Errors
/// [`Rejection::Denied`](super::Rejection::Denied).
pub fn export_audit(
    conn: &mut Conn,
    by: By<'_>,
    format: &str,
    filters: Map<String, Value>,
    now: Instant,
) -> VerbResult<i64> {
    require(by, Permission::AuditView)?;
    audit::link_all_waiting(conn)?;
    let up_to = audit::end(conn)?.map_or(0, |end| end.position);
    let event = AdministrativeEvent::AuditExported {
        organization: by.map(|actor: &Actor| actor.access.organization),
        export: ExportFields {
            format: format.to_owned(),
            filters,
        },
    };
    publish::administrative(conn, by, event, now)?;
    Ok(up_to)
}
