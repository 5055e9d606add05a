//! The hand-kept `schema.rs` says what both databases really have, and what earlier releases had is brought there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casebell::db::{Conn, Db, DbError};
use casebell::store::identities::{AuthOutcome, OrganizationContext};
use casebell::store::{sessions, tokens};
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::support::database::{Backend, Rows, TestDatabase, on_both_databases};

/// Table → column → (type, nullable).
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

/// What `schema.rs` declares.
fn declared() -> Tables {
    let mut tables = Tables::new();
    let mut current: Option<String> = None;
    for line in include_str!("../../src/db/schema.rs")
        .lines()
        .map(str::trim)
    {
        if line == "}" {
            current = None;
        } else if let (Some(table), Some((column, kind))) =
            (&current, line.trim_end_matches(',').split_once(" -> "))
        {
            let inner = kind
                .strip_prefix("Nullable<")
                .and_then(|rest| rest.strip_suffix('>'));
            let columns = tables.entry(table.clone()).or_default();
            columns.insert(
                column.to_owned(),
                (inner.unwrap_or(kind).to_owned(), inner.is_some()),
            );
        } else if let Some((name, _)) = line
            .strip_suffix(") {")
            .and_then(|line| line.split_once(" ("))
        {
            current = Some(name.to_owned());
        }
    }
    tables
}

/// What the database has, in the words of `schema.rs`. The index of words is in tables of its own, made by triggers of the rows and
/// read by the search alone; of the server's a part is an index like others, but that the other database has none of its name.
fn existing(rows: &Rows) -> Tables {
    let query = match rows.backend {
        Backend::Sqlite => {
            "SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || (c.\"notnull\" = 0 AND c.pk = 0) AS text \
             FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
             AND t.name NOT LIKE 'search\\_%' ESCAPE '\\'"
        }
        Backend::Postgresql => {
            "SELECT table_name || ' ' || column_name || ' ' || udt_name || ' ' || (is_nullable = 'YES')::int AS text \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
             AND table_name NOT LIKE 'search\\_%'"
        }
    };
    let mut tables = Tables::new();
    for row in rows.database.texts(query) {
        let [table, column, kind, nullable] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let kinds: &[&str] = match kind {
            "uuid" => &["Key"],
            "timestamptz" => &["Moment"],
            "text" => &["Text"],
            "int8" => &["BigInt"],
            "bool" => &["Bool"],
            "BLOB" => &["Key"],
            "TEXT" => &["Text", "Moment"],
            "INTEGER" => &["BigInt", "Bool"],
            other => panic!("{table}.{column} is of type {other}, which schema.rs does not know"),
        };
        // SQLite has fewer types than schema.rs: any of those that it keeps in this way will do.
        let columns = declared();
        let said = columns
            .get(table)
            .and_then(|columns| columns.get(column))
            .map_or("", |(kind, _)| kind.as_str());
        let kind = kinds
            .iter()
            .find(|kind| **kind == said)
            .unwrap_or(&kinds[0]);
        tables
            .entry(table.to_owned())
            .or_default()
            .insert(column.to_owned(), ((*kind).to_owned(), nullable == "1"));
    }
    tables
}

on_both_databases! { Rows:
    the_declared_tables_are_the_existing_ones,
}

async fn the_declared_tables_are_the_existing_ones(rows: Rows) {
    let (declared, existing) = (declared(), existing(&rows));
    assert!(
        declared.len() > 15,
        "schema.rs was not understood: {declared:?}"
    );
    let names = |tables: &Tables| tables.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&declared), names(&existing));
    for (table, columns) in &declared {
        assert_eq!(columns, &existing[table], "{table}");
    }
    // What lists go by is in one order on both, whatever the server's own is.
    if rows.backend == Backend::Postgresql {
        let ordered = rows.database.texts(
            "SELECT table_name || '.' || column_name AS text FROM information_schema.columns \
             WHERE table_schema = 'public' AND collation_name = 'C' AND table_name || '.' || column_name IN \
             ('access_groups.sort_name', 'articles.sort_title', 'organizations.slug', 'organizations.sort_name', \
             'people.email', 'people.sort_name', 'text_templates.sort_name')",
        );
        assert_eq!(ordered.len(), 7, "only {ordered:?}");
    }
}

#[test]
fn both_databases_have_the_same_indexes() {
    let found = |backend: Backend, query: &'static str| {
        let (sender, receiver) = std::sync::mpsc::channel();
        Rows::for_story(backend, async move |rows| {
            let names: BTreeSet<String> = rows.database.texts(query).into_iter().collect();
            sender.send(names).expect("received");
        });
        receiver.recv().ok()
    };
    let sqlite = found(
        Backend::Sqlite,
        "SELECT name AS text FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite%'",
    );
    let postgresql = found(
        Backend::Postgresql,
        "SELECT indexname::text AS text FROM pg_indexes WHERE schemaname = 'public' \
         AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key' AND indexname NOT LIKE '%\\_by\\_words'",
    );
    if let Some(postgresql) = postgresql {
        assert_eq!(sqlite, Some(postgresql));
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> BTreeSet<String> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(folder);
        let entries = std::fs::read_dir(path).expect("the folder is there");
        entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgresql"));
}

/// The last step of the release before this one.
const EARLIER: &str = "0007";

/// The schema as the release before this one had it.
fn of_an_earlier_release(database: &TestDatabase) {
    let folder = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(name)
    };
    match &mut database.connect() {
        Conn::Sqlite(conn) => steps::<Sqlite>(conn, &folder("sqlite")),
        Conn::Postgres(conn) => steps::<Pg>(conn, &folder("postgresql")),
    }
}

fn steps<DB: diesel::backend::Backend>(conn: &mut impl MigrationHarness<DB>, folder: &Path) {
    let all = FileBasedMigrations::from_path(folder).expect("the schema's steps");
    for step in conn.pending_migrations(all).expect("steps") {
        if step.name().version().to_string().as_str() <= EARLIER {
            conn.run_migration(&*step).expect("a step");
        }
    }
}

/// What an installation of the earlier release holds: ACME with Dana, who is signed in, has a token, and has read half of
/// a case; and Nils Özil, who has not shown that his address is his.
fn furnish(database: &TestDatabase, backend: Backend) {
    let id = |n: u8| match backend {
        Backend::Sqlite => format!("X'{n:032x}'"),
        Backend::Postgresql => format!("'00000000-0000-0000-0000-{n:012x}'"),
    };
    let [bellhop, acme, dana, nils, line, case] = [1, 2, 3, 4, 5, 6].map(id);
    let [grant, session, token, first, second, notice] = [7, 8, 9, 10, 11, 12].map(id);
    let at = "'2026-03-02T09:00:00.000000Z'";
    let later = "'2036-03-02T09:00:00.000000Z'";
    let rows = format!(
        "INSERT INTO organizations (id, slug, name, kind, region, time_zone, created_at) VALUES
            ({bellhop}, 'bellhop', 'Bellhop Support', 'provider', 'eu', 'Europe/Berlin', {at}),
            ({acme}, 'acme', 'ACME', 'customer', 'eu', 'UTC', {at});
        INSERT INTO people (id, organization_id, email, first_name, last_name, password_hash, email_verified_at, created_at)
            VALUES ({dana}, {acme}, 'dana@acme.test', 'Dana', 'Cole', 'kept', {at}, {at}),
            ({nils}, {acme}, 'nils@acme.test', 'Nils', 'Özil', NULL, NULL, {at});
        INSERT INTO role_grants (id, organization_id, person_id, role, granted_at)
            VALUES ({grant}, {acme}, {dana}, 'designated_contact', {at});
        INSERT INTO sessions (id, person_id, token_hash, csrf_token, user_agent, created_at, last_seen_at, expires_at)
            VALUES ({session}, {dana}, 'of a cookie', 'csrf', 'Firefox', {at}, {at}, {later});
        INSERT INTO api_tokens (id, person_id, name, token_hash, created_at)
            VALUES ({token}, {dana}, 'Nightly', 'of a token', {at});
        INSERT INTO lines_of_business (id, name, created_at) VALUES ({line}, 'All lines of business', {at});
        INSERT INTO cases (id, number, organization_id, line_of_business_id, subject, description, priority, status, deployment,
            business_impact, engagements, opened_by, opened_at, search_text, updated_at)
            VALUES ({case}, 1, {acme}, {line}, 'Quinces', 'Too few.', 'high', 'open', 'cloud', 'significant', '[]', {dana},
            {at}, 'quinces', {at});
        INSERT INTO feed_entries (id, case_id, feed, kind, visibility, author_id, author_side, body, at) VALUES
            ({first}, {case}, 'case', 'comment', 'public', {dana}, 'customer', 'One.', {at}),
            ({second}, {case}, 'case', 'comment', 'public', {dana}, 'customer', 'Two.', {at});
        INSERT INTO feed_reads (person_id, case_id, feed, read_at) VALUES ({dana}, {case}, 'case', {at});
        INSERT INTO notices (id, kind, person_id, thread, payload, message_id, state, next_attempt_at, created_at)
            VALUES ({notice}, 'password_reset', {dana}, 'letter', '{{}}', 'one', 'waiting', {at}, {at});"
    );
    let conn = &mut database.connect();
    match conn {
        Conn::Sqlite(conn) => conn.batch_execute(&rows),
        Conn::Postgres(conn) => conn.batch_execute(&rows),
    }
    .expect("rows of an earlier release");
}

/// An installation goes on with what it has: nobody is signed out, and nothing is lost, when the program is replaced.
fn goes_on(backend: Backend) {
    if !backend.is_available() {
        return;
    }
    let database = TestDatabase::create(backend, None);
    of_an_earlier_release(&database);
    furnish(&database, backend);
    let counted = |database: &TestDatabase| {
        let tables = [
            "organizations",
            "people",
            "role_grants",
            "sessions",
            "api_tokens",
            "cases",
            "feed_entries",
            "feed_reads",
            "notices",
        ];
        tables.map(|table| {
            database.texts(&format!(
                "SELECT CAST(count(*) AS TEXT) AS text FROM {table}"
            ))
        })
    };
    let before = counted(&database);
    // The second start finds nothing left to do.
    drop(Db::open(&database.location).expect("brought up to date"));
    let db = Db::open(&database.location).expect("as it is");
    assert_eq!(counted(&database), before);
    let people =
        "SELECT email || ' ' || coalesce(password_hash, '-') AS text FROM people ORDER BY email";
    assert_eq!(
        database.texts(people),
        ["dana@acme.test kept", "nils@acme.test -"]
    );
    let by_name = "SELECT sort_name AS text FROM people ORDER BY sort_name";
    assert_eq!(database.texts(by_name), ["cole  dana", "ozil  nils"]);
    let by_name = "SELECT sort_name AS text FROM organizations ORDER BY sort_name";
    assert_eq!(database.texts(by_name), ["acme", "bellhop support"]);
    let places = "SELECT CAST(count(DISTINCT position) AS TEXT) AS text FROM feed_entries";
    assert_eq!(database.texts(places), ["2"]);
    let read = "SELECT CAST(count(*) AS TEXT) AS text FROM feed_reads WHERE position = (SELECT max(position) FROM feed_entries)";
    assert_eq!(database.texts(read), ["1"]);
    let urgent = "SELECT queue AS text FROM notices WHERE urgent";
    assert_eq!(
        database.texts(urgent),
        ["urgent 00000000000000000000000000000003"]
    );
    if backend == Backend::Sqlite {
        let broken = "SELECT \"table\" AS text FROM pragma_foreign_key_check";
        assert!(database.texts(broken).is_empty());
    }
    let now = "2026-03-03T09:00:00Z".parse().expect("an instant");
    let runtime = crate::support::desk::runtime();
    let found = runtime.block_on(db.read(move |conn| {
        let home = OrganizationContext::AsBefore;
        let by_token = tokens::by_secret(conn, "of a token", &home, now)?;
        let by_cookie = sessions::by_secret(conn, "of a cookie", &home, now)?;
        Ok::<_, DbError>((
            matches!(by_token, AuthOutcome::Authenticated(..)),
            matches!(by_cookie, AuthOutcome::Authenticated(..)),
        ))
    }));
    assert_eq!(found.expect("read"), (true, true));
}

#[test]
fn an_installation_of_an_earlier_release_goes_on_on_sqlite() {
    goes_on(Backend::Sqlite);
}

#[test]
fn an_installation_of_an_earlier_release_goes_on_on_postgresql() {
    goes_on(Backend::Postgresql);
}
