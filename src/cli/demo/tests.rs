use std::collections::BTreeMap;

use super::*;
use crate::domain::access::Access;
use crate::domain::eligibility::Verdict;
use crate::domain::escalation::State;
use crate::domain::ids::CaseRef;
use crate::store::cases::CaseView;
use crate::testing::TestDatabase;
use crate::workflow::assess::assess;

/// A demonstration, and when it began.
struct Demonstration {
    database: TestDatabase,
    folder: tempfile::TempDir,
    now: Instant,
}

impl Demonstration {
    fn store(&self) -> Store {
        Store::in_data_dir(self.folder.path())
    }

    async fn all(&self) -> Vec<CaseView> {
        self.database
            .read(|conn| {
                let filter = CaseFilter::default();
                let window = Window::first(Sort::descending(CaseOrder::OpenedAt), 100);
                Ok::<_, DbError>(cases::list(conn, Reach::Everything, &filter, &window)?)
            })
            .await
            .expect("read")
    }

    async fn verdicts(&self, subject: &str) -> BTreeMap<String, (Verdict, Option<Instant>)> {
        let all = self.all().await;
        let found = all.into_iter().find(|view| view.case.subject == subject);
        let view = found.unwrap_or_else(|| panic!("no case {subject}"));
        let now = self.now;
        self.database
            .read(move |conn| {
                let roles = [crate::domain::access::Role::DesignatedContact];
                let side = crate::domain::organization::Side::Customer;
                let access = Access::of_roles(view.opened_by.id, view.organization.id, side, roles);
                let actor = crate::workflow::Actor {
                    access,
                    name: view.opened_by.name.clone(),
                };
                match assess(conn, &actor, &CaseRef::Id(view.case.id), None, None, now) {
                    Ok(assessments) => Ok::<_, DbError>(assessments),
                    Err(failed) => panic!("{failed:?}"),
                }
            })
            .await
            .expect("assessed")
            .into_iter()
            .map(|one| (one.reason.clone(), (one.verdict, one.eligible_at())))
            .collect()
    }
}

/// On a Monday, on a Saturday, and on the day after the clocks changed: a demonstration begins on any day.
async fn on_any_day() -> Vec<Demonstration> {
    let mut desks = Vec::new();
    for now in [
        "2026-03-02T07:15:00Z",
        "2026-08-15T22:40:00Z",
        "2026-03-30T12:00:00Z",
    ] {
        let desk = Demonstration {
            database: TestDatabase::new(),
            folder: tempfile::tempdir().expect("a folder"),
            now: now.parse().expect("an instant"),
        };
        furnish(&desk.database, &desk.store(), desk.now)
            .await
            .expect("furnished");
        desks.push(desk);
    }
    desks
}

#[tokio::test]
async fn there_is_a_case_at_every_stage() {
    for desk in on_any_day().await {
        let minute = chrono::TimeDelta::minutes(1);
        let no_update = |verdicts: BTreeMap<String, _>| verdicts["no_update"];
        assert_eq!(
            no_update(
                desk.verdicts("Agents lose audio 30 seconds into outbound calls")
                    .await
            ),
            (Verdict::Ineligible, Some(desk.now + minute * 192))
        );
        assert_eq!(
            no_update(
                desk.verdicts("Supervisors hear nothing when they listen in")
                    .await
            ),
            (Verdict::Eligible, None)
        );
        assert_eq!(
            no_update(desk.verdicts("Softphone asks for the password twice").await).0,
            Verdict::NeedsAcknowledgement
        );
        assert_eq!(
            desk.verdicts("Appointment reminders were called twice")
                .await["rca_overdue"]
                .0,
            Verdict::Eligible
        );
        let low = desk
            .verdicts("Holiday greeting plays the old office hours")
            .await;
        assert!(
            low.values()
                .all(|(verdict, at)| *verdict == Verdict::Ineligible && at.is_none())
        );

        let states: Vec<State> = desk
            .database
            .read(|conn| {
                use crate::db::schema::escalations::dsl;
                use diesel::prelude::*;
                Ok::<_, DbError>(
                    dsl::escalations
                        .order(dsl::number.asc())
                        .select(dsl::state)
                        .load(conn)?,
                )
            })
            .await
            .expect("read");
        let mut seen = states.clone();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), State::ALL.len(), "{states:?}");
    }
}

#[tokio::test]
async fn a_second_start_brings_nothing_twice() {
    for desk in on_any_day().await {
        let before = desk.all().await.len();
        assert_eq!(before, 17);
        furnish(
            &desk.database,
            &desk.store(),
            desk.now + chrono::TimeDelta::days(1),
        )
        .await
        .expect("furnished");
        assert_eq!(desk.all().await.len(), before);
    }
}

#[tokio::test]
async fn a_real_desk_is_left_alone() {
    let database = TestDatabase::new();
    let record = r#"{"type":"organization","slug":"bellhop","name":"Bellhop","kind":"provider"}"#;
    let now = Clock::System.now();
    casebell::import(&database, record.as_bytes(), now, &Watch::nobody())
        .await
        .expect("loaded");
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::in_data_dir(folder.path());
    let refused = furnish(&database, &store, now).await.expect_err("refused");
    assert_eq!(
        refused.to_string(),
        "this database is that of Bellhop; the demonstration needs one of its own"
    );
}

#[test]
fn the_samples_have_a_folder_of_their_own_unless_a_database_is_named() {
    let read = |environment: &[(&str, &str)]| {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        apart(Settings::read(None, environment).expect("settings"))
    };
    let settings = read(&[("CASEBELL_DATA_DIR", "/srv/bell")]);
    assert_eq!(
        settings.database_url.to_string(),
        "sqlite:///srv/bell/demo/casebell.db"
    );
    assert!(matches!(settings.mail_url, MailUrl::Folder(path) if path.ends_with("bell/demo/mail")));
    let settings = read(&[
        ("CASEBELL_DATABASE_URL", "sqlite:///tmp/own.db"),
        ("CASEBELL_DATA_DIR", "/srv/bell"),
    ]);
    assert_eq!(settings.database_url.to_string(), "sqlite:///tmp/own.db");
    assert!(settings.data_dir.ends_with("bell"));
}
