//! The bytes of attachments (F4): kept once each, under the hash of what they are, where no page serves them.
//!
//! A file is written to the side, made durable and then put in its place, a folder or a bucket; its row follows. A process that is
//! killed in between leaves a file that nobody names, which [`Store::sweep`] takes away after a while. Nothing outside this module
//! knows where bytes lie.

mod bucket;
mod content;
mod draft;
mod folder;
mod kept;
mod look;
mod scanner;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use object_store::path::Path as Key;

pub use bucket::BucketAddress;
pub use content::{ContentHash, MalformedHash};
pub use draft::{Draft, Received};
pub use kept::Kept;
pub use look::Looked;
pub use scanner::{Scanner, Verdict};

use crate::blocking::on_disk;
use bucket::Bucket;
use folder::Folder;

/// Where the bytes of attachments are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Place);

#[derive(Clone, Debug)]
enum Place {
    Folder(Folder),
    Bucket(Bucket),
}

/// Holds off sweeping.
#[derive(Debug)]
#[must_use = "nothing is swept away until it is released"]
pub struct Unswept(Hold);

#[derive(Debug)]
enum Hold {
    Folder(File),
    Bucket(Bucket, Key),
}

impl Store {
    /// The store in this data directory. Nothing is made yet.
    pub fn in_data_dir(data_dir: &Path) -> Self {
        Self(Place::Folder(Folder::in_data_dir(data_dir)))
    }

    /// The store in a bucket; in the data directory is what is on its way there. Nobody is asked for anything yet.
    ///
    /// # Errors
    /// The address is none, or this machine trusts no certificates.
    pub fn in_bucket(address: &BucketAddress, data_dir: &Path) -> io::Result<Self> {
        let bucket = Bucket::at(address, Folder::in_data_dir(data_dir))?;
        Ok(Self(Place::Bucket(bucket)))
    }

    /// Where it is, for those who run the desk.
    pub fn place(&self) -> String {
        match &self.0 {
            Place::Folder(folder) => folder.path().display().to_string(),
            Place::Bucket(bucket) => format!("the bucket {}", bucket.name()),
        }
    }

    /// Whether it could be used when somebody used it last; of a folder it is not asked.
    pub fn is_reached(&self) -> Option<bool> {
        match &self.0 {
            Place::Folder(_) => None,
            Place::Bucket(bucket) => bucket.is_reached(),
        }
    }

    /// Begins a file, on a thread that may wait for a disk.
    ///
    /// # Errors
    /// The system's own.
    pub fn begin(&self) -> io::Result<Draft> {
        match &self.0 {
            Place::Folder(folder) => folder.begin(),
            Place::Bucket(bucket) => bucket.side().begin(),
        }
    }

    /// Puts a file in its place, where it may be already; it is durable then. It counts as new, so that whoever sweeps leaves
    /// it to the row that follows.
    ///
    /// # Errors
    /// The system's own, or the storage's; then it is not there, unless it was before.
    pub async fn keep(&self, received: Received) -> io::Result<ContentHash> {
        match &self.0 {
            Place::Folder(folder) => {
                let folder = folder.clone();
                on_disk(move || folder.keep(received)).await
            }
            Place::Bucket(bucket) => bucket.keep(received).await,
        }
    }

    /// Opens a file.
    ///
    /// # Errors
    /// The system's own, or the storage's; [`io::ErrorKind::NotFound`] if it is not there.
    pub async fn open(&self, hash: &ContentHash) -> io::Result<Kept> {
        match &self.0 {
            Place::Folder(folder) => {
                let (folder, hash) = (folder.clone(), hash.clone());
                let (file, bytes) = on_disk(move || folder.open(&hash)).await?;
                Ok(Kept::file(file, bytes))
            }
            Place::Bucket(bucket) => {
                let (object, bytes) = bucket.open(hash).await?;
                Ok(Kept::object(object, bytes))
            }
        }
    }

    /// Puts the bytes of a file at `path`, where nothing is yet: as another name of the file that is kept, where that can be.
    ///
    /// # Errors
    /// The system's own, or the storage's.
    pub async fn copy_to(&self, hash: &ContentHash, path: &Path) -> io::Result<()> {
        match &self.0 {
            Place::Folder(folder) => {
                let (folder, hash, path) = (folder.clone(), hash.clone(), path.to_owned());
                on_disk(move || folder.copy_to(&hash, &path)).await
            }
            Place::Bucket(bucket) => bucket.copy_to(hash, path).await,
        }
    }

    /// Takes the file at `path` in, and away from there; gives the name of its bytes.
    ///
    /// # Errors
    /// The system's own, or the storage's.
    pub async fn take_in(&self, path: &Path) -> io::Result<ContentHash> {
        let (store, from) = (self.clone(), path.to_owned());
        let received = on_disk(move || store.receive(&from)).await?;
        let hash = self.keep(received).await?;
        let from = path.to_owned();
        on_disk(move || fs::remove_file(from)).await?;
        Ok(hash)
    }

    fn receive(&self, from: &Path) -> io::Result<Received> {
        let mut from = File::open(from)?;
        let mut draft = self.begin()?;
        let mut piece = vec![0; 64 * 1024];
        loop {
            match from.read(&mut piece)? {
                0 => break,
                count => draft.write(&piece[..count])?,
            }
        }
        draft.finish()
    }

    /// Nothing is swept away until what this gives is released; waits for who sweeps now. A bucket is held for a day at the most.
    ///
    /// # Errors
    /// The system's own, or the storage's.
    pub async fn hold(&self) -> io::Result<Unswept> {
        let hold = match &self.0 {
            Place::Folder(folder) => {
                let folder = folder.clone();
                Hold::Folder(on_disk(move || folder.hold()).await?)
            }
            Place::Bucket(bucket) => Hold::Bucket(bucket.clone(), bucket.hold().await?),
        };
        Ok(Unswept(hold))
    }

    /// What has been for a while in a part of what is kept: as much as `folders` hold, behind where the last look ended.
    ///
    /// # Errors
    /// The system's own, or the storage's.
    pub async fn look(&self, from: Option<String>, folders: usize) -> io::Result<Looked> {
        match &self.0 {
            Place::Folder(folder) => {
                let folder = folder.clone();
                on_disk(move || folder.look(from.as_deref(), folders)).await
            }
            Place::Bucket(bucket) => bucket.look(from.as_deref(), folders).await,
        }
    }

    /// Takes away what was found and is not `named`, unless somebody has put it there again meanwhile; and drafts that nobody goes
    /// on with. Gives how many; nothing is taken while somebody holds all of it.
    ///
    /// # Errors
    /// The system's own, or the storage's.
    pub async fn sweep(&self, looked: Looked, named: &BTreeSet<ContentHash>) -> io::Result<usize> {
        match &self.0 {
            Place::Folder(folder) => {
                let (folder, mut unnamed) = (folder.clone(), looked.settled);
                unnamed.retain(|hash| !named.contains(hash));
                on_disk(move || folder.sweep(&unnamed)).await
            }
            Place::Bucket(bucket) => {
                let side = bucket.side().clone();
                let drafts = on_disk(move || side.sweep(&[])).await?;
                Ok(drafts + bucket.sweep(looked, named).await?)
            }
        }
    }
}

impl Unswept {
    /// From now on what nobody names may be swept away again.
    pub async fn release(self) {
        match self.0 {
            Hold::Folder(lock) => drop(lock),
            Hold::Bucket(bucket, held) => {
                if let Err(error) = bucket.release(held).await {
                    tracing::warn!(%error, "no attachment is swept away for the next day");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn a_file_is_taken_in_under_its_own_name_and_read_in_parts() {
        let directory = tempfile::tempdir().expect("a folder");
        let store = Store::in_data_dir(directory.path());
        let path = directory.path().join("part");
        fs::write(&path, b"log of a call").expect("written");
        let hash = store.take_in(&path).await.expect("taken in");
        assert!(!path.exists());
        let kept = store.open(&hash).await.expect("it is there");
        assert_eq!(kept.bytes(), 13);
        let read: Vec<_> = kept.pieces(4, 13).try_collect().await.expect("read");
        assert_eq!(read.concat(), b"of a call");
        let none = store.open(&hash).await.expect("it is there").pieces(4, 4);
        let none: Vec<bytes::Bytes> = none.try_collect().await.expect("read");
        assert!(none.is_empty());
    }
}
