//! Targets, the ladder and duty: what is to be done in time, who is told when it is not, and whose turn it is (M4, M8, N7).

mod duty;
mod ladder;
mod many;
mod pages;
mod races;

use std::slice;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, Escalation, NewCase, Person, high, medium};

on_both_databases! { Desk:
    each_target_starts_is_met_and_starts_anew,
    a_night_a_holiday_and_a_clock_change_do_not_count,
    an_update_stands_still_while_the_requesters_answer_is_awaited,
    what_targets_are_reckoned_by_may_change_while_they_run,
    the_queue_knows_what_is_overdue_and_what_is_due_next,
    what_makes_no_sense_is_refused_with_its_place,
    a_customer_sees_the_targets_of_their_own_and_no_rule,
}

/// A case that is a day old, and its escalation, submitted at the instant that the clock shows then.
async fn escalates(desk: &Desk, by: &Person, case: NewCase) -> (Case, Escalation) {
    let case = by.opens(case).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = by.escalates(&case, "no_update").taken().await;
    (case, escalation)
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

/// A target of an escalation, as somebody sees it.
async fn target(who: &Person, escalation: &Escalation, kind: &str) -> Value {
    let seen = who.sees_escalation(escalation).await;
    let targets = seen["targets"].as_array().expect("targets").clone();
    let found = targets.into_iter().find(|target| target["kind"] == kind);
    found.unwrap_or_default()
}

async fn says(who: &Person, escalation: &Escalation, body: Value) -> Value {
    who.does(escalation, "feed", body).await.created()
}

async fn each_target_starts_is_met_and_starts_anew(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (_, escalation) = escalates(&desk, &dana, high()).await;
    let submitted = desk.now();
    let seen = ola.sees_escalation(&escalation).await;
    let targets = json!([
        {"kind": "claim", "started_at": submitted, "due_at": submitted + minutes(30),
         "met_at": null, "missed_at": null, "paused_since": null},
        {"kind": "first_reply", "started_at": submitted, "due_at": submitted + minutes(120),
         "met_at": null, "missed_at": null, "paused_since": null},
    ]);
    assert_eq!(seen["targets"], targets);
    assert_eq!(seen["awaiting_reply_since"], json!(null));

    // Just in time, and a public word is a reply, an internal one is none.
    desk.passes(minutes(30) - TimeDelta::microseconds(1));
    ola.claims(&escalation).await;
    let claim = target(&ola, &escalation, "claim").await;
    assert_eq!(instant(&claim["met_at"]), desk.now());
    assert_eq!(claim["missed_at"], json!(null));
    says(
        &ola,
        &escalation,
        json!({"body": "Look at the edge.", "visibility": "internal"}),
    )
    .await;
    says(&dana, &escalation, json!({"body": "Any news?"})).await;
    assert_eq!(
        target(&ola, &escalation, "first_reply").await["met_at"],
        json!(null)
    );
    desk.reaches(submitted + minutes(120));
    let late = target(&dana, &escalation, "first_reply").await;
    assert_eq!(instant(&late["missed_at"]), submitted + minutes(120));
    says(&ola, &escalation, json!({"body": "We are looking."})).await;
    let replied = target(&ola, &escalation, "first_reply").await;
    assert_eq!(instant(&replied["met_at"]), desk.now());
    assert_eq!(instant(&replied["missed_at"]), submitted + minutes(120));

    // An update is owed from the acceptance on, and from each word of the provider on.
    assert_eq!(target(&ola, &escalation, "update").await, Value::Null);
    desk.passes(minutes(10));
    ola.accepts(&escalation, "high", "high").await;
    let accepted = desk.now();
    let first = target(&ola, &escalation, "update").await;
    assert_eq!(instant(&first["started_at"]), accepted);
    assert_eq!(instant(&first["due_at"]), accepted + minutes(240));
    desk.passes(minutes(100));
    says(&dana, &escalation, json!({"body": "Thank you."})).await;
    assert_eq!(target(&ola, &escalation, "update").await, first);
    says(&ola, &escalation, json!({"body": "The capture is here."})).await;
    let second = target(&ola, &escalation, "update").await;
    assert_eq!(instant(&second["started_at"]), desk.now());
    assert_eq!(instant(&second["due_at"]), desk.now() + minutes(240));

    // With its last word everything is over.
    desk.passes(minutes(5));
    ola.settles(&escalation).await;
    let last = target(&dana, &escalation, "update").await;
    assert_eq!(instant(&last["met_at"]), desk.now());
    desk.passes(TimeDelta::days(2));
    assert_eq!(target(&dana, &escalation, "update").await, last);
}

/// The provider's calendar, with these holidays.
async fn has_holidays(desk: &Desk, holidays: Value) {
    let ada = desk.person("ada");
    let calendars = ada.get("/calendars").await.ok();
    let mut calendar = calendars["items"][0].clone();
    let id = calendar["id"].as_str().expect("an id").to_owned();
    let kept =
        ["name", "time_zone", "hours"].map(|field| (field.to_owned(), calendar[field].take()));
    let mut body = Value::Object(kept.into_iter().collect());
    body["holidays"] = holidays;
    ada.put(&format!("/calendars/{id}"), body).await.ok();
}

async fn a_night_a_holiday_and_a_clock_change_do_not_count(desk: Desk) {
    let dana = desk.person("dana");
    // A Friday in Berlin, half an hour before the end of the day; the clocks go forward on Sunday.
    desk.reaches("2026-03-26T15:30:00Z".parse().expect("an instant"));
    let (_, escalation) = escalates(&desk, &dana, medium()).await;
    let due = target(&dana, &escalation, "claim").await;
    assert_eq!(
        instant(&due["due_at"]),
        "2026-03-30T08:30:00Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .expect("an instant")
    );
    has_holidays(
        &desk,
        json!([{"date": "2026-03-30", "name": "Founders' day"}]),
    )
    .await;
    let due = target(&dana, &escalation, "claim").await;
    assert_eq!(due["due_at"], "2026-03-31T08:30:00Z");

    let path = format!("/escalations/{}/targets/claim/replay", escalation.number);
    let replay = dana.get(&path).await.ok();
    assert_eq!(replay["started_at"], "2026-03-27T15:30:00Z");
    assert_eq!(replay["due_at"], due["due_at"]);
    let segments = replay["segments"].as_array().expect("segments");
    let told: Vec<_> = segments
        .iter()
        .map(|piece| {
            let text = |name: &str| piece[name].as_str().unwrap_or_default().to_owned();
            (
                text("from"),
                text("until"),
                text("why"),
                piece["counted"] == true,
            )
        })
        .collect();
    let piece = |from: &str, until: &str, why: &str, counted| {
        (from.to_owned(), until.to_owned(), why.to_owned(), counted)
    };
    let expected = [
        piece("2026-03-27T15:30:00Z", "2026-03-27T16:00:00Z", "open", true),
        piece(
            "2026-03-27T16:00:00Z",
            "2026-03-29T22:00:00Z",
            "closed",
            false,
        ),
        piece(
            "2026-03-29T22:00:00Z",
            "2026-03-30T22:00:00Z",
            "holiday",
            false,
        ),
        piece(
            "2026-03-30T22:00:00Z",
            "2026-03-31T07:00:00Z",
            "closed",
            false,
        ),
        piece("2026-03-31T07:00:00Z", "2026-03-31T08:30:00Z", "open", true),
    ];
    assert_eq!(told, expected);
    assert_eq!(segments[2]["name"], "Founders' day");

    // What is over keeps the calendar of its time.
    desk.person("ola").claims(&escalation).await;
    has_holidays(&desk, json!([])).await;
    assert_eq!(dana.get(&path).await.ok(), replay);
    let unknown = format!("/escalations/{}/targets/update/replay", escalation.number);
    dana.get(&unknown).await.refused(404, "not_found");
}

async fn an_update_stands_still_while_the_requesters_answer_is_awaited(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (_, escalation) = escalates(&desk, &dana, high()).await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "high").await;
    desk.passes(minutes(60));
    let ask = || json!({"body": "Which edge is it?", "awaits_reply": true});
    let entry = says(&ola, &escalation, ask()).await;
    assert_eq!(entry["details"]["awaits_reply"], true);
    let asked = desk.now();
    let seen = dana.sees_escalation(&escalation).await;
    assert_eq!(instant(&seen["awaiting_reply_since"]), asked);
    let update = target(&dana, &escalation, "update").await;
    assert_eq!(instant(&update["paused_since"]), asked);

    // However long it takes, nobody is told that it was missed, and another word of support is not the answer.
    desk.mailbox().await;
    desk.passes(minutes(1000));
    assert_eq!(
        target(&dana, &escalation, "update").await["missed_at"],
        json!(null)
    );
    assert!(desk.mailbox().await.0.is_empty());
    says(&ola, &escalation, json!({"body": "We need that to go on."})).await;
    let update = target(&dana, &escalation, "update").await;
    assert_eq!(instant(&update["paused_since"]), desk.now());
    let again = desk.now();
    assert_eq!(
        instant(&dana.sees_escalation(&escalation).await["awaiting_reply_since"]),
        asked
    );

    desk.passes(minutes(20));
    says(&dana, &escalation, json!({"body": "eu-central."})).await;
    let seen = dana.sees_escalation(&escalation).await;
    assert_eq!(seen["awaiting_reply_since"], json!(null));
    let update = target(&dana, &escalation, "update").await;
    assert_eq!(update["paused_since"], json!(null));
    assert_eq!(instant(&update["due_at"]), desk.now() + minutes(240));
    let path = format!("/escalations/{}/targets/update/replay", escalation.number);
    let replay = ola.get(&path).await.ok();
    let whys: Vec<&str> = replay["segments"]
        .as_array()
        .expect("segments")
        .iter()
        .filter_map(|piece| piece["why"].as_str())
        .collect();
    assert_eq!(whys, ["paused", "elapsed"]);
    assert_eq!(instant(&replay["segments"][0]["from"]), again);

    // Only support asks, and only in public.
    let refused = dana.does(&escalation, "feed", ask()).await;
    refused.names_fields(&[("awaits_reply", "staff_only")]);
    let mut internal = ask();
    internal["visibility"] = "internal".into();
    let refused = ola.does(&escalation, "feed", internal).await;
    refused.names_fields(&[("awaits_reply", "not_with_internal")]);
}

async fn what_targets_are_reckoned_by_may_change_while_they_run(desk: Desk) {
    let (dana, ola, ada) = (desk.person("dana"), desk.person("ola"), desk.person("ada"));
    let (case, escalation) = escalates(&desk, &dana, high()).await;
    let submitted = desk.now();
    let due = |target: &Value| instant(&target["due_at"]) - submitted;
    let set = |minutes: i64, clock: &str| json!({"items": [{"kind": "claim", "priority": "high", "minutes": minutes, "clock": clock}]});
    let table = ada.patch("/targets", set(45, "elapsed")).await.ok();
    assert_eq!(table["items"][0]["minutes"], 45);
    assert_eq!(table["items"][1]["minutes"], 120);
    assert_eq!(due(&target(&ola, &escalation, "claim").await), minutes(45));
    // The priority at submission counts, whatever becomes of the case.
    ola.changes(&case, json!({"priority": "medium"})).await.ok();
    ada.patch("/targets", set(50, "business")).await.ok();
    // Ten in the morning in Berlin.
    assert_eq!(due(&target(&ola, &escalation, "claim").await), minutes(50));
    ola.claims(&escalation).await;
    ada.patch("/targets", set(500, "elapsed")).await.ok();
    assert_eq!(due(&target(&ola, &escalation, "claim").await), minutes(50));

    // By rank, and by the calendar of the case's line.
    ola.accepts(&escalation, "high", "high").await;
    assert_eq!(
        due(&target(&ola, &escalation, "update").await),
        minutes(240)
    );
    ola.does(
        &escalation,
        "rank",
        json!({"importance": "high", "urgency": "low"}),
    )
    .await
    .ok();
    let rank_3 = target(&ola, &escalation, "update").await;
    assert_eq!(rank_3["due_at"], "2026-03-04T09:00:00Z");
    let calendar = json!({"name": "Late", "time_zone": "Europe/Berlin",
        "hours": {"tue": ["12:00-20:00"], "wed": ["12:00-20:00"]}});
    let calendar = ada.post("/calendars", calendar).await.created();
    let lines = ada.get("/lines-of-business").await.ok();
    let line = lines["items"]
        .as_array()
        .expect("lines")
        .iter()
        .find(|line| line["name"] == "Ledger")
        .expect("a line");
    let path = format!("/lines-of-business/{}", line["id"].as_str().expect("an id"));
    ada.patch(&path, json!({"calendar": calendar["id"]}))
        .await
        .ok();
    assert_eq!(target(&ola, &escalation, "update").await, rank_3);
    ola.changes(&case, json!({"line_of_business": "Ledger"}))
        .await
        .ok();
    assert_eq!(
        target(&ola, &escalation, "update").await["due_at"],
        "2026-03-03T19:00:00Z"
    );
    ada.patch(&path, json!({"calendar": null})).await.ok();
    assert_eq!(target(&ola, &escalation, "update").await, rank_3);
    let audited = ada.all("/audit-events?kind=targets.changed").await;
    assert_eq!(audited.len(), 3);
}

async fn the_queue_knows_what_is_overdue_and_what_is_due_next(desk: Desk) {
    let (dana, carl, ola) = (desk.person("dana"), desk.person("carl"), desk.person("ola"));
    let (first, second) = (dana.opens(high()).await, carl.opens(high()).await);
    desk.passes(TimeDelta::hours(24));
    let first = dana.escalates(&first, "no_update").taken().await;
    desk.passes(minutes(10));
    let second = carl.escalates(&second, "no_update").taken().await;
    let numbers = async |query: &str| {
        let found = ola.all(&format!("/escalations?{query}")).await;
        let numbers = found
            .iter()
            .map(|one| one["number"].as_str().expect("a number").to_owned());
        numbers.collect::<Vec<_>>()
    };
    let both = [first.number.clone(), second.number.clone()];
    assert_eq!(numbers("sort=due_at").await, both);
    assert!(numbers("overdue=true").await.is_empty());
    // The claim is met, and the first reply is due later than the other's claim.
    ola.claims(&first).await;
    let turned = [second.number.clone(), first.number.clone()];
    assert_eq!(numbers("sort=due_at").await, turned);
    desk.passes(minutes(30));
    assert_eq!(
        numbers("overdue=true").await,
        slice::from_ref(&second.number)
    );
    assert_eq!(
        numbers("overdue=false").await,
        slice::from_ref(&first.number)
    );
    // A promise counts as well, and what stands still does not.
    let soon = desk.now() + minutes(5);
    let promise = json!({"what": "Capture", "who": "Ola Berg", "due_at": soon});
    ola.does(&first, "next-steps", promise).await.created();
    desk.passes(minutes(5));
    let overdue = numbers("overdue=true&sort=due_at").await;
    assert_eq!(overdue, turned);
    dana.withdraws(&first).await;
    carl.withdraws(&second).await;
}

async fn what_makes_no_sense_is_refused_with_its_place(desk: Desk) {
    let (ada, sam) = (desk.person("ada"), desk.person("sam"));
    let rows = desk.rows();
    let target = |change: Value| {
        let mut one =
            json!({"kind": "claim", "priority": "high", "minutes": 10, "clock": "elapsed"});
        for (name, value) in change.as_object().expect("an object") {
            one[name] = value.clone();
        }
        one
    };
    let wrong = [
        (target(json!({"minutes": 0})), "minutes", "out_of_range"),
        (
            target(json!({"minutes": 600_000})),
            "minutes",
            "out_of_range",
        ),
        (target(json!({"clock": "lunar"})), "clock", "not_allowed"),
        (target(json!({"kind": "lunch"})), "kind", "not_allowed"),
        (
            target(json!({"priority": "low"})),
            "priority",
            "never_escalated",
        ),
        (target(json!({"priority": null})), "priority", "required"),
        (target(json!({"rank": 1})), "rank", "not_of_kind"),
        (target(json!({"kind": "update"})), "priority", "not_of_kind"),
        (
            target(json!({"kind": "update", "priority": null})),
            "rank",
            "required",
        ),
        (
            target(json!({"kind": "update", "priority": null, "rank": 6})),
            "rank",
            "out_of_range",
        ),
    ];
    for (item, field, code) in wrong {
        let refused = ada.patch("/targets", json!({"items": [item]})).await;
        let place = format!("items[0].{field}");
        refused.names_fields(&[(place.as_str(), code)]);
    }
    let twice = json!({"items": [target(json!({})), target(json!({"minutes": 20}))]});
    let refused = ada.patch("/targets", twice).await;
    refused.names_fields(&[("items[1].kind", "given_twice")]);

    let ladder = async |change: Value| ada.patch("/ladder", change).await;
    let refused = ladder(json!({"remind_before_minutes": 0})).await;
    refused.names_fields(&[("remind_before_minutes", "out_of_range")]);
    let levels = json!({"levels": [{"after_minutes": 30, "tell": "owner"}, {"after_minutes": 0, "tell": "supervisors"}]});
    ladder(levels)
        .await
        .names_fields(&[("levels[1].after_minutes", "out_of_order")]);
    let levels = json!({"levels": [{"after_minutes": 0, "tell": "owner"}, {"after_minutes": 0, "tell": "owner"}]});
    ladder(levels)
        .await
        .names_fields(&[("levels[1].tell", "told_twice")]);
    let levels = json!({"levels": [{"after_minutes": -1, "tell": "everybody"}]});
    ladder(levels).await.names_fields(&[
        ("levels[0].after_minutes", "out_of_range"),
        ("levels[0].tell", "not_allowed"),
    ]);

    let shift = |user: &str| json!({"user": user, "days": ["mon"], "from": "08:00", "until": "17:00", "time_zone": "Europe/Berlin"});
    let duty = async |body: Value| sam.put("/duty", body).await;
    let nobody = json!({"assignment": "rotation", "shifts": [], "absences": []});
    duty(nobody)
        .await
        .names_fields(&[("shifts", "nobody_on_duty")]);
    let mut strange = shift("ola@bellhop.test");
    strange["time_zone"] = "Europe/Atlantis".into();
    strange["from"] = "8 o'clock".into();
    strange["days"] = json!(["mon", "someday"]);
    let shifts = json!({"assignment": "manual", "shifts": [strange]});
    duty(shifts).await.names_fields(&[
        ("shifts[0].time_zone", "unknown_time_zone"),
        ("shifts[0].from", "malformed_time"),
        ("shifts[0].days[1]", "not_allowed"),
    ]);
    let mut idle = shift("ola@bellhop.test");
    idle["days"] = json!([]);
    let people = [
        shift("nobody@bellhop.test"),
        shift("dana@acme.test"),
        shift("eve@bellhop.test"),
        idle,
    ];
    let shifts = json!({"assignment": "manual", "shifts": people});
    duty(shifts).await.names_fields(&[
        ("shifts[0].user", "not_found"),
        ("shifts[1].user", "not_staff"),
        ("shifts[2].user", "not_an_escalation_owner"),
        ("shifts[3].days", "no_days"),
    ]);
    let absent = |user: &str, from: &str, until: &str, cover: Value| json!({"user": user, "from": from, "until": until, "cover": cover});
    let (from, until) = ("2026-03-03T00:00:00Z", "2026-03-05T00:00:00Z");
    let absences = [
        absent("ola@bellhop.test", from, until, json!("otto@bellhop.test")),
        absent(
            "otto@bellhop.test",
            "2026-03-04T00:00:00Z",
            until,
            json!(null),
        ),
        absent("sam@bellhop.test", until, from, json!(null)),
        absent("ada@bellhop.test", from, until, json!("dana@acme.test")),
        absent("mona@bellhop.test", from, until, json!("mona@bellhop.test")),
    ];
    let absences = json!({"assignment": "manual", "absences": absences});
    duty(absences).await.names_fields(&[
        ("absences[0].cover", "cover_away"),
        ("absences[2].until", "ends_before_it_begins"),
        ("absences[3].cover", "not_staff"),
        ("absences[4].cover", "not_an_escalation_owner"),
    ]);
    desk.is_unchanged_since(&rows, "what was refused");

    // A calendar by which nothing would ever fall due.
    let idle = json!({"name": "Idle", "time_zone": "UTC", "hours": {}});
    let refused = ada.post("/calendars", idle).await;
    refused.names_fields(&[("hours", "no_working_day")]);
}

async fn a_customer_sees_the_targets_of_their_own_and_no_rule(desk: Desk) {
    let (dana, gina, mona) = (
        desk.person("dana"),
        desk.person("gina"),
        desk.person("mona"),
    );
    let (_, escalation) = escalates(&desk, &dana, high()).await;
    for path in ["/targets", "/ladder", "/duty"] {
        dana.get(path).await.refused(403, "missing_permission");
        mona.get(path).await.ok();
    }
    for (path, body) in [("/targets", json!({"items": []})), ("/ladder", json!({}))] {
        desk.person("sam")
            .patch(path, body)
            .await
            .refused(403, "missing_permission");
    }
    let path = format!("/escalations/{}/targets/claim/replay", escalation.number);
    dana.get(&path).await.ok();
    gina.get(&path).await.refused(404, "not_found");
    let strange = format!("/escalations/{}/targets/lunch/replay", escalation.number);
    dana.get(&strange).await.refused(404, "not_found");
    // Nothing of what is told to support reaches the customer.
    desk.mailbox().await;
    desk.passes(minutes(300));
    let told = desk.mailbox().await;
    assert!(!told.0.is_empty());
    assert!(
        told.recipients()
            .iter()
            .all(|to| to.ends_with("@bellhop.test")),
        "{:?}",
        told.recipients()
    );
}
