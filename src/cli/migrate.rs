//! `casebell migrate`: the schema, brought up to date.

use crate::config::Settings;
use crate::db::Db;

/// Opens the database, which brings its schema up to date.
pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    Db::open(&settings.database_url.location())?;
    super::print(&format!(
        "The schema of {} is up to date.",
        settings.database_url
    ))?;
    Ok(())
}
