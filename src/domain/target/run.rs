//! One target as it runs: when it falls due, how that came about, and where it stands.

use chrono::TimeDelta;

use super::{Allowance, TargetClock};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, CalendarError, Pause, Replay, replay_elapsed};

/// A target from its start on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it started.
    pub started_at: Instant,
    /// How long it has.
    pub allowance: Allowance,
    /// When it stood still, and no longer does.
    pub pauses: Vec<Pause>,
    /// Since when it stands still.
    pub paused_since: Option<Instant>,
}

/// Where a target stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not due yet.
    Running,
    /// It stands still, and is not due yet.
    Paused,
    /// It was met before it fell due.
    Met,
    /// It was due, and not met before; it may have been since.
    Missed,
    /// The escalation ended before it fell due.
    Ended,
}

impl Run {
    /// When it falls due. While it stands still, that is when it would have if it did not.
    ///
    /// # Errors
    /// [`CalendarError::NoBusinessDay`] or [`CalendarError::OutOfRange`], if business minutes count.
    pub fn due_at(&self, calendar: &Calendar) -> Result<Instant, CalendarError> {
        Ok(self
            .reckoned(calendar, &self.pauses, self.started_at)?
            .due_at)
    }

    /// How it comes to fall due, as it is known at `at`: while it stands still, it does so until then.
    ///
    /// # Errors
    /// As [`Run::due_at`].
    pub fn replay(&self, calendar: &Calendar, at: Instant) -> Result<Replay, CalendarError> {
        let still = self.paused_since.map(|from| Pause { from, to: at });
        let pauses: Vec<Pause> = self.pauses.iter().copied().chain(still).collect();
        self.reckoned(calendar, &pauses, at)
    }

    fn reckoned(
        &self,
        calendar: &Calendar,
        pauses: &[Pause],
        at: Instant,
    ) -> Result<Replay, CalendarError> {
        let window = TimeDelta::minutes(self.allowance.minutes.into());
        match self.allowance.clock {
            TargetClock::Elapsed => replay_elapsed(self.started_at, window, pauses, at),
            TargetClock::Business => {
                calendar.replay_business_time(self.started_at, window, pauses, at)
            }
        }
    }

    /// Its pauses until `at`, and those behind it; one that goes on over `at` is in both, in parts. An entry that is moved in
    /// ends a target at an instant in the past (F3), and what follows stands still as long as this did.
    pub fn pauses_around(&self, at: Instant) -> (Vec<Pause>, Vec<Pause>) {
        let until = self.pauses.iter().filter(|pause| pause.from <= at);
        let behind = self.pauses.iter().filter(|pause| pause.to > at);
        let until = until.map(|pause| Pause {
            to: pause.to.min(at),
            ..*pause
        });
        let behind = behind.map(|pause| Pause {
            from: pause.from.max(at),
            ..*pause
        });
        (until.collect(), behind.collect())
    }

    /// It goes on at `at`, if it stands still.
    pub fn resume(&mut self, at: Instant) {
        if let Some(from) = self.paused_since.take() {
            self.pauses.push(Pause {
                from,
                to: at.max(from),
            });
        }
    }
}

impl Standing {
    /// Where a target stands at `now` that falls due at `due_at`. It is missed from that instant on, also if it is met at
    /// that very instant (E11).
    pub fn of(
        due_at: Instant,
        met_at: Option<Instant>,
        ended_at: Option<Instant>,
        paused_since: Option<Instant>,
        now: Instant,
    ) -> Self {
        let until = met_at.or(ended_at).or(paused_since).unwrap_or(now);
        if due_at <= until {
            Self::Missed
        } else if met_at.is_some() {
            Self::Met
        } else if ended_at.is_some() {
            Self::Ended
        } else if paused_since.is_some() {
            Self::Paused
        } else {
            Self::Running
        }
    }
}
