//! The windows that criteria wait for.

use super::{CaseFacts, Policy};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, CalendarError, Replay};
use crate::domain::case::Deployment;
use crate::domain::reason::Reason;

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

/// The replay of the window that `reason` waits for on this case, if it waits for one.
///
/// # Errors
/// If the calendar has no business days for it.
pub fn replay(
    facts: &CaseFacts,
    reason: &Reason,
    calendar: &Calendar,
    policy: &Policy,
    at: Instant,
) -> Result<Option<Replay>, CalendarError> {
    let _ = (facts, reason, calendar, policy, at);
    todo!()
}
