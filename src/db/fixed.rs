//! Queries of which one place in the code always makes the same text.
//!
//! Diesel makes the text of a query, and looks through all of it for what must not stay prepared, each time it is run: by
//! [`Conn`](super::Conn) five times, for which a page took a quarter of its time. What is said to be fixed is made into text once in
//! a process and found by its place, and only its values are gathered. It is for what nearly every request asks.

use std::marker::PhantomData;
use std::sync::OnceLock;

use diesel::backend::Backend;
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::sqlite::{Sqlite, SqliteQueryBuilder};

use super::conn;

/// Says of a query that each time this place is come to, its text is the same, whatever its values: no filter that may be left out,
/// and no list that has a placeholder for each value. A function that is generic over the query has one text for each of its types, and
/// must not say so. Tests find out where it is not true: there, each text is made and compared.
macro_rules! fixed {
    ($query:expr) => {{
        /// This place.
        struct Here;
        static TEXTS: $crate::db::Texts = $crate::db::Texts::new();
        $crate::db::Fixed::<_, Here>::at(&TEXTS, $query)
    }};
}
pub(crate) use fixed;

/// See [`fixed`].
#[must_use]
pub(crate) struct Fixed<Q, P> {
    query: Q,
    texts: &'static Texts,
    place: PhantomData<P>,
}

/// The texts of one place, as far as they have been made.
pub(crate) struct Texts {
    postgres: OnceLock<String>,
    sqlite: OnceLock<String>,
}

impl Texts {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Self {
            postgres: OnceLock::new(),
            sqlite: OnceLock::new(),
        }
    }
}

/// A backend whose texts are kept.
pub(crate) trait Writes: Backend {
    /// An empty text, and where the text of this backend is kept.
    fn begin<'a>(&self, texts: &'a Texts) -> (Self::QueryBuilder, &'a OnceLock<String>);
}

impl Writes for Pg {
    fn begin<'a>(&self, texts: &'a Texts) -> (PgQueryBuilder, &'a OnceLock<String>) {
        (PgQueryBuilder::default(), &texts.postgres)
    }
}

impl Writes for Sqlite {
    fn begin<'a>(&self, texts: &'a Texts) -> (SqliteQueryBuilder, &'a OnceLock<String>) {
        (SqliteQueryBuilder::default(), &texts.sqlite)
    }
}

/// What makes the text of a query that is run by either connection.
type OnEither = <conn::Backend as Backend>::QueryBuilder;

impl Writes for conn::Backend {
    fn begin<'a>(&self, texts: &'a Texts) -> (OnEither, &'a OnceLock<String>) {
        match self {
            Self::Postgres(_) => (
                OnEither::Postgres(PgQueryBuilder::default()),
                &texts.postgres,
            ),
            Self::Sqlite(_) => (
                OnEither::Sqlite(SqliteQueryBuilder::default()),
                &texts.sqlite,
            ),
        }
    }
}

impl<Q, P> Fixed<Q, P> {
    /// The query at the place that these texts belong to.
    pub(crate) const fn at(texts: &'static Texts, query: Q) -> Self {
        Self {
            query,
            texts,
            place: PhantomData,
        }
    }

    fn text<B>(&self, backend: &B) -> QueryResult<&str>
    where
        B: Writes,
        Q: QueryFragment<B>,
    {
        let (mut made, kept) = backend.begin(self.texts);
        match kept.get() {
            Some(text) if !cfg!(debug_assertions) => return Ok(text),
            _ => self.query.to_sql(&mut made, backend)?,
        }
        let text = made.finish();
        debug_assert_eq!(kept.get().unwrap_or(&text), &text, "this is not fixed");
        Ok(kept.get_or_init(|| text))
    }
}

impl<Q, P, B> QueryFragment<B> for Fixed<Q, P>
where
    B: Writes,
    Q: QueryFragment<B>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn to_sql(&self, out: &mut B::QueryBuilder, backend: &B) -> QueryResult<()> {
        out.push_sql(self.text(backend)?);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, backend: &B) -> QueryResult<bool> {
        if cfg!(debug_assertions) {
            self.text(backend)?;
        }
        Ok(true)
    }
}

impl<Q, P: 'static> QueryId for Fixed<Q, P> {
    type QueryId = P;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Q: Query, P> Query for Fixed<Q, P> {
    type SqlType = Q::SqlType;
}

impl<Q, P, C> RunQueryDsl<C> for Fixed<Q, P> {}

#[cfg(test)]
mod tests {
    use diesel::connection::{CacheSize, InstrumentationEvent};
    use diesel::dsl::sql;
    use diesel::sql_types::Bool;

    use super::*;
    use crate::db::Conn;
    use crate::db::schema::counters;

    fn desk() -> Conn {
        let mut own = SqliteConnection::establish(":memory:").expect("a database");
        diesel::sql_query("CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)")
            .execute(&mut own)
            .expect("a table");
        Conn::Sqlite(own)
    }

    fn named(conn: &mut Conn, name: &str) -> QueryResult<Vec<String>> {
        // A literal, for which Diesel would prepare it anew each time.
        let known = sql::<Bool>("value >= 0");
        let found = counters::table
            .filter(counters::name.eq(name))
            .filter(known)
            .select(counters::name);
        fixed!(found).load(conn)
    }

    #[test]
    fn what_is_fixed_is_prepared_once_and_asked_with_new_values() {
        let mut conn = desk();
        let both = [
            (counters::name.eq("a"), counters::value.eq(1)),
            (counters::name.eq("b"), counters::value.eq(2)),
        ];
        for one in both {
            diesel::insert_into(counters::table)
                .values(one)
                .execute(&mut conn)
                .expect("a row");
        }
        let (told, prepared) = std::sync::mpsc::channel();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { sql, .. } = event {
                let _ = told.send(sql.to_owned());
            }
        });
        for name in ["a", "b", "a"] {
            assert_eq!(named(&mut conn, name), Ok(vec![name.to_owned()]));
        }
        assert_eq!(prepared.try_iter().count(), 1);
        // Behind a pooler nothing stays prepared.
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        assert_eq!(named(&mut conn, "b"), Ok(vec!["b".to_owned()]));
    }

    #[test]
    #[should_panic(expected = "this is not fixed")]
    fn what_is_not_fixed_is_found_by_the_tests() {
        let mut conn = desk();
        for one in ["name = name", "value = value"] {
            let found = counters::table
                .filter(sql::<Bool>(one))
                .select(counters::name);
            let _: QueryResult<Vec<String>> = fixed!(found).load(&mut conn);
        }
    }
}
