//! What the first page says to the customer's side: what waits for them, what was promised to them, and what is new.

use std::collections::BTreeMap;

use super::{AboutEscalation, CaseRow, CaseRows, Filled, LIMIT, Looking, named};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::case::{Priority, Status};
use crate::domain::eligibility::rca_due_at;
use crate::domain::feed::Feed;
use crate::domain::home::{Because, DECLINES_FOR, Due, Group, Why, may_escalate, only_looks_on};
use crate::domain::ids::CaseId;
use crate::store::home::{self, OpenCase};
use crate::store::{feeds, promises, radar, reads};
use crate::workflow::VerbResult;
use crate::workflow::radar::Rules;

/// Of how many open cases it is assessed whether they can be escalated: those that are open the longest.
const ASSESSED: usize = 200;
/// Among how many cases that changed last something new is looked for.
const RECENT: i64 = 100;
/// How many declines of one person are looked at.
const DECLINES: i64 = 50;
/// The cases in which support waits for the customer.
const WAITING: &str = "/cases?status=awaiting_customer,solution_provided";
/// The cases that changed last.
const CHANGED: &str = "/cases?sort=-updated_at";

pub(super) fn look(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<Vec<Filled>> {
    let mut groups = Vec::new();
    if of.has_any(&[Group::Waiting, Group::MayEscalate, Group::Promised]) {
        let open = home::open_cases(conn, of.reach(), None, LIMIT)?;
        let rules = Rules::load(conn)?;
        if of.has(Group::Waiting) {
            groups.push(waiting(of, &open));
        }
        if of.has(Group::MayEscalate) {
            groups.push(eligible(conn, of, &open, &rules)?);
        }
        if of.has(Group::Promised) {
            groups.push(promised(conn, of, &open, &rules)?);
        }
    }
    if of.has(Group::Declined) {
        groups.push(declined(conn, of)?);
    }
    if of.has(Group::Unread) {
        groups.push(unread(conn, of)?);
    }
    named(conn, of, groups)
}

/// The cases that cannot go on without the customer, the longest waiting first.
fn waiting(of: &Looking<'_>, open: &[OpenCase]) -> CaseRows {
    let sees_escalations = of.access.can(Permission::EscalationsView);
    let row = |case: &OpenCase| {
        let asked = case.escalation.and_then(|(_, since)| since);
        let asked = asked.filter(|_| sees_escalations);
        let since = Some(case.last_provider_update_at);
        let why = match (asked, case.status) {
            (Some(since), _) => Why::new(Because::OwnerWaits, Some(since)),
            (None, Status::AwaitingCustomer) => Why::new(Because::SupportWaits, since),
            (None, Status::SolutionProvided) => Why::new(Because::SolutionProvided, since),
            _ => return None,
        };
        Some(CaseRow {
            escalated: asked.is_some(),
            ..CaseRow::new(case.id, why)
        })
    };
    let mut rows: Vec<CaseRow> = open.iter().filter_map(row).collect();
    rows.sort_by_key(|row| (row.why.at, row.case));
    CaseRows::of(Group::Waiting, Some(WAITING), rows)
}

/// The cases that can be escalated now, those first that could be for the longest.
fn eligible(
    conn: &mut Conn,
    of: &Looking<'_>,
    open: &[OpenCase],
    rules: &Rules,
) -> VerbResult<CaseRows> {
    let ids: Vec<CaseId> = open
        .iter()
        .filter(|case| case.escalation.is_none() && case.priority != Priority::Low)
        .map(|case| case.id)
        .take(ASSESSED)
        .collect();
    let row = |case: &radar::RadarCase| {
        let by = (rules.book.of_line(case.line), &*rules.policy);
        let why = may_escalate(&case.facts, &rules.reasons, by, of.now)?;
        Some(CaseRow::new(case.id, why))
    };
    let facts = radar::facts(conn, &ids)?;
    let mut rows: Vec<CaseRow> = facts.iter().filter_map(row).collect();
    rows.sort_by_key(|row| (row.why.at, row.case));
    Ok(CaseRows::of(Group::MayEscalate, None, rows))
}

/// What is promised on the open cases, a root cause analysis included, by what is due first.
fn promised(
    conn: &mut Conn,
    of: &Looking<'_>,
    open: &[OpenCase],
    rules: &Rules,
) -> VerbResult<CaseRows> {
    let ids: Vec<CaseId> = open.iter().map(|case| case.id).collect();
    let mut steps = promises::open_of_cases(conn, &ids)?;
    if !of.access.can(Permission::EscalationsView) {
        steps.retain(|step| step.escalation_id.is_none());
    }
    let row = |step: promises::NextStep| CaseRow {
        step: Some(step.id),
        ..CaseRow::new(
            step.case_id,
            Due::Promise(step.what).said(step.due_at, of.now),
        )
    };
    let analysis = |case: &OpenCase| {
        let (calendar, policy) = (rules.book.of_line(case.line), &rules.policy);
        // By a calendar without working days it is never due.
        let due = rca_due_at(case.rca_requested_at?, case.deployment, calendar, policy);
        let why = Due::Analysis.said(due.ok()?, of.now);
        Some(CaseRow::new(case.id, why))
    };
    let mut rows: Vec<CaseRow> = steps.into_iter().map(row).collect();
    rows.extend(open.iter().filter_map(analysis));
    rows.sort_by_key(|row| row.why.at);
    Ok(CaseRows::of(Group::Promised, None, rows))
}

/// The reader's escalations that were declined, until they say that they have read it, or their side has written since.
fn declined(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<CaseRows> {
    let (person, after) = (of.access.person, of.now - DECLINES_FOR);
    let mut declined = home::declined(conn, of.reach(), person, after, DECLINES)?;
    // One that is escalated again has its say on the escalation.
    let ids: Vec<CaseId> = declined.iter().map(|one| one.case).collect();
    if !ids.is_empty() {
        let read = reads::last_said_of(conn, &ids, person, Feed::Escalation)?;
        let read: BTreeMap<CaseId, _> = read.into_iter().collect();
        let wrote = home::customer_entries(conn, &ids, Feed::ALL)?;
        let wrote: BTreeMap<CaseId, _> = (wrote.iter()).map(|one| (one.case, one.at)).collect();
        declined.retain(|one| {
            let said = read.get(&one.case).is_some_and(|at| *at >= one.at);
            let answered = wrote.get(&one.case).is_some_and(|at| *at > one.at);
            !said && !answered
        });
    }
    let row = |one: home::Declined| CaseRow {
        past: Some(AboutEscalation {
            id: one.id,
            number: one.number,
        }),
        ..CaseRow::new(
            one.case,
            Why {
                criteria: one.reasons,
                ..Why::new(Because::Declined, Some(one.at))
            },
        )
    };
    let rows = declined.into_iter().map(row).collect();
    Ok(CaseRows::of(Group::Declined, None, rows))
}

/// The cases on which support wrote behind what the reader has read, the latest first; for who only looks on, also those on
/// which anything else happened.
fn unread(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<CaseRows> {
    let ids = home::changed_last(conn, of.reach(), RECENT)?;
    let newest = feeds::newest_provider_updates(conn, &ids, of.access.feeds())?;
    let newest: BTreeMap<CaseId, i64> = newest.into_iter().collect();
    let changed = match only_looks_on(of.access) {
        true => feeds::newest_public(conn, &ids, of.access.feeds())?,
        false => Vec::new(),
    };
    let changed: BTreeMap<CaseId, i64> = changed.into_iter().collect();
    let read = reads::last_of(conn, &ids, of.access.person)?;
    let read: BTreeMap<CaseId, i64> = read.into_iter().collect();
    let row = |case: &CaseId| {
        let read = read.get(case);
        let is_new = |farthest: &BTreeMap<CaseId, i64>| {
            let farthest = farthest.get(case);
            farthest.is_some_and(|farthest| read.is_none_or(|read| read < farthest))
        };
        let because = match (is_new(&newest), is_new(&changed)) {
            (true, _) => Because::SupportWrote,
            (false, true) => Because::Changed,
            (false, false) => return None,
        };
        Some(CaseRow::new(*case, Why::new(because, None)))
    };
    let rows = ids.iter().filter_map(row).collect();
    Ok(CaseRows::of(Group::Unread, Some(CHANGED), rows))
}
