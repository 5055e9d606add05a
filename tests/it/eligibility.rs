//! Every criterion, through the API: what is refused, why, until which instant, and what helps (E2–E11).

use chrono::{TimeDelta, TimeZone, Utc};
use serde_json::{Value, json};

use crate::support::answer::{Answer, instant};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, Person, high, low, medium};

/// The submission is refused for exactly this, and the assessment says the same.
async fn blocked(person: &Person, case: &Case, reason: &str, expected: &[&str]) -> Answer {
    let assessed = person.assesses(case, reason).await;
    let refused = person.escalates(case, reason).await;
    let (status, code) = if expected.contains(&"active_escalation") {
        (409, "active_escalation")
    } else {
        (422, "not_eligible")
    };
    let refused = refused.refused(status, code);
    assert_eq!(refused.findings(), expected, "{refused:?}");
    assert_eq!(
        refused.json["findings"], assessed.json["findings"],
        "one implementation"
    );
    assert_eq!(assessed.json["verdict"], "ineligible");
    for finding in refused.json["findings"].as_array().expect("findings") {
        let message = finding["message"].as_str().unwrap_or_default();
        assert!(message.len() > 10 && !message.contains('{'), "{finding}");
        assert!(
            finding["rule"]
                .as_str()
                .is_some_and(|rule| rule.starts_with('E')),
            "{finding}"
        );
        assert!(finding["facts"].is_object(), "{finding}");
    }
    assessed
}

fn finding<'a>(answer: &'a Answer, code: &str) -> &'a Value {
    answer.finding(code)
}

on_both_databases! { Desk:
    e2_a_closed_case,
    e3_one_active_escalation,
    e4_low_priority,
    e5_changed_urgency,
    e6_the_window_of_an_analysis,
    e7_a_high_priority_case_waits_a_day,
    e7_a_high_priority_case_needs_the_impact,
    e7_a_medium_priority_case_does_not_wait,
    e8_a_promised_date,
    e9_the_double_check,
    e9_a_blocked_case_cannot_be_acknowledged_away,
    e10_a_third_party_is_named,
    every_reason_is_assessed_when_none_is_named,
    e12_the_figures_are_policy_rows,
}

async fn e2_a_closed_case(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    dana.closes(&case).await.ok();
    let answer = blocked(&dana, &case, "no_update", &["case_closed"]).await;
    let closed = finding(&answer, "case_closed");
    assert_eq!(closed["rule"], "E2");
    assert_eq!(closed["severity"], "blocking");
    assert_eq!(
        closed["remedy"]["href"],
        format!("/cases/{}?do=reopen#do", case.number)
    );
    assert_eq!(
        answer.json["eligible_at"],
        json!(null),
        "time alone does not help"
    );
    dana.reopens(&case).await.ok();
    dana.escalates(&case, "no_update").taken().await;
}

async fn e3_one_active_escalation(desk: Desk) {
    let (dana, carl, ola) = (desk.person("dana"), desk.person("carl"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let first = dana.escalates(&case, "no_update").taken().await;
    for state in ["submitted", "in_review", "accepted"] {
        // The owner's reply at the acceptance is no update (C7).
        let answer = blocked(&carl, &case, "no_progress", &["active_escalation"]).await;
        let active = finding(&answer, "active_escalation");
        assert_eq!(
            active["facts"],
            json!({ "number": first.number, "state": state })
        );
        match state {
            "submitted" => drop(ola.claims(&first).await),
            "in_review" => drop(ola.accepts(&first, "low", "low").await),
            _ => drop(ola.settles(&first).await),
        }
    }
    // The past one does not count; but the owner has just updated the case.
    let answer = blocked(
        &carl,
        &case,
        "no_progress",
        &["recently_updated", "unread_update"],
    )
    .await;
    assert_eq!(
        instant(&answer.json["eligible_at"]),
        desk.now() + TimeDelta::hours(24)
    );
    desk.passes(TimeDelta::hours(24));
    carl.reads(&case).await;
    assert_eq!(
        carl.escalates(&case, "no_progress").taken().await.number,
        "E-000002"
    );
}

async fn e4_low_priority(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(low()).await;
    desk.passes(TimeDelta::days(30));
    for reason in ["no_update", "no_progress"] {
        let answer = blocked(&dana, &case, reason, &["low_priority"]).await;
        let low = finding(&answer, "low_priority");
        assert_eq!(
            (low["rule"].as_str(), low["facts"]["priority"].as_str()),
            (Some("E4"), Some("low"))
        );
        assert_eq!(
            low["remedy"]["href"],
            format!("/cases/{}?do=ask_priority#do", case.number)
        );
        assert_eq!(answer.json["eligible_at"], json!(null));
    }
}

async fn e5_changed_urgency(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::days(30));
    let answer = blocked(
        &dana,
        &case,
        "urgency_or_impact_change",
        &["use_priority_change"],
    )
    .await;
    assert_eq!(finding(&answer, "use_priority_change")["rule"], "E5");
    assert_eq!(answer.json["eligible_at"], json!(null));
}

async fn e6_the_window_of_an_analysis(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    // Berlin, Thursday 26 March 2026, 23:30 in winter time; the clocks change in the night to Sunday the 29th.
    desk.reaches(
        Utc.with_ymd_and_hms(2026, 3, 26, 22, 30, 0)
            .single()
            .expect("an instant"),
    );
    let cloud = dana.opens(high()).await;
    let premise = dana.opens(high().premise()).await;
    for case in [&cloud, &premise] {
        let answer = blocked(&dana, case, "rca_overdue", &["rca_not_requested"]).await;
        assert_eq!(answer.json["eligible_at"], json!(null));
        dana.post(
            &format!("/cases/{}/rca", case.number),
            json!({ "note": "Why?" }),
        )
        .await
        .created();
    }
    // The request's day does not count. Five business days: Fri 27, Mon 30, Tue 31, Wed 1, Thu 2. Then it is
    // Friday 3 April, 00:00 in Berlin, which is 22:00Z the day before. Seven: the window ends with Mon 6 April.
    let midnight = |month, day| {
        Utc.with_ymd_and_hms(2026, month, day, 22, 0, 0)
            .single()
            .expect("an instant")
    };
    for (case, due_at, days) in [(&cloud, midnight(4, 2), 5), (&premise, midnight(4, 6), 7)] {
        let answer = blocked(&dana, case, "rca_overdue", &["rca_window"]).await;
        let window = finding(&answer, "rca_window");
        assert_eq!(
            (
                instant(&window["eligible_at"]),
                &window["facts"]["business_days"]
            ),
            (due_at, &json!(days))
        );
        assert_eq!(instant(&answer.json["eligible_at"]), due_at);
        assert_eq!(instant(&dana.sees(case).await["rca"]["due_at"]), due_at);
        desk.reaches(due_at - TimeDelta::microseconds(1));
        blocked(&dana, case, "rca_overdue", &["rca_window"]).await;
        desk.reaches(due_at);
        dana.escalates(case, "rca_overdue").taken().await;
    }
    // The delivery stops the clock: with it, there is nothing overdue to escalate.
    let third = dana.opens(high()).await;
    dana.post(&format!("/cases/{}/rca", third.number), json!({}))
        .await
        .created();
    desk.passes(TimeDelta::days(20));
    assert_eq!(
        dana.assesses(&third, "rca_overdue").await.ok()["verdict"],
        "eligible"
    );
    eve.post(
        &format!("/cases/{}/rca/delivery", third.number),
        json!({ "body": "A lock was held." }),
    )
    .await
    .created();
    dana.reads(&third).await;
    let answer = blocked(&dana, &third, "rca_overdue", &["rca_delivered"]).await;
    assert_eq!(answer.json["eligible_at"], json!(null));
}

async fn e7_a_high_priority_case_waits_a_day(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let opened_at = desk.now();
    let answer = blocked(&dana, &case, "no_update", &["recently_updated"]).await;
    assert_eq!(
        instant(&answer.json["eligible_at"]),
        opened_at + TimeDelta::hours(24)
    );
    assert_eq!(
        finding(&answer, "recently_updated")["facts"]["since"],
        "opening"
    );

    // What the customer writes, an internal note and a mark are no updates; the provider's words are (C7).
    desk.passes(TimeDelta::hours(3));
    dana.writes(&case, "Still the same.").await;
    eve.notes(&case, "Ask the database people.").await;
    eve.changes(&case, json!({ "status": "in_progress" }))
        .await
        .ok();
    let answer = dana.assesses(&case, "no_update").await;
    assert_eq!(
        instant(&answer.json["eligible_at"]),
        opened_at + TimeDelta::hours(24)
    );
    desk.passes(TimeDelta::hours(1));
    let updated_at = desk.now();
    eve.writes(&case, "We are on it.").await;
    dana.reads(&case).await;
    let answer = blocked(&dana, &case, "no_update", &["recently_updated"]).await;
    let recent = finding(&answer, "recently_updated");
    assert_eq!(
        instant(&recent["facts"]["last_provider_update_at"]),
        updated_at
    );
    assert_eq!(recent["facts"]["window_hours"], 24);
    assert_eq!(
        recent["remedy"]["href"],
        format!("/cases/{}#case-feed", case.number)
    );
    assert_eq!(
        instant(&dana.sees(&case).await["last_provider_update_at"]),
        updated_at
    );

    // The boundary is exact (E11).
    desk.reaches(updated_at + TimeDelta::hours(24) - TimeDelta::milliseconds(1));
    blocked(&dana, &case, "no_progress", &["recently_updated"]).await;
    desk.passes(TimeDelta::milliseconds(1));
    dana.escalates(&case, "no_progress").taken().await;
}

async fn e7_a_high_priority_case_needs_the_impact(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high().limited()).await;
    let answer = blocked(
        &dana,
        &case,
        "no_update",
        &["recently_updated", "impact_not_significant"],
    )
    .await;
    assert_eq!(
        answer.json["eligible_at"],
        json!(null),
        "not only time is missing"
    );
    assert_eq!(
        finding(&answer, "impact_not_significant")["eligible_at"],
        json!(null)
    );
    desk.passes(TimeDelta::hours(24));
    let answer = blocked(&dana, &case, "no_update", &["impact_not_significant"]).await;
    let remedy = &finding(&answer, "impact_not_significant")["remedy"];
    assert_eq!(
        remedy["href"],
        format!("/cases/{}?do=state_impact#do", case.number)
    );
    dana.changes(&case, json!({ "business_impact": "significant" }))
        .await
        .ok();
    dana.escalates(&case, "no_update").taken().await;
}

async fn e7_a_medium_priority_case_does_not_wait(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(medium().limited()).await;
    assert_eq!(
        dana.assesses(&case, "no_update").await.ok()["verdict"],
        "eligible"
    );
    dana.escalates(&case, "no_update").taken().await;
}

async fn e8_a_promised_date(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let answer = blocked(&dana, &case, "missed_commitment", &["commitment_not_due"]).await;
    assert_eq!(
        answer.json["eligible_at"],
        json!(null),
        "nothing was promised"
    );
    let due_at = desk.now() + TimeDelta::hours(5);
    let promise = |what: &str, due_at: chrono::DateTime<Utc>| json!({ "what": what, "who": "Eve Hart", "due_at": due_at.to_rfc3339() });
    let path = format!("/cases/{}/next-steps", case.number);
    let step = eve
        .post(&path, promise("Next update", due_at))
        .await
        .created();
    let answer = blocked(&dana, &case, "missed_commitment", &["commitment_not_due"]).await;
    assert_eq!(instant(&answer.json["eligible_at"]), due_at);
    desk.reaches(due_at - TimeDelta::microseconds(1));
    blocked(&dana, &case, "missed_commitment", &["commitment_not_due"]).await;
    desk.reaches(due_at);
    assert_eq!(
        dana.assesses(&case, "missed_commitment").await.ok()["verdict"],
        "eligible"
    );

    // Kept after all, promised again, and this time said to be missed.
    let step_path = format!("/next-steps/{}", step["id"].as_str().expect("an id"));
    eve.patch(&step_path, json!({ "state": "done" })).await.ok();
    blocked(&dana, &case, "missed_commitment", &["commitment_not_due"]).await;
    let second = eve
        .post(&path, promise("A patch", desk.now() + TimeDelta::hours(50)))
        .await
        .created();
    let step_path = format!("/next-steps/{}", second["id"].as_str().expect("an id"));
    eve.patch(&step_path, json!({ "state": "missed" }))
        .await
        .ok();
    assert_eq!(
        dana.assesses(&case, "missed_commitment").await.ok()["verdict"],
        "eligible"
    );

    // A date named in the answers lies ahead.
    let refused = dana
        .escalates(&case, "missed_commitment")
        .answering(json!({ "commitment": "The patch", "promised_for": "2026-03-20" }))
        .await
        .refused(422, "not_eligible");
    let eligible_at = instant(&refused.finding("commitment_not_due")["eligible_at"]);
    let end_of_day = Utc
        .with_ymd_and_hms(2026, 3, 20, 23, 0, 0)
        .single()
        .expect("an instant");
    assert_eq!(eligible_at, end_of_day, "the end of the day in Berlin");
    dana.escalates(&case, "missed_commitment").taken().await;
}

async fn e9_the_double_check(desk: Desk) {
    let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
    let case = dana.opens(medium()).await;
    eve.changes(&case, json!({ "status": "in_progress" }))
        .await
        .ok();
    eve.writes(&case, "Please send the log.").await;
    eve.changes(&case, json!({ "status": "awaiting_customer" }))
        .await
        .ok();
    let all = [
        "unread_update",
        "awaiting_your_information",
        "provider_updated_recently",
    ];
    let assessed = dana.assesses(&case, "no_progress").await;
    assert_eq!(assessed.json["verdict"], "needs_acknowledgement");
    assert_eq!(assessed.findings(), all);
    let refused = dana
        .escalates(&case, "no_progress")
        .await
        .refused(422, "acknowledgement_required");
    assert_eq!(refused.findings(), all);
    for finding in refused.json["findings"].as_array().expect("findings") {
        assert_eq!(
            (finding["severity"].as_str(), finding["rule"].as_str()),
            (Some("acknowledge"), Some("E9"))
        );
    }
    // Each has to be acknowledged; knowing what others read is no help.
    carl.reads(&case).await;
    assert_eq!(
        carl.assesses(&case, "no_progress").await.findings(),
        &all[1..]
    );
    let refused = dana
        .escalates(&case, "no_progress")
        .acknowledging(&all[1..])
        .await;
    assert_eq!(
        refused.refused(422, "acknowledgement_required").findings(),
        all,
        "with the list"
    );
    dana.reads(&case).await;
    let escalation = dana
        .escalates(&case, "no_progress")
        .acknowledging(&all)
        .await
        .created();
    assert_eq!(
        escalation["acknowledgements"],
        json!(&all[1..]),
        "what there was to acknowledge"
    );
    assert_eq!(escalation["assessment"]["verdict"], "needs_acknowledgement");
}

async fn e9_a_blocked_case_cannot_be_acknowledged_away(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "We are on it.").await;
    let refused = dana
        .escalates(&case, "no_update")
        .acknowledging(&["unread_update", "provider_updated_recently"])
        .await;
    assert_eq!(
        refused.refused(422, "not_eligible").findings(),
        ["recently_updated", "unread_update"]
    );
}

async fn e10_a_third_party_is_named(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.changes(
        &case,
        json!({ "engagements": ["third_party", "development"] }),
    )
    .await
    .ok();
    desk.passes(TimeDelta::hours(24));
    let assessed = dana.assesses(&case, "no_update").await;
    assert_eq!(assessed.json["verdict"], "eligible");
    let information = assessed.finding("third_party_engaged");
    assert_eq!(
        (
            information["rule"].as_str(),
            information["severity"].as_str()
        ),
        (Some("E10"), Some("information"))
    );
    dana.escalates(&case, "no_update").taken().await;
}

async fn every_reason_is_assessed_when_none_is_named(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let all = dana
        .get(&format!("/cases/{}/eligibility", case.number))
        .await
        .ok();
    let reasons: Vec<&str> = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|item| item["reason"].as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "no_update",
            "no_progress",
            "missed_commitment",
            "rca_overdue",
            "urgency_or_impact_change"
        ]
    );
    for assessment in all["items"].as_array().expect("items") {
        let alone = dana
            .assesses(&case, assessment["reason"].as_str().expect("a reason"))
            .await
            .ok();
        assert_eq!(&alone, assessment);
        assert_eq!(assessment["case"], case.number);
    }
}

async fn e12_the_figures_are_policy_rows(desk: Desk) {
    let (dana, ada) = (desk.person("dana"), desk.person("ada"));
    let case = dana.opens(high().limited()).await;
    desk.passes(TimeDelta::hours(3));
    blocked(
        &dana,
        &case,
        "no_update",
        &["recently_updated", "impact_not_significant"],
    )
    .await;
    ada.patch(
        "/policies",
        json!({ "staleness_hours": 2, "required_impact": "limited" }),
    )
    .await
    .ok();
    assert_eq!(
        dana.assesses(&case, "no_update").await.ok()["verdict"],
        "eligible"
    );
    dana.escalates(&case, "no_update").taken().await;
}
