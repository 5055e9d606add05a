//! Whether a column holds one of several values, as a condition whose text does not depend on how many there are.

use diesel::backend::Backend;
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Bool, HasSqlType};

/// `column IN (…)`, like `eq_any`, which SQLite would have prepared anew at every execution: there are as many places as the next
/// power of two, and the last value stands in all that are left over. So there are few texts, each prepared once.
pub(crate) fn among<C, V>(column: C, values: Vec<V>) -> Among<C, V> {
    Among { column, values }
}

/// See [`among`].
#[derive(Clone, Debug)]
pub(crate) struct Among<C, V> {
    column: C,
    values: Vec<V>,
}

impl<C, V> Among<C, V> {
    /// The values, each in its places.
    fn in_places(&self) -> impl Iterator<Item = &V> {
        let places = match self.values.len() {
            0 => 0,
            many => many.next_power_of_two(),
        };
        let left_over = self.values.last().into_iter().cycle();
        self.values.iter().chain(left_over).take(places)
    }
}

/// Its text tells it apart.
impl<C, V> QueryId for Among<C, V> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: Expression, V> Expression for Among<C, V> {
    type SqlType = Bool;
}

impl<C, V, G> ValidGrouping<G> for Among<C, V> {
    type IsAggregate = is_aggregate::Never;
}

impl<C: AppearsOnTable<S>, V, S> AppearsOnTable<S> for Among<C, V> {}

impl<C: SelectableExpression<S>, V, S> SelectableExpression<S> for Among<C, V> {}

impl<C, V, B> QueryFragment<B> for Among<C, V>
where
    C: Expression + QueryFragment<B>,
    V: ToSql<C::SqlType, B>,
    B: Backend + HasSqlType<C::SqlType>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        if self.values.is_empty() {
            out.push_sql("(1=0)");
            return Ok(());
        }
        self.column.walk_ast(out.reborrow())?;
        for (place, value) in self.in_places().enumerate() {
            out.push_sql(if place == 0 { " IN (" } else { ", " });
            out.push_bind_param::<C::SqlType, V>(value)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;
    use diesel::sqlite::Sqlite;

    use super::*;
    use crate::db::schema::policies;

    fn text(values: &[&str]) -> String {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let query = policies::table
            .select(policies::value)
            .filter(among(policies::key, values));
        let text = debug_query::<Sqlite, _>(&query).to_string();
        text.split(" WHERE ").nth(1).unwrap_or_default().to_owned()
    }

    #[test]
    fn there_are_few_texts_however_many_values_there_are() {
        let of = |values: &[&str]| {
            let text = text(values);
            text.split(" -- ").next().unwrap_or_default().to_owned()
        };
        assert_eq!(of(&["a"]), "`policies`.`key` IN (?)");
        assert_eq!(of(&["a", "b", "c"]), of(&["a", "b", "c", "d"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "b", "c"]));
        assert_eq!(of(&[]), "(1=0)");
        assert!(text(&["a", "b", "c"]).ends_with(r#"-- binds: ["a", "b", "c", "c"]"#));
    }
}
