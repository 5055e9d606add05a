//! The embedded database: readers on the calling threads, one writer thread that commits in groups.

mod checkpoints;
mod connections;
mod turn;

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::change::{ChangeSignal, is_to_be_heard_of};
use super::memory::{Kind, Memory, remembering};
use super::others::Writes;
use super::work::{Verdict, Work};
use super::{Conn, DbError, Failure, Limits, Others, Schema, migrate};
use crate::private_files;
use checkpoints::{Committed, checkpoint_after};
use connections::{Connections, Reason, opened_anew};
use turn::Turn;

/// How many jobs may wait for the writer before callers wait too.
const QUEUE: usize = 1024;
/// How many jobs share one commit; bounds how long the first of them waits for the last.
const GROUP: usize = 128;

/// How long the writer waits for another process that writes.
pub(super) const WRITER_WAITS: Duration = Duration::from_secs(8);
/// How long a reader waits for the file, which nobody keeps from readers for long.
const READER_WAITS: Duration = Duration::from_secs(1);
/// How long the log's start-over waits for readers; writers wait meanwhile.
const CHECKPOINT_WAITS: Duration = Duration::from_millis(250);

/// Work that waits for the writer.
struct Job {
    work: Work,
    /// Whether the writer has begun with it, or whoever asked for it has given it up.
    begun: Arc<AtomicBool>,
    /// Whether it may take as long as it takes, and so gives way to others.
    is_long: bool,
    answer: oneshot::Sender<Result<(), DbError>>,
}

/// A job that has run.
struct Done {
    /// Whether what its work says holds, once the group is committed.
    outcome: Result<(), DbError>,
    /// Whether it leaves something to commit of which others are to hear.
    commits: bool,
    /// Whether the transaction around it goes on.
    goes_on: bool,
}

pub(super) struct Sqlite {
    connections: Arc<Connections>,
    writes: Arc<Writes>,
    memory: Arc<Memory>,
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

thread_local! {
    /// Whether a job of the group that the writer is at asks for the log to be emptied.
    static ERASES: Cell<bool> = const { Cell::new(false) };
    /// The writer's, on its thread.
    static TURN: RefCell<Option<Arc<Turn>>> = const { RefCell::new(None) };
}

/// Whether somebody in another process waits for what they write. It is asked by long work on the writer's thread.
pub(super) fn is_waited_for() -> bool {
    TURN.with_borrow(|turn| turn.as_ref().is_some_and(|turn| turn.is_waited_for()))
}

/// What the job that runs on this thread takes away does not stay in the log.
pub(super) fn erase_after_commit() {
    ERASES.set(true);
}

/// How much of the file a connection keeps in memory that writes all over it, in KiB; others keep a quarter of it.
const KEPT_WHERE_MUCH_IS_WRITTEN: u32 = 64_000;

pub(super) fn keep_more_in_memory(conn: &mut SqliteConnection) -> diesel::QueryResult<()> {
    conn.batch_execute(&format!(
        "PRAGMA cache_size = -{KEPT_WHERE_MUCH_IS_WRITTEN}"
    ))
}

impl Sqlite {
    pub(super) fn open(
        path: &Path,
        schema: Schema,
        signal: ChangeSignal,
        memory: Arc<Memory>,
    ) -> Result<Self, DbError> {
        if let Some(folder) = path.parent() {
            private_files::create_folder(folder).map_err(|error| {
                DbError::Unavailable(format!("cannot create {}: {error}", folder.display()))
            })?;
        }
        keep_private(path)?;
        let mut writer = Conn::Sqlite(writer(path, WRITER_WAITS)?);
        match schema {
            Schema::BroughtUpToDate => with_temporary_files(&mut writer, migrate::rest)?,
            Schema::AsItIs => migrate::require_current(&mut writer)?,
        }

        let (jobs, queue) = mpsc::channel(QUEUE);
        let (committed, commits) = std::sync::mpsc::channel();
        if schema == Schema::BroughtUpToDate {
            // Whoever was here before may have been killed between an erasure and the emptying of the log.
            let _ = committed.send(Committed::Erasure);
        }
        let connections = Arc::new(Connections::new(path, writer)?);
        let writes = Arc::new(Writes::to(path));
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
                Box::new({
                    let (connections, memory) = (Arc::clone(&connections), Arc::clone(&memory));
                    let (turn, writes) = (Arc::new(Turn::beside(path)), Arc::clone(&writes));
                    move || {
                        TURN.set(Some(Arc::clone(&turn)));
                        let told = (&signal, &*turn, &*writes);
                        write_in_groups(&connections, queue, &committed, told, &memory);
                    }
                }),
            )?,
            spawn(
                "checkpointer",
                Box::new({
                    let connections = Arc::clone(&connections);
                    move || checkpoint_after(&commits, &connections)
                }),
            )?,
        ];
        Ok(Self {
            connections,
            writes,
            memory,
            jobs: Some(jobs),
            threads,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.connections.path()
    }

    /// Word of what other processes commit.
    pub(super) fn others(&self) -> Others {
        Others::beside(&self.writes)
    }

    /// Reads on the calling thread.
    pub(super) fn read(&self, work: &mut dyn FnMut(&mut Conn)) -> Result<(), DbError> {
        // A panic in `work` closes the connection, so that nobody gets it in mid-transaction.
        let mut lent = self.connections.lend()?;
        let conn = lent.conn()?;
        begin(conn, "BEGIN")?;
        remembering(&self.memory, Kind::Reads, || work(conn));
        // Nothing was written, so whether it commits or rolls back is the same; a connection that can do neither
        // is closed.
        if rollback(conn).is_ok() {
            lent.give_back();
        }
        Ok(())
    }

    /// Reads one statement on the calling thread.
    pub(super) fn read_one(&self, work: &mut dyn FnMut(&mut Conn)) -> Result<(), DbError> {
        let mut lent = self.connections.lend()?;
        let conn = lent.conn()?;
        remembering(&self.memory, Kind::ReadsOne, || work(conn));
        // One that could not end what it had begun is closed.
        if is_in_no_transaction(conn) {
            lent.give_back();
        }
        Ok(())
    }

    /// What came of reading, once what its error asks for is done.
    pub(super) fn looked_into<T, E: Failure>(&self, outcome: Result<T, E>) -> Result<T, E> {
        outcome.inspect_err(|error| {
            if let Some(error) = error.database() {
                self.connections.look_into(error, Reason::Unreadable);
            }
        })
    }

    pub(super) async fn write(&self, limits: Limits, work: Work) -> Result<(), DbError> {
        let gone = || DbError::Unavailable("the writer has stopped".into());
        let (answer, outcome) = oneshot::channel();
        let begun = Arc::new(AtomicBool::new(false));
        let job = Job {
            work,
            begun: Arc::clone(&begun),
            is_long: limits.within.is_none(),
            answer,
        };
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        let answered = async {
            jobs.send(job).await.map_err(|_| gone())?;
            outcome.await.map_err(|_| gone())?
        };
        let Some(within) = limits.within else {
            return answered.await;
        };
        match tokio::time::timeout(within, answered).await {
            Ok(outcome) => outcome,
            Err(_) if !begun.swap(true, Ordering::SeqCst) => Err(late()),
            Err(_) => Err(DbError::Unavailable(
                "no answer in time to what may have been written".to_owned(),
            )),
        }
    }
}

/// Reads on a blocking thread.
pub(super) async fn read_apart(sqlite: &Arc<Sqlite>, mut work: Work) -> Result<(), DbError> {
    let sqlite = Arc::clone(sqlite);
    let read = move || {
        sqlite.read(&mut |conn| {
            work(conn);
        })
    };
    crate::blocking::run(read).await?
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
/// later the mode of the database's file.
fn keep_private(path: &Path) -> Result<(), DbError> {
    match private_files::create_file(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let why = format!("cannot create {}: {error}", path.display());
            return Err(DbError::Unavailable(why));
        }
        _ => {}
    }
    files(path).for_each(|file| private_files::close_file(&file));
    Ok(())
}

/// The database's file, and those that SQLite keeps beside it.
pub(super) fn files(path: &Path) -> impl Iterator<Item = PathBuf> {
    ["", "-wal", "-shm", "-journal"].into_iter().map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    })
}

fn late() -> DbError {
    DbError::Unavailable("not written in time, and not written at all".to_owned())
}

/// FULL: with NORMAL an acknowledged commit can be lost when the power fails. The checkpointer has its own thread, so that
/// no commit waits for one.
///
/// Opening it waits as long as is given, writing as long as [`WRITER_WAITS`].
fn writer(path: &Path, waits: Duration) -> Result<SqliteConnection, DbError> {
    let mut conn = connect(path, waits)?;
    conn.batch_execute(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; \
         PRAGMA busy_timeout = {};",
        WRITER_WAITS.as_millis()
    ))?;
    Ok(conn)
}

/// Does what may change so much that what would bring it back does not fit into memory. Other jobs change little, which is not
/// worth a file.
fn with_temporary_files<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let keep_in = |conn: &mut Conn, store: &str| {
        on_sqlite(conn, |conn| {
            conn.batch_execute(&format!("PRAGMA temp_store = {store}"))
        })
    };
    keep_in(conn, "DEFAULT")?;
    let done = work(conn)?;
    keep_in(conn, "MEMORY")?;
    Ok(done)
}

fn reader(path: &Path) -> Result<SqliteConnection, DbError> {
    let mut conn = connect(path, READER_WAITS)?;
    conn.batch_execute("PRAGMA query_only = ON;")?;
    Ok(conn)
}

fn checkpointer(path: &Path) -> Result<SqliteConnection, DbError> {
    let mut conn = connect(path, CHECKPOINT_WAITS)?;
    conn.batch_execute("PRAGMA synchronous = FULL;")?;
    Ok(conn)
}

pub(super) fn connect(path: &Path, waits: Duration) -> Result<SqliteConnection, DbError> {
    let unavailable =
        |error: String| DbError::Unavailable(format!("cannot open {}: {error}", path.display()));
    let name = path
        .to_str()
        .ok_or_else(|| unavailable("the path is not UTF-8".into()))?;
    let mut conn =
        SqliteConnection::establish(name).map_err(|error| unavailable(error.to_string()))?;
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; \
         PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;",
        waits.as_millis()
    ))
    .map_err(|error| unavailable(error.to_string()))?;
    Ok(conn)
}

/// The writer: drains its queue, begins once, runs each job in a savepoint, commits once, says so, then answers them all. Long work
/// that comes first has the transaction for itself, and needs no savepoint: SQLite keeps each page as it was before every savepoint
/// there is, which is much where much is written.
///
/// The connection is kept after an error, such as a full disk at the commit: on such a disk none could be opened.
fn write_in_groups(
    connections: &Arc<Connections>,
    mut queue: mpsc::Receiver<Job>,
    committed: &std::sync::mpsc::Sender<Committed>,
    (signal, turn, writes): (&ChangeSignal, &Turn, &Writes),
    memory: &Arc<Memory>,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut answers = Vec::new();
        let mut commits = false;
        let waited = match first.is_long {
            true => {
                turn.give_way();
                None
            }
            false => Some(turn.waited_for()),
        };
        let mut writer = connections.writer();
        let mut group = begin_group(connections.path(), &mut writer).inspect(|()| writes.begin());
        let mut next = Some(first);
        while let Some(job) = next.take() {
            let Job {
                work,
                begun,
                is_long,
                answer,
            } = job;
            let within = match is_long && answers.is_empty() {
                true => Within::Transaction,
                false => Within::Savepoint,
            };
            let conn = writer.as_mut().filter(|_| group.is_ok());
            let done = do_job(conn, &begun, work, within, memory);
            answers.push((answer, done.outcome));
            commits |= done.commits;
            if !done.goes_on {
                let why = "the database took the whole transaction back";
                group = Err(DbError::Unavailable(why.to_owned()));
            } else if answers.len() < GROUP && within == Within::Savepoint {
                next = queue.try_recv().ok();
            }
        }
        let outcome = end_group(group, writer.as_mut()).map_err(|error| {
            tracing::error!(%error, jobs = answers.len(), "nothing of the group is written");
            connections.look_into(&error, Reason::Unwritable);
            error.to_string()
        });
        writes.end();
        drop((writer, waited));
        if commits && outcome.is_ok() {
            signal.notify();
        }
        for (answer, done) in answers {
            // Whoever asked may have gone away; the work is done all the same.
            let _ = answer.send(match &outcome {
                Ok(()) => done,
                Err(why) => Err(DbError::Unavailable(why.clone())),
            });
        }
        let _ = committed.send(match ERASES.replace(false) {
            true => Committed::Erasure,
            false => Committed::Something,
        });
    }
}

/// Begins; on a new connection where the old one is in a state that nobody knows.
fn begin_group(path: &Path, place: &mut Option<Conn>) -> Result<(), DbError> {
    let conn = place.as_mut().ok_or_else(opened_anew)?;
    let error = match begin(conn, "BEGIN IMMEDIATE") {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    if is_in_no_transaction(conn) && !error.to_string().contains("within a transaction") {
        return Err(error);
    }
    *conn = Conn::Sqlite(writer(path, WRITER_WAITS)?);
    begin(conn, "BEGIN IMMEDIATE")
}

fn end_group(group: Result<(), DbError>, conn: Option<&mut Conn>) -> Result<(), DbError> {
    let conn = conn.ok_or_else(opened_anew)?;
    let ended = group.and_then(|()| commit(conn));
    if ended.is_err() {
        // Whether there is anything left to roll back is seen when the next group begins.
        let _ = rollback(conn);
    }
    ended
}

/// Does a job in the transaction that is given; without one it does nothing.
fn do_job(
    conn: Option<&mut Conn>,
    begun: &AtomicBool,
    mut work: Work,
    within: Within,
    memory: &Arc<Memory>,
) -> Done {
    match conn {
        // Whoever waited has been told that nothing was written.
        Some(_) if begun.swap(true, Ordering::SeqCst) => Done::not(late(), true),
        Some(conn) => do_within(within, conn, &mut work, memory),
        None => Done::not(late(), true),
    }
}

/// What is taken back where a job is to be without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// What it did itself.
    Savepoint,
    /// All of the transaction, in which nobody else does anything. Another one begins in its place.
    Transaction,
}

impl Within {
    fn begin(self, conn: &mut Conn) -> diesel::QueryResult<()> {
        match self {
            Self::Savepoint => Manager::begin_transaction(conn),
            Self::Transaction => Ok(()),
        }
    }

    fn commit(self, conn: &mut Conn) -> diesel::QueryResult<()> {
        match self {
            Self::Savepoint => Manager::commit_transaction(conn),
            Self::Transaction => Ok(()),
        }
    }

    fn take_back(self, conn: &mut Conn) -> diesel::QueryResult<()> {
        Manager::rollback_transaction(conn)?;
        match self {
            Self::Savepoint => Ok(()),
            Self::Transaction => Manager::begin_transaction(conn),
        }
    }
}

type Manager = <Conn as Connection>::TransactionManager;

fn do_within(within: Within, conn: &mut Conn, work: &mut Work, memory: &Arc<Memory>) -> Done {
    if let Err(error) = within.begin(conn) {
        return Done::not(error.into(), goes_on(conn));
    }
    let work = AssertUnwindSafe(|| remembering(memory, Kind::Writes, || work(conn)));
    let verdict = std::panic::catch_unwind(work);
    let is_to_be_heard_of = is_to_be_heard_of();
    let commits = matches!(verdict, Ok(Verdict::Commit));
    let ended = match commits {
        true => within.commit(conn),
        false => within.take_back(conn),
    };
    if let Err(error) = ended {
        return Done::not(error.into(), false);
    }
    let goes_on = match verdict {
        Ok(Verdict::Commit | Verdict::Refused) => true,
        // The database rolls everything back by itself where a page cannot be written.
        _ => goes_on(conn),
    };
    Done {
        outcome: verdict.map(drop).map_err(|_| DbError::Panicked),
        commits: commits && is_to_be_heard_of,
        goes_on,
    }
}

impl Done {
    /// What a job comes to that has no say.
    fn not(error: DbError, goes_on: bool) -> Self {
        Self {
            outcome: Err(error),
            commits: false,
            goes_on,
        }
    }
}

/// Whether the transaction is still open: another one cannot be begun then.
fn goes_on(conn: &mut Conn) -> bool {
    on_sqlite(conn, |conn| conn.batch_execute("BEGIN"))
        .is_err_and(|error| error.to_string().contains("within a transaction"))
}

/// Whether diesel knows that no transaction is open.
fn is_in_no_transaction(conn: &mut Conn) -> bool {
    let depth = on_sqlite(conn, |conn| {
        let status = <AnsiTransactionManager as TransactionManager<SqliteConnection>>::transaction_manager_status_mut(conn);
        status.transaction_depth()
    });
    matches!(depth, Ok(None))
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
