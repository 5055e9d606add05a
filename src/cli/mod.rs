//! The command line: one file a sub-command.

pub mod import;

mod assess;
mod audit;
mod backup;
mod demo;
mod migrate;
mod refusal;
mod restore;
mod serve;
mod token;
mod user;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Settings;
use crate::{private_files, telemetry};

/// A self-hosted support-case desk built around the escalation.
#[derive(Debug, Parser)]
#[command(name = "casebell", version, about)]
struct Cli {
    /// Settings; `casebell.toml` if it exists, otherwise only the environment (`CASEBELL_…`).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What the binary can do. Without a command it serves.
#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal and the API, and send notices.
    Serve,
    /// Serve with sample organizations, people and cases at every stage.
    Demo(demo::DemoArgs),
    /// Bring the database's schema up to date.
    Migrate,
    /// Load what another system knows, with its true past instants.
    Import(import::ImportArgs),
    /// Add people, and see to their access.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Make keys for programs.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Check the chain of audited events, and take them out.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Write a copy of the database to a new file, while the desk runs.
    Backup(backup::BackupArgs),
    /// Take a backup back into a place where no database is yet.
    Restore(restore::RestoreArgs),
    /// Say whether a case can be escalated, and if not, why and when.
    Assess(assess::AssessArgs),
}

impl Command {
    /// What the shell is told if the command could not run.
    fn failure(&self) -> ExitCode {
        match self {
            Self::Audit(command) => command.failure(),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Runs what the command line says. Mistakes are told on standard error, in words.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    private_files::begin();
    let failure = cli
        .command
        .as_ref()
        .map_or(ExitCode::FAILURE, Command::failure);
    let settings = match Settings::load(cli.config) {
        Ok(settings) => settings,
        Err(error) => {
            complain(&error);
            return failure;
        }
    };
    let _logging = telemetry::start(&settings);
    private_files::close_folder(&settings.data_dir);
    let done = |outcome: anyhow::Result<()>| outcome.map(|()| ExitCode::SUCCESS);
    let outcome = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => done(serve::run(&settings)),
        Command::Demo(args) => done(demo::run(&args, settings)),
        Command::Migrate => done(migrate::run(&settings)),
        Command::Import(args) => import::run(&args, &settings),
        Command::User(command) => done(user::run(&command, &settings)),
        Command::Token(command) => done(token::run(&command, &settings)),
        Command::Audit(command) => audit::run(&command, &settings),
        Command::Backup(args) => done(backup::run(&args, &settings)),
        Command::Restore(args) => done(restore::run(&args, &settings)),
        Command::Assess(args) => done(assess::run(&args, &settings)),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            complain(&format_args!("{error:#}"));
            failure
        }
    }
}

/// Prints to standard output, and sees that it leaves. Whoever reads only the beginning, as `head` does, is done then.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Says on standard error what went wrong. If that cannot be written either, the exit code says it: a full disk is no reason
/// to panic.
fn complain(what: &dyn std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// Runs the work of a command that is done when it is done.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}
