//! Taking audited events out of the house, which is itself recorded.

use serde_json::{Map, Value, json};

use super::administer::{By, record, require};
use super::record::object;
use super::{Actor, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::EventKind;
use crate::store::audit;

/// Records that events are exported, with the format and what was asked for; gives the place in the chain up to which
/// they are.
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
    let up_to = audit::end(conn)?.map_or(0, |end| end.position);
    let after = object(json!({"format": format, "filters": filters}));
    record(
        conn,
        by,
        EventKind::AuditExported,
        by.map(|actor: &Actor| actor.access.organization),
        None,
        (None, Some(&after)),
        now,
    )?;
    Ok(up_to)
}
