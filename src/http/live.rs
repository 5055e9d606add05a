//! Live streams: server-sent events that tell of changes as they are committed (F5).
//!
//! A stream asks the rows again before everything it says: who its reader is, whether they still may, and what there is
//! for them, all in one transaction. So whatever is taken away ends it before another word (A7).

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant as Moment;

use super::desk::Desk;
use super::principal::{self, Principal};
use super::problem::{Code, Problem};
use crate::db::Conn;
use crate::domain::Instant;
use crate::words::Words;

/// How many streams a process keeps open.
const STREAMS: usize = 1024;
/// What other processes commit is seen this much later at the most.
const GLANCE: Duration = Duration::from_secs(1);
/// A burst of writes is told of at once: many followers of a busy desk look no more often than this.
const GATHER: Duration = Duration::from_millis(200);
/// A silent connection is cut by whoever stands between; a word now and then keeps it.
const BREATH: Duration = Duration::from_secs(15);

/// The streams of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    slots: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(STREAMS)),
            stopping: watch::Sender::new(false),
        }
    }
}

impl Live {
    /// Ends all streams, so that the server can stop: their readers come back to another process.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

/// One thing that a stream says.
#[derive(Clone, Debug)]
pub struct Event {
    name: &'static str,
    data: String,
}

impl Event {
    /// An event of this name, with its data as JSON.
    ///
    /// # Errors
    /// [`Code::Internal`] if it does not serialize.
    pub fn new(name: &'static str, data: &impl Serialize) -> Result<Self, Problem> {
        let data = serde_json::to_string(data).map_err(|error| {
            tracing::error!(%error, "an event does not serialize");
            Problem::new(Code::Internal)
        })?;
        Ok(Self { name, data })
    }

    /// JSON has no bare line breaks, so that one line of data is all of it.
    fn write(&self, out: &mut String) {
        out.push_str("event: ");
        out.push_str(self.name);
        out.push_str("\ndata: ");
        out.push_str(&self.data);
        out.push_str("\n\n");
    }
}

/// What a stream tells of, and how far it has told.
pub trait Told: Clone + Send + Sync + 'static {
    /// What there is for the reader beyond what was told, and how far that is. A problem ends the stream.
    ///
    /// # Errors
    /// What the reader may not see any more, and the database's own.
    fn news(
        &self,
        conn: &mut Conn,
        reader: &Principal,
        words: &Words,
        now: Instant,
    ) -> Result<(Vec<Event>, Self), Problem>;
}

struct Following<T> {
    desk: Arc<Desk>,
    reader: Principal,
    told: T,
    pulse: watch::Receiver<()>,
    stopping: watch::Receiver<bool>,
    spoken_at: Moment,
    ended: bool,
    _slot: OwnedSemaphorePermit,
}

/// Tells `reader` of whatever follows what was `told`, until they may not know any more.
///
/// # Errors
/// [`Code::TooManyStreams`].
pub fn follow<T: Told>(
    desk: &Arc<Desk>,
    reader: Principal,
    told: T,
) -> Result<impl Stream<Item = Bytes> + Send + use<T>, Problem> {
    let slot = Arc::clone(&desk.live.slots)
        .try_acquire_owned()
        .map_err(|_| Problem::new(Code::TooManyStreams))?;
    let stream = Following {
        desk: Arc::clone(desk),
        reader,
        told,
        pulse: desk.bell.listen(),
        stopping: desk.live.stopping.subscribe(),
        spoken_at: Moment::now(),
        ended: false,
        _slot: slot,
    };
    // The first word goes out at once, so that the reader knows that they are connected.
    let hello = stream::once(async { Bytes::from_static(b": connected\nretry: 2000\n\n") });
    let rest = stream::unfold(stream, |mut stream| async move {
        let said = stream.next().await?;
        Some((Bytes::from(said), stream))
    });
    Ok(stream::StreamExt::chain(hello, rest))
}

impl<T: Told> Following<T> {
    /// What to say next; nothing any more after the end.
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        loop {
            let mut said = String::new();
            match self.look().await {
                Ok(news) => news.iter().for_each(|event| event.write(&mut said)),
                // A database that is away comes back, and nothing was told meanwhile.
                Err(problem) if problem.code() == Code::DatabaseUnavailable => {}
                Err(problem) => {
                    self.ended = true;
                    let code = serde_json::json!({ "code": problem.code().as_str() });
                    Event::new("end", &code).ok()?.write(&mut said);
                }
            }
            if said.is_empty() && self.spoken_at.elapsed() >= BREATH {
                said.push_str(": still here\n\n");
            }
            if !said.is_empty() {
                self.spoken_at = Moment::now();
                return Some(said);
            }
            tokio::select! {
                changed = self.pulse.changed() => {
                    changed.ok()?;
                    tokio::time::sleep(GATHER).await;
                    self.pulse.mark_unchanged();
                }
                () = tokio::time::sleep(GLANCE) => {}
                () = stopped(&mut self.stopping) => return None,
            }
        }
    }

    async fn look(&mut self) -> Result<Vec<Event>, Problem> {
        let (reader, told) = (self.reader.clone(), self.told.clone());
        let words = self.desk.words.clone();
        let now = self.desk.clock.now();
        let (news, told) = self
            .desk
            .db
            .read(move |conn| {
                let reader =
                    principal::again(conn, &reader, now)?.ok_or_else(Problem::unauthenticated)?;
                told.news(conn, &reader, &words, now)
            })
            .await?;
        self.told = told;
        Ok(news)
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone, which comes to the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
