//! Sending notices again that failed or were withheld: one, or many in one act (N2).

use serde_json::json;

use super::administer::{By, reach, record, require};
use super::record::object;
use super::{Expected, Rejection, VerbResult, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::EventKind;
use crate::domain::ids::{EventId, NoticeId};
use crate::domain::notice::NoticeState;
use crate::store::notices::{self, Filter, Resend, ResentAll};

/// How many notices are sent again in one act at the most.
pub const MOST: usize = 5_000;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resent {
    /// It waits to be sent, and is due.
    Queued,
    /// It waits or was sent, so that there is nothing to repeat.
    NotEnded(NoticeState),
}

/// Lets a notice that failed or was withheld wait to be sent again.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`.
pub fn resend_notice(
    conn: &mut Conn,
    by: By<'_>,
    id: NoticeId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<Resent> {
    require(by, Permission::NoticesResend)?;
    let notice = notices::find(conn, reach(by), id)?.ok_or(Rejection::NotFound)?;
    unchanged(expected, notice.version)?;
    match notices::resend(conn, id, now)? {
        Resend::NotFound => Err(Rejection::NotFound.into()),
        Resend::NotEnded(state) => Ok(Resent::NotEnded(state)),
        Resend::Queued => {
            let before = object(json!({"state": notice.state}));
            let after = object(json!({"state": NoticeState::Waiting}));
            let subject = EventId::from_uuid(*id.as_uuid());
            let changes = (Some(&before), Some(&after));
            record(
                conn,
                by,
                EventKind::NoticeResent,
                None,
                Some(subject),
                changes,
                now,
            )?;
            Ok(Resent::Queued)
        }
    }
}

/// Lets notices wait to be sent again, those that `filter` lets through and that failed (or were withheld, if it says
/// so): the oldest [`MOST`] of them. A repeat finds nothing left to do.
///
/// # Errors
/// [`Rejection::Denied`].
pub fn resend_notices(
    conn: &mut Conn,
    by: By<'_>,
    filter: Filter,
    now: Instant,
) -> VerbResult<ResentAll> {
    require(by, Permission::NoticesResend)?;
    let resent = notices::resend_all(conn, reach(by), filter, MOST, now)?;
    if resent.queued > 0 {
        let mut filters = object(json!({
            "state": filter.state,
            "kind": filter.kind,
            "fault": filter.fault,
            "from": filter.from,
            "until": filter.until,
        }));
        filters.retain(|_, value| !value.is_null());
        let after = object(json!({"filters": filters, "count": resent.queued}));
        let changes = (None, Some(&after));
        record(
            conn,
            by,
            EventKind::NoticeResentAll,
            None,
            None,
            changes,
            now,
        )?;
    }
    Ok(resent)
}
