//! Word between processes that one of them has committed something: by `NOTIFY` and `LISTEN`, on a connection of its own with a
//! thread of its own.
//!
//! Word is sent behind a commit and not in it. A server puts the commits of transactions that send some into one order, so that each
//! would wait for the disk of the one before; sent behind them, one word does for all that were committed meanwhile, and no
//! request waits for it. A process that is killed between the two sends none.

use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::time::sleep;

use super::way::{Way, session};
use crate::db::change::ChangeSignal;
use crate::db::{Changes, DbError};

const LISTEN: &str = "LISTEN casebell_commits";
/// Nothing is lost with it that the disk would have kept.
const TELL: &str = "BEGIN; SET LOCAL synchronous_commit = off; NOTIFY casebell_commits; COMMIT";

/// How often this process says that it has committed, at the most.
const GATHER: Duration = Duration::from_millis(20);
/// How often it listens while somebody wants to hear. The server sends by itself; what has come is read without a query.
const ATTENTIVE: Duration = Duration::from_millis(50);
/// How often it looks whether somebody wants to hear.
const AT_REST: Duration = Duration::from_secs(1);
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the end of this process waits for the last word to be sent and the connection to be closed properly.
const ENDS_WITHIN: Duration = Duration::from_secs(1);

/// Tells other processes of commits, and hears of theirs.
pub(super) struct Messenger {
    others: ChangeSignal,
    stopping: watch::Sender<bool>,
    thread: std::thread::JoinHandle<()>,
}

/// What its thread has to do.
struct Errand {
    url: SecretString,
    own: Changes,
    /// Something of this process is committed, and not told.
    untold: bool,
    others: ChangeSignal,
    stop: watch::Receiver<bool>,
}

impl Messenger {
    /// Starts it. A connection is made when there is something to tell or somebody who wants to hear.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] if the system gives no thread.
    pub(super) fn start(url: SecretString, own: Changes) -> Result<Self, DbError> {
        let unstarted = |error: std::io::Error| {
            DbError::Unavailable(format!("cannot start the messenger thread: {error}"))
        };
        let others = ChangeSignal::default();
        let (stopping, stop) = watch::channel(false);
        let errand = Errand {
            url,
            own,
            untold: false,
            others: others.clone(),
            stop,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(unstarted)?;
        let thread = std::thread::Builder::new()
            .name("messenger".to_owned())
            .spawn(move || runtime.block_on(errand.run()))
            .map_err(unstarted)?;
        Ok(Self {
            others,
            stopping,
            thread,
        })
    }

    /// Hears of what other processes commit from now on.
    pub(super) fn others(&self) -> Changes {
        self.others.subscribe()
    }
}

/// A command that is done would end while a connection is being closed, and before its last commit is told of.
impl Drop for Messenger {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
        let deadline = Instant::now() + ENDS_WITHIN;
        while !self.thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Errand {
    async fn run(mut self) {
        while self.is_needed().await {
            let ended = match Way::Straight.connect(&self.url) {
                Ok(mut conn) => self.talk(&mut conn).await,
                Err(error) => Err(error),
            };
            let Err(error) = ended else { return };
            tracing::debug!(%error, "other processes are not told of commits for a moment");
            // What they have told meanwhile was not heard.
            self.others.notify();
            tokio::select! {
                () = stopped(&mut self.stop) => return,
                () = sleep(AGAIN) => {}
            }
        }
    }

    /// Waits until there is something to tell, or somebody who wants to hear; false if it is to end before.
    async fn is_needed(&mut self) -> bool {
        while !self.untold && !self.others.is_heard() {
            tokio::select! {
                biased;
                () = self.own.changed() => self.untold = true,
                () = stopped(&mut self.stop) => return false,
                () = sleep(AT_REST) => {}
            }
        }
        true
    }

    /// Tells and listens until it is to end.
    ///
    /// # Errors
    /// The connection's.
    async fn talk(&mut self, conn: &mut PgConnection) -> Result<(), DbError> {
        conn.batch_execute(LISTEN)?;
        let itself = session(conn)?;
        // What was told before somebody listened was not heard.
        self.others.notify();
        loop {
            if self.untold {
                conn.batch_execute(TELL)?;
                self.untold = false;
                sleep(GATHER).await;
            }
            if hears(conn, itself)? {
                self.others.notify();
            }
            let pause = match self.others.is_heard() {
                true => ATTENTIVE,
                false => AT_REST,
            };
            tokio::select! {
                biased;
                () = self.own.changed() => self.untold = true,
                () = stopped(&mut self.stop) => return Ok(()),
                () = sleep(pause) => {}
            }
        }
    }
}

/// Whether word of another process has come; all that has come is read.
fn hears(conn: &mut PgConnection, itself: i32) -> Result<bool, DbError> {
    let mut hears = false;
    for word in conn.notifications_iter() {
        hears |= word?.process_id != itself;
    }
    Ok(hears)
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone, which comes to the same.
    let _ = stop.wait_for(|stopping| *stopping).await;
}
