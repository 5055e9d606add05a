//! The outbox as a job: it fills every place that becomes free, and waits for none of those that are taken.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;

use super::{Dispatch, Outbox};
use crate::db::DbError;
use crate::domain::Instant;
use crate::worker::driver::Turns;
use crate::worker::{Job, Stepped};

/// How often the leases of what is under way are renewed: well within the time for which they hold.
const RENEWAL: TimeDelta = TimeDelta::seconds(15);
/// For how long the database is waited for when leases are given back at the end.
const RELEASE: Duration = Duration::from_secs(2);

impl Job for Outbox {
    fn name(&self) -> &'static str {
        "outbox"
    }

    /// For other processes' notices, and for those that were put off.
    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn is_woken_by_commits(&self) -> bool {
        true
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let sending = Outbox::step(self, now).await?;
            Ok(Stepped {
                done: sending.claimed,
                more: sending.more,
            })
        })
    }

    fn run(self: Arc<Self>, turns: Turns) -> BoxFuture<'static, ()> {
        Box::pin(send(Outbox::clone(&self), turns))
    }

    fn end(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            match tokio::time::timeout(RELEASE, self.release()).await {
                Ok(Ok(0)) => {}
                Ok(Ok(released)) => tracing::info!(notices = released, "leases released"),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the leases could not be released; they expire by themselves");
                }
                Err(_) => {
                    tracing::warn!("the database is silent; the leases expire by themselves");
                }
            }
            self.close().await;
        })
    }
}

async fn send(outbox: Outbox, mut turns: Turns) {
    if let Err(error) = outbox.release_dead().await {
        tracing::warn!(%error, "what a process that died held waits until its leases expire");
    }
    let mut dispatch = Dispatch::new(outbox, turns.clock().clone());
    let mut renewed_at = turns.clock().now();
    while let Some(now) = turns.begin() {
        // There is a turn every few seconds. Nobody renews leases that nobody holds.
        if !dispatch.is_busy() {
            renewed_at = now;
        } else if now >= renewed_at + RENEWAL {
            turns.failed(dispatch.renew(now).await);
            renewed_at = now;
        }
        let filled = tokio::select! {
            filled = dispatch.fill(now) => filled,
            () = turns.past_grace() => return,
        };
        let probe_at = filled.as_ref().ok().and_then(|filled| filled.probe_at);
        let more = filled.map(|filled| filled.claimed > 0 && filled.more);
        if turns.note(more, now) && dispatch.has_place() {
            continue;
        }
        let interval = turns.interval();
        let next = probe_at.map_or(interval, |at| {
            let wait = (at - now).to_std().unwrap_or_default();
            wait.min(interval)
        });
        let next = dispatch.looks_in().map_or(next, |wait| wait.min(next));
        tokio::select! {
            place = dispatch.place() => turns.failed(place),
            () = turns.next(next) => {}
        }
    }
    let drained = tokio::time::timeout(turns.grace(), dispatch.drain()).await;
    if let Ok(drained) = drained {
        turns.failed(drained.map(drop));
    }
}
