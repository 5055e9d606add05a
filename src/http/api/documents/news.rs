//! What is news to somebody.

use serde::Serialize;
use utoipa::ToSchema;

use super::{CaseSummary, EntryDocument, Reader, page_of_entry};
use crate::workflow::news::NewsItem;

/// Something that others wrote or did, and whoever asks has not read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NewsItem)]
pub struct NewsDocument {
    /// The case.
    pub case: CaseSummary,
    /// What was written; a mark says what was done.
    pub entry: EntryDocument,
    /// Its place on a page.
    pub href: String,
}

impl NewsDocument {
    /// In the reader's words.
    pub fn new(reader: &Reader<'_>, item: &NewsItem) -> Self {
        let (case, entry) = (&item.case.case, &item.entry);
        Self {
            case: CaseSummary {
                id: case.id,
                number: case.number,
                subject: case.subject.clone(),
                organization: (&item.case.organization).into(),
            },
            href: page_of_entry(
                case.number,
                (entry.entry.feed, entry.escalation),
                entry.entry.id,
            ),
            entry: EntryDocument::new(reader, entry),
        }
    }
}
