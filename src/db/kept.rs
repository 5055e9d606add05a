//! Updates that a connection keeps prepared.
//!
//! Diesel has every `UPDATE` prepared anew, since a set of changes may leave columns out from call to call. Here the values say by
//! their type which columns are set: an `Option` of a change is none of them, and does not compile.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{
    AstPass, IntoUpdateTarget, Query, QueryFragment, QueryId, UpdateTarget,
};

/// Updates rows like `diesel::update`, by a statement that is prepared once a connection. It is for what is written often, and is found
/// by its type where it is run by [`on_either!`](super::on_either).
pub(crate) fn kept<S: IntoUpdateTarget>(rows: S) -> Unset<S::Table, S::WhereClause> {
    Unset(rows.into_update_target())
}

/// See [`kept`]: what is set is not yet said.
#[must_use]
pub(crate) struct Unset<T, W>(UpdateTarget<T, W>);

impl<T: Table, W> Unset<T, W> {
    /// Says what is set.
    pub(crate) fn set<V: AsChangeset<Target = T>>(self, values: V) -> Kept<T, W, V> {
        Kept {
            table: self.0.table.from_clause(),
            condition: self.0.where_clause,
            changes: values.as_changeset(),
            returning: (),
        }
    }
}

/// See [`kept`].
#[must_use]
pub(crate) struct Kept<T: QuerySource, W, V: AsChangeset, R = ()> {
    table: T::FromClause,
    condition: W,
    changes: V::Changeset,
    returning: R,
}

impl<T: Table, W, V: AsChangeset> Kept<T, W, V> {
    /// Says what is given back of each row.
    pub(crate) fn returning<E: SelectableExpression<T>>(
        self,
        columns: E,
    ) -> Kept<T, W, V, Returning<E>> {
        Kept {
            table: self.table,
            condition: self.condition,
            changes: self.changes,
            returning: Returning(columns),
        }
    }
}

/// Columns that are given back.
#[derive(QueryId)]
pub(crate) struct Returning<E>(E);

impl<E: QueryFragment<B>, B: Backend> QueryFragment<B> for Returning<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        out.push_sql(" RETURNING ");
        self.0.walk_ast(out.reborrow())
    }
}

impl<T, W, V, R, B> QueryFragment<B> for Kept<T, W, V, R>
where
    B: Backend,
    T: QuerySource,
    T::FromClause: QueryFragment<B>,
    W: QueryFragment<B>,
    V: AsChangeset,
    V::Changeset: QueryFragment<B>,
    R: QueryFragment<B>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.changes.walk_ast(out.reborrow())?;
        self.condition.walk_ast(out.reborrow())?;
        self.returning.walk_ast(out.reborrow())
    }
}

/// Tells the text of a [`Kept`] from others. The values that it is made of are known by their SQL types alone, as everywhere.
pub(crate) struct Text<T, W, V, R>(PhantomData<(T, W, V, R)>);

impl<T, W, V, R> QueryId for Kept<T, W, V, R>
where
    T: QuerySource + QueryId,
    W: QueryId,
    V: AsChangeset + QueryId,
    R: QueryId,
{
    type QueryId = Text<T::QueryId, W::QueryId, V::QueryId, R::QueryId>;
    // A condition whose text depends on its values is found by its text.
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID
        && W::HAS_STATIC_QUERY_ID
        && V::HAS_STATIC_QUERY_ID
        && R::HAS_STATIC_QUERY_ID;
}

impl<T, W, V, E> Query for Kept<T, W, V, Returning<E>>
where
    T: QuerySource,
    V: AsChangeset,
    E: Expression,
{
    type SqlType = E::SqlType;
}

impl<T: QuerySource, W, V: AsChangeset, R, C> RunQueryDsl<C> for Kept<T, W, V, R> {}

/// Changes of which some may be left out: a statement that sets them is found by its text. It is for what a few verbs change, each
/// the same columns every time, and not for what a request names.
pub(crate) struct Varying<V>(pub(crate) V);

impl<V: AsChangeset> AsChangeset for Varying<V> {
    type Target = V::Target;
    type Changeset = V::Changeset;

    fn as_changeset(self) -> Self::Changeset {
        self.0.as_changeset()
    }
}

impl<V> QueryId for Varying<V> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;
    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    use super::*;
    use crate::db::schema::counters;

    fn id<Q: QueryId>(_: &Q) -> Option<std::any::TypeId> {
        Q::query_id()
    }

    /// The words are those of Diesel's own statement.
    #[test]
    fn it_says_what_an_update_says() {
        let row = || counters::table.filter(counters::name.eq("case"));
        let more = || counters::value.eq(counters::value + 1);
        let (own, diesels) = (kept(row()).set(more()), diesel::update(row()).set(more()));
        assert_eq!(
            debug_query::<Sqlite, _>(&own).to_string(),
            debug_query::<Sqlite, _>(&diesels).to_string(),
        );
        assert_eq!(
            debug_query::<Pg, _>(&own).to_string(),
            debug_query::<Pg, _>(&diesels).to_string(),
        );
        let own = kept(row()).set(more()).returning(counters::value);
        let diesels = diesel::update(row()).set(more()).returning(counters::value);
        assert_eq!(
            debug_query::<Pg, _>(&own).to_string(),
            debug_query::<Pg, _>(&diesels).to_string(),
        );
    }

    #[test]
    fn it_is_known_by_its_columns_and_not_by_its_values() {
        let set = |name: &'static str, value: i64| {
            kept(counters::table.filter(counters::name.eq(name))).set(counters::value.eq(value))
        };
        assert!(id(&set("case", 1)).is_some());
        assert_eq!(id(&set("case", 1)), id(&set("escalation", 2)));
        let named =
            kept(counters::table.filter(counters::name.eq("case"))).set(counters::name.eq("other"));
        assert_ne!(id(&set("case", 1)), id(&named));
        let all = kept(counters::table).set(counters::value.eq(1_i64));
        assert_ne!(id(&set("case", 1)), id(&all));
        let read = set("case", 1).returning(counters::value);
        assert_ne!(id(&set("case", 1)), id(&read));
        let varying = kept(counters::table).set(Varying(counters::value.eq(1_i64)));
        assert_eq!(id(&varying), None);
    }
}
