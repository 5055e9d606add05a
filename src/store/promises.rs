//! Promised next steps, of a case or of an escalation (C9, M7).

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{cases, escalations, next_steps};
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, fixed, on_either};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::StepState;
use crate::domain::ids::{
    CaseId, CaseNumber, EscalationId, EscalationNumber, EventId, NextStepId, PersonId,
};
use crate::domain::notice::Step;
use crate::store::cas::{Cas, compare_and_set};
use crate::store::lines::within_reach;

/// A row of `next_steps`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = next_steps)]
pub struct NextStep {
    /// Its id.
    pub id: NextStepId,
    /// The case.
    pub case_id: CaseId,
    /// The escalation on which it was promised, if it was.
    pub escalation_id: Option<EscalationId>,
    /// What is promised.
    pub what: String,
    /// Who does it: an engineer, or a third party.
    pub who: String,
    /// By when.
    #[diesel(deserialize_as = At)]
    pub due_at: Instant,
    /// Where it stands.
    pub state: StepState,
    /// Why it was promised anew.
    pub reason: Option<String>,
    /// Who promised it.
    pub promised_by: PersonId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub promised_at: Instant,
    /// When it was done or missed.
    #[diesel(deserialize_as = MaybeAt)]
    pub settled_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

impl NextStep {
    /// The step as it is told of.
    pub fn told(self) -> Step {
        Step {
            what: self.what,
            who: self.who,
            due_at: self.due_at,
            reason: self.reason,
        }
    }

    /// The step as the subject of audited events.
    pub fn subject_id(&self) -> EventId {
        EventId::from_uuid(*self.id.as_uuid())
    }
}

/// What a new step is made of.
#[derive(Clone, Debug)]
pub struct NewStep<'a> {
    /// The case.
    pub case: CaseId,
    /// The escalation on which it is promised.
    pub escalation: Option<EscalationId>,
    /// What is promised.
    pub what: &'a str,
    /// Who does it.
    pub who: &'a str,
    /// By when.
    pub due_at: Instant,
    /// Who promises it.
    pub by: PersonId,
}

/// The open steps of these cases, the one that falls due first at the beginning.
///
/// # Errors
/// Database errors.
pub fn open_of_cases(conn: &mut Conn, of: &[CaseId]) -> QueryResult<Vec<NextStep>> {
    next_steps::table
        .filter(next_steps::case_id.eq_any(of.to_vec()))
        .filter(next_steps::state.eq(StepState::Open))
        .order((next_steps::due_at.asc(), next_steps::id.asc()))
        .select(NextStep::as_select())
        .load(conn)
}

/// Adds an open step.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, new: &NewStep<'_>, now: Instant) -> QueryResult<NextStepId> {
    let id = NextStepId::new(now);
    diesel::insert_into(next_steps::table)
        .values((
            next_steps::id.eq(id),
            next_steps::case_id.eq(new.case),
            next_steps::escalation_id.eq(new.escalation),
            next_steps::what.eq(new.what),
            next_steps::who.eq(new.who),
            next_steps::due_at.eq(At(new.due_at)),
            next_steps::state.eq(StepState::Open),
            next_steps::promised_by.eq(new.by),
            next_steps::promised_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Moves a step to a state and a date if it is still at its version, and counts the change. A step that is promised anew
/// can lapse anew.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    step: &NextStep,
    state: StepState,
    due_at: Instant,
    reason: Option<&str>,
    now: Instant,
) -> QueryResult<Cas> {
    let settled = (state != StepState::Open).then_some(At(now));
    let changes = (
        next_steps::state.eq(state),
        next_steps::due_at.eq(At(due_at)),
        next_steps::reason.eq(reason),
        next_steps::settled_at.eq(settled),
        next_steps::lapse_told_at.eq(None::<At>),
    );
    Ok(compare_and_set!(
        conn,
        next_steps.id = step.id,
        step.version,
        changes
    ))
}

/// One step, if its case exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, reach: Reach, id: NextStepId) -> QueryResult<Option<NextStep>> {
    let mut query = next_steps::table
        .inner_join(cases::table)
        .filter(next_steps::id.eq(id))
        .select(NextStep::as_select())
        .into_boxed();
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

/// All steps of a case, by date.
///
/// # Errors
/// Database errors.
pub fn of_case(conn: &mut Conn, case: CaseId) -> QueryResult<Vec<NextStep>> {
    on_either!(conn, |own| {
        let of_case = next_steps::table
            .filter(next_steps::case_id.eq(case))
            .order((next_steps::due_at.asc(), next_steps::id.asc()))
            .select(NextStep::as_select());
        fixed!(of_case).load(own)
    })
}

/// A step with the numbers of its case and of its escalation.
pub type NumberedStep = (NextStep, CaseNumber, Option<EscalationNumber>);

/// These steps with their numbers; a step whose case has gone meanwhile is left out.
///
/// # Errors
/// Database errors.
pub fn numbered(conn: &mut Conn, steps: Vec<NextStep>) -> QueryResult<Vec<NumberedStep>> {
    let ids: Vec<NextStepId> = steps.iter().map(|step| step.id).collect();
    let found: Vec<(NextStepId, i64, Option<i64>)> = next_steps::table
        .inner_join(cases::table)
        .left_join(escalations::table.on(escalations::id.nullable().eq(next_steps::escalation_id)))
        .filter(next_steps::id.eq_any(ids))
        .select((
            next_steps::id,
            cases::number,
            escalations::number.nullable(),
        ))
        .load(conn)?;
    let numbers: HashMap<NextStepId, (i64, Option<i64>)> = found
        .into_iter()
        .map(|(id, case, escalation)| (id, (case, escalation)))
        .collect();
    Ok(steps
        .into_iter()
        .filter_map(|step| {
            let (case, escalation) = *numbers.get(&step.id)?;
            let escalation = escalation.map(EscalationNumber::new);
            Some((step, CaseNumber::new(case), escalation))
        })
        .collect())
}

/// The steps of several escalations, by date.
///
/// # Errors
/// Database errors.
pub fn of_escalations(conn: &mut Conn, escalations: &[EscalationId]) -> QueryResult<Vec<NextStep>> {
    next_steps::table
        .filter(next_steps::escalation_id.eq_any(escalations.to_vec()))
        .order((next_steps::due_at.asc(), next_steps::id.asc()))
        .select(NextStep::as_select())
        .load(conn)
}
