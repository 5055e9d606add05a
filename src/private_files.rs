//! Files and folders that only their owner reads, whatever the umask: rows, mails and keys open accounts.
//!
//! Whoever makes a file or a folder makes it here: folders with mode 0700, files with 0600. What exists already, from
//! an earlier version or another hand, is brought to that too; where that is not possible, because it belongs to
//! somebody else or cannot be written, it is said in the log and used as it is.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{FileType, Mode};

/// Who owns a folder may do everything with it, others nothing.
const FOLDER: u32 = 0o700;
/// Who owns a file may read and write it, others nothing.
const FILE: u32 = 0o600;
/// The rights of everybody but the owner.
const OTHERS: u32 = 0o077;
/// Folders that everybody makes files in, such as `/tmp`, have this bit.
const STICKY: u32 = 0o1000;

/// Makes this process private: what any library in it creates is for the owner alone, and so is what it prints, if
/// that goes into a file. Logs and printed links open accounts too.
pub fn begin() {
    rustix::process::umask(Mode::from_raw_mode(OTHERS));
    for printed in [io::stdout().as_fd(), io::stderr().as_fd()] {
        let Ok(stat) = rustix::fs::fstat(printed) else {
            continue;
        };
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if is_file && stat.st_mode & OTHERS != 0 {
            // A file that belongs to somebody else, such as a service manager's, is theirs to protect.
            let _ = rustix::fs::fchmod(printed, Mode::from_raw_mode(FILE));
        }
    }
}

/// Makes the folder and what is missing above it; one that is there is left as it is.
///
/// # Errors
/// The system's own.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Makes the folder, or takes the one that is there as Casebell's own and closes it to others.
///
/// # Errors
/// The system's own.
pub fn own_folder(path: &Path) -> io::Result<()> {
    create_folder(path)?;
    close_folder(path);
    Ok(())
}

/// Closes an existing folder of Casebell's own to others. The file system's root and folders that everybody uses are
/// nobody's own.
pub fn close_folder(path: &Path) {
    let is_root = || (path.canonicalize()).is_ok_and(|path| path.parent().is_none());
    restrict(path, FOLDER, |found| {
        found.is_dir() && found.mode() & STICKY == 0 && !is_root()
    });
}

/// Makes a file that is not there yet, open for writing.
///
/// # Errors
/// The system's own; [`ErrorKind::AlreadyExists`] if it is there.
pub fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE)
        .open(path)
}

/// Closes a file to others, if it is there and a file. It is not opened: closing it again would end this process's locks on it.
pub fn close_file(path: &Path) {
    restrict(path, FILE, Metadata::is_file);
}

/// Moves a finished draft to its place in the same file system, where nothing may be yet; it is durable then.
///
/// # Errors
/// The system's own; [`ErrorKind::AlreadyExists`] if something is there.
pub fn put_in_place(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Ok(()) => fs::remove_file(draft)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        // Some file systems have no links.
        Err(_) if path.exists() => return Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(draft, path)?,
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Takes the rights of others away, if there are any.
fn restrict(path: &Path, to: u32, is_meant: impl Fn(&Metadata) -> bool) {
    let outcome = match fs::metadata(path) {
        Ok(found) if found.mode() & OTHERS != 0 && is_meant(&found) => {
            fs::set_permissions(path, Permissions::from_mode(to))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "others may be able to read this, which could not be changed");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").mode() & 0o7777
    }

    #[test]
    fn what_is_made_and_what_was_there_is_for_its_owner_alone() {
        let directory = tempfile::tempdir().expect("a folder");
        let folder = directory.path().join("deep/down");
        own_folder(&folder).expect("made");
        assert_eq!(
            (mode(&folder), mode(folder.parent().expect("a parent"))),
            (0o700, 0o700)
        );
        let file = folder.join("file");
        create_file(&file).expect("made");
        assert_eq!(mode(&file), 0o600);
        let again = create_file(&file).expect_err("it is there");
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);

        for (path, wide) in [(&folder, 0o755), (&file, 0o664)] {
            fs::set_permissions(path, Permissions::from_mode(wide)).expect("opened to others");
        }
        own_folder(&folder).expect("taken");
        close_file(&file);
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        close_file(&folder.join("nothing"));
    }

    #[test]
    fn a_folder_that_everybody_uses_stays_open() {
        let directory = tempfile::tempdir().expect("a folder");
        fs::set_permissions(directory.path(), Permissions::from_mode(0o1777)).expect("opened");
        own_folder(directory.path()).expect("taken");
        assert_eq!(mode(directory.path()), 0o1777);
    }
}
