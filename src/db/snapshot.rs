//! Copies of a whole database: taken as of one instant while others go on writing, and put into an empty place.
//!
//! A copy is a folder of files. That of the embedded database is its file; that of a server is a file a table, one JSON
//! object a row, which needs none of the server's own programs.

mod postgres;
mod sqlite;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::result::Error as Diesel;
use serde::{Deserialize, Serialize};

use super::{Conn, Db, DbError, Failure, Inner, Location, migrate};

/// Looks over a copy with the eyes of the floors above; the error says what is wrong.
pub type Check = Arc<dyn Fn(&mut Conn) -> Result<(), SnapshotError> + Send + Sync>;

/// What a copy is a copy of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The embedded database.
    Sqlite,
    /// A server.
    Postgresql,
}

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What it is a copy of.
    pub database: Kind,
    /// The migrations that its schema has.
    pub migrations: Vec<String>,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
}

/// Why there is no copy, or why it is not taken back.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The database did not do its part.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// It is not what it should be.
    #[error("the copy is not whole: {0}")]
    NotWhole(String),
    /// It belongs into another kind of database.
    #[error("this is a copy of {}, and goes into one only", name(*.0))]
    OtherKind(Kind),
    /// It has migrations that this version does not know.
    #[error("the copy was made by a later version, whose schema has {0}; restore it with that one")]
    Later(String),
    /// Something is there already.
    #[error("{0}")]
    NotEmpty(String),
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "an embedded database",
        Kind::Postgresql => "a PostgreSQL database",
    }
}

impl From<Diesel> for SnapshotError {
    fn from(error: Diesel) -> Self {
        Self::Database(error.into())
    }
}

impl Failure for SnapshotError {
    fn database(&self) -> Option<&DbError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl SnapshotError {
    /// What became of a file.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File(path, error)
    }
}

impl Kind {
    /// The kind that is kept there.
    pub fn of(location: &Location) -> Self {
        match location {
            Location::Sqlite(_) => Self::Sqlite,
            Location::Postgres(_) => Self::Postgresql,
        }
    }
}

impl Db {
    /// Copies the database into `folder`, which is empty, and checks the copy.
    ///
    /// # Errors
    /// See [`SnapshotError`].
    pub async fn copy_into(&self, folder: &Path, check: Check) -> Result<Snapshot, SnapshotError> {
        let folder = folder.to_owned();
        match &*self.inner {
            Inner::Sqlite(sqlite) => sqlite::copy(sqlite.path(), &folder, &check),
            Inner::Postgres(_) => {
                let all = self.without_limits();
                all.read(move |conn| postgres::copy(conn, &folder, &check))
                    .await
            }
        }
    }
}

/// Refuses a place where something is already.
///
/// # Errors
/// [`SnapshotError::NotEmpty`], and database errors.
pub fn require_empty(location: &Location) -> Result<(), SnapshotError> {
    match location {
        Location::Sqlite(path) => sqlite::require_empty(path),
        Location::Postgres(url) => postgres::require_empty(url),
    }
}

/// Fills an empty place from the files in `folder` and brings the schema up to date. All of it is there afterwards, or
/// nothing. `folder` is used up; for an embedded database it is on the same file system.
///
/// # Errors
/// See [`SnapshotError`]; then nothing has changed there.
pub fn fill(
    location: &Location,
    folder: &Path,
    snapshot: &Snapshot,
    check: Check,
) -> Result<(), SnapshotError> {
    if Kind::of(location) != snapshot.database {
        return Err(SnapshotError::OtherKind(snapshot.database));
    }
    if let Some(version) = migrate::unknown(&snapshot.migrations)? {
        return Err(SnapshotError::Later(version.clone()));
    }
    match location {
        Location::Sqlite(path) => sqlite::fill(path, folder, snapshot, &check),
        Location::Postgres(url) => postgres::fill(url, folder, snapshot, &check),
    }
}

/// Refuses a copy that has not the rows that it should have.
fn compare(found: &Snapshot, said: &Snapshot) -> Result<(), SnapshotError> {
    let differs = |table: &&String| found.rows.get(*table) != said.rows.get(*table);
    let mut tables = found.rows.keys().chain(said.rows.keys());
    match tables.find(differs) {
        Some(table) => {
            let why = format!("the rows of {table} are not as many as when it was made");
            Err(SnapshotError::NotWhole(why))
        }
        None if found.migrations != said.migrations => Err(SnapshotError::NotWhole(
            "its schema is not the one that it was made with".to_owned(),
        )),
        None => Ok(()),
    }
}
