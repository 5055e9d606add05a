//! The pages on which administrators keep people and organizations: who somebody is and when they were last here, zones as people say
//! them, and nothing decided before somebody does.

use serde_json::{Value, json};

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::form::text_of;
use crate::support::markup::{elements, tags};
use crate::support::paired::{id_of, said};
use crate::support::person::medium;
use crate::support::session::Session;

on_both_databases! { Desk:
    a_name_is_changed_on_the_page_of_its_person,
    it_is_seen_when_somebody_last_signed_in,
    a_zone_is_named_as_people_say_it,
    nothing_is_decided_before_somebody_does,
}

async fn a_name_is_changed_on_the_page_of_its_person(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let id = id_of(&dana).await;
    let user = format!("/users/{id}");
    let (path, form) = (
        format!("/admin/people/{id}"),
        format!("/admin/people/{id}/profile"),
    );
    let admins = Session::of(&desk, &ada).await;
    let page = admins.page(&path).await.text;
    assert!(page.contains("name=\"first_name\""), "{page}");
    let before = ada.get(&user).await.ok();
    let version = before["version"].to_string();
    let named = |first: &'static str, zone: &'static str| {
        [
            ("version", version.clone()),
            ("first_name", first.to_owned()),
            ("last_name", "Cole-Reyes".to_owned()),
            ("time_zone", zone.to_owned()),
            ("language", "de".to_owned()),
        ]
    };
    let sends = async |fields: [(&str, String); 5]| {
        let fields = fields.each_ref().map(|(name, text)| (*name, text.as_str()));
        admins.sends(&form, &fields).await
    };
    // What is wrong is said where it was typed, and the other forms of the page stay as they are.
    let refused = sends(named("", "the moon")).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    for there in [
        "<title>Error: ",
        "href=\"#profile-first-name\"",
        "href=\"#profile-time-zone\"",
        "value=\"Cole-Reyes\"",
        "value=\"the moon\"",
        "name=\"roles.designated_contact\" value=\"on\" checked",
    ] {
        assert!(refused.text.contains(there), "{there}: {}", refused.text);
    }
    assert_eq!(ada.get(&user).await.ok(), before);
    let saved = sends(named("Diana", "new york")).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, &*path),
        "{saved:?}"
    );
    let after = ada.get(&user).await.ok();
    for (field, value) in [
        ("name", "Diana Cole-Reyes"),
        ("time_zone", "America/New_York"),
        ("language", "de"),
    ] {
        assert_eq!(after[field], value, "{field}");
    }
    assert_eq!(after["roles"], before["roles"]);
    // Whoever comes with the form of before is told so.
    let late = sends(named("Donna", "")).await;
    assert_eq!(late.status, 412, "{late:?}");
    assert_eq!(ada.get(&user).await.ok(), after);
    desk.mailbox().await;
}

async fn it_is_seen_when_somebody_last_signed_in(desk: Desk) {
    let (ada, eve, vic) = (desk.person("ada"), desk.person("eve"), desk.person("vic"));
    let user = format!("/users/{}", id_of(&vic).await);
    let seen = async || ada.get(&user).await.ok()["last_sign_in_at"].clone();
    let admins = Session::of(&desk, &ada).await;
    let page = format!("/admin/people/{}", id_of(&vic).await);
    let list = "/admin/people?q=vic&organization=acme";
    let newcomer = json!({
        "email": "ebb@acme.test", "first_name": "Nils", "last_name": "Ebb", "organization": "acme",
        "roles": ["portal_viewer"],
    });
    let newcomer = ada.post("/users", newcomer).await.created();
    assert_eq!(newcomer["last_sign_in_at"], Value::Null);
    let theirs = format!("/admin/people/{}", said(&newcomer["id"]));
    assert!(admins.page(&theirs).await.text.contains("Never"));
    let told = admins.page("/admin/people?q=ebb").await.text;
    assert!(told.contains("Never signed in"), "{told}");
    desk.passes(chrono::TimeDelta::minutes(5));
    Session::of(&desk, &vic).await;
    assert_eq!(instant(&seen().await), desk.now());
    let told = admins.page(list).await.text;
    assert!(told.contains("Last sign-in: today "), "{told}");
    // From whatever device, and after they have signed out.
    desk.passes(chrono::TimeDelta::minutes(5));
    let again = Session::of(&desk, &vic).await;
    again.delete("/sessions/current", json!({})).await.done();
    assert_eq!(instant(&seen().await), desk.now());
    // It is for those who manage people, not for everybody who sees them.
    let theirs = eve.get(&user).await.ok();
    assert_eq!(theirs["last_sign_in_at"], Value::Null);
    let engineers = Session::of(&desk, &eve).await;
    let told = engineers.page(&page).await.text;
    assert!(!told.contains("Last sign-in"), "{told}");
    desk.mailbox().await;
}

async fn a_zone_is_named_as_people_say_it(desk: Desk) {
    let ada = desk.person("ada");
    let admins = Session::of(&desk, &ada).await;
    let added = [
        ("name", "Fado"),
        ("slug", "fado"),
        ("kind", "customer"),
        ("time_zone", "lisbon"),
    ];
    let added = admins.sends("/admin/organizations", &added).await;
    assert_eq!(added.status, 303, "{added:?}");
    let fado = ada.get("/organizations/fado").await.ok();
    assert_eq!(fado["time_zone"], "Europe/Lisbon");
    let list = admins.page("/admin/organizations?q=fado").await.text;
    assert!(
        list.contains("Lisbon time") && !list.contains("Europe/Lisbon"),
        "{list}"
    );
    // A program says it by its name.
    let patch = json!({ "time_zone": "Lisbon" });
    ada.patch("/organizations/fado", patch)
        .await
        .names_fields(&[("time_zone", "unknown_time_zone")]);
}

/// What is chosen in the list of that name on a page.
fn chosen(page: &str, name: &str) -> String {
    let named = format!(" name=\"{name}\"");
    let select = elements(page, "select").find(|select| select.contains(&named));
    let select = select.unwrap_or_else(|| panic!("no {name}: {page}"));
    let chosen = tags(select, "option").find(|option| option.contains(" selected"));
    let chosen = chosen.or_else(|| tags(select, "option").next());
    chosen
        .and_then(|option| text_of(option, "value"))
        .unwrap_or_default()
}

async fn nothing_is_decided_before_somebody_does(desk: Desk) {
    let (ada, sam, abel) = (desk.person("ada"), desk.person("sam"), desk.person("abel"));
    let admins = Session::of(&desk, &ada).await;
    let page = admins.page("/admin/people/new").await.text;
    assert_eq!(chosen(&page, "organization"), "");
    let somebody = [
        ("first_name", "Nora"),
        ("last_name", "Ash"),
        ("email", "nora@acme.test"),
        ("organization", ""),
    ];
    let refused = admins.sends("/admin/people", &somebody).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let link = "href=\"#add-person-organization\"";
    assert!(refused.text.contains(link), "{}", refused.text);
    // Where there is one organization, there is nothing to decide.
    let hers = Session::of(&desk, &abel).await;
    let page = hers.page("/admin/people/new").await.text;
    assert_eq!(chosen(&page, "organization"), "acme");
    let page = admins.page("/admin/organizations/new").await.text;
    let kinds = tags(&page, "input").filter(|input| input.contains(" name=\"kind\""));
    let ticked: Vec<bool> = kinds.map(|input| input.contains(" checked")).collect();
    assert_eq!(ticked, [false, false], "{page}");
    // Nor is an escalation anybody's because they stand first in the list.
    let case = desk.person("dana").opens(medium()).await;
    let escalation = desk
        .person("dana")
        .escalates(&case, "no_update")
        .taken()
        .await;
    let his = Session::of(&desk, &sam).await;
    let panel = format!("/escalations/{}?do=assign", escalation.number);
    assert_eq!(chosen(&his.page(&panel).await.text, "owner"), "");
    let assign = format!("/escalations/{}/assign", escalation.number);
    let refused = his.sends(&assign, &[("owner", "")]).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(sam.sees_escalation(&escalation).await["owner"], Value::Null);
    desk.mailbox().await;
}
