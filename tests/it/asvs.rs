//! The document on security answers every requirement of levels 1 and 2 of OWASP ASVS 5.0, and what it cites is there.

use std::collections::BTreeSet;
use std::path::Path;

/// The requirements of levels 1 and 2, by section.
const REQUIREMENTS: &[&str] = &[
    "1.1: 1 2",
    "1.2: 1 2 3 4 5 6 7 8 9",
    "1.3: 1 2 3 4 5 6 7 8 9 10 11",
    "1.4: 1 2 3",
    "1.5: 1 2",
    "2.1: 1 2 3",
    "2.2: 1 2 3",
    "2.3: 1 2 3 4",
    "2.4: 1",
    "3.2: 1 2",
    "3.3: 1 2 3 4",
    "3.4: 1 2 3 4 5 6",
    "3.5: 1 2 3 4 5",
    "3.7: 1 2",
    "4.1: 1 2 3",
    "4.2: 1",
    "4.3: 1 2",
    "4.4: 1 2 3 4",
    "5.1: 1",
    "5.2: 1 2 3",
    "5.3: 1 2",
    "5.4: 1 2 3",
    "6.1: 1 2 3",
    "6.2: 1 2 3 4 5 6 7 8 9 10 11 12",
    "6.3: 1 2 3 4",
    "6.4: 1 2 3 4",
    "6.5: 1 2 3 4 5",
    "6.6: 1 2 3",
    "6.8: 1 2 3 4",
    "7.1: 1 2 3",
    "7.2: 1 2 3 4",
    "7.3: 1 2",
    "7.4: 1 2 3 4 5",
    "7.5: 1 2",
    "7.6: 1 2",
    "8.1: 1 2",
    "8.2: 1 2 3",
    "8.3: 1",
    "8.4: 1",
    "9.1: 1 2 3",
    "9.2: 1 2 3 4",
    "10.1: 1 2",
    "10.2: 1 2",
    "10.3: 1 2 3 4",
    "10.4: 1 2 3 4 5 6 7 8 9 10 11",
    "10.5: 1 2 3 4 5",
    "10.6: 1 2",
    "10.7: 1 2 3",
    "11.1: 1 2",
    "11.2: 1 2 3",
    "11.3: 1 2 3",
    "11.4: 1 2 3 4",
    "11.5: 1",
    "11.6: 1",
    "12.1: 1 2 3",
    "12.2: 1 2",
    "12.3: 1 2 3 4",
    "13.1: 1",
    "13.2: 1 2 3 4 5",
    "13.3: 1 2",
    "13.4: 1 2 3 4 5",
    "14.1: 1 2",
    "14.2: 1 2 3 4",
    "14.3: 1 2 3",
    "15.1: 1 2 3",
    "15.2: 1 2 3",
    "15.3: 1 2 3 4 5 6 7",
    "16.1: 1",
    "16.2: 1 2 3 4 5",
    "16.3: 1 2 3 4",
    "16.4: 1 2 3",
    "16.5: 1 2 3",
    "17.1: 1",
    "17.2: 1 2 3 4",
    "17.3: 1 2",
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the tables of requirements: id, about, how it is met, what shows it.
fn rows(document: &str) -> Vec<Vec<&str>> {
    document
        .lines()
        .filter_map(|line| line.strip_prefix("| V")?.strip_suffix(" |"))
        .map(|row| row.split(" | ").collect())
        .collect()
}

#[test]
fn every_requirement_is_answered_once() {
    let document = read("docs/security.md");
    let rows = rows(&document);
    let answered: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let expected: Vec<String> = REQUIREMENTS
        .iter()
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(section, numbers)| {
            numbers
                .split(' ')
                .map(move |number| format!("{section}.{number}"))
        })
        .collect();
    assert_eq!(expected.len(), 253);
    assert_eq!(answered, expected);
    for row in &rows {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row.iter().all(|cell| !cell.trim().is_empty()), "{row:?}");
        assert!(
            row[3] != "—" || row[2].starts_with("None here") || row[2].contains("ection"),
            "nothing shows {row:?}"
        );
    }
}

#[test]
fn what_the_document_cites_is_there() {
    let document = read("docs/security.md");
    let cited: BTreeSet<&str> = document
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|cited| cited.starts_with("src/") || cited.starts_with("tests/"))
        .collect();
    assert!(cited.len() > 80, "{cited:?}");
    let missing: Vec<&str> = cited
        .into_iter()
        .filter(|cited| match cited.split_once("::") {
            Some((file, test)) => !read(file).contains(&format!("fn {test}(")),
            None => !Path::new(env!("CARGO_MANIFEST_DIR")).join(cited).exists(),
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
