//! The server: pooled connections, transactions on blocking threads, a bounded repetition after conflicts.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, Pool};
use diesel::{Connection, PgConnection};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretString};

use super::{Conn, DbError, Failure, Schema, migrate};

/// Connections a process keeps at the most.
const CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before the answer is 503.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a transaction is repeated after a serialization failure or a deadlock.
const REPETITIONS: u32 = 8;

pub(super) struct Postgres {
    pool: Pool<Manager>,
}

/// Makes connections, and knows which of them broke.
struct Manager {
    url: SecretString,
}

struct Pooled {
    conn: Conn,
    broken: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ConnectError(String);

/// The planner takes what is looked up in small tables for dear, and would compile each list to machine code for a quarter
/// of a second, to read it in a millisecond.
const NO_COMPILING: &str = "SET jit = off";

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = ConnectError;

    fn connect(&self) -> Result<Pooled, ConnectError> {
        let connect = || -> diesel::ConnectionResult<PgConnection> {
            let mut conn = PgConnection::establish(self.url.expose_secret())?;
            conn.batch_execute(NO_COMPILING)
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(conn)
        };
        let conn = connect().map_err(|error| ConnectError(error.to_string()))?;
        Ok(Pooled {
            conn: Conn::Postgres(conn),
            broken: false,
        })
    }

    fn is_valid(&self, _: &mut Pooled) -> Result<(), ConnectError> {
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken
    }
}

impl Postgres {
    pub(super) fn open(url: &SecretString, schema: Schema) -> Result<Self, DbError> {
        let mut conn = PgConnection::establish(url.expose_secret())
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        match schema {
            Schema::BroughtUpToDate => migrate::postgres(&mut conn)?,
            Schema::AsItIs => migrate::require_current(&mut Conn::Postgres(conn))?,
        }
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            // None is made before it is needed: a command that is done would end while another one was being made, which
            // OpenSSL does not survive.
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            .test_on_check_out(false)
            .build_unchecked(Manager { url: url.clone() });
        Ok(Self { pool })
    }

    pub(super) async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        self.blocking(move |pool| {
            transaction(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &f)
        })
        .await
    }

    pub(super) async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        // READ COMMITTED: each verb locks the row of its case first and decides on what it reads after that.
        self.blocking(move |pool| {
            let mut repetition = 0;
            loop {
                match transaction(pool, "BEGIN", &f) {
                    Err(error)
                        if repetition < REPETITIONS
                            && error.database().is_some_and(DbError::asks_for_repetition) =>
                    {
                        repetition += 1;
                        std::thread::sleep(Duration::from_millis(
                            rand::rng().random_range(1..=5 << repetition),
                        ));
                    }
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn blocking<T, E>(
        &self,
        f: impl FnOnce(&Pool<Manager>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
    {
        let pool = self.pool.clone();
        tokio::task::spawn_blocking(move || f(&pool))
            .await
            .unwrap_or_else(|_| Err(E::from(DbError::Panicked)))
    }
}

fn transaction<T, E: Failure>(
    pool: &Pool<Manager>,
    begin: &str,
    f: impl Fn(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut pooled = begin_on_live_connection(pool, begin)?;
    // Until the transaction has ended cleanly the connection counts as broken: a panic leaves it so.
    pooled.broken = true;
    let outcome = f(&mut pooled.conn);
    let ended = match outcome {
        Ok(_) => on_postgres(&mut pooled.conn, AnsiTransactionManager::commit_transaction),
        Err(_) => on_postgres(
            &mut pooled.conn,
            AnsiTransactionManager::rollback_transaction,
        ),
    };
    match ended {
        Ok(()) => {
            pooled.broken = false;
            outcome
        }
        // The first error tells more than that the rollback failed too.
        Err(error) => outcome.and_then(|_| Err(E::from(error))),
    }
}

/// A server that was restarted leaves a pool of dead connections: they are found at `BEGIN`, where nothing is lost
/// by taking the next one.
fn begin_on_live_connection(
    pool: &Pool<Manager>,
    begin: &str,
) -> Result<diesel::r2d2::PooledConnection<Manager>, DbError> {
    let mut last = DbError::Unavailable("no connection".into());
    for _ in 0..=CONNECTIONS {
        let mut pooled = pool
            .get()
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        match on_postgres(&mut pooled.conn, |conn| {
            AnsiTransactionManager::begin_transaction_sql(conn, begin)
        }) {
            Ok(()) => return Ok(pooled),
            Err(error) => {
                pooled.broken = true;
                last = DbError::Unavailable(error.to_string());
            }
        }
    }
    Err(last)
}

fn on_postgres<T>(
    conn: &mut Conn,
    f: impl FnOnce(&mut PgConnection) -> diesel::QueryResult<T>,
) -> Result<T, DbError> {
    match conn {
        Conn::Postgres(conn) => f(conn).map_err(DbError::from),
        Conn::Sqlite(_) => Err(DbError::Unavailable("not a server connection".into())),
    }
}
