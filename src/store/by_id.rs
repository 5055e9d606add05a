//! What is remembered of things by their ids.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use diesel::QueryResult;
use uuid::Uuid;

use crate::db::{Conn, of_one, remembered_each};

/// What the rows of these say: as it is remembered, and as `read` finds it of the others together. Those that are not there are left
/// out.
///
/// `read` reads nothing but tables whose changes begin an epoch.
///
/// # Errors
/// Those of `read`, and database errors.
pub(super) fn by_id<K, T>(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = K>,
    uuid: impl Fn(&K) -> &Uuid,
    read: impl FnOnce(&mut Conn, Vec<K>) -> QueryResult<Vec<(K, T)>>,
) -> QueryResult<HashMap<K, Arc<T>>>
where
    K: Copy + Ord + Hash,
    T: Send + Sync + 'static,
{
    let ids: BTreeSet<K> = ids.into_iter().collect();
    let ids: Vec<K> = ids.into_iter().collect();
    let name = |id: K| of_one(uuid(&id));
    let read = |conn: &mut Conn, missing: &[K]| read(conn, missing.to_vec());
    let all = remembered_each(conn, &ids, name, |_| true, read)?;
    Ok(all.into_iter().collect())
}
