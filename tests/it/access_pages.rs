//! Who may do what, where, set by page in a real browser: roles, groups and lines of business, and a pairing from its
//! link to its end.

use serde_json::{Value, json};

use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::form::Form;
use crate::support::markup::elements;
use crate::support::paired::administrators;
use crate::support::person::{Person, high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    a_line_is_kept_for_a_group_that_has_a_role_of_its_own,
    what_somebody_else_renamed_meanwhile_is_told_before_it_is_saved_over,
    a_partner_is_let_in_and_shut_out,
    a_partner_is_let_in_and_shut_out_without_scripts,
}

/// The form of a page that leads to `action`, as a browser would send it.
fn kept_fields(page: &str, action: &str) -> Vec<(String, String)> {
    let form = elements(page, "form")
        .find_map(|form| Form::read(form).filter(|form| form.action == action));
    let form = form.unwrap_or_else(|| panic!("no form leads to {action}: {page}"));
    let kept = form
        .fields
        .iter()
        .filter_map(|(name, field)| Some((name.clone(), field.kept()?)));
    kept.filter(|(name, _)| name != "csrf_token").collect()
}

async fn what_somebody_else_renamed_meanwhile_is_told_before_it_is_saved_over(desk: Desk) {
    let ada = desk.person("ada");
    let role = json!({ "code": "triage", "name": "Triage", "permissions": ["cases:view", "cases:update"] });
    let role = ada.post("/roles", role).await.created()["id"].clone();
    let group = id_named(&ada, "/access-groups?limit=100", "Bellhop Support Monitors").await;
    let line = id_named(&ada, "/lines-of-business", "Payments").await;
    let page = Session::of(&desk, &ada).await;
    for (path, api) in [
        (
            format!("/admin/roles/{}", said(&role)),
            format!("/roles/{}", said(&role)),
        ),
        (
            format!("/admin/groups/{group}"),
            format!("/access-groups/{group}"),
        ),
        (
            format!("/admin/lines/{line}"),
            format!("/lines-of-business/{line}"),
        ),
    ] {
        let mut fields = kept_fields(&page.page(&path).await.text, &path);
        ada.patch(&api, json!({ "name": "Somebody else's" }))
            .await
            .ok();
        for (name, value) in &mut fields {
            if name == "name" {
                *value = "Mine".to_owned();
            }
        }
        let sends = async |fields: &[(String, String)]| {
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            page.sends(&path, &fields).await
        };
        let refused = sends(&fields).await;
        assert_eq!(refused.status, 412, "{path}: {}", refused.text);
        assert!(
            refused.text.contains("meanwhile to “Somebody else&#x27;s”"),
            "{path}: {}",
            refused.text
        );
        assert_ne!(ada.get(&api).await.ok()["name"], "Mine", "{path}");
        let seen = kept_fields(&refused.text, &path);
        assert!(
            seen.contains(&("name".to_owned(), "Mine".to_owned())),
            "{seen:?}"
        );
        let saved = sends(&seen).await;
        assert_eq!(saved.status, 303, "{path}: {}", saved.text);
        assert_eq!(ada.get(&api).await.ok()["name"], "Mine", "{path}");
    }
}

async fn id_named(by: &Person, path: &str, name: &str) -> String {
    let list = by.get(path).await.ok();
    let found = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|item| item["name"] == name);
    found
        .map(|item| said(&item["id"]).to_owned())
        .unwrap_or_else(|| panic!("no {name}: {list}"))
}

fn said(value: &Value) -> &str {
    value.as_str().expect("a text")
}

async fn a_line_is_kept_for_a_group_that_has_a_role_of_its_own(desk: Desk) {
    let (ada, dana, eve, mona) = (
        desk.person("ada"),
        desk.person("dana"),
        desk.person("eve"),
        desk.person("mona"),
    );
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    let line = json!({ "line_of_business": "Payments" });
    eve.changes(&case, line).await.ok();
    let Some(window) = signs_in(&desk, Scripts::On, &ada).await else {
        return;
    };

    // A role like the monitors', with one thing more.
    window.goes_to(&desk.page("/admin/roles")).await;
    window.presses("Monitor").await;
    window.reads("A predefined role stays as it is.").await;
    window.presses("Add a copy").await;
    window.types("Name", "Payments watch").await;
    window.types("Code", "payments_watch").await;
    window.ticks("Promise next steps").await;
    window.presses("Add a role").await;
    window.reads("The role Payments watch was added.").await;

    // A group that carries it, and Mona in it.
    window.goes_to(&desk.page("/admin/groups/new")).await;
    window.types("Name", "Payments desk").await;
    window.ticks("Payments watch").await;
    window.presses("Add a group").await;
    window.reads("The group Payments desk was added.").await;
    window.types("Who joins", "Mona").await;
    window.presses("Add to the group").await;
    window.presses("Mona Quist").await;
    window.presses("What this person may do, and why").await;
    window
        .reads("Payments watch, by the group Payments desk")
        .await;

    // The line is theirs alone.
    window.goes_to(&desk.page("/admin/lines")).await;
    window.presses("Payments").await;
    window
        .chooses(
            "Cases of this line are read by",
            "The members of these groups only",
        )
        .await;
    window.ticks("Payments desk").await;
    window.presses("Save the line").await;
    window.reads("Nothing is saved yet.").await;
    window
        .reads("5 people will no longer see 1 case, find or count them")
        .await;
    window.presses("Save it all the same").await;
    window.reads("The line Payments was saved.").await;
    leaves(window).await;

    let hers = signs_in(&desk, Scripts::On, &eve).await.expect("a window");
    hers.goes_to(&desk.page("/cases")).await;
    hers.does_not_read("Invoices are sent twice").await;
    leaves(hers).await;
    let hers = signs_in(&desk, Scripts::On, &mona).await.expect("a window");
    hers.goes_to(&desk.page("/cases")).await;
    hers.presses("Invoices are sent twice").await;
    hers.reads(&case.number).await;
    leaves(hers).await;
}

async fn a_partner_is_let_in_and_shut_out(desk: Desk) {
    pairing(&desk, Scripts::On).await;
}

async fn a_partner_is_let_in_and_shut_out_without_scripts(desk: Desk) {
    pairing(&desk, Scripts::Off).await;
}

async fn pairing(desk: &Desk, scripts: Scripts) {
    let (abel, pia, _) = administrators(desk).await;
    let case = desk
        .person("dana")
        .opens(medium().about("Calls drop"))
        .await;
    let (Some(hers), Some(his)) = (
        signs_in(desk, scripts, &pia).await,
        signs_in(desk, scripts, &abel).await,
    ) else {
        return;
    };

    // Pia asks, and gets a link to hand over.
    hers.presses("Relationships").await;
    hers.presses("Ask for access").await;
    hers.ticks("Pia Lund").await;
    hers.presses("Create the link").await;
    hers.reads("Hand over this link").await;
    let link = hers.field("Link").await;
    let link = link.prop("value").await.expect("properties");
    let link = link.expect("a link");
    let (_, token) = link.split_once("/pairing-links/").expect("a secret");
    hers.presses("I have copied it").await;
    hers.reads("Waiting for an answer").await;

    // Abel reads who asks and for whom, and says yes; that alone lets nobody in.
    his.goes_to(&desk.page(&format!("/pairing-links/{token}")))
        .await;
    his.reads("Initech Partners asks for access").await;
    his.reads("Do not approve").await;
    his.reads("Pia Lund").await;
    his.presses("Yes, I authorize access").await;
    his.reads("Access is authorized.").await;
    his.reads("No role yet").await;
    hers.goes_to(&desk.page("/places")).await;
    hers.does_not_read("Work in ACME Corporation").await;
    his.presses("Pia Lund").await;
    his.unfolds("Give a role").await;
    his.reads("Pia Lund has it at once").await;
    his.chooses("Role", "Designated contact").await;
    his.presses("Give a role").await;
    his.reads("Role given.").await;

    // She goes there; every page says where she is.
    hers.goes_to(&desk.page("/places")).await;
    hers.presses("Work in ACME Corporation").await;
    hers.reads("You are working in ACME Corporation as Pia Lund.")
        .await;
    hers.goes_to(&desk.page("/cases")).await;
    hers.presses("Calls drop").await;
    hers.reads(&case.number).await;
    hers.reads("You are working in ACME Corporation").await;

    // He switches it off, with the consequence before his eyes. That leads her home.
    his.presses("Relationships").await;
    his.unfolds("Switch off").await;
    his.reads("lose access at once, also those who are signed in here now")
        .await;
    his.presses("Switch off").await;
    his.reads("Switched off.").await;
    // With scripts the page that she reads tells her by itself.
    if scripts == Scripts::Off {
        let page = desk.page(&format!("/cases/{}", case.number));
        hers.goes_to(&page).await;
    }
    hers.reads("Your access has ended").await;
    hers.goes_to(&desk.page("/cases")).await;
    hers.does_not_read("You are working in").await;
    hers.does_not_read("Calls drop").await;
    his.unfolds("Remove").await;
    his.presses("Remove").await;
    his.reads("Removed.").await;
    his.reads("No other organization has access to yours.")
        .await;
    for window in [hers, his] {
        let complaints = window.complaints().await;
        // That her access has ended is what she was told herself.
        let told = |complaint: &String| complaint.contains("responded with a status of 403");
        let others: Vec<_> = complaints.iter().filter(|one| !told(one)).collect();
        assert!(others.is_empty(), "{others:?}");
        window.close().await;
    }
}
