//! Files are taken away again: by their sender, or from the description of a case by staff (F4).

use serde_json::json;

use super::attachments::{FIELD, ids};
use super::record::Recorded;
use super::{Actor, Rejection, VerbResult, publish, record};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::CaseEvent;
use crate::domain::ids::{AttachmentId, CaseId, CaseRef};
use crate::store::attachments::{self, Attachment};
use crate::store::{cases, redactions, seen_files};

/// Forgets a file that its sender has attached to nothing; or takes one away that came with the description of a case, which staff
/// do: the files of an entry go with its redaction.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`; `Attached` if it is attached to an entry.
pub fn discard(conn: &mut Conn, actor: &Actor, id: AttachmentId, now: Instant) -> VerbResult<()> {
    let file = seen_files::visible(conn, &actor.access, id)?.ok_or(Rejection::NotFound)?;
    match (file.attached_at, file.entry_id, file.case_id) {
        (None, _, _) if attachments::discard(conn, id)? => Ok(()),
        (Some(_), None, Some(case)) => take_from_description(conn, actor, (&file, case), now),
        _ => Err(Rejection::Attached.into()),
    }
}

fn take_from_description(
    conn: &mut Conn,
    actor: &Actor,
    (file, case): (&Attachment, CaseId),
    now: Instant,
) -> VerbResult<()> {
    let case = cases::lock(conn, actor.reach(), &CaseRef::Id(case))?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::FeedsRedact)?;
    let before = ids(&attachments::of_description(conn, case.id)?);
    // Somebody else was first.
    if !before.contains(&file.id) {
        return Err(Rejection::NotFound.into());
    }
    let after: Vec<AttachmentId> = before
        .iter()
        .copied()
        .filter(|one| *one != file.id)
        .collect();
    redactions::forget_file(conn, case.id, file)?;
    let fields = |ids: &[AttachmentId]| record::object(json!({FIELD: ids}));
    let recorded = Recorded::replaced(case.subject_id(), fields(&before), fields(&after));
    let event = CaseEvent::Changed(Vec::new());
    publish::on_case(conn, actor, &case, recorded, event, now)
}
