//! For whom a file exists: for whoever sees what it is attached to (F4, A5).

use diesel::prelude::*;

use super::attachments::Attachment;
use super::{cases, feeds};
use crate::db::Conn;
use crate::db::schema::{attachments, feed_entries};
use crate::domain::access::{Access, Permission};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{AttachmentId, CaseId, CaseRef};

/// The attachment, if it exists for somebody: as long as it is attached to nothing for whoever sent it, and then for whoever
/// sees what it is attached to.
///
/// # Errors
/// Database errors.
pub fn visible(
    conn: &mut Conn,
    access: &Access,
    id: AttachmentId,
) -> QueryResult<Option<Attachment>> {
    let found: Option<Attachment> = attachments::table
        .filter(attachments::id.eq(id))
        .select(Attachment::as_select())
        .get_result(conn)
        .optional()?;
    let Some(found) = found else {
        return Ok(None);
    };
    let sees = match (found.attached_at, found.entry_id, found.case_id) {
        (None, _, _) => is_own(&found, access),
        (Some(_), Some(entry), _) => match feeds::view(conn, access, entry)? {
            Some(view) => {
                let row = &view.entry;
                access.can(Permission::CasesView)
                    && access.sees_entry(row.feed, row.visibility)
                    && row.redacted_at.is_none()
            }
            None => false,
        },
        (Some(_), None, Some(case)) => {
            access.can(Permission::CasesView)
                && cases::id_of(conn, access.reach(), &CaseRef::Id(case))?.is_some()
        }
        (Some(_), None, None) => false,
    };
    Ok(Some(found).filter(|_| sees))
}

/// Where it was sent, by whom it was sent: in another organization it does not exist.
fn is_own(file: &Attachment, access: &Access) -> bool {
    file.uploaded_by == access.person && access.reach().covers(file.organization_id)
}

/// The files of a case that exists for the reader, of its description and of those entries that exist for them, the newest
/// first, behind `after`.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    access: &Access,
    case: CaseId,
    after: Option<AttachmentId>,
    limit: i64,
) -> QueryResult<Vec<Attachment>> {
    let mut query = attachments::table
        .left_join(feed_entries::table.on(feed_entries::id.nullable().eq(attachments::entry_id)))
        .filter(attachments::case_id.eq(case))
        .filter(attachments::attached_at.is_not_null())
        .select(Attachment::as_select())
        .into_boxed();
    if !access.sees(Visibility::Internal) {
        query = query.filter(
            attachments::entry_id
                .is_null()
                .or(feed_entries::visibility.eq(Visibility::Public)),
        );
    }
    if !access.sees_entry(Feed::Escalation, Visibility::Public) {
        query = query.filter(
            attachments::entry_id
                .is_null()
                .or(feed_entries::feed.eq(Feed::Case)),
        );
    }
    if let Some(after) = after {
        query = query.filter(attachments::id.lt(after));
    }
    query.order(attachments::id.desc()).limit(limit).load(conn)
}
