//! The connections of this process to the file, and how all of them are opened anew.
//!
//! The system's locks belong to a process and not to a connection, so SQLite keeps books of its own about them, one set for
//! all connections of the process. Where the system fails to take a lock back, as a network file system does whose
//! server is away, these books say for good that it is held, and whoever wants it waits in vain. They are thrown away with
//! the last connection: so after an error of locking all of them are closed, and only then new ones opened.
//!
//! The same is done, now and then, where a file could only be opened to be read: a connection that was opened so stays so,
//! though the file may be written by now.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;

use super::{READER_WAITS, begin, checkpointer, on_sqlite, reader, rollback, writer};
use crate::db::{Conn, DbError};

/// How often opening them anew is tried.
const PAUSE_BETWEEN_TRIES: Duration = Duration::from_millis(250);
/// How long a file that could only be opened to be read is left so, before it is tried again.
const READONLY_FOR: Duration = Duration::from_secs(5);
/// How long readers may take to finish meanwhile. Those that wait for a lock in vain give up after ten seconds.
const READERS_FINISH_WITHIN: Duration = Duration::from_secs(12);

/// The connections.
pub(super) struct Connections {
    path: PathBuf,
    /// Held by whoever has the writer next, so that nobody who wants it again and again overtakes them.
    next: Mutex<()>,
    writer: Mutex<Option<Conn>>,
    checkpointer: Mutex<Option<SqliteConnection>>,
    readers: Mutex<Readers>,
    given_back: Condvar,
}

#[derive(Default)]
struct Readers {
    /// The last one given back is lent out first, because it remembers most of what is read.
    free: Vec<Conn>,
    lent: usize,
    /// None is lent out, because all are being closed or cannot be opened.
    closed: bool,
    /// Somebody is about to open all of them anew.
    reopening: bool,
    /// When that was done last.
    opened: Option<Instant>,
}

/// Why all connections are opened anew, and so how much others have to put up with for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The file cannot be read. Nobody else is to wait for it until it can.
    Unreadable,
    /// Nobody here can write, though it can be read: by another process's fault, or because of a lock of this one.
    Unwritable,
    /// The log is kept from being emptied. It can wait until nobody reads.
    Unemptied,
}

impl Reason {
    /// How long it waits for a moment at which nobody reads.
    fn waits(self) -> Duration {
        match self {
            Self::Unreadable => Duration::ZERO,
            Self::Unwritable => Duration::from_secs(1),
            Self::Unemptied => Duration::from_secs(10),
        }
    }
}

/// A reader's connection. It is closed when this is dropped, unless it is given back.
pub(super) struct Lent<'a> {
    conn: Option<Conn>,
    connections: &'a Connections,
}

impl Connections {
    /// Those to the file at `path`, in which one has written already.
    pub(super) fn new(path: &Path, writer: Conn) -> Result<Self, DbError> {
        Ok(Self {
            path: path.to_owned(),
            next: Mutex::default(),
            writer: Mutex::new(Some(writer)),
            checkpointer: Mutex::new(Some(checkpointer(path)?)),
            readers: Mutex::default(),
            given_back: Condvar::new(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The one that writes; none while it is being opened anew.
    pub(super) fn writer(&self) -> MutexGuard<'_, Option<Conn>> {
        drop(locked(&self.next));
        locked(&self.writer)
    }

    /// Does something while nobody of this process writes: when the group that is under way has ended, and before the next
    /// begins, however many wait.
    pub(super) fn between_groups<T>(&self, does: impl FnOnce() -> T) -> T {
        let _next = locked(&self.next);
        let _writer = locked(&self.writer);
        does()
    }

    /// The one that empties the log; none while it is being opened anew.
    pub(super) fn checkpointer(&self) -> MutexGuard<'_, Option<SqliteConnection>> {
        locked(&self.checkpointer)
    }

    /// Lends out a connection to read with.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if none can be opened, or all are being opened anew.
    pub(super) fn lend(&self) -> Result<Lent<'_>, DbError> {
        let mut readers = self.readers();
        if readers.closed {
            return Err(opened_anew());
        }
        let free = readers.free.pop();
        readers.lent += 1;
        drop(readers);
        let mut lent = Lent {
            conn: free,
            connections: self,
        };
        if lent.conn.is_none() {
            lent.conn = Some(Conn::Sqlite(reader(&self.path)?));
        }
        Ok(lent)
    }

    /// Does what an error of one of the connections asks for.
    pub(super) fn look_into(self: &Arc<Self>, error: &DbError, reason: Reason) {
        let is_time = || {
            let opened = self.readers().opened;
            opened.is_none_or(|opened| opened.elapsed() >= READONLY_FOR)
        };
        if error.is_of_locks() || error.is_of_a_readonly_file() && is_time() {
            self.reopen(reason);
        }
    }

    /// Has all of them opened anew, on a thread of its own: each try may take seconds.
    pub(super) fn reopen(self: &Arc<Self>, reason: Reason) {
        {
            let mut readers = self.readers();
            readers.closed |= reason == Reason::Unreadable;
            if std::mem::replace(&mut readers.reopening, true) {
                return;
            }
        }
        let connections = Arc::downgrade(self);
        let started = std::thread::Builder::new()
            .name("reopener".to_owned())
            .spawn(move || keep_reopening(&connections, reason));
        if let Err(error) = started {
            tracing::error!(%error, "no thread to open the database file anew with");
            self.leave_as_it_is();
        }
    }

    /// Closes all of them; says whether that has succeeded, which somebody who reads for long may prevent.
    fn close(&self, reason: Reason) -> bool {
        let mut readers = self.readers();
        if !readers.closed {
            readers = self.wait_for_readers(readers, reason.waits());
            if readers.lent > 0 && reason == Reason::Unemptied {
                return false;
            }
            readers.closed = true;
        }
        readers = self.wait_for_readers(readers, READERS_FINISH_WITHIN);
        if readers.lent > 0 {
            return false;
        }
        let free = std::mem::take(&mut readers.free);
        drop(readers);
        drop(free);
        // A group that is under way ends first.
        *self.writer() = None;
        *self.checkpointer() = None;
        true
    }

    fn wait_for_readers<'a>(
        &self,
        readers: MutexGuard<'a, Readers>,
        within: Duration,
    ) -> MutexGuard<'a, Readers> {
        self.given_back
            .wait_timeout_while(readers, within, |readers| readers.lent > 0)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// Opens all of them, if the file can be read.
    fn open(&self) -> Result<(), DbError> {
        let mut reader = Conn::Sqlite(reader(&self.path)?);
        begin(&mut reader, "BEGIN")?;
        on_sqlite(&mut reader, |conn| {
            conn.batch_execute("SELECT count(*) FROM sqlite_schema")
        })?;
        rollback(&mut reader)?;
        let writer = Conn::Sqlite(writer(&self.path, READER_WAITS)?);
        let checkpointer = checkpointer(&self.path)?;
        *self.writer() = Some(writer);
        *self.checkpointer() = Some(checkpointer);
        let mut readers = self.readers();
        readers.free.push(reader);
        readers.opened = Some(Instant::now());
        (readers.closed, readers.reopening) = (false, false);
        Ok(())
    }

    fn leave_as_it_is(&self) {
        let mut readers = self.readers();
        (readers.closed, readers.reopening) = (false, false);
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        locked(&self.readers)
    }
}

fn keep_reopening(connections: &Weak<Connections>, reason: Reason) {
    while let Some(connections) = connections.upgrade() {
        if !connections.close(reason) {
            tracing::warn!("the database file is in use for too long to be opened anew");
            return connections.leave_as_it_is();
        }
        match connections.open() {
            Ok(()) => {
                tracing::info!("the database file is opened anew");
                return;
            }
            Err(error) => tracing::warn!(%error, "the database file cannot be opened anew"),
        }
        drop(connections);
        std::thread::sleep(PAUSE_BETWEEN_TRIES);
    }
}

impl Lent<'_> {
    /// The connection.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if there is none, which does not happen.
    pub(super) fn conn(&mut self) -> Result<&mut Conn, DbError> {
        self.conn.as_mut().ok_or_else(opened_anew)
    }

    /// Gives it back, in no transaction.
    pub(super) fn give_back(mut self) {
        let mut readers = self.connections.readers();
        if !readers.closed {
            readers.free.extend(self.conn.take());
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.conn = None;
        let mut readers = self.connections.readers();
        readers.lent -= 1;
        // Nobody else waits for it; and to wake nobody is a call of the system all the same, for each request.
        if readers.reopening {
            self.connections.given_back.notify_all();
        }
    }
}

pub(super) fn opened_anew() -> DbError {
    DbError::Unavailable("the database file is being opened anew".to_owned())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
