//! A form that is sent twice is done once, and the second sending leads where the first did.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    a_reply_that_is_sent_twice_stands_once,
    eight_sendings_at_once_are_one,
    what_was_refused_may_be_sent_again,
    what_leads_nowhere_is_not_shown_again,
}

/// The key that the forms of a page carry.
async fn key(of: &Session, page: &str) -> String {
    let page = of.page(page).await;
    let (_, rest) = page
        .text
        .split_once("name=\"once\" value=\"")
        .expect("a key");
    rest.split('"').next().unwrap_or_default().to_owned()
}

async fn said(who: &Person, case: &str, words: &str) -> usize {
    let feed = who.all(&format!("/cases/{case}/feed")).await;
    feed.iter().filter(|entry| entry["body"] == words).count()
}

async fn a_reply_that_is_sent_twice_stands_once(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let hers = Session::of(&desk, &dana).await;
    let (page, to) = (
        format!("/cases/{}", case.number),
        format!("/cases/{}/feed", case.number),
    );
    let once = key(&hers, &page).await;
    let form = [("body", "Any news?"), ("once", once.as_str())];
    let first = hers.sends(&to, &form).await;
    let again = hers.sends(&to, &form).await;
    assert_eq!((first.status, again.status), (303, 303));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(said(&dana, &case.number, "Any news?").await, 1);

    // Other words from the same page, and the same words from the page as it is now, are sendings of their own.
    let other = [("body", "Still none?"), ("once", once.as_str())];
    assert_eq!(hers.sends(&to, &other).await.status, 303);
    assert_eq!(said(&dana, &case.number, "Still none?").await, 1);
    let later = key(&hers, &page).await;
    assert_ne!(once, later);
    let form = [("body", "Any news?"), ("once", later.as_str())];
    assert_eq!(hers.sends(&to, &form).await.status, 303);
    assert_eq!(said(&dana, &case.number, "Any news?").await, 2);
    desk.works().await;
}

async fn eight_sendings_at_once_are_one(desk: Desk) {
    let dana = desk.person("dana");
    let hers = Session::of(&desk, &dana).await;
    let once = key(&hers, "/cases/new").await;
    let form = [
        ("subject", "Calls drop"),
        ("description", "All of them."),
        ("priority", "medium"),
        ("deployment", "cloud"),
        ("business_impact", "limited"),
        ("once", once.as_str()),
    ];
    let answers = join_all((0..8).map(|_| hers.sends("/cases", &form))).await;
    let cases = dana.all("/cases").await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    let page = format!("/cases/{}", cases[0]["number"].as_str().expect("a number"));
    for answer in answers {
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(answer.header("location"), page);
    }
    desk.works().await;
}

async fn what_was_refused_may_be_sent_again(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.closes(&case).await.ok();
    let hers = Session::of(&desk, &dana).await;
    let once = key(&hers, &format!("/cases/{}", case.number)).await;
    let to = format!("/cases/{}/feed", case.number);
    let form = [("body", "Any news?"), ("once", once.as_str())];
    assert_eq!(hers.sends(&to, &form).await.status, 409);
    dana.reopens(&case).await.ok();
    assert_eq!(hers.sends(&to, &form).await.status, 303);
    assert_eq!(said(&dana, &case.number, "Any news?").await, 1);
    desk.works().await;
}

async fn what_leads_nowhere_is_not_shown_again(desk: Desk) {
    let ada = desk.person("ada");
    let hers = Session::of(&desk, &ada).await;
    let once = key(&hers, "/account/tokens").await;
    let form = [
        ("name", "scripts"),
        ("is_scoped", ""),
        ("once", once.as_str()),
    ];
    let count = async || {
        let tokens = ada.get("/tokens").await.ok();
        let tokens = tokens["items"].as_array().expect("a list").clone();
        tokens
            .iter()
            .filter(|token| token["name"] == json!("scripts"))
            .count()
    };
    let first = hers.sends("/account/tokens", &form).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let again = hers.sends("/account/tokens", &form).await;
    assert_eq!((again.status, count().await), (303, 1), "{}", again.text);
    assert_eq!(
        again.header("location"),
        "/",
        "where it came from is not known here"
    );
}
