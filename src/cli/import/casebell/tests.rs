mod together;

use chrono::TimeZone;

use super::*;
use crate::cli::import::report::Tally;
use crate::credentials::verify_password;
use crate::domain::access::Reach;
use crate::domain::case::{Engagement, Rca, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseNumber, CaseRef};
use crate::domain::text::EmailAddress;
use crate::store::cases::Case;
use crate::store::{Counter, calendars, cases, grants, people};
use crate::testing::{RECORDS, TestDatabase};
use crate::workflow::assess::facts;

fn day(month: u32, day: u32, hour: u32) -> Instant {
    let at = chrono::Utc.with_ymd_and_hms(2026, month, day, hour, 0, 0);
    at.single().expect("an instant")
}

/// What records come to in a database of their own.
struct Import(TestDatabase);

impl Import {
    fn new() -> Self {
        Self(TestDatabase::new())
    }

    async fn load(&self, lines: &str) -> Report {
        import(&self.0, lines.as_bytes(), day(3, 3, 14), &Watch::nobody())
            .await
            .expect("loaded")
    }

    /// What is said of one wrong line after the sample.
    async fn refusal(&self, line: &str) -> String {
        let report = self.load(line).await;
        match report.refusals() {
            [one] => one.to_string(),
            other => panic!("{line}: {other:?}"),
        }
    }

    async fn case(&self, number: i64) -> Case {
        self.0
            .ask(move |conn| {
                let id = cases::id_of(
                    conn,
                    Reach::Everything,
                    &CaseRef::Number(CaseNumber::new(number)),
                )?;
                cases::find(conn, id.ok_or(diesel::result::Error::NotFound)?)
            })
            .await
    }

    async fn status_and_rca(&self, case: &Case, at: Instant) -> (Status, Option<Rca>) {
        let case = case.clone();
        self.0
            .ask(move |conn| match facts(conn, &case, case.opened_by, at) {
                Ok(facts) => Ok((facts.status, facts.rca)),
                Err(failed) => panic!("{failed:?}"),
            })
            .await
    }
}

fn tally(loaded: u64, already_there: u64, refused: u64) -> Tally {
    Tally {
        loaded,
        already_there,
        refused,
    }
}

#[tokio::test]
async fn everything_is_loaded_once() {
    let desk = Import::new();
    let report = desk.load(RECORDS).await;
    assert_eq!(report.refusals(), []);
    for (kind, count) in [
        (Kind::Organization, 2),
        (Kind::Calendar, 1),
        (Kind::LineOfBusiness, 2),
        (Kind::Person, 2),
        (Kind::Case, 2),
        (Kind::Entry, 3),
    ] {
        assert_eq!(report.tally(kind), tally(count, 0, 0), "{kind}");
    }
    let again = desk.load(RECORDS).await;
    for (kind, count) in [
        (Kind::Organization, 2),
        (Kind::Calendar, 1),
        (Kind::LineOfBusiness, 2),
        (Kind::Person, 2),
        (Kind::Case, 2),
        (Kind::Entry, 3),
    ] {
        assert_eq!(again.tally(kind), tally(0, count, 0), "{kind}");
    }
}

#[tokio::test]
async fn a_case_is_as_its_line_says() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let case = desk.case(41).await;
    assert_eq!(case.subject, "Calls drop");
    assert_eq!(
        case.engagements.0,
        [Engagement::Development, Engagement::ThirdParty]
    );
    // The internal entry is newer, and does not count (C7).
    assert_eq!(case.last_provider_entry_at, Some(day(2, 3, 9)));
    let bodies: Vec<String> = desk
        .0
        .ask(move |conn| {
            use crate::db::schema::feed_entries::dsl;
            use diesel::prelude::*;
            dsl::feed_entries
                .filter(dsl::case_id.eq(case.id).and(dsl::feed.eq(Feed::Case)))
                .order(dsl::id.asc())
                .select(dsl::body)
                .load(conn)
        })
        .await;
    assert_eq!(
        bodies,
        [
            "It happens again.",
            "We look into it.",
            "Their firewall, I think."
        ]
    );

    // The number that came along is not given out again (C1).
    let next = desk
        .0
        .write(|conn| Ok::<_, DbError>(Counter::Case.next(conn)?))
        .await;
    assert_eq!(next.expect("a number"), 43);
    assert_eq!(desk.case(42).await.subject, "Old matter");
}

#[tokio::test]
async fn people_have_their_roles_and_their_passwords() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let (sam, roles, dana) = desk
        .0
        .ask(|conn| {
            let email = |text| EmailAddress::parse(text).expect("an address");
            let sam = people::by_email(conn, &email("sam.reed@northstar.example"))?.expect("Sam");
            let roles = grants::of_people(conn, &[sam.id], day(3, 3, 14))?;
            Ok((
                sam,
                roles,
                people::by_email(conn, &email("dana.cole@acme.example"))?.expect("Dana"),
            ))
        })
        .await;
    let roles: Vec<&str> = roles.iter().map(|(_, role)| role.code.as_str()).collect();
    assert_eq!(roles, ["support_engineer"]);
    assert!(verify_password(
        "correct horse battery",
        sam.password_hash.as_deref()
    ));
    assert_eq!(dana.password_hash, None);
}

#[tokio::test]
async fn the_instants_tell_the_history() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let waiting = desk.case(41).await;
    let requested = |delivered_at| {
        Some(Rca {
            requested_at: day(2, 4, 8),
            delivered_at,
        })
    };
    assert_eq!(
        desk.status_and_rca(&waiting, day(2, 4, 7)).await,
        (Status::AwaitingCustomer, None)
    );
    assert_eq!(
        desk.status_and_rca(&waiting, day(2, 4, 8)).await.1,
        requested(None)
    );

    let old = desk.case(42).await;
    let november = |day| {
        chrono::Utc
            .with_ymd_and_hms(2025, 11, day, 8, 0, 0)
            .single()
            .expect("an instant")
    };
    let rca = |delivered_at| {
        Some(Rca {
            requested_at: november(5),
            delivered_at,
        })
    };
    assert_eq!(
        desk.status_and_rca(&old, november(4)).await,
        (Status::Open, None)
    );
    assert_eq!(
        desk.status_and_rca(&old, november(9)).await,
        (Status::Open, rca(None))
    );
    assert_eq!(
        desk.status_and_rca(&old, november(10)).await,
        (Status::Open, rca(Some(november(10))))
    );
    assert_eq!(
        desk.status_and_rca(&old, november(20)).await,
        (Status::Closed, rca(Some(november(10))))
    );
}

#[tokio::test]
async fn a_calendar_may_take_the_installed_ones_place() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let default = || async {
        let all = desk.0.ask(calendars::list).await;
        let found: Vec<_> = all
            .into_iter()
            .filter(|calendar| calendar.is_default)
            .collect();
        assert_eq!(found.len(), 1);
        (found[0].name.clone(), found[0].time_zone.clone())
    };
    assert_eq!(
        default().await,
        ("Standard".to_owned(), "Europe/Berlin".to_owned())
    );

    let own = r#"{"type":"calendar","name":"Standard","time_zone":"Europe/Paris","hours":{"sat":["10:00-12:00"]},"default":true}"#;
    assert_eq!(desk.load(own).await.tally(Kind::Calendar), tally(1, 0, 0));
    assert_eq!(
        default().await,
        ("Standard".to_owned(), "Europe/Paris".to_owned())
    );
    assert_eq!(desk.load(own).await.tally(Kind::Calendar), tally(0, 1, 0));

    let other = r#"{"type":"calendar","name":"Office","time_zone":"UTC","hours":{"mon":["09:00-17:00"]},"holidays":[],"default":true}"#;
    assert_eq!(desk.load(other).await.tally(Kind::Calendar), tally(1, 0, 0));
    assert_eq!(default().await, ("Office".to_owned(), "UTC".to_owned()));
}

#[tokio::test]
async fn lines_that_say_the_same_are_as_many_cases() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let line = case_with("");
    let twice = format!("{line}\n{line}\n");
    assert_eq!(desk.load(&twice).await.tally(Kind::Case), tally(2, 0, 0));
    assert_eq!(desk.load(&twice).await.tally(Kind::Case), tally(0, 2, 0));
    assert_eq!(
        desk.load(&format!("{twice}{line}")).await.tally(Kind::Case),
        tally(1, 2, 0)
    );
}

/// A case of the sample's people, with more fields, or others in place of its own.
fn case_with(fields: &str) -> String {
    let mut case: serde_json::Map<_, _> = serde_json::from_str(
        r#"{"type":"case","organization":"acme","opened_by":"dana.cole@acme.example","subject":"Echo",
            "description":"Words come back.","priority":"medium","status":"open","deployment":"cloud",
            "business_impact":"limited","opened_at":"2026-03-01T08:00:00Z","feed":[]}"#,
    )
    .expect("a case");
    let more: serde_json::Map<_, _> =
        serde_json::from_str(&format!("{{{fields}}}")).expect("fields");
    case.extend(more);
    case.retain(|_, value| !value.is_null());
    serde_json::Value::Object(case).to_string()
}

#[tokio::test]
async fn a_line_that_cannot_be_read_says_why() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    for (line, said) in [
        (
            "{",
            "line 1: not JSON: EOF while parsing an object at line 1 column 1",
        ),
        ("[]", "line 1: not a JSON object"),
        ("{}", "line 1: type: is missing"),
        (
            r#"{"type":"ticket"}"#,
            "line 1: type: “ticket” is not one of organization, calendar, line_of_business, user, case",
        ),
        (
            r#"{"type":"organization","slug":"x","kind":"customer"}"#,
            "line 1: name: is missing",
        ),
        (
            r#"{"type":"organization","slug":"x","name":"X","kind":"friend"}"#,
            "line 1: kind: “friend” is not one of provider, customer, partner",
        ),
        (
            r#"{"type":"organization","slug":"X!","name":"X","kind":"customer"}"#,
            "line 1: slug: only small letters, digits and hyphens between them",
        ),
        (
            r#"{"type":"organization","slug":"x","name":"X","kind":"customer","colour":"red"}"#,
            "line 1: colour: there is no such field, expected one of `type`, `slug`, `name`, `kind`, `region`, `time_zone`",
        ),
        (
            r#"{"type":"organization","slug":"x","name":"X","kind":"customer","time_zone":"Mars/Olympus"}"#,
            "line 1: time_zone: “Mars/Olympus” is not a time zone",
        ),
        (
            r#"{"type":"organization","slug":"x","name":"X","kind":"provider"}"#,
            "line 1: kind: there is a provider already, and only one can be",
        ),
        (
            r#"{"type":"calendar","name":"C","time_zone":"UTC","hours":{"mon":["17:00-09:00"],"day":[]},"holidays":["soon"]}"#,
            "line 1: hours.day: “day” is not one of mon, tue, wed, thu, fri, sat, sun; hours.mon[0]: “17:00-09:00” is not a span of hours such as 09:00-12:00; holidays[0]: “soon” is not a date such as 2026-05-14, or --12-25 for every year",
        ),
        (
            r#"{"type":"line_of_business","name":"L","parent":"Nowhere"}"#,
            "line 1: parent: there is no “Nowhere”; a line refers to earlier ones",
        ),
        (
            r#"{"type":"line_of_business","name":"L","calendar":"Never"}"#,
            "line 1: calendar: there is no “Never”; a line refers to earlier ones",
        ),
        (
            r#"{"type":"user","email":"x@y.example","first_name":"X","last_name":"Y","organization":"acme","roles":["administrator"]}"#,
            "line 1: roles: the organization's people cannot be administrator",
        ),
        (
            r#"{"type":"user","email":"x@y.example","first_name":"X","last_name":"Y","organization":"globex","roles":[]}"#,
            "line 1: organization: there is no “globex”; a line refers to earlier ones",
        ),
        (
            r#"{"type":"user","email":"x at y","first_name":"X","last_name":"Y","organization":"acme","roles":[]}"#,
            "line 1: email: an e-mail address has an @",
        ),
        (
            r#"{"type":"user","email":"x@y.example","first_name":"X","last_name":"Y","organization":"acme","roles":["king"]}"#,
            "line 1: roles[0]: “king” is not one of designated_contact, portal_viewer, organization_admin, authorized_user_admin, trusted_external_user, partner_admin, support_engineer, escalation_owner, supervisor, monitor, developer, administrator",
        ),
    ] {
        assert_eq!(desk.refusal(line).await, said);
    }
}

#[tokio::test]
async fn a_case_that_cannot_be_so_says_why_and_leaves_nothing() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let entry = |fields: &str| {
        format!(
            r#""feed":[{{"at":"2026-03-02T08:00:00Z","author":"dana.cole@acme.example","body":"Well.","visibility":"public"}},{{{fields}}}]"#
        )
    };
    for (fields, said) in [
        (r#""organization":"northstar""#.to_owned(), "line 1: organization: the provider has no cases"),
        (r#""organization":"globex""#.to_owned(), "line 1: organization: there is no organization “globex”; a line refers to earlier ones"),
        (r#""opened_by":"nobody@acme.example""#.to_owned(), "line 1: opened_by: there is no person “nobody@acme.example”; a line refers to earlier ones"),
        (r#""owner":"dana.cole@acme.example""#.to_owned(), "line 1: owner: not one of the provider's people"),
        (r#""status":"resolved""#.to_owned(), "line 1: status: “resolved” is not one of open, in_progress, awaiting_customer, awaiting_third_party, solution_provided, closed"),
        (r#""closed_at":"2026-03-02T08:00:00Z""#.to_owned(), "line 1: closed_at: a case that is open has none"),
        (r#""status":"closed","closed_at":"2026-02-02T08:00:00Z""#.to_owned(), "line 1: closed_at: lies before opened_at"),
        (r#""opened_at":"2026-03-03T14:00:01Z""#.to_owned(), "line 1: opened_at: lies in the future"),
        (r#""opened_at":"yesterday""#.to_owned(), "line 1: opened_at: “yesterday” is not an instant such as 2026-03-03T09:12:00Z"),
        (r#""rca_delivered_at":"2026-03-02T08:00:00Z""#.to_owned(), "line 1: rca_delivered_at: nothing was requested: rca_requested_at is missing"),
        (r#""rca_requested_at":"2026-03-02T09:00:00Z","rca_delivered_at":"2026-03-02T08:00:00Z""#.to_owned(), "line 1: rca_delivered_at: lies before rca_requested_at"),
        (r#""engagements":["friends"]"#.to_owned(), "line 1: engagements[0]: “friends” is not one of development, cloud_operations, third_party"),
        (r#""number":"41""#.to_owned(), "line 1: number: not a case number such as C-000123"),
        (r#""number":-1"#.to_owned(), "line 1: number: not a case number such as C-000123"),
        (r#""number":9223372036854775807"#.to_owned(), "line 1: number: not a case number such as C-000123"),
        (r#""number":"C-9223372036854775807""#.to_owned(), "line 1: number: not a case number such as C-000123"),
        (r#""number":41"#.to_owned(), "line 1: number: “C-000041” is taken"),
        (r#""number":"C-000041","external_id":"OLD-8""#.to_owned(), "line 1: number: “C-000041” is taken"),
        (r#""line_of_business":"Fax""#.to_owned(), "line 1: line_of_business: there is no line of business “Fax”; a line refers to earlier ones"),
        (r#""subject":"a\u0007b""#.to_owned(), "line 1: subject: character 2 is a control character"),
        (entry(r#""at":"2026-03-02T08:00:00Z","author":"dana.cole@acme.example","body":"Psst.","visibility":"internal""#), "line 1: feed[1].visibility: only the provider's people write internal entries"),
        (entry(r#""at":"2026-02-02T08:00:00Z","author":"eve@acme.example","body":"Hm.","visibility":"public""#), "line 1: feed[1].at: lies before opened_at; feed[1].author: there is no person “eve@acme.example”; a line refers to earlier ones"),
        (entry(r#""at":"2026-03-02T08:00:00Z","author":"dana.cole@acme.example","body":"Hm.""#), "line 1: feed[1].visibility: is missing"),
        (entry(r#""at":"2026-03-02T08:00:00Z","author":"dana.cole@acme.example","body":"Hm.","visibility":"public","mood":"bad""#), "line 1: feed[1].mood: there is no such field, expected one of `at`, `author`, `body`, `visibility`"),
    ] {
        assert_eq!(desk.refusal(&case_with(&fields)).await, said);
    }
    let cases: i64 = desk
        .0
        .ask(|conn| {
            use diesel::prelude::*;
            crate::db::schema::cases::table.count().get_result(conn)
        })
        .await;
    assert_eq!(cases, 2);
}

#[tokio::test]
async fn one_wrong_line_does_not_keep_the_others_out() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let lines = [
        case_with(r#""external_id":"A""#),
        "nonsense".to_owned(),
        case_with(r#""external_id":"B","organization":"globex""#),
        r#"{"type":"organization","slug":"globex","name":"Globex","kind":"partner"}"#.to_owned(),
        case_with(
            r#""external_id":"B","organization":"globex","opened_by":"sam.reed@northstar.example""#,
        ),
    ]
    .join("\n");
    let report = desk.load(&lines).await;
    assert_eq!(report.tally(Kind::Case), tally(2, 0, 1));
    assert_eq!(report.tally(Kind::Organization), tally(1, 0, 0));
    assert_eq!(report.tally(Kind::Line), tally(0, 0, 1));
    let refused: Vec<u64> = report
        .refusals()
        .iter()
        .map(|refusal| refusal.line)
        .collect();
    assert_eq!(refused, [2, 3]);
}

#[tokio::test]
async fn a_closed_case_without_its_instant_was_closed_with_the_last_thing_it_tells_of() {
    let desk = Import::new();
    desk.load(RECORDS).await;
    let line = case_with(
        r#""status":"closed","feed":[{"at":"2026-03-02T08:00:00Z","author":"dana.cole@acme.example","body":"Fine now.","visibility":"public"}]"#,
    );
    assert_eq!(desk.load(&line).await.refusals(), []);
    assert_eq!(desk.case(43).await.closed_at, Some(day(3, 2, 8)));
}
