//! What administrators set by page: rows of fields that come and go, with scripts and without, and what others have saved
//! meanwhile.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::form::Form;
use crate::support::markup::elements;
use crate::support::person::{high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    the_hours_of_a_day_are_fields_and_spans_come_and_go,
    what_is_wrong_with_hours_is_said_at_its_field,
    holidays_are_rows_that_are_added_and_removed,
    more_holidays_than_a_form_has_room_for_stay,
    what_somebody_else_did_to_the_hours_is_told_span_by_span,
    questions_are_added_moved_and_removed,
    policies_are_not_saved_over_what_somebody_else_saved,
    levels_of_the_ladder_come_and_go,
    another_roster_says_who_would_be_on_duty,
    holidays_of_a_file_say_what_would_follow,
    a_span_is_added_in_a_window,
    a_span_is_added_in_a_window_without_scripts,
}

type Fields = BTreeMap<String, String>;

/// The form of a page that leads to `action`, as a browser would send it.
fn form(page: &Answer, action: &str) -> Fields {
    let mut forms = elements(&page.text, "form").filter_map(Form::read);
    let form = forms.find(|form| form.action == action);
    let form = form.unwrap_or_else(|| panic!("no form leads to {action}: {}", page.text));
    let kept = form.fields.iter();
    let mut kept: Fields = kept
        .filter_map(|(name, field)| Some((name.clone(), field.kept()?)))
        .collect();
    kept.remove("csrf_token");
    kept
}

/// Sends a form.
async fn sends(window: &Session, path: &str, fields: &Fields) -> Answer {
    let fields: Vec<(&str, &str)> = (fields.iter())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    window.sends(path, &fields).await
}

/// Presses a button of the form that changes its rows; gives the form as it is then.
async fn presses(window: &Session, path: &str, mut fields: Fields, button: &str) -> Fields {
    fields.insert("reshape".to_owned(), button.to_owned());
    let shown = sends(window, path, &fields).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    form(&shown, path)
}

fn types(fields: &mut Fields, typed: &[(&str, &str)]) {
    for (name, text) in typed {
        assert!(fields.contains_key(*name), "no field {name} in {fields:?}");
        fields.insert((*name).to_owned(), (*text).to_owned());
    }
}

/// The API's path and the page of the calendar that all lines follow.
async fn calendar(desk: &Desk) -> (String, String) {
    let calendars = desk.person("ada").get("/calendars").await.ok();
    let id = calendars["items"][0]["id"].as_str().expect("an id");
    (format!("/calendars/{id}"), format!("/admin/calendars/{id}"))
}

async fn the_hours_of_a_day_are_fields_and_spans_come_and_go(desk: Desk) {
    let ada = desk.person("ada");
    let (api, path) = calendar(&desk).await;
    let window = Session::of(&desk, &ada).await;
    let mut fields = form(&window.page(&path).await, &path);
    assert_eq!(fields["hours.mon[0].from"], "09:00");
    assert_eq!(fields["hours.mon[0].until"], "17:00");
    assert!(!fields.contains_key("hours.sat[0].from"), "a day off");

    // What is typed stays, and nothing is saved, while rows come and go.
    types(
        &mut fields,
        &[("name", "Renamed"), ("hours.mon[0].until", "12:00")],
    );
    let mut fields = presses(&window, &path, fields, "add hours.mon").await;
    assert_eq!(fields["name"], "Renamed");
    types(
        &mut fields,
        &[
            ("hours.mon[1].from", "13:00"),
            ("hours.mon[1].until", "00:00"),
        ],
    );
    let mut fields = presses(&window, &path, fields, "add hours.sat").await;
    types(
        &mut fields,
        &[
            ("hours.sat[0].from", "10:00"),
            ("hours.sat[0].until", "11:00"),
        ],
    );
    let fields = presses(&window, &path, fields, "remove hours.tue[0]").await;
    assert!(!fields.contains_key("hours.tue[0].from"), "{fields:?}");
    let before = ada.get(&api).await.ok();
    assert_eq!(before["hours"]["tue"], json!(["09:00-17:00"]));
    let saved = sends(&window, &path, &fields).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let after = ada.get(&api).await.ok();
    assert_eq!(after["name"], "Renamed");
    assert_eq!(
        after["hours"],
        json!({
            "mon": ["09:00-12:00", "13:00-24:00"], "wed": ["09:00-17:00"], "thu": ["09:00-17:00"],
            "fri": ["09:00-17:00"], "sat": ["10:00-11:00"],
        })
    );
    // What ends with the day comes back as it was typed, and saving it changes nothing.
    let fields = form(&window.page(&path).await, &path);
    assert_eq!(fields["hours.mon[1].until"], "00:00");
    assert_eq!(sends(&window, &path, &fields).await.status, 303);
    assert_eq!(ada.get(&api).await.ok(), after);
}

async fn what_is_wrong_with_hours_is_said_at_its_field(desk: Desk) {
    let (_, path) = calendar(&desk).await;
    let window = Session::of(&desk, &desk.person("ada")).await;
    let fields = form(&window.page(&path).await, &path);
    let fields = presses(&window, &path, fields, "add hours.tue").await;
    let mut fields = presses(&window, &path, fields, "add hours.wed").await;
    types(
        &mut fields,
        &[
            ("hours.tue[1].from", "19:00"),
            ("hours.tue[1].until", "18:00"),
            ("hours.wed[1].from", "16:00"),
        ],
    );
    let before = desk.rows();
    let refused = sends(&window, &path, &fields).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let wrong = |id: &str, why: &str| {
        let at = format!("id=\"calendar-{id}-error\"");
        let (_, rest) = refused.text.split_once(&at).unwrap_or_else(|| {
            panic!("nothing is said at {id}: {}", refused.text);
        });
        let said = rest.split("</p>").next().unwrap_or_default();
        assert!(said.contains(why), "{said}");
    };
    wrong("hours-tue-1--until", "later than its beginning");
    wrong("hours-wed-1--until", "This is required.");
    assert!(refused.text.contains("Tuesday, span 2"));
    let mut again = form(&refused, &path);
    assert_eq!(again["hours.tue[1].from"], "19:00");
    // Two spans that share time.
    types(
        &mut again,
        &[
            ("hours.tue[1].from", "16:00"),
            ("hours.wed[1].until", "18:00"),
        ],
    );
    let refused = sends(&window, &path, &again).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused
            .text
            .contains("id=\"calendar-hours-tue-1--from-error\"")
    );
    assert!(refused.text.contains("16:00-18:00 overlaps 09:00-17:00"));
    desk.is_unchanged_since(&before, "hours that are wrong");
}

async fn holidays_are_rows_that_are_added_and_removed(desk: Desk) {
    let ada = desk.person("ada");
    let (api, path) = calendar(&desk).await;
    let window = Session::of(&desk, &ada).await;
    let mut fields = form(&window.page(&path).await, &path);
    for (index, (date, name)) in [
        ("2026-07-04", ""),
        ("2026-12-25", "Christmas | Day"),
        ("2026-08-01", ""),
    ]
    .into_iter()
    .enumerate()
    {
        fields = presses(&window, &path, fields, "add holidays").await;
        let (of_date, of_name) = (
            format!("holidays[{index}].date"),
            format!("holidays[{index}].name"),
        );
        types(&mut fields, &[(&of_date, date), (&of_name, name)]);
    }
    fields.insert("holidays[1].yearly".to_owned(), "on".to_owned());
    let mut fields = presses(&window, &path, fields, "remove holidays[0]").await;
    assert_eq!(fields["holidays[0].yearly"], "on", "{fields:?}");
    // One that is there already is a slip.
    types(&mut fields, &[("holidays[1].date", "2026-12-25")]);
    fields.insert("holidays[1].yearly".to_owned(), "on".to_owned());
    let refused = sends(&window, &path, &fields).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused
            .text
            .contains("id=\"calendar-holidays-1--date-error\"")
    );
    types(&mut fields, &[("holidays[1].date", "2024-02-29")]);
    let saved = sends(&window, &path, &fields).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let kept = json!(["--02-29", {"date": "--12-25", "name": "Christmas | Day"}]);
    assert_eq!(ada.get(&api).await.ok()["holidays"], kept);
    let mut fields = form(&window.page(&path).await, &path);
    assert_eq!(
        fields["holidays[0].date"], "2028-02-29",
        "the next year that has it"
    );
    fields = presses(&window, &path, fields, "remove holidays[0]").await;
    fields = presses(&window, &path, fields, "remove holidays[0]").await;
    assert_eq!(sends(&window, &path, &fields).await.status, 303);
    assert_eq!(ada.get(&api).await.ok()["holidays"], json!([]));
}

async fn more_holidays_than_a_form_has_room_for_stay(desk: Desk) {
    let ada = desk.person("ada");
    let (api, path) = calendar(&desk).await;
    let first = chrono::NaiveDate::from_ymd_opt(2026, 4, 1).expect("a day");
    let days: Vec<String> = (first.iter_days().take(90))
        .map(|day| day.to_string())
        .collect();
    let mut whole = ada.get(&api).await.ok();
    whole["holidays"] = json!(days);
    ada.put(&api, whole).await.ok();
    let window = Session::of(&desk, &ada).await;
    let page = window.page(&path).await;
    assert!(page.text.contains("10 older holidays stay as they are."));
    let fields = form(&page, &path);
    assert_eq!(fields["holidays[0].date"], days[10]);
    let fields = presses(&window, &path, fields, "remove holidays[79]").await;
    assert_eq!(sends(&window, &path, &fields).await.status, 303);
    assert_eq!(ada.get(&api).await.ok()["holidays"], json!(days[..89]));
}

async fn what_somebody_else_did_to_the_hours_is_told_span_by_span(desk: Desk) {
    let ada = desk.person("ada");
    let (api, path) = calendar(&desk).await;
    let window = Session::of(&desk, &ada).await;
    let mut fields = form(&window.page(&path).await, &path);
    types(&mut fields, &[("hours.mon[0].from", "08:00")]);
    let fields = presses(&window, &path, fields, "remove hours.wed[0]").await;
    let mut other = ada.get(&api).await.ok();
    other["hours"]["mon"] = json!(["07:00-17:00", "18:00-19:00"]);
    other["hours"]["tue"] = json!(["09:00-18:00"]);
    ada.put(&api, other).await.ok();
    let refused = sends(&window, &path, &fields).await;
    assert_eq!(refused.status, 412, "{refused:?}");
    let again = form(&refused, &path);
    assert!(
        refused.text.contains("meanwhile to “07:00”"),
        "{}",
        refused.text
    );
    assert_eq!(again["hours.mon[0].from"], "08:00", "mine");
    assert_eq!(
        again["hours.mon[1].from"], "18:00",
        "theirs, which I have not seen yet"
    );
    assert_eq!(again["hours.tue[0].until"], "18:00", "theirs");
    let saved = sends(&window, &path, &again).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    assert_eq!(
        ada.get(&api).await.ok()["hours"],
        json!({
            "mon": ["08:00-17:00", "18:00-19:00"], "tue": ["09:00-18:00"], "thu": ["09:00-17:00"], "fri": ["09:00-17:00"],
        })
    );
}

async fn questions_are_added_moved_and_removed(desk: Desk) {
    let ada = desk.person("ada");
    let (api, path) = ("/escalation-reasons/no_update", "/admin/reasons/no_update");
    let before = ada.get(api).await.ok()["questions"].clone();
    let window = Session::of(&desk, &ada).await;
    let fields = form(&window.page(path).await, path);
    assert_eq!(json!(fields["questions[0].code"]), before[0]["code"]);
    let mut fields = presses(&window, path, fields, "add questions").await;
    let last = before.as_array().expect("a list").len();
    let new = |field: &str| format!("questions[{last}].{field}");
    types(
        &mut fields,
        &[
            (&new("code"), "since"),
            (&new("label"), "Since when | and where"),
            (&new("kind"), "date"),
        ],
    );
    fields.insert(new("required"), "on".to_owned());
    let fields = presses(&window, path, fields, &format!("up questions[{last}]")).await;
    let fields = presses(&window, path, fields, "remove questions[0]").await;
    let saved = sends(&window, path, &fields).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let mut expected = before.as_array().cloned().expect("a list");
    let new = json!({"code": "since", "label": "Since when | and where", "kind": "date", "required": true});
    expected.insert(last - 1, new);
    expected.remove(0);
    assert_eq!(ada.get(api).await.ok()["questions"], json!(expected));

    // A code that is there twice, and one that is none.
    let mut fields = form(&window.page(path).await, path);
    types(&mut fields, &[("questions[1].code", "Since?")]);
    let refused = sends(&window, path, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text
            .contains("id=\"reason-questions-1--code-error\"")
    );
    let first = fields["questions[0].code"].clone();
    types(&mut fields, &[("questions[1].code", &first)]);
    let refused = sends(&window, path, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text
            .contains("id=\"reason-questions-1--code-error\"")
    );
    // None at all.
    let mut fields = form(&window.page(path).await, path);
    for _ in 0..expected.len() {
        fields = presses(&window, path, fields, "remove questions[0]").await;
    }
    assert_eq!(sends(&window, path, &fields).await.status, 303);
    assert_eq!(ada.get(api).await.ok()["questions"], json!([]));
}

async fn policies_are_not_saved_over_what_somebody_else_saved(desk: Desk) {
    let ada = desk.person("ada");
    let path = "/admin/policies";
    let window = Session::of(&desk, &ada).await;
    let mut fields = form(&window.page(path).await, path);
    let read = ada.get("/policies").await;
    let tag = read.header("etag").to_owned();
    let set = async |tag: &str, hours: i64| {
        ada.asks(Method::PATCH, "/policies")
            .header("if-match", tag)
            .json(&json!({"staleness_hours": hours, "rca_days_cloud": 7}))
            .await
    };
    let changed = set(&tag, 30).await;
    assert_ne!(changed.header("etag"), tag);
    changed.ok();
    set(&tag, 31).await.refused(412, "stale_version");
    let asked = ada
        .asks(Method::POST, "/policies/preview")
        .header("if-match", &tag);
    let asked = asked.json(&json!({"staleness_hours": 1})).await;
    asked.refused(412, "stale_version");
    // What changes nothing counts as no change.
    let version = |tag: &str| tag.trim_matches('"').split('-').next().map(str::to_owned);
    let now = ada.get("/policies").await.header("etag").to_owned();
    let same = set(&now, 30).await;
    assert_eq!(version(same.header("etag")), version(&now));

    types(&mut fields, &[("staleness_hours", "40")]);
    let refused = sends(&window, path, &fields).await;
    assert_eq!(refused.status, 412, "{refused:?}");
    assert!(
        refused.text.contains("meanwhile to “30”"),
        "{}",
        refused.text
    );
    let again = form(&refused, path);
    assert_eq!(
        (
            again["staleness_hours"].as_str(),
            again["rca_days_cloud"].as_str()
        ),
        ("40", "7")
    );
    let saved = sends(&window, path, &again).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let policies = ada.get("/policies").await.ok();
    let value = |key: &str| {
        let mut items = policies["items"].as_array().expect("a list").iter();
        items
            .find(|item| item["key"] == key)
            .map(|item| item["value"].clone())
    };
    assert_eq!(value("staleness_hours"), Some(json!("40")));
    assert_eq!(value("rca_days_cloud"), Some(json!("7")));
}

async fn levels_of_the_ladder_come_and_go(desk: Desk) {
    let ada = desk.person("ada");
    let path = "/admin/ladder";
    let before = ada.get("/ladder").await.ok()["levels"].clone();
    let there = before.as_array().expect("a list").len();
    let window = Session::of(&desk, &ada).await;
    let fields = form(&window.page(path).await, path);
    let fields = presses(
        &window,
        path,
        fields,
        &format!("remove levels[{}]", there - 1),
    )
    .await;
    assert_eq!(sends(&window, path, &fields).await.status, 303);
    let after = ada.get("/ladder").await.ok()["levels"].clone();
    assert_eq!(
        json!(before.as_array().expect("a list")[..there - 1]),
        after
    );
    let mut fields = form(&window.page(path).await, path);
    for _ in 1..there {
        fields = presses(&window, path, fields, "remove levels[0]").await;
    }
    assert_eq!(sends(&window, path, &fields).await.status, 303);
    assert_eq!(ada.get("/ladder").await.ok()["levels"], json!([]));
    let fields = form(&window.page(path).await, path);
    let mut fields = presses(&window, path, fields, "add levels").await;
    types(
        &mut fields,
        &[
            ("levels[0].after_minutes", "5"),
            ("levels[0].tell", "supervisors"),
        ],
    );
    assert_eq!(sends(&window, path, &fields).await.status, 303);
    let kept = json!([{"after_minutes": 5, "tell": "supervisors"}]);
    assert_eq!(ada.get("/ladder").await.ok()["levels"], kept);
}

async fn another_roster_says_who_would_be_on_duty(desk: Desk) {
    let (ada, sam, ola) = (desk.person("ada"), desk.person("sam"), desk.person("ola"));
    let path = "/admin/duty";
    let days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let shift = json!({"user": "ola@bellhop.test", "days": days, "from": "00:00", "until": "24:00", "time_zone": "UTC"});
    let duty = json!({"assignment": "manual", "shifts": [shift]});
    let told = sam.post("/duty/preview", duty.clone()).await.ok();
    assert_eq!(told["uncovered_minutes"], 0);
    assert_eq!(told["covered_minutes"], 7 * 24 * 60);
    assert_eq!(told["begin"].as_array().map(Vec::len), Some(1));
    let refused = ola.post("/duty/preview", duty.clone()).await;
    refused.refused(403, "missing_permission");
    assert_eq!(sam.get("/duty").await.ok()["shifts"], json!([]));
    sam.put("/duty", duty).await.ok();

    let window = Session::of(&desk, &ada).await;
    let fields = form(&window.page(path).await, path);
    assert_eq!(fields["shifts[0].until"], "00:00");
    // A shift whose end cannot be read keeps what was typed.
    let mut wrong = fields.clone();
    types(&mut wrong, &[("shifts[0].until", "soon")]);
    let refused = sends(&window, path, &wrong).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains("id=\"duty-shifts-0--until-error\""));
    let fields = presses(&window, path, fields, "remove shifts[0]").await;
    let told = sends(&window, path, &fields).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.text.contains("Nothing is saved yet."), "{}", told.text);
    let name = ola.name();
    assert!(
        told.text.contains(&format!("No longer on duty: {name}.")),
        "{}",
        told.text
    );
    assert!(
        told.text.contains("nobody would be on duty for 7 days"),
        "{}",
        told.text
    );
    let fields = form(&told, path);
    let saved = sends(&window, path, &fields).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    assert_eq!(ada.get("/duty").await.ok()["shifts"], json!([]));
}

async fn holidays_of_a_file_say_what_would_follow(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let waiting = dana.opens(high()).await;
    let rca = format!("/cases/{}/rca", waiting.number);
    dana.post(&rca, json!({})).await.created();
    dana.opens(medium()).await;
    let (api, path) = calendar(&desk).await;
    let path = format!("{path}/holidays");
    let day = |ahead: i64| {
        (desk.now() + TimeDelta::days(ahead))
            .format("%Y%m%d")
            .to_string()
    };
    let event = |uid: &str, day: &str| {
        format!(
            "BEGIN:VEVENT\nUID:{uid}\nSUMMARY:Day {uid}\nDTSTART;VALUE=DATE:{day}\nEND:VEVENT\n"
        )
    };
    let (soon, over, later) = (day(1), day(-30), day(60));
    let file = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\n{}{}{}END:VCALENDAR\n",
        event("1", &soon),
        event("2", &over),
        event("3", &later)
    );
    // Pasted in the place of a file.
    let window = Session::of(&desk, &ada).await;
    let shown = window
        .sends_file(&path, &[("pasted", &file)], ("ics", None))
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert!(shown.text.contains("Its days are over."), "{}", shown.text);
    assert!(
        shown.text.contains("Nothing is saved yet."),
        "{}",
        shown.text
    );
    let told = "One root cause analysis would be due later.";
    assert!(shown.text.contains(told), "{}", shown.text);
    let before = ada.get(&api).await.ok();
    assert_eq!(before["holidays"], json!([]));

    // Exactly what was shown is taken; other ticks are told of first.
    let taken = carried(&shown);
    assert!(taken.contains_key("take.0") && !taken.contains_key("take.1"));
    let send = async |fields: &Fields| {
        let fields: Vec<(&str, &str)> = (fields.iter())
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        window.sends_file(&path, &fields, ("ics", None)).await
    };
    let mut fewer = taken.clone();
    fewer.remove("take.2");
    let again = send(&fewer).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert!(again.text.contains(told), "{}", again.text);
    assert_eq!(ada.get(&api).await.ok(), before);
    let saved = send(&taken).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let kept = ada.get(&api).await.ok()["holidays"].clone();
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "{kept}");
}

/// What the form of the ticks of a file carries, and its ticks as they are set.
fn carried(page: &Answer) -> Fields {
    let form = elements(&page.text, "form").find(|form| form.contains("name=\"read_on\""));
    let form = form.expect("the ticks").replace("multipart/form-data", "");
    let form = Form::read(&form).expect("a form");
    let mut kept: Fields = (form.fields.iter())
        .filter_map(|(name, field)| Some((name.clone(), field.kept()?)))
        .collect();
    kept.remove("csrf_token");
    kept
}

async fn a_span_is_added_in_a_window(desk: Desk) {
    adds_a_span(&desk, Scripts::On).await;
}

async fn a_span_is_added_in_a_window_without_scripts(desk: Desk) {
    adds_a_span(&desk, Scripts::Off).await;
}

async fn adds_a_span(desk: &Desk, scripts: Scripts) {
    let ada = desk.person("ada");
    let Some(window) = signs_in(desk, scripts, &ada).await else {
        return;
    };
    let (api, path) = calendar(desk).await;
    window.goes_to(&desk.page(&path)).await;
    window.types("Name", " of all").await;
    window.presses("Add a span Saturday").await;
    window.pressable("Remove Saturday, span 1").await;
    // The new row has the focus, and is typed into as people there write times.
    let field = window.client.active_element().await.expect("the focus");
    field.send_keys("1000AM").await.expect("typed");
    let until = fantoccini::Locator::Css("[name='hours.sat[0].until']");
    let until = window.client.find(until).await.expect("the field");
    until.send_keys("0200PM").await.expect("typed");
    window.presses("Remove Monday, span 1").await;
    window
        .does_not_have("//input[@name='hours.mon[0].from']")
        .await;
    window.presses("Save").await;
    window.reads("The calendar was saved.").await;
    let saved: Value = ada.get(&api).await.ok();
    assert_eq!(saved["hours"]["sat"], json!(["10:00-14:00"]));
    assert_eq!(saved["hours"]["mon"], Value::Null);
    assert!(saved["name"].as_str().expect("a name").ends_with(" of all"));
    leaves(window).await;
}
