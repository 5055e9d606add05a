//! Nobody gives, takes over or opens up more than they hold and may grant, by API and by page (A1, A7, P7).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::paired::{
    administrators, gives, group, id_of, organization_of, pairs, said, there,
};
use crate::support::person::Person;
use crate::support::session::Session;

on_both_databases! { Desk:
    who_manages_people_manages_nobody_who_may_do_more,
    nobody_gives_more_than_they_hold,
    staff_climb_no_further_than_customers_people,
    a_token_gives_no_more_than_it_allows,
    a_trusted_group_is_opened_by_who_may_work_there,
    who_lets_viewers_in_can_see_what_they_see,
    nobody_administers_by_way_of_a_pairing,
    a_part_of_a_key_manages_no_account,
}

const ANOTHER: &str = "a bell for another day";

/// What somebody holds who keeps an organization's people, groups and roles, and reads its cases.
pub const KEEPER: &[&str] = &[
    "cases:view",
    "escalations:view",
    "reports:view",
    "articles:view",
    "announcements:view",
    "tutorials:view",
    "tutorials:register",
    "users:view",
    "users:manage",
    "roles:view",
    "roles:manage",
    "access_groups:view",
    "access_groups:manage",
    "grants:add",
];

/// Gives somebody a role of their organization's own, besides those they have; answers with its id.
pub async fn makes_keeper(by: &Person, whom: &Person, permissions: &[&str]) -> String {
    let organization = organization_of(whom).await;
    let role = json!({ "organization": organization, "code": "keeper", "name": "Keeper", "permissions": permissions });
    let role = by.post("/roles", role).await.created();
    let user = format!("/users/{}", id_of(whom).await);
    let mut roles = by.get(&user).await.ok()["roles"].clone();
    roles.as_array_mut().expect("a list").push("keeper".into());
    by.patch(&user, json!({ "roles": roles })).await.ok();
    said(&role["id"])
}

/// It is more than they may give, and the answer names what.
#[track_caller]
pub fn is_beyond(answer: Answer, permission: &str) {
    let refused = answer.refused(403, "beyond_own_rights");
    let named = refused.json["permissions"].as_array().expect("a list");
    assert!(named.contains(&json!(permission)), "{refused:?}");
    assert_eq!(refused.json["permission"], named[0]);
}

async fn who_manages_people_manages_nobody_who_may_do_more(desk: Desk) {
    let (abel, vic) = (desk.person("abel"), desk.person("vic"));
    let (nils, dana) = (desk.person("nils"), desk.person("dana"));
    makes_keeper(&abel, &vic, KEEPER).await;
    let nils_path = format!("/users/{}", id_of(&nils).await);
    desk.mailbox().await;

    let session = Session::of(&desk, &vic).await;
    let before = desk.rows();
    for (whom, more) in [(&abel, "org_trustors:manage"), (&dana, "cases:create")] {
        let id = id_of(whom).await;
        let user = format!("/users/{id}");
        for change in [
            json!({ "password": ANOTHER }),
            json!({ "disabled": true }),
            json!({ "disabled": false }),
            json!({ "first_name": "Vic" }),
            json!({ "roles": [] }),
            json!({ "roles": ["portal_viewer"] }),
        ] {
            is_beyond(vic.patch(&user, change).await, more);
        }
        is_beyond(vic.delete(&format!("{user}/second-factor")).await, more);
        is_beyond(vic.delete(&format!("{user}/sessions")).await, more);
        let invitation = vic.post(&format!("{user}/invitation"), json!({})).await;
        is_beyond(invitation, more);
        // The portal asks the same.
        let page = format!("/admin/people/{id}");
        for (form, fields) in [
            ("roles", &[("roles.portal_viewer", "on")][..]),
            ("access", &[]),
            ("invitation", &[]),
            ("sign-out", &[]),
            ("second-factor", &[]),
        ] {
            let answer = session.sends(&format!("{page}/{form}"), fields).await;
            assert_eq!(answer.status, 403, "{answer:?}");
        }
    }
    desk.is_unchanged_since(&before, "somebody with less");
    assert!(
        desk.mailbox().await.0.is_empty(),
        "nobody is told of anything"
    );
    dana.get("/me").await.ok();

    // Whoever may do less is theirs to manage.
    vic.patch(&nils_path, json!({ "roles": ["portal_viewer"] }))
        .await
        .ok();
    vic.patch(&nils_path, json!({ "password": ANOTHER }))
        .await
        .ok();
    vic.delete(&format!("{nils_path}/sessions")).await.done();
    vic.patch(&nils_path, json!({ "disabled": true }))
        .await
        .ok();
    vic.patch(&nils_path, json!({ "disabled": false }))
        .await
        .ok();
    // Their own password they change as its owner, who knows it.
    let own = format!("/users/{}", id_of(&vic).await);
    vic.patch(&own, json!({ "password": ANOTHER }))
        .await
        .names_fields(&[("password", "not_yourself")]);
    // An administrator manages all of them.
    let dana_path = format!("/users/{}", id_of(&dana).await);
    abel.patch(&dana_path, json!({ "password": ANOTHER }))
        .await
        .ok();
}

async fn nobody_gives_more_than_they_hold(desk: Desk) {
    let (abel, vic) = (desk.person("abel"), desk.person("vic"));
    let keeper = makes_keeper(&abel, &vic, KEEPER).await;
    let (vic_id, nils_id) = (id_of(&vic).await, id_of(&desk.person("nils")).await);
    let groups = abel.all("/access-groups").await;
    let named = |name: &str| {
        let found = groups.iter().find(|group| group["name"] == name);
        format!("/access-groups/{}", said(&found.expect("a group")["id"]))
    };
    let (admins, viewers) = (
        named("ACME Corporation Administrators"),
        named("ACME Corporation Portal Viewers"),
    );
    let other = json!({ "code": "other", "name": "Other", "permissions": ["cases:create"] });
    let other = said(&abel.post("/roles", other).await.created()["id"]);
    let session = Session::of(&desk, &vic).await;
    let before = desk.rows();

    // To themselves, to others, to somebody new.
    for who in [&vic_id, &nils_id] {
        let user = format!("/users/{who}");
        let admin = json!({ "roles": ["portal_viewer", "organization_admin"] });
        is_beyond(vic.patch(&user, admin).await, "org_trustors:manage");
        let roles = json!({ "roles": ["portal_viewer", "other"] });
        is_beyond(vic.patch(&user, roles).await, "cases:create");
    }
    let new = json!({ "email": "new@acme.test", "first_name": "N", "last_name": "W", "roles": ["designated_contact"] });
    is_beyond(vic.post("/users", new.clone()).await, "cases:create");
    let mut invited = new;
    invited["invite"] = true.into();
    is_beyond(vic.post("/users", invited).await, "cases:create");
    // By way of a group: its members, its roles, its name, its end.
    let me = json!({ "user": vic_id });
    is_beyond(
        vic.post(&format!("{admins}/members"), me).await,
        "org_trustors:manage",
    );
    for change in [
        json!({ "members": [vic_id] }),
        json!({ "name": "Everybody" }),
        json!({ "roles": [] }),
    ] {
        is_beyond(vic.patch(&admins, change).await, "org_trustors:manage");
    }
    is_beyond(vic.delete(&admins).await, "org_trustors:manage");
    is_beyond(
        vic.delete(&format!("{admins}/roles/organization_admin"))
            .await,
        "org_trustors:manage",
    );
    let contact = json!({ "role": "designated_contact" });
    is_beyond(
        vic.post(&format!("{viewers}/roles"), contact).await,
        "cases:create",
    );
    let roles = json!({ "roles": ["portal_viewer", "organization_admin"] });
    is_beyond(vic.patch(&viewers, roles).await, "org_trustors:manage");
    let new = json!({ "name": "Ours", "roles": ["organization_admin"], "members": [vic_id] });
    is_beyond(vic.post("/access-groups", new).await, "org_trustors:manage");
    // By way of a role: a new one, one's own, another's.
    let new = json!({ "code": "mine", "name": "Mine", "permissions": ["org_trustors:manage"] });
    is_beyond(vic.post("/roles", new).await, "org_trustors:manage");
    let copy = json!({ "code": "mine", "name": "Mine", "copy_of": "designated_contact" });
    is_beyond(vic.post("/roles", copy).await, "cases:create");
    let mut wider: Vec<&str> = KEEPER.to_vec();
    wider.push("audit:view");
    is_beyond(
        vic.patch(&format!("/roles/{keeper}"), json!({ "permissions": wider }))
            .await,
        "audit:view",
    );
    for change in [json!({ "name": "Reader" }), json!({ "permissions": [] })] {
        let answer = vic.patch(&format!("/roles/{other}"), change).await;
        is_beyond(answer, "cases:create");
    }
    is_beyond(vic.delete(&format!("/roles/{other}")).await, "cases:create");
    // The portal asks the same.
    let person = format!("/admin/people/{vic_id}/roles");
    let ticked = [
        ("roles.portal_viewer", "on"),
        ("roles.organization_admin", "on"),
    ];
    let answer = session.sends(&person, &ticked).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    desk.is_unchanged_since(&before, "somebody with less");

    // What they hold, they give, and take back.
    let user = format!("/users/{nils_id}");
    vic.patch(&user, json!({ "roles": ["portal_viewer", "keeper"] }))
        .await
        .ok();
    vic.patch(&user, json!({ "roles": [] })).await.ok();
    vic.post(&format!("{viewers}/members"), json!({ "user": nils_id }))
        .await
        .ok();
    vic.delete(&format!("{viewers}/members/{nils_id}"))
        .await
        .ok();
    let mine =
        json!({ "code": "mine", "name": "Mine", "permissions": ["cases:view", "users:view"] });
    let mine = vic.post("/roles", mine).await.created();
    vic.delete(&format!("/roles/{}", said(&mine["id"])))
        .await
        .done();
    // An administrator gives what they do not hold themselves: what contacts need.
    abel.patch(&user, json!({ "roles": ["designated_contact"] }))
        .await
        .ok();
}

async fn staff_climb_no_further_than_customers_people(desk: Desk) {
    let (ada, mona) = (desk.person("ada"), desk.person("mona"));
    let permissions = [KEEPER, &["organizations:view"]].concat();
    makes_keeper(&ada, &mona, &permissions).await;
    let mona_path = format!("/users/{}", id_of(&mona).await);
    let before = desk.rows();
    for (key, more) in [
        ("ada", "policies:manage"),
        ("sam", "escalations:assign"),
        ("abel", "org_trustors:manage"),
        ("dana", "cases:create"),
    ] {
        let user = format!("/users/{}", id_of(&desk.person(key)).await);
        let password = json!({ "password": ANOTHER });
        is_beyond(mona.patch(&user, password).await, more);
        is_beyond(mona.patch(&user, json!({ "disabled": true })).await, more);
    }
    let administrator = json!({ "roles": ["monitor", "keeper", "administrator"] });
    is_beyond(
        mona.patch(&mona_path, administrator).await,
        "policies:manage",
    );
    for role in ["designated_contact", "organization_admin"] {
        let new = json!({ "organization": "globex", "email": "own@globex.test", "first_name": "O", "last_name": "N",
            "roles": [role] });
        let refused = mona.post("/users", new).await;
        refused.refused(403, "beyond_own_rights");
    }
    desk.is_unchanged_since(&before, "staff with less");
    // Whom they may do more than, they manage.
    let gus = format!("/users/{}", id_of(&desk.person("gus")).await);
    mona.patch(&gus, json!({ "password": ANOTHER })).await.ok();
    // The administrator manages everybody.
    for key in ["sam", "abel", "dana", "pia"] {
        let user = format!("/users/{}", id_of(&desk.person(key)).await);
        ada.patch(&user, json!({ "password": ANOTHER })).await.ok();
    }
}

async fn a_token_gives_no_more_than_it_allows(desk: Desk) {
    let ada = desk.person("ada");
    let scope = json!({ "name": "People", "permissions": ["users:view", "users:manage", "grants:add", "cases:view"] });
    let token = ada.post("/tokens", scope).await.created();
    let key = ada.with_token(&said(&token["token"]));
    let before = desk.rows();
    for who in ["ada", "eve", "vic"] {
        let user = format!("/users/{}", id_of(&desk.person(who)).await);
        key.patch(&user, json!({ "disabled": true }))
            .await
            .refused(403, "beyond_own_rights");
        key.patch(&user, json!({ "roles": ["administrator"] }))
            .await
            .refused(403, "beyond_own_rights");
    }
    desk.is_unchanged_since(&before, "a key that allows less");
}

/// A group of the trustee's that works in ACME: whoever joins it works there too.
async fn a_trusted_group_is_opened_by_who_may_work_there(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let home = organization_of(&pia).await;
    let trusted = group(&desk, &home, "At ACME", &[&id_of(&pia).await]).await;
    let pairing = pairs(&pia, &abel, &[], &[&trusted]).await;
    gives(&abel, &pairing.members[0], "designated_contact").await;
    // Ike keeps Initech's people and groups, and works nowhere else.
    let new = json!({ "email": "ike@initech.test", "first_name": "Ike", "last_name": "Ross" });
    let ike_id = said(&pia.post("/users", new).await.created()["id"]);
    let role = json!({ "code": "keeper", "name": "Keeper", "permissions": KEEPER });
    pia.post("/roles", role).await.created();
    pia.patch(&format!("/users/{ike_id}"), json!({ "roles": ["keeper"] }))
        .await
        .ok();
    let ike = pia.with_token(&desk.token_of(&ike_id).await);
    let members = format!("/access-groups/{trusted}/members");
    let before = desk.rows();
    is_beyond(
        ike.post(&members, json!({ "user": ike_id })).await,
        "cases:create",
    );
    let renamed = json!({ "name": "Anybody" });
    is_beyond(
        ike.patch(&format!("/access-groups/{trusted}"), renamed)
            .await,
        "cases:create",
    );
    desk.is_unchanged_since(&before, "somebody who does not work there");
    // Who answers for the organization's people does.
    pia.post(&members, json!({ "user": ike_id })).await.ok();
}

/// A6.
async fn who_lets_viewers_in_can_see_what_they_see(desk: Desk) {
    let (abel, nils) = (desk.person("abel"), desk.person("nils"));
    makes_keeper(
        &abel,
        &nils,
        &["access_requests:view", "access_requests:decide"],
    )
    .await;
    let asks = json!({ "first_name": "Rae", "last_name": "Lee", "organization": "acme",
        "email": "rae@acme.test", "note": "To follow along." });
    let asking = desk.client().post(desk.api("/access-requests")).json(&asks);
    assert_eq!(asking.send().await.expect("an answer").status(), 202);
    let wish = said(&nils.all("/access-requests").await[0]["id"]);
    let decision = format!("/access-requests/{wish}/decision");
    is_beyond(
        nils.post(&decision, json!({ "granted": true })).await,
        "cases:view",
    );
    abel.post(&decision, json!({ "granted": true })).await.ok();
    desk.mailbox().await;
}

/// P7: whoever works in an organization by a pairing makes no way in, however much they were given there.
async fn nobody_administers_by_way_of_a_pairing(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    gives(&abel, &pairing.members[0], "organization_admin").await;
    let (nils, vic) = (
        id_of(&desk.person("nils")).await,
        id_of(&desk.person("vic")).await,
    );
    let groups = abel.all("/access-groups").await;
    let admins = said(&groups[0]["id"]);
    let role = json!({ "code": "other", "name": "Other", "permissions": ["cases:view"] });
    let role = said(&abel.post("/roles", role).await.created()["id"]);
    let asks = json!({ "first_name": "Rae", "last_name": "Lee", "organization": "acme",
        "email": "rae@acme.test", "note": "To follow along." });
    let asking = desk.client().post(desk.api("/access-requests")).json(&asks);
    assert_eq!(asking.send().await.expect("an answer").status(), 202);
    let wish = said(&abel.all("/access-requests").await[0]["id"]);
    desk.mailbox().await;

    let at_acme = async |method: Method, path: String, body: Value| {
        there(&pia, "acme", method, &path, body).await
    };
    let before = desk.rows();
    let new = json!({ "email": "way@acme.test", "first_name": "W", "last_name": "In",
        "roles": ["organization_admin"], "password": ANOTHER });
    let invited =
        json!({ "email": "way@acme.test", "first_name": "W", "last_name": "In", "invite": true });
    for (method, path, body) in [
        (Method::POST, "/users".to_owned(), new),
        (Method::POST, "/users".to_owned(), invited),
        (
            Method::PATCH,
            format!("/users/{nils}"),
            json!({ "password": ANOTHER }),
        ),
        (
            Method::PATCH,
            format!("/users/{nils}"),
            json!({ "roles": ["organization_admin"] }),
        ),
        (
            Method::PATCH,
            format!("/users/{vic}"),
            json!({ "disabled": true }),
        ),
        (Method::POST, format!("/users/{nils}/invitation"), json!({})),
        (
            Method::DELETE,
            format!("/users/{vic}/sessions"),
            Value::Null,
        ),
        (
            Method::DELETE,
            format!("/users/{vic}/second-factor"),
            Value::Null,
        ),
        (
            Method::POST,
            "/access-groups".to_owned(),
            json!({ "name": "Ours", "members": [nils] }),
        ),
        (
            Method::PATCH,
            format!("/access-groups/{admins}"),
            json!({ "members": [nils] }),
        ),
        (
            Method::POST,
            format!("/access-groups/{admins}/members"),
            json!({ "user": nils }),
        ),
        (
            Method::POST,
            format!("/access-groups/{admins}/roles"),
            json!({ "role": "portal_viewer" }),
        ),
        (
            Method::DELETE,
            format!("/access-groups/{admins}"),
            Value::Null,
        ),
        (
            Method::POST,
            "/roles".to_owned(),
            json!({ "code": "ours", "name": "Ours", "permissions": ["cases:view"] }),
        ),
        (
            Method::PATCH,
            format!("/roles/{role}"),
            json!({ "permissions": ["users:manage"] }),
        ),
        (Method::DELETE, format!("/roles/{role}"), Value::Null),
        (
            Method::POST,
            format!("/access-requests/{wish}/decision"),
            json!({ "granted": true }),
        ),
        (
            Method::POST,
            format!("/pairing-members/{}/roles", pairing.members[0]),
            json!({ "role": "designated_contact" }),
        ),
        (
            Method::POST,
            "/pairings".to_owned(),
            json!({ "people": [nils] }),
        ),
        // What proves who one is, is not set from there either.
        (
            Method::POST,
            "/tokens".to_owned(),
            json!({ "name": "Mine" }),
        ),
        (
            Method::POST,
            "/me/password".to_owned(),
            json!({ "current_password": PASSWORD, "new_password": ANOTHER }),
        ),
        (Method::POST, "/me/second-factor".to_owned(), json!({})),
    ] {
        at_acme(method, path, body)
            .await
            .refused(403, "not_through_pairing");
    }
    // Nor by the portal.
    let session = Session::of(&desk, &pia).await;
    session
        .switches(json!({ "organization": "acme" }))
        .await
        .ok();
    for (path, fields) in [
        (
            "/admin/people".to_owned(),
            &[
                ("email", "way@acme.test"),
                ("first_name", "W"),
                ("last_name", "In"),
                ("organization", "acme"),
            ][..],
        ),
        (
            format!("/admin/people/{nils}/roles"),
            &[("roles.organization_admin", "on")],
        ),
        (format!("/admin/people/{nils}/access"), &[]),
        (format!("/admin/people/{nils}/invitation"), &[]),
        (format!("/admin/people/{vic}/sign-out"), &[]),
        (format!("/admin/people/{vic}/second-factor"), &[]),
        (
            "/account/tokens".to_owned(),
            &[("name", "Mine"), ("lifetime", "none"), ("scope", "all")],
        ),
        (
            "/account/password".to_owned(),
            &[("current_password", PASSWORD), ("new_password", ANOTHER)],
        ),
        ("/account/security/begin".to_owned(), &[]),
    ] {
        let answer = session.sends(&path, fields).await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    // No button leads there.
    for path in ["/admin/people".to_owned(), format!("/admin/people/{nils}")] {
        let page = session.page(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(!page.text.contains("/admin/people/new"), "{}", page.text);
        assert!(
            !page.text.contains("method=\"post\" action=\"/admin/people"),
            "{}",
            page.text
        );
    }
    let after = desk.rows();
    for table in [
        "people",
        "role_grants",
        "access_groups",
        "access_group_members",
        "roles",
        "api_tokens",
        "second_factors",
        "one_time_links",
    ] {
        assert_eq!(before[table], after[table], "{table}");
    }
    // What they were trusted with, they still see.
    at_acme(Method::GET, "/users".to_owned(), Value::Null)
        .await
        .ok();
}

/// One rule for both edges: a key that allows a part of what its owner may do manages nothing of their account.
async fn a_part_of_a_key_manages_no_account(desk: Desk) {
    let dana = desk.person("dana");
    let scope = json!({ "name": "Reader", "permissions": ["cases:view"] });
    let token = dana.post("/tokens", scope).await.created();
    let (key, own) = (said(&token["token"]), said(&token["id"]));
    let reader = dana.with_token(&key);
    let before = desk.rows();
    for (method, path, body) in [
        (Method::PATCH, "/me", json!({ "first_name": "X" })),
        (
            Method::PATCH,
            "/me/notices",
            json!({ "feed_entry": "none" }),
        ),
        (
            Method::POST,
            "/me/password",
            json!({ "current_password": PASSWORD, "new_password": ANOTHER }),
        ),
        (Method::POST, "/me/second-factor", json!({})),
        (Method::POST, "/tokens", json!({ "name": "More" })),
        (Method::DELETE, &*format!("/tokens/{own}"), json!({})),
        (Method::DELETE, "/sessions", json!({})),
    ] {
        let asking = reader.asks(method, path).json(&body).await;
        asking.refused(403, "scoped_token");
    }
    for (path, fields) in [
        ("/account", &[("first_name", "X"), ("last_name", "Y")][..]),
        ("/account/notices", &[("feed_entry", "none")]),
        (
            "/account/password",
            &[("current_password", PASSWORD), ("new_password", ANOTHER)],
        ),
        ("/account/security/begin", &[]),
        (
            "/account/tokens",
            &[("name", "More"), ("lifetime", "none"), ("scope", "all")],
        ),
        (&*format!("/account/tokens/{own}/revoke"), &[]),
        ("/account/sessions/end-others", &[]),
    ] {
        let form = desk
            .client()
            .post(desk.page(path))
            .bearer_auth(&key)
            .form(fields);
        let answer = form.send().await.expect("an answer");
        assert_eq!(answer.status(), 403, "{path}");
    }
    desk.is_unchanged_since(&before, "a part of a key");
    // Nor does a whole key change what proves who its owner is.
    for (path, fields) in [
        ("begin", &[][..]),
        ("confirm", &[("code", "123456")]),
        ("codes", &[("code", "123456")]),
        ("off", &[("password", PASSWORD)]),
    ] {
        let form = desk
            .client()
            .post(desk.page(&format!("/account/security/{path}")))
            .bearer_auth(dana.token())
            .form(fields);
        let answer = form.send().await.expect("an answer");
        assert_eq!(answer.status(), 403, "{path}");
    }
    desk.is_unchanged_since(&before, "a key");
}
