//! Pairing organizations (section 9): asking and answering, roles, who sees what, and working for a client.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{
    administrators, answers, asks, employs, gives, group, id_of, made, organization_of, pairs,
    role_of_own, said, there,
};
use crate::support::person::medium;

on_both_databases! { Desk:
    a_partners_contact_escalates_for_the_client,
    a_link_says_what_is_wrong_with_it,
    a_refused_link_is_used_up,
    the_provider_works_in_a_customers_organization_and_not_the_other_way_round,
    each_side_does_its_own_part,
    who_is_in_a_pairing_is_seen_by_few,
    nobody_passes_on_what_they_were_trusted_with,
    a_partner_starts_a_pairing_with_a_client,
    the_provider_names_the_clients_of_a_partner,
    a_repeated_request_knows_its_organization,
    changes_are_guarded_by_versions,
    no_more_than_25_people_reach_an_organization,
    a_role_is_given_until_a_date,
    a_role_is_asked_for_and_given_or_refused,
    what_a_visit_changed_is_told_by_visit,
    a_groups_name_reaches_nobody_who_may_not_see_it,
}

/// P1, P2, P3, P7, P9, P11: from the link to an escalation for the client.
async fn a_partners_contact_escalates_for_the_client(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let asked = pia.post("/pairings", json!({ "people": [me] })).await;
    let etag = asked.header("etag").to_owned();
    let asked = asked.created();
    assert_eq!(etag, format!("\"{}\"", asked["version"]));
    assert_eq!(
        (&asked["state"], &asked["direction"], &asked["organization"]),
        (&json!("requested"), &json!("from_me"), &Value::Null)
    );
    let pairing = made(&asked);
    assert!(said(&asked["link"]).ends_with(&format!("/pairing-links/{}", pairing.token)));
    assert!(
        pairing.token.starts_with("cbp_") && pairing.token.len() == 4 + 43,
        "256 bits behind a prefix"
    );
    // Only its hash is kept, and it is shown once.
    for (table, rows) in desk.rows() {
        assert!(
            rows.iter().all(|row| !row.contains(&pairing.token)),
            "{table} keeps the link"
        );
    }
    assert!(
        !pia.get(&format!("/pairings/{}", pairing.id))
            .await
            .text
            .contains(&pairing.token)
    );

    // Opening it shows who asks, for whom, and the warning, and changes nothing.
    let before = desk.rows();
    for _ in 0..2 {
        let shown = answers(&abel, "inspection", &pairing.token).await.ok();
        assert_eq!(shown["organization"]["slug"], "initech");
        assert_eq!(shown["requested_by"]["name"], "Pia Lund");
        assert_eq!(shown["people"], json!(["Pia Lund"]));
        assert!(said(&shown["warning"]).contains("Do not approve"));
    }
    desk.is_unchanged_since(&before, "opening a link");

    // Accepting grants nothing by itself.
    let accepted = answers(&abel, "acceptance", &pairing.token).await.ok();
    assert_eq!(
        (&accepted["state"], &accepted["direction"]),
        (&json!("active"), &json!("to_me"))
    );
    assert_eq!(accepted["accepted_by"]["name"], "Abel Noor");
    let member = pairing.members[0].clone();
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .refused(404, "organization_not_found");
    gives(&abel, &member, "designated_contact").await;
    let shown = abel.get(&format!("/pairings/{}", pairing.id)).await.ok();
    let given: Vec<String> = shown["people"]["items"][0]["roles"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|role| said(&role["role"]))
        .collect();
    assert_eq!(given, ["trusted_external_user", "designated_contact"]);
    assert_eq!(
        shown["people"]["items"][0]["approved_by"]["name"],
        "Abel Noor"
    );
    assert_eq!(shown["last_used_at"], Value::Null);

    // At once she works there, as herself, and shows where she is.
    let acting = there(&pia, "acme", Method::GET, "/me", Value::Null)
        .await
        .ok();
    assert_eq!(
        (
            &acting["organization"]["slug"],
            &acting["home_organization"]["slug"]
        ),
        (&json!("acme"), &json!("initech"))
    );
    assert_eq!(
        (&acting["through"], &acting["person"]["id"]),
        (&json!(pairing.id), &json!(me))
    );
    let places = pia.get("/me/organizations").await.ok();
    let slugs: Vec<&Value> = places["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|place| &place["organization"]["slug"])
        .collect();
    assert_eq!(slugs, ["initech", "acme"]);
    assert_eq!(shown["last_used_at"], Value::Null, "looking is no use");
    desk.mailbox().await;
    // P7: the contact of record is one of the client's, and named.
    for (contact, code) in [
        (Value::Null, "required"),
        (json!("pia@initech.test"), "not_found"),
        (json!("vic@acme.test"), "cannot_be_contact"),
    ] {
        let named = medium().with("contact", contact).json();
        let refused = there(&pia, "acme", Method::POST, "/cases", named).await;
        refused.names_fields(&[("contact", code)]);
    }
    let for_dana = medium().with("contact", "dana@acme.test").json();
    let case = there(&pia, "acme", Method::POST, "/cases", for_dana)
        .await
        .created();
    assert_eq!(
        (&case["organization"]["slug"], &case["opened_by"]["name"]),
        (&json!("acme"), &json!("Pia Lund"))
    );
    assert_eq!(case["contact"]["name"], "Dana Cole");
    let opened = desk.mailbox().await;
    assert!(opened.to("dana@acme.test").text.contains("Pia Lund"));
    let path = format!("/cases/{}", said(&case["number"]));
    let body = json!({
        "reason": "no_progress", "details": "Our client waits.", "acknowledgements": [],
        "answers": { "expected": "A fix", "business_impact": "Orders stand still" },
    });
    let escalated = there(
        &pia,
        "acme",
        Method::POST,
        &format!("{path}/escalations"),
        body,
    )
    .await
    .created();
    assert_eq!(escalated["requested_by"]["name"], "Pia Lund");
    // At home there is no such case, and nobody there sees it.
    pia.get(&path).await.refused(404, "not_found");
    desk.person("dana").get(&path).await.ok();
    assert_ne!(
        abel.get(&format!("/pairings/{}", pairing.id)).await.ok()["last_used_at"],
        Value::Null
    );

    // P7: no notices there, but for the answers to what she asked for, which Dana gets as well; none of ACME's people.
    let ola = desk.person("ola");
    ola.post(
        &format!("/escalations/{}/claim", said(&escalated["number"])),
        json!({}),
    )
    .await
    .ok();
    desk.person("eve")
        .post(
            &format!("{path}/feed"),
            json!({ "body": "We look into it." }),
        )
        .await
        .created();
    let letters = desk.mailbox().await;
    let to = |address: &str| -> Vec<&str> {
        let letters = letters.0.iter().filter(|mail| mail.to == address);
        letters.map(|mail| mail.text.as_str()).collect()
    };
    let hers = to("pia@initech.test");
    let told = |text: &&str| text.contains("Ola Berg");
    let of_the_case = |text: &&str| text.contains("We look into it.");
    assert!(
        hers.iter().any(told) && !hers.iter().any(of_the_case),
        "{hers:?}"
    );
    let danas = to("dana@acme.test");
    assert!(danas.iter().any(told), "{danas:?}");
    assert!(danas.iter().any(of_the_case), "{danas:?}");
    let people = abel.all("/users").await;
    assert!(
        people
            .iter()
            .all(|person| person["email"] != pia.email().as_str())
    );
    // P9: under her real name.
    let events = abel.all("/audit-events").await;
    let named = |kind: &str| {
        events
            .iter()
            .any(|event| event["kind"] == kind && event["actor_name"] == "Pia Lund")
    };
    assert!(named("case.opened"), "{events:?}");
    for kind in ["pairing.accepted", "pairing.role_given"] {
        assert!(
            events
                .iter()
                .any(|event| event["kind"] == kind && event["actor_name"] == "Abel Noor"),
            "{kind}"
        );
    }
}

/// P2, P4: which of nine things is wrong, and the link stays good for whom it is.
async fn a_link_says_what_is_wrong_with_it(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let first = asks(&pia, &[&me], &[]).await;
    let both =
        async |who: &crate::support::person::Person, token: &str, status: u16, code: &str| {
            for verb in ["inspection", "acceptance", "refusal"] {
                answers(who, verb, token).await.refused(status, code);
            }
        };
    for token in [
        "cbp_",
        "hello",
        &first.token[..20],
        &format!("{}!", &first.token[..46]),
    ] {
        both(&abel, token, 422, "link_malformed").await;
    }
    both(
        &abel,
        &format!("cbp_{}", "A".repeat(43)),
        404,
        "link_unknown",
    )
    .await;
    both(&pia, &first.token, 409, "link_own").await;
    both(&desk.person("ada"), &first.token, 409, "link_provider").await;
    // Without the permission, nothing is told at all.
    for (person, token) in [("dana", first.token.as_str()), ("vic", "hello")] {
        answers(&desk.person(person), "inspection", token)
            .await
            .refused(403, "missing_permission");
    }
    desk.person("ada")
        .patch("/organizations/globex", json!({ "region": "us" }))
        .await
        .ok();
    both(&gina, &first.token, 409, "link_other_region").await;
    desk.person("ada")
        .patch("/organizations/globex", json!({ "region": "eu" }))
        .await
        .ok();

    // A new link takes the old one's place.
    let renewed = pia
        .post(&format!("/pairings/{}/link", first.id), json!({}))
        .await
        .created();
    let renewed = made(&renewed);
    both(&abel, &first.token, 404, "link_unknown").await;
    answers(&abel, "acceptance", &renewed.token).await.ok();
    both(&abel, &renewed.token, 409, "link_used").await;
    both(&gina, &renewed.token, 409, "link_used").await;
    pia.post(&format!("/pairings/{}/link", first.id), json!({}))
        .await
        .refused(409, "pairing_answered");
    // Ended later, the link is still a used one.
    abel.delete(&format!("/pairings/{}", first.id)).await.done();
    both(&abel, &renewed.token, 409, "link_used").await;

    let withdrawn = asks(&pia, &[&me], &[]).await;
    pia.delete(&format!("/pairings/{}", withdrawn.id))
        .await
        .done();
    both(&abel, &withdrawn.token, 410, "link_withdrawn").await;

    // To the very instant.
    let late = asks(&pia, &[&me], &[]).await;
    desk.passes(TimeDelta::days(7) - TimeDelta::microseconds(1));
    answers(&abel, "inspection", &late.token).await.ok();
    desk.passes(TimeDelta::microseconds(1));
    both(&abel, &late.token, 410, "link_expired").await;
    assert_eq!(
        pia.get(&format!("/pairings/{}", late.id)).await.ok()["state"],
        "expired"
    );
    let again = pia
        .post(&format!("/pairings/{}/link", late.id), json!({}))
        .await
        .created();
    answers(&abel, "acceptance", &made(&again).token).await.ok();
}

async fn a_refused_link_is_used_up(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let pairing = asks(&pia, &[&id_of(&pia).await], &[]).await;
    answers(&abel, "refusal", &pairing.token).await.done();
    answers(&gina, "acceptance", &pairing.token)
        .await
        .refused(409, "link_used");
    assert_eq!(
        pia.get(&format!("/pairings/{}", pairing.id)).await.ok()["state"],
        "refused"
    );
    abel.get(&format!("/pairings/{}", pairing.id))
        .await
        .refused(404, "not_found");
    pia.delete(&format!("/pairings/{}", pairing.id))
        .await
        .done();
    assert_eq!(pia.all("/pairings").await.len(), 0);
}

/// F2: internal entries reach no customer by any way.
async fn the_provider_works_in_a_customers_organization_and_not_the_other_way_round(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let (ada, eve) = (desk.person("ada"), desk.person("eve"));
    let request = asks(&pia, &[&id_of(&pia).await], &[]).await;
    answers(&ada, "acceptance", &request.token)
        .await
        .refused(409, "link_provider");
    answers(&abel, "acceptance", &request.token).await.ok();
    let pairing = pairs(&ada, &abel, &[&id_of(&eve).await], &[]).await;
    let role = |role: &str| json!({ "role": role });
    let roles = format!("/pairing-members/{}/roles", pairing.members[0]);
    for of_staff in ["administrator", "support_engineer", "partner_admin"] {
        abel.post(&roles, role(of_staff))
            .await
            .names_fields(&[("role", "other_side")]);
    }
    abel.post(&roles, role("nothing_such"))
        .await
        .names_fields(&[("role", "not_found")]);
    abel.post(&roles, role("trusted_external_user"))
        .await
        .refused(409, "role_goes_with_others");
    gives(&abel, &pairing.members[0], "designated_contact").await;
    abel.post(&roles, role("designated_contact"))
        .await
        .names_fields(&[("role", "taken")]);
    let case = desk.person("dana").opens(medium()).await;
    eve.notes(&case, "Internal: the customer's own fault.")
        .await;
    let path = format!("/cases/{}/feed", case.number);
    let seen = there(&eve, "acme", Method::GET, &path, Value::Null).await;
    assert!(
        !seen.text.contains("own fault"),
        "as ACME's she sees what ACME sees"
    );
    assert!(eve.get(&path).await.text.contains("own fault"));
    let acting = there(&eve, "acme", Method::GET, "/me", Value::Null)
        .await
        .ok();
    assert_eq!(acting["side"], "customer");
}

/// P3, P5, P6, P13: who may do what on which side.
async fn each_side_does_its_own_part(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = asks(&pia, &[&me], &[]).await;
    let (path, member) = (
        format!("/pairings/{}", pairing.id),
        pairing.members[0].clone(),
    );
    // Unanswered, there is nothing to switch, and nobody but the trustee.
    pia.patch(&path, json!({ "enabled": false }))
        .await
        .refused(409, "pairing_not_accepted");
    abel.get(&path).await.refused(404, "not_found");
    answers(&abel, "acceptance", &pairing.token).await.ok();
    let role = json!({ "role": "portal_viewer" });
    pia.post(&format!("/pairing-members/{member}/roles"), role.clone())
        .await
        .refused(403, "other_side_decides");
    abel.post(
        &format!("{path}/members"),
        json!({ "people": [id_of(&abel).await] }),
    )
    .await
    .refused(403, "other_side_decides");
    abel.post(&format!("{path}/link"), json!({}))
        .await
        .refused(403, "other_side_decides");
    // A third organization learns nothing; nor does who may not look.
    for person in [
        &gina,
        &desk.person("dana"),
        &desk.person("nils"),
        &desk.person("ada"),
    ] {
        person.get(&path).await.refused(404, "not_found");
        person
            .patch(&path, json!({ "enabled": false }))
            .await
            .refused(404, "not_found");
        person.delete(&path).await.refused(404, "not_found");
        person
            .post(&format!("/pairing-members/{member}/roles"), role.clone())
            .await
            .refused(404, "not_found");
        person
            .delete(&format!("/pairing-members/{member}"))
            .await
            .refused(404, "not_found");
    }
    // Whoever may look at none is told what is missing, and whom to ask (P10).
    let none = desk.person("dana").get("/pairings").await.ok();
    assert_eq!(none["items"], json!([]));
    assert_eq!(none["missing_permission"], "org_trustees:view");
    assert_eq!(none["ask"][0]["name"], "Abel Noor");
    let to_me = desk
        .person("dana")
        .get("/pairings?direction=to_me")
        .await
        .ok();
    assert_eq!(to_me["missing_permission"], "org_trustors:view");
    desk.person("dana")
        .post("/pairings", json!({ "people": [me] }))
        .await
        .refused(403, "missing_permission");
    // Who only looks is told what is missing.
    let vic = desk.person("vic");
    role_of_own(&desk, &vic, "looks", &["org_trustors:view"]).await;
    let refused = vic
        .patch(&path, json!({ "enabled": false }))
        .await
        .refused(403, "missing_permission");
    assert_eq!(refused.json["permission"], "org_trustors:manage");
    let refused = vic
        .post(&format!("/pairing-members/{member}/roles"), role.clone())
        .await
        .refused(403, "missing_permission");
    assert_eq!(refused.json["permission"], "grants:add");

    // Roles come and go; the last takes the least along.
    let viewer = gives(&abel, &member, "portal_viewer").await;
    let contact = gives(&abel, &member, "designated_contact").await;
    let for_dana = medium().with("contact", "dana@acme.test").json();
    let cases = async || there(&pia, "acme", Method::POST, "/cases", for_dana.clone()).await;
    cases().await.created();
    pia.delete(&format!("/pairing-roles/{contact}"))
        .await
        .done();
    cases().await.refused(403, "missing_permission");
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .ok();
    abel.delete(&format!("/pairing-roles/{viewer}"))
        .await
        .done();
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .refused(404, "organization_not_found");
    let shown = abel.get(&path).await.ok();
    assert_eq!(shown["people"]["items"][0]["roles"], json!([]));

    // Each has a switch of its own; roles are kept.
    gives(&abel, &member, "portal_viewer").await;
    let state = async |who: &crate::support::person::Person, on: bool| {
        said(&who.patch(&path, json!({ "enabled": on })).await.ok()["state"])
    };
    assert_eq!(state(&abel, false).await, "switched_off");
    assert_eq!(state(&pia, false).await, "both_off");
    assert_eq!(state(&abel, true).await, "suspended");
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .refused(404, "organization_not_found");
    assert_eq!(state(&pia, true).await, "active");
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .ok();

    // P5: more people, approved by their first role.
    let nobody = json!({ "people": [id_of(&gina).await] });
    pia.post(&format!("{path}/members"), nobody)
        .await
        .names_fields(&[("people", "not_found")]);
    pia.post(&format!("{path}/members"), json!({}))
        .await
        .names_fields(&[("people", "required")]);
    let support = group(
        &desk,
        &organization_of(&pia).await,
        "Initech Support",
        &[&me],
    )
    .await;
    let more = pia
        .post(
            &format!("{path}/members"),
            json!({ "groups": [support], "people": [me] }),
        )
        .await
        .ok();
    assert_eq!(
        more["people"]["items"].as_array().map(Vec::len),
        Some(1),
        "she is in it already"
    );
    let of_group = said(&more["groups"]["items"][0]["id"]);
    assert_eq!(more["groups"]["items"][0]["approved_at"], Value::Null);
    gives(&abel, &of_group, "designated_contact").await;
    cases().await.created();
    let mails = desk.mailbox().await;
    assert!(
        mails.0.iter().any(|mail| mail.to.contains("abel@")),
        "the trustor is told of whom is proposed"
    );
}

/// P10.
async fn who_is_in_a_pairing_is_seen_by_few(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let home = organization_of(&pia).await;
    let me = id_of(&pia).await;
    let support = group(&desk, &home, "Secret Support", &[&me]).await;
    let pairing = pairs(&pia, &abel, &[&me], &[&support]).await;
    let path = format!("/pairings/{}", pairing.id);
    let ada = desk.person("ada");
    let ivo = json!({ "organization": "initech", "email": "ivo@initech.test", "first_name": "Ivo", "last_name": "Rand" });
    let ivo = said(&ada.post("/users", ivo).await.created()["id"]);
    // Vic of ACME may look at trusts, and not at who is in them.
    let vic = desk.person("vic");
    role_of_own(&desk, &vic, "looks", &["org_trustors:view"]).await;
    let seen = vic.get(&path).await;
    assert!(
        !seen.text.contains("Secret Support"),
        "never a group's name"
    );
    let seen = seen.ok();
    let ask = json!([{ "id": id_of(&abel).await, "name": "Abel Noor" }]);
    assert_eq!(
        seen["people"],
        json!({ "items": [], "missing_permission": "org_trustee_users:view", "ask": ask })
    );
    assert_eq!(
        seen["groups"],
        json!({ "items": [], "missing_permission": "org_trustee_groups:view", "ask": ask })
    );
    role_of_own(&desk, &vic, "looks_closer", &["org_trustee_users:view"]).await;
    let seen = vic.get(&path).await.ok();
    assert_eq!(seen["people"]["items"][0]["name"], "Pia Lund");
    assert_eq!(seen["groups"]["items"], json!([]));
    // Who is in a trusted group sees it, without any permission.
    let dana = desk.person("dana");
    dana.get(&path).await.refused(404, "not_found");
    employs(&desk, &pia, &["designated_contact"]).await;
    let seen = pia.get(&path).await.ok();
    assert_eq!(seen["groups"]["items"][0]["name"], "Secret Support");
    assert_eq!(seen["may"], json!([]));
    // They find it, too, and are told that they may not see the others.
    let found = pia.get("/pairings").await.ok();
    assert_eq!(found["items"][0]["id"], pairing.id.as_str());
    assert_eq!(found["missing_permission"], "org_trustees:view");
    // Who sees the trusts of their own organization sees who they are for (P13).
    role_of_own(&desk, &pia, "sees_trusts", &["org_trustees:view"]).await;
    let found = pia.get("/pairings").await.ok();
    assert_eq!(found["missing_permission"], json!(null));
    assert_eq!(found["items"][0]["people"]["items"][0]["name"], "Pia Lund");
    assert_eq!(
        found["items"][0]["groups"]["items"][0]["name"],
        "Secret Support"
    );
    assert!(!ivo.is_empty());
}

/// Whoever is here by a pairing widens none, and sees only theirs.
async fn nobody_passes_on_what_they_were_trusted_with(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let mine = pairs(&pia, &abel, &[&me], &[]).await;
    let other = pairs(&gina, &abel, &[&id_of(&gina).await], &[]).await;
    gives(&abel, &mine.members[0], "organization_admin").await;
    let at_acme = async |method: Method, path: String, body: Value| {
        there(&pia, "acme", method, &path, body).await
    };
    let seen = at_acme(Method::GET, "/pairings".into(), Value::Null)
        .await
        .ok();
    let ids: Vec<&Value> = seen["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pairing| &pairing["id"])
        .collect();
    assert_eq!(ids, [&json!(mine.id)]);
    at_acme(Method::GET, format!("/pairings/{}", other.id), Value::Null)
        .await
        .refused(404, "not_found");
    at_acme(
        Method::DELETE,
        format!("/pairings/{}", other.id),
        Value::Null,
    )
    .await
    .refused(404, "not_found");
    let abel_himself = json!({ "people": [id_of(&abel).await] });
    at_acme(Method::POST, "/pairings".into(), abel_himself)
        .await
        .refused(403, "not_through_pairing");
    let role = json!({ "role": "designated_contact" });
    at_acme(
        Method::POST,
        format!("/pairing-members/{}/roles", mine.members[0]),
        role,
    )
    .await
    .refused(403, "not_through_pairing");
    // What is switched on lets in, and so does another self.
    let path = format!("/pairings/{}", mine.id);
    at_acme(Method::PATCH, path, json!({ "enabled": true }))
        .await
        .refused(403, "not_through_pairing");
    let path = format!("/pairing-members/{}/clones", mine.members[0]);
    at_acme(Method::POST, path, json!({}))
        .await
        .refused(403, "not_through_pairing");
    let request = asks(&gina, &[&id_of(&gina).await], &[]).await;
    let token = json!({ "token": request.token });
    at_acme(Method::POST, "/pairing-links/acceptance".into(), token)
        .await
        .refused(403, "not_through_pairing");
    // Leaving is theirs.
    at_acme(
        Method::DELETE,
        format!("/pairings/{}", mine.id),
        Value::Null,
    )
    .await
    .done();
    at_acme(Method::GET, "/cases".into(), Value::Null)
        .await
        .refused(404, "organization_not_found");
}

/// P11.
async fn a_partner_starts_a_pairing_with_a_client(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let me = id_of(&pia).await;
    assert_eq!(pia.all("/clients").await, Vec::<Value>::new());
    abel.get("/clients")
        .await
        .refused(403, "missing_permission");
    // Whom it does not serve, it cannot name, whether there is such an organization or not.
    for name in ["globex", "nowhere"] {
        let body = json!({ "people": [me], "organization": name });
        pia.post("/pairings", body)
            .await
            .names_fields(&[("organization", "not_found")]);
    }
    let first = pairs(&pia, &abel, &[&me], &[]).await;
    abel.delete(&format!("/pairings/{}", first.id)).await.done();
    let clients = pia.all("/clients").await;
    assert_eq!(clients.len(), 1, "it has served ACME");
    assert_eq!(clients[0]["slug"], "acme");
    let body = json!({ "people": [me], "organization": "acme" });
    gina.post("/pairings", body.clone())
        .await
        .refused(403, "missing_permission");
    let asked = pia.post("/pairings", body).await.created();
    assert_eq!(asked["organization"]["slug"], "acme");
    let token = made(&asked).token;
    answers(&gina, "acceptance", &token)
        .await
        .refused(403, "link_foreign");
    answers(&abel, "acceptance", &token).await.ok();
    answers(&gina, "acceptance", &token)
        .await
        .refused(403, "link_foreign");
}

/// P11: the provider names clients, also one that was never paired before; each permission of it is asked for by itself.
async fn the_provider_names_the_clients_of_a_partner(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let (ada, me) = (desk.person("ada"), id_of(&pia).await);
    let path = "/organizations/initech/clients";
    for who in [&abel, &pia, &desk.person("sam")] {
        let named = who.put(path, json!({ "clients": ["globex"] })).await;
        assert!([403, 404].contains(&named.status), "{}", named.text);
    }
    let wrong = json!({ "clients": ["globex", "nowhere", "bellhop", "initech"] });
    ada.put(path, wrong).await.names_fields(&[
        ("clients[1]", "not_found"),
        ("clients[2]", "not_a_client"),
        ("clients[3]", "not_a_client"),
    ]);
    let none = ada.put(
        "/organizations/acme/clients",
        json!({ "clients": ["globex"] }),
    );
    none.await.names_fields(&[("clients", "not_a_partner")]);
    let named = ada
        .put(path, json!({ "clients": ["globex", "globex"] }))
        .await
        .ok();
    assert_eq!(named["items"][0]["slug"], "globex");
    assert_eq!(named["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(pia.all("/clients").await[0]["slug"], "globex");

    // It was never paired before, and is asked.
    let body = json!({ "people": [me], "organization": "globex" });
    let asked = pia.post("/pairings", body.clone()).await.created();
    answers(&gina, "acceptance", &made(&asked).token).await.ok();
    // Whom nobody names any more it cannot name, unless they have been paired.
    ada.put(path, json!({ "clients": ["acme"] })).await.ok();
    ada.put(path, json!({ "clients": [] })).await.ok();
    let clients = pia.all("/clients").await;
    assert_eq!((clients.len(), &clients[0]["slug"]), (1, &json!("globex")));
    let events = ada.all("/audit-events?kind=organization.changed").await;
    let after = events.iter().map(|event| &event["after"]["clients"]);
    assert!(
        after.into_iter().any(|clients| *clients == json!(["acme"])),
        "{events:?}"
    );

    // To see them, to pair with one: each of the three by itself.
    let all = [
        "clients:view",
        "clients:pair",
        "org_trustees:add",
        "org_trustees:view",
    ];
    let clerk = json!({ "organization": "initech", "email": "ivo@initech.test", "first_name": "Ivo", "last_name": "Rand" });
    let ivo = said(&ada.post("/users", clerk).await.created()["id"]);
    for missing in all {
        let rest: Vec<&str> = all.into_iter().filter(|one| *one != missing).collect();
        let code = missing.replace(':', "_");
        employs(&desk, &pia, &[]).await;
        role_of_own(&desk, &pia, &code, &rest).await;
        let looked = pia.get("/clients").await;
        let asked = pia
            .post(
                "/pairings",
                json!({ "people": [ivo], "organization": "globex" }),
            )
            .await;
        let refused =
            |answer: &crate::support::answer::Answer| answer.json["permission"] == missing;
        match missing {
            "clients:view" => assert!(refused(&looked) && refused(&asked), "{missing}"),
            "org_trustees:view" => assert!(refused(&looked) && asked.status == 201, "{missing}"),
            _ => assert!(looked.status == 200 && refused(&asked), "{missing}"),
        }
    }
}

async fn a_repeated_request_knows_its_organization(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let pairing = pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
    gives(&abel, &pairing.members[0], "designated_contact").await;
    let open = || {
        pia.asks(Method::POST, "/cases")
            .header("idempotency-key", "once")
            .json(&medium().with("contact", "dana@acme.test").json())
    };
    let there = || open().header("acting-organization", "acme");
    let first = there().await.created();
    assert_eq!(there().await.created()["id"], first["id"]);
    open().await.refused(422, "idempotency_key_reused");
    // The link is shown once, also to who asks again with the same key.
    let ask = async || {
        let me = id_of(&pia).await;
        pia.asks(Method::POST, "/pairings")
            .header("idempotency-key", "link")
            .json(&json!({ "people": [me] }))
            .await
            .created()
    };
    let (shown, later) = (ask().await, ask().await);
    assert_eq!(later["id"], shown["id"]);
    assert_eq!(
        (shown["link"].is_string(), &later["link"]),
        (true, &Value::Null)
    );
}

async fn changes_are_guarded_by_versions(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let pairing = pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
    let path = format!("/pairings/{}", pairing.id);
    let version = abel.get(&path).await.header("etag").to_owned();
    gives(&abel, &pairing.members[0], "portal_viewer").await;
    let stale = |method: Method, path: &str| abel.asks(method, path).header("if-match", &version);
    stale(Method::PATCH, &path)
        .json(&json!({ "enabled": false }))
        .await
        .refused(412, "stale_version");
    stale(Method::DELETE, &path)
        .await
        .refused(412, "stale_version");
    let fresh = abel.get(&path).await.header("etag").to_owned();
    let patch = abel.asks(Method::PATCH, &path).header("if-match", &fresh);
    patch.json(&json!({ "enabled": false })).await.ok();
}

/// P4: people are counted, each once, over all pairings of the same two, and also when a group grows.
async fn no_more_than_25_people_reach_an_organization(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let (me, home, ada) = (
        id_of(&pia).await,
        organization_of(&pia).await,
        desk.person("ada"),
    );
    let mut people = Vec::new();
    for number in 0..26 {
        let new = json!({
            "email": format!("p{number}@initech.test"), "first_name": "Person", "last_name": format!("No. {number}"),
            "organization": "initech", "roles": [],
        });
        people.push(said(&ada.post("/users", new).await.created()["id"]));
    }
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let crowd = group(&desk, &home, "Everybody", &people).await;
    let too_many = pia.post("/pairings", json!({ "groups": [crowd] })).await;
    assert_eq!(too_many.refused(409, "too_many_people").json["max"], 25);

    let shift = group(&desk, &home, "Night shift", &people[..20]).await;
    let first = pairs(&pia, &abel, &[&me], &[&shift]).await;
    // Who is there already counts once; two more than there is room for are refused, wherever they are named.
    let path = format!("/pairings/{}/members", first.id);
    let more = |range: std::ops::Range<usize>| json!({ "people": people[range] });
    pia.post(&path, more(15..25))
        .await
        .refused(409, "too_many_people");
    let second = asks(&pia, &people[20..25], &[]).await;
    answers(&abel, "acceptance", &second.token)
        .await
        .refused(409, "too_many_people");
    let third = asks(&pia, &people[18..24], &[]).await;
    answers(&abel, "acceptance", &third.token).await.ok();
    let joins = json!({ "user": people[25] });
    let grown = ada
        .post(&format!("/access-groups/{shift}/members"), joins)
        .await;
    grown.refused(409, "too_many_people");
    // Somebody who reaches it already may join.
    let joins = json!({ "user": people[23] });
    ada.post(&format!("/access-groups/{shift}/members"), joins)
        .await
        .ok();
    desk.mailbox().await;
}

/// P3: what was given until a date is over then, with the next request, and can be given again.
async fn a_role_is_given_until_a_date(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    let path = format!("/pairing-members/{}/roles", pairing.members[0]);
    let role = |until: chrono::DateTime<chrono::Utc>| json!({ "role": "portal_viewer", "until": until.to_rfc3339() });
    let past = abel.post(&path, role(desk.now())).await;
    past.names_fields(&[("until", "not_in_the_future")]);
    let until = desk.now() + chrono::TimeDelta::days(2);
    abel.post(&path, role(until)).await.created();
    abel.post(&path, role(until))
        .await
        .names_fields(&[("role", "taken")]);
    let cases = async || there(&pia, "acme", Method::GET, "/cases", Value::Null).await;
    cases().await.ok();
    desk.reaches(until);
    cases().await.refused(404, "organization_not_found");
    abel.post(&path, role(until + chrono::TimeDelta::days(1)))
        .await
        .created();
    cases().await.ok();
    desk.mailbox().await;
}

/// P3: the trustee asks for a role; the trustor gives or refuses it, and each is told.
async fn a_role_is_asked_for_and_given_or_refused(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = asks(&pia, &[&me], &[]).await;
    let path = format!("/pairing-members/{}/role-requests", pairing.members[0]);
    let wish = json!({ "role": "designated_contact", "note": "The nights are mine." });
    pia.post(&path, wish.clone())
        .await
        .refused(409, "pairing_not_accepted");
    answers(&abel, "acceptance", &pairing.token).await.ok();
    desk.mailbox().await;

    // Only the trustee asks, and only for what can be given there.
    abel.post(&path, wish.clone())
        .await
        .refused(403, "other_side_decides");
    gina.post(&path, wish.clone())
        .await
        .refused(404, "not_found");
    for (role, code) in [("supervisor", "other_side"), ("no_such", "not_allowed")] {
        let asked = pia.post(&path, json!({ "role": role })).await;
        asked.names_fields(&[("role", code)]);
    }
    let past = json!({ "role": "portal_viewer", "until": "2026-01-01T00:00:00Z" });
    pia.post(&path, past)
        .await
        .names_fields(&[("until", "not_in_the_future")]);
    let asked = pia.post(&path, wish.clone()).await.created();
    assert_eq!(
        (&asked["role"], &asked["note"], &asked["refusal"]),
        (&json!("designated_contact"), &wish["note"], &Value::Null)
    );
    // It grants nothing, and is written of once however often the same is asked.
    assert_eq!(pia.post(&path, wish).await.created()["id"], asked["id"]);
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .refused(404, "organization_not_found");
    let post = desk.mailbox().await;
    let letter = post.to("abel@acme.test");
    assert!(letter.text.contains("Pia Lund") && letter.text.contains("The nights are mine."));

    // The trustor refuses, and whoever asked reads why.
    let request = format!("/pairing-role-requests/{}", said(&asked["id"]));
    let no = json!({ "reason": "Read along first." });
    pia.post(&format!("{request}/refusal"), no.clone())
        .await
        .refused(403, "other_side_decides");
    gina.post(&format!("{request}/refusal"), no.clone())
        .await
        .refused(404, "not_found");
    let refused = abel.post(&format!("{request}/refusal"), no).await.ok();
    assert_eq!(refused["refusal"]["reason"], "Read along first.");
    assert_eq!(refused["refusal"]["by"]["name"], "Abel Noor");
    let post = desk.mailbox().await;
    assert!(
        post.to("pia@initech.test")
            .text
            .contains("Read along first.")
    );
    let shown = pia.get(&format!("/pairings/{}", pairing.id)).await.ok();
    let requests = &shown["people"]["items"][0]["role_requests"];
    assert_eq!(requests[0]["refusal"]["reason"], "Read along first.");

    // Asked for anew it is open again; given, it is asked for no more; and what is held cannot be asked for.
    let again = json!({ "role": "designated_contact" });
    let again_asked = pia.post(&path, again.clone()).await.created();
    assert_ne!(again_asked["id"], asked["id"]);
    gives(&abel, &pairing.members[0], "designated_contact").await;
    let shown = pia.get(&format!("/pairings/{}", pairing.id)).await.ok();
    assert_eq!(shown["people"]["items"][0]["role_requests"], json!([]));
    pia.post(&path, again)
        .await
        .names_fields(&[("role", "taken")]);

    // What was asked for is taken back, by the side that asked.
    let wish = json!({ "role": "organization_admin" });
    let asked = pia.post(&path, wish).await.created();
    let request = format!("/pairing-role-requests/{}", said(&asked["id"]));
    abel.delete(&request)
        .await
        .refused(403, "other_side_decides");
    pia.delete(&request).await.done();
    pia.delete(&request).await.refused(404, "not_found");
    let kinds: Vec<Value> = abel
        .all("/audit-events?kind=pairing.")
        .await
        .iter()
        .map(|event| event["kind"].clone())
        .collect();
    for kind in [
        "pairing.role_asked",
        "pairing.role_not_asked",
        "pairing.role_refused",
    ] {
        assert!(kinds.contains(&json!(kind)), "{kinds:?}");
    }
    // Whoever leaves the pairing takes along what was asked for them.
    pia.post(&path, json!({ "role": "portal_viewer" }))
        .await
        .created();
    pia.delete(&format!("/pairing-members/{}", pairing.members[0]))
        .await
        .done();
    desk.mailbox().await;
}

/// P12: what somebody changed in another organization is read in one place, by visit, on both sides.
async fn what_a_visit_changed_is_told_by_visit(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    gives(&abel, &pairing.members[0], "designated_contact").await;
    let path = format!("/pairings/{}/visits", pairing.id);
    assert_eq!(abel.all(&path).await, Vec::<Value>::new());
    gina.get(&path).await.refused(404, "not_found");

    // Looking changes nothing; the first change begins a visit, and the next ones belong to it.
    there(&pia, "acme", Method::GET, "/cases", Value::Null)
        .await
        .ok();
    let dana = id_of(&desk.person("dana")).await;
    let mut opening = medium().json();
    opening["contact"] = json!(dana);
    let case = there(&pia, "acme", Method::POST, "/cases", opening)
        .await
        .created();
    desk.passes(TimeDelta::hours(2));
    let feed = format!("/cases/{}/feed", said(&case["number"]));
    let entry = json!({ "body": "Seen again at noon." });
    there(&pia, "acme", Method::POST, &feed, entry.clone())
        .await
        .created();
    let visits = abel.all(&path).await;
    assert_eq!(visits.len(), 1, "{visits:?}");
    let changes = visits[0]["changes"].as_i64().expect("a number");
    assert_eq!(visits[0]["person"]["name"], "Pia Lund");
    assert_eq!(pia.all(&path).await, visits);

    // What happens at home, or is done by others, is none of it.
    pia.opens(medium()).await;
    desk.person("dana")
        .post(&feed, json!({ "body": "Thank you." }))
        .await
        .created();
    assert_eq!(abel.all(&path).await, visits);

    // After a while of nothing it is another visit.
    desk.passes(TimeDelta::hours(9));
    there(&pia, "acme", Method::POST, &feed, entry)
        .await
        .created();
    let visits = abel.all(&path).await;
    assert_eq!(visits.len(), 2, "{visits:?}");
    let of = async |visit: &Value| {
        let events = format!("/audit-events?visit={}", said(&visit["id"]));
        abel.all(&events).await
    };
    let (last, first) = (of(&visits[0]).await, of(&visits[1]).await);
    assert_eq!(last.len(), 1, "{last:?}");
    assert_eq!(first.len() as i64, changes);
    let mut kinds = first.iter().map(|event| &event["kind"]);
    assert!(kinds.any(|kind| kind == "case.opened"), "{first:?}");
    // Her own organization reads that something was done there, and not what.
    let events = format!("/audit-events?visit={}", said(&visits[1]["id"]));
    let hers = pia.get(&events).await.ok();
    assert_eq!(hers["items"].as_array().map(Vec::len), Some(first.len()));
    assert_eq!(hers["items"][0]["withheld"], true);
    gina.get(&events)
        .await
        .names_fields(&[("visit", "not_found")]);
    desk.mailbox().await;
}

/// P10: a letter names a trusted group, or one of its people, to nobody who may not see who is in the pairing.
async fn a_groups_name_reaches_nobody_who_may_not_see_it(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let me = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    let home = organization_of(&pia).await;
    let secret = group(&desk, &home, "Secret Support", &[&me]).await;
    employs(&desk, &abel, &[]).await;
    let all = [
        "org_trustors:view",
        "org_trustors:manage",
        "grants:add",
        "roles:view",
    ];
    role_of_own(&desk, &abel, "gatekeeper", &all).await;
    let path = format!("/pairings/{}/members", pairing.id);
    pia.post(&path, json!({ "groups": [secret] })).await.ok();
    let post = desk.mailbox().await;
    let letter = post.to("abel@acme.test");
    assert!(!letter.text.contains("Secret Support"), "{}", letter.text);
    assert!(letter.text.contains("one whose name you may not see"));
    let shown = pia.get(&format!("/pairings/{}", pairing.id)).await.ok();
    let member = said(&shown["groups"]["items"][0]["id"]);
    let path = format!("/pairing-members/{member}/role-requests");
    pia.post(&path, json!({ "role": "portal_viewer" }))
        .await
        .created();
    let post = desk.mailbox().await;
    let letter = post.to("abel@acme.test");
    assert!(!letter.text.contains("Secret Support"), "{}", letter.text);
    pia.delete(&format!("/pairing-members/{member}"))
        .await
        .done();
    let post = desk.mailbox().await;
    let letter = post.to("abel@acme.test");
    assert!(!letter.text.contains("Secret Support"), "{}", letter.text);
}
