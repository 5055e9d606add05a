//! How PostgreSQL is to plan what is asked of it, where what it reckons with misleads it. The embedded database goes by its indexes
//! anyway.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Bool, HasSqlType};

use super::Conn;

/// Whether a query finds something, asked for each row by itself: PostgreSQL does not join it with what it is asked for, for which it would
/// rather read all of it than find it by index for each. The query may name the columns of that row, which is not checked here, and
/// must not have a limit of its own.
pub(crate) fn exists_aside<Q>(query: Q) -> ExistsAside<Q> {
    ExistsAside(query)
}

/// See [`exists_aside`].
#[derive(Clone, Copy, Debug, QueryId)]
#[must_use]
pub(crate) struct ExistsAside<Q>(Q);

impl<Q> Expression for ExistsAside<Q> {
    type SqlType = Bool;
}

impl<Q, G> ValidGrouping<G> for ExistsAside<Q> {
    type IsAggregate = is_aggregate::Never;
}

impl<Q, S> AppearsOnTable<S> for ExistsAside<Q> {}

impl<Q, S> SelectableExpression<S> for ExistsAside<Q> {}

impl<Q: QueryFragment<B>, B: Backend> QueryFragment<B> for ExistsAside<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        out.push_sql("EXISTS (");
        self.0.walk_ast(out.reborrow())?;
        // What has an offset is not joined.
        out.push_sql(" LIMIT 1 OFFSET 0)");
        Ok(())
    }
}

/// A value that PostgreSQL asks for by itself, with the name of its type. It is not known when the statement is planned, nor how
/// many there are in a list, so that the plan for any value costs no more than one for this value, and is made once a connection.
///
/// # Errors
/// What cannot be bound.
pub(crate) fn aside<'b, T, V>(
    out: &mut AstPass<'_, 'b, Pg>,
    value: &'b V,
    its_type: &str,
) -> QueryResult<()>
where
    V: ToSql<T, Pg>,
    Pg: HasSqlType<T>,
{
    out.push_sql("(SELECT ");
    out.push_bind_param::<T, _>(value)?;
    out.push_sql("::");
    out.push_sql(its_type);
    out.push_sql(")");
    Ok(())
}

/// Until the transaction ends, PostgreSQL goes along an index wherever there is one, reads neither the whole table nor all of an
/// index first, and plans each statement once a connection. It is for what is asked of rows that come and go, so that a plan of a time
/// when there were hardly any is still a good one when there are many.
///
/// # Errors
/// Database errors.
pub(crate) fn by_index(conn: &mut Conn) -> QueryResult<()> {
    tell(
        conn,
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL plan_cache_mode = force_generic_plan",
    )
}

/// Until the transaction ends, PostgreSQL plans each statement once a connection, for any values. It is for questions that take longer
/// to plan than to answer, and are asked in such a way that one plan is good for all values.
///
/// # Errors
/// Database errors.
pub(crate) fn planned_once(conn: &mut Conn) -> QueryResult<()> {
    tell(conn, "SET LOCAL plan_cache_mode = force_generic_plan")
}

/// Tells a server what holds until the transaction ends.
fn tell(conn: &mut Conn, settings: &str) -> QueryResult<()> {
    match conn {
        Conn::Postgres(own) => own.batch_execute(settings),
        Conn::Sqlite(_) => Ok(()),
    }
}
