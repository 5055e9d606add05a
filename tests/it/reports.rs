//! Reports (H2): what was counted, by what and for whom; as JSON, as pages with pictures, and as files.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Escalation, Person, high, low, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    h2_what_became_of_escalations_is_counted_by_customer,
    h2_waits_have_a_median_and_a_90th_percentile,
    h2_targets_are_met_or_missed_as_their_escalations_show,
    h2_the_queue_is_told_by_state_and_rank,
    h2_criteria_and_scores_are_counted,
    h2_days_are_those_of_the_reader,
    h2_a_period_begins_with_its_first_instant_and_ends_before_its_last,
    h2_customers_are_told_of_their_own_and_nothing_of_the_desk,
    a4_nobody_counts_what_they_may_not_read,
    h2_bad_questions_are_refused_with_their_place,
    h2_files_hold_no_formula,
    h2_pages_show_pictures_with_their_tables,
    h2_weeks_in_which_nothing_happened_are_one_row_of_a_page,
    h2_figures_lead_to_what_they_count,
}

/// A figure of a report.
#[track_caller]
fn figure<'a>(report: &'a Value, group: &str, column: &str) -> &'a Value {
    let rows = report["rows"].as_array().into_iter().flatten();
    let mut rows = rows.filter(|row| row["group"]["key"] == group);
    let row = rows
        .next()
        .unwrap_or_else(|| panic!("no {group}: {report}"));
    let values = row["values"].as_object().expect("values");
    values
        .get(column)
        .unwrap_or_else(|| panic!("no {column}: {report}"))
}

fn groups(report: &Value) -> Vec<String> {
    let rows = report["rows"].as_array().into_iter().flatten();
    rows.map(|row| said(&row["group"]["key"])).collect()
}

async fn report(person: &Person, path: &str) -> Value {
    person.get(&format!("/reports/{path}")).await.ok()
}

/// Two escalations of ACME and one of Globex: accepted and closed after an hour, withdrawn, and declined after half an hour.
/// Gives when they were submitted, and the first of them.
async fn three_escalations(desk: &Desk) -> (DateTime<Utc>, Escalation) {
    let (dana, carl, gina) = (
        desk.person("dana"),
        desk.person("carl"),
        desk.person("gina"),
    );
    let ola = desk.person("ola");
    let cases = [
        dana.opens(high().about("First")).await,
        carl.opens(high().about("Second")).await,
        gina.opens(high().about("Third")).await,
    ];
    desk.passes(TimeDelta::hours(24));
    let submitted_at = desk.now();
    let first = dana.escalates(&cases[0], "no_update").taken().await;
    let second = carl.escalates(&cases[1], "no_progress").taken().await;
    let third = gina.escalates(&cases[2], "no_update").taken().await;
    desk.passes(TimeDelta::minutes(10));
    ola.claims(&first).await;
    carl.withdraws(&second).await;
    desk.passes(TimeDelta::minutes(20));
    ola.accepts(&first, "high", "high").await;
    ola.claims(&third).await;
    ola.declines(&third, &["recently_updated", "unread_update"])
        .await;
    desk.passes(TimeDelta::minutes(30));
    ola.settles(&first).await;
    desk.mailbox().await;
    (submitted_at, first)
}

async fn h2_what_became_of_escalations_is_counted_by_customer(desk: Desk) {
    three_escalations(&desk).await;
    let sam = desk.person("sam");
    let outcomes = report(&sam, "outcomes?by=customer").await;
    assert_eq!(groups(&outcomes), ["acme", "globex"]);
    for (group, column, expected) in [
        ("acme", "submitted", json!(2)),
        ("acme", "accepted", json!(1)),
        ("acme", "withdrawn", json!(1)),
        ("acme", "declined", json!(0)),
        ("acme", "acceptance_rate", json!(1.0)),
        ("globex", "submitted", json!(1)),
        ("globex", "declined", json!(1)),
        ("globex", "acceptance_rate", json!(0.0)),
    ] {
        assert_eq!(
            figure(&outcomes, group, column),
            &expected,
            "{group} {column}"
        );
    }
    assert_eq!(outcomes["total"]["submitted"], 3);
    assert_eq!(outcomes["total"]["acceptance_rate"], 0.5);
    assert_eq!(outcomes["rows"][0]["group"]["name"], "ACME Corporation");
    assert_eq!(outcomes["time_zone"], "Europe/Berlin");
    assert_eq!(outcomes["left_out"], 0);
    let by_reason = report(&sam, "outcomes?by=reason").await;
    assert_eq!(figure(&by_reason, "no_update", "submitted"), 2);
    assert_eq!(figure(&by_reason, "no_progress", "withdrawn"), 1);
    // Nothing was decided there: no rate is zero because nobody came.
    assert_eq!(
        figure(&by_reason, "no_progress", "acceptance_rate"),
        &Value::Null
    );
    let narrowed = report(&sam, "outcomes?by=owner&organization=acme&reason=no_update").await;
    assert_eq!(narrowed["total"]["submitted"], 1);
    assert_eq!(narrowed["rows"][0]["group"]["name"], "Ola Berg");
    let volume = report(&sam, "volume?by=customer").await;
    assert_eq!(figure(&volume, "acme", "cases"), 2);
    assert_eq!(figure(&volume, "acme", "escalations"), 2);
    assert_eq!(volume["total"]["escalations_per_case"], 1.0);
    let by_priority = report(&sam, "volume?by=priority").await;
    assert_eq!(figure(&by_priority, "high", "cases"), 3);
}

async fn h2_waits_have_a_median_and_a_90th_percentile(desk: Desk) {
    three_escalations(&desk).await;
    let sam = desk.person("sam");
    let times = report(&sam, "times").await;
    assert_eq!(times["by"], "stage");
    for (stage, expected) in [
        (
            "claim",
            json!({ "measured": 2, "median": 600, "p90": 1800 }),
        ),
        (
            "first_reply",
            json!({ "measured": 2, "median": 1800, "p90": 1800 }),
        ),
        (
            "close",
            json!({ "measured": 1, "median": 3600, "p90": 3600 }),
        ),
    ] {
        for (column, value) in expected.as_object().expect("figures") {
            assert_eq!(figure(&times, stage, column), value, "{stage} {column}");
        }
    }
    assert_eq!(times["total"]["median"], Value::Null);
    let by_customer = report(&sam, "times?by=customer").await;
    assert_eq!(figure(&by_customer, "acme", "close_median"), 3600);
    assert_eq!(figure(&by_customer, "globex", "close_median"), &Value::Null);
    assert_eq!(by_customer["total"]["claim_p90"], 1800);
}

async fn h2_targets_are_met_or_missed_as_their_escalations_show(desk: Desk) {
    let (_, first) = three_escalations(&desk).await;
    let sam = desk.person("sam");
    // High priority: thirty minutes to the claim. At the very instant at which it falls due it is missed (E11).
    let targets = report(&sam, "targets").await;
    assert_eq!(groups(&targets), ["claim", "first_reply", "update"]);
    for (column, expected) in [
        ("started", 3),
        ("met", 1),
        ("missed", 1),
        ("ended", 1),
        ("running", 0),
    ] {
        assert_eq!(figure(&targets, "claim", column), expected, "{column}");
    }
    assert_eq!(figure(&targets, "claim", "met_rate"), 0.5);
    assert_eq!(figure(&targets, "first_reply", "met"), 2);
    let shown = sam.sees_escalation(&first).await;
    let updates = shown["targets"].as_array().into_iter().flatten();
    let updates = updates.filter(|target| target["kind"] == "update").count();
    assert_eq!(figure(&targets, "update", "started"), updates);
    let narrowed = report(&sam, "targets?kind=claim&by=customer").await;
    assert_eq!(figure(&narrowed, "globex", "missed"), 1);
    assert_eq!(narrowed["total"]["started"], 3);
}

async fn h2_the_queue_is_told_by_state_and_rank(desk: Desk) {
    let (dana, gina, ola, mona) = (
        desk.person("dana"),
        desk.person("gina"),
        desk.person("ola"),
        desk.person("mona"),
    );
    let (one, two) = (dana.opens(high()).await, gina.opens(medium()).await);
    desk.passes(TimeDelta::hours(24));
    let first = dana.escalates(&one, "no_update").taken().await;
    gina.escalates(&two, "no_progress").taken().await;
    ola.claims(&first).await;
    ola.accepts(&first, "high", "medium").await;
    let queue = report(&mona, "queue").await;
    assert_eq!(groups(&queue), ["none", "1", "2", "3", "4", "5"]);
    assert_eq!(figure(&queue, "none", "unclaimed"), 1);
    assert_eq!(figure(&queue, "2", "accepted"), 1);
    assert_eq!(queue["total"]["active"], 2);
    assert_eq!(queue["total"]["overdue"], 0);
    assert_eq!(queue["from"], Value::Null);
    desk.passes(TimeDelta::days(3));
    let queue = report(&mona, "queue?by=priority").await;
    assert_eq!(figure(&queue, "medium", "overdue"), 1);
    assert_eq!(figure(&queue, "high", "active"), 1);
    // What ends leaves the queue.
    ola.settles(&first).await;
    assert_eq!(report(&mona, "queue").await["total"]["active"], 1);
    desk.mailbox().await;
}

async fn h2_criteria_and_scores_are_counted(desk: Desk) {
    let (_, first) = three_escalations(&desk).await;
    let (dana, sam) = (desk.person("dana"), desk.person("sam"));
    let declined = report(&sam, "decline-reasons").await;
    let mut codes = groups(&declined);
    codes.sort_unstable();
    assert_eq!(codes, ["recently_updated", "unread_update"]);
    assert_eq!(figure(&declined, "unread_update", "declined"), 1);
    assert_eq!(figure(&declined, "unread_update", "share"), 1.0);
    assert_eq!(declined["total"]["declined"], 1);
    let by_customer = report(&sam, "decline-reasons?by=customer").await;
    assert_eq!(groups(&by_customer), ["globex"]);
    assert_eq!(figure(&by_customer, "globex", "recently_updated"), 1);
    assert_eq!(report(&sam, "ratings?by=customer").await["rows"], json!([]));
    dana.does(&first, "rating", json!({ "score": 4, "comment": "Quick." }))
        .await
        .ok();
    let ratings = report(&sam, "ratings?by=customer").await;
    assert_eq!(figure(&ratings, "acme", "average"), 4.0);
    assert_eq!(figure(&ratings, "acme", "score_4"), 1);
    assert_eq!(ratings["total"]["rated"], 1);
    assert!(!ratings.to_string().contains("Quick"), "{ratings}");
    desk.mailbox().await;
}

async fn h2_days_are_those_of_the_reader(desk: Desk) {
    let (dana, sam) = (desk.person("dana"), desk.person("sam"));
    // In Berlin it is the third of March already, in New York the second still.
    desk.reaches("2026-03-02T23:30:00Z".parse().expect("an instant"));
    dana.opens(low()).await;
    let query = "volume?by=day&from=2026-03-01&to=2026-03-04";
    let (berlin, york) = (report(&sam, query).await, report(&dana, query).await);
    assert_eq!(
        groups(&berlin),
        ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    );
    assert_eq!(figure(&berlin, "2026-03-03", "cases"), 1);
    assert_eq!(figure(&york, "2026-03-02", "cases"), 1);
    assert_eq!(figure(&york, "2026-03-03", "cases"), 0);
    assert_eq!(
        figure(&york, "2026-03-03", "escalations_per_case"),
        &Value::Null
    );
    assert_eq!(york["time_zone"], "America/New_York");
    let months = report(&sam, "volume?by=month&from=2026-02-10&to=2026-03-04").await;
    assert_eq!(groups(&months), ["2026-02", "2026-03"]);
    let weeks = report(&sam, "volume?by=week&from=2026-03-01&to=2026-03-04").await;
    assert_eq!(groups(&weeks), ["2026-02-23", "2026-03-02"]);
}

async fn h2_a_period_begins_with_its_first_instant_and_ends_before_its_last(desk: Desk) {
    let (dana, sam) = (desk.person("dana"), desk.person("sam"));
    let at = desk.now();
    dana.opens(low()).await;
    let counted = async |from: DateTime<Utc>, to: DateTime<Utc>| {
        let text = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let query = format!("volume?by=day&from={}&to={}", text(from), text(to));
        report(&sam, &query).await["total"]["cases"].clone()
    };
    let tick = TimeDelta::microseconds(1);
    assert_eq!(counted(at, at + tick).await, 1);
    assert_eq!(counted(at - tick, at).await, 0);
    assert_eq!(counted(at + tick, at + TimeDelta::days(1)).await, 0);
    assert_eq!(counted(at - TimeDelta::days(731), at + tick).await, 1);
}

async fn h2_customers_are_told_of_their_own_and_nothing_of_the_desk(desk: Desk) {
    three_escalations(&desk).await;
    let (dana, gina, vic) = (desk.person("dana"), desk.person("gina"), desk.person("vic"));
    let own = report(&dana, "outcomes?by=reason").await;
    assert_eq!(own["total"]["submitted"], 2);
    assert_eq!(
        report(&gina, "outcomes?by=reason").await["total"]["submitted"],
        1
    );
    assert_eq!(report(&vic, "volume").await["total"]["cases"], 2);
    assert_eq!(
        report(&desk.person("pia"), "volume").await["total"]["cases"],
        0
    );
    // Neither owners nor lines, queues nor targets.
    for name in ["queue", "targets", "nonsense"] {
        dana.get(&format!("/reports/{name}"))
            .await
            .refused(404, "not_found");
    }
    for by in ["customer", "owner", "line_of_business", "rank"] {
        dana.get(&format!("/reports/outcomes?by={by}"))
            .await
            .names_fields(&[("by", "not_allowed")]);
    }
    for filter in [
        "organization=globex",
        "organization=nobody",
        "line_of_business=Payments",
    ] {
        let (name, _) = filter.split_once('=').expect("a filter");
        dana.get(&format!("/reports/outcomes?{filter}"))
            .await
            .names_fields(&[(name, "unknown_field")]);
    }
    let listed = dana.get("/reports").await.ok();
    for told in [
        "line_of_business",
        "owner",
        "rank",
        "queue",
        "targets",
        "customer",
    ] {
        assert!(
            !listed.to_string().contains(&format!("\"{told}\"")),
            "{told}: {listed}"
        );
    }
    // Who reads alone takes nothing out, and is told nothing of calls, which they may not see.
    let names = async |person: &Person| -> Vec<String> {
        let items = person.whole("/reports").await;
        items.iter().map(|item| said(&item["name"])).collect()
    };
    assert_eq!(
        names(&vic).await,
        ["times", "outcomes", "decline-reasons", "volume", "ratings"]
    );
    vic.get("/reports/callbacks")
        .await
        .refused(403, "missing_permission");
    vic.get("/reports/outcomes?format=csv")
        .await
        .refused(403, "missing_permission");
    assert_eq!(dana.get("/reports/outcomes?format=csv").await.status, 200);
    assert_eq!(report(&dana, "callbacks").await["total"]["requested"], 0);
    desk.person("nils")
        .get("/reports")
        .await
        .refused(403, "missing_permission");
    desk.person("mona")
        .asks(Method::GET, "/reports/outcomes")
        .header("accept", "text/csv")
        .await
        .refused(403, "missing_permission");
    assert_eq!(names(&desk.person("sam")).await.len(), 8);
}

async fn a4_nobody_counts_what_they_may_not_read(desk: Desk) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let case = dana.opens(high()).await;
    dana.opens(low()).await;
    desk.passes(TimeDelta::hours(24));
    dana.escalates(&case, "no_update").taken().await;
    let lines = ada.get("/lines-of-business").await.ok();
    let line = lines["items"]
        .as_array()
        .and_then(|all| all.last())
        .cloned();
    let line = said(&line.expect("a line")["id"]);
    ada.changes(&case, json!({ "line_of_business": line }))
        .await
        .ok();
    assert_eq!(report(&eve, "volume").await["total"]["cases"], 2);
    ada.patch(
        &format!("/lines-of-business/{line}"),
        json!({ "read_groups": [] }),
    )
    .await
    .ok();
    let volume = report(&eve, "volume?by=line_of_business").await;
    assert_eq!(volume["total"]["cases"], 1);
    assert_eq!(volume["total"]["escalations"], 0);
    assert!(!groups(&volume).contains(&line), "{volume}");
    for name in ["queue", "targets", "outcomes", "times?by=customer"] {
        let told = report(&eve, name).await;
        let figures = told["total"].as_object().into_iter().flatten();
        for (column, value) in figures {
            assert!(value.is_null() || *value == 0, "{name} {column}: {told}");
        }
    }
    assert_eq!(report(&ada, "queue").await["total"]["active"], 1);
    desk.mailbox().await;
}

async fn h2_bad_questions_are_refused_with_their_place(desk: Desk) {
    let sam = desk.person("sam");
    for (query, field, code) in [
        ("outcomes?by=colour", "by", "not_allowed"),
        ("outcomes?by=rank", "by", "not_allowed"),
        ("outcomes?from=soon", "from", "not_a_moment"),
        ("outcomes?to=2026-02-30", "to", "not_a_moment"),
        (
            "outcomes?from=2026-03-02&to=2026-03-01",
            "to",
            "ends_before_it_begins",
        ),
        (
            "outcomes?from=2023-01-01&to=2026-01-01",
            "to",
            "period_too_long",
        ),
        ("outcomes?organization=nobody", "organization", "not_found"),
        (
            "outcomes?line_of_business=None",
            "line_of_business",
            "not_found",
        ),
        ("outcomes?reason=nothing", "reason", "not_found"),
        ("outcomes?priority=urgent", "priority", "not_allowed"),
        ("outcomes?kind=claim", "kind", "unknown_field"),
        ("outcomes?colour=red", "colour", "unknown_field"),
        ("outcomes?format=pdf", "format", "not_allowed"),
        ("volume?reason=no_update", "reason", "unknown_field"),
        ("queue?from=2026-03-01", "from", "unknown_field"),
        ("outcomes?by=day&by=week", "by", "given_twice"),
    ] {
        sam.get(&format!("/reports/{query}"))
            .await
            .names_fields(&[(field, code)]);
    }
    let several = sam
        .get("/reports/outcomes?organization=x&reason=y&by=rank")
        .await;
    several.names_fields(&[
        ("by", "not_allowed"),
        ("organization", "not_found"),
        ("reason", "not_found"),
    ]);
    sam.get("/reports/nonsense").await.refused(404, "not_found");
}

async fn h2_files_hold_no_formula(desk: Desk) {
    three_escalations(&desk).await;
    let (ada, sam) = (desk.person("ada"), desk.person("sam"));
    for (slug, name) in [("acme", "=HYPERLINK(1)"), ("globex", "＝SUM(A1)")] {
        ada.patch(&format!("/organizations/{slug}"), json!({ "name": name }))
            .await
            .ok();
    }
    let csv = sam.get("/reports/outcomes?by=customer&format=csv").await;
    assert_eq!(csv.status, 200, "{csv:?}");
    assert!(
        csv.header("content-type").starts_with("text/csv"),
        "{csv:?}"
    );
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"report-outcomes.csv\""
    );
    assert_eq!(
        csv.text,
        "customer,name,submitted,accepted,declined,withdrawn,undecided,acceptance_rate\r\n\
         acme,'=HYPERLINK(1),2,1,0,1,0,1\r\n\
         globex,'＝SUM(A1),1,0,1,0,0,0\r\n"
    );
    let by_header = sam
        .asks(Method::GET, "/reports/outcomes?by=customer")
        .header("accept", "text/csv")
        .await;
    assert_eq!(by_header.text, csv.text);
    let xlsx = sam.get("/reports/outcomes?by=customer&format=xlsx").await;
    assert!(
        xlsx.header("content-type").contains("spreadsheetml"),
        "{xlsx:?}"
    );
    assert!(xlsx.text.starts_with("PK"), "{xlsx:?}");
    // What is asked for in the address holds, whatever a header says.
    let json = sam
        .asks(Method::GET, "/reports/outcomes?format=json")
        .header("accept", "text/csv")
        .await;
    assert_eq!(json.header("content-type"), "application/json");
    desk.mailbox().await;
}

async fn h2_pages_show_pictures_with_their_tables(desk: Desk) {
    three_escalations(&desk).await;
    let sam = Session::of(&desk, &desk.person("sam")).await;
    let page = sam.page("/reports").await;
    assert_eq!(page.status, 200, "{page:?}");
    for part in [
        "aria-current=\"page\">Reports<",
        "<svg class=\"plot\"",
        "role=\"img\"",
        "<title id=\"outcomes-title\">",
        "<desc id=\"outcomes-about\">",
        ">Why escalations were declined<",
        ">Met in time<",
        "/reports/outcomes/file?",
    ] {
        assert!(page.text.contains(part), "{part}: {page:?}");
    }
    let one = sam
        .page("/reports/outcomes?by=customer&organization=acme")
        .await;
    assert_eq!(one.status, 200, "{one:?}");
    assert!(one.text.contains("ACME Corporation"), "{one:?}");
    assert!(
        !one.text.contains("<th scope=\"row\" dir=\"auto\">Globex"),
        "{one:?}"
    );
    // What is wrong is said where it was asked, which stays.
    let wrong = sam
        .page("/reports/outcomes?from=2026-03-02&to=2026-03-01")
        .await;
    assert_eq!(wrong.status, 422, "{wrong:?}");
    assert!(wrong.text.contains("later than its beginning"), "{wrong:?}");
    let file = sam
        .page("/reports/outcomes/file?by=customer&format=csv")
        .await;
    assert!(file.text.starts_with("customer,name,submitted"), "{file:?}");
    let dana = Session::of(&desk, &desk.person("dana")).await;
    let own = dana.page("/reports").await;
    assert_eq!(own.status, 200, "{own:?}");
    for absent in [
        "Globex",
        "Ola Berg",
        ">Owner<",
        "Line of business",
        "The queue now",
        ">Targets<",
    ] {
        assert!(!own.text.contains(absent), "{absent}: {own:?}");
    }
    assert_eq!(dana.page("/reports/queue").await.status, 404);
    let vic = Session::of(&desk, &desk.person("vic")).await;
    let read = vic.page("/reports").await;
    assert!(
        read.status == 200 && !read.text.contains("/file?"),
        "{read:?}"
    );
    assert_eq!(
        vic.page("/reports/outcomes/file?format=csv").await.status,
        403
    );
    let nils = Session::of(&desk, &desk.person("nils")).await;
    assert_eq!(nils.page("/reports").await.status, 403);
    desk.mailbox().await;
}

async fn h2_weeks_in_which_nothing_happened_are_one_row_of_a_page(desk: Desk) {
    three_escalations(&desk).await;
    let sam = desk.person("sam");
    let his = Session::of(&desk, &sam).await;
    // The escalations lie in the first week of March; before is nothing.
    let asked = "by=week&from=2026-01-05&to=2026-03-08";
    let page = his.page(&format!("/reports/outcomes?{asked}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let body = page.text.split("<tbody>").nth(1).expect("a table");
    let body = body.split("</tbody>").next().unwrap_or_default();
    let quiet = body.matches("class=\"quiet\"").count();
    assert_eq!(quiet, 1, "{body}");
    assert_eq!(body.matches("<tr>").count(), 2, "{body}");
    assert!(body.contains("– Week of"), "{body}");
    assert!(body.contains("Nothing in 8 weeks"), "{body}");
    // Programs and files get every week.
    let whole = report(&sam, &format!("outcomes?{asked}")).await;
    let weeks = groups(&whole);
    assert_eq!(weeks.len(), 9, "{weeks:?}");
    let file = his
        .page(&format!("/reports/outcomes/file?{asked}&format=csv"))
        .await;
    for week in weeks {
        assert!(file.text.contains(&week), "{week}: {file:?}");
    }
    desk.mailbox().await;
}

async fn h2_figures_lead_to_what_they_count(desk: Desk) {
    let (_, first) = three_escalations(&desk).await;
    let sam = Session::of(&desk, &desk.person("sam")).await;
    let page = sam.page("/reports/outcomes?by=customer").await;
    let links: Vec<&str> = page.text.split("href=\"").skip(1).collect();
    let links = links.iter().filter_map(|rest| rest.split('"').next());
    let mut accepted =
        links.filter(|href| href.starts_with("/escalations?state") && href.contains("accepted"));
    let href = accepted.next().expect("a link");
    let href = href.replace("&amp;", "&").replace("&#x3D;", "=");
    let list = sam.page(&href).await;
    assert_eq!(list.status, 200, "{list:?}");
    assert!(list.text.contains(&first.number), "{href}: {list:?}");
    assert!(list.text.contains("1 found"), "{href}: {list:?}");
    // The list is as narrow for programs.
    let ada = desk.person("ada");
    let found = ada
        .all("/escalations?state=declined,withdrawn&priority=high")
        .await;
    assert_eq!(found.len(), 2);
    let since = desk.now().format("%Y-%m-%dT%H:%M:%SZ");
    assert_eq!(
        ada.all(&format!("/escalations?submitted_after={since}"))
            .await
            .len(),
        0
    );
    assert_eq!(
        ada.all(&format!("/escalations?submitted_before={since}"))
            .await
            .len(),
        3
    );
    assert_eq!(
        ada.all("/escalations?line_of_business=Ledger").await.len(),
        0
    );
    desk.mailbox().await;
}
