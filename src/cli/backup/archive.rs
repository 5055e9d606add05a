//! The file of a backup: a `.tar.gz` that any system unpacks, with a list of what is in it and the hash of each part.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::attachments::ContentHash;
use crate::db::snapshot::Snapshot;
use crate::private_files;

/// The form of the archives that this version makes and reads.
pub const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// A list longer than this is none.
const LONGEST_MANIFEST: u64 = 1 << 28;
/// How the names of parts begin that are attached files; their hash follows.
const OF_A_FILE: &str = "attachment-";
/// How every archive begins: gzip without a name or an instant.
const BEGINNING: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// What is in a backup, and what it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    pub format: u32,
    /// The version that made it.
    pub casebell: String,
    /// As of when.
    pub made_at: DateTime<Utc>,
    /// What the database held.
    #[serde(flatten)]
    pub snapshot: Snapshot,
    /// What tells the installation's secret key from another one; the key itself is not in the archive.
    pub secret_key_fingerprint: Option<String>,
    /// The hashes of attached files that could not be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_attachments: Vec<String>,
    /// Whether attached files were left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_attachments: bool,
    /// The parts, by name.
    pub parts: BTreeMap<String, Part>,
}

impl Manifest {
    /// The attached files in it: the name of each part, and of its bytes.
    pub fn files(&self) -> impl Iterator<Item = (&str, ContentHash)> {
        let names = self.parts.keys();
        names.filter_map(|name| Some((name.as_str(), content_of(name)?)))
    }
}

/// The name of the part that is an attached file with these bytes.
pub fn name_of(content: &ContentHash) -> String {
    format!("{OF_A_FILE}{content}")
}

/// Of which bytes a part is the file, if it is one.
fn content_of(name: &str) -> Option<ContentHash> {
    name.strip_prefix(OF_A_FILE)?.parse().ok()
}

/// A part of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// How long it is.
    pub bytes: u64,
    /// The hash of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// Lists the files of a folder, which has no folders in it.
///
/// # Errors
/// The system's own.
pub fn parts(folder: &Path) -> io::Result<BTreeMap<String, Part>> {
    let mut parts = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        parts.insert(name, hashed(File::open(entry.path())?, &mut io::sink())?);
    }
    Ok(parts)
}

/// Copies what is read, and says how long it is and what its hash is.
fn hashed(mut from: impl Read, to: &mut impl Write) -> io::Result<Part> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        bytes += count as u64;
    }
    Ok(Part {
        bytes,
        sha256: hex::encode(hash.finalize()),
    })
}

/// Writes the archive of the manifest's parts, which are in `folder`, to a new file and makes it durable.
///
/// # Errors
/// The system's own.
pub fn write(path: &Path, manifest: &Manifest, folder: &Path) -> io::Result<()> {
    let file = BufWriter::new(private_files::create_file(path)?);
    let packed: GzEncoder<_> = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(file, Compression::default());
    let mut archive = tar::Builder::new(packed);
    let list = serde_json::to_vec_pretty(manifest)?;
    archive.append_data(&mut header(list.len() as u64), MANIFEST, list.as_slice())?;
    for (name, part) in &manifest.parts {
        let file = File::open(folder.join(name))?;
        archive.append_data(&mut header(part.bytes), name, BufReader::new(file))?;
    }
    let file = archive.into_inner()?.finish()?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(0);
    header
}

/// Reads all of the archive, checks every byte of it, and puts its parts into `folder`, which is empty; without one they are
/// only checked.
///
/// # Errors
/// [`ErrorKind::InvalidData`] with what is wrong with it, or the system's own.
pub fn read(path: &Path, folder: Option<&Path>) -> io::Result<Manifest> {
    let mut file = BufReader::new(File::open(path)?);
    let mut beginning = [0; BEGINNING.len()];
    let begins = file.read_exact(&mut beginning);
    if begins.is_err() || beginning != BEGINNING {
        return Err(wrong("it does not begin as a backup does"));
    }
    // One stream and no other: what would follow it is not read, and noticed.
    let unpacked = GzDecoder::new(beginning.as_slice().chain(&mut file));
    let mut archive = tar::Archive::new(unpacked);
    let manifest = members(&mut archive, folder).map_err(told)?;
    let mut rest = archive.into_inner();
    // The end of the stream has its checksum.
    io::copy(&mut rest, &mut io::sink()).map_err(told)?;
    if file.read(&mut [0])? != 0 {
        return Err(wrong("something follows its end"));
    }
    Ok(manifest)
}

fn members(archive: &mut tar::Archive<impl Read>, folder: Option<&Path>) -> io::Result<Manifest> {
    let mut members = archive.entries()?;
    let list = members.next().ok_or_else(|| wrong("it is empty"))??;
    if list.path()?.as_ref() != Path::new(MANIFEST) {
        return Err(wrong("it does not begin with a list of what is in it"));
    }
    let mut text = Vec::new();
    list.take(LONGEST_MANIFEST).read_to_end(&mut text)?;
    let form: Form = serde_json::from_slice(&text)?;
    if form.format != FORMAT {
        let why = format!(
            "its form is {}, and this version reads {FORMAT}",
            form.format
        );
        return Err(wrong(&why));
    }
    let manifest: Manifest = serde_json::from_slice(&text)?;
    let mut missing = manifest.parts.clone();
    for member in members {
        let member = member?;
        let name = member.path()?.to_string_lossy().into_owned();
        let said = missing.remove(&name);
        let said = said.ok_or_else(|| wrong(&format!("{name} is not in its list")))?;
        let found = match folder.map(|folder| part(folder, &name)).transpose()? {
            Some(place) => {
                let mut file = private_files::create_file(&place)?;
                hashed(member, &mut file)?
            }
            None => hashed(member, &mut io::sink())?,
        };
        let other = |content: ContentHash| content.as_str() != found.sha256;
        if found != said || content_of(&name).is_some_and(other) {
            return Err(wrong(&format!("{name} has changed")));
        }
    }
    match missing.keys().next() {
        Some(name) => Err(wrong(&format!("{name} is missing"))),
        None => Ok(manifest),
    }
}

#[derive(Deserialize)]
struct Form {
    format: u32,
}

/// The place of a part in the folder, and nowhere else.
fn part(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.chars().all(plain) && !name.starts_with('.') {
        true => Ok(folder.join(name)),
        false => Err(wrong(&format!("{name:?} is no name of a part"))),
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        format!("not a whole backup: {what}"),
    )
}

/// What the libraries say of bytes that are not as they were written.
fn told(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::InvalidData
        | ErrorKind::InvalidInput
        | ErrorKind::UnexpectedEof
        | ErrorKind::Other
            if !error.to_string().starts_with("not a whole backup") =>
        {
            wrong(&error.to_string())
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::snapshot::Kind;

    /// The list of an archive that has these parts.
    fn manifest(parts: &[(&str, &[u8])]) -> Manifest {
        let parts = parts.iter().map(|(name, bytes)| {
            let part = hashed(*bytes, &mut io::sink()).expect("hashed");
            ((*name).to_owned(), part)
        });
        Manifest {
            format: FORMAT,
            casebell: "1.0.0".to_owned(),
            made_at: DateTime::UNIX_EPOCH,
            snapshot: Snapshot {
                database: Kind::Sqlite,
                migrations: Vec::new(),
                rows: BTreeMap::new(),
            },
            secret_key_fingerprint: None,
            missing_attachments: Vec::new(),
            without_attachments: false,
            parts: parts.collect(),
        }
    }

    /// An archive in which nothing is wrong with the packing, whatever its list says.
    fn pack(path: &Path, manifest: &Manifest, there: &[(&str, &[u8])]) -> io::Result<()> {
        let packed: GzEncoder<_> = GzBuilder::new()
            .mtime(0)
            .operating_system(255)
            .write(File::create(path)?, Compression::default());
        let mut archive = tar::Builder::new(packed);
        let list = serde_json::to_vec_pretty(manifest)?;
        for (name, bytes) in [(MANIFEST, &list[..])].iter().chain(there) {
            archive.append_data(&mut header(bytes.len() as u64), name, *bytes)?;
        }
        archive.into_inner()?.finish().map(drop)
    }

    #[test]
    fn an_archive_holds_what_its_list_says_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("desk.tar.gz");
        let (database, keys) = (("database", &b"rows"[..]), ("keys", &b"more rows"[..]));
        let reads = |listed: &[(&str, &[u8])], there: &[(&str, &[u8])]| {
            pack(&path, &manifest(listed), there).expect("written");
            let manifest = read(&path, None);
            manifest.map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(reads(&[database, keys], &[database, keys]), Ok(()));
        let not_whole = |what: &str| Err(format!("not a whole backup: {what}"));
        assert_eq!(
            reads(&[database, keys], &[("database", &b"rose"[..]), keys]),
            not_whole("database has changed")
        );
        assert_eq!(
            reads(&[database, keys], &[database]),
            not_whole("keys is missing")
        );
        assert_eq!(
            reads(&[database], &[database, keys]),
            not_whole("keys is not in its list")
        );
        let named = format!("{OF_A_FILE}{}", "0".repeat(64));
        let other = (named.as_str(), &b"not of that hash"[..]);
        assert_eq!(
            reads(&[other], &[other]),
            not_whole(&format!("{named} has changed"))
        );
    }
}
