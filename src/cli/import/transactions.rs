//! The transactions of an import: each takes several parts of the file, and ends before its time where somebody waits for what they
//! write. What many cases change in the same pages of the database is written to its log once a transaction.

use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use super::report::Unloaded;
use crate::db::{self, Conn, Db, DbError, Failure};
use crate::store::search_index;
use crate::worker::Indexing;

/// How many parts one transaction takes at most.
pub const PARTS: usize = 8;

/// How a part is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Its cases all at once. What the database refuses of them ends the transaction: on the embedded database savepoints cost
    /// a quarter of what is written in them.
    Together,
    /// So that what the database refuses costs no more than that.
    Apart,
}

/// Why a part is not loaded.
#[derive(Debug)]
pub enum NotLoaded {
    /// The database refuses some of it, which is found by loading it again, [`Manner::Apart`].
    Refused,
    /// The database did not do its part: the import ends.
    Database(DbError),
}

impl From<DbError> for NotLoaded {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<Unloaded> for NotLoaded {
    fn from(unloaded: Unloaded) -> Self {
        match unloaded {
            Unloaded::Refused(_) => Self::Refused,
            Unloaded::Database(error) => Self::Database(error),
        }
    }
}

impl From<diesel::result::Error> for NotLoaded {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Failure for NotLoaded {
    fn database(&self) -> Option<&DbError> {
        match self {
            Self::Refused => None,
            Self::Database(error) => Some(error),
        }
    }
}

/// Something of which an import loads many.
pub trait Item: Send + Sync + 'static {
    /// To how many rows it comes, about.
    fn rows(&self) -> usize;
}

/// What came of items, and how long the writer was held for them.
#[derive(Debug)]
pub struct Written<O> {
    /// Of each of them, in their order.
    pub outcomes: Vec<O>,
    /// How long the transactions took, with their commits. How long they were waited for does not count.
    pub took: Duration,
}

/// Loads items in their order, in parts of about so many rows. `load` gives the outcome of each of them; `Apart` it is refused nothing.
///
/// # Errors
/// If the database fails; what was committed until then stays.
pub async fn load_all<I: Item, O: Send + 'static>(
    db: &Db,
    items: Arc<Vec<I>>,
    rows: usize,
    load: impl Fn(&mut Conn, &[I], Manner) -> Result<Vec<O>, NotLoaded> + Clone + Send + 'static,
) -> Result<Written<O>, DbError> {
    let mut written = Written {
        outcomes: Vec::with_capacity(items.len()),
        took: Duration::ZERO,
    };
    let mut manner = Manner::Together;
    while written.outcomes.len() < items.len() {
        let (from, items, load) = (written.outcomes.len(), Arc::clone(&items), load.clone());
        let loaded = db.write(move |conn| {
            let begun = Stopwatch::now();
            let mut outcomes = Vec::new();
            for part in parts(&items[from..], rows).take(PARTS) {
                if !outcomes.is_empty() && db::is_waited_for(conn) {
                    break;
                }
                outcomes.extend(load(conn, part, manner)?);
            }
            search_index::take_in(conn, i64::MAX)?;
            Ok::<_, NotLoaded>((outcomes, begun))
        });
        match loaded.await {
            Ok((outcomes, begun)) => {
                written.took += begun.elapsed();
                written.outcomes.extend(outcomes);
                manner = Manner::Together;
                Indexing::put_together(db, usize::MAX).await?;
            }
            Err(NotLoaded::Refused) => manner = Manner::Apart,
            Err(NotLoaded::Database(error)) => return Err(error),
        }
    }
    Ok(written)
}

/// Items in parts of so many rows, or of one item with more.
fn parts<I: Item>(items: &[I], rows: usize) -> impl Iterator<Item = &[I]> {
    let mut left = items;
    std::iter::from_fn(move || {
        let mut sum = 0;
        let within = left.iter().take_while(|item| {
            let goes_on = sum < rows;
            sum += item.rows();
            goes_on
        });
        let (part, rest) = left.split_at(within.count());
        left = rest;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Item for usize {
        fn rows(&self) -> usize {
            *self
        }
    }

    proptest! {
        #[test]
        fn parts_are_all_that_there_is_in_its_order(
            items in proptest::collection::vec(1_usize..50, 0..200), rows in 1_usize..100
        ) {
            let all: Vec<&[usize]> = parts(&items, rows).collect();
            prop_assert_eq!(&all.concat(), &items);
            for part in &all {
                let (_, but_the_last) = part.split_last().expect("no part is empty");
                prop_assert!(but_the_last.iter().sum::<usize>() < rows);
            }
            let full = all.iter().rev().skip(1);
            prop_assert!(full.into_iter().all(|part| part.iter().sum::<usize>() >= rows));
        }
    }
}
