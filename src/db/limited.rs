//! How many rows are read, said in the text of a statement.
//!
//! PostgreSQL plans a statement once a connection only if the plan for any values looks as cheap as one for these values. A limit
//! that is a value spoils that: not knowing it, the planner reckons with a tenth of the table. It then plans each execution
//! anew, which for a list of cases with all its names takes fifty times as long as to find them.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// At most these rows of a query.
pub(crate) fn limited<Q, L: Limit>(query: Q, limit: L) -> Limited<Q, L> {
    Limited { query, limit }
}

/// A number of rows.
pub(crate) trait Limit {
    /// Whether its type says it.
    const IS_FIXED: bool;

    fn rows(&self) -> i64;
}

/// One that is not known before: the statement is found by its text.
impl Limit for i64 {
    const IS_FIXED: bool = false;

    fn rows(&self) -> i64 {
        *self
    }
}

/// One that is always the same: the statement is found by its type where it is run by [`on_either!`](super::on_either).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<const COUNT: i64>;

impl<const COUNT: i64> Limit for Rows<COUNT> {
    const IS_FIXED: bool = true;

    fn rows(&self) -> i64 {
        COUNT
    }
}

/// See [`limited`]. The query must not have a limit of its own, nor an offset.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Limited<Q, L> {
    query: Q,
    limit: L,
}

impl<Q: Query, L> Query for Limited<Q, L> {
    type SqlType = Q::SqlType;
}

impl<Q, L, C> RunQueryDsl<C> for Limited<Q, L> {}

impl<Q, L> QueryId for Limited<Q, L>
where
    Q: QueryId,
    L: Limit + 'static,
{
    type QueryId = Limited<Q::QueryId, L>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID && L::IS_FIXED;
}

impl<Q, L, B> QueryFragment<B> for Limited<Q, L>
where
    Q: QueryFragment<B>,
    L: Limit,
    B: Backend,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        self.query.walk_ast(out.reborrow())?;
        // A sum, which PostgreSQL works out before it plans. Where SQLite sees a number, it would rather read a table and sort the
        // first few out than go along an index.
        out.push_sql(" LIMIT 0 + ");
        out.push_sql(&self.limit.rows().to_string());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;
    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    use super::*;
    use crate::db::schema::counters::dsl::*;

    #[test]
    fn the_limit_stands_in_the_text_and_not_among_the_values() {
        let few = limited(counters.order(name).select(value), 26_i64);
        let said = debug_query::<Pg, _>(&few).to_string();
        assert!(
            said.contains(" ORDER BY ") && said.contains(" LIMIT 0 + 26"),
            "{said}"
        );
        assert!(said.ends_with("-- binds: []"), "{said}");
        let said = debug_query::<Sqlite, _>(&few).to_string();
        assert!(
            said.contains(" LIMIT 0 + 26") && said.ends_with("-- binds: []"),
            "{said}"
        );
    }

    #[test]
    fn a_fixed_one_is_found_by_its_type_and_any_other_by_its_text() {
        fn id<Q: QueryId>(_: &Q) -> Option<std::any::TypeId> {
            Q::query_id()
        }
        let all = || counters.select(value);
        assert_eq!(id(&limited(all(), 26_i64)), None);
        assert!(id(&limited(all(), Rows::<26>)).is_some());
        assert_ne!(
            id(&limited(all(), Rows::<26>)),
            id(&limited(all(), Rows::<51>))
        );
        assert_ne!(id(&limited(all(), Rows::<26>)), id(&all()));
    }
}
