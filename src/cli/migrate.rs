//! `casebell migrate`: the schema, brought up to date.

use crate::clock::Clock;
use crate::config::Settings;
use crate::db::Db;
use crate::workflow::seal::seal_older;

use super::refusal::error;

/// Opens the database, which brings its schema up to date, and seals what was said before events had hashes of it.
pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let db = Db::open(&settings.database_url.location())?;
    super::block_on(seal(&db, &Clock::System))?;
    super::print(&format!(
        "The schema of {} is up to date.",
        settings.database_url
    ))?;
    Ok(())
}

/// Seals what was said before events had hashes of it, some cases at a time.
pub(super) async fn seal(db: &Db, clock: &Clock) -> anyhow::Result<()> {
    loop {
        let now = clock.now();
        let more = db.write(move |conn| seal_older(conn, now)).await;
        if !more.map_err(error)? {
            return Ok(());
        }
    }
}
