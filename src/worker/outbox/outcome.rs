//! What an attempt means: for its notice, for those behind it, and for the way out.
//!
//! What is the server's, or the desk's own setup, is no notice's fault: all of them wait for it as one, and the first that
//! is due tries whether it is over. The same holds when notices to several people fail one after the other and none is
//! taken in between.

use std::sync::Arc;

use super::super::backoff;
use super::Outbox;
use super::marks::{Came, Refused};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{Fault, Scope};
use crate::mail::line::one_line;
use crate::mail::transport::SendError;
use crate::store::mail_outages::{self, Reported};
use crate::store::notices::{self, Addressed, Unsent, Why};

/// To how many recipients in a row nothing is taken before it is the server's fault.
const STRIKES: usize = 5;

/// What came of one notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was taken. Whether the way out was closed until then.
    Sent { opened: bool },
    /// It is tried again.
    PutOff,
    /// It was given back with those behind it: nothing is taken at present.
    Held,
    /// It was given up.
    Failed,
    /// It must not be sent.
    Withheld,
}

/// What an attempt says about the way out.
#[derive(Clone, Debug)]
enum Sign {
    /// A letter was taken.
    Open,
    /// The server answers, though it did not take this letter.
    Answers(Why),
    /// Nothing is taken at present.
    Closed(Why),
    /// Nothing: the server was not asked, or the conversation broke off.
    Nothing,
}

/// What became of the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It is as it was.
    AsItWas,
    /// It was open, and is closed.
    Closed(Fault),
    /// It was closed, and is open; so many notices that were put off are due again.
    Opened(usize),
}

impl Outbox {
    /// Sends one notice, and marks what came of it. `behind` are those of the same queue that come next: they are given
    /// back with it if they must not overtake it, which the answer tells.
    pub(super) async fn see_to(
        &self,
        row: &Addressed,
        behind: &[NoticeId],
        probes: bool,
        now: impl Fn() -> Instant,
    ) -> Result<(End, bool), DbError> {
        if let Some(obstacle) = row.obstacle {
            let why = Why {
                fault: None,
                detail: self.words.say_of("mail-withheld", obstacle.as_str(), &[]),
            };
            tracing::info!(notice.id = %row.id, "notice withheld");
            let unsent = match row.is_to_nobody() {
                true => Unsent::Dropped,
                false => Unsent::Withheld,
            };
            let outcome = (unsent, why);
            self.unsent(row, &[], outcome, Some(Sign::Nothing), probes, now())
                .await?;
            return Ok((End::Withheld, true));
        }
        let sent = match self.write(row) {
            Ok(letter) => self.post.send(&letter).await,
            Err(error) => Err(error),
        };
        let now = now();
        match sent {
            Ok(()) => self.taken(row, probes, now).await,
            Err(error) => self.refused(row, behind, error, probes, now).await,
        }
    }

    async fn taken(
        &self,
        row: &Addressed,
        probes: bool,
        now: Instant,
    ) -> Result<(End, bool), DbError> {
        tracing::debug!(notice.id = %row.id, "notice sent");
        let closed = {
            let mut way = self.way();
            way.struck.clear();
            way.closed || probes
        };
        if !closed {
            let came = Came::Sent(row.id, now);
            self.marks.note(&self.db, came).await?;
            return Ok((End::Sent { opened: false }, true));
        }
        let (id, transport) = (row.id, Arc::clone(&self.transport));
        let turn = self
            .db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                notices::mark_sent(conn, &[(id, now)])?;
                sign(conn, &transport, &Sign::Open, probes, now)
            })
            .await?;
        self.tell(turn);
        let opened = matches!(turn, Turn::Opened(_));
        Ok((End::Sent { opened }, true))
    }

    async fn refused(
        &self,
        row: &Addressed,
        behind: &[NoticeId],
        error: SendError,
        probes: bool,
        now: Instant,
    ) -> Result<(End, bool), DbError> {
        let fault = error.fault;
        let why = Why {
            fault: Some(fault),
            detail: one_line(&error.detail),
        };
        let scope = fault.scope(row.attempts);
        if scope == Scope::Everything {
            let mut all = vec![row.id];
            all.extend_from_slice(behind);
            self.held(all, why, probes, now).await?;
            return Ok((End::Held, false));
        }
        let (end, unsent) = if fault.is_final() || backoff::gives_up(row.attempts) {
            (End::Failed, Unsent::Failed)
        } else {
            let next = now + backoff::delay(row.attempts, rand::random());
            let aside = scope == Scope::Message;
            (End::PutOff, Unsent::PutOff { next, aside })
        };
        // The reason may name the recipient; it is kept for administrators, and not in the log.
        match end {
            End::Failed => {
                tracing::warn!(notice.id = %row.id, notice.attempts = row.attempts, notice.fault = %fault, "notice given up")
            }
            _ => {
                tracing::info!(notice.id = %row.id, notice.attempts = row.attempts, notice.fault = %fault, "notice put off")
            }
        }
        let goes_on = end == End::Failed || scope == Scope::Message;
        let back = if goes_on { Vec::new() } else { behind.to_vec() };
        let struck = self.strikes(row, fault, &why.detail);
        let given = match fault {
            _ if struck => Sign::Closed(why.clone()),
            Fault::Unwritten | Fault::AddressUnusable => Sign::Nothing,
            Fault::Interrupted | Fault::NoAnswer if probes => Sign::Closed(why.clone()),
            Fault::Interrupted | Fault::NoAnswer => Sign::Nothing,
            _ => Sign::Answers(why.clone()),
        };
        let matters = struck || probes || self.way().closed;
        let given = matters.then_some(given);
        self.unsent(row, &back, (unsent, why), given, probes, now)
            .await?;
        Ok((end, goes_on))
    }

    /// Gives notices back because nothing is taken at present.
    async fn held(
        &self,
        notices: Vec<NoticeId>,
        why: Why,
        probes: bool,
        now: Instant,
    ) -> Result<(), DbError> {
        let (holder, transport) = (Arc::clone(&self.holder), Arc::clone(&self.transport));
        let turn = self
            .db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                notices::give_back(conn, &notices, holder.name(), None, Some(&why))?;
                sign(conn, &transport, &Sign::Closed(why.clone()), probes, now)
            })
            .await?;
        self.way().closed = true;
        self.tell(turn);
        Ok(())
    }

    /// Marks a notice that was not sent, and gives those behind it back.
    async fn unsent(
        &self,
        row: &Addressed,
        back: &[NoticeId],
        (unsent, why): (Unsent, Why),
        given: Option<Sign>,
        probes: bool,
        now: Instant,
    ) -> Result<(), DbError> {
        let refused = Refused {
            id: row.id,
            holder: self.holder.name().to_owned(),
            unsent,
            why,
            back: back.to_vec(),
            at: now,
        };
        let Some(given) = given else {
            return self.marks.note(&self.db, Came::Unsent(refused)).await;
        };
        let transport = Arc::clone(&self.transport);
        let turn = self
            .db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                refused.mark(conn)?;
                sign(conn, &transport, &given, probes, now)
            })
            .await?;
        self.tell(turn);
        Ok(())
    }

    /// Whether so many recipients in a row got nothing that it is the server's fault.
    fn strikes(&self, row: &Addressed, fault: Fault, detail: &str) -> bool {
        let counts = match fault {
            Fault::RecipientDeferred => !is_greylisting(detail),
            Fault::RecipientBlocked
            | Fault::MessageRefused
            | Fault::MessageDeferred
            | Fault::Interrupted
            | Fault::NoAnswer => true,
            _ => false,
        };
        let mut way = self.way();
        if counts && way.struck.len() < STRIKES {
            way.struck.insert(row.email.to_string());
        }
        counts && way.struck.len() >= STRIKES
    }

    /// Tells administrators, once, that mail does not leave, and that it does again.
    fn tell(&self, turn: Turn) {
        match turn {
            Turn::AsItWas => return,
            Turn::Closed(fault) => {
                tracing::error!(mail.transport = %self.transport, mail.fault = %fault, "no mail leaves; notices wait until the server takes them again, see the page of notices");
            }
            Turn::Opened(freed) => {
                tracing::info!(mail.transport = %self.transport, notices = freed, "mail leaves again");
            }
        }
        self.way().closed = matches!(turn, Turn::Closed(_));
    }
}

/// Writes down what an attempt says about the way out.
fn sign(
    conn: &mut Conn,
    transport: &str,
    given: &Sign,
    probed: bool,
    now: Instant,
) -> Result<Turn, DbError> {
    let closes = match given {
        Sign::Closed(why) => Some(why),
        Sign::Open => None,
        Sign::Nothing => {
            if probed {
                mail_outages::give_probe_back(conn, transport, now)?;
            }
            return Ok(Turn::AsItWas);
        }
        // Whoever answers for a recipient is there. That it takes nothing from anybody is over when it takes something.
        Sign::Answers(why) => match mail_outages::of(conn, transport)? {
            Some(outage) if !outage.fault.is_of_everything() && probed => Some(why),
            Some(outage) if outage.fault.is_of_everything() => None,
            Some(_) | None => return Ok(Turn::AsItWas),
        },
    };
    match closes {
        Some(why) => {
            let fault = why.fault.unwrap_or(Fault::ServerUnavailable);
            let said = (fault, why.detail.as_str());
            let reported =
                mail_outages::report(conn, transport, said, probed, backoff::probe_delay, now)?;
            Ok(match reported {
                Reported::Began => Turn::Closed(fault),
                Reported::GoesOn => Turn::AsItWas,
            })
        }
        None => Ok(match mail_outages::end(conn, transport)? {
            Some(outage) => Turn::Opened(notices::free(conn, outage.since, now)?),
            None => Turn::AsItWas,
        }),
    }
}

/// Whether a server only wants to see whether somebody comes back: that says nothing about how it is.
fn is_greylisting(detail: &str) -> bool {
    let detail = detail.to_ascii_lowercase();
    ["greylist", "graylist", "grey-list", "gray-list"]
        .iter()
        .any(|word| detail.contains(word))
}
