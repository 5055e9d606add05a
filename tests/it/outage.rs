//! What fails comes back: a lost database, a process that is killed, a port that is taken, a setting that is wrong.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::installation::Installation;
use crate::support::person::{Asking, high};
use crate::support::process;
use crate::support::serving::METRICS_TOKEN;
use crate::support::waiting::until;

/// Asks until the answer is `status`; the server needs a moment to notice.
async fn answers_with(desk: &Desk, path: &str, status: u16) {
    until(&format!("{path} is answered {status}"), async || {
        let asking = desk.client().get(desk.page(path));
        Asking::new(path.into(), asking).await.status == status
    })
    .await;
}

on_both_databases! { Desk:
    a_desk_that_serves_says_that_it_is_ready,
    a_desk_over_another_schema_says_that_it_is_not_ready,
}

async fn a_desk_that_serves_says_that_it_is_ready(desk: Desk) {
    let dana = desk.person("dana");
    let anybody = |path: &str| Asking::new(path.into(), desk.client().get(desk.page(path)));
    let ask = |path: &str| {
        let request = desk.client().get(desk.page(path));
        Asking::new(path.into(), request.bearer_auth(METRICS_TOKEN))
    };
    assert_eq!(anybody("/healthz").await.status, 200);
    // A balancer learns whether it is ready, and how much waits is not for everybody.
    assert_eq!(anybody("/readyz").await.ok(), json!({ "status": "ready" }));
    anybody("/metrics").await.refused(401, "unauthenticated");
    let guess = desk
        .client()
        .get(desk.page("/metrics"))
        .bearer_auth("guess");
    Asking::new("a guess".into(), guess)
        .await
        .refused(401, "unauthenticated");
    let ready = ask("/readyz").await.ok();
    assert_eq!(
        (&ready["database"], &ready["migrations"]),
        (&json!("ok"), &json!("ok"))
    );
    assert_eq!(ready["outbox"]["waiting"], 0);
    dana.opens(high()).await;
    desk.passes(TimeDelta::seconds(90));
    // It looks every other moment, however often it is asked.
    let outbox = async || ask("/readyz").await.ok()["outbox"].take();
    until("it tells what waits", async || {
        let outbox = outbox().await;
        outbox["waiting"].as_i64() > Some(0) && outbox["overdue_seconds"] == 90
    })
    .await;
    desk.mailbox().await;
    until("nothing waits", async || outbox().await["waiting"] == 0).await;
    // Prometheus reads figures, and no names: neither those of people, nor what strangers make up.
    for invented in ["BREW", "WHEN", "X-1"] {
        let method = Method::from_bytes(invented.as_bytes()).expect("a method");
        let path = format!("/{invented}/dana");
        let request = desk.client().request(method, desk.api(&path));
        Asking::new(path, request).await.refused(404, "not_found");
    }
    let metrics = ask("/metrics").await;
    assert!(metrics.text.contains("method=\"other\""), "{metrics:?}");
    for name in ["BREW", "WHEN", "X-1", "dana"] {
        assert!(!metrics.text.contains(name), "{name}: {metrics:?}");
    }
    assert!(metrics.text.contains("http"), "{metrics:?}");
    assert!(
        !metrics.text.contains("acme") && !metrics.text.contains("Dana"),
        "{metrics:?}"
    );
}

async fn a_desk_over_another_schema_says_that_it_is_not_ready(desk: Desk) {
    answers_with(&desk, "/readyz", 200).await;
    // A later release has brought the database up to date beneath it.
    let change = |sql: &str| {
        let mut conn = desk.database().connect();
        conn.batch_execute(sql).expect("changed");
    };
    change("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
    answers_with(&desk, "/readyz", 503).await;
    let request = desk.client().get(desk.page("/readyz"));
    let request = request.bearer_auth(METRICS_TOKEN);
    let told = Asking::new("/readyz".into(), request).await;
    let told: Value = serde_json::from_str(&told.text).expect("JSON");
    assert_eq!(told["status"], "not_ready", "{told}");
    assert_eq!(told["migrations"], "other", "{told}");
    assert_eq!(told["database"], "ok", "{told}");
    change("DELETE FROM __diesel_schema_migrations WHERE version = '9999'");
    answers_with(&desk, "/readyz", 200).await;
}

#[test]
fn a_lost_connection_is_503_and_recovers_by_itself() {
    Desk::for_story(Backend::Postgresql, async |desk| {
        let dana = desk.person("dana");
        let case = dana.opens(high()).await;
        let server = desk.database().on_server().expect("a server");

        // A restart of the server breaks every connection: nobody is to notice.
        assert!(server.break_connections() > 0, "the desk holds connections");
        dana.writes(&case, "Still there.").await;
        assert!(server.break_connections() > 0);
        assert_eq!(dana.sees(&case).await["number"], case.number.as_str());

        // While it is away, the answer says so and promises nothing.
        server.close_to_all();
        let path = format!("/cases/{}/feed", case.number);
        dana.post(&path, json!({ "body": "Lost." }))
            .await
            .refused(503, "database_unavailable");
        dana.get(&path).await.refused(503, "database_unavailable");
        answers_with(&desk, "/readyz", 503).await;
        answers_with(&desk, "/healthz", 200).await;

        // When it is back, so is the desk.
        server.open_to_all();
        answers_with(&desk, "/readyz", 200).await;
        dana.writes(&case, "Back again.").await;
        let said = dana.case_feed(&case).await;
        let said: Vec<&str> = said
            .iter()
            .filter(|entry| entry["kind"] == "comment")
            .filter_map(|entry| entry["body"].as_str())
            .collect();
        assert_eq!(said, ["Still there.", "Back again."]);
    });
}

/// What was acknowledged is there after `kill -9`.
async fn survives_a_kill(desk: Installation) {
    let mut acknowledged = 0;
    for _ in 0..3 {
        let server = desk.starts();
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let request = desk.opening(&server);
            requests.spawn(async move {
                let answer = request.send().await;
                answer.is_ok_and(|answer| answer.status() == 201)
            });
        }
        // Some have been answered, the others are under way.
        let mut answered = 0;
        while answered < 5 {
            let taken = requests.join_next().await.expect("requests are left");
            answered += usize::from(taken.expect("no panic"));
        }
        server.end_with("KILL");
        acknowledged += answered;
        while let Some(taken) = requests.join_next().await {
            acknowledged += usize::from(taken.expect("no panic"));
        }
    }
    let count = "SELECT CAST(count(*) AS text) AS text FROM cases";
    let kept: usize = desk.database.texts(count)[0].parse().expect("a number");
    assert!(
        kept >= acknowledged,
        "{acknowledged} were acknowledged, {kept} are there"
    );
    // Nothing is half there, and a new process works on.
    let server = desk.starts();
    let answer = desk.reading(&server, "/cases?limit=1").send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
    crate::support::invariants::check(&desk.database, false);
}

#[test]
fn what_was_acknowledged_survives_a_kill_on_sqlite() {
    Installation::for_story(Backend::Sqlite, survives_a_kill);
}

#[test]
fn what_was_acknowledged_survives_a_kill_on_postgresql() {
    Installation::for_story(Backend::Postgresql, survives_a_kill);
}

#[test]
fn a_wrong_setting_stops_the_start_with_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, value, says) in [
        ("CASEBELL_LISTEN", "nowhere", "listen"),
        ("CASEBELL_DATABASE_URL", "mysql://x", "database_url"),
        ("CASEBELL_MAIL_URL", "pigeon://x", "mail_url"),
        ("CASEBELL_PUBLIC_URL", "desk", "public_url"),
        ("CASEBELL_LISTNE", "127.0.0.1:0", "listne"),
        ("CASEBELL_WORKERS", "-1", "workers"),
    ] {
        let output = process::run(folder.path(), &[(name, value)], &["serve"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{name}={value}: {said}");
        assert!(
            said.contains(says) && said.contains(name),
            "{name}={value}: {said}"
        );
    }
    let secret = process::run(
        folder.path(),
        &[("CASEBELL_DATABASE_URL", "postgress://me:hunter2@host/db")],
        &["serve"],
    );
    assert!(
        !String::from_utf8_lossy(&secret.stderr).contains("hunter2"),
        "no secrets"
    );
}

#[test]
fn a_taken_port_is_said_to_be_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let output = process::run(folder.path(), &[("CASEBELL_LISTEN", &address)], &["serve"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains(&address),
        "{said}"
    );
}

#[test]
fn an_unreachable_database_is_said_to_be_unreachable() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = [(
        "CASEBELL_DATABASE_URL",
        "postgres://casebell:hunter2@127.0.0.1:1/casebell",
    )];
    let output = process::run(folder.path(), &settings, &["serve"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("database"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "no secrets: {said}");
}
