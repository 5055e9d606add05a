//! Connections, transactions, SQL types, schema and migrations.
//!
//! The rest of the house sees two methods: [`Db::read`], a consistent read, and [`Db::write`], one durable
//! transaction. One set of queries serves SQLite and PostgreSQL through [`Conn`].

mod conn;
mod error;
mod postgres;
mod sqlite;

pub mod migrate;
pub mod schema;
pub mod sql_types;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

pub use conn::{Backend, Conn};
pub use error::{DbError, Failure};

/// Where the data is kept.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file, which is created if it does not exist.
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(SecretString),
}

/// A database: cheap to clone, shared by all threads.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

enum Inner {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// What is done about the schema of a database that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    /// What is missing is added.
    BroughtUpToDate,
    /// It is checked.
    AsItIs,
}

impl Db {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if it cannot be reached or created, [`DbError::Migration`] if a migration fails.
    pub fn open(location: &Location) -> Result<Self, DbError> {
        Self::open_with(location, Schema::BroughtUpToDate)
    }

    /// Opens a database that is there and changes nothing by it: its schema has to be this binary's.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if it is not there or cannot be reached, [`DbError::Migration`] if its schema is another.
    pub fn open_as_it_is(location: &Location) -> Result<Self, DbError> {
        if let Location::Sqlite(path) = location
            && !path.exists()
        {
            let missing = format!("there is no database at {}", path.display());
            return Err(DbError::Unavailable(missing));
        }
        Self::open_with(location, Schema::AsItIs)
    }

    fn open_with(location: &Location, schema: Schema) -> Result<Self, DbError> {
        let inner = match location {
            Location::Sqlite(path) => Inner::Sqlite(sqlite::Sqlite::open(path, schema)?),
            Location::Postgres(url) => Inner::Postgres(postgres::Postgres::open(url, schema)?),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Runs `f` in a read-only transaction: all its queries see one state of the data.
    ///
    /// On SQLite it runs on the calling thread, which is quicker than handing it over; a heavy aggregate belongs
    /// on a blocking thread.
    ///
    /// # Errors
    /// Those of `f`, and the database's own through `From<DbError>`.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => sqlite.read(f),
            Inner::Postgres(postgres) => postgres.read(f).await,
        }
    }

    /// Runs `f` in one durable transaction and returns once it is on disk; an error rolls all of it back.
    ///
    /// `f` may run more than once (PostgreSQL asks for a repetition after a serialization failure or a deadlock),
    /// so it must not have effects outside the database.
    ///
    /// # Errors
    /// Those of `f`, and the database's own through `From<DbError>`.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => sqlite.write(f).await,
            Inner::Postgres(postgres) => postgres.write(f).await,
        }
    }

    /// The file of an embedded database.
    pub fn file(&self) -> Option<&Path> {
        match &*self.inner {
            Inner::Sqlite(sqlite) => Some(sqlite.path()),
            Inner::Postgres(_) => None,
        }
    }
}
