//! Connections, transactions, SQL types, schema and migrations.
//!
//! The rest of the house sees two methods: [`Db::read`], a consistent read, and [`Db::write`], one durable
//! transaction. One set of queries serves SQLite and PostgreSQL through [`Conn`].

mod among;
mod both;
mod change;
mod condition;
mod conn;
mod error;
mod fixed;
mod kept;
mod last;
mod limited;
mod memory;
mod others;
mod planning;
mod postgres;
mod sort_keys;
mod sqlite;
mod turns;
mod work;

pub mod migrate;
pub mod schema;
pub mod snapshot;
pub mod sql_types;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use change::ChangeSignal;

pub(crate) use among::among;
pub(crate) use both::both;
pub use change::{Changes, unheard};
pub(crate) use condition::condition;
pub(crate) use conn::on_either;
pub use conn::{Backend, Conn};
pub use error::{DbError, Failure};
pub(crate) use fixed::{Fixed, Texts, fixed};
pub(crate) use kept::{Varying, kept};
pub use last::{Last, Statement, in_savepoint, write_last, write_what_was_put_off};
pub(crate) use limited::{Rows, limited};
use memory::Memory;
pub(crate) use memory::TheEpochs;
pub use memory::{
    Epoch, Name, ONLY, Presumed, ask_anew, epoch_read, in_one_state, keep_secret, of_one,
    read_epochs, remembered, remembered_each, steadily,
};
pub use others::Others;
pub(crate) use planning::{aside, by_index, exists_aside, planned_once};
pub use postgres::unencrypted_host;
pub use turns::Turns;
use work::{Said, Work};

/// What this transaction overwrites or deletes is to be gone for good: once it is committed, the embedded database's log is
/// emptied too, which would keep it for a while. A server sees to that by itself.
pub fn erase_after_commit(conn: &mut Conn) {
    if let Conn::Sqlite(_) = conn {
        sqlite::erase_after_commit();
    }
}

/// Much will be written by this process, all over the file: the embedded database's writer keeps more of it in memory from now on.
/// A server sees to that by itself.
///
/// # Errors
/// Database errors.
pub fn expect_much(conn: &mut Conn) -> diesel::QueryResult<()> {
    match conn {
        Conn::Sqlite(conn) => sqlite::keep_more_in_memory(conn),
        Conn::Postgres(_) => Ok(()),
    }
}

/// Whether long work that this thread writes should end its transaction now: somebody waits for what they write. On a server nobody
/// can tell, so that it should wherever it can.
pub fn is_waited_for(conn: &Conn) -> bool {
    match conn {
        Conn::Sqlite(_) => sqlite::is_waited_for(),
        Conn::Postgres(_) => true,
    }
}

/// Where the data is kept.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file, which is created if it does not exist.
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(SecretString),
}

/// A database: cheap to clone, shared by all threads.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    limits: Limits,
    signal: ChangeSignal,
    memory: Arc<Memory>,
}

/// How long a transaction may take from its request to its answer.
#[derive(Clone, Copy, Debug)]
struct Limits {
    within: Option<Duration>,
}

/// Nobody who waits for an answer waits longer for the database.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

enum Inner {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(postgres::Postgres),
}

/// What is done about the schema of a database that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    /// What is missing is added.
    BroughtUpToDate,
    /// It is checked.
    AsItIs,
}

impl Db {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if it cannot be reached or created, [`DbError::Migration`] if a migration fails.
    pub fn open(location: &Location) -> Result<Self, DbError> {
        Self::open_with(location, Schema::BroughtUpToDate)
    }

    /// Opens a database that is there and changes nothing by it: its schema has to be this binary's.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if it is not there or cannot be reached, [`DbError::Migration`] if its schema is another.
    pub fn open_as_it_is(location: &Location) -> Result<Self, DbError> {
        if let Location::Sqlite(path) = location
            && !path.exists()
        {
            let missing = format!("there is no database at {}", path.display());
            return Err(DbError::Unavailable(missing));
        }
        Self::open_with(location, Schema::AsItIs)
    }

    fn open_with(location: &Location, schema: Schema) -> Result<Self, DbError> {
        let signal = ChangeSignal::default();
        let memory = Arc::<Memory>::default();
        let (committed, its) = (signal.clone(), Arc::clone(&memory));
        let inner = match location {
            Location::Sqlite(path) => {
                let sqlite = sqlite::Sqlite::open(path, schema, committed, its)?;
                Inner::Sqlite(Arc::new(sqlite))
            }
            Location::Postgres(url) => {
                Inner::Postgres(postgres::Postgres::open(url, schema, committed, its)?)
            }
        };
        Ok(Self {
            inner: Arc::new(inner),
            limits: Limits {
                within: Some(ANSWERED_WITHIN),
            },
            signal,
            memory,
        })
    }

    /// The same database for long work, such as an import: its transactions take as long as they take.
    #[must_use]
    pub fn without_limits(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            limits: Limits { within: None },
            signal: self.signal.clone(),
            memory: Arc::clone(&self.memory),
        }
    }

    /// Runs `f` in a read-only transaction: all its queries see one state of the data.
    ///
    /// On SQLite it runs on the calling thread, which is quicker than handing it over; a heavy aggregate belongs
    /// on a blocking thread.
    ///
    /// On a server it is given up after ten seconds: see [`Db::without_limits`].
    ///
    /// # Errors
    /// Those of `f`, and database errors, through `From<DbError>`.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => {
                let mut said = None;
                let ended = sqlite.read(&mut |conn| said = Some(f(conn)));
                sqlite.looked_into(work::outcome(ended, said))
            }
            Inner::Postgres(postgres) => {
                let (work, said) = Said::by(f);
                said.once(postgres.read(self.limits, work).await)
            }
        }
    }

    /// The same for work of one statement, besides what is [`remembered`]: no transaction is begun and ended around it, which
    /// would cost more than it. Of several statements each would see another state.
    ///
    /// # Errors
    /// Those of `f`, and database errors, through `From<DbError>`.
    pub async fn read_one<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => {
                let mut said = None;
                let ended = sqlite.read_one(&mut |conn| said = Some(f(conn)));
                sqlite.looked_into(work::outcome(ended, said))
            }
            Inner::Postgres(postgres) => {
                let (work, said) = Said::by(f);
                said.once(postgres.read_one(self.limits, work).await)
            }
        }
    }

    /// The same as [`Db::read`] on a blocking thread, whichever database it is: for what reads so much that those who share the calling
    /// thread would wait for it.
    ///
    /// # Errors
    /// Those of `f`, and database errors, through `From<DbError>`.
    pub async fn read_apart<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        match &*self.inner {
            Inner::Sqlite(sqlite) => {
                let (work, said) = Said::by(f);
                sqlite.looked_into(said.once(sqlite::read_apart(sqlite, work).await))
            }
            Inner::Postgres(postgres) => {
                let (work, said) = Said::by(f);
                said.once(postgres.read(self.limits, work).await)
            }
        }
    }

    /// Runs `f` in one durable transaction and returns once it is on disk; an error rolls all of it back. Its commit wakes
    /// whoever listens to [`Db::changes`].
    ///
    /// `f` may run more than once (PostgreSQL asks for a repetition after a serialization failure or a deadlock),
    /// so it must not have effects outside the database.
    ///
    /// It is given up after ten seconds, and then not committed any more; only if the commit itself was under way may it
    /// have been written: see [`Db::without_limits`].
    ///
    /// # Errors
    /// Those of `f`, and database errors, through `From<DbError>`.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let (work, said) = Said::by(f);
        said.once(self.write_work(work).await)
    }

    /// In a box, so that what waits for it stays small.
    fn write_work(&self, work: Work) -> BoxFuture<'_, Result<(), DbError>> {
        match &*self.inner {
            Inner::Sqlite(sqlite) => Box::pin(sqlite.write(self.limits, work)),
            Inner::Postgres(postgres) => postgres.write(self.limits, work),
        }
    }

    /// Hears of what is committed through this database from now on, whoever writes: whoever waits for rows need not ask for
    /// them again and again. What other processes commit is not heard of.
    pub fn changes(&self) -> Changes {
        self.signal.subscribe()
    }

    /// Hears of what other processes commit from now on, soon after it: see [`Others`].
    pub fn others(&self) -> Others {
        match &*self.inner {
            Inner::Sqlite(sqlite) => sqlite.others(),
            Inner::Postgres(postgres) => postgres.others(),
        }
    }

    /// What is remembered, without a question whether it holds: see [`Presumed`].
    pub fn presumed(&self) -> Option<Presumed> {
        self.memory.presumed()
    }

    /// Whether it is a server, which works while this process waits.
    pub fn is_server(&self) -> bool {
        matches!(*self.inner, Inner::Postgres(_))
    }

    /// The file of an embedded database.
    pub fn file(&self) -> Option<&Path> {
        match &*self.inner {
            Inner::Sqlite(sqlite) => Some(sqlite.path()),
            Inner::Postgres(_) => None,
        }
    }
}
