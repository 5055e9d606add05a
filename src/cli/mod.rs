//! The command line: one file a sub-command.

mod migrate;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Settings;
use crate::telemetry;

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
    /// Serves the portal and the API, and sends notices.
    Serve,
    /// Brings the database's schema up to date.
    Migrate,
}

/// Runs what the command line says. Mistakes are told on standard error, in words.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let settings = match Settings::load(cli.config) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    telemetry::start(&settings);
    let outcome = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&settings),
        Command::Migrate => migrate::run(&settings),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
