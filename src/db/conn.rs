//! The one connection type.
#![allow(missing_docs)] // The derive writes public items without a word.

/// A connection to either database; every query of the house is written against it.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// The server.
    Postgres(diesel::PgConnection),
    /// The embedded database.
    Sqlite(diesel::SqliteConnection),
}

/// The backend of [`Conn`], for `check_for_backend` and `construct_selection`.
pub type Backend = multi_connection_impl::MultiBackend;

/// How a reading transaction begins on the server: all its queries see one state.
pub(super) const POSTGRES_READS: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Runs a query on the connection itself, whichever of the two it is. Its statement is then found by the query's type; through
/// [`Conn`] the text of a query is made anew each time to look that up. The compiler writes such a query twice: it is for
/// those that nearly every request makes.
macro_rules! on_either {
    ($conn:expr, |$own:ident| $work:expr) => {
        match $conn {
            $crate::db::Conn::Postgres($own) => $work,
            $crate::db::Conn::Sqlite($own) => $work,
        }
    };
}
pub(crate) use on_either;
