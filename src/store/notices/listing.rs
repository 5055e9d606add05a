//! What administrators see of notices, and what they can do about one that failed (N2, N3).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{cases, notices, people};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::{CaseNumber, NoticeId, PersonId};
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::text::EmailAddress;
use crate::store::people::display_name;

/// A notice as administrators see it: on its way or at its end, and why.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: NoticeId,
    /// What it tells of.
    pub kind: NoticeKind,
    /// Where it stands.
    pub state: NoticeState,
    /// The recipient, who has no account if none.
    pub person: Option<PersonId>,
    /// The recipient's name.
    pub name: String,
    /// The address.
    pub email: EmailAddress,
    /// The number of its case.
    pub case_number: Option<CaseNumber>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was last put off, given up or withheld.
    pub last_error: Option<String>,
    /// When it was put into the outbox.
    pub created_at: Instant,
    /// When it is tried next, while it waits.
    pub next_attempt_at: Instant,
    /// When it was taken by the mail server or the folder.
    pub sent_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

/// Notices in `state` or in any, the newest first, after the one at `after`.
///
/// # Errors
/// The database's own.
pub fn list(
    conn: &mut Conn,
    state: Option<NoticeState>,
    after: Option<(Instant, NoticeId)>,
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    load(
        conn,
        &Which::Page {
            state,
            after,
            limit,
        },
    )
}

/// The notice of that id.
///
/// # Errors
/// The database's own.
pub fn find(conn: &mut Conn, id: NoticeId) -> QueryResult<Option<Listed>> {
    Ok(load(conn, &Which::One(id))?.pop())
}

enum Which {
    One(NoticeId),
    Page {
        state: Option<NoticeState>,
        after: Option<(Instant, NoticeId)>,
        limit: i64,
    },
}

type Row = (
    (NoticeId, NoticeKind, NoticeState, i64, Option<String>, i64),
    (At, At, Option<At>),
    Option<(PersonId, String, String, EmailAddress)>,
    (Option<String>, Option<EmailAddress>),
    Option<i64>,
);

fn load(conn: &mut Conn, which: &Which) -> QueryResult<Vec<Listed>> {
    let mut query = notices::table
        .left_join(people::table)
        .left_join(cases::table.on(notices::case_id.eq(cases::id.nullable())))
        .select((
            (
                notices::id,
                notices::kind,
                notices::state,
                notices::attempts,
                notices::last_error,
                notices::version,
            ),
            (
                notices::created_at,
                notices::next_attempt_at,
                notices::sent_at,
            ),
            (
                people::id,
                people::first_name,
                people::last_name,
                people::email,
            )
                .nullable(),
            (notices::to_name, notices::to_email),
            cases::number.nullable(),
        ))
        .into_boxed();
    match which {
        Which::One(id) => query = query.filter(notices::id.eq(*id)),
        Which::Page {
            state,
            after,
            limit,
        } => {
            if let Some(state) = state {
                query = query.filter(notices::state.eq(*state));
            }
            if let Some((created_at, id)) = after {
                let (at, id) = (At(*created_at), *id);
                query = query.filter(
                    notices::created_at
                        .lt(at)
                        .or(notices::created_at.eq(at).and(notices::id.lt(id))),
                );
            }
            query = query
                .order((notices::created_at.desc(), notices::id.desc()))
                .limit(*limit);
        }
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().filter_map(listed).collect())
}

/// The database sees to it that every notice has a person or an address.
fn listed((notice, times, person, address, number): Row) -> Option<Listed> {
    let (id, kind, state, attempts, last_error, version) = notice;
    let (created_at, next_attempt_at, sent_at) = times;
    let (person, name, email) = match (person, address) {
        (Some((person, first, last, email)), _) => {
            (Some(person), display_name(&first, &last), email)
        }
        (None, (Some(name), Some(email))) => (None, name, email),
        (None, _) => return None,
    };
    Some(Listed {
        id,
        kind,
        state,
        person,
        name,
        email,
        case_number: number.map(CaseNumber::new),
        attempts,
        last_error,
        created_at: created_at.0,
        next_attempt_at: next_attempt_at.0,
        sent_at: sent_at.map(|at| at.0),
        version,
    })
}

/// What came of sending a notice again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// It waits to be sent, and is due.
    Queued,
    /// There is no such notice.
    NotFound,
    /// It waits or was sent; only what failed or was withheld is sent again.
    NotEnded(NoticeState),
}

/// Lets a notice that failed or was withheld wait again. It is looked at anew when it is sent: what still must not
/// be sent is withheld again. The attempts are kept.
///
/// # Errors
/// The database's own.
pub fn resend(conn: &mut Conn, id: NoticeId, now: Instant) -> QueryResult<Resend> {
    let ended = [NoticeState::Failed, NoticeState::Withheld];
    let changed =
        diesel::update(notices::table.filter(notices::id.eq(id).and(notices::state.eq_any(ended))))
            .set((
                notices::state.eq(NoticeState::Waiting),
                notices::next_attempt_at.eq(At(now)),
                notices::version.eq(notices::version + 1),
            ))
            .execute(conn)?;
    if changed == 1 {
        return Ok(Resend::Queued);
    }
    let state = notices::table
        .filter(notices::id.eq(id))
        .select(notices::state)
        .get_result(conn)
        .optional()?;
    Ok(state.map_or(Resend::NotFound, Resend::NotEnded))
}
