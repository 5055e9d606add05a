//! A server's database as a file a table, one JSON object a row, as the server itself writes and reads them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl, sql_query};
use secrecy::{ExposeSecret, SecretString};

use super::{Check, Kind, Snapshot, SnapshotError, compare};
use crate::db::{Conn, DbError, migrate, postgres};
use crate::private_files;

/// How many rows are held at a time.
const BATCH: usize = 500;

/// The tables of the schema, without that of the migrations, and without that of the index of words, which triggers make of the rows.
const TABLES: &str = "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = current_schema() \
    AND tablename NOT LIKE '\\_\\_%' AND tablename NOT LIKE 'search\\_%' ORDER BY tablename";

/// In a transaction that reads one state of the data.
pub(super) fn copy(
    conn: &mut Conn,
    folder: &Path,
    check: &Check,
) -> Result<Snapshot, SnapshotError> {
    let migrations = migrate::applied(conn)?;
    let pg = server(conn)?;
    let mut rows = BTreeMap::new();
    for table in texts(pg, TABLES)? {
        let count = write(pg, &table, &file_of(folder, &table))?;
        rows.insert(table, count);
    }
    check(conn)?;
    Ok(Snapshot {
        database: Kind::Postgresql,
        migrations,
        rows,
    })
}

fn file_of(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.ndjson"))
}

fn write(pg: &mut PgConnection, table: &str, path: &Path) -> Result<u64, SnapshotError> {
    let failed = || SnapshotError::file(path);
    // The transaction may be repeated.
    let _ = std::fs::remove_file(path);
    let mut file = BufWriter::new(private_files::create_file(path).map_err(failed())?);
    pg.batch_execute(&format!(
        "DECLARE copied NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS text FROM \"{table}\" t"
    ))?;
    let mut count = 0;
    loop {
        let lines = texts(pg, &format!("FETCH {BATCH} FROM copied"))?;
        if lines.is_empty() {
            break;
        }
        for line in &lines {
            writeln!(file, "{line}").map_err(failed())?;
            count += 1;
        }
    }
    pg.batch_execute("CLOSE copied")?;
    file.flush().map_err(failed())?;
    Ok(count)
}

pub(super) fn require_empty(url: &SecretString) -> Result<(), SnapshotError> {
    nothing_is_in(&mut connect(url)?)
}

fn nothing_is_in(pg: &mut PgConnection) -> Result<(), SnapshotError> {
    let there = "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1 LIMIT 1";
    match texts(pg, there)?.first() {
        Some(table) => Err(SnapshotError::NotEmpty(format!(
            "the database has tables ({table}); create an empty one and name that in CASEBELL_DATABASE_URL, so that nothing is lost"
        ))),
        None => Ok(()),
    }
}

pub(super) fn fill(
    url: &SecretString,
    folder: &Path,
    snapshot: &Snapshot,
    check: &Check,
) -> Result<(), SnapshotError> {
    let mut conn = Conn::Postgres(connect(url)?);
    conn.transaction(|conn| {
        // Whoever would serve meanwhile waits, and then finds what is here.
        migrate::lock_until_commit(conn)?;
        let pg = server(conn)?;
        nothing_is_in(pg)?;
        migrate::only(pg, &snapshot.migrations)?;
        let rows = load(pg, folder)?;
        let found = Snapshot {
            database: Kind::Postgresql,
            migrations: migrate::applied(conn)?,
            rows,
        };
        compare(&found, snapshot)?;
        // Whoever looks it over knows the schema of this version.
        migrate::rest(conn)?;
        check(conn)?;
        Ok(())
    })
}

/// Takes the rows in, with the guards of the tables set aside meanwhile: they speak of changes, and no order of the tables
/// suits all references. Setting the references up again checks every row.
fn load(pg: &mut PgConnection, folder: &Path) -> Result<BTreeMap<String, u64>, SnapshotError> {
    let tables = texts(pg, TABLES)?;
    let references = "SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS text \
         FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";
    let set_up = texts(pg, references)?;
    let drop = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS text \
         FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";
    for statement in texts(pg, drop)? {
        pg.batch_execute(&statement)?;
    }
    let guards = |pg: &mut PgConnection, what: &str| -> QueryResult<()> {
        for table in &tables {
            pg.batch_execute(&format!("ALTER TABLE \"{table}\" {what} TRIGGER USER"))?;
        }
        Ok(())
    };
    guards(pg, "DISABLE")?;
    let mut rows = BTreeMap::new();
    for table in &tables {
        pg.batch_execute(&format!("TRUNCATE \"{table}\""))?;
        let count = read(pg, table, &file_of(folder, table))?;
        rows.insert(table.clone(), count);
    }
    guards(pg, "ENABLE")?;
    for statement in set_up {
        pg.batch_execute(&statement)?;
    }
    count_on(pg)?;
    Ok(rows)
}

fn read(pg: &mut PgConnection, table: &str, path: &Path) -> Result<u64, SnapshotError> {
    let failed = || SnapshotError::file(path);
    let insert = format!(
        "INSERT INTO \"{table}\" OVERRIDING SYSTEM VALUE \
         SELECT * FROM json_populate_recordset(NULL::\"{table}\", $1::json)"
    );
    let mut lines = BufReader::new(File::open(path).map_err(failed())?).lines();
    let mut count = 0;
    loop {
        let batch: Vec<String> = lines
            .by_ref()
            .take(BATCH)
            .collect::<Result<_, _>>()
            .map_err(failed())?;
        if batch.is_empty() {
            return Ok(count);
        }
        let taken = sql_query(&insert)
            .bind::<Text, _>(format!("[{}]", batch.join(",")))
            .execute(pg)?;
        count += u64::try_from(taken).unwrap_or_default();
    }
}

/// Numbers that the server gives go on behind those that are taken.
fn count_on(pg: &mut PgConnection) -> QueryResult<()> {
    let counted = "SELECT format('SELECT setval(%L, max(%I)) FROM %I HAVING max(%2$I) IS NOT NULL', \
             pg_get_serial_sequence(quote_ident(table_name), column_name), column_name, table_name) AS text \
         FROM information_schema.columns WHERE table_schema = current_schema() \
         AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL";
    for statement in texts(pg, counted)? {
        pg.batch_execute(&statement)?;
    }
    Ok(())
}

fn connect(url: &SecretString) -> Result<PgConnection, DbError> {
    let url = postgres::completed(url);
    let mut conn = PgConnection::establish(url.expose_secret())
        .map_err(|error| DbError::Unavailable(error.to_string()))?;
    // Behind a pooler a statement that stays prepared is in somebody else's way.
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    Ok(conn)
}

fn server(conn: &mut Conn) -> Result<&mut PgConnection, DbError> {
    match conn {
        Conn::Postgres(pg) => Ok(pg),
        Conn::Sqlite(_) => Err(DbError::Unavailable("not a server connection".into())),
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

fn texts(pg: &mut PgConnection, sql: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Row> = sql_query(sql).load(pg)?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}
