//! Several processes over one outbox.

use std::time::Duration;

use casebell::db::{Conn, DbError};
use casebell::domain::Instant;
use casebell::domain::notice::Fault;
use casebell::domain::notice::NoticeState::{Sent, Waiting};
use casebell::mail::transport::SendError;
use casebell::store::notices::{self, Addressed, Lease, Unsent, Why};
use casebell::worker::{Driver, Rhythm, Sending};
use chrono::TimeDelta;
use diesel::QueryResult;

use crate::support::database::on_both_databases;
use crate::support::job_desk::{JobDesk, text};

/// What somebody called `holder` gets of what is due.
fn claim(
    conn: &mut Conn,
    holder: &str,
    until: Instant,
    now: Instant,
) -> QueryResult<Vec<Addressed>> {
    let due = notices::due(conn, false, 8, now)?;
    notices::claim(conn, Lease { holder, until }, "desk.example", &[due], now)
}

on_both_databases!(
    JobDesk: what_one_claimed_another_leaves_alone,
    what_was_seen_a_while_ago_overtakes_nothing,
    what_is_held_is_held_for_as_long_as_its_holder_lives,
    what_is_under_way_is_held_for_longer,
    what_a_dead_process_held_is_free_for_the_next_one_at_once,
    who_lost_the_lease_has_no_say_but_that_it_was_sent,
    what_is_given_back_was_never_claimed,
    several_workers_share_the_work_without_sending_twice,
    no_transaction_is_open_while_a_letter_is_under_way,
);

async fn what_one_claimed_another_leaves_alone(desk: JobDesk) {
    desk.opens_case().await;
    let now = desk.now();
    let until = now + TimeDelta::seconds(45);
    let claimed = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(claim(conn, "died", until, now)?)
        })
        .await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(desk.step().await, Sending::default());
    desk.clock.set(until - TimeDelta::microseconds(1));
    assert_eq!(desk.step().await, Sending::default());

    // Its holder died; at the end of the lease somebody else takes over, under the same message id.
    desk.clock.set(until);
    assert_eq!(desk.step().await.sent, 1);
    let notice = desk.notices().await.remove(0);
    assert_eq!((notice.state, notice.attempts), (Sent, 2));
    let letter = text(&desk.memory.letters()[0]);
    assert!(
        letter.contains(&format!("Message-ID: <{}@desk.example>", notice.id)),
        "{letter}"
    );
}

async fn what_was_seen_a_while_ago_overtakes_nothing(desk: JobDesk) {
    for _ in 0..3 {
        desk.opens_case().await;
        desk.clock.advance(TimeDelta::seconds(1));
    }
    let (now, until) = (desk.now(), desk.now() + TimeDelta::seconds(45));
    let seen = desk
        .write(move |conn: &mut Conn| Ok::<_, DbError>(notices::due(conn, false, 8, now)?))
        .await;
    assert_eq!(seen.len(), 3);
    // The first is refused for now, and the others stand behind it, when it is due again too.
    desk.memory
        .refuse(SendError::new(Fault::RecipientDeferred, "busy"));
    assert_eq!(desk.step().await.put_off, 1);
    let due_again = desk.notice(seen[0].id).await.next_attempt_at;
    for at in [now, due_again] {
        let behind = vec![seen[1..].to_vec()];
        let claimed = desk
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                let holder = "late";
                Ok(notices::claim(
                    conn,
                    Lease { holder, until },
                    "desk.example",
                    &behind,
                    at,
                )?)
            })
            .await;
        assert_eq!(claimed.len(), 0, "at {at}");
    }
    desk.clock.set(due_again);
    assert_eq!(desk.step().await.sent, 3);
}

async fn what_is_held_is_held_for_as_long_as_its_holder_lives(desk: JobDesk) {
    desk.opens_case().await;
    let now = desk.now();
    let later = now + TimeDelta::seconds(30);
    let lease = |holder, at| Lease {
        holder,
        until: at + TimeDelta::seconds(45),
    };
    let renewed = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            claim(conn, "slow", now + TimeDelta::seconds(45), now)?;
            Ok((
                notices::renew(conn, lease("slow", later))?,
                notices::renew(conn, lease("another", later))?,
            ))
        })
        .await;
    assert_eq!(renewed, (1, 0));
    desk.clock.set(now + TimeDelta::seconds(60));
    assert_eq!(desk.step().await, Sending::default());
    desk.clock.set(later + TimeDelta::seconds(45));
    assert_eq!(desk.step().await.sent, 1);
}

async fn what_is_under_way_is_held_for_longer(desk: JobDesk) {
    let case = desk.opens_case().await;
    desk.memory.fall_silent();
    let rhythm = Rhythm {
        every: Some(Duration::from_secs(3600)),
        grace: Duration::ZERO,
    };
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, rhythm);
    while desk.memory.tried() == 0 {
        tokio::task::yield_now().await;
    }
    desk.clock.advance(TimeDelta::seconds(30));
    // Sam's letter hangs. In the turn in which Dana gets hers, his is still held.
    desk.writes(&desk.sam, case, "We are looking.").await;
    desk.memory.has(1).await;
    while desk.states().await != [Waiting, Sent] {
        tokio::task::yield_now().await;
    }
    desk.clock.advance(TimeDelta::seconds(30));
    assert_eq!(
        desk.another_outbox().step(desk.now()).await.unwrap(),
        Sending::default()
    );
    driver.stop().await;
    assert_eq!(
        desk.another_outbox().step(desk.now()).await.unwrap().sent,
        1,
        "it was given back"
    );
}

async fn what_a_dead_process_held_is_free_for_the_next_one_at_once(desk: JobDesk) {
    desk.opens_case().await;
    let folder = tempfile::tempdir().unwrap();
    desk.memory.fall_silent();
    let (killed, now) = (desk.another_outbox().shown_in(folder.path()), desk.now());
    let sending = tokio::spawn(async move { killed.step(now).await });
    while desk.memory.tried() == 0 {
        tokio::task::yield_now().await;
    }
    let next = desk.another_outbox().shown_in(folder.path());
    assert_eq!(next.release_dead().await.unwrap(), 0, "it lives");
    assert_eq!(next.step(now).await.unwrap(), Sending::default());
    // With the process, the system takes away the lock by which it shows: here, with the last of its tasks.
    sending.abort();
    let _ = sending.await;
    let mut released = 0;
    while released == 0 {
        released = next.release_dead().await.unwrap();
        tokio::task::yield_now().await;
    }
    let sending = next.step(now).await.unwrap();
    assert_eq!((released, sending.sent), (1, 1), "{sending:?}");
}

async fn who_lost_the_lease_has_no_say_but_that_it_was_sent(desk: JobDesk) {
    desk.opens_case().await;
    let (now, id) = (desk.now(), desk.notices().await[0].id);
    let late = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            claim(conn, "slow", now, now)?;
            claim(conn, "quick", now + TimeDelta::minutes(1), now)?;
            let why = Why {
                fault: Some(Fault::NoAnswer),
                detail: "x".to_owned(),
            };
            let mut ends =
                |holder, unsent| notices::mark_unsent(conn, id, holder, unsent, &why, now);
            let late = (
                ends("slow", Unsent::Failed)?,
                ends(
                    "slow",
                    Unsent::PutOff {
                        next: now,
                        aside: false,
                    },
                )?,
                ends("slow", Unsent::Withheld)?,
            );
            Ok((
                late,
                notices::give_back(conn, &[id], "slow", None, None)?
                    + notices::release(conn, "slow")?,
                notices::mark_sent(conn, &[(id, now)])?,
                notices::mark_unsent(conn, id, "quick", Unsent::Failed, &why, now)?,
            ))
        })
        .await;
    assert_eq!(late, ((false, false, false), 0, 1, false));
    assert_eq!(desk.states().await, [Sent]);
}

async fn what_is_given_back_was_never_claimed(desk: JobDesk) {
    desk.opens_case().await;
    let now = desk.now();
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        claim(conn, "stopping", now + TimeDelta::hours(1), now)?;
        Ok(notices::release(conn, "stopping")?)
    })
    .await;
    let notice = desk.notices().await.remove(0);
    assert_eq!((notice.state, notice.attempts), (Waiting, 0));
    assert_eq!(desk.step().await.sent, 1);
}

async fn several_workers_share_the_work_without_sending_twice(desk: JobDesk) {
    for _ in 0..24 {
        desk.opens_case().await;
    }
    let workers = [
        desk.another_outbox(),
        desk.another_outbox(),
        desk.another_outbox(),
    ];
    let now = desk.now();
    let mut sent = 0;
    while sent < 24 {
        let [a, b, c] = &workers;
        let (a, b, c) = tokio::join!(a.step(now), b.step(now), c.step(now));
        let step = [a.unwrap(), b.unwrap(), c.unwrap()];
        sent += step.iter().map(|sending| sending.sent).sum::<usize>();
        assert!(
            step.iter().any(|sending| sending.claimed > 0),
            "somebody gets on: {step:?}"
        );
    }
    let ids: Vec<_> = desk
        .memory
        .letters()
        .iter()
        .map(casebell::mail::message::Letter::id)
        .collect();
    // All of them go to one person, who reads them in the order in which things happened.
    assert!(ids.is_sorted(), "{ids:?}");
    let mut once = ids.clone();
    once.dedup();
    assert_eq!((ids.len(), once.len()), (24, 24));
}

async fn no_transaction_is_open_while_a_letter_is_under_way(desk: JobDesk) {
    desk.opens_case().await;
    desk.memory.fall_silent();
    let (outbox, now) = (desk.outbox.clone(), desk.now());
    let sending = tokio::spawn(async move { outbox.step(now).await });
    // The desk goes on: other writes and other workers, but for what comes after it to the same person.
    while desk.memory.tried() == 0 {
        tokio::task::yield_now().await;
    }
    let case = desk.opens_case().await;
    desk.writes(&desk.sam, case, "We are looking.").await;
    assert_eq!(desk.another_outbox().step(now).await.unwrap().sent, 1);
    sending.abort();
    let _ = sending.await;
    assert_eq!(desk.outbox.release().await.unwrap(), 1);
    desk.memory.refuse(SendError::new(Fault::NoAnswer, "x"));
    let sending = desk.step().await;
    assert_eq!((sending.put_off, sending.sent), (1, 0));
}
