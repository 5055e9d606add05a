//! The targets of escalations, those that run and those that are over (M8).

pub mod locks;
mod undoing;

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{cases, escalation_targets, escalations, organizations, target_tellings};
use crate::db::sql_types::{At, Json, MaybeAt, json};
use crate::db::{Conn, Last, Statement, Varying, condition, kept, on_either, write_last};
use crate::domain::Instant;
use crate::domain::calendar::{Pause, Segment};
use crate::domain::case::{Priority, Status};
use crate::domain::ids::{
    CaseId, CaseNumber, EscalationId, EscalationNumber, LineId, OrganizationId, PersonId, TargetId,
};
use crate::domain::target::{Allowance, Run, Standing, TargetClock, TargetKind, Timing};

use crate::store::many::{insert_many, inserting_few};

pub use undoing::{Touched, put_back, touched};

condition! {
    /// Of a target that is neither met nor ended.
    pub(crate) IsRunning = "escalation_targets.met_at IS NULL AND escalation_targets.ended_at IS NULL"
}

condition! {
    /// Of the newest target of its kind.
    pub(crate) IsNewest = "escalation_targets.newest"
}

condition! {
    /// Of a target of which there is more to tell.
    pub(crate) HasAlarm = "escalation_targets.alarm_at IS NOT NULL"
}

/// A row of `escalation_targets`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = escalation_targets)]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// Whose it is.
    pub escalation_id: EscalationId,
    /// Which it is.
    pub kind: TargetKind,
    /// When it started.
    #[diesel(deserialize_as = At)]
    pub started_at: Instant,
    /// How long it has, in minutes
    pub minutes: i64,
    /// of this clock.
    pub clock: TargetClock,
    /// When it stood still.
    pub pauses: Json<Vec<Pause>>,
    /// Since when it stands still.
    #[diesel(deserialize_as = MaybeAt)]
    pub paused_since: Option<Instant>,
    /// When it falls due, or would if it did not stand still.
    #[diesel(deserialize_as = At)]
    pub due_at: Instant,
    /// When that was reckoned.
    #[diesel(deserialize_as = At)]
    pub reckoned_at: Instant,
    /// When it was met.
    #[diesel(deserialize_as = MaybeAt)]
    pub met_at: Option<Instant>,
    /// When it ended without being met, with its escalation.
    #[diesel(deserialize_as = MaybeAt)]
    pub ended_at: Option<Instant>,
    /// How it came to fall due, of one that is over.
    pub segments: Option<Json<Vec<Segment>>>,
    /// How many steps of the ladder are over.
    pub steps_given: i64,
    /// When the next one is.
    #[diesel(deserialize_as = MaybeAt)]
    pub alarm_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

impl Target {
    /// As it is reckoned.
    pub fn run(&self) -> Run {
        Run {
            started_at: self.started_at,
            allowance: self.allowance(),
            pauses: self.pauses.0.clone(),
            paused_since: self.paused_since,
        }
    }

    /// How long it has.
    pub fn allowance(&self) -> Allowance {
        Allowance {
            // The database sees to it that there is at least one.
            minutes: u32::try_from(self.minutes).unwrap_or(1),
            clock: self.clock,
        }
    }

    /// What its ladder is planned by.
    pub fn timing(&self) -> Timing {
        Timing {
            started_at: self.started_at,
            due_at: self.due_at,
            reckoned_at: self.reckoned_at,
        }
    }

    /// How many steps of the ladder are over.
    pub fn given(&self) -> u32 {
        u32::try_from(self.steps_given).unwrap_or(u32::MAX)
    }

    /// Whether it is neither met nor ended.
    pub fn is_running(&self) -> bool {
        self.met_at.is_none() && self.ended_at.is_none()
    }

    /// Where it stands.
    pub fn standing(&self, now: Instant) -> Standing {
        Standing::of(
            self.due_at,
            self.met_at,
            self.ended_at,
            self.paused_since,
            now,
        )
    }

    /// When it was missed, if it was.
    pub fn missed_at(&self, now: Instant) -> Option<Instant> {
        (self.standing(now) == Standing::Missed).then_some(self.due_at)
    }
}

/// What a target is when it starts.
#[derive(Clone, Debug)]
pub struct NewTarget {
    /// Which it is.
    pub kind: TargetKind,
    /// From when on, and how long.
    pub run: Run,
    /// When it falls due.
    pub due_at: Instant,
    /// When the first step of the ladder is.
    pub alarm_at: Option<Instant>,
}

impl NewTarget {
    /// What its ladder is planned by, if it is reckoned at `now`.
    pub fn timing(&self, now: Instant) -> Timing {
        Timing {
            started_at: self.run.started_at,
            due_at: self.due_at,
            reckoned_at: now,
        }
    }

    /// The row of an escalation's that [`insert`] writes.
    fn row(self, escalation: EscalationId, now: Instant) -> Target {
        Target {
            id: TargetId::new(now),
            escalation_id: escalation,
            kind: self.kind,
            started_at: self.run.started_at,
            minutes: i64::from(self.run.allowance.minutes),
            clock: self.run.allowance.clock,
            pauses: Json(self.run.pauses),
            paused_since: self.run.paused_since,
            due_at: self.due_at,
            reckoned_at: now,
            met_at: None,
            ended_at: None,
            segments: None,
            steps_given: 0,
            alarm_at: self.alarm_at,
            version: 1,
        }
    }
}

/// A target as its row is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = escalation_targets, treat_none_as_default_value = false)]
struct Written {
    id: TargetId,
    escalation_id: EscalationId,
    kind: TargetKind,
    newest: bool,
    started_at: At,
    minutes: i64,
    clock: TargetClock,
    pauses: String,
    paused_since: Option<At>,
    due_at: At,
    reckoned_at: At,
    alarm_at: Option<At>,
}

impl Written {
    fn of(target: &Target) -> QueryResult<Self> {
        Ok(Self {
            id: target.id,
            escalation_id: target.escalation_id,
            kind: target.kind,
            newest: true,
            started_at: At(target.started_at),
            minutes: target.minutes,
            clock: target.clock,
            pauses: json(&target.pauses.0)?,
            paused_since: target.paused_since.map(At),
            due_at: At(target.due_at),
            reckoned_at: At(target.reckoned_at),
            alarm_at: target.alarm_at.map(At),
        })
    }
}

/// Starts the first targets of an escalation, which has had none before, at the end of the transaction; gives their rows.
///
/// # Errors
/// Database errors; there, a unique violation if there was one of their kind.
pub fn insert_first(
    conn: &mut Conn,
    escalation: EscalationId,
    new: Vec<NewTarget>,
    now: Instant,
) -> QueryResult<Vec<Target>> {
    let targets: Vec<Target> = (new.into_iter())
        .map(|target| target.row(escalation, now))
        .collect();
    for target in &targets {
        write_last(conn, Written::of(target)?)?;
    }
    Ok(targets)
}

impl Last for Written {
    fn embedded(rows: Vec<Self>, conn: &mut SqliteConnection) -> QueryResult<()> {
        insert_many!(conn, escalation_targets::table, &rows);
        Ok(())
    }

    fn server(rows: Vec<Self>, _: &mut PgConnection) -> QueryResult<Vec<Statement>> {
        Ok(inserting_few!(escalation_targets::table, rows, 1, 2))
    }
}

/// Starts a target: from then on it is the newest of its kind.
///
/// # Errors
/// Database errors; a unique violation if one of its kind runs.
pub fn insert(
    conn: &mut Conn,
    escalation: EscalationId,
    new: NewTarget,
    now: Instant,
) -> QueryResult<()> {
    let before = escalation_targets::table
        .filter(escalation_targets::escalation_id.eq(escalation))
        .filter(escalation_targets::kind.eq(new.kind))
        .filter(IsNewest);
    kept(before)
        .set(escalation_targets::newest.eq(false))
        .execute(conn)?;
    let row = Written::of(&new.row(escalation, now))?;
    on_either!(conn, |own| diesel::insert_into(escalation_targets::table)
        .values(&row)
        .execute(own))
    .map(drop)
}

/// What changes of a target; what is `None` stays.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = escalation_targets)]
pub struct TargetChanges {
    /// How long it has, in minutes
    pub minutes: Option<i64>,
    /// of this clock.
    pub clock: Option<TargetClock>,
    /// When it stood still, as JSON.
    pub pauses: Option<String>,
    /// Since when it stands still.
    pub paused_since: Option<Option<At>>,
    /// When it falls due.
    pub due_at: Option<At>,
    /// When that was reckoned.
    pub reckoned_at: Option<At>,
    /// When it was met.
    pub met_at: Option<At>,
    /// When it ended.
    pub ended_at: Option<At>,
    /// How it came to fall due, as JSON.
    pub segments: Option<String>,
    /// How many steps of the ladder are over.
    pub steps_given: Option<i64>,
    /// When the next one is.
    pub alarm_at: Option<Option<At>>,
}

/// Changes a target if it is as it was read; says whether it was.
///
/// # Errors
/// Database errors.
pub fn update(conn: &mut Conn, target: &Target, changes: &TargetChanges) -> QueryResult<bool> {
    let this = escalation_targets::table
        .filter(escalation_targets::id.eq(target.id))
        .filter(escalation_targets::version.eq(target.version));
    let changed = kept(this)
        .set((
            Varying(changes),
            escalation_targets::version.eq(target.version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// The targets of an escalation that run.
///
/// # Errors
/// Database errors.
pub fn running_of(conn: &mut Conn, escalation: EscalationId) -> QueryResult<Vec<Target>> {
    escalation_targets::table
        .filter(escalation_targets::escalation_id.eq(escalation))
        .filter(IsRunning)
        .order(escalation_targets::kind.asc())
        .select(Target::as_select())
        .load(conn)
}

/// A target that runs, and what it is reckoned by.
#[derive(Clone, Debug)]
pub struct RunningTarget {
    /// The target.
    pub target: Target,
    /// The case of its escalation.
    pub case: CaseId,
    /// The line whose calendar it follows.
    pub line: LineId,
    /// The case's priority when the escalation was submitted.
    pub priority: Option<Priority>,
    /// The escalation's rank.
    pub rank: Option<i64>,
}

/// All targets that run.
///
/// # Errors
/// Database errors.
pub fn running(conn: &mut Conn) -> QueryResult<Vec<RunningTarget>> {
    type Row = (Target, CaseId, LineId, Option<Priority>, Option<i64>);
    let rows: Vec<Row> = escalation_targets::table
        .inner_join(escalations::table.inner_join(cases::table))
        .filter(IsRunning)
        .order((
            escalation_targets::escalation_id.asc(),
            escalation_targets::kind.asc(),
        ))
        .select((
            Target::as_select(),
            cases::id,
            cases::line_of_business_id,
            escalations::submitted_priority,
            escalations::rank,
        ))
        .load(conn)?;
    let running = |(target, case, line, priority, rank)| RunningTarget {
        target,
        case,
        line,
        priority,
        rank,
    };
    Ok(rows.into_iter().map(running).collect())
}

/// The newest target of each kind of several escalations, in the order of kinds.
///
/// # Errors
/// Database errors.
pub fn newest_of(conn: &mut Conn, escalations: &[EscalationId]) -> QueryResult<Vec<Target>> {
    let mut targets: Vec<Target> = escalation_targets::table
        .filter(escalation_targets::escalation_id.eq_any(escalations.to_vec()))
        .filter(IsNewest)
        .select(Target::as_select())
        .load(conn)?;
    targets.sort_by_key(|target| target.kind);
    Ok(targets)
}

/// When there is the next thing to tell of a target, if there is any.
///
/// # Errors
/// Database errors.
pub fn next_alarm(conn: &mut Conn) -> QueryResult<Option<Instant>> {
    let next: Option<At> = escalation_targets::table
        .filter(HasAlarm)
        .order(escalation_targets::alarm_at.asc())
        .select(escalation_targets::alarm_at.assume_not_null())
        .first(conn)
        .optional()?;
    Ok(next.map(|at| at.0))
}

/// A target of which there is something to tell, with what it takes to tell it.
#[derive(Clone, Debug)]
pub struct DueTarget {
    /// The target.
    pub target: Target,
    /// Its escalation.
    pub escalation: DueEscalation,
    /// The case.
    pub case: DueCase,
    /// The name of the organization whose case it is.
    pub organization: String,
}

/// What is told of the escalation of a target.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = escalations)]
pub struct DueEscalation {
    /// Its id.
    pub id: EscalationId,
    /// Its number.
    #[diesel(deserialize_as = i64)]
    pub number: EscalationNumber,
    /// Its owner.
    pub owner_id: Option<PersonId>,
    /// Its rank.
    pub rank: Option<i64>,
}

/// What is told of the case of a target.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = cases)]
pub struct DueCase {
    /// Its id.
    pub id: CaseId,
    /// Its number.
    #[diesel(deserialize_as = i64)]
    pub number: CaseNumber,
    /// Its subject.
    pub subject: String,
    /// Its priority.
    pub priority: Priority,
    /// Its status.
    pub status: Status,
    /// Its line of business.
    pub line_of_business_id: LineId,
    /// Its organization.
    pub organization_id: OrganizationId,
}

/// Targets of which there is something to tell at `now`, the longest due first: those that nobody changes just now.
///
/// # Errors
/// Database errors.
pub fn to_tell(conn: &mut Conn, now: Instant, limit: i64) -> QueryResult<Vec<DueTarget>> {
    let found = escalation_targets::table
        .inner_join(escalations::table.inner_join(cases::table.inner_join(organizations::table)))
        .order((
            escalation_targets::alarm_at.asc(),
            escalation_targets::id.asc(),
        ))
        .select((
            Target::as_select(),
            DueEscalation::as_select(),
            DueCase::as_select(),
            organizations::name,
        ));
    let rows: Vec<(Target, DueEscalation, DueCase, String)> = match locks::free(conn, now, limit)? {
        Some(free) => found
            .filter(escalation_targets::id.eq_any(free))
            .load(conn)?,
        None => found
            .filter(HasAlarm)
            .filter(escalation_targets::alarm_at.le(At(now)))
            .limit(limit)
            .load(conn)?,
    };
    let due = |(target, escalation, case, organization)| DueTarget {
        target,
        escalation,
        case,
        organization,
    };
    Ok(rows.into_iter().map(due).collect())
}

/// Of these targets, those that run, with the lines of their cases.
///
/// # Errors
/// Database errors.
pub fn running_among(conn: &mut Conn, ids: &[TargetId]) -> QueryResult<HashMap<TargetId, LineId>> {
    let rows: Vec<(TargetId, LineId)> = escalation_targets::table
        .inner_join(escalations::table.inner_join(cases::table))
        .filter(escalation_targets::id.eq_any(ids.to_vec()))
        .filter(IsRunning)
        .select((escalation_targets::id, cases::line_of_business_id))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// When these people were last told of targets, or will be; those who never were are not in it.
///
/// # Errors
/// Database errors.
pub fn last_told(conn: &mut Conn, people: &[PersonId]) -> QueryResult<HashMap<PersonId, Instant>> {
    let rows: Vec<(PersonId, At)> = target_tellings::table
        .filter(target_tellings::person_id.eq_any(people.to_vec()))
        .select((target_tellings::person_id, target_tellings::at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(person, at)| (person, at.0))
        .collect())
}

/// Notes when somebody is told of targets.
///
/// # Errors
/// Database errors.
pub fn note_told(conn: &mut Conn, person: PersonId, at: Instant) -> QueryResult<()> {
    let this = target_tellings::table.filter(target_tellings::person_id.eq(person));
    let changed = kept(this)
        .set(target_tellings::at.eq(At(at)))
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(target_tellings::table)
            .values((
                target_tellings::person_id.eq(person),
                target_tellings::at.eq(At(at)),
            ))
            .execute(conn)?;
    }
    Ok(())
}
