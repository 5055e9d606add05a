//! Marks of what came of notices: those that come while others are being written are written together, in one transaction.

use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::QueryResult;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::store::notices::{self, Unsent, Why};

/// The marks of one process. Clones of its worker share them.
#[derive(Debug, Default)]
pub(super) struct Marks {
    waiting: Mutex<Vec<Mark>>,
    /// Held by whoever writes those that wait.
    writing: tokio::sync::Mutex<()>,
}

/// Somebody waits until this is marked.
#[derive(Debug)]
struct Mark {
    came: Came,
    told: oneshot::Sender<Result<(), String>>,
}

/// What came of a notice.
#[derive(Clone, Debug)]
pub(super) enum Came {
    /// It was sent at an instant.
    Sent(NoticeId, Instant),
    /// It was not.
    Unsent(Refused),
}

/// A notice that was not sent.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) id: NoticeId,
    /// Who holds it.
    pub(super) holder: String,
    /// What becomes of it, and why.
    pub(super) unsent: Unsent,
    pub(super) why: Why,
    /// Those behind it, which are given back.
    pub(super) back: Vec<NoticeId>,
    /// When it was tried.
    pub(super) at: Instant,
}

impl Refused {
    /// Marks it.
    ///
    /// # Errors
    /// Database errors.
    pub(super) fn mark(&self, conn: &mut Conn) -> QueryResult<()> {
        let (id, unsent, why) = (self.id, self.unsent, &self.why);
        if notices::mark_unsent(conn, id, &self.holder, unsent, why, self.at)? {
            let next = match unsent {
                Unsent::PutOff { next, .. } => Some(next),
                Unsent::Failed | Unsent::Withheld | Unsent::Dropped => None,
            };
            notices::note_try(conn, id, why, next, self.at)?;
        }
        notices::give_back(conn, &self.back, &self.holder, None, None).map(drop)
    }
}

/// Marks all of these.
fn mark(conn: &mut Conn, came: &[Came]) -> QueryResult<()> {
    let mut sent = Vec::with_capacity(came.len());
    for one in came {
        match one {
            Came::Sent(id, at) => sent.push((*id, *at)),
            Came::Unsent(refused) => refused.mark(conn)?,
        }
    }
    if sent.is_empty() {
        return Ok(());
    }
    notices::mark_sent(conn, &sent).map(drop)
}

impl Marks {
    /// Marks what came of a notice, and returns when that is on disk.
    ///
    /// # Errors
    /// Database errors; they are those of all that were written with it.
    pub(super) async fn note(&self, db: &Db, came: Came) -> Result<(), DbError> {
        loop {
            let (told, mut written) = oneshot::channel();
            let came = came.clone();
            self.waiting().push(Mark { came, told });
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
        let (came, told): (Vec<Came>, Vec<_>) =
            marks.into_iter().map(|mark| (mark.came, mark.told)).unzip();
        let written: Result<(), DbError> = db
            .write(move |conn| Ok::<_, DbError>(mark(conn, &came)?))
            .await;
        for told in told {
            let outcome = written.as_ref().copied().map_err(DbError::to_string);
            // Whoever waited may have gone.
            let _ = told.send(outcome);
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
                    marks.note(&db, Came::Sent(id, now)).await.expect("marked");
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
        let came = Came::Sent(ids[1], now);
        marks.waiting().push(Mark { came, told });
        {
            let first = marks.note(&desk.db, Came::Sent(ids[0], now));
            let mut first = std::pin::pin!(first);
            assert!(futures_util::FutureExt::now_or_never(first.as_mut()).is_none());
        }
        assert!(written.await.is_err(), "it is gone");
        let came = Came::Sent(ids[1], now);
        marks.note(&desk.db, came).await.expect("marked");
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
