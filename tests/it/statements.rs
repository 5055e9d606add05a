//! What the requests that are made most often cost: statements and transactions, each prepared once a connection.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::person::{high, medium};
use crate::support::say;
use crate::support::session::Session;
use crate::support::statements::{cost, cost_of, prepared_anew, while_watching};

on_both_databases! { Desk:
    what_is_asked_for_most_costs_few_statements,
    what_is_written_most_costs_few_statements,
    nothing_is_prepared_a_second_time,
    no_update_is_prepared_a_second_time,
}

async fn what_is_asked_for_most_costs_few_statements(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    for _ in 0..3 {
        dana.opens(medium()).await;
    }
    eve.writes(&case, "We have found it.").await;
    desk.mailbox().await;
    let (number, id) = (&case.number, &case.id);
    // Who asks is remembered, and the epoch that bears that out is read with the case.
    let reads = [
        // The case with all its names.
        (format!("/cases/{number}"), (1, 0)),
        (format!("/cases/{id}"), (1, 0)),
        // The cases with all their names.
        ("/cases".to_owned(), (1, 0)),
        ("/cases?status=open&priority=high".to_owned(), (1, 0)),
        // The case with what is under way on it, with the provider's updates and what was read.
        (format!("/cases/{number}/eligibility"), (1, 0)),
        // The case and the entries; of their files only if there are some.
        (format!("/cases/{number}/feed"), (2, 1)),
    ];
    for (path, expected) in reads {
        for person in [&dana, &eve] {
            let read = async || drop(person.get(&path).await.ok());
            let cost = cost(&desk, read).await;
            assert_eq!(cost, expected, "{} asks for {path}", person.name());
        }
    }
    let path = format!("/cases/{number}");
    // The case, what there is on it, its entries, the provider's updates with what was read, and the session; for staff the templates.
    for (person, expected) in [(&dana, 5), (&eve, 6)] {
        let session = Session::of(&desk, person).await;
        let (statements, transactions) =
            cost(&desk, async || drop(session.page(&path).await)).await;
        say(&format!(
            "{} opens the page of a case, {:?}: {statements} statements in {transactions} transactions",
            person.name(),
            desk.backend(),
        ));
        assert_eq!((statements, transactions), (expected, 1));
    }
}

async fn what_is_written_most_costs_few_statements(desk: Desk) {
    // Of an entry, which tells one person, of a new case, and of an escalation.
    let [in_entry, in_case, in_escalation] = match desk.backend() {
        Backend::Sqlite => [12, 8, 16],
        Backend::Postgresql => [7, 4, 11],
    };
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let owned = json!({ "owner": eve.email() });
    eve.changes(&case, owned).await.ok();
    desk.mailbox().await;
    let entry = cost(&desk, async || drop(dana.writes(&case, "And now?").await)).await;
    let answer = cost(&desk, async || drop(eve.writes(&case, "We look.").await)).await;
    let opened = cost(&desk, async || drop(dana.opens(medium()).await)).await;
    let mut fewest = (usize::MAX, usize::MAX);
    let mut cases = Vec::new();
    for _ in 0..3 {
        cases.push(dana.opens(high()).await);
    }
    desk.passes(TimeDelta::hours(24));
    for case in &cases {
        let escalates = async || drop(dana.escalates(case, "no_update").taken().await);
        let sent = while_watching(&desk, escalates).await;
        fewest = fewest.min(cost_of(&sent));
    }
    desk.mailbox().await;
    for (what, (statements, transactions), most) in [
        ("an entry of the contact", entry, in_entry),
        ("an entry of the owner", answer, in_entry),
        ("a case is opened", opened, in_case),
        ("an escalation", fewest, in_escalation),
    ] {
        say(&format!(
            "{what}, {:?}: {statements} statements in {transactions} transaction",
            desk.backend(),
        ));
        assert!(statements <= most, "{what}: {statements}");
        assert_eq!(transactions, 1, "{what}");
    }
}

async fn nothing_is_prepared_a_second_time(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let session = Session::of(&desk, &eve).await;
    let round = async || {
        let number = &case.number;
        for person in [&dana, &eve] {
            for path in [
                "/cases".to_owned(),
                format!("/cases/{number}"),
                format!("/cases/{number}/eligibility"),
                format!("/cases/{number}/feed"),
            ] {
                person.get(&path).await.ok();
            }
            person.writes(&case, "Still here.").await;
        }
        dana.opens(medium()).await;
        session.page(&format!("/cases/{number}")).await;
    };
    let mut anew = prepared_anew(&desk, async || {
        for _ in 0..3 {
            round().await;
        }
    })
    .await;
    desk.mailbox().await;
    // What the server asks by itself, to say whether it is ready.
    anew.retain(|sql, _| !sql.contains("__diesel_schema_migrations"));
    assert!(anew.is_empty(), "prepared anew: {anew:#?}");
}

/// Nor is an update of what the jobs do by the way: notices are claimed and marked, and it is noted when a session and a token were used.
async fn no_update_is_prepared_a_second_time(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let mut cases = Vec::new();
    for _ in 0..3 {
        cases.push(dana.opens(high()).await);
    }
    desk.passes(TimeDelta::hours(24));
    let session = Session::of(&desk, &ola).await;
    let mut anew = prepared_anew(&desk, async || {
        for case in &cases {
            let escalation = dana.escalates(case, "no_update").taken().await;
            ola.claims(&escalation).await;
            session.page(&format!("/cases/{}", case.number)).await;
            desk.passes(TimeDelta::minutes(2));
            desk.works().await;
        }
    })
    .await;
    desk.mailbox().await;
    anew.retain(|sql, _| sql.starts_with("UPDATE"));
    assert!(anew.is_empty(), "prepared anew: {anew:#?}");
}
