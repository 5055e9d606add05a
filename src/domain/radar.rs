//! The radar: which cases become eligible for escalation next, and what prevents it (M9). Whether and when, the assessment
//! says; nothing is decided here.

use chrono::TimeDelta;

use super::Instant;
use super::calendar::{Calendar, CalendarError};
use super::closed_enum;
use super::eligibility::{CaseFacts, Finding, Policy, assess};
use super::reason::{Answers, Governance, Reason};

/// How many hours ahead it can be asked for at the most: a week.
pub const FURTHEST_HOURS: i64 = 168;
/// How many hours ahead it looks if nothing else is asked for.
pub const HOURS: i64 = 24;
/// How much business time before a case becomes eligible its owner is warned.
pub const WARNED_BEFORE: TimeDelta = TimeDelta::hours(4);

closed_enum! {
    /// What keeps a case from becoming eligible.
    pub enum Prevention as "RadarPrevention" {
        /// Support writes something that the customer sees (E7).
        Update = "update",
        /// What was promised is done, or promised anew (E8).
        NextStep = "next_step",
        /// The root cause analysis is delivered (E6).
        RcaDelivery = "rca_delivery",
    }
}

/// A case becomes eligible for a reason, if nothing prevents it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The code of the reason.
    pub reason: String,
    /// When.
    pub at: Instant,
    /// What blocks it until then: the last of it.
    pub finding: Finding,
    /// What prevents it.
    pub prevented_by: Prevention,
}

impl Prevention {
    /// What prevents a case from becoming eligible for a reason of this kind; nothing does where it never is.
    pub const fn of(governance: Governance) -> Option<Self> {
        match governance {
            Governance::Staleness => Some(Self::Update),
            Governance::Commitment => Some(Self::NextStep),
            Governance::RcaWindow => Some(Self::RcaDelivery),
            Governance::Never => None,
        }
    }
}

/// For which of the reasons a case becomes eligible behind `now` and not behind `until`, in their order. What is eligible
/// already is none of them; nor is what a calendar without a working day would have to reckon.
pub fn upcoming(
    facts: &CaseFacts,
    reasons: &[Reason],
    calendar: &Calendar,
    policy: &Policy,
    (now, until): (Instant, Instant),
) -> Vec<Upcoming> {
    let each = reasons.iter().filter_map(|reason| {
        let prevented_by = Prevention::of(reason.governed_by)?;
        let answers = Answers::default();
        let assessment = match assess(facts, reason, &answers, calendar, policy, now) {
            Ok(assessment) => assessment,
            Err(CalendarError::NoBusinessDay | CalendarError::OutOfRange) => return None,
        };
        let at = assessment.eligible_at().filter(|at| *at <= until)?;
        let finding = assessment
            .blocking()
            .find(|finding| finding.eligible_at == Some(at))?;
        Some(Upcoming {
            reason: reason.code.clone(),
            at,
            finding: finding.clone(),
            prevented_by,
        })
    });
    each.collect()
}

/// An instant behind which every request of an analysis lies whose window of `days` business days is not over at `now`: not the
/// last such instant, but less than a day before it. None where the calendar has no working day.
pub fn earliest_request(calendar: &Calendar, days: u32, now: Instant) -> Option<Instant> {
    let is_over = |requested_at: Instant| {
        let due_at = calendar.business_days_after(requested_at, days);
        due_at.map(|due_at| due_at <= now)
    };
    let mut back = TimeDelta::days(1);
    while !is_over(now.checked_sub_signed(back)?).ok()? {
        back = back * 2;
    }
    // What was requested later is due later: halving ends where it begins to be not over.
    let (mut over, mut running) = (back, TimeDelta::zero());
    while over - running > TimeDelta::days(1) {
        let middle = running + (over - running) / 2;
        match is_over(now - middle).ok()? {
            true => over = middle,
            false => running = middle,
        }
    }
    now.checked_sub_signed(over)
}

/// The last instant at which a case may become eligible for its owner to be warned of it at `now`: no more than
/// [`WARNED_BEFORE`] of business time lies between, however long a night or a holiday does. None outside of business hours,
/// in which nobody is warned (N7).
pub fn warned_up_to(calendar: &Calendar, now: Instant) -> Option<Instant> {
    let a_moment = TimeDelta::microseconds(1);
    let works = calendar.business_time_between(now, now + a_moment) > TimeDelta::zero();
    if !works {
        return None;
    }
    // The next business time begins where it would be more.
    let more = calendar.add_business_time(now, WARNED_BEFORE + a_moment);
    Some(more.ok()? - a_moment)
}

#[cfg(test)]
pub(in crate::domain) mod tests;
