//! The roster, and assignment in turn.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::minutes;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Escalation, high};

on_both_databases! { Desk:
    what_was_written_is_read_and_only_by_those_who_keep_it_changed,
    whose_turn_it_is_gets_the_next_one,
    turns_are_taken_once_each_however_many_submit_at_once,
}

fn shift(user: &str, from: &str, until: &str) -> Value {
    let days = ["mon", "tue", "wed", "thu", "fri"];
    json!({"user": format!("{user}@bellhop.test"), "days": days, "from": from, "until": until, "time_zone": "UTC"})
}

async fn what_was_written_is_read_and_only_by_those_who_keep_it_changed(desk: Desk) {
    let (sam, ola, ada) = (desk.person("sam"), desk.person("ola"), desk.person("ada"));
    let empty = ola.get("/duty").await.ok();
    assert_eq!(
        empty,
        json!({"assignment": "manual", "shifts": [], "absences": []})
    );
    let absence = json!({"user": "ola@bellhop.test", "from": "2026-03-09T00:00:00Z", "until": "2026-03-14T00:00:00Z", "cover": "sam@bellhop.test"});
    let duty = json!({"assignment": "rotation", "shifts": [shift("ola", "08:00", "16:00"), shift("otto", "16:00", "08:00")], "absences": [absence]});
    ola.put("/duty", duty.clone())
        .await
        .refused(403, "missing_permission");
    let kept = sam.put("/duty", duty).await.ok();
    assert_eq!(kept["shifts"][1]["until"], "08:00");
    let ids: Vec<&str> = kept["shifts"]
        .as_array()
        .expect("shifts")
        .iter()
        .filter_map(|one| one["user"].as_str())
        .collect();
    assert_eq!(kept["absences"][0]["user"], ids[0]);
    // What is read can be written.
    assert_eq!(ada.put("/duty", kept.clone()).await.ok(), kept);
    let audited = ada.all("/audit-events?kind=duty.changed").await;
    assert_eq!(audited.len(), 1);
    // Two who change it at once do not undo each other.
    let answer = sam.get("/duty").await;
    let etag = answer.header("etag").to_owned();
    let manual = json!({"assignment": "manual"});
    sam.asks(reqwest::Method::PUT, "/duty")
        .header("if-match", &etag)
        .json(&manual)
        .await
        .ok();
    let late = ada
        .asks(reqwest::Method::PUT, "/duty")
        .header("if-match", &etag)
        .json(&manual)
        .await;
    late.refused(412, "stale_version");
}

/// Dana's escalations of so many cases, one after the other.
async fn escalates_many(desk: &Desk, count: usize) -> Vec<Escalation> {
    let dana = desk.person("dana");
    let mut cases = Vec::new();
    for number in 0..count {
        cases.push(dana.opens(high().about(&format!("Case {number}"))).await);
    }
    desk.passes(TimeDelta::hours(24));
    let mut escalations = Vec::new();
    for case in &cases {
        escalations.push(dana.escalates(case, "no_update").taken().await);
        desk.passes(minutes(1));
    }
    escalations
}

async fn owner(desk: &Desk, escalation: &Escalation) -> Value {
    let seen = desk.person("ada").sees_escalation(escalation).await;
    seen["owner"]["name"].clone()
}

async fn whose_turn_it_is_gets_the_next_one(desk: Desk) {
    let (sam, ada) = (desk.person("sam"), desk.person("ada"));
    let rotation = |absences: Value| {
        let shifts = [
            shift("ola", "08:00", "16:00"),
            shift("otto", "08:00", "16:00"),
        ];
        json!({"assignment": "rotation", "shifts": shifts, "absences": absences})
    };
    sam.put("/duty", rotation(json!([]))).await.ok();
    let three = escalates_many(&desk, 3).await;
    let owners = [
        owner(&desk, &three[0]).await,
        owner(&desk, &three[1]).await,
        owner(&desk, &three[2]).await,
    ];
    assert_eq!(owners, ["Ola Berg", "Otto Lind", "Ola Berg"]);
    let seen = sam.sees_escalation(&three[0]).await;
    assert_eq!(seen["state"], "in_review");
    let claim = seen["targets"]
        .as_array()
        .expect("targets")
        .iter()
        .find(|one| one["kind"] == "claim")
        .cloned();
    let claim = claim.expect("a claim");
    assert_eq!(claim["met_at"], claim["started_at"]);
    let told = desk.mailbox().await;
    let yours: Vec<_> = told
        .0
        .iter()
        .filter(|mail| mail.to == "otto@bellhop.test")
        .collect();
    assert!(
        yours
            .iter()
            .any(|mail| mail.subject.contains(&three[1].number)),
        "{yours:?}"
    );
    let marks = desk
        .person("dana")
        .get(&format!("/escalations/{}", three[0].number))
        .await
        .ok();
    assert_eq!(marks["owner"]["name"], "Ola Berg");

    // Otto would be next; while he is away, whoever covers for him has his turns.
    let away = json!([{"user": "otto@bellhop.test", "from": desk.now(), "until": desk.now() + TimeDelta::days(3), "cover": "sam@bellhop.test"}]);
    sam.put("/duty", rotation(away)).await.ok();
    let two = escalates_many(&desk, 2).await;
    assert_eq!(
        [owner(&desk, &two[0]).await, owner(&desk, &two[1]).await],
        ["Sam Reed", "Ola Berg"]
    );

    // Where nobody on duty may read the line, and at night, it waits.
    let groups = ada.all("/access-groups").await;
    let admins = groups
        .iter()
        .find(|group| group["name"] == "Bellhop Support Administrators")
        .expect("a group");
    let lines = ada.get("/lines-of-business").await.ok();
    let line = lines["items"]
        .as_array()
        .expect("lines")
        .iter()
        .find(|line| line["name"] == "Ledger")
        .expect("a line");
    let path = format!("/lines-of-business/{}", line["id"].as_str().expect("an id"));
    ada.patch(&path, json!({"read_groups": [admins["id"]]}))
        .await
        .ok();
    let case = ada
        .opens(high().of("acme").with("line_of_business", "Ledger"))
        .await;
    desk.passes(TimeDelta::hours(24));
    let waits = desk
        .person("dana")
        .escalates(&case, "no_update")
        .taken()
        .await;
    assert_eq!(owner(&desk, &waits).await, Value::Null);
}

async fn turns_are_taken_once_each_however_many_submit_at_once(desk: Desk) {
    let sam = desk.person("sam");
    let people = ["ola", "otto", "sam", "ada"];
    let shifts: Vec<Value> = people
        .iter()
        .map(|one| shift(one, "00:00", "24:00"))
        .collect();
    sam.put("/duty", json!({"assignment": "rotation", "shifts": shifts}))
        .await
        .ok();
    let dana = desk.person("dana");
    let mut cases = Vec::new();
    for number in 0..8 {
        cases.push(dana.opens(high().about(&format!("Case {number}"))).await);
    }
    desk.passes(TimeDelta::hours(24));
    let all = cases
        .iter()
        .map(|case| dana.escalates(case, "no_update").taken());
    let all = futures_util::future::join_all(all).await;
    let mut owners = std::collections::BTreeMap::<String, usize>::new();
    for escalation in &all {
        let owner = owner(&desk, escalation).await;
        *owners
            .entry(owner.as_str().expect("an owner").to_owned())
            .or_default() += 1;
    }
    assert!(
        owners.len() == 4 && owners.values().all(|count| *count == 2),
        "{owners:?}"
    );
}
