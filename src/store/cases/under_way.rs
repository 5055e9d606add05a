//! What an assessment asks of a case besides its row, together with that or by itself: what is under way on it, what the provider has
//! written, and what of it somebody has read.

use diesel::backend::Backend;
use diesel::dsl::{exists, max, not};
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error::DeserializationError;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::Case;
use super::finding::visible_case;
use crate::db::schema::{cases, escalations, feed_entries, feed_reads, next_steps};
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, TheEpochs, among, both, fixed, on_either, read_epochs};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::feed::{EntryKind, Feed, Visibility, counts_as_provider_update};
use crate::domain::ids::{CaseId, CaseRef, EscalationNumber, PersonId};
use crate::domain::organization::Side;
use crate::store::feeds::{ProviderUpdate, provider_updates};
use crate::store::lines::is_hidden_from;
use crate::store::reads::Read;

/// For each feed of a case, when the provider last made something visible to the customer (C7), and how far a person has read it (F6).
#[derive(Clone, Debug, Default)]
pub struct UpdatesAndRead {
    /// The newest update in each feed that has one.
    pub updates: Vec<ProviderUpdate>,
    /// How far each feed was read that was.
    pub read: Vec<Read>,
}

/// Whether it is an update; in which feed; and the last instant and the farthest places of either kind.
type SaidRow = (i64, Feed, Option<At>, Option<i64>, Option<i64>);

impl FromIterator<SaidRow> for UpdatesAndRead {
    fn from_iter<I: IntoIterator<Item = SaidRow>>(rows: I) -> Self {
        let mut all = Self::default();
        for (is_update, feed, at, position, moved) in rows {
            let (Some(At(at)), Some(position)) = (at, position) else {
                continue;
            };
            match is_update {
                0 => all.read.push(Read { feed, at, position }),
                _ => all.updates.push(ProviderUpdate {
                    feed,
                    at,
                    // What was moved into the feed is farther there than where it was written.
                    position: position.max(moved.unwrap_or_default()),
                }),
            }
        }
        all
    }
}

/// The rows of [`SaidRow`] of a case.
macro_rules! said_of {
    ($case:expr, $person:expr, $at:expr) => {{
        let updates = provider_updates!()
            .filter(feed_entries::case_id.eq($case))
            .filter(feed_entries::at.le(At($at)))
            .group_by(feed_entries::feed)
            .select((
                1_i64.into_sql::<BigInt>(),
                feed_entries::feed,
                max(feed_entries::at),
                max(feed_entries::position),
                max(feed_entries::moved_position),
            ));
        let read = feed_reads::table
            .filter(feed_reads::case_id.eq($case))
            .filter(feed_reads::person_id.eq($person))
            .filter(feed_reads::read_at.le(At($at)))
            .group_by(feed_reads::feed)
            .select((
                0_i64.into_sql::<BigInt>(),
                feed_reads::feed,
                max(feed_reads::read_at),
                max(feed_reads::position),
                None::<i64>.into_sql::<Nullable<BigInt>>(),
            ));
        both(updates, read)
    }};
}

/// Neither later than `at`. Whoever asks for one needs the other.
///
/// # Errors
/// Database errors.
pub fn updates_and_read(
    conn: &mut Conn,
    case: CaseId,
    person: PersonId,
    at: Instant,
) -> QueryResult<UpdatesAndRead> {
    let rows: Vec<SaidRow> = on_either!(conn, |own| fixed!(said_of!(case, person, at)).load(own))?;
    Ok(rows.into_iter().collect())
}

/// Rows of [`SaidRow`] as the text of a JSON array, asked for with another query, of whose tables they may name columns, which is not
/// checked here.
#[derive(Clone, Copy, Debug, QueryId)]
struct AsText<Q>(Q);

impl<Q> Expression for AsText<Q> {
    type SqlType = Text;
}

impl<Q, G> ValidGrouping<G> for AsText<Q> {
    type IsAggregate = is_aggregate::Never;
}

impl<Q, S> AppearsOnTable<S> for AsText<Q> {}

impl<Q, S> SelectableExpression<S> for AsText<Q> {}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for AsText<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(
            out,
            "coalesce(json_agg(json_build_array(",
            "))::text, '[]')",
        )
    }
}

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for AsText<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(out, "json_group_array(json_array(", "))")
    }
}

impl<Q> AsText<Q> {
    fn walk<'b, D: Backend>(
        &'b self,
        mut out: AstPass<'_, 'b, D>,
        begin: &str,
        end: &str,
    ) -> QueryResult<()>
    where
        Q: QueryFragment<D>,
    {
        const COLUMNS: &str = "is_update, feed, at, position, moved";
        for text in ["(WITH said (", COLUMNS, ") AS ("] {
            out.push_sql(text);
        }
        self.0.walk_ast(out.reborrow())?;
        for text in [") SELECT ", begin, COLUMNS, end, " FROM said)"] {
            out.push_sql(text);
        }
        Ok(())
    }
}

/// What [`AsText`] says.
///
/// # Errors
/// If it is something else.
fn said_as_text(text: &str) -> QueryResult<UpdatesAndRead> {
    type Row = (i64, Feed, Option<Instant>, Option<i64>, Option<i64>);
    let rows: Vec<Row> =
        serde_json::from_str(text).map_err(|error| DeserializationError(error.into()))?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(is_update, feed, at, position, moved)| {
            (is_update, feed, at.map(At), position, moved)
        })
        .collect())
}

/// The escalation that was active at an instant, as far as it says where it stood.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = escalations)]
pub struct ActiveThen {
    /// Its number.
    #[diesel(deserialize_as = i64)]
    pub number: EscalationNumber,
    /// When it was first claimed or assigned.
    #[diesel(deserialize_as = MaybeAt)]
    pub claimed_at: Option<Instant>,
    /// When it was accepted or declined.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<Instant>,
}

/// What is under way on a case at an instant.
#[derive(Clone, Debug)]
pub struct UnderWay {
    /// The escalation that was active then.
    pub active: Option<ActiveThen>,
    /// Whether anything was ever promised on it.
    pub has_steps: bool,
    /// What was written, and how far somebody had read it.
    pub said: UpdatesAndRead,
}

/// Whether anything was promised on the case of another query.
#[diesel::dsl::auto_type]
fn has_steps() -> _ {
    exists(next_steps::table.filter(next_steps::case_id.eq(cases::id)))
}

/// These cases with the escalation that was active on them at an instant.
macro_rules! with_active {
    ($cases:expr, $at:expr) => {
        $cases.left_join(
            escalations::table.on(escalations::case_id
                .eq(cases::id)
                .and(escalations::submitted_at.le(At($at)))
                .and(
                    escalations::closed_at
                        .is_null()
                        .or(escalations::closed_at.gt(At($at))),
                )),
        )
    };
}

/// The case that a request names, if it exists for the reader, and what was under way on it at an instant as somebody knew it.
///
/// # Errors
/// Database errors.
pub fn visible_with(
    conn: &mut Conn,
    reach: Reach,
    case: &CaseRef,
    (person, at): (PersonId, Instant),
) -> QueryResult<Option<(Case, UnderWay)>> {
    type Row = (Case, Option<ActiveThen>, bool, String, String);
    let found: Option<Row> = visible_case!(reach, case, |found| on_either!(conn, |own| {
        let found = with_active!(found, at).select((
            Case::as_select(),
            Option::<ActiveThen>::as_select(),
            has_steps(),
            AsText(said_of!(cases::id, person, at)),
            TheEpochs,
        ));
        fixed!(found).get_result(own)
    }))?;
    let with_epochs = |(case, active, has_steps, said, epochs): Row| {
        read_epochs(&epochs);
        let under_way = UnderWay {
            active,
            has_steps,
            said: said_as_text(&said)?,
        };
        Ok((case, under_way))
    };
    found.map(with_epochs).transpose()
}

/// What was under way on a case at an instant as somebody knew it.
///
/// # Errors
/// Database errors; `NotFound` if there is no such case.
pub fn under_way(
    conn: &mut Conn,
    case: CaseId,
    (person, at): (PersonId, Instant),
) -> QueryResult<UnderWay> {
    let (active, has_steps, said): (Option<ActiveThen>, bool, String) = on_either!(conn, |own| {
        let it = with_active!(cases::table.filter(cases::id.eq(case)), at).select((
            Option::<ActiveThen>::as_select(),
            has_steps(),
            AsText(said_of!(cases::id, person, at)),
        ));
        fixed!(it).get_result(own)
    })?;
    Ok(UnderWay {
        active,
        has_steps,
        said: said_as_text(&said)?,
    })
}
