//! What is asked of the databases: the plans and the number of the statements that the server really sends. Every list and
//! every look finds its rows by an index, and all who follow a case cost one look.

mod offered;

use casebell::db::{Conn, DbError};
use casebell::domain::access::Reach;
use casebell::domain::order::{Sort, Window};
use casebell::store::audit::{self, EventFilter};
use casebell::store::notices::{self, Due, Filter, NoticeOrder};
use casebell::store::organizations;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use serde_json::json;

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::person::{Person, high, medium};
use crate::support::session::Session;
use crate::support::statements::{cost, sent_by, watch};
use crate::support::stream::Stream;

use offered::Things;

/// Few rows by their nature: reading all of them is the quickest way.
const SMALL: [&str; 16] = [
    "setup_links",
    "search_waiting",
    "calendars",
    "lines_of_business",
    "hidden_line",
    "said",
    "policies",
    "escalation_reasons",
    "counters",
    "organizations",
    "audit_chain",
    "target_rules",
    "duty_rules",
    "duty_shifts",
    "duty_absences",
    "duty_turns",
];

#[derive(QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How many rows of a table a transaction has read.
#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[derive(QueryableByName)]
struct PostgresPlan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The plan of a statement whose values are not known.
fn plan(conn: &mut Conn, sql: &str) -> Vec<String> {
    let failed = |error: diesel::result::Error| -> Vec<String> { panic!("{sql}: {error}") };
    match conn {
        Conn::Sqlite(conn) => {
            let rows = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load::<SqlitePlan>(conn);
            rows.map(|rows| rows.into_iter().map(|row| row.detail).collect())
                .unwrap_or_else(failed)
        }
        Conn::Postgres(conn) => {
            let arguments =
                vec!["NULL"; (1..).take_while(|n| sql.contains(&format!("${n}"))).count()]
                    .join(", ");
            let arguments = if arguments.is_empty() {
                arguments
            } else {
                format!("({arguments})")
            };
            // A sequential scan is then only taken where there is no other way.
            let prepare = format!(
                "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; PREPARE looked AS {sql}"
            );
            conn.batch_execute(&prepare)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
            let rows =
                sql_query(format!("EXPLAIN EXECUTE looked{arguments}")).load::<PostgresPlan>(conn);
            let _ = conn.batch_execute("DEALLOCATE looked");
            rows.map(|rows| rows.into_iter().map(|row| row.line).collect())
                .unwrap_or_else(failed)
        }
    }
}

/// Whether a line of a statement's plan reads a whole table without an index.
fn reads_everything(backend: Backend, sql: &str, line: &str) -> bool {
    let table = match backend {
        Backend::Sqlite if line.contains(" USING ") => None,
        // Words are asked of the index of words, which has no other.
        // Its number says in which order; `M`, that it is asked for words.
        Backend::Sqlite if line.contains(" VIRTUAL TABLE INDEX ") && line.contains(":M") => None,
        // None of it is read where nothing is asked for.
        Backend::Sqlite if sql.contains("(1=0)") => None,
        Backend::Sqlite => line.strip_prefix("SCAN "),
        Backend::Postgresql => line.split_once("Seq Scan on ").map(|(_, rest)| rest),
    };
    let table = table
        .and_then(|rest| rest.split(' ').next())
        .unwrap_or_default();
    !table.is_empty() && table != "CONSTANT" && !SMALL.contains(&table)
}

on_both_databases! { Desk:
    nothing_is_found_by_reading_everything,
    cases_are_put_in_no_order_but_that_of_an_index,
    the_first_page_asks_no_more_for_many_cases,
    the_page_of_a_case_asks_no_more_for_much_on_it,
    a_look_is_one_for_all_who_follow,
    no_processes_are_started_for_a_list,
    a_look_finds_what_is_due_by_its_queue_after_an_outage,
}

async fn nothing_is_found_by_reading_everything(desk: Desk) {
    let (dana, eve, ola, ada) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("ada"),
    );
    // More than a search looks into before it asks the index of words.
    for _ in 0..66 {
        dana.opens(medium()).await;
    }
    let watching = watch();
    // Something of everything, so that every look has something to find.
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let due_at = (desk.now() + TimeDelta::hours(1)).to_rfc3339();
    let steps = json!([{ "what": "x", "who": "y", "due_at": due_at }]);
    let accept =
        json!({ "importance": "low", "urgency": "low", "reply": "x", "next_steps": steps });
    ola.does(&escalation, "accept", accept).await.ok();
    let call = json!({
        "phone": "+1 415 555 0100",
        "window": { "from": "2026-03-04T09:00", "until": "2026-03-04T10:00", "time_zone": "UTC" },
    });
    for _ in 0..2 {
        let path = format!("/escalations/{}/callbacks", escalation.number);
        dana.post(&path, call.clone()).await.created();
    }
    dana.opens(high()).await;
    desk.mailbox().await;
    let (number, e) = (&case.number, &escalation.number);
    let turns_the_page = async |person: &Person, path: &str| {
        let joint = if path.contains('?') { '&' } else { '?' };
        let first = person.get(&format!("{path}{joint}limit=1")).await;
        if let Some(cursor) = first.json["next_cursor"].as_str() {
            let next = format!("{path}{joint}limit=1&cursor={cursor}");
            person.get(&next).await.ok();
        }
    };
    // Every list, with whatever it offers.
    let document = ada.get("/openapi.json").await.ok();
    let things = Things::from([
        ("case", number.clone()),
        ("escalation", e.clone()),
        ("visit", case.id.clone()),
    ]);
    let offered = offered::questions(&document, &things);
    assert!(offered.len() > 150, "only {} questions", offered.len());
    for question in &offered {
        for person in [&dana, &eve, &ada] {
            turns_the_page(person, question).await;
        }
    }
    // Several filters at once, and what is no list or is read whole.
    for path in [
        "/me",
        "/me/permissions",
        "/cases?q=x",
        "/cases?q=quinces+xylophones&count=true",
        "/cases?q=xylophones&sort=updated_at&status=open",
        "/search?q=quinces",
        "/news",
        "/cases?status=open&priority=high",
        "/cases?sort=-updated_at&status=open&count=true",
        "/escalation-reasons",
        "/calendars",
        "/policies",
        "/lines-of-business",
        "/audit-events?from=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z",
        "/audit-events?organization=acme&kind=case.&from=2026-03-01T00:00:00Z",
        "/roles",
        "/notices?state=sent&sort=created_at",
        "/organizations?q=x&kind=customer",
        "/users?state=active&role=administrator&sort=email",
        "/users?organization=acme&sort=email&count=true",
        "/callbacks?day=2026-03-04&sort=-window",
        "/radar?hours=168",
        "/announcements?state=past&sort=from",
        "/tutorials?state=past&sort=-starts_at",
        "/templates?purpose=reply&sort=-name",
    ] {
        for person in [&dana, &eve, &ola, &ada] {
            turns_the_page(person, path).await;
        }
    }
    for person in [&dana, &eve, &ola, &ada, &desk.person("vic")] {
        person.get("/home").await.ok();
        let own = json!({ "name": "Mine", "list": "cases", "query": "status=open" });
        let filter = person.post("/saved-filters", own).await.created();
        person.get("/saved-filters").await.ok();
        let path = format!("/saved-filters/{}", filter["id"].as_str().expect("an id"));
        person.patch(&path, json!({ "name": "Ours" })).await.ok();
        person.delete(&path).await.done();
    }
    ada.get(&format!("/audit-events?case={number}&kind=case."))
        .await
        .ok();
    for path in [
        "queue",
        "queue?by=customer",
        "targets",
        "targets?by=line_of_business&priority=high",
        "times",
        "outcomes",
        "outcomes?by=customer",
        "outcomes?by=owner&organization=acme&reason=no_update",
        "decline-reasons",
        "volume",
        "volume?by=customer",
        "ratings",
        "callbacks",
        "callbacks?by=customer",
    ] {
        for person in [&eve, &ada] {
            person.get(&format!("/reports/{path}")).await.ok();
        }
    }
    for path in [
        "times",
        "outcomes",
        "decline-reasons",
        "volume",
        "ratings",
        "callbacks",
    ] {
        dana.get(&format!("/reports/{path}")).await.ok();
    }
    // As the people of an organization are shown it.
    let of_customer = desk
        .db()
        .read(|conn| {
            let acme = organizations::named(conn, Reach::Everything, "acme")?.expect("ACME");
            let filter = EventFilter::of(Reach::Organization(acme.id));
            let events = audit::list(conn, &filter, 2)?;
            audit::worked_in(conn, acme.id, acme.id)?;
            Ok::<_, DbError>(events.len())
        })
        .await;
    assert_eq!(of_customer.expect("events"), 2);
    // As a worker gathers what waits, which it does not on the desk of a story.
    for words in ["It is found.", "It is mended.", "It is tested."] {
        eve.writes(&case, words).await;
    }
    let (now, window) = (desk.now(), TimeDelta::minutes(2));
    let gathered = desk
        .db()
        .write(move |conn| {
            let all = Window::first(Sort::descending(NoticeOrder::CreatedAt), 100);
            let all = notices::list(conn, Reach::Everything, Filter::default(), &all)?;
            let run = all.into_iter().map(|notice| Due {
                id: notice.id,
                queue: notice.email.to_string(),
                message_id: notice.id.to_string(),
            });
            let gathered = notices::gather(conn, vec![run.collect()], window, now)?;
            Ok::<_, DbError>(gathered.runs.len())
        })
        .await;
    assert_eq!(gathered.expect("gathered"), 1);
    eve.get("/cases?organization=acme").await.ok();
    eve.get("/cases?line_of_business=Ledger").await.ok();
    for path in [
        format!("/cases/{number}"),
        format!("/cases/{number}/feed"),
        format!("/cases/{number}/escalation-feed"),
        format!("/cases/{number}/escalations"),
        format!("/cases/{number}/eligibility"),
        format!("/escalations/{e}"),
        format!("/escalations/{e}/feed"),
        format!("/cases/{number}/eligibility?at=2026-03-02T10:00:00Z"),
        format!("/cases/{}", case.id),
    ] {
        dana.get(&path).await.ok();
        eve.get(&path).await.ok();
    }
    dana.reads(&case).await;

    drop(watching);
    let mut conn = desk.database().connect();
    let sent = sent_by(&desk);
    let statements: Vec<&str> = sent
        .keys()
        .filter(|sql| {
            ["SELECT", "UPDATE", "DELETE"]
                .iter()
                .any(|verb| sql.starts_with(verb))
        })
        .map(String::as_str)
        .collect();
    assert!(
        statements.len() > 40,
        "only {} statements were heard",
        statements.len()
    );
    let mut bad = Vec::new();
    for sql in statements {
        let plan = plan(&mut conn, sql);
        let scans: Vec<&String> = plan
            .iter()
            .filter(|line| reads_everything(desk.backend(), sql, line))
            .collect();
        if !scans.is_empty() {
            bad.push(format!("{sql}\n    {scans:?}"));
        }
    }
    assert!(bad.is_empty(), "read everything:\n{}", bad.join("\n"));

    // Words that the beginning of a list does not have are asked of their index.
    let searches = sent.keys().filter(|sql| match desk.backend() {
        Backend::Sqlite => sql.contains(" MATCH "),
        Backend::Postgresql => sql.contains("tsquery"),
    });
    let searches: Vec<String> = searches.flat_map(|sql| plan(&mut conn, sql)).collect();
    let indexes: &[&str] = match desk.backend() {
        Backend::Sqlite => &["search_index VIRTUAL TABLE INDEX "],
        Backend::Postgresql => &["search_cases_by_words", "feed_entries_by_words"],
    };
    for index in indexes {
        let by_index = |line: &String| line.contains(index);
        assert!(searches.iter().any(by_index), "{index}: {searches:?}");
    }

    // However many notices wait for one person, those are few that hold up others.
    let claims = sent.keys().filter(|sql| sql.contains("ahead"));
    let claims: Vec<String> = claims.flat_map(|sql| plan(&mut conn, sql)).collect();
    let mut by = ["notices_holding_up", "notices_at_once", "notices_put_off"].into_iter();
    // Nor is what is put off passed by in a look for what is due.
    assert!(
        by.all(|index| claims.iter().any(|line| line.contains(index))),
        "{claims:?}"
    );

    // Nor is what waits for one person in one thread, or what one process holds, found by passing by all that waits.
    if desk.backend() == Backend::Sqlite {
        let of_one = sent.keys().filter(|sql| {
            let is_one = |column| sql.contains(&format!("`notices`.`{column}` = ?"));
            ["thread", "person_id", "lease_holder"]
                .into_iter()
                .any(is_one)
        });
        let of_one: Vec<(&String, Vec<String>)> =
            of_one.map(|sql| (sql, plan(&mut conn, sql))).collect();
        let gathered = |line: &String| line.contains("notices_waiting_in_thread");
        assert!(
            of_one.iter().any(|(_, plan)| plan.iter().any(gathered)),
            "{of_one:#?}"
        );
        for (sql, plan) in of_one {
            let by_state = |line: &String| line.contains("notices") && line.contains("(state=?)");
            assert!(!plan.iter().any(by_state), "{sql}: {plan:?}");
        }
    }

    // Nor does a server pass by all that waits, whatever it was told of how much that is.
    if let Conn::Postgres(own) = &mut conn {
        own.batch_execute("SET enable_hashjoin = off; SET enable_mergejoin = off")
            .expect("settings");
        let words = [
            ("waiting in its thread", "notices_waiting_in_thread"),
            ("waiting ahead", "notices_holding_up"),
            ("notices.id = asked.id", "notices_pkey"),
            ("notices.id = gone.id", "notices_pkey"),
        ];
        for (words, index) in words {
            let asked = sent.keys().filter(|sql| sql.contains(words));
            let asked: Vec<(&String, Vec<String>)> =
                asked.map(|sql| (sql, plan(&mut conn, sql))).collect();
            assert!(!asked.is_empty(), "{words}");
            for (sql, plan) in asked {
                assert!(
                    plan.iter().any(|line| line.contains(index)) && !passes_by_all(&plan),
                    "{words}: {sql}: {plan:#?}"
                );
            }
        }
        // What is found by its id is not asked for by a state that few have, for whose sake it would pass by all that are in it.
        let of_ids = sent.keys().filter(|sql| {
            let is_named = |how: &str| sql.contains(&format!("\"notices\".\"id\" {how}"));
            is_named("= $") || is_named("IN (")
        });
        let of_ids: Vec<&String> = of_ids.collect();
        assert!(of_ids.len() > 1, "{of_ids:#?}");
        for sql in of_ids {
            assert!(!sql.contains("\"notices\".\"state\" = $"), "{sql}");
        }
    }
}

/// Whether a server's plan goes along an index of notices with nothing that it looks for there, or for all that waits.
fn passes_by_all(plan: &[String]) -> bool {
    let lines = plan.iter().zip(plan.iter().skip(1));
    let mut scans = lines.filter(|(line, _)| {
        line.contains(" notices_") && (line.contains("Index Scan") || line.contains("Index Only"))
    });
    scans.any(|(line, next)| !next.contains("Index Cond: ") || line.contains("notices_by_state"))
}

/// How urgent cases are, and how far they have come, are words: an index has them in the order of what they mean.
async fn cases_are_put_in_no_order_but_that_of_an_index(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    for _ in 0..3 {
        dana.opens(medium()).await;
    }
    let watching = watch();
    for person in [&dana, &eve] {
        for filter in [
            "",
            "&priority=medium",
            "&status=open",
            "&status=open,closed",
            "&status=open,in_progress&priority=medium,high",
        ] {
            for sort in ["priority", "-priority", "status", "-status"] {
                let path = format!("/cases?sort={sort}{filter}&limit=1");
                let first = person.get(&path).await.ok();
                let cursor = first["next_cursor"].as_str().expect("more");
                person.get(&format!("{path}&cursor={cursor}")).await.ok();
            }
        }
    }
    drop(watching);
    let mut conn = desk.database().connect();
    if let Conn::Postgres(conn) = &mut conn {
        // Rows are then only put in order where no index has them so.
        conn.batch_execute("SET enable_sort = off; SET enable_incremental_sort = off")
            .expect("settings");
    }
    let sent = sent_by(&desk);
    let ordered = sent
        .keys()
        .filter(|sql| sql.contains("ORDER BY CAST(CASE "));
    let plans: Vec<(&String, Vec<String>)> =
        ordered.map(|sql| (sql, plan(&mut conn, sql))).collect();
    assert!(plans.len() > 40, "only {} statements", plans.len());
    for (sql, plan) in &plans {
        let sorts = |line: &String| line.contains("B-TREE") || line.contains("Sort");
        let by_rank = |line: &String| line.contains("_rank");
        assert!(
            !plan.iter().any(sorts) && plan.iter().any(by_rank),
            "{sql}:\n{}",
            plan.join("\n")
        );
    }
    for index in [
        "cases_by_priority_rank",
        "cases_by_status_rank",
        "cases_by_organization_and_priority_rank",
        "cases_by_organization_and_status_rank",
        "cases_open_by_priority_rank",
    ] {
        let mut lines = plans.iter().flat_map(|(_, plan)| plan);
        assert!(
            lines.any(|line| line.contains(index)),
            "{index} serves nobody"
        );
    }
}

async fn the_first_page_asks_no_more_for_many_cases(desk: Desk) {
    let (dana, eve, sam) = (desk.person("dana"), desk.person("eve"), desk.person("sam"));
    let opens = async |count: usize| {
        for _ in 0..count {
            let case = dana.opens(high()).await;
            eve.writes(&case, "Which version?").await;
            let taken = json!({ "owner": eve.email(), "status": "awaiting_customer" });
            eve.changes(&case, taken).await.ok();
            let due_at = (desk.now() + TimeDelta::hours(1)).to_rfc3339();
            let step = json!({ "what": "x", "who": "y", "due_at": due_at });
            let path = format!("/cases/{}/next-steps", case.number);
            eve.post(&path, step).await.created();
        }
        desk.mailbox().await;
    };
    let asked = async || {
        let mut asked = Vec::new();
        for person in [&dana, &eve, &sam] {
            let home = async || drop(person.get("/home").await.ok());
            asked.push(cost(&desk, home).await.0);
        }
        asked
    };
    opens(2).await;
    let few = asked().await;
    opens(10).await;
    let many = asked().await;
    for (few, many) in few.iter().zip(&many) {
        assert!(many <= few, "{few} statements became {many}");
        assert!(*many <= 40, "{many} statements");
    }
}

async fn the_page_of_a_case_asks_no_more_for_much_on_it(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let path = format!("/cases/{}", case.number);
    let hers = Session::of(&desk, &ola).await;
    let asked = async || {
        desk.mailbox().await;
        cost(&desk, async || drop(hers.page(&path).await)).await.0
    };
    let mut active = dana.escalates(&case, "no_update").taken().await;
    let mut comes_back = async || {
        dana.withdraws(&active).await;
        dana.writes(&case, "It is back.").await;
        active = dana.escalates(&case, "no_update").taken().await;
    };
    comes_back().await;
    let few = asked().await;
    for _ in 0..6 {
        comes_back().await;
    }
    let many = asked().await;
    assert!(many <= few, "{few} statements became {many}");
    assert!(many <= 110, "{many} statements");
}

async fn a_look_is_one_for_all_who_follow(desk: Desk) {
    const STREAMS: usize = 12;
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let address = desk.api(&format!("/cases/{}/live", case.number));
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let asking = desk.client().get(&address).bearer_auth(dana.token());
        streams.push(Stream::open(asking).await);
    }
    let asked = |table: &str, order: &str| -> usize {
        let sent = sent_by(&desk);
        let counts = (sent.iter()).filter(|(sql, _)| sql.contains(table) && sql.contains(order));
        counts.map(|(_, count)| count).sum()
    };
    let asked = || (asked("changed_position", " ASC"), asked("api_tokens", ""));
    let mut tells = async |words: &str| {
        eve.writes(&case, words).await;
        for stream in &mut streams {
            stream.says("entry").await;
            stream.says("case").await;
        }
    };
    // Their beginnings may be looked for one by one.
    tells("To each of you.").await;
    let before = asked();
    let watching = watch();
    tells("To all of you.").await;
    drop(watching);
    let after = asked();
    let (news, people) = (after.0 - before.0, after.1 - before.1);
    assert!((1..STREAMS).contains(&news), "looked {news} times for news");
    // Eve has shown her token, too.
    assert!(
        (1..STREAMS).contains(&people),
        "asked {people} times for tokens"
    );
}

/// A server that does not know how many rows are wanted believes that more processes find them sooner.
async fn no_processes_are_started_for_a_list(desk: Desk) {
    let plan = desk.db().read(|conn| -> Result<String, DbError> {
        let Conn::Postgres(conn) = conn else {
            return Ok(String::new());
        };
        conn.batch_execute(
            "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; \
             SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL min_parallel_index_scan_size = 0; SET LOCAL enable_seqscan = on",
        )?;
        let explain = sql_query("EXPLAIN SELECT id FROM cases ORDER BY description");
        let lines = explain.load::<PostgresPlan>(conn)?;
        Ok(lines.into_iter().map(|row| row.line + "\n").collect())
    });
    let plan = plan.await.expect("a plan");
    assert!(!plan.contains("Gather"), "{plan}");
    assert_eq!(plan.contains("Scan"), desk.backend() == Backend::Postgresql);
}

/// By statistics of a time when nothing waited, a server passed by all that waits for each notice that is due.
async fn a_look_finds_what_is_due_by_its_queue_after_an_outage(desk: Desk) {
    desk.person("dana").opens(high()).await;
    desk.mailbox().await;
    let then = desk.now() + TimeDelta::days(365);
    // A copy of a notice that was sent, each in a queue of its own.
    let copies = |how_many: usize, state: &str, at: String, delay: &str| {
        format!(
            "INSERT INTO notices (id, message_id, person_id, payload, next_attempt_at, queue, state, kind, case_id, thread, created_at) \
             SELECT gen_random_uuid(), '{state} {delay} ' || n, person_id, payload, '{at}'::timestamptz + interval '{delay}', \
             '{state} {delay} ' || n, '{state}', kind, case_id, thread, '{at}' \
             FROM (SELECT * FROM notices WHERE person_id IS NOT NULL LIMIT 1) AS one, generate_series(1, {how_many}) AS n;"
        )
    };
    let long_ago = (desk.now() - TimeDelta::days(1)).to_rfc3339();
    let waiting = copies(400, "waiting", then.to_rfc3339(), "0")
        + &copies(400, "waiting", then.to_rfc3339(), "1 hour");
    // It is looked for by what is known of a small outbox, and of a large one, in which nothing waits.
    for known in [10, 4_000] {
        let sent = copies(known, "sent", long_ago.clone(), "0");
        let waiting = waiting.clone();
        let found = desk.db().write(move |conn| -> Result<_, DbError> {
            let mut looks = |prepared: &str| {
                let Conn::Postgres(server) = &mut *conn else {
                    return Ok(None);
                };
                server.batch_execute(prepared)?;
                let read = "SELECT seq_tup_read + idx_tup_fetch AS rows FROM pg_stat_xact_user_tables WHERE relname = 'notices'";
                let before: Rows = sql_query(read).get_result(server)?;
                let due = notices::due(conn, false, 50, then + TimeDelta::days(1))?;
                let Conn::Postgres(server) = &mut *conn else {
                    return Ok(None);
                };
                let after: Rows = sql_query(read).get_result(server)?;
                Ok::<_, DbError>(Some((due.len(), after.rows - before.rows)))
            };
            looks(&format!("{sent} ANALYZE notices"))?;
            let found = looks(&waiting)?;
            looks("DELETE FROM notices WHERE message_id = queue")?;
            Ok(found)
        });
        let found = found.await.expect("a look");
        assert_eq!(found.is_some(), desk.backend() == Backend::Postgresql);
        if let Some((due, read)) = found {
            assert_eq!(due, 100);
            assert!(read < 1_000, "{read} rows were read for {due} that are due");
        }
    }
}
