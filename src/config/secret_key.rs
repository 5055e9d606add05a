//! The installation's key, and how it comes to be.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::private_files;

const FILE: &str = "secret.key";
/// Below this a key is guessable.
const SHORTEST: usize = 32;

/// Signs links and derives further keys. It never leaves the process and is not shown by `Debug`.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// The key that stands for `text`, which may have any length.
    pub fn from_text(text: &SecretString) -> Self {
        Self(Sha256::digest(text.expose_secret().as_bytes()).into())
    }

    /// A key for one purpose only: knowing one derived key tells nothing about another or about this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac_sha256(&self.0, purpose.as_bytes())
    }

    /// A signature of `message` that only this installation can make, for one purpose.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.derive(purpose), message)
    }

    /// What tells this key from another one without telling anything else of it.
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.derive("fingerprint")[..8])
    }

    /// The key in `directory`, if there is one.
    pub(super) fn found_in(directory: &Path) -> io::Result<Option<Self>> {
        match directory.join(FILE).exists() {
            true => Self::kept_in(directory).map(Some),
            false => Ok(None),
        }
    }

    /// The key in `directory`, made (readable by its owner only) if there is none yet.
    pub(super) fn kept_in(directory: &Path) -> io::Result<Self> {
        let path = directory.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(directory, &path)?;
                fs::read_to_string(&path)?
            }
            Err(error) => return Err(explain(error, &path)),
        };
        private_files::close_file(&path);
        match parse(text.trim()) {
            Ok(key) => Ok(Self::from_text(&key)),
            Err(why) => Err(io::Error::new(
                ErrorKind::InvalidData,
                format!("{}: {why}", path.display()),
            )),
        }
    }
}

/// Writes a new key beside its place and links it there, so that another process never reads half of one and of two
/// that start at once both use the same.
fn make(directory: &Path, path: &Path) -> io::Result<()> {
    private_files::create_folder(directory).map_err(|error| explain(error, directory))?;
    let text = hex::encode(rand::random::<[u8; 32]>());
    let draft = directory.join(format!(".{FILE}.{:016x}", rand::random::<u64>()));
    let written = private_files::create_file(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    // The draft has served, whether it was linked or not; one that stays behind does no harm.
    let _ = fs::remove_file(&draft);
    linked.map_err(|error| explain(error, path))
}

fn explain(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

pub(super) fn parse(text: &str) -> Result<SecretString, String> {
    if text.chars().count() < SHORTEST {
        return Err(format!(
            "too short; right would be {SHORTEST} random characters or more"
        ));
    }
    Ok(SecretString::from(text))
}

/// HMAC-SHA-256 (RFC 2104) for a key of 32 bytes, which is shorter than a block.
fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut inner = [0x36_u8; BLOCK];
    let mut outer = [0x5c_u8; BLOCK];
    for (index, byte) in key.iter().enumerate() {
        inner[index] ^= byte;
        outer[index] ^= byte;
    }
    let inner = Sha256::new()
        .chain_update(inner)
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(outer)
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_signature_is_hmac_sha_256() {
        // RFC 4231, case 2 with its key padded as HMAC pads it.
        let mut key = [0_u8; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = hmac_sha256(&key, b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(mac),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = SecretKey::kept_in(directory.path()).expect("made");
        let file = directory.path().join(FILE);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("opened to others");
        let second = SecretKey::kept_in(directory.path()).expect("read again");
        assert_eq!(first.derive("x"), second.derive("x"));
        assert_ne!(first.derive("x"), first.derive("y"));
        let mode = fs::metadata(&file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_was_cut_off_is_refused_by_its_path() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join(FILE), "short").expect("written");
        let error = SecretKey::kept_in(directory.path()).expect_err("refused");
        assert!(
            error.to_string().contains(FILE) && error.to_string().contains("too short"),
            "{error}"
        );
    }
}
