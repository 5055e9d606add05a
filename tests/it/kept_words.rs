//! What people type on pages is theirs: nothing of it is lost, sent for something else, or put over what others wrote.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::person::{high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    the_reason_that_is_shown_is_the_one_that_is_sent,
    the_reason_that_is_shown_is_the_one_that_is_sent_without_scripts,
    words_outlive_the_session_they_were_typed_in,
    words_outlive_a_page_that_is_left,
    words_outlive_a_case_that_takes_none_any_more,
    a_conflict_is_told_field_by_field,
    what_support_writes_meanwhile_costs_no_words,
}

async fn the_reason_that_is_shown_is_the_one_that_is_sent(desk: Desk) {
    another_reason(&desk, Scripts::On).await;
}

async fn the_reason_that_is_shown_is_the_one_that_is_sent_without_scripts(desk: Desk) {
    another_reason(&desk, Scripts::Off).await;
}

/// Dana types, finds that another reason fits better, looks at a third one, and sends what she sees.
async fn another_reason(desk: &Desk, scripts: Scripts) {
    let dana = desk.person("dana");
    let case = dana.opens(medium().about("Invoices are sent twice")).await;
    let Some(her) = signs_in(desk, scripts, &dana).await else {
        return;
    };
    let chooses = async |reason: &str| {
        her.chooses("What is it about?", reason).await;
        if scripts == Scripts::Off {
            her.presses("Take the chosen reason").await;
        }
    };
    her.goes_to(&desk.page(&format!("/cases/{}/escalate", case.number)))
        .await;
    her.chooses("What is it about?", "No recent update").await;
    if scripts == Scripts::Off {
        her.presses("Continue").await;
    }
    her.reads("Escalate: No recent update").await;
    her.types("Business impact", "Customers pay twice").await;
    her.types("Details", "Please decide who looks.").await;
    chooses("Urgency or impact has changed").await;
    her.reads("Urgency or impact has changed: not now").await;
    chooses("Unsatisfactory progress").await;
    her.reads("Escalate: Unsatisfactory progress or handling")
        .await;
    for (label, words) in [
        ("Business impact", "Customers pay twice"),
        ("Details", "Please decide who looks."),
    ] {
        let field = her.field(label).await.prop("value").await;
        assert_eq!(field.expect("a value").as_deref(), Some(words), "{label}");
    }
    her.types("What was expected", "A fix by Monday").await;
    her.presses("Escalate: Unsatisfactory progress or handling")
        .await;
    her.reads("Escalated as E-000001.").await;
    let sent = dana.get("/escalations/E-000001").await.ok();
    assert_eq!(sent["reason"], "no_progress");
    assert_eq!(sent["answers"]["business_impact"], "Customers pay twice");
    assert_eq!(sent["details"], "Please decide who looks.");
    leaves(her).await;
}

/// Overnight Dana's session ends, with half an answer on the page: she signs in, and sends it.
async fn words_outlive_the_session_they_were_typed_in(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    let Some(her) = signs_in(&desk, Scripts::Off, &dana).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    her.types("Write to the case feed", "The capture is in your folder.")
        .await;
    desk.passes(TimeDelta::hours(25));
    her.presses("Post").await;
    her.reads("Your session has ended. What you typed is kept")
        .await;
    her.types("E-mail address", &dana.email()).await;
    her.types("Password", "not this one").await;
    her.presses("Sign in").await;
    her.reads("do not belong together").await;
    her.types("Password", PASSWORD).await;
    her.presses("Sign in").await;
    her.reads("Not sent yet").await;
    her.reads("The capture is in your folder.").await;
    let feed = dana.case_feed(&case).await;
    let said = |feed: &[serde_json::Value]| {
        let with = |entry: &&serde_json::Value| entry["body"] == "The capture is in your folder.";
        feed.iter().filter(with).count()
    };
    assert_eq!(said(&feed), 0, "nothing is sent by itself");
    her.presses("Send it").await;
    her.reads("Posted.").await;
    assert_eq!(said(&dana.case_feed(&case).await), 1);

    // A form of the session before is sent on from the new one.
    let fresh = Session::of(&desk, &dana).await.with_token("of before");
    let path = format!("/cases/{}/feed", case.number);
    let refused = fresh.sends(&path, &[("body", "And one more thing.")]).await;
    assert_eq!(refused.status, 403, "a form from elsewhere is not offered");
    assert!(!refused.text.contains("Send it"), "{}", refused.text);
    her.close().await;
}

/// Who leaves a page with half an answer on it and comes back finds it there, and not any more once it was sent.
async fn words_outlive_a_page_that_is_left(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    let page = desk.page(&format!("/cases/{}", case.number));
    her.goes_to(&page).await;
    her.types("Write to the case feed", "The capture is in your folder.")
        .await;
    let leaves_all_the_same = "window.addEventListener('beforeunload', (e) => e.stopImmediatePropagation(), true); \
                               location.assign('/cases')";
    let _ = her.client.execute(leaves_all_the_same, Vec::new()).await;
    let _ = her.client.accept_alert().await;
    her.reads("Invoices are sent twice").await;
    her.goes_to(&page).await;
    let typed = her.field("Write to the case feed").await;
    let text = typed.prop("value").await.expect("a value");
    assert_eq!(text.as_deref(), Some("The capture is in your folder."));
    her.presses("Post").await;
    her.reads("Posted.").await;
    her.goes_to(&page).await;
    let typed = her.field("Write to the case feed").await;
    assert_eq!(
        typed.prop("value").await.expect("a value").as_deref(),
        Some("")
    );
    leaves(her).await;
}

/// Support closes the case while Dana answers: she is told, and her words are on the page that tells her.
async fn words_outlive_a_case_that_takes_none_any_more(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let Some(her) = signs_in(&desk, Scripts::Off, &dana).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    her.types("Write to the case feed", "It still happens every hour.")
        .await;
    eve.changes(
        &case,
        json!({ "owner": eve.email(), "status": "in_progress" }),
    )
    .await
    .ok();
    eve.closes(&case).await.ok();
    her.presses("Post").await;
    her.reads("A closed case takes nothing but a reopen.").await;
    her.reads("It still happens every hour.").await;
    her.close().await;
}

/// Two people edit one case: who is second sees what the first one changed, and undoes none of it by saving.
async fn a_conflict_is_told_field_by_field(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(medium().about("Invoices are sent twice")).await;
    let Some(hers) = signs_in(&desk, Scripts::Off, &eve).await else {
        return;
    };
    let page = desk.page(&format!("/cases/{}?do=edit", case.number));
    hers.goes_to(&page).await;
    hers.types("Product", "Ledger").await;
    let ada = desk.person("ada");
    ada.changes(&case, json!({ "priority": "high" })).await.ok();
    hers.presses("Save").await;
    hers.reads("Somebody has changed this since you opened it.")
        .await;
    hers.reads("Somebody has changed this meanwhile. It stays as they left it.")
        .await;

    // And once more, where both have changed the same.
    ada.changes(&case, json!({ "product": "Invoices" }))
        .await
        .ok();
    hers.presses("Save").await;
    hers.reads("Somebody has changed this meanwhile to “Invoices”.")
        .await;
    assert_eq!(dana.sees(&case).await["product"], "Invoices");
    hers.presses("Save").await;
    hers.reads("was changed.").await;
    let now = dana.sees(&case).await;
    assert_eq!(
        (&now["priority"], &now["product"]),
        (&json!("high"), &json!("Ledger"))
    );
    hers.close().await;
}

/// Support answers while Dana writes her escalation: the case has to wait again, and her words with it.
async fn what_support_writes_meanwhile_costs_no_words(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    desk.passes(TimeDelta::hours(24));
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}/escalate", case.number)))
        .await;
    her.chooses("What is it about?", "No recent update").await;
    her.types("Business impact", "Customers pay twice").await;
    her.ticks("The impact is ongoing").await;
    her.types("Details", "Nobody has told us anything.").await;
    eve.writes(&case, "We have found the cause.").await;
    her.reads("Somebody has written on this case since you opened this page.")
        .await;
    her.presses("Escalate: No recent update").await;
    her.reads("No recent update: not now").await;
    her.reads("What you typed is kept.").await;
    let kept = her.field("Details").await.prop("value").await;
    assert_eq!(
        kept.expect("a value").as_deref(),
        Some("Nobody has told us anything.")
    );
    her.close().await;
}
