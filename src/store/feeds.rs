//! Feed entries: written once, read by those they are for.

mod found;
mod news;
mod progress;
mod rendering;
mod told;
mod undoable;
mod writing;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::schema::{self, cases, escalations, feed_entries, people, undoable_entries};
use crate::db::sql_types::{At, Json, MaybeAt};
use crate::db::{Conn, fixed, on_either};
use crate::domain::Instant;
use crate::domain::access::{Access, Reach};
use crate::domain::escalation::State;
use crate::domain::feed::{EntryKind, Feed, Visibility};
use crate::domain::ids::{CaseId, EntryId, EscalationId, EscalationNumber, PersonId};
use crate::domain::organization::Side;
use crate::store::attachments::Attachment;
use crate::store::lines::is_hidden_from;
use crate::store::people::display_name;
use crate::store::{self, attachments};
use crate::words::markdown::{self, Rendered};

pub use found::saying;
pub use news::{Written, among, written_since};
pub use progress::{Head, heads, newest, newest_in};
pub use rendering::{keep_rendering, unrendered};
pub(in crate::store) use told::provider_updates;
pub use told::{
    AWAITS_REPLY, ProviderUpdate, Spoken, newest_provider_updates, newest_public, spoken_publicly,
};
pub use undoable::{
    Offered, is_followed, newest_provider_update, note_moved_case, note_touched, offer_undo,
    offered_undo, take_back,
};
pub use writing::{
    Made, NewEntry, ReadyEntries, edit, forget_in_marks, insert, insert_all, insert_each,
    insert_ready, move_to, ready_first, redact,
};

/// What an entry keeps of whom it mentions.
pub const MENTIONS: &str = "mentions";

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
    /// Where it came to stand in this feed, if it was moved into it (F3).
    pub moved_position: Option<i64>,
    /// What became of the escalation, if it is the answer to it (C7).
    pub verdict: Option<State>,
}

impl Entry {
    /// Up to where one must have read its feed to have read it there.
    pub fn arrived(&self) -> i64 {
        self.moved_position.unwrap_or(self.position)
    }

    /// Whether it awaits an answer.
    pub fn awaits_reply(&self) -> bool {
        told::awaits_reply(self.details.as_ref())
    }

    /// Whom it mentions, with their names then.
    pub fn mentions(&self) -> Vec<(PersonId, String)> {
        let kept = self.details.as_ref();
        let kept = kept.and_then(|details| details.0.get(MENTIONS)?.as_array());
        let mention = |one: &Value| {
            let text = |name: &str| one.get(name).and_then(Value::as_str);
            Some((text("id")?.parse().ok()?, text("name")?.to_owned()))
        };
        kept.into_iter().flatten().filter_map(mention).collect()
    }
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
    /// Its files, in their order.
    pub attachments: Vec<Attachment>,
    /// Until when its author may take it back, if they may at all; that may be over.
    pub undo_until: Option<Instant>,
}

impl EntryView {
    /// Until when `reader` may take it back, if they may at `now`: its author, as long as it stands where it was written. Whether
    /// its case is still as it left it is asked when they do.
    pub fn undo_open(&self, reader: PersonId, now: Instant) -> Option<Instant> {
        let entry = &self.entry;
        let is_theirs = entry.author_id == Some(reader)
            && entry.redacted_at.is_none()
            && entry.moved_position.is_none();
        self.undo_until.filter(|until| is_theirs && *until > now)
    }

    /// Its words as HTML: as they were kept, or rendered now if that was by another way of rendering.
    pub fn html(&self) -> Rendered {
        let html = match &self.entry.body_html {
            Some(html) if self.entry.rendering == markdown::RENDERING => Rendered::kept(html),
            _ => Rendered::of(&self.entry.body),
        };
        let mentions = self.entry.mentions();
        let names: Vec<String> = mentions.into_iter().map(|(_, name)| name).collect();
        html.mentioning(&names)
    }
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

/// Whether there are files with an entry.
#[diesel::dsl::auto_type]
fn has_files() -> _ {
    let files = schema::attachments::table;
    exists(files.filter(schema::attachments::entry_id.eq(feed_entries::id.nullable())))
}

/// What is shown of entries: with the names of their authors, the numbers of their escalations, until when they may be taken back, and
/// whether there are files with them.
macro_rules! shown {
    ($entries:expr) => {
        $entries
            .left_join(people::table.on(people::id.nullable().eq(feed_entries::author_id)))
            .left_join(
                escalations::table.on(escalations::id.nullable().eq(feed_entries::escalation_id)),
            )
            .left_join(undoable_entries::table.on(undoable_entries::entry_id.eq(feed_entries::id)))
            .select((
                Entry::as_select(),
                (people::first_name, people::last_name).nullable(),
                escalations::number.nullable(),
                undoable_entries::until.nullable(),
                undoable_entries::bound_to_stay.nullable(),
                has_files(),
            ))
    };
}

use shown;

/// Whether an entry is for the reader at all. The same words for whoever reads, so that what asks for it is prepared once.
macro_rules! is_seen {
    ($access:expr) => {
        feed_entries::visibility
            .eq(Visibility::Public)
            .or($access.sees(Visibility::Internal).into_sql::<Bool>())
    };
}

/// Entries that exist for the reader, in the order of their commit with the newest first, behind the place `after`.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    access: &Access,
    of: &FeedOf,
    after: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<EntryView>> {
    let before = after.unwrap_or(i64::MAX);
    macro_rules! newest {
        ($those:expr) => {
            on_either!(conn, |own| {
                let newest = shown!(feed_entries::table)
                    .filter($those)
                    .filter(is_seen!(access))
                    .filter(feed_entries::position.lt(before))
                    .order(feed_entries::position.desc())
                    .limit(limit);
                fixed!(newest).load::<Row>(own)
            })
        };
    }
    let of_case = |case: CaseId, feed: Feed| {
        (feed_entries::case_id.eq(case)).and(feed_entries::feed.eq(feed))
    };
    let rows = match of {
        FeedOf::Case(case) => newest!(of_case(*case, Feed::Case)),
        FeedOf::Escalations(case) => newest!(of_case(*case, Feed::Escalation)),
        FeedOf::Escalation(escalation) => newest!(
            feed_entries::escalation_id
                .eq(*escalation)
                .and(feed_entries::feed.eq(Feed::Escalation))
        ),
    }?;
    with_files(conn, rows)
}

/// What was written or changed behind a place in the feeds of a case, in the order of its commit, `limit` at most. It is
/// read for many readers at once: whoever tells one of them asks [`Access::sees_entry`] first.
///
/// # Errors
/// Database errors.
pub fn since(conn: &mut Conn, case: CaseId, place: i64, limit: i64) -> QueryResult<Vec<EntryView>> {
    let rows: Vec<Row> = shown!(feed_entries::table)
        .filter(
            feed_entries::case_id
                .eq(case)
                .and(feed_entries::changed_position.gt(place)),
        )
        .order(feed_entries::changed_position.asc())
        .limit(limit)
        .load(conn)?;
    with_files(conn, rows)
}

/// One entry that exists for the reader.
///
/// # Errors
/// Database errors.
pub fn view(conn: &mut Conn, access: &Access, id: EntryId) -> QueryResult<Option<EntryView>> {
    macro_rules! one {
        ($reached:expr) => {
            on_either!(conn, |own| {
                let one = shown!(feed_entries::table.inner_join(cases::table))
                    .filter(feed_entries::id.eq(id))
                    .filter($reached)
                    .filter(is_seen!(access));
                fixed!(one).get_result::<Row>(own)
            })
        };
    }
    let row = match access.reach() {
        Reach::Everything => one!(feed_entries::id.eq(id)),
        Reach::Organization(own) => one!(cases::organization_id.eq(own)),
        Reach::Staff(person) => one!(not(is_hidden_from!(person))),
    };
    Ok(with_files(conn, row.optional()?.into_iter().collect())?.pop())
}

/// An entry that was just written, as its author reads it: nothing is asked of it that is known. `undo` says until when it may be taken
/// back, and whether it stays all the same.
///
/// # Errors
/// Database errors.
pub fn view_of_new(
    conn: &mut Conn,
    entry: Entry,
    escalation: Option<EscalationNumber>,
    has_files: bool,
    undo: Option<(Instant, bool)>,
) -> QueryResult<EntryView> {
    let mut names = store::people::references(conn, entry.author_id)?.into_values();
    let attachments = match has_files {
        true => attachments::of_entries(conn, &[entry.id])?.remove(&entry.id),
        false => None,
    };
    Ok(EntryView {
        author: names.next().map(|author| author.name.clone()),
        escalation,
        attachments: attachments.unwrap_or_default(),
        undo_until: undo.and_then(|(until, bound_to_stay)| (!bound_to_stay).then_some(until)),
        entry,
    })
}

/// Rows with the files of all of them, which are asked for at once.
fn with_files(conn: &mut Conn, rows: Vec<Row>) -> QueryResult<Vec<EntryView>> {
    let with_some =
        (rows.iter()).filter(|(entry, .., has_files)| *has_files && entry.redacted_at.is_none());
    let ids: Vec<EntryId> = with_some.map(|(entry, ..)| entry.id).collect();
    let mut files = attachments::of_entries(conn, &ids)?;
    let with_its = |row: Row| {
        let attachments = files.remove(&row.0.id).unwrap_or_default();
        EntryView {
            attachments,
            ..EntryView::from(row)
        }
    };
    Ok(rows.into_iter().map(with_its).collect())
}

/// An entry with its author's names, its escalation's number, until when it may be taken back, whether it stays all the same, and
/// whether there are files with it.
type Row = (
    Entry,
    Option<(String, String)>,
    Option<i64>,
    Option<At>,
    Option<bool>,
    bool,
);

impl From<Row> for EntryView {
    fn from((entry, author, escalation, until, bound_to_stay, _): Row) -> Self {
        let until = until.map(|until| until.0);
        Self {
            undo_until: until.filter(|_| bound_to_stay != Some(true)),
            entry,
            author: author.map(|(first, last)| display_name(&first, &last)),
            escalation: escalation.map(EscalationNumber::new),
            attachments: Vec::new(),
        }
    }
}
