//! Who holds leases. A process shows that it lives by a file that it keeps locked: the system takes the lock away with
//! the process, however it ends, so that whoever comes next knows at once, and surely, that it is dead. Where files
//! cannot be locked, or a process shows elsewhere, its leases expire by themselves.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::private_files;

/// A holder of leases.
#[derive(Debug)]
pub(super) struct Holder {
    name: String,
    shown: Option<Shown>,
}

/// The file by which it shows.
#[derive(Debug)]
struct Shown {
    folder: PathBuf,
    file: Mutex<Option<File>>,
}

/// A holder that is dead.
#[derive(Debug)]
pub(super) struct Dead {
    name: String,
    path: PathBuf,
    /// Keeps others from finding it at the same time.
    _file: File,
}

impl Holder {
    /// One of which nobody can tell whether it lives.
    pub(super) fn anonymous() -> Self {
        Self {
            name: format!("{}-{:016x}", std::process::id(), rand::random::<u64>()),
            shown: None,
        }
    }

    /// One that shows in `folder`, if it can.
    pub(super) fn shown_in(folder: &Path) -> Self {
        let mut holder = Self::anonymous();
        match show(folder, &holder.name) {
            Ok(file) => {
                holder.shown = Some(Shown {
                    folder: folder.to_owned(),
                    file: Mutex::new(Some(file)),
                });
            }
            Err(error) => {
                tracing::warn!(%error, folder = %folder.display(), "no lock can be kept here; what this process sends is sent by others within a minute if it dies");
            }
        }
        holder
    }

    /// Its name in leases.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Those that showed in the same folder, and are dead.
    pub(super) fn dead(&self) -> Vec<Dead> {
        let Some(shown) = &self.shown else {
            return Vec::new();
        };
        let entries = fs::read_dir(&shown.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter(|name| *name != self.name)
            .filter_map(|name| {
                let path = shown.folder.join(&name);
                let file = File::open(&path).ok()?;
                // Whoever lives has locked it.
                file.try_lock().ok()?;
                Some(Dead {
                    name,
                    path,
                    _file: file,
                })
            })
            .collect()
    }

    /// Shows no longer: everything that it held was given back.
    pub(super) fn leave(&self) {
        if let Some(shown) = &self.shown
            && let Some(file) = lock(&shown.file).take()
        {
            let _ = fs::remove_file(shown.folder.join(&self.name));
            drop(file);
        }
    }
}

impl Dead {
    /// The name in its leases.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Takes its file away.
    pub(super) fn bury(self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn show(folder: &Path, name: &str) -> std::io::Result<File> {
    private_files::own_folder(folder)?;
    let file = private_files::create_file(&folder.join(name))?;
    file.try_lock()?;
    Ok(file)
}

fn lock(file: &Mutex<Option<File>>) -> std::sync::MutexGuard<'_, Option<File>> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_are_told_from_the_living() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (
            Holder::shown_in(folder.path()),
            Holder::shown_in(folder.path()),
        );
        assert!(first.dead().is_empty(), "both live");
        // As the system does when a process ends, however it ends.
        let name = second.name().to_owned();
        drop(second);
        let dead = first.dead();
        assert_eq!(dead.iter().map(Dead::name).collect::<Vec<_>>(), [&name]);
        assert!(first.dead().is_empty(), "one who comes takes it over");
        dead.into_iter().for_each(Dead::bury);
        assert!(first.dead().is_empty());
        first.leave();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn where_nothing_can_be_locked_leases_expire() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let holder = Holder::shown_in(&file);
        assert!(holder.dead().is_empty());
        holder.leave();
    }
}
