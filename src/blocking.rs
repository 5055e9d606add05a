//! Work that waits, or takes a processor for long, on threads that may.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why work has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The system gives no thread, for want of memory or because of a limit. It may at another time.
    #[error("the system gives no thread")]
    NoThread,
    /// It panicked; that itself was reported where it happened.
    #[error("the work panicked")]
    Panicked,
}

/// Does `work` on one of the runtime's blocking threads. If this future is dropped, the work goes on.
///
/// # Errors
/// See [`NotDone`].
pub async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotDone> {
    // Where the system gives not even a first thread, the runtime panics.
    let started = catch_unwind(AssertUnwindSafe(|| tokio::task::spawn_blocking(work)));
    let working = started.map_err(|_| NotDone::NoThread)?;
    working.await.map_err(|_| NotDone::Panicked)
}

/// Does `work` that waits for a disk there.
///
/// # Errors
/// Its own, and [`NotDone`] in one of another kind.
pub async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    run(work).await.map_err(io::Error::other)?
}
