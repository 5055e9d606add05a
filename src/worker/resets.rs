//! Wishes to set a new password: whoever has an account gets a link by mail. It is done here and not where the wish is
//! uttered, so that the answer there takes as long for nobody as for somebody; and what is done here, and what follows from
//! it, is as much for nobody as for somebody (A7).

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::config::SecretKey;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::ids::PasswordResetRequestId;
use crate::store::password_resets;
use crate::workflow::account;

/// Wishes that are seen to in one step at the most.
const BATCH: i64 = 32;

/// Sees to wishes to set a new password.
#[derive(Clone)]
pub struct Resets {
    db: Db,
    key: SecretKey,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wished {
    /// Wishes that were seen to.
    pub seen_to: usize,
    /// Letters that were put into the outbox.
    pub told: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Resets {
    /// The job on `db`; `key` makes the links.
    pub fn new(db: Db, key: SecretKey) -> Self {
        Self { db, key }
    }

    /// Sees to the oldest wishes, one transaction each.
    ///
    /// # Errors
    /// Database errors; what was seen to before it failed stays so.
    pub async fn step(&self, now: Instant) -> Result<Wished, DbError> {
        let oldest = self
            .db
            .read(|conn: &mut Conn| -> Result<_, DbError> {
                Ok(password_resets::oldest(conn, BATCH)?)
            })
            .await?;
        let mut wished = Wished {
            more: i64::try_from(oldest.len()) == Ok(BATCH),
            ..Wished::default()
        };
        for id in oldest {
            let key = self.key.clone();
            let told = self
                .db
                .write(move |conn: &mut Conn| see_to(conn, &key, id, now))
                .await?;
            wished.seen_to += 1;
            wished.told += usize::from(told);
        }
        Ok(wished)
    }
}

impl Job for Resets {
    fn name(&self) -> &'static str {
        "resets"
    }

    /// For other processes' wishes.
    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn is_woken_by_commits(&self) -> bool {
        true
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let wished = Resets::step(self, now).await?;
            Ok(Stepped {
                done: wished.seen_to,
                more: wished.more,
            })
        })
    }
}

/// Whether a letter was written; of several processes, one writes it.
fn see_to(
    conn: &mut Conn,
    key: &SecretKey,
    id: PasswordResetRequestId,
    now: Instant,
) -> Result<bool, DbError> {
    match password_resets::take(conn, id)? {
        Some(email) => account::send_reset(conn, key, &email, now),
        None => Ok(false),
    }
}
