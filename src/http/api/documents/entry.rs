//! Feed entries.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{AttachmentName, EscalationName, Reader, instant};
use crate::domain::Instant;
use crate::domain::feed::{EntryKind, Feed, Visibility};
use crate::domain::ids::{CaseNumber, EntryId, EscalationNumber, PersonId};
use crate::domain::organization::Side;
use crate::store::feeds::EntryView;
use crate::words::markdown::Rendered;
use crate::words::marks;

/// An entry of a feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FeedEntry)]
pub struct EntryDocument {
    /// Its id.
    pub id: EntryId,
    /// The feed.
    pub feed: Feed,
    /// What it is.
    pub kind: EntryKind,
    /// Who it reaches.
    pub visibility: Visibility,
    /// Who wrote it; null where the desk did by itself.
    pub author: Option<AuthorDocument>,
    /// Markdown; a mark's is a sentence.
    pub body: String,
    /// The same as safe HTML.
    pub body_html: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "instant::write")]
    pub at: Instant,
    /// The escalation that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<EscalationName>,
    /// What is particular to its kind: with whom and when a contact outside the portal was; what a mark says;
    /// whom it mentions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Map<String, Value>>,
    /// When its author changed it.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "instant::write_some")]
    pub edited_at: Option<Instant>,
    /// When its words were taken away.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "instant::write_some")]
    pub redacted_at: Option<Instant>,
    /// Until when you may take it back; null where you may not, and in live streams. No mail tells of it before.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "instant::write_some")]
    pub undo_until: Option<Instant>,
    /// Its files.
    pub attachments: Vec<AttachmentName>,
    /// Counts its changes.
    pub version: i64,
}

/// Who wrote an entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Author)]
pub struct AuthorDocument {
    /// Their id.
    pub id: PersonId,
    /// First and last name.
    pub name: String,
    /// The side on which they stood.
    pub side: Side,
}

/// The page on which an entry stands, and where on it, however long ago it was written.
pub fn page_of_entry(
    case: CaseNumber,
    (feed, escalation): (Feed, Option<EscalationNumber>),
    id: EntryId,
) -> String {
    let page = match (feed, escalation) {
        (Feed::Escalation, Some(escalation)) => format!("/escalations/{escalation}"),
        (Feed::Escalation, None) => format!("/cases/{case}"),
        (Feed::Case, _) => format!("/cases/{case}?entries=all"),
    };
    format!("{page}#entry-{id}")
}

impl EntryDocument {
    /// The entry in the reader's words.
    pub fn new(reader: &Reader<'_>, view: &EntryView) -> Self {
        let entry = &view.entry;
        let (body, html) = match (entry.kind, &entry.details) {
            (EntryKind::Mark, Some(details)) => {
                let sentence = marks::text(reader.words, details, &reader.times());
                let html = Rendered::of(&sentence);
                (sentence, html)
            }
            _ => (entry.body.clone(), view.html()),
        };
        let author = entry
            .author_id
            .zip(entry.author_side)
            .zip(view.author.clone());
        Self {
            id: entry.id,
            feed: entry.feed,
            kind: entry.kind,
            visibility: entry.visibility,
            author: author.map(|((id, side), name)| AuthorDocument { id, name, side }),
            body_html: html.as_str().to_owned(),
            body,
            at: entry.at,
            escalation: entry
                .escalation_id
                .zip(view.escalation)
                .map(|(id, number)| EscalationName { id, number }),
            details: entry.details.as_ref().map(|details| details.0.clone()),
            edited_at: entry.edited_at,
            redacted_at: entry.redacted_at,
            undo_until: view.undo_open(reader.access.person, reader.now),
            attachments: view.attachments.iter().map(AttachmentName::from).collect(),
            version: entry.version,
        }
    }
}
