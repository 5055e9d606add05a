//! Connections that are lent out for one transaction at a time: the desk's own, and those of PgBouncer; and a database that cannot
//! hold every character.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use casebell::db::DbError;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use url::Url;

use crate::support::database::{Backend, Rows, TestDatabase, texts};
use crate::support::desk::{client, furnished, runtime};
use crate::support::person::{high, medium};
use crate::support::postgres::{self, free_port};
use crate::support::process::{Process, run};
use crate::support::process_guard::{GuardedProcess, ProcessGuard};
use crate::support::server_program;

/// Sessions that the pooler keeps: fewer than the desk has connections, so that they really are shared.
const SESSIONS: usize = 3;

/// A pooler before a database.
struct Pooler {
    url: String,
    _process: GuardedProcess,
    _folder: TempDir,
}

impl Pooler {
    fn before(program: &Path, database: &TestDatabase) -> Self {
        let mut url = Url::parse(&database.url()).expect("a URL");
        let server = url.clone();
        let query: Vec<(String, String)> = server.query_pairs().into_owned().collect();
        let folder_of_socket = query
            .iter()
            .find(|(key, _)| key == "host")
            .map(|(_, host)| host.clone());
        let host = folder_of_socket
            .or(server
                .host_str()
                .filter(|host| !host.is_empty())
                .map(str::to_owned))
            .unwrap_or("127.0.0.1".to_owned());
        let port = server.port().unwrap_or(5432);
        let name = server.path().trim_start_matches('/').to_owned();
        let user = match server.username() {
            "" => "postgres",
            user => user,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let port_here = free_port();
        let users = folder.path().join("users");
        fs::write(&users, format!("\"{user}\" \"\"\n")).expect("written");
        let password = server
            .password()
            .map(|password| format!(" password={password}"));
        let settings = folder.path().join("pgbouncer.ini");
        let written = format!(
            "[databases]\n{name} = host={host} port={port} dbname={name} user={user}{password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port_here}\nunix_socket_dir =\n\
             auth_type = any\nauth_file = {users}\npool_mode = transaction\n\
             default_pool_size = {SESSIONS}\nmax_client_conn = 200\n",
            users = users.display(),
            password = password.unwrap_or_default(),
        );
        fs::write(&settings, written).expect("written");
        let mut command = Command::new(program);
        // It refuses to run as root.
        if rustix::process::geteuid().is_root() {
            for path in [folder.path(), &users, &settings] {
                chown(path, Some(NOBODY), None).expect("given away");
            }
            fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("open");
            command.args(["-u", "nobody"]);
        }
        command.arg(&settings);
        let mut process = GuardedProcess::spawn(&command, ProcessGuard::default());
        process
            .wait_for_line(|line| line.contains("process up").then_some(()))
            .expect("a pooler");
        url.set_query(None);
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port_here)).expect("a port");
        url.set_username(user).expect("a user");
        Self {
            url: url.into(),
            _process: process,
            _folder: folder,
        }
    }
}

/// The user that has nothing.
const NOBODY: u32 = 65534;

/// Of so many connections a process makes use, at the most.
const CONNECTIONS: usize = 16;

/// Whoever has an answer gives the connection back at once, and the next one gets that one: to make another takes a server many times
/// as long as to answer.
#[test]
fn connections_are_lent_out_again() {
    Rows::for_story(Backend::Postgresql, many_ask_at_once);
}

async fn many_ask_at_once(rows: Rows) {
    let mut asking = JoinSet::new();
    for _ in 0..2 * CONNECTIONS {
        let db = rows.db.clone();
        asking.spawn(async move {
            let mut sessions = BTreeSet::new();
            for _ in 0..100 {
                let asked = db.read(|conn| {
                    let pid = "SELECT CAST(pg_backend_pid() AS text) AS text";
                    Ok::<_, DbError>(texts(conn, pid))
                });
                sessions.extend(asked.await.expect("an answer"));
            }
            sessions
        });
    }
    let sessions: BTreeSet<String> = asking.join_all().await.into_iter().flatten().collect();
    let many = sessions.len();
    assert!(many <= CONNECTIONS, "{many} connections");
}

/// B9: the desk starts, brings its schema up to date, is written to by many at once, and is backed up, and no statement of one
/// transaction is in another's way.
#[test]
fn the_desk_works_behind_a_pooler_of_transactions() {
    let backend = Backend::Postgresql;
    let program = server_program("pgbouncer", "the stories behind PgBouncer");
    let Some(program) = program.filter(|_| backend.is_available()) else {
        return;
    };
    runtime().block_on(async {
        // On an empty database first: the schema is made through it.
        let empty = TestDatabase::create(backend, None);
        let pooler = Pooler::before(&program, &empty);
        let folder = tempfile::tempdir().expect("a folder");
        let settings = [("CASEBELL_DATABASE_URL", pooler.url.as_str())];
        let migrated = run(folder.path(), &settings, &["migrate"]);
        assert!(migrated.status.success(), "{migrated:?}");

        let furnished = furnished(backend).await;
        let database = TestDatabase::create(backend, Some(&furnished.database));
        let pooler = Pooler::before(&program, &database);
        let settings = [("CASEBELL_DATABASE_URL", pooler.url.as_str())];
        let mut servers = [(); 2].map(|()| Process::serve(folder.path(), &settings));
        let (client, token) = (client(), furnished.tokens["dana"].clone());
        let mut asking = JoinSet::new();
        for n in 0..60 {
            let origin = &servers[n % 2].origin;
            let (cases, me) = (
                format!("{origin}/api/v1/cases"),
                format!("{origin}/api/v1/me"),
            );
            let (client, token) = (client.clone(), token.clone());
            asking.spawn(async move {
                let opening = match n % 2 {
                    0 => high(),
                    _ => medium(),
                };
                let opened = client
                    .post(&cases)
                    .bearer_auth(&token)
                    .json(&opening.json());
                let opened = opened.send().await.expect("an answer");
                let status = opened.status().as_u16();
                let case: Value = opened.json().await.expect("JSON");
                if status != 201 {
                    return Err(case);
                }
                let number = case["number"].as_str().expect("a number").to_owned();
                let entry = json!({ "body": format!("Entry on {number}.") });
                for (asked, expected) in [
                    (
                        client.post(format!("{cases}/{number}/feed")).json(&entry),
                        201,
                    ),
                    (client.get(format!("{cases}/{number}")), 200),
                    (client.get(&cases), 200),
                    (client.get(&me), 200),
                ] {
                    let answer = asked.bearer_auth(&token).send().await.expect("an answer");
                    assert_eq!(answer.status().as_u16(), expected);
                }
                Ok(number)
            });
        }
        let opened: Result<Vec<String>, Value> = asking.join_all().await.into_iter().collect();
        let mut numbers = opened.unwrap_or_else(|problem| {
            let said = servers.each_mut().map(Process::said);
            panic!("{problem}: {said:?}")
        });
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), 60, "each case has a number of its own");
        assert!(
            servers
                .iter_mut()
                .any(|server| server.said().contains("behind a pooler"))
        );
        let backup = folder.path().join("desk.backup");
        let backed = run(
            folder.path(),
            &settings,
            &["backup", backup.to_str().expect("UTF-8")],
        );
        assert!(backed.status.success(), "{backed:?}");
        let verified = run(folder.path(), &settings, &["audit", "verify"]);
        assert!(verified.status.success(), "{verified:?}");
    });
}

/// B9: the sentence says what to do.
#[test]
fn a_database_that_cannot_hold_every_character_is_refused_at_the_start() {
    if !Backend::Postgresql.is_available() {
        return;
    }
    let server = postgres::server().expect("available");
    let narrow = server.create_in("LATIN1");
    let folder = tempfile::tempdir().expect("a folder");
    let settings = [("CASEBELL_DATABASE_URL", narrow.url())];
    let settings = settings.each_ref().map(|(name, url)| (*name, url.as_str()));
    let refused = run(folder.path(), &settings, &["serve"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(
        said.contains("LATIN1") && said.contains("createdb --encoding=UTF8"),
        "{said}"
    );
}
