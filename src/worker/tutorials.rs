//! Tutorials: those who come are reminded a day before, in business hours (N7), and an hour before (H1). Each reminder is given
//! once, however many processes run.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::job::left_for_people;
use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::tutorials;
use crate::workflow::tutorials::remind;

/// Tutorials that are seen to in one step at the most.
const BATCH: i64 = 16;

/// Reminds of tutorials.
#[derive(Clone)]
pub struct Tutorials {
    db: Db,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    /// Tutorials whose reminder fell to this process.
    pub seen_to: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Tutorials {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Reminds of the tutorials of which somebody is to be reminded by `now`, one transaction each.
    ///
    /// # Errors
    /// Database errors; what was told before it failed stays told.
    pub async fn step(&self, now: Instant) -> Result<Reminded, DbError> {
        let due = self
            .db
            .read(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(tutorials::to_remind(conn, now, BATCH)?)
            })
            .await?;
        let mut reminded = Reminded {
            seen_to: 0,
            more: i64::try_from(due.len()) == Ok(BATCH),
        };
        for (id, alarm) in due {
            let fell_to_us = self
                .db
                .write(move |conn: &mut Conn| remind(conn, id, alarm, now))
                .await
                .or_else(left_for_people)?;
            reminded.seen_to += usize::from(fell_to_us);
        }
        Ok(reminded)
    }
}

impl Job for Tutorials {
    fn name(&self) -> &'static str {
        "tutorials"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let reminded = Tutorials::step(self, now).await?;
            Ok(Stepped {
                done: reminded.seen_to,
                more: reminded.more,
            })
        })
    }
}
