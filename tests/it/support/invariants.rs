//! What must hold in the database whatever happened.

use std::collections::BTreeMap;

use casebell::db::Conn;
use casebell::db::schema::{access_groups, articles, organizations, people, text_templates};
use casebell::domain::audit::Verdict;
use casebell::domain::eligibility::Policy;
use casebell::domain::notice::NoticeKind;
use casebell::domain::text::{person_sort_key, sort_key};
use casebell::store::audit::{contents, link_all_waiting, walk};
use casebell::words::audit::FIELDS;
use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryDsl, QueryResult, RunQueryDsl};
use serde_json::{Map, Value};

use super::database::{Backend, TestDatabase, texts};

/// Checks that nothing is out of order.
#[track_caller]
pub fn check(database: &TestDatabase, all_sent: bool) {
    let mut conn = database.connect();
    // Each query finds what must not be there.
    let mut rules = vec![
        (
            "one escalation is active on a case (E3)",
            "SELECT 'case with ' || count(*) AS text FROM escalations \
             WHERE state IN ('submitted', 'in_review', 'accepted') GROUP BY case_id HAVING count(*) > 1",
        ),
        (
            "every entry has its case, and an escalation's entry one of the same case (F1)",
            "SELECT f.feed || ' ' || f.kind AS text FROM feed_entries f \
             LEFT JOIN cases c ON c.id = f.case_id LEFT JOIN escalations e ON e.id = f.escalation_id \
             WHERE c.id IS NULL OR (f.escalation_id IS NOT NULL AND (e.id IS NULL OR e.case_id <> f.case_id)) \
                OR (f.feed = 'escalation' AND f.escalation_id IS NULL)",
        ),
        (
            "numbers are sequential (C1)",
            "SELECT 'cases up to ' || max(number) || ', ' || count(*) || ' of them' AS text FROM cases \
             HAVING count(*) > 0 AND max(number) <> count(*)",
        ),
        (
            "numbers are sequential (M1)",
            "SELECT 'escalations up to ' || max(number) || ', ' || count(*) || ' of them' AS text FROM escalations \
             HAVING count(*) > 0 AND max(number) <> count(*)",
        ),
        (
            "the last update by the provider is its newest public entry (C7)",
            "SELECT 'C-' || c.number AS text FROM cases c LEFT JOIN ( \
                 SELECT case_id, max(at) AS newest FROM feed_entries \
                 WHERE visibility = 'public' AND author_side = 'provider' AND kind <> 'mark' AND verdict IS NULL GROUP BY case_id) f \
             ON f.case_id = c.id WHERE c.last_provider_entry_at IS DISTINCT FROM f.newest",
        ),
        (
            "every case and escalation has audited events from its beginning (C8)",
            "SELECT 'C-' || c.number AS text FROM cases c \
             WHERE NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.case_id = c.id AND a.subject_id = c.id) \
             UNION ALL SELECT 'E-' || e.number AS text FROM escalations e \
             WHERE NOT EXISTS (SELECT 1 FROM audit_events a WHERE a.escalation_id = e.id AND a.subject_id = e.id)",
        ),
        (
            "each version of an escalation was audited (C8)",
            "SELECT 'E-' || e.number || ' at version ' || e.version AS text FROM escalations e \
             WHERE (SELECT count(*) FROM audit_events a WHERE a.subject_id = e.id) < e.version",
        ),
        (
            "each version of a callback was audited (C8, M12)",
            "SELECT 'a callback at version ' || c.version AS text FROM callbacks c \
             WHERE (SELECT count(*) FROM audit_events a WHERE a.subject_id = c.id) <> c.version",
        ),
        (
            "only an active escalation has calls to come (M12)",
            "SELECT 'E-' || e.number AS text FROM callbacks c JOIN escalations e ON e.id = c.escalation_id \
             WHERE c.state IN ('requested', 'taken') AND e.state NOT IN ('submitted', 'in_review', 'accepted')",
        ),
        (
            "places at tutorials are counted as they are given away, and no more than there are (H1)",
            "SELECT t.title AS text FROM tutorials t WHERE t.taken > t.places OR t.taken <> \
             (SELECT count(*) FROM tutorial_registrations r WHERE r.tutorial_id = t.id AND r.placed_at IS NOT NULL)",
        ),
        (
            "the words of an entry bear the letter of where it stands (F2, F3)",
            "SELECT f.feed || ' ' || f.visibility || ': ' || f.search_words AS text FROM feed_entries f \
             WHERE f.search_words <> '' AND substr(f.search_words, 1, 2) <> CASE \
                 WHEN f.feed = 'case' AND f.visibility = 'public' THEN 'p=' WHEN f.feed = 'case' THEN 'i=' \
                 WHEN f.visibility = 'public' THEN 'e=' ELSE 'n=' END",
        ),
        (
            "audited events say who it was",
            "SELECT kind AS text FROM audit_events WHERE actor_name = ''",
        ),
        (
            "what an escalation was accepted with is there (M3: everything or nothing)",
            "SELECT 'E-' || e.number AS text FROM escalations e WHERE NOT EXISTS ( \
                 SELECT 1 FROM feed_entries f WHERE f.escalation_id = e.id AND f.feed = 'escalation') \
             OR NOT EXISTS (SELECT 1 FROM feed_entries f WHERE f.escalation_id = e.id AND f.feed = 'case' AND f.kind = 'mark')",
        ),
        (
            "no notice is for its own cause, or for somebody without an address (N4)",
            "SELECT n.kind AS text FROM notices n JOIN people p ON p.id = n.person_id WHERE p.email_verified_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM clones c WHERE c.person_id = p.id) \
             AND n.kind NOT IN ('invitation', 'password_reset', 'access_granted', 'access_refused')",
        ),
    ];
    if all_sent {
        rules.push((
            "no notice is left unsent (N2)",
            "SELECT kind || ' ' || state || ' ' || coalesce(last_error, '') AS text FROM notices \
             WHERE state NOT IN ('sent', 'withheld')",
        ));
    }
    for (rule, query) in rules {
        let broken = texts(&mut conn, query);
        assert!(broken.is_empty(), "not in order: {rule}: {broken:#?}");
    }
    let misplaced = misplaced(&mut conn).expect("names are read");
    assert!(
        misplaced.is_empty(),
        "not in order: lists by name go by what each is called now: {misplaced:#?}"
    );
    let told = texts(
        &mut conn,
        "SELECT DISTINCT fields AS text FROM (SELECT \"before\" AS fields FROM audit_events \
         UNION ALL SELECT \"after\" FROM audit_events) told WHERE fields IS NOT NULL",
    );
    for fields in told {
        let fields: Map<String, Value> =
            serde_json::from_str(&fields).expect("the fields of an event");
        let unnamed: Vec<&String> = fields.keys().filter(|name| !has_words(name)).collect();
        assert!(
            unnamed.is_empty(),
            "not in order: every field of an audited event has a word for people: {unnamed:?}"
        );
    }
    // In one look at all of it: a server that runs links events meanwhile.
    let read = conn.transaction(|conn| -> QueryResult<_> {
        if matches!(conn, Conn::Postgres(_)) {
            conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
        }
        Ok((walk(conn)?, contents(conn)?))
    });
    let (chain, contents) = read.expect("the chain and what was said are read");
    assert!(
        matches!(chain, Verdict::Whole { .. }),
        "the chain of audited events is not whole (C8): {chain:?}"
    );
    assert_eq!(
        (contents.faults, contents.older),
        (Vec::new(), 0),
        "not in order: what was said is as it was recorded (C8)"
    );
}

/// What lists by name go by in rows that are called otherwise, with what it should be.
fn misplaced(conn: &mut Conn) -> QueryResult<Vec<(String, String)>> {
    let people: Vec<(String, String, String)> = people::table
        .select((people::sort_name, people::first_name, people::last_name))
        .load(conn)?;
    let people = people
        .into_iter()
        .map(|(key, first, last)| (key, person_sort_key(&first, &last)));
    let things: [Vec<(String, String)>; 4] = [
        organizations::table
            .select((organizations::sort_name, organizations::name))
            .load(conn)?,
        access_groups::table
            .select((access_groups::sort_name, access_groups::name))
            .load(conn)?,
        text_templates::table
            .select((text_templates::sort_name, text_templates::name))
            .load(conn)?,
        articles::table
            .select((articles::sort_title, articles::title))
            .load(conn)?,
    ];
    let things = things
        .into_iter()
        .flatten()
        .map(|(key, name)| (key, sort_key(&name)));
    Ok(people.chain(things).filter(|(is, be)| is != be).collect())
}

/// Whether people read a word for this field of an audited event, and not its bare name.
fn has_words(field: &str) -> bool {
    FIELDS.contains(&field) || Policy::KEYS.contains(&field) || NoticeKind::NAMES.contains(&field)
}

/// The content of every table: what a refused request must leave as it is. Audited events are sealed before, which is done behind the
/// commit that wrote them, and so is no work of the request.
pub fn rows(database: &TestDatabase, backend: Backend) -> BTreeMap<String, Vec<String>> {
    // These change with every look, by design, and the epoch of secrets with whatever a session is switched to.
    const QUIET: [&str; 3] = ["sign_in_attempts", "sessions", "secret_epochs"];
    let mut conn = database.connect();
    conn.transaction(link_all_waiting)
        .expect("events are sealed");
    let tables = match backend {
        Backend::Sqlite => {
            "SELECT name AS text FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
             AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'search\\_%' ESCAPE '\\'"
        }
        Backend::Postgresql => {
            "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%' \
             AND tablename NOT LIKE 'search\\_%'"
        }
    };
    let mut rows = BTreeMap::new();
    for table in texts(&mut conn, tables) {
        if QUIET.contains(&table.as_str()) {
            continue;
        }
        let row = match backend {
            Backend::Sqlite => {
                let columns = format!(
                    "SELECT 'quote(' || name || ')' AS text FROM pragma_table_info('{table}')"
                );
                texts(&mut conn, &columns).join(" || ',' || ")
            }
            Backend::Postgresql => "t::text".to_owned(),
        };
        let content = texts(
            &mut conn,
            &format!("SELECT {row} AS text FROM {table} t ORDER BY 1"),
        );
        rows.insert(table, content);
    }
    rows
}
