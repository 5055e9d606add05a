//! What other settings would do, told before they are saved (E12, M8).

use std::sync::Arc;

use super::VerbResult;
use super::targets::{allowed, course};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::effect::{Course, Criteria, Effect};
use crate::domain::eligibility::Policy;
use crate::domain::ids::{CaseId, LineId};
use crate::domain::reason::Reason;
use crate::domain::target::{Ladder, TargetTable};
use crate::store::calendars::CalendarBook;
use crate::store::{radar, rules, target_rules, targets};

/// How many cases are read at once.
const PAGE: i64 = 500;
/// How many open cases are looked at: what is told shall be told while somebody waits for it.
const MOST_CASES: usize = 50_000;

/// Everything that decides on eligibility and deadlines, as it is or as it would be.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The figures of the criteria.
    pub policy: Arc<Policy>,
    /// The reasons that can be chosen.
    pub reasons: Vec<Reason>,
    /// The calendars, and which line follows which.
    pub book: Arc<CalendarBook>,
    /// How long targets have.
    pub table: TargetTable,
    /// Who is told of targets, and when.
    pub ladder: Ladder,
}

impl Settings {
    /// As they are.
    ///
    /// # Errors
    /// Database errors.
    fn load(conn: &mut Conn) -> VerbResult<Self> {
        let reasons = rules::reasons(conn)?;
        let active = reasons.iter().filter(|row| row.active);
        Ok(Self {
            policy: rules::policy(conn)?,
            reasons: active.map(rules::ReasonRow::reason).collect(),
            book: CalendarBook::load(conn)?,
            table: target_rules::table(conn)?,
            ladder: target_rules::ladder(conn)?.0,
        })
    }
}

/// What a change would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// What would be otherwise.
    pub effect: Effect,
    /// Whether there are more open cases than were looked at.
    pub is_partial: bool,
}

/// What the settings would do to the open cases and to the targets that run if they were as `change` makes them.
///
/// # Errors
/// Those of `change`; database errors; that of a calendar by which a target cannot be reckoned.
pub(super) fn foresee(
    conn: &mut Conn,
    now: Instant,
    change: impl FnOnce(&mut Settings) -> VerbResult<()>,
) -> VerbResult<Foreseen> {
    let before = &Settings::load(conn)?;
    let mut after = before.clone();
    change(&mut after)?;
    let (after, mut foreseen) = (&after, Foreseen::default());
    let other_calendars = !Arc::ptr_eq(&before.book, &after.book);
    if other_calendars || before.policy != after.policy || before.reasons != after.reasons {
        foresee_cases(conn, before, after, now, &mut foreseen)?;
    }
    if other_calendars || before.table != after.table || before.ladder != after.ladder {
        foresee_targets(conn, after, now, &mut foreseen.effect)?;
    }
    Ok(foreseen)
}

fn foresee_cases(
    conn: &mut Conn,
    before: &Settings,
    after: &Settings,
    now: Instant,
    foreseen: &mut Foreseen,
) -> VerbResult<()> {
    fn criteria(settings: &Settings, line: LineId) -> Criteria<'_> {
        Criteria {
            policy: &settings.policy,
            reasons: &settings.reasons,
            calendar: settings.book.of_line(line),
        }
    }
    let (mut behind, mut looked_at) = (None::<CaseId>, 0);
    loop {
        let ids = radar::open(conn, behind, PAGE)?;
        let Some(last) = ids.last() else {
            return Ok(());
        };
        if looked_at >= MOST_CASES {
            foreseen.is_partial = true;
            return Ok(());
        }
        (behind, looked_at) = (Some(*last), looked_at + ids.len());
        for case in radar::facts(conn, &ids)? {
            let (was, is) = (criteria(before, case.line), criteria(after, case.line));
            foreseen.effect.of_case(&case.facts, was, is, now);
        }
    }
}

fn foresee_targets(
    conn: &mut Conn,
    after: &Settings,
    now: Instant,
    effect: &mut Effect,
) -> VerbResult<()> {
    for running in targets::running(conn)? {
        let target = &running.target;
        let was = Course {
            due_at: target.due_at,
            alarm_at: target.alarm_at,
        };
        let (run, calendar) = (
            allowed(&running, &after.table),
            after.book.of_line(running.line),
        );
        let (timing, alarm_at) = course(&after.ladder, target, &run, calendar, now)?;
        let is = Course {
            due_at: timing.due_at,
            alarm_at,
        };
        effect.of_target(was, is, now);
    }
    Ok(())
}
