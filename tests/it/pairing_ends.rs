//! Whatever is taken away is gone with the next request (P6, P7), cloned users (P8), and limits that hold (P4, P8).

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::{Desk, runtime};
use crate::support::fixtures::PASSWORD;
use crate::support::paired::{
    administrators, asks, employs, empties, gives, group, id_of, organization_of, pairs, said,
    there,
};
use crate::support::person::medium;
use crate::support::servers::Servers;
use crate::support::session::Session;

on_both_databases! { Desk:
    every_way_to_end_access_ends_it_at_once,
    a_cloned_user_is_another_self,
    a_cloned_user_holds_what_its_original_was_given,
    a_cloned_user_is_no_other_account,
    a_cloned_user_does_not_outlive_the_trust,
    no_more_than_twenty_five_and_five,
}

const WAYS: [&str; 9] = [
    "the trustor takes the role",
    "the trustee takes the role",
    "the trustor removes the member",
    "the trustee removes the group",
    "she leaves the group",
    "the trustor switches it off",
    "the trustee suspends it",
    "the pairing is removed",
    "she is shut out",
];

/// A case of ACME's with its own contact (P7).
fn for_dana() -> Value {
    medium().with("contact", "dana@acme.test").json()
}

async fn every_way_to_end_access_ends_it_at_once(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let me = id_of(&pia).await;
    // Somebody else looks after Initech's side, so that Pia can be shut out.
    let ada = desk.person("ada");
    let home = organization_of(&pia).await;
    for way in WAYS {
        let group = group(&desk, &home, way, &[&me]).await;
        let by_group = way.contains("group");
        let pairing = match by_group {
            true => pairs(&pia, &abel, &[], &[&group]).await,
            false => pairs(&pia, &abel, &[&me], &[]).await,
        };
        let member = pairing.members[0].clone();
        let grant = gives(&abel, &member, "designated_contact").await;
        let (switched, named) = (
            Session::of(&desk, &pia).await,
            Session::of(&desk, &pia).await,
        );
        let me_there = switched
            .switches(json!({ "organization": "acme" }))
            .await
            .ok();
        assert_eq!(me_there["organization"]["slug"], "acme", "{way}");
        let tries = async || {
            [
                there(&pia, "acme", Method::POST, "/cases", for_dana()).await,
                named
                    .asks(Method::POST, "/cases")
                    .header("acting-organization", "acme")
                    .json(&for_dana())
                    .await,
                switched
                    .asks(Method::POST, "/cases")
                    .json(&for_dana())
                    .await,
                switched.page("/cases").await,
            ]
        };
        let before: Vec<u16> = tries().await.iter().map(|answer| answer.status).collect();
        assert_eq!(before, [201, 201, 201, 200], "{way}");
        let path = format!("/pairings/{}", pairing.id);
        match way {
            "the trustor takes the role" => {
                abel.delete(&format!("/pairing-roles/{grant}")).await.done()
            }
            "the trustee takes the role" => {
                pia.delete(&format!("/pairing-roles/{grant}")).await.done()
            }
            "the trustor removes the member" => abel
                .delete(&format!("/pairing-members/{member}"))
                .await
                .done(),
            "the trustee removes the group" => pia
                .delete(&format!("/pairing-members/{member}"))
                .await
                .done(),
            "she leaves the group" => empties(&desk, &group).await,
            "the trustor switches it off" => {
                drop(abel.patch(&path, json!({ "enabled": false })).await.ok())
            }
            "the trustee suspends it" => {
                drop(pia.patch(&path, json!({ "enabled": false })).await.ok())
            }
            "the pairing is removed" => abel.delete(&path).await.done(),
            _ => drop(
                ada.patch(&format!("/users/{me}"), json!({ "disabled": true }))
                    .await
                    .ok(),
            ),
        }
        let rows = desk.rows();
        let [token, header, session, _] = tries().await;
        if way == "she is shut out" {
            for answer in [token, header, session] {
                answer.refused(401, "unauthenticated");
            }
            desk.is_unchanged_since(&rows, way);
            continue;
        }
        token.refused(404, "organization_not_found");
        header.refused(404, "organization_not_found");
        session.refused(403, "organization_access_ended");
        desk.is_unchanged_since(&rows, way);
        // The page put her home; what she opens now is her own organization's.
        assert_eq!(
            switched.asks(Method::GET, "/me").await.ok()["organization"]["slug"],
            "initech",
            "{way}"
        );
        if way != "the pairing is removed" {
            abel.delete(&path).await.done();
        }
    }
    assert_eq!(gina.all("/pairings").await, Vec::<Value>::new());
    assert_eq!(
        abel.all("/pairings?direction=to_me").await.len(),
        1,
        "the last one is left"
    );
}

/// P8: what its original was given, now and later, and as long as it holds; it is written to at its original's address.
async fn a_cloned_user_holds_what_its_original_was_given(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    let member = &pairing.members[0];
    let contact = gives(&abel, member, "designated_contact").await;
    let clones = format!("/pairing-members/{member}/clones");
    let clone = said(&pia.post(&clones, json!({})).await.created()["id"]);
    let user = abel.get(&format!("/users/{clone}")).await.ok();
    assert_eq!(user["cloned_from"]["slug"], "initech");
    assert_eq!(user["roles"], json!([]), "nothing was given to it itself");
    let window = Session::of(&desk, &pia).await;
    let switch = json!({ "organization": "acme", "as": clone });
    window.switches(switch.clone()).await.ok();
    let opens = async || window.post("/cases", medium().json()).await;
    let case = opens().await.created();
    assert_eq!(case["contact"]["name"], "Pia Lund (clone)");

    // Others may name it as the contact of a case, and what support writes there reaches its original.
    let named = medium().with("contact", clone.as_str()).json();
    desk.person("dana").post("/cases", named).await.created();
    desk.mailbox().await;
    let feed = format!("/cases/{}/feed", said(&case["number"]));
    let entry = json!({ "body": "We look into it." });
    desk.person("eve").post(&feed, entry).await.created();
    let told = desk.mailbox().await;
    assert!(
        told.recipients().contains(&"pia@initech.test"),
        "{:?}",
        told.recipients()
    );

    // What is taken from the original is taken from the clone, and what is given later is given to both.
    abel.delete(&format!("/pairing-roles/{contact}"))
        .await
        .done();
    gives(&abel, member, "portal_viewer").await;
    window.switches(switch).await.ok();
    opens().await.refused(403, "missing_permission");
    assert_eq!(
        window.get("/cases").await.ok()["items"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let more = json!({ "roles": ["designated_contact"] });
    abel.patch(&format!("/users/{clone}"), more).await.ok();
    opens().await.created();
    desk.works().await;
}

/// P8.
async fn a_cloned_user_is_another_self(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    let clones = format!("/pairing-members/{}/clones", pairing.members[0]);
    pia.post(&clones, json!({}))
        .await
        .refused(409, "not_trusted");
    gives(&abel, &pairing.members[0], "portal_viewer").await;
    desk.mailbox().await;
    let clone = pia.post(&clones, json!({})).await.created();
    assert_eq!(
        (&clone["name"], &clone["original"]),
        (&json!("Pia Lund (clone)"), &json!(me))
    );
    let told = desk.mailbox().await;
    assert!(
        told.0
            .iter()
            .any(|mail| mail.to.contains("abel@") && mail.text.contains("(clone)")),
        "the trustor is told"
    );
    // In the trustor's directory like anyone else; marked; without a password, now and later.
    let user = format!("/users/{}", said(&clone["id"]));
    let shown = abel.get(&user).await.ok();
    assert_eq!(
        (&shown["first_name"], &shown["last_name"]),
        (&json!("Pia"), &json!("Lund (clone)"))
    );
    abel.patch(&user, json!({ "password": PASSWORD }))
        .await
        .names_fields(&[("password", "cloned_user")]);
    let enters = json!({ "email": shown["email"], "password": PASSWORD });
    let builder = desk.client().post(desk.api("/sessions")).json(&enters);
    assert_eq!(builder.send().await.expect("an answer").status(), 401);
    assert_eq!(shown["cloned"], true);
    abel.post(&format!("{user}/invitation"), json!({}))
        .await
        .refused(409, "cloned_user");
    let wish = json!({ "email": shown["email"] });
    let asking = desk.client().post(desk.api("/password-resets")).json(&wish);
    asking.send().await.expect("an answer");
    assert!(desk.mailbox().await.0.is_empty(), "no link leads into it");
    abel.patch(&user, json!({ "last_name": "Nobody" }))
        .await
        .names_fields(&[("last_name", "cloned_user")]);
    abel.patch(&user, json!({ "roles": ["designated_contact"] }))
        .await
        .ok();

    // Entered by its original, in a session, and by nobody else.
    let window = Session::of(&desk, &pia).await;
    let as_clone = json!({ "organization": "acme", "as": clone["id"] });
    let acting = window.switches(as_clone.clone()).await.ok();
    assert_eq!(
        (&acting["acting_as"]["name"], &acting["person"]["id"]),
        (&json!("Pia Lund (clone)"), &json!(me))
    );
    let hers = Session::of(&desk, &desk.person("gina")).await;
    hers.switches(as_clone.clone())
        .await
        .refused(404, "organization_not_found");
    window
        .switches(json!({ "organization": "acme", "as": id_of(&abel).await }))
        .await
        .names_fields(&[("as", "not_found")]);
    window
        .switches(json!({ "as": clone["id"] }))
        .await
        .names_fields(&[("as", "not_found")]);
    window.switches(as_clone).await.ok();
    let case = window
        .asks(Method::POST, "/cases")
        .json(&medium().json())
        .await
        .created();
    assert_eq!(case["opened_by"]["name"], "Pia Lund (clone)");
    assert_eq!(case["contact"], case["opened_by"], "a clone may be it (P8)");
    let events = abel.all("/audit-events").await;
    let opened = events
        .iter()
        .find(|event| event["kind"] == "case.opened")
        .expect("it was opened");
    assert_eq!(opened["actor_name"], "Pia Lund", "P9: the real name");
    assert!(
        events
            .iter()
            .any(|event| event["kind"] == "pairing.switched_into")
    );
    assert!(
        window
            .page("/cases")
            .await
            .text
            .contains("as Pia Lund (clone)")
    );
    // Shut out there, it is nobody; let in again, it is.
    abel.patch(&user, json!({ "disabled": true })).await.ok();
    window
        .asks(Method::GET, "/cases")
        .await
        .refused(403, "organization_access_ended");
    abel.patch(&user, json!({ "disabled": false })).await.ok();
    window.asks(Method::GET, "/cases").await.ok();
    // Removed by either side, it ends for good.
    abel.delete(&format!("/clones/{}", said(&clone["id"])))
        .await
        .done();
    window
        .asks(Method::GET, "/cases")
        .await
        .refused(403, "organization_access_ended");
    let home = window.switches(json!({ "organization": null })).await.ok();
    assert_eq!(
        home["organization"]["slug"], "initech",
        "there is a way home"
    );
    abel.patch(&user, json!({ "disabled": false }))
        .await
        .names_fields(&[("disabled", "removed_clone")]);
    // With its original shut out, with the member removed, with the pairing.
    let second = said(&pia.post(&clones, json!({})).await.created()["id"]);
    abel.delete(&format!("/pairing-members/{}", pairing.members[0]))
        .await
        .done();
    let gone = abel.get(&format!("/users/{second}")).await.ok();
    assert_ne!(gone["disabled_at"], Value::Null);
    let third = pairs(&pia, &abel, &[&me], &[]).await;
    gives(&abel, &third.members[0], "portal_viewer").await;
    let clones = format!("/pairing-members/{}/clones", third.members[0]);
    let of_third = said(&pia.post(&clones, json!({})).await.created()["id"]);
    desk.person("ada")
        .patch(&format!("/users/{me}"), json!({ "disabled": true }))
        .await
        .ok();
    let gone = abel.get(&format!("/users/{of_third}")).await.ok();
    assert_ne!(gone["disabled_at"], Value::Null);
}

/// P8: whoever acts as a cloned user has one account still, their own.
async fn a_cloned_user_is_no_other_account(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    gives(&abel, &pairing.members[0], "portal_viewer").await;
    let clones = format!("/pairing-members/{}/clones", pairing.members[0]);
    let clone = pia.post(&clones, json!({})).await.created();
    let window = Session::of(&desk, &pia).await;
    window
        .switches(json!({ "organization": "acme", "as": clone["id"] }))
        .await
        .ok();
    let quiet = json!({ "case_opened": "none" });
    window
        .asks(Method::PATCH, "/me/notices")
        .json(&quiet)
        .await
        .ok();
    window
        .asks(Method::PATCH, "/me")
        .json(&json!({ "first_name": "Piata" }))
        .await
        .ok();
    let password = json!({
        "current_password": PASSWORD, "new_password": "a longer one than before", "keep_tokens": true,
    });
    // What proves who one is, is set at home.
    window
        .asks(Method::POST, "/me/password")
        .json(&password)
        .await
        .refused(403, "not_through_pairing");
    let sessions = window.asks(Method::GET, "/sessions").await.ok();
    let at_home = pia.get("/sessions").await.ok();
    let count = |sessions: &Value| sessions["items"].as_array().map(Vec::len);
    assert_eq!(count(&sessions), count(&at_home));
    for page in [
        "/account",
        "/account/notices",
        "/account/tokens",
        "/account/sessions",
    ] {
        assert_eq!(window.page(page).await.status, 200, "{page}");
    }

    pia.post("/me/password", password).await.done();
    let mine = pia.get("/me").await.ok();
    assert_eq!(mine["person"]["first_name"], "Piata");
    let chosen = pia.get("/me/notices").await.ok();
    let kinds = chosen["items"].as_array().expect("kinds");
    let opened = kinds.iter().find(|kind| kind["kind"] == "case_opened");
    assert_eq!(opened.expect("the kind")["delivery"], "none");
    let other = abel
        .get(&format!("/users/{}", said(&clone["id"])))
        .await
        .ok();
    assert_eq!(other["first_name"], "Pia");
    let changes = abel.all("/audit-events?kind=password.changed").await;
    assert!(changes.is_empty(), "it is none of ACME's: {changes:?}");
}

/// P8: with the group that was trusted, its members go; their second selves too.
async fn a_cloned_user_does_not_outlive_the_trust(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let (me, initech) = (id_of(&pia).await, organization_of(&pia).await);
    let crew = group(&desk, &initech, "Crew", &[&me]).await;
    let pairing = pairs(&pia, &abel, &[], &[&crew]).await;
    gives(&abel, &pairing.members[0], "portal_viewer").await;
    let clones = format!("/pairing-members/{}/clones", pairing.members[0]);
    let clone = pia.post(&clones, json!({ "person": me })).await.created();
    let window = Session::of(&desk, &pia).await;
    let as_clone = json!({ "organization": "acme", "as": clone["id"] });
    window.switches(as_clone.clone()).await.ok();
    desk.person("ada")
        .delete(&format!("/access-groups/{crew}/members/{me}"))
        .await
        .ok();
    window
        .asks(Method::GET, "/cases")
        .await
        .refused(403, "organization_access_ended");
    let user = abel
        .get(&format!("/users/{}", said(&clone["id"])))
        .await
        .ok();
    assert_ne!(user["disabled_at"], Value::Null);
    // Back in the group, one is trusted again; the second self that was is gone.
    desk.person("ada")
        .post(
            &format!("/access-groups/{crew}/members"),
            json!({ "user": me }),
        )
        .await;
    window
        .switches(as_clone)
        .await
        .names_fields(&[("as", "not_found")]);
    window
        .switches(json!({ "organization": "acme" }))
        .await
        .ok();
}

/// P4, P8: exact, also when everybody asks at once.
async fn no_more_than_twenty_five_and_five(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let ada = desk.person("ada");
    let me = id_of(&pia).await;
    let mut people = Vec::new();
    for n in 0..27 {
        let body = json!({ "organization": "initech", "email": format!("p{n}@initech.test"), "first_name": "Per", "last_name": format!("Son {n}") });
        people.push(said(&ada.post("/users", body).await.created()["id"]));
    }
    let all: Vec<&str> = people.iter().map(String::as_str).collect();
    pia.post("/pairings", json!({ "people": &all[..26] }))
        .await
        .refused(409, "too_many_members");
    let pairing = asks(&pia, &all[..20], &[]).await;
    let path = format!("/pairings/{}/members", pairing.id);
    pia.post(&path, json!({ "people": &all[20..26] }))
        .await
        .refused(409, "too_many_members");
    let mut at_once = tokio::task::JoinSet::new();
    for person in all[20..27]
        .iter()
        .map(|person| (*person).to_owned())
        .chain([me.clone()])
    {
        let (pia, path) = (pia.clone(), path.clone());
        at_once.spawn(async move { pia.post(&path, json!({ "people": [person] })).await.status });
    }
    let answers = at_once.join_all().await;
    assert_eq!(
        answers.iter().filter(|status| **status == 200).count(),
        5,
        "{answers:?}"
    );
    assert!(
        answers.iter().all(|status| matches!(status, 200 | 409)),
        "{answers:?}"
    );
    let shown = pia.get(&format!("/pairings/{}", pairing.id)).await.ok();
    assert_eq!(shown["people"]["items"].as_array().map(Vec::len), Some(25));

    let other = pairs(&pia, &abel, &[&me], &[]).await;
    gives(&abel, &other.members[0], "portal_viewer").await;
    let clones = format!("/pairing-members/{}/clones", other.members[0]);
    let mut at_once = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (pia, clones) = (pia.clone(), clones.clone());
        at_once.spawn(async move { pia.post(&clones, json!({})).await.status });
    }
    let answers = at_once.join_all().await;
    assert_eq!(
        answers.iter().filter(|status| **status == 201).count(),
        5,
        "{answers:?}"
    );
    pia.post(&clones, json!({}))
        .await
        .refused(409, "too_many_clones");
    let shown = pia.get(&format!("/pairings/{}", other.id)).await.ok();
    let first = said(&shown["clones"][0]["id"]);
    pia.delete(&format!("/clones/{first}")).await.done();
    pia.post(&clones, json!({})).await.created();
}

const ACCEPTANCES: usize = 100;

/// P1: a link is used once, however many use it at the same time.
fn race(backend: Backend, servers: usize) {
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let servers = Servers::start(backend, servers).await;
        for key in ["pia", "gina"] {
            let id = servers.id_of(key).await;
            servers.asks("ada", Method::PATCH, &format!("/users/{id}"), json!({ "roles": ["organization_admin"] })).await;
        }
        let me = servers.id_of("pia").await;
        let asked = servers.asks("pia", Method::POST, "/pairings", json!({ "people": [me] })).await;
        let link = said(&asked["link"]);
        let secret = link.rsplit('/').next().unwrap_or_default().to_owned();
        let start = Arc::new(Barrier::new(ACCEPTANCES));
        let mut acceptances = tokio::task::JoinSet::new();
        for n in 0..ACCEPTANCES {
            let request = servers
                .request(n, Method::POST, "/pairing-links/acceptance")
                .bearer_auth(servers.token(if n % 3 == 0 { "gina" } else { "abel" }))
                .json(&json!({ "token": secret }));
            let start = start.clone();
            acceptances.spawn(async move {
                start.wait().await;
                let response = request.send().await.expect("an answer");
                let status = response.status().as_u16();
                let body: Value = response.json().await.expect("JSON");
                (status, body["code"].as_str().unwrap_or("-").to_owned())
            });
        }
        let mut answers: BTreeMap<(u16, String), usize> = BTreeMap::new();
        while let Some(answer) = acceptances.join_next().await {
            *answers.entry(answer.expect("no panic")).or_default() += 1;
        }
        let expected = BTreeMap::from([((200, "-".to_owned()), 1), ((409, "link_used".to_owned()), ACCEPTANCES - 1)]);
        assert_eq!(answers, expected);
        let accepted = servers.database.texts("SELECT CAST(count(*) AS text) AS text FROM audit_events WHERE kind = 'pairing.accepted'");
        assert_eq!(accepted, ["1"]);
        servers.stop();
    });
}

#[test]
fn a_hundred_at_once_through_two_processes_over_postgresql() {
    race(Backend::Postgresql, 2);
}

#[test]
fn a_hundred_at_once_through_one_process_over_sqlite() {
    race(Backend::Sqlite, 1);
}

on_both_databases! { Desk:
    a_pairing_by_forms_alone,
}

/// P2, P7, P12 in the portal, without scripts.
async fn a_pairing_by_forms_alone(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    employs(&desk, &desk.person("nils"), &[]).await;
    let (hers, his) = (
        Session::of(&desk, &pia).await,
        Session::of(&desk, &abel).await,
    );
    let ask = hers.page("/relationships/new").await;
    assert!(
        ask.text.contains("Pia Lund") && ask.text.contains("hand over yourself"),
        "{}",
        ask.text
    );
    let nobody = hers.sends("/relationships", &[]).await;
    assert_eq!(nobody.status, 422);
    let shown = hers
        .sends("/relationships", &[(&format!("people.{me}"), "on")])
        .await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let at = shown.text.find("/pairing-links/").expect("a link");
    let link = shown.text[at..]
        .split('"')
        .next()
        .expect("its end")
        .to_owned();
    // Signed in first, then back to it.
    let builder = desk.client().get(desk.page(&link));
    let away = crate::support::person::Asking::new("a stranger opens it".into(), builder).await;
    assert_eq!(away.status, 303);
    assert!(
        away.header("location")
            .starts_with("/sign-in?next=%2Fpairing-links%2F")
    );
    let opened = his.page(&link).await;
    for told in [
        "Initech Partners asks for access",
        "Pia Lund",
        "Do not approve",
        "Yes, I authorize access",
    ] {
        assert!(opened.text.contains(told), "{told}: {}", opened.text);
    }
    let own = hers.page(&link).await;
    assert!(
        own.status == 409 && own.text.contains("This link is your own"),
        "{}",
        own.text
    );
    let accepted = his.sends(&link, &[("answer", "yes")]).await;
    let pairing = accepted.header("location").to_owned();
    assert!(pairing.starts_with("/relationships/"), "{accepted:?}");
    let used = his.page(&link).await;
    assert!(
        used.status == 409 && used.text.contains("Link used"),
        "{}",
        used.text
    );
    let page = his.page(&pairing).await.text;
    assert!(
        page.contains("No role yet") && page.contains("lose access at once"),
        "{page}"
    );
    let at = page.find("/pairing-members/").expect("a member");
    let member = page[at..].split('"').next().expect("its end").to_owned();
    assert!(his.page(&member).await.text.contains("Give a role"));
    let given = his
        .sends(
            &format!("{member}/roles"),
            &[("role", "designated_contact"), ("until", "2026-12-30")],
        )
        .await;
    assert_eq!(given.status, 303, "{}", given.text);
    let lasts = his.page(&member).await.text;
    assert!(
        lasts.contains("until") && lasts.contains("2026-12-31"),
        "{lasts}"
    );

    // She switches there, and every page says so.
    assert!(
        hers.page("/places")
            .await
            .text
            .contains("Work in ACME Corporation")
    );
    hers.sends("/switch", &[("organization", "acme")]).await;
    let new = hers.page("/cases/new").await.text;
    assert!(
        new.contains("You are working in ACME Corporation as Pia Lund.")
            && new.contains("Back to Initech Partners"),
        "{new}"
    );
    assert!(
        new.contains("Dana Cole") && !new.contains("Vic"),
        "only who opens cases there can be the contact: {new}"
    );
    let case = [
        ("contact", "dana@acme.test"),
        ("subject", "For our client"),
        ("description", "x"),
        ("priority", "medium"),
        ("business_impact", "limited"),
        ("deployment", "cloud"),
        ("product", ""),
    ];
    let opened = hers.sends("/cases", &case).await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    let at = opened
        .header("location")
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_owned();
    let escalation = [
        ("reason", "no_progress"),
        ("answers.expected", "A fix"),
        ("answers.business_impact", "Orders stand still"),
        ("details", "Please look."),
    ];
    let escalate = hers
        .page(&format!("{at}/escalate?reason=no_progress"))
        .await;
    assert_eq!(escalate.status, 200, "{}", escalate.text);
    let escalated = hers.sends(&format!("{at}/escalate"), &escalation).await;
    assert_eq!(escalated.status, 303, "{}", escalated.text);
    let back = hers.sends("/switch", &[("organization", "")]).await;
    assert_eq!(back.status, 303);
    assert_eq!(hers.page(&at).await.status, 404, "it is ACME's");

    // Switched off while she is there: one page says so, and she is home.
    hers.sends("/switch", &[("organization", "acme")]).await;
    assert_eq!(hers.page(&at).await.status, 200);
    let list = his.page("/relationships").await.text;
    assert!(
        list.contains("Access to my organization")
            && list.contains("Initech Partners")
            && list.contains("Designated contact"),
        "{list}"
    );
    his.sends(&format!("{pairing}/switch"), &[("enabled", "false")])
        .await;
    let ended = hers.page(&at).await;
    assert!(
        ended.status == 403 && ended.text.contains("signed out of it"),
        "{}",
        ended.text
    );
    let home = hers.page("/cases").await;
    assert!(
        home.status == 200 && !home.text.contains("You are working in"),
        "{}",
        home.text
    );
    his.sends(&format!("{pairing}/remove"), &[]).await;
    assert_eq!(his.page(&pairing).await.status, 404);
    // Whoever may not look at relationships is told what is missing.
    let dana = Session::of(&desk, &desk.person("dana")).await;
    let page = dana.page("/relationships").await;
    assert!(
        page.text.contains("Ask Abel Noor to add you"),
        "{}",
        page.text
    );
    assert_eq!(dana.page("/places").await.status, 200);
}
