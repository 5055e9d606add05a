//! Cases that are written together are as those that are written one by one.

use std::io::{self, BufReader, Read};

use super::*;
use crate::domain::audit::Verdict;
use crate::store::audit::{contents, walk};

/// A case with so many entries.
fn case_of(n: usize, entries: usize) -> String {
    let feed: Vec<_> = (0..entries)
        .map(|entry| {
            serde_json::json!({
                "at": format!("2026-03-02T08:{entry:02}:00Z"), "author": "sam.reed@northstar.example",
                "body": format!("Word {n}-{entry}"), "visibility": "public",
            })
        })
        .collect();
    let feed = serde_json::Value::from(feed);
    case_with(&format!(r#""external_id":"N-{n}","feed":{feed}"#))
}

/// Gives so many bytes of a text, and then fails as a disk does.
struct BreaksOff<'t>(&'t [u8]);

impl Read for BreaksOff<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.is_empty() {
            true => Err(io::Error::other("the disk is gone")),
            false => self.0.read(into),
        }
    }
}

#[tokio::test]
async fn many_cases_are_each_as_their_lines_say_and_the_chain_covers_them() {
    const CASES: usize = 150;
    let desk = Import::new();
    desk.load(RECORDS).await;
    // Of none, of some, and of more than one statement takes.
    let lines: Vec<String> = (0..CASES)
        .map(|n| case_of(n, if n == 70 { 60 } else { n % 4 }))
        .collect();
    let report = desk.load(&lines.join("\n")).await;
    assert_eq!(report.refusals(), []);
    assert_eq!(report.tally(Kind::Case), tally(CASES as u64, 0, 0));
    let written: Vec<(String, String)> = desk
        .0
        .ask(|conn| {
            use crate::db::schema::{cases, feed_entries};
            use diesel::prelude::*;
            feed_entries::table
                .inner_join(cases::table)
                .filter(cases::external_id.like("N-%"))
                .order((cases::number.asc(), feed_entries::position.asc()))
                .select((cases::external_id.assume_not_null(), feed_entries::body))
                .load(conn)
        })
        .await;
    let expected: Vec<(String, String)> = (0..CASES)
        .flat_map(|n| (0..if n == 70 { 60 } else { n % 4 }).map(move |entry| (n, entry)))
        .map(|(n, entry)| (format!("N-{n}"), format!("Word {n}-{entry}")))
        .collect();
    assert_eq!(written, expected);
    // What the chain says of each is what is there.
    let (chain, said) = desk.0.ask(|conn| Ok((walk(conn)?, contents(conn)?))).await;
    assert!(matches!(chain, Verdict::Whole { .. }), "{chain:?}");
    assert_eq!(said.faults, []);
    assert_eq!(said.older, 0);
    // Two cases and three entries came with the sample.
    assert_eq!(said.covered, CASES + expected.len() + 5);
}

#[tokio::test]
async fn what_was_read_is_loaded_also_if_the_file_breaks_off() {
    const CASES: usize = 100;
    let desk = Import::new();
    desk.load(RECORDS).await;
    let lines: Vec<String> = (0..CASES).map(|n| case_of(n, 3)).collect();
    let whole = lines.join("\n");
    let broken = BufReader::with_capacity(100, BreaksOff(&whole.as_bytes()[..whole.len() / 2]));
    let ended = import(&desk.0, broken, day(3, 3, 14), &Watch::nobody()).await;
    assert!(matches!(ended, Err(ImportError::Read(_))), "{ended:?}");
    let report = desk.load(&whole).await;
    let Tally {
        loaded,
        already_there,
        refused,
    } = report.tally(Kind::Case);
    assert_eq!((loaded + already_there, refused), (CASES as u64, 0));
    assert!(already_there > 0 && loaded > 0, "{loaded} are new");
    assert_eq!(
        desk.load(&whole).await.tally(Kind::Entry),
        tally(0, 3 * CASES as u64, 0)
    );
}

#[tokio::test]
async fn a_line_that_is_said_again_waits_for_what_becomes_of_the_first() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let number = |number: i64, subject: &str| {
        case_with(&format!(
            r#""number":{number},"subject":"{subject}","external_id":null"#
        ))
    };
    let lines = [
        case_with(r#""external_id":"A","number":41"#),
        case_with(r#""external_id":"A""#),
        case_with(r#""external_id":"A""#),
        number(50, "Echo"),
        number(50, "Echo"),
        number(50, "Other"),
    ];
    let report = desk.load(&lines.join("\n")).await;
    assert_eq!(report.tally(Kind::Case), tally(2, 2, 2));
    let refused: Vec<String> = report.refusals().iter().map(Refusal::to_string).collect();
    assert_eq!(
        refused,
        [
            "line 1: number: “C-000041” is taken",
            "line 6: number: “C-000050” is taken"
        ]
    );
}
