//! `casebell audit`: whether the chain of audited events is whole, and the events themselves.

mod output;

use std::io::Write;
use std::pin::pin;
use std::process::ExitCode;

use chrono::{DateTime, SubsecRound, Utc};
use futures_util::TryStreamExt;

use super::refusal::error;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, DbError};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::Verdict;
use crate::domain::audit::seal::Contents;
use crate::http::audit::file::Format;
use crate::http::audit::{Asked, export};
use crate::http::problem::Problem;
use crate::store::audit::{self, EventFilter};
use crate::words::Catalogue;
use crate::worker::Linking;
use crate::workflow::export_audit::export_audit;
use output::Seals;

/// Check the chain of audited events, and take them out.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// Say whether the chain of audited events is whole, and what was said is as it was recorded; if not, where it breaks
    /// and what was changed. Events that wait for their seal get it before; nothing else is changed. Ends with 0 if it is whole, 1 if
    /// it is broken, 2 if that could not be found out.
    Verify,
    /// Print audited events, the newest first. That they are exported is itself recorded.
    Export(ExportArgs),
}

/// Which events are printed, and how.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// Those that concern this organization, by slug or id; all if left out.
    #[arg(long)]
    organization: Option<String>,
    /// Not before this instant, such as 2026-03-01T00:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    from: Option<DateTime<Utc>>,
    /// Before this instant.
    #[arg(long, value_name = "INSTANT")]
    until: Option<DateTime<Utc>>,
    /// A table, or one JSON object a line.
    #[arg(long, default_value = Format::Csv.as_str(), value_parser = format_parser())]
    format: Format,
}

fn format_parser() -> impl clap::builder::TypedValueParser<Value = Format> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(Format::NAMES).try_map(|name| name.parse::<Format>())
}

impl AuditCommand {
    /// What the shell is told if it could not run: that a chain is broken is an answer, and 1 says it.
    pub(super) fn failure(&self) -> ExitCode {
        match self {
            Self::Verify => ExitCode::from(2),
            Self::Export(_) => ExitCode::FAILURE,
        }
    }
}

pub(super) fn run(command: &AuditCommand, settings: &Settings) -> anyhow::Result<ExitCode> {
    super::block_on(async {
        // A new database would be whole, and say nothing about the one that was meant.
        let limited = Db::open_as_it_is(&settings.database_url.location())?;
        let db = limited.without_limits();
        match command {
            AuditCommand::Verify => {
                let linked = link(&limited).await;
                let (verdict, contents, waiting) = db
                    .read(|conn| {
                        let verdict = audit::walk(conn)?;
                        // A broken chain says nothing that could be relied on of what was said.
                        let contents = match verdict {
                            Verdict::Whole { .. } => audit::contents(conn)?,
                            Verdict::Broken(_) => Contents::default(),
                        };
                        Ok::<_, DbError>((verdict, contents, audit::waiting(conn)?))
                    })
                    .await?;
                let seals = Seals { linked, waiting };
                super::print(&output::of(&verdict, &contents, &seals))?;
                Ok(match verdict {
                    Verdict::Whole { .. } if contents.faults.is_empty() => ExitCode::SUCCESS,
                    Verdict::Whole { .. } | Verdict::Broken(_) => ExitCode::FAILURE,
                })
            }
            AuditCommand::Export(args) => {
                export(&db, args.clone(), Clock::System.now()).await?;
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

/// Seals what waits for it; gives how many events that were. A database that cannot be written now can still be read, and what waits
/// is told.
async fn link(db: &Db) -> usize {
    let linked = Linking::new(db.clone()).rest().await;
    linked.unwrap_or_else(|error| {
        tracing::warn!(%error, "what waits for its seal does not get it now");
        0
    })
}

async fn export(db: &Db, args: ExportArgs, now: Instant) -> anyhow::Result<()> {
    let words = Catalogue::load()?;
    let cut = |at: Option<DateTime<Utc>>| at.map(|at| at.trunc_subsecs(6));
    let asked = Asked {
        organization: args.organization,
        from: cut(args.from),
        until: cut(args.until),
        ..Asked::default()
    };
    let fields = asked.as_fields();
    let filter = db
        .read(move |conn| asked.filter(conn, Reach::Everything))
        .await
        .map_err(|problem| refused(&words, &problem))?;
    let up_to = db
        .write(move |conn| export_audit(conn, None, args.format.as_str(), fields.clone(), now))
        .await
        .map_err(error)?;
    let filter = EventFilter {
        up_to: Some(up_to),
        ..filter
    };
    let mut chunks = pin!(export::chunks(db.clone(), filter, args.format));
    while let Some(chunk) = chunks.try_next().await? {
        let mut out = std::io::stdout().lock();
        match out.write_all(&chunk).and_then(|()| out.flush()) {
            // Whoever reads only the beginning, as `head` does, is done.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => break,
            outcome => outcome?,
        }
    }
    Ok(())
}

/// Every field that is wrong, a line each.
fn refused(words: &Catalogue, problem: &Problem) -> anyhow::Error {
    let lines: Vec<String> = problem
        .errors()
        .iter()
        .map(|error| format!("{}: {}", error.field(), error.message(words)))
        .collect();
    match lines.is_empty() {
        true => anyhow::anyhow!("{}", problem.detail(words)),
        false => anyhow::anyhow!("{}", lines.join("\n")),
    }
}
