//! The server: pooled connections, a bounded time for every transaction, a bounded repetition after conflicts.

mod messenger;
mod pool;
mod url;
mod way;

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use futures_util::future::BoxFuture;
use rand::RngExt;
use secrecy::SecretString;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::change::{ChangeSignal, is_to_be_heard_of};
use super::conn::POSTGRES_READS;
use super::memory::{Kind, Memory, remembering};
use super::work::{Verdict, Work};
use super::{Conn, DbError, Limits, Others, Schema, migrate, turns};
use messenger::Messenger;
use pool::{Lent, Pool};
pub(super) use url::completed;
pub use url::unencrypted_host;
use way::Way;

/// How often a transaction is repeated after a serialization failure or a deadlock.
const REPETITIONS: u32 = 8;
/// How often a connection may turn out to be dead at the beginning of a transaction, where nothing is lost by taking
/// another one.
const DEAD: u32 = 2;

/// READ COMMITTED: each verb locks the row of its case first and decides on what it reads after that.
const WRITE: &str = "BEGIN";
/// Takes the session's limits away for one transaction.
const UNLIMITED: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = 0";

pub(super) struct Postgres {
    way: Way,
    pool: Pool,
    signal: ChangeSignal,
    memory: Arc<Memory>,
    /// None behind a pooler, where no session listens.
    messenger: Option<Messenger>,
}

/// What has become of it.
enum Ended {
    /// It was committed or rolled back as its work wanted it.
    AsWanted,
    /// It could not begin: nothing has happened.
    NotBegun(DbError),
    /// It is to be repeated.
    Met(DbError),
    /// It broke; if at its commit, that may have happened.
    Broken(DbError),
}

impl Postgres {
    pub(super) fn open(
        url: &SecretString,
        schema: Schema,
        signal: ChangeSignal,
        memory: Arc<Memory>,
    ) -> Result<Self, DbError> {
        let url = completed(url);
        let (way, conn) = Way::found(&url)?;
        let mut conn = Conn::Postgres(conn);
        match schema {
            Schema::BroughtUpToDate => migrate::postgres(&mut conn)?,
            Schema::AsItIs => migrate::require_current(&mut conn)?,
        }
        let messenger = match way {
            Way::Straight => Some(Messenger::start(url.clone(), signal.subscribe())?),
            Way::Pooled => None,
        };
        Ok(Self {
            way,
            pool: Pool::of(way, url)?,
            signal,
            memory,
            messenger,
        })
    }

    /// Word of what other processes commit.
    pub(super) fn others(&self) -> Others {
        match &self.messenger {
            Some(messenger) => Others::told(messenger.others()),
            None => Others::untold(),
        }
    }

    pub(super) fn read(&self, limits: Limits, work: Work) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(self.transact(Kind::Reads, limits, work))
    }

    pub(super) fn read_one(
        &self,
        limits: Limits,
        work: Work,
    ) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(self.transact(Kind::ReadsOne, limits, work))
    }

    pub(super) fn write(&self, limits: Limits, work: Work) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(self.transact(Kind::Writes, limits, work))
    }

    /// Runs a transaction to its end; on success its work has had the last word.
    async fn transact(&self, kind: Kind, limits: Limits, mut work: Work) -> Result<(), DbError> {
        let deadline = limits.within.map(|within| Instant::now() + within);
        let (mut repetition, mut dead) = (0, 0);
        loop {
            let lent = match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, self.pool.lend())
                    .await
                    .unwrap_or_else(|_| Err(DbError::Unavailable("no connection in time".into()))),
                None => self.pool.lend().await,
            }?;
            let (again, ended) = self.attempt(lent, kind, deadline, work).await?;
            work = again;
            match ended {
                Ended::AsWanted => return Ok(()),
                Ended::NotBegun(_) if dead < DEAD => {
                    // A server that was restarted leaves a pool of dead connections.
                    dead += 1;
                    self.pool.distrust();
                }
                Ended::NotBegun(error) => return Err(DbError::Unavailable(error.to_string())),
                Ended::Met(_) if repetition < REPETITIONS => {
                    repetition += 1;
                    let pause = rand::rng().random_range(1..=5 << repetition);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                Ended::Met(error) | Ended::Broken(error) => return Err(error),
            }
        }
    }

    /// Tries once, and gives the work back for another time. A connection that does not answer in time is given up.
    async fn attempt(
        &self,
        lent: Lent,
        kind: Kind,
        deadline: Option<Instant>,
        mut work: Work,
    ) -> Result<(Work, Ended), DbError> {
        let decided = Arc::new(AtomicBool::new(false));
        let (answer, answered) = oneshot::channel();
        let its_decision = Arc::clone(&decided);
        let signal = (kind == Kind::Writes).then(|| self.signal.clone());
        let memory = Arc::clone(&self.memory);
        let way = self.way;
        let kind = match kind {
            // A statement by itself has no transaction to hold its limits.
            Kind::ReadsOne if way == Way::Pooled || deadline.is_none() => Kind::Reads,
            kind => kind,
        };
        lent.give(answer, move |conn| {
            let mut remembers = |conn: &mut Conn| remembering(&memory, kind, || work(conn));
            let (ended, clean) = match kind {
                Kind::ReadsOne => run_one(conn, &mut remembers),
                Kind::Reads | Kind::Writes => {
                    let begin = begin(way, kind, deadline.is_some());
                    run(conn, &begin, &mut remembers, &its_decision, signal.as_ref())
                }
            };
            ((work, ended), clean)
        });
        let outcome = match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, answered).await,
            None => Ok(answered.await),
        };
        match outcome {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(_)) => {
                self.pool.give_up(lent);
                Err(DbError::Unavailable("the connection has ended".to_owned()))
            }
            Err(_) => {
                self.pool.give_up(lent);
                // Whoever decides first has decided: either it will not be committed any more, or that is under way.
                let why = match decided.swap(true, Ordering::SeqCst) {
                    false => "no answer in time, and nothing was written",
                    true => "no answer in time to what may have been written",
                };
                tracing::warn!(why, "a connection to the database is given up");
                Err(DbError::Unavailable(why.to_owned()))
            }
        }
    }
}

fn begin(way: Way, kind: Kind, limited: bool) -> Cow<'static, str> {
    let begin = match kind {
        Kind::Writes => WRITE,
        Kind::Reads | Kind::ReadsOne => POSTGRES_READS,
    };
    let first = way.begins_with();
    match (first, limited) {
        (None, true) => begin.into(),
        (None, false) => format!("{begin}; {UNLIMITED}").into(),
        (Some(first), true) => format!("{begin}; {first}").into(),
        (Some(first), false) => format!("{begin}; {first}; {UNLIMITED}").into(),
    }
}

/// Work that reads by one statement, which is a transaction by itself: to begin and end one around it would take a server
/// twice as long as the statement.
fn run_one(conn: &mut Conn, work: &mut dyn FnMut(&mut Conn) -> Verdict) -> (Ended, bool) {
    let Ok(verdict) = std::panic::catch_unwind(AssertUnwindSafe(|| work(conn))) else {
        return (Ended::Broken(DbError::Panicked), false);
    };
    match verdict {
        Verdict::Commit | Verdict::Refused => (Ended::AsWanted, true),
        Verdict::Repeat => (Ended::Met(conflict()), true),
        Verdict::Failed => match on_postgres(conn, |conn| conn.batch_execute("SELECT 1")) {
            Ok(()) => (Ended::AsWanted, true),
            // It was dead when it was lent out, or died since: nothing is lost by taking another one.
            Err(error) => (Ended::NotBegun(error), false),
        },
    }
}

/// One transaction on its connection's thread, whose commit `signal` tells of; also says whether the connection is good for
/// another one.
fn run(
    conn: &mut Conn,
    begin: &str,
    work: &mut dyn FnMut(&mut Conn) -> Verdict,
    decided: &AtomicBool,
    signal: Option<&ChangeSignal>,
) -> (Ended, bool) {
    type Manager = AnsiTransactionManager;
    let _turns = turns::Ends;
    if let Err(error) = on_postgres(conn, |conn| Manager::begin_transaction_sql(conn, begin)) {
        return (Ended::NotBegun(error), false);
    }
    let worked = std::panic::catch_unwind(AssertUnwindSafe(|| work(conn)));
    let is_to_be_heard_of = is_to_be_heard_of();
    let Ok(verdict) = worked else {
        // The connection ends, and its transaction with it.
        return (Ended::Broken(DbError::Panicked), false);
    };
    // Whoever waited has gone, and was told that nothing was written.
    let in_time = !decided.swap(true, Ordering::SeqCst);
    let commits = matches!(verdict, Verdict::Commit) && in_time;
    let ended = match commits {
        true => on_postgres(conn, Manager::commit_transaction),
        false => on_postgres(conn, Manager::rollback_transaction),
    };
    if let Some(signal) = signal
        && commits
        && is_to_be_heard_of
        && ended.is_ok()
    {
        signal.notify();
    }
    match (verdict, ended) {
        (Verdict::Repeat, Ok(())) => (Ended::Met(conflict()), true),
        (_, Ok(())) => (Ended::AsWanted, true),
        // A refusal is right, whatever became of its transaction.
        (Verdict::Refused, Err(_)) => (Ended::AsWanted, false),
        (_, Err(error)) if error.asks_for_repetition() => (Ended::Met(error), false),
        // A transaction that cannot even be rolled back has lost its server.
        (_, Err(error)) if !commits => (Ended::Broken(unavailable(error)), false),
        (_, Err(error)) => (Ended::Broken(error), false),
    }
}

fn conflict() -> DbError {
    DbError::Unavailable("too many others write the same".to_owned())
}

fn unavailable(error: DbError) -> DbError {
    DbError::Unavailable(error.to_string())
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
