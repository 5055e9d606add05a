//! What the case page tells and offers: what was decided, what each remedy opens, and what is asked before it is done.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::browser::{Browser, Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::form::text_of;
use crate::support::markup::tags;
use crate::support::paired::{administrators, id_of, pairs};
use crate::support::person::{high, low, medium};
use crate::support::session::Session;
use crate::support::waiting::until;

on_both_databases! { Desk:
    a_decline_says_why_and_what_to_do_instead,
    a_closed_escalation_asks_for_its_rating,
    somebody_else_is_asked_for_it_where_whoever_raised_it_is_gone,
    what_was_reported_stands_first_and_the_composer_before_the_newest,
    each_remedy_opens_what_it_names,
    somebody_reads_in_several_windows_at_one_instant,
    nothing_is_said_of_a_step_by_one_click,
    taking_an_escalation_back_is_not_the_main_thing_to_do,
    nothing_that_decides_is_chosen_before_somebody_does,
    the_page_of_an_escalation_is_live,
    the_queue_and_the_list_of_cases_are_live,
    the_radar_is_live,
    people_and_tutorials_are_live,
    reports_are_live,
    lines_and_relationships_are_live,
    rows_of_lists_are_low,
    no_page_moves_sideways,
}

async fn a_decline_says_why_and_what_to_do_instead(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    ola.declines(&escalation, &["low_priority"]).await;
    let path = format!("/cases/{}", case.number);
    let her = Session::of(&desk, &dana).await;
    let page = her.page(&path).await.text;
    for told in [
        "E-000001 was declined.",
        "The case has low priority.",
        "Ask for medium priority on the case page.",
    ] {
        assert_eq!(
            page.matches(told).count(),
            2,
            "on top and in the feed: {told}"
        );
    }
    // A colleague says that he has read it: on his page it stays in the feed alone.
    let carl = desk.person("carl");
    let his = Session::of(&desk, &carl).await;
    his.sends(&format!("{path}/read"), &[]).await;
    let page = his.page(&path).await.text;
    assert_eq!(page.matches("E-000001 was declined.").count(), 1);
    let page = her.page(&path).await.text;
    assert_eq!(page.matches("E-000001 was declined.").count(), 2);
    // Once she has answered she has read it; in the feed it stays.
    desk.passes(TimeDelta::minutes(1));
    dana.writes(&case, "Understood.").await;
    let page = her.page(&path).await.text;
    assert_eq!(page.matches("E-000001 was declined.").count(), 1);
    let staff = Session::of(&desk, &ola).await.page(&path).await.text;
    assert_eq!(staff.matches("E-000001 was declined.").count(), 1);
}

async fn a_closed_escalation_asks_for_its_rating(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "medium").await;
    ola.does(
        &escalation,
        "close",
        json!({ "outcome": "Solved", "summary": "Rolled back." }),
    )
    .await
    .ok();
    let path = format!("/cases/{}", case.number);
    let her = Session::of(&desk, &dana).await;
    let page = her.page(&path).await.text;
    assert!(page.contains("E-000001 was closed: Solved"), "{page}");
    assert!(
        page.contains("href=\"/escalations/E-000001?do&#x3D;rate#do\""),
        "{page}"
    );
    let rated = her
        .sends(
            "/escalations/E-000001/rating",
            &[("score", "4"), ("comment", "")],
        )
        .await;
    assert_eq!(rated.status, 303, "{}", rated.text);
    let page = her.page(&path).await.text;
    assert!(!page.contains("How was it handled?"), "{page}");
}

async fn somebody_else_is_asked_for_it_where_whoever_raised_it_is_gone(desk: Desk) {
    let (ada, dana, ola) = (desk.person("ada"), desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "medium").await;
    let close = json!({ "outcome": "Solved", "summary": "Rolled back." });
    ola.does(&escalation, "close", close).await.ok();
    let owner = Session::of(&desk, &ola).await;
    let panel = "/escalations/E-000001?do=ask_rater";
    let page = owner.page(panel).await.text;
    assert!(!page.contains("/escalations/E-000001/rater"), "{page}");
    let gone = format!("/users/{}", id_of(&dana).await);
    ada.patch(&gone, json!({ "disabled": true })).await.ok();
    let page = owner.page(panel).await.text;
    assert!(page.contains("/escalations/E-000001/rater"), "{page}");
    let carl = "carl@acme.test";
    let asked = owner
        .sends("/escalations/E-000001/rater", &[("rater", carl)])
        .await;
    assert_eq!(asked.status, 303, "{}", asked.text);
    let page = Session::of(&desk, &desk.person("carl")).await;
    let page = page.page(&format!("/cases/{}", case.number)).await.text;
    assert!(
        page.contains("href=\"/escalations/E-000001?do&#x3D;rate#do\""),
        "{page}"
    );
}

async fn what_was_reported_stands_first_and_the_composer_before_the_newest(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "We look into it.").await;
    let page = Session::of(&desk, &eve).await;
    let page = page.page(&format!("/cases/{}", case.number)).await.text;
    let at = |text: &str| {
        page.find(text)
            .unwrap_or_else(|| panic!("no {text}: {page}"))
    };
    let order = [
        at("id=\"case-feed\""),
        at("Since this morning, no payment is booked."),
        at("id=\"write-body\""),
        at("We look into it."),
    ];
    assert!(order.is_sorted(), "{order:?}");
}

/// Wherever something is in the way of an escalation and the page says what to do, it leads to what does it.
async fn each_remedy_opens_what_it_names(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let closed = dana.opens(medium()).await;
    dana.closes(&closed).await.ok();
    let harmless = dana.opens(high().with("business_impact", "none")).await;
    desk.passes(TimeDelta::hours(25));
    let minor = dana.opens(low()).await;
    let active = dana.opens(medium()).await;
    dana.escalates(&active, "no_update").taken().await;
    let her = Session::of(&desk, &dana).await;
    for (case, remedy, opens) in [
        (&closed, "Reopen the case", "Why it is reopened"),
        (
            &harmless,
            "State the business impact",
            "State the business impact</h2>",
        ),
        (
            &minor,
            "Change the priority",
            "Why it needs a higher priority",
        ),
        (&active, "See the escalation", "id=\"request\""),
    ] {
        let page = her.page(&format!("/cases/{}", case.number)).await.text;
        let href = link(&page, remedy);
        let path = href.split('#').next().unwrap_or_default();
        let opened = her.page(path).await;
        assert!(opened.text.contains(opens), "{remedy}: {}", opened.text);
    }
    // What was asked for is not asked for again.
    dana.post(
        &format!("/cases/{}/priority-requests", minor.number),
        json!({ "priority": "medium", "note": "It spreads." }),
    )
    .await
    .created();
    let page = her.page(&format!("/cases/{}", minor.number)).await.text;
    assert!(!page.contains(">Change the priority<"), "{page}");
    assert!(page.contains("Medium priority is asked for"), "{page}");
    // Support alone raises to high: there is no form for it, and the page says how (C5).
    let version = eve.sees(&harmless).await["version"].to_string();
    let stated = [
        ("panel", "state_impact"),
        ("business_impact", "significant"),
        ("version", version.as_str()),
    ];
    let changed = her
        .sends(&format!("/cases/{}", harmless.number), &stated)
        .await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    let impact = eve.sees(&harmless).await["business_impact"].clone();
    assert_eq!(impact, "significant");
    let late = her
        .page(&format!("/cases/{}?do=ask_priority", harmless.number))
        .await;
    assert!(
        late.text.contains("is no longer possible on the case"),
        "{}",
        late.text
    );
}

/// Where the link of these words leads.
fn link(page: &str, words: &str) -> String {
    let end = page.find(&format!(">{words}</a>"));
    let end = end.unwrap_or_else(|| panic!("no {words}: {page}"));
    let begin = page[..end].rfind("<a ").expect("a link");
    text_of(&page[begin..end], "href").expect("an address")
}

async fn somebody_reads_in_several_windows_at_one_instant(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let hers = Session::of(&desk, &dana).await;
    let path = format!("/cases/{}", case.number);
    for round in 0..8 {
        eve.writes(&case, &format!("We look into it, {round}."))
            .await;
        desk.passes(TimeDelta::seconds(1));
        let windows = (0..8).map(|_| hers.page(&path));
        for page in join_all(windows).await {
            assert_eq!(page.status, 200, "{page:?}");
        }
    }
}

/// The customer is told at once: so it is said before, and done by a button that says it.
async fn nothing_is_said_of_a_step_by_one_click(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let due_at = (desk.now() + TimeDelta::hours(3)).to_rfc3339();
    let step = json!({ "what": "Packet capture analysed", "who": "Eve Hart", "due_at": due_at });
    let path = format!("/cases/{}/next-steps", case.number);
    eve.post(&path, step).await.created();
    let Some(hers) = signs_in(&desk, Scripts::Off, &eve).await else {
        return;
    };
    hers.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    hers.presses("Missed").await;
    hers.reads(
        "“Packet capture analysed” was not done in time. The customer is told by mail at once",
    )
    .await;
    hers.presses("Cancel").await;
    hers.presses("Done").await;
    hers.reads("“Packet capture analysed” is done.").await;
    hers.presses("Tell them it is done").await;
    hers.reads("The next step is done.").await;
    leaves(hers).await;
}

async fn taking_an_escalation_back_is_not_the_main_thing_to_do(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(medium()).await;
    dana.escalates(&case, "no_update").taken().await;
    let her = Session::of(&desk, &dana).await;
    for path in [
        format!("/cases/{}", case.number),
        "/escalations/E-000001".to_owned(),
    ] {
        let page = her.page(&path).await.text;
        let foot = &page[page.find("data-foot").expect("a foot")..];
        let withdraw = tags(foot, "a").find(|tag| tag.contains("withdraw"));
        let withdraw = withdraw.unwrap_or_else(|| panic!("no way back on {path}: {foot}"));
        assert!(!withdraw.contains("primary"), "{withdraw}");
    }
    let page = her.page("/escalations/E-000001").await.text;
    assert!(
        page.contains("href=\"#answer-body\">Answer support"),
        "{page}"
    );
}

/// Priority, impact and deployment decide what a case gets: whoever opens it says them.
async fn nothing_that_decides_is_chosen_before_somebody_does(desk: Desk) {
    let dana = desk.person("dana");
    let her = Session::of(&desk, &dana).await;
    let page = her.page("/cases/new").await.text;
    let chosen: Vec<&str> = tags(&page, "input")
        .filter(|tag| tag.contains("type=\"radio\"") && tag.contains(" checked"))
        .collect();
    assert_eq!(chosen, Vec::<&str>::new());
    let asked: BTreeSet<String> = tags(&page, "input")
        .filter(|tag| tag.contains("type=\"radio\""))
        .filter_map(|tag| text_of(tag, "name"))
        .collect();
    let all = ["business_impact", "deployment", "priority"].map(String::from);
    assert_eq!(asked, all.into());
    let refused = her
        .sends(
            "/cases",
            &[("subject", "It fails"), ("description", "Since noon.")],
        )
        .await;
    assert_eq!(refused.status, 422);
    // At each field, and in the summary, which leads there.
    assert_eq!(refused.text.matches("This is required.").count(), 6);
}

async fn the_page_of_an_escalation_is_live(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    her.goes_to(&desk.page("/escalations/E-000001")).await;
    her.types("Write to the escalation feed", "Any news?").await;
    ola.claims(&escalation).await;
    her.reads("Ola Berg took E-000001 for review").await;
    let typed = her.field("Write to the escalation feed").await;
    let text = typed.prop("value").await.expect("a value");
    assert_eq!(text.as_deref(), Some("Any news?"));
    leaves(her).await;
}

async fn the_queue_and_the_list_of_cases_are_live(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &ola).await else {
        return;
    };
    hers.goes_to(&desk.page("/escalations")).await;
    desk.passes(TimeDelta::minutes(1));
    dana.escalates(&case, "no_update").taken().await;
    hers.reads("E-000001").await;
    hers.goes_to(&desk.page("/cases")).await;
    hers.types("Search", "gateway").await;
    desk.passes(TimeDelta::minutes(1));
    let other = dana.opens(medium()).await;
    hers.reads("1 changed").await;
    hers.does_not_read(&other.number).await;
    hers.presses("Show").await;
    hers.reads(&other.number).await;
    // What she was about to look for stays.
    let typed = hers.field("Search").await.prop("value").await;
    assert_eq!(typed.expect("a value").as_deref(), Some("gateway"));
    leaves(hers).await;
}

async fn the_radar_is_live(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(20));
    let Some(his) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    his.goes_to(&desk.page("/radar?hours=4")).await;
    his.reads(&case.number).await;
    eve.writes(&case, "We are on it.").await;
    his.presses("Show").await;
    his.reads("Nothing in sight").await;
    his.does_not_read(&case.number).await;
    leaves(his).await;
}

/// Notes on the page that it was there; a page that was opened anew knows nothing of it.
const STAYS: &str = "window.stays = true; return true;";
const STAYED: &str = "return window.stays === true;";

async fn people_and_tutorials_are_live(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let Some(hers) = signs_in(&desk, Scripts::On, &ada).await else {
        return;
    };
    let id = id_of(&dana).await;
    hers.goes_to(&desk.page("/admin/people")).await;
    hers.does_not_read("Colemann").await;
    hers.runs(STAYS).await;
    // Her focus is on the row that changes, and stays there.
    let row = format!("document.querySelector('a.row[href$=\"{id}\"]').focus(); return true;");
    hers.runs(&row).await;
    desk.passes(TimeDelta::minutes(1));
    let named = json!({ "last_name": "Colemann" });
    ada.patch(&format!("/users/{id}"), named).await.ok();
    hers.reads("Colemann").await;
    let focused = format!("return document.activeElement.matches('a.row[href$=\"{id}\"]');");
    hers.becomes(&focused, &json!(true)).await;
    hers.becomes(STAYED, &json!(true)).await;
    let starts_at = desk.now() + TimeDelta::days(2);
    let lesson = json!({
        "title": "Routing", "body": "How calls are routed.", "audience": { "to": "everyone" },
        "starts_at": starts_at.to_rfc3339(), "ends_at": (starts_at + TimeDelta::hours(1)).to_rfc3339(),
        "time_zone": "Europe/Berlin", "places": 1, "place_or_link": "Room 4",
    });
    let made = ada.post("/tutorials", lesson).await.created();
    let tutorial = format!("/tutorials/{}", made["id"].as_str().expect("an id"));
    hers.goes_to(&desk.page(&tutorial)).await;
    hers.does_not_read("Dana Colemann").await;
    // What she types meanwhile stays.
    hers.types("Title", " of calls").await;
    desk.passes(TimeDelta::minutes(1));
    dana.post(&format!("{tutorial}/registrations"), json!({}))
        .await
        .ok();
    hers.reads("Dana Colemann").await;
    assert_eq!(hers.value("Title").await, "Routing of calls");
    leaves(hers).await;
    desk.mailbox().await;
}

async fn reports_are_live(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &ola).await else {
        return;
    };
    hers.goes_to(&desk.page("/reports")).await;
    hers.runs(STAYS).await;
    let first =
        "const first = document.querySelector('.reports .scroll'); first.focus(); return first.id;";
    let focused = hers.runs(first).await;
    let figures = "return document.querySelector('.reports').textContent;";
    let before = hers.runs(figures).await;
    desk.passes(TimeDelta::minutes(1));
    dana.escalates(&case, "no_update").taken().await;
    until("the report counts it", async || {
        hers.runs(figures).await != before
    })
    .await;
    hers.becomes("return document.activeElement.id;", &focused)
        .await;
    hers.becomes(STAYED, &json!(true)).await;
    leaves(hers).await;
}

async fn lines_and_relationships_are_live(desk: Desk) {
    let (ada, (abel, pia, _)) = (desk.person("ada"), administrators(&desk).await);
    let Some(hers) = signs_in(&desk, Scripts::On, &ada).await else {
        return;
    };
    hers.goes_to(&desk.page("/admin/lines")).await;
    desk.passes(TimeDelta::minutes(1));
    let line = json!({ "name": "Cards", "parent": "Payments" });
    ada.post("/lines-of-business", line).await.created();
    hers.reads("1 changed").await;
    hers.does_not_read("Cards").await;
    hers.presses("Show").await;
    hers.reads("Cards").await;
    leaves(hers).await;
    let Some(his) = signs_in(&desk, Scripts::On, &abel).await else {
        return;
    };
    his.goes_to(&desk.page("/relationships")).await;
    his.does_not_read("Initech").await;
    his.runs(STAYS).await;
    desk.passes(TimeDelta::minutes(1));
    pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
    his.reads("Initech Partners").await;
    his.becomes(STAYED, &json!(true)).await;
    leaves(his).await;
    desk.mailbox().await;
}

/// A row of a list is 36 to 44 pixels high, with its line, and so is what was recorded.
async fn rows_of_lists_are_low(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    for subject in [
        "Calls drop",
        "Agents lose audio 30 seconds into outbound calls",
    ] {
        let case = dana.opens(medium().about(subject)).await;
        dana.escalates(&case, "no_update").taken().await;
    }
    let Some(window) = signs_in(&desk, Scripts::On, &ada).await else {
        return;
    };
    window.is_so_wide(1280).await;
    for (page, rows) in [
        ("/cases", "tr[data-row]"),
        ("/escalations", "tr[data-row]"),
        ("/admin/people", "tr[data-row]"),
        ("/admin/audit", ".event"),
    ] {
        window.goes_to(&desk.page(page)).await;
        let script = format!(
            "const heights = [...document.querySelectorAll('{rows}')].map((row) => row.getBoundingClientRect().height); \
            heights.sort((a, b) => a - b); \
            return [heights[0] ?? 0, heights[Math.floor(heights.length / 2)] ?? 0];"
        );
        let heights = window.runs(&script).await;
        let height = |index: usize| heights[index].as_f64().unwrap_or_default();
        assert!(height(0) >= 30.0 && height(1) <= 46.0, "{page}: {heights}");
    }
    leaves(window).await;
}

/// Names that no layout likes.
const ORGANIZATION: &str =
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH";
const SUBJECT: &str =
    "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzesverordnung gilt nicht";

/// From the narrowest telephone to a wide screen, whoever looks, with the longest names.
async fn no_page_moves_sideways(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let organization = json!({ "name": ORGANIZATION });
    let acme = ada.get("/organizations/acme").await.ok();
    let path = format!("/organizations/{}", acme["id"].as_str().expect("an id"));
    ada.patch(&path, organization).await.ok();
    let case = dana.opens(medium().about(SUBJECT)).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let ola = desk.person("ola");
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "high").await;
    let of_case = format!("/cases/{}", case.number);
    for (person, pages) in [
        (
            &ada,
            vec![
                "/cases",
                "/escalations",
                "/escalations/E-000001",
                "/escalations/E-000001?do=close",
                of_case.as_str(),
                "/cases/new",
                "/admin/people",
                "/account",
            ],
        ),
        (
            &dana,
            vec![
                "/cases",
                "/cases/new",
                of_case.as_str(),
                "/escalations/E-000001",
            ],
        ),
    ] {
        let Some(window) = signs_in(&desk, Scripts::On, person).await else {
            return;
        };
        for page in pages {
            for width in [320, 360, 721, 800, 960, 1280] {
                window.is_so_wide(width).await;
                window.goes_to(&desk.page(page)).await;
                let moves = sideways(&window).await;
                assert!(moves.is_empty(), "{page} at {width}: {moves}");
            }
        }
        leaves(window).await;
    }
}

/// What makes a page move sideways; empty if nothing does.
async fn sideways(window: &Browser) -> String {
    let script = "const wide = document.documentElement.scrollWidth, room = innerWidth; \
        if (wide <= room) return ''; \
        return wide + ': ' + [...document.querySelectorAll('body *')] \
            .filter((one) => one.getBoundingClientRect().right > room + 1) \
            .slice(0, 5).map((one) => one.tagName + '.' + one.className).join(' ');";
    let found = window.client.execute(script, Vec::new()).await;
    found.expect("run").as_str().unwrap_or_default().to_owned()
}
