//! `casebell demo`: serving with sample organizations, people and cases at every stage.
//!
//! The stories are told through the same verbs that people use, at instants that lie before now, so that everything
//! hangs together: feeds, history, notices and deadlines, some of which are still running.

mod cast;
mod files;
mod stage;
mod stories;

use anyhow::bail;
use tokio::runtime::Handle;

use super::import::{Watch, casebell};
use super::refusal::error;
use super::serve;
use crate::attachments::Store;
use crate::clock::Clock;
use crate::config::{DatabaseUrl, MailUrl, Settings};
use crate::db::{Db, DbError};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::order::{Sort, Window};
use crate::store::cases::{self, CaseFilter, CaseOrder};
use crate::store::organizations;

/// Serve with sample organizations, people and cases at every stage.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DemoArgs {}

pub(super) fn run(_args: &DemoArgs, settings: Settings) -> anyhow::Result<()> {
    let settings = apart(settings);
    super::block_on(async {
        let db = Db::open(&settings.database_url.location())?.without_limits();
        let store = settings.attachments.store(&settings.data_dir)?;
        furnish(&db, &store, Clock::System.now()).await
    })?;
    super::print(&cast::accounts())?;
    if !settings.listen.ip().is_loopback() {
        let everybody = format!(
            "Everybody who reaches {} can sign in with these.",
            settings.listen
        );
        super::print(&everybody)?;
    }
    serve::run(&settings)
}

/// Keeps the samples in a folder of their own, unless a database is named: they are no part of a real desk.
fn apart(mut settings: Settings) -> Settings {
    let own = settings.data_dir.join("casebell.db");
    if matches!(&settings.database_url, DatabaseUrl::Sqlite(path) if *path == own) {
        let mail = settings.data_dir.join("mail");
        settings.data_dir.push("demo");
        settings.database_url = DatabaseUrl::Sqlite(settings.data_dir.join("casebell.db"));
        settings.attachments.bucket = None;
        if matches!(&settings.mail_url, MailUrl::Folder(path) if *path == mail) {
            settings.mail_url = MailUrl::Folder(settings.data_dir.join("mail"));
        }
    }
    settings
}

/// Brings the people and the stories, if they are not there.
async fn furnish(db: &Db, store: &Store, now: Instant) -> anyhow::Result<()> {
    let provider = db
        .read(|conn| Ok::<_, DbError>(organizations::provider(conn)?))
        .await?;
    if let Some(other) = provider.filter(|provider| provider.slug.as_str() != cast::PROVIDER) {
        bail!(
            "this database is that of {}; the demonstration needs one of its own",
            other.name
        );
    }
    let records = cast::records();
    let report = casebell::import(db, records.as_bytes(), now, &Watch::nobody()).await?;
    if let Some(refusal) = report.refusals().first() {
        bail!("the samples do not fit: {refusal}");
    }
    let (store, runtime) = (store.clone(), Handle::current());
    db.write(move |conn| {
        let first = Window::first(Sort::ascending(CaseOrder::OpenedAt), 1);
        let any = cases::list(conn, Reach::Everything, &CaseFilter::default(), &first)?;
        if any.is_empty() {
            stories::tell(&mut stage::Stage::set(conn, (&store, &runtime), now)?)?;
        }
        Ok(())
    })
    .await
    .map_err(error)
}

#[cfg(test)]
mod tests;
