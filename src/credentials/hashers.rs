//! The threads that hash passwords. Hashing takes a processor and 19 MiB for tens of milliseconds, and everybody who
//! reaches the sign-in page can ask for it: so there is a fixed number of threads, each with memory that it keeps while there is
//! something to do, and a short queue before them. What does not fit into the queue is refused before anything is done for it.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use super::password::{HashError, Hasher};

/// How many passwords of strangers wait at the most: some two seconds of work for one thread.
const WAITING: usize = 64;
/// How many wait beside them of people who are known, for whom strangers leave no place otherwise.
const WAITING_KNOWN: usize = 32;
/// How many come from one asker, who cannot have the queue for themselves.
const WAITING_OF_ONE: usize = 16;
/// How many threads hash at the most: 19 MiB each, and forty passwords a second.
const THREADS: usize = 4;
/// For how long a thread keeps its memory when there is nothing to do.
const KEPT: Duration = Duration::from_secs(10);
/// What else there is to do goes before hashing, where both want the same processor.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The threads and their queue. They end when it is dropped.
pub struct Hashers {
    queue: Sender<Job>,
    waiting: Waiting,
}

/// Who asks for a password to be hashed or compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Somebody of whom nothing is known but the place.
    Stranger(String),
    /// A person who has shown who they are, or a device on which they have.
    Known(String),
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum NotHashed {
    /// The queue is full; nothing was done.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// See [`HashError`].
    #[error(transparent)]
    Failed(#[from] HashError),
}

/// What is done for one of those who wait. It has their turn, and gives it back before it answers.
type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

/// How many passwords of each asker wait.
type Waiting = Arc<Mutex<HashMap<Asker, usize>>>;

/// A place in the queue, given back when it is dropped.
struct Turn {
    of: Asker,
    waiting: Waiting,
}

impl Hashers {
    /// Starts the threads: half as many as there are processors, and at least one.
    ///
    /// # Errors
    /// The system's own, if it gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (queue, jobs) = bounded(WAITING + WAITING_KNOWN);
        for _ in 0..threads() {
            let jobs = jobs.clone();
            thread::Builder::new()
                .name("hasher".to_owned())
                .spawn(move || work(&jobs))?;
        }
        Ok(Self {
            queue,
            waiting: Waiting::default(),
        })
    }

    /// The hash of a password that `asker` has chosen.
    ///
    /// # Errors
    /// See [`NotHashed`].
    pub async fn hash(&self, asker: Asker, password: SecretString) -> Result<String, NotHashed> {
        let hashed = self
            .run(asker, move |hasher| hasher.hash(password.expose_secret()))
            .await?;
        Ok(hashed?)
    }

    /// Whether `password` is the one behind `hash`; takes as long where there is none.
    ///
    /// # Errors
    /// See [`NotHashed`].
    pub async fn verify(
        &self,
        asker: Asker,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, NotHashed> {
        self.run(asker, move |hasher| {
            hasher.verify(password.expose_secret(), hash.as_deref())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        asker: Asker,
        ask: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, NotHashed> {
        let turn = Turn::take(&self.waiting, asker).ok_or(NotHashed::Busy)?;
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |hasher| {
            // Whoever has hung up needs no answer.
            let hashed = (!answer.is_closed()).then(|| ask(hasher));
            drop(turn);
            if let Some(hashed) = hashed {
                let _ = answer.send(hashed);
            }
        });
        self.queue.try_send(job).map_err(|_| NotHashed::Busy)?;
        answered.await.map_err(|_| HashError::panicked().into())
    }
}

impl Turn {
    fn take(waiting: &Waiting, asker: Asker) -> Option<Self> {
        let mut counts = locked(waiting);
        if let Asker::Stranger(_) = asker {
            let of_stranger = |(of, count): (&Asker, &usize)| match of {
                Asker::Stranger(_) => *count,
                Asker::Known(_) => 0,
            };
            if counts.iter().map(of_stranger).sum::<usize>() >= WAITING {
                return None;
            }
        }
        let count = counts.entry(asker.clone()).or_default();
        if *count >= WAITING_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Self {
            of: asker,
            waiting: Arc::clone(waiting),
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = locked(&self.waiting);
        if let Some(count) = counts.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.of);
            }
        }
    }
}

fn threads() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (processors / 2).clamp(1, THREADS)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(jobs: &Receiver<Job>) {
    #[cfg(target_os = "linux")]
    // On Linux this is of the thread alone. Where it is not allowed, hashing goes on as eagerly as everything else.
    let _ = rustix::process::setpriority_process(None, NICENESS);
    let mut hasher = Hasher::default();
    hasher.warm_up();
    hasher.give_back();
    while step(jobs, &mut hasher, KEPT).is_continue() {}
}

/// Does what comes next, or gives the memory back if nothing comes for so long. Ends when nobody is left who could ask.
fn step(jobs: &Receiver<Job>, hasher: &mut Hasher, kept: Duration) -> ControlFlow<()> {
    let next = match hasher.has_memory() {
        true => jobs.recv_timeout(kept),
        false => jobs.recv().map_err(RecvTimeoutError::from),
    };
    match next {
        Ok(job) => {
            // Its answer is dropped with it, which whoever waits is told.
            let _ = catch_unwind(AssertUnwindSafe(|| job(hasher)));
        }
        Err(RecvTimeoutError::Timeout) => hasher.give_back(),
        Err(RecvTimeoutError::Disconnected) => return ControlFlow::Break(()),
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    /// Keeps every thread until the answer is dropped.
    async fn keep_busy(hashers: &Arc<Hashers>) -> Vec<std::sync::mpsc::Sender<()>> {
        let (started, has_started) = std::sync::mpsc::channel();
        let mut holds = Vec::new();
        for thread in 0..threads() {
            let (hold, held) = std::sync::mpsc::channel::<()>();
            let (hashers, started) = (Arc::clone(hashers), started.clone());
            tokio::spawn(async move {
                let asker = Asker::Known(format!("thread {thread}"));
                let hold = move |_: &mut Hasher| {
                    let _ = started.send(());
                    let _ = held.recv();
                };
                hashers.run(asker, hold).await
            });
            tokio::task::yield_now().await;
            has_started.recv().expect("it has started");
            holds.push(hold);
        }
        holds
    }

    #[tokio::test]
    async fn one_place_has_a_share_of_the_queue_and_the_rest_is_refused_at_once() {
        let hashers = Arc::new(Hashers::start().expect("threads"));
        let busy = keep_busy(&hashers).await;
        let ask = async |asker: Asker| {
            let password = SecretString::from("a guess");
            hashers.verify(asker, password, None).await
        };
        let stranger = |place: &str| Asker::Stranger(place.to_owned());
        let refused = |answers: &[Result<bool, NotHashed>]| {
            let busy = |answer: &&Result<bool, NotHashed>| matches!(answer, Err(NotHashed::Busy));
            answers.iter().filter(busy).count()
        };
        let here = join_all((0..100).map(|_| ask(stranger("here"))));
        let elsewhere = join_all((0..100).map(|n| ask(stranger(&format!("place {n}")))));
        // Strangers take no place from who is known.
        let known = join_all((0..10).map(|_| ask(Asker::Known("a device".to_owned()))));
        let release = async { drop(busy) };
        // All are asked for, in this order, before the first is answered.
        let (here, elsewhere, known, ()) = tokio::join!(here, elsewhere, known, release);
        assert_eq!(refused(&here), 100 - WAITING_OF_ONE);
        assert_eq!(refused(&elsewhere), 100 - (WAITING - WAITING_OF_ONE));
        assert_eq!(refused(&known), 0);
        let answered = here.iter().chain(&elsewhere).chain(&known).flatten();
        assert!(answered.copied().all(|same| !same));
        // What was answered is forgotten.
        assert!(ask(stranger("here")).await.is_ok());
        assert!(locked(&hashers.waiting).is_empty());
    }

    #[test]
    fn memory_is_given_back_when_nothing_is_left_to_do_and_taken_again() {
        let (queue, jobs) = bounded::<Job>(1);
        let mut hasher = Hasher::default();
        let hash = hasher.hash("correct horse").expect("hashed");
        let step = |hasher: &mut Hasher| step(&jobs, hasher, Duration::ZERO);
        assert!(queue.send(Box::new(|_| ())).is_ok());
        assert!(step(&mut hasher).is_continue() && hasher.has_memory());
        assert!(step(&mut hasher).is_continue() && !hasher.has_memory());
        assert!(hasher.verify("correct horse", Some(&hash)) && hasher.has_memory());
        drop(queue);
        assert!(step(&mut hasher).is_break());
    }

    #[tokio::test]
    async fn a_hash_is_verified() {
        let hashers = Hashers::start().expect("threads");
        let password = || SecretString::from("correct horse");
        let asker = || Asker::Known("a person".to_owned());
        let hash = hashers.hash(asker(), password()).await.expect("hashed");
        let same = hashers.verify(asker(), password(), Some(hash)).await;
        assert!(same.expect("verified"));
    }
}
