//! Files (F4): sent first, and then attached to what they belong to, all that are named together or none.

use serde_json::json;

use super::{Actor, Rejection, VerbResult};
use crate::attachments::ContentHash;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::attachment::{FileName, MediaType, fits, is_given_up};
use crate::domain::case::takes_entries;
use crate::domain::feed::Visibility;
use crate::domain::history::CaseFields;
use crate::domain::ids::{AttachmentId, CaseId, CaseRef, EntryId, OrganizationId};
use crate::store::attachments::{self, Attachment, NewAttachment};
use crate::store::cases;
use crate::store::cases::Case;
use crate::store::groups::lock_organization;

/// The field of a command that names files.
pub const FIELD: &str = "attachments";

/// What somebody sends. Its bytes are kept already, under their hash.
#[derive(Clone, Debug)]
pub struct SentFile {
    /// What it is called.
    pub name: FileName,
    /// As what it is handed out.
    pub media_type: MediaType,
    /// How long it is.
    pub bytes: u64,
    /// The name of its bytes.
    pub content: ContentHash,
}

/// For what a file is sent.
#[derive(Clone, Copy, Debug)]
pub enum For {
    /// For something that is written on this case.
    Case(CaseRef),
    /// For a case that is about to be opened.
    Opening,
}

/// What a file will belong to. Until it is attached it counts against the limit of where its sender works.
#[derive(Clone, Copy, Debug)]
struct Place {
    organization: OrganizationId,
    case: Option<CaseId>,
}

/// Whether somebody may send a file of `bytes` for that; asked before it comes, and again when it is here. An organization's files
/// have `limit` bytes together.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case`, `NoRoom`.
pub fn may_send(
    conn: &mut Conn,
    actor: &Actor,
    what_for: For,
    (bytes, limit): (u64, u64),
) -> VerbResult<()> {
    let place = place(conn, actor, what_for)?;
    has_room(conn, place.organization, bytes, limit)
}

/// Takes a file in. It is its sender's alone until it is attached to something.
///
/// # Errors
/// As for [`may_send`].
pub fn send(
    conn: &mut Conn,
    actor: &Actor,
    what_for: For,
    (file, limit): (&SentFile, u64),
    now: Instant,
) -> VerbResult<AttachmentId> {
    let place = place(conn, actor, what_for)?;
    lock_organization(conn, place.organization)?;
    has_room(conn, place.organization, file.bytes, limit)?;
    let new = NewAttachment {
        organization: place.organization,
        by: actor.id(),
        case: place.case,
        name: &file.name,
        media_type: file.media_type,
        bytes: file.bytes,
        content: &file.content,
    };
    Ok(attachments::insert(conn, &new, now)?)
}

fn place(conn: &mut Conn, actor: &Actor, what_for: For) -> VerbResult<Place> {
    Ok(match what_for {
        For::Case(case) => {
            let id = cases::id_of(conn, actor.reach(), &case)?.ok_or(Rejection::NotFound)?;
            let case = cases::find(conn, id)?;
            // An analysis may be delivered by somebody who writes nothing else.
            if !actor.access.can(Permission::RcaDeliver) {
                actor.require(Permission::FeedsComment)?;
            }
            takes_entries(case.status)?;
            Place {
                organization: actor.access.organization,
                case: Some(id),
            }
        }
        For::Opening => {
            actor.require(Permission::CasesCreate)?;
            Place {
                organization: actor.access.organization,
                case: None,
            }
        }
    })
}

/// Whose limit the files of an entry count against: the customer's, and the provider's own where it is internal. How much room is left
/// would tell a customer of what they may not see (F2).
pub(super) fn counting(actor: &Actor, case: &Case, visibility: Visibility) -> OrganizationId {
    match visibility {
        Visibility::Public => case.organization_id,
        Visibility::Internal => actor.access.organization,
    }
}

fn has_room(
    conn: &mut Conn,
    organization: OrganizationId,
    bytes: u64,
    limit: u64,
) -> VerbResult<()> {
    let used = attachments::used(conn, organization)?;
    fits(used, bytes, limit).map_err(|refused| Rejection::NoRoom(refused).into())
}

/// The files that a command names, in its order: sent by the actor for this case or for none yet, and attached to nothing.
///
/// # Errors
/// [`Rejection::Parts`] with the first that is not.
pub(super) fn chosen(
    conn: &mut Conn,
    actor: &Actor,
    case: Option<CaseId>,
    named: Option<&[AttachmentId]>,
    now: Instant,
) -> VerbResult<Vec<Attachment>> {
    let named = named.unwrap_or_default();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = attachments::pending_of(conn, actor.id(), named)?;
    let mut files = Vec::with_capacity(named.len());
    for (index, id) in named.iter().enumerate() {
        let refused = |code| {
            let part = format!("{FIELD}[{index}]");
            Rejection::Parts(vec![(part, code, id.to_string())])
        };
        let Some(place) = found.iter().position(|file| file.id == *id) else {
            let twice = named[..index].contains(id);
            return Err(refused(if twice { "given_twice" } else { "not_found" }).into());
        };
        let file = found.swap_remove(place);
        let elsewhere = file.case_id.is_some() && file.case_id != case;
        let is_theirs = actor.reach().covers(file.organization_id);
        if file.attached_at.is_some() {
            return Err(refused("already_attached").into());
        }
        if elsewhere || !is_theirs || is_given_up(file.uploaded_at, now) {
            return Err(refused("not_found").into());
        }
        files.push(file);
    }
    Ok(files)
}

/// Attaches files to an entry of a case, or to its description.
///
/// # Errors
/// Database errors; the whole transaction is repeated if somebody else was first.
pub(super) fn attach(
    conn: &mut Conn,
    files: &[AttachmentId],
    to: (OrganizationId, CaseId, Option<EntryId>),
    now: Instant,
) -> VerbResult<()> {
    for (position, id) in (0_i64..).zip(files) {
        if !attachments::attach(conn, *id, to, position, now)? {
            return Err(DbError::Overtaken.into());
        }
    }
    Ok(())
}

/// The ids of files.
pub(super) fn ids(files: &[Attachment]) -> Vec<AttachmentId> {
    files.iter().map(|file| file.id).collect()
}

/// What they are called, as readers are told.
pub(super) fn names(files: &[Attachment]) -> Vec<String> {
    files.iter().map(|file| file.name.clone()).collect()
}

/// What is audited of them: which they are, and not what they are called, which may have to be taken away.
pub(super) fn recorded(files: &[Attachment], fields: &mut CaseFields) {
    if !files.is_empty() {
        fields.insert(FIELD.to_owned(), json!(ids(files)));
    }
}
