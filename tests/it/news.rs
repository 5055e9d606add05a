//! What happened since somebody looked (F5, F6): what is news to whom, until when, and the bell that counts it.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Case, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    f6_what_others_wrote_is_news_until_it_is_read,
    f7_staff_are_told_of_what_is_theirs_and_of_what_they_follow,
    what_came_after_the_page_was_made_stays_news,
    the_bell_counts_what_happened,
}

/// What others wrote and somebody has not read, the newest first. What the desk itself notes is left out, since other stories
/// tell of it.
async fn news(person: &Person) -> Vec<String> {
    let news = person.get("/news").await.ok();
    let items = news["items"].as_array().expect("items");
    assert_eq!(news["count"], items.len(), "{news}");
    let written = items.iter().filter(|item| item["entry"]["kind"] != "mark");
    let bodies = written.map(|item| said(&item["entry"]["body"]));
    bodies.collect()
}

/// Says what somebody makes of the case feed.
async fn chooses(person: &Person, case: &Case, choice: &str) {
    let path = format!("/cases/{}/following", case.number);
    let choice = json!({ "case_feed": choice });
    person.put(&path, choice).await.ok();
}

async fn f6_what_others_wrote_is_news_until_it_is_read(desk: Desk) {
    let (dana, vic, eve, gina) = (
        desk.person("dana"),
        desk.person("vic"),
        desk.person("eve"),
        desk.person("gina"),
    );
    let case = dana.opens(high()).await;
    eve.writes(&case, "We see it in the trace.").await;
    desk.passes(TimeDelta::minutes(1));
    eve.writes(&case, "It is fixed.").await;
    eve.notes(&case, "Between us.").await;
    let told = ["It is fixed.", "We see it in the trace."];
    assert_eq!(news(&dana).await, told);
    assert_eq!(news(&vic).await, told);
    // What is internal, and what is another's, is news to nobody else (F2, A5).
    assert_eq!(news(&gina).await, Vec::<String>::new());
    let all = dana.get("/news").await.ok();
    assert!(!all.to_string().contains("Between us"), "{all}");
    assert_eq!(all["items"][0]["case"]["number"], case.number.as_str());
    let place = format!("/cases/{}?entries=all#entry-", case.number);
    assert!(said(&all["items"][0]["href"]).starts_with(&place), "{all}");
    assert_eq!(dana.get("/news?limit=1").await.ok()["count"], all["count"]);
    // One's own words are no news; a colleague's are.
    desk.passes(TimeDelta::minutes(1));
    dana.writes(&case, "Thank you.").await;
    assert_eq!(news(&dana).await, told);
    assert_eq!(news(&vic).await[0], "Thank you.");
    dana.reads(&case).await;
    assert_eq!(news(&dana).await, Vec::<String>::new());
    assert_eq!(news(&vic).await.len(), 3);
    vic.put("/news/read", json!({})).await.done();
    assert_eq!(vic.get("/news").await.ok()["count"], 0);
    desk.works().await;
}

async fn f7_staff_are_told_of_what_is_theirs_and_of_what_they_follow(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::minutes(1));
    dana.writes(&case, "Any news?").await;
    assert_eq!(news(&eve).await, Vec::<String>::new());
    chooses(&eve, &case, "follow").await;
    assert_eq!(news(&eve).await, ["Any news?"]);
    chooses(&eve, &case, "mute").await;
    assert_eq!(news(&eve).await, Vec::<String>::new());
    // The escalation that one runs is one's own, and so is its case.
    desk.passes(TimeDelta::hours(24));
    dana.reads(&case).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    assert_eq!(news(&ola).await, Vec::<String>::new());
    ola.claims(&escalation).await;
    desk.passes(TimeDelta::minutes(1));
    let words = json!({ "body": "It is urgent." });
    dana.does(&escalation, "feed", words).await.created();
    let told = news(&ola).await;
    assert_eq!(told[0], "It is urgent.");
    assert!(told.contains(&"Any news?".to_owned()), "{told:?}");
    chooses(&ola, &case, "mute").await;
    assert!(!news(&ola).await.contains(&"Any news?".to_owned()));
    desk.works().await;
}

async fn what_came_after_the_page_was_made_stays_news(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "We see it in the **trace**.").await;
    let until = desk.now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let session = Session::of(&desk, &dana).await;
    let page = session.page("/news").await;
    let told = [
        "We see it in the trace.</a>",
        case.number.as_str(),
        "name=\"until\"",
    ];
    for told in told {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    desk.passes(TimeDelta::minutes(1));
    eve.writes(&case, "It is fixed.").await;
    let sent = session
        .sends("/news/read", &[("until", until.as_str())])
        .await;
    assert_eq!((sent.status, sent.header("location")), (303, "/news"));
    assert_eq!(news(&dana).await, ["It is fixed."]);
    // To have read the rest is what its page says, too.
    assert_eq!(session.sends("/news/read", &[]).await.status, 303);
    let page = session.page("/news").await;
    assert!(page.text.contains("Nothing new"), "{}", page.text);
    desk.works().await;
}

async fn the_bell_counts_what_happened(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "We see it in the trace.").await;
    let count = dana.get("/news").await.ok()["count"].to_string();
    let Some(hers) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    let counted = "const count = document.querySelector('[data-bell] .count'); \
        return count === null || count.hidden ? '' : count.textContent;";
    // On any page, also on one that is about something else.
    hers.goes_to(&desk.page("/account")).await;
    hers.becomes(counted, &Value::from(count)).await;
    let dot = "return document.querySelector('link[rel=icon]').href.includes('favicon-news')";
    hers.becomes(dot, &json!(true)).await;
    hers.goes_to(&desk.page("/news")).await;
    hers.reads("We see it in the trace.").await;
    hers.presses("Mark all as read").await;
    hers.reads("Nothing new").await;
    hers.becomes(counted, &json!("")).await;
    hers.becomes(dot, &json!(false)).await;
    leaves(hers).await;
}
