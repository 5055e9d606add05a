//! Callbacks: the rows, the list, and the views in which people see them (M12).

use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::{callbacks, cases, escalations, organizations, people};
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, among, condition, kept};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::callback::{Call, State, Window};
use crate::domain::ids::{
    CallbackId, CaseId, CaseNumber, EscalationId, EscalationNumber, EventId, LineId, PersonId,
};
use crate::domain::order::{Place, Window as Part, orders};
use crate::store::cas::{Cas, compare_and_set};
use crate::store::cases::OrganizationRef;
use crate::store::lines::within_reach;
use crate::store::page::{counted, windowed};
use crate::store::people::{Named, display_name};

/// A row of `callbacks`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = callbacks)]
pub struct Callback {
    /// Its id.
    pub id: CallbackId,
    /// The case.
    pub case_id: CaseId,
    /// The escalation on which it was asked for.
    pub escalation_id: EscalationId,
    /// The number to call.
    pub phone: String,
    /// When its window begins.
    #[diesel(deserialize_as = At)]
    pub begins_at: Instant,
    /// When it is over.
    #[diesel(deserialize_as = At)]
    pub ends_at: Instant,
    /// IANA name of the zone by whose clock the window was chosen.
    pub time_zone: String,
    /// What it is about.
    pub note: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Who makes the call.
    pub owner_id: Option<PersonId>,
    /// Why it was moved, missed or called off.
    pub reason: Option<String>,
    /// Who asked for it.
    pub requested_by: PersonId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub requested_at: Instant,
    /// When it took place, was missed or was called off.
    #[diesel(deserialize_as = MaybeAt)]
    pub settled_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

impl Callback {
    /// The callback as its verbs are decided on. A zone that the database of zones does not know any more is UTC.
    pub fn call(&self) -> Call {
        Call {
            state: self.state,
            owner: self.owner_id,
            window: Window {
                from: self.begins_at,
                until: self.ends_at,
                zone: self.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
            },
        }
    }

    /// The callback as the subject of audited events.
    pub fn subject_id(&self) -> EventId {
        EventId::from_uuid(*self.id.as_uuid())
    }
}

/// A callback with the names that belong to it.
#[derive(Clone, Debug)]
pub struct CallbackView {
    /// The row.
    pub callback: Callback,
    /// Its escalation's number.
    pub escalation_number: EscalationNumber,
    /// Whether that escalation is active still.
    pub is_active: bool,
    /// Its case's number.
    pub case_number: CaseNumber,
    /// Its case's subject.
    pub case_subject: String,
    /// Whose case it is.
    pub organization: OrganizationRef,
    /// Who asked for it.
    pub requested_by: Named,
    /// Who makes the call.
    pub owner: Option<Named>,
}

/// What a new callback is made of.
#[derive(Clone, Debug)]
pub struct NewCallback<'a> {
    /// The case.
    pub case: CaseId,
    /// The escalation.
    pub escalation: EscalationId,
    /// The number to call.
    pub phone: &'a str,
    /// When the call may come.
    pub window: Window,
    /// What it is about.
    pub note: Option<&'a str>,
    /// Who asks for it.
    pub by: PersonId,
}

/// Adds a requested callback.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, new: &NewCallback<'_>, now: Instant) -> QueryResult<CallbackId> {
    let id = CallbackId::new(now);
    diesel::insert_into(callbacks::table)
        .values((
            callbacks::id.eq(id),
            callbacks::case_id.eq(new.case),
            callbacks::escalation_id.eq(new.escalation),
            callbacks::phone.eq(new.phone),
            callbacks::begins_at.eq(At(new.window.from)),
            callbacks::ends_at.eq(At(new.window.until)),
            callbacks::time_zone.eq(new.window.zone.name()),
            callbacks::note.eq(new.note),
            callbacks::state.eq(State::Requested),
            callbacks::requested_by.eq(new.by),
            callbacks::requested_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The words that go with a callback, as a verb leaves them.
#[derive(Clone, Copy, Debug)]
pub struct CallbackWords<'a> {
    /// What it is about.
    pub note: Option<&'a str>,
    /// Why it was moved, missed or called off.
    pub reason: Option<&'a str>,
}

/// Makes of a callback what a verb has decided if it is still at its version, and counts the change. One that has another
/// window is told of anew when that begins.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    callback: &Callback,
    call: &Call,
    words: CallbackWords<'_>,
    now: Instant,
) -> QueryResult<Cas> {
    let settled_at = match call.state.is_open() {
        true => None,
        false => Some(At(now)),
    };
    let moved = call.window != callback.call().window;
    let changes = (
        callbacks::state.eq(call.state),
        callbacks::owner_id.eq(call.owner),
        callbacks::begins_at.eq(At(call.window.from)),
        callbacks::ends_at.eq(At(call.window.until)),
        callbacks::time_zone.eq(call.window.zone.name()),
        callbacks::note.eq(words.note),
        callbacks::reason.eq(words.reason),
        callbacks::settled_at.eq(settled_at),
        moved.then(|| callbacks::reminded_at.eq(None::<At>)),
    );
    Ok(compare_and_set!(
        conn,
        callbacks.id = callback.id,
        callback.version,
        changes
    ))
}

/// One callback, if its case exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, reach: Reach, id: CallbackId) -> QueryResult<Option<Callback>> {
    let mut query = callbacks::table
        .inner_join(cases::table)
        .filter(callbacks::id.eq(id))
        .select(Callback::as_select())
        .into_boxed();
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

condition! {
    /// Of a callback whose call is still to come.
    IsOpen = "callbacks.state IN ('requested', 'taken')"
}

/// The calls of an escalation that are still to come, the earliest first.
///
/// # Errors
/// Database errors.
pub fn open_of(conn: &mut Conn, escalation: EscalationId) -> QueryResult<Vec<Callback>> {
    callbacks::table
        .filter(callbacks::escalation_id.eq(escalation))
        .filter(IsOpen)
        .order((callbacks::begins_at.asc(), callbacks::id.asc()))
        .select(Callback::as_select())
        .load(conn)
}

/// What the clock has to see to of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its window begins.
    Begins,
    /// Its window is over.
    Ends,
}

/// Callbacks that the clock has to see to at `now`, the longest overdue first.
///
/// # Errors
/// Database errors.
pub fn due(conn: &mut Conn, what: Due, now: Instant, limit: i64) -> QueryResult<Vec<CallbackId>> {
    match what {
        Due::Begins => callbacks::table
            .filter(IsOpen)
            .filter(callbacks::reminded_at.is_null())
            .filter(callbacks::begins_at.le(At(now)))
            .order((callbacks::begins_at.asc(), callbacks::id.asc()))
            .limit(limit)
            .select(callbacks::id)
            .load(conn),
        Due::Ends => callbacks::table
            .filter(IsOpen)
            .filter(callbacks::ends_at.le(At(now)))
            .order((callbacks::ends_at.asc(), callbacks::id.asc()))
            .limit(limit)
            .select(callbacks::id)
            .load(conn),
    }
}

/// Notes that the beginning of a callback's window is told now, and says whether it falls to the caller to tell it: not if
/// it is over with it, or it was moved, or told by another process meanwhile.
///
/// # Errors
/// Database errors.
pub fn remind(conn: &mut Conn, id: CallbackId, now: Instant) -> QueryResult<bool> {
    let begun = callbacks::table
        .filter(callbacks::id.eq(id))
        .filter(IsOpen)
        .filter(callbacks::reminded_at.is_null())
        .filter(callbacks::begins_at.le(At(now)));
    let changed = kept(begun)
        .set(callbacks::reminded_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(changed == 1)
}

orders! {
    /// What callbacks are listed by.
    pub enum CallbackOrder {
        /// When their windows begin.
        Window = "window" by Instant,
        /// When they were asked for.
        RequestedAt = "requested_at" by Instant,
    }
}

/// Where a callback stands in an order.
pub fn place(by: CallbackOrder, view: &CallbackView) -> Place<CallbackId> {
    let callback = &view.callback;
    match by {
        CallbackOrder::Window => Place::Instant(callback.begins_at, callback.id),
        CallbackOrder::RequestedAt => Place::Instant(callback.requested_at, callback.id),
    }
}

/// Which callbacks a list holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallbackFilter {
    /// Those in one of these states; all if empty.
    pub state: Vec<State>,
    /// Those of one owner, or of nobody.
    pub owner: Option<Option<PersonId>>,
    /// Those of one line of business.
    pub line: Option<LineId>,
    /// Those of one case.
    pub case: Option<CaseId>,
    /// Those of one escalation.
    pub escalation: Option<EscalationId>,
    /// Those whose windows touch the time from the first instant to the second, which is left out.
    pub during: Option<(Instant, Instant)>,
}

mod alias {
    use crate::db::schema::people;
    diesel::alias!(people as asker: Asker, people as caller: Caller);
}
use alias::{asker, caller};

type ViewRow = (
    Callback,
    (i64, crate::domain::escalation::State),
    (i64, String),
    OrganizationRef,
    (String, String),
    Option<(String, String)>,
);

macro_rules! views {
    () => {
        callbacks::table
            .inner_join(cases::table.inner_join(organizations::table))
            .inner_join(escalations::table.on(escalations::id.eq(callbacks::escalation_id)))
            .inner_join(asker.on(asker.field(people::id).eq(callbacks::requested_by)))
            .left_join(caller.on(caller.field(people::id).nullable().eq(callbacks::owner_id)))
            .select((
                Callback::as_select(),
                (escalations::number, escalations::state),
                (cases::number, cases::subject),
                OrganizationRef::as_select(),
                asker.fields((people::first_name, people::last_name)),
                caller
                    .fields((people::first_name, people::last_name))
                    .nullable(),
            ))
            .into_boxed()
    };
}

/// Leaves out what the filter does not let through. A macro, because every selection is a type of its own.
macro_rules! passing {
    ($query:expr, $filter:expr) => {{
        let (mut query, filter) = ($query, $filter);
        if !filter.state.is_empty() {
            query = query.filter(callbacks::state.eq_any(filter.state.clone()));
        }
        match filter.owner {
            Some(Some(owner)) => query = query.filter(callbacks::owner_id.eq(owner)),
            Some(None) => query = query.filter(callbacks::owner_id.is_null()),
            None => {}
        }
        if let Some(line) = filter.line {
            query = query.filter(cases::line_of_business_id.eq(line));
        }
        if let Some(case) = filter.case {
            query = query.filter(callbacks::case_id.eq(case));
        }
        if let Some(escalation) = filter.escalation {
            query = query.filter(callbacks::escalation_id.eq(escalation));
        }
        if let Some((from, until)) = filter.during {
            query = query
                .filter(callbacks::begins_at.lt(At(until)))
                .filter(callbacks::ends_at.gt(At(from)));
        }
        query
    }};
}

/// Callbacks that exist for the reader.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    filter: &CallbackFilter,
    part: &Part<CallbackOrder, CallbackId>,
) -> QueryResult<Vec<CallbackView>> {
    let mut query = views!();
    query = within_reach!(query, reach);
    let query = passing!(query, filter);
    let id = callbacks::id;
    let query = match part.sort.by {
        CallbackOrder::Window => windowed!(query, part, instant callbacks::begins_at, id),
        CallbackOrder::RequestedAt => windowed!(query, part, instant callbacks::requested_at, id),
    };
    let rows: Vec<ViewRow> = query.load(conn)?;
    Ok(rows.into_iter().map(CallbackView::from).collect())
}

/// How many callbacks there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    reach: Reach,
    filter: &CallbackFilter,
    most: usize,
) -> QueryResult<usize> {
    let mut query = callbacks::table
        .inner_join(cases::table)
        .select(callbacks::id)
        .into_boxed();
    query = within_reach!(query, reach);
    let query = passing!(query, filter);
    let along = (callbacks::begins_at.asc(), callbacks::id.asc());
    counted!(conn, query, CallbackId, most, along)
}

/// Some callbacks by their ids, those that exist for the reader, in no order.
///
/// # Errors
/// Database errors.
pub fn views_of(
    conn: &mut Conn,
    reach: Reach,
    ids: &[CallbackId],
) -> QueryResult<Vec<CallbackView>> {
    let mut query = views!().filter(among(callbacks::id, ids.to_vec()));
    query = within_reach!(query, reach);
    let rows: Vec<ViewRow> = query.load(conn)?;
    Ok(rows.into_iter().map(CallbackView::from).collect())
}

/// One callback, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn view(conn: &mut Conn, reach: Reach, id: CallbackId) -> QueryResult<Option<CallbackView>> {
    let mut query = views!().filter(callbacks::id.eq(id));
    query = within_reach!(query, reach);
    Ok(query
        .get_result::<ViewRow>(conn)
        .optional()?
        .map(CallbackView::from))
}

impl From<ViewRow> for CallbackView {
    fn from(
        (callback, (escalation, state), (case, case_subject), organization, requested_by, owner): ViewRow,
    ) -> Self {
        let named = |id, (first, last): (String, String)| Named {
            id,
            name: display_name(&first, &last),
        };
        Self {
            requested_by: named(callback.requested_by, requested_by),
            owner: callback
                .owner_id
                .zip(owner)
                .map(|(id, name)| named(id, name)),
            callback,
            escalation_number: EscalationNumber::new(escalation),
            is_active: state.is_active(),
            case_number: CaseNumber::new(case),
            case_subject,
            organization,
        }
    }
}
