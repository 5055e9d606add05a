//! The assessment at another instant: in the past on the facts as they stood, in the future on those of now (section 4).

use chrono::TimeDelta;
use serde_json::json;

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::high;

on_both_databases! { Desk:
    the_past_is_folded_from_what_was_audited,
    what_was_promised_and_analysed_is_folded_too,
}

async fn the_past_is_folded_from_what_was_audited(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let opened_at = desk.now();
    let case = dana.opens(high()).await;
    let hour = TimeDelta::hours(1);
    // A day in the life of a case, one event an hour.
    desk.passes(hour);
    eve.changes(&case, json!({ "priority": "low" })).await.ok();
    desk.passes(hour);
    eve.changes(
        &case,
        json!({ "priority": "medium", "engagements": ["development"] }),
    )
    .await
    .ok();
    desk.passes(hour);
    eve.changes(&case, json!({ "status": "in_progress", "engagements": [] }))
        .await
        .ok();
    eve.changes(&case, json!({ "status": "awaiting_customer" }))
        .await
        .ok();
    desk.passes(hour);
    let escalation = dana
        .escalates(&case, "no_progress")
        .acknowledging(&["awaiting_your_information"])
        .taken()
        .await;
    desk.passes(hour);
    ola.claims(&escalation).await;
    desk.passes(hour);
    ola.declines(&escalation, &["awaiting_your_information", "low_priority"])
        .await;
    desk.passes(hour);
    dana.closes(&case).await.ok();
    desk.passes(hour);
    dana.reopens(&case).await.ok();
    desk.passes(hour);
    eve.changes(&case, json!({ "priority": "high" })).await.ok();
    desk.passes(hour);

    let stood = async |at| {
        let answer = dana.assesses_at(&case, "no_progress", at).await;
        assert_eq!(instant(&answer.json["at"]), at);
        answer.findings().join(" ")
    };
    let half = TimeDelta::minutes(30);
    for (hours, expected) in [
        (0, "recently_updated"),
        (1, "low_priority"),
        (2, "third_party_engaged"),
        (3, "awaiting_your_information"),
        (4, "active_escalation awaiting_your_information"),
        (5, "active_escalation awaiting_your_information"),
        // The owner's words of the refusal are no update by the provider (C7).
        (6, "awaiting_your_information"),
        (7, "case_closed"),
        (8, ""),
        (9, "recently_updated"),
    ] {
        assert_eq!(
            stood(opened_at + hour * hours + half).await,
            expected,
            "in hour {hours}"
        );
        // An event counts from its very instant.
        assert_eq!(
            stood(opened_at + hour * hours).await,
            expected,
            "at hour {hours}"
        );
    }
    let review = dana
        .assesses_at(&case, "no_progress", opened_at + hour * 5)
        .await;
    assert_eq!(
        review.finding("active_escalation")["facts"]["state"],
        "in_review"
    );
    let queued = dana
        .assesses_at(
            &case,
            "no_progress",
            opened_at + hour * 5 - TimeDelta::microseconds(1),
        )
        .await;
    assert_eq!(
        queued.finding("active_escalation")["facts"]["state"],
        "submitted"
    );
    // Before its opening there was no case to assess.
    dana.assesses_at(&case, "no_progress", opened_at - TimeDelta::microseconds(1))
        .await
        .refused(422, "before_opening");
    // The future is decided on what is known now.
    let eligible_at = opened_at + TimeDelta::hours(24);
    assert_eq!(
        stood(eligible_at - TimeDelta::microseconds(1)).await,
        "recently_updated"
    );
    assert_eq!(stood(eligible_at).await, "");
}

async fn what_was_promised_and_analysed_is_folded_too(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let begun = desk.now();
    let hour = TimeDelta::hours(1);
    let step = eve
        .post(
            &format!("/cases/{}/next-steps", case.number),
            json!({
                "what": "A patch", "who": "Eve Hart", "due_at": (begun + hour * 2).to_rfc3339(),
            }),
        )
        .await
        .created();
    desk.reaches(begun + hour * 3);
    let path = format!("/next-steps/{}", step["id"].as_str().expect("an id"));
    eve.patch(
        &path,
        json!({ "due_at": (begun + hour * 10).to_rfc3339(), "reason": "It is harder." }),
    )
    .await
    .ok();
    desk.reaches(begun + hour * 5);
    eve.patch(&path, json!({ "state": "done" })).await.ok();
    dana.post(&format!("/cases/{}/rca", case.number), json!({}))
        .await
        .created();
    desk.reaches(begun + hour * 6);
    eve.post(
        &format!("/cases/{}/rca/delivery", case.number),
        json!({ "body": "A lock." }),
    )
    .await
    .created();
    let commitment = async |hours| {
        let answer = dana
            .assesses_at(&case, "missed_commitment", begun + hour * hours)
            .await;
        let due = answer.json["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .find(|finding| finding["code"] == "commitment_not_due")
            .cloned();
        due.map(|finding| finding["eligible_at"].as_str().map(str::to_owned))
    };
    assert_eq!(
        commitment(1).await.flatten().map(|at| at.parse().ok()),
        Some(Some(begun + hour * 2))
    );
    assert_eq!(commitment(2).await, None, "overdue then");
    assert_eq!(
        commitment(3).await.flatten().map(|at| at.parse().ok()),
        Some(Some(begun + hour * 10)),
        "promised anew"
    );
    assert_eq!(commitment(5).await, Some(None), "done");
    let analysis = async |hours| {
        dana.assesses_at(&case, "rca_overdue", begun + hour * hours)
            .await
            .json["findings"][0]["code"]
            .clone()
    };
    assert_eq!(analysis(4).await, "rca_not_requested");
    assert_eq!(analysis(5).await, "rca_window");
    assert_eq!(analysis(6).await, "rca_delivered");
}
