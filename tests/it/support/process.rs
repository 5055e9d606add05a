//! The real binary, as somebody starts it.

use std::path::Path;
use std::process::{Command, ExitStatus, Output};

use super::process_guard::{GuardedProcess, ProcessGuard};
use super::timing::spent;

/// A running `casebell serve`.
pub struct Process {
    /// Where it serves: `http://127.0.0.1:port`.
    pub origin: String,
    guarded: GuardedProcess,
}

/// The binary with nothing of the tester's own settings.
pub fn casebell(data: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_casebell"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CASEBELL_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(data)
        .env("CASEBELL_DATA_DIR", data)
        .env("CASEBELL_MAIL_GATHER_MINUTES", "0")
        .env("CASEBELL_UNDO_SECONDS", "0")
        .env("CASEBELL_LISTEN", "127.0.0.1:0");
    command.envs(settings.iter().copied());
    command
}

/// The binary as a script of the shell runs it, for which it is `$0`.
pub fn by_script(script: &str, data: &Path, settings: &[(&str, &str)]) -> Command {
    let casebell = casebell(data, settings);
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .arg(casebell.get_program())
        .current_dir(data);
    for (name, value) in casebell.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// Runs a sub-command to its end.
pub fn run(data: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    casebell(data, settings)
        .args(arguments)
        .output()
        .expect("the binary runs")
}

impl Process {
    /// Starts serving and waits for the line that says where.
    pub fn serve(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start(data, settings, &["serve"])
    }

    /// Starts any command that serves.
    pub fn start(data: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = casebell(data, settings);
        command.args(arguments);
        Self::of(&command, arguments)
    }

    fn of(command: &Command, arguments: &[&str]) -> Self {
        let mut guarded = GuardedProcess::spawn(command, ProcessGuard::default());
        let origin = spent("processes come to serve", || {
            guarded.wait_for_line(|line| {
                let address = line
                    .split_whitespace()
                    .find(|word| word.starts_with("http://127.0.0.1:"))?;
                // It may be the origin of a longer one.
                let port = address.strip_prefix("http://127.0.0.1:")?;
                let port = port.split(|c: char| !c.is_ascii_digit()).next()?;
                Some(format!("http://127.0.0.1:{port}"))
            })
        });
        Self {
            origin: origin.unwrap_or_else(|why| panic!("casebell {arguments:?}: {why}")),
            guarded,
        }
    }

    /// Starts serving with a log that nobody ever reads: a pipe that fills up.
    pub fn serve_unread(data: &Path, settings: &[(&str, &str)]) -> Self {
        let fifo = Command::new("mkfifo").arg(data.join("log")).status();
        assert!(fifo.expect("mkfifo runs").success());
        // Opened both ways, it is a pipe that has a reader.
        let script = "exec 9<>log; exec \"$0\" serve 2>&9 9>&-";
        Self::of(&by_script(script, data, settings), &["serve"])
    }

    /// Starts serving where the system gives few descriptors to those who do not ask for more.
    pub fn serve_modestly(data: &Path, settings: &[(&str, &str)]) -> Self {
        let script = "ulimit -S -n 128; exec \"$0\" serve";
        Self::of(&by_script(script, data, settings), &["serve"])
    }

    /// Ends it as `kill` does, and waits.
    pub fn end_with(self, signal: &str) -> ExitStatus {
        self.guarded.end_with(signal)
    }

    /// Sends a signal that ends nothing.
    pub fn signals(&self, signal: &str) {
        let pid = self.guarded.pid.to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.expect("kill").success(), "{signal} to {pid}");
    }

    /// How many descriptors it has, and how many it might have.
    pub fn descriptors(&self) -> (String, String) {
        let path = format!("/proc/{}/limits", self.guarded.pid);
        let limits = std::fs::read_to_string(path).expect("the process runs");
        let limit = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"));
        let mut figures = limit.expect("a limit").split_whitespace();
        let mut figure = || figures.next().expect("a figure").to_owned();
        (figure(), figure())
    }

    /// How much of the machine's memory it holds, in MiB.
    pub fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.guarded.pid);
        let status = std::fs::read_to_string(path).expect("the process runs");
        let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let held = held.and_then(|held| held.trim().strip_suffix(" kB"));
        let held: f64 = held.expect("a figure").trim().parse().expect("a number");
        held / 1024.0
    }

    /// Everything that it has printed and logged.
    pub fn said(&mut self) -> String {
        self.guarded.said().join("\n")
    }
}
