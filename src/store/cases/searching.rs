//! Words in cases and in their entries, as a condition of a query over cases.

use diesel::backend::Backend as DieselBackend;
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};

use crate::db::Conn;
use crate::db::schema::counters;
use crate::db::sql_types::Key;
use crate::domain::access::Reach;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, CaseRef, EscalationRef};
use crate::domain::text::search::{self, JOINT, Place, Sought};
use crate::store::cases::strategy::By;
use crate::store::escalations;

/// What is sought of a case, as far as its reader may know of it.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    terms: Vec<Term>,
    /// About how many cases there are.
    pub(super) total: u64,
}

/// One piece of what is sought.
#[derive(Clone, Debug)]
struct Term {
    /// What a text has, word by word; a whole one has a space behind it.
    texts: Vec<String>,
    /// What the index is asked for.
    index: String,
    /// The cases that it names by their number, or by that of their escalation.
    named: Vec<CaseId>,
    /// Entries of these feeds
    feeds: Vec<Feed>,
    /// for these readers (F2).
    visibilities: Vec<Visibility>,
    is_embedded: bool,
}

/// That a case has what is sought, or is named by it.
#[derive(Clone, Debug)]
pub(super) struct Has {
    term: Term,
    by: By,
    /// The index names no row that has a lesser number.
    first_row: i64,
}

/// Which of these conditions a case meets, as [`Which`](super::strategy::Which) says it.
#[derive(Clone, Debug, Default)]
pub(super) struct Met(pub(super) Vec<Has>);

/// That an entry has any of what is sought.
#[derive(Clone, Debug)]
pub struct Says {
    /// What one text has, for each piece.
    any: Vec<Vec<String>>,
    is_embedded: bool,
}

/// The pieces that words stand for. `None` if there are no words.
fn pieces(words: &str) -> Option<Vec<Sought>> {
    if words.trim().is_empty() {
        return None;
    }
    let mut sought = search::sought(words);
    if sought.is_empty() {
        // Signs alone are in no word.
        sought.push(Sought::nothing());
    }
    Some(sought)
}

fn is_embedded(conn: &Conn) -> bool {
    matches!(conn, Conn::Sqlite(_))
}

impl Says {
    /// What `words` stand for, numbers aside. `None` if there are no words.
    pub fn of(conn: &Conn, words: &str) -> Option<Self> {
        Some(Self {
            any: pieces(words)?.iter().map(texts).collect(),
            is_embedded: is_embedded(conn),
        })
    }
}

impl Terms {
    /// What `words` stand for, for one who may read entries of these feeds for these readers. `None` if there are no words.
    ///
    /// # Errors
    /// Database errors.
    pub(super) fn of(
        conn: &mut Conn,
        reach: Reach,
        words: &str,
        feeds: &[Feed],
        visibilities: &[Visibility],
    ) -> QueryResult<Option<Self>> {
        let Some(sought) = pieces(words) else {
            return Ok(None);
        };
        let is_embedded = is_embedded(conn);
        let mut terms = Vec::with_capacity(sought.len());
        for one in sought {
            let mut named = Vec::new();
            if let Some(number) = one.case {
                named.extend(super::id_of(conn, reach, &CaseRef::Number(number))?);
            }
            if let Some(number) = one.escalation
                && feeds.contains(&Feed::Escalation)
            {
                let found = escalations::ids_of(conn, reach, &EscalationRef::Number(number))?;
                named.extend(found.map(|(_, case)| case));
            }
            let index = asked_of_index(&one, &places(feeds, visibilities), is_embedded);
            terms.push(Term {
                texts: texts(&one),
                index,
                named,
                feeds: feeds.to_vec(),
                visibilities: visibilities.to_vec(),
                is_embedded,
            });
        }
        let total: i64 = counters::table
            .filter(counters::name.eq("case"))
            .select(counters::value)
            .first(conn)?;
        let total = u64::try_from(total).unwrap_or_default();
        Ok(Some(Self { terms, total }))
    }

    /// The conditions that a case meets which has what is sought, with how each is found out.
    pub(super) fn conditions(&self, by: &[By]) -> Vec<Has> {
        self.conditions_from(i64::MIN, by)
    }

    /// The same, of which the index names no row that has a lesser number than this.
    pub(super) fn conditions_from(&self, first_row: i64, by: &[By]) -> Vec<Has> {
        let each = self.terms.iter().cloned().zip(by);
        each.map(|(term, by)| Has {
            term,
            by: *by,
            first_row,
        })
        .collect()
    }

    /// What the index is asked for by the first condition that it is asked for.
    pub(super) fn first_asked(&self, by: &[By]) -> Option<&str> {
        let mut each = self.terms.iter().zip(by);
        let first = each.find(|(_, by)| **by == By::Index);
        first.map(|(term, _)| term.index.as_str())
    }

    /// The conditions, each of which is looked for in the case itself.
    pub(super) fn by_row(&self) -> Vec<Has> {
        self.conditions(&vec![By::Row; self.len()])
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.terms.len()
    }
}

/// Where the words of cases and entries stand that a reader may find.
pub(super) fn places(feeds: &[Feed], visibilities: &[Visibility]) -> Vec<Place> {
    let entries = feeds
        .iter()
        .flat_map(|feed| visibilities.iter().map(|to| Place::Entry(*feed, *to)));
    std::iter::once(Place::Case).chain(entries).collect()
}

/// The words of a piece as a text has them.
fn texts(sought: &Sought) -> Vec<String> {
    let words = sought.words.iter();
    words
        .map(|wanted| in_text(&wanted.word, wanted.whole))
        .collect()
}

/// As a text has it, with a space behind the text.
fn in_text(word: &str, whole: bool) -> String {
    match whole {
        true => format!("{JOINT}{word} "),
        false => format!("{JOINT}{word}"),
    }
}

/// A query of the index: all words in one text that stands in one of the places. Words are letters and digits alone, so that
/// none of them is a sign of the query.
pub(super) fn asked_of_index(sought: &Sought, places: &[Place], is_embedded: bool) -> String {
    let one = |place: &Place, word: &str, whole: bool| {
        let letter = place.letter();
        match (is_embedded, whole) {
            (true, true) => format!("\"{letter}{JOINT}{word}\""),
            (true, false) => format!("\"{letter}{JOINT}{word}\" *"),
            (false, true) => format!("'{letter}{JOINT}{word}'"),
            (false, false) => format!("'{letter}{JOINT}{word}':*"),
        }
    };
    let (or, and) = match is_embedded {
        true => (" OR ", " AND "),
        false => (" | ", " & "),
    };
    let each = sought.words.iter().map(|wanted| {
        let anywhere = places
            .iter()
            .map(|place| one(place, &wanted.word, wanted.whole));
        format!("({})", anywhere.collect::<Vec<_>>().join(or))
    });
    each.collect::<Vec<_>>().join(and)
}

/// Whether the index names the cases that meet these conditions.
pub(super) fn is_named(has: &[Has]) -> bool {
    has.iter().any(|has| has.by == By::Index)
}

/// Expressions whose text is not always the same.
macro_rules! conditions {
    ($($name:ident: $of:ty),+) => {$(
        impl Expression for $name {
            type SqlType = $of;
        }

        impl<G> ValidGrouping<G> for $name {
            type IsAggregate = is_aggregate::Never;
        }

        impl<S> AppearsOnTable<S> for $name {}

        impl<S> SelectableExpression<S> for $name {}

        impl QueryId for $name {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    )+};
}

conditions!(Has: Bool, Says: Bool, Met: BigInt);

impl<B> QueryFragment<B> for Says
where
    B: DieselBackend + HasSqlType<Text>,
    str: diesel::serialize::ToSql<Text, B>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        out.push_sql("(1 = 0");
        for texts in &self.any {
            out.push_sql(" OR ");
            has_texts("feed_entries", texts, self.is_embedded, &mut out)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl<B> QueryFragment<B> for Has
where
    B: DieselBackend + HasSqlType<Text> + HasSqlType<Key> + HasSqlType<BigInt>,
    str: diesel::serialize::ToSql<Text, B>,
    i64: diesel::serialize::ToSql<BigInt, B>,
    CaseId: diesel::serialize::ToSql<Key, B>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        let term = &self.term;
        match self.by {
            By::Row => {
                out.push_sql("((");
                has_texts("cases", &term.texts, term.is_embedded, &mut out)?;
                // With an offset PostgreSQL asks for each case. Without one it may gather what it gives for all cases at once, and read
                // every entry for that.
                out.push_sql(
                    ") OR EXISTS (SELECT 1 FROM feed_entries AS said WHERE said.case_id = cases.id AND ",
                );
                term.readable(&mut out);
                has_texts("said", &term.texts, term.is_embedded, &mut out)?;
                out.push_sql(" LIMIT 1 OFFSET 0)");
                for case in &term.named {
                    out.push_sql(" OR cases.id = ");
                    out.push_bind_param::<Key, CaseId>(case)?;
                }
                out.push_sql(")");
            }
            By::Index => {
                if term.is_embedded {
                    out.push_sql(
                        "cases.id IN (SELECT listed.case_id FROM search_index CROSS JOIN search_rows AS listed \
                         ON listed.row = search_index.rowid WHERE search_index MATCH ",
                    );
                    out.push_bind_param::<Text, str>(&term.index)?;
                    out.push_sql(" AND search_index.rowid >= ");
                    out.push_bind_param::<BigInt, i64>(&self.first_row)?;
                    // What was written a moment ago is not in the index yet.
                    out.push_sql(
                        " UNION ALL SELECT fresh.id FROM search_waiting CROSS JOIN cases AS fresh ON fresh.id = search_waiting.thing WHERE ",
                    );
                    has_texts("fresh", &term.texts, true, &mut out)?;
                    out.push_sql(
                        " UNION ALL SELECT said.case_id FROM search_waiting CROSS JOIN feed_entries AS said \
                         ON said.id = search_waiting.thing WHERE ",
                    );
                    term.readable(&mut out);
                    has_texts("said", &term.texts, true, &mut out)?;
                } else {
                    // An array, so that cases are always found by their ids, however many the server believes there are.
                    out.push_sql(
                        "cases.id = ANY (ARRAY(SELECT named.case_id FROM search_cases AS named WHERE named.words",
                    );
                    term.indexed(&mut out)?;
                    out.push_sql(
                        " UNION ALL SELECT said.case_id FROM feed_entries AS said \
                         WHERE array_to_tsvector(string_to_array(said.search_words, ' '))",
                    );
                    term.indexed(&mut out)?;
                }
                for case in &term.named {
                    out.push_sql(" UNION ALL SELECT id FROM cases WHERE id = ");
                    out.push_bind_param::<Key, CaseId>(case)?;
                }
                out.push_sql(match term.is_embedded {
                    true => ")",
                    false => "))",
                });
            }
        }
        Ok(())
    }
}

impl<B> QueryFragment<B> for Met
where
    B: DieselBackend,
    Has: QueryFragment<B>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        out.push_sql("CAST(0");
        for (n, has) in self.0.iter().enumerate() {
            out.push_sql(" + CASE WHEN ");
            has.walk_ast(out.reborrow())?;
            out.push_sql(&format!(" THEN {} ELSE 0 END", 1_i64 << n));
        }
        out.push_sql(" AS BIGINT)");
        Ok(())
    }
}

/// That all words are in the one text of a row.
fn has_texts<'b, B>(
    row: &str,
    texts: &'b [String],
    is_embedded: bool,
    out: &mut AstPass<'_, 'b, B>,
) -> QueryResult<()>
where
    B: DieselBackend + HasSqlType<Text>,
    str: diesel::serialize::ToSql<Text, B>,
{
    for (n, text) in texts.iter().enumerate() {
        if n > 0 {
            out.push_sql(" AND ");
        }
        out.push_sql(match is_embedded {
            true => "instr(",
            false => "strpos(",
        });
        out.push_sql(row);
        out.push_sql(match text.ends_with(' ') {
            true => ".search_words || ' ', ",
            false => ".search_words, ",
        });
        out.push_bind_param::<Text, str>(text)?;
        out.push_sql(") > 0");
    }
    Ok(())
}

impl Term {
    /// That an entry may be read; nothing if all may.
    fn readable<B: DieselBackend>(&self, out: &mut AstPass<'_, '_, B>) {
        let mut among = |column: &str, all: usize, some: &[&str]| {
            if some.len() < all {
                out.push_sql(&format!("said.{column} IN ('{}') AND ", some.join("', '")));
            }
        };
        let feeds: Vec<&str> = self.feeds.iter().map(|feed| feed.as_str()).collect();
        let readers: Vec<&str> = self.visibilities.iter().map(|to| to.as_str()).collect();
        among("feed", Feed::ALL.len(), &feeds);
        among("visibility", Visibility::ALL.len(), &readers);
    }

    /// That what stands before it has what the server's index is asked for.
    fn indexed<'b, B>(&'b self, out: &mut AstPass<'_, 'b, B>) -> QueryResult<()>
    where
        B: DieselBackend + HasSqlType<Text>,
        str: diesel::serialize::ToSql<Text, B>,
    {
        out.push_sql(" @@ CAST(");
        out.push_bind_param::<Text, str>(&self.index)?;
        out.push_sql(" AS tsquery)");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(words: &str, visibilities: &[Visibility], is_embedded: bool) -> String {
        let sought = search::sought(words);
        asked_of_index(
            &sought[0],
            &places(&[Feed::Case], visibilities),
            is_embedded,
        )
    }

    #[test]
    fn the_index_is_asked_for_what_a_reader_may_find() {
        let (public, all) = (&[Visibility::Public][..], Visibility::ALL);
        assert_eq!(
            query("Drop", public, true),
            "(\"c=drop\" * OR \"p=drop\" *)"
        );
        assert_eq!(
            query("drop", all, false),
            "('c=drop':* | 'p=drop':* | 'i=drop':*)"
        );
        assert_eq!(query("100%", public, false), "('c=100' | 'p=100')");
        assert_eq!(
            query("sbc-lisbon", public, true),
            "(\"c=sbc\" OR \"p=sbc\") AND (\"c=lisbon\" * OR \"p=lisbon\" *)"
        );
    }
}
