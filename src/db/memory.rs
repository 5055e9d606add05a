//! What a process remembers of rows that seldom change: who may do what, and by which rules.
//!
//! What is remembered was read in one epoch and is good for that one. Every change to the rows in question begins another
//! epoch, in its own transaction (the migration `0015_epoch` says to which tables): whoever changes them, in whichever
//! process, the next transaction sees it. So a remembered value is what the rows would say, for the price of one row.
//!
//! A transaction that writes may have changed those rows itself. It asks for the epoch each time, and what it reads while it
//! sees its own changes is not remembered.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use quick_cache::sync::Cache;
use uuid::Uuid;

use super::Conn;
use super::conn::{POSTGRES_READS, on_either};
use super::last::putting_off;
use super::schema::epochs;

/// How many things are remembered at the most; beyond that those are forgotten first that nobody has asked for.
const MOST: usize = 4096;

/// What tells things of one type apart: up to three ids.
pub type Name = [Uuid; 3];

/// The name of what there is one of.
pub const ONLY: Name = [Uuid::nil(); 3];

/// All that a process remembers of one database.
#[derive(Default)]
pub(super) struct Memory(RwLock<Option<Arc<Generation>>>);

/// What was read in one epoch.
struct Generation {
    epoch: i64,
    kept: Cache<Key, Arc<dyn Any + Send + Sync>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key(TypeId, Name);

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It sees one state.
    Reads,
    /// It is one statement in no transaction, and what is remembered.
    ReadsOne,
    /// It may change what is remembered.
    Writes,
}

/// The transaction that this thread is in.
struct Current {
    memory: Arc<Memory>,
    kind: Kind,
    /// The generation of its epoch, once it has asked for that.
    generation: Option<Arc<Generation>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// Forgets the transaction at its end, also if its work panics.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// Does the work of a transaction that remembers.
pub(super) fn remembering<T>(memory: &Arc<Memory>, kind: Kind, work: impl FnOnce() -> T) -> T {
    CURRENT.set(Some(Current {
        memory: Arc::clone(memory),
        kind,
        generation: None,
    }));
    let _end = End;
    match kind {
        Kind::Writes => putting_off(work),
        Kind::Reads | Kind::ReadsOne => work(),
    }
}

/// The epoch that a transaction has seen, for what is read next for whoever it found: who somebody is, and what they ask for, then
/// cost one question for the epoch together. It is for one request; whoever kept it would keep all that is remembered of it.
#[derive(Clone, Default)]
pub struct Epoch(Arc<Mutex<Option<Arc<Generation>>>>);

impl std::fmt::Debug for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let epoch = self.seen().as_ref().map(|generation| generation.epoch);
        f.debug_tuple("Epoch").field(&epoch).finish()
    }
}

impl Epoch {
    /// That of the transaction on this thread, if it only reads and has asked for it.
    pub fn of_this_transaction() -> Self {
        let seen = CURRENT.with_borrow(|current| current.as_ref()?.generation.clone());
        Self(Arc::new(Mutex::new(seen)))
    }

    /// Goes on in it in the transaction on this thread, which begins. One that writes asks anew each time.
    pub fn go_on(&self) {
        CURRENT.with_borrow_mut(|current| {
            if let Some(current) = current
                && current.kind != Kind::Writes
                && current.generation.is_none()
            {
                current.generation.clone_from(&self.seen());
            }
        });
    }

    /// Something was written since, which may have begun another one.
    pub fn forget(&self) {
        *self.seen() = None;
    }

    fn seen(&self) -> MutexGuard<'_, Option<Arc<Generation>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A row that was read together with the epoch, for which the transaction need not ask then.
pub fn with_epoch<T>((row, epoch): (T, i64)) -> T {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current
            && current.kind != Kind::Writes
            && current.generation.is_none()
        {
            current.generation = current.memory.of(epoch);
        }
    });
    row
}

/// What the rows say that `load` reads: as it is remembered, if it was read in this epoch and `is_good` still.
///
/// `load` reads nothing but tables whose changes begin an epoch.
///
/// # Errors
/// Those of `load`, and database errors.
pub fn remembered<T: Send + Sync + 'static>(
    conn: &mut Conn,
    name: Name,
    is_good: impl Fn(&T) -> bool,
    load: impl FnOnce(&mut Conn) -> QueryResult<T>,
) -> QueryResult<Arc<T>> {
    let Some((memory, kind)) = current() else {
        return load(conn).map(Arc::new);
    };
    let key = Key(TypeId::of::<T>(), name);
    if let Some(generation) = memory.known(conn, kind)?
        && let Some(kept) = generation.kept.get(&key)
        && let Ok(kept) = kept.downcast::<T>()
        && is_good(&kept)
    {
        return Ok(kept);
    }
    match kind {
        // What others commit between two of its statements would be mixed up, and its own changes may be taken back.
        Kind::Writes => load(conn).map(Arc::new),
        Kind::Reads => memory.learn(conn, key, load),
        Kind::ReadsOne => in_one_state(conn, |conn| memory.learn(conn, key, load)),
    }
}

fn current() -> Option<(Arc<Memory>, Kind)> {
    CURRENT.with_borrow(|current| {
        let current = current.as_ref()?;
        Some((Arc::clone(&current.memory), current.kind))
    })
}

/// A transaction around what is a few statements after all.
fn in_one_state<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> QueryResult<T>,
) -> QueryResult<T> {
    match conn {
        Conn::Postgres(own) => AnsiTransactionManager::begin_transaction_sql(own, POSTGRES_READS)?,
        Conn::Sqlite(own) => AnsiTransactionManager::begin_transaction_sql(own, "BEGIN")?,
    }
    let outcome = work(conn);
    on_either!(conn, |own| AnsiTransactionManager::rollback_transaction(
        own
    ))?;
    outcome
}

fn epoch(conn: &mut Conn) -> QueryResult<i64> {
    let value = epochs::table.find(1).select(epochs::value);
    on_either!(conn, |own| value.get_result(own))
}

/// An epoch is asked for once in a transaction that sees one state.
fn remember_for_this_transaction(generation: Option<&Arc<Generation>>) {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current {
            current.generation = generation.cloned();
        }
    });
}

impl Memory {
    /// The generation of the epoch that the transaction sees, if anything is remembered of it.
    fn known(&self, conn: &mut Conn, kind: Kind) -> QueryResult<Option<Arc<Generation>>> {
        let asked = CURRENT.with_borrow(|current| current.as_ref()?.generation.clone());
        if asked.is_some() {
            return Ok(asked);
        }
        let generation = self.of(epoch(conn)?);
        if kind != Kind::Writes {
            remember_for_this_transaction(generation.as_ref());
        }
        Ok(generation)
    }

    /// Reads, in a transaction that sees one state, what is not remembered yet.
    fn learn<T: Send + Sync + 'static>(
        &self,
        conn: &mut Conn,
        key: Key,
        load: impl FnOnce(&mut Conn) -> QueryResult<T>,
    ) -> QueryResult<Arc<T>> {
        let epoch = epoch(conn)?;
        let generation = self.of(epoch).unwrap_or_else(|| self.begin(epoch));
        remember_for_this_transaction(Some(&generation));
        let read = Arc::new(load(conn)?);
        generation.kept.insert(key, Arc::clone(&read) as _);
        Ok(read)
    }

    fn of(&self, epoch: i64) -> Option<Arc<Generation>> {
        let generation = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let generation = generation.as_ref()?;
        (generation.epoch == epoch).then(|| Arc::clone(generation))
    }

    /// Forgets all that was read in another epoch. A reader that began before the last change may do so for an old one: it
    /// keeps its own generation, and the next reader begins the present one anew.
    fn begin(&self, epoch: i64) -> Arc<Generation> {
        let generation = Arc::new(Generation {
            epoch,
            kept: Cache::new(MOST),
        });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&generation));
        generation
    }
}
