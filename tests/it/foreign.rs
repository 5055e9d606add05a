//! Whatever a field of a request names: what is not theirs to see is to them as what never was (A5). Each request is made
//! twice, once with a thing of somebody else's and once with one that does not exist, and answered alike.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{
    administrators, asks, gives, group, id_of, organization_of, pairs, role_of_own,
};
use crate::support::person::{Person, medium};

on_both_databases! { Desk:
    nothing_is_told_of_another_organization,
}

const NEVER: &str = "01900000-0000-7000-8000-000000000000";

/// A request whose `{}` is what is named: in the path's query, or in the body.
struct Naming<'a> {
    method: Method,
    path: &'a str,
    body: Value,
    /// Somebody else's, and nobody's.
    named: (&'a str, &'a str),
}

fn naming<'a>(
    method: Method,
    path: &'a str,
    body: Value,
    theirs: &'a str,
    nobodys: &'a str,
) -> Naming<'a> {
    let named = (theirs, nobodys);
    Naming {
        method,
        path,
        body,
        named,
    }
}

/// What an answer says, without the name that was given.
fn told(answer: &Answer, name: &str) -> (u16, String) {
    (answer.status, answer.text.replace(name, "…"))
}

async fn is_told_nothing(desk: &Desk, person: &Person, requests: &[Naming<'_>]) {
    let before = desk.rows();
    for request in requests {
        let ask = async |name: &str| {
            let path = request.path.replace("{}", name);
            let asking = person.asks(request.method.clone(), &path);
            match &request.body {
                Value::Null => asking.await,
                body => {
                    let body = body.to_string().replace("{}", name);
                    let body: Value = serde_json::from_str(&body).expect("JSON");
                    asking.json(&body).await
                }
            }
        };
        let (theirs, nobodys) = request.named;
        let (hidden, missing) = (ask(theirs).await, ask(nobodys).await);
        assert_eq!(
            told(&hidden, theirs),
            told(&missing, nobodys),
            "{} {} {}",
            request.method,
            request.path,
            request.body
        );
        let found = hidden.status < 300 && request.method != Method::GET;
        assert!(!found, "{hidden:?}");
    }
    desk.is_unchanged_since(&before, "a stranger");
}

async fn nothing_is_told_of_another_organization(desk: Desk) {
    let (abel, pia, gina) = administrators(&desk).await;
    let (dana, gus) = (desk.person("dana"), desk.person("gus"));
    let case = dana.opens(medium()).await;
    let acme = organization_of(&abel).await;
    let (person, email) = (id_of(&dana).await, dana.email());
    let crew = group(&desk, &acme, "Crew", &[&person]).await;
    let role = role_of_own(&desk, &abel, "acme_watch", &["cases:view"]).await;
    desk.person("gina").opens(medium()).await;
    let globex = organization_of(&gina).await;
    let own_group = group(&desk, &globex, "Own", &[]).await;
    let her = id_of(&gina).await;
    // Gus wants to work elsewhere, and Pia works here.
    let asked = asks(&gina, &[&id_of(&gus).await], &[]).await;
    let here = pairs(&pia, &gina, &[&id_of(&pia).await], &[]).await;
    let member = &here.members[0];
    gives(&gina, member, "portal_viewer").await;
    desk.mailbox().await;

    let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
    let user = format!("/users/{her}");
    let groups = format!("/access-groups/{own_group}");
    let (joins, carries) = (format!("{groups}/members"), format!("{groups}/roles"));
    let proposes = format!("/pairings/{}/members", asked.id);
    let (roles, clones) = (
        format!("/pairing-members/{member}/roles"),
        format!("/pairing-members/{member}/clones"),
    );
    let new_user = |organization: &str, role: &str| {
        json!({ "organization": organization, "email": "new@globex.test", "first_name": "New",
            "last_name": "Person", "roles": [role] })
    };
    let new_case = medium().with("organization", "{}").json();
    let (slug, nowhere) = ("acme", "nowhere");
    let (code, no_code) = ("acme_watch", "never_was");
    let (number, no_number) = (case.number.as_str(), "C-999999");
    let (name, nobody) = (email.as_str(), "nobody@acme.test");
    let null = || Value::Null;
    let requests = [
        naming(get.clone(), "/cases?organization={}", null(), slug, nowhere),
        naming(get.clone(), "/cases?organization={}", null(), &acme, NEVER),
        naming(get.clone(), "/cases?q={}", null(), number, no_number),
        naming(get.clone(), "/escalations?owner={}", null(), &person, NEVER),
        naming(get.clone(), "/escalations?owner={}", null(), name, nobody),
        naming(get.clone(), "/users?organization={}", null(), slug, nowhere),
        naming(
            get.clone(),
            "/access-groups?organization={}",
            null(),
            slug,
            nowhere,
        ),
        naming(get.clone(), "/roles?organization={}", null(), slug, nowhere),
        naming(
            get.clone(),
            "/audit-events?case={}",
            null(),
            number,
            no_number,
        ),
        naming(
            get.clone(),
            "/audit-events?case={}",
            null(),
            &case.id,
            NEVER,
        ),
        naming(
            get.clone(),
            "/audit-events?actor={}",
            null(),
            &person,
            NEVER,
        ),
        naming(get.clone(), "/audit-events?actor={}", null(), name, nobody),
        naming(get, "/audit-events?organization={}", null(), slug, nowhere),
        naming(post.clone(), "/cases", new_case, slug, nowhere),
        naming(
            post.clone(),
            "/users",
            new_user("{}", "portal_viewer"),
            slug,
            nowhere,
        ),
        naming(
            post.clone(),
            "/users",
            new_user("globex", "{}"),
            code,
            no_code,
        ),
        naming(
            patch.clone(),
            &user,
            json!({ "roles": ["{}"] }),
            code,
            no_code,
        ),
        naming(
            post.clone(),
            "/access-groups",
            json!({ "name": "X", "organization": "{}" }),
            slug,
            nowhere,
        ),
        naming(
            post.clone(),
            "/access-groups",
            json!({ "name": "X", "members": ["{}"] }),
            &person,
            NEVER,
        ),
        naming(
            post.clone(),
            "/access-groups",
            json!({ "name": "X", "roles": ["{}"] }),
            code,
            no_code,
        ),
        naming(
            patch.clone(),
            &groups,
            json!({ "members": ["{}"] }),
            &person,
            NEVER,
        ),
        naming(patch, &groups, json!({ "roles": ["{}"] }), code, no_code),
        naming(
            post.clone(),
            &joins,
            json!({ "user": "{}" }),
            &person,
            NEVER,
        ),
        naming(
            post.clone(),
            &carries,
            json!({ "role": "{}" }),
            code,
            no_code,
        ),
        naming(
            post.clone(),
            "/roles",
            json!({ "code": "x", "name": "X", "permissions": [], "organization": "{}" }),
            slug,
            nowhere,
        ),
        naming(
            post.clone(),
            "/roles",
            json!({ "code": "x", "name": "X", "copy_of": "{}" }),
            code,
            no_code,
        ),
        naming(
            post.clone(),
            "/pairings",
            json!({ "people": ["{}"] }),
            &person,
            NEVER,
        ),
        naming(
            post.clone(),
            "/pairings",
            json!({ "groups": ["{}"] }),
            &crew,
            NEVER,
        ),
        naming(
            post.clone(),
            "/pairings",
            json!({ "people": [her], "organization": "{}" }),
            slug,
            nowhere,
        ),
        naming(
            post.clone(),
            &proposes,
            json!({ "people": ["{}"] }),
            &person,
            NEVER,
        ),
        naming(
            post.clone(),
            &proposes,
            json!({ "groups": ["{}"] }),
            &crew,
            NEVER,
        ),
        naming(post.clone(), &roles, json!({ "role": "{}" }), &role, NEVER),
        naming(post.clone(), &roles, json!({ "role": "{}" }), code, no_code),
        naming(
            post.clone(),
            &clones,
            json!({ "person": "{}" }),
            &person,
            NEVER,
        ),
        naming(
            post,
            "/audit-events/export",
            json!({ "format": "csv", "actor": "{}" }),
            name,
            nobody,
        ),
    ];
    is_told_nothing(&desk, &gina, &requests).await;

    // The organization that one wants to act in is named in a header.
    let (theirs, nobodys) = (
        gina.asks(Method::GET, "/cases")
            .header("acting-organization", slug)
            .await,
        gina.asks(Method::GET, "/cases")
            .header("acting-organization", nowhere)
            .await,
    );
    assert_eq!(told(&theirs, slug), told(&nobodys, nowhere));
    theirs.refused(404, "organization_not_found");
}
