//! What a process remembers of rows that seldom change is what they say: every table that is read for it begins an epoch
//! when it changes, whoever changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use casebell::credentials::hash_secret;
use casebell::db::Conn;
use casebell::domain::access::Permission;
use casebell::domain::ids::{OrganizationId, PersonId};
use casebell::domain::notice::NoticeKind;
use casebell::store::calendars::CalendarBook;
use casebell::store::identities::OrganizationContext;
use casebell::store::{
    access, duty, lines, notice_preferences, notices, organizations, rules, second_factors,
    sessions, target_rules, tokens,
};
use chrono::TimeDelta;
use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use serde_json::{Value, json};

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::person::{Person, high, low};
use crate::support::session::Session;

on_both_databases! { Desk:
    every_change_to_what_is_remembered_begins_an_epoch,
    what_is_changed_behind_its_back_is_seen_by_the_next_request,
    who_is_told_is_what_the_rows_say_at_that_moment,
    a_secret_opens_what_its_row_says_at_that_moment,
    what_is_told_of_a_case_is_what_the_rows_say_at_that_moment,
}

/// The columns that the loaders of what is remembered read, by table.
fn columns_read(desk: &Desk, conn: &mut Conn) -> BTreeMap<String, BTreeSet<String>> {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&heard);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let mut heard = hears.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(query.to_string().replace('`', "\""));
        }
    });
    let now = desk.now();
    let (one, other) = (OrganizationId::new(now), OrganizationId::new(now));
    let (person, clone) = (PersonId::new(now), PersonId::new(now));
    rules::policy(conn).expect("policy");
    rules::reasons(conn).expect("reasons");
    CalendarBook::load(conn).expect("calendars");
    access::own_holdings(conn, person, one, now).expect("holdings");
    access::paired(conn, person, one, other, now).expect("roles");
    access::paired_holdings(conn, person, one, other, now).expect("holdings");
    access::cloned(conn, clone, (person, one), other, now).expect("roles");
    access::first_to_run_out(conn, person, Some(clone), now).expect("roles");
    second_factors::is_on(conn, person).expect("second factors");
    // Who is told of what, and by what targets are reckoned.
    organizations::provider(conn).expect("provider");
    organizations::name_of(conn, one).expect("name");
    let line = lines::root(conn, now).expect("root");
    // One that not everybody may read.
    let governed = |by: &str| {
        format!("UPDATE lines_of_business SET governed_by = {by} WHERE parent_id IS NULL")
    };
    conn.batch_execute(&governed("id")).expect("governed");
    lines::readers(conn, line).expect("readers");
    conn.batch_execute(&governed("NULL")).expect("free");
    let permission = Some(Permission::EscalationsReview);
    notices::known(conn, vec![person], permission, now).expect("people");
    notice_preferences::of_kind(conn, NoticeKind::EntryPosted, &[person]).expect("choices");
    target_rules::table(conn).expect("targets");
    target_rules::ladder(conn).expect("ladder");
    duty::assignment(conn).expect("assignment");
    // Whose secret it is.
    let secret = hash_secret(desk.person("dana").token());
    for there in [
        OrganizationContext::AsBefore,
        OrganizationContext::Named(other.to_string()),
    ] {
        tokens::by_secret(conn, &secret, &there, now).expect("identity");
        sessions::by_secret(conn, &secret, &there, now).expect("nobody");
    }

    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sql in heard.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let parts: Vec<&str> = sql.split('"').collect();
        // A table and its column stand in quotes, with a full stop between them.
        for (table, joint, column) in parts.windows(3).map(|part| (part[0], part[1], part[2])) {
            if joint == "." {
                let columns = columns.entry(table.to_owned()).or_default();
                columns.insert(column.to_owned());
            }
        }
    }
    columns.remove("epochs");
    columns
}

async fn every_change_to_what_is_remembered_begins_an_epoch(desk: Desk) {
    let mut conn = desk.database().connect();
    let columns = columns_read(&desk, &mut conn);
    assert!(columns.len() > 10, "only {columns:?}");
    let triggers = desk.database().texts(match desk.backend() {
        Backend::Sqlite => "SELECT sql AS text FROM sqlite_schema WHERE type = 'trigger'",
        Backend::Postgresql => {
            "SELECT pg_get_triggerdef(oid) AS text FROM pg_trigger WHERE NOT tgisinternal"
        }
    });
    let triggers: Vec<String> = triggers
        .iter()
        .map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" "))
        .map(|sql| sql.replace("public.", ""))
        .filter(|sql| sql.contains("_epoch"))
        .collect();
    for (table, columns) in columns {
        // `AFTER INSERT ON people`, or `AFTER INSERT OR DELETE OR UPDATE OF a, b ON people`.
        let on = format!(" ON {table} ");
        let whens = triggers.iter().filter_map(|sql| {
            let (head, _) = sql.split_once(&on)?;
            head.split_once(" AFTER ").map(|(_, when)| when)
        });
        let whens: Vec<&str> = whens.flat_map(|when| when.split(" OR ")).collect();
        // A secret that is new is remembered by nobody, and that it was used is asked for where it is shown.
        let (events, unwatched): (&[&str], &[&str]) = match table.as_str() {
            "api_tokens" => (&["DELETE"], &["id", "last_used_at"]),
            "sessions" => (&["DELETE"], &["id", "last_seen_at", "idle_until"]),
            // How a person is sorted is made of their names.
            "people" => (&["INSERT", "DELETE"], &["id", "sort_name"]),
            // What a row is called never changes.
            _ => (&["INSERT", "DELETE"], &["id"]),
        };
        for event in events {
            assert!(whens.contains(event), "{event} on {table}: {triggers:?}");
        }
        let update = whens.iter().find(|when| when.starts_with("UPDATE"));
        let update = update.unwrap_or_else(|| panic!("UPDATE on {table}: {triggers:?}"));
        if let Some((_, watched)) = update.split_once(" OF ") {
            let watched: BTreeSet<&str> = watched.split(", ").collect();
            let missed = columns.iter();
            let missed = missed.filter(|column| !unwatched.contains(&column.as_str()));
            let missed: Vec<_> = missed
                .filter(|name| !watched.contains(name.as_str()))
                .collect();
            assert!(missed.is_empty(), "UPDATE on {table} of {missed:?}");
        }
    }
}

/// Somebody with the database's own tools, who tells no process of it.
async fn what_is_changed_behind_its_back_is_seen_by_the_next_request(desk: Desk) {
    let (dana, ada) = (desk.person("dana"), desk.person("ada"));
    let name = async || dana.get("/me").await.ok()["person"]["first_name"].clone();
    let hours = async || {
        let policies = ada.get("/policies").await.ok();
        let policies = policies["items"].as_array().cloned().unwrap_or_default();
        let hours = |policy: &&Value| policy["key"] == "staleness_hours";
        policies.iter().find(hours).expect("a policy")["value"].clone()
    };
    let behind = |sql: &str| {
        let mut conn = desk.database().connect();
        conn.batch_execute(sql).expect(sql);
    };
    assert_eq!((name().await, hours().await), (json!("Dana"), json!("24")));

    behind("UPDATE people SET first_name = 'Diana' WHERE first_name = 'Dana'");
    assert_eq!(name().await, "Diana");
    behind("UPDATE people SET disabled_at = created_at WHERE first_name = 'Diana'");
    dana.get("/me").await.refused(401, "unauthenticated");
    behind("UPDATE people SET disabled_at = NULL, first_name = 'Dana' WHERE first_name = 'Diana'");
    assert_eq!(name().await, "Dana");

    behind(
        "INSERT INTO policies (key, value, updated_at) \
         SELECT 'staleness_hours', '7', created_at FROM people LIMIT 1",
    );
    assert_eq!(hours().await, "7");
    behind("DELETE FROM policies WHERE key = 'staleness_hours'");
    assert_eq!(hours().await, "24");
}

/// The same of those who are told of an entry: what they chose, and that they are there.
async fn who_is_told_is_what_the_rows_say_at_that_moment(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let owned = json!({ "owner": eve.email() });
    eve.changes(&case, owned).await.ok();
    desk.mailbox().await;
    let is_told = async |words: &str| {
        dana.writes(&case, words).await;
        let mailbox = desk.mailbox().await;
        mailbox.recipients().iter().any(|to| *to == eve.email())
    };
    let behind = |sql: &str| {
        let mut conn = desk.database().connect();
        conn.batch_execute(sql).expect(sql);
    };
    assert!(is_told("First.").await);
    assert!(is_told("Remembered.").await);

    behind(
        "INSERT INTO notice_preferences (person_id, kind, delivery, updated_at) \
         SELECT id, 'entry_posted', 'none', created_at FROM people WHERE first_name = 'Eve'",
    );
    assert!(!is_told("Not wanted.").await);
    behind("DELETE FROM notice_preferences");
    assert!(is_told("Wanted again.").await);

    behind("UPDATE people SET disabled_at = created_at WHERE first_name = 'Eve'");
    assert!(!is_told("Away.").await);
    behind("UPDATE people SET disabled_at = NULL WHERE first_name = 'Eve'");
    assert!(is_told("Back.").await);
}

/// The same of the secrets that people show, whom a process remembers by them: what is taken away opens nothing with the next request,
/// and neither does what is over by the clock.
async fn a_secret_opens_what_its_row_says_at_that_moment(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let (one, page) = (format!("/cases/{}", case.number), "/account");
    let session = Session::of(&desk, &eve).await;
    let another = Session::of(&desk, &eve).await;
    let behind = |sql: &str| {
        let mut conn = desk.database().connect();
        conn.batch_execute(sql).expect(sql);
    };
    let is_known = async || {
        for _ in 0..2 {
            dana.get(&one).await.ok();
            for session in [&session, &another] {
                session.get(&one).await.ok();
                session.page(page).await.ok();
            }
        }
    };
    let by_token = async || dana.get(&one).await;
    let is_out = async |session: &Session| {
        session.get(&one).await.refused(401, "unauthenticated");
        let page = session.page(page).await;
        assert_eq!(page.status, 303, "it leads to the form to sign in");
    };
    is_known().await;

    behind("UPDATE api_tokens SET permissions = '[]'");
    by_token().await.refused(404, "not_found");
    behind("UPDATE api_tokens SET permissions = NULL");
    is_known().await;
    behind("UPDATE api_tokens SET revoked_at = created_at");
    by_token().await.refused(401, "unauthenticated");
    behind("UPDATE api_tokens SET revoked_at = NULL");
    is_known().await;
    behind("UPDATE api_tokens SET expires_at = created_at");
    by_token().await.refused(401, "unauthenticated");
    behind("UPDATE api_tokens SET expires_at = NULL");

    is_known().await;
    let (_, secret) = another
        .cookie
        .split_once('=')
        .expect("a name and its value");
    let hash = hash_secret(secret);
    behind(&format!("DELETE FROM sessions WHERE token_hash = '{hash}'"));
    is_out(&another).await;
    // Used again and again, it lasts; nine hours later it is over, whatever is remembered.
    for _ in 0..10 {
        desk.passes(TimeDelta::hours(2));
        session.get(&one).await.ok();
        desk.works().await;
    }
    desk.passes(TimeDelta::hours(9));
    is_out(&session).await;
}

/// The same of cases, of which the JSON is kept: each thing that it says changes in the rows, and the list and the case say so.
async fn what_is_told_of_a_case_is_what_the_rows_say_at_that_moment(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(low()).await;
    let one = format!("/cases/{}", case.number);
    dana.post(&format!("{one}/rca"), json!({})).await.created();
    let told = async |reader: &Person| {
        let told = reader.get(&one).await.ok();
        let list = reader.get("/cases").await.ok();
        assert_eq!(list["items"], json!([told]));
        told
    };
    let behind = |sql: &str| {
        let mut conn = desk.database().connect();
        conn.batch_execute(sql).expect(sql);
    };
    let ask = "INSERT INTO priority_requests (id, case_id, priority, note, state, requested_by, requested_at, version) \
        SELECT id, id, 'high', 'Please.', 'pending', opened_by, opened_at, 1 FROM cases";
    let policy = "INSERT INTO policies (key, value, updated_at) SELECT 'rca_days_cloud', '9', opened_at FROM cases";
    let cases = |column: &str, value: &str| format!("UPDATE cases SET {column} = {value}");
    let names = |table: &str, names: &str| format!("UPDATE {table} SET {names}");
    let changes = [
        (
            "/subject",
            cases("subject", "'x' || subject"),
            cases("subject", "substr(subject, 2)"),
        ),
        (
            "/description",
            cases("description", "'x' || description"),
            cases("description", "substr(description, 2)"),
        ),
        (
            "/priority",
            cases("priority", "'high'"),
            cases("priority", "'low'"),
        ),
        (
            "/lawful_moves",
            cases("status", "'in_progress'"),
            cases("status", "'open'"),
        ),
        (
            "/lawful_verbs",
            ask.to_owned(),
            "DELETE FROM priority_requests".to_owned(),
        ),
        (
            "/engagements",
            cases("engagements", "'[\"development\"]'"),
            cases("engagements", "'[]'"),
        ),
        (
            "/owner",
            cases("owner_id", "opened_by"),
            cases("owner_id", "NULL"),
        ),
        (
            "/contact/name",
            names(
                "people",
                "last_name = 'Dole', sort_name = 'dole  dana' WHERE last_name = 'Cole'",
            ),
            names(
                "people",
                "last_name = 'Cole', sort_name = 'cole  dana' WHERE last_name = 'Dole'",
            ),
        ),
        (
            "/organization/name",
            names(
                "organizations",
                "name = 'Changed', sort_name = 'changed' WHERE slug = 'acme'",
            ),
            names(
                "organizations",
                "name = 'ACME Corporation', sort_name = 'acme corporation' WHERE slug = 'acme'",
            ),
        ),
        (
            "/line_of_business/name",
            names("lines_of_business", "name = 'x' || name"),
            names("lines_of_business", "name = substr(name, 2)"),
        ),
        (
            "/rca/due_at",
            policy.to_owned(),
            "DELETE FROM policies WHERE key = 'rca_days_cloud'".to_owned(),
        ),
        (
            "/version",
            cases("version", "version + 1"),
            cases("version", "version - 1"),
        ),
    ];
    for (path, change, back) in changes {
        // Only a contact asks for a priority, and only staff are told of lines.
        let reader = if path == "/lawful_verbs" { &dana } else { &eve };
        let before = told(reader).await;
        assert_eq!(told(reader).await, before);
        behind(&change);
        let after = told(reader).await;
        assert_ne!(after.pointer(path), before.pointer(path), "{change}");
        behind(&back);
        assert_eq!(told(reader).await, before, "{back}");
    }
    // What somebody may do is theirs, whoever has asked before.
    let verbs = async |name: &str| told(&desk.person(name)).await["lawful_verbs"].clone();
    assert_ne!(verbs("dana").await, json!([]));
    assert_eq!(verbs("vic").await, json!([]));
    assert_ne!(verbs("dana").await, json!([]));
}
