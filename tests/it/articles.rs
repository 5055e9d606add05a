//! The knowledge base (H1): written, published, written on, archived; for whom it is; how it is found; whether it helped; and what of it
//! is suggested before a case is opened.

mod finding;
mod pages;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{administrators, gives, id_of, pairs, said, there};
use crate::support::person::Person;

on_both_databases! { Desk:
    h1_an_article_is_written_published_and_archived,
    h1_what_is_written_of_a_published_one_waits,
    h1_an_audience_is_who_reads,
    h1_somebody_who_comes_by_a_pairing_reads_what_is_for_the_organization,
    h1_versions_tell_what_changed_and_come_back,
    h1_everybody_has_one_vote,
    h1_categories_are_renamed_and_become_one,
    h1_what_is_wrong_with_an_article_is_named,
}

/// What most articles of these stories are like.
fn article(title: &str, body: &str) -> Value {
    json!({
        "title": title, "body": body, "category": "Audio", "audience": { "to": "everyone" },
        "state": "published",
    })
}

/// For certain organizations.
fn certain(organizations: &[&str]) -> Value {
    json!({ "to": "organizations", "organizations": organizations })
}

fn with(mut of: Value, field: &str, value: impl Into<Value>) -> Value {
    of[field] = value.into();
    of
}

async fn writes(person: &Person, article: Value) -> Value {
    person.post("/articles", article).await.created()
}

fn at(article: &Value) -> String {
    format!("/articles/{}", said(&article["id"]))
}

async fn titles(person: &Person, path: &str) -> Vec<String> {
    let items = person.all(path).await;
    items.iter().map(|item| said(&item["title"])).collect()
}

async fn h1_an_article_is_written_published_and_archived(desk: Desk) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let draft = json!({
        "title": "One-way  audio", "summary": "Which side is silent.", "category": "Audio",
        "body": "# Check\n\nThe **firewall** first.", "audience": { "to": "everyone" },
    });
    let answer = eve.post("/articles", draft).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let draft = answer.created();
    assert_eq!(
        (&draft["title"], &draft["slug"], &draft["state"]),
        (
            &json!("One-way audio"),
            &json!("one-way-audio"),
            &json!("draft")
        )
    );
    assert_eq!(
        draft["category"],
        json!({ "key": "audio", "name": "Audio" })
    );
    assert_eq!(draft["lawful_verbs"], json!(["write", "publish", "remove"]));
    // A draft does not exist for readers, whatever they are called by.
    for path in [at(&draft), "/articles/one-way-audio".to_owned()] {
        dana.get(&path).await.refused(404, "not_found");
    }
    let helpful = format!("{}/helpful", at(&draft));
    let yes = json!({ "helpful": true });
    dana.post(&helpful, yes.clone())
        .await
        .refused(404, "not_found");
    eve.post(&helpful, yes).await.refused(409, "unlawful_move");
    assert!(titles(&dana, "/articles").await.is_empty());
    assert!(titles(&dana, "/articles?q=firewall").await.is_empty());
    assert_eq!(
        dana.get("/article-categories").await.ok()["items"],
        json!([])
    );
    assert_eq!(
        titles(&eve, "/articles?state=draft").await,
        ["One-way audio"]
    );

    let published = eve
        .post(&format!("{}/publish", at(&draft)), json!({}))
        .await;
    let published = published.ok();
    assert_eq!(published["state"], "published");
    assert_eq!(
        published["lawful_verbs"],
        json!(["write", "archive", "rate"])
    );
    let read = dana.get("/articles/one-way-audio").await.ok();
    assert_eq!(read["body"], "# Check\n\nThe **firewall** first.");
    assert!(said(&read["body_html"]).contains("<strong>firewall</strong>"));
    assert_eq!(read["lawful_verbs"], json!(["rate"]));
    // What counts, and who wrote it, is for those who write.
    for hidden in [
        "version",
        "newest_version",
        "shown_version",
        "changed_by",
        "audience",
    ] {
        assert_eq!(read[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(published["changed_by"]["name"], "Eve Hart");

    eve.delete(&at(&draft)).await.refused(409, "unlawful_move");
    eve.post(&format!("{}/publish", at(&draft)), json!({}))
        .await
        .refused(409, "unlawful_move");
    let archive = format!("{}/archive", at(&draft));
    let stale = eve.asks(Method::POST, &archive).json(&json!({}));
    stale
        .header("if-match", "\"1\"")
        .await
        .refused(412, "stale_version");
    eve.post(&archive, json!({})).await.ok();
    dana.get(&at(&draft)).await.refused(404, "not_found");
    assert_eq!(
        titles(&eve, "/articles?state=archived").await,
        ["One-way audio"]
    );
    eve.delete(&at(&draft)).await.done();
    eve.get(&at(&draft)).await.refused(404, "not_found");
    // It is audited, for staff alone, and without a word of the article.
    let events = ada.all("/audit-events?kind=article.").await;
    let kinds: Vec<&str> = events
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    let expected = [
        "article.removed",
        "article.archived",
        "article.published",
        "article.added",
    ];
    assert_eq!(kinds, expected);
    assert!(!json!(events).to_string().contains("firewall"));
    let abel = desk.person("abel");
    assert!(abel.all("/audit-events?kind=article.").await.is_empty());
}

async fn h1_what_is_written_of_a_published_one_waits(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let one = writes(&eve, article("Rotating keys", "Once a year.")).await;
    let change = json!({ "title": "Rotating keys and tokens", "body": "Twice a year." });
    let waits = eve.patch(&at(&one), change).await.ok();
    assert_eq!(
        (&waits["shown_version"], &waits["newest_version"]),
        (&json!(1), &json!(2))
    );
    let read = async || dana.get("/articles/rotating-keys").await.ok();
    assert_eq!(read().await["body"], "Once a year.");
    assert!(titles(&dana, "/articles?q=twice").await.is_empty());
    // Where it is found holds at once.
    eve.patch(&at(&one), json!({ "category": "Security" }))
        .await
        .ok();
    assert_eq!(read().await["category"]["name"], "Security");
    let lawful = eve.get(&at(&one)).await.ok();
    assert_eq!(
        lawful["lawful_verbs"],
        json!(["write", "publish", "archive", "rate"])
    );
    eve.post(&format!("{}/publish", at(&one)), json!({}))
        .await
        .ok();
    // Its address stays, so that links to it do.
    let now = read().await;
    assert_eq!(
        (&now["title"], &now["body"]),
        (&json!("Rotating keys and tokens"), &json!("Twice a year."))
    );
    assert_eq!(titles(&dana, "/articles?q=twice").await.len(), 1);
    assert!(titles(&dana, "/articles?q=once").await.is_empty());
    // What changes nothing is nothing.
    let before = eve.get(&at(&one)).await.ok();
    eve.patch(&at(&one), json!({ "body": "Twice a year." }))
        .await
        .ok();
    assert_eq!(eve.get(&at(&one)).await.ok()["version"], before["version"]);
}

async fn h1_an_audience_is_who_reads(desk: Desk) {
    let eve = desk.person("eve");
    for audience in ["everyone", "provider", "customers", "partners"] {
        let one = article(&format!("For {audience}"), "Password: swordfish.");
        writes(&eve, with(one, "audience", json!({ "to": audience }))).await;
    }
    let acme = article("For acme", "Password: swordfish.");
    let acme = writes(&eve, with(acme, "audience", certain(&["acme"]))).await;
    let all = [
        "For acme",
        "For customers",
        "For everyone",
        "For partners",
        "For provider",
    ];
    for (who, sees) in [
        ("dana", &["For acme", "For customers", "For everyone"][..]),
        ("vic", &["For acme", "For customers", "For everyone"]),
        ("abel", &["For acme", "For customers", "For everyone"]),
        ("gina", &["For customers", "For everyone"]),
        ("pia", &["For everyone", "For partners"]),
        ("eve", &all),
        // Staff answer for what customers read.
        ("mona", &all),
    ] {
        let person = desk.person(who);
        assert_eq!(titles(&person, "/articles").await, sees, "{who}");
        let found = titles(&person, "/articles?q=swordfish&sort=title").await;
        assert_eq!(found, sees, "{who} searches");
        let counted = person.get("/articles?count=true&limit=1").await.ok();
        assert_eq!(counted["count"], sees.len(), "{who} counts");
        let categories = person.get("/article-categories").await.ok();
        assert_eq!(categories["items"][0]["articles"], sees.len(), "{who}");
        let suggested = person
            .get("/articles/suggestions?subject=Swordfish%20password")
            .await
            .ok();
        let suggested = suggested["items"].as_array().map_or(0, Vec::len);
        assert_eq!(suggested, sees.len().min(5), "{who} is suggested");
        let answer = person.get(&at(&acme)).await;
        match sees.contains(&"For acme") {
            true => drop(answer.ok()),
            false => drop(answer.refused(404, "not_found")),
        }
    }
    // Nobody without a role reads anything.
    let nils = desk.person("nils");
    nils.get("/articles")
        .await
        .refused(403, "missing_permission");
    nils.get(&at(&acme)).await.refused(404, "not_found");
    // Taken from ACME, it is gone there, and there for the other.
    let moved = json!({ "audience": certain(&["globex"]) });
    eve.patch(&at(&acme), moved).await.ok();
    let (dana, gina) = (desk.person("dana"), desk.person("gina"));
    dana.get(&at(&acme)).await.refused(404, "not_found");
    gina.get(&at(&acme)).await.ok();
    eve.patch(&at(&acme), json!({ "audience": { "to": "partners" } }))
        .await
        .ok();
    gina.get(&at(&acme)).await.refused(404, "not_found");
}

async fn h1_somebody_who_comes_by_a_pairing_reads_what_is_for_the_organization(desk: Desk) {
    let eve = desk.person("eve");
    let (abel, pia, _) = administrators(&desk).await;
    let acme = article("Change windows", "Tuesdays.");
    let acme = writes(&eve, with(acme, "audience", certain(&["acme"]))).await;
    pia.get(&at(&acme)).await.refused(404, "not_found");
    let pairing = pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
    gives(&abel, &pairing.members[0], "portal_viewer").await;
    let read = there(&pia, "acme", Method::GET, &at(&acme), Value::Null).await;
    assert_eq!(read.ok()["title"], "Change windows");
    // At home it is not there.
    pia.get(&at(&acme)).await.refused(404, "not_found");
}

async fn h1_versions_tell_what_changed_and_come_back(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let one = writes(&eve, article("Keys", "One.\nTwo.\nThree.")).await;
    let change = json!({ "title": "Keys and tokens", "body": "One.\nZwei.\nThree." });
    ola.patch(&at(&one), change).await.ok();
    let versions = format!("{}/versions", at(&one));
    let all = eve.get(&versions).await.ok();
    let told: Vec<(i64, String, bool)> = (all["items"].as_array().into_iter().flatten())
        .map(|item| {
            let number = item["number"].as_i64().expect("a number");
            let shown = item["shown"].as_bool().expect("a boolean");
            (number, said(&item["written_by"]["name"]), shown)
        })
        .collect();
    let expected = [
        (2, "Ola Berg".to_owned(), false),
        (1, "Eve Hart".to_owned(), true),
    ];
    assert_eq!(told, expected);
    let second = eve.get(&format!("{versions}/2")).await.ok();
    let lines: Vec<(String, String)> = (second["difference"]["lines"].as_array())
        .into_iter()
        .flatten()
        .map(|line| (said(&line["change"]), said(&line["text"])))
        .collect();
    let line = |change: &str, text: &str| (change.to_owned(), text.to_owned());
    assert_eq!(
        lines,
        [
            line("kept", "One."),
            line("removed", "Two."),
            line("added", "Zwei."),
            line("kept", "Three.")
        ]
    );
    assert_eq!(second["difference"]["title"], "Keys");
    assert_eq!(second["difference"]["from"], 1);
    let restored = eve
        .post(&format!("{versions}/1/restore"), json!({}))
        .await
        .ok();
    assert_eq!(restored["newest_version"], 3);
    assert_eq!(
        eve.get(&format!("{versions}/3")).await.ok()["body"],
        "One.\nTwo.\nThree."
    );
    for missing in ["0", "9", "-1", "x"] {
        eve.get(&format!("{versions}/{missing}"))
            .await
            .refused(404, "not_found");
    }
    // Readers read what is shown, and nothing of how it came to be.
    for path in [versions.clone(), format!("{versions}/1")] {
        dana.get(&path).await.refused(403, "missing_permission");
    }
    let page = eve.get(&format!("{versions}?limit=1")).await.ok();
    let next = said(&page["next_cursor"]);
    let page = eve
        .get(&format!("{versions}?limit=1&cursor={next}"))
        .await
        .ok();
    assert_eq!(page["items"][0]["number"], 2);
}

async fn h1_everybody_has_one_vote(desk: Desk) {
    let (dana, gina, eve) = (desk.person("dana"), desk.person("gina"), desk.person("eve"));
    let one = writes(&eve, article("Keys", "Once a year.")).await;
    let helpful = format!("{}/helpful", at(&one));
    let said_no = json!({ "helpful": false, "comment": "Which year?" });
    let voted = dana.post(&helpful, said_no).await.ok();
    assert_eq!(
        voted["my_vote"],
        json!({ "helpful": false, "comment": "Which year?" })
    );
    // How many found what is for those who write.
    assert!(voted.get("helpful").is_none(), "{voted}");
    gina.post(&helpful, json!({ "helpful": true })).await.ok();
    let counts = async || eve.get(&at(&one)).await.ok()["helpful"].clone();
    let both = counts().await;
    assert_eq!((&both["yes"], &both["no"]), (&json!(1), &json!(1)));
    assert_eq!(both["comments"][0]["comment"], "Which year?");
    assert_eq!(both["comments"][0]["by"]["name"], "Dana Cole");
    // She changes her mind.
    dana.post(&helpful, json!({ "helpful": true })).await.ok();
    let both = counts().await;
    assert_eq!((&both["yes"], &both["no"]), (&json!(2), &json!(0)));
    assert_eq!(both["comments"], json!([]));
    let read = gina.get(&at(&one)).await.ok();
    assert_eq!(read["my_vote"], json!({ "helpful": true, "comment": null }));
    dana.post(&helpful, json!({}))
        .await
        .names_fields(&[("helpful", "required")]);
}

async fn h1_categories_are_renamed_and_become_one(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let of = |title: &str, category: &str| with(article(title, "x"), "category", category);
    writes(&eve, of("One", "Audio")).await;
    // Spelled otherwise, it is the same.
    let two = writes(&eve, of("Two", "  audio ")).await;
    assert_eq!(two["category"]["name"], "Audio");
    writes(&eve, of("Three", "Keys")).await;
    let names = async || -> Vec<(String, i64)> {
        let all = dana.get("/article-categories").await.ok();
        let items = all["items"].as_array().cloned().unwrap_or_default();
        let name = |item: &Value| (said(&item["name"]), item["articles"].as_i64().unwrap_or(-1));
        items.iter().map(name).collect()
    };
    assert_eq!(
        names().await,
        [("Audio".to_owned(), 2), ("Keys".to_owned(), 1)]
    );
    let path = "/article-categories/audio";
    dana.patch(path, json!({ "name": "Sound" }))
        .await
        .refused(403, "missing_permission");
    let renamed = eve
        .patch(path, json!({ "name": "Sound and voice" }))
        .await
        .ok();
    assert_eq!(renamed["key"], "sound-and-voice");
    assert_eq!(titles(&dana, "/articles?q=sound%20voice").await.len(), 2);
    assert_eq!(titles(&dana, "/articles?q=one%20sound").await, ["One"]);
    assert_eq!(titles(&dana, "/articles?q=audio").await, [""; 0]);
    assert_eq!(
        titles(&dana, "/articles?category=sound-and-voice").await,
        ["One", "Two"]
    );
    // Into another that there is.
    eve.patch(
        "/article-categories/keys",
        json!({ "name": "sound AND voice" }),
    )
    .await
    .ok();
    assert_eq!(names().await, [("Sound and voice".to_owned(), 3)]);
    eve.patch("/article-categories/keys", json!({ "name": "x" }))
        .await
        .refused(404, "not_found");
}

async fn h1_what_is_wrong_with_an_article_is_named(desk: Desk) {
    let (dana, eve, mona) = (desk.person("dana"), desk.person("eve"), desk.person("mona"));
    let good = article("Keys", "Once a year.");
    for refused in [&dana, &mona] {
        let answer = refused.post("/articles", good.clone()).await;
        let answer = answer.refused(403, "missing_permission");
        assert_eq!(answer.json["permission"], "articles:write");
    }
    let before = desk.rows();
    for (wrong, fields) in [
        (
            json!({}),
            &[
                ("audience", "required"),
                ("body", "required"),
                ("category", "required"),
                ("title", "required"),
            ][..],
        ),
        (with(good.clone(), "title", " "), &[("title", "empty")]),
        (
            with(good.clone(), "title", "x".repeat(101)),
            &[("title", "too_long")],
        ),
        (
            with(good.clone(), "summary", "a\nb"),
            &[("summary", "control_character")],
        ),
        (
            with(good.clone(), "body", "x".repeat(50_001)),
            &[("body", "too_long")],
        ),
        (
            with(good.clone(), "audience", json!({ "to": "all" })),
            &[("audience.to", "not_allowed")],
        ),
        (
            with(good.clone(), "state", "archived"),
            &[("state", "begins_archived")],
        ),
        (
            with(good.clone(), "tags", "x"),
            &[("tags", "unknown_field")],
        ),
        (
            with(good.clone(), "audience", certain(&[])),
            &[("audience.organizations", "required")],
        ),
        (
            with(good.clone(), "audience", certain(&["acme", "nobody"])),
            &[("audience.organizations[1]", "not_found")],
        ),
    ] {
        eve.post("/articles", wrong).await.names_fields(fields);
    }
    desk.is_unchanged_since(&before, "what was refused");
    // Two of one title, and those that are called like pages, have names of their own.
    let mut slugs = Vec::new();
    for title in [
        "Keys",
        "Keys",
        "New",
        "Suggestions",
        "\u{65e5}\u{672c}\u{8a9e}",
    ] {
        let one = writes(&eve, with(good.clone(), "title", title)).await;
        dana.get(&format!("/articles/{}", said(&one["slug"])))
            .await
            .ok();
        slugs.push(said(&one["slug"]));
    }
    assert_eq!(slugs[..4], ["keys", "keys-2", "new-2", "suggestions-2"]);
    let one = writes(&eve, good).await;
    eve.patch(&at(&one), json!({ "audience": { "to": "organizations" } }))
        .await
        .names_fields(&[("audience.organizations", "required")]);
    eve.get("/articles?state=gone")
        .await
        .names_fields(&[("state", "not_allowed")]);
    eve.get("/articles?sort=votes")
        .await
        .names_fields(&[("sort", "not_allowed")]);
    // What somebody may not do with what they see.
    for (method, path) in [
        (Method::PATCH, at(&one)),
        (Method::DELETE, at(&one)),
        (Method::POST, format!("{}/publish", at(&one))),
        (Method::POST, format!("{}/archive", at(&one))),
    ] {
        let answer: Answer = dana.asks(method, &path).json(&json!({})).await;
        answer.refused(403, "missing_permission");
    }
}
