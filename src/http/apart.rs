//! Work that takes a processor for milliseconds, kept from the threads that answer everybody else.

use std::sync::LazyLock;

use actix_web::web;
use tokio::sync::Semaphore;

use super::problem::{Code, Problem};

/// Half the processors: however many ask for much, the other half answers those who ask for little.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)))
});

/// Does `work` on a blocking thread, once there is a place for it.
///
/// # Errors
/// [`Code::Internal`] if it panicked; that itself was reported where it happened.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let internal = || Problem::new(Code::Internal);
    let _place = PLACES.acquire().await.map_err(|_| internal())?;
    web::block(work).await.map_err(|_| internal())
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
