//! The embedded database: readers on the calling threads, one writer thread that commits in groups.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{Conn, DbError, Failure, Schema, migrate};
use crate::private_files;

/// How many jobs may wait for the writer before callers wait too.
const QUEUE: usize = 1024;
/// How many jobs share one commit; bounds how long the first of them waits for the last.
const GROUP: usize = 128;
/// Pages (4 KiB each) beyond which the log is started over, even if that waits for readers.
const LOG_PAGES: i64 = 16_000;

/// How long commits gather before they are moved into the database file.
const PAUSE_BETWEEN_CHECKPOINTS: Duration = Duration::from_millis(200);

/// A job ran; this answers its caller once the fate of the commit is known.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
type Job = Box<dyn FnOnce(&mut Conn) -> Answer + Send>;

pub(super) struct Sqlite {
    path: PathBuf,
    /// Distinguishes this database among those whose readers a thread keeps.
    id: u64,
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

thread_local! {
    static READERS: RefCell<HashMap<u64, Conn>> = RefCell::new(HashMap::new());
}

impl Sqlite {
    pub(super) fn open(path: &Path, schema: Schema) -> Result<Self, DbError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        if let Some(folder) = path.parent() {
            private_files::create_folder(folder).map_err(|error| {
                DbError::Unavailable(format!("cannot create {}: {error}", folder.display()))
            })?;
        }
        keep_private(path)?;
        let mut writer = connect(path)?;
        // FULL: with NORMAL an acknowledged commit can be lost when the power fails. The checkpointer has its own
        // thread, so that no commit waits for one.
        writer
            .batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")
            .map_err(DbError::from)?;
        if schema == Schema::BroughtUpToDate {
            migrate::sqlite(&mut writer)?;
        }
        let mut writer = Conn::Sqlite(writer);
        if schema == Schema::AsItIs {
            migrate::require_current(&mut writer)?;
        }

        let (jobs, queue) = mpsc::channel(QUEUE);
        let (committed, commits) = std::sync::mpsc::channel();
        let mut checkpointer = connect(path)?;
        checkpointer
            .batch_execute("PRAGMA synchronous = FULL;")
            .map_err(DbError::from)?;
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(body)
                .map_err(|error| {
                    DbError::Unavailable(format!("cannot start the {name} thread: {error}"))
                })
        };
        let threads = vec![
            spawn(
                "writer",
                Box::new(move || write_in_groups(writer, queue, &committed)),
            )?,
            spawn(
                "checkpointer",
                Box::new(move || checkpoint_after(&commits, &mut checkpointer)),
            )?,
        ];
        Ok(Self {
            path: path.to_owned(),
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            jobs: Some(jobs),
            threads,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read<T, E: Failure>(
        &self,
        f: impl Fn(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        // The connection is taken out while in use, so that a panic in `f` cannot leave it behind in mid-transaction.
        let taken = READERS.with_borrow_mut(|readers| readers.remove(&self.id));
        let mut conn = match taken {
            Some(conn) => conn,
            None => Conn::Sqlite(self.reader()?),
        };
        begin(&mut conn, "BEGIN").map_err(E::from)?;
        let outcome = f(&mut conn);
        // Nothing was written, so whether it commits or rolls back is the same; a connection that can do neither
        // is dropped.
        if rollback(&mut conn).is_ok() {
            READERS.with_borrow_mut(|readers| readers.insert(self.id, conn));
        }
        outcome
    }

    fn reader(&self) -> Result<SqliteConnection, DbError> {
        let mut conn = connect(&self.path)?;
        conn.batch_execute("PRAGMA query_only = ON;")
            .map_err(DbError::from)?;
        Ok(conn)
    }

    pub(super) async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let gone = || E::from(DbError::Unavailable("the writer has stopped".into()));
        let (answer, outcome) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let done = in_savepoint(conn, f);
            Box::new(move |commit| {
                // Whoever asked may have gone away; the work is done all the same.
                let _ = answer.send(match commit {
                    Ok(()) => done,
                    Err(why) => Err(E::from(DbError::Unavailable(why))),
                });
            })
        });
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job).await.map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }
}

/// Lets the writer finish what is queued.
impl Drop for Sqlite {
    fn drop(&mut self) {
        self.jobs = None;
        let here = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // A job whose caller has gone may hold the last handle: the writer cannot wait for itself.
            if thread.thread().id() != here {
                let _ = thread.join();
            }
        }
    }
}

/// Makes the file, if it is not there, and closes it to others with the files beside it. SQLite gives those that it makes
/// later the database's own mode.
fn keep_private(path: &Path) -> Result<(), DbError> {
    match private_files::create_file(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let why = format!("cannot create {}: {error}", path.display());
            return Err(DbError::Unavailable(why));
        }
        _ => {}
    }
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        private_files::close_file(Path::new(&name));
    }
    Ok(())
}

fn connect(path: &Path) -> Result<SqliteConnection, DbError> {
    let unavailable =
        |error: String| DbError::Unavailable(format!("cannot open {}: {error}", path.display()));
    let name = path
        .to_str()
        .ok_or_else(|| unavailable("the path is not UTF-8".into()))?;
    let mut conn =
        SqliteConnection::establish(name).map_err(|error| unavailable(error.to_string()))?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; \
         PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;",
    )
    .map_err(|error| unavailable(error.to_string()))?;
    Ok(conn)
}

/// The writer: drains its queue, begins once, runs each job in a savepoint, commits once, then answers them all.
fn write_in_groups(
    mut conn: Conn,
    mut queue: mpsc::Receiver<Job>,
    committed: &std::sync::mpsc::Sender<()>,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut answers = Vec::new();
        let begun = begin(&mut conn, "BEGIN IMMEDIATE");
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if begun.is_ok() {
                answers.push(job(&mut conn));
            } else {
                // Without a transaction the job must not run; dropping it tells its caller that the writer failed.
                drop(job);
            }
            if answers.len() < GROUP {
                next = queue.try_recv().ok();
            }
        }
        let outcome = begun
            .and_then(|()| commit(&mut conn))
            .map_err(|error| error.to_string());
        if let Err(why) = &outcome {
            tracing::error!(error = %why, jobs = answers.len(), "the group could not be committed");
            let _ = rollback(&mut conn);
        }
        for answer in answers {
            answer(outcome.clone());
        }
        let _ = committed.send(());
    }
}

/// Moves committed pages into the database file, away from the writer, so that no commit pays for it.
fn checkpoint_after(commits: &std::sync::mpsc::Receiver<()>, conn: &mut SqliteConnection) {
    #[derive(diesel::QueryableByName)]
    struct Log {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        log: i64,
    }
    use diesel::RunQueryDsl;
    let run = |conn: &mut SqliteConnection, how: &str| {
        diesel::sql_query(format!("PRAGMA wal_checkpoint({how})")).get_result::<Log>(conn)
    };
    while commits.recv().is_ok() {
        match run(conn, "PASSIVE") {
            // A log that readers kept from starting over has grown: wait for them once.
            Ok(Log { log }) if log > LOG_PAGES => {
                let _ = run(conn, "RESTART");
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the checkpoint failed; the next one will try again");
            }
        }
        // Many commits share one checkpoint.
        let next = std::time::Instant::now() + PAUSE_BETWEEN_CHECKPOINTS;
        while commits
            .recv_timeout(next.saturating_duration_since(std::time::Instant::now()))
            .is_ok()
        {}
    }
}

fn in_savepoint<T, E: Failure>(
    conn: &mut Conn,
    f: impl Fn(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    type Manager = <Conn as Connection>::TransactionManager;
    Manager::begin_transaction(conn).map_err(E::from)?;
    match std::panic::catch_unwind(AssertUnwindSafe(|| f(conn))) {
        Ok(Ok(value)) => {
            Manager::commit_transaction(conn).map_err(E::from)?;
            Ok(value)
        }
        Ok(Err(error)) => {
            Manager::rollback_transaction(conn).map_err(E::from)?;
            Err(error)
        }
        Err(_) => {
            Manager::rollback_transaction(conn).map_err(E::from)?;
            Err(E::from(DbError::Panicked))
        }
    }
}

fn begin(conn: &mut Conn, sql: &str) -> Result<(), DbError> {
    on_sqlite(conn, |conn| {
        AnsiTransactionManager::begin_transaction_sql(conn, sql)
    })
}

fn commit(conn: &mut Conn) -> Result<(), DbError> {
    on_sqlite(conn, AnsiTransactionManager::commit_transaction)
}

fn rollback(conn: &mut Conn) -> Result<(), DbError> {
    on_sqlite(conn, AnsiTransactionManager::rollback_transaction)
}

fn on_sqlite<T>(
    conn: &mut Conn,
    f: impl FnOnce(&mut SqliteConnection) -> diesel::QueryResult<T>,
) -> Result<T, DbError> {
    match conn {
        Conn::Sqlite(conn) => f(conn).map_err(DbError::from),
        Conn::Postgres(_) => Err(DbError::Unavailable("not an embedded connection".into())),
    }
}

#[cfg(test)]
mod tests;
