//! The driver: steps the jobs on the runtime, when woken and at intervals, until it is told to stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant as Moment;

use super::{Jobs, Stepped};
use crate::clock::Clock;
use crate::db::{Changes, Db, DbError};
use crate::domain::Instant;

/// A job that commits wake looks no more often than this, however busy the desk is. The first commit after a pause wakes it at
/// once.
const GATHER: Duration = Duration::from_millis(50);

/// When the jobs are stepped without being woken, and how long they may take to stop.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// How often, instead of as often as each of them asks for.
    pub every: Option<Duration>,
    /// How long what is under way may go on after [`Driver::stop`].
    pub grace: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            every: None,
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

type Statuses = Arc<Mutex<BTreeMap<&'static str, JobStatus>>>;

/// Steps the jobs until it is stopped. Dropping it ends them at once and leaves what they hold to expire.
pub struct Driver {
    stopping: watch::Sender<bool>,
    loops: JoinSet<()>,
    jobs: Jobs,
    statuses: Statuses,
}

impl Driver {
    /// Starts the jobs on the current tokio runtime. What is committed through `db` wakes those that wait for rows.
    pub fn start(jobs: Jobs, db: &Db, clock: &Clock, rhythm: Rhythm) -> Self {
        let (stopping, stop) = watch::channel(false);
        let statuses = Statuses::default();
        let mut loops = JoinSet::new();
        for job in jobs.iter() {
            let turns = Turns {
                name: job.name(),
                interval: rhythm.every.unwrap_or_else(|| job.every()),
                grace: rhythm.grace,
                clock: clock.clone(),
                changes: job.is_woken_by_commits().then(|| db.changes()),
                begun: Moment::now(),
                stop: stop.clone(),
                statuses: Arc::clone(&statuses),
            };
            loops.spawn(Arc::clone(job).run(turns));
        }
        Self {
            stopping,
            loops,
            jobs,
            statuses,
        }
    }

    /// How the jobs fare, by name.
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
        self.jobs.end().await;
    }
}

/// The turns of one job.
pub struct Turns {
    name: &'static str,
    interval: Duration,
    grace: Duration,
    clock: Clock,
    /// What wakes it, if commits do.
    changes: Option<Changes>,
    /// When the last turn began.
    begun: Moment,
    stop: watch::Receiver<bool>,
    statuses: Statuses,
}

impl Turns {
    /// Runs `step`, at once again while it says that there is more, else when woken or after the interval.
    pub(super) async fn each<F, S>(mut self, step: F)
    where
        F: Fn(Instant) -> S,
        S: Future<Output = Result<Stepped, DbError>>,
    {
        while let Some(now) = self.begin() {
            let outcome = tokio::select! {
                outcome = step(now) => outcome,
                () = self.past_grace() => return,
            };
            if self.note(outcome.map(|stepped| stepped.more), now) {
                continue;
            }
            self.next(self.interval).await;
        }
    }

    /// A turn begins: what was committed before, it sees. None if there is to be none any more.
    pub(super) fn begin(&mut self) -> Option<Instant> {
        if *self.stop.borrow() {
            return None;
        }
        if let Some(changes) = &mut self.changes {
            changes.mark_seen();
        }
        self.begun = Moment::now();
        Some(self.clock.now())
    }

    /// Waits until the next turn: until a commit since this one began, until the time has passed, or the end.
    pub(super) async fn next(&mut self, within: Duration) {
        let Self {
            changes,
            begun,
            stop,
            ..
        } = self;
        let committed = async {
            match changes {
                Some(changes) => {
                    changes.changed().await;
                    // And a little for what follows it, if the turn has only just begun.
                    tokio::time::sleep_until(*begun + GATHER).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = committed => {}
            () = tokio::time::sleep(within) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    /// Ends when the job was told to stop, and the grace is over.
    pub(super) fn past_grace(&self) -> impl Future<Output = ()> + use<> {
        let (mut stop, grace) = (self.stop.clone(), self.grace);
        async move {
            // A driver that was dropped stops its loops by itself.
            if stop.wait_for(|stop| *stop).await.is_ok() {
                tokio::time::sleep(grace).await;
            } else {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn grace(&self) -> Duration {
        self.grace
    }

    /// Takes down a failure beside the turns; the next turn says whether it is over.
    pub(super) fn failed(&self, outcome: Result<(), DbError>) {
        if outcome.is_err() {
            self.note(outcome.map(|()| false), self.clock.now());
        }
    }

    /// Takes down how a turn went; gives whether there is more to do at once.
    pub(super) fn note(&self, outcome: Result<bool, DbError>, now: Instant) -> bool {
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
