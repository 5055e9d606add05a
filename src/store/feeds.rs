//! Feed entries: written once, read by those they are for.

use diesel::dsl::max;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::db::schema::{cases, escalations, feed_entries, people};
use crate::db::sql_types::{At, Json, MaybeAt, json};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::escalation::State;
use crate::domain::feed::{EntryKind, Feed, Visibility, counts_as_provider_update, position_after};
use crate::domain::ids::{
    CaseId, EntryId, EscalationId, EscalationNumber, LineId, OrganizationId, PersonId,
};
use crate::domain::organization::Side;
use crate::domain::text::search;
use crate::store::audit::{self, EntryWords};
use crate::store::lines::within_reach;
use crate::store::people::display_name;
use crate::words::markdown::{self, Rendered};

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
    /// The same as HTML, as some way of rendering made it; none of what nobody has rendered, and of redacted entries.
    pub body_html: Option<String>,
    /// Which way that was.
    pub rendering: i64,
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
    /// Its place in the order in which the entries of its case were committed.
    pub position: i64,
    /// Its last change's place in the same order: its own place, as long as it is as it was written.
    pub changed_position: i64,
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

impl EntryView {
    /// Its words as HTML: as they were kept, or rendered now if that was by another way of rendering.
    pub fn html(&self) -> Rendered {
        match &self.entry.body_html {
            Some(html) if self.entry.rendering == markdown::RENDERING => Rendered::kept(html),
            _ => Rendered::of(&self.entry.body),
        }
    }
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
    /// What became of the escalation, if it is the answer to it (C7).
    pub verdict: Option<State>,
}

/// Adds an entry, behind all those of its case; gives its id, and what the event has to say of it. The case is locked, or
/// new. Its words are rendered here, once; those of a long text were before the writer was asked.
///
/// # Errors
/// The database's own; a unique violation if somebody else writes on the case at the same time.
pub fn insert(conn: &mut Conn, new: &NewEntry<'_>) -> QueryResult<(EntryId, Said)> {
    let id = EntryId::new(new.at);
    let position = next_position(conn, new.case, new.at)?;
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
            feed_entries::body_html.eq(&*markdown::to_html(new.body)),
            feed_entries::rendering.eq(markdown::RENDERING),
            feed_entries::details.eq(&details),
            feed_entries::at.eq(At(new.at)),
            feed_entries::external_id.eq(new.external_id),
            feed_entries::verdict.eq(new.verdict),
            feed_entries::position.eq(position),
            feed_entries::changed_position.eq(position),
            feed_entries::salt.eq(Some(salt)),
            feed_entries::search_text.eq(searched(new.body)),
        ))
        .execute(conn)?;
    Ok((id, said))
}

/// What a search looks through in an entry: nothing if it has no words of its own.
fn searched(body: &str) -> Option<String> {
    (!body.is_empty()).then(|| search::unaccented(body))
}

/// The place of what is now written on a case. It is asked for under the case's lock, so that whatever has a smaller one
/// is committed before this is.
fn next_position(conn: &mut Conn, case: CaseId, at: Instant) -> QueryResult<i64> {
    let last: Option<i64> = feed_entries::table
        .filter(feed_entries::case_id.eq(case))
        .select(max(feed_entries::changed_position))
        .get_result(conn)?;
    Ok(position_after(last, at))
}

/// Which entries a list holds.
#[derive(Clone, Debug, Serialize)]
pub enum FeedOf {
    /// The case feed.
    Case(CaseId),
    /// The escalation feed of all the case's escalations.
    Escalations(CaseId),
    /// The escalation feed of one of them.
    Escalation(EscalationId),
}

/// Entries that exist for the reader, in the order of their commit with the newest first, behind the place `after`.
///
/// # Errors
/// The database's own.
pub fn list(
    conn: &mut Conn,
    access: &Access,
    of: &FeedOf,
    after: Option<i64>,
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
    if let Some(after) = after {
        query = query.filter(feed_entries::position.lt(after));
    }
    let rows: Vec<Row> = query
        .order(feed_entries::position.desc())
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(EntryView::from).collect())
}

/// That somebody wrote something public in the feed of an escalation.
#[derive(Clone, Copy, Debug)]
pub struct Spoken {
    /// When.
    pub at: Instant,
    /// For which side.
    pub side: Side,
    /// Whether an answer is awaited (M8).
    pub awaits_reply: bool,
}

/// What an entry keeps that awaits an answer.
pub const AWAITS_REPLY: &str = "awaits_reply";

/// What people wrote in public in the feed of an escalation, in that order.
///
/// # Errors
/// The database's own.
pub fn spoken_publicly(conn: &mut Conn, escalation: EscalationId) -> QueryResult<Vec<Spoken>> {
    type Row = (At, Option<Side>, Option<Json<Map<String, Value>>>);
    let rows: Vec<Row> = feed_entries::table
        .filter(feed_entries::escalation_id.eq(escalation))
        .filter(feed_entries::feed.eq(Feed::Escalation))
        .filter(feed_entries::visibility.eq(Visibility::Public))
        .filter(feed_entries::kind.eq(EntryKind::Comment))
        .order(feed_entries::position.asc())
        .select((
            feed_entries::at,
            feed_entries::author_side,
            feed_entries::details,
        ))
        .load(conn)?;
    let awaits = |details: Option<Json<Map<String, Value>>>| {
        details.is_some_and(|details| details.get(AWAITS_REPLY) == Some(&Value::Bool(true)))
    };
    Ok(rows
        .into_iter()
        .filter_map(|(at, side, details)| {
            Some(Spoken {
                at: at.0,
                side: side?,
                awaits_reply: awaits(details),
            })
        })
        .collect())
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

/// How far the feeds of a case have come for a reader: the place of the newest entry, or change of one, that exists for
/// them; 0 without any.
///
/// # Errors
/// The database's own.
pub fn newest(conn: &mut Conn, access: &Access, case: CaseId) -> QueryResult<i64> {
    let places = feed_entries::table.select(feed_entries::changed_position);
    let newest: Option<i64> = readable!(places, access, case)
        .order(feed_entries::changed_position.desc())
        .first(conn)
        .optional()?;
    Ok(newest.unwrap_or_default())
}

/// The place of the newest entry of one feed of a case, whoever may see it; 0 without any.
///
/// # Errors
/// The database's own.
pub fn newest_in(conn: &mut Conn, case: CaseId, feed: Feed) -> QueryResult<i64> {
    let newest: Option<i64> = feed_entries::table
        .filter(
            feed_entries::case_id
                .eq(case)
                .and(feed_entries::feed.eq(feed)),
        )
        .select(max(feed_entries::position))
        .get_result(conn)?;
    Ok(newest.unwrap_or_default())
}

/// How far a case has come, and what decides who may know.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct Head {
    /// The case.
    pub case: CaseId,
    /// Whose case it is.
    pub organization: OrganizationId,
    /// Its line of business.
    pub line: LineId,
    /// Counts its changes.
    pub version: i64,
    /// The place of the newest entry, or change of one, whoever may see it; none without any.
    pub newest: Option<i64>,
}

/// How far several cases have come.
///
/// # Errors
/// The database's own.
pub fn heads(conn: &mut Conn, of: &[CaseId]) -> QueryResult<Vec<Head>> {
    let newest = feed_entries::table
        .filter(feed_entries::case_id.eq(cases::id))
        .select(max(feed_entries::changed_position))
        .single_value();
    cases::table
        .filter(cases::id.eq_any(of.to_vec()))
        .select((
            cases::id,
            cases::organization_id,
            cases::line_of_business_id,
            cases::version,
            newest,
        ))
        .load(conn)
}

/// What was written or changed behind a place in the feeds of a case, in the order of its commit, `limit` at most. It is
/// read for many readers at once: whoever tells one of them asks [`Access::sees_entry`] first.
///
/// # Errors
/// The database's own.
pub fn since(conn: &mut Conn, case: CaseId, place: i64, limit: i64) -> QueryResult<Vec<EntryView>> {
    let rows: Vec<Row> = feed_entries::table
        .left_join(people::table.on(people::id.nullable().eq(feed_entries::author_id)))
        .left_join(
            escalations::table.on(escalations::id.nullable().eq(feed_entries::escalation_id)),
        )
        .filter(
            feed_entries::case_id
                .eq(case)
                .and(feed_entries::changed_position.gt(place)),
        )
        .order(feed_entries::changed_position.asc())
        .limit(limit)
        .select((
            Entry::as_select(),
            (people::first_name, people::last_name).nullable(),
            escalations::number.nullable(),
        ))
        .load(conn)?;
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

/// Replaces an entry's words (F4); gives what the event has to say of it.
///
/// # Errors
/// The database's own.
pub fn edit(conn: &mut Conn, entry: &Entry, body: &str, now: Instant) -> QueryResult<Said> {
    let position = next_position(conn, entry.case_id, now)?;
    diesel::update(feed_entries::table.filter(feed_entries::id.eq(entry.id)))
        .set((
            feed_entries::body.eq(body),
            feed_entries::changed_position.eq(position),
            feed_entries::body_html.eq(&*markdown::to_html(body)),
            feed_entries::rendering.eq(markdown::RENDERING),
            feed_entries::search_text.eq(searched(body)),
            feed_entries::edited_at.eq(At(now)),
            feed_entries::version.eq(feed_entries::version + 1),
        ))
        .execute(conn)?;
    audit::seal(conn, Thing::Entry(entry.id))
}

/// Takes an entry's words away for good, and what their hash was made with (F4); gives what the event has to say of it.
///
/// # Errors
/// The database's own.
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
            feed_entries::search_text.eq(None::<String>),
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
/// The database's own.
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

/// The newest of what the provider made visible to the customer in a feed.
#[derive(Clone, Copy, Debug)]
pub struct ProviderUpdate {
    /// The feed.
    pub feed: Feed,
    /// The latest instant of such an entry.
    pub at: Instant,
    /// The farthest place of such an entry.
    pub position: i64,
}

/// Only the entries that count as updates by the provider (C7). The list of their kinds is the domain's own, asked rather
/// than written again.
macro_rules! provider_updates {
    () => {{
        let counting: Vec<EntryKind> = EntryKind::ALL
            .iter()
            .copied()
            .filter(|kind| {
                counts_as_provider_update(*kind, Visibility::Public, Some(Side::Provider), false)
            })
            .collect();
        feed_entries::table
            .filter(feed_entries::visibility.eq(Visibility::Public))
            .filter(feed_entries::author_side.eq(Side::Provider))
            .filter(feed_entries::kind.eq_any(counting))
            .filter(feed_entries::verdict.is_null())
    }};
}

/// For each feed, what the provider last made visible to the customer, not later than `at` (C7).
/// Entries that no present way of rendering has rendered, and their words; `limit` at the most.
///
/// # Errors
/// The database's own.
pub fn unrendered(conn: &mut Conn, limit: i64) -> QueryResult<Vec<(EntryId, i64, String)>> {
    feed_entries::table
        .filter(feed_entries::rendering.lt(markdown::RENDERING))
        .order((feed_entries::rendering.asc(), feed_entries::id.asc()))
        .select((feed_entries::id, feed_entries::version, feed_entries::body))
        .limit(limit)
        .load(conn)
}

/// Keeps what came of an entry's words, if they are still those of `version`. It changes nothing that anybody reads.
///
/// # Errors
/// The database's own.
pub fn keep_rendering(
    conn: &mut Conn,
    id: EntryId,
    version: i64,
    html: &str,
) -> QueryResult<usize> {
    let unchanged = feed_entries::id
        .eq(id)
        .and(feed_entries::version.eq(version));
    diesel::update(feed_entries::table.filter(unchanged))
        .set((
            feed_entries::body_html.eq(html),
            feed_entries::rendering.eq(markdown::RENDERING),
        ))
        .execute(conn)
}

/// For each feed, when the provider last made something visible to the customer, not later than `at` (C7).
///
/// # Errors
/// The database's own.
pub fn provider_updates(
    conn: &mut Conn,
    case: CaseId,
    at: Instant,
) -> QueryResult<Vec<ProviderUpdate>> {
    let rows: Vec<(Feed, Option<At>, Option<i64>)> = provider_updates!()
        .filter(feed_entries::case_id.eq(case))
        .filter(feed_entries::at.le(At(at)))
        .group_by(feed_entries::feed)
        .select((
            feed_entries::feed,
            max(feed_entries::at),
            max(feed_entries::position),
        ))
        .load(conn)?;
    let updates = rows.into_iter().filter_map(|(feed, at, position)| {
        Some(ProviderUpdate {
            feed,
            at: at?.0,
            position: position?,
        })
    });
    Ok(updates.collect())
}

/// The farthest place of an update by the provider in each of several cases (C7).
///
/// # Errors
/// The database's own.
pub fn newest_provider_updates(conn: &mut Conn, of: &[CaseId]) -> QueryResult<Vec<(CaseId, i64)>> {
    let rows: Vec<(CaseId, Option<i64>)> = provider_updates!()
        .filter(feed_entries::case_id.eq_any(of.to_vec()))
        .group_by(feed_entries::case_id)
        .select((feed_entries::case_id, max(feed_entries::position)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(case, position)| Some((case, position?)))
        .collect())
}
