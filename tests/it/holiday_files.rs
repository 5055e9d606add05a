//! Holidays from an iCalendar file, by page: what the file has is shown, what is ticked is added.

use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::session::Session;

on_both_databases! { Desk:
    a_file_is_looked_through_and_what_is_ticked_is_added,
    a_file_is_looked_through_without_scripts,
    what_cannot_be_taken_is_refused_on_the_page,
    a_calendar_that_changed_meanwhile_is_looked_at_again,
    only_who_may_change_calendars_sends_a_file,
}

/// Two holidays, an observance, and a meeting.
const FILE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
    BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Day of the Land <b>&\r\nDTSTART;VALUE=DATE:20260704\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Boxing Day\r\nDTSTART;VALUE=DATE:20201226\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Carnival\r\nDTSTART;VALUE=DATE:20260217\r\nCATEGORIES:Observance\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:4\r\nSUMMARY:Summer party\r\nDTSTART:20260709T160000Z\r\nDTEND:20260709T200000Z\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

/// The address of the page, for the calendar that the lines follow.
async fn page(desk: &Desk) -> String {
    let calendars = desk.person("ada").get("/calendars").await.ok();
    let id = calendars["items"][0]["id"].as_str().expect("an id");
    format!("/admin/calendars/{id}/holidays")
}

/// The holidays of that calendar.
async fn holidays(desk: &Desk) -> Vec<String> {
    let calendars = desk.person("ada").get("/calendars").await.ok();
    let holidays = calendars["items"][0]["holidays"].as_array().cloned();
    let told = |holiday: &Value| match holiday {
        Value::String(date) => date.clone(),
        named => format!("{} {}", named["date"], named["name"]).replace('"', ""),
    };
    holidays.unwrap_or_default().iter().map(told).collect()
}

/// The value of a hidden field.
fn carried(answer: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = answer.text.split_once(&start).expect("the field");
    let value = rest.split('"').next().unwrap_or_default();
    let unescaped = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x3D;", "="),
        ("&amp;", "&"),
    ];
    unescaped
        .iter()
        .fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Whether the page has a tick of this field, and whether it is set.
fn tick(answer: &Answer, field: &str) -> Option<bool> {
    let start = format!("name=\"{field}\" value=\"on\"");
    let (_, rest) = answer.text.split_once(&start)?;
    Some(rest.starts_with(" checked"))
}

async fn a_file_is_looked_through_and_what_is_ticked_is_added(desk: Desk) {
    looks_through(&desk, Scripts::On).await;
}

async fn a_file_is_looked_through_without_scripts(desk: Desk) {
    looks_through(&desk, Scripts::Off).await;
}

async fn looks_through(desk: &Desk, scripts: Scripts) {
    let ada = desk.person("ada");
    let Some(window) = signs_in(desk, scripts, &ada).await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("holidays.ics");
    std::fs::write(&file, FILE).expect("written");
    let page = page(desk).await;
    let calendar = page.trim_end_matches("/holidays");

    window.goes_to(&desk.page(calendar)).await;
    window.presses("Take holidays from a file").await;
    window
        .types("Calendar file", &file.display().to_string())
        .await;
    window.presses("Show what it has").await;
    window.reads("Day of the Land <b>&").await;
    window.reads("every 26 December").await;
    window.reads("a day that people observe").await;
    window.reads("Summer party").await;
    window.reads("It does not last whole days.").await;
    assert_eq!(
        holidays(desk).await,
        Vec::<String>::new(),
        "nothing is saved yet"
    );

    // By keyboard: a space ticks what has the focus.
    window.ticks("Day of the Land").await;
    window.ticks("Carnival").await;
    window.presses("Add the ticked holidays").await;
    window.reads("New holidays: 2.").await;
    window.reads("every 26 December").await;
    let now = ["2026-02-17 Carnival", "--12-26 Boxing Day"];
    assert_eq!(holidays(desk).await, now);
    assert_eq!(window.complaints().await, Vec::<String>::new());

    // The same file again: what is there is said, and not ticked.
    window.goes_to(&desk.page(&page)).await;
    window
        .types("Calendar file", &file.display().to_string())
        .await;
    window.presses("Show what it has").await;
    window.reads("The calendar has this already.").await;
    assert_eq!(
        window.counts("//input[@type='checkbox'][@checked]").await,
        1
    );
    window.presses("Add the ticked holidays").await;
    window.reads("New holidays: 1.").await;
    let now = [
        "2026-02-17 Carnival",
        "2026-07-04 Day of the Land <b>&",
        "--12-26 Boxing Day",
    ];
    assert_eq!(holidays(desk).await, now);
    leaves(window).await;
}

async fn what_cannot_be_taken_is_refused_on_the_page(desk: Desk) {
    let window = Session::of(&desk, &desk.person("ada")).await;
    let page = page(&desk).await;
    let before = desk.rows();
    for (file, why) in [
        (None, "This is required."),
        (
            Some("SUMMARY:Day of the Land".as_bytes()),
            "This is not an iCalendar file.",
        ),
        (
            Some(&FILE.as_bytes()[..200]),
            "The file ends in the middle of a calendar",
        ),
        (
            Some(b"BEGIN:VCALENDAR\r\nX:\xfc\r\n"),
            "This file is not a text in UTF-8.",
        ),
        (
            Some(b"BEGIN:VCALENDAR\r\nX:\0\r\n"),
            "This file is not a text in UTF-8.",
        ),
    ] {
        let answer = window.sends_file(&page, &[], ("ics", file)).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert!(answer.text.contains(why), "{why}: {}", answer.text);
        assert!(
            answer.text.contains("aria-invalid=\"true\""),
            "it is said at the field"
        );
    }
    let large = vec![b'x'; 3 * 1024 * 1024];
    let answer = window.sends_file(&page, &[], ("ics", Some(&large))).await;
    assert_eq!(answer.status, 413, "{answer:?}");

    // Nothing is ticked: it is said, and the file need not be chosen again.
    let shown = window
        .sends_file(&page, &[], ("ics", Some(FILE.as_bytes())))
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let ticks = ["take.0", "take.1", "take.2"].map(|field| tick(&shown, field));
    assert_eq!(
        ticks,
        [Some(true), Some(true), Some(false)],
        "an observance is offered, no more"
    );
    assert_eq!(tick(&shown, "take.3"), None);
    let ics = carried(&shown, "ics");
    assert_eq!(ics, FILE);
    let fields = ["read_on", "version"].map(|name| (name, carried(&shown, name)));
    let mut fields: Vec<(&str, &str)> = (fields.iter())
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fields.push(("ics", &ics));
    let answer = window.sends_file(&page, &fields, ("ics", None)).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(
        answer.text.contains("Tick at least one event."),
        "{}",
        answer.text
    );
    assert_eq!(tick(&answer, "take.0"), Some(false), "as it was sent");
    desk.is_unchanged_since(&before, "a file that is only looked at");
}

async fn a_calendar_that_changed_meanwhile_is_looked_at_again(desk: Desk) {
    let ada = desk.person("ada");
    let window = Session::of(&desk, &ada).await;
    let page = page(&desk).await;
    let shown = window
        .sends_file(&page, &[], ("ics", Some(FILE.as_bytes())))
        .await;
    let (ics, read_on, old) = (
        carried(&shown, "ics"),
        carried(&shown, "read_on"),
        carried(&shown, "version"),
    );

    // Somebody else adds holidays in between.
    let path = page.trim_start_matches("/admin");
    let other = FILE.replace("20260704", "20260705");
    ada.post(path, serde_json::json!({ "ics": other }))
        .await
        .ok();
    let fields = [
        ("ics", ics.as_str()),
        ("read_on", &read_on),
        ("version", &old),
        ("take.0", "on"),
    ];
    let answer = window.sends_file(&page, &fields, ("ics", None)).await;
    assert_eq!(answer.status, 412, "{answer:?}");
    assert!(
        answer
            .text
            .contains("Somebody has changed this since you opened it.")
    );
    assert!(!answer.text.contains("ETag"), "that is said to programs");
    assert!(
        !holidays(&desk)
            .await
            .iter()
            .any(|day| day.starts_with("2026-07-04"))
    );
    let ticks = ["take.0", "take.1", "take.2"].map(|field| tick(&answer, field));
    assert_eq!(
        ticks,
        [Some(true), Some(false), Some(false)],
        "the ticks are kept"
    );
    assert!(
        answer.text.contains("The calendar has this already."),
        "{}",
        answer.text
    );
    let new = carried(&answer, "version");
    let fields = [
        ("ics", ics.as_str()),
        ("read_on", &read_on),
        ("version", &new),
        ("take.0", "on"),
    ];
    let answer = window.sends_file(&page, &fields, ("ics", None)).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(
        holidays(&desk)
            .await
            .iter()
            .any(|day| day.starts_with("2026-07-04"))
    );
}

async fn only_who_may_change_calendars_sends_a_file(desk: Desk) {
    let page = page(&desk).await;
    let before = desk.rows();
    for (person, status) in [("mona", 403), ("dana", 404)] {
        let window = Session::of(&desk, &desk.person(person)).await;
        let answer = window.page(&page).await;
        assert_eq!(answer.status, status, "{person}: {answer:?}");
        let says = answer.text.contains("Add and change business calendars.");
        assert_eq!(says, status == 403, "what is missing is said in words");
        let answer = window
            .sends_file(&page, &[("take.0", "on")], ("ics", Some(FILE.as_bytes())))
            .await;
        assert_eq!(answer.status, status, "{person}: {answer:?}");
    }
    // A form of somebody else's page, and one of nobody.
    let ours = Session::of(&desk, &desk.person("ada")).await;
    let answer = ours
        .with_token("of-another-page")
        .sends_file(&page, &[], ("ics", Some(FILE.as_bytes())))
        .await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let calendars =
        |rows: &std::collections::BTreeMap<String, Vec<String>>| rows.get("calendars").cloned();
    assert_eq!(calendars(&before), calendars(&desk.rows()));
}
