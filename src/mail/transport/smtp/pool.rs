//! Connections that are kept for the next letter.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::conversation::Conversation;

/// Connections that are kept at the most.
const KEPT: usize = 8;
/// For how long a connection is kept without work; servers hang up after minutes.
const IDLE: Duration = Duration::from_secs(60);

/// Kept connections, the last used at the end.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<(Conversation, Instant)>>);

impl Pool {
    /// A connection on which the server still answers, if there is one. When one is dead the others are not tried:
    /// they go to the same server.
    pub(super) async fn take(&self) -> Option<Conversation> {
        let (mut last, used) = self.lock().pop()?;
        if used.elapsed() < IDLE && last.is_ready().await {
            return Some(last);
        }
        self.lock().clear();
        None
    }

    /// Keeps a connection for the next letter.
    pub(super) fn keep(&self, conversation: Conversation) {
        let mut kept = self.lock();
        if kept.len() < KEPT {
            kept.push((conversation, Instant::now()));
        }
    }

    /// Ends all of them, side by side.
    pub(super) async fn close(&self) {
        let kept = std::mem::take(&mut *self.lock());
        let mut ends: JoinSet<()> = kept.into_iter().map(|(one, _)| one.end()).collect();
        while ends.join_next().await.is_some() {}
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Conversation, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
