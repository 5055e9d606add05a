//! The hand-kept `schema.rs` says what both databases really have.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::database::{Backend, Rows, on_both_databases};

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

/// What the database has, in the words of `schema.rs`.
fn existing(rows: &Rows) -> Tables {
    let query = match rows.backend {
        Backend::Sqlite => {
            "SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || (c.\"notnull\" = 0 AND c.pk = 0) AS text \
             FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'"
        }
        Backend::Postgresql => {
            "SELECT table_name || ' ' || column_name || ' ' || udt_name || ' ' || (is_nullable = 'YES')::int AS text \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
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
         AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'",
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
