//! The outbox: claims notices that are due, sends them outside of any transaction, and marks what came of it (N2).

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::task::JoinSet;

use super::backoff;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::text::EmailAddress;
use crate::mail::Post;
use crate::mail::message::one_line;
use crate::mail::transport::SendError;
use crate::store::notices::{self, Addressed, Lease};
use crate::words::Words;
use crate::workflow::notify::notice_of;

/// How many letters are in flight at the most; as many are claimed at once.
const IN_FLIGHT: usize = 8;
/// For how long a claim holds: well beyond the time that its letters may take, also if all of them go to one person,
/// one after the other.
const LEASE: TimeDelta = TimeDelta::minutes(15);

/// Sends what is due. Cheap to clone; clones are one worker and hold each other's leases.
#[derive(Clone)]
pub struct Outbox {
    db: Db,
    post: Arc<Post>,
    words: Words,
    holder: Arc<str>,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    /// Notices that were claimed.
    pub claimed: usize,
    /// Sent.
    pub sent: usize,
    /// Put off after a temporary failure.
    pub put_off: usize,
    /// Given up.
    pub failed: usize,
    /// Withheld, because they must not be sent any more.
    pub withheld: usize,
    /// Whether there was more that is due.
    pub more: bool,
}

/// What came of one notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Sent,
    PutOff,
    Failed,
    Withheld,
}

impl Outbox {
    /// A worker with a name of its own.
    pub fn new(db: Db, post: Arc<Post>, words: Words) -> Self {
        let holder = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
        Self {
            db,
            post,
            words,
            holder: holder.into(),
        }
    }

    /// Claims what is due at `now`, and sees each of it to an end.
    ///
    /// No transaction is open while a letter is under way. Letters to one person go one after the other, in the order
    /// of their events; different people's go side by side. If this future is dropped, what was not sent stays claimed
    /// until [`Outbox::release`] or the lease's end.
    ///
    /// # Errors
    /// The database's own. A letter that was sent and could not be marked is sent again when its lease has expired,
    /// with the same message id.
    pub async fn step(&self, now: Instant) -> Result<Sending, DbError> {
        let (holder, host) = (Arc::clone(&self.holder), self.post.letterhead().host());
        let claim = self
            .db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                let lease = Lease {
                    holder: &holder,
                    until: now + LEASE,
                };
                Ok(notices::claim(conn, lease, &host, IN_FLIGHT, now)?)
            })
            .await?;
        let mut sending = Sending {
            claimed: claim.notices.len(),
            more: claim.more,
            ..Sending::default()
        };
        let mut recipients: HashMap<EmailAddress, Vec<Addressed>> = HashMap::new();
        for notice in claim.notices {
            let recipient = notice.email.clone();
            recipients.entry(recipient).or_default().push(notice);
        }
        let mut rounds = JoinSet::new();
        for letters in recipients.into_values() {
            let outbox = self.clone();
            rounds.spawn(async move {
                let mut ends = Vec::with_capacity(letters.len());
                for letter in letters {
                    ends.push(outbox.see_to(&letter, now).await);
                }
                ends
            });
        }
        let mut failure = None;
        while let Some(round) = rounds.join_next().await {
            // A panic has been reported where it happened; its letters are claimed again when the lease expires.
            for end in round.unwrap_or_default() {
                match end {
                    Ok(End::Sent) => sending.sent += 1,
                    Ok(End::PutOff) => sending.put_off += 1,
                    Ok(End::Failed) => sending.failed += 1,
                    Ok(End::Withheld) => sending.withheld += 1,
                    Err(error) => failure = Some(error),
                }
            }
        }
        failure.map_or(Ok(sending), Err)
    }

    /// Gives back what was claimed and not seen to an end.
    ///
    /// # Errors
    /// The database's own; the leases then expire by themselves.
    pub async fn release(&self) -> Result<usize, DbError> {
        let holder = Arc::clone(&self.holder);
        self.db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(notices::release(conn, &holder)?)
            })
            .await
    }

    /// Ends the connections that are kept to the mail server.
    pub async fn close(&self) {
        self.post.transport().close().await;
    }

    async fn see_to(&self, row: &Addressed, now: Instant) -> Result<End, DbError> {
        if let Some(obstacle) = row.obstacle {
            let why = self.words.say_of("mail-withheld", obstacle.as_str(), &[]);
            return self.end(row, End::Withheld, why, now).await;
        }
        let letter = match notice_of(row, &self.post.letterhead().host()) {
            Ok(notice) => self.post.write(&notice).map_err(|error| error.to_string()),
            Err(why) => Err(why),
        };
        let letter = match letter {
            Ok(letter) => letter,
            Err(why) => return self.end(row, End::Failed, why, now).await,
        };
        match self.post.send(&letter).await {
            Ok(()) => self.end(row, End::Sent, String::new(), now).await,
            Err(SendError::Permanent(why)) => self.end(row, End::Failed, why, now).await,
            Err(SendError::Temporary(why)) if backoff::gives_up(row.attempts) => {
                self.end(row, End::Failed, why, now).await
            }
            Err(SendError::Temporary(why)) => self.end(row, End::PutOff, why, now).await,
        }
    }

    async fn end(
        &self,
        row: &Addressed,
        end: End,
        why: String,
        now: Instant,
    ) -> Result<End, DbError> {
        // The reason may name the recipient; it is kept for administrators, and not in the log.
        match end {
            End::Sent => tracing::debug!(notice.id = %row.id, "notice sent"),
            End::Withheld => tracing::info!(notice.id = %row.id, "notice withheld"),
            End::PutOff => {
                tracing::info!(notice.id = %row.id, notice.attempts = row.attempts, "notice put off")
            }
            End::Failed => {
                tracing::warn!(notice.id = %row.id, notice.attempts = row.attempts, "notice given up")
            }
        }
        let (id, holder) = (row.id, Arc::clone(&self.holder));
        let next = now + backoff::delay(row.attempts, rand::random());
        let why = one_line(&why);
        self.db
            .write(move |conn: &mut Conn| -> Result<bool, DbError> {
                Ok(match end {
                    End::Sent => notices::mark_sent(conn, id, now)?,
                    End::PutOff => notices::put_off(conn, id, &holder, next, &why)?,
                    End::Failed => notices::mark_failed(conn, id, &holder, &why)?,
                    End::Withheld => notices::mark_withheld(conn, id, &holder, &why)?,
                })
            })
            .await?;
        Ok(end)
    }
}
