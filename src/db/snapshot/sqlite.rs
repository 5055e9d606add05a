//! The embedded database as a file, written by SQLite itself from one state of the data.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

use super::{Check, Kind, Snapshot, SnapshotError, compare};
use crate::db::sqlite::{WRITER_WAITS, connect, files};
use crate::db::{Conn, DbError, migrate};
use crate::private_files;

const FILE: &str = "casebell.db";

pub(super) fn copy(path: &Path, folder: &Path, check: &Check) -> Result<Snapshot, SnapshotError> {
    let copy = folder.join(FILE);
    // SQLite writes into an empty file that is there, and this one is private.
    private_files::create_file(&copy).map_err(SnapshotError::file(&copy))?;
    let name = copy.to_str().ok_or_else(|| {
        SnapshotError::NotWhole(format!("{} is not a path in UTF-8", copy.display()))
    })?;
    let mut conn = connect(path, WRITER_WAITS)?;
    sql_query("VACUUM INTO ?")
        .bind::<Text, _>(name)
        .execute(&mut conn)?;
    drop(conn);
    let snapshot = inspect(&copy)?;
    let mut conn = Conn::Sqlite(connect(&copy, WRITER_WAITS)?);
    conn.transaction(|conn| check(conn))?;
    Ok(snapshot)
}

/// What the file holds, if it is whole.
fn inspect(file: &Path) -> Result<Snapshot, SnapshotError> {
    let mut conn = Conn::Sqlite(connect(file, WRITER_WAITS)?);
    require_whole(&mut conn)?;
    let migrations = migrate::applied(&mut conn)?;
    let mut rows = BTreeMap::new();
    // The index of words is made of the rows by triggers, and cannot be counted.
    let tables = "SELECT name AS text FROM sqlite_schema WHERE type = 'table' \
         AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'search\\_%' ESCAPE '\\'";
    for table in texts(&mut conn, tables)? {
        let count = sql_query(format!("SELECT count(*) AS count FROM \"{table}\""))
            .get_result::<Count>(&mut conn)?;
        rows.insert(table, u64::try_from(count.count).unwrap_or_default());
    }
    Ok(Snapshot {
        database: Kind::Sqlite,
        migrations,
        rows,
    })
}

fn require_whole(conn: &mut Conn) -> Result<(), SnapshotError> {
    let not_whole = |error: diesel::result::Error| SnapshotError::NotWhole(error.to_string());
    let said = texts(
        conn,
        "SELECT integrity_check AS text FROM pragma_integrity_check",
    )
    .map_err(not_whole)?;
    if said != ["ok"] {
        return Err(SnapshotError::NotWhole(said.join("; ")));
    }
    let dangling = "SELECT DISTINCT \"table\" AS text FROM pragma_foreign_key_check";
    let dangling = texts(conn, dangling).map_err(not_whole)?;
    if !dangling.is_empty() {
        let why = format!("rows of {} refer to nothing", dangling.join(", "));
        return Err(SnapshotError::NotWhole(why));
    }
    Ok(())
}

pub(super) fn require_empty(path: &Path) -> Result<(), SnapshotError> {
    match files(path).find(|file| file.exists()) {
        Some(file) => Err(SnapshotError::NotEmpty(format!(
            "{} is there; end whoever serves it and move it away first (with its -wal and -shm), so that nothing is lost",
            file.display()
        ))),
        None => Ok(()),
    }
}

pub(super) fn fill(
    path: &Path,
    folder: &Path,
    snapshot: &Snapshot,
    check: &Check,
) -> Result<(), SnapshotError> {
    require_empty(path)?;
    let copy = folder.join(FILE);
    compare(&inspect(&copy)?, snapshot)?;
    let mut conn = Conn::Sqlite(connect(&copy, WRITER_WAITS)?);
    migrate::rest(&mut conn)?;
    // Whoever looks it over knows the schema of this version.
    conn.transaction(|conn| check(conn))?;
    drop(conn);
    if let Some(left) = files(&copy).skip(1).find(|file| file.exists()) {
        let why = format!("{} was not brought into the copy", left.display());
        return Err(SnapshotError::Database(DbError::Unavailable(why)));
    }
    private_files::close_file(&copy);
    let file = File::open(&copy).map_err(SnapshotError::file(&copy))?;
    file.sync_all().map_err(SnapshotError::file(&copy))?;
    private_files::put_in_place(&copy, path).map_err(SnapshotError::file(path))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

fn texts(conn: &mut Conn, sql: &str) -> diesel::QueryResult<Vec<String>> {
    let rows: Vec<Row> = sql_query(sql).load(conn)?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}
