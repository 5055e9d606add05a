//! Reckoning the targets that run anew, when what they are reckoned by has changed (M8).

use std::collections::BTreeSet;

use super::{Rules, changed};
use crate::db::sql_types::{At, json};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, CalendarError};
use crate::domain::ids::{CaseId, EscalationId};
use crate::domain::target::{Ladder, Run, TargetTable, Timing};
use crate::store::calendars::CalendarBook;
use crate::store::cases::Case;
use crate::store::escalations;
use crate::store::targets::{self, RunningTarget, Target, TargetChanges, locks};
use crate::workflow::VerbResult;

/// All targets stand still for whoever changes what they are reckoned by: nothing happens to the escalations that are active,
/// and none is submitted.
#[derive(Debug)]
pub(crate) struct Halted(Option<BTreeSet<CaseId>>);

/// Waits until whoever keeps a target is done, and lets nobody begin until the transaction ends: what they read of the rules
/// would be over, and what they write would be missed. Taken before the row of the rules is written, for which a submission
/// may wait.
///
/// # Errors
/// Database errors.
pub(crate) fn halt(conn: &mut Conn) -> Result<Halted, DbError> {
    let cases = locks::escalated(conn)?;
    locks::change_rules(conn)?;
    Ok(Halted(cases))
}

/// Reckons all targets that run: the table, the ladder, a calendar or the tree of lines has changed.
///
/// # Errors
/// Database errors; that of a calendar by which one cannot be reckoned.
pub(crate) fn reckon_all(conn: &mut Conn, halted: &Halted, now: Instant) -> VerbResult<()> {
    let (rules, book) = (Rules::load(conn)?, CalendarBook::load(conn)?);
    let all = targets::running(conn)?;
    // Escalated between the two locks: whoever goes on with that case would wait for us, and we for them.
    let is_held = |case: CaseId| halted.0.as_ref().is_none_or(|held| held.contains(&case));
    if !all.iter().all(|running| is_held(running.case)) {
        return Err(DbError::Overtaken.into());
    }
    let mut moved = BTreeSet::<EscalationId>::new();
    for running in all {
        let (target, run) = (&running.target, allowed(&running, &rules.table));
        let calendar = book.of_line(running.line);
        if write(conn, &rules.ladder, target, &run, calendar, now)? {
            moved.insert(target.escalation_id);
        }
    }
    for escalation in moved {
        escalations::note_next_due(conn, escalation)?;
    }
    Ok(())
}

/// A target that runs as it would by this table.
pub(in crate::workflow) fn allowed(running: &RunningTarget, table: &TargetTable) -> Run {
    let mut run = running.target.run();
    let rank = running.rank.and_then(|rank| u8::try_from(rank).ok());
    if let Some(priority) = running.priority
        && let Some(allowance) = table.allowed(running.target.kind, priority, rank)
    {
        run.allowance = allowance;
    }
    run
}

/// Reckons the targets that run on a case that is locked: its line has changed.
///
/// # Errors
/// As [`reckon_all`].
pub(crate) fn reckon_case(conn: &mut Conn, case: &Case, now: Instant) -> VerbResult<()> {
    let Some(active) = escalations::active_of(conn, case.id)? else {
        return Ok(());
    };
    locks::hold_rules(conn)?;
    let (rules, book) = (Rules::load(conn)?, CalendarBook::load(conn)?);
    let calendar = book.of_line(case.line_of_business_id);
    for target in targets::running_of(conn, active.id)? {
        write(conn, &rules.ladder, &target, &target.run(), calendar, now)?;
    }
    Ok(escalations::note_next_due(conn, active.id)?)
}

/// Writes how a target runs now, with when it falls due and when there is something to tell; says whether that differs.
pub(super) fn write(
    conn: &mut Conn,
    ladder: &Ladder,
    target: &Target,
    run: &Run,
    calendar: &Calendar,
    now: Instant,
) -> VerbResult<bool> {
    let (timing, alarm_at) = course(ladder, target, run, calendar, now)?;
    let (due_at, reckoned_at) = (timing.due_at, timing.reckoned_at);
    if due_at == target.due_at && alarm_at == target.alarm_at && *run == target.run() {
        return Ok(false);
    }
    let changes = TargetChanges {
        minutes: Some(run.allowance.minutes.into()),
        clock: Some(run.allowance.clock),
        pauses: Some(json(&run.pauses)?),
        paused_since: Some(run.paused_since.map(At)),
        due_at: Some(At(due_at)),
        reckoned_at: Some(At(reckoned_at)),
        alarm_at: Some(alarm_at.map(At)),
        ..TargetChanges::default()
    };
    changed(targets::update(conn, target, &changes)?)?;
    Ok(true)
}

/// How a target goes on if it runs like `run` from now on: when it falls due, and when the next step of the ladder is.
///
/// # Errors
/// That of a calendar by which it cannot be reckoned.
pub(in crate::workflow) fn course(
    ladder: &Ladder,
    target: &Target,
    run: &Run,
    calendar: &Calendar,
    now: Instant,
) -> Result<(Timing, Option<Instant>), CalendarError> {
    let due_at = run.due_at(calendar)?;
    let moved = due_at != target.due_at;
    let timing = Timing {
        started_at: run.started_at,
        due_at,
        reckoned_at: if moved { now } else { target.reckoned_at },
    };
    let alarm_at = match run.paused_since {
        Some(_) => None,
        None => ladder.next_at(timing, target.given()),
    };
    Ok((timing, alarm_at))
}
