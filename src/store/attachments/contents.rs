//! Which bytes are named: by asking, and not by a count that could be wrong.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::attachments::ContentHash;
use crate::db::Conn;
use crate::db::schema::attachments;

/// Bytes that some file has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Their name.
    pub content: ContentHash,
    /// How many they are.
    pub bytes: i64,
}

/// Those of the contents that a file has.
///
/// # Errors
/// Database errors.
pub fn named_among(
    conn: &mut Conn,
    contents: &[ContentHash],
) -> QueryResult<BTreeSet<ContentHash>> {
    /// A statement takes only so many values.
    const AT_ONCE: usize = 500;
    let mut named = BTreeSet::new();
    for some in contents.chunks(AT_ONCE) {
        let asked: Vec<&str> = some.iter().map(ContentHash::as_str).collect();
        let found: Vec<String> = attachments::table
            .filter(attachments::sha256.eq_any(asked))
            .select(attachments::sha256)
            .distinct()
            .load(conn)?;
        named.extend(found.iter().filter_map(|hash| hash.parse().ok()));
    }
    Ok(named)
}

/// What all files have, each content once.
///
/// # Errors
/// Database errors.
pub fn named_by_all(conn: &mut Conn) -> QueryResult<Vec<Named>> {
    let rows: Vec<(String, i64)> = attachments::table
        .select((attachments::sha256, attachments::bytes))
        .distinct()
        .order(attachments::sha256.asc())
        .load(conn)?;
    let named = rows.into_iter().filter_map(|(hash, bytes)| {
        let content = hash.parse().ok()?;
        Some(Named { content, bytes })
    });
    Ok(named.collect())
}
