//! The first page (H3): what needs each kind of person, in which order, and what is gone once it is done.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::{Desk, client};
use crate::support::paired::{role_of_own, said};
use crate::support::person::{Asking, Person, high, low, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    a_contact_is_told_what_waits_for_them,
    what_may_be_escalated_is_told_from_its_instant_on,
    a_decline_stays_until_it_is_read,
    an_engineer_is_told_what_is_theirs_and_what_is_nobodys,
    an_owner_is_told_what_is_due_next,
    a_supervisor_is_told_what_is_missed_and_who_is_off_duty,
    whoever_lets_people_in_is_told_who_asks,
    whoever_only_reads_is_told_what_is_new,
    what_the_escalation_feed_says_is_no_news_to_who_does_not_see_it,
    nothing_is_told_of_what_is_not_for_the_reader,
    the_page_shows_it_and_does_the_act,
    more_than_a_handful_lead_to_their_list,
}

/// What a group holds: title, code of the reason, and code of the act.
type Rows = Vec<(String, String, Option<String>)>;

/// The groups of somebody's first page that hold something, in order.
async fn home(person: &Person) -> Vec<(String, Rows)> {
    let home = person.get("/home").await.ok();
    let groups = home["groups"].as_array().expect("groups").clone();
    let held: Vec<bool> = groups
        .iter()
        .map(|group| group["count"].as_u64() > Some(0))
        .collect();
    assert!(
        held.is_sorted_by(|a, b| a >= b),
        "empty ones stand behind: {home}"
    );
    let asks: u64 = groups
        .iter()
        .filter(|group| group["asks"] == json!(true))
        .filter_map(|group| group["count"].as_u64())
        .sum();
    assert_eq!(home["asks"].as_u64(), Some(asks));
    let row = |item: &Value| {
        assert!(!said(&item["reason"]["text"]).is_empty(), "{item}");
        let act = item["act"]["code"].as_str().map(str::to_owned);
        (said(&item["title"]), said(&item["reason"]["code"]), act)
    };
    let group = |group: &Value| {
        let items = group["items"].as_array().expect("items");
        let rows: Rows = items.iter().map(row).collect();
        (said(&group["code"]), rows)
    };
    let full = groups.iter().filter(|one| one["count"] != json!(0));
    full.map(group).collect()
}

/// What one group of somebody's first page holds.
async fn group(person: &Person, code: &str) -> Rows {
    let groups = home(person).await;
    let found = groups.into_iter().find(|(group, _)| group == code);
    found.map(|(_, rows)| rows).unwrap_or_default()
}

fn row(title: &str, reason: &str, act: &str) -> (String, String, Option<String>) {
    let act = (!act.is_empty()).then(|| act.to_owned());
    (title.to_owned(), reason.to_owned(), act)
}

async fn a_contact_is_told_what_waits_for_them(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    assert_eq!(home(&dana).await, []);
    let asked = dana.opens(medium().about("Asked")).await;
    let solved = dana.opens(low().about("Solved")).await;
    eve.writes(&asked, "Which version is it?").await;
    eve.changes(&asked, json!({ "status": "awaiting_customer" }))
        .await
        .ok();
    desk.passes(TimeDelta::minutes(1));
    eve.writes(&solved, "Try this one.").await;
    eve.changes(&solved, json!({ "status": "in_progress" }))
        .await
        .ok();
    eve.changes(&solved, json!({ "status": "solution_provided" }))
        .await
        .ok();
    let due_at = desk.now() + TimeDelta::hours(1);
    let step = json!({ "what": "A patch", "who": "Eve", "due_at": due_at.to_rfc3339() });
    let path = format!("/cases/{}/next-steps", asked.number);
    let step = eve.post(&path, step).await.created();
    let unread = vec![
        row("Solved", "support_wrote", ""),
        row("Asked", "support_wrote", ""),
    ];
    let groups = home(&dana).await;
    assert_eq!(
        groups[0],
        (
            "waiting".to_owned(),
            vec![
                row("Asked", "support_waits", "answer"),
                row("Solved", "solution_provided", "answer")
            ]
        )
    );
    assert_eq!(
        groups[1],
        ("promised".to_owned(), vec![row("Asked", "promise_due", "")])
    );
    let (code, mut news) = groups[2].clone();
    news.sort();
    let mut expected = unread;
    expected.sort();
    assert_eq!((code.as_str(), news), ("unread", expected));
    // Whoever answers is waited for no more (C4), and what was read is not new.
    dana.writes(&asked, "The newest.").await;
    dana.reads(&asked).await;
    dana.reads(&solved).await;
    assert_eq!(
        group(&dana, "waiting").await,
        [row("Solved", "solution_provided", "answer")]
    );
    assert_eq!(group(&dana, "unread").await, []);
    // By its instant a promise is overdue, and once it is kept it is gone.
    desk.reaches(due_at);
    assert_eq!(
        group(&dana, "promised").await,
        [row("Asked", "promise_missed", "")]
    );
    let path = format!("/next-steps/{}", said(&step["id"]));
    eve.patch(&path, json!({ "state": "done" })).await.ok();
    assert_eq!(group(&dana, "promised").await, []);
    // A root cause analysis is promised by rule, until it is delivered.
    let analysis = format!("/cases/{}/rca", asked.number);
    dana.post(&analysis, json!({})).await.created();
    assert_eq!(
        group(&dana, "promised").await,
        [row("Asked", "analysis_due", "")]
    );
    let hers = Session::of(&desk, &dana).await;
    let link = format!("href=\"/cases/{}#rca\"", asked.number);
    let page = hers.page("/").await;
    assert!(page.text.contains(&link), "{page:?}");
    let body = json!({ "body": "A full disk." });
    eve.post(&format!("{analysis}/delivery"), body)
        .await
        .created();
    assert_eq!(group(&dana, "promised").await, []);
    desk.mailbox().await;
}

async fn what_may_be_escalated_is_told_from_its_instant_on(desk: Desk) {
    let (dana, vic) = (desk.person("dana"), desk.person("vic"));
    let silent = dana.opens(high().about("Silent")).await;
    dana.opens(low().about("Low")).await;
    // A medium case needs no wait, which is no news.
    dana.opens(medium().about("New")).await;
    let at = desk.now() + TimeDelta::hours(24);
    desk.reaches(at - TimeDelta::microseconds(1));
    assert_eq!(group(&dana, "may_escalate").await, []);
    desk.reaches(at);
    let mut told = group(&dana, "may_escalate").await;
    told.sort();
    assert_eq!(
        told,
        [
            row("New", "eligible_no_update", "escalate"),
            row("Silent", "eligible_no_update", "escalate")
        ]
    );
    // Whoever only reads is not told to.
    assert_eq!(home(&vic).await, []);
    dana.escalates(&silent, "no_update").taken().await;
    assert_eq!(
        group(&dana, "may_escalate").await,
        [row("New", "eligible_no_update", "escalate")]
    );
    desk.mailbox().await;
}

async fn a_decline_stays_until_it_is_read(desk: Desk) {
    let (dana, carl, ola) = (desk.person("dana"), desk.person("carl"), desk.person("ola"));
    for reads in [true, false] {
        let case = dana.opens(high().about("Refused")).await;
        desk.passes(TimeDelta::hours(24));
        let escalation = dana.escalates(&case, "no_update").taken().await;
        ola.claims(&escalation).await;
        let ask = json!({ "body": "Since when?", "awaits_reply": true });
        let path = format!("/escalations/{}/feed", escalation.number);
        ola.post(&path, ask).await.created();
        assert_eq!(
            group(&dana, "waiting").await,
            [row("Refused", "owner_waits", "answer")]
        );
        ola.declines(&escalation, &["recently_updated"]).await;
        assert_eq!(group(&dana, "waiting").await, []);
        assert_eq!(
            group(&dana, "declined").await,
            [row("Refused", "declined", "")]
        );
        let home = dana.get("/home").await.ok();
        let groups = home["groups"].as_array().expect("groups");
        let declined = groups.iter().find(|group| group["code"] == "declined");
        let item = &declined.expect("the group")["items"][0];
        assert_eq!(item["escalation"]["number"], escalation.number);
        assert_eq!(item["href"], format!("/cases/{}#decision", case.number));
        // It is told to who asked.
        assert_eq!(group(&carl, "declined").await, []);
        desk.passes(TimeDelta::minutes(1));
        match reads {
            true => dana.reads(&case).await,
            false => drop(dana.writes(&case, "Then we wait.").await),
        }
        assert_eq!(group(&dana, "declined").await, [], "reads: {reads}");
        dana.closes(&case).await.ok();
    }
    desk.mailbox().await;
}

async fn an_engineer_is_told_what_is_theirs_and_what_is_nobodys(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let calm = dana.opens(low().about("Calm")).await;
    desk.passes(TimeDelta::minutes(1));
    let loud = dana.opens(high().about("Loud")).await;
    // What is urgent first, however long the other waits.
    assert_eq!(
        home(&eve).await,
        [(
            "unowned".to_owned(),
            vec![
                row("Loud", "nobody_owns", "take"),
                row("Calm", "nobody_owns", "take")
            ]
        )]
    );
    for case in [&calm, &loud] {
        eve.changes(case, json!({ "owner": eve.email() }))
            .await
            .ok();
        eve.reads(case).await;
    }
    let due_at = desk.now() + TimeDelta::hours(1);
    let step = json!({ "what": "A patch", "who": "Eve", "due_at": due_at.to_rfc3339() });
    let path = format!("/cases/{}/next-steps", loud.number);
    let step = eve.post(&path, step).await.created();
    let item = async || group(&eve, "mine").await;
    assert_eq!(
        item().await,
        [
            row("Loud", "promise_due", "keep_promise"),
            row("Calm", "last_update", "update")
        ]
    );
    assert_eq!(group(&eve, "unowned").await, []);
    // Both the promise and the silence lead to an escalation; what comes first is told, and what prevents it.
    assert_eq!(
        group(&eve, "radar").await,
        [row("Loud", "eligible_soon", "keep_promise")]
    );
    dana.writes(&calm, "Hello?").await;
    let groups = home(&eve).await;
    assert_eq!(
        groups[0],
        (
            "answered".to_owned(),
            vec![row("Calm", "customer_wrote", "answer")]
        )
    );
    eve.reads(&calm).await;
    assert_eq!(group(&eve, "answered").await, []);
    let path = format!("/next-steps/{}", said(&step["id"]));
    eve.patch(&path, json!({ "state": "done" })).await.ok();
    assert_eq!(
        item().await,
        [
            row("Calm", "last_update", "update"),
            row("Loud", "last_update", "update")
        ]
    );
    // What is closed is nobody's any more.
    dana.closes(&calm).await.ok();
    dana.closes(&loud).await.ok();
    assert_eq!(home(&eve).await, []);
    desk.mailbox().await;
}

async fn an_owner_is_told_what_is_due_next(desk: Desk) {
    let (dana, ola, otto) = (desk.person("dana"), desk.person("ola"), desk.person("otto"));
    let case = dana.opens(high().about("Escalated")).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    for owner in [&ola, &otto] {
        assert_eq!(
            group(owner, "unclaimed").await,
            [row("Escalated", "claim_due", "claim")]
        );
    }
    ola.claims(&escalation).await;
    assert_eq!(group(&otto, "unclaimed").await, []);
    assert_eq!(group(&otto, "due_next").await, []);
    // The first reply is due two hours after the submission, which is soon.
    assert_eq!(
        home(&ola).await[0],
        (
            "due_next".to_owned(),
            vec![row("Escalated", "first_reply_due", "decide")]
        )
    );
    ola.accepts(&escalation, "high", "high").await;
    assert_eq!(group(&ola, "due_next").await, []);
    assert_eq!(
        group(&ola, "my_escalations").await,
        [row("Escalated", "update_due", "update")]
    );
    // An update is due within four hours by its rank: soon from the second hour on, and late by its instant.
    desk.passes(TimeDelta::hours(2));
    assert_eq!(
        group(&ola, "due_next").await,
        [row("Escalated", "update_due", "update")]
    );
    desk.passes(TimeDelta::hours(2));
    assert_eq!(
        group(&ola, "due_next").await,
        [row("Escalated", "update_missed", "update")]
    );
    let path = format!("/escalations/{}/feed", escalation.number);
    ola.post(&path, json!({ "body": "Half of it is done." }))
        .await
        .created();
    assert_eq!(group(&ola, "due_next").await, []);
    desk.mailbox().await;
}

async fn a_supervisor_is_told_what_is_missed_and_who_is_off_duty(desk: Desk) {
    let (dana, sam, ola, mona) = (
        desk.person("dana"),
        desk.person("sam"),
        desk.person("ola"),
        desk.person("mona"),
    );
    let case = dana.opens(high().about("Late")).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    assert_eq!(group(&sam, "missed").await, []);
    desk.passes(TimeDelta::minutes(30));
    assert_eq!(
        home(&sam).await[0],
        (
            "missed".to_owned(),
            vec![row("Late", "claim_missed", "assign")]
        )
    );
    // Whoever watches is told, and does nothing.
    assert_eq!(
        group(&mona, "missed").await,
        [row("Late", "claim_missed", "")]
    );
    ola.claims(&escalation).await;
    assert_eq!(group(&sam, "missed").await, []);
    assert_eq!(group(&sam, "load").await, [row(&ola.name(), "load", "")]);
    // Without a roster nobody is off duty.
    assert_eq!(group(&sam, "off_duty").await, []);
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let shift = |key: &str| json!([{ "user": desk.person(key).email(), "days": days, "from": "00:00", "until": "24:00", "time_zone": "UTC" }]);
    let roster = |key| json!({ "assignment": "manual", "shifts": shift(key), "absences": [] });
    sam.put("/duty", roster("otto")).await.ok();
    assert_eq!(
        group(&sam, "off_duty").await,
        [row("Late", "off_duty", "assign")]
    );
    sam.put("/duty", roster("ola")).await.ok();
    assert_eq!(group(&sam, "off_duty").await, []);
    desk.mailbox().await;
}

async fn whoever_lets_people_in_is_told_who_asks(desk: Desk) {
    let (abel, ada, gina) = (desk.person("abel"), desk.person("ada"), desk.person("gina"));
    assert_eq!(home(&abel).await, []);
    let asks = json!({ "first_name": "Rae", "last_name": "Lee", "organization": "acme",
        "email": "rae@acme.test", "note": "To follow along." });
    let asking = desk.client().post(desk.api("/access-requests")).json(&asks);
    let asked = asking.send().await.expect("an answer").status();
    assert!(asked.is_success(), "{asked}");
    let rows = [row("Rae Lee", "asks_for_access", "decide_access")];
    assert_eq!(group(&abel, "access_requests").await, rows);
    assert_eq!(group(&ada, "access_requests").await, rows);
    assert_eq!(group(&gina, "access_requests").await, []);
    let wish = said(&abel.all("/access-requests").await[0]["id"]);
    let path = format!("/access-requests/{wish}/decision");
    let no = json!({ "granted": false, "note": "Who is that?" });
    abel.post(&path, no).await.ok();
    assert_eq!(home(&abel).await, []);
    desk.mailbox().await;
}

async fn whoever_only_reads_is_told_what_is_new(desk: Desk) {
    let (dana, vic, eve) = (desk.person("dana"), desk.person("vic"), desk.person("eve"));
    let first = dana.opens(medium().about("First")).await;
    dana.opens(medium().about("Second")).await;
    assert_eq!(home(&vic).await, []);
    // What is internal is no news.
    eve.notes(&first, "Who has this?").await;
    assert_eq!(home(&vic).await, []);
    eve.writes(&first, "We look.").await;
    assert_eq!(
        home(&vic).await,
        [("unread".to_owned(), vec![row("First", "support_wrote", "")])]
    );
    vic.reads(&first).await;
    assert_eq!(home(&vic).await, []);
    // To who only looks on, whatever else happens is news as well.
    let changed = [("unread".to_owned(), vec![row("First", "changed", "")])];
    dana.writes(&first, "It happens every night.").await;
    assert_eq!(home(&vic).await, changed);
    vic.reads(&first).await;
    eve.changes(&first, json!({ "status": "in_progress" }))
        .await
        .ok();
    assert_eq!(home(&vic).await, changed);
    let his = Session::of(&desk, &vic).await;
    his.page(&format!("/cases/{}", first.number)).await;
    assert_eq!(home(&vic).await, []);
    desk.mailbox().await;
}

async fn what_the_escalation_feed_says_is_no_news_to_who_does_not_see_it(desk: Desk) {
    let (dana, ola, vic) = (desk.person("dana"), desk.person("ola"), desk.person("vic"));
    let nils = desk.person("nils");
    role_of_own(&desk, &nils, "reader", &["cases:view"]).await;
    let case = dana.opens(high().about("Escalated")).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let path = format!("/escalations/{}/feed", escalation.number);
    let body = json!({ "body": "We look." });
    ola.post(&path, body).await.created();
    for (person, told) in [(&vic, true), (&nils, false)] {
        assert_eq!(!group(person, "unread").await.is_empty(), told);
        let page = Session::of(&desk, person).await.page("/cases").await;
        assert!(page.text.contains("Escalated"), "{page:?}");
        assert_eq!(page.text.contains("class=\"new\""), told, "{page:?}");
    }
    desk.mailbox().await;
}

async fn nothing_is_told_of_what_is_not_for_the_reader(desk: Desk) {
    let (dana, gina, eve) = (desk.person("dana"), desk.person("gina"), desk.person("eve"));
    let case = dana.opens(high().about("Private")).await;
    eve.writes(&case, "Which one?").await;
    eve.changes(&case, json!({ "status": "awaiting_customer" }))
        .await
        .ok();
    desk.passes(TimeDelta::hours(24));
    let told = gina.get("/home").await;
    assert!(!told.text.contains("Private"), "{told:?}");
    assert_eq!(home(&gina).await, []);
    let nils = desk.person("nils");
    let told = nils.get("/home").await.ok();
    assert_eq!(told, json!({ "asks": 0, "groups": [] }));
    let nobody = desk.client().get(desk.api("/home"));
    let nobody = Asking::new("nobody".into(), nobody).await;
    assert_eq!(nobody.status, 401);
    desk.mailbox().await;
}

async fn the_page_shows_it_and_does_the_act(desk: Desk) {
    let (dana, ola, eve) = (desk.person("dana"), desk.person("ola"), desk.person("eve"));
    let case = dana.opens(high().about("Bells & whistles")).await;
    let hers = Session::of(&desk, &dana).await;
    let page = hers.page("/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<title>What needs you"), "{page:?}");
    assert!(page.text.contains("Support waits for nothing from you."));
    assert!(page.text.contains("For high priority, call "));
    assert!(page.text.contains("aria-current=\"page\">Home<"));
    eve.changes(&case, json!({ "status": "awaiting_customer" }))
        .await
        .ok();
    let page = hers.page("/").await;
    assert!(page.text.contains("<title>(1) What needs you"), "{page:?}");
    assert!(page.text.contains("Bells &amp; whistles"));
    assert!(
        page.text
            .contains(&format!("href=\"/cases/{}#write\"", case.number))
    );
    assert!(!page.text.contains("Support waits for nothing from you."));
    eve.changes(&case, json!({ "status": "in_progress" }))
        .await
        .ok();
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let hers = Session::of(&desk, &ola).await;
    let claim = format!("/escalations/{}/claim", escalation.number);
    let page = hers.page("/").await;
    assert!(
        page.text.contains(&format!("action=\"{claim}\"")),
        "{page:?}"
    );
    let claimed = hers.sends(&claim, &[]).await;
    assert_eq!(claimed.status, 303, "{claimed:?}");
    assert_eq!(group(&ola, "unclaimed").await, []);
    // What nobody owns is taken where it stands; whoever comes too late takes it from nobody.
    let his = Session::of(&desk, &eve).await;
    let (path, take) = (
        format!("/cases/{}", case.number),
        format!("/cases/{}/take", case.number),
    );
    let page = his.page("/").await;
    assert!(
        page.text.contains(&format!("action=\"{take}\"")),
        "{page:?}"
    );
    let taken = his.sends(&take, &[]).await;
    assert_eq!(
        (taken.status, taken.header("location")),
        (303, path.as_str())
    );
    assert_eq!(group(&eve, "unowned").await, []);
    let late = hers.sends(&take, &[]).await;
    assert!((400..500).contains(&late.status), "{late:?}");
    assert_eq!(eve.sees(&case).await["owner"]["name"], eve.name());
    // Who is not signed in is asked to; who may do nothing here is led to where they may.
    let door = client().get(desk.page("/")).send().await;
    assert_eq!(door.expect("an answer").headers()["location"], "/sign-in");
    let nils = Session::of(&desk, &desk.person("nils")).await;
    assert_eq!(nils.page("/").await.header("location"), "/places");
    // What has not changed is not sent again.
    let first = dana.get("/home").await;
    let again = dana.asks(Method::GET, "/home");
    let again = again.header("if-none-match", first.header("etag")).await;
    assert_eq!(again.status, 304, "{again:?}");
    desk.mailbox().await;
}

async fn more_than_a_handful_lead_to_their_list(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    for number in 0..11 {
        dana.opens(low().about(&format!("Case {number}"))).await;
    }
    let home = eve.get("/home").await.ok();
    let groups = home["groups"].as_array().expect("groups");
    let unowned = &groups[0];
    assert_eq!(
        (&unowned["code"], &unowned["count"]),
        (&json!("unowned"), &json!(11))
    );
    assert_eq!(unowned["items"].as_array().map(Vec::len), Some(10));
    let list = said(&unowned["more_href"]);
    assert_eq!(eve.all(&list).await.len(), 11);
    let hers = Session::of(&desk, &eve).await;
    let page = hers.page("/").await;
    assert!(page.text.contains(">All 11<"), "{page:?}");
    assert_eq!(hers.page(&list).await.status, 200);
    desk.mailbox().await;
}
