//! Files are added, attached, and forgotten.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Attachment;
use crate::attachments::ContentHash;
use crate::db::schema::attachments;
use crate::db::sql_types::{At, Key};
use crate::db::{Conn, kept};
use crate::domain::Instant;
use crate::domain::attachment::{FileName, MediaType, PENDING_FOR};
use crate::domain::ids::{AttachmentId, CaseId, EntryId, OrganizationId, PersonId};

/// What a new attachment is made of. Its bytes are kept already.
#[derive(Clone, Debug)]
pub struct NewAttachment<'a> {
    /// Whose limit it counts against.
    pub organization: OrganizationId,
    /// Who sends it.
    pub by: PersonId,
    /// The case that it is sent for, if there is one yet.
    pub case: Option<CaseId>,
    /// What it is called.
    pub name: &'a FileName,
    /// As what it is handed out.
    pub media_type: MediaType,
    /// How long it is.
    pub bytes: u64,
    /// The name of its bytes.
    pub content: &'a ContentHash,
}

/// Adds a file that is attached to nothing yet.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, new: &NewAttachment<'_>, now: Instant) -> QueryResult<AttachmentId> {
    let id = AttachmentId::new(now);
    diesel::insert_into(attachments::table)
        .values((
            attachments::id.eq(id),
            attachments::organization_id.eq(new.organization),
            attachments::uploaded_by.eq(new.by),
            attachments::uploaded_at.eq(At(now)),
            attachments::case_id.eq(new.case),
            attachments::position.eq(0_i64),
            attachments::name.eq(new.name.as_str()),
            attachments::media_type.eq(new.media_type),
            attachments::bytes.eq(i64::try_from(new.bytes).unwrap_or(i64::MAX)),
            attachments::sha256.eq(new.content.as_str()),
        ))
        .execute(conn)?;
    Ok(id)
}

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// How many bytes the files of an organization have together. Whoever adds to them locks its row before
/// ([`lock_organization`](crate::store::groups::lock_organization)), so that two do not take the same room.
///
/// # Errors
/// Database errors.
pub fn used(conn: &mut Conn, organization: OrganizationId) -> QueryResult<u64> {
    // A sum of whole numbers is one of any length on PostgreSQL; it is far from that.
    let found: Total = match conn {
        Conn::Sqlite(own) => diesel::sql_query(
            "SELECT coalesce(sum(bytes), 0) AS total FROM attachments WHERE organization_id = ?",
        )
        .bind::<Key, _>(organization)
        .get_result(own)?,
        Conn::Postgres(own) => diesel::sql_query(
            "SELECT CAST(coalesce(sum(bytes), 0) AS bigint) AS total FROM attachments WHERE organization_id = $1",
        )
        .bind::<Key, _>(organization)
        .get_result(own)?,
    };
    Ok(u64::try_from(found.total).unwrap_or_default())
}

/// Those of the files that somebody sent, whether they are attached or not.
///
/// # Errors
/// Database errors.
pub fn pending_of(
    conn: &mut Conn,
    person: PersonId,
    ids: &[AttachmentId],
) -> QueryResult<Vec<Attachment>> {
    attachments::table
        .filter(attachments::id.eq_any(ids.to_vec()))
        .filter(attachments::uploaded_by.eq(person))
        .select(Attachment::as_select())
        .load(conn)
}

/// Attaches a file to an entry of a case, or to its description; gives whether it was attached to nothing yet.
///
/// # Errors
/// Database errors.
pub fn attach(
    conn: &mut Conn,
    id: AttachmentId,
    (organization, case, entry): (OrganizationId, CaseId, Option<EntryId>),
    position: i64,
    now: Instant,
) -> QueryResult<bool> {
    let pending = attachments::id
        .eq(id)
        .and(attachments::attached_at.is_null());
    let changed = kept(attachments::table.filter(pending))
        .set((
            attachments::organization_id.eq(organization),
            attachments::case_id.eq(case),
            attachments::entry_id.eq(entry),
            attachments::position.eq(position),
            attachments::attached_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Forgets the files of an entry, whose words are taken away; gives which they were. Their bytes go when nobody names them.
///
/// # Errors
/// Database errors.
pub fn forget_of_entry(conn: &mut Conn, entry: EntryId) -> QueryResult<Vec<AttachmentId>> {
    let ids: Vec<AttachmentId> = attachments::table
        .filter(attachments::entry_id.eq(entry))
        .select(attachments::id)
        .load(conn)?;
    if !ids.is_empty() {
        diesel::delete(attachments::table.filter(attachments::entry_id.eq(entry))).execute(conn)?;
    }
    Ok(ids)
}

/// Forgets a file, whatever it is attached to.
///
/// # Errors
/// Database errors.
pub fn take_away(conn: &mut Conn, id: AttachmentId) -> QueryResult<()> {
    diesel::delete(attachments::table.filter(attachments::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// Forgets a file that is attached to nothing; gives whether it was.
///
/// # Errors
/// Database errors.
pub fn discard(conn: &mut Conn, id: AttachmentId) -> QueryResult<bool> {
    let pending = attachments::id
        .eq(id)
        .and(attachments::attached_at.is_null());
    let gone = diesel::delete(attachments::table.filter(pending)).execute(conn)?;
    Ok(gone == 1)
}

/// Forgets files that were attached to nothing for too long, `limit` at the most, those sent first; gives how many.
///
/// # Errors
/// Database errors.
pub fn discard_given_up(conn: &mut Conn, limit: i64, now: Instant) -> QueryResult<usize> {
    let given_up: Vec<AttachmentId> = attachments::table
        .filter(attachments::attached_at.is_null())
        .filter(attachments::uploaded_at.le(At(now - PENDING_FOR)))
        .order(attachments::uploaded_at.asc())
        .limit(limit)
        .select(attachments::id)
        .load(conn)?;
    if given_up.is_empty() {
        return Ok(0);
    }
    let still = attachments::id
        .eq_any(given_up)
        .and(attachments::attached_at.is_null());
    diesel::delete(attachments::table.filter(still)).execute(conn)
}
