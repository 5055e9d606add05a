//! The schema's steps: one folder per database with the same names, embedded in the binary.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::{PgConnection, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, DbError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRESQL: EmbeddedMigrations = embed_migrations!("migrations/postgresql");

/// An arbitrary number by which the processes of one installation agree who migrates.
const ADVISORY_LOCK: i64 = 0x0063_6173_6562_656c;

pub(super) fn sqlite(conn: &mut SqliteConnection) -> Result<(), DbError> {
    conn.run_pending_migrations(SQLITE)
        .map(drop)
        .map_err(|error| DbError::Migration(error.to_string()))
}

pub(super) fn postgres(conn: &mut PgConnection) -> Result<(), DbError> {
    // Several processes may start at once; the others wait, then find nothing left to do.
    conn.batch_execute(&format!(
        "SET client_min_messages = warning; SELECT pg_advisory_lock({ADVISORY_LOCK})"
    ))?;
    let outcome = conn.run_pending_migrations(POSTGRESQL).map(drop);
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
    outcome.map_err(|error| DbError::Migration(error.to_string()))
}

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// Whether the database has every migration of this binary, and none that it does not know.
///
/// It is asked in a transaction that only reads, where diesel's own question, which would first create the table of
/// migrations, is refused.
///
/// # Errors
/// If the table of migrations cannot be read.
pub fn is_current(conn: &mut Conn) -> Result<bool, DbError> {
    let applied = diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
        .load::<Applied>(conn)?
        .into_iter()
        .map(|applied| applied.version);
    let embedded = match conn {
        Conn::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRESQL)?,
        Conn::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE)?,
    };
    Ok(applied.collect::<BTreeSet<_>>() == embedded)
}

/// Refuses a schema that is not this binary's.
pub(super) fn require_current(conn: &mut Conn) -> Result<(), DbError> {
    match is_current(conn)? {
        true => Ok(()),
        false => Err(DbError::Migration(
            "the schema is not this version's; `casebell migrate` brings an older one up to date"
                .to_owned(),
        )),
    }
}

fn versions<B: diesel::backend::Backend>(
    source: &EmbeddedMigrations,
) -> Result<BTreeSet<String>, DbError> {
    let migrations = MigrationSource::<B>::migrations(source)
        .map_err(|error| DbError::Migration(error.to_string()))?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}
