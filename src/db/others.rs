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

/// The log, as it was when it was looked at last.
#[derive(Debug)]
struct Log {
    own: Arc<OwnWrites>,
    seen: Option<Stamp>,
}

/// The log of the embedded database, as this process left it when it last wrote.
#[derive(Debug)]
pub(super) struct OwnWrites {
    log: PathBuf,
    left: Mutex<Option<Stamp>>,
}

/// How long the log is, and when it was last written to.
type Stamp = (u64, Option<SystemTime>);

impl OwnWrites {
    /// Those to the database at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self {
            log: log.into(),
            left: Mutex::default(),
        }
    }

    /// This process has written.
    pub(super) fn note(&self) {
        *self.left() = self.stamp();
    }

    fn left(&self) -> MutexGuard<'_, Option<Stamp>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub(super) fn beside(own: &Arc<OwnWrites>) -> Self {
        Self(Way::Written(Log::of(own)))
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
    fn of(own: &Arc<OwnWrites>) -> Self {
        Self {
            own: Arc::clone(own),
            seen: own.stamp(),
        }
    }

    /// Whether it was written to since it was looked at last, and not left so by this process.
    fn is_written(&mut self) -> bool {
        let found = self.own.stamp();
        let is_written = found != self.seen && found != *self.own.left();
        self.seen = found;
        is_written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_write_to_the_log_is_seen_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = Arc::new(OwnWrites::of(&folder.path().join("casebell.db")));
        let path = folder.path().join("casebell.db-wal");
        let mut log = Log::of(&own);
        assert!(!log.is_written(), "there is none");
        std::fs::write(&path, "a frame").expect("written");
        assert!(log.is_written());
        assert!(!log.is_written());
        std::fs::write(&path, "a frame and one of our own").expect("written");
        own.note();
        assert!(!log.is_written());
        std::fs::write(&path, "a frame, one of our own and another one").expect("written");
        assert!(log.is_written());
        assert!(!log.is_written());
    }
}
