//! What the server sends to its database: statements, how often, and whether one is prepared anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use casebell::db::Location;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use secrecy::ExposeSecret;

use super::desk::Desk;

/// By database and text.
type Counts = BTreeMap<(String, String), usize>;

/// How often each statement was sent.
static SENT: Mutex<Counts> = Mutex::new(BTreeMap::new());

/// How often each was sent by a connection that had sent it before and had not kept it prepared.
static PREPARED_ANEW: Mutex<Counts> = Mutex::new(BTreeMap::new());

/// How many want to know; other stories need not pay for it.
static WATCHING: AtomicUsize = AtomicUsize::new(0);

/// Notes what a connection sends.
#[derive(Default)]
struct Listener {
    url: Option<String>,
    /// What it keeps prepared.
    kept: BTreeSet<String>,
    /// What it has sent.
    sent: BTreeSet<String>,
}

impl Listener {
    fn sends(&mut self, sql: &str) {
        let sql = sql.split(" -- binds:").next().unwrap_or_default().trim();
        let Some(url) = &self.url else { return };
        let name = (url.clone(), sql.to_owned());
        if is_statement(sql) && !self.sent.insert(sql.to_owned()) && !self.kept.contains(sql) {
            *counts(&PREPARED_ANEW).entry(name.clone()).or_default() += 1;
        }
        *counts(&SENT).entry(name).or_default() += 1;
    }
}

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                self.url = Some(url.to_owned());
            }
            InstrumentationEvent::CacheQuery { sql, .. } => {
                self.kept.insert(sql.trim().to_owned());
            }
            InstrumentationEvent::StartQuery { query, .. }
                if WATCHING.load(Ordering::Relaxed) > 0 =>
            {
                self.sends(&query.to_string());
            }
            _ => {}
        }
    }
}

fn counts(of: &'static Mutex<Counts>) -> MutexGuard<'static, Counts> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether it reads or writes rows, rather than begin or end a transaction, or ask whether a connection is alive.
fn is_statement(sql: &str) -> bool {
    const VERBS: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
    sql != "SELECT 1" && VERBS.iter().any(|verb| sql.starts_with(verb))
}

/// Whether it begins a transaction of a request, and not the word to other processes that one was committed.
fn is_transaction(sql: &str) -> bool {
    sql.starts_with("BEGIN") && !sql.contains("NOTIFY")
}

/// From here on new connections are listened to.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_default_instrumentation(|| Some(Box::new(Listener::default()))).expect("installed");
    });
}

/// Somebody wants to know, until this is dropped.
pub struct Watching(());

/// Wants to know from here on.
pub fn watch() -> Watching {
    WATCHING.fetch_add(1, Ordering::Relaxed);
    Watching(())
}

impl Drop for Watching {
    fn drop(&mut self) {
        WATCHING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What was sent to the database of a desk while somebody wanted to know: statements, and how often.
pub fn sent_by(desk: &Desk) -> BTreeMap<String, usize> {
    own(desk, &SENT)
}

fn own(desk: &Desk, of: &'static Mutex<Counts>) -> BTreeMap<String, usize> {
    let url = match &desk.database().location {
        Location::Sqlite(path) => path.display().to_string(),
        Location::Postgres(url) => url.expose_secret().to_owned(),
    };
    let all = counts(of).clone();
    let completed = format!("{url}?");
    let own = (all.into_iter()).filter(|((to, _), _)| *to == url || to.starts_with(&completed));
    own.map(|((_, sql), count)| (sql, count)).collect()
}

/// What is sent to the database of a desk while somebody does something: statements, and how often.
pub async fn while_watching(desk: &Desk, does: impl AsyncFnOnce()) -> BTreeMap<String, usize> {
    counted(desk, &SENT, does).await
}

/// What is prepared anew meanwhile.
pub async fn prepared_anew(desk: &Desk, does: impl AsyncFnOnce()) -> BTreeMap<String, usize> {
    counted(desk, &PREPARED_ANEW, does).await
}

/// What is counted meanwhile, and not what was before, while somebody else wanted to know.
async fn counted(
    desk: &Desk,
    of: &'static Mutex<Counts>,
    does: impl AsyncFnOnce(),
) -> BTreeMap<String, usize> {
    let before = own(desk, of);
    let watching = watch();
    does().await;
    drop(watching);
    let mut counted = own(desk, of);
    for (sql, count) in before {
        if let Some(later) = counted.get_mut(&sql) {
            *later -= count;
        }
    }
    counted.retain(|_, count| *count > 0);
    counted
}

/// How often what costs something is tried: the server may do something by itself meanwhile.
const TRIES: usize = 5;

/// Statements and transactions.
pub type Cost = (usize, usize);

/// What was sent comes to.
pub fn cost_of(sent: &BTreeMap<String, usize>) -> Cost {
    let of = |counts: fn(&str) -> bool| -> usize {
        let counted = sent.iter().filter(|(sql, _)| counts(sql));
        counted.map(|(_, count)| count).sum()
    };
    (of(is_statement), of(is_transaction))
}

/// What something costs that a process has done before.
pub async fn cost(desk: &Desk, does: impl AsyncFn()) -> Cost {
    // What a process remembers, it asks for once.
    does().await;
    let mut fewest = (usize::MAX, usize::MAX);
    for _ in 0..TRIES {
        let sent = while_watching(desk, async || does().await).await;
        fewest = fewest.min(cost_of(&sent));
    }
    fewest
}
