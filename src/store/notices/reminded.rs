//! The tutorials of which notices remind, as they stand when these are sent: nobody is reminded of what is over (H1).

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::ids::{PersonId, TutorialId};
use crate::domain::notice::{DigestItem, NoticeKind};
use crate::store::tutorials;

/// Some tutorials, and who comes to them.
pub(super) struct Tutorials {
    /// When each begins, of those that take place.
    beginnings: HashMap<TutorialId, Instant>,
    /// Who has a place.
    placed: HashSet<(TutorialId, PersonId)>,
}

impl Tutorials {
    /// Those of these ids.
    pub(super) fn of(conn: &mut Conn, ids: Vec<TutorialId>) -> QueryResult<Self> {
        Ok(Self {
            beginnings: tutorials::beginnings(conn, &ids)?,
            placed: tutorials::placed_among(conn, &ids)?,
        })
    }

    /// Whether there is reason to remind somebody at `at`: it still takes place, when that was told as it was told, and they come.
    pub(super) fn concern(
        &self,
        (id, told): (TutorialId, Option<Instant>),
        person: PersonId,
        at: Instant,
    ) -> bool {
        let Some(begins) = self.beginnings.get(&id).copied() else {
            return false;
        };
        let as_told = told.is_none_or(|told| told == begins);
        as_told && at < begins && self.placed.contains(&(id, person))
    }
}

/// The tutorial of which an item of a digest reminds.
pub(super) fn reminds_of(item: &DigestItem) -> Option<TutorialId> {
    let subject = item.request.map(TutorialId::from_uuid);
    subject.filter(|_| item.kind == NoticeKind::TutorialReminder)
}
