//! `casebell backup`: a checked copy of everything, taken while the desk runs: of the database, and of the files that people have
//! attached as it names them.

pub(super) mod archive;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::attachments::{ContentHash, Store};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::snapshot::{Snapshot, SnapshotError};
use crate::db::{Conn, Db, migrate};
use crate::domain::audit::Verdict;
use crate::private_files;
use crate::store::{attachments, audit};
use crate::worker::Linking;
use archive::{FORMAT, Manifest};

/// The migration with which files came.
const WITH_FILES: &str = "0036";

/// Write a copy of the database and of attached files to a new file, while the desk runs. It is checked: its rows, the chain of
/// audited events, and what was written. Files that are kept in a bucket are fetched from there. The secret key is not in it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The file to make, such as casebell-2026-03-01.tar.gz.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Leave attached files out, where their folder or bucket is saved by other means.
    #[arg(long)]
    without_attachments: bool,
    /// Print what is in it as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BackupArgs, settings: &Settings) -> anyhow::Result<()> {
    let file = &args.file;
    if file.exists() {
        bail!(
            "{} is there already; a backup is a new file",
            file.display()
        );
    }
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let workplace = workplace(folder.unwrap_or(Path::new(".")))?;
    let copy = workplace.path().join("parts");
    private_files::create_folder(&copy)?;
    let db = Db::open_as_it_is(&settings.database_url.location())?;
    let made_at = Clock::System.now();
    let store = settings.attachments.store(&settings.data_dir)?;
    let (snapshot, missing_attachments) = super::block_on(async {
        if args.without_attachments {
            return Ok((copy_rows(&db, &copy).await?.0, Vec::new()));
        }
        // What is redacted meanwhile stays until it is copied: the copy of the database names it.
        let unswept = store.hold().await.with_context(|| store.place())?;
        let copied = copy_all(&db, &store, &copy).await;
        unswept.release().await;
        copied
    })?;
    let key = settings.existing_secret_key()?;
    let manifest = Manifest {
        format: FORMAT,
        casebell: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        snapshot,
        secret_key_fingerprint: key.map(|key| key.fingerprint()),
        missing_attachments,
        without_attachments: args.without_attachments,
        parts: archive::parts(&copy)?,
    };
    let draft = workplace.path().join("backup");
    archive::write(&draft, &manifest, &copy)?;
    archive::read(&draft, None).context("the backup could not be read back")?;
    private_files::put_in_place(&draft, file).with_context(|| file.display().to_string())?;
    if args.json {
        return Ok(super::print(&serde_json::to_string_pretty(&manifest)?)?);
    }
    super::print(&format!(
        "{} has the {} rows of {} tables and {} attached files as of {}, and was read back. The secret key is not in it: keep \
         that as well, apart from it.",
        file.display(),
        manifest.snapshot.rows.values().sum::<u64>(),
        manifest.snapshot.rows.len(),
        manifest.files().count(),
        made_at.format("%Y-%m-%dT%H:%M:%SZ"),
    ))?;
    if args.without_attachments {
        super::print("Attached files were left out, as was asked for.")?;
    }
    if let Some(first) = manifest.missing_attachments.first() {
        super::print(&format!(
            "{} attached files could not be read and are not in it, such as {first}: look at {}.",
            manifest.missing_attachments.len(),
            store.place(),
        ))?;
    }
    Ok(())
}

/// Puts a copy of the database into `folder`, and of the files that it names; gives what was copied, and which files cannot be had.
async fn copy_all(
    db: &Db,
    store: &Store,
    folder: &Path,
) -> anyhow::Result<(Snapshot, Vec<String>)> {
    let (snapshot, named) = copy_rows(db, folder).await?;
    let missing = copy_files(store, &named, folder).await?;
    Ok((snapshot, missing))
}

/// Puts a copy of the database into `folder`; gives what was copied, and which files it names.
async fn copy_rows(db: &Db, folder: &Path) -> anyhow::Result<(Snapshot, Vec<ContentHash>)> {
    let named: Arc<Mutex<Vec<ContentHash>>> = Arc::default();
    let check = {
        let named = Arc::clone(&named);
        Arc::new(move |conn: &mut Conn| {
            whole_chain(conn)?;
            *named.lock().unwrap_or_else(PoisonError::into_inner) = named_files(conn)?;
            Ok(())
        })
    };
    // What waits for its seal is in the copy all the same; it shall be as little as can be.
    if let Err(error) = Linking::new(db.clone()).rest().await {
        tracing::warn!(%error, "some audited events go into the backup before they are sealed");
    }
    let snapshot = db.copy_into(folder, check).await?;
    let named = std::mem::take(&mut *named.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((snapshot, named))
}

/// The contents that the files of a database have; none of a schema that knows no files yet.
fn named_files(conn: &mut Conn) -> Result<Vec<ContentHash>, SnapshotError> {
    let knows = (migrate::applied(conn)?.iter()).any(|version| version.as_str() >= WITH_FILES);
    let named = match knows {
        true => attachments::named_by_all(conn)?,
        false => Vec::new(),
    };
    let mut contents: Vec<_> = named.into_iter().map(|named| named.content).collect();
    contents.dedup();
    Ok(contents)
}

/// Puts these files beside the copy of the database; gives those that cannot be had. One that is lost keeps nobody from saving the
/// rest.
async fn copy_files(
    store: &Store,
    named: &[ContentHash],
    folder: &Path,
) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for content in named {
        let path = folder.join(archive::name_of(content));
        if let Err(error) = store.copy_to(content, &path).await {
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => return Err(error.into()),
                // A bucket that does not answer has not lost what is in it.
                ErrorKind::TimedOut | ErrorKind::Other => {
                    return Err(error).with_context(|| store.place());
                }
                _ => missing.push(content.to_string()),
            }
        }
    }
    Ok(missing)
}

/// A folder for what is on its way, gone afterwards.
pub(super) fn workplace(beside: &Path) -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix(".casebell-")
        .tempdir_in(beside)
        .with_context(|| format!("nothing can be written in {}", beside.display()))
}

/// The chain of audited events is as it was written (C8).
pub(super) fn whole_chain(conn: &mut Conn) -> Result<(), SnapshotError> {
    match audit::walk(conn)? {
        Verdict::Whole { .. } => Ok(()),
        Verdict::Broken(_) => Err(SnapshotError::NotWhole(
            "its chain of audited events is broken; `casebell audit verify` says where".to_owned(),
        )),
    }
}
