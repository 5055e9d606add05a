//! Promises that lapse, and what expires.

use casebell::db::schema::{idempotency_keys, sessions, setup_links, sign_in_attempts};
use casebell::db::sql_types::At;
use casebell::db::{Conn, DbError};
use casebell::domain::case::StepState;
use casebell::domain::ids::{CaseRef, SessionId};
use casebell::domain::notice::Fault;
use casebell::domain::notice::{NoticeKind, NoticeState};
use casebell::input::Patch;
use casebell::mail::transport::SendError;
use casebell::store::promises;
use casebell::worker::{Housekeeping, Lapses, Steps};
use casebell::workflow::close_case::{self, CloseCase};
use casebell::workflow::promise::{self, SettleStep};
use chrono::TimeDelta;
use diesel::prelude::*;

use crate::support::database::on_both_databases;
use crate::support::job_desk::{JobDesk, text};

on_both_databases!(
    JobDesk: a_lapse_is_told_once_whoever_looks,
    a_closed_case_keeps_no_promises,
    what_expired_is_deleted_in_batches_and_nothing_else,
    sent_notices_are_kept_for_ninety_days_and_the_first_of_a_thread_for_as_long_as_it_goes_on,
);

async fn a_lapse_is_told_once_whoever_looks(desk: JobDesk) {
    let case = desk.opens_case().await;
    let due_at = desk.now() + TimeDelta::hours(4);
    let step = desk.promises(case, due_at).await;
    let mut seen = 0;
    desk.told(&mut seen).await;
    let (one, other) = (
        Steps::new(desk.db.clone()),
        Steps::new(desk.another_process()),
    );
    desk.clock.set(due_at - TimeDelta::microseconds(1));
    assert_eq!(one.step(desk.now()).await.unwrap(), Lapses::default());

    desk.clock.set(due_at);
    let now = desk.now();
    let (a, b) = tokio::join!(one.step(now), other.step(now));
    // The customer, and who was to do it (M7).
    assert_eq!(a.unwrap().told + b.unwrap().told, 2);
    assert_eq!(
        desk.told(&mut seen).await,
        ["step_missed to Dana", "step_missed to Sam"]
    );
    let state = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(promises::of_case(conn, case)?.remove(0).state)
        })
        .await;
    assert_eq!(state, StepState::Open);
    desk.clock.advance(TimeDelta::days(1));
    assert_eq!(one.step(desk.now()).await.unwrap(), Lapses::default());
    while desk.step().await.more {}
    let letters: Vec<String> = desk.memory.letters().iter().map(text).collect();
    let lapsed = letters
        .iter()
        .filter(|letter| letter.contains("nobody has said that it is done"));
    assert_eq!(lapsed.count(), 2, "{letters:?}");

    // Promised anew it can lapse anew.
    let (sam, again) = (desk.sam.clone(), desk.now() + TimeDelta::hours(1));
    let reason = "The capture came late.".parse().unwrap();
    let command = SettleStep {
        state: Patch::Keep,
        due_at: Patch::Set(again),
        reason: Patch::Set(Some(reason)),
    };
    let now = desk.now();
    desk.write(move |conn| promise::settle(conn, &sam, step, None, &command, now))
        .await;
    assert_eq!(desk.told(&mut seen).await, ["step_repromised to Dana"]);
    desk.clock.set(again);
    assert_eq!(
        one.step(desk.now()).await.unwrap(),
        Lapses {
            lapsed: 1,
            told: 2,
            more: false
        }
    );
}

async fn a_closed_case_keeps_no_promises(desk: JobDesk) {
    let case = desk.opens_case().await;
    let due_at = desk.now() + TimeDelta::hours(4);
    desk.promises(case, due_at).await;
    let (dana, now) = (desk.dana.clone(), desk.now());
    desk.write(move |conn| {
        close_case::close(
            conn,
            &dana,
            &CaseRef::Id(case),
            None,
            &CloseCase {
                note: None,
                next_steps: None,
            },
            now,
        )
    })
    .await;
    desk.clock.set(due_at);
    let steps = Steps::new(desk.db.clone());
    assert_eq!(
        steps.step(desk.now()).await.unwrap(),
        Lapses {
            lapsed: 1,
            told: 0,
            more: false
        }
    );
    assert_eq!(steps.step(desk.now()).await.unwrap(), Lapses::default());
}

async fn what_expired_is_deleted_in_batches_and_nothing_else(desk: JobDesk) {
    let (dana, now) = (desk.dana.id(), desk.now());
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        for minute in -5..5_i64 {
            let at = now + TimeDelta::minutes(minute);
            let link = At(at - TimeDelta::days(7));
            diesel::insert_into(sessions::table)
                .values((
                    sessions::id.eq(SessionId::new(now)),
                    sessions::person_id.eq(dana),
                    sessions::token_hash.eq(minute.to_string()),
                    sessions::csrf_token.eq(""),
                    sessions::user_agent.eq(""),
                    sessions::created_at.eq(At(now)),
                    sessions::last_seen_at.eq(At(now)),
                    sessions::proven_at.eq(At(now)),
                    sessions::idle_until.eq(At(at)),
                    sessions::expires_at.eq(At(now + TimeDelta::days(7))),
                ))
                .execute(conn)?;
            diesel::insert_into(idempotency_keys::table)
                .values((
                    idempotency_keys::person_id.eq(dana),
                    idempotency_keys::key.eq(minute.to_string()),
                    idempotency_keys::method.eq("POST"),
                    idempotency_keys::path.eq("/"),
                    idempotency_keys::request_hash.eq(""),
                    idempotency_keys::status.eq(201_i64),
                    idempotency_keys::headers.eq("[]"),
                    idempotency_keys::body.eq(""),
                    idempotency_keys::created_at.eq(At(now)),
                    idempotency_keys::expires_at.eq(At(at)),
                ))
                .execute(conn)?;
            diesel::insert_into(setup_links::table)
                .values((
                    setup_links::token_hash.eq(minute.to_string()),
                    setup_links::created_at.eq(link),
                    setup_links::expires_at.eq(link),
                ))
                .execute(conn)?;
            diesel::insert_into(sign_in_attempts::table)
                .values((
                    sign_in_attempts::key.eq(minute.to_string()),
                    sign_in_attempts::failures.eq(1_i64),
                    sign_in_attempts::window_started_at.eq(At(at - TimeDelta::hours(2))),
                    // One of those that would go is still shut out.
                    sign_in_attempts::blocked_until
                        .eq((minute == -3).then_some(At(now + TimeDelta::minutes(1)))),
                ))
                .execute(conn)?;
        }
        Ok(())
    })
    .await;
    let sweeping = Housekeeping::new(desk.db.clone()).in_batches_of(4);
    let first = sweeping.step(now).await.unwrap();
    assert_eq!((first.deleted, first.more), (16, true));
    let second = sweeping.step(now).await.unwrap();
    assert_eq!((second.deleted, second.more), (2 + 2 + 2 + 1, false));
    assert_eq!(sweeping.step(now).await.unwrap().deleted, 0);
    let left = desk
        .write(|conn: &mut Conn| -> Result<_, DbError> {
            Ok((
                sessions::table.count().get_result::<i64>(conn)?,
                idempotency_keys::table.count().get_result::<i64>(conn)?,
                setup_links::table.count().get_result::<i64>(conn)?,
                sign_in_attempts::table.count().get_result::<i64>(conn)?,
            ))
        })
        .await;
    assert_eq!(left, (4, 4, 4, 5));
}

async fn sent_notices_are_kept_for_ninety_days_and_the_first_of_a_thread_for_as_long_as_it_goes_on(
    desk: JobDesk,
) {
    // Two threads to Dana: of one everything is old, in the other Sam writes on.
    let (quiet, lively) = (desk.opens_case().await, desk.opens_case().await);
    for body in ["We are looking.", "We have found it."] {
        desk.clock.advance(TimeDelta::minutes(1));
        desk.writes(&desk.sam, quiet, body).await;
        desk.writes(&desk.sam, lively, body).await;
    }
    while desk.step().await.claimed > 0 {}
    let sent = desk.now();
    desk.memory
        .refuse(SendError::new(Fault::RecipientRefused, "no"));
    desk.opens_case().await;
    desk.step().await;
    desk.clock.set(sent + TimeDelta::days(89));
    desk.writes(&desk.sam, lively, "Here is the analysis.")
        .await;
    desk.step().await;
    let sweeping = Housekeeping::new(desk.db.clone()).in_batches_of(2);
    assert_eq!(sweeping.step(desk.now()).await.unwrap().deleted, 0);
    desk.clock.set(sent + TimeDelta::days(90));
    let mut deleted = Vec::new();
    for _ in 0..4 {
        deleted.push(sweeping.step(desk.now()).await.unwrap().deleted);
    }
    assert_eq!(deleted, [2, 2, 1, 0]);
    // What failed is still to be seen to.
    let left: Vec<_> = desk
        .notices()
        .await
        .iter()
        .map(|one| (one.kind, one.state))
        .collect();
    assert_eq!(
        left,
        [
            (NoticeKind::EntryPosted, NoticeState::Sent),
            (NoticeKind::CaseOpened, NoticeState::Failed),
            (NoticeKind::EntryPosted, NoticeState::Sent),
        ]
    );
    desk.clock.set(sent + TimeDelta::days(180));
    assert_eq!(sweeping.step(desk.now()).await.unwrap().deleted, 2);
}
