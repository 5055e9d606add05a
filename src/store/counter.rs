//! Numbers that the installation counts.

use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};

use crate::db::schema::counters;
use crate::db::{Conn, Turns, kept, on_either};

/// A number that the installation counts (C1): sequential, never reused, taken in the transaction that uses it.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    /// Cases.
    Case,
    /// Escalations.
    Escalation,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Escalation => "escalation",
        }
    }

    /// Where those stand who take a number of it.
    const fn turns(self) -> &'static Turns {
        static CASES: Turns = Turns::untaken();
        static ESCALATIONS: Turns = Turns::untaken();
        match self {
            Self::Case => &CASES,
            Self::Escalation => &ESCALATIONS,
        }
    }

    /// Takes the next number.
    ///
    /// # Errors
    /// Database errors.
    pub fn next(self, conn: &mut Conn) -> QueryResult<i64> {
        self.turns().take(conn);
        on_either!(conn, |own| kept(
            counters::table.filter(counters::name.eq(self.name()))
        )
        .set(counters::value.eq(counters::value + 1))
        .returning(counters::value)
        .get_result(own))
    }

    /// A statement that takes the next number, and uses it for [`Next`]: sent to a server, it asks it once less while others wait.
    pub(crate) fn numbering<Q>(self, conn: &PgConnection, statement: Q) -> Numbering<Q> {
        self.turns().take_on(conn);
        Numbering {
            counter: self.name(),
            statement,
        }
    }

    /// The number that was taken last. Nobody else takes one until the transaction ends.
    ///
    /// # Errors
    /// Database errors.
    pub fn held(self, conn: &mut Conn) -> QueryResult<i64> {
        kept(counters::table.filter(counters::name.eq(self.name())))
            .set(counters::value.eq(counters::value))
            .returning(counters::value)
            .get_result(conn)
    }

    /// Makes sure that `number`, which an import brought along, is not given out again.
    ///
    /// # Errors
    /// Database errors.
    pub fn at_least(self, conn: &mut Conn, number: i64) -> QueryResult<()> {
        diesel::update(
            counters::table.filter(
                counters::name
                    .eq(self.name())
                    .and(counters::value.lt(number)),
            ),
        )
        .set(counters::value.eq(number))
        .execute(conn)
        .map(drop)
    }
}

/// The number that the statement around it takes: see [`Counter::numbering`].
#[derive(Clone, Copy, Debug, QueryId)]
pub(crate) struct Next;

impl Expression for Next {
    type SqlType = BigInt;
}

impl<G> ValidGrouping<G> for Next {
    type IsAggregate = is_aggregate::Never;
}

impl<S> AppearsOnTable<S> for Next {}

impl QueryFragment<Pg> for Next {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(SELECT value FROM taken)");
        Ok(())
    }
}

/// See [`Counter::numbering`].
#[derive(Clone, Copy, Debug, QueryId)]
pub(crate) struct Numbering<Q> {
    counter: &'static str,
    statement: Q,
}

impl<Q: Query> Query for Numbering<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<PgConnection> for Numbering<Q> {}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Numbering<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH taken AS (UPDATE counters SET value = value + 1 WHERE name = ");
        out.push_bind_param::<Text, _>(self.counter)?;
        out.push_sql(" RETURNING value) ");
        self.statement.walk_ast(out.reborrow())
    }
}
