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
