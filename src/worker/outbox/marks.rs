//! Marks of what was sent: those that come while others are being written are written together, in one transaction.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::db::{Db, DbError};
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::store::notices;

/// The marks of one process. Clones of its worker share them.
#[derive(Debug, Default)]
pub(super) struct Marks {
    waiting: Mutex<Vec<Mark>>,
    /// Held by whoever writes those that wait.
    writing: tokio::sync::Mutex<()>,
}

/// Somebody waits until this notice is marked as sent.
#[derive(Debug)]
struct Mark {
    id: NoticeId,
    at: Instant,
    told: oneshot::Sender<Result<(), String>>,
}

impl Marks {
    /// Marks a notice as sent at an instant, and returns when that is on disk.
    ///
    /// # Errors
    /// Database errors; they are those of all that were written with it.
    pub(super) async fn sent(&self, db: &Db, id: NoticeId, at: Instant) -> Result<(), DbError> {
        loop {
            let (told, mut written) = oneshot::channel();
            self.waiting().push(Mark { id, at, told });
            let turn = self.writing.lock().await;
            match written.try_recv() {
                // Whoever had the turn before has written it too.
                Ok(outcome) => return outcome.map_err(DbError::Unavailable),
                // Whoever took it has gone without a word: once more. What is marked already stays as it is.
                Err(TryRecvError::Closed) => drop(turn),
                Err(TryRecvError::Empty) => return self.write(db).await,
            }
        }
    }

    /// Writes all that wait.
    async fn write(&self, db: &Db) -> Result<(), DbError> {
        let marks = std::mem::take(&mut *self.waiting());
        let sent: Vec<(NoticeId, Instant)> = marks.iter().map(|mark| (mark.id, mark.at)).collect();
        let written: Result<(), DbError> = db
            .write(move |conn| {
                for (id, at) in &sent {
                    notices::mark_sent(conn, *id, *at)?;
                }
                Ok::<_, DbError>(())
            })
            .await;
        for mark in marks {
            let outcome = written.as_ref().map(|()| ()).map_err(DbError::to_string);
            // Whoever waited may have gone.
            let _ = mark.told.send(outcome);
        }
        written
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Mark>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use diesel::prelude::*;

    use super::*;
    use crate::db::Conn;
    use crate::db::schema::{notices as rows, people};
    use crate::db::sql_types::At;
    use crate::domain::ids::PersonId;
    use crate::domain::notice::{NoticeKind, NoticeState};
    use crate::testing::TestDatabase;

    /// Nobody is told before their own mark is there, however many are written at once.
    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_is_told_finds_the_notice_marked() {
        let desk = TestDatabase::with_records().await;
        let ids = waiting_notices(&desk, 40).await;
        let marks = Arc::<Marks>::default();
        let now: Instant = "2026-03-03T09:00:00Z".parse().expect("an instant");
        let all: Vec<_> = ids
            .into_iter()
            .map(|id| {
                let (marks, db) = (Arc::clone(&marks), desk.db.clone());
                tokio::spawn(async move {
                    marks.sent(&db, id, now).await.expect("marked");
                    let state = db
                        .read(move |conn| {
                            let row = rows::table.filter(rows::id.eq(id)).select(rows::state);
                            Ok::<NoticeState, DbError>(row.get_result(conn)?)
                        })
                        .await;
                    assert_eq!(state.expect("read"), NoticeState::Sent);
                })
            })
            .collect();
        for one in all {
            one.await.expect("no panic");
        }
    }

    /// Whoever goes while their marks are written leaves nobody waiting.
    #[tokio::test]
    async fn marks_of_somebody_who_has_gone_are_made_by_the_next() {
        let desk = TestDatabase::with_records().await;
        let ids = waiting_notices(&desk, 2).await;
        let marks = Marks::default();
        let now: Instant = "2026-03-03T09:00:00Z".parse().expect("an instant");
        // The first takes both marks with it.
        let (told, written) = oneshot::channel();
        marks.waiting().push(Mark {
            id: ids[1],
            at: now,
            told,
        });
        {
            let first = marks.sent(&desk.db, ids[0], now);
            let mut first = std::pin::pin!(first);
            assert!(futures_util::FutureExt::now_or_never(first.as_mut()).is_none());
        }
        assert!(written.await.is_err(), "it is gone");
        marks.sent(&desk.db, ids[1], now).await.expect("marked");
    }

    async fn waiting_notices(desk: &TestDatabase, count: usize) -> Vec<NoticeId> {
        desk.write(move |conn| Ok::<_, DbError>(some(conn, count)?))
            .await
            .expect("written")
    }

    fn some(conn: &mut Conn, count: usize) -> QueryResult<Vec<NoticeId>> {
        let now: Instant = "2026-03-03T08:00:00Z".parse().expect("an instant");
        let person: PersonId = people::table.select(people::id).first(conn)?;
        let one = |_| {
            let id = NoticeId::new(now);
            diesel::insert_into(rows::table)
                .values((
                    rows::id.eq(id),
                    rows::kind.eq(NoticeKind::CaseClosed),
                    rows::person_id.eq(Some(person)),
                    rows::thread.eq("case"),
                    rows::payload.eq("{}"),
                    rows::message_id.eq(id.to_string()),
                    rows::state.eq(NoticeState::Waiting),
                    rows::next_attempt_at.eq(At(now)),
                    rows::created_at.eq(At(now)),
                    rows::queue.eq("queue"),
                    rows::urgent.eq(false),
                ))
                .execute(conn)?;
            Ok::<_, diesel::result::Error>(id)
        };
        (0..count).map(one).collect()
    }
}
