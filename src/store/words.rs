//! The words of rows of an earlier release, which are not made yet: whoever searches does not find them until they are.

use diesel::prelude::*;

use crate::db::schema::{cases, feed_entries};
use crate::db::{Conn, condition};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::text::search::{self, Place};
use crate::store::cases::search_words;

condition! {
    /// Of a case without words, as its index has it.
    CaseWithout = "cases.search_words IS NULL"
}

condition! {
    /// Of an entry without words, as its index has it.
    EntryWithout = "feed_entries.search_words IS NULL"
}

/// Words that were made of what rows say.
#[derive(Clone, Debug, Default)]
pub struct Made {
    cases: Vec<(CaseId, String)>,
    entries: Vec<(EntryId, String)>,
}

impl Made {
    /// Of how many rows.
    pub fn count(&self) -> usize {
        self.cases.len() + self.entries.len()
    }

    /// Whether there is nothing to make.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

/// Makes the words of rows that have none, `limit` cases and as many entries at the most.
///
/// # Errors
/// Database errors.
pub fn make(conn: &mut Conn, limit: i64) -> QueryResult<Made> {
    let found: Vec<(CaseId, String, String)> = cases::table
        .filter(CaseWithout)
        .order(cases::id.asc())
        .select((cases::id, cases::subject, cases::description))
        .limit(limit)
        .load(conn)?;
    let said: Vec<(EntryId, Feed, Visibility, String)> = feed_entries::table
        .filter(EntryWithout)
        .order(feed_entries::id.asc())
        .select((
            feed_entries::id,
            feed_entries::feed,
            feed_entries::visibility,
            feed_entries::body,
        ))
        .limit(limit)
        .load(conn)?;
    let found = found.into_iter();
    let said = said.into_iter();
    Ok(Made {
        cases: found
            .map(|(id, subject, description)| (id, search_words(&subject, &description)))
            .collect(),
        entries: said
            .map(|(id, feed, to, body)| (id, search::kept(Place::Entry(feed, to), &body)))
            .collect(),
    })
}

/// Keeps words, where nobody has written the row anew meanwhile. It changes nothing that anybody reads.
///
/// # Errors
/// Database errors.
pub fn keep(conn: &mut Conn, made: &Made) -> QueryResult<()> {
    for (id, words) in &made.cases {
        diesel::update(cases::table.filter(cases::id.eq(*id)).filter(CaseWithout))
            .set(cases::search_words.eq(words))
            .execute(conn)?;
    }
    for (id, words) in &made.entries {
        let without = feed_entries::table
            .filter(feed_entries::id.eq(*id))
            .filter(EntryWithout);
        diesel::update(without)
            .set(feed_entries::search_words.eq(words))
            .execute(conn)?;
    }
    Ok(())
}
