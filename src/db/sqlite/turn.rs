//! Whose turn it is among processes that write the same file: long work, such as an import, gives way to work that somebody
//! waits for. SQLite alone lets whoever asks first begin, and long work asks again before anybody else wakes up.
//!
//! Whoever writes for somebody who waits shares a lock on a file beside the database from before it begins until it has
//! committed; long work waits for a while until nobody has it, and begins then. Nothing depends on it but who waits: where the
//! file cannot be made or locked, everybody begins at once.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::private_files;

/// Longer than this nobody gives way.
const MOST: Duration = Duration::from_millis(250);
/// How often long work looks whether it may go on.
const LOOKS_EVERY: Duration = Duration::from_millis(1);

/// The lock of one process.
pub(super) struct Turn(Option<File>);

/// Somebody waits for what is being written. It ends when this is dropped.
pub(super) struct Waited<'a>(Option<&'a File>);

impl Turn {
    /// The lock beside this database.
    pub(super) fn beside(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push("-turn");
        let path = PathBuf::from(name);
        // Where it is there already, or cannot be made, opening it says which.
        let _ = private_files::create_file(&path);
        private_files::close_file(&path);
        Self(OpenOptions::new().read(true).write(true).open(path).ok())
    }

    /// Says that somebody waits for what is written from now on.
    pub(super) fn waited_for(&self) -> Waited<'_> {
        let file = self.0.as_ref();
        Waited(file.filter(|file| file.lock_shared().is_ok()))
    }

    /// Whether somebody waits for what others write. It is asked by long work alone, which does not say that of itself.
    pub(super) fn is_waited_for(&self) -> bool {
        let Some(file) = &self.0 else {
            return false;
        };
        match file.try_lock() {
            Ok(()) => {
                let _ = file.unlock();
                false
            }
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        }
    }

    /// Waits until nobody waits for what others write, a quarter of a second at the most.
    pub(super) fn give_way(&self) {
        let begun = Instant::now();
        while self.is_waited_for() && begun.elapsed() < MOST {
            std::thread::sleep(LOOKS_EVERY);
        }
    }
}

impl Drop for Waited<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.0 {
            let _ = file.unlock();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B10: long work of another process goes on when nobody waits any more, and after a while whoever waits.
    #[test]
    fn long_work_gives_way_to_whoever_is_waited_for_and_not_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("casebell.db");
        let (server, import) = (Turn::beside(&database), Turn::beside(&database));
        import.give_way();
        assert!(!import.is_waited_for());
        let waited = server.waited_for();
        assert!(import.is_waited_for());
        let begun = Instant::now();
        import.give_way();
        assert!(begun.elapsed() >= MOST, "somebody waits");
        let given = std::thread::scope(|scope| {
            let giving = scope.spawn(|| {
                let begun = Instant::now();
                import.give_way();
                begun.elapsed()
            });
            drop(waited);
            giving.join().expect("no panic")
        });
        assert!(given < MOST, "nobody waits any more");
        // Two who are waited for do not keep each other out.
        let (_one, _other) = (server.waited_for(), import.waited_for());
    }
}
