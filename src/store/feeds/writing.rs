//! Entries are written, changed and redacted.

use std::sync::Arc;

use diesel::backend::Backend;
use diesel::dsl::{Eq, max};
use diesel::expression::{AsExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};
use serde_json::{Map, Value};

use super::Entry;
use crate::db::schema::feed_entries;
use crate::db::sql_types::{At, Json, Key, json};
use crate::db::{Conn, on_either};
use crate::domain::Instant;
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::escalation::State;
use crate::domain::feed::{EntryKind, Feed, Visibility, position_after};
use crate::domain::ids::{CaseId, EntryId, EscalationId, PersonId};
use crate::domain::organization::Side;
use crate::domain::text::search;
use crate::store::audit::{self, EntryWords};
use crate::store::many::insert_many;
use crate::words::markdown;

/// What a new entry is made of.
#[derive(Clone, Debug)]
pub struct NewEntry<'a> {
    /// The case.
    pub case: CaseId,
    /// The feed.
    pub feed: Feed,
    /// The escalation that it is about; an entry of the escalation feed has one.
    pub escalation: Option<EscalationId>,
    /// What it is.
    pub kind: EntryKind,
    /// Who it reaches.
    pub visibility: Visibility,
    /// Who wrote it, and for which side.
    pub author: Option<(PersonId, Side)>,
    /// Markdown.
    pub body: &'a str,
    /// What a mark says, and what is particular to other kinds.
    pub details: Option<Map<String, Value>>,
    /// When it was written.
    pub at: Instant,
    /// Its name in the system it was imported from.
    pub external_id: Option<&'a str>,
    /// What became of the escalation, if it is the answer to it (C7).
    pub verdict: Option<State>,
}

/// What is made of an entry's words when it is written: their HTML, and what a search looks through. It is made of the words alone,
/// so that whoever has many entries to write makes it before the writer is asked.
#[derive(Clone, Debug)]
pub struct Made {
    html: Arc<str>,
    search_words: String,
}

impl Made {
    /// What is made of these words, in this feed.
    pub fn of(feed: Feed, visibility: Visibility, body: &str) -> Self {
        Self {
            html: markdown::to_html(body),
            search_words: search_words(feed, visibility, body),
        }
    }
}

/// An entry as its row is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = feed_entries, treat_none_as_default_value = false)]
struct Written {
    id: EntryId,
    case_id: CaseId,
    feed: Feed,
    escalation_id: Option<EscalationId>,
    kind: EntryKind,
    visibility: Visibility,
    author_id: Option<PersonId>,
    author_side: Option<Side>,
    body: String,
    body_html: String,
    rendering: i64,
    details: Option<String>,
    at: At,
    external_id: Option<String>,
    verdict: Option<State>,
    salt: Option<String>,
    search_words: String,
}

/// The same at a place: one that is known, or one that the statement finds.
type Placed<P> = (
    Eq<feed_entries::position, P>,
    Eq<feed_entries::changed_position, P>,
    Written,
);

impl Written {
    /// The row of an entry, and what the event has to say of it.
    fn of(new: &NewEntry<'_>, made: &Made) -> QueryResult<(Self, Said)> {
        let id = EntryId::new(new.at);
        let details = new.details.as_ref().map(json).transpose()?;
        let words = EntryWords {
            case: new.case,
            feed: new.feed.as_str(),
            escalation: new.escalation,
            kind: new.kind.as_str(),
            visibility: new.visibility.as_str(),
            author: new.author.map(|(id, _)| id),
            side: new.author.map(|(_, side)| side.as_str()),
            body: new.body,
            details: details.as_deref(),
            at: new.at,
        };
        let (salt, said) = words.sealed(id);
        let row = Self {
            id,
            case_id: new.case,
            feed: new.feed,
            escalation_id: new.escalation,
            kind: new.kind,
            visibility: new.visibility,
            author_id: new.author.map(|(id, _)| id),
            author_side: new.author.map(|(_, side)| side),
            body: new.body.to_owned(),
            body_html: made.html.to_string(),
            rendering: markdown::RENDERING,
            details,
            at: At(new.at),
            external_id: new.external_id.map(str::to_owned),
            verdict: new.verdict,
            salt: Some(salt),
            search_words: made.search_words.clone(),
        };
        Ok((row, said))
    }

    fn at<P: Copy + AsExpression<BigInt>>(self, place: P) -> Placed<P> {
        (
            feed_entries::position.eq(place),
            feed_entries::changed_position.eq(place),
            self,
        )
    }

    /// The entry as it is read at that place.
    fn entry(self, details: Option<Map<String, Value>>, position: i64) -> Entry {
        Entry {
            id: self.id,
            case_id: self.case_id,
            feed: self.feed,
            escalation_id: self.escalation_id,
            kind: self.kind,
            visibility: self.visibility,
            author_id: self.author_id,
            author_side: self.author_side,
            body: self.body,
            body_html: Some(self.body_html),
            rendering: self.rendering,
            details: details.map(Json),
            at: self.at.0,
            edited_at: None,
            redacted_at: None,
            version: 1,
            position,
            changed_position: position,
            moved_position: None,
            verdict: self.verdict,
        }
    }
}

/// The place behind all that is written on a case, which the statement that takes it finds: see [`position_after`], which says the same.
#[derive(Clone, Copy, Debug, QueryId)]
struct PlaceBehind {
    case: CaseId,
    now: i64,
    /// How many of the same statement stand between.
    between: i64,
}

impl PlaceBehind {
    /// That of an entry, with so many of its statement between.
    fn of(new: &NewEntry<'_>, between: i64) -> Self {
        Self {
            case: new.case,
            now: new.at.timestamp_micros(),
            between,
        }
    }
}

impl Expression for PlaceBehind {
    type SqlType = BigInt;
}

impl<G> ValidGrouping<G> for PlaceBehind {
    type IsAggregate = is_aggregate::Never;
}

impl<S> AppearsOnTable<S> for PlaceBehind {}

impl<B> QueryFragment<B> for PlaceBehind
where
    B: Backend + HasSqlType<Key>,
    CaseId: ToSql<Key, B>,
    i64: ToSql<BigInt, B>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        // The greatest of two numbers has another name on each database; that of rows has the same.
        out.push_sql("(SELECT max(place) + ");
        out.push_bind_param::<BigInt, _>(&self.between)?;
        out.push_sql(" FROM (SELECT ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(
            " AS place UNION ALL SELECT max(changed_position) + 1 FROM feed_entries WHERE case_id = ",
        );
        out.push_bind_param::<Key, _>(&self.case)?;
        out.push_sql(") AS places)");
        Ok(())
    }
}

/// Adds an entry, behind all those of its case; gives it as it is read, and what the event has to say of it. The case is locked, or
/// new. Its words are rendered here, once; those of a long text were before the writer was asked.
///
/// # Errors
/// Database errors; a unique violation if somebody else writes on the case at the same time.
pub fn insert(conn: &mut Conn, new: &NewEntry<'_>) -> QueryResult<(Entry, Said)> {
    let made = Made::of(new.feed, new.visibility, new.body);
    let (row, said) = Written::of(new, &made)?;
    let place = PlaceBehind::of(new, 0);
    let position = on_either!(conn, |own| diesel::insert_into(feed_entries::table)
        .values((
            feed_entries::position.eq(place),
            feed_entries::changed_position.eq(place),
            &row,
        ))
        .returning(feed_entries::position)
        .get_result(own))?;
    Ok((row.entry(new.details.clone(), position), said))
}

/// Adds entries of one case, one behind the other, by few statements; gives their ids, and what the event has to say of them.
///
/// # Errors
/// As for [`insert`].
pub fn insert_each(conn: &mut Conn, entries: &[NewEntry<'_>]) -> QueryResult<(Vec<EntryId>, Said)> {
    match entries {
        [] => Ok((Vec::new(), Said::default())),
        [one] => insert(conn, one).map(|(entry, said)| (vec![entry.id], said)),
        [first, second] if first.at == second.at => insert_two(conn, [first, second]),
        [first, ..] => {
            let made = (entries.iter()).map(|new| Made::of(new.feed, new.visibility, new.body));
            let made: Vec<Made> = made.collect();
            insert_all(conn, first.case, entries.iter().cloned().zip(&made))
        }
    }
}

/// Adds two entries of one case and one instant: what was done, and what was said with it.
fn insert_two(
    conn: &mut Conn,
    [first, second]: [&NewEntry<'_>; 2],
) -> QueryResult<(Vec<EntryId>, Said)> {
    let row_of =
        |new: &NewEntry<'_>| Written::of(new, &Made::of(new.feed, new.visibility, new.body));
    let ((one, said_of_one), (other, said_of_other)) = (row_of(first)?, row_of(second)?);
    let ids = vec![one.id, other.id];
    on_either!(conn, |own| diesel::insert_into(feed_entries::table)
        .values([
            one.at(PlaceBehind::of(first, 0)),
            other.at(PlaceBehind::of(second, 1)),
        ])
        .execute(own))?;
    Ok((ids, said_of_one.and(said_of_other)))
}

/// Adds entries of one case, one behind the other, of whose words something was made; gives their ids, and what the event has to say of
/// them.
///
/// # Errors
/// As for [`insert`].
pub fn insert_all<'a>(
    conn: &mut Conn,
    case: CaseId,
    entries: impl IntoIterator<Item = (NewEntry<'a>, &'a Made)>,
) -> QueryResult<(Vec<EntryId>, Said)> {
    let last = last_position(conn, case)?.map(|position| (case, position));
    let ready = ready_behind(last, entries)?;
    let ids = ready.rows.iter().map(|(.., row)| row.id).collect();
    let said = insert_ready(conn, ready)?.into_iter();
    Ok((
        ids,
        said.fold(Said::default(), |all, (_, one)| all.and(one)),
    ))
}

/// Entries as their rows are written, with what the events have to say of them.
#[derive(Debug)]
pub struct ReadyEntries {
    rows: Vec<Placed<i64>>,
    said: Vec<(CaseId, Said)>,
}

/// The entries of cases on which nothing is written yet, those of each together and one behind the other.
///
/// # Errors
/// If something cannot be written as JSON.
pub fn ready_first<'a>(
    entries: impl IntoIterator<Item = (NewEntry<'a>, &'a Made)>,
) -> QueryResult<ReadyEntries> {
    ready_behind(None, entries)
}

/// Entries, of which the first one's case has at `last` what was written last on it.
fn ready_behind<'a>(
    mut last: Option<(CaseId, i64)>,
    entries: impl IntoIterator<Item = (NewEntry<'a>, &'a Made)>,
) -> QueryResult<ReadyEntries> {
    let (mut rows, mut said) = (Vec::new(), Vec::new());
    for (new, made) in entries {
        let before = last.filter(|(case, _)| *case == new.case);
        let position = position_after(before.map(|(_, position)| position), new.at);
        last = Some((new.case, position));
        let (row, of_it) = Written::of(&new, made)?;
        rows.push(row.at(position));
        said.push((new.case, of_it));
    }
    Ok(ReadyEntries { rows, said })
}

/// Adds entries by few statements; gives what the events have to say of them, in the same order.
///
/// # Errors
/// As for [`insert`].
pub fn insert_ready(conn: &mut Conn, ready: ReadyEntries) -> QueryResult<Vec<(CaseId, Said)>> {
    on_either!(conn, |own| insert_many!(
        own,
        feed_entries::table,
        &ready.rows
    ));
    Ok(ready.said)
}

/// What a search looks through in an entry: nothing if it has no words of its own.
fn search_words(feed: Feed, visibility: Visibility, body: &str) -> String {
    search::kept(search::Place::Entry(feed, visibility), body)
}

/// The place of what is now written on a case. It is asked for under the case's lock, so that whatever has a smaller one
/// is committed before this is.
pub(super) fn next_position(conn: &mut Conn, case: CaseId, at: Instant) -> QueryResult<i64> {
    Ok(position_after(last_position(conn, case)?, at))
}

/// The place of what was written last on a case.
fn last_position(conn: &mut Conn, case: CaseId) -> QueryResult<Option<i64>> {
    on_either!(conn, |own| feed_entries::table
        .filter(feed_entries::case_id.eq(case))
        .select(max(feed_entries::changed_position))
        .get_result(own))
}

/// Replaces an entry's words (F4), and what it keeps besides; gives what the event has to say of it.
///
/// # Errors
/// Database errors.
pub fn edit(
    conn: &mut Conn,
    entry: &Entry,
    (body, details): (&str, Option<&Map<String, Value>>),
    now: Instant,
) -> QueryResult<Said> {
    let details = details.map(json).transpose()?;
    let position = next_position(conn, entry.case_id, now)?;
    diesel::update(feed_entries::table.filter(feed_entries::id.eq(entry.id)))
        .set((
            feed_entries::body.eq(body),
            feed_entries::details.eq(details),
            feed_entries::changed_position.eq(position),
            feed_entries::body_html.eq(&*markdown::to_html(body)),
            feed_entries::rendering.eq(markdown::RENDERING),
            feed_entries::search_words.eq(search_words(entry.feed, entry.visibility, body)),
            feed_entries::edited_at.eq(At(now)),
            feed_entries::version.eq(feed_entries::version + 1),
        ))
        .execute(conn)?;
    audit::seal(conn, Thing::Entry(entry.id))
}

/// Puts an entry into another feed, of an escalation if it is that feed (F3): it keeps its instant and its place among the
/// others, and is new where it stands now. Gives what the event has to say of it.
///
/// # Errors
/// Database errors.
pub fn move_to(
    conn: &mut Conn,
    entry: &Entry,
    (feed, escalation): (Feed, Option<EscalationId>),
    now: Instant,
) -> QueryResult<Said> {
    let position = next_position(conn, entry.case_id, now)?;
    diesel::update(feed_entries::table.filter(feed_entries::id.eq(entry.id)))
        .set((
            feed_entries::feed.eq(feed),
            feed_entries::escalation_id.eq(escalation),
            // Their letter says who may find them.
            feed_entries::search_words.eq(search_words(feed, entry.visibility, &entry.body)),
            feed_entries::changed_position.eq(position),
            feed_entries::moved_position.eq(Some(position)),
            feed_entries::version.eq(feed_entries::version + 1),
        ))
        .execute(conn)?;
    audit::seal(conn, Thing::Entry(entry.id))
}

/// Takes an entry's words away for good, and what their hash was made with (F4); gives what the event has to say of it.
///
/// # Errors
/// Database errors.
pub fn redact(conn: &mut Conn, entry: &Entry, now: Instant) -> QueryResult<Said> {
    // What was rendered of them goes too, also from memory.
    markdown::forget(&entry.body);
    let position = next_position(conn, entry.case_id, now)?;
    diesel::update(feed_entries::table.filter(feed_entries::id.eq(entry.id)))
        .set((
            feed_entries::body.eq(""),
            feed_entries::changed_position.eq(position),
            feed_entries::body_html.eq(None::<String>),
            feed_entries::rendering.eq(markdown::RENDERING),
            feed_entries::details.eq(None::<String>),
            feed_entries::salt.eq(None::<String>),
            feed_entries::search_words.eq(""),
            feed_entries::redacted_at.eq(At(now)),
            feed_entries::version.eq(feed_entries::version + 1),
        ))
        .execute(conn)?;
    Ok(Said::redacted(Thing::Entry(entry.id)))
}

/// Takes words out of the marks of a case that repeat them, also where only their own name tells which they are: `hidden`
/// says so of a mark and the name and text of one of its details. Gives what the event has to say of the marks.
///
/// # Errors
/// Database errors.
pub fn forget_in_marks(
    conn: &mut Conn,
    case: CaseId,
    mut hidden: impl FnMut(&Entry, &str, &str) -> bool,
    now: Instant,
) -> QueryResult<Said> {
    let marks: Vec<Entry> = feed_entries::table
        .filter(feed_entries::case_id.eq(case))
        .filter(feed_entries::kind.eq(EntryKind::Mark))
        .select(Entry::as_select())
        .load(conn)?;
    let mut said = Said::default();
    for mark in marks {
        let mut details = match &mark.details {
            Some(details) => details.0.clone(),
            None => continue,
        };
        let mut repeats = false;
        for (name, value) in &mut details {
            if value.as_str().is_some_and(|text| hidden(&mark, name, text)) {
                *value = Value::Null;
                repeats = true;
            }
        }
        if !repeats {
            continue;
        }
        let position = next_position(conn, case, now)?;
        diesel::update(feed_entries::table.filter(feed_entries::id.eq(mark.id)))
            .set((
                feed_entries::details.eq(Some(json(&details)?)),
                feed_entries::changed_position.eq(position),
                feed_entries::version.eq(feed_entries::version + 1),
            ))
            .execute(conn)?;
        said = said.and(audit::seal(conn, Thing::Entry(mark.id))?);
    }
    Ok(said)
}
