//! Promises: when the instant of a next step has passed and nobody has said what became of it, that is told, once.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::job::do_each;
use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::Status;
use crate::domain::ids::{CaseId, CaseRef, NextStepId};
use crate::store::{cases, escalations, lapses, promises};
use crate::workflow::notify;

/// Lapses that are told in one step at the most.
const BATCH: i64 = 32;

/// Tells of lapsed steps. The steps stay open: what became of them is for people to say (M7).
#[derive(Clone)]
pub struct Steps {
    db: Db,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lapses {
    /// Promises whose lapse was told, or passed over because the case is closed.
    pub lapsed: usize,
    /// Notices that were put into the outbox.
    pub told: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Steps {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Tells of the promises that are past due at `now`, a few in one transaction.
    ///
    /// # Errors
    /// Database errors; what was told before it failed stays told.
    pub async fn step(&self, now: Instant) -> Result<Lapses, DbError> {
        let due = self
            .db
            .read(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(lapses::untold(conn, now, BATCH)?)
            })
            .await?;
        let mut outcome = Lapses {
            more: i64::try_from(due.len()) == Ok(BATCH),
            ..Lapses::default()
        };
        let told = do_each(&self.db, &due, move |conn, (step, case)| {
            Ok(tell_once(conn, step, case, now)?)
        });
        for told in told.await?.into_iter().flatten() {
            outcome.lapsed += 1;
            outcome.told += told;
        }
        Ok(outcome)
    }
}

impl Job for Steps {
    fn name(&self) -> &'static str {
        "steps"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(15)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let lapses = Steps::step(self, now).await?;
            Ok(Stepped {
                done: lapses.lapsed,
                more: lapses.more,
            })
        })
    }
}

/// For how many a notice was made; nothing if the lapse was not this process's to tell.
fn tell_once(
    conn: &mut Conn,
    id: NextStepId,
    case: CaseId,
    now: Instant,
) -> Result<Option<usize>, DbError> {
    // The case first, as every verb does, so that none of them settles the step at the same time.
    let Some(case) = cases::lock(conn, Reach::Everything, &CaseRef::Id(case))? else {
        return Ok(None);
    };
    if !lapses::take(conn, id, now)? {
        return Ok(None);
    }
    // A closed case keeps no promises; should it be reopened, the step's date still says that it is late (E8).
    if case.status == Status::Closed {
        return Ok(Some(0));
    }
    let Some(step) = promises::find(conn, Reach::Everything, id)? else {
        return Ok(None);
    };
    let escalation = step
        .escalation_id
        .map(|id| escalations::find(conn, id))
        .transpose()?;
    notify::tell_of_lapse(conn, &case, escalation.as_ref(), step, now).map(Some)
}
