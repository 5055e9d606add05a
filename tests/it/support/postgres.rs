//! A real PostgreSQL: the one that `CASEBELL_TEST_POSTGRES_URL` names, or one that is started for this run.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use tempfile::TempDir;
use url::Url;

use super::process_guard::{GuardedProcess, ProcessGuard};
use super::timing::spent;
use super::{folders, go_without};

const URL: &str = "CASEBELL_TEST_POSTGRES_URL";

/// A server on which this run creates its databases.
pub struct Server {
    /// The URL of the database from which others are created.
    maintenance: Url,
    admin: Mutex<PgConnection>,
    /// Takes the names of databases that nobody needs any more, if they go with the server anyway.
    leftovers: Option<Sender<String>>,
    /// Gives the names of copies that were made beside the stories, by what they are copies of.
    ahead: Mutex<BTreeMap<String, Ahead>>,
    _process: Option<Mutex<GuardedProcess>>,
}

type Ahead = Arc<Mutex<Receiver<String>>>;

/// The server of this test binary, started on first use; the error says why there is none.
pub fn server() -> Result<&'static Server, &'static str> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    SERVER
        .get_or_init(|| match std::env::var(URL) {
            Ok(url) if !url.is_empty() => {
                Server::at(&url).map_err(|error| format!("{URL}: {error}"))
            }
            _ => Server::start(),
        })
        .as_ref()
        .map_err(String::as_str)
}

impl Server {
    fn at(url: &str) -> Result<Self, String> {
        let mut maintenance = Url::parse(url).map_err(|error| error.to_string())?;
        if maintenance.path().trim_matches('/').is_empty() {
            maintenance.set_path("postgres");
        }
        let server = Self::connected(maintenance, None)?;
        server.sweep();
        Ok(server)
    }

    /// Starts a server with nothing to lose: a new cluster in a temporary folder, and no waiting for the disk.
    fn start() -> Result<Self, String> {
        let binaries = binaries().ok_or_else(|| {
            format!("no initdb and postgres in PATH or /usr/lib/postgresql/*/bin: install postgresql, or set {URL}")
        })?;
        // The port that is free now may be taken a moment later by somebody else: then another one will do.
        let mut outcome = Err(String::new());
        for _ in 0..3 {
            outcome = Self::start_on(&binaries, free_port());
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn start_on(binaries: &Path, port: u16) -> Result<Self, String> {
        let cluster = Cluster::make(binaries, port)?;
        let url = cluster.url();
        let hasty = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            // How statements are planned is not to depend on when it happens to look at a table.
            "autovacuum=off",
            // What nobody will recover takes little room.
            "max_wal_size=128MB",
        ];
        // QUIT ends it without a last checkpoint, which nobody needs: the folder goes with it.
        let mut postgres = cluster.server();
        for setting in hasty {
            postgres.arg("-c").arg(setting);
        }
        let folder = cluster.folder.keep();
        let mut process = GuardedProcess::spawn(
            &postgres,
            ProcessGuard {
                signal: Some("QUIT"),
                remove: Some(&folder),
            },
        );
        process.wait_for_line(|line| line.contains(READY).then_some(()))?;
        Self::connected(
            Url::parse(&url).map_err(|error| error.to_string())?,
            Some(Mutex::new(process)),
        )
    }

    fn connected(maintenance: Url, process: Option<Mutex<GuardedProcess>>) -> Result<Self, String> {
        let connection =
            || PgConnection::establish(maintenance.as_str()).map_err(|error| error.to_string());
        let admin = Mutex::new(connection()?);
        let leftovers = match process {
            Some(_) => Some(drops(connection()?)),
            None => None,
        };
        Ok(Self {
            maintenance,
            admin,
            leftovers,
            ahead: Mutex::default(),
            _process: process,
        })
    }

    /// Creates a database: an empty one, or a copy of `like`, to which nobody may be connected.
    pub fn create(&'static self, like: Option<&Database>) -> Database {
        let name = new_name();
        let template = like.map_or("template0", |database| &database.name);
        self.run(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Database { server: self, name }
    }

    /// A copy of a database that is copied again and again, and stays: the next one is made while a story goes on with this one.
    pub fn copy(&'static self, like: &Database) -> Database {
        let copies = self.leftovers.as_ref().map(|_| self.ahead(&like.name));
        let made = copies.and_then(|copies| locked(&copies).recv().ok());
        match made {
            Some(name) => Database { server: self, name },
            None => self.create(Some(like)),
        }
    }

    fn ahead(&self, template: &str) -> Ahead {
        let mut ahead = locked(&self.ahead);
        let copies = ahead.entry(template.to_owned()).or_insert_with(|| {
            let copies = makes_copies(self.maintenance.to_string(), template.to_owned());
            Arc::new(Mutex::new(copies))
        });
        Arc::clone(copies)
    }

    /// Creates an empty database of another encoding.
    pub fn create_in(&'static self, encoding: &str) -> Database {
        let name = format!("{PREFIX}{}_{}_narrow", seconds_now(), std::process::id());
        self.run(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
        ));
        Database { server: self, name }
    }

    fn run(&self, sql: &str) {
        // A test that failed in here has poisoned nothing: the connection is in no transaction.
        let mut admin = locked(&self.admin);
        admin
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Drops what earlier runs left behind on a server that outlives them.
    fn sweep(&self) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            datname: String,
        }
        const HOURS: u64 = 3;
        let query = "SELECT datname::text AS datname FROM pg_database WHERE starts_with(datname, 'casebell_test_')";
        let mut admin = locked(&self.admin);
        for Row { datname } in sql_query(query)
            .load::<Row>(&mut *admin)
            .unwrap_or_default()
        {
            let made_at = datname
                .trim_start_matches(PREFIX)
                .split('_')
                .next()
                .and_then(|text| text.parse::<u64>().ok());
            if made_at.is_some_and(|made_at| made_at + HOURS * 3600 < seconds_now()) {
                // Another run may sweep at the same time.
                let _ =
                    admin.batch_execute(&format!("DROP DATABASE IF EXISTS {datname} WITH (FORCE)"));
            }
        }
    }
}

/// Makes one copy after the other, each as soon as the one before it is taken.
fn makes_copies(url: String, template: String) -> Receiver<String> {
    let (taken, copies) = sync_channel(0);
    std::thread::spawn(move || {
        let Ok(mut conn) = PgConnection::establish(&url) else {
            return;
        };
        loop {
            let name = new_name();
            let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
            let made = spent("databases are copied, beside the stories", || {
                conn.batch_execute(&sql)
            });
            // Whoever wants one makes it then, and is told why that is impossible.
            if made.is_err() || taken.send(name).is_err() {
                return;
            }
        }
    });
    copies
}

fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{}_{}_{number}", seconds_now(), std::process::id())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops the databases whose names are sent, one after the other. The server waits for the ends of the connections to each and for a
/// checkpoint, which no story needs to wait for, nor whoever wants the next database.
fn drops(mut conn: PgConnection) -> Sender<String> {
    let (sender, names) = channel::<String>();
    std::thread::spawn(move || {
        for name in names {
            spent("databases are dropped, beside the stories", || {
                drop_database(&mut conn, &name);
            });
        }
    });
    sender
}

fn drop_database(conn: &mut PgConnection, name: &str) {
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    if let Err(error) = conn.batch_execute(&sql) {
        super::say(&format!("{sql}: {error}"));
    }
}

/// What a server says when it is; a standby accepts "read-only connections".
const READY: &str = "ready to accept ";

/// A server's folder, with nothing to lose.
pub struct Cluster {
    folder: TempDir,
    binaries: PathBuf,
    user: Option<Unprivileged>,
    port: u16,
    password: String,
}

impl Cluster {
    /// One of a test's own, to be killed; without one `story` is not told.
    pub fn of_a_test(story: &str) -> Option<Self> {
        let made = binaries()
            .ok_or_else(|| "no initdb and postgres are installed".to_owned())
            .and_then(|binaries| Self::make(&binaries, free_port()));
        made.inspect_err(|why| go_without(story, why)).ok()
    }

    /// A folder with a password, and no server's data yet.
    fn bare(binaries: &Path, port: u16, password: String) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("casebell-postgresql-")
            // Every story has a database of its own, with hundreds of files.
            .tempdir_in(folders::place())
            .map_err(|error| error.to_string())?;
        let password_file = folder.path().join("password");
        std::fs::write(&password_file, &password).map_err(|error| error.to_string())?;
        // PostgreSQL refuses to be run by root.
        let user = is_root().then(Unprivileged::find).transpose()?;
        if let Some(user) = &user {
            for path in [folder.path(), &password_file] {
                chown(path, Some(user.id), Some(user.group))
                    .map_err(|error| format!("chown: {error}"))?;
            }
        }
        Ok(Self {
            folder,
            binaries: binaries.to_owned(),
            user,
            port,
            password,
        })
    }

    fn make(binaries: &Path, port: u16) -> Result<Self, String> {
        let password = format!("{:032x}", rand::random::<u128>());
        let cluster = Self::bare(binaries, port, password)?;
        let made = cluster
            .command("initdb")
            .args([
                "--username=casebell",
                // A password is asked for at each of thousands of connections: SCRAM would take a tenth of the servers' time.
                "--auth=md5",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ])
            .arg("--pwfile")
            .arg(cluster.folder.path().join("password"))
            .arg("--pgdata")
            .arg(cluster.folder.path().join("data"))
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        match made.status.success() {
            true => Ok(cluster),
            false => Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr))),
        }
    }

    /// A server that follows this one, which runs, and can take its place.
    pub fn standby(&self) -> Self {
        let standby = Self::bare(&self.binaries, free_port(), self.password.clone());
        let standby = standby.expect("a folder");
        let copied = standby
            .command("pg_basebackup")
            .args(["--checkpoint=fast", "--no-sync", "--write-recovery-conf"])
            .arg("--dbname")
            .arg(self.url())
            .arg("--pgdata")
            .arg(standby.folder.path().join("data"))
            .output()
            .expect("pg_basebackup runs");
        assert!(copied.status.success(), "{copied:?}");
        standby
    }

    /// It follows nobody any more, and is written to.
    pub fn promote(&self) {
        let promoted = self
            .command("pg_ctl")
            .args(["promote", "--wait", "--pgdata"])
            .arg(self.folder.path().join("data"))
            .output()
            .expect("pg_ctl runs");
        assert!(promoted.status.success(), "{promoted:?}");
    }

    /// The URL by which whichever of the two is written to is found.
    pub fn url_with(&self, standby: &Self) -> String {
        let Self { password, port, .. } = self;
        let other = standby.port;
        format!(
            "postgres://casebell:{password}@127.0.0.1:{port},127.0.0.1:{other}/postgres?target_session_attrs=read-write"
        )
    }

    fn command(&self, name: &str) -> Command {
        let program = self.binaries.join(name);
        let mut command = match &self.user {
            Some(user) => user.command(&program),
            None => Command::new(&program),
        };
        command
            .current_dir(self.folder.path())
            .env("TZ", "UTC")
            .env_remove("PGDATA")
            .env_remove("PGOPTIONS");
        command
    }

    fn server(&self) -> Command {
        let mut postgres = self.command("postgres");
        postgres
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .arg("-c")
            .arg(format!("port={}", self.port));
        for setting in [
            "listen_addresses=127.0.0.1",
            // A socket's path may be too long for some temporary folders, and nothing here needs one.
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=64MB",
            "logging_collector=off",
            "log_min_messages=log",
        ] {
            postgres.arg("-c").arg(setting);
        }
        postgres
    }

    /// From its next start on it has a certificate, and lets nobody in without TLS.
    pub fn takes_only_tls(&self, certificate: &str, key: &str) {
        let data = self.folder.path().join("data");
        let owns = |name: &str, text: &str| {
            let path = data.join(name);
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("closed");
            if let Some(user) = &self.user {
                chown(&path, Some(user.id), Some(user.group)).expect("given");
            }
        };
        owns("server.crt", certificate);
        owns("server.key", key);
        owns("pg_hba.conf", "hostssl all all 127.0.0.1/32 md5\n");
        owns("postgresql.auto.conf", "ssl = on\n");
    }

    /// The URL of its first database.
    pub fn url(&self) -> String {
        let Self { password, port, .. } = self;
        format!("postgres://casebell:{password}@127.0.0.1:{port}/postgres")
    }

    /// Starts it. What is committed survives if it is killed, though not if the machine fails.
    pub fn start(&self) -> GuardedProcess {
        // What is left of the one that was killed may be in the way for a moment.
        for _ in 0..100 {
            let mut postgres = self.server();
            postgres.args(["-c", "fsync=off"]);
            let quit = ProcessGuard {
                signal: Some("QUIT"),
                remove: None,
            };
            let mut process = GuardedProcess::spawn(&postgres, quit);
            if process
                .wait_for_line(|line| line.contains(READY).then_some(()))
                .is_ok()
            {
                return process;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the server does not start again");
    }
}

const PREFIX: &str = "casebell_test_";

/// A database of one test, dropped with it.
pub struct Database {
    server: &'static Server,
    name: String,
}

impl Database {
    /// Its `postgres://` URL.
    pub fn url(&self) -> String {
        let mut url = self.server.maintenance.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// A connection of the test's own, beside the desk's.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url()).expect("the test's database answers")
    }

    /// Breaks every connection to it and lets nobody in until [`Database::open_to_all`].
    pub fn close_to_all(&self) {
        let name = &self.name;
        self.server
            .run(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        self.break_connections();
    }

    /// Lets connections in again.
    pub fn open_to_all(&self) {
        self.server.run(&format!(
            "ALTER DATABASE {} ALLOW_CONNECTIONS true",
            self.name
        ));
    }

    /// Breaks every connection to it, as a restart of the server would, and returns once they are gone.
    pub fn break_connections(&self) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            broken: i64,
        }
        let mut admin = locked(&self.server.admin);
        // With a timeout (milliseconds) the function waits for the end of the backend.
        sql_query(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 10000)) AS broken \
             FROM pg_stat_activity WHERE datname = $1",
        )
        .bind::<Text, _>(&self.name)
        .get_result::<Row>(&mut *admin)
        .expect("backends are terminated")
        .broken
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(leftovers) = &self.server.leftovers {
            let _ = leftovers.send(std::mem::take(&mut self.name));
            return;
        }
        let mut admin = locked(&self.server.admin);
        drop_database(&mut admin, &self.name);
    }
}

/// The folder with all of PostgreSQL's programs; of several versions the newest.
fn binaries() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| {
        let is_there = |program| folder.join(program).is_file();
        ["initdb", "postgres", "pg_basebackup", "pg_ctl"]
            .into_iter()
            .all(is_there)
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(complete).or_else(|| {
        let version = |folder: &PathBuf| -> Option<u32> {
            folder.parent()?.file_name()?.to_str()?.parse().ok()
        };
        std::fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .filter(complete)
            .max_by_key(version)
    })
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

fn seconds_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs())
        .unwrap_or_default()
}

fn is_root() -> bool {
    id(&["-u"]) == Ok(0)
}

fn id(arguments: &[&str]) -> Result<u32, String> {
    let output = Command::new("id")
        .args(arguments)
        .output()
        .map_err(|error| format!("id: {error}"))?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(|_| format!("id {}: no number", arguments.join(" ")))
}

/// Somebody who is not root and may own the cluster.
struct Unprivileged {
    id: u32,
    group: u32,
}

impl Unprivileged {
    fn find() -> Result<Self, String> {
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| {
                Some(Self {
                    id: id(&["-u", name]).ok()?,
                    group: id(&["-g", name]).ok()?,
                })
            })
            .ok_or_else(|| {
                "root may not run PostgreSQL, and there is neither a user postgres nor nobody"
                    .to_owned()
            })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={}", self.id))
            .arg(format!("--regid={}", self.group))
            .args(["--clear-groups", "--"])
            .arg(program);
        command
    }
}
