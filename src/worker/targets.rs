//! Targets: reminders before they fall due, and the ladder when they are missed (M8).

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::job::left_for_people;
use super::{Job, Stepped};
use crate::db::sql_types::At;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::ids::{CaseId, CaseRef, EscalationId};
use crate::store::targets::{self as rows, TargetChanges};
use crate::store::{cases, escalations, target_rules};
use crate::workflow::VerbResult;
use crate::workflow::notify::{Fired, tell_of_targets};
use crate::workflow::targets::begin;

/// Targets that are told of in one step at the most: all that can be expected at once, so that what is told of them to one
/// person is one notice.
const BATCH: i64 = 2000;
/// Escalations whose targets are started in one step at the most.
const BEGUN: i64 = 32;

/// Reminds of targets, and tells when they were missed.
#[derive(Clone)]
pub struct Targets {
    db: Db,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Escalations of an earlier release whose targets were started.
    pub begun: usize,
    /// Targets of which a step of the ladder was taken.
    pub fired: usize,
    /// Notices that were put into the outbox.
    pub told: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Targets {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Starts what an earlier release left without targets, and tells what is to be told at `now`, in one transaction.
    ///
    /// # Errors
    /// Database errors; what was done before it failed stays done.
    pub async fn step(&self, now: Instant) -> Result<Told, DbError> {
        let (untimed, next) = self
            .db
            .read(move |conn: &mut Conn| -> Result<_, DbError> {
                let untimed = escalations::without_targets(conn, None, BEGUN)?;
                Ok((untimed, rows::next_alarm(conn)?))
            })
            .await?;
        let mut outcome = Told {
            begun: self.begin_all(untimed, now).await?,
            ..Told::default()
        };
        if next.is_some_and(|next| next <= now) {
            let (fired, told) = self
                .db
                .write(move |conn: &mut Conn| tell(conn, now))
                .await?;
            (outcome.fired, outcome.told) = (fired, told);
        }
        let is_full = |done: usize, batch: i64| i64::try_from(done).is_ok_and(|done| done >= batch);
        outcome.more = is_full(outcome.fired, BATCH) || is_full(outcome.begun, BEGUN);
        Ok(outcome)
    }

    /// Starts the targets of these escalations and of those that follow, until it is enough for one step; answers of how many.
    /// One that is left for people keeps those behind it from nothing.
    async fn begin_all(
        &self,
        mut untimed: Vec<(EscalationId, CaseId)>,
        now: Instant,
    ) -> Result<usize, DbError> {
        let mut begun = 0;
        while let Some((last, _)) = untimed.last().copied() {
            for (escalation, case) in untimed {
                let fell_to_us = self
                    .db
                    .write(move |conn: &mut Conn| begin_once(conn, escalation, case, now))
                    .await
                    .or_else(left_for_people)?;
                begun += usize::from(fell_to_us);
            }
            if i64::try_from(begun).is_ok_and(|begun| begun >= BEGUN) {
                break;
            }
            untimed = self
                .db
                .read(move |conn: &mut Conn| -> Result<_, DbError> {
                    Ok(escalations::without_targets(conn, Some(last), BEGUN)?)
                })
                .await?;
        }
        Ok(begun)
    }
}

impl Job for Targets {
    fn name(&self) -> &'static str {
        "targets"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let told = Targets::step(self, now).await?;
            Ok(Stepped {
                done: told.begun + told.fired,
                more: told.more,
            })
        })
    }
}

/// Whether the targets of an escalation were started, and not by another process before.
fn begin_once(conn: &mut Conn, id: EscalationId, case: CaseId, now: Instant) -> VerbResult<bool> {
    let Some(case) = cases::lock(conn, Reach::Everything, &CaseRef::Id(case))? else {
        return Ok(false);
    };
    let escalation = escalations::find(conn, id)?;
    if escalation.submitted_priority.is_some() {
        return Ok(false);
    }
    begin(conn, &case, &escalation, now)?;
    Ok(true)
}

/// Takes the next step of every target for which it is time, those that nobody else has taken, and tells of it: of how many
/// targets, by how many notices. What is taken is told, or neither is.
fn tell(conn: &mut Conn, now: Instant) -> Result<(usize, usize), DbError> {
    if !rows::locks::tells_alone(conn)? {
        return Ok((0, 0));
    }
    rows::locks::hold_rules(conn)?;
    let (ladder, _) = target_rules::ladder(conn)?;
    let mut fired = Vec::new();
    for due in rows::to_tell(conn, now, BATCH)? {
        let target = &due.target;
        let firing = ladder.firing(target.timing(), target.given(), now);
        let changes = TargetChanges {
            steps_given: Some(firing.given.into()),
            alarm_at: Some(firing.next_at.map(At)),
            ..TargetChanges::default()
        };
        if rows::update(conn, target, &changes)? {
            fired.push(Fired { due, firing });
        }
    }
    let taken = fired.len();
    fired.retain(|fired| fired.firing.reminds || !fired.firing.tells.is_empty());
    if fired.is_empty() {
        return Ok((taken, 0));
    }
    Ok((taken, tell_of_targets(conn, &fired, now)?))
}
