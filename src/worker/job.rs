//! Jobs, and the registry of those that a process has.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, BoxFuture};

use super::driver::Turns;
use crate::db::DbError;
use crate::domain::Instant;
use crate::workflow::VerbError;

/// Nothing, of what the clock would have done: a rule refuses it, or a calendar cannot reckon. It is left for people, and
/// keeps nothing else waiting.
pub(super) fn left_for_people<T: Default>(failed: VerbError) -> Result<T, DbError> {
    match failed {
        VerbError::Database(error) => Err(error),
        refused @ (VerbError::Rejected(_) | VerbError::Calendar(_)) => {
            tracing::debug!(?refused, "what the clock would do is left for people");
            Ok(T::default())
        }
    }
}

/// Something that the desk does by itself, a step at a time. What it has to remember is in the database, and what it takes
/// from there it takes by comparing and setting, so that any number of processes may have it.
pub trait Job: Send + Sync + 'static {
    /// Its name in logs, and where it is told how it fares.
    fn name(&self) -> &'static str;

    /// How often it is stepped without being woken.
    fn every(&self) -> Duration;

    /// Whether commits of its process wake it: it waits for rows, and not for the clock.
    fn is_woken_by_commits(&self) -> bool {
        false
    }

    /// Does what is due at `now`, as much of it as goes in one step. A step with nothing to do commits nothing.
    ///
    /// # Errors
    /// Database errors; what was done before it failed stays done.
    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>>;

    /// Goes on until the driver stops: steps in turn, unless it has a way of its own.
    fn run(self: Arc<Self>, turns: Turns) -> BoxFuture<'static, ()> {
        Box::pin(async move { turns.each(|now| self.step(now)).await })
    }

    /// Gives back what it holds, when none of its steps is under way any more. It takes a bounded time, whatever is silent.
    fn end(&self) -> BoxFuture<'_, ()> {
        Box::pin(future::ready(()))
    }
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// How many things were seen to.
    pub done: usize,
    /// Whether there may be more to do at once.
    pub more: bool,
}

/// The jobs of a process, in the order in which they give each other work. Cheap to clone.
#[derive(Clone, Default)]
pub struct Jobs(Vec<Arc<dyn Job>>);

impl Jobs {
    /// These and one more.
    #[must_use]
    pub fn with(mut self, job: impl Job) -> Self {
        self.0.push(Arc::new(job));
        self
    }

    /// Every job does one step: for tests, and for commands that end.
    ///
    /// # Errors
    /// Those of the first that fails.
    pub async fn step(&self, now: Instant) -> Result<Stepped, DbError> {
        let mut round = Stepped::default();
        for job in &self.0 {
            let stepped = job.step(now).await?;
            round.done += stepped.done;
            round.more |= stepped.more;
        }
        Ok(round)
    }

    /// Gives back what they hold.
    pub async fn end(&self) {
        for job in &self.0 {
            job.end().await;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<dyn Job>> {
        self.0.iter()
    }
}
