//! The work of a transaction, apart from what it says: so whatever begins, ends and repeats transactions is compiled once, and
//! not again for each kind of work.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Conn, DbError, Failure, write_what_was_put_off};

/// The work of one transaction, which may be repeated.
pub(super) type Work = Box<dyn FnMut(&mut Conn) -> Verdict + Send>;

/// What is to become of a transaction whose work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is committed.
    Commit,
    /// A rule refused it.
    Refused,
    /// The database did not do its part.
    Failed,
    /// It met another one; again from the beginning.
    Repeat,
}

impl Verdict {
    fn of<T, E: Failure>(outcome: &Result<T, E>) -> Self {
        let Err(error) = outcome else {
            return Self::Commit;
        };
        match error.database() {
            None => Self::Refused,
            Some(error) if error.asks_for_repetition() => Self::Repeat,
            Some(_) => Self::Failed,
        }
    }
}

/// What work has said the last time it was done.
pub(super) struct Said<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

impl<T: Send + 'static, E: Failure> Said<T, E> {
    /// Work that does `f`, and what it says.
    pub(super) fn by(f: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static) -> (Work, Self) {
        let said: Arc<Mutex<Option<Result<T, E>>>> = Arc::default();
        let saying = Arc::clone(&said);
        let work = Box::new(move |conn: &mut Conn| {
            let outcome = f(conn).and_then(|said| {
                let written = write_what_was_put_off(conn);
                written.map_err(|error| E::from(DbError::from(error)))?;
                Ok(said)
            });
            let verdict = Verdict::of(&outcome);
            *saying.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            verdict
        });
        (work, Self(said))
    }

    /// What comes of it once its transaction has ended: what it said, if that holds.
    pub(super) fn once(self, ended: Result<(), DbError>) -> Result<T, E> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        outcome(ended, said)
    }
}

/// What comes of work that has `said` something in a transaction that has `ended`.
pub(super) fn outcome<T, E: Failure>(
    ended: Result<(), DbError>,
    said: Option<Result<T, E>>,
) -> Result<T, E> {
    ended.map_err(E::from)?;
    said.unwrap_or_else(|| Err(E::from(DbError::Panicked)))
}
