//! What administrators see of notices, and what they can do about one that failed (N2, N3).

use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::Conn;
use crate::db::schema::{cases, notices, people};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::ids::{CaseNumber, NoticeId, PersonId};
use crate::domain::notice::{Fault, NoticeKind, NoticeState};
use crate::domain::order::{Place, Window, orders};
use crate::domain::text::EmailAddress;
use crate::store::lines::hidden_from;
use crate::store::page::{counted, windowed};
use crate::store::people::display_name;

/// Ids that one statement names.
const AT_ONCE: usize = 500;

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
    /// Why it was last put off or given up.
    pub fault: Option<Fault>,
    /// What the mail server or the system said then, or why it was withheld.
    pub last_error: Option<String>,
    /// When it was put into the outbox.
    pub created_at: Instant,
    /// When it is tried next, while it waits.
    pub next_attempt_at: Instant,
    /// When it was last tried.
    pub tried_at: Option<Instant>,
    /// When it was taken by the mail server or the folder.
    pub sent_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

/// Which notices; what is not given is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// In this state.
    pub state: Option<NoticeState>,
    /// Of this kind.
    pub kind: Option<NoticeKind>,
    /// Not taken for this reason.
    pub fault: Option<Fault>,
    /// Put into the outbox then or later.
    pub from: Option<Instant>,
    /// Put into the outbox before.
    pub until: Option<Instant>,
}

orders! {
    /// What notices are listed by.
    pub enum NoticeOrder {
        /// When they were put into the outbox.
        CreatedAt = "created_at" by Instant,
    }
}

/// Where a notice stands in an order.
pub fn place(by: NoticeOrder, notice: &Listed) -> Place<NoticeId> {
    match by {
        NoticeOrder::CreatedAt => Place::Instant(notice.created_at, notice.id),
    }
}

/// The notices that `filter` lets through; none on cases that the reader may not read (A4).
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: Filter,
    window: &Window<NoticeOrder, NoticeId>,
) -> QueryResult<Vec<Listed>> {
    load(conn, reach, &Which::Page { filter, window })
}

/// The notice of that id, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, reach: Reach, id: NoticeId) -> QueryResult<Option<Listed>> {
    Ok(load(conn, reach, &Which::One(id))?.pop())
}

enum Which<'a> {
    One(NoticeId),
    Page {
        filter: Filter,
        window: &'a Window<NoticeOrder, NoticeId>,
    },
}

/// Leaves out what `reach` does not reach. A macro, because every selection is a type of its own.
macro_rules! within {
    ($query:ident, $reach:expr) => {
        match $reach {
            Reach::Everything => {}
            Reach::Organization(own) => $query = $query.filter(people::organization_id.eq(own)),
            Reach::Staff(person) => {
                let readable = cases::line_of_business_id.ne_all(hidden_from!(person));
                $query = $query.filter(notices::case_id.is_null().or(readable.assume_not_null()));
            }
        }
    };
}

/// Leaves out what the filter does not let through.
macro_rules! passing {
    ($query:ident, $filter:expr) => {
        if let Some(state) = $filter.state {
            $query = $query.filter(notices::state.eq(state));
        }
        if let Some(kind) = $filter.kind {
            $query = $query.filter(notices::kind.eq(kind));
        }
        if let Some(fault) = $filter.fault {
            $query = $query.filter(notices::fault.eq(fault));
        }
        if let Some(from) = $filter.from {
            $query = $query.filter(notices::created_at.ge(At(from)));
        }
        if let Some(until) = $filter.until {
            $query = $query.filter(notices::created_at.lt(At(until)));
        }
    };
}

type Row = (
    (NoticeId, NoticeKind, NoticeState, i64, i64),
    (Option<Fault>, Option<String>),
    (At, At, Option<At>, Option<At>),
    Option<(PersonId, String, String, EmailAddress)>,
    (Option<String>, Option<EmailAddress>),
    Option<i64>,
);

fn load(conn: &mut Conn, reach: Reach, which: &Which<'_>) -> QueryResult<Vec<Listed>> {
    let mut query = notices::table
        .left_join(people::table)
        .left_join(cases::table.on(notices::case_id.eq(cases::id.nullable())))
        .select((
            (
                notices::id,
                notices::kind,
                notices::state,
                notices::attempts,
                notices::version,
            ),
            (notices::fault, notices::last_error),
            (
                notices::created_at,
                notices::next_attempt_at,
                notices::tried_at,
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
    within!(query, reach);
    let rows: Vec<Row> = match which {
        Which::One(id) => query.filter(notices::id.eq(*id)).load(conn),
        Which::Page { filter, window } => {
            passing!(query, filter);
            match window.sort.by {
                NoticeOrder::CreatedAt => {
                    windowed!(query, *window, instant notices::created_at, notices::id).load(conn)
                }
            }
        }
    }?;
    Ok(rows.into_iter().filter_map(listed).collect())
}

/// The database sees to it that every notice has a person or an address.
fn listed((notice, why, times, person, address, number): Row) -> Option<Listed> {
    let (id, kind, state, attempts, version) = notice;
    let (fault, last_error) = why;
    let (created_at, next_attempt_at, tried_at, sent_at) = times;
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
        fault,
        last_error,
        created_at: created_at.0,
        next_attempt_at: next_attempt_at.0,
        tried_at: tried_at.map(|at| at.0),
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
/// Database errors.
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

/// How many notices are in `state`, as far as the reader may know of them.
///
/// # Errors
/// Database errors.
pub fn count(conn: &mut Conn, reach: Reach, state: NoticeState) -> QueryResult<i64> {
    let mut query = notices::table
        .left_join(people::table)
        .left_join(cases::table.on(notices::case_id.eq(cases::id.nullable())))
        .filter(notices::state.eq(state))
        .select(count_star())
        .into_boxed();
    within!(query, reach);
    query.get_result(conn)
}

/// How many notices the filter lets through that the reader may know of, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count_passing(
    conn: &mut Conn,
    reach: Reach,
    filter: Filter,
    most: usize,
) -> QueryResult<usize> {
    let mut query = notices::table
        .left_join(people::table)
        .left_join(cases::table.on(notices::case_id.eq(cases::id.nullable())))
        .select(notices::id)
        .into_boxed();
    within!(query, reach);
    passing!(query, filter);
    let along = (notices::created_at.desc(), notices::id.desc());
    counted!(conn, query, NoticeId, most, along)
}

/// What came of sending many notices again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResentAll {
    /// How many wait to be sent by this.
    pub queued: usize,
    /// Whether there are more that the filter lets through.
    pub more: bool,
}

/// Lets notices wait again that failed or, if the filter says so, were withheld: the oldest `limit` of those that it lets
/// through and the reader may know of. What waits or was sent is left alone, so that a repeat changes nothing.
///
/// # Errors
/// Database errors.
pub fn resend_all(
    conn: &mut Conn,
    reach: Reach,
    filter: Filter,
    limit: usize,
    now: Instant,
) -> QueryResult<ResentAll> {
    let state = match filter.state {
        None | Some(NoticeState::Failed) => NoticeState::Failed,
        Some(NoticeState::Withheld) => NoticeState::Withheld,
        Some(NoticeState::Waiting | NoticeState::Sent) => {
            return Ok(ResentAll {
                queued: 0,
                more: false,
            });
        }
    };
    let filter = Filter {
        state: Some(state),
        ..filter
    };
    let mut query = notices::table
        .left_join(people::table)
        .left_join(cases::table.on(notices::case_id.eq(cases::id.nullable())))
        .order((notices::created_at.asc(), notices::id.asc()))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1)
        .select(notices::id)
        .into_boxed();
    within!(query, reach);
    passing!(query, filter);
    let mut ids: Vec<NoticeId> = query.load(conn)?;
    let more = ids.len() > limit;
    ids.truncate(limit);
    let mut queued = 0;
    for ids in ids.chunks(AT_ONCE) {
        let these = notices::id
            .eq_any(ids.to_vec())
            .and(notices::state.eq(state));
        queued += diesel::update(notices::table.filter(these))
            .set((
                notices::state.eq(NoticeState::Waiting),
                notices::next_attempt_at.eq(At(now)),
                notices::version.eq(notices::version + 1),
            ))
            .execute(conn)?;
    }
    Ok(ResentAll { queued, more })
}
