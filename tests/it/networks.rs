//! From which networks people work in an organization (A7): tried before it is saved, and true from the next request on.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::Backend;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::paired::{administrators, gives, id_of, pairs};
use crate::support::person::{Asking, Person};
use crate::support::stream::Stream;

/// Where ACME's people sit, and a place that is none of theirs.
const OFFICE: &str = "192.0.2.9";
const CAFE: &str = "198.51.100.7";

/// A story at a desk behind a proxy, so that people come from somewhere.
fn behind_a_proxy<F: Future<Output = ()>>(story: impl Fn(Desk) -> F) {
    for backend in [Backend::Sqlite, Backend::Postgresql] {
        let settings = [("CASEBELL_TRUSTED_PROXIES", "127.0.0.1")];
        Desk::for_story_with(backend, &settings, &story);
    }
}

fn from(person: &Person, address: &str, method: Method, path: &str) -> Asking {
    person.asks(method, path).header("x-forwarded-for", address)
}

async fn allows(person: &Person, address: &str, networks: &[&str]) -> Answer {
    from(person, address, Method::PUT, "/allowed-networks")
        .json(&json!({ "networks": networks }))
        .await
}

async fn signs_in(desk: &Desk, address: &str, password: &str) -> Answer {
    let builder = desk.client().post(desk.api("/sessions"));
    Asking::new(format!("sign in from {address}"), builder)
        .header("x-forwarded-for", address)
        .json(&json!({ "email": "dana@acme.test", "password": password }))
        .await
}

#[test]
fn a7_people_work_from_the_networks_of_their_organization() {
    behind_a_proxy(async |desk: Desk| {
        let (abel, dana, eve) = (desk.person("abel"), desk.person("dana"), desk.person("eve"));
        let get =
            async |person: &Person, address: &str| from(person, address, Method::GET, "/me").await;
        get(&dana, CAFE).await.ok();
        let session = signs_in(&desk, CAFE, PASSWORD).await;
        let cookie = session.cookies.iter().find_map(|cookie| {
            let value = cookie.strip_prefix("casebell_session=")?;
            value.split(';').next()
        });
        let cookie = cookie.expect("a session");
        let network = ["192.0.2.0/25", "2001:db8::/32"];
        // Nobody keeps themselves out.
        allows(&abel, CAFE, &network)
            .await
            .names_fields(&[("networks", "locks_out")]);
        allows(&abel, OFFICE, &["192.0.2.0/25", "the office"])
            .await
            .names_fields(&[("networks[1]", "not_a_network")]);
        get(&dana, CAFE).await.ok();
        let live = desk.client().get(desk.api("/live"));
        let live = live
            .bearer_auth(dana.token())
            .header("x-forwarded-for", CAFE);
        let mut live = Stream::open(live).await;
        let said = allows(&abel, OFFICE, &network).await.ok();
        assert_eq!(said["networks"], json!(network));
        // It holds at once: for tokens, sessions and streams, and for whoever signs in.
        get(&dana, CAFE).await.refused(403, "address_not_allowed");
        get(&dana, OFFICE).await.ok();
        get(&dana, "2001:db8::7").await.ok();
        get(&dana, "192.0.2.128")
            .await
            .refused(403, "address_not_allowed");
        let rest = live.rest().await;
        assert_eq!(rest.last().map(|said| said.event.as_str()), Some("end"));
        let by_cookie = |address: &str| {
            let builder = desk.client().get(desk.api("/me"));
            let builder = builder.header("cookie", format!("casebell_session={cookie}"));
            Asking::new(format!("by cookie from {address}"), builder)
                .header("x-forwarded-for", address)
        };
        by_cookie(CAFE).await.refused(403, "address_not_allowed");
        by_cookie(OFFICE).await.ok();
        signs_in(&desk, CAFE, PASSWORD)
            .await
            .refused(403, "address_not_allowed");
        signs_in(&desk, CAFE, "another")
            .await
            .refused(401, "invalid_credentials");
        signs_in(&desk, OFFICE, PASSWORD).await;
        // Others work as before, and who may not change it does not.
        get(&eve, CAFE).await.ok();
        allows(&dana, OFFICE, &[])
            .await
            .refused(403, "missing_permission");
        // A page says why, and lets them come as somebody else.
        let page = desk.client().get(desk.page("/cases"));
        let page = page
            .header("cookie", format!("casebell_session={cookie}"))
            .header("x-forwarded-for", CAFE)
            .send()
            .await
            .expect("a page");
        assert_eq!(page.status(), 403);
        let text = page.text().await.expect("a page");
        assert!(text.contains(CAFE), "{text}");
        let other = desk.client().get(desk.page("/sign-in"));
        let other = other.header("cookie", format!("casebell_session={cookie}"));
        let other = other.header("x-forwarded-for", CAFE).send().await;
        assert_eq!(other.expect("a page").status(), 200);
        // It is recorded, and taken back.
        let events = from(&abel, OFFICE, Method::GET, "/audit-events?limit=100").await;
        let events = events.ok();
        let events = events["items"].as_array().expect("events");
        let changed = events
            .iter()
            .find(|event| event["kind"] == "organization.changed");
        let changed = changed.expect("it is audited");
        assert_eq!(changed["after"]["allowed_networks"], json!(network));
        allows(&abel, OFFICE, &[]).await.ok();
        get(&dana, CAFE).await.ok();
    });
}

#[test]
fn a7_people_who_are_paired_into_it_work_from_its_networks_too() {
    behind_a_proxy(async |desk: Desk| {
        let (abel, pia, _) = administrators(&desk).await;
        let pairing = pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
        gives(&abel, &pairing.members[0], "portal_viewer").await;
        let there = async |address: &str| {
            from(&pia, address, Method::GET, "/cases")
                .header("acting-organization", "acme")
                .await
        };
        there(CAFE).await.ok();
        allows(&abel, OFFICE, &["192.0.2.0/24"]).await.ok();
        there(CAFE).await.refused(403, "address_not_allowed");
        there(OFFICE).await.ok();
        // At home nothing has changed for them.
        from(&pia, CAFE, Method::GET, "/me").await.ok();
        // The provider helps whoever has locked themselves out by another way.
        let ada = desk.person("ada");
        let networks = json!({ "organization": "acme", "networks": Value::Array(Vec::new()) });
        let lifted = from(&ada, CAFE, Method::PUT, "/allowed-networks");
        lifted.json(&networks).await.ok();
        there(CAFE).await.ok();
    });
}
