//! Files (F4).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::Instant;
use crate::domain::attachment::MediaType;
use crate::domain::ids::{AttachmentId, CaseId, EntryId};
use crate::store::attachments::Attachment;

/// A file, as what it is attached to names it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AttachmentName)]
pub struct AttachmentName {
    /// Its id.
    pub id: AttachmentId,
    /// What it is called.
    pub name: String,
    /// As what it is handed out: a picture, or bytes to keep.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub size: i64,
    /// Where its bytes are.
    pub href: String,
}

/// A file.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Attachment)]
pub struct AttachmentDocument {
    /// Its id.
    pub id: AttachmentId,
    /// What it is called.
    pub name: String,
    /// As what it is handed out: a picture, or bytes to keep.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub size: i64,
    /// Where its bytes are.
    pub href: String,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub uploaded_at: Instant,
    /// When it was attached; null while it is its sender's alone, for a day.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub attached_at: Option<Instant>,
    /// The case that it belongs to, or was sent for.
    pub case: Option<CaseId>,
    /// The entry that it is attached to; null of the description of a case.
    pub entry: Option<EntryId>,
}

/// Where the bytes of a file are.
fn href(id: AttachmentId) -> String {
    format!("/api/v1/attachments/{id}/content")
}

impl From<&Attachment> for AttachmentName {
    fn from(file: &Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name.clone(),
            media_type: file.media_type,
            size: file.bytes,
            href: href(file.id),
        }
    }
}

impl From<&Attachment> for AttachmentDocument {
    fn from(file: &Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name.clone(),
            media_type: file.media_type,
            size: file.bytes,
            href: href(file.id),
            sha256: file.sha256.clone(),
            uploaded_at: file.uploaded_at,
            attached_at: file.attached_at,
            case: file.case_id,
            entry: file.entry_id,
        }
    }
}
