//! Word that something was committed, for those in this process who wait for it.

use std::cell::Cell;

use tokio::sync::watch;

thread_local! {
    /// Whether the work that this thread does asks that nobody is woken by its commit.
    static UNHEARD: Cell<bool> = const { Cell::new(false) };
}

/// Nobody is woken by the commit of this transaction, here or elsewhere: it writes nothing that anybody waits for.
pub fn unheard() {
    UNHEARD.set(true);
}

/// Whether the work that this thread has just done is to be heard of.
pub(super) fn is_to_be_heard_of() -> bool {
    !UNHEARD.replace(false)
}

/// Wakes whoever waits for commits. It costs an atomic and a look at who waits. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeSignal(watch::Sender<()>);

impl ChangeSignal {
    /// Something was committed.
    pub(super) fn notify(&self) {
        self.0.send_replace(());
    }

    /// Whether anybody hears it.
    pub(super) fn is_heard(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Hears of every commit from now on.
    pub(super) fn subscribe(&self) -> Changes {
        Changes(self.0.subscribe())
    }
}

/// What one listener hears of commits. Several that nobody has waited for yet are heard as one.
#[derive(Debug)]
pub struct Changes(watch::Receiver<()>);

impl Changes {
    /// What was committed up to now is known: whoever looks at the rows after this misses nothing.
    pub fn mark_seen(&mut self) {
        self.0.mark_unchanged();
    }

    /// Waits for a commit that was not marked as seen.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // The database is closed: nobody commits any more.
            std::future::pending().await
        }
    }
}
