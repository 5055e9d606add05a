//! The targets of escalations, kept in the transaction of whatever concerns them (M8).

mod begin;
mod reckon;
mod replay;

use super::VerbResult;
use crate::db::sql_types::{At, json};
use crate::db::{Conn, DbError, steadily};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, Pause};
use crate::domain::case::Priority;
use crate::domain::escalation::Event;
use crate::domain::feed::UndoRefusal;
use crate::domain::organization::Side;
use crate::domain::target::{
    Happening, Ladder, Run, Started, TargetKind, TargetTable, Turn, moved_in, turns,
};
use crate::store::calendars::CalendarBook;
use crate::store::cases::Case;
use crate::store::escalations::{self, Escalation};
use crate::store::target_rules;
use crate::store::targets::{self, NewTarget, Target, TargetChanges, Touched, locks};

pub(crate) use begin::begin;
pub(super) use reckon::{allowed, course, halt, reckon_all, reckon_case};
pub use replay::{TargetReplay, replay, replayed};

/// What became of an escalation, as far as it concerns its targets.
pub(super) fn happening(event: &Event) -> Option<Happening> {
    match event {
        Event::Claimed { .. } | Event::Assigned { .. } => Some(Happening::Owned),
        Event::Accepted { .. } => Some(Happening::Accepted),
        Event::Reranked { .. } => Some(Happening::Reranked),
        Event::Declined { .. } => Some(Happening::Declined),
        Event::Withdrawn => Some(Happening::Withdrawn),
        Event::Closed => Some(Happening::Closed),
        Event::Rated { .. } | Event::RaterAsked => None,
    }
}

/// Keeps the targets of an escalation whose case is locked: what `happening` starts, meets and ends, and what falls due next.
/// `escalation` is as it stands afterwards.
///
/// # Errors
/// Database errors; that of a calendar by which a target cannot be reckoned.
pub(super) fn keep(
    conn: &mut Conn,
    case: &Case,
    escalation: &Escalation,
    happening: Happening,
    now: Instant,
) -> VerbResult<()> {
    if escalation.submitted_priority.is_none() {
        return begin(conn, case, escalation, now);
    }
    let mut keeper = Keeper::of(conn, case, escalation)?;
    keeper.follow(conn, happening, now)?;
    keeper.note(conn)
}

/// Puts the targets of an escalation, whose case is locked, back as they were before an entry that is taken back (F4).
///
/// # Errors
/// [`UndoRefusal::TargetTouched`] if something else has happened to them since; database errors.
pub(super) fn put_back(
    conn: &mut Conn,
    escalation: &Escalation,
    touched: &Touched,
) -> VerbResult<()> {
    let is_as_left = escalation.awaiting_reply_since == touched.awaited_after;
    if !is_as_left || !targets::put_back(conn, touched)? {
        return Err(UndoRefusal::TargetTouched.into());
    }
    if touched.awaited_before != touched.awaited_after {
        escalations::set_awaiting(conn, escalation.id, touched.awaited_before)?;
    }
    Ok(escalations::note_next_due(conn, escalation.id)?)
}

/// Keeps the targets of an active escalation whose case is locked when an entry is moved into its feed that somebody of a
/// side wrote at an instant (F3).
///
/// # Errors
/// As [`keep`].
pub(super) fn keep_moved_in(
    conn: &mut Conn,
    case: &Case,
    escalation: &Escalation,
    (side, written): (Side, Instant),
    now: Instant,
) -> VerbResult<()> {
    if escalation.submitted_priority.is_none() {
        return begin(conn, case, escalation, now);
    }
    let mut keeper = Keeper::of(conn, case, escalation)?;
    let running = targets::running_of(conn, escalation.id)?;
    let runs: Vec<(TargetKind, Instant)> = running
        .iter()
        .map(|target| (target.kind, target.started_at))
        .collect();
    let moved = moved_in(side, written, &runs, keeper.awaiting_since, now);
    keeper.turn(conn, moved.turns, &running, moved.at)?;
    if moved.answers {
        keeper.awaiting_since = None;
    }
    keeper.note(conn)
}

/// The targets that an escalation of a case starts with when it is submitted now. They are reckoned before it is written, so that nobody
/// waits for them at its number.
///
/// # Errors
/// Database errors; that of a calendar by which a target cannot be reckoned.
pub(super) fn first(conn: &mut Conn, case: &Case, now: Instant) -> VerbResult<Vec<NewTarget>> {
    let means = Means::of(conn, case)?;
    let mut targets = Vec::new();
    for turn in turns(Happening::Submitted, &[], false) {
        if let Turn::Start(kind, _) = turn {
            let run = (Vec::new(), None);
            targets.extend(means.starting(kind, (case.priority, None), run, now)?);
        }
    }
    Ok(targets)
}

/// What falls due next of targets that start.
pub(super) fn next_due(starting: &[NewTarget]) -> Option<Instant> {
    let run = starting.iter().filter(|new| new.run.paused_since.is_none());
    run.map(|new| new.due_at).min()
}

/// What targets are reckoned by.
struct Rules {
    table: TargetTable,
    ladder: Ladder,
}

impl Rules {
    fn load(conn: &mut Conn) -> Result<Self, DbError> {
        Ok(Self {
            table: target_rules::table(conn)?,
            ladder: target_rules::ladder(conn)?.0,
        })
    }
}

/// What the targets of a case's escalations are reckoned by.
struct Means {
    rules: Rules,
    calendar: Calendar,
}

impl Means {
    fn of(conn: &mut Conn, case: &Case) -> Result<Self, DbError> {
        locks::hold_rules(conn)?;
        let (rules, book) = steadily(conn, |conn| -> Result<_, DbError> {
            Ok((Rules::load(conn)?, CalendarBook::load(conn)?))
        })?;
        Ok(Self {
            rules,
            calendar: book.of_line(case.line_of_business_id).clone(),
        })
    }

    /// One that starts, by priority and rank, with the pauses that it has from the beginning, and since when it stands still; none where
    /// the rules know none.
    fn starting(
        &self,
        kind: TargetKind,
        (priority, rank): (Priority, Option<i64>),
        (pauses, paused_since): (Vec<Pause>, Option<Instant>),
        now: Instant,
    ) -> VerbResult<Option<NewTarget>> {
        let rank = rank.and_then(|rank| u8::try_from(rank).ok());
        let Some(allowance) = self.rules.table.allowed(kind, priority, rank) else {
            return Ok(None);
        };
        let run = Run {
            started_at: now,
            allowance,
            pauses,
            paused_since,
        };
        let mut new = NewTarget {
            kind,
            due_at: run.due_at(&self.calendar)?,
            run,
            alarm_at: None,
        };
        if new.run.paused_since.is_none() {
            new.alarm_at = self.rules.ladder.next_at(new.timing(now), 0);
        }
        Ok(Some(new))
    }

    /// Writes when one falls due and alarms, now that its run is another.
    fn write(&self, conn: &mut Conn, target: &Target, run: &Run, now: Instant) -> VerbResult<()> {
        let (ladder, calendar) = (&self.rules.ladder, &self.calendar);
        reckon::write(conn, ladder, target, run, calendar, now)?;
        Ok(())
    }
}

/// Keeps the targets of one escalation.
struct Keeper<'a> {
    means: Means,
    case: &'a Case,
    escalation: &'a Escalation,
    awaiting_since: Option<Instant>,
}

impl<'a> Keeper<'a> {
    fn of(conn: &mut Conn, case: &'a Case, escalation: &'a Escalation) -> Result<Self, DbError> {
        Ok(Self {
            means: Means::of(conn, case)?,
            case,
            escalation,
            awaiting_since: escalation.awaiting_reply_since,
        })
    }

    /// The priority and the rank by which its targets are reckoned.
    fn weight(&self) -> (Priority, Option<i64>) {
        let submitted = self.escalation.submitted_priority;
        (
            submitted.unwrap_or(self.case.priority),
            self.escalation.rank,
        )
    }

    fn follow(&mut self, conn: &mut Conn, happening: Happening, now: Instant) -> VerbResult<()> {
        let running = targets::running_of(conn, self.escalation.id)?;
        let kinds: Vec<TargetKind> = running.iter().map(|target| target.kind).collect();
        // Who waited for the lock may have looked at the clock before whoever held it.
        let now = running
            .iter()
            .map(|target| target.started_at)
            .fold(now, Instant::max);
        let turns = turns(happening, &kinds, self.awaiting_since.is_some());
        self.turn(conn, turns, &running, now)?;
        match happening {
            Happening::ProviderWrote { awaits_reply: true } => {
                self.awaiting_since.get_or_insert(now);
            }
            Happening::RequesterWrote
            | Happening::Declined
            | Happening::Withdrawn
            | Happening::Closed => self.awaiting_since = None,
            Happening::Submitted
            | Happening::Owned
            | Happening::Accepted
            | Happening::Reranked
            | Happening::ProviderWrote { .. } => {}
        }
        Ok(())
    }

    /// Does to the targets that run what becomes of them.
    fn turn(
        &self,
        conn: &mut Conn,
        turns: Vec<Turn>,
        running: &[Target],
        now: Instant,
    ) -> VerbResult<()> {
        let of = |kind| running.iter().find(|target| target.kind == kind);
        for turn in turns {
            match turn {
                Turn::Start(kind, Started::Running) => {
                    let replaced = of(kind).map(|target| target.run().pauses_around(now).1);
                    self.start(conn, kind, (replaced.unwrap_or_default(), None), now)?;
                }
                Turn::Start(kind, Started::Paused) => {
                    self.start(conn, kind, (Vec::new(), Some(now)), now)?;
                }
                Turn::Meet(kind) => self.over(conn, of(kind), Over::Met, now)?,
                Turn::End(kind) => self.over(conn, of(kind), Over::Ended, now)?,
                Turn::Resume(kind) => self.resume(conn, of(kind), now)?,
                Turn::Reckon(kind) => self.reckon(conn, of(kind), now)?,
            }
        }
        Ok(())
    }

    /// One starts, with the pauses that it has from the beginning, and since when it stands still.
    fn start(
        &self,
        conn: &mut Conn,
        kind: TargetKind,
        run: (Vec<Pause>, Option<Instant>),
        now: Instant,
    ) -> VerbResult<()> {
        match self.means.starting(kind, self.weight(), run, now)? {
            Some(new) => Ok(targets::insert(conn, self.escalation.id, new, now)?),
            None => Ok(()),
        }
    }

    /// It is over, and how it would have fallen due is kept by the calendar of now.
    fn over(
        &self,
        conn: &mut Conn,
        target: Option<&Target>,
        over: Over,
        now: Instant,
    ) -> VerbResult<()> {
        let Some(target) = target else { return Ok(()) };
        let mut run = target.run();
        run.resume(now);
        run.pauses = run.pauses_around(now).0;
        // A calendar that cannot reckon any more keeps nobody from answering a customer.
        let replay = run.replay(&self.means.calendar, now).ok();
        let mut changes = TargetChanges {
            pauses: Some(json(&run.pauses)?),
            paused_since: Some(None),
            alarm_at: Some(None),
            ..TargetChanges::default()
        };
        if let Some(replay) = replay {
            changes.due_at = Some(At(replay.due_at));
            changes.segments = Some(json(&replay.segments)?);
        }
        match over {
            Over::Met => changes.met_at = Some(At(now)),
            Over::Ended => changes.ended_at = Some(At(now)),
        }
        changed(targets::update(conn, target, &changes)?)
    }

    fn resume(&self, conn: &mut Conn, target: Option<&Target>, now: Instant) -> VerbResult<()> {
        let Some(target) = target else { return Ok(()) };
        let mut run = target.run();
        run.resume(now);
        self.means.write(conn, target, &run, now)
    }

    fn reckon(&self, conn: &mut Conn, target: Option<&Target>, now: Instant) -> VerbResult<()> {
        let Some(target) = target else { return Ok(()) };
        let (priority, rank) = self.weight();
        let rank = rank.and_then(|rank| u8::try_from(rank).ok());
        let mut run = target.run();
        let table = &self.means.rules.table;
        if let Some(allowance) = table.allowed(target.kind, priority, rank) {
            run.allowance = allowance;
        }
        self.means.write(conn, target, &run, now)
    }

    /// Notes with the escalation what its targets come to.
    fn note(&self, conn: &mut Conn) -> VerbResult<()> {
        if self.awaiting_since != self.escalation.awaiting_reply_since {
            escalations::set_awaiting(conn, self.escalation.id, self.awaiting_since)?;
        }
        Ok(escalations::note_next_due(conn, self.escalation.id)?)
    }
}

/// How a target is over.
#[derive(Clone, Copy, Debug)]
enum Over {
    Met,
    Ended,
}

/// What another process has changed meanwhile is decided on once more.
fn changed(written: bool) -> VerbResult<()> {
    match written {
        true => Ok(()),
        false => Err(DbError::Overtaken.into()),
    }
}
