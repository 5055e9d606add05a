//! Word that another process has committed something.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::Changes;

/// How often is looked whether others have written, where they do not say so.
const GLANCE: Duration = Duration::from_millis(900);

/// What one listener hears of the commits of other processes. It may hear of one that there was not, and, when the process that
/// committed is killed right after it, of one not at all: whoever must not miss any looks now and then by themselves.
#[derive(Debug)]
pub struct Others(Way);

#[derive(Debug)]
enum Way {
    /// The server says so.
    Told(Changes),
    /// The log beside an embedded database is written to, which is seen without a statement.
    Written(Log),
    /// Nobody can say so: they may have, at every glance.
    Untold,
}

/// The log, and how many commits of others in it were heard of.
#[derive(Debug)]
struct Log {
    writes: Arc<Writes>,
    heard: u64,
}

/// What is written to the log of the embedded database, by this process and by others.
#[derive(Debug)]
pub(super) struct Writes {
    log: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The log when it was looked at last, or left by this process.
    stamp: Option<Stamp>,
    /// Whether this process writes to it now.
    is_own: bool,
    /// How often others were found to have written.
    of_others: u64,
}

/// How long the log is, and when it was last written to.
type Stamp = (u64, Option<SystemTime>);

impl Writes {
    /// Those to the database at `path`.
    pub(super) fn to(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let writes = Self {
            log: log.into(),
            known: Mutex::default(),
        };
        writes.known().stamp = writes.stamp();
        writes
    }

    /// This process may write, and nobody else can: what is new up to now is of others.
    pub(super) fn begin(&self) {
        let mut known = self.known();
        self.look(&mut known);
        known.is_own = true;
    }

    /// This process writes no more; what is new since [`begin`](Self::begin) is its own.
    pub(super) fn end(&self) {
        let mut known = self.known();
        if std::mem::take(&mut known.is_own) {
            known.stamp = self.stamp();
        }
    }

    /// How often others were found to have written up to now.
    fn of_others(&self) -> u64 {
        let mut known = self.known();
        if !known.is_own {
            self.look(&mut known);
        }
        known.of_others
    }

    fn look(&self, known: &mut Known) {
        let found = self.stamp();
        if found != known.stamp {
            known.stamp = found;
            known.of_others += 1;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stamp(&self) -> Option<Stamp> {
        let found = std::fs::metadata(&self.log).ok()?;
        Some((found.len(), found.modified().ok()))
    }
}

impl Others {
    /// Word by the server.
    pub(super) fn told(changes: Changes) -> Self {
        Self(Way::Told(changes))
    }

    /// What others than this process write to the log.
    pub(super) fn beside(writes: &Arc<Writes>) -> Self {
        Self(Way::Written(Log::of(writes)))
    }

    /// No word.
    pub(super) fn untold() -> Self {
        Self(Way::Untold)
    }

    /// What was committed up to now is known: whoever looks at the rows after this misses nothing.
    pub fn mark_seen(&mut self) {
        match &mut self.0 {
            Way::Told(changes) => changes.mark_seen(),
            Way::Written(log) => {
                log.is_written();
            }
            Way::Untold => {}
        }
    }

    /// Waits for a commit of another process that was not marked as seen.
    pub async fn changed(&mut self) {
        match &mut self.0 {
            Way::Told(changes) => changes.changed().await,
            Way::Written(log) => loop {
                sleep(GLANCE).await;
                if log.is_written() {
                    return;
                }
            },
            Way::Untold => sleep(GLANCE).await,
        }
    }
}

impl Log {
    fn of(writes: &Arc<Writes>) -> Self {
        Self {
            writes: Arc::clone(writes),
            heard: writes.of_others(),
        }
    }

    /// Whether others have written to it since this was asked last.
    fn is_written(&mut self) -> bool {
        let of_others = self.writes.of_others();
        std::mem::replace(&mut self.heard, of_others) != of_others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_write_to_the_log_is_seen_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("casebell.db-wal");
        let writes = Arc::new(Writes::to(&folder.path().join("casebell.db")));
        let (mut log, mut another) = (Log::of(&writes), Log::of(&writes));
        let write = |frames: &str| std::fs::write(&path, frames).expect("written");
        assert!(!log.is_written(), "there is none");
        write("a frame");
        assert!(log.is_written());
        assert!(!log.is_written());
        writes.begin();
        write("a frame and one of our own");
        assert!(!log.is_written(), "nobody else can write meanwhile");
        writes.end();
        assert!(!log.is_written());
        write("a frame, one of our own and another one");
        assert!(log.is_written());
        assert!(!log.is_written());
        assert!(another.is_written(), "each hears of it");
    }

    #[test]
    fn what_others_write_is_seen_though_this_process_writes_after_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("casebell.db-wal");
        let writes = Arc::new(Writes::to(&folder.path().join("casebell.db")));
        let mut log = Log::of(&writes);
        std::fs::write(&path, "of others").expect("written");
        writes.begin();
        std::fs::write(&path, "of others, and one of our own").expect("written");
        writes.end();
        assert!(log.is_written());
        assert!(!log.is_written());
    }
}
