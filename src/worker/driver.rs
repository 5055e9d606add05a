//! The driver: steps the jobs on the runtime, when woken and at intervals, until it is told to stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant as Moment;

use super::outbox::Dispatch;
use super::{Housekeeping, Lapses, Outbox, Presence, Resets, Sending, Steps, Swept, Wished};
use crate::clock::Clock;
use crate::db::{Changes, Db, DbError};
use crate::domain::Instant;

/// The jobs that a driver steps.
#[derive(Clone)]
pub struct Jobs {
    /// Sends notices.
    pub outbox: Outbox,
    /// Tells of lapsed promises.
    pub steps: Steps,
    /// Sends links to who wants to set a new password.
    pub resets: Resets,
    /// Writes down when sessions were last used.
    pub presence: Presence,
    /// Deletes what has expired.
    pub housekeeping: Housekeeping,
}

/// What one round of all jobs came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Promises.
    pub lapses: Lapses,
    /// Wishes to set a new password.
    pub wished: Wished,
    /// Sessions whose last use was written down.
    pub seen: usize,
    /// Notices.
    pub sending: Sending,
    /// What had expired.
    pub swept: Swept,
}

impl Round {
    /// Whether there was nothing to do.
    pub fn is_idle(&self) -> bool {
        self.lapses.lapsed == 0
            && self.wished.seen_to == 0
            && self.sending.claimed == 0
            && self.swept == Swept::default()
    }
}

impl Jobs {
    /// Every job does one step, in the order in which they give each other work: for tests, and for commands that end.
    ///
    /// # Errors
    /// The database's own.
    pub async fn step(&self, now: Instant) -> Result<Round, DbError> {
        Ok(Round {
            lapses: self.steps.step(now).await?,
            wished: self.resets.step(now).await?,
            seen: self.presence.step().await?,
            sending: self.outbox.step(now).await?,
            swept: self.housekeeping.step(now).await?,
        })
    }
}

/// How often the jobs are stepped without being woken, and how long they may take to stop.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// The outbox: other processes' notices, and those that were put off.
    pub outbox: Duration,
    /// Promised next steps.
    pub steps: Duration,
    /// Other processes' wishes to set a new password.
    pub resets: Duration,
    /// When sessions were last used.
    pub presence: Duration,
    /// Housekeeping.
    pub housekeeping: Duration,
    /// How long what is under way may go on after [`Driver::stop`].
    pub grace: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            outbox: Duration::from_secs(5),
            steps: Duration::from_secs(15),
            resets: Duration::from_secs(5),
            presence: Duration::from_secs(30),
            housekeeping: Duration::from_secs(300),
            grace: Duration::from_secs(4),
        }
    }
}

/// How a job fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// When its last step succeeded.
    pub last_success: Option<Instant>,
    /// Why its last step failed, if it did.
    pub failing: Option<String>,
}

/// How often the leases of what is under way are renewed: well within the time for which they hold.
const RENEWAL: Duration = Duration::from_secs(15);
/// A job that commits wake looks no more often than this, however busy the desk is. The first commit after a pause wakes it at
/// once.
const GATHER: Duration = Duration::from_millis(50);
/// For how long the database is waited for when leases are given back at the end.
const RELEASE: Duration = Duration::from_secs(2);

type Statuses = Arc<Mutex<BTreeMap<&'static str, JobStatus>>>;

/// Steps the jobs until it is stopped. Dropping it ends them at once and leaves their leases to expire.
pub struct Driver {
    stopping: watch::Sender<bool>,
    loops: JoinSet<()>,
    outbox: Outbox,
    statuses: Statuses,
}

impl Driver {
    /// Starts the jobs on the current tokio runtime. What is committed through `db` wakes those that wait for rows.
    pub fn start(jobs: Jobs, db: &Db, clock: Clock, rhythm: Rhythm) -> Self {
        let (stopping, stop) = watch::channel(false);
        let statuses = Statuses::default();
        let turning = |name, interval, changes| Turning {
            name,
            interval,
            grace: rhythm.grace,
            clock: clock.clone(),
            changes,
            stop: stop.clone(),
            statuses: Arc::clone(&statuses),
        };
        let Jobs {
            outbox,
            steps,
            resets,
            presence,
            housekeeping,
        } = jobs;
        let mut loops = JoinSet::new();
        loops.spawn(turning("outbox", rhythm.outbox, Some(db.changes())).send(outbox.clone()));
        loops.spawn(turning("steps", rhythm.steps, None).turn(move |now| {
            let steps = steps.clone();
            async move { steps.step(now).await.map(|lapses| lapses.more) }
        }));
        let asked = Some(db.changes());
        loops.spawn(turning("resets", rhythm.resets, asked).turn(move |now| {
            let resets = resets.clone();
            async move { resets.step(now).await.map(|wished| wished.more) }
        }));
        loops.spawn(turning("presence", rhythm.presence, None).turn(move |_| {
            let presence = presence.clone();
            async move { presence.step().await.map(|_| false) }
        }));
        loops.spawn(
            turning("housekeeping", rhythm.housekeeping, None).turn(move |now| {
                let housekeeping = housekeeping.clone();
                async move { housekeeping.step(now).await.map(|swept| swept.more) }
            }),
        );
        Self {
            stopping,
            loops,
            outbox,
            statuses,
        }
    }

    /// How the jobs fare, by name: `outbox`, `steps`, `resets`, `presence`, `housekeeping`.
    pub fn status(&self) -> BTreeMap<&'static str, JobStatus> {
        self.statuses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets what is under way finish, for as long as the grace lasts, and gives back what was not got to. It takes a
    /// bounded time, whatever is silent.
    pub async fn stop(mut self) {
        let _ = self.stopping.send(true);
        while self.loops.join_next().await.is_some() {}
        match tokio::time::timeout(RELEASE, self.outbox.release()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(released)) => tracing::info!(notices = released, "leases released"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the leases could not be released; they expire by themselves")
            }
            Err(_) => {
                tracing::warn!("the database is silent; the leases expire by themselves")
            }
        }
        self.outbox.close().await;
    }
}

/// The loop of one job.
struct Turning {
    name: &'static str,
    interval: Duration,
    grace: Duration,
    clock: Clock,
    /// What wakes it, if commits do.
    changes: Option<Changes>,
    stop: watch::Receiver<bool>,
    statuses: Statuses,
}

impl Turning {
    /// Runs `step`, at once again while it says that there is more, else when woken or after the interval.
    async fn turn<F, S>(mut self, step: F)
    where
        F: Fn(Instant) -> S + Send,
        S: Future<Output = Result<bool, DbError>> + Send,
    {
        while !*self.stop.borrow() {
            let begun = mark_seen(&mut self.changes);
            let now = self.clock.now();
            let outcome = tokio::select! {
                outcome = step(now) => outcome,
                () = past_grace(self.stop.clone(), self.grace) => return,
            };
            if self.note(outcome, now) {
                continue;
            }
            tokio::select! {
                () = woken(&mut self.changes, begun) => {}
                () = tokio::time::sleep(self.interval) => {}
                _ = self.stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    /// Sends notices: fills every place that becomes free, and waits for none of those that are taken.
    async fn send(mut self, outbox: Outbox) {
        let mut stop = self.stop.clone();
        if let Err(error) = outbox.release_dead().await {
            tracing::warn!(%error, "what a process that died held waits until its leases expire");
        }
        let mut dispatch = Dispatch::new(outbox, self.clock.clone());
        let mut renewal = tokio::time::interval(RENEWAL);
        while !*stop.borrow() {
            let begun = mark_seen(&mut self.changes);
            let now = self.clock.now();
            let filled = tokio::select! {
                filled = dispatch.fill(now) => filled,
                () = past_grace(self.stop.clone(), self.grace) => return,
            };
            let probe_at = filled.as_ref().ok().and_then(|filled| filled.probe_at);
            let more = filled.map(|filled| filled.claimed > 0 && filled.more);
            if self.note(more, now) && dispatch.has_place() {
                continue;
            }
            let next = probe_at.map_or(self.interval, |at| {
                let wait = (at - now).to_std().unwrap_or_default();
                wait.min(self.interval)
            });
            let mut renews = false;
            tokio::select! {
                place = dispatch.place() => self.failed(place),
                () = woken(&mut self.changes, begun) => {}
                () = tokio::time::sleep(next) => {}
                _ = renewal.tick() => renews = true,
                _ = stop.wait_for(|stop| *stop) => {}
            }
            if renews {
                let renewed = dispatch.renew(self.clock.now()).await;
                self.failed(renewed);
            }
        }
        let drained = tokio::time::timeout(self.grace, dispatch.drain()).await;
        if let Ok(drained) = drained {
            self.failed(drained.map(drop));
        }
    }

    /// Takes down a failure; the next turn says whether it is over.
    fn failed(&self, outcome: Result<(), DbError>) {
        if outcome.is_err() {
            self.note(outcome.map(|()| false), self.clock.now());
        }
    }

    /// Whether there is more to do at once.
    fn note(&self, outcome: Result<bool, DbError>, now: Instant) -> bool {
        let mut statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        let status = statuses.entry(self.name).or_default();
        match outcome {
            Ok(more) => {
                *status = JobStatus {
                    last_success: Some(now),
                    failing: None,
                };
                more
            }
            Err(error) => {
                tracing::error!(job = self.name, %error, "the job failed; it goes on at its next turn");
                status.failing = Some(error.to_string());
                false
            }
        }
    }
}

/// What was committed before a step begins, the step sees.
fn mark_seen(changes: &mut Option<Changes>) -> Moment {
    if let Some(changes) = changes {
        changes.mark_seen();
    }
    Moment::now()
}

/// Waits for a commit since the last step began; and a little for what follows it, if that was only just.
async fn woken(changes: &mut Option<Changes>, begun: Moment) {
    match changes {
        Some(changes) => {
            changes.changed().await;
            tokio::time::sleep_until(begun + GATHER).await;
        }
        None => std::future::pending().await,
    }
}

async fn past_grace(mut stop: watch::Receiver<bool>, grace: Duration) {
    // A driver that was dropped stops its loops by itself.
    if stop.wait_for(|stop| *stop).await.is_ok() {
        tokio::time::sleep(grace).await;
    } else {
        std::future::pending::<()>().await;
    }
}
