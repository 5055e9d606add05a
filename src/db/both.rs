//! Two queries as one, of which neither has an order or a limit.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// What both queries find, asked for at once. Diesel's own puts each into one of its own, which the embedded database reads through.
pub(crate) const fn both<A, B>(one: A, other: B) -> Both<A, B> {
    Both { one, other }
}

/// See [`both`].
#[derive(Clone, Copy, Debug, QueryId)]
#[must_use]
pub(crate) struct Both<A, B> {
    one: A,
    other: B,
}

impl<A: QueryFragment<D>, B: QueryFragment<D>, D: Backend> QueryFragment<D> for Both<A, B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, D>) -> QueryResult<()> {
        self.one.walk_ast(out.reborrow())?;
        out.push_sql(" UNION ALL ");
        self.other.walk_ast(out)
    }
}

impl<A: Query, B: Query<SqlType = A::SqlType>> Query for Both<A, B> {
    type SqlType = A::SqlType;
}

impl<A, B, C> RunQueryDsl<C> for Both<A, B> {}
