//! A file on its way: written to the side, hashed while it comes, gone if nobody keeps it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::content::ContentHash;
use crate::domain::attachment::MediaType;

/// A file that is being written.
#[derive(Debug)]
pub struct Draft {
    file: NamedTempFile,
    hash: Sha256,
    bytes: u64,
    beginning: Vec<u8>,
}

/// A file that is all here, durable, and in no place yet.
#[derive(Debug)]
pub struct Received {
    file: NamedTempFile,
    hash: ContentHash,
    bytes: u64,
    media_type: MediaType,
}

impl Draft {
    pub(super) fn in_folder(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: NamedTempFile::new_in(folder)?,
            hash: Sha256::new(),
            bytes: 0,
            beginning: Vec::with_capacity(MediaType::BEGINNING),
        })
    }

    /// Writes what comes next.
    ///
    /// # Errors
    /// The system's own.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let missing = MediaType::BEGINNING - self.beginning.len();
        self.beginning
            .extend_from_slice(&bytes[..bytes.len().min(missing)]);
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// All of it is here.
    ///
    /// # Errors
    /// The system's own.
    pub fn finish(self) -> io::Result<Received> {
        self.file.as_file().sync_all()?;
        Ok(Received {
            file: self.file,
            hash: ContentHash::of(self.hash),
            bytes: self.bytes,
            media_type: MediaType::of(&self.beginning),
        })
    }
}

impl Received {
    /// The hash of its bytes.
    pub const fn hash(&self) -> &ContentHash {
        &self.hash
    }

    /// How many it has.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What it is, by how it begins.
    pub const fn media_type(&self) -> MediaType {
        self.media_type
    }

    /// Where it is as long as nobody keeps it.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Its bytes, from the first.
    pub(super) fn read(&self) -> io::Result<File> {
        self.file.reopen()
    }

    pub(super) fn move_to(self, place: &Path) -> io::Result<()> {
        // What was scanned meanwhile counts as new from now on.
        self.file
            .as_file()
            .set_modified(std::time::SystemTime::now())?;
        self.file.persist(place).map_err(|error| error.error)?;
        Ok(())
    }
}
