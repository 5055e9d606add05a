//! Attachments: which files there are, and what each is attached to (F4). For whom one exists is asked of
//! [`super::seen_files`].

mod binding;
mod contents;

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::attachments::ContentHash;
use crate::db::schema::attachments;
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, among, fixed};
use crate::domain::Instant;
use crate::domain::attachment::{FileName, MediaType};
use crate::domain::ids::{AttachmentId, CaseId, EntryId, OrganizationId, PersonId};

pub use binding::{
    NewAttachment, attach, discard, discard_given_up, forget_of_entry, insert, pending_of,
    take_away, used,
};
pub use contents::{Named, named_among, named_by_all};

/// A row of `attachments`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = attachments)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// Whose limit it counts against: that of where it was sent, and once it is attached the case's organization, or the provider if
    /// that is internal.
    pub organization_id: OrganizationId,
    /// Who sent it.
    pub uploaded_by: PersonId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub uploaded_at: Instant,
    /// When it was attached; not yet if none.
    #[diesel(deserialize_as = MaybeAt)]
    pub attached_at: Option<Instant>,
    /// The case that it was sent for, or is attached to.
    pub case_id: Option<CaseId>,
    /// The entry that it is attached to; none for the description of its case.
    pub entry_id: Option<EntryId>,
    /// Its place among the files of what it is attached to.
    pub position: i64,
    /// What it is called.
    pub name: String,
    /// As what it is handed out.
    pub media_type: MediaType,
    /// How long it is.
    pub bytes: i64,
    /// The hash of its bytes.
    pub sha256: String,
}

impl Attachment {
    /// What it is called.
    pub fn name(&self) -> FileName {
        FileName::cleaned(&self.name)
    }

    /// The name of its bytes.
    pub fn content(&self) -> Option<ContentHash> {
        self.sha256.parse().ok()
    }
}

/// The files of entries that exist for their reader, by entry, in their order.
///
/// # Errors
/// Database errors.
pub fn of_entries(
    conn: &mut Conn,
    entries: &[EntryId],
) -> QueryResult<BTreeMap<EntryId, Vec<Attachment>>> {
    let mut found: BTreeMap<EntryId, Vec<Attachment>> = BTreeMap::new();
    if entries.is_empty() {
        return Ok(found);
    }
    let rows: Vec<Attachment> = attachments::table
        .filter(among(attachments::entry_id, entries.to_vec()))
        .order((attachments::position.asc(), attachments::id.asc()))
        .select(Attachment::as_select())
        .load(conn)?;
    for row in rows {
        if let Some(entry) = row.entry_id {
            found.entry(entry).or_default().push(row);
        }
    }
    Ok(found)
}

/// The files that came with the description of a case that exists for the reader, in their order.
///
/// # Errors
/// Database errors.
pub fn of_description(conn: &mut Conn, case: CaseId) -> QueryResult<Vec<Attachment>> {
    let with_it = attachments::table
        .filter(attachments::case_id.eq(case))
        .filter(attachments::entry_id.is_null())
        .filter(attachments::attached_at.is_not_null())
        .order((attachments::position.asc(), attachments::id.asc()))
        .select(Attachment::as_select());
    fixed!(with_it).load(conn)
}
