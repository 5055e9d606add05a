//! What is to happen at its time happens once (M7, M8, M12), though processes are killed whenever it does.
//!
//! `CASEBELL_TEST_KILLS=200 cargo test --release --test it -- timers` kills two hundred times on each database.

use std::collections::BTreeMap;
use std::time::Duration;

use casebell::clock::Clock;
use casebell::db::schema::{callbacks, escalation_targets, next_steps, notices};
use casebell::db::sql_types::{At, Json};
use casebell::db::{Conn, Db, DbError};
use casebell::domain::Instant;
use casebell::domain::callback::State;
use casebell::domain::ids::{CaseId, EscalationId, PersonId, TargetId};
use casebell::domain::notice::{NoticeKind, Payload};
use chrono::TimeDelta;
use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::kills::kills;
use crate::support::database::Backend;
use crate::support::desk::runtime;
use crate::support::invariants;
use crate::support::person::high;
use crate::support::say;
use crate::support::servers::Servers;
use crate::support::waiting::until;

/// Escalations whose targets fall due before each kill.
const ESCALATIONS: usize = 4;
/// How long it takes until all of a round has fallen due, and so when somebody is killed at the latest.
const ROUND: i64 = 1500;

/// What was made to fall due.
#[derive(Default)]
struct Armed {
    targets: usize,
    begun: usize,
    over: usize,
    promises: usize,
}

impl Armed {
    fn add(&mut self, more: &Self) {
        self.targets += more.targets;
        self.begun += more.begun;
        self.over += more.over;
        self.promises += more.promises;
    }
}

/// Some time in this round.
fn soon() -> Instant {
    Clock::System.now() + TimeDelta::milliseconds(rand::random_range(0..ROUND))
}

/// A customer escalates, asks for a call and is promised something.
async fn comes_about(servers: &Servers) {
    let mut medium = high().json();
    medium["priority"] = json!("medium");
    let escalation = json!({
        "reason": "no_update", "details": "Nobody answers.", "acknowledgements": [],
        "answers": { "business_impact": "All of it", "ongoing": true },
    });
    let later = |hours| (Clock::System.now() + TimeDelta::hours(hours)).to_rfc3339();
    for number in 0..ESCALATIONS {
        let post = async |who: &str, path: &str, body: Value| {
            servers.asks(who, Method::POST, path, body).await
        };
        let case = post("dana", "/cases", medium.clone()).await;
        let case = format!("/cases/{}", case["number"].as_str().expect("a number"));
        let path = format!("{case}/escalations");
        let escalated = post("dana", &path, escalation.clone()).await;
        if number == 0 {
            let number = escalated["number"].as_str().expect("a number");
            let window =
                json!({ "from": later(1), "until": later(2), "time_zone": "Europe/Berlin" });
            let call = json!({ "phone": "+49 30 5550100", "window": window });
            post("dana", &format!("/escalations/{number}/callbacks"), call).await;
            let step = json!({ "what": "Capture", "who": "Eve Hart", "due_at": later(1) });
            post("eve", &format!("{case}/next-steps"), step).await;
        }
    }
}

/// All that came about falls due in this round: in each second one it is the end of a call, of which they were reminded.
fn falls_due(conn: &mut Conn, round: usize) -> QueryResult<Armed> {
    let now = Clock::System.now();
    let (long_ago, is_coming) = (
        At(now - TimeDelta::hours(9)),
        At(now + TimeDelta::minutes(5)),
    );
    let mut armed = Armed::default();
    let targets: Vec<TargetId> = escalation_targets::table
        .filter(escalation_targets::steps_given.eq(0))
        .select(escalation_targets::id)
        .load(conn)?;
    armed.targets = targets.len();
    for target in targets {
        let due_at = soon();
        let this = escalation_targets::table.filter(escalation_targets::id.eq(target));
        // The reminder is over.
        diesel::update(this)
            .set((
                escalation_targets::started_at.eq(long_ago),
                escalation_targets::reckoned_at.eq(long_ago),
                escalation_targets::due_at.eq(At(due_at)),
                escalation_targets::alarm_at.eq(Some(At(due_at))),
                escalation_targets::steps_given.eq(1),
            ))
            .execute(conn)?;
    }
    let calls = callbacks::table.filter(callbacks::begins_at.gt(is_coming));
    let (begins, ends) = (callbacks::begins_at, callbacks::ends_at);
    if round.is_multiple_of(2) {
        let begin = begins.eq(At(soon()));
        armed.begun = diesel::update(calls).set(begin).execute(conn)?;
    } else {
        let reminded = callbacks::reminded_at.eq(Some(long_ago));
        let end = (begins.eq(long_ago), ends.eq(At(soon())), reminded);
        armed.over = diesel::update(calls).set(end).execute(conn)?;
    }
    let promised = next_steps::table.filter(next_steps::due_at.gt(is_coming));
    armed.promises = diesel::update(promised)
        .set(next_steps::due_at.eq(At(soon())))
        .execute(conn)?;
    Ok(armed)
}

/// How much was due and has not happened.
fn left_to_do(conn: &mut Conn) -> QueryResult<i64> {
    let now = At(Clock::System.now());
    let targets: i64 = escalation_targets::table
        .filter(escalation_targets::alarm_at.le(now))
        .count()
        .get_result(conn)?;
    let calls: i64 = callbacks::table
        .filter(callbacks::state.eq(State::Requested))
        .filter(
            (callbacks::begins_at
                .le(now)
                .and(callbacks::reminded_at.is_null()))
            .or(callbacks::ends_at.le(now)),
        )
        .count()
        .get_result(conn)?;
    let promises: i64 = next_steps::table
        .filter(next_steps::lapse_told_at.is_null())
        .filter(next_steps::due_at.le(now))
        .count()
        .get_result(conn)?;
    Ok(targets + calls + promises)
}

/// Everything happened, and nothing twice.
fn happened_once(conn: &mut Conn, armed: &Armed) {
    // Each step of a ladder that is taken counts the row's version.
    let targets: Vec<(TargetId, i64, i64)> = escalation_targets::table
        .select((
            escalation_targets::id,
            escalation_targets::steps_given,
            escalation_targets::version,
        ))
        .load(conn)
        .expect("targets");
    assert_eq!(targets.len(), armed.targets);
    for (target, given, version) in &targets {
        assert_eq!((*given, *version), (2, 2), "{target}");
    }
    type Row = (
        NoticeKind,
        Option<PersonId>,
        Option<CaseId>,
        Option<EscalationId>,
        Json<Payload>,
    );
    let told: Vec<Row> = notices::table
        .select((
            notices::kind,
            notices::person_id,
            notices::case_id,
            notices::escalation_id,
            notices::payload,
        ))
        .load(conn)
        .expect("notices");
    let mut of_targets: BTreeMap<TargetId, BTreeMap<PersonId, usize>> = BTreeMap::new();
    let mut others: BTreeMap<_, usize> = BTreeMap::new();
    for (kind, person, case, escalation, payload) in told {
        let person = person.expect("somebody");
        for target in payload.0.targets() {
            let people = of_targets.entry(target).or_default();
            *people.entry(person).or_default() += 1;
        }
        let by_the_clock = matches!(
            kind,
            NoticeKind::CallbackDue | NoticeKind::CallbackMissed | NoticeKind::StepMissed
        );
        if by_the_clock {
            *others
                .entry((kind.to_string(), case, escalation, person))
                .or_default() += 1;
        }
    }
    // Nobody is on duty, so that all four who review are told of each.
    assert_eq!(of_targets.len(), armed.targets, "what somebody was told of");
    for (target, people) in &of_targets {
        assert_eq!(
            Vec::from_iter(people.values()),
            [&1; 4],
            "{target}: {people:?}"
        );
    }
    assert!(others.values().all(|count| *count == 1), "{others:?}");
    let told_of = |what: NoticeKind| {
        let things = others.keys().filter(|(kind, ..)| *kind == what.to_string());
        let things = things.map(|(_, case, escalation, _)| (*case, *escalation));
        things.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(told_of(NoticeKind::CallbackDue), armed.begun);
    assert_eq!(told_of(NoticeKind::CallbackMissed), armed.over);
    assert_eq!(told_of(NoticeKind::StepMissed), armed.promises);
}

/// Kills one of so many processes in each round.
fn are_killed(backend: Backend, processes: usize) {
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let mut servers = Servers::start(backend, processes).await;
        let (mut armed, mut caught) = (Armed::default(), 0);
        let medium = |kind: &str| json!({ "kind": kind, "priority": "medium", "minutes": 600, "clock": "elapsed" });
        let items = json!({ "items": [medium("claim"), medium("first_reply")] });
        servers.asks("ada", Method::PATCH, "/targets", items).await;
        let rounds = kills(3);
        let db = Db::open_as_it_is(&servers.database.location).expect("it is there");
        for round in 0..rounds {
            comes_about(&servers).await;
            let due = db.write(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(falls_due(conn, round)?)
            });
            armed.add(&due.await.expect("it falls due"));
            let whenever = rand::random_range(0..u64::try_from(ROUND).expect("positive"));
            tokio::time::sleep(Duration::from_millis(whenever)).await;
            let killed = rand::random_range(0..processes);
            servers.replaces_killed(killed, |database| {
                let left = left_to_do(&mut database.connect()).expect("rows");
                caught += usize::from(left > 0);
            });
        }
        until("all that was due has happened", async || {
            // The last of it falls due a moment later.
            tokio::time::sleep(Duration::from_millis(ROUND.unsigned_abs())).await;
            left_to_do(&mut servers.database.connect()).expect("rows") == 0
        })
        .await;
        drop(db);
        let database = servers.stop();
        happened_once(&mut database.connect(), &armed);
        invariants::check(&database, false);
        say(&format!(
            "{rounds} kills of {processes} process(es) on {backend:?}: {} targets, {} calls and {} promises fell due, each was told once; \
             {caught} kills came while something was due",
            armed.targets, armed.begun + armed.over, armed.promises
        ));
    });
}

#[test]
fn of_two_processes_one_is_killed_whenever_something_is_due_on_postgresql() {
    are_killed(Backend::Postgresql, 2);
}

#[test]
fn the_process_is_killed_whenever_something_is_due_on_sqlite() {
    are_killed(Backend::Sqlite, 1);
}
