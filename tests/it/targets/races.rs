//! Targets are kept, told of and reckoned anew at the same time, by several processes (M8).

use std::sync::mpsc;

use casebell::db::{Conn, Db, DbError};
use casebell::domain::Instant;
use casebell::domain::case::Priority;
use casebell::domain::duty::{Assignment, Roster, Shift, Weekday};
use casebell::domain::feed::Visibility;
use casebell::domain::ids::{CaseRef, EscalationId, EscalationRef};
use casebell::domain::target::TargetKind;
use casebell::input::{Errors, read};
use casebell::store::targets::{self, Target};
use casebell::store::{duty, target_rules};
use casebell::worker::{Calls, Targets, Warnings};
use casebell::workflow::callback::{self, AskCallback};
use casebell::workflow::feed::{PostOnEscalation, post_on_escalation};
use casebell::workflow::review_escalation::{AcceptEscalation, Verb};
use casebell::workflow::submit_escalation::submit_escalation;
use casebell::workflow::target_rules::{SetLadder, SetTargets, set_ladder, set_targets};
use casebell::workflow::{Actor, VerbError};
use chrono::TimeDelta;
use serde_json::json;
use tokio::task::JoinHandle;

use super::many::{escalated, opened, submission};
use crate::support::database::{Backend, on_both_databases};
use crate::support::job_desk::JobDesk;
use crate::support::waiting::until;

on_both_databases! { JobDesk:
    what_starts_while_the_rules_change_goes_by_the_new_ones,
    everybody_at_once_is_right_in_the_end,
    calls_and_warnings_are_seen_to_once_as_well,
}

/// A transaction of Olga's that goes on until it is let go.
struct Held {
    going_on: JoinHandle<()>,
    let_go: mpsc::Sender<()>,
}

impl Held {
    /// Olga writes on an escalation.
    async fn writes(desk: &JobDesk, escalation: EscalationId, visibility: Visibility) -> Self {
        let (written, mut is_written) = tokio::sync::mpsc::unbounded_channel();
        let (let_go, gone) = mpsc::channel();
        let (db, olga, now) = (desk.db.clone(), desk.olga.clone(), desk.now());
        let going_on = tokio::spawn(async move {
            let entry = entry(visibility);
            let write = move |conn: &mut Conn| -> Result<(), VerbError> {
                let on = EscalationRef::Id(escalation);
                post_on_escalation(conn, &olga, &on, &entry, now)?;
                let _ = written.send(());
                // If it is repeated, nobody is there any more to wait for.
                let _ = gone.recv();
                Ok(())
            };
            db.write(write).await.unwrap();
        });
        is_written.recv().await.unwrap();
        Self { going_on, let_go }
    }

    async fn ends(self) {
        drop(self.let_go);
        self.going_on.await.unwrap();
    }
}

fn entry(visibility: Visibility) -> PostOnEscalation {
    PostOnEscalation {
        body: "We are looking.".parse().unwrap(),
        visibility: Some(visibility),
        awaits_reply: None,
        attachments: None,
        undoable: None,
    }
}

/// A rule of the table, as an administrator would write it.
fn rule(minutes: i64) -> SetTargets {
    let update = json!({"kind": "update", "rank": 1, "minutes": minutes, "clock": "elapsed"});
    read(&json!({ "items": [update] }), Errors::default()).unwrap()
}

async fn accepted(desk: &JobDesk, escalation: EscalationId) {
    desk.claims(escalation).await;
    let accept = json!({
        "importance": "high", "urgency": "high", "reply": "We are on it.",
        "next_steps": [{"what": "Capture", "who": "Sam Reed", "due_at": desk.now() + TimeDelta::days(9)}],
    });
    let accept: AcceptEscalation = read(&accept, Errors::default()).unwrap();
    let (olga, now) = (desk.olga.clone(), desk.now());
    desk.write(move |conn: &mut Conn| {
        let verb = Verb {
            actor: &olga,
            escalation: &EscalationRef::Id(escalation),
            expected: None,
            now,
        };
        verb.accept(conn, &accept)
    })
    .await;
}

async fn update_of(desk: &JobDesk, escalation: EscalationId) -> Target {
    let newest = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(targets::newest_of(conn, &[escalation])?)
        })
        .await;
    let mut updates = newest.into_iter();
    updates.find(|one| one.kind == TargetKind::Update).unwrap()
}

async fn what_starts_while_the_rules_change_goes_by_the_new_ones(desk: JobDesk) {
    let escalation = escalated(&desk, 1).await[0];
    accepted(&desk, escalation).await;
    let held = Held::writes(&desk, escalation, Visibility::Public).await;
    let (db, now) = (desk.db.clone(), desk.now());
    let change = move |conn: &mut Conn| set_targets(conn, None, None, &rule(90), now);
    let changing = tokio::spawn(async move { db.write(change).await });
    // It is through, or it waits for whoever writes.
    let waits = "SELECT 'it waits' AS text FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("the change is under way", async || {
        let is_behind = !desk.is_shared() || !desk.database().texts(waits).is_empty();
        is_behind || changing.is_finished()
    })
    .await;
    held.ends().await;
    changing.await.unwrap().unwrap();
    let update = update_of(&desk, escalation).await;
    assert_eq!(update.minutes, 90);
    assert_eq!(update.due_at, now + TimeDelta::minutes(90));
}

/// On a server: the embedded database has one writer at a time.
#[test]
fn whoever_tells_waits_for_nobody_who_writes() {
    JobDesk::for_story(Backend::Postgresql, async |desk: JobDesk| {
        let two = escalated(&desk, 2).await;
        let targets = Targets::new(desk.another_process());
        let mut seen = 0;
        desk.told(&mut seen).await;
        // The cases are not changed meanwhile, but told of.
        let held = Held::writes(&desk, two[0], Visibility::Internal).await;
        desk.clock.advance(TimeDelta::minutes(30));
        let told = targets.step(desk.now()).await.unwrap();
        assert_eq!((told.fired, told.told), (2, 1));
        held.ends().await;
        desk.clock.advance(TimeDelta::minutes(89));
        targets.step(desk.now()).await.unwrap();
        // What is about to be met is passed over, until it is known whether it is.
        let held = Held::writes(&desk, two[0], Visibility::Public).await;
        desk.clock.advance(TimeDelta::minutes(1));
        assert_eq!(targets.step(desk.now()).await.unwrap().fired, 1);
        held.ends().await;
        assert_eq!(targets.step(desk.now()).await.unwrap().fired, 0);
        // One at a time tells, so that what concerns one person is one notice.
        desk.told(&mut seen).await;
    });
}

/// Words on an escalation, one after the other.
async fn writes_much(db: Db, olga: Actor, on: EscalationId, now: Instant) {
    for _ in 0..10 {
        let (olga, entry) = (olga.clone(), entry(Visibility::Public));
        let write = move |conn: &mut Conn| {
            post_on_escalation(conn, &olga, &EscalationRef::Id(on), &entry, now)
        };
        db.write(write).await.unwrap();
    }
}

async fn everybody_at_once_is_right_in_the_end(desk: JobDesk) {
    let cases = opened(&desk, Priority::High, 12).await;
    let some = escalated(&desk, 6).await;
    for escalation in &some {
        accepted(&desk, *escalation).await;
    }
    let always = Shift {
        person: desk.olga.id(),
        days: Weekday::ALL.to_vec(),
        from: "00:00".parse().unwrap(),
        until: "24:00".parse().unwrap(),
        time_zone: chrono_tz::UTC,
    };
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        let roster = Roster {
            shifts: vec![always.clone()],
            absences: Vec::new(),
        };
        let (_, version) = duty::assignment(conn)?;
        assert!(duty::replace(conn, version, Assignment::Rotation, &roster)?);
        Ok(())
    })
    .await;
    let (here, there, now) = (desk.db.clone(), desk.another_process(), desk.now());
    let mut everybody = tokio::task::JoinSet::new();
    for (index, escalation) in some.iter().copied().enumerate() {
        let db = [&here, &there][index % 2].clone();
        everybody.spawn(writes_much(db, desk.olga.clone(), escalation, now));
    }
    for (db, half) in [&here, &there].into_iter().zip(cases.chunks(6)) {
        let (db, dana, half) = (db.clone(), desk.dana.clone(), half.to_vec());
        everybody.spawn(async move {
            for case in half {
                let (dana, submit) = (dana.clone(), submission());
                let submit = move |conn: &mut Conn| {
                    submit_escalation(conn, &dana, &CaseRef::Id(case), &submit, now)
                };
                db.write(submit).await.unwrap();
            }
        });
    }
    for db in [&here, &there] {
        let targets = Targets::new(db.clone());
        everybody.spawn(async move {
            for minutes in 0..20 {
                let later = now + TimeDelta::minutes(90 + 8 * minutes);
                targets.step(later).await.unwrap();
            }
        });
    }
    let (rules, ladders) = (here.clone(), there.clone());
    everybody.spawn(async move {
        for minutes in 0..12 {
            let set =
                move |conn: &mut Conn| set_targets(conn, None, None, &rule(100 + minutes), now);
            rules.write(set).await.unwrap();
        }
    });
    everybody.spawn(async move {
        for minutes in 1..12 {
            let ladder = json!({ "remind_before_minutes": minutes });
            let set = move |conn: &mut Conn| {
                let ladder: SetLadder = read(&ladder, Errors::default()).unwrap();
                set_ladder(conn, None, None, &ladder, now)
            };
            ladders.write(set).await.unwrap();
        }
    });
    while let Some(ended) = everybody.join_next().await {
        ended.unwrap();
    }
    let (table, ladder, running) = desk
        .write(|conn: &mut Conn| -> Result<_, DbError> {
            let (table, ladder) = (target_rules::table(conn)?, target_rules::ladder(conn)?.0);
            Ok((table, ladder, targets::running(conn)?))
        })
        .await;
    assert_eq!(ladder.remind_before_minutes(), Some(11));
    // Olga owns what was submitted, so that only its first reply is owed; of the others an update.
    assert_eq!(running.len(), 6 + 12);
    for one in running {
        let target = &one.target;
        let rank = one.rank.and_then(|rank| u8::try_from(rank).ok());
        let allowed = table.allowed(target.kind, one.priority.unwrap(), rank);
        assert_eq!(Some(target.allowance()), allowed, "{target:?}");
        let due_at = target.started_at + TimeDelta::minutes(target.minutes);
        assert_eq!(target.due_at, due_at);
        let next = ladder.next_at(target.timing(), target.given());
        assert_eq!(target.alarm_at, next, "{target:?}");
    }
    nobody_waited_in_a_circle(desk, (here, there)).await;
}

/// On a server, which gives up one of those who do after a second: the other goes on, and it begins anew.
async fn nobody_waited_in_a_circle(desk: JobDesk, processes: (Db, Db)) {
    if !desk.is_shared() {
        return;
    }
    drop(processes);
    let database = desk.closes();
    // A connection tells of what happened to it when it ends.
    let others = "SELECT application_name AS text FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    until("everybody has gone home", async || {
        database.texts(others).is_empty()
    })
    .await;
    let circles = "SELECT CAST(deadlocks AS text) AS text FROM pg_stat_database \
        WHERE datname = current_database()";
    assert_eq!(database.texts(circles), ["0"]);
}

async fn calls_and_warnings_are_seen_to_once_as_well(desk: JobDesk) {
    let escalation = escalated(&desk, 1).await[0];
    desk.opens_case().await;
    let now = desk.now();
    let window = json!({
        "from": now + TimeDelta::hours(1), "until": now + TimeDelta::hours(2), "time_zone": "Europe/Berlin",
    });
    let asked = json!({ "phone": "+49 30 5550100", "window": window });
    let asked: AskCallback = read(&asked, Errors::default()).unwrap();
    let dana = desk.dana.clone();
    desk.write(move |conn: &mut Conn| {
        callback::ask(conn, &dana, &EscalationRef::Id(escalation), &asked, now)
    })
    .await;
    let mut seen = 0;
    desk.told(&mut seen).await;
    let there = desk.another_process();
    let calls = [&desk.db, &there].map(|db| Calls::new(db.clone()));
    for expected in [(1, 0), (0, 1)] {
        desk.clock.advance(TimeDelta::hours(1));
        let now = desk.now();
        let (a, b) = tokio::join!(calls[0].step(now), calls[1].step(now));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!((a.begun + b.begun, a.missed + b.missed), expected);
    }
    // Olga reviews; the call was Dana's.
    let told = desk.told(&mut seen).await;
    let expected = [
        "callback_due to Olga",
        "callback_missed to Dana",
        "callback_missed to Olga",
    ];
    assert_eq!(told, expected);
    // It is Wednesday afternoon, and the case becomes eligible on Thursday morning.
    desk.clock.advance(TimeDelta::hours(5));
    let now = desk.now();
    let (here, there) = (Warnings::new(desk.db.clone()), Warnings::new(there));
    let (a, b) = tokio::join!(here.step(now), there.step(now));
    assert_eq!(a.unwrap().told + b.unwrap().told, 1);
    assert_eq!(desk.told(&mut seen).await, ["radar_warning to Sam"]);
}
