//! What is told of access: what somebody may do, which role gives it by which way, and what would follow.

use super::*;

on_both_databases! { Desk:
    it_is_told_what_somebody_may_do_and_why,
    the_pages_of_access_say_what_follows,
}

async fn it_is_told_what_somebody_may_do_and_why(desk: Desk) {
    let (ada, eve, dana) = (desk.person("ada"), desk.person("eve"), desk.person("dana"));
    let eve_id = id(&eve).await;
    let owners = group(&ada, "Bellhop Support Escalation Owners").await;
    ada.post(
        &format!("/access-groups/{owners}/members"),
        json!({ "user": eve_id }),
    )
    .await
    .ok();
    let mine = eve.get("/me/permissions").await.ok();
    assert_eq!(
        mine,
        ada.get(&format!("/users/{eve_id}/permissions")).await.ok()
    );
    let of = |permission: &str| {
        let all = mine["permissions"].as_array().expect("a list").clone();
        all.into_iter()
            .find(|line| line["permission"] == permission)
            .map(|line| line["granted_by"].clone())
    };
    let by_group = json!({ "role": "escalation_owner", "way": "group", "group": { "id": owners, "name": "Bellhop Support Escalation Owners" }, "pairing": null });
    let direct =
        json!({ "role": "support_engineer", "way": "direct", "group": null, "pairing": null });
    assert_eq!(of("cases:work"), Some(json!([direct, by_group])));
    assert_eq!(of("escalations:review"), Some(json!([by_group])));
    assert_eq!(of("users:manage"), None);
    assert!(
        mine["missing"]
            .as_array()
            .expect("a list")
            .contains(&json!("users:manage"))
    );
    let listed: Vec<&Value> = mine["permissions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| &line["permission"])
        .collect();
    let me = eve.get("/me").await.ok();
    assert_eq!(
        listed.len(),
        me["permissions"].as_array().expect("a list").len()
    );
    // For oneself nothing is needed; for others `users:view`.
    dana.get("/me/permissions").await.ok();
    dana.get(&format!("/users/{eve_id}/permissions"))
        .await
        .refused(404, "not_found");
    desk.person("abel")
        .get(&format!("/users/{eve_id}/permissions"))
        .await
        .refused(404, "not_found");
    let dana_id = id(&dana).await;
    desk.person("abel")
        .get(&format!("/users/{dana_id}/permissions"))
        .await
        .ok();
}

async fn the_pages_of_access_say_what_follows(desk: Desk) {
    let (ada, abel) = (
        Visitor::of(&desk, "ada").await,
        Visitor::of(&desk, "abel").await,
    );
    let vic = id(&desk.person("vic")).await;
    // A role, from a copy, refused with what was typed, then added.
    let (status, page) = abel.sees("/admin/roles/new?copy=portal_viewer").await;
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("permissions.cases:view") && !page.contains("permissions.feeds:internal"),
        "{page}"
    );
    let (status, page) = abel
        .sends(
            "/admin/roles",
            &[
                ("name", "Reader"),
                ("code", "Bad Code"),
                ("permissions.cases:view", "on"),
            ],
        )
        .await;
    assert_eq!(status, 422);
    assert!(
        page.contains("value=\"Reader\"") && page.contains("value=\"Bad Code\""),
        "{page}"
    );
    let (status, role) = abel
        .sends(
            "/admin/roles",
            &[
                ("name", "Reader"),
                ("code", "reader"),
                ("permissions.cases:view", "on"),
            ],
        )
        .await;
    assert_eq!(status, 303, "{role}");
    let (_, page) = abel.sees(&role).await;
    assert!(page.contains("Nobody has this role."), "{page}");
    // Given on the person's page, beside the predefined ones.
    let (status, _) = abel
        .sends(
            &format!("/admin/people/{vic}/roles"),
            &[("roles.reader", "on"), ("roles.portal_viewer", "on")],
        )
        .await;
    assert_eq!(status, 303);
    let (_, page) = abel.sees(&role).await;
    assert!(
        page.contains("1 person has this role and loses what it grants at once"),
        "{page}"
    );
    let (status, page) = abel.sends(&format!("{role}/remove"), &[]).await;
    assert_eq!(status, 409);
    assert!(
        page.contains("still given") || page.contains("given to 1 person"),
        "{page}"
    );
    // A group: members join and leave, the last administrator stays.
    let (status, group) = abel
        .sends(
            "/admin/groups",
            &[("name", "Night shift"), ("roles.reader", "on")],
        )
        .await;
    assert_eq!(status, 303, "{group}");
    let (status, _) = abel
        .sends(&format!("{group}/members"), &[("user", &vic)])
        .await;
    assert_eq!(status, 303);
    let (_, page) = abel.sees(&format!("/admin/people/{vic}/access")).await;
    assert!(
        page.contains("Reader, by the group Night shift")
            && page.contains("Reader, given to the person"),
        "{page}"
    );
    assert!(
        page.contains("See cases.") && page.contains("may not do"),
        "{page}"
    );
    let (_, page) = abel.sees(&format!("/admin/people/{vic}")).await;
    assert!(page.contains("Night shift"), "{page}");
    let (status, _) = abel
        .sends(&format!("{group}/members/{vic}/remove"), &[])
        .await;
    assert_eq!(status, 303);
    let (status, _) = abel.sends(&format!("{group}/remove"), &[]).await;
    assert_eq!(status, 303);
    let (status, _) = abel
        .sends(&format!("{role}/remove"), &[("force", "on")])
        .await;
    assert_eq!(status, 303);
    let abel_id = id(&desk.person("abel")).await;
    let (status, page) = abel
        .sends(&format!("/admin/people/{abel_id}/roles"), &[("roles", "")])
        .await;
    assert_eq!(status, 409);
    assert!(
        page.contains("Make somebody else an administrator first."),
        "{page}"
    );
    // The navigation and the pages give one answer.
    let (_, page) = abel.sees("/admin/groups").await;
    assert!(
        page.contains("href=\"/admin/roles\"")
            && !page.contains("href=\"/admin/organizations\"")
            && !page.contains("href=\"/admin/lines\""),
        "{page}"
    );
    for path in ["/admin/organizations", "/admin/lines"] {
        let (status, _) = abel.sees(path).await;
        assert!(matches!(status, 403 | 404), "{path}: {status}");
        assert_eq!(ada.sees(path).await.0, 200, "{path}");
    }
    let dana = Visitor::of(&desk, "dana").await;
    for path in ["/admin/roles", "/admin/groups", "/admin/lines"] {
        assert_eq!(dana.sees(path).await.0, 403, "{path}");
    }
}
