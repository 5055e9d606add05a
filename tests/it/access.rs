//! Roles, access groups, and that somebody always remains administrator (A1-A3, A7).

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::{Desk, runtime};
use crate::support::fixtures::PASSWORD;
use crate::support::paired::id_of;
use crate::support::person::{Person, high};
use crate::support::servers::Servers;

mod told;

on_both_databases! { Desk:
    a_role_grants_a_whole_resource,
    groups_are_installed_with_an_organization_and_follow_its_name,
    own_roles_are_given_changed_and_removed,
    nobody_gives_what_they_may_not,
    a_group_gives_to_its_members_and_to_nobody_else,
    somebody_remains_administrator,
    whoever_loses_the_last_role_is_signed_out,
}

pub async fn id(person: &Person) -> String {
    let me = person.get("/me").await.ok();
    me["person"]["id"].as_str().expect("an id").to_owned()
}

pub async fn group(by: &Person, name: &str) -> String {
    let organization = by.get("/access-groups?limit=100").await.ok();
    let all = organization["items"].as_array().expect("a list");
    let found = all.iter().find(|group| group["name"] == name);
    found.unwrap_or_else(|| panic!("no group {name}: {organization}"))["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("a list");
    items
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect()
}

async fn groups_are_installed_with_an_organization_and_follow_its_name(desk: Desk) {
    let (ada, abel) = (desk.person("ada"), desk.person("abel"));
    let acme = abel.get("/access-groups").await.ok();
    assert_eq!(
        names(&acme),
        [
            "ACME Corporation Administrators",
            "ACME Corporation Designated Contacts",
            "ACME Corporation Portal Viewers"
        ]
    );
    let carried: Vec<&Value> = acme["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| &group["roles"])
        .collect();
    assert_eq!(
        carried,
        [
            &json!(["organization_admin"]),
            &json!(["designated_contact"]),
            &json!(["portal_viewer"])
        ]
    );
    let partner = ada.get("/access-groups?organization=initech").await.ok();
    assert_eq!(partner["items"][0]["roles"], json!(["partner_admin"]));
    let provider = ada.get("/access-groups").await.ok();
    assert_eq!(
        names(&provider),
        [
            "Bellhop Support Administrators",
            "Bellhop Support Developers",
            "Bellhop Support Engineers",
            "Bellhop Support Escalation Owners",
            "Bellhop Support Monitors",
            "Bellhop Support Supervisors"
        ]
    );
    // One that was renamed by hand keeps its name.
    let viewers = group(&abel, "ACME Corporation Portal Viewers").await;
    abel.patch(
        &format!("/access-groups/{viewers}"),
        json!({ "name": "Readers" }),
    )
    .await
    .ok();
    ada.patch("/organizations/acme", json!({ "name": "ACME Inc." }))
        .await
        .ok();
    assert_eq!(
        names(&abel.get("/access-groups").await.ok()),
        [
            "ACME Inc. Administrators",
            "ACME Inc. Designated Contacts",
            "Readers"
        ]
    );
    // So do those of organizations that are added later.
    let added = json!({ "slug": "hooli", "name": "Hooli", "kind": "customer" });
    ada.post("/organizations", added).await.created();
    let hooli = ada.get("/access-groups?organization=hooli").await.ok();
    assert_eq!(names(&hooli).len(), 3);
}

async fn own_roles_are_given_changed_and_removed(desk: Desk) {
    let (ada, mona, dana) = (desk.person("ada"), desk.person("mona"), desk.person("dana"));
    let case = dana.opens(high()).await;
    let role = json!({ "code": "triage", "name": "Triage", "permissions": ["cases:view", "cases:update", "cases:work"] });
    let role = ada.post("/roles", role.clone()).await.created();
    assert_eq!(
        (&role["held_by"], &role["predefined"]),
        (&json!(0), &json!(false))
    );
    let path = format!("/roles/{}", role["id"].as_str().expect("an id"));
    ada.post("/roles", json!({ "code": "triage", "name": "Again" }))
        .await
        .names_fields(&[("code", "taken")]);
    ada.post("/roles", json!({ "code": "monitor", "name": "Again" }))
        .await
        .refused(422, "validation_failed");
    let copy = ada
        .post(
            "/roles",
            json!({ "code": "watch", "name": "Watch", "copy_of": "monitor" }),
        )
        .await
        .created();
    let monitor = ada.get("/roles/monitor").await.ok();
    assert_eq!(copy["permissions"], monitor["permissions"]);
    assert_eq!(
        (&monitor["held_by"], &monitor["predefined"]),
        (&json!(1), &json!(true))
    );

    // What several roles grant is joined, and holds with the next request.
    let patch = json!({ "priority": "medium" });
    mona.changes(&case, patch.clone())
        .await
        .refused(403, "missing_permission");
    let user = format!("/users/{}", id(&mona).await);
    let given = ada
        .patch(&user, json!({ "roles": ["monitor", "triage"] }))
        .await
        .ok();
    assert_eq!(given["roles"], json!(["monitor", "triage"]));
    mona.changes(&case, patch).await.ok();
    assert_eq!(ada.get("/roles/triage").await.ok()["held_by"], 1);
    ada.patch(&path, json!({ "permissions": ["cases:view"] }))
        .await
        .ok();
    mona.changes(&case, json!({ "priority": "high" }))
        .await
        .refused(403, "missing_permission");

    // The predefined ones stay; one that is held is removed on purpose only.
    ada.patch("/roles/monitor", json!({ "name": "x" }))
        .await
        .refused(409, "role_predefined");
    ada.delete("/roles/monitor")
        .await
        .refused(409, "role_predefined");
    let held = ada.delete(&path).await.refused(409, "role_held");
    assert_eq!(
        (&held.json["people"], &held.json["groups"]),
        (&json!(1), &json!(0))
    );
    ada.delete(&format!("{path}?force=true")).await.done();
    ada.get(&path).await.refused(404, "not_found");
    assert_eq!(ada.get(&user).await.ok()["roles"], json!(["monitor"]));
    let events = ada.get("/audit-events?limit=100").await.ok();
    let kinds: Vec<&str> = events["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    for kind in ["role.added", "role.changed", "role.removed"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
}

async fn nobody_gives_what_they_may_not(desk: Desk) {
    let (abel, eve, ada) = (desk.person("abel"), desk.person("eve"), desk.person("ada"));
    let (nils, gina) = (
        id(&desk.person("vic")).await,
        id(&desk.person("gina")).await,
    );
    let user = format!("/users/{nils}");
    for (role, code) in [
        ("administrator", "other_side"),
        ("partner_admin", "other_side"),
        ("trusted_external_user", "of_pairings"),
        ("triage", "not_found"),
    ] {
        abel.patch(&user, json!({ "roles": [role] }))
            .await
            .names_fields(&[("roles", code)]);
    }
    // A role of its own grants no more than its people can have.
    let sly = json!({ "code": "sly", "name": "Sly", "permissions": ["feeds:internal"] });
    abel.post("/roles", sly)
        .await
        .names_fields(&[("permissions", "other_side")]);
    let copy = json!({ "code": "sly", "name": "Sly", "copy_of": "administrator" });
    abel.post("/roles", copy)
        .await
        .names_fields(&[("copy_of", "other_side")]);
    let reader = json!({ "code": "reader", "name": "Reader", "copy_of": "portal_viewer" });
    let reader = abel.post("/roles", reader).await.created();
    // Another organization's role is not there.
    ada.post("/roles", json!({ "code": "triage", "name": "Triage" }))
        .await
        .created();
    abel.patch(&user, json!({ "roles": ["triage"] }))
        .await
        .names_fields(&[("roles", "not_found")]);
    abel.get("/roles/triage").await.refused(404, "not_found");
    desk.person("gus")
        .get(&format!("/roles/{}", reader["id"].as_str().expect("an id")))
        .await
        .refused(404, "not_found");
    // Nor are its groups and people.
    let theirs = group(&ada, "Bellhop Support Administrators").await;
    abel.get(&format!("/access-groups/{theirs}"))
        .await
        .refused(404, "not_found");
    let own = group(&abel, "ACME Corporation Portal Viewers").await;
    abel.post(
        &format!("/access-groups/{own}/members"),
        json!({ "user": gina }),
    )
    .await
    .names_fields(&[("user", "not_found")]);
    abel.patch(
        &format!("/access-groups/{own}"),
        json!({ "roles": ["supervisor"] }),
    )
    .await
    .names_fields(&[("roles", "other_side")]);
    // Who may manage groups, but not give roles, makes nobody an administrator.
    let keeper = json!({ "code": "keeper", "name": "Keeper",
        "permissions": ["access_groups:view", "access_groups:manage", "roles:view", "roles:manage"] });
    let keeper = ada.post("/roles", keeper).await.created();
    let eve_id = id(&eve).await;
    ada.patch(&format!("/users/{eve_id}"), json!({ "roles": ["keeper"] }))
        .await
        .ok();
    let refused = eve
        .post(
            &format!("/access-groups/{theirs}/members"),
            json!({ "user": eve_id }),
        )
        .await;
    assert_eq!(
        refused.refused(403, "missing_permission").json["permission"],
        "grants:add"
    );
    let more = json!({ "permissions": ["access_groups:manage", "users:manage"] });
    let refused = eve
        .patch(
            &format!("/roles/{}", keeper["id"].as_str().expect("an id")),
            more,
        )
        .await;
    assert_eq!(
        refused.refused(403, "missing_permission").json["permission"],
        "grants:add"
    );
    let before = desk.rows();
    desk.person("dana")
        .post("/roles", json!({ "code": "x", "name": "x" }))
        .await
        .refused(403, "missing_permission");
    desk.person("dana")
        .get("/roles")
        .await
        .refused(403, "missing_permission");
    desk.is_unchanged_since(&before, "somebody without the permission");
}

async fn a_group_gives_to_its_members_and_to_nobody_else(desk: Desk) {
    let (ada, mona, devi, dana) = (
        desk.person("ada"),
        desk.person("mona"),
        desk.person("devi"),
        desk.person("dana"),
    );
    let case = dana.opens(high()).await;
    let everybody = [
        "ada", "sam", "ola", "otto", "eve", "mona", "devi", "dana", "carl", "vic", "abel", "gina",
        "gus", "pia",
    ];
    let access = async || {
        let mut all: BTreeMap<&str, Value> = BTreeMap::new();
        for key in everybody {
            all.insert(
                key,
                desk.person(key).get("/me").await.ok()["permissions"].clone(),
            );
        }
        all
    };
    let before = access().await;
    let new = json!({ "name": "Night shift", "roles": ["support_engineer"], "members": [id(&mona).await] });
    let group = ada.post("/access-groups", new).await.created();
    let path = format!("/access-groups/{}", group["id"].as_str().expect("an id"));
    mona.changes(&case, json!({ "status": "in_progress" }))
        .await
        .ok();
    // Of each change of its members, only those who join or leave notice anything (A3).
    for (change, changed) in [
        (vec!["mona", "devi"], vec!["mona", "devi"]),
        (vec!["devi"], vec!["devi"]),
        (vec!["devi", "otto", "eve"], vec!["devi", "otto"]),
        (vec![], vec![]),
        (vec!["sam"], vec![]),
    ] {
        let mut members = Vec::new();
        for key in &change {
            members.push(id(&desk.person(key)).await);
        }
        ada.patch(&path, json!({ "members": members })).await.ok();
        let now = access().await;
        let differ: Vec<&str> = everybody
            .into_iter()
            .filter(|key| now[key] != before[key])
            .collect();
        let mut expected: Vec<&str> = everybody
            .into_iter()
            .filter(|key| changed.contains(key))
            .collect();
        expected.sort_by_key(|key| everybody.iter().position(|other| other == key));
        // Otto reviews already what engineers do; what a group adds to that is nothing.
        expected.retain(|key| *key != "otto");
        assert_eq!(differ, expected, "{change:?}");
    }
    // One by one, too; and what is not there is not taken.
    let devi_id = id(&devi).await;
    ada.post(&format!("{path}/members"), json!({ "user": devi_id }))
        .await
        .ok();
    let seen = ada.get(&format!("/users/{devi_id}")).await.ok();
    assert_eq!(
        (&seen["groups"][0]["name"], &seen["roles"]),
        (&json!("Night shift"), &json!(["developer"]))
    );
    ada.post(&format!("{path}/roles"), json!({ "role": "supervisor" }))
        .await
        .ok();
    assert!(
        devi.get("/me").await.ok()["permissions"]
            .as_array()
            .expect("a list")
            .contains(&json!("escalations:assign"))
    );
    ada.delete(&format!("{path}/roles/supervisor")).await.ok();
    ada.delete(&format!("{path}/roles/supervisor"))
        .await
        .refused(404, "not_found");
    ada.delete(&format!("{path}/members/{devi_id}")).await.ok();
    ada.delete(&format!("{path}/members/{devi_id}"))
        .await
        .refused(404, "not_found");
    let stale = ada
        .asks(reqwest::Method::PATCH, &path)
        .header("if-match", "\"1\"")
        .json(&json!({ "name": "x" }))
        .await;
    stale.refused(412, "stale_version");
    ada.delete(&path).await.done();
    assert_eq!(access().await, before);
}

async fn somebody_remains_administrator(desk: Desk) {
    let (ada, eve) = (desk.person("ada"), desk.person("eve"));
    let user = format!("/users/{}", id(&ada).await);
    let (eve_id, ada_id) = (id(&eve).await, id(&ada).await);
    ada.patch(&user, json!({ "roles": ["monitor"] }))
        .await
        .refused(409, "last_administrator");
    ada.patch(&user, json!({ "disabled": true }))
        .await
        .refused(409, "last_administrator");
    // By a group she stays what she is, and then the group is what keeps her.
    let admins = format!(
        "/access-groups/{}",
        group(&ada, "Bellhop Support Administrators").await
    );
    ada.post(&format!("{admins}/members"), json!({ "user": ada_id }))
        .await
        .ok();
    ada.patch(&user, json!({ "roles": [] })).await.ok();
    let before = desk.rows();
    ada.delete(&format!("{admins}/members/{ada_id}"))
        .await
        .refused(409, "last_administrator");
    ada.patch(&admins, json!({ "members": [] }))
        .await
        .refused(409, "last_administrator");
    ada.delete(&format!("{admins}/roles/administrator"))
        .await
        .refused(409, "last_administrator");
    ada.delete(&admins).await.refused(409, "last_administrator");
    ada.patch(&user, json!({ "disabled": true }))
        .await
        .refused(409, "last_administrator");
    desk.is_unchanged_since(&before, "a refused change");
    // A copy of the role keeps her too, as long as it grants it.
    let copy = json!({ "code": "chief", "name": "Chief", "copy_of": "administrator" });
    let copy = ada.post("/roles", copy).await.created();
    let chief = format!("/roles/{}", copy["id"].as_str().expect("an id"));
    ada.patch(&user, json!({ "roles": ["chief"] })).await.ok();
    ada.delete(&admins).await.done();
    ada.patch(&chief, json!({ "permissions": ["cases:view"] }))
        .await
        .refused(409, "last_administrator");
    ada.delete(&format!("{chief}?force=true"))
        .await
        .refused(409, "last_administrator");
    ada.patch(
        &format!("/users/{eve_id}"),
        json!({ "roles": ["administrator"] }),
    )
    .await
    .ok();
    ada.delete(&format!("{chief}?force=true")).await.done();
    eve.patch(&format!("/users/{eve_id}"), json!({ "roles": [] }))
        .await
        .refused(409, "last_administrator");

    // A customer's people keep one of theirs; the provider may do otherwise.
    let abel = desk.person("abel");
    let abel_path = format!("/users/{}", id(&abel).await);
    abel.patch(&abel_path, json!({ "roles": ["portal_viewer"] }))
        .await
        .refused(409, "last_administrator");
    eve.patch(&abel_path, json!({ "roles": ["portal_viewer"] }))
        .await
        .ok();
    eve.patch(&abel_path, json!({ "roles": [] })).await.ok();
}

async fn whoever_loses_the_last_role_is_signed_out(desk: Desk) {
    let ada = desk.person("ada");
    let sessions = || {
        desk.database().texts("SELECT CAST(count(*) AS text) AS text FROM sessions JOIN people ON people.id = sessions.person_id WHERE people.email = 'mona@bellhop.test'")
    };
    let signed_in = async || {
        let body = json!({ "email": "mona@bellhop.test", "password": PASSWORD });
        let answer = desk
            .client()
            .post(desk.api("/sessions"))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 201);
        assert_ne!(sessions(), ["0"]);
    };
    let mona = desk.person("mona");
    let mona_id = id(&mona).await;
    let user = format!("/users/{mona_id}");
    signed_in().await;
    ada.patch(&user, json!({ "roles": ["developer"] }))
        .await
        .ok();
    assert_ne!(sessions(), ["0"], "another role is left");
    ada.patch(&user, json!({ "roles": [] })).await.ok();
    assert_eq!(sessions(), ["0"]);
    mona.get("/cases").await.refused(403, "missing_permission");
    // By a group, by its role, by its end, and by the end of an own role.
    let role = json!({ "code": "look", "name": "Look", "copy_of": "monitor" });
    let role = ada.post("/roles", role).await.created();
    let new = json!({ "name": "Lookers", "roles": ["look"], "members": [mona_id] });
    let group = ada.post("/access-groups", new).await.created();
    let path = format!("/access-groups/{}", group["id"].as_str().expect("an id"));
    signed_in().await;
    ada.delete(&format!("{path}/members/{mona_id}")).await.ok();
    assert_eq!(sessions(), ["0"]);
    ada.post(&format!("{path}/members"), json!({ "user": mona_id }))
        .await
        .ok();
    signed_in().await;
    ada.delete(&format!("{path}/roles/look")).await.ok();
    assert_eq!(sessions(), ["0"]);
    ada.post(&format!("{path}/roles"), json!({ "role": "look" }))
        .await
        .ok();
    signed_in().await;
    ada.delete(&format!(
        "/roles/{}?force=true",
        role["id"].as_str().expect("an id")
    ))
    .await
    .done();
    assert_eq!(sessions(), ["0"]);
    ada.post(&format!("{path}/roles"), json!({ "role": "monitor" }))
        .await
        .ok();
    signed_in().await;
    ada.delete(&path).await.done();
    assert_eq!(sessions(), ["0"]);
}

/// Signs in to the portal, and visits it by cookie.
pub struct Visitor {
    desk: Desk,
    cookie: String,
    csrf: String,
}

impl Visitor {
    pub async fn of(desk: &Desk, key: &str) -> Self {
        let person = desk.person(key);
        let body = json!({ "email": person.email(), "password": PASSWORD });
        let answer = desk
            .client()
            .post(desk.api("/sessions"))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        let cookie = answer.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .expect("a cookie")
            .to_owned();
        let json: Value = answer.json().await.expect("JSON");
        let csrf = json["csrf_token"].as_str().expect("a token").to_owned();
        Self {
            desk: desk.clone(),
            cookie,
            csrf,
        }
    }

    pub async fn sees(&self, path: &str) -> (u16, String) {
        let answer = self
            .desk
            .client()
            .get(self.desk.page(path))
            .header("cookie", &self.cookie)
            .send()
            .await
            .expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Sends a form; a redirect is answered by where it leads.
    pub async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let mut form: Vec<(&str, &str)> = fields.to_vec();
        form.push(("csrf_token", &self.csrf));
        let request = self
            .desk
            .client()
            .post(self.desk.page(path))
            .header("cookie", &self.cookie)
            .form(&form);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        match answer.headers().get("location") {
            Some(to) => (status, to.to_str().expect("text").to_owned()),
            None => (status, answer.text().await.expect("text")),
        }
    }
}

/// Two administrators who take each other's role at once, each through a server process of its own: one succeeds.
#[test]
fn two_administrators_do_not_remove_each_other_over_postgresql() {
    let backend = Backend::Postgresql;
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let servers = Servers::start(backend, 2).await;
        let (ada, eve) = (servers.id_of("ada").await, servers.id_of("eve").await);
        let set = async |server: usize, by: &str, of: &str, role: &str| {
            let request = servers.request(server, Method::PATCH, &format!("/users/{of}"));
            let request = request.bearer_auth(servers.token(by));
            let answer = request.json(&json!({ "roles": [role] })).send().await;
            answer.expect("an answer").status().as_u16()
        };
        for round in 0..5 {
            // Whoever has lost it gets it back from the other.
            let by_ada = set(0, "ada", &eve, "administrator").await == 200;
            if !by_ada {
                assert_eq!(set(0, "eve", &ada, "administrator").await, 200);
                assert_eq!(set(0, "ada", &eve, "administrator").await, 200);
            }
            let (one, other) = tokio::join!(
                set(0, "ada", &eve, "monitor"),
                set(1, "eve", &ada, "monitor"),
            );
            let answers = (one.min(other), one.max(other));
            // The second finds itself without the permission, or that it would take the last one's.
            assert!(
                matches!(answers, (200, 403 | 409)),
                "round {round}: {answers:?}"
            );
        }
        servers.stop();
    });
}

/// A1: all of a resource, those actions that are added later too, and on the customer's side no more than its people can have.
async fn a_role_grants_a_whole_resource(desk: Desk) {
    let (ada, abel, nils) = (desk.person("ada"), desk.person("abel"), desk.person("nils"));
    let whole = |code: &str, grants: Value| json!({ "code": code, "name": "Cases and all", "permissions": grants });
    let unknown = ada
        .post("/roles", whole("odd", json!(["teapots:all"])))
        .await;
    unknown.names_fields(&[("permissions[0]", "not_allowed")]);
    let beyond = abel
        .post("/roles", whole("lines", json!(["lines:all"])))
        .await;
    beyond.names_fields(&[("permissions", "other_side")]);
    let mut asked = whole("all_cases", json!(["cases:all", "feeds:comment"]));
    asked["organization"] = json!("acme");
    let role = ada.post("/roles", asked).await.created();
    assert_eq!(role["permissions"], json!(["feeds:comment", "cases:all"]));
    let path = format!("/users/{}", id_of(&nils).await);
    nils.post("/cases", high().json())
        .await
        .refused(403, "missing_permission");
    ada.patch(&path, json!({ "roles": ["all_cases"] }))
        .await
        .ok();
    let case = nils.post("/cases", high().json()).await.created();
    let held = nils.get("/me").await.ok()["permissions"].clone();
    let held: Vec<&str> = held
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        held.contains(&"cases:reopen") && !held.contains(&"cases:work"),
        "{held:?}"
    );
    let path = format!("/cases/{}", case["number"].as_str().expect("a number"));
    let staffs = nils.patch(&path, json!({ "status": "in_progress" })).await;
    assert_eq!(staffs.status, 403, "{staffs:?}");
    desk.mailbox().await;
}
