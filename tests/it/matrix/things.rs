//! One of each thing that a path can name, and what is said about it.

use super::{Caller, Desk, Method, Person, TimeDelta, Value, gives, high, json, pairs};
use crate::support::paired::id_of;

/// The things of one customer, by the names that paths have for them.
pub struct Things(Vec<(&'static str, String)>);

impl Things {
    /// Lets `contact` have a case with everything that a case can have. `idle` is somebody of the same organization
    /// who asks nothing, `admin` administers it, and of the other two the first works where the second
    /// administers.
    pub async fn of(
        desk: &Desk,
        (contact, idle): (&str, &Caller),
        admin: &Person,
        (trustee, trustor): (&Person, &Person),
    ) -> Self {
        let (contact, eve, ada) = (desk.person(contact), desk.person("eve"), desk.person("ada"));
        let case = contact.opens(high()).await;
        let low = contact.opens(high().with("priority", "low")).await;
        desk.passes(TimeDelta::hours(24));
        let escalation = contact.escalates(&case, "no_update").taken().await;
        let due_at = (desk.now() + TimeDelta::days(1)).to_rfc3339();
        let step = json!({ "what": "Look", "who": "Eve", "due_at": due_at });
        let until = (desk.now() + TimeDelta::hours(26)).to_rfc3339();
        let call = json!({
            "phone": "+1 415 555 0100",
            "window": { "from": due_at, "until": until, "time_zone": "UTC" },
        });
        let path = format!("/escalations/{}/callbacks", escalation.number);
        let call = contact.post(&path, call).await.created();
        let path = format!("/cases/{}/next-steps", case.number);
        let step = eve.post(&path, step).await.created();
        let entry = contact.writes(&case, "Hello?").await;
        let path = format!("/cases/{}/attachments?name=matrix.txt", case.number);
        let file = contact.asks(Method::POST, &path).body("one of each");
        let file = id(&file.await.created());
        let path = format!("/cases/{}/feed", case.number);
        let with_it = json!({ "body": "See the file.", "attachments": [file] });
        contact.post(&path, with_it).await.created();
        let request = json!({ "priority": "medium", "note": "It spreads." });
        let path = format!("/cases/{}/priority-requests", low.number);
        let request = contact.post(&path, request).await.created();
        desk.mailbox().await;
        let first = |items: Vec<Value>, field: &str, is: &str| {
            let found = items.into_iter().find(|item| item[field] == is);
            id(&found.unwrap_or_else(|| panic!("no {field} is {is}")))
        };
        let slug = contact.is.organization;
        let article = json!({
            "title": format!("Matrix {slug}"), "category": format!("Matrix {slug}"), "body": "Here.",
            "audience": { "to": "organizations", "organizations": [slug] }, "state": "published",
        });
        let article = eve.post("/articles", article).await.created();
        let token = contact.get("/tokens").await.ok();
        // What hangs on a pairing.
        let guest = id_of(trustee).await;
        let pairing = pairs(trustee, trustor, &[&guest], &[]).await;
        let member = pairing.members[0].clone();
        let grant = gives(trustor, &member, "portal_viewer").await;
        let path = format!("/pairing-members/{member}/role-requests");
        let wished = json!({ "role": "designated_contact" });
        let wished = trustee.post(&path, wished).await.created();
        let path = format!("/pairing-members/{member}/clones");
        let clone = trustee.post(&path, json!({})).await.created();
        let groups = admin.get("/access-groups").await.ok();
        let own = json!({ "code": "matrix", "name": "Matrix", "permissions": ["cases:view"] });
        let role = admin.post("/roles", own).await.created();
        let asks = json!({ "first_name": "Rae", "last_name": "Lee", "organization": slug,
            "email": format!("rae@{slug}.test"), "note": "To follow along." });
        let asking = desk.client().post(desk.api("/access-requests")).json(&asks);
        let asked = asking.send().await.expect("an answer").status();
        assert!(asked.is_success(), "{asked}");
        let wish = first(
            ada.all("/access-requests").await,
            "email",
            &format!("rae@{slug}.test"),
        );
        // For everybody, so that who may do what is a matter of roles alone.
        let everyone = json!({ "to": "everyone" });
        let announcement = json!({ "title": "News", "body": "x", "audience": everyone,
            "from": desk.now().to_rfc3339(), "importance": "information" });
        let announcement = ada.post("/announcements", announcement).await.created();
        let tutorial = json!({ "title": "Routing", "body": "x", "audience": everyone,
            "starts_at": due_at, "ends_at": until, "time_zone": "UTC", "place_or_link": "Room 4" });
        let tutorial = ada.post("/tutorials", tutorial).await.created();
        let tool =
            json!({ "title": "Status", "href": "https://status.example", "audience": everyone });
        let tool = ada.post("/tools", tool).await.created();
        let template =
            json!({ "name": "Thanks", "purpose": "reply", "language": "en", "body": "Thank you." });
        let template = ada.post("/templates", template).await.created();
        let user = first(ada.all("/users").await, "email", &idle.email());
        let (_, session) = idle.spare.expect("a session");
        let own = json!({ "name": "Mine", "list": "cases", "query": "status=open" });
        let filter = contact.post("/saved-filters", own).await.created();
        let case_number = case.number.clone();
        Self(vec![
            ("filter", id(&filter)),
            ("pairing", pairing.id),
            ("member", member),
            ("grant", grant),
            ("role_request", id(&wished)),
            ("clone", id(&clone)),
            ("group", id(&groups["items"][0])),
            ("role", id(&role)),
            ("access_request", wish),
            ("session", session.to_string()),
            ("case", case.number.clone()),
            ("escalation", escalation.number),
            ("callback", id(&call)),
            ("step", id(&step)),
            ("entry", id(&entry)),
            ("attachment", file),
            ("request", id(&request)),
            ("organization", slug.to_owned()),
            ("user", user.clone()),
            ("person", user),
            ("token", id(&token["items"][0])),
            (
                "notice",
                first(ada.all("/notices").await, "case", &case.number),
            ),
            (
                "line",
                first(ada.whole("/lines-of-business").await, "name", "Payments"),
            ),
            ("calendar", id(&ada.whole("/calendars").await[0])),
            ("reason", "no_update".to_owned()),
            ("code", "no_update".to_owned()),
            ("kind", "claim".to_owned()),
            ("place", format!("case:{case_number}:feed")),
            ("report", "outcomes".to_owned()),
            ("announcement", id(&announcement)),
            ("tutorial", id(&tutorial)),
            ("tool", id(&tool)),
            ("template", id(&template)),
            ("article", id(&article)),
            ("version", "1".to_owned()),
            ("category", format!("matrix-{slug}")),
        ])
    }

    /// The thing that a path's parameter of this name names.
    #[track_caller]
    pub fn named(&self, parameter: &str) -> String {
        let found = self.0.iter().find(|(name, _)| *name == parameter);
        let (_, thing) = found.unwrap_or_else(|| panic!("the matrix has no {parameter}"));
        thing.clone()
    }
}

fn id(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id in {value}"))
        .to_owned()
}

/// The query without which a route says nothing.
pub fn query(method: &Method, path: &str) -> &'static str {
    match path {
        "/api/v1/cases/{case}/eligibility" => "?reason=no_update",
        "/api/v1/calendars/{calendar}/replay" => {
            "?from=2026-03-02T09:00:00Z&unit=business_days&window=1"
        }
        // Of a kind that is not taken, so that whoever may sends nothing all the same.
        "/api/v1/attachments" | "/api/v1/cases/{case}/attachments" if method == Method::POST => {
            "?name=matrix.exe"
        }
        "/api/v1/articles/suggestions" => "?subject=Printer",
        _ => "",
    }
}

/// A complete body, for what a customer's role can do; everything else needs none that is.
pub fn body(method: &str, path: &str) -> Value {
    let note = json!({ "note": "x" });
    let verb = path.rsplit('/').next().unwrap_or_default();
    match (method.parse(), path, verb) {
        (Ok(Method::DELETE), ..) => json!({}),
        (
            _,
            "/api/v1/feed-entries/{entry}" | "/entries/{entry}" | "/api/v1/me/drafts/{place}",
            _,
        )
        | (_, _, "feed") => {
            json!({ "body": "x" })
        }
        (_, "/api/v1/pairings/{pairing}" | "/relationships/{pairing}/switch", _) => {
            json!({ "enabled": false })
        }
        (
            _,
            "/api/v1/escalations/{escalation}/callbacks" | "/escalations/{escalation}/callbacks",
            _,
        ) => json!({
            "phone": "+1 415 555 0100",
            "window": { "from": "2026-03-05T10:00", "until": "2026-03-05T11:00", "time_zone": "UTC" },
        }),
        (_, "/api/v1/access-requests/{access_request}/decision", _) => json!({ "granted": false }),
        (_, "/api/v1/access-groups/{group}/members", _) => {
            json!({ "user": "019cadc6-9a80-7000-929c-75e364ef40b2" })
        }
        (_, _, "roles" | "role-requests") => json!({ "role": "portal_viewer" }),
        (_, _, "reopen" | "withdraw") => note,
        (_, _, "rating") => json!({ "score": 5 }),
        (_, _, "helpful") => json!({ "helpful": true }),
        (_, _, "priority-requests") => json!({ "priority": "medium", "note": "x" }),
        (_, _, "escalations" | "escalate") => json!({
            "reason": "no_update", "details": "x", "acknowledgements": [],
            "answers": { "business_impact": "x", "ongoing": true },
        }),
        _ => json!({}),
    }
}

/// Whether what a form asks of whoever sends it is decided by its verb, once it is known what is asked for.
pub fn is_decided_by_its_verb(path: &str) -> bool {
    [
        "/relationships/{pairing}/switch",
        "/pairing-members/{member}/roles",
        "/pairing-members/{member}/role-requests",
    ]
    .contains(&path)
}
