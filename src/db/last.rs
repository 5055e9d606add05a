//! What a transaction writes last, right before it is committed, and all of a kind at once: audited events, notices, and what
//! nothing else of the transaction reads.
//!
//! Written last, events take their numbers as near to the commit as can be, so that the numbers of two transactions nearly always stand in
//! the order of their commits; and in the embedded database the end of their chain is moved once, however many there are. A server
//! is sent all of it together, by one statement: there and back takes it longer than what is done there.

use std::any::Any;
use std::cell::RefCell;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::Conn;

/// What is written last. A server gets what is put off of several kinds as one statement, whose parts see nothing of each other.
pub trait Last: Sized + 'static {
    /// Writes all of it, in the order in which it was put off.
    ///
    /// # Errors
    /// Database errors.
    fn embedded(all: Vec<Self>, conn: &mut SqliteConnection) -> QueryResult<()>;

    /// The same on a server: writes what is too much to be sent together with anything else, and says by which statements the rest
    /// is written, in whatever order.
    ///
    /// # Errors
    /// Database errors.
    fn server(all: Vec<Self>, conn: &mut PgConnection) -> QueryResult<Vec<Statement>>;
}

/// A statement that writes and gives nothing back, and may stay prepared.
pub type Statement = Box<dyn QueryFragment<Pg> + Send>;

/// A [`Vec`] of whatever it holds.
trait PutOff {
    fn embedded(self: Box<Self>, conn: &mut SqliteConnection) -> QueryResult<()>;
    fn server(self: Box<Self>, conn: &mut PgConnection) -> QueryResult<Vec<Statement>>;
    /// Takes in what another one holds, if it is one of the same.
    fn take_in(&mut self, other: &mut dyn PutOff) -> bool;
    fn as_any(&mut self) -> &mut dyn Any;
}

impl<T: Last> PutOff for Vec<T> {
    fn embedded(self: Box<Self>, conn: &mut SqliteConnection) -> QueryResult<()> {
        match self.is_empty() {
            true => Ok(()),
            false => T::embedded(*self, conn),
        }
    }

    fn server(self: Box<Self>, conn: &mut PgConnection) -> QueryResult<Vec<Statement>> {
        match self.is_empty() {
            true => Ok(Vec::new()),
            false => T::server(*self, conn),
        }
    }

    fn take_in(&mut self, other: &mut dyn PutOff) -> bool {
        match other.as_any().downcast_mut::<Self>() {
            Some(other) => {
                self.append(other);
                true
            }
            None => false,
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// How many statements are sent as one at the most: more than a request has. What is put off by many verbs of one transaction is not
/// prepared once for each number of them.
const MOST_TOGETHER: usize = 8;

/// Statements of which each is done, sent as one. It is found by its text, which says of which they are.
struct Together<'s>(&'s [Statement]);

impl QueryId for Together<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Together<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some((last, others)) = self.0.split_last() else {
            return Ok(());
        };
        for (place, statement) in others.iter().enumerate() {
            out.push_sql(if place == 0 { "WITH " } else { ", " });
            out.push_identifier(&format!("part_{place}"))?;
            out.push_sql(" AS (");
            statement.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        if !others.is_empty() {
            out.push_sql(" ");
        }
        last.walk_ast(out)
    }
}

impl RunQueryDsl<PgConnection> for Together<'_> {}

type Queues = Vec<Box<dyn PutOff>>;

thread_local! {
    /// What the transaction that this thread writes has put off; none where it is in no such transaction.
    static QUEUES: RefCell<Option<Queues>> = const { RefCell::new(None) };
}

/// Forgets what was put off and not written, also if the work panics.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        QUEUES.set(None);
    }
}

/// Does the work of a transaction that writes.
pub(super) fn putting_off<T>(work: impl FnOnce() -> T) -> T {
    QUEUES.set(Some(Vec::new()));
    let _end = End;
    work()
}

/// Puts something off until the end of the transaction; outside of one it is written at once.
///
/// # Errors
/// Database errors, where it is done at once.
pub fn write_last<T: Last>(conn: &mut Conn, item: T) -> QueryResult<()> {
    let at_once = QUEUES.with_borrow_mut(|queues| {
        let Some(queues) = queues else {
            return Some(item);
        };
        put_off(queues, Box::new(vec![item]));
        None
    });
    match at_once {
        Some(item) => write_all(conn, vec![Box::new(vec![item])]),
        None => Ok(()),
    }
}

fn put_off(queues: &mut Queues, mut queue: Box<dyn PutOff>) {
    if !queues.iter_mut().any(|there| there.take_in(&mut *queue)) {
        queues.push(queue);
    }
}

/// Writes what was put off: at the end of the transaction, or before something reads it in the same one. In a savepoint, what
/// was put off in it.
///
/// # Errors
/// Database errors.
pub fn write_what_was_put_off(conn: &mut Conn) -> QueryResult<()> {
    let queues = QUEUES.with_borrow_mut(|queues| queues.as_mut().map(std::mem::take));
    write_all(conn, queues.unwrap_or_default())
}

fn write_all(conn: &mut Conn, queues: Queues) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(own) => queues.into_iter().try_for_each(|queue| queue.embedded(own)),
        Conn::Postgres(own) => {
            let mut statements = Vec::new();
            for queue in queues {
                statements.extend(queue.server(own)?);
            }
            let mut sent = statements.chunks(MOST_TOGETHER);
            sent.try_for_each(|some| Together(some).execute(own).map(drop))
        }
    }
}

/// Does `work` in a savepoint: if it fails, all of it is taken back, what it put off included.
///
/// # Errors
/// Those of `work`, and database errors.
pub fn in_savepoint<T, E: From<diesel::result::Error>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let before = QUEUES.with_borrow_mut(|queues| queues.as_mut().map(std::mem::take));
    let outcome = conn.transaction(work);
    QUEUES.with_borrow_mut(|queues| {
        let (Some(queues), Some(before)) = (queues, before) else {
            return;
        };
        let inside = std::mem::replace(queues, before);
        if outcome.is_ok() {
            for queue in inside {
                put_off(queues, queue);
            }
        }
    });
    outcome
}
