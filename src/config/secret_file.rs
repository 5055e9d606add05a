//! Secrets in files of their own, as secret managers, container platforms and service managers hand them over.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The largest file that is taken, in bytes: a secret is a line.
const LARGEST: u64 = 16 * 1024;
/// Everybody on the machine may read.
const READ_BY_ALL: u32 = 0o004;

/// What a file holds.
#[derive(Debug)]
pub(super) struct SecretFile {
    /// The text without what surrounds it, such as the end of its line.
    pub text: String,
    /// Whether everybody on the machine may read it.
    pub is_open_to_all: bool,
}

/// Reads a secret. A pipe will do, as a shell's `<(…)` is one.
///
/// # Errors
/// Why it cannot be used, and what would be right.
pub(super) fn read(path: &Path) -> Result<SecretFile, String> {
    const RIGHT: &str = "right would be a file that holds the value and nothing else";
    let unreadable = |error| format!("the file cannot be read: {error}; {RIGHT}");
    let file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    if read.map_err(unreadable)? as u64 > LARGEST {
        return Err(format!("the file is larger than {LARGEST} bytes; {RIGHT}"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("the file is no text; {RIGHT}"))?;
    match text.trim() {
        "" => Err(format!("the file is empty; {RIGHT}")),
        text => Ok(SecretFile {
            text: text.to_owned(),
            is_open_to_all: found.is_file() && found.mode() & READ_BY_ALL != 0,
        }),
    }
}
