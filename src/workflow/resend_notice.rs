//! Sending notices again that failed or were withheld: one, or many in one act (N2).

use super::administer::{By, reach, require};
use super::{Expected, Rejection, VerbResult, publish, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::{
    AdministrativeEvent, Changed, NoticeFields, ResentFilters, ResentNotices,
};
use crate::domain::ids::NoticeId;
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
            let fields = |state| NoticeFields { state };
            let changed = Changed {
                before: fields(notice.state),
                after: fields(NoticeState::Waiting),
            };
            let event = AdministrativeEvent::NoticeResent(id, changed);
            publish::administrative(conn, by, event, now)?;
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
        let event = AdministrativeEvent::NoticesResent(ResentNotices {
            filters: ResentFilters {
                state: filter.state,
                kind: filter.kind,
                fault: filter.fault,
                from: filter.from,
                until: filter.until,
            },
            count: resent.queued,
        });
        publish::administrative(conn, by, event, now)?;
    }
    Ok(resent)
}
