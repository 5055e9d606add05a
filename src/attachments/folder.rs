//! A folder of the data directory that no page serves, in which files lie under the hash of their bytes.

mod sweep;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::content::ContentHash;
use super::draft::{Draft, Received};
use crate::private_files;

/// The folder in the data directory.
const FOLDER: &str = "attachments";
/// What is on its way, in that folder.
const INCOMING: &str = "incoming";
/// What is locked by whoever sweeps, and by whoever wants nothing swept.
const LOCK: &str = "lock";

/// The folder. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    folder: PathBuf,
}

impl Folder {
    /// The one in this data directory. Nothing is made yet.
    pub fn in_data_dir(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join(FOLDER),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Begins a file.
    ///
    /// # Errors
    /// The system's own.
    pub fn begin(&self) -> io::Result<Draft> {
        let incoming = self.folder.join(INCOMING);
        private_files::own_folder(&incoming)?;
        Draft::in_folder(&incoming)
    }

    /// Puts a file in its place, where it may be already; it is durable then. It counts as new, so that whoever sweeps leaves
    /// it to the row that follows.
    ///
    /// # Errors
    /// The system's own; then it is not there, unless it was before.
    pub fn keep(&self, received: Received) -> io::Result<ContentHash> {
        let hash = received.hash().clone();
        let place = self.place(&hash);
        let folder = self.folder_of(&hash);
        private_files::own_folder(&folder)?;
        received.move_to(&place)?;
        // The file in its folder, and the folder itself if it is a new one.
        for folder in [folder.as_path(), &self.folder] {
            File::open(folder)?.sync_all()?;
        }
        Ok(hash)
    }

    /// Opens a file; gives it with its length.
    ///
    /// # Errors
    /// The system's own; [`io::ErrorKind::NotFound`] if it is not there.
    pub fn open(&self, hash: &ContentHash) -> io::Result<(File, u64)> {
        let file = File::open(self.place(hash))?;
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    }

    /// Puts another name of a file at `path`, or a copy of it if that is in another file system.
    ///
    /// # Errors
    /// The system's own.
    pub fn copy_to(&self, hash: &ContentHash, path: &Path) -> io::Result<()> {
        let place = self.place(hash);
        match fs::hard_link(&place, path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            Err(_) => {
                let mut from = File::open(&place)?;
                io::copy(&mut from, &mut private_files::create_file(path)?).map(drop)
            }
        }
    }

    /// Nothing is swept away until what this gives is dropped; waits for who sweeps now.
    ///
    /// # Errors
    /// The system's own.
    pub fn hold(&self) -> io::Result<File> {
        let lock = self.lock()?;
        lock.lock_shared()?;
        Ok(lock)
    }

    fn lock(&self) -> io::Result<File> {
        private_files::own_folder(&self.folder)?;
        let path = self.folder.join(LOCK);
        private_files::close_file(&path);
        match private_files::create_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                File::options().write(true).open(path)
            }
            made => made,
        }
    }

    fn folder_of(&self, hash: &ContentHash) -> PathBuf {
        self.folder.join(hash.parts().0)
    }

    fn place(&self, hash: &ContentHash) -> PathBuf {
        let (begins, rest) = hash.parts();
        self.folder.join(begins).join(rest)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::domain::attachment::MediaType;

    fn received(store: &Folder, bytes: &[u8]) -> Received {
        let mut draft = store.begin().expect("a draft");
        for piece in bytes.chunks(3) {
            draft.write(piece).expect("written");
        }
        draft.finish().expect("finished")
    }

    fn files(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| match entry.path().is_dir() {
                true => files(&entry.path()),
                false => 1,
            })
            .sum()
    }

    #[test]
    fn the_same_bytes_are_kept_once_and_come_back() {
        let directory = tempfile::tempdir().expect("a folder");
        let store = Folder::in_data_dir(directory.path());
        let first = received(&store, b"\x89PNG\r\n\x1a\n and the rest");
        assert_eq!((first.bytes(), first.media_type()), (21, MediaType::Png));
        let hash = store.keep(first).expect("kept");
        let again = received(&store, b"\x89PNG\r\n\x1a\n and the rest");
        assert_eq!(store.keep(again).expect("kept"), hash);
        assert_eq!(files(directory.path()), 1);
        let (mut file, bytes) = store.open(&hash).expect("it is there");
        let mut read = Vec::new();
        file.read_to_end(&mut read).expect("read");
        assert_eq!((bytes, read.len()), (21, 21));
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let directory = tempfile::tempdir().expect("a folder");
        let store = Folder::in_data_dir(directory.path());
        let mut draft = store.begin().expect("a draft");
        draft.write(b"half").expect("written");
        drop(draft);
        drop(received(&store, b"whole"));
        assert_eq!(files(directory.path()), 0);
    }

    #[test]
    fn a_copy_is_made_beside_it() {
        let directory = tempfile::tempdir().expect("a folder");
        let store = Folder::in_data_dir(directory.path());
        let hash = store.keep(received(&store, b"log")).expect("kept");
        let copy = directory.path().join("copy");
        store.copy_to(&hash, &copy).expect("copied");
        assert_eq!(fs::read(copy).expect("read"), b"log");
    }
}
