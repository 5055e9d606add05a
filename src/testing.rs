//! What tests inside the crate stand on: an embedded database of a test's own. What has to hold on both databases is a story
//! of `tests/it`.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::import::{Watch, casebell};
use crate::db::{Conn, Db, DbError, Location};

/// Two organizations with two people and two cases.
pub(crate) const RECORDS: &str = include_str!("../tests/it/data/records.ndjson");

/// A database of one test, gone with it.
pub(crate) struct TestDatabase {
    pub(crate) db: Db,
    pub(crate) folder: TempDir,
}

impl TestDatabase {
    /// One with the schema of the house and nothing else.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            db: open(folder.path()),
            folder,
        }
    }

    /// One with the [`RECORDS`].
    pub(crate) async fn with_records() -> Self {
        let database = Self::new();
        let now = "2026-03-03T14:00:00Z".parse().expect("an instant");
        casebell::import(&database, RECORDS.as_bytes(), now, &Watch::nobody())
            .await
            .expect("loaded");
        database
    }

    /// Asks the database itself.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        f: impl Fn(&mut Conn) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        self.read(move |conn| Ok::<_, DbError>(f(conn)?))
            .await
            .expect("read")
    }
}

impl Deref for TestDatabase {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Opens the database of a test's folder, once more if it is there.
pub(crate) fn open(folder: &Path) -> Db {
    Db::open(&Location::Sqlite(path(folder))).expect("a database")
}

/// Where it is.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("casebell.db")
}
