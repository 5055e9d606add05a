//! The driver, woken and stopped.

use std::time::Duration;

use casebell::db::DbError;
use casebell::domain::notice::Fault;
use casebell::domain::notice::NoticeState::{Sent, Waiting};
use casebell::mail::message::Letter;
use casebell::mail::transport::SendError;
use casebell::worker::{Driver, Rhythm};
use chrono::TimeDelta;

use crate::support::database::on_both_databases;
use crate::support::job_desk::JobDesk;

/// Nothing happens without being woken, and nobody waits at the end.
const STILL: Rhythm = Rhythm {
    every: Some(Duration::from_secs(3600)),
    grace: Duration::ZERO,
};

on_both_databases!(
    JobDesk: a_commit_wakes_it,
    what_it_commits_does_not_keep_it_awake,
    a_lapse_wakes_the_outbox,
    stopping_gives_back_what_is_under_way,
    it_says_how_the_jobs_fare,
    a_long_line_goes_in_its_order_though_one_of_it_is_put_off,
);

async fn a_commit_wakes_it(desk: JobDesk) {
    // What was handed over is marked before it stops.
    let rhythm = Rhythm {
        grace: Duration::from_secs(60),
        ..STILL
    };
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, rhythm);
    // It has looked, and found nothing to do.
    while !driver.status().contains_key("outbox") {
        tokio::task::yield_now().await;
    }
    desk.opens_case().await;
    desk.memory.has(1).await;
    desk.opens_case().await;
    desk.memory.has(2).await;
    driver.stop().await;
    assert_eq!(desk.states().await, [Sent, Sent]);
}

async fn what_it_commits_does_not_keep_it_awake(desk: JobDesk) {
    let rhythm = Rhythm {
        grace: Duration::from_secs(60),
        ..STILL
    };
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, rhythm);
    desk.opens_case().await;
    desk.memory.has(1).await;
    // By the second, all that came of the first is committed, and heard of.
    desk.opens_case().await;
    desk.memory.has(2).await;
    while desk.states().await != [Sent, Sent] {
        tokio::task::yield_now().await;
    }
    // What it does once at the beginning is done, too.
    while !driver.status().contains_key("housekeeping") {
        tokio::task::yield_now().await;
    }
    // What is committed is seen before it is heard of; once this is written, all before it is heard of.
    desk.write(|_| Ok::<_, DbError>(())).await;
    let mut changes = desk.db.changes();
    let quiet = tokio::time::timeout(Duration::from_millis(300), changes.changed()).await;
    assert!(
        quiet.is_err(),
        "a worker with nothing to do commits nothing"
    );
    driver.stop().await;
}

async fn a_lapse_wakes_the_outbox(desk: JobDesk) {
    let case = desk.opens_case().await;
    let due_at = desk.now() + TimeDelta::hours(1);
    desk.promises(case, due_at).await;
    desk.clock.set(due_at);
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, STILL);
    // The opening, the promise and its lapse.
    desk.memory.has(3).await;
    driver.stop().await;
}

async fn stopping_gives_back_what_is_under_way(desk: JobDesk) {
    desk.opens_case().await;
    desk.memory.fall_silent();
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, STILL);
    // Claimed, and on its way: what is only claimed has not yet met the silence.
    while desk.memory.tried() == 0 {
        tokio::task::yield_now().await;
    }
    driver.stop().await;
    let notice = desk.notices().await.remove(0);
    assert_eq!((notice.state, notice.attempts), (Waiting, 0));
    assert_eq!(desk.step().await.sent, 1);
}

async fn it_says_how_the_jobs_fare(desk: JobDesk) {
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, STILL);
    while driver.status().len() < 3 {
        tokio::task::yield_now().await;
    }
    for (job, status) in driver.status() {
        assert_eq!(
            (status.last_success, status.failing),
            (Some(desk.now()), None),
            "{job}"
        );
    }
    driver.stop().await;
}

/// Longer than the part of it that is under way at once: what comes behind was seen due when the first was.
async fn a_long_line_goes_in_its_order_though_one_of_it_is_put_off(desk: JobDesk) {
    const LINE: usize = 20;
    let case = desk.opens_case().await;
    for _ in 1..LINE {
        desk.clock.advance(TimeDelta::seconds(1));
        desk.opens_case().await;
    }
    desk.memory
        .refuse(SendError::new(Fault::RecipientDeferred, "busy"));
    let rhythm = Rhythm {
        grace: Duration::from_secs(60),
        ..STILL
    };
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, rhythm);
    while desk.notices().await[0].tried_at.is_none() {
        tokio::task::yield_now().await;
    }
    // Dana's letter is sent in a turn after that.
    desk.writes(&desk.sam, case, "We are looking.").await;
    desk.memory.has(1).await;
    let notices = desk.notices().await;
    let line = &notices[..LINE];
    assert!(line.iter().all(|notice| notice.state == Waiting));
    desk.clock.set(line[0].next_attempt_at);
    desk.writes(&desk.sam, case, "It is the trunk.").await;
    desk.memory.has(LINE + 2).await;
    driver.stop().await;
    let sent = desk.memory.letters();
    let sent = sent.iter().map(Letter::id);
    let in_line = sent.filter(|id| line.iter().any(|notice| notice.id == *id));
    assert!(in_line.eq(line.iter().map(|notice| notice.id)));
}
