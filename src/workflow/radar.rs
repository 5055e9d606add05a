//! The radar (M9): which cases become eligible for escalation next, and warning their owners of it.

use std::sync::Arc;

use chrono::TimeDelta;

use super::on::On;
use super::{Rejection, VerbResult, notify};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::calendar::Calendar;
use crate::domain::case::Deployment;
use crate::domain::eligibility::Policy;
use crate::domain::ids::{CaseId, CaseRef};
use crate::domain::notice::{About, Warning};
use crate::domain::radar::{Upcoming, earliest_request, upcoming, warned_up_to};
use crate::domain::reason::Reason;
use crate::store::calendars::CalendarBook;
use crate::store::radar::{self, RadarCase, RadarFilter, Ranges};
use crate::store::rules::ReasonRow;
use crate::store::{cases, escalations, rules};

/// A case that becomes eligible for a reason.
#[derive(Clone, Debug)]
pub struct Spotted {
    /// The case.
    pub case: RadarCase,
    /// For which reason, when, and what prevents it.
    pub upcoming: Upcoming,
}

/// What cases become eligible behind `now` and not behind `until`, by when they do, then by case and by reason.
///
/// # Errors
/// Database errors.
pub fn look(
    conn: &mut Conn,
    reach: Reach,
    filter: &RadarFilter,
    (now, until): (Instant, Instant),
) -> VerbResult<Vec<Spotted>> {
    let rules = Rules::load(conn)?;
    let ranges = rules.ranges(now, until);
    let ids = radar::candidates(conn, reach, filter, (&ranges, &rules.policy))?;
    let mut spotted = Vec::new();
    for case in radar::facts(conn, &ids)? {
        let found = rules.upcoming(&case, (now, until));
        spotted.extend(found.into_iter().map(|upcoming| Spotted {
            case: case.clone(),
            upcoming,
        }));
    }
    // Reasons stand in their own order already.
    spotted.sort_by_key(|one| (one.upcoming.at, one.case.id));
    Ok(spotted)
}

/// The cases whose owners are to be warned at `now` and were not yet.
///
/// # Errors
/// Database errors.
pub fn to_warn(conn: &mut Conn, now: Instant) -> VerbResult<Vec<CaseId>> {
    let book = CalendarBook::load(conn)?;
    let calendars = book.calendars();
    let furthest = calendars.filter_map(|calendar| warned_up_to(calendar, now));
    // Where nobody works now, nobody is warned.
    let Some(until) = furthest.max() else {
        return Ok(Vec::new());
    };
    let everything = RadarFilter::default();
    let spotted = look(conn, Reach::Everything, &everything, (now, until))?;
    let warned = radar::warned(conn, now)?;
    let is_new = |one: &&Spotted| {
        let (case, upcoming) = (&one.case, &one.upcoming);
        let last = warned_up_to(book.of_line(case.line), now);
        last.is_some_and(|last| upcoming.at <= last)
            && !warned.contains(&(case.id, upcoming.reason.clone(), upcoming.at))
    };
    let mut ids: Vec<CaseId> = spotted
        .iter()
        .filter(is_new)
        .map(|one| one.case.id)
        .collect();
    ids.dedup();
    Ok(ids)
}

/// Warns the owner of a case, or the engineers if it has none, of all that makes it eligible soon and that they were not
/// warned of; answers how many notices were made.
///
/// # Errors
/// Database errors.
pub fn warn(conn: &mut Conn, id: CaseId, now: Instant) -> VerbResult<usize> {
    // Locked first, so that nothing is written on it meanwhile and no other process warns of the same.
    let Some(case) = cases::lock(conn, Reach::Everything, &CaseRef::Id(id))? else {
        return Ok(0);
    };
    let rules = Rules::load(conn)?;
    if escalations::active_of(conn, id)?.is_some() {
        return Ok(0);
    }
    let Some(facts) = radar::facts(conn, &[id])?.pop() else {
        return Err(Rejection::NotFound.into());
    };
    let Some(until) = warned_up_to(rules.book.of_line(facts.line), now) else {
        return Ok(0);
    };
    let mut found = rules.upcoming(&facts, (now, until));
    found.sort_by_key(|one| one.at);
    let mut told = 0;
    // What becomes eligible at one instant and is prevented by one thing is one notice.
    for alike in found.chunk_by(|a, b| (a.at, a.prevented_by) == (b.at, b.prevented_by)) {
        let mut reasons = Vec::new();
        for one in alike {
            if radar::warn(conn, (id, &one.reason, one.at), now)? {
                reasons.push(rules.label(&one.reason).to_owned());
            }
        }
        let Some(first) = alike.first().filter(|_| !reasons.is_empty()) else {
            continue;
        };
        let about = About::RadarWarning(Warning {
            eligible_at: first.at,
            prevented_by: first.prevented_by,
            reasons,
        });
        told += notify::announce(conn, On::Case(&case), None, about, now)?;
    }
    Ok(told)
}

/// What the assessment goes by besides the case.
pub(super) struct Rules {
    pub(super) reasons: Vec<Reason>,
    pub(super) policy: Arc<Policy>,
    pub(super) book: Arc<CalendarBook>,
}

impl Rules {
    pub(super) fn load(conn: &mut Conn) -> VerbResult<Self> {
        let rows = rules::reasons(conn)?;
        let active = rows.iter().filter(|row| row.active);
        Ok(Self {
            reasons: active.map(ReasonRow::reason).collect(),
            policy: rules::policy(conn)?,
            book: CalendarBook::load(conn)?,
        })
    }

    pub(super) fn upcoming(&self, case: &RadarCase, window: (Instant, Instant)) -> Vec<Upcoming> {
        let calendar = self.book.of_line(case.line);
        upcoming(&case.facts, &self.reasons, calendar, &self.policy, window)
    }

    /// Where to look for what becomes eligible behind `now` and not behind `until`.
    fn ranges(&self, now: Instant, until: Instant) -> Ranges {
        let staleness = TimeDelta::hours(self.policy.staleness_hours.into());
        let earliest = |calendar: &Calendar| {
            let days = Deployment::ALL.iter().map(|one| self.policy.rca_days(*one));
            days.filter_map(|days| earliest_request(calendar, days, now))
                .min()
        };
        Ranges {
            updated: (now - staleness, until - staleness),
            requested: self.book.calendars().filter_map(earliest).min(),
            due: (now, until),
        }
    }

    fn label<'a>(&'a self, code: &'a str) -> &'a str {
        let mut reasons = self.reasons.iter();
        let reason = reasons.find(|reason| reason.code == code);
        reason.map_or(code, |reason| reason.label.as_str())
    }
}
