//! What a transaction writes last, right before it is committed, and all of a kind at once: audited events.
//!
//! Written last, they take their numbers as near to the commit as can be, so that the numbers of two transactions nearly always stand in
//! the order of their commits; and in the embedded database the end of their chain is moved once, however many there are.

use std::any::Any;
use std::cell::RefCell;

use diesel::prelude::*;

use super::Conn;

/// Writes what was put off, in the order in which it was.
type Write<T> = fn(&mut Conn, Vec<T>) -> QueryResult<()>;

struct Queue<T> {
    items: Vec<T>,
    write: Write<T>,
}

/// A [`Queue`] of whatever it holds.
trait PutOff {
    fn write(self: Box<Self>, conn: &mut Conn) -> QueryResult<()>;
    /// Takes in what another one holds, if it is one of the same.
    fn take_in(&mut self, other: &mut dyn PutOff) -> bool;
    fn as_any(&mut self) -> &mut dyn Any;
}

impl<T: 'static> PutOff for Queue<T> {
    fn write(self: Box<Self>, conn: &mut Conn) -> QueryResult<()> {
        match self.items.is_empty() {
            true => Ok(()),
            false => (self.write)(conn, self.items),
        }
    }

    fn take_in(&mut self, other: &mut dyn PutOff) -> bool {
        match other.as_any().downcast_mut::<Self>() {
            Some(other) => {
                self.items.append(&mut other.items);
                true
            }
            None => false,
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

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

/// Puts off what `write` writes until the end of the transaction; outside of one it is written at once.
///
/// # Errors
/// Those of `write`, where it is done at once.
pub fn write_last<T: 'static>(conn: &mut Conn, item: T, write: Write<T>) -> QueryResult<()> {
    let at_once = QUEUES.with_borrow_mut(|queues| {
        let Some(queues) = queues else {
            return Some(item);
        };
        let items = vec![item];
        put_off(queues, Box::new(Queue { items, write }));
        None
    });
    match at_once {
        Some(item) => write(conn, vec![item]),
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
    let mut queues = queues.unwrap_or_default().into_iter();
    queues.try_for_each(|queue| queue.write(conn))
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
