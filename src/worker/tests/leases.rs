//! Several processes over one outbox.

use chrono::TimeDelta;

use super::on_each_database;
use crate::db::{Conn, DbError};
use crate::domain::notice::NoticeState::{Sent, Waiting};
use crate::mail::transport::SendError;
use crate::store::notices::{self, Lease};
use crate::worker::Sending;

on_each_database! {
    async fn what_one_claimed_another_leaves_alone(desk: Desk) {
        desk.opens_case().await;
        let now = desk.now();
        let until = now + TimeDelta::minutes(15);
        let claim = desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(notices::claim(conn, Lease { holder: "died", until }, "desk.example", 8, now)?)
        }).await;
        assert_eq!(claim.notices.len(), 1);
        assert_eq!(desk.step().await, Sending::default());
        desk.clock.set(until - TimeDelta::microseconds(1));
        assert_eq!(desk.step().await, Sending::default());

        // Its holder died; at the end of the lease somebody else takes over, under the same message id.
        desk.clock.set(until);
        assert_eq!(desk.step().await.sent, 1);
        let notice = desk.notices().await.remove(0);
        assert_eq!((notice.state, notice.attempts), (Sent, 2));
        let letter = super::desk::text(&desk.memory.letters()[0]);
        assert!(letter.contains(&format!("Message-ID: <{}@desk.example>", notice.id)), "{letter}");
    }

    async fn who_lost_the_lease_has_no_say_but_that_it_was_sent(desk: Desk) {
        desk.opens_case().await;
        let (now, id) = (desk.now(), desk.notices().await[0].id);
        let late = desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
            notices::claim(conn, Lease { holder: "slow", until: now }, "h", 8, now)?;
            notices::claim(conn, Lease { holder: "quick", until: now + TimeDelta::minutes(1) }, "h", 8, now)?;
            Ok((
                notices::mark_failed(conn, id, "slow", "x")?,
                notices::put_off(conn, id, "slow", now, "x")?,
                notices::mark_withheld(conn, id, "slow", "x")?,
                notices::release(conn, "slow")?,
                notices::mark_sent(conn, id, now)?,
                notices::mark_failed(conn, id, "quick", "x")?,
            ))
        }).await;
        assert_eq!(late, (false, false, false, 0, true, false));
        assert_eq!(desk.states().await, [Sent]);
    }

    async fn what_is_given_back_was_never_claimed(desk: Desk) {
        desk.opens_case().await;
        let now = desk.now();
        desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
            notices::claim(conn, Lease { holder: "stopping", until: now + TimeDelta::hours(1) }, "h", 8, now)?;
            Ok(notices::release(conn, "stopping")?)
        }).await;
        let notice = desk.notices().await.remove(0);
        assert_eq!((notice.state, notice.attempts), (Waiting, 0));
        assert_eq!(desk.step().await.sent, 1);
    }

    async fn several_workers_share_the_work_without_sending_twice(desk: Desk) {
        for _ in 0..24 {
            desk.opens_case().await;
        }
        let workers = [desk.another_outbox(), desk.another_outbox(), desk.another_outbox()];
        let now = desk.now();
        let mut sent = 0;
        while sent < 24 {
            let [a, b, c] = &workers;
            let (a, b, c) = tokio::join!(a.step(now), b.step(now), c.step(now));
            let step = [a.unwrap(), b.unwrap(), c.unwrap()];
            sent += step.iter().map(|sending| sending.sent).sum::<usize>();
            assert!(step.iter().any(|sending| sending.claimed > 0), "somebody gets on: {step:?}");
        }
        let mut ids: Vec<_> = desk.memory.letters().iter().map(crate::mail::message::Letter::id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((desk.memory.letters().len(), ids.len()), (24, 24));
    }

    async fn no_transaction_is_open_while_a_letter_is_under_way(desk: Desk) {
        desk.opens_case().await;
        desk.memory.fall_silent();
        let (outbox, now) = (desk.outbox.clone(), desk.now());
        let sending = tokio::spawn(async move { outbox.step(now).await });
        // The desk goes on: other writes and other workers.
        while desk.notices().await[0].attempts == 0 {
            tokio::task::yield_now().await;
        }
        desk.opens_case().await;
        assert_eq!(desk.another_outbox().step(now).await.unwrap().sent, 1);
        sending.abort();
        let _ = sending.await;
        assert_eq!(desk.outbox.release().await.unwrap(), 1);
        desk.memory.refuse(SendError::Temporary("x".to_owned()));
        assert_eq!(desk.step().await.put_off, 1);
    }
}
