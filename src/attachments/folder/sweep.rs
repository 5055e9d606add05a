//! Files that nobody names any more are taken away.

use std::fs::{self, DirEntry, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Folder, INCOMING};
use crate::attachments::content::ContentHash;
use crate::attachments::look::{Looked, SPARED};

impl Folder {
    /// What has been for a while in the next `most` of the folders that files lie in, behind the one called `from`.
    ///
    /// # Errors
    /// The system's own.
    pub fn look(&self, from: Option<&str>, most: usize) -> io::Result<Looked> {
        let folders = self.folders()?;
        let mut rest = (folders.iter()).filter(|name| from.is_none_or(|from| name.as_str() > from));
        let mut looked = Looked::default();
        for folder in rest.by_ref().take(most) {
            // One that cannot be read keeps nobody from the others.
            match self.settled_in(folder) {
                Ok(found) => looked.settled.extend(found),
                Err(error) => {
                    tracing::error!(%error, %folder, "attachments could not be looked through");
                }
            }
            looked.next = Some(folder.clone());
        }
        if rest.next().is_none() {
            looked.next = None;
        }
        Ok(looked)
    }

    fn folders(&self) -> io::Result<Vec<String>> {
        let entries = entries(&self.folder)?.into_iter();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.len() == 2).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn settled_in(&self, folder: &str) -> io::Result<Vec<ContentHash>> {
        let mut settled = Vec::new();
        for entry in entries(&self.folder.join(folder))? {
            let hash = entry.file_name().into_string().ok();
            let hash = hash.and_then(|rest| format!("{folder}{rest}").parse().ok());
            if let Some(hash) = hash
                && is_settled(&entry.path())?
            {
                settled.push(hash);
            }
        }
        Ok(settled)
    }

    /// Takes files away that nobody names, unless somebody has put them there again meanwhile; and drafts that nobody goes on
    /// with. Gives how many; nothing is taken while somebody else sweeps, or holds all of it.
    ///
    /// # Errors
    /// The system's own.
    pub fn sweep(&self, unnamed: &[ContentHash]) -> io::Result<usize> {
        let lock = self.lock()?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(0),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        self.put_back()?;
        let mut swept = self.sweep_drafts()?;
        for hash in unnamed {
            swept += usize::from(self.take_away(hash)?);
        }
        Ok(swept)
    }

    /// Set aside first: what is put there from now on is another file, and what was put there just before is seen to be new,
    /// and put back.
    fn take_away(&self, hash: &ContentHash) -> io::Result<bool> {
        let place = self.place(hash);
        let aside = self.aside(hash)?;
        match fs::rename(&place, &aside) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
        match is_settled(&aside)? {
            true => fs::remove_file(&aside).map(|()| true),
            false => fs::rename(&aside, &place).map(|()| false),
        }
    }

    /// What is aside was left there by somebody who was killed before they looked whether it is new: a row may name it by now.
    fn put_back(&self) -> io::Result<()> {
        for entry in entries(&self.folder.join(INCOMING))? {
            let name = entry.file_name().into_string().ok();
            let hash: Option<ContentHash> = name.and_then(|name| name.parse().ok());
            if let Some(hash) = hash {
                fs::rename(entry.path(), self.place(&hash))?;
            }
        }
        Ok(())
    }

    fn aside(&self, hash: &ContentHash) -> io::Result<PathBuf> {
        let incoming = self.folder.join(INCOMING);
        crate::private_files::own_folder(&incoming)?;
        Ok(incoming.join(hash.as_str()))
    }

    fn sweep_drafts(&self) -> io::Result<usize> {
        let mut swept = 0;
        for entry in entries(&self.folder.join(INCOMING))? {
            let path = entry.path();
            if is_settled(&path)? {
                fs::remove_file(path)?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// What is in a folder; nothing if there is none.
fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether nobody has touched a file for a while. One that is gone meanwhile is not.
fn is_settled(path: &Path) -> io::Result<bool> {
    let modified = match fs::metadata(path) {
        Ok(found) => found.modified()?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let age = SystemTime::now().duration_since(modified);
    Ok(age.is_ok_and(|age| age >= SPARED))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    fn kept(store: &Folder, bytes: &[u8], age: Duration) -> ContentHash {
        let mut draft = store.begin().expect("a draft");
        draft.write(bytes).expect("written");
        let hash = store.keep(draft.finish().expect("finished")).expect("kept");
        age_of(&store.place(&hash), age);
        hash
    }

    fn age_of(path: &Path, age: Duration) {
        let file = File::options().write(true).open(path).expect("it is there");
        file.set_modified(SystemTime::now() - age).expect("aged");
    }

    #[test]
    fn what_nobody_names_goes_once_it_is_old() {
        let directory = tempfile::tempdir().expect("a folder");
        let store = Folder::in_data_dir(directory.path());
        assert_eq!(store.look(None, 256).expect("none").settled, []);
        let old = kept(&store, b"old", SPARED);
        let new = kept(&store, b"new", Duration::ZERO);
        let looked = store.look(None, 256).expect("files");
        assert_eq!(
            (looked.settled, looked.next),
            (vec![old.clone()], None),
            "and there is no folder behind them"
        );
        // Even if it is asked to, it takes nothing that was put there just now.
        assert_eq!(store.sweep(&[old.clone(), new.clone()]).expect("swept"), 1);
        assert!(store.open(&old).is_err() && store.open(&new).is_ok());
    }

    #[test]
    fn what_was_set_aside_by_who_was_killed_comes_back() {
        let directory = tempfile::tempdir().expect("a folder");
        let store = Folder::in_data_dir(directory.path());
        let named = kept(&store, b"named", SPARED);
        let aside = store.aside(&named).expect("a place");
        fs::rename(store.place(&named), aside).expect("set aside");
        assert_eq!(store.sweep(&[]).expect("swept"), 0);
        assert!(store.open(&named).is_ok());
    }

    #[test]
    fn what_is_held_stays_and_drafts_are_given_up() {
        let directory = tempfile::tempdir().expect("a folder");
        let store = Folder::in_data_dir(directory.path());
        let old = kept(&store, b"old", SPARED);
        let held = store.hold().expect("held");
        assert_eq!(store.sweep(std::slice::from_ref(&old)).expect("nothing"), 0);
        drop(held);
        let mut draft = store.begin().expect("a draft");
        draft.write(b"half").expect("written");
        let half = draft.finish().expect("finished");
        age_of(half.path(), SPARED);
        assert_eq!(store.sweep(&[old]).expect("swept"), 2);
    }
}
