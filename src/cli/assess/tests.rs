use super::*;
use crate::testing::TestDatabase;

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn args(case: &str, reason: Option<&str>, at: Option<&str>) -> AssessArgs {
    AssessArgs {
        case: case.parse().expect("a case"),
        reason: reason.map(str::to_owned),
        at: at.map(|text| text.parse().expect("an instant")),
        person: None,
        json: false,
    }
}

async fn paper(database: &TestDatabase, args: AssessArgs) -> String {
    let asked = ask(database, args, at("2026-03-03T14:05:00Z"))
        .await
        .expect("asked");
    output::of(&Catalogue::load().expect("words"), &asked)
}

#[tokio::test]
async fn a_case_that_waits_says_why_and_until_when() {
    let database = TestDatabase::with_records().await;
    let said = paper(
        &database,
        args("C-000041", Some("no_update"), Some("2026-02-03T13:00:00Z")),
    )
    .await;
    assert_eq!(
        said,
        "C-000041  Calls drop
ACME Contact Centers, opened by Dana Cole on 2 February 2026, 03:00 (New York time) (2026-02-02T08:00:00Z)
Assessed for Dana Cole, as it stood at 3 February 2026, 08:00 (New York time) (2026-02-03T13:00:00Z)

  Priority            High
  Status              Awaiting customer
  Business impact     Significant
  Deployment          Cloud
  Waits also for      development
  Waits also for      a third party
  Support's update    3 February 2026, 04:00 (New York time) (2026-02-03T09:00:00Z), 4 h ago
  Read by them        not yet

No recent update (no_update): Not eligible
  Can be escalated from 4 February 2026, 04:00 (New York time) (2026-02-04T09:00:00Z), in 20 h
"
        .to_owned()
            + &said[said.find("  - ").expect("findings")..]
    );
    for line in [
        "  - Support updated this case 4 h ago; a high-priority case can be escalated 24 h after the last update.\n    Blocking: E7, recently_updated\n",
        "    Passes at 4 February 2026, 04:00 (New York time) (2026-02-04T09:00:00Z), in 20 h\n",
        "    To be acknowledged: E9, awaiting_your_information\n",
        "    For information: E10, third_party_engaged\n",
        "  Counted 4 h of 1 day, 20 h left; due 4 February 2026, 04:00 (New York time) (2026-02-04T09:00:00Z)\n    + 2026-02-03 04:00 to 2026-02-04 04:00: elapsed time\n",
    ] {
        assert!(said.contains(line), "{line}\n---\n{said}");
    }
}

#[tokio::test]
async fn business_days_are_told_one_by_one() {
    let database = TestDatabase::with_records().await;
    // Requested on Wednesday, 5 November 2025, on premise: seven business days of Berlin, and delivered on the tenth.
    let said = paper(
        &database,
        args(
            "C-000042",
            Some("rca_overdue"),
            Some("2025-11-07T12:00:00Z"),
        ),
    )
    .await;
    for line in [
        "  Counted 1 business day of 7 business days, 6 business days left; due 14 November 2025, 18:00 (New York time) (2025-11-14T23:00:00Z)\n",
        ": day of the request\n",
        "  Analysis requested  5 November 2025, 03:00 (New York time)",
    ] {
        assert!(said.contains(line), "{line}\n---\n{said}");
    }
    assert!(!said.contains("Analysis delivered"), "{said}");
}

#[tokio::test]
async fn without_a_reason_each_one_is_told() {
    let database = TestDatabase::with_records().await;
    let said = paper(&database, args("C-000042", None, None)).await;
    assert_eq!(
        said.matches("This case is closed, and a closed case cannot be escalated.")
            .count(),
        5,
        "{said}"
    );
    let asked = ask(
        &database,
        args("C-000042", None, None),
        at("2026-03-03T14:05:00Z"),
    )
    .await
    .expect("asked");
    let words = Catalogue::load().expect("words");
    assert_eq!(
        as_json(&words, &asked, false)["items"]
            .as_array()
            .map(Vec::len),
        Some(5)
    );
    let one = ask(
        &database,
        args("C-000042", Some("no_update"), None),
        at("2026-03-03T14:05:00Z"),
    )
    .await
    .expect("asked");
    assert_eq!(
        as_json(&words, &one, true)["findings"][0]["code"],
        "case_closed"
    );
}

#[tokio::test]
async fn what_cannot_be_assessed_is_said() {
    let database = TestDatabase::with_records().await;
    let refused = async |args: AssessArgs| {
        ask(&database, args, at("2026-03-03T14:05:00Z"))
            .await
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        refused(args("C-000099", None, None)).await,
        "case: there is no “C-000099”"
    );
    assert_eq!(
        refused(args("C-000041", Some("mood"), None)).await,
        "reason: there is no “mood”"
    );
    assert_eq!(
        refused(args("C-000041", None, Some("2026-01-01T00:00:00Z"))).await,
        "at: the case was opened at 2026-02-02T08:00:00+00:00 only"
    );
    let stranger = AssessArgs {
        person: Some("eve@acme.example".parse().expect("an address")),
        ..args("C-000041", None, None)
    };
    assert_eq!(
        refused(stranger).await,
        "as: there is no “eve@acme.example”"
    );
}
