//! What lists are narrowed by, and what a search finds: in cases, in entries, and by numbers (section 11).

use chrono::TimeDelta;
use serde_json::json;

use crate::support::answer::instant;
use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::id_of;
use crate::support::person::{Person, high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    words_of_entries_are_found_by_those_who_may_read_them,
    cases_are_narrowed_by_who_opened_them_when_and_by_their_name_elsewhere,
    escalations_are_narrowed_by_case_organization_reason_and_change,
    a_key_leads_to_the_search_however_wide_the_page_is,
}

/// The numbers of what a list holds, in alphabetical order.
async fn numbers(who: &Person, path: &str) -> Vec<String> {
    let found = who.all(path).await;
    let mut numbers: Vec<String> = found
        .iter()
        .map(|one| one["number"].as_str().expect("a number").to_owned())
        .collect();
    numbers.sort();
    numbers
}

/// B6: words in any order, however they were typed, in entries too; nobody finds what they may not read (F2).
async fn words_of_entries_are_found_by_those_who_may_read_them(desk: Desk) {
    let (dana, eve, gina, vic) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("gina"),
        desk.person("vic"),
    );
    let case = dana.opens(high().about("Calls drop")).await;
    let other = dana.opens(medium().about("Slow menus")).await;
    eve.writes(&case, "The RTP stream ends in Zürich, 100% of it.")
        .await;
    eve.notes(&case, "The customer's firewall is misconfigured.")
        .await;
    let finds = async |who: &Person, words: &str| {
        let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        numbers(who, &format!("/cases?q={words}")).await
    };
    // A word of the subject and one of an entry, in any order, with and without accents.
    for words in [
        "rtp",
        "drop RTP",
        "zurich stream",
        "ZÜRICH",
        "Zu\u{308}rich",
        "100%",
    ] {
        assert_eq!(finds(&dana, words).await, [case.number.as_str()], "{words}");
        assert_eq!(finds(&vic, words).await, [case.number.as_str()], "{words}");
    }
    for words in ["10_%", "%", "_"] {
        assert_eq!(finds(&dana, words).await, Vec::<String>::new(), "{words}");
    }
    // All words are of one case.
    assert_eq!(finds(&dana, "menus rtp").await, Vec::<String>::new());
    assert_eq!(finds(&dana, "slow").await, [other.number.as_str()]);
    // What is internal is found by those who read it, and another's by nobody.
    assert_eq!(finds(&eve, "misconfigured").await, [case.number.as_str()]);
    assert_eq!(finds(&dana, "misconfigured").await, Vec::<String>::new());
    assert_eq!(finds(&gina, "rtp").await, Vec::<String>::new());
    let counted = dana.get("/cases?q=misconfigured&count=true").await.ok();
    assert_eq!(counted["count"], 0);

    // The words of an escalation are found as well; what was corrected or redacted is not.
    desk.passes(TimeDelta::hours(24));
    dana.reads(&case).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let said = json!({ "body": "Our board asks daily." });
    let said = dana.does(&escalation, "feed", said).await.created();
    assert_eq!(finds(&dana, "board").await, [case.number.as_str()]);
    assert_eq!(
        finds(&dana, &escalation.number).await,
        [case.number.as_str()]
    );
    let entry = format!("/feed-entries/{}", said["id"].as_str().expect("an id"));
    dana.patch(&entry, json!({ "body": "Our chairman asks daily." }))
        .await
        .ok();
    assert_eq!(finds(&dana, "board").await, Vec::<String>::new());
    assert_eq!(finds(&dana, "chairman").await, [case.number.as_str()]);
    let sam = desk.person("sam");
    sam.post(&format!("{entry}/redaction"), json!({ "reason": "A name" }))
        .await
        .ok();
    assert_eq!(finds(&dana, "chairman").await, Vec::<String>::new());
    desk.works().await;
}

async fn cases_are_narrowed_by_who_opened_them_when_and_by_their_name_elsewhere(desk: Desk) {
    let (dana, carl, eve, gina) = (
        desk.person("dana"),
        desk.person("carl"),
        desk.person("eve"),
        desk.person("gina"),
    );
    let first = dana.opens(medium()).await;
    desk.passes(TimeDelta::hours(1));
    let between = desk.now();
    let second = carl.opens(medium()).await;
    desk.passes(TimeDelta::hours(1));
    let third = eve
        .opens(
            medium()
                .of("acme")
                .with("contact", "dana@acme.test")
                .with("channel", "call")
                .with("external_id", "INC-7"),
        )
        .await;
    let narrowed =
        async |who: &Person, query: String| numbers(who, &format!("/cases?{query}")).await;
    let all = [
        first.number.as_str(),
        second.number.as_str(),
        third.number.as_str(),
    ];
    assert_eq!(narrowed(&dana, "opened_by=me".into()).await, [all[0]]);
    assert_eq!(
        narrowed(&eve, "opened_by=carl@acme.test".into()).await,
        [all[1]]
    );
    let carls = id_of(&carl).await;
    assert_eq!(
        narrowed(&dana, format!("opened_by={carls}")).await,
        [all[1]]
    );
    let seen = eve.sees(&second).await;
    let opened = seen["opened_at"].as_str().expect("an instant");
    assert_eq!(
        narrowed(&dana, format!("opened_after={opened}")).await,
        all[1..]
    );
    assert_eq!(
        narrowed(&dana, format!("opened_before={opened}")).await,
        all[..1]
    );
    assert_eq!(narrowed(&eve, "external_id=INC-7".into()).await, [all[2]]);
    assert_eq!(
        narrowed(&eve, "external_id=INC-8".into()).await,
        Vec::<String>::new()
    );
    assert_eq!(
        narrowed(&gina, "external_id=INC-7".into()).await,
        Vec::<String>::new()
    );
    desk.passes(TimeDelta::hours(1));
    let since = desk.now();
    eve.writes(&first, "Looking.").await;
    let since = since.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    assert_eq!(
        narrowed(&dana, format!("updated_since={since}")).await,
        [all[0]]
    );
    assert!(between < desk.now());
    // Whom the asker does not know, and what is no instant, is said.
    dana.get("/cases?opened_by=gina@globex.test")
        .await
        .names_fields(&[("opened_by", "not_found")]);
    dana.get("/cases?opened_after=yesterday")
        .await
        .refused(422, "validation_failed");
    desk.works().await;
}

async fn a_key_leads_to_the_search_however_wide_the_page_is(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high().about("Quinces are lost")).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    let focused = "return document.activeElement.name ?? '';";
    for (width, place) in [(1280, "/account"), (640, "/search#filter-q")] {
        hers.is_so_wide(width).await;
        hers.goes_to(&desk.page("/account")).await;
        hers.keys("/").await;
        hers.arrives(place).await;
        hers.becomes(focused, &json!("q")).await;
        // What is found is there while she types.
        hers.keys("quin").await;
        hers.reads(&case.number).await;
    }
    leaves(hers).await;
}

async fn escalations_are_narrowed_by_case_organization_reason_and_change(desk: Desk) {
    let (dana, gina, ola, ada) = (
        desk.person("dana"),
        desk.person("gina"),
        desk.person("ola"),
        desk.person("ada"),
    );
    let gina_too = json!({ "roles": ["designated_contact"] });
    ada.patch(&format!("/users/{}", id_of(&gina).await), gina_too)
        .await
        .ok();
    let (ours, theirs) = (dana.opens(high()).await, gina.opens(high()).await);
    desk.passes(TimeDelta::hours(24));
    let one = dana.escalates(&ours, "no_update").taken().await;
    let other = gina.escalates(&theirs, "no_progress").taken().await;
    let narrowed =
        async |who: &Person, query: &str| numbers(who, &format!("/escalations?{query}")).await;
    assert_eq!(
        narrowed(&ola, &format!("case={}", ours.number)).await,
        [one.number.as_str()]
    );
    assert_eq!(
        narrowed(&ola, "organization=globex").await,
        [other.number.as_str()]
    );
    assert_eq!(
        narrowed(&ola, "reason=no_progress").await,
        [other.number.as_str()]
    );
    assert_eq!(
        narrowed(&ola, "reason=no_progress&organization=acme").await,
        Vec::<String>::new()
    );
    // On its page, too, by a form; a filter is saved by what stands in the address.
    let hers = Session::of(&desk, &ola).await;
    let queue = hers.page("/escalations").await.text;
    for field in ["state", "reason", "owner", "organization"] {
        let field = format!("id=\"filter-{field}\"");
        assert!(queue.contains(&field), "{field}: {queue}");
    }
    let found =
        "/escalations?state=submitted%2Cin_review%2Caccepted&owner=none&organization=globex";
    let found = hers.page(found).await.text;
    assert!(found.contains(&other.number), "{found}");
    assert!(!found.contains(&one.number), "{found}");
    assert!(found.contains("id=\"saving\""), "{found}");
    dana.get(&format!("/escalations?case={}", theirs.number))
        .await
        .names_fields(&[("case", "not_found")]);
    dana.get("/escalations?organization=globex")
        .await
        .names_fields(&[("organization", "not_found")]);

    // Whatever happens to one is a change of it.
    desk.passes(TimeDelta::minutes(5));
    let since = desk
        .now()
        .to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let changed = format!("updated_since={since}");
    assert_eq!(narrowed(&ola, &changed).await, Vec::<String>::new());
    ola.claims(&one).await;
    assert_eq!(narrowed(&ola, &changed).await, [one.number.as_str()]);
    assert_eq!(narrowed(&gina, &changed).await, Vec::<String>::new());
    let step = json!({ "what": "A fix", "who": "Eve", "due_at": desk.now() + TimeDelta::days(1) });
    ola.claims(&other).await;
    ola.accepts(&other, "high", "high").await;
    ola.does(&other, "next-steps", step).await.created();
    assert_eq!(narrowed(&gina, &changed).await, [other.number.as_str()]);
    assert!(instant(&ola.sees_escalation(&other).await["submitted_at"]) < desk.now());
    desk.works().await;
}
