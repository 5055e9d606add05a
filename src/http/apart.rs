//! Work that takes a processor for milliseconds, kept from the threads that answer everybody else.

use std::num::NonZero;
use std::sync::LazyLock;

use tokio::sync::Semaphore;

use super::problem::{Code, Problem};
use crate::blocking::{self, NotDone};
use crate::db::Db;

/// Half the processors: however many ask for much, the other half answers those who ask for little.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(processors().div_ceil(2)));

/// As many searches as there are processors, where a server does them: while it looks, this process waits.
static SEARCHES_OF_SERVER: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(processors()));

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does `work` on a blocking thread, once there is a place for it.
///
/// # Errors
/// [`Code::Busy`] if there is no thread for it, [`Code::Internal`] if it panicked.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    in_place(&PLACES, async { Ok(blocking::run(work).await?) }).await
}

/// Awaits `work`, which searches `db`, once there is a place for it.
///
/// # Errors
/// Those of `work`.
pub async fn searching<T>(
    db: &Db,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let places = match db.is_server() {
        true => &SEARCHES_OF_SERVER,
        false => &PLACES,
    };
    in_place(places, work).await
}

async fn in_place<T>(
    places: &Semaphore,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let place = places.acquire().await;
    let _place = place.map_err(|_| Problem::new(Code::Internal))?;
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
