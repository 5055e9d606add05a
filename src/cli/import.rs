//! `casebell import`: what another system knows, with its true past instants (section 11, *Import*).

pub mod casebell;
mod directory;
mod lines;
mod pace;
pub mod report;
mod rows;
pub mod servicenow;
mod transactions;

use std::cell::Cell;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant as Stopwatch;

use indicatif::{ProgressBar, ProgressStyle};

use super::print;
use crate::clock::Clock;
use crate::config::Settings;
use crate::credentials::HashError;
use crate::db::{self, Conn, Db, DbError};
use crate::words::Catalogue;
use crate::worker::Linking;
use directory::Directory;
use report::{Fault, MadeUp, Refusal, Report, Unloaded};

/// Load what another system knows, with its true past instants.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Loading a file again changes nothing that is there. Ends with 0 if every line was loaded or was \
    there, with 2 if lines were refused, and with 1 if the import could not go on."
)]
pub struct ImportArgs {
    #[command(subcommand)]
    from: Source,
    /// Print the report as JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Source {
    /// Casebell's own format: one JSON object a line.
    Casebell {
        /// The file; `-` is standard input.
        file: PathBuf,
    },
    /// A ServiceNow incident event log.
    Servicenow {
        /// The file; `-` is standard input.
        file: PathBuf,
    },
}

/// Some lines were refused; the rest was loaded.
const REFUSED: u8 = 2;

/// Why an import ended before its file did.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened.
    #[error("cannot open {0}: {1}")]
    Open(PathBuf, io::Error),
    /// The file cannot be read on.
    #[error("cannot read on: {0}")]
    Read(#[from] io::Error),
    /// The log has no first line.
    #[error(
        "the file is empty: a ServiceNow incident event log begins with a line that names its columns"
    )]
    NoHeader,
    /// The log has no such column.
    #[error("the first line names no column `{0}`: this is no ServiceNow incident event log")]
    NoColumn(&'static str),
    /// The organization that would be the provider is something else.
    #[error("there is no provider, and the organization `{0}` is a customer or partner")]
    NoProvider(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A password cannot be hashed.
    #[error(transparent)]
    Password(#[from] HashError),
    /// A thread that hashed passwords ended without a word.
    #[error("the passwords could not be hashed")]
    Hashing,
}

/// Imports a file and prints what came of it.
///
/// # Errors
/// If the file or the database cannot be read or written. Refused lines are no error; the exit code tells of them.
pub(super) fn run(args: &ImportArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    let started = Stopwatch::now();
    let path = match &args.from {
        Source::Casebell { file } | Source::Servicenow { file } => file,
    };
    let (file, length) = open(path)?;
    let watch = Watch::on_terminal(length, args.json);
    let now = Clock::System.now();
    // Two threads: the one that reads may wait for more to read, and what is read already is written all the same.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let report = runtime.block_on(async {
        let db = Db::open(&settings.database_url.location())?.without_limits();
        let report = match &args.from {
            Source::Casebell { .. } => casebell::import(&db, file, now, &watch).await?,
            Source::Servicenow { .. } => {
                let words = Catalogue::load()?;
                servicenow::import(&db, file, now, &words, &watch).await?
            }
        };
        // Nobody may be serving who would seal what it has recorded.
        if let Err(error) = Linking::new(db).rest().await {
            tracing::warn!(%error, "what was recorded is sealed when somebody serves");
        }
        Ok::<_, anyhow::Error>(report)
    })?;
    watch.bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        print(&format!(
            "{:#}",
            report.json(&path.display().to_string(), seconds)
        ))?;
    } else {
        print(&format!("{report}\n\n{} in {seconds:.1} s", path.display()))?;
        if report.is_empty() {
            super::complain(&format!("there is nothing to load in {}", path.display()));
        }
    }
    Ok(match report.refusals() {
        [] => ExitCode::SUCCESS,
        _ => ExitCode::from(REFUSED),
    })
}

/// A file and its length, or what comes in, of which nobody knows how much it is.
fn open(path: &Path) -> Result<(Box<dyn BufRead>, u64), ImportError> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), 0));
    }
    let cannot = |error| ImportError::Open(path.to_owned(), error);
    let file = File::open(path).map_err(cannot)?;
    let length = file.metadata().map_err(cannot)?.len();
    Ok((Box::new(BufReader::with_capacity(1 << 16, file)), length))
}

/// Whoever watches an import: a bar on a terminal, and what is to be told of a line as it is found.
#[derive(Debug)]
pub struct Watch {
    bar: ProgressBar,
    tells: bool,
    told: Cell<u64>,
}

/// How many lines are told of one by one; a file of the wrong kind would fill the terminal.
const TOLD: u64 = 1_000;

impl Watch {
    /// A bar of `length` bytes, which shows itself on a terminal only. Refused lines are told unless the report
    /// will list them for a program.
    fn on_terminal(length: u64, json: bool) -> Self {
        let bar = ProgressBar::new(length);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}  {elapsed}, {eta} left")
        {
            bar.set_style(style);
        }
        Self {
            bar,
            tells: !json,
            told: Cell::new(0),
        }
    }

    /// Nobody watches.
    pub fn nobody() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            tells: false,
            told: Cell::new(0),
        }
    }

    /// From now on events are counted, not bytes.
    fn counts(&self, events: u64) {
        self.bar.reset();
        self.bar.set_length(events);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40} {pos}/{len} events  {elapsed}, {eta} left")
        {
            self.bar.set_style(style);
        }
    }

    fn reached(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    fn refused(&self, report: &mut Report, refusal: Refusal) {
        self.tell(&refusal);
        report.refused(refusal);
    }

    fn made_up(&self, report: &mut Report, made_up: MadeUp) {
        self.tell(&made_up);
        report.made_up(made_up);
    }

    fn tell(&self, what: &dyn Display) {
        if !self.tells {
            return;
        }
        self.told.set(self.told.get() + 1);
        match self.told.get() {
            ..=TOLD => self.bar.suspend(|| super::complain(what)),
            told if told == TOLD + 1 => self
                .bar
                .suspend(|| super::complain(&"… there is more to tell; --json lists it all")),
            _ => {}
        }
    }
}

/// Says that much will be written.
async fn expect_much(db: &Db) -> Result<(), DbError> {
    db.write(|conn| Ok::<_, DbError>(db::expect_much(conn)?))
        .await
}

/// Runs `f` so that all of it is there or nothing; a refusal rolls back this record only.
fn in_savepoint<T>(
    conn: &mut Conn,
    directory: &mut Directory,
    f: impl FnOnce(&mut Conn, &mut Directory) -> Result<T, Unloaded>,
) -> Result<Result<T, Vec<Fault>>, DbError> {
    match db::in_savepoint(conn, |conn| f(conn, directory)) {
        Ok(loaded) => Ok(Ok(loaded)),
        Err(Unloaded::Refused(faults)) => {
            directory.forget();
            Ok(Err(faults))
        }
        Err(Unloaded::Database(error)) => Err(error),
    }
}
