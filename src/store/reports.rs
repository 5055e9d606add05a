//! What reports count (H2): aggregated by the database, and only of what exists for the reader.
//!
//! By time, rows are read along the index of their instant, for no two databases cut days in a time zone alike; so are waits,
//! of which percentiles are taken.

use diesel::allow_columns_to_appear_in_same_group_by_clause as grouped_together;
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{callbacks, cases, escalation_targets, escalations};
use crate::db::sql_types::{At, Json, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::callback;
use crate::domain::case::{Priority, Status};
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::State;
use crate::domain::ids::{LineId, OrganizationId, PersonId};
use crate::domain::report::{Group, Grouping, Period};
use crate::domain::target::TargetKind;
use crate::store::cases::IsActive;
use crate::store::lines::within_reach;
use crate::store::targets::IsNewest;

/// The most rows that are read one by one for a report. More are not: the period has to be shorter, or what is asked for
/// narrower.
pub const MOST_ROWS: usize = 100_000;

/// What a report is narrowed to.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What exists for the reader.
    pub reach: Reach,
    /// Cases of one organization.
    pub organization: Option<OrganizationId>,
    /// Cases of one line of business.
    pub line: Option<LineId>,
    /// Escalations for one reason, by its code.
    pub reason: Option<String>,
    /// One priority.
    pub priority: Option<Priority>,
    /// When it was; ever if none.
    pub period: Option<Period>,
}

/// Where something that was counted belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere in particular: all of its kind were counted together.
    Whole,
    /// To a group.
    In(Group),
    /// To an instant.
    At(Instant),
}

/// How many there are of a kind in one place.
#[derive(Clone, Debug)]
pub struct Cell<K> {
    /// Where.
    pub place: Place,
    /// Of which kind.
    pub kind: K,
    /// How many.
    pub count: u64,
}

grouped_together!(cases::organization_id, escalations::state);
grouped_together!(cases::organization_id, escalations::rating_score);
grouped_together!(cases::organization_id, escalations::decline_reasons);
grouped_together!(cases::organization_id, escalation_targets::kind);
grouped_together!(cases::organization_id, callbacks::state);
grouped_together!(cases::line_of_business_id, escalations::state);
grouped_together!(cases::line_of_business_id, escalations::rating_score);
grouped_together!(cases::line_of_business_id, escalations::decline_reasons);
grouped_together!(cases::line_of_business_id, escalation_targets::kind);
grouped_together!(cases::line_of_business_id, callbacks::state);
grouped_together!(escalations::reason, escalation_targets::kind);
grouped_together!(escalations::reason, callbacks::state);
grouped_together!(escalations::submitted_priority, escalation_targets::kind);
grouped_together!(escalations::submitted_priority, callbacks::state);
grouped_together!(escalations::owner_id, escalation_targets::kind);

/// Leaves out what does not exist for the reader, and what is not asked for of cases and of time.
macro_rules! within {
    ($query:expr, $scope:expr, $at:expr) => {{
        let scope: &Scope = $scope;
        let mut query = within_reach!($query, scope.reach);
        if let Some(organization) = scope.organization {
            query = query.filter(cases::organization_id.eq(organization));
        }
        if let Some(line) = scope.line {
            query = query.filter(cases::line_of_business_id.eq(line));
        }
        if let Some(period) = scope.period {
            query = query
                .filter($at.ge(At(period.from)))
                .filter($at.lt(At(period.to)));
        }
        query
    }};
}

/// The same, and what is not asked for of escalations.
macro_rules! within_escalations {
    ($query:expr, $scope:expr, $at:expr) => {{
        let mut query = within!($query, $scope, $at);
        if let Some(reason) = &$scope.reason {
            query = query.filter(escalations::reason.eq(reason.clone()));
        }
        if let Some(priority) = $scope.priority {
            query = query.filter(escalations::submitted_priority.eq(priority));
        }
        query
    }};
}

/// Counts what `$source` has by a kind: within each value of the column that belongs to the grouping, one by one where that is
/// one of time, and all together by any other. `$narrowed` leaves out of the query what is not asked for.
macro_rules! cells {
    (
        $conn:expr, $by:expr, $source:expr, $kind:expr => $kinds:ty, at $at:expr,
        |$query:ident| $narrowed:expr,
        { $( $grouping:ident: $column:expr => $keys:ty as $group:expr, )+ }
    ) => {
        match $by {
            $(
                Grouping::$grouping => {
                    let $query = $source
                        .group_by(($column, $kind))
                        .select(($column, $kind, count_star()))
                        .into_boxed();
                    let rows: Vec<($keys, $kinds, i64)> = $narrowed.load($conn)?;
                    let cell = |(key, kind, count): ($keys, $kinds, i64)| Cell {
                        place: Place::In(($group)(key)),
                        kind,
                        count: count.unsigned_abs(),
                    };
                    rows.into_iter().map(cell).collect()
                }
            )+
            Grouping::Day | Grouping::Week | Grouping::Month => {
                let $query = $source.select(($at, $kind)).into_boxed();
                let rows: Vec<(At, $kinds)> =
                    $narrowed.order($at.asc()).limit(one_more()).load($conn)?;
                let cell = |(at, kind): (At, $kinds)| Cell {
                    place: Place::At(at.0),
                    kind,
                    count: 1,
                };
                rows.into_iter().map(cell).collect()
            }
            _ => {
                let $query = $source
                    .group_by($kind)
                    .select(($kind, count_star()))
                    .into_boxed();
                let rows: Vec<($kinds, i64)> = $narrowed.load($conn)?;
                let cell = |(kind, count): ($kinds, i64)| Cell {
                    place: Place::Whole,
                    kind,
                    count: count.unsigned_abs(),
                };
                rows.into_iter().map(cell).collect()
            }
        }
    };
}

/// The same of what belongs to escalations: by all that they are grouped by, `$owner` for whose it is, and by `$more`.
macro_rules! cells_of_escalations {
    (
        $conn:expr, $by:expr, $source:expr, $kind:expr => $kinds:ty, at $at:expr,
        |$query:ident| $narrowed:expr, of $owner:expr,
        { $( $more:tt )* }
    ) => {
        cells!(
            $conn, $by, $source, $kind => $kinds, at $at,
            |$query| $narrowed,
            {
                $( $more )*
                Customer: cases::organization_id => OrganizationId as Group::Customer,
                LineOfBusiness: cases::line_of_business_id => LineId as Group::Line,
                Reason: escalations::reason => String as Group::Reason,
                Priority: escalations::submitted_priority => Option<Priority> as Group::Priority,
                Owner: $owner => Option<PersonId> as Group::Owner,
            }
        )
    };
}

/// Whoever is given one more than [`MOST_ROWS`] knows that there are more.
fn one_more() -> i64 {
    i64::try_from(MOST_ROWS + 1).unwrap_or(i64::MAX)
}

/// The active escalations by their state; only those with something past due at `overdue_at`, if it is given.
///
/// # Errors
/// Database errors.
pub fn active(
    conn: &mut Conn,
    scope: &Scope,
    by: Grouping,
    overdue_at: Option<Instant>,
) -> QueryResult<Vec<Cell<State>>> {
    macro_rules! narrowed {
        ($query:expr) => {{
            let query =
                within_escalations!($query.filter(IsActive), scope, escalations::submitted_at);
            match overdue_at {
                Some(now) => query.filter(escalations::next_due_at.le(At(now))),
                None => query,
            }
        }};
    }
    Ok(cells_of_escalations!(
        conn, by, escalations::table.inner_join(cases::table),
        escalations::state => State, at escalations::submitted_at,
        |query| narrowed!(query), of escalations::owner_id,
        { Rank: escalations::rank => Option<i64> as Group::Rank, }
    ))
}

/// The escalations that were submitted in the period, by their state.
///
/// # Errors
/// Database errors.
pub fn submitted(conn: &mut Conn, scope: &Scope, by: Grouping) -> QueryResult<Vec<Cell<State>>> {
    Ok(cells_of_escalations!(
        conn, by, escalations::table.inner_join(cases::table),
        escalations::state => State, at escalations::submitted_at,
        |query| within_escalations!(query, scope, escalations::submitted_at), of escalations::owner_id,
        {}
    ))
}

/// Those of them that were declined, by the criteria that were not met.
///
/// # Errors
/// Database errors.
pub fn declined(
    conn: &mut Conn,
    scope: &Scope,
    by: Grouping,
) -> QueryResult<Vec<Cell<Vec<FindingCode>>>> {
    let cells: Vec<Cell<Json<Vec<FindingCode>>>> = cells_of_escalations!(
        conn, by, escalations::table.inner_join(cases::table),
        escalations::decline_reasons => Json<Vec<FindingCode>>, at escalations::submitted_at,
        |query| within_escalations!(
            query.filter(escalations::state.eq(State::Declined)), scope, escalations::submitted_at
        ), of escalations::owner_id,
        {}
    );
    let read = |cell: Cell<Json<Vec<FindingCode>>>| Cell {
        place: cell.place,
        kind: cell.kind.0,
        count: cell.count,
    };
    Ok(cells.into_iter().map(read).collect())
}

/// Those of them that were rated, by the score; the others without one.
///
/// # Errors
/// Database errors.
pub fn rated(conn: &mut Conn, scope: &Scope, by: Grouping) -> QueryResult<Vec<Cell<Option<i64>>>> {
    Ok(cells_of_escalations!(
        conn, by, escalations::table.inner_join(cases::table),
        escalations::rating_score => Option<i64>, at escalations::submitted_at,
        |query| within_escalations!(
            query.filter(escalations::rating_score.is_not_null()), scope, escalations::submitted_at
        ), of escalations::owner_id,
        {}
    ))
}

/// Which targets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All.
    Started,
    /// Those that were met before they fell due.
    Met,
    /// Those that fell due before they were met, ended or stood still.
    Missed,
    /// Those that ended before they fell due.
    Ended,
}

/// The targets that began in the period, by their kind; where they stand is told as by
/// [`Standing`](crate::domain::target::Standing).
///
/// # Errors
/// Database errors.
pub fn targets(
    conn: &mut Conn,
    scope: &Scope,
    by: Grouping,
    (part, kind, now): (Part, Option<TargetKind>, Instant),
) -> QueryResult<Vec<Cell<TargetKind>>> {
    use escalation_targets::{due_at, ended_at, met_at, paused_since};
    macro_rules! narrowed {
        ($query:expr) => {{
            let mut query = within_escalations!($query, scope, escalation_targets::started_at);
            if let Some(kind) = kind {
                query = query.filter(escalation_targets::kind.eq(kind));
            }
            match part {
                Part::Started => query,
                Part::Met => query.filter(due_at.nullable().gt(met_at)),
                Part::Ended => query.filter(due_at.nullable().gt(ended_at)),
                Part::Missed => query.filter(
                    due_at
                        .nullable()
                        .le(met_at)
                        .or(due_at.nullable().le(ended_at))
                        .or(met_at.is_null().and(ended_at.is_null()).and(
                            due_at
                                .nullable()
                                .le(paused_since)
                                .or(paused_since.is_null().and(due_at.le(At(now)))),
                        )),
                ),
            }
        }};
    }
    Ok(cells_of_escalations!(
        conn, by,
        escalation_targets::table.inner_join(escalations::table.inner_join(cases::table)),
        escalation_targets::kind => TargetKind, at escalation_targets::started_at,
        |query| narrowed!(query), of escalations::owner_id,
        {}
    ))
}

/// The cases that were opened in the period, by their status; of a priority as it is now, and of whatever reason.
///
/// # Errors
/// Database errors.
pub fn opened(conn: &mut Conn, scope: &Scope, by: Grouping) -> QueryResult<Vec<Cell<Status>>> {
    macro_rules! narrowed {
        ($query:expr) => {{
            let query = within!($query, scope, cases::opened_at);
            match scope.priority {
                Some(priority) => query.filter(cases::priority.eq(priority)),
                None => query,
            }
        }};
    }
    Ok(cells!(
        conn, by, cases::table, cases::status => Status, at cases::opened_at,
        |query| narrowed!(query),
        {
            Customer: cases::organization_id => OrganizationId as Group::Customer,
            LineOfBusiness: cases::line_of_business_id => LineId as Group::Line,
            Priority: cases::priority => Priority as |priority| Group::Priority(Some(priority)),
        }
    ))
}

/// The calls that were asked for in the period, by their state; of the owner of the call.
///
/// # Errors
/// Database errors.
pub fn calls(
    conn: &mut Conn,
    scope: &Scope,
    by: Grouping,
) -> QueryResult<Vec<Cell<callback::State>>> {
    Ok(cells_of_escalations!(
        conn, by, callbacks::table.inner_join(escalations::table.inner_join(cases::table)),
        callbacks::state => callback::State, at callbacks::requested_at,
        |query| within_escalations!(query, scope, callbacks::requested_at), of callbacks::owner_id,
        {}
    ))
}

/// An escalation with what it is grouped by, and the instants between which it waited.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// When it was submitted.
    pub submitted_at: Instant,
    /// When it was first claimed or assigned.
    pub claimed_at: Option<Instant>,
    /// When it was first answered.
    pub replied_at: Option<Instant>,
    /// When it was closed with an outcome.
    pub closed_at: Option<Instant>,
    /// Whose case it is.
    pub organization: OrganizationId,
    /// The case's line of business.
    pub line: LineId,
    /// The code of its reason.
    pub reason: String,
    /// The case's priority at the submission.
    pub priority: Option<Priority>,
    /// Who owns it.
    pub owner: Option<PersonId>,
}

/// The escalations that were submitted in the period with their waits, the oldest first; one more than [`MOST_ROWS`] at the most.
///
/// # Errors
/// Database errors.
pub fn waits(conn: &mut Conn, scope: &Scope) -> QueryResult<Vec<Waiting>> {
    type Found = (
        (At, MaybeAt, MaybeAt, MaybeAt, State),
        MaybeAt,
        (OrganizationId, LineId),
        (String, Option<Priority>, Option<PersonId>),
    );
    let first_reply = escalation_targets::table.on(escalation_targets::escalation_id
        .eq(escalations::id)
        .and(escalation_targets::kind.eq(TargetKind::FirstReply))
        .and(IsNewest));
    let query = escalations::table
        .inner_join(cases::table)
        .left_join(first_reply)
        .select((
            (
                escalations::submitted_at,
                escalations::claimed_at,
                escalations::decided_at,
                escalations::closed_at,
                escalations::state,
            ),
            escalation_targets::met_at.nullable(),
            (cases::organization_id, cases::line_of_business_id),
            (
                escalations::reason,
                escalations::submitted_priority,
                escalations::owner_id,
            ),
        ))
        .into_boxed();
    let query = within_escalations!(query, scope, escalations::submitted_at);
    let rows: Vec<Found> = query
        .order(escalations::submitted_at.asc())
        .limit(one_more())
        .load(conn)?;
    let waiting = |(instants, met_at, (organization, line), (reason, priority, owner)): Found| {
        let (submitted_at, claimed_at, decided_at, closed_at, state) = instants;
        let (met_at, decided_at, closed_at): (Option<Instant>, Option<Instant>, Option<Instant>) =
            (met_at.into(), decided_at.into(), closed_at.into());
        Waiting {
            submitted_at: submitted_at.0,
            claimed_at: claimed_at.into(),
            // Escalations that are older than the targets have none, and were answered with the verdict.
            replied_at: met_at.or(decided_at),
            closed_at: closed_at.filter(|_| state == State::Closed),
            organization,
            line,
            reason,
            priority,
            owner,
        }
    };
    Ok(rows.into_iter().map(waiting).collect())
}
