//! Conditions that stand in a query word for word, and what else does.

/// Declares a condition that has to be said in the words of the partial index that is made for it: a value that is bound
/// would hide from SQLite that the index serves. Unlike one of `diesel::dsl::sql`, a query with it is prepared once. With a type
/// behind its name it is an expression of that type, in the words of the index over it.
macro_rules! condition {
    ($(#[$attribute:meta])* $visible:vis $name:ident = $text:literal) => {
        $crate::db::condition! {
            $(#[$attribute])*
            $visible $name: diesel::sql_types::Bool = $text
        }
    };
    ($(#[$attribute:meta])* $visible:vis $name:ident: $type:ty = $text:literal) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, diesel::query_builder::QueryId)]
        $visible struct $name;

        impl diesel::Expression for $name {
            type SqlType = $type;
        }

        impl<G> diesel::expression::ValidGrouping<G> for $name {
            type IsAggregate = diesel::expression::is_aggregate::Never;
        }

        impl<S> diesel::AppearsOnTable<S> for $name {}

        impl<S> diesel::SelectableExpression<S> for $name {}

        impl<B: diesel::backend::Backend> diesel::query_builder::QueryFragment<B> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, B>,
            ) -> diesel::QueryResult<()> {
                out.push_sql($text);
                Ok(())
            }
        }
    };
}
pub(crate) use condition;
