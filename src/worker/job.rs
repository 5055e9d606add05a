//! Jobs, and the registry of those that a process has.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, BoxFuture};

use super::driver::Turns;
use crate::db::{Conn, Db, DbError, in_savepoint};
use crate::domain::Instant;
use crate::workflow::{VerbError, VerbResult};

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

/// How many things that the clock does go in one transaction: a commit costs more than most of them, and nobody is to wait long for
/// the rows that it holds.
const AT_ONCE: usize = 16;

/// Does the same to each of several things, a few in one transaction and each in a savepoint: what is left for people takes nothing
/// with it. What came of each is given in their order.
///
/// # Errors
/// Database errors; what earlier transactions did stays done.
pub(super) async fn do_each<K, R>(
    db: &Db,
    things: &[K],
    work: impl Fn(&mut Conn, K) -> VerbResult<R> + Copy + Send + 'static,
) -> Result<Vec<R>, DbError>
where
    K: Copy + Send + 'static,
    R: Default + Send + 'static,
{
    let mut done = Vec::with_capacity(things.len());
    for some in things.chunks(AT_ONCE) {
        let some = some.to_vec();
        let of_these = db
            .write(move |conn: &mut Conn| -> Result<Vec<R>, DbError> {
                let mut done = Vec::with_capacity(some.len());
                for one in &some {
                    let outcome = in_savepoint(conn, |conn| work(conn, *one));
                    done.push(outcome.or_else(left_for_people)?);
                }
                Ok(done)
            })
            .await?;
        done.extend(of_these);
    }
    Ok(done)
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

    /// Whether what it does may give others something to do, and not itself alone.
    fn gives_work(&self) -> bool {
        true
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

    /// The jobs are stepped in turn until none has anything to do: each of them again only where something was seen to since that may
    /// give it work. For tests.
    ///
    /// # Errors
    /// Those of the first that fails.
    pub async fn until_idle(&self, now: Instant) -> Result<(), DbError> {
        let mut given = 0;
        // How much had been given when each was stepped last; none if it has to be stepped anyway.
        let mut known = vec![None; self.0.len()];
        while known.iter().any(|known| *known != Some(given)) {
            for (job, known) in self.0.iter().zip(&mut known) {
                if *known == Some(given) {
                    continue;
                }
                let before = given;
                let done = job.step(now).await?.done;
                if job.gives_work() {
                    given += done;
                    *known = Some(before);
                } else {
                    *known = (done == 0).then_some(before);
                }
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::store::Counter;
    use crate::testing::TestDatabase;
    use crate::workflow::Rejection;

    /// Sees to so many things, one a step.
    struct Fake {
        name: &'static str,
        left: Mutex<usize>,
        gives_work: bool,
        steps: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Job for Fake {
        fn name(&self) -> &'static str {
            self.name
        }

        fn every(&self) -> Duration {
            Duration::from_secs(1)
        }

        fn gives_work(&self) -> bool {
            self.gives_work
        }

        fn step(&self, _: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
            self.steps.lock().unwrap().push(self.name);
            let mut left = self.left.lock().unwrap();
            let done = usize::from(*left > 0);
            *left -= done;
            Box::pin(future::ready(Ok(Stepped { done, more: false })))
        }
    }

    #[tokio::test]
    async fn who_was_given_nothing_since_is_not_stepped_again() {
        let steps = Arc::<Mutex<Vec<&'static str>>>::default();
        let job = |name, left, gives_work| Fake {
            name,
            left: Mutex::new(left),
            gives_work,
            steps: Arc::clone(&steps),
        };
        let jobs = Jobs::default()
            .with(job("first", 0, true))
            .with(job("giver", 1, true))
            .with(job("after", 0, true))
            .with(job("last", 2, false));
        jobs.until_idle(Instant::UNIX_EPOCH).await.unwrap();
        let expected = [
            "first", "giver", "after", "last", "first", "giver", "last", "last",
        ];
        assert_eq!(*steps.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn what_is_left_for_people_takes_nothing_with_it() {
        let desk = TestDatabase::new();
        let things: Vec<i64> = (0..40).collect();
        let done = do_each(&desk.db, &things, |conn, thing| {
            let number = Counter::Case.next(conn)?;
            match thing % 10 {
                3 => Err(Rejection::NotFound.into()),
                _ => Ok(number),
            }
        });
        let done = done.await.expect("done");
        let taken: Vec<i64> = done.iter().copied().filter(|number| *number != 0).collect();
        let without_gaps: Vec<i64> = (taken[0]..).take(36).collect();
        assert_eq!((done.len(), taken), (40, without_gaps));
    }
}
