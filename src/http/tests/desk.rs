//! What administrators keep: organizations, people, lines, calendars, policies, reasons, and the record of it all.

use super::*;

/// A desk and the administrator's way to ask it.
macro_rules! desk {
    ($house:ident, $admin:ident, $carl:ident) => {
        let $house = house().await;
        let app = app!($house);
        let (ada, carl) = (
            token(&$house, "ada@example.com", None).await,
            token(&$house, "carl@acme.example", None).await,
        );
        let $admin = async |method: Method, path: &str, body: Value| {
            let body = (body != Value::Null).then(|| body.to_string());
            ask(
                &app,
                method,
                path,
                &[JSON, ("authorization", &ada)],
                body.as_deref(),
            )
            .await
        };
        let $carl = async |path: &str| {
            ask(&app, Method::GET, path, &[("authorization", &carl)], None).await
        };
    };
}

#[actix_web::test]
async fn organizations_are_added_once_and_seen_by_their_own() {
    desk!(_house, admin, carl);
    let made = admin(
        Method::POST,
        "/organizations",
        json!({"slug": "globex", "name": "Globex", "kind": "partner"}),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert_eq!(made.json["time_zone"], "Europe/Berlin");
    assert_eq!(
        made.header("location"),
        Some("/api/v1/organizations/globex")
    );
    assert_eq!(made.header("etag"), Some("\"1\""));
    let twice = admin(
        Method::POST,
        "/organizations",
        json!({"slug": "globex", "name": "G", "kind": "customer"}),
    )
    .await;
    assert_eq!(
        (twice.code(), &twice.json["errors"][0]["code"]),
        ((422, "validation_failed"), &json!("taken"))
    );
    let second = admin(
        Method::POST,
        "/organizations",
        json!({"slug": "p2", "name": "P", "kind": "provider"}),
    )
    .await;
    assert_eq!(second.json["errors"][0]["code"], "provider_exists");

    let page = admin(Method::GET, "/organizations?limit=2", Value::Null).await;
    let cursor = page.json["next_cursor"].as_str().expect("more").to_owned();
    let rest = admin(
        Method::GET,
        &format!("/organizations?limit=2&cursor={cursor}"),
        Value::Null,
    )
    .await;
    let slugs = |answer: &Answer| {
        let items = answer.json["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .filter_map(|item| item["slug"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        [slugs(&page), slugs(&rest)].concat(),
        ["acme", "globex", "provider"]
    );

    // A designated contact may not look at organizations; whether others exist they do not learn.
    assert_eq!(
        carl("/organizations").await.json["permission"],
        "organizations:view"
    );
    assert_eq!(carl("/organizations/acme").await.code(), (404, "not_found"));
    assert_eq!(
        carl("/organizations/globex").await.json,
        carl("/organizations/nobody").await.json
    );
    let by_id = admin(
        Method::GET,
        &format!(
            "/organizations/{}",
            made.json["id"].as_str().expect("an id")
        ),
        Value::Null,
    )
    .await;
    assert_eq!(by_id.json, made.json);
}

#[actix_web::test]
async fn people_are_added_changed_and_shut_out() {
    desk!(_house, admin, carl);
    let body = json!({"organization": "acme", "email": "Vera@acme.example", "first_name": "Vera", "last_name": "Viewer",
        "roles": ["portal_viewer"], "password": "long enough to keep"});
    let made = admin(Method::POST, "/users", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert_eq!(made.json["email"], "vera@acme.example");
    assert_eq!(made.json["roles"], json!(["portal_viewer"]));
    assert!(!made.json.to_string().contains("argon2"));
    assert_eq!(
        admin(Method::POST, "/users", body).await.json["errors"][0]["code"],
        "taken"
    );
    let wrong = json!({"email": "x", "first_name": "", "roles": ["The King"], "password": 1, "time_zone": "Mars/Base"});
    let wrong = admin(Method::POST, "/users", wrong).await;
    let fields: Vec<_> = wrong.json["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["field"].clone())
        .collect();
    assert_eq!(
        fields,
        [
            "email",
            "first_name",
            "last_name",
            "time_zone",
            "roles[0]",
            "password"
        ]
    );
    let weak = json!({"organization": "acme", "email": "w@acme.example", "first_name": "W", "last_name": "W", "password": "short"});
    assert_eq!(
        admin(Method::POST, "/users", weak).await.json["errors"][0]["code"],
        "too_short"
    );

    let path = format!("/users/{}", made.json["id"].as_str().expect("an id"));
    let changed = admin(
        Method::PATCH,
        &path,
        json!({"last_name": "Reader", "roles": ["designated_contact"]}),
    )
    .await;
    assert_eq!(changed.json["name"], "Vera Reader");
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let other_side = admin(Method::PATCH, &path, json!({"roles": ["administrator"]})).await;
    assert_eq!(other_side.json["errors"][0]["code"], "other_side");
    let out = admin(Method::PATCH, &path, json!({"disabled": true})).await;
    assert!(out.json["disabled_at"].is_string(), "{}", out.json);

    let page = admin(Method::GET, "/users?organization=acme", Value::Null).await;
    assert_eq!(page.json["items"].as_array().map(Vec::len), Some(2));
    let nowhere = admin(Method::GET, "/users?organization=nowhere", Value::Null).await;
    assert_eq!(
        (nowhere.code(), &nowhere.json["errors"][0]["field"]),
        ((422, "validation_failed"), &json!("organization"))
    );
    assert_eq!(
        admin(
            Method::GET,
            "/users/0199c5a2-7c1e-7aaa-8b2d-1c2d3e4f5a6b",
            Value::Null
        )
        .await
        .status,
        404
    );
    assert_eq!(carl(&path).await.code(), (404, "not_found"));
}

#[actix_web::test]
async fn a_change_on_an_old_version_is_refused() {
    let house = house().await;
    let app = app!(house);
    let ada = token(&house, "ada@example.com", None).await;
    let me = ask(&app, Method::GET, "/me", &[("authorization", &ada)], None).await;
    let path = format!(
        "/users/{}",
        me.json["person"]["id"].as_str().expect("an id")
    );
    let shown = ask(&app, Method::GET, &path, &[("authorization", &ada)], None).await;
    let etag = shown.header("etag").expect("a tag").to_owned();
    let known = ask(
        &app,
        Method::GET,
        &path,
        &[("authorization", &ada), ("if-none-match", &etag)],
        None,
    )
    .await;
    assert_eq!((known.status.as_u16(), &known.json), (304, &Value::Null));
    let patch = async |tag: &str, name: &str| {
        let headers = [
            ("authorization", ada.as_str()),
            ("content-type", "application/merge-patch+json"),
            ("if-match", tag),
        ];
        ask(
            &app,
            Method::PATCH,
            &path,
            &headers,
            Some(&json!({"first_name": name}).to_string()),
        )
        .await
    };
    assert_eq!(patch(&etag, "Augusta").await.status, 200);
    let stale = patch(&etag, "Ada").await;
    assert_eq!(
        (stale.code(), &stale.json["version"]),
        ((412, "stale_version"), &json!(2))
    );
    assert_eq!(
        patch("nonsense", "Ada").await.code(),
        (400, "malformed_header")
    );
    assert_eq!(patch("*", "Ada").await.json["version"], 3);
}

#[actix_web::test]
async fn calendars_name_every_wrong_part_and_replay_deadlines() {
    desk!(_house, admin, _carl);
    let wrong = json!({"name": "", "time_zone": "Mars/Base", "hours": {"mon": ["09:00-12:00", "11:00-13:00"], "moon": []},
        "holidays": ["2026-02-30", {"date": "--12-25"}]});
    let wrong = admin(Method::POST, "/calendars", wrong).await;
    let named = |answer: &Answer| {
        let errors = answer.json["errors"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        errors
            .iter()
            .filter_map(|error| error["field"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(named(&wrong), ["holidays[1].name"], "{}", wrong.json);
    let wrong = json!({"name": "", "time_zone": "Mars/Base", "hours": {"mon": ["09:00-12:00", "11:00-13:00"], "moon": []},
        "holidays": ["2026-02-30"]});
    let wrong = admin(Method::POST, "/calendars", wrong).await;
    assert_eq!(
        named(&wrong),
        [
            "name",
            "time_zone",
            "hours.mon[1]",
            "hours.moon",
            "holidays[0]"
        ],
        "{}",
        wrong.json
    );

    let right = json!({"name": "Berlin", "time_zone": "Europe/Berlin", "hours": {"mon": ["09:00-12:00", "13:00-17:00"],
        "tue": ["09:00-17:00"]}, "holidays": ["--12-25"], "default": true});
    let made = admin(Method::POST, "/calendars", right.clone()).await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert_eq!(made.json["default"], true);
    let path = format!("/calendars/{}", made.json["id"].as_str().expect("an id"));

    // Tuesday 2026-03-03, 15:05 in Berlin: the day of the request does not count, the next business day is Monday.
    let query = "from=2026-03-03T14:05:00Z&unit=business_days&window=1";
    let replay = admin(Method::GET, &format!("{path}/replay?{query}"), Value::Null).await;
    assert_eq!(
        replay.json["due_at"], "2026-03-09T23:00:00Z",
        "{}",
        replay.json
    );
    assert_eq!(replay.json["segments"][0]["why"], "request_day");
    let too_long = admin(
        Method::GET,
        &format!("{path}/replay?from=x&unit=days&window=0"),
        Value::Null,
    )
    .await;
    assert_eq!(named(&too_long), ["from", "unit", "window"]);

    let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260309\r\nSUMMARY:Founders' Day\r\nEND:VEVENT\r\n\
               BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\n\
               END:VCALENDAR\r\n";
    let imported = admin(
        Method::POST,
        &format!("{path}/holidays"),
        json!({"ics": ics}),
    )
    .await;
    assert_eq!(
        (imported.status.as_u16(), &imported.json["added"]),
        (200, &json!(1)),
        "{}",
        imported.json
    );
    let replay = admin(Method::GET, &format!("{path}/replay?{query}"), Value::Null).await;
    assert_eq!(
        replay.json["due_at"], "2026-03-10T23:00:00Z",
        "{}",
        replay.json
    );
    assert_eq!(
        admin(
            Method::POST,
            &format!("{path}/holidays"),
            json!({"ics": "x"})
        )
        .await
        .json["errors"][0]["field"],
        "ics"
    );

    let idle = json!({"name": "Never", "time_zone": "UTC"});
    let replaced = admin(Method::PUT, &path, idle).await;
    assert_eq!(replaced.status, 200, "{}", replaced.json);
    let never = admin(Method::GET, &format!("{path}/replay?{query}"), Value::Null).await;
    assert_eq!(never.code(), (422, "no_business_day"));
}

#[actix_web::test]
async fn lines_policies_and_reasons_are_kept() {
    desk!(house, admin, carl);
    let line = admin(
        Method::POST,
        "/lines-of-business",
        json!({"name": "Payments"}),
    )
    .await;
    assert_eq!(line.status, 201, "{}", line.json);
    assert!(line.json["parent"].is_string());
    let again = admin(
        Method::POST,
        "/lines-of-business",
        json!({"name": "Payments"}),
    )
    .await;
    assert_eq!(again.json["errors"][0]["code"], "taken", "{}", again.json);
    let path = format!(
        "/lines-of-business/{}",
        line.json["id"].as_str().expect("an id")
    );
    let unknown = admin(Method::PATCH, &path, json!({"calendar": "Nowhere"})).await;
    assert_eq!(unknown.json["errors"][0]["field"], "calendar");
    assert_eq!(
        carl("/lines-of-business").await.code(),
        (403, "missing_permission")
    );
    assert_eq!(carl(&path).await.code(), (404, "not_found"));

    let set = admin(
        Method::PATCH,
        "/policies",
        json!({"staleness_hours": 48, "minimum_priority": "high"}),
    )
    .await;
    let policy = |key: &str| {
        set.json["items"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|p| p["key"] == key)
            .cloned()
    };
    assert_eq!(policy("staleness_hours").expect("there")["value"], "48");
    assert_eq!(policy("staleness_hours").expect("there")["default"], "24");
    let wrong = json!({"staleness_hours": -1, "minimum_priority": "urgent", "tea": "green", "rca_days_cloud": null});
    let wrong = admin(Method::PATCH, "/policies", wrong).await;
    assert_eq!(
        wrong.json["errors"].as_array().map(Vec::len),
        Some(4),
        "{}",
        wrong.json
    );

    let reasons = carl("/escalation-reasons").await;
    assert_eq!(reasons.json["items"].as_array().map(Vec::len), Some(5));
    assert_eq!(reasons.json["items"][0]["code"], "no_update");
    assert_eq!(reasons.json["items"][0]["questions"][1]["kind"], "confirm");
    let new = json!({"code": "outage", "label": "Outage", "governed_by": "staleness",
        "questions": [{"code": "since", "label": "Since when", "kind": "date", "required": true}]});
    let made = admin(Method::POST, "/escalation-reasons", new).await;
    assert_eq!(made.status, 201, "{}", made.json);
    let off = json!({"label": "Outage", "governed_by": "staleness", "active": false});
    assert_eq!(
        admin(Method::PUT, "/escalation-reasons/outage", off)
            .await
            .json["active"],
        false
    );
    assert_eq!(carl("/escalation-reasons/outage").await.status, 404);
    assert_eq!(
        carl("/escalation-reasons").await.json["items"]
            .as_array()
            .map(Vec::len),
        Some(5)
    );
    let twice = json!({"code": "Bad Code", "label": "x", "governed_by": "luck", "questions": [
        {"code": "a", "label": "A", "kind": "text"}, {"code": "a", "label": "A", "kind": "text"}]});
    assert_eq!(
        admin(Method::POST, "/escalation-reasons", twice).await.json["errors"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );

    assert_eq!(carl("/roles").await.json["permission"], "roles:view");
    let events = admin(Method::GET, "/audit-events?limit=3", Value::Null).await;
    let kinds: Vec<_> = events.json["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| e["kind"].clone())
        .collect();
    assert_eq!(kinds, ["reason.changed", "reason.added", "policy.changed"]);
    assert!(events.json["next_cursor"].is_string());
    assert_eq!(carl("/audit-events").await.json["permission"], "audit:view");
    drop(house);
}

#[actix_web::test]
async fn organizations_change_their_name_and_keep_their_slug() {
    desk!(_house, admin, carl);
    let change = json!({"name": "ACME Corporation", "time_zone": "America/New_York"});
    let changed = admin(Method::PATCH, "/organizations/acme", change).await;
    assert_eq!(changed.status, 200, "{}", changed.json);
    assert_eq!(changed.json["name"], "ACME Corporation");
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(
        carl("/me").await.json["person"]["time_zone"],
        "America/New_York"
    );
    let slug = admin(
        Method::PATCH,
        "/organizations/acme",
        json!({"slug": "x", "name": null}),
    )
    .await;
    let codes: Vec<_> = slug.json["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["code"].clone())
        .collect();
    assert_eq!(codes, ["not_null", "unknown_field"]);
}

#[actix_web::test]
async fn notices_are_listed_and_only_what_ended_badly_is_sent_again() {
    desk!(house, admin, carl);
    let case = json!({"subject": "Printer on fire", "description": "It burns.", "priority": "high",
        "deployment": "cloud", "business_impact": "significant"});
    let opened = {
        let app = app!(house);
        let bearer = token(&house, "carl@acme.example", None).await;
        let headers = [JSON, ("authorization", bearer.as_str())];
        ask(
            &app,
            Method::POST,
            "/cases",
            &headers,
            Some(&case.to_string()),
        )
        .await
    };
    assert_eq!(opened.status, 201, "{}", opened.json);
    let feed = format!(
        "/cases/{}/feed",
        opened.json["number"].as_str().expect("a number")
    );
    let written = admin(Method::POST, &feed, json!({"body": "Is it out?"})).await;
    assert_eq!(written.status, 201, "{}", written.json);
    let page = admin(Method::GET, "/notices?state=waiting&limit=1", Value::Null).await;
    let notice = &page.json["items"][0];
    assert_eq!(notice["kind"], "entry_posted", "{}", page.json);
    assert_eq!(notice["email"], "carl@acme.example");
    assert_eq!(notice["case"], opened.json["number"]);
    let path = format!("/notices/{}", notice["id"].as_str().expect("an id"));
    let again = admin(Method::POST, &format!("{path}/resend"), Value::Null).await;
    assert_eq!(again.code(), (409, "notice_not_ended"));
    house
        .desk
        .db
        .write(|conn| {
            use diesel::prelude::*;
            diesel::update(crate::db::schema::notices::table)
                .set(crate::db::schema::notices::state.eq("failed"))
                .execute(conn)?;
            Ok::<_, DbError>(())
        })
        .await
        .expect("failed");
    let again = admin(Method::POST, &format!("{path}/resend"), Value::Null).await;
    assert_eq!(
        (again.status.as_u16(), &again.json["state"]),
        (200, &json!("waiting")),
        "{}",
        again.json
    );
    assert_eq!(carl(&path).await.code(), (404, "not_found"));
    assert_eq!(carl("/notices").await.json["permission"], "notices:view");
}
