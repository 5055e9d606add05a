//! What a browser adds to the pages: keys, the rank picked on its matrix, answers that are put in, words and choices that stay,
//! lists and titles that tell what happens, files that are pasted and dropped, and a connection that breaks.

use std::time::Duration;

use chrono::TimeDelta;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::support::browser::{
    Browser, Engine, Scripts, in_both_browsers, leaves, signs_in, signs_in_with,
};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Person, high, medium};
use crate::support::proxy::{Network, Proxy};

in_both_browsers! {
    keys_lead_through_a_list,
    keys_lead_through_the_first_page,
    keys_lead_from_page_to_page,
    keys_decide_an_escalation,
    the_rank_is_picked_on_the_matrix,
    a_template_comes_to_where_one_writes,
    what_is_begun_outlives_a_reload,
}

on_both_databases! { Desk:
    columns_are_ticked_and_stay,
    a_row_that_changes_keeps_its_tick_and_the_focus,
    files_are_pasted_and_dropped,
    a_file_that_is_not_taken_is_not_sent,
    a_stream_that_broke_off_tells_what_was_missed,
    titles_count_what_waits_and_what_is_new,
}

/// The subjects of a list, in its order.
const ROWS: &str =
    "return [...document.querySelectorAll('[data-list] a.row')].map((one) => one.textContent)";
/// What is written on whatever has the focus.
const FOCUS: &str = "return document.activeElement?.textContent";
/// What whatever has the focus is called.
const FIELD: &str = "return document.activeElement?.name";
/// How many rows are chosen.
const CHOSEN: &str = "return document.querySelectorAll('[data-list] .pick:checked').length";
/// The pair of importance and urgency that is picked.
const PICKED: &str = "return document.querySelector('[name=ranking]:checked')?.value ?? ''";

async fn comes(desk: &Desk, engine: Engine, person: &Person) -> Option<Browser> {
    signs_in_with(desk, engine, Scripts::On, person).await
}

async fn keys_lead_through_a_list(desk: Desk, engine: Engine) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    dana.opens(high().about("The first one")).await;
    desk.passes(TimeDelta::minutes(1));
    dana.opens(high().about("The second one")).await;
    let Some(hers) = comes(&desk, engine, &eve).await else {
        return;
    };
    let list = desk.page("/cases");
    hers.goes_to(&list).await;
    let rows = hers.runs(ROWS).await;
    assert_eq!(rows.as_array().map(Vec::len), Some(2), "{rows}");
    // Down to its end, which is where one stays, and up again.
    for (key, row) in [("j", 0), ("j", 1), ("j", 1), ("k", 0), ("k", 0)] {
        hers.keys(key).await;
        hers.becomes(FOCUS, &rows[row]).await;
    }
    for chosen in [1, 0] {
        hers.keys("x").await;
        hers.becomes(CHOSEN, &json!(chosen)).await;
    }
    // Who has chosen none means the row in focus.
    hers.keys("e").await;
    let acts = "return [document.getElementById('acts').open, document.activeElement.tagName, document.activeElement.form.id]";
    hers.becomes(acts, &json!([true, "SELECT", "act"])).await;
    hers.becomes(CHOSEN, &json!(1)).await;
    hers.goes_to(&list).await;
    hers.keys("k").await;
    hers.becomes(FOCUS, &rows[1]).await;
    hers.keys(&Key::Enter).await;
    hers.reads("Case feed").await;
    hers.reads(rows[1].as_str().expect("a subject")).await;
    leaves(hers).await;

    // Who may only escalate, escalates.
    let her = comes(&desk, engine, &dana).await.expect("a window");
    her.goes_to(&list).await;
    her.keys("j").await;
    her.becomes(FOCUS, &her.runs(ROWS).await[0]).await;
    her.keys("e").await;
    her.arrives("/escalate").await;
    leaves(her).await;
    desk.mailbox().await;
}

async fn keys_lead_through_the_first_page(desk: Desk, engine: Engine) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (first, second) = ("The first one", "The second one");
    dana.opens(high().about(first)).await;
    desk.passes(TimeDelta::minutes(1));
    let case = dana.opens(high().about(second)).await;
    let Some(hers) = comes(&desk, engine, &eve).await else {
        return;
    };
    hers.goes_to(&desk.page("/")).await;
    for (key, row) in [
        ("j", first),
        ("j", second),
        ("j", second),
        ("k", first),
        ("j", second),
    ] {
        hers.keys(key).await;
        hers.becomes(FOCUS, &json!(row)).await;
    }
    // Nobody owns it, so that the one act of its row is to take it.
    hers.keys("e").await;
    hers.reads("The case is yours.").await;
    assert_eq!(eve.sees(&case).await["owner"]["name"], eve.name());
    leaves(hers).await;
    desk.mailbox().await;
}

async fn keys_lead_from_page_to_page(desk: Desk, engine: Engine) {
    let Some(hers) = comes(&desk, engine, &desk.person("ola")).await else {
        return;
    };
    hers.goes_to(&desk.page("/")).await;
    for (keys, page) in [("gc", "/cases"), ("gq", "/escalations"), ("gh", "/")] {
        hers.keys(keys).await;
        hers.arrives(page).await;
    }
    let told = "return document.getElementById('keys').open";
    hers.keys("?").await;
    hers.becomes(told, &json!(true)).await;
    hers.reads("claim, accept, decline, assign an escalation")
        .await;
    // Whoever reads about keys does not press them.
    hers.keys("gc").await;
    hers.keys(&Key::Escape).await;
    hers.becomes(told, &json!(false)).await;
    hers.arrives("/").await;
    // A key is a letter where one types.
    hers.keys("/").await;
    hers.becomes(FIELD, &json!("q")).await;
    hers.keys("gc?").await;
    hers.becomes("return document.activeElement.value", &json!("gc?"))
        .await;
    hers.arrives("/").await;
    leaves(hers).await;
}

async fn keys_decide_an_escalation(desk: Desk, engine: Engine) {
    let (dana, ola, sam) = (desk.person("dana"), desk.person("ola"), desk.person("sam"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let page = desk.page(&format!("/escalations/{}", escalation.number));

    let Some(his) = comes(&desk, engine, &sam).await else {
        return;
    };
    his.goes_to(&page).await;
    his.keys("s").await;
    his.arrives("?do=assign#do").await;
    his.becomes(FIELD, &json!("owner")).await;
    leaves(his).await;

    // On the queue, a key is meant for the row in focus.
    let hers = comes(&desk, engine, &ola).await.expect("a window");
    hers.goes_to(&desk.page("/escalations")).await;
    hers.keys("j").await;
    hers.becomes(FOCUS, &hers.runs(ROWS).await[0]).await;
    hers.keys("c").await;
    hers.reads("E-000001 is yours to review.").await;
    hers.arrives("/escalations/E-000001").await;
    hers.keys("d").await;
    hers.arrives("?do=decline#do").await;
    hers.becomes("return document.activeElement.type", &json!("checkbox"))
        .await;
    // What is open is gone back to.
    hers.goes_to(&format!("{page}?do=accept")).await;
    hers.keys("a").await;
    hers.becomes(FIELD, &json!("ranking")).await;
    hers.goes_to(&page).await;
    hers.keys("a").await;
    hers.arrives("?do=accept#do").await;
    hers.becomes(FIELD, &json!("ranking")).await;
    leaves(hers).await;
    assert_eq!(ola.sees_escalation(&escalation).await["state"], "in_review");
    desk.mailbox().await;
}

async fn the_rank_is_picked_on_the_matrix(desk: Desk, engine: Engine) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let Some(hers) = comes(&desk, engine, &ola).await else {
        return;
    };
    let page = format!("/escalations/{}?do=accept", escalation.number);
    hers.goes_to(&desk.page(&page)).await;
    hers.becomes(PICKED, &json!("")).await;
    // By the mouse, on any of the nine.
    for (hint, pair) in [
        ("low importance, low urgency", "low-low"),
        ("medium importance, high urgency", "medium-high"),
    ] {
        hers.chooses("Importance and urgency", hint).await;
        hers.becomes(PICKED, &json!(pair)).await;
    }
    // By the keyboard, which goes on from what is picked, along a row and to the next one.
    for (key, pair) in [
        (Key::Right, "medium-medium"),
        (Key::Down, "medium-low"),
        (Key::Down, "low-high"),
        (Key::Up, "medium-low"),
    ] {
        hers.keys(&key).await;
        hers.becomes(PICKED, &json!(pair)).await;
    }
    hers.types("Reply to the requester", "We are on it.").await;
    hers.types("What", "A new part").await;
    hers.types("Who", "The carrier").await;
    hers.proposes("Next business day").await;
    hers.confirms("Accept and reply").await;
    hers.reads("E-000001 was accepted.").await;
    let accepted = ola.sees_escalation(&escalation).await;
    assert_eq!(
        (&accepted["importance"], &accepted["urgency"]),
        (&json!("medium"), &json!("low"))
    );
    leaves(hers).await;
    desk.mailbox().await;
}

async fn a_template_comes_to_where_one_writes(desk: Desk, engine: Engine) {
    let (dana, ola, eve) = (desk.person("dana"), desk.person("ola"), desk.person("eve"));
    let keeps = async |name: &str, purpose: &str, body: &str| {
        let template = json!({ "name": name, "purpose": purpose, "language": "en", "body": body });
        let sam = desk.person("sam");
        sam.post("/templates", template).await.created();
    };
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let body = "Dear {{contact.first_name}}, you are right.";
    keeps("Right", "accept", body).await;
    let Some(hers) = comes(&desk, engine, &ola).await else {
        return;
    };
    let page = format!("/escalations/{}?do=accept", escalation.number);
    hers.goes_to(&desk.page(&page)).await;
    hers.picks("Template", "Right (English)").await;
    hers.presses("Insert").await;
    let filled = "return document.getElementById('do-reply').value";
    hers.becomes(filled, &json!("Dear Dana, you are right."))
        .await;
    leaves(hers).await;

    // Into what is written already, and with what it could not fill in.
    let body = "Thank you, {{contact.first_name}}. Yours is {{case.external_id}}.";
    keeps("Thanks", "reply", body).await;
    let hers = comes(&desk, engine, &eve).await.expect("a window");
    hers.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    hers.types("Write to the case feed", "Hello.").await;
    hers.picks("Template", "Thanks (English)").await;
    hers.presses("Insert").await;
    let text = "Hello.\n\nThank you, Dana. Yours is {{case.external_id}}.";
    let written = "return document.getElementById('write-body').value";
    hers.becomes(written, &json!(text)).await;
    hers.reads("Not filled in").await;
    // She goes on where it ends, and nothing was sent meanwhile.
    hers.becomes("return document.activeElement.id", &json!("write-body"))
        .await;
    hers.keys("!").await;
    hers.becomes(written, &json!(format!("{text}!"))).await;
    let entries = eve.case_feed(&case).await;
    assert!(
        !entries.iter().any(|one| one["body"]
            .as_str()
            .is_some_and(|body| body.contains("Hello"))),
        "{entries:#?}"
    );
    leaves(hers).await;
    desk.mailbox().await;
}

async fn what_is_begun_outlives_a_reload(desk: Desk, engine: Engine) {
    let dana = desk.person("dana");
    let case = dana.opens(medium()).await;
    dana.escalates(&case, "no_update").taken().await;
    let Some(her) = comes(&desk, engine, &dana).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    let places = [
        ("Write to the case feed", "The second trunk"),
        ("Write to the escalation feed", "By noon, please"),
    ];
    for (label, words) in places {
        her.types(label, words).await;
    }
    let kept =
        "return [...document.querySelectorAll('[data-draft]')].map((one) => one.textContent)";
    let both = json!(["Draft kept.", "Draft kept."]);
    her.becomes(kept, &both).await;
    her.reloads().await;
    for (label, words) in places {
        assert_eq!(her.value(label).await, words);
    }
    // It is sent as it is, and the other one stays.
    her.posts("Write to the escalation feed", "!").await;
    her.reads("By noon, please!").await;
    assert_eq!(her.value("Write to the escalation feed").await, "");
    assert_eq!(
        her.value("Write to the case feed").await,
        "The second trunk"
    );
    leaves(her).await;
    desk.mailbox().await;
}

async fn columns_are_ticked_and_stay(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    dana.opens(high()).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    // Whether the list has a column for the priority, and one for the line of business.
    let heads = "const heads = [...document.querySelectorAll('thead th')].map((one) => one.textContent.trim()); \
        return ['Priority', 'Line of business'].map((name) => heads.includes(name))";
    let list = desk.page("/cases");
    hers.goes_to(&list).await;
    hers.becomes(heads, &json!([true, false])).await;
    hers.unfolds("Columns").await;
    hers.ticks("Priority").await;
    hers.ticks("Line of business").await;
    hers.presses("Show these").await;
    hers.becomes(heads, &json!([false, true])).await;
    // Also when she comes back.
    hers.presses("Home").await;
    hers.reads("What needs you").await;
    hers.goes_to(&list).await;
    hers.becomes(heads, &json!([false, true])).await;
    leaves(hers).await;
    desk.mailbox().await;
}

async fn a_row_that_changes_keeps_its_tick_and_the_focus(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let first = dana.opens(high().about("The first one")).await;
    desk.passes(TimeDelta::minutes(1));
    dana.opens(high().about("The second one")).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    hers.goes_to(&desk.page("/cases")).await;
    let rows = hers.runs(ROWS).await;
    let at = rows.as_array().into_iter().flatten();
    let at = at.take_while(|row| **row != "The first one").count();
    for _ in 0..=at {
        hers.keys("j").await;
    }
    hers.becomes(FOCUS, &json!("The first one")).await;
    hers.keys("x").await;
    desk.passes(TimeDelta::minutes(1));
    let status = json!({ "status": "in_progress", "owner": eve.email() });
    eve.changes(&first, status).await.ok();
    // Its row says what it is now, and everything is where it was.
    hers.reads("1 changed").await;
    let changed =
        "//tr[.//a[normalize-space(.)='The first one']]//*[normalize-space(.)='In progress']";
    assert!(hers.counts(changed).await > 0, "{}", hers.text().await);
    hers.becomes(FOCUS, &json!("The first one")).await;
    hers.becomes(CHOSEN, &json!(1)).await;
    assert_eq!(hers.runs(ROWS).await, rows);
    // She has seen it.
    hers.presses("Show").await;
    hers.does_not_have("//button[normalize-space(.)='Show']")
        .await;
    hers.reads("The first one").await;
    leaves(hers).await;
    desk.mailbox().await;
}

/// Gives a file of so many MiB to the composer as a paste or as a drop does it, and notes what is said meanwhile.
fn giving(how: &str, name: &str, mib: usize) -> String {
    let event = match how {
        "paste" => {
            "new ClipboardEvent('paste', { clipboardData: given, bubbles: true, cancelable: true })"
        }
        _ => "new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true })",
    };
    format!(
        "const field = document.getElementById('write-body'); \
        const told = field.form.querySelector('.attach [data-told]'); \
        window.told ??= []; \
        new MutationObserver(() => window.told.push(told.textContent)).observe(told, {{ childList: true }}); \
        const given = new DataTransfer(); \
        given.items.add(new File([new Uint8Array({mib} << 20)], '{name}')); \
        return field.dispatchEvent({event});"
    )
}

async fn files_are_pasted_and_dropped(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    for (how, name) in [
        ("paste", "pasted.log"),
        ("drop", "dropped.log"),
        ("drop", "by mistake.log"),
    ] {
        // The browser itself does nothing with what the page takes.
        let taken = her.runs(&giving(how, name, 3)).await;
        assert_eq!(taken, json!(false), "{how}");
        let held = format!(
            "return [...document.querySelectorAll('#write [data-files] label')].some((one) => one.textContent.includes('{name}'))"
        );
        her.becomes(&held, &json!(true)).await;
        her.reads(name).await;
        let told = her.runs("return window.told").await;
        let last = json!(format!("Sending {name}: 100 %"));
        let told = told.as_array().expect("what was said");
        assert!(told.contains(&last), "{told:?}");
    }
    // What is unticked does not go along.
    her.ticks("by mistake.log").await;
    her.posts("Write to the case feed", "Two captures.").await;
    her.reads("Posted.").await;
    her.reads("pasted.log").await;
    let entries = eve.case_feed(&case).await;
    let entry = entries.iter().find(|one| one["body"] == "Two captures.");
    let entry = entry.unwrap_or_else(|| panic!("{entries:#?}"));
    let files = entry["attachments"].as_array().expect("files").iter();
    let mut names: Vec<&str> = files.filter_map(|file| file["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["dropped.log", "pasted.log"], "{entry}");
    leaves(her).await;
    desk.mailbox().await;
}

/// It is too large, or of a kind that runs when it is opened: that is said before any of it is on its way.
async fn a_file_that_is_not_taken_is_not_sent(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    for (name, mib, why) in [
        (
            "capture.pcap",
            26,
            "capture.pcap was not sent: a file may have 25 MiB at most.",
        ),
        ("Setup.EXE", 1, "Setup.EXE is of a kind that is not taken"),
    ] {
        let taken = her.runs(&giving("drop", name, mib)).await;
        assert_eq!(taken, json!(false), "{name}");
        her.reads(why).await;
    }
    let asked = "return performance.getEntriesByType('resource') \
        .filter((one) => one.name.includes('/attachments')).length";
    assert_eq!(her.runs(asked).await, json!(0));
    // One that is taken goes on as ever.
    her.runs(&giving("drop", "notes.log", 1)).await;
    let held = "return document.querySelector('#write [data-files] label')?.textContent ?? ''";
    her.becomes(held, &json!("notes.log")).await;
    leaves(her).await;
    desk.mailbox().await;
}

async fn a_stream_that_broke_off_tells_what_was_missed(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    let page = desk.page(&format!("/cases/{}", case.number));
    let proxy = Proxy::listening(&page).await;
    her.goes_to(&proxy.url(&page)).await;
    her.types("Write to the case feed", "Half a sen").await;
    eve.writes(&case, "We have found the cause.").await;
    her.reads("We have found the cause.").await;
    // It stands nowhere but in what the browser says when it comes back.
    assert!(!proxy.heard().to_lowercase().contains("last-event-id"));
    proxy.becomes(Network::Cut);
    eve.writes(&case, "It was the second trunk.").await;
    proxy.becomes(Network::Up(Duration::ZERO));
    her.reads("It was the second trunk.").await;
    assert!(proxy.heard().to_lowercase().contains("last-event-id: "));
    assert_eq!(her.value("Write to the case feed").await, "Half a sen");
    // The browser has complained about its network, and may.
    her.close().await;
    desk.mailbox().await;
}

async fn titles_count_what_waits_and_what_is_new(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    // The first page counts what waits for her, and follows it.
    her.goes_to(&desk.page("/")).await;
    her.is_titled(|title| title.starts_with("What needs you"))
        .await;
    let asks = async |status: &str| {
        desk.passes(TimeDelta::minutes(1));
        eve.changes(&case, json!({ "status": status })).await.ok();
    };
    asks("awaiting_customer").await;
    her.is_titled(|title| title.starts_with("(1) What needs you"))
        .await;
    her.reads("Support asked for your answer").await;
    // A case counts what happens while she looks elsewhere, and forgets it when she comes back.
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    let looks = async |away: bool| {
        let script = format!(
            "Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {away} }}); \
            document.dispatchEvent(new Event('visibilitychange'))"
        );
        her.runs(&script).await;
    };
    looks(true).await;
    eve.writes(&case, "Which version is it?").await;
    her.is_titled(|title| title.starts_with("(1) C-000001"))
        .await;
    let icon = "return document.querySelector('link[rel=icon]').href.includes('favicon-news')";
    her.becomes(icon, &json!(true)).await;
    // What stands where she does not look is not read (F6), and so it is news.
    let news = dana.get("/news").await.ok();
    assert_eq!(news["items"][0]["entry"]["body"], "Which version is it?");
    looks(false).await;
    her.reads("Which version is it?").await;
    assert_eq!(dana.get("/news").await.ok()["count"], 0);
    her.is_titled(|title| title.starts_with("C-000001")).await;
    her.becomes(icon, &Value::Bool(false)).await;
    leaves(her).await;
    desk.mailbox().await;
}
