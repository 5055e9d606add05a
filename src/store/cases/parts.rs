//! What there is on a case besides itself, asked for at once: most cases have little of it, and what there is not need not be read
//! kind by kind.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::schema::{
    attachments, drafts, escalations, feed_stances, next_steps, priority_requests,
};
use crate::db::{Conn, fixed, on_either};
use crate::domain::access::Access;
use crate::domain::ids::CaseId;

/// Which kinds of things there are on a case. What of them somebody may see is decided where they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Escalations, in whatever state.
    pub escalations: bool,
    /// Promised next steps, of the case or of its escalations.
    pub next_steps: bool,
    /// Requests to raise its priority.
    pub priority_requests: bool,
    /// Files that came with its description or an entry.
    pub attachments: bool,
    /// Words of somebody on whether they follow a feed of it.
    pub stances: bool,
    /// Drafts of the reader's own.
    pub drafts: bool,
}

/// What there is on a case that exists for the reader.
///
/// # Errors
/// Database errors.
pub fn parts(conn: &mut Conn, access: &Access, case: CaseId) -> QueryResult<Parts> {
    let own = drafts::person_id
        .eq(access.person)
        .and(drafts::organization_id.eq(access.organization));
    let (escalations, next_steps, priority_requests, attachments, stances, drafts) =
        on_either!(conn, |server| {
            let there = diesel::select((
                exists(escalations::table.filter(escalations::case_id.eq(case))),
                exists(next_steps::table.filter(next_steps::case_id.eq(case))),
                exists(priority_requests::table.filter(priority_requests::case_id.eq(case))),
                exists(attachments::table.filter(attachments::case_id.eq(case))),
                exists(feed_stances::table.filter(feed_stances::case_id.eq(case))),
                exists(drafts::table.filter(drafts::case_id.eq(case)).filter(own)),
            ));
            fixed!(there).get_result(server)
        })?;
    Ok(Parts {
        escalations,
        next_steps,
        priority_requests,
        attachments,
        stances,
        drafts,
    })
}

/// Reads something of which there is some.
///
/// # Errors
/// Those of `read`.
pub fn if_any<T, E>(there_is: bool, read: impl FnOnce() -> Result<Vec<T>, E>) -> Result<Vec<T>, E> {
    match there_is {
        true => read(),
        false => Ok(Vec::new()),
    }
}
