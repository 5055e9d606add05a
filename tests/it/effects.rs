//! What other settings would do is told before they are saved, by page and by API (E12, M8).

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Person, high, low};
use crate::support::session::Session;

on_both_databases! { Desk:
    a_page_says_what_a_policy_would_do_before_it_is_saved,
    what_was_typed_otherwise_meanwhile_is_told_anew,
    a_calendar_moves_analyses_and_targets,
    times_and_a_ladder_say_whom_they_would_reach,
    a_reason_that_is_taken_off_lets_cases_be_escalated_no_more,
    only_who_may_change_a_setting_is_told_what_it_would_do,
}

const NOTHING: &str = r#"{
    "cases": {"eligible": 0, "ineligible": 0, "complete": true},
    "analyses": {"earlier": 0, "later": 0},
    "targets": {"earlier": 0, "later": 0, "missed": 0, "told": 0}
}"#;

/// The effect that is none, but for these counts.
fn effect(of: &[(&str, usize)]) -> Value {
    let mut effect: Value = serde_json::from_str(NOTHING).expect("JSON");
    for (place, count) in of {
        let counted = effect.pointer_mut(place);
        *counted.expect("a count") = json!(count);
    }
    effect
}

/// Two cases that support left alone for ten hours, and one that can never be escalated.
async fn furnish(desk: &Desk) -> Person {
    let dana = desk.person("dana");
    dana.opens(high()).await;
    dana.opens(high()).await;
    dana.opens(low()).await;
    desk.passes(TimeDelta::hours(10));
    desk.person("ada")
}

async fn a_page_says_what_a_policy_would_do_before_it_is_saved(desk: Desk) {
    let ada = furnish(&desk).await;
    let hers = Session::of(&desk, &ada).await;
    let hours = |hours: &'static str| [("staleness_hours", hours)];

    // By API: asked, and nothing is changed.
    let asked = ada.post("/policies/preview", json!({"staleness_hours": 8}));
    assert_eq!(asked.await.ok(), effect(&[("/cases/eligible", 2)]));
    let asked = ada.post("/policies/preview", json!({"staleness_hours": 12}));
    assert_eq!(asked.await.ok(), effect(&[]));

    // By page: it is told first, and saved once that was seen.
    let told = hers.sends("/admin/policies", &hours("8")).await;
    assert_eq!(told.status, 200);
    assert!(told.text.contains("Nothing is saved yet."), "{}", told.text);
    assert!(
        told.text
            .contains("2 open cases would become eligible for escalation.")
    );
    assert_eq!(policy(&ada, "staleness_hours").await, "24");
    let confirmed = confirmed(&told.text);
    let saved = [("staleness_hours", "8"), ("confirmed", confirmed.as_str())];
    assert_eq!(hers.sends("/admin/policies", &saved).await.status, 303);
    assert_eq!(policy(&ada, "staleness_hours").await, "8");

    // The way back takes it from them; what moves nothing is saved at once.
    let told = hers.sends("/admin/policies", &hours("24")).await;
    assert!(told.text.contains("2 open cases would lose a reason"));
    assert_eq!(hers.sends("/admin/policies", &hours("9")).await.status, 303);
    assert_eq!(policy(&ada, "staleness_hours").await, "9");
}

async fn what_was_typed_otherwise_meanwhile_is_told_anew(desk: Desk) {
    let ada = furnish(&desk).await;
    let hers = Session::of(&desk, &ada).await;
    let told = hers
        .sends("/admin/policies", &[("staleness_hours", "3")])
        .await;
    let seen = confirmed(&told.text);
    let other = [("staleness_hours", "2"), ("confirmed", seen.as_str())];
    let told = hers.sends("/admin/policies", &other).await;
    assert!(told.text.contains("Nothing is saved yet."), "{}", told.text);
    assert_eq!(policy(&ada, "staleness_hours").await, "24");
    // Nothing but what was seen is saved, however many cases there are by now.
    desk.person("dana").opens(high()).await;
    desk.passes(TimeDelta::hours(4));
    let again = [("staleness_hours", "3"), ("confirmed", seen.as_str())];
    assert_eq!(hers.sends("/admin/policies", &again).await.status, 303);
}

async fn a_calendar_moves_analyses_and_targets(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let waiting = dana.opens(high()).await;
    let path = format!("/cases/{}/rca", waiting.number);
    dana.post(&path, json!({})).await.created();
    // Of what is escalated nothing is told but its targets.
    let case = dana.opens(crate::support::person::medium()).await;
    desk.passes(TimeDelta::hours(24));
    dana.escalates(&case, "no_update").taken().await;

    let calendars = ada.get("/calendars").await.ok();
    let mut calendar = calendars["items"][0].clone();
    let path = format!(
        "/calendars/{}/preview",
        calendar["id"].as_str().expect("an id")
    );
    assert_eq!(ada.post(&path, calendar.clone()).await.ok(), effect(&[]));
    // Tuesday, 09:00: two hours of business for the claim, eight for the first reply, five days for the analysis. Whoever works
    // at the weekend has the analysis two days earlier.
    for day in ["sat", "sun"] {
        calendar["hours"][day] = json!(["09:00-17:00"]);
    }
    let told = ada.post(&path, calendar.clone()).await.ok();
    assert_eq!(told, effect(&[("/analyses/earlier", 1)]));
    // Mornings only: both targets move, and the analysis does not, since a business day is one whatever its hours.
    for day in ["mon", "tue", "wed", "thu", "fri"] {
        calendar["hours"][day] = json!(["09:00-10:00"]);
    }
    for day in ["sat", "sun"] {
        calendar["hours"][day] = json!([]);
    }
    let told = ada.post(&path, calendar.clone()).await.ok();
    assert_eq!(told, effect(&[("/targets/later", 2)]));
    // What no deadline can be reckoned by is refused, and tells nothing.
    for day in ["mon", "tue", "wed", "thu", "fri"] {
        calendar["hours"][day] = json!([]);
    }
    let refused = ada.post(&path, calendar).await;
    refused
        .refused(422, "validation_failed")
        .names_fields(&[("hours", "no_working_day")]);
}

async fn times_and_a_ladder_say_whom_they_would_reach(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    dana.escalates(&case, "no_update").taken().await;
    desk.passes(TimeDelta::minutes(10));
    let claim = |minutes: i64| json!({"items": [{"kind": "claim", "priority": "high", "minutes": minutes, "clock": "elapsed"}]});
    let asked = ada.post("/targets/preview", claim(60)).await.ok();
    assert_eq!(asked, effect(&[("/targets/later", 1)]));
    let asked = ada.post("/targets/preview", claim(5)).await.ok();
    let missed = [
        ("/targets/earlier", 1),
        ("/targets/missed", 1),
        ("/targets/told", 1),
    ];
    assert_eq!(asked, effect(&missed));
    let wrong = json!({"items": [{"kind": "claim", "rank": 1, "minutes": 5, "clock": "elapsed"}]});
    let refused = ada.post("/targets/preview", wrong).await;
    refused
        .refused(422, "validation_failed")
        .names_fields(&[("items[0].rank", "not_of_kind")]);

    // The claim is due in 20 minutes: a reminder 25 minutes before would be sent now.
    let ladder = json!({"remind_before_minutes": 25});
    let asked = ada.post("/ladder/preview", ladder.clone()).await.ok();
    assert_eq!(asked, effect(&[("/targets/told", 1)]));
    let hers = Session::of(&desk, &ada).await;
    let typed = [
        ("version", "1"),
        ("remind_before_minutes", "25"),
        ("levels[0].after_minutes", "0"),
        ("levels[0].tell", "owner"),
    ];
    let told = hers.sends("/admin/ladder", &typed).await;
    assert!(
        told.text
            .contains("Somebody would be told of one running target at once."),
        "{}",
        told.text
    );
    assert_eq!(ada.get("/ladder").await.ok()["remind_before_minutes"], 15);
    desk.works().await;
}

async fn a_reason_that_is_taken_off_lets_cases_be_escalated_no_more(desk: Desk) {
    let ada = furnish(&desk).await;
    desk.passes(TimeDelta::hours(20));
    let reason = ada.get("/escalation-reasons/no_update").await.ok();
    let mut off = reason.clone();
    off["active"] = json!(false);
    let path = "/escalation-reasons/no_update/preview";
    assert_eq!(ada.post(path, reason.clone()).await.ok(), effect(&[]));
    let told = ada.post(path, off.clone()).await.ok();
    assert_eq!(told, effect(&[("/cases/ineligible", 2)]));
    ada.put("/escalation-reasons/no_update", off.clone())
        .await
        .ok();
    off["active"] = json!(true);
    let told = ada.post(path, off).await.ok();
    assert_eq!(told, effect(&[("/cases/eligible", 2)]));
    let missing = ada.post("/escalation-reasons/nothing/preview", reason);
    missing.await.refused(404, "not_found");
}

async fn only_who_may_change_a_setting_is_told_what_it_would_do(desk: Desk) {
    furnish(&desk).await;
    for who in ["sam", "dana"] {
        let who = desk.person(who);
        let asked = who.post("/policies/preview", json!({"staleness_hours": 8}));
        asked.await.refused(403, "missing_permission");
    }
    let ada = desk.person("ada");
    let asked = ada.post("/policies/preview", json!({"minimum_priority": "low"}));
    asked.await.refused(422, "validation_failed");
}

async fn policy(who: &Person, key: &str) -> String {
    let policies = who.get("/policies").await.ok();
    let mut policies = policies["items"].as_array().expect("a list").iter();
    let found = policies
        .find(|policy| policy["key"] == key)
        .expect("a policy");
    found["value"].as_str().expect("a text").to_owned()
}

/// What a form says was seen.
fn confirmed(page: &str) -> String {
    let (_, rest) = page
        .split_once("name=\"confirmed\" value=\"")
        .expect("a field");
    rest.split('"').next().unwrap_or_default().to_owned()
}
