//! The windows that criteria wait for.

use chrono::TimeDelta;

use super::{CaseFacts, Policy};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, CalendarError, Replay, replay_elapsed};
use crate::domain::case::Deployment;
use crate::domain::reason::{Governance, Reason};

/// Whether a case waits until it is stale, and needs the impact (E7).
pub(super) fn must_wait(facts: &CaseFacts, policy: &Policy) -> bool {
    policy.makes_wait(facts.priority)
}

/// The instant from which the case is stale (E7, E11).
pub(super) fn stale_from(facts: &CaseFacts, policy: &Policy) -> Result<Instant, CalendarError> {
    facts
        .last_provider_update_at()
        .checked_add_signed(staleness(policy))
        .ok_or(CalendarError::OutOfRange)
}

/// When an RCA requested at `requested_at` is overdue (E6, E11).
///
/// # Errors
/// If the calendar has no business days for it.
pub fn rca_due_at(
    requested_at: Instant,
    deployment: Deployment,
    calendar: &Calendar,
    policy: &Policy,
) -> Result<Instant, CalendarError> {
    calendar.business_days_after(requested_at, policy.rca_days(deployment))
}

/// The replay of the window that `reason` waits for on this case, if it waits for one: staleness in elapsed hours (E7),
/// or an RCA's business days (E6), whose clock stops when it is delivered.
///
/// # Errors
/// As [`super::assess`].
pub fn replay(
    facts: &CaseFacts,
    reason: &Reason,
    calendar: &Calendar,
    policy: &Policy,
    at: Instant,
) -> Result<Option<Replay>, CalendarError> {
    match (reason.governed_by, facts.rca) {
        (Governance::Staleness, _) if must_wait(facts, policy) => {
            replay_elapsed(facts.last_provider_update_at(), staleness(policy), &[], at).map(Some)
        }
        (Governance::RcaWindow, Some(rca)) => {
            let until = rca
                .delivered_at
                .map_or(at, |delivered_at| delivered_at.min(at));
            calendar
                .replay_days(
                    rca.requested_at,
                    policy.rca_days(facts.deployment),
                    &[],
                    until,
                )
                .map(Some)
        }
        _ => Ok(None),
    }
}

fn staleness(policy: &Policy) -> TimeDelta {
    TimeDelta::hours(policy.staleness_hours.into())
}
