//! Word that another process has committed something.

use std::path::{Path, PathBuf};
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
    path: PathBuf,
    stamp: Option<Stamp>,
}

/// How long the log is, and when it was last written to.
type Stamp = (u64, Option<SystemTime>);

impl Others {
    /// Word by the server.
    pub(super) fn told(changes: Changes) -> Self {
        Self(Way::Told(changes))
    }

    /// What is written to the log of the embedded database at `path`.
    pub(super) fn of_file(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self(Way::Written(Log::of(log.into())))
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
    fn of(path: PathBuf) -> Self {
        let stamp = stamp(&path);
        Self { path, stamp }
    }

    /// Whether it was written to since it was looked at last.
    fn is_written(&mut self) -> bool {
        let found = stamp(&self.path);
        let is_written = found != self.stamp;
        self.stamp = found;
        is_written
    }
}

fn stamp(log: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(log).ok()?;
    Some((found.len(), found.modified().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_to_the_log_is_seen_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("casebell.db-wal");
        let mut log = Log::of(path.clone());
        assert!(!log.is_written(), "there is none");
        std::fs::write(&path, "a frame").expect("written");
        assert!(log.is_written());
        assert!(!log.is_written());
        std::fs::write(&path, "a frame and another one").expect("written");
        assert!(log.is_written());
        std::fs::remove_file(&path).expect("removed");
        assert!(log.is_written());
        assert!(!log.is_written());
    }
}
