//! The command line: one file a sub-command.

pub mod import;

mod assess;
mod audit;
mod backup;
mod demo;
mod migrate;
mod organization;
mod refusal;
mod restore;
mod serve;
mod token;
mod user;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

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
    /// See to organizations.
    #[command(subcommand)]
    Organization(organization::OrganizationCommand),
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
    /// Look at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print what a shell needs to complete commands, such as: casebell completions bash > /etc/bash_completion.d/casebell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Look at the settings.
#[derive(Clone, Copy, Debug, Subcommand)]
enum ConfigCommand {
    /// Read file and environment as the server does, and say what is wrong with them.
    Check,
}

/// How a command line ends that says nothing that can be done, as `sysexits.h` has it: apart from what a command comes to.
const USAGE: u8 = 64;

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
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are asked for, and no mistake.
            let code = if error.use_stderr() { USAGE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    if let Some(Command::Completions { shell }) = cli.command {
        clap_complete::generate(
            shell,
            &mut Cli::command(),
            "casebell",
            &mut std::io::stdout(),
        );
        return ExitCode::SUCCESS;
    }
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
    if let Some(Command::Config(ConfigCommand::Check)) = cli.command {
        return match print("The settings are in order.") {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => failure,
        };
    }
    let _logging = telemetry::start(&settings);
    private_files::close_folder(&settings.data_dir);
    let done = |outcome: anyhow::Result<()>| outcome.map(|()| ExitCode::SUCCESS);
    let outcome = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => done(serve::run(&settings)),
        Command::Demo(args) => done(demo::run(&args, settings)),
        Command::Migrate => done(migrate::run(&settings)),
        Command::Import(args) => import::run(&args, &settings),
        Command::User(command) => done(user::run(&command, &settings)),
        Command::Organization(command) => done(organization::run(&command, &settings)),
        Command::Token(command) => done(token::run(&command, &settings)),
        Command::Audit(command) => audit::run(&command, &settings),
        Command::Backup(args) => done(backup::run(&args, &settings)),
        Command::Restore(args) => done(restore::run(&args, &settings)),
        Command::Assess(args) => done(assess::run(&args, &settings)),
        // They need no settings, or nothing but them, and are done already.
        Command::Config(_) | Command::Completions { .. } => Ok(ExitCode::SUCCESS),
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
