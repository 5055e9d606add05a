//! Where what is typed into a field is kept, and what was begun there before.

use serde::Serialize;

use crate::domain::Instant;
use crate::domain::draft::DraftPlace;
use crate::store::drafts::Draft;

/// Where a script keeps what is typed into a field.
#[derive(Clone, Debug, Serialize)]
pub struct DraftField {
    /// Where to.
    pub href: String,
    /// The version of the draft that stands in the field; 0 if there is none.
    pub version: i64,
    /// When it was kept.
    pub at: Option<Instant>,
}

impl DraftField {
    /// For a place by ids, with the draft that was found there.
    pub(super) fn of(place: &DraftPlace, found: Option<&Draft>) -> Self {
        Self {
            href: format!("/api/v1/me/drafts/{place}"),
            version: found.map_or(0, |draft| draft.version),
            at: found.map(|draft| draft.updated_at),
        }
    }
}

/// The draft at a place by ids, of those that were read.
pub(super) fn at<'d>(drafts: &'d [Draft], place: &DraftPlace) -> Option<&'d Draft> {
    let place = place.to_string();
    drafts.iter().find(|draft| draft.place == place)
}
