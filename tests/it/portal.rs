//! The main job in a real browser, with scripts and without them.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::browser::{Browser, Engine, Scripts, in_both_browsers, leaves, signs_in_with};
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::person::high;

in_both_browsers! {
    the_main_job_in_a_browser,
    the_main_job_without_scripts,
}

async fn the_main_job_in_a_browser(desk: Desk, engine: Engine) {
    main_job(&desk, engine, Scripts::On).await;
}

async fn the_main_job_without_scripts(desk: Desk, engine: Engine) {
    main_job(&desk, engine, Scripts::Off).await;
}

async fn main_job(desk: &Desk, engine: Engine, scripts: Scripts) {
    let (dana, eve, ola, vic) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("vic"),
    );
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    eve.changes(
        &case,
        json!({ "owner": eve.email(), "status": "awaiting_customer" }),
    )
    .await
    .ok();

    // Dana signs in and looks at her case; its bell says why not, and when.
    let Some(her) = signs_in_with(desk, engine, scripts, &dana).await else {
        return;
    };
    her.reads("ACME Corporation").await;
    her.presses("Invoices are sent twice").await;
    her.reads("C-000001").await;
    let bell = her.pressable("Escalate Case").await;
    assert_eq!(bell.tag_name().await.expect("a tag"), "button");
    assert_eq!(
        bell.attr("aria-disabled")
            .await
            .expect("attributes")
            .as_deref(),
        Some("true")
    );
    let why = her.description(&bell).await;
    assert!(
        why.contains("Can be escalated in") && why.contains("at 04:00 tomorrow"),
        "in her time zone: {why}"
    );
    let (_, y, _, height) = bell.rectangle().await.expect("a place");
    assert!(y + height > 800.0, "at the bottom: {y}");
    let address = her.client.current_url().await.expect("an address");
    bell.click().await.expect("it can be pressed, to no effect");
    assert_eq!(her.client.current_url().await.expect("an address"), address);
    her.reads("No escalation yet").await;

    // A second before, not yet; then it is, and with scripts nobody needs to ask.
    desk.passes(TimeDelta::hours(24) - TimeDelta::seconds(1));
    her.goes_to(address.as_str()).await;
    // Overnight her session has ended. She signs in again, and is where she wanted to be.
    her.types("E-mail address", &dana.email()).await;
    her.types("Password", PASSWORD).await;
    her.presses("Sign in").await;
    her.reads("Can be escalated in").await;
    desk.passes(TimeDelta::seconds(1));
    if scripts == Scripts::Off {
        her.goes_to(address.as_str()).await;
    }
    her.reads("This case can be escalated").await;
    let bell = her.pressable("Escalate Case").await;
    assert_eq!(bell.tag_name().await.expect("a tag"), "a");
    bell.click().await.expect("it is followed");

    // She says what it is about, answers what that asks, and looks twice.
    her.reads("What is it about?").await;
    her.chooses("What is it about?", "No recent update").await;
    if scripts == Scripts::Off {
        her.presses("Continue").await;
    }
    her.types("Business impact", "Customers pay twice").await;
    her.ticks("The impact is ongoing").await;
    her.types("Details", "We need **somebody** to look at this.")
        .await;
    her.reads("Double-check").await;
    her.ticks("Support is waiting for information from you.")
        .await;
    her.presses("Escalate: No recent update").await;

    // The banner, the mark with its time, and the bell that waits for E-000001.
    her.reads("Escalated as E-000001.").await;
    her.reads("Escalated as E-000001 by Dana Cole").await;
    her.reads("today 04:00").await;
    let bell = her.pressable("Escalate Case").await;
    assert_eq!(
        bell.attr("aria-disabled")
            .await
            .expect("attributes")
            .as_deref(),
        Some("true")
    );
    let why = her.description(&bell).await;
    assert!(why.contains("E-000001"), "{why}");
    desk.mailbox().await;

    // Ola finds it in the queue, with everything that she needs on one page.
    let hers = signs_in_with(desk, engine, scripts, &ola).await;
    let hers = hers.expect("a window");
    hers.reads("Bellhop Support").await;
    hers.reads("Claim due").await;
    hers.presses("Invoices are sent twice").await;
    for text in [
        "E-000001",
        "C-000001",
        // The request,
        "No recent update",
        "Customers pay twice",
        "We need somebody to look at this.",
        "Support is waiting for information from you.",
        // the case,
        "Case feed",
        "Eve Hart owns the case now",
        "ACME Corporation",
        // its history.
        "History",
    ] {
        hers.reads(text).await;
    }
    hers.reads("Since this morning, no payment is booked.")
        .await;
    hers.unfolds("Assessment then and now").await;
    hers.reads("Eligible after a double-check").await;
    hers.presses("Claim").await;
    hers.reads("E-000001 is yours to review.").await;

    // She accepts: importance, urgency, a reply and a next step.
    desk.passes(TimeDelta::minutes(5));
    hers.presses("Accept").await;
    hers.reads("Accept the escalation").await;
    hers.chooses("Importance and urgency", "high importance, medium urgency")
        .await;
    hers.types(
        "Reply to the requester",
        "You are right, **this took too long**.",
    )
    .await;
    hers.types("What", "Roll the release back").await;
    hers.types("Who", "Eve Hart").await;
    hers.dates("By when", "2026-03-04T16:00").await;
    hers.presses("Accept and reply").await;
    hers.reads("E-000001 was accepted.").await;
    hers.reads("Rank 2").await;
    hers.reads("You are right, this took too long.").await;
    desk.mailbox().await;

    // Dana reads the reply and what comes next, in her own time.
    her.goes_to(address.as_str()).await;
    her.reads("You are right, this took too long.").await;
    her.reads("Roll the release back").await;
    her.reads("Eve Hart, by tomorrow 10:00").await;
    let bell = her.pressable("Escalate Case").await;
    assert!(her.description(&bell).await.contains("E-000001"));

    // Vic, who may only look, sees the same pages, and nothing to do on them.
    let his = signs_in_with(desk, engine, scripts, &vic).await;
    let his = his.expect("a window");
    for page in ["/cases/C-000001", "/escalations/E-000001"] {
        his.goes_to(&desk.page(page)).await;
        for text in [
            "Vic Stone",
            "ACME Corporation",
            "Invoices are sent twice",
            "You are right, this took too long.",
            "Roll the release back",
        ] {
            his.reads(text).await;
        }
        offers_nothing(&his, page).await;
        his.does_not_read("Escalate Case").await;
    }
    leaves(his).await;
    leaves(hers).await;
    if scripts == Scripts::On {
        hears_complaints(&her).await;
    }
    leaves(her).await;
}

/// Who only looks is offered to choose what they are told, and nothing else.
pub async fn offers_nothing(window: &Browser, page: &str) {
    for verb in [
        "//main//form[not(contains(@action, '/following'))]",
        "//main//button[not(ancestor::form[contains(@action, '/following')])]",
        "//main//input[not(ancestor::form[contains(@action, '/following')])]",
        "//main//textarea",
        "//main//select",
        "//main//a[contains(@href, 'do=') or contains(@href, '/escalate')]",
    ] {
        assert_eq!(window.counts(verb).await, 0, "{verb} on {page}");
    }
}

/// That there are no complaints means something: what the pages do not allow is refused, and told.
async fn hears_complaints(window: &Browser) {
    assert_eq!(window.complaints().await, Vec::<String>::new());
    let inline = "document.querySelector('main').innerHTML += '<p style=\"color: red\" onclick=\"alert()\">x</p>'";
    window.runs(inline).await;
    let complaints = window.complaints().await;
    assert!(
        complaints
            .iter()
            .any(|told| told.replace('-', " ").contains("Content Security Policy")),
        "{complaints:?}"
    );
}
