//! What the benches stand on: an installation of one run, and the processes that serve it.
#![allow(dead_code)] // Each bench needs another part of it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[path = "../../tests/it/support/process_guard.rs"]
pub mod process_guard;
pub mod records;

use process_guard::{GuardedProcess, ProcessGuard};

/// A data folder, gone with this, and the server's database instead of the embedded one if there is one.
pub struct Installation {
    data: TempDir,
    pub database: Option<String>,
}

/// A process that serves it.
pub struct Server {
    /// Where it is reached, without a slash at the end.
    pub origin: String,
    /// How long it took until it was ready.
    pub started: Duration,
    process: GuardedProcess,
}

impl Installation {
    pub fn new(database: Option<String>) -> Self {
        Self::within(&std::env::temp_dir(), database)
    }

    /// One whose data folder is made in this one.
    pub fn within(folder: &Path, database: Option<String>) -> Self {
        let data = tempfile::Builder::new()
            .prefix("casebell-bench-")
            .tempdir_in(folder);
        Self {
            data: data.expect("a folder"),
            database,
        }
    }

    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// Runs a command of the real binary; gives what it prints.
    pub fn runs(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        let printed = String::from_utf8(output.stdout).expect("text");
        printed.trim().to_owned()
    }

    /// Loads records of Casebell's own format from a file that `write` makes.
    pub fn imports(&self, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Duration {
        let records = self.folder().join("records.ndjson");
        write(&records).expect("the records are written");
        let begun = Instant::now();
        self.runs(&["import", "casebell", &records.display().to_string()]);
        let took = begun.elapsed();
        std::fs::remove_file(records).expect("removed");
        took
    }

    /// A new API token of somebody.
    pub fn token(&self, email: &str) -> String {
        self.runs(&["token", "create", "--user", email, "--name", "bench"])
    }

    pub fn serve(&self) -> Server {
        self.serve_by(&self.command(&["serve"]))
    }

    /// The same by a command of [`Installation::command_of`].
    pub fn serve_by(&self, command: &Command) -> Server {
        let begun = Instant::now();
        let mut process = GuardedProcess::spawn(command, ProcessGuard::default());
        Server {
            origin: origin_of(&mut process),
            started: begun.elapsed(),
            process,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_casebell")), arguments)
    }

    /// A command of another program that is Casebell.
    pub fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder())
            .env("CASEBELL_DATA_DIR", self.folder())
            .env("CASEBELL_LISTEN", "127.0.0.1:0")
            .env("CASEBELL_SECRET_KEY", "the same for all processes of a run")
            .env_remove("CASEBELL_BENCH_DATABASE_URL")
            .env_remove("CASEBELL_BENCH_CASES")
            .args(arguments);
        if let Some(url) = &self.database {
            command.env("CASEBELL_DATABASE_URL", url);
        }
        command
    }
}

impl Server {
    /// What it holds of the machine's memory, in MiB.
    pub fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.process.pid);
        let status = std::fs::read_to_string(path).expect("the process runs");
        let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let held = held.and_then(|held| held.trim().strip_suffix(" kB"));
        let held = held.expect("a figure").trim();
        held.parse::<f64>().expect("a number") / 1024.0
    }

    /// How long processors have worked for it, in seconds.
    pub fn worked(&self) -> f64 {
        // The kernel counts in hundredths for whoever asks, whatever it uses itself.
        const A_SECOND: f64 = 100.0;
        let path = format!("/proc/{}/stat", self.process.pid);
        let stat = std::fs::read_to_string(path).expect("the process runs");
        // Behind its name, which may have spaces in it: the eleventh and the twelfth word.
        let (_, words) = stat.rsplit_once(')').expect("a name");
        let ticks = words.split_whitespace().skip(11).take(2);
        let ticks: f64 = ticks
            .map(|word| word.parse::<f64>().expect("a number"))
            .sum();
        ticks / A_SECOND
    }

    /// Waits until it has nothing more to do by itself, such as notices to send.
    pub fn settles(&self) {
        const LOOK: Duration = Duration::from_secs(2);
        const BUSY: f64 = 0.03;
        const AT_THE_MOST: Duration = Duration::from_secs(300);
        let begun = Instant::now();
        let mut before = self.worked();
        while begun.elapsed() < AT_THE_MOST {
            std::thread::sleep(LOOK);
            let now = self.worked();
            if now - before <= BUSY * LOOK.as_secs_f64() {
                return;
            }
            before = now;
        }
    }

    /// What the newest of its lines says that begin with these words.
    pub fn says(&mut self, words: &str) -> Option<String> {
        let mut said = self.process.said().iter().rev();
        said.find_map(|line| line.strip_prefix(words))
            .map(|rest| rest.trim().to_owned())
    }
}

/// Asks on this thread, and gives what came of it.
pub fn with_client<T>(asks: impl AsyncFnOnce(reqwest::Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let client = reqwest::Client::builder().no_proxy().build();
    let asking = asks(client.expect("a client"));
    runtime.expect("a runtime").block_on(asking)
}

/// The address that a process says it is reached at, once it is ready.
pub fn origin_of(process: &mut GuardedProcess) -> String {
    let origin = process.wait_for_line(|line| {
        let mut words = line.split_whitespace();
        let address = words.find(|word| word.starts_with("http://127.0.0.1:"))?;
        Some(address.trim_end_matches(['/', '.']).to_owned())
    });
    origin.unwrap_or_else(|why| panic!("no server: {why}"))
}
