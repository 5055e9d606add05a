//! The database refuses by itself what the rules forbid, even if the code were wrong (E14).

use std::collections::BTreeMap;

use crate::support::database::{Backend, Rows, on_both_databases};

const AT: &str = "'2026-03-02T09:00:00.000000Z'";

/// A provider, a customer with a contact, and cases: 1 high, 2 high and closed, 3 low, 4 medium.
async fn furnish(rows: &Rows) {
    let id = |n| rows.id(n);
    let (line, provider, customer, contact) = (id(1), id(2), id(3), id(4));
    let case = |n: u32, priority: &str, status: &str, closed_at: &str| {
        format!(
            "INSERT INTO cases (id, number, organization_id, line_of_business_id, subject, description, priority, status, \
             deployment, business_impact, engagements, opened_by, opened_at, closed_at, search_words, updated_at) VALUES \
             ({}, {n}, {customer}, {line}, 's', 'd', '{priority}', '{status}', 'cloud', 'significant', '[]', {contact}, \
             {AT}, {closed_at}, '', {AT});",
            id(100 + n)
        )
    };
    let sql = format!(
        "INSERT INTO lines_of_business (id, name, created_at) VALUES ({line}, 'All', {AT});
         INSERT INTO organizations (id, slug, name, kind, region, time_zone, created_at) VALUES
           ({provider}, 'desk', 'Desk', 'provider', 'eu', 'UTC', {AT}), ({customer}, 'acme', 'ACME', 'customer', 'eu', 'UTC', {AT});
         INSERT INTO people (id, organization_id, email, first_name, last_name, created_at)
           VALUES ({contact}, {customer}, 'dana@acme.test', 'Dana', 'Cole', {AT});
         INSERT INTO escalation_reasons (code, label, governed_by, questions, position, active)
           VALUES ('guarded', 'Guarded', 'staleness', '[]', 99, {});
         {}{}{}{}",
        if rows.backend == Backend::Sqlite { "1" } else { "true" },
        case(1, "high", "open", "NULL"),
        case(2, "high", "closed", AT),
        case(3, "low", "open", "NULL"),
        case(4, "medium", "open", "NULL"),
    );
    rows.run(&sql).await.expect("rows that break no rule");
}

/// An escalation in these columns; the others are as the state wants them.
fn escalation(rows: &Rows, n: u32, case: u32, state: &str, changes: &[(&str, &str)]) -> String {
    let owned = !matches!(state, "submitted" | "withdrawn");
    let ranked = matches!(state, "accepted" | "closed");
    let over = matches!(state, "declined" | "withdrawn" | "closed");
    let or_null = |condition: bool, value: &str| {
        if condition {
            value.to_owned()
        } else {
            "NULL".to_owned()
        }
    };
    let contact = rows.id(4);
    let mut columns = BTreeMap::from([
        ("id", rows.id(200 + n)),
        ("number", n.to_string()),
        ("case_id", rows.id(100 + case)),
        ("reason", "'guarded'".to_owned()),
        ("answers", "'{}'".to_owned()),
        ("details", "'d'".to_owned()),
        ("acknowledgements", "'[]'".to_owned()),
        ("assessment", "'{}'".to_owned()),
        ("state", format!("'{state}'")),
        ("requested_by", contact.clone()),
        ("submitted_at", AT.to_owned()),
        ("owner_id", or_null(owned, &contact)),
        ("importance", or_null(ranked, "'high'")),
        ("urgency", or_null(ranked, "'high'")),
        ("rank", or_null(ranked, "1")),
        ("queue_rank", "1".to_owned()),
        ("decline_reasons", "'[]'".to_owned()),
        ("outcome", or_null(state == "closed", "'resolved'")),
        ("summary", or_null(state == "closed", "'s'")),
        ("closed_at", or_null(over, AT)),
    ]);
    for (column, value) in changes {
        columns.insert(column, (*value).to_owned());
    }
    let names: Vec<&str> = columns.keys().copied().collect();
    let values: Vec<&str> = columns.values().map(String::as_str).collect();
    format!(
        "INSERT INTO escalations ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    )
}

fn entry(rows: &Rows, n: u32, case: &str, escalation: &str, changes: &[(&str, &str)]) -> String {
    let mut columns = BTreeMap::from([
        ("id", rows.id(300 + n)),
        ("case_id", case.to_owned()),
        ("feed", "'case'".to_owned()),
        ("escalation_id", escalation.to_owned()),
        ("kind", "'comment'".to_owned()),
        ("visibility", "'public'".to_owned()),
        ("body", "'b'".to_owned()),
        ("at", AT.to_owned()),
    ]);
    for (column, value) in changes {
        columns.insert(column, (*value).to_owned());
    }
    let names: Vec<&str> = columns.keys().copied().collect();
    let values: Vec<&str> = columns.values().map(String::as_str).collect();
    format!(
        "INSERT INTO feed_entries ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    )
}

async fn refuses(rows: &Rows, what: &str, sql: &str) {
    assert!(
        rows.run(sql).await.is_err(),
        "{:?} let through {what}: {sql}",
        rows.backend
    );
}

async fn takes(rows: &Rows, what: &str, sql: &str) {
    if let Err(error) = rows.run(sql).await {
        panic!("{:?} refused {what}: {error}: {sql}", rows.backend);
    }
}

on_both_databases! { Rows:
    one_escalation_is_active_on_a_case,
    a_closed_or_low_priority_case_takes_no_escalation,
    states_and_priorities_are_those_that_exist,
    an_escalation_has_what_its_state_needs,
    no_feed_entry_is_without_its_case,
    an_audited_event_stays_as_it_was_written,
    a_notice_goes_to_a_person_or_to_an_address,
    a_link_is_good_for_one_thing_and_ends_once,
    there_is_one_provider_and_one_default_calendar,
}

async fn one_escalation_is_active_on_a_case(rows: Rows) {
    furnish(&rows).await;
    takes(
        &rows,
        "past ones, which do not count",
        &escalation(&rows, 1, 1, "declined", &[]),
    )
    .await;
    takes(
        &rows,
        "past ones, which do not count",
        &escalation(&rows, 2, 1, "withdrawn", &[]),
    )
    .await;
    takes(
        &rows,
        "past ones, which do not count",
        &escalation(&rows, 3, 1, "closed", &[]),
    )
    .await;
    takes(
        &rows,
        "the first active one",
        &escalation(&rows, 4, 1, "submitted", &[]),
    )
    .await;
    for (n, state) in [(5, "submitted"), (6, "in_review"), (7, "accepted")] {
        refuses(
            &rows,
            "a second active one",
            &escalation(&rows, n, 1, state, &[]),
        )
        .await;
    }
    let revive = format!(
        "UPDATE escalations SET state = 'submitted', closed_at = NULL WHERE id = {}",
        rows.id(202)
    );
    refuses(&rows, "a past one revived beside it", &revive).await;
    takes(
        &rows,
        "one on another case",
        &escalation(&rows, 8, 4, "submitted", &[]),
    )
    .await;
}

async fn a_closed_or_low_priority_case_takes_no_escalation(rows: Rows) {
    furnish(&rows).await;
    refuses(
        &rows,
        "an escalation of a closed case",
        &escalation(&rows, 1, 2, "submitted", &[]),
    )
    .await;
    refuses(
        &rows,
        "an escalation of a low-priority case",
        &escalation(&rows, 2, 3, "submitted", &[]),
    )
    .await;
    takes(
        &rows,
        "one of an open high-priority case",
        &escalation(&rows, 3, 1, "submitted", &[]),
    )
    .await;
    takes(
        &rows,
        "one of an open medium-priority case",
        &escalation(&rows, 4, 4, "submitted", &[]),
    )
    .await;
}

async fn states_and_priorities_are_those_that_exist(rows: Rows) {
    furnish(&rows).await;
    refuses(
        &rows,
        "an unknown state",
        &escalation(&rows, 1, 1, "pondered", &[]),
    )
    .await;
    for (column, value) in [
        ("importance", "'vital'"),
        ("urgency", "'vital'"),
        ("rank", "6"),
        ("rank", "0"),
    ] {
        refuses(
            &rows,
            column,
            &escalation(&rows, 2, 1, "accepted", &[(column, value)]),
        )
        .await;
    }
    for (column, value) in [
        ("priority", "'urgent'"),
        ("status", "'parked'"),
        ("deployment", "'moon'"),
        ("business_impact", "'some'"),
        ("number", "0"),
    ] {
        let sql = format!(
            "UPDATE cases SET {column} = {value} WHERE id = {}",
            rows.id(101)
        );
        refuses(&rows, column, &sql).await;
    }
    let closed_without_instant = format!(
        "UPDATE cases SET status = 'closed' WHERE id = {}",
        rows.id(101)
    );
    refuses(&rows, "closed at no instant", &closed_without_instant).await;
    for (column, value) in [
        ("feed", "'news'"),
        ("kind", "'rumour'"),
        ("visibility", "'secret'"),
    ] {
        refuses(
            &rows,
            column,
            &entry(&rows, 1, &rows.id(101), "NULL", &[(column, value)]),
        )
        .await;
    }
}

async fn an_escalation_has_what_its_state_needs(rows: Rows) {
    furnish(&rows).await;
    refuses(
        &rows,
        "a review by nobody",
        &escalation(&rows, 1, 1, "in_review", &[("owner_id", "NULL")]),
    )
    .await;
    let unranked = [
        ("rank", "NULL"),
        ("importance", "NULL"),
        ("urgency", "NULL"),
    ];
    refuses(
        &rows,
        "an unranked one accepted",
        &escalation(&rows, 1, 1, "accepted", &unranked),
    )
    .await;
    refuses(
        &rows,
        "closed without an outcome",
        &escalation(&rows, 1, 1, "closed", &[("outcome", "NULL")]),
    )
    .await;
    refuses(
        &rows,
        "declined at no instant",
        &escalation(&rows, 1, 1, "declined", &[("closed_at", "NULL")]),
    )
    .await;
    refuses(
        &rows,
        "of no case",
        &escalation(&rows, 1, 77, "submitted", &[]),
    )
    .await;
    refuses(
        &rows,
        "a rating of 6",
        &escalation(&rows, 1, 1, "closed", &[("rating_score", "6")]),
    )
    .await;
}

async fn no_feed_entry_is_without_its_case(rows: Rows) {
    furnish(&rows).await;
    takes(
        &rows,
        "an escalation",
        &escalation(&rows, 1, 1, "submitted", &[]),
    )
    .await;
    let (case, other, missing) = (rows.id(101), rows.id(104), rows.id(199));
    let escalation = rows.id(201);
    takes(&rows, "an entry", &entry(&rows, 1, &case, "NULL", &[])).await;
    refuses(
        &rows,
        "an entry of no case",
        &entry(&rows, 2, &missing, "NULL", &[]),
    )
    .await;
    refuses(
        &rows,
        "an entry whose escalation is of another case",
        &entry(&rows, 3, &other, &escalation, &[]),
    )
    .await;
    let unescalated = [("feed", "'escalation'")];
    refuses(
        &rows,
        "an escalation's entry without one",
        &entry(&rows, 4, &case, "NULL", &unescalated),
    )
    .await;
    let hidden = [
        ("visibility", "'internal'"),
        ("author_side", "'customer'"),
        ("author_id", &rows.id(4)),
    ];
    refuses(
        &rows,
        "a customer's internal entry",
        &entry(&rows, 5, &case, "NULL", &hidden),
    )
    .await;
    refuses(
        &rows,
        "the case's removal",
        &format!("DELETE FROM cases WHERE id = {case}"),
    )
    .await;
}

async fn an_audited_event_stays_as_it_was_written(rows: Rows) {
    furnish(&rows).await;
    let event = |verb: &str, n: u32, position: u32, name: &str| {
        format!(
            "{verb} INTO audit_events (position, id, at, kind, actor_name, seen_by, previous_hash, hash) \
             VALUES ({position}, {}, {AT}, 'k', '{name}', 'both', 'p', 'h')",
            rows.id(n)
        )
    };
    takes(&rows, "an event", &event("INSERT", 401, 1, "Dana Cole")).await;
    refuses(
        &rows,
        "two events at one place",
        &event("INSERT", 403, 1, "Nobody"),
    )
    .await;
    refuses(
        &rows,
        "a changed event",
        "UPDATE audit_events SET actor_name = 'Nobody'",
    )
    .await;
    refuses(&rows, "a deleted event", "DELETE FROM audit_events").await;
    match rows.backend {
        Backend::Postgresql => refuses(&rows, "no events at all", "TRUNCATE audit_events").await,
        Backend::Sqlite => {
            refuses(
                &rows,
                "an event replaced by its id",
                &event("REPLACE", 401, 2, "Nobody"),
            )
            .await;
            refuses(
                &rows,
                "an event replaced by its place",
                &event("REPLACE", 402, 1, "Nobody"),
            )
            .await;
            let upsert = format!(
                "{} ON CONFLICT DO UPDATE SET actor_name = 'Nobody'",
                event("INSERT", 401, 2, "x")
            );
            refuses(&rows, "an event changed by inserting it", &upsert).await;
        }
    }
    assert_eq!(
        rows.database
            .texts("SELECT actor_name AS text FROM audit_events"),
        ["Dana Cole"]
    );
    // Nor does the chain become shorter, or lose its end.
    takes(
        &rows,
        "a longer chain",
        "UPDATE audit_chain SET position = 1, head = 'h'",
    )
    .await;
    for (what, sql) in [
        ("a shorter chain", "UPDATE audit_chain SET position = 0"),
        ("a chain without an end", "DELETE FROM audit_chain"),
        (
            "a chain with two ends",
            "INSERT INTO audit_chain (id, position, head) VALUES (2, 1, 'h')",
        ),
    ] {
        refuses(&rows, what, sql).await;
    }
    match rows.backend {
        Backend::Postgresql => refuses(&rows, "no chain at all", "TRUNCATE audit_chain").await,
        Backend::Sqlite => {
            let replaced = "REPLACE INTO audit_chain (id, position, head) VALUES (1, 0, 'h')";
            refuses(&rows, "a chain begun anew", replaced).await;
        }
    }
}

async fn there_is_one_provider_and_one_default_calendar(rows: Rows) {
    furnish(&rows).await;
    let second = format!(
        "UPDATE organizations SET kind = 'provider' WHERE id = {}",
        rows.id(3)
    );
    refuses(&rows, "a second provider", &second).await;
    let yes = if rows.backend == Backend::Sqlite {
        "1"
    } else {
        "true"
    };
    let calendar = |n: u32| {
        format!(
            "INSERT INTO calendars (id, name, time_zone, hours, holidays, is_default, created_at) \
             VALUES ({}, 'c{n}', 'UTC', '{{}}', '[]', {yes}, {AT})",
            rows.id(500 + n)
        )
    };
    takes(&rows, "a default calendar", &calendar(1)).await;
    refuses(&rows, "a second default calendar", &calendar(2)).await;
}

async fn a_notice_goes_to_a_person_or_to_an_address(rows: Rows) {
    furnish(&rows).await;
    let (dana, acme) = (rows.id(4), rows.id(3));
    let notice = |n: u32, person: &str, email: &str, name: &str, organization: &str| {
        format!(
            "INSERT INTO notices (id, kind, person_id, to_email, to_name, to_organization_id, thread, payload, message_id, \
             state, next_attempt_at, created_at) VALUES \
             ({}, 'k', {person}, {email}, {name}, {organization}, 't', '{{}}', 'm{n}', 'waiting', {AT}, {AT})",
            rows.id(600 + n)
        )
    };
    let (email, name, none) = ("'nils@acme.test'", "'Nils'", "NULL");
    takes(
        &rows,
        "one to a person",
        &notice(1, &dana, none, none, none),
    )
    .await;
    takes(
        &rows,
        "one to an address",
        &notice(2, none, email, name, &acme),
    )
    .await;
    takes(
        &rows,
        "one without a zone",
        &notice(3, none, email, name, none),
    )
    .await;
    for (what, sql) in [
        ("one to nobody", notice(4, none, none, none, none)),
        ("one to two", notice(5, &dana, email, name, none)),
        (
            "an address without a name",
            notice(6, none, email, none, none),
        ),
        (
            "a name without an address",
            notice(7, &dana, none, name, none),
        ),
        ("a person with a zone", notice(8, &dana, none, none, &acme)),
    ] {
        refuses(&rows, what, &sql).await;
    }
    let choice = |kind: &str, delivery: &str| {
        format!(
            "INSERT INTO notice_preferences (person_id, kind, delivery, updated_at) VALUES ({dana}, '{kind}', '{delivery}', {AT})"
        )
    };
    takes(&rows, "a choice", &choice("a", "none")).await;
    refuses(&rows, "a second choice", &choice("a", "now")).await;
    refuses(&rows, "a choice of nothing", &choice("b", "")).await;
    let case = rows.id(101);
    let stance = |feed: &str, stance: &str| {
        format!(
            "INSERT INTO feed_stances (person_id, case_id, feed, stance, updated_at) VALUES ({dana}, {case}, '{feed}', '{stance}', {AT})"
        )
    };
    takes(&rows, "a muted feed", &stance("case", "mute")).await;
    refuses(&rows, "a second word on it", &stance("case", "follow")).await;
    refuses(
        &rows,
        "a default that is kept",
        &stance("escalation", "default"),
    )
    .await;
    refuses(&rows, "a feed that there is not", &stance("other", "mute")).await;
}

async fn a_link_is_good_for_one_thing_and_ends_once(rows: Rows) {
    furnish(&rows).await;
    let dana = rows.id(4);
    let link = |n: u32, purpose: &str, hash: &str, used: &str, revoked: &str| {
        format!(
            "INSERT INTO one_time_links (id, purpose, person_id, token_hash, created_at, expires_at, used_at, revoked_at) \
             VALUES ({}, '{purpose}', {dana}, '{hash}', {AT}, {AT}, {used}, {revoked})",
            rows.id(700 + n)
        )
    };
    takes(&rows, "a link", &link(1, "invitation", "a", "NULL", "NULL")).await;
    takes(
        &rows,
        "one that was used",
        &link(2, "password_reset", "b", AT, "NULL"),
    )
    .await;
    for (what, sql) in [
        (
            "a link with the same secret",
            link(3, "invitation", "a", "NULL", "NULL"),
        ),
        (
            "a link for anything else",
            link(4, "sign_in", "c", "NULL", "NULL"),
        ),
        (
            "one that was used and called back",
            link(5, "invitation", "d", AT, AT),
        ),
    ] {
        refuses(&rows, what, &sql).await;
    }
}
