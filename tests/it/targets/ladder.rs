//! Reminders and the ladder, as people read them.

use chrono::TimeDelta;
use serde_json::json;

use super::{escalates, minutes};
use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::high;

on_both_databases! { Desk:
    one_level_after_the_other_is_told_until_the_target_is_met,
    an_outage_is_caught_up_with_by_one_notice,
    a_clock_that_jumps_tells_nothing_twice,
    what_follows_within_minutes_is_gathered,
    what_can_wait_waits_for_working_hours,
    who_does_not_want_to_be_reminded_is_not,
}

/// Only the claim has a target that falls due in these stories.
async fn only_claims_matter(desk: &Desk) {
    let far = |priority: &str| json!({"kind": "first_reply", "priority": priority, "minutes": 100_000, "clock": "elapsed"});
    let items = json!({"items": [far("high"), far("medium")]});
    desk.person("ada").patch("/targets", items).await.ok();
}

/// Ola is on duty around the clock.
async fn ola_is_on_duty(desk: &Desk) {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let shift = json!({"user": "ola@bellhop.test", "days": days, "from": "00:00", "until": "24:00", "time_zone": "UTC"});
    let duty = json!({"assignment": "manual", "shifts": [shift], "absences": []});
    desk.person("sam").put("/duty", duty).await.ok();
}

/// Three cases of Dana's, escalated one after the other so far apart, and no mail left.
async fn three_are_escalated(desk: &Desk, apart: TimeDelta) -> Vec<String> {
    let dana = desk.person("dana");
    let mut cases = Vec::new();
    for subject in ["Payments", "Refunds", "Invoices"] {
        cases.push(dana.opens(high().about(subject)).await);
    }
    desk.passes(TimeDelta::hours(24));
    let mut numbers = Vec::new();
    for case in &cases {
        numbers.push(dana.escalates(case, "no_update").taken().await.number);
        desk.passes(apart);
    }
    desk.mailbox().await;
    numbers
}

async fn one_level_after_the_other_is_told_until_the_target_is_met(desk: Desk) {
    only_claims_matter(&desk).await;
    let dana = desk.person("dana");
    let (_, escalation) = escalates(&desk, &dana, high()).await;
    desk.mailbox().await;
    // Without a roster, everybody who reviews is reminded.
    desk.passes(minutes(15) - TimeDelta::microseconds(1));
    assert!(desk.mailbox().await.0.is_empty());
    desk.passes(TimeDelta::microseconds(1));
    let reminded = desk.mailbox().await;
    let reviewers = [
        "ada@bellhop.test",
        "ola@bellhop.test",
        "otto@bellhop.test",
        "sam@bellhop.test",
    ];
    assert_eq!(reminded.recipients(), reviewers);
    assert!(
        reminded
            .to("ola@bellhop.test")
            .subject
            .contains(&escalation.number)
    );
    assert!(desk.mailbox().await.0.is_empty());
    // Whoever is on duty instead, once there is a roster.
    ola_is_on_duty(&desk).await;
    desk.passes(minutes(15));
    let missed = desk.mailbox().await;
    assert_eq!(missed.recipients(), ["ola@bellhop.test"]);
    let mail = missed.to("ola@bellhop.test");
    assert!(mail.text.contains("still not done"), "{}", mail.text);
    desk.passes(minutes(30));
    assert_eq!(desk.mailbox().await.recipients(), ["sam@bellhop.test"]);
    desk.passes(minutes(89));
    assert!(desk.mailbox().await.0.is_empty());
    desk.passes(minutes(1));
    assert_eq!(desk.mailbox().await.recipients(), ["ada@bellhop.test"]);
    desk.passes(TimeDelta::days(3));
    assert!(desk.mailbox().await.0.is_empty());

    // The owner of what has one, and nobody of what was met.
    let (_, owned) = escalates(&desk, &dana, high().about("Refunds are late")).await;
    desk.person("otto").claims(&owned).await;
    desk.person("otto").accepts(&owned, "high", "high").await;
    desk.mailbox().await;
    desk.passes(minutes(225));
    assert_eq!(desk.mailbox().await.recipients(), ["otto@bellhop.test"]);
    let news = json!({"body": "It is fixed on one edge."});
    desk.person("otto")
        .does(&owned, "feed", news)
        .await
        .created();
    desk.mailbox().await;
    desk.passes(minutes(100));
    assert!(desk.mailbox().await.0.is_empty());
}

async fn an_outage_is_caught_up_with_by_one_notice(desk: Desk) {
    only_claims_matter(&desk).await;
    ola_is_on_duty(&desk).await;
    let numbers = three_are_escalated(&desk, minutes(0)).await;
    // Nobody looked for ten hours.
    desk.passes(TimeDelta::hours(10));
    let told = desk.mailbox().await;
    assert_eq!(
        told.recipients(),
        ["ada@bellhop.test", "ola@bellhop.test", "sam@bellhop.test"]
    );
    for mail in &told.0 {
        for number in &numbers {
            assert!(
                mail.text.contains(number.as_str()),
                "{}: {}",
                mail.to,
                mail.text
            );
        }
        assert!(
            mail.text.contains("still not done") && !mail.text.contains("fall due soon"),
            "{}",
            mail.text
        );
    }
    desk.passes(TimeDelta::hours(10));
    assert!(desk.mailbox().await.0.is_empty());
}

async fn a_clock_that_jumps_tells_nothing_twice(desk: Desk) {
    only_claims_matter(&desk).await;
    ola_is_on_duty(&desk).await;
    escalates(&desk, &desk.person("dana"), high()).await;
    desk.mailbox().await;
    let mut told = Vec::new();
    // Forwards, backwards, and on.
    for (forwards, backwards) in [(40, 30), (5, 0), (30, 60), (70, 0), (400, 300), (500, 0)] {
        desk.passes(minutes(forwards));
        told.extend(
            desk.mailbox()
                .await
                .recipients()
                .into_iter()
                .map(str::to_owned),
        );
        desk.falls_behind(minutes(backwards));
        told.extend(
            desk.mailbox()
                .await
                .recipients()
                .into_iter()
                .map(str::to_owned),
        );
    }
    told.sort_unstable();
    assert_eq!(
        told,
        ["ada@bellhop.test", "ola@bellhop.test", "sam@bellhop.test"]
    );
}

async fn what_follows_within_minutes_is_gathered(desk: Desk) {
    only_claims_matter(&desk).await;
    ola_is_on_duty(&desk).await;
    let numbers = three_are_escalated(&desk, minutes(1)).await;
    // The first is told at once, and the others together, five minutes after it.
    desk.passes(minutes(12));
    let first = desk.mailbox().await;
    assert_eq!(first.recipients(), ["ola@bellhop.test"]);
    assert!(first.0[0].subject.contains(&numbers[0]));
    for _ in 0..4 {
        desk.passes(minutes(1));
        assert!(desk.mailbox().await.0.is_empty());
    }
    // One of them was done meanwhile.
    let third = numbers[2].clone();
    desk.person("ola")
        .post(&format!("/escalations/{third}/claim"), json!({}))
        .await
        .ok();
    desk.passes(minutes(1));
    let told = desk.mailbox().await;
    let mails: Vec<_> = told
        .0
        .iter()
        .filter(|mail| mail.to == "ola@bellhop.test")
        .collect();
    let gathered = mails
        .iter()
        .find(|mail| mail.text.contains("fall due soon"));
    let gathered = gathered.expect("a notice of what was gathered");
    assert!(gathered.text.contains(&numbers[1]), "{}", gathered.text);
    assert!(!gathered.text.contains(&third), "{}", gathered.text);
}

async fn what_can_wait_waits_for_working_hours(desk: Desk) {
    only_claims_matter(&desk).await;
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let weekdays = ["mon", "tue", "wed", "thu", "fri"];
    let shift = json!({"user": "ola@bellhop.test", "days": weekdays, "from": "10:00", "until": "17:00", "time_zone": "Europe/Berlin"});
    desk.person("sam")
        .put("/duty", json!({"assignment": "manual", "shifts": [shift]}))
        .await
        .ok();
    // Of rank 5, on a Tuesday at ten in Berlin: three days of business minutes end on Friday at ten.
    let (_, escalation) = escalates(&desk, &dana, high()).await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "low", "low").await;
    desk.mailbox().await;
    let due = super::target(&ola, &escalation, "update").await;
    assert_eq!(due["due_at"], "2026-03-06T09:00:00Z");
    let due = instant(&due["due_at"]);
    // A quarter of an hour before, and Ola's shift has not begun.
    desk.reaches(due - minutes(15));
    assert!(desk.mailbox().await.0.is_empty());
    desk.reaches(due);
    let told = desk.mailbox().await;
    assert_eq!(told.recipients(), ["ola@bellhop.test"]);
    assert!(
        told.0[0].text.contains("still not done"),
        "{}",
        told.0[0].text
    );
}

async fn who_does_not_want_to_be_reminded_is_not(desk: Desk) {
    only_claims_matter(&desk).await;
    ola_is_on_duty(&desk).await;
    let ola = desk.person("ola");
    ola.patch("/me/notices", json!({"target_reminder": "none"}))
        .await
        .ok();
    escalates(&desk, &desk.person("dana"), high()).await;
    desk.mailbox().await;
    desk.passes(minutes(15));
    let reminded = desk.mailbox().await;
    desk.passes(minutes(15));
    assert_eq!(desk.mailbox().await.recipients(), ["ola@bellhop.test"]);
    assert!(reminded.0.is_empty(), "{reminded:?}");
}
