//! The criteria, one after the other.

use super::{Assessment, CaseFacts, Policy};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, CalendarError};
use crate::domain::reason::{Answers, Reason};

/// Assesses a case for a reason at an instant.
///
/// # Errors
/// If the calendar has no business days to reckon the RCA's window by.
pub fn assess(
    facts: &CaseFacts,
    reason: &Reason,
    answers: &Answers,
    calendar: &Calendar,
    policy: &Policy,
    at: Instant,
) -> Result<Assessment, CalendarError> {
    let _ = (facts, reason, answers, calendar, policy, at);
    todo!()
}
