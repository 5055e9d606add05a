//! What a process remembers of rows that seldom change: who may do what, and by which rules.
//!
//! What is remembered was read in one epoch and is good for that one. Every change to the rows in question begins another
//! epoch, in its own transaction (`0015_epoch` and later migrations say to which tables): whoever changes them, in whichever
//! process, the next transaction sees it. So a remembered value is what the rows would say, for the price of one row.
//!
//! A transaction that writes may have changed those rows itself. It asks for the epoch each time, or once for work that changes
//! none of them ([`steadily`]). What it reads while it sees its own changes is not remembered: they have begun an epoch of which nobody
//! else knows.
//!
//! Who shows which secret is remembered too, for an epoch of secrets: they come and go all day, and who signs out must not make everybody
//! forget all else. Whoever only reads need not ask first who shows one: what this process remembers of them is [`Presumed`], and
//! read for them at once; the epochs that are read beside it bear that out, or all of it is done anew.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use diesel::result::Error::{self as Diesel, NotFound};
use quick_cache::sync::Cache;
use uuid::Uuid;

use super::condition::condition;
use super::conn::{POSTGRES_READS, on_either};
use super::last::putting_off;
use super::schema::epochs;
use super::{Conn, DbError, Failure};

/// How many things are remembered at the most; beyond that those are forgotten first that nobody has asked for.
const MOST: usize = 4096;

/// What tells things of one type apart: up to three ids.
pub type Name = [Uuid; 3];

/// The name of what there is of one thing.
pub const fn of_one(id: &Uuid) -> Name {
    [*id, Uuid::nil(), Uuid::nil()]
}

/// The name of what there is one of.
pub const ONLY: Name = [Uuid::nil(); 3];

/// All that a process remembers of one database.
#[derive(Default)]
pub(super) struct Memory {
    rows: Remembered,
    secrets: Remembered,
}

/// What is remembered of one kind of epoch.
#[derive(Default)]
struct Remembered(RwLock<Option<Arc<Generation>>>);

/// An epoch, and that of the secrets, as one statement has read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Epochs {
    rows: i64,
    secrets: i64,
}

impl Epochs {
    /// As [`TheEpochs`] says them.
    fn said(text: &str) -> Option<Self> {
        let (rows, secrets) = text.split_once(' ')?;
        Some(Self {
            rows: rows.parse().ok()?,
            secrets: secrets.parse().ok()?,
        })
    }
}

condition! {
    /// Both epochs as a column of another query, for [`read_epochs`]: a transaction then need not ask for them.
    pub(crate) TheEpochs: diesel::sql_types::Text = "(SELECT epochs.value || ' ' || secret_epochs.value FROM epochs, secret_epochs WHERE epochs.id = 1 AND secret_epochs.id = 1)"
}

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
    /// The epochs that it has read last, if it only reads.
    read: Option<Epochs>,
    /// Whether it is in work that changes nothing of what is remembered: see [`steadily`].
    is_steady: bool,
}

impl Current {
    /// Whether the epoch that it asks for is good for what it asks for next.
    const fn asks_once(&self) -> bool {
        match self.kind {
            Kind::Reads | Kind::ReadsOne => true,
            Kind::Writes => self.is_steady,
        }
    }
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
        read: None,
        is_steady: false,
    }));
    let _end = End;
    match kind {
        Kind::Writes => putting_off(work),
        Kind::Reads | Kind::ReadsOne => work(),
    }
}

/// Does work that changes nothing of what is remembered. For all that it asks for, a transaction that writes asks for the epoch once
/// then. On a server it goes on in that epoch although others may begin another one meanwhile, as if it had been done before: so it
/// begins behind the locks that it needs.
pub fn steadily<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> T) -> T {
    /// Ends it, also if its work panics.
    struct Over;

    impl Drop for Over {
        fn drop(&mut self) {
            CURRENT.with_borrow_mut(|current| {
                if let Some(current) = current {
                    current.is_steady = false;
                    current.generation = None;
                }
            });
        }
    }

    let begins = CURRENT.with_borrow_mut(|current| match current {
        Some(current) if !current.asks_once() => {
            current.is_steady = true;
            true
        }
        _ => false,
    });
    let _over = if begins { Some(Over) } else { None };
    work(conn)
}

/// Forgets the epoch that a transaction that writes goes on in ([`steadily`]): behind a lock that others hold while they change what is
/// remembered, it asks anew.
pub fn ask_anew() {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current
            && current.kind == Kind::Writes
        {
            current.generation = None;
        }
    });
}

/// The epoch that a transaction has seen, for what is read next for whoever it found: who somebody is, and what they ask for, then
/// cost one question for the epoch together. It is for one request; whoever kept it would keep all that is remembered of it.
#[derive(Clone, Default)]
pub struct Epoch(Arc<SeenEpoch>);

#[derive(Default)]
struct SeenEpoch {
    generation: Mutex<Option<Arc<Generation>>>,
    /// Whether nobody has asked yet if it is the present one.
    is_presumed: AtomicBool,
    /// Of which epoch the secret is that was shown; none where it was looked for.
    secrets: Option<i64>,
}

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
        Self(Arc::new(SeenEpoch {
            generation: Mutex::new(seen),
            ..SeenEpoch::default()
        }))
    }

    /// Does the work of the transaction on this thread in it, and bears it out ([`Epoch::bear_out`]). Work that writes asks anew each time.
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub fn going_on<T, E: Failure>(
        &self,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        self.go_on();
        let outcome = work(conn);
        // A transaction in which a statement has failed answers nothing more.
        let has_failed = outcome.as_ref().err().and_then(Failure::database).is_some();
        if !has_failed {
            self.bear_out(conn).map_err(DbError::from)?;
        }
        outcome
    }

    fn go_on(&self) {
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

    /// Whether it was asked for, and not only [`Presumed`].
    pub fn is_borne_out(&self) -> bool {
        !self.0.is_presumed.load(Ordering::SeqCst)
    }

    /// Bears it out, if it and that of the secrets are those that the transaction on this thread has read or, if that has read none yet,
    /// reads now.
    ///
    /// # Errors
    /// Database errors.
    pub fn bear_out(&self, conn: &mut Conn) -> QueryResult<()> {
        if self.is_borne_out() {
            return Ok(());
        }
        let rows = self.seen().as_ref().map(|generation| generation.epoch);
        let read = CURRENT.with_borrow(|current| current.as_ref()?.read);
        let read = match read {
            Some(read) => Some(read),
            None => epochs(conn)?,
        };
        if let Some(read) = read
            && (rows, self.0.secrets) == (Some(read.rows), Some(read.secrets))
        {
            self.0.is_presumed.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Option<Arc<Generation>>> {
        let generation = self.0.generation.lock();
        generation.unwrap_or_else(PoisonError::into_inner)
    }
}

/// What this process remembers of the last epochs that it has asked for, without asking whether those are the present ones still.
pub struct Presumed {
    rows: Arc<Generation>,
    secrets: Arc<Generation>,
}

impl Presumed {
    /// What is remembered by that name.
    pub fn get<T: Send + Sync + 'static>(&self, name: Name) -> Option<Arc<T>> {
        self.rows.get(name)
    }

    /// What is remembered of a secret by that name.
    pub fn secret<T: Send + Sync + 'static>(&self, name: Name) -> Option<Arc<T>> {
        self.secrets.get(name)
    }

    /// What all of it is good for, which is to be borne out.
    pub fn epoch(self) -> Epoch {
        Epoch(Arc::new(SeenEpoch {
            generation: Mutex::new(Some(self.rows)),
            is_presumed: AtomicBool::new(true),
            secrets: Some(self.secrets.epoch),
        }))
    }
}

/// The epochs were read together with something else ([`TheEpochs`]): the transaction need not ask for them then. One that writes asks all
/// the same.
pub fn read_epochs(said: &str) {
    heed(said);
}

/// The number of the epoch in which the transaction on this thread reads, if it only reads and has read it together with something else
/// ([`read_epochs`]): what is kept elsewhere of rows that are remembered is good for that one. None where what is remembered has been
/// read in another one since, as may happen to work that is in no transaction.
pub fn epoch_read() -> Option<i64> {
    CURRENT.with_borrow(|current| {
        let current = current.as_ref()?;
        let epoch = current.read?.rows;
        let is_it = |generation: &Arc<Generation>| generation.epoch == epoch;
        current
            .generation
            .as_ref()
            .is_none_or(is_it)
            .then_some(epoch)
    })
}

fn heed(said: &str) -> Option<Epochs> {
    let epochs = Epochs::said(said)?;
    reading(|current| {
        current.read = Some(epochs);
        let is_it = |generation: &Arc<Generation>| generation.epoch == epochs.rows;
        if !current.generation.as_ref().is_some_and(is_it) {
            current.generation = current.memory.rows.of(epochs.rows);
        }
    });
    Some(epochs)
}

/// The same, read together with the row of a secret, which is remembered by that name from now on.
pub fn keep_secret<T: Send + Sync + 'static>(name: Name, (row, said): (T, String)) -> Arc<T> {
    let row = Arc::new(row);
    if let Some(epochs) = heed(&said) {
        reading(|current| {
            let generation = current.memory.secrets.of_or_begin(epochs.secrets);
            generation.keep(name, Arc::clone(&row));
        });
    }
    row
}

/// Tells the transaction on this thread something, if it only reads.
fn reading(tell: impl FnOnce(&mut Current)) {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current.as_mut().filter(|it| it.kind != Kind::Writes) {
            tell(current);
        }
    });
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
    let read =
        |conn: &mut Conn, _: &[()]| -> QueryResult<Vec<((), T)>> { Ok(vec![((), load(conn)?)]) };
    let mut all = remembered_each(conn, &[()], |()| name, is_good, read)?;
    // One was asked for, and is given or read.
    all.pop().map(|((), one)| one).ok_or(NotFound)
}

/// The same of several things of a kind, each of which has a name: those that are not remembered are read together by `load`, which
/// gives each of them. Gives them in no order.
///
/// # Errors
/// Those of `load`, and database errors.
pub fn remembered_each<K: Copy, T: Send + Sync + 'static>(
    conn: &mut Conn,
    asked: &[K],
    name: impl Fn(K) -> Name,
    is_good: impl Fn(&T) -> bool,
    load: impl FnOnce(&mut Conn, &[K]) -> QueryResult<Vec<(K, T)>>,
) -> QueryResult<Vec<(K, Arc<T>)>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let shared = |(one, read): (K, T)| (one, Arc::new(read));
    let Some((memory, kind)) = current() else {
        return Ok(load(conn, asked)?.into_iter().map(shared).collect());
    };
    let generation = memory.known(conn)?;
    let (mut found, mut missing) = (Vec::with_capacity(asked.len()), Vec::new());
    for one in asked {
        let kept = generation.as_ref();
        let kept = kept.and_then(|known| known.get::<T>(name(*one)));
        match kept.filter(|kept| is_good(kept)) {
            Some(kept) => found.push((*one, kept)),
            None => missing.push(*one),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let read = |conn: &mut Conn| load(conn, &missing);
    let (read, generation) = match kind {
        Kind::Writes => learn_writing(conn, generation, read)?,
        Kind::Reads => memory.learn(conn, read)?,
        Kind::ReadsOne => in_one_state(conn, |conn| memory.learn(conn, read))?,
    };
    for (one, read) in read.into_iter().map(shared) {
        if let Some(generation) = &generation {
            generation.keep(name(one), Arc::clone(&read));
        }
        found.push((one, read));
    }
    Ok(found)
}

/// Reads, in a transaction that writes, what is not remembered yet. It is remembered if others have asked in the epoch that was seen
/// before, which then is none that the transaction has begun, and if that is still the epoch afterwards: what others commit between
/// two statements would be mixed up.
fn learn_writing<R>(
    conn: &mut Conn,
    generation: Option<Arc<Generation>>,
    load: impl FnOnce(&mut Conn) -> QueryResult<R>,
) -> QueryResult<(R, Option<Arc<Generation>>)> {
    let read = load(conn)?;
    let Some(generation) = generation else {
        return Ok((read, None));
    };
    let is_still_it = epoch(conn)? == generation.epoch;
    Ok((read, is_still_it.then_some(generation)))
}

fn current() -> Option<(Arc<Memory>, Kind)> {
    CURRENT.with_borrow(|current| {
        let current = current.as_ref()?;
        Some((Arc::clone(&current.memory), current.kind))
    })
}

/// A transaction around what is a few statements after all, if it is in none: see [`Db::read_one`](super::Db::read_one). What is remembered
/// besides, and asked for within it, belongs to it.
///
/// # Errors
/// Those of `work`, and database errors.
pub fn in_one_state<T, E: From<Diesel>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    /// Ends it, also if its work panics.
    struct Over;

    impl Drop for Over {
        fn drop(&mut self) {
            does_now(Kind::ReadsOne);
        }
    }

    if current().is_none_or(|(_, kind)| kind != Kind::ReadsOne) {
        return work(conn);
    }
    match conn {
        Conn::Postgres(own) => AnsiTransactionManager::begin_transaction_sql(own, POSTGRES_READS)?,
        Conn::Sqlite(own) => AnsiTransactionManager::begin_transaction_sql(own, "BEGIN")?,
    }
    does_now(Kind::Reads);
    let over = Over;
    let outcome = work(conn);
    drop(over);
    on_either!(conn, |own| AnsiTransactionManager::rollback_transaction(
        own
    ))?;
    outcome
}

/// Says what the transaction of this thread does from now on.
fn does_now(kind: Kind) {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current {
            current.kind = kind;
        }
    });
}

fn epoch(conn: &mut Conn) -> QueryResult<i64> {
    let value = epochs::table.find(1).select(epochs::value);
    on_either!(conn, |own| value.get_result(own))
}

fn epochs(conn: &mut Conn) -> QueryResult<Option<Epochs>> {
    let said: String = on_either!(conn, |own| diesel::select(TheEpochs)
        .get_result::<String>(own))?;
    Ok(heed(&said))
}

impl Generation {
    fn get<T: Send + Sync + 'static>(&self, name: Name) -> Option<Arc<T>> {
        let kept = self.kept.get(&Key(TypeId::of::<T>(), name))?;
        kept.downcast::<T>().ok()
    }

    fn keep<T: Send + Sync + 'static>(&self, name: Name, read: Arc<T>) {
        self.kept.insert(Key(TypeId::of::<T>(), name), read as _);
    }
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
    fn known(&self, conn: &mut Conn) -> QueryResult<Option<Arc<Generation>>> {
        let asked = CURRENT.with_borrow(|current| current.as_ref()?.generation.clone());
        if asked.is_some() {
            return Ok(asked);
        }
        let generation = self.rows.of(epoch(conn)?);
        if CURRENT.with_borrow(|current| current.as_ref().is_some_and(Current::asks_once)) {
            remember_for_this_transaction(generation.as_ref());
        }
        Ok(generation)
    }

    /// Reads, in a transaction that sees one state, what is not remembered yet, and gives the generation that it is of.
    fn learn<R>(
        &self,
        conn: &mut Conn,
        load: impl FnOnce(&mut Conn) -> QueryResult<R>,
    ) -> QueryResult<(R, Option<Arc<Generation>>)> {
        let generation = self.rows.of_or_begin(epoch(conn)?);
        remember_for_this_transaction(Some(&generation));
        Ok((load(conn)?, Some(generation)))
    }

    /// What is remembered of the last epochs that anybody has asked for.
    pub(super) fn presumed(&self) -> Option<Presumed> {
        Some(Presumed {
            rows: self.rows.last()?,
            secrets: self.secrets.last()?,
        })
    }
}

impl Remembered {
    fn of(&self, epoch: i64) -> Option<Arc<Generation>> {
        let generation = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let generation = generation.as_ref()?;
        (generation.epoch == epoch).then(|| Arc::clone(generation))
    }

    /// The generation of an epoch, which it begins if nobody has.
    fn of_or_begin(&self, epoch: i64) -> Arc<Generation> {
        self.of(epoch).unwrap_or_else(|| self.begin(epoch))
    }

    /// That of the last epoch that anybody has asked for.
    fn last(&self) -> Option<Arc<Generation>> {
        let generation = self.0.read().unwrap_or_else(PoisonError::into_inner);
        generation.clone()
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::db::DbError;
    use crate::db::schema::people;
    use crate::testing::TestDatabase;

    /// Two things that are remembered.
    struct This;
    struct Another;

    /// Asks for one of them, and counts how often it is read.
    fn asks(conn: &mut Conn, reads: &AtomicUsize) -> Result<(), DbError> {
        let read = |_: &mut Conn| {
            reads.fetch_add(1, Ordering::SeqCst);
            Ok(This)
        };
        remembered(conn, ONLY, |_: &This| true, read)?;
        Ok(())
    }

    #[tokio::test]
    async fn what_a_writer_reads_is_remembered_unless_it_has_begun_an_epoch() {
        let desk = TestDatabase::with_records().await;
        let reads = Arc::new(AtomicUsize::new(0));
        let read = || reads.load(Ordering::SeqCst);
        let asked = || {
            let reads = Arc::clone(&reads);
            move |conn: &mut Conn| asks(conn, &reads)
        };
        // Somebody reads in the present epoch.
        let another = |conn: &mut Conn| -> Result<(), DbError> {
            remembered(conn, ONLY, |_: &Another| true, |_| Ok(Another))?;
            Ok(())
        };
        desk.db.read(another).await.expect("read");
        desk.db.write(asked()).await.expect("written");
        assert_eq!(read(), 1);
        desk.db.write(asked()).await.expect("written");
        desk.db.read(asked()).await.expect("read");
        assert_eq!(read(), 1);

        // What it has changed itself may still be taken back.
        let counted = Arc::clone(&reads);
        let changes = move |conn: &mut Conn| -> Result<(), DbError> {
            let renamed = people::first_name.eq("Other");
            diesel::update(people::table).set(renamed).execute(conn)?;
            steadily(conn, |conn| {
                asks(conn, &counted)?;
                asks(conn, &counted)
            })
        };
        desk.db.write(changes).await.expect("written");
        assert_eq!(read(), 3);
        for _ in 0..2 {
            desk.db.read(asked()).await.expect("read");
            assert_eq!(read(), 4);
        }
    }

    #[tokio::test]
    async fn what_is_remembered_is_made_of_what_is_remembered() {
        let desk = TestDatabase::with_records().await;
        let reads = Arc::new(AtomicUsize::new(0));
        let asked = || {
            let reads = Arc::clone(&reads);
            move |conn: &mut Conn| -> Result<(), DbError> {
                let made = |conn: &mut Conn| {
                    let read = |_: &mut Conn| {
                        reads.fetch_add(1, Ordering::SeqCst);
                        Ok(This)
                    };
                    remembered(conn, ONLY, |_: &This| true, read).map(|_| Another)
                };
                remembered(conn, ONLY, |_: &Another| true, made)?;
                Ok(())
            }
        };
        desk.db.read_one(asked()).await.expect("read");
        desk.db.read_one(asked()).await.expect("read");
        desk.db.read(asked()).await.expect("read");
        desk.db.write(asked()).await.expect("written");
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_reader_keeps_its_epoch_through_steady_work() {
        let desk = TestDatabase::with_records().await;
        let reads = Arc::new(AtomicUsize::new(0));
        let asked = move |conn: &mut Conn| -> Result<bool, DbError> {
            asks(conn, &reads)?;
            steadily(conn, |conn| asks(conn, &reads))?;
            let epoch = Epoch::of_this_transaction();
            let is_kept = epoch.seen().is_some();
            Ok(is_kept)
        };
        assert!(desk.db.read(asked).await.expect("read"));
    }
}
