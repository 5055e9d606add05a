//! The embedded default: a folder of `.eml` files, which any mail program opens.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::SendError;
use crate::blocking;
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::domain::notice::Fault;
use crate::mail::message::Letter;
use crate::private_files;

/// Writes letters as files named `<created>-<id>.eml`, so that they sort by time and a repeat replaces its own file.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`, which is made if it does not exist, and closed to others with everything in it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        private_files::own_folder(&path)?;
        for letter in fs::read_dir(&path)?.flatten() {
            private_files::close_file(&letter.path());
        }
        Ok(Self { path })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a letter.
    pub fn file(&self, letter: &Letter) -> PathBuf {
        self.path.join(file_name(letter.created_at(), letter.id()))
    }

    pub(super) async fn erase(&self, id: NoticeId, created_at: Instant) -> io::Result<()> {
        let (folder, name) = (self.path.clone(), file_name(created_at, id));
        blocking::run(move || erase(&folder, &name))
            .await
            .map_err(io::Error::other)?
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let (folder, file, bytes) = (
            self.path.clone(),
            file_name(letter.created_at(), letter.id()),
            letter.bytes().to_vec(),
        );
        // A full disk or a missing right is somebody's to repair, and all letters wait for it.
        let unwritable = |why: String| SendError::new(Fault::FolderUnwritable, why);
        blocking::run(move || replace(&folder, &file, &bytes))
            .await
            .map_err(|error| unwritable(error.to_string()))?
            .map_err(|error| unwritable(error.to_string()))
    }
}

/// Removes a letter, and drafts of it that a crash has left.
fn erase(folder: &Path, name: &str) -> io::Result<()> {
    let draft = format!(".{name}.");
    for file in fs::read_dir(folder)? {
        let file = file?;
        let found = file.file_name();
        let found = found.to_string_lossy();
        if found == name || found.starts_with(&draft) {
            fs::remove_file(file.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

/// The name of the file that holds the mail of a notice: `20260303T091400.000000Z-<id>.eml`.
pub fn file_name(created_at: Instant, id: NoticeId) -> String {
    format!("{}-{id}.eml", created_at.format("%Y%m%dT%H%M%S%.6fZ"))
}

/// Whoever looks sees the whole file or none: it is written beside its place, made durable, and moved there.
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let draft = folder.join(format!(".{name}.{:016x}", rand::random::<u64>()));
    let written = write(&draft, bytes).and_then(|()| fs::rename(&draft, folder.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written?;
    // The name is durable once the folder is.
    File::open(folder)?.sync_all()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_files::create_file(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::mail::sample;

    #[tokio::test]
    async fn a_repeat_replaces_its_own_file_and_leaves_no_draft() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path().join("out/mail")).unwrap();
        let (first, second) = (sample::letter(), sample::letter());
        for letter in [&first, &second, &first] {
            folder.send(letter).await.unwrap();
        }
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [&first, &second].map(|letter| file_name(letter.created_at(), letter.id()))
        );
        assert!(
            names[0].starts_with("20260303T091400.000000Z-"),
            "{names:?}"
        );
        assert_eq!(fs::read(folder.file(&first)).unwrap(), first.bytes());
    }

    #[tokio::test]
    async fn letters_are_for_the_owner_of_the_folder_alone() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mail");
        let folder = Folder::open(&path).unwrap();
        let letter = sample::letter();
        folder.send(&letter).await.unwrap();
        assert_eq!((mode(&path), mode(&folder.file(&letter))), (0o700, 0o600));
        // An earlier version left them open.
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(folder.file(&letter), Permissions::from_mode(0o644)).unwrap();
        Folder::open(&path).unwrap();
        assert_eq!((mode(&path), mode(&folder.file(&letter))), (0o700, 0o600));
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_a_matter_of_time() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path().join("mail")).unwrap();
        fs::remove_dir(folder.path()).unwrap();
        let refused = folder.send(&sample::letter()).await.unwrap_err();
        assert_eq!(refused.fault, Fault::FolderUnwritable, "{refused}");
    }
}
