//! `casebell restore`: a backup taken back into an empty place, after all of it was checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::backup::{archive, whole_chain, workplace};
use crate::config::Settings;
use crate::db::{Location, snapshot};
use crate::private_files;

/// Take a backup back, into a place where no database is yet: the file of the settings, or an empty PostgreSQL database. Attached
/// files go to where the settings keep them.
/// Everything in it is checked before; if something is wrong, nothing changes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// What `casebell backup` made.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &RestoreArgs, settings: &Settings) -> anyhow::Result<()> {
    let location = settings.database_url.location();
    // Who would be refused in the end is told so at once.
    snapshot::require_empty(&location)?;
    let beside = match &location {
        Location::Sqlite(path) => path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty()),
        Location::Postgres(_) => Some(settings.data_dir.as_path()),
    };
    let beside = beside.unwrap_or(Path::new("."));
    private_files::create_folder(beside)?;
    let workplace = workplace(beside)?;
    let manifest = archive::read(&args.file, Some(workplace.path()))?;
    let store = settings.attachments.store(&settings.data_dir)?;
    // Before the rows that name them: what is left of a restoration that fails is named by nobody, and swept away.
    super::block_on(async {
        for (name, content) in manifest.files() {
            let taken = store.take_in(&workplace.path().join(name)).await;
            let taken = taken.context("an attached file could not be put back")?;
            if taken != content {
                bail!("{name} has changed while it was put back");
            }
        }
        Ok(())
    })?;
    let check = Arc::new(whole_chain);
    snapshot::fill(&location, workplace.path(), &manifest.snapshot, check)?;
    super::print(&format!(
        "{} is back as of {}: {} rows of {} tables and {} attached files, and the chain of audited events is whole.",
        settings.database_url,
        manifest.made_at.format("%Y-%m-%dT%H:%M:%SZ"),
        manifest.snapshot.rows.values().sum::<u64>(),
        manifest.snapshot.rows.len(),
        manifest.files().count(),
    ))?;
    if manifest.without_attachments {
        super::print(&format!(
            "Attached files are not in it: they have to be in {} as they were then.",
            store.place(),
        ))?;
    }
    let key = settings.existing_secret_key()?.map(|key| key.fingerprint());
    if let Some(its) = manifest.secret_key_fingerprint
        && key != Some(its)
    {
        super::print(&format!(
            "The secret key is not the one that it was made with. Set that one as CASEBELL_SECRET_KEY, or put its file at \
             {}, before you serve: with another one, authenticator apps do not match, and links that were sent do not open.",
            settings.data_dir.join("secret.key").display()
        ))?;
    }
    Ok(())
}
