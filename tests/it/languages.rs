//! Languages (F8): whoever reads German is spoken to in German, by pages, mails and problems, while everybody else goes on in
//! English; what programs go by is the same in both.

use chrono::TimeDelta;
use chrono_tz::Tz;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::{Answer, instant};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Asking, Case, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    f8_the_sign_in_page_speaks_as_the_browser_asks,
    f8_a_german_contact_escalates_by_pages,
    f8_problems_are_worded_for_their_reader,
    f8_a_choice_goes_before_the_browser_and_back,
    f8_another_language_is_another_answer,
    f8_mails_go_in_the_language_of_their_reader,
    f8_a_choice_is_audited,
    f8_somebody_is_invited_in_their_language,
}

/// A page as somebody sees it who is not signed in.
async fn page_of_a_stranger(desk: &Desk, path: &str, language: Option<&str>) -> Answer {
    let asking = Asking::new(format!("page {path}"), desk.client().get(desk.page(path)));
    match language {
        Some(language) => asking.header("accept-language", language).await,
        None => asking.await,
    }
}

/// A question of somebody whose browser asks for a language.
async fn asks_in(person: &Person, language: &str, path: &str) -> Answer {
    person
        .asks(Method::GET, path)
        .header("accept-language", language)
        .await
}

#[track_caller]
fn reads(page: &Answer, text: &str) {
    assert!(
        page.text.contains(text),
        "no “{text}” in {}: {}",
        page.question,
        page.text
    );
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A case of Dana's that Eve has just answered, and Dana has read; no mail is left.
async fn answered(desk: &Desk) -> Case {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    desk.person("eve").writes(&case, "We look at it.").await;
    dana.reads(&case).await;
    desk.mailbox().await;
    case
}

async fn f8_the_sign_in_page_speaks_as_the_browser_asks(desk: Desk) {
    for german in ["de", "de-AT, en;q=0.5", "fr, de;q=0.8, en;q=0.7"] {
        let page = page_of_a_stranger(&desk, "/sign-in", Some(german)).await;
        reads(&page, "<html lang=\"de\"");
        reads(&page, "Passwort vergessen?");
        assert_eq!(page.header("content-language"), "de", "{german}");
        let depends_on = page.header("vary");
        assert!(depends_on.contains("Accept-Language"), "{depends_on}");
    }
    for english in [None, Some("en-GB, de;q=0.9"), Some("fr"), Some("de;q=0, *")] {
        let page = page_of_a_stranger(&desk, "/sign-in", english).await;
        reads(&page, "<html lang=\"en\"");
        reads(&page, "Forgotten your password?");
        assert_eq!(page.header("content-language"), "en", "{english:?}");
    }
    // What is not there is said in their language too.
    let missing = page_of_a_stranger(&desk, "/nowhere", Some("de")).await;
    assert_eq!(missing.status, 404);
    reads(&missing, "Nicht gefunden");
}

async fn f8_a_german_contact_escalates_by_pages(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let mut session = Session::of(&desk, &dana).await;
    desk.mailbox().await;

    // She chooses German on her account's page, which names each language in its own words.
    let account = session.page("/account").await;
    reads(&account, "Name, time zone and language");
    reads(&account, "Deutsch");
    let chosen = [
        ("first_name", "Dana"),
        ("last_name", "Cole"),
        ("time_zone", "Europe/Berlin"),
        ("language", "de"),
    ];
    let saved = session.sends("/account", &chosen).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let account = session.page("/account").await;
    reads(&account, "<html lang=\"de\"");
    reads(&account, "Name, Zeitzone und Sprache");
    assert_eq!(account.header("content-language"), "de");
    // Signing in again, by whatever browser, she finds it so.
    session = Session::of(&desk, &dana).await;
    reads(&session.page("/cases").await, "Fall eröffnen");
    desk.mailbox().await;

    // What she may not do yet is explained with its instant, as Germans write it.
    let case = answered(&desk).await;
    let eligible_at = desk.now() + TimeDelta::hours(24);
    desk.passes(TimeDelta::hours(23));
    session = Session::of(&desk, &dana).await;
    let form = format!("/cases/{}/escalate", case.number);
    let fields = [
        ("reason", "no_update"),
        ("answers.business_impact", "Buchungen stehen still"),
        ("answers.ongoing", "on"),
        ("details", "Bitte sehen Sie sich das an."),
    ];
    let refused = session.sends(&form, &fields).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    reads(
        &refused,
        "Der Support hat sich vor 23 Std. zu diesem Fall gemeldet",
    );
    reads(&refused, "in 1 Std.");
    let local = eligible_at.with_timezone(&Tz::Europe__Berlin);
    reads(&refused, &local.format("um %H:%M Uhr").to_string());
    reads(&refused, "Buchungen stehen still");

    // At that instant it is taken, and the page and the feeds say so.
    desk.reaches(eligible_at);
    let taken = session.sends(&form, &fields).await;
    assert_eq!(taken.status, 303, "{}", taken.text);
    let page = session.page(&format!("/cases/{}", case.number)).await;
    reads(&page, "Eskaliert als E-000001 von Dana Cole");
    reads(&page, "Eskalationsverlauf");
    reads(&page, "Eingereicht");

    // She is written to in German, whoever reviews it in English.
    let post = desk.mailbox().await;
    let hers = post.to(&dana.email());
    assert!(
        hers.text
            .starts_with("Wir haben Ihre Eskalation E-000001 erhalten"),
        "{}",
        hers.text
    );
    assert!(hers.html.contains("lang=\"de\""), "{}", hers.html);
    assert!(
        hers.text
            .contains("Sie bekommen das, weil Sie eskaliert haben."),
        "{}",
        hers.text
    );
    let owners = post.to(&ola.email());
    assert!(
        owners
            .text
            .contains(&format!("Case {} was escalated", case.number)),
        "{}",
        owners.text
    );
    assert!(owners.html.contains("lang=\"en\""), "{}", owners.html);

    // What stands in the rows is nobody's language: Ola reads the same mark in hers.
    let marks = ola.case_feed(&case).await;
    let marked = marks
        .iter()
        .any(|entry| text(&entry["body"]) == "Escalated as E-000001 by Dana Cole");
    assert!(marked, "{marks:?}");
}

async fn f8_problems_are_worded_for_their_reader(desk: Desk) {
    let dana = desk.person("dana");
    let case = answered(&desk).await;
    let path = format!("/cases/{}/escalations", case.number);
    let body = json!({
        "reason": "no_update", "details": "We need somebody to look at this.", "acknowledgements": [],
        "answers": { "business_impact": "Orders stand still", "ongoing": true },
    });
    let asks = |language: &str| {
        dana.asks(Method::POST, &path)
            .header("accept-language", language)
            .json(&body)
    };
    let german = asks("de").await.refused(422, "not_eligible");
    let english = asks("en").await.refused(422, "not_eligible");
    assert_eq!(german.header("content-language"), "de");
    assert_eq!(english.header("content-language"), "en");
    assert!(
        text(&german.json["detail"]).contains("welche Kriterien nicht erfüllt sind"),
        "{german:?}"
    );
    assert_eq!(german.findings(), english.findings());
    let (told, said) = (
        german.finding("recently_updated"),
        english.finding("recently_updated"),
    );
    assert!(
        text(&told["message"]).starts_with("Der Support hat sich"),
        "{told}"
    );
    assert!(
        text(&said["message"]).starts_with("Support updated"),
        "{said}"
    );
    assert_eq!(told["facts"], said["facts"]);
    assert_eq!(told["eligible_at"], said["eligible_at"]);

    // What is wrong with a field is said in German, down to the types.
    let wrong = dana
        .asks(Method::POST, "/cases")
        .header("accept-language", "de")
        .json(&json!({ "subject": 1 }))
        .await
        .refused(422, "validation_failed");
    let errors = wrong.json["errors"].as_array().expect("errors");
    let subject = errors.iter().find(|error| error["field"] == "subject");
    let subject = subject.expect("an error of the subject");
    assert_eq!(subject["code"], "wrong_type");
    assert_eq!(
        subject["message"],
        "Erwartet wird ein Text, hier steht eine Zahl."
    );

    // Who is not signed in is answered in the language that they ask for.
    let stranger = desk.client().get(desk.api("/cases"));
    let stranger = Asking::new("a stranger: GET /cases".to_owned(), stranger)
        .header("accept-language", "de-CH")
        .await
        .refused(401, "unauthenticated");
    assert_eq!(stranger.json["title"], "Nicht angemeldet");
}

async fn f8_a_choice_goes_before_the_browser_and_back(desk: Desk) {
    let (dana, carl) = (desk.person("dana"), desk.person("carl"));
    let title = async |person: &Person, language: &str| {
        let missing = asks_in(person, language, "/cases/C-999999").await;
        let missing = missing.refused(404, "not_found");
        text(&missing.json["title"]).to_owned()
    };
    assert_eq!(
        dana.get("/me").await.ok()["person"]["language"],
        Value::Null
    );
    assert_eq!(title(&dana, "en").await, "Not found");
    let me = dana.patch("/me", json!({ "language": "de" })).await.ok();
    assert_eq!(me["person"]["language"], "de");
    assert_eq!(title(&dana, "en").await, "Nicht gefunden");
    let silent = dana.get("/cases/C-999999").await.refused(404, "not_found");
    assert_eq!(silent.json["title"], "Nicht gefunden");
    // It is hers alone.
    assert_eq!(title(&carl, "en").await, "Not found");
    assert_eq!(title(&carl, "de").await, "Nicht gefunden");
    // What is not spoken here is refused, and nothing is lost.
    dana.patch("/me", json!({ "language": "tlh" }))
        .await
        .names_fields(&[("language", "not_allowed")]);
    assert_eq!(dana.get("/me").await.ok()["person"]["language"], "de");
    let me = dana.patch("/me", json!({ "language": null })).await.ok();
    assert_eq!(me["person"]["language"], Value::Null);
    assert_eq!(title(&dana, "en").await, "Not found");
    assert_eq!(title(&dana, "de").await, "Nicht gefunden");
}

async fn f8_another_language_is_another_answer(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let status = json!({ "status": "in_progress" });
    eve.changes(&case, status).await.ok();
    let feed = format!("/cases/{}/feed", case.number);
    let english = asks_in(&dana, "en", &feed).await;
    let german = asks_in(&dana, "de", &feed).await;
    reads(&english, "Status changed from Open to In progress");
    reads(&german, "Status von „Offen“ in „In Arbeit“ geändert");
    let tag = english.header("etag").to_owned();
    assert_ne!(german.header("etag"), tag);
    assert!(german.header("vary").contains("Accept-Language"));
    let again = |language: &str| {
        dana.asks(Method::GET, &feed)
            .header("accept-language", language)
            .header("if-none-match", &tag)
    };
    assert_eq!(again("en").await.status, 304);
    assert_eq!(again("de").await.status, 200);
}

async fn f8_mails_go_in_the_language_of_their_reader(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = answered(&desk).await;
    // Nobody's browser is asked: without a choice they are English.
    asks_in(&dana, "de", "/me").await.ok();
    eve.writes(&case, "Nothing yet.").await;
    let post = desk.mailbox().await;
    assert!(
        post.to(&dana.email())
            .text
            .contains("Eve Hart (Bellhop Support) wrote:"),
        "{}",
        post.to(&dana.email()).text
    );
    // A notice waits for nobody's language: it is written when it is sent.
    eve.writes(&case, "Still nothing.").await;
    dana.patch(
        "/me",
        json!({ "language": "de", "time_zone": "Europe/Berlin" }),
    )
    .await
    .ok();
    let due_at = desk.now() + TimeDelta::hours(30);
    let step = json!({ "what": "Roll back", "who": "Eve Hart", "due_at": due_at.to_rfc3339() });
    let promised = format!("/cases/{}/next-steps", case.number);
    let promised = eve.post(&promised, step).await.created();
    let local = instant(&promised["due_at"]).with_timezone(&Tz::Europe__Berlin);
    let post = desk.mailbox().await;
    let (entries, steps): (Vec<_>, Vec<_>) = (post.0.iter())
        .filter(|mail| mail.to == dana.email())
        .partition(|mail| mail.text.contains("Still nothing."));
    let [entry] = entries[..] else {
        panic!("one letter of the entry: {:?}", post.recipients())
    };
    assert!(
        entry.text.contains("Eve Hart (Bellhop Support) schrieb:"),
        "{}",
        entry.text
    );
    let [step] = steps[..] else {
        panic!("one letter of the step: {:?}", post.recipients())
    };
    let zone = local.format("%H:%M Uhr (Ortszeit Berlin)").to_string();
    assert!(step.text.contains(&zone), "{} has no {zone}", step.text);
    assert!(step.text.contains("hat zugesagt:"), "{}", step.text);
}

async fn f8_a_choice_is_audited(desk: Desk) {
    let (dana, ada) = (desk.person("dana"), desk.person("ada"));
    dana.patch("/me", json!({ "language": "de" })).await.ok();
    // The same again is no change.
    dana.patch("/me", json!({ "language": "de" })).await.ok();
    let events = ada
        .all("/audit-events?kind=person.changed&actor=dana@acme.test")
        .await;
    let [event] = &events[..] else {
        panic!("one event: {events:?}")
    };
    assert_eq!(event["after"]["language"], "de", "{event}");
    assert_eq!(event["before"]["language"], Value::Null, "{event}");
}

async fn f8_somebody_is_invited_in_their_language(desk: Desk) {
    let ada = desk.person("ada");
    let greta = json!({
        "organization": "acme", "email": "greta@acme.test", "first_name": "Greta", "last_name": "Kühn",
        "roles": ["designated_contact"], "invite": true, "language": "de",
    });
    let added = ada.post("/users", greta).await.created();
    assert_eq!(added["language"], "de");
    let post = desk.mailbox().await;
    let invitation = post.to("greta@acme.test");
    assert!(
        invitation.text.starts_with("Ihr Konto bei Bellhop Support"),
        "{}",
        invitation.text
    );
    // What the link leads to speaks as the browser asks: nobody is signed in there yet.
    let (_, rest) = (invitation.text)
        .split_once("/invitations/")
        .expect("a link");
    let token = rest.split_whitespace().next().expect("a secret");
    let page = page_of_a_stranger(&desk, &format!("/invitations/{token}"), Some("de")).await;
    reads(&page, "Für Greta Kühn, ACME Corporation.");
    // Whoever administers them sets it right, also for what is sent later.
    let at = format!("/users/{}", text(&added["id"]));
    let changed = ada.patch(&at, json!({ "language": null })).await.ok();
    assert_eq!(changed["language"], Value::Null);
}
