//! The ladder: who is told when a target is about to fall due, and when it was missed, once a level and target (M8).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::Instant;
use crate::domain::closed_enum;

/// The most levels that a ladder has.
pub const MOST_LEVELS: usize = 10;
/// The longest before or after a target falls due that anybody is told, in minutes: four weeks.
pub const LONGEST_DELAY: u32 = 28 * 24 * 60;

closed_enum! {
    /// Who is told.
    pub enum Tell as "LadderTell" {
        /// The escalation's owner; the owners on duty, if there is none.
        Owner = "owner",
        /// The supervisors.
        Supervisors = "supervisors",
        /// The administrators.
        Administrators = "administrators",
    }
}

/// One level of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderLevel {
    /// How long after the target was missed, in minutes of any hour.
    pub after_minutes: u32,
    /// Who is told then.
    pub tell: Tell,
}

/// Whether and when there is a reminder, and the levels, in the order of their instants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    remind_before_minutes: Option<u32>,
    levels: Vec<LadderLevel>,
}

/// What is wrong with a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LadderProblem {
    /// A reminder at the instant at which the target falls due, or later than anybody would look for.
    #[error("a reminder is from 1 to {} minutes before", LONGEST_DELAY)]
    Reminder,
    /// A level is later than anybody would look for.
    #[error("a level is at the most {} minutes after", LONGEST_DELAY)]
    TooLate,
    /// A level is told before the one above it.
    #[error("a level is not told before the one above it")]
    OutOfOrder,
    /// The same people are told twice at one instant.
    #[error("the same people are told twice at one instant")]
    Twice,
    /// There are too many.
    #[error("a ladder has at the most {} levels", MOST_LEVELS)]
    TooMany,
}

/// What is wrong with a ladder, and at which level, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct InvalidLadder {
    /// The level; none where it is the reminder, or all of them.
    pub level: Option<usize>,
    /// What is wrong.
    pub problem: LadderProblem,
}

/// What the ladder of one target is planned by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// When the target started.
    pub started_at: Instant,
    /// When it falls due.
    pub due_at: Instant,
    /// When that was reckoned: nobody is told of a miss as of an instant at which it was none.
    pub reckoned_at: Instant,
}

/// What falls to be told at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Who is reminded that the target will fall due; a reminder that comes too late is none.
    pub reminds: bool,
    /// Who is told that it was missed, each once, the lowest level first.
    pub tells: Vec<Tell>,
    /// How many steps of the ladder are over after it.
    pub given: u32,
    /// When there is more to tell, if nothing happens until then.
    pub next_at: Option<Instant>,
}

impl Default for Ladder {
    fn default() -> Self {
        let level = |after_minutes, tell| LadderLevel {
            after_minutes,
            tell,
        };
        Self {
            remind_before_minutes: Some(15),
            levels: vec![
                level(0, Tell::Owner),
                level(30, Tell::Supervisors),
                level(120, Tell::Administrators),
            ],
        }
    }
}

impl Ladder {
    /// A ladder of these levels.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(
        remind_before_minutes: Option<u32>,
        levels: Vec<LadderLevel>,
    ) -> Result<Self, InvalidLadder> {
        let wrong = |level, problem| Err(InvalidLadder { level, problem });
        if remind_before_minutes.is_some_and(|minutes| !(1..=LONGEST_DELAY).contains(&minutes)) {
            return wrong(None, LadderProblem::Reminder);
        }
        if levels.len() > MOST_LEVELS {
            return wrong(Some(MOST_LEVELS), LadderProblem::TooMany);
        }
        for (index, level) in levels.iter().enumerate() {
            let above = &levels[..index];
            if level.after_minutes > LONGEST_DELAY {
                return wrong(Some(index), LadderProblem::TooLate);
            }
            if above
                .last()
                .is_some_and(|above| level.after_minutes < above.after_minutes)
            {
                return wrong(Some(index), LadderProblem::OutOfOrder);
            }
            if above.contains(level) {
                return wrong(Some(index), LadderProblem::Twice);
            }
        }
        Ok(Self {
            remind_before_minutes,
            levels,
        })
    }

    /// How long before a target falls due its owner is reminded, in minutes; not at all if none.
    pub fn remind_before_minutes(&self) -> Option<u32> {
        self.remind_before_minutes
    }

    /// Its levels.
    pub fn levels(&self) -> &[LadderLevel] {
        &self.levels
    }

    /// When the next step is taken, after `given` of them.
    pub fn next_at(&self, timing: Timing, given: u32) -> Option<Instant> {
        self.steps(timing)
            .find(|step| step.place >= given)
            .map(|step| step.at)
    }

    /// What falls to be told at `now`, after `given` steps.
    pub fn firing(&self, timing: Timing, given: u32, now: Instant) -> Firing {
        let mut firing = Firing {
            reminds: false,
            tells: Vec::new(),
            given,
            next_at: None,
        };
        for step in self.steps(timing).filter(|step| step.place >= given) {
            if step.at > now {
                firing.next_at = Some(step.at);
                break;
            }
            firing.given = step.place + 1;
            match step.tell {
                None => firing.reminds = now < timing.due_at,
                Some(tell) if firing.tells.contains(&tell) => {}
                Some(tell) => firing.tells.push(tell),
            }
        }
        firing
    }

    /// The steps with their places: the reminder has the first one, also where there is none.
    fn steps(&self, timing: Timing) -> impl Iterator<Item = Step> {
        let minutes = |minutes: u32| TimeDelta::minutes(minutes.into());
        let reminder = self.remind_before_minutes.and_then(|before| {
            let at = timing.due_at.checked_sub_signed(minutes(before))?;
            // There is no time before a target that has less than that.
            (at > timing.started_at).then_some(Step {
                place: 0,
                at,
                tell: None,
            })
        });
        let missed_at = timing.due_at.max(timing.reckoned_at);
        let levels = self.levels.iter().zip(1..).map(move |(level, place)| Step {
            place,
            at: missed_at
                .checked_add_signed(minutes(level.after_minutes))
                .unwrap_or(Instant::MAX_UTC),
            tell: Some(level.tell),
        });
        reminder.into_iter().chain(levels)
    }
}

struct Step {
    place: u32,
    at: Instant,
    /// Who is told of the miss; the reminder tells of none.
    tell: Option<Tell>,
}
