//! Waiting for what comes about by itself: as long as it takes, and no longer than anybody would.

use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::process_guard::PATIENCE;

/// How often something is asked that nobody tells of.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until it is so; fails after a minute.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until a state that others change is as it should be; fails after a minute, and then says how it is.
pub fn until_changed<'a, S>(
    state: MutexGuard<'a, S>,
    changed: &Condvar,
    done: impl Fn(&S) -> bool,
    how_it_is: impl Fn(&S) -> String,
) -> MutexGuard<'a, S> {
    let (state, waited) = changed
        .wait_timeout_while(state, PATIENCE, |state| !done(state))
        .unwrap_or_else(PoisonError::into_inner);
    assert!(
        !waited.timed_out(),
        "not within a minute: {}",
        how_it_is(&state)
    );
    state
}
