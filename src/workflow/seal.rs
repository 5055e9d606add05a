//! Sealing what was said before events had hashes of it, once, when an older database is brought up to date.

use super::VerbResult;
use super::record::{DoneBy, on_case};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::{COMMAND_LINE, EventKind};
use crate::domain::ids::CaseRef;
use crate::store::{audit, cases};

/// How many cases are sealed in one transaction.
const BATCH: i64 = 50;

/// Seals some of the cases that the migration found; gives whether there are more. What they say from then on is covered by
/// the chain as it stands now.
///
/// # Errors
/// Database errors.
pub fn seal_older(conn: &mut Conn, now: Instant) -> VerbResult<bool> {
    let left = audit::unsealed(conn)?;
    if left == 0 {
        return Ok(false);
    }
    let found = audit::unsealed_cases(conn, BATCH)?;
    for id in &found {
        let Some(case) = cases::lock(conn, Reach::Everything, &CaseRef::Id(*id))? else {
            continue;
        };
        let said = audit::seal_what_is_open(conn, case.id)?;
        // Another process was here first.
        if said.is_empty() {
            continue;
        }
        let by = DoneBy::nobody(COMMAND_LINE);
        let sealed = on_case(&by, EventKind::CaseSealed, &case);
        audit::append_saying(conn, &sealed, &said, now)?;
    }
    let more = i64::try_from(found.len()).is_ok_and(|found| found == BATCH);
    let left = if more { (left - BATCH).max(1) } else { 0 };
    audit::set_unsealed(conn, left)?;
    Ok(more)
}
