//! Turns at a row that many write, each of whom keeps its lock until the commit.
//!
//! Those who wait for such a row on the server are woken one by one, and hold a connection each that has begun; the more there are, the
//! longer each of them takes. Those of one process wait here instead, so that the server has one of them before it. A turn is good
//! manners and no lock: the row's own lock guards what has to be guarded, over all processes, and whoever has waited for long goes on
//! without a turn.

use std::cell::RefCell;
use std::time::Duration;

use diesel::PgConnection;
use parking_lot::{ReentrantMutex, ReentrantMutexGuard};

use super::Conn;

/// How long one waits for a turn: longer than those before take, and shorter than requests wait for a server that does not answer.
const WITHIN: Duration = Duration::from_secs(1);

/// Where turns are taken.
#[derive(Debug)]
pub struct Turns(ReentrantMutex<()>);

thread_local! {
    /// The turns of the transaction that this thread runs.
    static TAKEN: RefCell<Vec<ReentrantMutexGuard<'static, ()>>> = const { RefCell::new(Vec::new()) };
}

impl Turns {
    /// Nobody has a turn.
    pub const fn untaken() -> Self {
        Self(ReentrantMutex::new(()))
    }

    /// Waits for the turn of this transaction, which has it until its end. The embedded database has one writer, who needs none.
    pub fn take(&'static self, conn: &Conn) {
        if let Conn::Postgres(own) = conn {
            self.take_on(own);
        }
    }

    /// The same, on a server.
    pub fn take_on(&'static self, _: &PgConnection) {
        self.take_within(WITHIN);
    }

    /// Whether this thread's transaction has the turn within that time, or had it before.
    fn take_within(&'static self, within: Duration) -> bool {
        let turn = self.0.try_lock_for(within);
        let has_it = turn.is_some();
        TAKEN.with_borrow_mut(|taken| taken.extend(turn));
        has_it
    }
}

/// The turns of this thread's transaction end when this is dropped, also if its work panics.
pub(super) struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        TAKEN.with_borrow_mut(Vec::clear);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_turn_is_one_transactions_until_its_end() {
        static TURNS: Turns = Turns::untaken();
        let another = || {
            let takes = thread::spawn(|| {
                let _ends = Ends;
                TURNS.take_within(Duration::ZERO)
            });
            takes.join().expect("an answer")
        };
        let ends = Ends;
        // A transaction that takes several numbers does not wait for itself.
        assert!(TURNS.take_within(Duration::ZERO));
        assert!(TURNS.take_within(Duration::ZERO));
        assert!(!another());
        drop(ends);
        assert!(another());
        // It has ended with that one's thread.
        assert!(TURNS.take_within(Duration::ZERO));
        drop(Ends);
    }

    #[test]
    fn a_turn_ends_with_work_that_panics() {
        static TURNS: Turns = Turns::untaken();
        let panics = thread::spawn(|| {
            let _ends = Ends;
            assert!(!TURNS.take_within(Duration::ZERO), "it was free");
        });
        panics.join().expect_err("a panic");
        let _ends = Ends;
        assert!(TURNS.take_within(Duration::ZERO));
    }
}
