//! What the first page says of cases to the provider's staff: their own, those of nobody, and what can be escalated soon.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::{CaseRow, CaseRows, Filled, LIMIT, Looking, named};
use crate::db::Conn;
use crate::domain::case::{Priority, StepState};
use crate::domain::home::{Because, Due, Group, Why, analysis_due, of_own_case, place_of_own};
use crate::domain::ids::CaseId;
use crate::domain::radar::{HOURS, Prevention, Upcoming};
use crate::store::home::{self, OpenCase};
use crate::store::radar::{RadarCase, RadarFilter};
use crate::store::{radar as facts_of, reads};
use crate::workflow::VerbResult;
use crate::workflow::radar::{self, Rules};

/// The open cases of nobody, the longest waiting first.
const UNOWNED: &str = "/cases?owner=none&status=open,in_progress,awaiting_customer,awaiting_third_party,solution_provided&sort=opened_at";
/// One's own open cases.
const OWN: &str = "/cases?owner=me&status=open,in_progress,awaiting_customer,awaiting_third_party,solution_provided";

pub(super) fn look(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<Vec<Filled>> {
    let mut groups = Vec::new();
    if of.has(Group::Mine) {
        let own = Some(Some(of.access.person));
        let own = home::open_cases(conn, of.reach(), own, LIMIT)?;
        groups.extend(own_cases(conn, of, &own)?);
        let unowned = home::open_cases(conn, of.reach(), Some(None), LIMIT)?;
        groups.push(unowned_cases(unowned));
    } else if of.has(Group::Radar) {
        let until = of.now + TimeDelta::hours(HOURS);
        let all = RadarFilter::default();
        let spotted = radar::look(conn, of.reach(), &all, (of.now, until))?;
        let spotted = spotted
            .iter()
            .map(|spotted| (&spotted.case, &spotted.upcoming));
        groups.push(on_radar(spotted, "/radar"));
    }
    named(conn, of, groups)
}

/// What an engineer's own cases are due for, what customers wrote on them, and which can be escalated soon.
fn own_cases(conn: &mut Conn, of: &Looking<'_>, own: &[OpenCase]) -> VerbResult<Vec<CaseRows>> {
    let ids: Vec<CaseId> = own.iter().map(|case| case.id).collect();
    let (facts, rules) = (facts_of::facts(conn, &ids)?, Rules::load(conn)?);
    let answered = answered(conn, of, &ids)?;
    let mut mine: Vec<CaseRow> = facts
        .iter()
        .map(|case| {
            let step = case.next_step;
            let open = case.facts.promises.iter();
            let open = open.filter(|promise| promise.state == StepState::Open);
            let promise = open.min_by_key(|promise| promise.due_at);
            let promise =
                promise.map(|promise| (promise.due_at, Due::Promise(promise.what.clone())));
            let calendar = rules.book.of_line(case.line);
            let analysis = analysis_due(&case.facts, calendar, &rules.policy);
            let due = promise
                .into_iter()
                .chain(analysis.map(|at| (at, Due::Analysis)));
            let why = of_own_case(&case.facts, due.collect(), of.now);
            CaseRow {
                step,
                ..CaseRow::new(case.id, why)
            }
        })
        .collect();
    mine.sort_by_key(|row| place_of_own(&row.why));
    let mut groups = vec![
        CaseRows::of(Group::Answered, None, answered),
        CaseRows::of(Group::Mine, Some(OWN), mine),
    ];
    if of.has(Group::Radar) {
        let escalated = own.iter().filter(|case| case.escalation.is_some());
        let escalated: BTreeSet<CaseId> = escalated.map(|case| case.id).collect();
        let window = (of.now, of.now + TimeDelta::hours(HOURS));
        let mut spotted = Vec::new();
        for case in facts.iter().filter(|case| !escalated.contains(&case.id)) {
            let upcoming = rules.upcoming(case, window);
            spotted.extend(upcoming.into_iter().map(|upcoming| (case, upcoming)));
        }
        spotted.sort_by_key(|(case, upcoming)| (upcoming.at, case.id));
        let spotted = spotted.iter().map(|(case, upcoming)| (*case, upcoming));
        groups.push(on_radar(spotted, "/radar?owner=me"));
    }
    Ok(groups)
}

/// The cases on which a customer wrote behind what the reader has read, the longest waiting first.
fn answered(conn: &mut Conn, of: &Looking<'_>, ids: &[CaseId]) -> VerbResult<Vec<CaseRow>> {
    let mut entries = home::customer_entries(conn, ids, of.access.feeds())?;
    let read = reads::last_of(conn, ids, of.access.person)?;
    let read: BTreeMap<CaseId, i64> = read.into_iter().collect();
    entries.retain(|entry| {
        let read = read.get(&entry.case);
        read.is_none_or(|read| *read < entry.position)
    });
    entries.sort_by_key(|entry| (entry.at, entry.case));
    let row = |entry: &home::CustomerEntry| {
        CaseRow::new(entry.case, Why::new(Because::CustomerWrote, Some(entry.at)))
    };
    Ok(entries.iter().map(row).collect())
}

/// What can be escalated soon, each case once, with what prevents it.
fn on_radar<'a>(
    spotted: impl Iterator<Item = (&'a RadarCase, &'a Upcoming)>,
    more_href: &'static str,
) -> CaseRows {
    let mut seen = BTreeSet::new();
    let first = spotted.filter(|(case, _)| seen.insert(case.id));
    let row = |(case, upcoming): (&RadarCase, &Upcoming)| {
        let why = Why {
            finding: Some(upcoming.finding.clone()),
            ..Why::new(Because::EligibleSoon, Some(upcoming.at))
        };
        let keeps = upcoming.prevented_by == Prevention::NextStep;
        CaseRow {
            step: case.next_step.filter(|_| keeps),
            prevention: Some(upcoming.prevented_by),
            ..CaseRow::new(case.id, why)
        }
    };
    let rows = first.map(row).collect();
    CaseRows::of(Group::Radar, Some(more_href), rows)
}

/// The cases that nobody owns: those of high priority first, and of each the longest waiting.
fn unowned_cases(mut unowned: Vec<OpenCase>) -> CaseRows {
    unowned.sort_by_key(|case| (case.priority != Priority::High, case.opened_at, case.id));
    let row = |case: &OpenCase| {
        CaseRow::new(case.id, Why::new(Because::NobodyOwns, Some(case.opened_at)))
    };
    let rows = unowned.iter().map(row).collect();
    CaseRows::of(Group::Unowned, Some(UNOWNED), rows)
}
