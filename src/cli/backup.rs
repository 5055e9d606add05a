//! `casebell backup`: a checked copy of everything, taken while the desk runs.

pub(super) mod archive;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::clock::Clock;
use crate::config::Settings;
use crate::db::snapshot::SnapshotError;
use crate::db::{Conn, Db};
use crate::domain::audit::Verdict;
use crate::private_files;
use crate::store::audit;
use archive::{FORMAT, Manifest};

/// Write a copy of the database to a new file, while the desk runs. It is checked: its rows, the chain of audited events,
/// and what was written. The secret key is not in it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The file to make, such as casebell-2026-03-01.tar.gz.
    #[arg(value_name = "FILE")]
    file: PathBuf,
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
    let snapshot = super::block_on(async { Ok(db.copy_into(&copy, whole_chain).await?) })?;
    let key = settings.existing_secret_key()?;
    let manifest = Manifest {
        format: FORMAT,
        casebell: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        snapshot,
        secret_key_fingerprint: key.map(|key| key.fingerprint()),
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
        "{} has the {} rows of {} tables as of {}, and was read back. The secret key is not in it: keep that as well, \
         apart from it.",
        file.display(),
        manifest.snapshot.rows.values().sum::<u64>(),
        manifest.snapshot.rows.len(),
        made_at.format("%Y-%m-%dT%H:%M:%SZ"),
    ))?;
    Ok(())
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
