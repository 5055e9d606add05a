//! How pages behave where something went wrong, or nothing happened: the same everywhere.

use reqwest::Method;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    whatever_is_refused_is_said_at_its_head_with_a_link_to_it,
    a_form_s_address_leads_back_to_its_page,
    what_is_acknowledged_says_what_the_tick_means,
    what_is_saved_as_it_was_is_not_said_to_be_changed,
    whoever_decides_sees_where_the_requester_is_reached,
    a_search_page_has_one_field_at_every_width,
}

#[track_caller]
fn is_summed_up(page: &Answer, links: &[&str]) {
    assert_eq!(page.status, 422, "{page:?}");
    let head = "class=\"banner late summary\" role=\"alert\" tabindex=\"-1\" autofocus";
    for there in [head, "<title>Error: "] {
        assert!(page.text.contains(there), "{there}: {page:?}");
    }
    for link in links {
        let href = format!("<li><a href=\"{link}\">");
        assert!(page.text.contains(&href), "{href}: {page:?}");
    }
}

async fn whatever_is_refused_is_said_at_its_head_with_a_link_to_it(desk: Desk) {
    let (dana, sam, ada) = (desk.person("dana"), desk.person("sam"), desk.person("ada"));
    let case = dana.opens(high()).await;
    let (hers, his, admins) = (
        Session::of(&desk, &dana).await,
        Session::of(&desk, &sam).await,
        Session::of(&desk, &ada).await,
    );
    let feed = format!("/cases/{}/feed", case.number);
    let empty = [("body", ""), ("visibility", "public")];
    is_summed_up(&hers.sends(&feed, &empty).await, &["#write-body"]);
    let reports = "/reports/outcomes?from=2026-03-02&to=2026-03-01";
    is_summed_up(&his.page(reports).await, &["#filter-to"]);
    let engineers = Session::of(&desk, &desk.person("eve")).await;
    is_summed_up(&engineers.sends("/cases/bulk", &[]).await, &[]);
    let audit = "/admin/audit?from=yesterday&case=nonsense";
    is_summed_up(&admins.page(audit).await, &["#filter-from", "#filter-case"]);
    let calendars = ada.get("/calendars").await.ok();
    let calendar = format!("/admin/calendars/{}", said(&calendars["items"][0]["id"]));
    let replay = format!("{calendar}?from=2026-03-02T10:00&length=0");
    is_summed_up(&admins.page(&replay).await, &["#replay-length"]);
    desk.mailbox().await;
}

/// A browser that is told once more to go where it is, on a page that a form was refused with, asks for the form's address.
async fn a_form_s_address_leads_back_to_its_page(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let hers = Session::of(&desk, &dana).await;
    let page = format!("/cases/{}", case.number);
    for form in ["close", "feed", "rca/delivery", "next-steps"] {
        let led = hers.page(&format!("{page}/{form}")).await;
        assert_eq!(
            (led.status, led.header("location")),
            (303, &*page),
            "{form}"
        );
    }
    // What is not there is not there that way either.
    let led = hers.page("/cases/C-999999/close").await;
    assert_eq!(led.header("location"), "/cases/C-999999");
    assert_eq!(hers.page("/cases/C-999999").await.status, 404);
    // Only who asks is led; what changes something is refused.
    let close = format!("{page}/close");
    let builder = desk.client().request(Method::PUT, desk.page(&close));
    let put = builder.header("cookie", &hers.cookie).send().await;
    assert_eq!(put.expect("an answer").status(), 405);
    desk.mailbox().await;
}

async fn what_is_acknowledged_says_what_the_tick_means(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.passes(chrono::TimeDelta::hours(24));
    let waits = serde_json::json!({ "status": "awaiting_customer" });
    eve.changes(&case, waits).await.ok();
    let hers = Session::of(&desk, &dana).await;
    let path = format!("/cases/{}/escalate?reason=no_update", case.number);
    let page = hers.page(&path).await.text;
    let tick =
        "Support is waiting for information from you. I know that, and escalate all the same.";
    assert!(page.contains(tick), "{page}");
    desk.mailbox().await;
}

async fn what_is_saved_as_it_was_is_not_said_to_be_changed(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let his = Session::of(&desk, &eve).await;
    let page = format!("/cases/{}", case.number);
    for (subject, told) in [
        ("Payments are not booked", "is as it was."),
        ("Payments are booked twice", "was changed."),
    ] {
        let version = eve.sees(&case).await["version"].to_string();
        let typed = [("version", version.as_str()), ("subject", subject)];
        let saved = his.sends(&page, &typed).await;
        assert_eq!(saved.status, 303, "{saved:?}");
        let flash = saved.header("set-cookie").split(';').next();
        let cookies = format!("{}; {}", his.cookie, flash.unwrap_or_default());
        let builder = desk.client().get(desk.page(&page));
        let shown = builder.header("cookie", cookies).send().await;
        let shown = shown.expect("an answer").text().await.expect("a page");
        assert!(
            shown.contains(&format!("{} {told}", case.number)),
            "{shown}"
        );
    }
    desk.mailbox().await;
}

async fn whoever_decides_sees_where_the_requester_is_reached(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let page = format!("/escalations/{}", escalation.number);
    let address = format!("<dd dir=\"auto\">{}</dd>", dana.email());
    for (person, sees) in [
        ("ola", true),
        ("eve", false),
        ("carl", false),
        ("vic", false),
    ] {
        let session = Session::of(&desk, &desk.person(person)).await;
        let shown = session.page(&page).await.text;
        assert_eq!(shown.contains(&address), sees, "{person}: {shown}");
    }
    desk.mailbox().await;
}

async fn a_search_page_has_one_field_at_every_width(desk: Desk) {
    let hers = Session::of(&desk, &desk.person("dana")).await;
    let page = hers.page("/search?q=quin").await.text;
    let main = page.split("<main").nth(1).expect("a main part");
    // The one of the page stands where that of the bar does not: the style sheet shows one of the two.
    let own = main
        .split("class=\"only-s\"")
        .nth(1)
        .expect("one for narrow windows");
    assert!(own.contains("name=\"q\""), "{main}");
    assert_eq!(main.matches("name=\"q\"").count(), 1, "{main}");
    desk.mailbox().await;
}
