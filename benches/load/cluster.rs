//! A PostgreSQL to measure: the server that `CASEBELL_BENCH_DATABASE_URL` names, or one of this run, with Debian's programs, that
//! waits for its disk like any other.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use url::Url;

use crate::installation::process_guard::{GuardedProcess, ProcessGuard};

const URL: &str = "CASEBELL_BENCH_DATABASE_URL";
/// What differs from PostgreSQL's defaults: room for several processes, and for a million cases.
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "fsync=on",
    "synchronous_commit=on",
    "logging_collector=off",
];

/// A server, on which databases are made and dropped.
pub struct Cluster {
    url: Url,
    /// Whether its disk is the one of this run's folder.
    pub is_own: bool,
    _process: Option<GuardedProcess>,
}

/// A database of its own, gone with this.
pub struct Database<'a> {
    cluster: &'a Cluster,
    name: String,
}

impl Cluster {
    /// The one that is named, or one that is started in `folder`.
    pub fn at_hand(folder: &Path) -> Self {
        if let Ok(url) = std::env::var(URL) {
            return Self {
                url: Url::parse(&url).unwrap_or_else(|error| panic!("{URL}: {error}")),
                is_own: false,
                _process: None,
            };
        }
        let data = tempfile::Builder::new()
            .prefix("casebell-bench-postgresql-")
            .tempdir_in(folder)
            .expect("a folder")
            .keep();
        let is_root = said(Command::new("id").arg("-u")) == "0";
        if is_root {
            said(Command::new("chown").arg("postgres:").arg(&data));
        }
        // PostgreSQL refuses to be run by root.
        let program = |name: &str| {
            let program = programs().join(name);
            let mut command = match is_root {
                true => {
                    let mut other = Command::new("setpriv");
                    other.args([
                        "--reuid=postgres",
                        "--regid=postgres",
                        "--clear-groups",
                        "--",
                    ]);
                    other.arg(program);
                    other
                }
                false => Command::new(program),
            };
            command.current_dir(&data).env("TZ", "UTC");
            command
        };
        let cluster = data.join("data");
        said(
            program("initdb")
                .args(["--username=casebell", "--auth=trust", "--encoding=UTF8"])
                .args(["--no-locale", "--pgdata"])
                .arg(&cluster),
        );
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = port.expect("a free port").port();
        let mut server = program("postgres");
        server
            .arg("-D")
            .arg(&cluster)
            .args(["-c", &format!("port={port}")]);
        for setting in SETTINGS {
            server.args(["-c", setting]);
        }
        let guard = ProcessGuard {
            signal: Some("INT"),
            remove: Some(&data),
        };
        let mut process = GuardedProcess::spawn(&server, guard);
        let ready = process.wait_for_line(|line| line.contains("ready to accept ").then_some(()));
        ready.unwrap_or_else(|why| panic!("no PostgreSQL: {why}"));
        let url = format!("postgres://casebell@127.0.0.1:{port}/postgres");
        Self {
            url: Url::parse(&url).expect("a URL"),
            is_own: true,
            _process: Some(process),
        }
    }

    /// An empty database.
    pub fn database(&self) -> Database<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("casebell_bench_{}_{number}", std::process::id());
        self.run(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
        ));
        Database {
            cluster: self,
            name,
        }
    }

    fn run(&self, sql: &str) {
        let connection = PgConnection::establish(self.url.as_str());
        let mut connection = connection.unwrap_or_else(|error| panic!("{URL}: {error}"));
        let done = connection.batch_execute(sql);
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// What PostgreSQL does by its own measure, in transactions a second: reading one row by its key, and a small transaction that is
    /// written.
    pub fn pgbench(&self, seconds: u64) -> Option<(f64, f64)> {
        let database = self.database();
        let url = database.url();
        let run = |arguments: &[&str]| {
            let mut command = Command::new(on_path("pgbench").unwrap_or("pgbench".into()));
            let output = command.args(arguments).arg(&url).output().ok()?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success().then_some(said)
        };
        run(&["-q", "-i", "-s", "20"])?;
        let seconds = seconds.to_string();
        let rate = |how: &str| {
            let said = run(&["-M", "prepared", "-c", "16", "-j", "1", "-T", &seconds, how])?;
            let tps = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
            tps.split(' ').next()?.parse().ok()
        };
        Some((rate("-S")?, rate("-N")?))
    }
}

impl Database<'_> {
    pub fn url(&self) -> String {
        let mut url = self.cluster.url.clone();
        url.set_path(&self.name);
        url.to_string()
    }

    /// What a server that has run for a while has done: it knows its tables, and nothing waits to be written.
    pub fn tidy(&self) {
        self.tell(&["VACUUM ANALYZE", "CHECKPOINT"]);
    }

    /// Makes the indexes of the outbox anew. The escalations of a thousand days were told within minutes, and what tells of them was
    /// erased since: the server would find three notices in as many pages as all of them took, and believe that to look one up is to read those.
    pub fn reindex_notices(&self) {
        self.tell(&["REINDEX TABLE notices", "VACUUM ANALYZE notices"]);
    }

    fn tell(&self, all: &[&str]) {
        let connection = PgConnection::establish(&self.url());
        let mut connection = connection.expect("it answers");
        for sql in all {
            // On somebody else's server not everything is allowed.
            if let Err(error) = connection.batch_execute(sql) {
                println!("  {sql}: {error}");
            }
        }
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        self.cluster
            .run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }
}

/// A program of the path, or of Debian's folder of the newest PostgreSQL.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(installed());
    folders
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// Debian's folders of programs, the newest PostgreSQL first.
fn installed() -> Vec<PathBuf> {
    let version = |folder: &PathBuf| -> Option<u32> { folder.file_name()?.to_str()?.parse().ok() };
    let folders = std::fs::read_dir("/usr/lib/postgresql");
    let mut folders: Vec<PathBuf> = folders
        .into_iter()
        .flatten()
        .flatten()
        .map(|folder| folder.path())
        .collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders
        .into_iter()
        .map(|folder| folder.join("bin"))
        .collect()
}

/// The folder in which all programs of a server are.
fn programs() -> PathBuf {
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = installed().into_iter().chain(std::env::split_paths(&path));
    folders
        .find(complete)
        .unwrap_or_else(|| panic!("no PostgreSQL is installed: install it, or set {URL}"))
}

/// What a command prints.
fn said(command: &mut Command) -> String {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let faults = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {faults}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
