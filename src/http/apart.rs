//! Work that takes a processor for milliseconds, kept from the threads that answer everybody else.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use super::problem::{Code, Problem};
use crate::blocking::{self, NotDone};

/// Half the processors: however many ask for much, the other half answers those who ask for little.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)))
});

/// Does `work` on a blocking thread, once there is a place for it.
///
/// # Errors
/// [`Code::Busy`] if there is no thread for it, [`Code::Internal`] if it panicked.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    in_place(async { Ok(blocking::run(work).await?) }).await
}

/// Awaits `work`, which does its part on blocking threads, once there is a place for it.
///
/// # Errors
/// Those of `work`.
pub async fn in_place<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let _place = PLACES
        .acquire()
        .await
        .map_err(|_| Problem::new(Code::Internal))?;
    work.await
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::NoThread => {
                tracing::error!(error = %not_done, "nothing was done for a request");
                Self::busy()
            }
            NotDone::Panicked => Self::new(Code::Internal),
        }
    }
}
