//! The outbox: claims notices that are due, sends them outside of any transaction, and marks what came of it (N2).
//!
//! | file | what is there |
//! | --- | --- |
//! | `dispatch` | which notices are under way at one time, and which are next |
//! | `job` | how it goes on by itself |
//! | `holder` | who holds leases, and whether they live |
//! | `marks` | what came of notices is marked, of as many at once as wait for it |
//! | `outcome` | what an attempt means for its notice, and for the way out |

mod dispatch;
mod holder;
mod job;
mod marks;
mod outcome;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use dispatch::Dispatch;
use holder::Holder;
use marks::Marks;

use crate::clock::Clock;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::notice::Fault;
use crate::mail::message::{Letter, MessageError};
use crate::mail::transport::SendError;
use crate::mail::{Mailer, WriteError};
use crate::store::notices::{self, Addressed, Lease};
use crate::words::Catalogue;
use crate::workflow::notify::notice_of;

/// For how long a claim holds unless it is renewed: what a process that died held is sent by others after that.
const LEASE: TimeDelta = TimeDelta::seconds(45);

/// Sends what is due. Cheap to clone; clones are one worker and hold each other's leases.
#[derive(Clone)]
pub struct Outbox {
    db: Db,
    post: Arc<Mailer>,
    words: Catalogue,
    holder: Arc<Holder>,
    /// The name of the way out.
    transport: Arc<str>,
    /// For how long entries of one thread are gathered; not at all if none.
    gathers: Option<TimeDelta>,
    way: Arc<Mutex<Way>>,
    marks: Arc<Marks>,
}

/// What this process knows of the way out.
#[derive(Debug, Default)]
struct Way {
    /// Whether it was found closed, by this process or another, and not yet open again.
    closed: bool,
    /// The queues whose notices were not taken since one was.
    struck: HashSet<String>,
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
    /// Given back as if they had not been claimed: the mail server is away.
    pub held: usize,
    /// Given up.
    pub failed: usize,
    /// Withheld, because they must not be sent any more.
    pub withheld: usize,
    /// Whether there was more that is due.
    pub more: bool,
}

impl Outbox {
    /// A worker with a name of its own.
    pub fn new(db: Db, post: Arc<Mailer>, words: Catalogue) -> Self {
        let transport = post.transport().name().into();
        Self {
            db,
            post,
            words,
            holder: Arc::new(Holder::anonymous()),
            transport,
            gathers: None,
            way: Arc::default(),
            marks: Arc::default(),
        }
    }

    /// A worker that gathers the entries of one thread that come to one person within `window` of the last mail of them (N7).
    #[must_use]
    pub fn gathering(mut self, window: TimeDelta) -> Self {
        self.gathers = Some(window).filter(|window| *window > TimeDelta::zero());
        self
    }

    /// A worker that shows in `folder` for as long as its process lives, so that the next process there need not wait
    /// until its leases expire.
    #[must_use]
    pub fn shown_in(mut self, folder: &Path) -> Self {
        self.holder = Arc::new(Holder::shown_in(folder));
        self
    }

    /// Claims what is due at `now`, as far as there is place for it, and sees each of it to an end.
    ///
    /// No transaction is open while a letter is under way. Letters to one person go one after the other, in the order
    /// of their events; different people's go side by side. If this future is dropped, what was not sent stays claimed
    /// until [`Outbox::release`] or the lease's end.
    ///
    /// # Errors
    /// Database errors. A letter that was sent and could not be marked is sent again when its lease has expired,
    /// with the same message id.
    pub async fn step(&self, now: Instant) -> Result<Sending, DbError> {
        let mut dispatch = Dispatch::new(self.clone(), Clock::manual(now));
        let filled = dispatch.fill(now).await?;
        let mut sending = dispatch.drain().await?;
        sending.claimed = filled.claimed;
        sending.more |= filled.more;
        Ok(sending)
    }

    /// Erases the mails in which words stood that were redacted since. What cannot be erased now is tried again.
    async fn erase(&self, now: Instant) -> Result<(), DbError> {
        let due = self
            .db
            .read(move |conn| Ok::<_, DbError>(notices::to_erase(conn, now)?))
            .await?;
        let mut erased = Vec::with_capacity(due.len());
        for (id, created_at) in due {
            match self.post.transport().erase(id, created_at).await {
                Ok(()) => erased.push(id),
                Err(error) => {
                    tracing::error!(notice.id = %id, %error, "a redacted mail could not be erased; it is tried again");
                }
            }
        }
        if erased.is_empty() {
            return Ok(());
        }
        self.db
            .write(move |conn| Ok::<_, DbError>(notices::mark_erased(conn, &erased)?))
            .await
    }

    /// Gives back what was claimed and not seen to an end.
    ///
    /// # Errors
    /// Database errors; the leases then expire by themselves.
    pub async fn release(&self) -> Result<usize, DbError> {
        let holder = Arc::clone(&self.holder);
        self.db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(notices::release(conn, holder.name())?)
            })
            .await
    }

    /// Gives back what processes held that showed where this one shows, and have died.
    ///
    /// # Errors
    /// Database errors; the leases then expire by themselves.
    pub async fn release_dead(&self) -> Result<usize, DbError> {
        let mut released = 0;
        for dead in self.holder.dead() {
            let name = dead.name().to_owned();
            released += self
                .db
                .write(move |conn: &mut Conn| -> Result<_, DbError> {
                    Ok(notices::release(conn, &name)?)
                })
                .await?;
            dead.bury();
        }
        Ok(released)
    }

    /// Ends the connections that are kept to the mail server.
    pub async fn close(&self) {
        self.post.transport().close().await;
        self.holder.leave();
    }

    /// Holds what is under way for longer.
    async fn renew(&self, now: Instant) -> Result<(), DbError> {
        let holder = Arc::clone(&self.holder);
        self.db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(notices::renew(conn, lease(&holder, now))?)
            })
            .await
            .map(drop)
    }

    /// The letter of a notice.
    fn write(&self, row: &Addressed) -> Result<Letter, SendError> {
        let unwritten = |why: String| SendError::new(Fault::Unwritten, why);
        let notice = notice_of(row, &self.post.letterhead().host()).map_err(unwritten)?;
        self.post.write(&notice).map_err(|error| match error {
            WriteError::Message(MessageError::Address { why }) => {
                SendError::new(Fault::AddressUnusable, why)
            }
            WriteError::Render(_) | WriteError::Message(_) => unwritten(error.to_string()),
        })
    }

    fn way(&self) -> MutexGuard<'_, Way> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lease(holder: &Holder, now: Instant) -> Lease<'_> {
    Lease {
        holder: holder.name(),
        until: now + LEASE,
    }
}
