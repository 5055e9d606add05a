//! Notices of entries that may still be taken back (F4): they wait for that, and go with the entry.

use diesel::prelude::*;

use super::StillWaits;
use crate::db::schema::{digest_items, notices};
use crate::db::sql_types::At;
use crate::db::{Conn, write_what_was_put_off};
use crate::domain::ids::NoticeId;
use crate::domain::notice::{DigestItem, Payload, Thread};
use crate::store::feeds::Entry;

/// Takes the notices of an entry out of the outbox before anybody has them, and out of what is kept for digests. Gives whether
/// all of them were still there: one that somebody is about to send, or has sent, is not taken back, and then nor is the entry.
///
/// # Errors
/// Database errors.
pub fn take_back(conn: &mut Conn, thread: Thread, entry: &Entry) -> QueryResult<bool> {
    write_what_was_put_off(conn)?;
    let rows: Vec<(NoticeId, String)> = notices::table
        .filter(notices::thread.eq(thread.to_string()))
        .filter(notices::created_at.ge(At(entry.at)))
        .select((notices::id, notices::payload))
        .load(conn)?;
    for (id, payload) in rows {
        let told = serde_json::from_str::<Payload>(&payload);
        let tells_of_it = told.is_ok_and(|payload| payload.entries().contains(&entry.id));
        if !tells_of_it {
            continue;
        }
        // Of this and a worker that claims it at the same instant, one finds it as it was.
        let untouched = notices::table
            .filter(notices::id.eq(id))
            .filter(StillWaits)
            .filter(notices::attempts.eq(0))
            .filter(notices::lease_until.is_null());
        if diesel::delete(untouched).execute(conn)? == 0 {
            return Ok(false);
        }
    }
    out_of_digests(conn, entry)?;
    Ok(true)
}

fn out_of_digests(conn: &mut Conn, entry: &Entry) -> QueryResult<()> {
    let rows: Vec<(NoticeId, String)> = digest_items::table
        .filter(digest_items::case_id.eq(entry.case_id))
        .filter(digest_items::created_at.ge(At(entry.at)))
        .select((digest_items::id, digest_items::item))
        .load(conn)?;
    let tells_of_it = |item: &str| {
        let item = serde_json::from_str::<DigestItem>(item);
        item.is_ok_and(|item| item.entry == Some(entry.id))
    };
    for (id, item) in rows {
        if tells_of_it(&item) {
            diesel::delete(digest_items::table.filter(digest_items::id.eq(id))).execute(conn)?;
        }
    }
    Ok(())
}
