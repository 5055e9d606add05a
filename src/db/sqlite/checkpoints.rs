//! Committed pages go into the database file on a thread of their own, so that no commit pays for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use diesel::{QueryableByName, RunQueryDsl, SqliteConnection};

use super::connections::{Connections, Reason};
use crate::db::DbError;

/// Pages (4 KiB each) beyond which the log is started over, even if that waits for readers.
const LOG_PAGES: i64 = 16_000;
/// Pages that nobody notices waiting for, while they are moved into the database file.
const FEW_PAGES: i64 = 256;
/// How often what was committed meanwhile is moved as well, before those who write wait for the rest.
const ROUNDS: usize = 4;
/// How long commits gather before they are moved into the database file.
const PAUSE: Duration = Duration::from_millis(200);
/// How long somebody may read before it is taken for a lock that nobody holds any more.
const READS_AT_MOST: Duration = Duration::from_secs(60);

/// What the checkpointer is told of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Committed {
    Something,
    /// Something was taken away that the log must not keep.
    Erasure,
}

#[derive(QueryableByName)]
struct Log {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    busy: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    log: i64,
}

/// Works until nobody commits any more.
pub(super) fn checkpoint_after(commits: &Receiver<Committed>, connections: &Arc<Connections>) {
    let mut erases = false;
    let mut kept_since: Option<Instant> = None;
    loop {
        // Readers may keep the log from being emptied: then it is tried again, whether or not there is a commit.
        let told = match erases {
            true => commits.recv_timeout(PAUSE),
            false => commits.recv().map_err(RecvTimeoutError::from),
        };
        match told {
            Ok(committed) => erases |= committed == Committed::Erasure,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let checkpointed = match connections.checkpointer().as_mut() {
            Some(conn) => checkpoint(conn, connections, &mut erases),
            None => Ok(Emptied::AsWanted),
        };
        match checkpointed {
            Ok(Emptied::AsWanted) => kept_since = None,
            Ok(Emptied::KeptByReaders) => {
                let since = *kept_since.get_or_insert_with(Instant::now);
                if since.elapsed() > READS_AT_MOST {
                    kept_since = None;
                    connections.reopen(Reason::Unemptied);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the checkpoint failed; the next one will try again");
                connections.look_into(&error, Reason::Unemptied);
            }
        }
        // Many commits share one checkpoint.
        let next = Instant::now() + PAUSE;
        while let Ok(committed) =
            commits.recv_timeout(next.saturating_duration_since(Instant::now()))
        {
            erases |= committed == Committed::Erasure;
        }
    }
}

/// Whether the log was emptied where it should be.
enum Emptied {
    AsWanted,
    KeptByReaders,
}

/// Moves what the log has into the file while others write. Only what is left to do then keeps them from it: emptying the log, which
/// a writer who never rests would otherwise prevent for ever.
fn checkpoint(
    conn: &mut SqliteConnection,
    connections: &Connections,
    erases: &mut bool,
) -> Result<Emptied, DbError> {
    let mut run = |how: &str| -> Result<Log, DbError> {
        Ok(diesel::sql_query(format!("PRAGMA wal_checkpoint({how})")).get_result(conn)?)
    };
    let mut moved = run("PASSIVE")?;
    let how = match *erases {
        true => "TRUNCATE",
        // A log that readers kept from starting over has grown: wait for them a little.
        false if moved.log >= LOG_PAGES => "RESTART",
        false => return Ok(Emptied::AsWanted),
    };
    // Moving thousands of pages takes tens of milliseconds, and so does moving what is committed meanwhile. Each time it is less.
    for _ in 0..ROUNDS {
        let before = moved.log;
        moved = run("PASSIVE")?;
        if moved.log - before <= FEW_PAGES {
            break;
        }
    }
    let done = connections.between_groups(|| run(how))?;
    *erases &= done.busy != 0;
    Ok(match done.busy {
        0 => Emptied::AsWanted,
        _ => Emptied::KeptByReaders,
    })
}
