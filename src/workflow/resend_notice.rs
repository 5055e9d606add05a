//! Sending a notice again that failed or was withheld (N2).

use serde_json::json;

use super::administer::{By, reach, record, require};
use super::record::object;
use super::{Outcome, Refused};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{EventId, NoticeId};
use crate::domain::notice::NoticeState;
use crate::store::notices::{self, Resend};

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
/// [`Refused::NotFound`], `Missing`.
pub fn resend_notice(conn: &mut Conn, by: By<'_>, id: NoticeId, now: Instant) -> Outcome<Resent> {
    require(by, Permission::NoticesResend)?;
    notices::find(conn, reach(by), id)?.ok_or(Refused::NotFound)?;
    match notices::resend(conn, id, now)? {
        Resend::NotFound => Err(Refused::NotFound.into()),
        Resend::NotEnded(state) => Ok(Resent::NotEnded(state)),
        Resend::Queued => {
            let after = object(json!({"state": NoticeState::Waiting}));
            let subject = EventId::from_uuid(*id.as_uuid());
            record(
                conn,
                by,
                "notice.resent",
                None,
                Some(subject),
                (None, Some(&after)),
                now,
            )?;
            Ok(Resent::Queued)
        }
    }
}
