//! The schema's steps: one folder per database with the same names, embedded in the binary.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::{PgConnection, SqliteConnection};
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

/// Whether the database has every migration of this binary, and none that it does not know.
///
/// # Errors
/// If the table of migrations cannot be read.
pub fn is_current(conn: &mut Conn) -> Result<bool, DbError> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| DbError::Migration(error.to_string());
    let (applied, embedded) = match conn {
        Conn::Postgres(conn) => (
            conn.applied_migrations().map_err(failed)?.len(),
            names::<diesel::pg::Pg>(&POSTGRESQL)?,
        ),
        Conn::Sqlite(conn) => (
            conn.applied_migrations().map_err(failed)?.len(),
            names::<diesel::sqlite::Sqlite>(&SQLITE)?,
        ),
    };
    Ok(applied == embedded)
}

fn names<B: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<usize, DbError> {
    MigrationSource::<B>::migrations(source)
        .map(|migrations| migrations.len())
        .map_err(|error| DbError::Migration(error.to_string()))
}
