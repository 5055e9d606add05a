use std::time::Instant as Stopwatch;

use chrono::TimeZone;

use super::*;
use crate::cli::import::report::Tally;
use crate::db::DbError;
use crate::domain::case::{BusinessImpact, Priority, Status};
use crate::domain::eligibility::CaseFacts;
use crate::domain::feed::Visibility;
use crate::domain::ids::{CaseId, PersonId};
use crate::store::cases::Case;
use crate::store::{cases, people};
use crate::testing::TestDatabase;
use crate::workflow::assess::facts;

const SAMPLE: &str = include_str!("../../../../tests/it/data/incidents.csv");

fn now() -> Instant {
    at(2026, 3, 3, 14, 0)
}

fn words() -> Catalogue {
    Catalogue::load().expect("words")
}

fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> Instant {
    chrono::Utc
        .with_ymd_and_hms(year, month, day, hour, minute, 0)
        .single()
        .expect("an instant")
}

/// What a log comes to in a database of its own.
struct Import(TestDatabase);

impl Import {
    fn new() -> Self {
        Self(TestDatabase::new())
    }

    async fn load(&self, log: &str) -> Report {
        import(&self.0, log.as_bytes(), now(), &words(), &Watch::nobody())
            .await
            .expect("loaded")
    }

    async fn case(&self, external_id: &'static str) -> Case {
        self.0
            .ask(move |conn| {
                let id = cases::by_external_id(conn, external_id)?
                    .ok_or(diesel::result::Error::NotFound)?;
                cases::find(conn, id)
            })
            .await
    }

    async fn facts(&self, case: &Case, at: Instant) -> CaseFacts {
        let (case, person) = (case.clone(), case.opened_by);
        self.0
            .read(move |conn| match facts(conn, &case, person, at) {
                Ok(facts) => Ok(facts),
                Err(failed) => panic!("{failed:?}"),
            })
            .await
            .map_err(|error: DbError| error)
            .expect("facts")
    }

    async fn feed(&self, case: CaseId) -> Vec<(Instant, Visibility, String)> {
        self.0
            .ask(move |conn| {
                use crate::db::schema::feed_entries::dsl;
                use crate::db::sql_types::At;
                use diesel::prelude::*;
                let rows: Vec<(At, Visibility, String)> = dsl::feed_entries
                    .filter(dsl::case_id.eq(case))
                    .order((dsl::at.asc(), dsl::id.asc()))
                    .select((dsl::at, dsl::visibility, dsl::body))
                    .load(conn)?;
                Ok(rows
                    .into_iter()
                    .map(|(at, visibility, body)| (at.0, visibility, body))
                    .collect())
            })
            .await
    }

    async fn email(&self, person: PersonId) -> String {
        let found = self
            .0
            .ask(move |conn| people::find(conn, crate::domain::access::Reach::Everything, person))
            .await;
        found.expect("a person").email.to_string()
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
async fn every_row_is_accounted_for() {
    let desk = Import::new();
    let report = desk.load(SAMPLE).await;
    assert_eq!(report.tally(Kind::Incident), tally(3, 0, 0));
    assert_eq!(report.tally(Kind::Event), tally(10, 1, 5));
    assert_eq!(report.tally(Kind::Organization), tally(3, 0, 0));
    assert_eq!(report.tally(Kind::LineOfBusiness), tally(2, 0, 0));
    let told: Vec<String> = report.refusals().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 12: incident_state: “Snoozed” is not one of New, Active, Awaiting User Info, Awaiting Problem, \
             Awaiting Vendor, Awaiting Evidence, Resolved, Closed; priority: “9 - Whatever” is not one of \
             1 - Critical, 2 - High, 3 - Moderate, 4 - Low",
            "line 13: sys_updated_at: “31-02-2016 10:00” is not an instant such as 29-02-2016 01:16",
            "line 14: has 3 fields, not 36",
            "line 15: sys_updated_at: is missing",
            "line 16: a quotation mark is opened and not closed within 1000 lines",
        ]
    );

    let again = desk.load(SAMPLE).await;
    assert_eq!(again.tally(Kind::Incident), tally(0, 3, 0));
    assert_eq!(again.tally(Kind::Event), tally(0, 11, 5));
    assert_eq!(again.tally(Kind::Organization), tally(0, 0, 0));
    assert_eq!(again.tally(Kind::Person), tally(0, 0, 0));
}

#[tokio::test]
async fn an_incident_becomes_a_case_as_it_ended() {
    let desk = Import::new();
    desk.load(SAMPLE).await;
    let case = desk.case("INC0000101").await;
    // The one that was opened first has the first number.
    assert_eq!(case.number.to_string(), "C-000002");
    assert_eq!(case.subject, "Category 5 / Subcategory 9");
    assert_eq!(case.status, Status::Closed);
    assert_eq!(case.priority, Priority::High);
    assert_eq!(case.business_impact, BusinessImpact::Significant);
    assert_eq!(case.opened_at, at(2016, 3, 1, 9, 0));
    assert_eq!(case.closed_at, Some(at(2016, 3, 9, 12, 0)));
    assert_eq!(case.last_provider_entry_at, Some(at(2016, 3, 9, 12, 0)));
    assert_eq!(
        desk.email(case.opened_by).await,
        "caller-11@location-3.example"
    );
    assert_eq!(
        desk.email(case.owner_id.expect("an owner")).await,
        "resolver-2@provider.example"
    );

    let waiting = desk.case("INC0000102").await;
    assert_eq!(waiting.status, Status::AwaitingThirdParty);
    assert_eq!(waiting.subject, "Incident INC0000102");
    assert_eq!(
        desk.email(waiting.opened_by).await,
        "caller-12@location-unknown.example"
    );
}

#[tokio::test]
async fn the_feed_says_what_changed_and_names_no_team() {
    let desk = Import::new();
    desk.load(SAMPLE).await;
    let feed = desk.feed(desk.case("INC0000101").await.id).await;
    let told: Vec<&str> = feed.iter().map(|(_, _, body)| body.as_str()).collect();
    assert_eq!(
        told,
        [
            "Incident INC0000101 was recorded: low priority, no business impact.",
            "Status changed from Open to In progress. Priority changed from Low to Medium. Business impact changed \
             from None to Limited. Another team took over. Assigned to Resolver 1.",
            "Status changed from In progress to Awaiting customer.",
            "Status changed from Awaiting customer to Solution provided.",
            "Status changed from Solution provided to In progress. Priority changed from Medium to High. Business \
             impact changed from Limited to Significant. Another team took over. Assigned to Resolver 2.",
            "Support updated the incident.",
            "Status changed from In progress to Closed.",
        ]
    );
    assert!(
        feed.iter()
            .all(|(_, visibility, _)| *visibility == Visibility::Public)
    );
    let waiting = desk.feed(desk.case("INC0000102").await.id).await;
    assert!(
        waiting[1].2.starts_with(
            "Status changed from In progress to Awaiting third party. In the log: Awaiting Vendor."
        ),
        "{}",
        waiting[1].2
    );
}

#[tokio::test]
async fn a_past_instant_is_answered_from_the_facts_of_then() {
    let desk = Import::new();
    desk.load(SAMPLE).await;
    let case = desk.case("INC0000101").await;
    let expected = [
        // Until the first row the case is open; from the instant of a row on, that row holds.
        (at(2016, 3, 1, 9, 0), Status::Open, Priority::Low, None),
        (
            at(2016, 3, 1, 9, 5),
            Status::Open,
            Priority::Low,
            Some(at(2016, 3, 1, 9, 5)),
        ),
        (
            at(2016, 3, 1, 11, 29),
            Status::Open,
            Priority::Low,
            Some(at(2016, 3, 1, 9, 5)),
        ),
        (
            at(2016, 3, 1, 11, 30),
            Status::InProgress,
            Priority::Medium,
            Some(at(2016, 3, 1, 11, 30)),
        ),
        (
            at(2016, 3, 2, 9, 59),
            Status::InProgress,
            Priority::Medium,
            Some(at(2016, 3, 1, 11, 30)),
        ),
        (
            at(2016, 3, 2, 10, 0),
            Status::SolutionProvided,
            Priority::Medium,
            Some(at(2016, 3, 2, 10, 0)),
        ),
        (
            at(2016, 3, 3, 9, 0),
            Status::InProgress,
            Priority::High,
            Some(at(2016, 3, 3, 9, 0)),
        ),
        (
            at(2016, 3, 9, 11, 59),
            Status::InProgress,
            Priority::High,
            Some(at(2016, 3, 4, 10, 0)),
        ),
        (
            at(2016, 3, 9, 12, 0),
            Status::Closed,
            Priority::High,
            Some(at(2016, 3, 9, 12, 0)),
        ),
        (
            now(),
            Status::Closed,
            Priority::High,
            Some(at(2016, 3, 9, 12, 0)),
        ),
    ];
    for (instant, status, priority, updated) in expected {
        let facts = desk.facts(&case, instant).await;
        assert_eq!(
            (facts.status, facts.priority, facts.last_provider_entry_at),
            (status, priority, updated),
            "{instant}"
        );
    }
}

#[tokio::test]
async fn a_longer_log_continues_a_case() {
    let desk = Import::new();
    let lines: Vec<&str> = SAMPLE.lines().collect();
    // The first three events of the first incident.
    let shorter = [lines[0], lines[1], lines[3], lines[4]].join("\n");
    let report = desk.load(&shorter).await;
    assert_eq!(report.tally(Kind::Event), tally(3, 0, 0));
    assert_eq!(
        desk.case("INC0000101").await.status,
        Status::AwaitingCustomer
    );

    let report = desk.load(SAMPLE).await;
    assert_eq!(report.tally(Kind::Incident), tally(2, 1, 0));
    assert_eq!(report.tally(Kind::Event), tally(7, 4, 5));
    let case = desk.case("INC0000101").await;
    assert_eq!(case.status, Status::Closed);
    assert_eq!(case.closed_at, Some(at(2016, 3, 9, 12, 0)));
    assert_eq!(case.last_provider_entry_at, Some(at(2016, 3, 9, 12, 0)));
    assert_eq!(desk.feed(case.id).await.len(), 7);
    let then = desk.facts(&case, at(2016, 3, 2, 12, 0)).await;
    assert_eq!(
        (then.status, then.priority),
        (Status::SolutionProvided, Priority::Medium)
    );

    // An event that should have come before what is recorded cannot be told any more.
    let forgotten = lines[1].replace("01-03-2016 09:05,Phone", "01-03-2016 10:00,Phone");
    let report = desk.load(&[lines[0], &forgotten].join("\n")).await;
    assert_eq!(report.tally(Kind::Event), tally(0, 0, 1));
    assert_eq!(report.refusals()[0].line, 2);
    assert_eq!(desk.feed(case.id).await.len(), 7);
}

#[tokio::test]
async fn an_incident_that_does_not_fit_leaves_nothing_behind() {
    let desk = Import::new();
    let lines: Vec<&str> = SAMPLE.lines().collect();
    // A location that has the provider's name: its customers cannot be told from the provider's people.
    let wrong = lines[1].replace("Location 3", "Provider");
    let report = desk.load(&[lines[0], &wrong, lines[2]].join("\n")).await;
    assert_eq!(report.tally(Kind::Incident), tally(1, 0, 1));
    assert_eq!(report.tally(Kind::Event), tally(1, 0, 1));
    assert_eq!(
        report.refusals()[0].to_string(),
        "line 2: location: the organization `provider` is the provider"
    );
    // The one that fits has its people; the other's were never added.
    let emails = desk
        .0
        .ask(|conn| {
            use crate::db::schema::people::dsl;
            use diesel::prelude::*;
            dsl::people
                .order(dsl::email.asc())
                .select(dsl::email)
                .load::<String>(conn)
        })
        .await;
    assert_eq!(
        emails,
        [
            "caller-12@location-unknown.example",
            "resolver-2@provider.example",
            "updated-by-22@provider.example"
        ]
    );
}

#[tokio::test]
async fn another_file_is_not_taken_for_a_log() {
    let desk = Import::new();
    let outcome = import(
        &desk.0,
        "a,b\n1,2\n".as_bytes(),
        now(),
        &words(),
        &Watch::nobody(),
    )
    .await;
    assert!(
        matches!(outcome, Err(ImportError::NoColumn("number"))),
        "{outcome:?}"
    );
    let nothing = import(&desk.0, "".as_bytes(), now(), &words(), &Watch::nobody()).await;
    assert!(matches!(nothing, Err(ImportError::NoHeader)), "{nothing:?}");
    let header = SAMPLE.lines().next().expect("a header");
    let nothing = desk.load(header).await;
    assert!(nothing.is_empty(), "{nothing}");
}

/// The whole log, where it is at hand: `CASEBELL_INCIDENT_LOG=…/servicenow_incident_event_log.csv`.
#[tokio::test]
async fn the_whole_log_is_loaded() {
    let Ok(file) = std::env::var("CASEBELL_INCIDENT_LOG") else {
        return;
    };
    let log = std::fs::read_to_string(file).expect("the log");
    let desk = Import::new();
    let started = Stopwatch::now();
    let report = desk.load(&log).await;
    println!("{report}\n{:?}", started.elapsed());
    assert_eq!(report.refusals(), []);
    assert_eq!(report.tally(Kind::Incident), tally(890, 0, 0));
    assert_eq!(report.tally(Kind::Event), tally(5_998, 0, 0));
    the_past_is_that_of_the_log(&desk, &log).await;
    let started = Stopwatch::now();
    let again = desk.load(&log).await;
    println!("{again}\n{:?}", started.elapsed());
    assert_eq!(again.tally(Kind::Incident), tally(0, 890, 0));
    assert_eq!(again.tally(Kind::Event), tally(0, 5_998, 0));
}

/// Reads the log once more in the plainest way, and compares what it says of every instant at which something happened,
/// and of the minute before, with what the desk says.
async fn the_past_is_that_of_the_log(desk: &Import, log: &str) {
    type Row = (Instant, Status, Priority, BusinessImpact, bool);
    let instant = |text: &str| {
        let at = chrono::NaiveDateTime::parse_from_str(text, "%d-%m-%Y %H:%M");
        at.expect("an instant").and_utc()
    };
    let mut incidents: HashMap<String, (Instant, Vec<Row>)> = HashMap::new();
    let mut reader = csv::Reader::from_reader(log.as_bytes());
    for record in reader.deserialize::<HashMap<String, String>>() {
        let row = record.expect("a row");
        let status = match row["incident_state"].as_str() {
            "New" => Status::Open,
            "Active" => Status::InProgress,
            "Awaiting User Info" => Status::AwaitingCustomer,
            "Resolved" => Status::SolutionProvided,
            "Closed" => Status::Closed,
            _ => Status::AwaitingThirdParty,
        };
        let priority = match &row["priority"][..1] {
            "1" | "2" => Priority::High,
            "3" => Priority::Medium,
            _ => Priority::Low,
        };
        let impact = match &row["impact"][..1] {
            "1" => BusinessImpact::Significant,
            "2" => BusinessImpact::Limited,
            _ => BusinessImpact::None,
        };
        let (_, rows) = incidents
            .entry(row["number"].clone())
            .or_insert_with(|| (instant(&row["opened_at"]), Vec::new()));
        let owned = row["assigned_to"] != "?";
        rows.push((
            instant(&row["sys_updated_at"]),
            status,
            priority,
            impact,
            owned,
        ));
    }
    let mut asked = 0;
    for (number, (opened_at, mut rows)) in incidents {
        rows.sort_by_key(|row| row.0);
        let case = desk
            .0
            .ask(move |conn| {
                let id = cases::by_external_id(conn, &number)?;
                cases::find(conn, id.ok_or(diesel::result::Error::NotFound)?)
            })
            .await;
        assert_eq!(case.opened_at, opened_at);
        assert_eq!(
            case.owner_id.is_some(),
            rows.last().is_some_and(|row| row.4)
        );
        let minute = chrono::TimeDelta::minutes(1);
        for at in rows.iter().flat_map(|row| [row.0 - minute, row.0]) {
            let Some(row) = rows.iter().rfind(|row| row.0 <= at) else {
                continue;
            };
            let facts = desk.facts(&case, at).await;
            let said = (facts.status, facts.priority, facts.business_impact);
            assert_eq!(said, (row.1, row.2, row.3), "{} at {at}", case.number);
            assert_eq!(
                facts.last_provider_entry_at,
                Some(row.0),
                "{} at {at}",
                case.number
            );
            asked += 1;
        }
    }
    println!("{asked} instants agree");
}
