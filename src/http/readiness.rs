//! Whether this process can do its job: looked at in the background, so that whoever asks gets an answer at once, however
//! often they ask and whatever the database does.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant as Moment, sleep, timeout};

use crate::clock::Clock;
use crate::db::{Db, DbError, migrate, unheard};
use crate::domain::Instant;
use crate::store::notices::{self, Backlog};
use crate::store::write_probes;

/// How long it is before the next look, after one that found everything well.
const PAUSE: Duration = Duration::from_secs(2);
/// The same after one that did not: whoever comes back is to be noticed soon.
const SHORT_PAUSE: Duration = Duration::from_millis(500);
/// How long reading, and then writing, may take.
const WITHIN: Duration = Duration::from_secs(3);
/// A look older than this says nothing: whoever looks has got stuck.
const GOOD_FOR: Duration = Duration::from_secs(12);

/// What the last look found. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Readiness(watch::Sender<Option<Found>>);

impl Default for Readiness {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

/// What a look found.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    looked_at: Moment,
    /// Whether the database can be read and written.
    pub database: Database,
    /// Whether its schema is this binary's; unknown if it cannot be read.
    pub is_current: Option<bool>,
    /// What waits to be sent, and as of when.
    pub outbox: Option<(Backlog, Instant)>,
}

/// How the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// It can be read and written.
    Ok,
    /// It can be read, and not written.
    ReadOnly,
    /// It cannot be read.
    Unavailable,
}

impl Found {
    /// What is known where nobody could look.
    fn nothing() -> Self {
        Self {
            looked_at: Moment::now(),
            database: Database::Unavailable,
            is_current: None,
            outbox: None,
        }
    }

    /// Whether requests are to be sent here. A mail server that is away delays notices and loses none: taking the process
    /// off the load balancer for it would help nobody.
    pub fn is_ready(&self) -> bool {
        self.database == Database::Ok && self.is_current == Some(true)
    }
}

impl Readiness {
    /// What the last look found. Right after the start it waits for the first one.
    pub async fn now(&self) -> Found {
        let mut looks = self.0.subscribe();
        let first = timeout(2 * WITHIN, looks.wait_for(Option::is_some)).await;
        let found = first.ok().and_then(Result::ok).and_then(|found| *found);
        found
            .filter(|found| found.looked_at.elapsed() < GOOD_FOR)
            .unwrap_or_else(Found::nothing)
    }

    /// Looks again and again, for as long as it is awaited.
    pub async fn keep_looking(&self, db: &Db, clock: &Clock) {
        loop {
            let found = look(db, clock).await;
            self.0.send_replace(Some(found));
            sleep(if found.is_ready() { PAUSE } else { SHORT_PAUSE }).await;
        }
    }
}

async fn look(db: &Db, clock: &Clock) -> Found {
    let now = clock.now();
    let read = db
        .read(move |conn| Ok::<_, DbError>((migrate::is_current(conn)?, notices::backlog(conn)?)));
    let (is_current, backlog) = match timeout(WITHIN, read).await {
        Ok(Ok(read)) => read,
        outcome => {
            let error = outcome.map_or_else(|_| silent(), |outcome| said(outcome.err()));
            tracing::warn!(%error, "not ready: the database cannot be read");
            return Found::nothing();
        }
    };
    let found = Found {
        looked_at: Moment::now(),
        database: Database::Ok,
        is_current: Some(is_current),
        outbox: Some((backlog, now)),
    };
    if !is_current {
        tracing::warn!("not ready: the schema of the database is not this version's");
        return found;
    }
    let wrote = db.write(|conn| {
        unheard();
        Ok::<_, DbError>(write_probes::probe(conn)?)
    });
    match timeout(WITHIN, wrote).await {
        Ok(Ok(())) => found,
        outcome => {
            let error = outcome.map_or_else(|_| silent(), |outcome| said(outcome.err()));
            tracing::warn!(%error, "not ready: the database cannot be written");
            Found {
                database: Database::ReadOnly,
                ..found
            }
        }
    }
}

fn silent() -> String {
    format!("no answer within {} s", WITHIN.as_secs())
}

fn said(error: Option<DbError>) -> String {
    error.map(|error| error.to_string()).unwrap_or_default()
}
