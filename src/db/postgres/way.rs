//! The way to the server: straight, or by a pooler that lends its sessions out for one transaction at a time, such as PgBouncer.
//! Behind one of those nothing may be left in a session, neither a setting nor a prepared statement: the next transaction is
//! another session's.

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::sql_types::{Integer, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use secrecy::{ExposeSecret, SecretString};

use crate::db::DbError;

/// The encoding that holds every character.
const ENCODING: &str = "UTF8";
/// How often two connections are compared: a pooler with many sessions may happen to use two.
const TRIES: usize = 3;

/// What every connection begins with: limits for the server to keep where whoever runs it has set none, so that it does
/// not go on for somebody who has left. Times are in milliseconds. With `true` they hold for one transaction.
///
/// The planner takes what is looked up in small tables for dear, and would compile each list to machine code for a quarter
/// of a second, to read it in a millisecond. And it would look through all orders in which the names that belong to a case may be
/// looked up, for which one is as good as another. What few rows there were of when it last looked it would read whole for each list, and go through
/// for each of its rows, when there are thousands. Where it does not know how many rows a list is to have, it would start processes for
/// them, which takes ten times as long as to find them.
macro_rules! limits {
    ($set:literal, $local:literal) => {
        concat!(
            $set,
            " jit = off; ",
            $set,
            " join_collapse_limit = 4; ",
            $set,
            " enable_material = off; ",
            $set,
            " max_parallel_workers_per_gather = 0; \
             SELECT set_config('statement_timeout', '8000', ",
            $local,
            ") \
                WHERE current_setting('statement_timeout') = '0'; \
             SELECT set_config('lock_timeout', '7000', ",
            $local,
            ") \
                WHERE current_setting('lock_timeout') = '0'; \
             SELECT set_config('idle_in_transaction_session_timeout', '10000', ",
            $local,
            ") \
                WHERE current_setting('idle_in_transaction_session_timeout') = '0'"
        )
    };
}

/// How connections reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Each is a session of its own.
    Straight,
    /// Each transaction may be in another session.
    Pooled,
}

impl Way {
    /// Connects once, says how that is, and refuses a database that cannot hold every character.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub(super) fn found(url: &SecretString) -> Result<(Self, PgConnection), DbError> {
        let mut first = Self::Pooled.connect(url)?;
        let encoding = encoding(&mut first)?;
        if encoding != ENCODING {
            return Err(DbError::Unavailable(format!(
                "the database's encoding is {encoding}, which cannot hold every character: make one with \
                 `createdb --encoding={ENCODING} --template=template0`"
            )));
        }
        // Two connections that are one session cannot be sessions of their own.
        let mut second = Self::Pooled.connect(url)?;
        for _ in 0..TRIES {
            if session(&mut first)? == session(&mut second)? {
                tracing::info!(
                    "the database is behind a pooler: no statement is kept prepared, and every transaction sets its own limits"
                );
                return Ok((Self::Pooled, first));
            }
        }
        Ok((Self::Straight, first))
    }

    /// A connection.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub(super) fn connect(self, url: &SecretString) -> Result<PgConnection, DbError> {
        let mut conn = PgConnection::establish(url.expose_secret())
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        match self {
            Self::Straight => conn.batch_execute(limits!("SET", "false"))?,
            Self::Pooled => conn.set_prepared_statement_cache_size(CacheSize::Disabled),
        }
        Ok(conn)
    }

    /// What a transaction begins with, besides its `BEGIN`.
    pub(super) const fn begins_with(self) -> Option<&'static str> {
        match self {
            Self::Straight => None,
            Self::Pooled => Some(limits!("SET LOCAL", "true")),
        }
    }
}

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = Text)]
    server_encoding: String,
}

fn encoding(conn: &mut PgConnection) -> Result<String, DbError> {
    let row: Shown = sql_query("SHOW server_encoding").get_result(conn)?;
    Ok(row.server_encoding)
}

#[derive(QueryableByName)]
struct Session {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// The server's number of a session.
pub(super) fn session(conn: &mut PgConnection) -> Result<i32, DbError> {
    let row: Session = sql_query("SELECT pg_backend_pid() AS pid").get_result(conn)?;
    Ok(row.pid)
}
