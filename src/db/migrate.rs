//! The schema's steps: one folder per database with the same names, embedded in the binary.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::{Connection, PgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, DbError, sort_keys};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRESQL: EmbeddedMigrations = embed_migrations!("migrations/postgresql");

/// An arbitrary number by which the processes of one installation agree who migrates.
const ADVISORY_LOCK: i64 = 0x0063_6173_6562_656c;

/// Brings the server's schema up to date.
pub(super) fn postgres(conn: &mut Conn) -> Result<(), DbError> {
    // Several processes may start at once; the others wait, then find nothing left to do. All of it is one transaction, so that
    // it is one session behind a pooler as well, and nothing is half done.
    conn.transaction(|conn| {
        lock_until_commit(conn)?;
        rest(conn)
    })
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
    let embedded = match conn {
        Conn::Postgres(_) => versions::<Pg>(&POSTGRESQL)?,
        Conn::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE)?,
    };
    Ok(applied(conn)?.into_iter().collect::<BTreeSet<_>>() == embedded)
}

/// The migrations that the database has, in order.
pub(crate) fn applied(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let applied =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
            .load::<Applied>(conn)?;
    Ok(applied.into_iter().map(|applied| applied.version).collect())
}

/// The first of these migrations that this binary does not know.
pub(super) fn unknown(migrations: &[String]) -> Result<Option<&String>, DbError> {
    let embedded = versions::<diesel::sqlite::Sqlite>(&SQLITE)?;
    Ok(migrations
        .iter()
        .find(|version| !embedded.contains(*version)))
}

/// Lets nobody else migrate until the transaction ends.
pub(super) fn lock_until_commit(conn: &mut Conn) -> Result<(), DbError> {
    conn.batch_execute(&format!(
        "SET LOCAL client_min_messages = warning; SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"
    ))?;
    Ok(())
}

/// Runs these migrations and no others.
pub(super) fn only(conn: &mut PgConnection, wanted: &[String]) -> Result<(), DbError> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| DbError::Migration(error.to_string());
    // Asking for them makes the table of migrations.
    conn.applied_migrations().map_err(failed)?;
    for migration in MigrationSource::<Pg>::migrations(&POSTGRESQL).map_err(failed)? {
        if wanted.contains(&migration.name().version().to_string()) {
            conn.run_migration(&migration).map_err(failed)?;
        }
    }
    Ok(())
}

/// Runs the migrations that are missing, and fills in what they could not; on a server, in a transaction that holds the lock.
pub(super) fn rest(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map(drop),
        Conn::Postgres(conn) => conn.run_pending_migrations(POSTGRESQL).map(drop),
    }
    .map_err(|error| DbError::Migration(error.to_string()))?;
    Ok(sort_keys::fill_in(conn)?)
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
