//! How long targets have, and the ladder (M8).

use super::administer::{By, require};
use super::foresee::{Foreseen, foresee};
use super::{Expected, Rejection, VerbResult, publish, settled, targets, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::case::Priority;
use crate::domain::event::{AdministrativeEvent, Changed};
use crate::domain::target::{
    Allowance, Grade, InvalidLadder, LONGEST_DELAY, LONGEST_MINUTES, Ladder, LadderLevel,
    LadderProblem, TargetClock, TargetKind, TargetRow, TargetTable, Tell,
};
use crate::input::{Patch, Whole, input};
use crate::store::target_rules;

/// Minutes that a target may have.
pub type TargetMinutes = Whole<1, { LONGEST_MINUTES as i64 }>;
/// Minutes before a target falls due.
pub type RemindMinutes = Whole<1, { LONGEST_DELAY as i64 }>;
/// Minutes after a target was missed.
pub type DelayMinutes = Whole<0, { LONGEST_DELAY as i64 }>;

input! {
    /// How long targets have; those that are not named stay.
    pub struct SetTargets {
        /// The targets.
        items: Vec<SetTarget>,
    }
}

input! {
    /// How long targets of one kind have on some escalations.
    pub struct SetTarget {
        /// Which.
        kind: TargetKind,
        /// Of a claim or a first reply: the case's priority at submission.
        priority: Option<Priority>,
        /// Of an update: the escalation's rank.
        rank: Option<Whole<1, 5>>,
        /// How long.
        minutes: TargetMinutes,
        /// Which minutes count.
        clock: TargetClock,
    }
}

input! {
    /// Who is told of targets, and when.
    pub struct SetLadder {
        /// How long before a target falls due its owner is reminded; null for no reminder.
        remind_before_minutes: Patch<Option<RemindMinutes>>,
        /// Who is told when it was missed, one level after the other; all of them.
        levels: Patch<Vec<SetLevel>>,
    }
}

input! {
    /// A level of the ladder.
    pub struct SetLevel {
        /// How long after the target was missed; not before the level above.
        after_minutes: DelayMinutes,
        /// Who is told.
        tell: Tell,
    }
}

impl SetTarget {
    /// The row that it names.
    ///
    /// # Errors
    /// The field that is wrong, and the code of why.
    pub(super) fn row(&self) -> Result<TargetRow, (&'static str, &'static str)> {
        let grade = match (self.kind, self.priority, self.rank) {
            (TargetKind::Update, None, Some(rank)) => {
                Grade::Rank(u8::try_from(rank.get()).unwrap_or_default())
            }
            (TargetKind::Update, Some(_), _) => return Err(("priority", "not_of_kind")),
            (TargetKind::Update, None, None) => return Err(("rank", "required")),
            (TargetKind::Claim | TargetKind::FirstReply, Some(priority), None) => {
                Grade::Priority(priority)
            }
            (TargetKind::Claim | TargetKind::FirstReply, _, Some(_)) => {
                return Err(("rank", "not_of_kind"));
            }
            (TargetKind::Claim | TargetKind::FirstReply, None, None) => {
                return Err(("priority", "required"));
            }
        };
        TargetRow::named(self.kind, grade).ok_or(("priority", "never_escalated"))
    }
}

/// Sets how long targets have, all of those that are named or none. Those that run are reckoned anew.
///
/// # Errors
/// [`Rejection::Denied`], `Stale`, `Parts`; that of a calendar by which a target cannot be reckoned.
pub fn set_targets(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetTargets,
    now: Instant,
) -> VerbResult<()> {
    require(by, Permission::TargetsManage)?;
    let halted = targets::halt(conn)?;
    let version = target_rules::version(conn)?;
    unchanged(expected, version)?;
    let before = target_rules::table(conn)?;
    let after = planned_table(&before, command)?;
    if before == after {
        return Ok(());
    }
    settled(target_rules::count_change(conn, version)?, expected)?;
    for (row, allowance) in after.rows() {
        if before.of(row) != Some(allowance) {
            target_rules::set(conn, row, allowance, now)?;
        }
    }
    let event = AdministrativeEvent::TargetsChanged(Changed { before, after });
    publish::administrative(conn, by, event, now)?;
    targets::reckon_all(conn, &halted, now)
}

/// What [`set_targets`] would do; nothing is written.
///
/// # Errors
/// As [`set_targets`].
pub fn foresee_targets(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetTargets,
    now: Instant,
) -> VerbResult<Foreseen> {
    require(by, Permission::TargetsManage)?;
    unchanged(expected, target_rules::version(conn)?)?;
    foresee(conn, now, |settings| {
        settings.table = planned_table(&settings.table, command)?;
        Ok(())
    })
}

/// The table with the new times.
fn planned_table(before: &TargetTable, command: &SetTargets) -> Result<TargetTable, Rejection> {
    let (mut after, mut set, mut wrong) = (before.clone(), Vec::new(), Vec::new());
    for (index, target) in command.items.iter().enumerate() {
        let part = |field: &str| format!("items[{index}].{field}");
        match target.row() {
            Err((field, code)) => wrong.push((part(field), code, String::new())),
            Ok(row) if set.contains(&row) => {
                wrong.push((part("kind"), "given_twice", row.kind.to_string()));
            }
            Ok(row) => {
                let allowance = Allowance {
                    minutes: u32::try_from(target.minutes.get()).unwrap_or(LONGEST_MINUTES),
                    clock: target.clock,
                };
                after.set(row, allowance);
                set.push(row);
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(after),
        false => Err(Rejection::Parts(wrong)),
    }
}

/// Sets the ladder; what is not named stays. What was told of targets that run is not told again.
///
/// # Errors
/// [`Rejection::Denied`], `Stale`, `Parts`.
pub fn set_ladder(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetLadder,
    now: Instant,
) -> VerbResult<()> {
    require(by, Permission::TargetsManage)?;
    let halted = targets::halt(conn)?;
    let (before, version) = target_rules::ladder(conn)?;
    unchanged(expected, version)?;
    let after = planned_ladder(&before, command)?;
    if before == after {
        return Ok(());
    }
    let written = target_rules::set_ladder(conn, version, &after)?;
    settled(written, expected)?;
    let event = AdministrativeEvent::LadderChanged(Changed { before, after });
    publish::administrative(conn, by, event, now)?;
    targets::reckon_all(conn, &halted, now)
}

/// What [`set_ladder`] would do; nothing is written.
///
/// # Errors
/// As [`set_ladder`].
pub fn foresee_ladder(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetLadder,
    now: Instant,
) -> VerbResult<Foreseen> {
    require(by, Permission::TargetsManage)?;
    unchanged(expected, target_rules::ladder(conn)?.1)?;
    foresee(conn, now, |settings| {
        settings.ladder = planned_ladder(&settings.ladder, command)?;
        Ok(())
    })
}

/// The ladder with what is new.
fn planned_ladder(before: &Ladder, command: &SetLadder) -> Result<Ladder, Rejection> {
    let minutes = |minutes: i64| u32::try_from(minutes).unwrap_or(u32::MAX);
    let remind = match &command.remind_before_minutes {
        Patch::Keep => before.remind_before_minutes(),
        Patch::Set(remind) => remind.map(|remind| minutes(remind.get())),
    };
    let levels = match &command.levels {
        Patch::Keep => before.levels().to_vec(),
        Patch::Set(levels) => levels
            .iter()
            .map(|level| LadderLevel {
                after_minutes: minutes(level.after_minutes.get()),
                tell: level.tell,
            })
            .collect(),
    };
    Ladder::new(remind, levels).map_err(misbuilt)
}

fn misbuilt(invalid: InvalidLadder) -> Rejection {
    let level = |field: &str| match invalid.level {
        Some(index) => format!("levels[{index}].{field}"),
        None => "levels".to_owned(),
    };
    let (part, code) = match invalid.problem {
        LadderProblem::Reminder => ("remind_before_minutes".to_owned(), "out_of_order"),
        LadderProblem::TooLate | LadderProblem::OutOfOrder => {
            (level("after_minutes"), "out_of_order")
        }
        LadderProblem::Twice => (level("tell"), "told_twice"),
        LadderProblem::TooMany => (level("tell"), "too_many_levels"),
    };
    Rejection::Parts(vec![(part, code, String::new())])
}
