//! Ways to open what one may not: who reads a line, what a page offers, what a second factor guards, what a role leaves
//! behind, and what was begun before it was taken away (A1, A4, A7, P3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::authority::{KEEPER, is_beyond, makes_keeper};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::paired::{administrators, employs, gives, id_of, pairs, said, there};
use crate::support::person::{Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    who_reads_a_line_is_changed_by_who_reads_it,
    nobody_is_offered_what_they_may_not_give,
    a_second_factor_is_lifted_by_who_could_give_the_role,
    a_part_of_a_key_is_a_part_of_it_elsewhere_too,
    a_role_that_is_removed_leaves_nobody_behind,
    who_lets_viewers_in_lets_in_nobody_with_more,
    what_was_begun_before_access_ended_is_not_done_after_it,
    an_organization_stays_in_the_region_of_those_it_is_paired_with,
    nobody_learns_by_a_cursor_what_others_did,
}

const ANOTHER: &str = "a bell for another day";

async fn line(by: &Person, name: &str) -> String {
    let all = by.get("/lines-of-business").await.ok()["items"].clone();
    let all = all.as_array().expect("a list");
    let found = all.iter().find(|line| line["name"] == name);
    format!("/lines-of-business/{}", said(&found.expect("a line")["id"]))
}

/// Ada keeps the line Payments, with Cards below it, for the members of a group; gives the group.
async fn keeps_payments(ada: &Person, members: &[&str]) -> String {
    let cards = json!({ "name": "Cards", "parent": "Payments" });
    ada.post("/lines-of-business", cards).await.created();
    let group = json!({ "name": "Payments desk", "members": members });
    let group = said(&ada.post("/access-groups", group).await.created()["id"]);
    let payments = line(ada, "Payments").await;
    ada.patch(&payments, json!({ "read_groups": [group] }))
        .await
        .ok();
    group
}

/// A4: by the line's grants, by its place, by who is in a group that it names, and by taking over who reads it.
async fn who_reads_a_line_is_changed_by_who_reads_it(desk: Desk) {
    let (ada, mona, dana) = (desk.person("ada"), desk.person("mona"), desk.person("dana"));
    let case = dana.opens(high().about("Quinces")).await;
    let cards = json!({ "line_of_business": "Payments" });
    desk.person("sam").changes(&case, cards).await.ok();
    // Rita may do nothing but read what the group reads.
    let rita = json!({ "email": "rita@bellhop.test", "first_name": "Rita", "last_name": "Low" });
    let rita = said(&ada.post("/users", rita).await.created()["id"]);
    let group = format!("/access-groups/{}", keeps_payments(&ada, &[&rita]).await);
    let keeper = makes_keeper(&ada, &mona, KEEPER).await;
    let me = id_of(&mona).await;
    let session = Session::of(&desk, &mona).await;
    desk.passes(TimeDelta::hours(1));
    desk.mailbox().await;

    let before = desk.rows();
    let join = json!({ "user": me });
    let rita_path = format!("/users/{rita}");
    let through_the_group = async |more: &str| {
        let members = format!("{group}/members");
        is_beyond(mona.post(&members, join.clone()).await, more);
        is_beyond(mona.delete(&format!("{members}/{rita}")).await, more);
        for change in [
            json!({ "members": [me, rita] }),
            json!({ "members": [] }),
            json!({ "name": "Everybody" }),
        ] {
            is_beyond(mona.patch(&group, change).await, more);
        }
        is_beyond(mona.delete(&group).await, more);
        for change in [json!({ "password": ANOTHER }), json!({ "disabled": true })] {
            is_beyond(mona.patch(&rita_path, change).await, "lines:read_all");
        }
        let page = session
            .page(&format!("/admin{}", group.replace("access-", "")))
            .await;
        assert!(
            !page.text.contains("method=\"post\" action=\"/admin/groups"),
            "{}",
            page.text
        );
        let sent = session
            .sends(
                &format!("/admin{}/members", group.replace("access-", "")),
                &[("user", &me)],
            )
            .await;
        assert_eq!(sent.status, 403, "{sent:?}");
    };
    through_the_group("lines:manage").await;
    desk.is_unchanged_since(&before, "somebody who manages no lines");

    // Whoever manages lines and does not read this one opens it as little.
    let (payments, cards) = (line(&ada, "Payments").await, line(&ada, "Cards").await);
    let wider = [KEEPER, &["lines:view", "lines:manage"]].concat();
    ada.patch(&format!("/roles/{keeper}"), json!({ "permissions": wider }))
        .await
        .ok();
    let mine = json!({ "name": "Mine", "members": [me] });
    let mine = said(&ada.post("/access-groups", mine).await.created()["id"]);
    let before = desk.rows();
    through_the_group("lines:read_all").await;
    for (path, change) in [
        (&payments, json!({ "read_groups": null })),
        (&payments, json!({ "read_groups": [mine] })),
        (&payments, json!({ "read_groups": [] })),
        (&cards, json!({ "parent": "Ledger" })),
        (&cards, json!({ "read_groups": [mine] })),
        (
            &line(&ada, "All lines of business").await,
            json!({ "apply_below": true }),
        ),
    ] {
        is_beyond(mona.patch(path, change).await, "lines:read_all");
    }
    // Nor is it foretold how much would be seen.
    let form = [("name", "Cards"), ("parent", "Ledger"), ("own_readers", "")];
    let sent = session
        .sends(
            &format!("/admin{}", cards.replace("lines-of-business", "lines")),
            &form,
        )
        .await;
    assert_eq!(sent.status, 403, "{sent:?}");
    desk.is_unchanged_since(&before, "somebody who does not read the line");
    mona.get(&format!("/cases/{}", case.number))
        .await
        .refused(404, "not_found");
    // What it is called, and what everybody reads, is theirs to manage.
    mona.patch(&payments, json!({ "name": "Payments, all of them" }))
        .await
        .ok();
    let ledger = line(&ada, "Ledger").await;
    mona.patch(&ledger, json!({ "read_groups": [mine] }))
        .await
        .ok();
    mona.patch(&ledger, json!({ "read_groups": null }))
        .await
        .ok();

    // Once among the readers, they are one who may.
    ada.post(&format!("{group}/members"), join).await.ok();
    mona.delete(&format!("{group}/members/{rita}")).await.ok();
    mona.patch(&cards, json!({ "parent": "Ledger" })).await.ok();
    mona.get(&format!("/cases/{}", case.number)).await.ok();
    desk.mailbox().await;
}

async fn nobody_is_offered_what_they_may_not_give(desk: Desk) {
    let (abel, vic, pia) = {
        let (abel, pia, _) = administrators(&desk).await;
        (abel, desk.person("vic"), pia)
    };
    makes_keeper(
        &abel,
        &vic,
        &[KEEPER, &["org_trustors:view", "org_trustee_users:view"]].concat(),
    )
    .await;
    let other = json!({ "code": "other", "name": "Other", "permissions": ["cases:create"] });
    let other = said(&abel.post("/roles", other).await.created()["id"]);
    let pairing = pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
    let groups = abel.all("/access-groups").await;
    let named = |name: &str| {
        let found = groups.iter().find(|group| group["name"] == name);
        format!("/admin/groups/{}", said(&found.expect("a group")["id"]))
    };
    let (session, administrators) = (
        Session::of(&desk, &vic).await,
        Session::of(&desk, &abel).await,
    );
    for path in [
        "/admin/groups/new".to_owned(),
        named("ACME Corporation Portal Viewers"),
    ] {
        let page = session.page(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        for (role, offered) in [
            ("roles.portal_viewer", true),
            ("roles.keeper", true),
            ("roles.designated_contact", false),
            ("roles.organization_admin", false),
            ("roles.other", false),
        ] {
            let tick = format!("name=\"{role}\"");
            assert_eq!(page.text.contains(&tick), offered, "{path} {role}");
            let all = administrators.page(&path).await;
            assert!(all.text.contains(&tick), "{path} {role}");
        }
    }
    // Of what is beyond them they see what it is, and no form.
    for path in [
        named("ACME Corporation Administrators"),
        format!("/admin/roles/{other}"),
    ] {
        let page = session.page(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(
            !page.text.contains("method=\"post\" action=\"/admin"),
            "{}",
            page.text
        );
    }
    let page = session.page("/admin/roles/new").await;
    assert!(page.text.contains("name=\"permissions.cases:view\""));
    assert!(!page.text.contains("name=\"permissions.cases:create\""));
    let member = format!("/pairing-members/{}", pairing.members[0]);
    let (seen, all) = (
        session.page(&member).await,
        administrators.page(&member).await,
    );
    assert!(
        seen.text.contains("value=\"portal_viewer\""),
        "{}",
        seen.text
    );
    for beyond in ["designated_contact", "organization_admin", &other] {
        let choice = format!("value=\"{beyond}\"");
        assert!(!seen.text.contains(&choice), "{beyond}");
        assert!(all.text.contains(&choice), "{beyond}");
    }
    desk.mailbox().await;
}

/// Without it, a password alone is enough for all that the role grants.
async fn a_second_factor_is_lifted_by_who_could_give_the_role(desk: Desk) {
    let (ada, abel, vic) = (desk.person("ada"), desk.person("abel"), desk.person("vic"));
    makes_keeper(&abel, &vic, KEEPER).await;
    let (session, administrators) = (
        Session::of(&desk, &vic).await,
        Session::of(&desk, &abel).await,
    );
    let asked = json!({ "organization": "acme", "roles": ["organization_admin"] });
    ada.put("/second-factor-roles", asked).await.ok();
    // Whoever has none yet is told by the page what to do, and not how a program does it.
    let page = administrators
        .sends("/admin/groups", &[("name", "Mine")])
        .await;
    assert_eq!(page.status, 403, "{page:?}");
    assert!(
        page.text.contains("href=\"/account/security\""),
        "{}",
        page.text
    );
    let stranger = desk.client().post(desk.page("/admin/groups"));
    let stranger = stranger.form(&[("name", "Mine")]).send().await;
    let stranger = stranger.expect("an answer").text().await.expect("text");
    for text in [&page.text, &stranger] {
        assert!(
            !text.contains("POST /") && !text.contains("Bearer"),
            "{text}"
        );
    }
    let before = desk.rows();
    let lifted = vic
        .put("/second-factor-roles", json!({ "roles": [] }))
        .await;
    is_beyond(lifted, "org_trustors:manage");
    let more = json!({ "roles": ["organization_admin", "designated_contact"] });
    is_beyond(vic.put("/second-factor-roles", more).await, "cases:create");
    desk.is_unchanged_since(&before, "somebody who could not give the role");
    // The page changes what it offers, and nothing else.
    let page = session.page("/admin/second-factor").await;
    assert!(
        page.text.contains("name=\"roles.portal_viewer\""),
        "{}",
        page.text
    );
    assert!(!page.text.contains("name=\"roles.organization_admin\""));
    let sent = session
        .sends("/admin/second-factor", &[("roles", "")])
        .await;
    assert_eq!(sent.status, 303, "{sent:?}");
    let asks = ada.get("/second-factor-roles?organization=acme").await.ok();
    assert_eq!(asks["roles"], json!(["organization_admin"]));
    let lifted = json!({ "organization": "acme", "roles": [] });
    ada.put("/second-factor-roles", lifted).await.ok();
}

/// Ike and Ina of Initech work at ACME alike; Ike keeps Initech's people besides.
async fn a_part_of_a_key_is_a_part_of_it_elsewhere_too(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let mut ids = Vec::new();
    for (email, first) in [("ike@initech.test", "Ike"), ("ina@initech.test", "Ina")] {
        let new = json!({ "email": email, "first_name": first, "last_name": "Ross" });
        ids.push(said(&pia.post("/users", new).await.created()["id"]));
    }
    let pairing = pairs(&pia, &abel, &[&ids[0], &ids[1]], &[]).await;
    for member in &pairing.members {
        gives(&abel, member, "designated_contact").await;
    }
    let role = json!({ "code": "keeper", "name": "Keeper", "permissions": KEEPER });
    pia.post("/roles", role).await.created();
    pia.patch(
        &format!("/users/{}", ids[0]),
        json!({ "roles": ["keeper"] }),
    )
    .await
    .ok();
    let ike = pia.with_token(&desk.token_of(&ids[0]).await);
    let scope = json!({ "name": "People", "permissions": ["users:view", "users:manage"] });
    let token = ike.post("/tokens", scope).await.created();
    let part = ike.with_token(&said(&token["token"]));
    let (ina, change) = (format!("/users/{}", ids[1]), json!({ "password": ANOTHER }));
    desk.mailbox().await;
    let before = desk.rows();
    is_beyond(part.patch(&ina, change.clone()).await, "cases:create");
    desk.is_unchanged_since(&before, "a part of a key");
    ike.patch(&ina, change).await.ok();
}

/// P3: without a role one can do nothing there.
async fn a_role_that_is_removed_leaves_nobody_behind(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let helper = json!({ "code": "helper", "name": "Helper", "permissions": ["cases:view"] });
    let helper = said(&abel.post("/roles", helper).await.created()["id"]);
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    gives(&abel, &pairing.members[0], &helper).await;
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .ok();
    desk.mailbox().await;
    abel.delete(&format!("/roles/{helper}?force=true"))
        .await
        .done();
    there(&pia, "acme", Method::GET, "/me", Value::Null)
        .await
        .refused(404, "organization_not_found");
    let places = pia.get("/me/organizations").await.ok();
    assert_eq!(
        places["items"].as_array().map(Vec::len),
        Some(1),
        "{places}"
    );
    // Both organizations have a record of it (P9), and she is told.
    let events = pia.all("/audit-events?kind=pairing.role_taken").await;
    assert_eq!(events.len(), 1, "{events:?}");
    desk.mailbox().await.to(&pia.email());
}

/// A6: a request for access is no way to let in whoever was added with more, and not invited yet.
async fn who_lets_viewers_in_lets_in_nobody_with_more(desk: Desk) {
    let (abel, nils) = (desk.person("abel"), desk.person("nils"));
    let decider = [
        "cases:view",
        "escalations:view",
        "reports:view",
        "articles:view",
        "announcements:view",
        "tutorials:view",
        "tutorials:register",
        "access_requests:view",
        "access_requests:decide",
    ];
    makes_keeper(&abel, &nils, &decider).await;
    let rae = json!({ "first_name": "Rae", "last_name": "Lee", "email": "rae@acme.test", "roles": ["organization_admin"] });
    abel.post("/users", rae).await.created();
    let asks = json!({ "first_name": "Rae", "last_name": "Lee", "organization": "acme",
        "email": "rae@acme.test", "note": "To follow along." });
    let asking = desk.client().post(desk.api("/access-requests")).json(&asks);
    assert_eq!(asking.send().await.expect("an answer").status(), 202);
    let wish = said(&nils.all("/access-requests").await[0]["id"]);
    let decision = format!("/access-requests/{wish}/decision");
    desk.mailbox().await;
    let answer = nils.post(&decision, json!({ "granted": true })).await;
    is_beyond(answer, "org_trustors:manage");
    assert!(desk.mailbox().await.0.is_empty(), "no link goes out");
    abel.post(&decision, json!({ "granted": true })).await.ok();
    desk.mailbox().await.to("rae@acme.test");
}

/// A request whose body is not there yet.
struct Begun {
    stream: TcpStream,
    body: String,
}

/// Somebody begins a request: who they are is said, and what they want is not.
async fn begins(desk: &Desk, shown: &str, path: &str, body: &Value) -> Begun {
    let url = desk.api(path);
    let (_, rest) = url.split_once("://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    let body = body.to_string();
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\n{shown}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    Begun { stream, body }
}

impl Begun {
    /// The rest of it; answers with the status.
    async fn ends(mut self) -> u16 {
        let body = self.body.as_bytes();
        self.stream.write_all(body).await.expect("a body");
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.expect("text");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        status.unwrap_or_else(|| panic!("no answer: {answer}"))
    }
}

/// Somebody signs in; gives the headers with which their browser shows it.
async fn signs_in(desk: &Desk, person: &Person) -> String {
    let sign_in = json!({ "email": person.email(), "password": PASSWORD });
    let answer = desk.client().post(desk.api("/sessions")).json(&sign_in);
    let answer = answer.send().await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let me: Value = answer.json().await.expect("JSON");
    format!(
        "cookie: {cookie}\r\nx-csrf-token: {}",
        said(&me["csrf_token"])
    )
}

/// A7: what gives access is done by nobody who has lost theirs meanwhile.
async fn what_was_begun_before_access_ended_is_not_done_after_it(desk: Desk) {
    let (ada, abel, dana) = (desk.person("ada"), desk.person("abel"), desk.person("dana"));
    let way_in = json!({ "email": "way@acme.test", "first_name": "W", "last_name": "In", "roles": ["organization_admin"] });
    let by_token = format!("authorization: Bearer {}", abel.token());
    let begun = begins(&desk, &by_token, "/users", &way_in).await;
    employs(&desk, &abel, &["portal_viewer"]).await;
    let before = desk.rows();
    assert_eq!(begun.ends().await, 403);
    desk.is_unchanged_since(&before, "somebody who has lost their role");

    // A key that is asked for with a session that ends meanwhile is none.
    let key = json!({ "name": "Mine" });
    let begun = begins(&desk, &signs_in(&desk, &dana).await, "/tokens", &key).await;
    let user = format!("/users/{}", id_of(&dana).await);
    ada.patch(&user, json!({ "password": ANOTHER })).await.ok();
    let before = desk.rows();
    assert_eq!(begun.ends().await, 401);
    desk.is_unchanged_since(&before, "a session that has ended");

    // Nor is one of somebody who has shown too long ago who they are.
    let carl = desk.person("carl");
    let begun = begins(&desk, &signs_in(&desk, &carl).await, "/tokens", &key).await;
    carl.opens(high()).await;
    desk.passes(TimeDelta::minutes(11));
    let before = desk.rows();
    assert_eq!(begun.ends().await, 403);
    desk.is_unchanged_since(&before, "a proof that counts no more");
    desk.mailbox().await;
}

/// P4.
async fn an_organization_stays_in_the_region_of_those_it_is_paired_with(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let ada = desk.person("ada");
    let pairing = pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
    let moved = json!({ "region": "us" });
    for paired in ["acme", "initech"] {
        ada.patch(&format!("/organizations/{paired}"), moved.clone())
            .await
            .names_fields(&[("region", "paired")]);
    }
    ada.patch("/organizations/globex", moved.clone()).await.ok();
    abel.delete(&format!("/pairings/{}", pairing.id))
        .await
        .done();
    ada.patch("/organizations/acme", moved).await.ok();
    desk.mailbox().await;
}

/// A5: a cursor that names somebody else's event is answered like one that names nothing.
async fn nobody_learns_by_a_cursor_what_others_did(desk: Desk) {
    let (ada, abel, gina) = (desk.person("ada"), desk.person("abel"), desk.person("gina"));
    let user = format!("/users/{}", id_of(&gina).await);
    ada.patch(&user, json!({ "first_name": "Georgina" }))
        .await
        .ok();
    let foreign = ada
        .all("/audit-events?organization=globex&kind=person.changed")
        .await;
    let foreign = said(&foreign[0]["id"]);
    let nils = format!("/users/{}", id_of(&desk.person("nils")).await);
    for name in ["Nelson", "Nilsson", "Nina"] {
        abel.patch(&nils, json!({ "first_name": name })).await.ok();
    }
    let page = abel.get("/audit-events?limit=1").await.ok();
    let cursor = said(&page["next_cursor"]);
    let own = said(&page["items"][0]["id"]);
    let forged = |id: &str| {
        let mut cursor: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&cursor).expect("base64"))
                .expect("JSON");
        let text = cursor.to_string().replace(&own, id);
        cursor = serde_json::from_str(&text).expect("JSON");
        URL_SAFE_NO_PAD.encode(cursor.to_string())
    };
    let behind = async |id: &str| {
        let path = format!("/audit-events?limit=1&cursor={}", forged(id));
        abel.get(&path).await.ok()["items"].as_array().map(Vec::len)
    };
    assert_eq!(behind(&own).await, Some(1));
    assert_eq!(
        behind("01999999-0000-7000-8000-000000000000").await,
        Some(0)
    );
    assert_eq!(behind(&foreign).await, Some(0));
}
