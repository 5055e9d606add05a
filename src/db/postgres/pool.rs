//! The connections to the server: each on a thread of its own, lent out one transaction at a time, and left behind when the
//! server does not answer.
//!
//! libpq waits inside a call, and nobody can call it back. So nobody who must answer in time calls it: they hand work
//! to a connection's thread and wait for its answer as long as they like. A thread that is left behind ends when its
//! call does (the system's own time-outs see to that, see [`super::url`]), and its place in the pool is free at once.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, QueueMode, RecycleError, RecycleResult, Timeouts};
use diesel::connection::SimpleConnection;
use secrecy::SecretString;
use tokio::sync::oneshot;

use super::on_postgres;
use super::way::Way;
use crate::db::{Conn, DbError};

/// Connections a process keeps at the most.
const CONNECTIONS: usize = 16;
/// Threads it has at the most, those included that wait for a server which does not answer.
const THREADS: usize = 4 * CONNECTIONS;
/// How long a request waits for a connection to be free.
const FREE_WITHIN: Duration = Duration::from_secs(4);
/// How long making one may take, the look-up of the server's name included.
const MADE_WITHIN: Duration = Duration::from_secs(4);
/// A connection that was lent out more recently than this is taken to be alive.
const LATELY: Duration = Duration::from_secs(1);
/// Within what time a connection that has rested must show that it is.
const ALIVE_WITHIN: Duration = Duration::from_secs(2);
/// How long the end of this process waits for connections to be closed properly.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);

/// What a connection's thread is given to do; it says whether the connection is still good after it.
type Job = Box<dyn FnOnce(&mut Conn) -> bool + Send>;

/// The connections.
pub(super) struct Pool(managed::Pool<Maker>);

/// A connection that is lent out. Dropping it gives it back; if its last work did not come to a clean end, it is not
/// lent out again.
pub(super) struct Lent(managed::Object<Maker>);

/// Makes connections, and knows which of them are worth keeping.
struct Maker {
    way: Way,
    url: SecretString,
    /// Connections of an earlier generation are not trusted any more.
    generation: AtomicU64,
    threads: Arc<AtomicUsize>,
}

struct Pooled {
    jobs: mpsc::Sender<Job>,
    generation: u64,
    clean: Arc<AtomicBool>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unconnected(String);

/// Counts a thread for as long as it lives.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl managed::Manager for Maker {
    type Type = Pooled;
    type Error = Unconnected;

    async fn create(&self) -> Result<Pooled, Unconnected> {
        let generation = self.generation.load(Ordering::SeqCst);
        let threads = self.threads.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(Arc::clone(&self.threads));
        if threads >= THREADS {
            let why = format!("{threads} connections do not answer");
            return Err(Unconnected(why));
        }
        let (jobs, queue) = mpsc::channel::<Job>();
        let (ready, connected) = oneshot::channel();
        let (way, url) = (self.way, self.url.clone());
        let serve = move || {
            let _counted = counted;
            match way.connect(&url) {
                Ok(conn) => {
                    let mut conn = Conn::Postgres(conn);
                    let _ = ready.send(Ok(()));
                    // Whoever lends the connection out holds the other end. One that is not good any more ends at once,
                    // and what it holds on the server with it.
                    while queue.recv().is_ok_and(|job| job(&mut conn)) {}
                }
                Err(error) => {
                    let _ = ready.send(Err(Unconnected(error.to_string())));
                }
            }
        };
        std::thread::Builder::new()
            .name("postgresql".to_owned())
            .spawn(serve)
            .map_err(|error| Unconnected(format!("no thread: {error}")))?;
        connected
            .await
            .unwrap_or_else(|_| Err(Unconnected("the thread has ended".to_owned())))?;
        Ok(Pooled {
            jobs,
            generation,
            clean: Arc::new(AtomicBool::new(true)),
        })
    }

    async fn recycle(&self, pooled: &mut Pooled, metrics: &Metrics) -> RecycleResult<Unconnected> {
        let trusted = pooled.generation == self.generation.load(Ordering::SeqCst);
        if !trusted || !pooled.clean.load(Ordering::SeqCst) {
            return Err(RecycleError::message("not to be lent out again"));
        }
        if metrics.last_used() < LATELY {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        let test = Box::new(move |conn: &mut Conn| {
            let alive = on_postgres(conn, |conn| conn.batch_execute("SELECT 1")).is_ok();
            let _ = answer.send(alive);
            alive
        });
        let sent = pooled.jobs.send(test).is_ok();
        if sent && tokio::time::timeout(ALIVE_WITHIN, answered).await == Ok(Ok(true)) {
            return Ok(());
        }
        // What happened to this one has happened to the others.
        self.generation.fetch_add(1, Ordering::SeqCst);
        Err(RecycleError::message("it does not answer"))
    }
}

impl Pool {
    /// A pool without connections: they are made when they are needed.
    pub(super) fn of(way: Way, url: SecretString) -> Result<Self, DbError> {
        let maker = Maker {
            way,
            url,
            generation: AtomicU64::new(0),
            threads: Arc::default(),
        };
        managed::Pool::builder(maker)
            .max_size(CONNECTIONS)
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(FREE_WITHIN),
                create: Some(MADE_WITHIN),
                // It keeps its own time.
                recycle: None,
            })
            .build()
            .map(Self)
            .map_err(|error| DbError::Unavailable(error.to_string()))
    }

    /// Lends out a connection, within seconds whatever the server does.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if none can be made, or none becomes free.
    pub(super) async fn lend(&self) -> Result<Lent, DbError> {
        let lent = self.0.get().await.map(Lent);
        lent.map_err(|error| DbError::Unavailable(error.to_string()))
    }

    /// Leaves a connection behind that does not answer, and those that rest with it: the next ones are new.
    pub(super) fn give_up(&self, lent: Lent) {
        drop(managed::Object::take(lent.0));
        self.distrust();
    }

    /// Makes no further use of the connections that there are.
    pub(super) fn distrust(&self) {
        let generation = self.0.manager().generation.fetch_add(1, Ordering::SeqCst);
        drop(self.0.retain(|pooled, _| pooled.generation > generation));
    }
}

/// A command that is done would end while a connection is being closed, which OpenSSL does not survive.
impl Drop for Pool {
    fn drop(&mut self) {
        let threads = Arc::clone(&self.0.manager().threads);
        self.0.close();
        drop(self.0.retain(|_, _| false));
        let deadline = Instant::now() + CLOSED_WITHIN;
        while threads.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Lent {
    /// Gives the connection work, which says what it answers and whether it came to a clean end. If the connection's thread has
    /// ended, the work is dropped, and the answer with it.
    ///
    /// Whoever has the answer may give the connection back at once, so it is known to be clean before.
    pub(super) fn give<T: Send + 'static>(
        &self,
        answer: oneshot::Sender<T>,
        work: impl FnOnce(&mut Conn) -> (T, bool) + Send + 'static,
    ) {
        let clean = Arc::clone(&self.0.clean);
        clean.store(false, Ordering::SeqCst);
        let job = Box::new(move |conn: &mut Conn| {
            let (said, ended) = work(conn);
            clean.store(ended, Ordering::SeqCst);
            let _ = answer.send(said);
            ended
        });
        let _ = self.0.jobs.send(job);
    }
}
