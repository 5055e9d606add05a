//! Feed entries: written once, read by those they are for.

use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::db::schema::{cases, escalations, feed_entries, people};
use crate::db::sql_types::{At, Json, MaybeAt, json};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::feed::{EntryKind, Feed, Visibility, counts_as_provider_update};
use crate::domain::ids::{CaseId, EntryId, EscalationId, EscalationNumber, PersonId};
use crate::domain::organization::Side;
use crate::store::lines::within_reach;
use crate::store::people::display_name;

/// A row of `feed_entries`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = feed_entries)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// The case.
    pub case_id: CaseId,
    /// The feed.
    pub feed: Feed,
    /// The escalation that it is about.
    pub escalation_id: Option<EscalationId>,
    /// What it is.
    pub kind: EntryKind,
    /// Who it reaches.
    pub visibility: Visibility,
    /// Who wrote it.
    pub author_id: Option<PersonId>,
    /// The side on which the author stood.
    pub author_side: Option<Side>,
    /// Markdown; empty for marks, whose words are made when they are read (F8), and for redacted entries.
    pub body: String,
    /// What a mark says, and what is particular to other kinds.
    pub details: Option<Json<Map<String, Value>>>,
    /// When it was written.
    #[diesel(deserialize_as = At)]
    pub at: Instant,
    /// When its author last changed it (F4).
    #[diesel(deserialize_as = MaybeAt)]
    pub edited_at: Option<Instant>,
    /// When staff redacted it (F4).
    #[diesel(deserialize_as = MaybeAt)]
    pub redacted_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

/// An entry with the names that belong to it.
#[derive(Clone, Debug)]
pub struct EntryView {
    /// The row.
    pub entry: Entry,
    /// Its author's first and last name.
    pub author: Option<String>,
    /// The number of the escalation that it is about.
    pub escalation: Option<EscalationNumber>,
}

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
}

/// Adds an entry.
///
/// # Errors
/// The database's own.
pub fn insert(conn: &mut Conn, new: &NewEntry<'_>) -> QueryResult<EntryId> {
    let id = EntryId::new(new.at);
    diesel::insert_into(feed_entries::table)
        .values((
            feed_entries::id.eq(id),
            feed_entries::case_id.eq(new.case),
            feed_entries::feed.eq(new.feed),
            feed_entries::escalation_id.eq(new.escalation),
            feed_entries::kind.eq(new.kind),
            feed_entries::visibility.eq(new.visibility),
            feed_entries::author_id.eq(new.author.map(|(id, _)| id)),
            feed_entries::author_side.eq(new.author.map(|(_, side)| side)),
            feed_entries::body.eq(new.body),
            feed_entries::details.eq(new.details.as_ref().map(json).transpose()?),
            feed_entries::at.eq(At(new.at)),
            feed_entries::external_id.eq(new.external_id),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Which entries a list holds.
#[derive(Clone, Debug)]
pub enum FeedOf {
    /// The case feed.
    Case(CaseId),
    /// The escalation feed of all the case's escalations.
    Escalations(CaseId),
    /// The escalation feed of one of them.
    Escalation(EscalationId),
}

/// Entries that exist for the reader, the newest first, after the one named by `after`.
///
/// # Errors
/// The database's own.
pub fn list(
    conn: &mut Conn,
    access: &Access,
    of: &FeedOf,
    after: Option<(Instant, EntryId)>,
    limit: i64,
) -> QueryResult<Vec<EntryView>> {
    let mut query = feed_entries::table
        .left_join(people::table.on(people::id.nullable().eq(feed_entries::author_id)))
        .left_join(
            escalations::table.on(escalations::id.nullable().eq(feed_entries::escalation_id)),
        )
        .select((
            Entry::as_select(),
            (people::first_name, people::last_name).nullable(),
            escalations::number.nullable(),
        ))
        .into_boxed();
    query = match of {
        FeedOf::Case(case) => query.filter(
            feed_entries::case_id
                .eq(*case)
                .and(feed_entries::feed.eq(Feed::Case)),
        ),
        FeedOf::Escalations(case) => query.filter(
            feed_entries::case_id
                .eq(*case)
                .and(feed_entries::feed.eq(Feed::Escalation)),
        ),
        FeedOf::Escalation(escalation) => query.filter(
            feed_entries::escalation_id
                .eq(*escalation)
                .and(feed_entries::feed.eq(Feed::Escalation)),
        ),
    };
    if !access.sees(Visibility::Internal) {
        query = query.filter(feed_entries::visibility.eq(Visibility::Public));
    }
    if let Some((at, id)) = after {
        query = query
            .filter(feed_entries::at.le(At(at)))
            .filter(feed_entries::at.lt(At(at)).or(feed_entries::id.lt(id)));
    }
    let rows: Vec<Row> = query
        .order((feed_entries::at.desc(), feed_entries::id.desc()))
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(EntryView::from).collect())
}

/// How far the feeds of a case are for a reader: what tells whether there is something new for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The newest entry that exists for them.
    pub newest: Option<EntryId>,
    /// When one of those entries was last corrected or redacted.
    pub changed_at: Option<Instant>,
}

/// Only the entries of a case that exist for a reader, in both feeds or in the case feed alone. What is not theirs is left
/// out rather than what is theirs named, so that the entries are read in their order.
macro_rules! readable {
    ($query:expr, $access:expr, $case:expr) => {{
        let mut query = $query.filter(feed_entries::case_id.eq($case)).into_boxed();
        if !$access.can(Permission::EscalationsView) {
            query = query.filter(feed_entries::feed.ne(Feed::Escalation));
        }
        if !$access.sees(Visibility::Internal) {
            query = query.filter(feed_entries::visibility.ne(Visibility::Internal));
        }
        query
    }};
}

/// How far the feeds of a case are for a reader.
///
/// # Errors
/// The database's own.
pub fn stamp(conn: &mut Conn, access: &Access, case: CaseId) -> QueryResult<Stamp> {
    let newest = feed_entries::table.select(feed_entries::id);
    let newest = readable!(newest, access, case)
        .order(feed_entries::id.desc())
        .first(conn)
        .optional()?;
    let edited = feed_entries::table.select(max(feed_entries::edited_at));
    let edited: Option<At> = readable!(edited, access, case)
        .filter(feed_entries::edited_at.is_not_null())
        .get_result(conn)?;
    let redacted = feed_entries::table.select(max(feed_entries::redacted_at));
    let redacted: Option<At> = readable!(redacted, access, case)
        .filter(feed_entries::redacted_at.is_not_null())
        .get_result(conn)?;
    Ok(Stamp {
        newest,
        changed_at: edited.max(redacted).map(|at| at.0),
    })
}

/// The entries of both feeds that came after `newest` and exist for the reader, the oldest first; a hundred at most.
///
/// # Errors
/// The database's own.
pub fn since(
    conn: &mut Conn,
    access: &Access,
    case: CaseId,
    newest: Option<EntryId>,
) -> QueryResult<Vec<EntryView>> {
    const MOST: i64 = 100;
    let entries = feed_entries::table
        .left_join(people::table.on(people::id.nullable().eq(feed_entries::author_id)))
        .left_join(
            escalations::table.on(escalations::id.nullable().eq(feed_entries::escalation_id)),
        )
        .select((
            Entry::as_select(),
            (people::first_name, people::last_name).nullable(),
            escalations::number.nullable(),
        ));
    let mut query = readable!(entries, access, case);
    if let Some(newest) = newest {
        query = query.filter(feed_entries::id.gt(newest));
    }
    let rows: Vec<Row> = query.order(feed_entries::id.asc()).limit(MOST).load(conn)?;
    Ok(rows.into_iter().map(EntryView::from).collect())
}

/// One entry that exists for the reader.
///
/// # Errors
/// The database's own.
pub fn view(conn: &mut Conn, access: &Access, id: EntryId) -> QueryResult<Option<EntryView>> {
    let mut query = feed_entries::table
        .inner_join(cases::table)
        .left_join(people::table.on(people::id.nullable().eq(feed_entries::author_id)))
        .left_join(
            escalations::table.on(escalations::id.nullable().eq(feed_entries::escalation_id)),
        )
        .filter(feed_entries::id.eq(id))
        .select((
            Entry::as_select(),
            (people::first_name, people::last_name).nullable(),
            escalations::number.nullable(),
        ))
        .into_boxed();
    query = within_reach!(query, access.reach());
    if !access.sees(Visibility::Internal) {
        query = query.filter(feed_entries::visibility.eq(Visibility::Public));
    }
    let row: Option<Row> = query.get_result(conn).optional()?;
    Ok(row.map(EntryView::from))
}

/// An entry with its author's names and its escalation's number.
type Row = (Entry, Option<(String, String)>, Option<i64>);

impl From<Row> for EntryView {
    fn from((entry, author, escalation): Row) -> Self {
        Self {
            entry,
            author: author.map(|(first, last)| display_name(&first, &last)),
            escalation: escalation.map(EscalationNumber::new),
        }
    }
}

/// Replaces an entry's words (F4).
///
/// # Errors
/// The database's own.
pub fn edit(conn: &mut Conn, id: EntryId, body: &str, now: Instant) -> QueryResult<()> {
    diesel::update(feed_entries::table.filter(feed_entries::id.eq(id)))
        .set((
            feed_entries::body.eq(body),
            feed_entries::edited_at.eq(At(now)),
            feed_entries::version.eq(feed_entries::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Takes an entry's words away for good (F4).
///
/// # Errors
/// The database's own.
pub fn redact(conn: &mut Conn, id: EntryId, now: Instant) -> QueryResult<()> {
    diesel::update(feed_entries::table.filter(feed_entries::id.eq(id)))
        .set((
            feed_entries::body.eq(""),
            feed_entries::redacted_at.eq(At(now)),
            feed_entries::version.eq(feed_entries::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// For each feed, when the provider last made something visible to the customer, not later than `at` (C7).
///
/// # Errors
/// The database's own.
pub fn last_provider_entries(
    conn: &mut Conn,
    case: CaseId,
    at: Instant,
) -> QueryResult<Vec<(Feed, Instant)>> {
    // The same list that the domain decides by, asked of it rather than written again.
    let counting: Vec<EntryKind> = EntryKind::ALL
        .iter()
        .copied()
        .filter(|kind| counts_as_provider_update(*kind, Visibility::Public, Some(Side::Provider)))
        .collect();
    let rows: Vec<(Feed, Option<At>)> = feed_entries::table
        .filter(feed_entries::case_id.eq(case))
        .filter(feed_entries::visibility.eq(Visibility::Public))
        .filter(feed_entries::author_side.eq(Side::Provider))
        .filter(feed_entries::kind.eq_any(counting))
        .filter(feed_entries::at.le(At(at)))
        .group_by(feed_entries::feed)
        .select((feed_entries::feed, diesel::dsl::max(feed_entries::at)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(feed, at)| Some((feed, at?.0)))
        .collect())
}
