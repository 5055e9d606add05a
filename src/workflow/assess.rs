//! Assessing a case: the facts as they stand, or stood, and what the rules make of them (section 4).

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::QueryResult;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::record::{case_fields, step_fields};
use super::{Actor, Rejection, VerbResult};
use crate::db::{Conn, in_one_state, steadily};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::Replay;
use crate::domain::case::{
    BusinessImpact, Deployment, Engagement, Priority, Rca, Status, StepState,
};
use crate::domain::eligibility::{self, ActiveEscalation, Assessment, CaseFacts, Promise};
use crate::domain::escalation::State;
use crate::domain::feed::Feed;
use crate::domain::history::fold_back;
use crate::domain::ids::{CaseId, CaseRef, PersonId};
use crate::domain::reason::{Answers, Reason};
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, Case, UnderWay, UpdatesAndRead, if_any};
use crate::store::feeds::ProviderUpdate;
use crate::store::promises::{self, NextStep};
use crate::store::reads::{self, Read};
use crate::store::rules::ReasonRow;
use crate::store::{audit, rules};

/// Assesses a case at an instant: in the past on the facts as they stood then, in the future on those of now. For one
/// reason, or for each that can be chosen.
///
/// # Errors
/// [`Rejection::NotFound`], [`Rejection::Field`] for an unknown reason, [`Rejection::BeforeOpening`].
pub fn assess(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    reason: Option<&str>,
    at: Option<Instant>,
    now: Instant,
) -> VerbResult<Vec<Assessment>> {
    let at = at.unwrap_or(now);
    let found = |conn: &mut Conn| -> VerbResult<_> {
        let (case, under_way) = visible_at(conn, actor, case, at.min(now))?;
        let reasons: Vec<Reason> = match reason {
            Some(code) => vec![chosen(conn, code)?],
            None => to_choose(conn)?,
        };
        already_open(&case, at)?;
        Ok((case, under_way, reasons))
    };
    let assessed = |conn: &mut Conn, (case, under_way, reasons): (Case, UnderWay, Vec<Reason>)| {
        let facts = facts_of(conn, (&case, under_way), at.min(now))?;
        named(conn, actor, (&case, &facts), &reasons, at)
    };
    let one = found(conn)?;
    // Most cases are known by one statement. Whatever else is read has to be of the same state.
    let is_all = !one.1.has_steps && at.min(now) >= one.0.updated_at;
    match is_all {
        true => assessed(conn, one),
        false => in_one_state(conn, |conn| {
            let all = found(conn)?;
            assessed(conn, all)
        }),
    }
}

/// A case that the actor may view, and what was under way on it at an instant.
fn visible_at(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    at: Instant,
) -> VerbResult<(Case, UnderWay)> {
    let found = cases::visible_with(conn, actor.reach(), case, (actor.id(), at))?;
    let found = found.ok_or(Rejection::NotFound)?;
    actor.require(Permission::CasesView)?;
    Ok(found)
}

fn already_open(case: &Case, at: Instant) -> Result<(), Rejection> {
    let opened_at = case.opened_at;
    match at < opened_at {
        true => Err(Rejection::BeforeOpening { opened_at }),
        false => Ok(()),
    }
}

/// The same for each reason that can be chosen, now, of a case that exists for the actor and whose facts are read already.
///
/// # Errors
/// Database errors; a calendar that cannot reckon.
pub fn assess_now(
    conn: &mut Conn,
    actor: &Actor,
    of: (&Case, &CaseFacts),
    now: Instant,
) -> VerbResult<Vec<Assessment>> {
    let reasons = to_choose(conn)?;
    named(conn, actor, of, &reasons, now)
}

/// The reasons that can be chosen.
fn to_choose(conn: &mut Conn) -> VerbResult<Vec<Reason>> {
    let reasons = rules::reasons(conn)?;
    let active = reasons.iter().filter(|row| row.active);
    Ok(active.map(ReasonRow::reason).collect())
}

/// What the rules make of the facts, as the actor may know it.
fn named(
    conn: &mut Conn,
    actor: &Actor,
    (case, facts): (&Case, &CaseFacts),
    reasons: &[Reason],
    at: Instant,
) -> VerbResult<Vec<Assessment>> {
    let assessments = decide(conn, case, facts, reasons, &Answers::default(), at)?;
    let names_escalations = actor.access.can(Permission::EscalationsView);
    Ok(assessments
        .into_iter()
        .map(|assessment| {
            if names_escalations {
                assessment
            } else {
                assessment.naming_no_escalation()
            }
        })
        .collect())
}

/// The windows that the reasons wait for on a case, replayed: in the past on the facts as they stood then.
///
/// # Errors
/// As [`assess`].
pub fn deadlines(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    at: Option<Instant>,
    now: Instant,
) -> VerbResult<Vec<(Reason, Replay)>> {
    let at = at.unwrap_or(now);
    let (case, under_way) = visible_at(conn, actor, case, at.min(now))?;
    already_open(&case, at)?;
    let facts = facts_of(conn, (&case, under_way), at.min(now))?;
    let (policy, book) = (rules::policy(conn)?, CalendarBook::load(conn)?);
    let calendar = book.of_line(case.line_of_business_id);
    let mut deadlines = Vec::new();
    for row in rules::reasons(conn)?.iter().filter(|row| row.active) {
        let reason = row.reason();
        if let Some(replay) = eligibility::replay(&facts, &reason, calendar, &policy, at)? {
            deadlines.push((reason, replay));
        }
    }
    Ok(deadlines)
}

/// The reason of that code, if it can be chosen.
pub(super) fn chosen(conn: &mut Conn, code: &str) -> VerbResult<Reason> {
    let reasons = rules::reasons(conn)?;
    let mut active = reasons.iter().filter(|row| row.active);
    let unknown = || Rejection::Field {
        field: "reason",
        code: "unknown",
        given: code.to_owned(),
    };
    let row = active.find(|row| row.code == code);
    Ok(row.ok_or_else(unknown)?.reason())
}

/// What the rules make of the facts, for each of the reasons.
pub(super) fn decide(
    conn: &mut Conn,
    case: &Case,
    facts: &CaseFacts,
    reasons: &[Reason],
    answers: &Answers,
    at: Instant,
) -> VerbResult<Vec<Assessment>> {
    let (policy, book) = steadily(conn, |conn| -> QueryResult<_> {
        Ok((rules::policy(conn)?, CalendarBook::load(conn)?))
    })?;
    let calendar = book.of_line(case.line_of_business_id);
    let each = reasons
        .iter()
        .map(|reason| eligibility::assess(facts, reason, answers, calendar, &policy, at));
    Ok(each.collect::<Result<_, _>>()?)
}

/// The snapshot of a case at an instant that is not in the future, as one person knows it.
///
/// # Errors
/// Database errors.
pub fn facts(conn: &mut Conn, case: &Case, person: PersonId, at: Instant) -> VerbResult<CaseFacts> {
    let under_way = cases::under_way(conn, case.id, (person, at))?;
    facts_of(conn, (case, under_way), at)
}

/// The same where it is read already what was under way at that instant.
fn facts_of(
    conn: &mut Conn,
    (case, under_way): (&Case, UnderWay),
    at: Instant,
) -> VerbResult<CaseFacts> {
    let active = under_way.active.map(|active| ActiveEscalation {
        number: active.number,
        state: state_at(active.claimed_at, active.decided_at, at),
    });
    let steps = if_any(under_way.has_steps, || promises::of_case(conn, case.id))?;
    reckoned(conn, case, active, (&steps, &under_way.said), at)
}

/// The facts of a case, with the rows that they were made of and that are shown beside them.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The facts.
    pub facts: CaseFacts,
    /// How far the person had read each feed.
    pub read: Vec<Read>,
    /// All promises of the case, as they stand now.
    pub steps: Vec<NextStep>,
    /// When the provider last made something visible to the customer, in each feed.
    pub updates: Vec<ProviderUpdate>,
}

/// [`facts`] with their rows, for who shows both, and has read the escalation that was active then and all promises.
///
/// # Errors
/// Database errors.
pub fn snapshot(
    conn: &mut Conn,
    case: &Case,
    (active, steps): (Option<ActiveEscalation>, Vec<NextStep>),
    person: PersonId,
    at: Instant,
) -> VerbResult<Snapshot> {
    let said = cases::updates_and_read(conn, case.id, person, at)?;
    Ok(Snapshot {
        facts: reckoned(conn, case, active, (&steps, &said), at)?,
        read: said.read,
        steps,
        updates: said.updates,
    })
}

fn reckoned(
    conn: &mut Conn,
    case: &Case,
    active_escalation: Option<ActiveEscalation>,
    (steps, said): (&[NextStep], &UpdatesAndRead),
    at: Instant,
) -> VerbResult<CaseFacts> {
    let stood = stood_at(conn, case, at)?;
    Ok(CaseFacts {
        number: case.number,
        opened_at: case.opened_at,
        status: stood.status,
        priority: stood.priority,
        business_impact: stood.business_impact,
        deployment: stood.deployment,
        engagements: stood.engagements,
        last_provider_entry_at: said.updates.iter().map(|update| update.at).max(),
        rca: stood.rca_requested_at.map(|requested_at| Rca {
            requested_at,
            delivered_at: stood.rca_delivered_at,
        }),
        active_escalation,
        promises: promises_at(conn, steps, at)?,
        read_at: read_up_to(&said.updates, &said.read),
    })
}

/// The facts of now as another person knows them: it is what they have read that differs.
///
/// # Errors
/// Database errors.
pub fn known_to(
    conn: &mut Conn,
    case: CaseId,
    (facts, updates): (&CaseFacts, &[ProviderUpdate]),
    person: PersonId,
    now: Instant,
) -> VerbResult<CaseFacts> {
    let read = reads::last(conn, case, person, now)?;
    Ok(CaseFacts {
        read_at: read_up_to(updates, &read),
        ..facts.clone()
    })
}

/// What the rules look at in a case itself, as it stood at an instant. It is written in its audited fields by these names.
#[derive(Debug, Deserialize)]
struct Stood {
    status: Status,
    priority: Priority,
    business_impact: BusinessImpact,
    deployment: Deployment,
    engagements: Vec<Engagement>,
    rca_requested_at: Option<Instant>,
    rca_delivered_at: Option<Instant>,
}

impl Stood {
    /// As it stands.
    fn now(case: &Case) -> Self {
        Self {
            status: case.status,
            priority: case.priority,
            business_impact: case.business_impact,
            deployment: case.deployment,
            engagements: case.engagements.0.clone(),
            rca_requested_at: case.rca_requested_at,
            rca_delivered_at: case.rca_delivered_at,
        }
    }
}

fn stood_at(conn: &mut Conn, case: &Case, at: Instant) -> VerbResult<Stood> {
    // Whatever changes a field of it says when.
    if at >= case.updated_at {
        return Ok(Stood::now(case));
    }
    let changes: Vec<_> = audit::replaced_after(conn, &[case.subject_id()], at)?
        .into_iter()
        .map(|(_, changed_at, before)| (changed_at, before))
        .collect();
    Ok(folded(fold_back(case_fields(case), &changes, at))?)
}

/// Up to which instant a person knows what the provider wrote. Each feed is read by itself: an update is unread if it is so
/// in any of them. What is read goes by the order of commit; where clocks disagree with it, the instant is set right.
fn read_up_to(updates: &[ProviderUpdate], read: &[Read]) -> Option<Instant> {
    let of = |feed: Feed| read.iter().find(|read| read.feed == feed);
    let unread = updates
        .iter()
        .find(|update| of(update.feed).is_none_or(|read| read.position < update.position));
    match unread {
        Some(update) => {
            let before = update.at - TimeDelta::microseconds(1);
            of(update.feed).map(|read| read.at.min(before))
        }
        None => {
            let newest = updates.iter().map(|update| update.at).max();
            read.iter().map(|read| read.at).max().max(newest)
        }
    }
}

/// Where an active escalation stood.
fn state_at(claimed_at: Option<Instant>, decided_at: Option<Instant>, at: Instant) -> State {
    let happened = |instant: Option<Instant>| instant.is_some_and(|instant| instant <= at);
    // Only one that was accepted can have been decided and still active.
    if happened(decided_at) {
        State::Accepted
    } else if happened(claimed_at) {
        State::InReview
    } else {
        State::Submitted
    }
}

/// What the rules look at in a promise, as it stood; written in its audited fields by these names.
#[derive(Deserialize)]
struct Promised {
    due_at: Instant,
    state: StepState,
}

fn promises_at(conn: &mut Conn, steps: &[NextStep], at: Instant) -> VerbResult<Vec<Promise>> {
    let mut changes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    if !steps.is_empty() {
        let subjects: Vec<_> = steps.iter().map(NextStep::subject_id).collect();
        for (subject, changed_at, before) in audit::replaced_after(conn, &subjects, at)? {
            changes
                .entry(subject)
                .or_default()
                .push((changed_at, before));
        }
    }
    steps
        .iter()
        .filter(|step| step.promised_at <= at)
        .map(|step| {
            let stood = match changes.get(&step.subject_id()) {
                Some(changes) => folded(fold_back(step_fields(step), changes, at))?,
                None => Promised {
                    due_at: step.due_at,
                    state: step.state,
                },
            };
            Ok(Promise {
                what: step.what.clone(),
                due_at: stood.due_at,
                state: stood.state,
            })
        })
        .collect()
}

/// Folded fields as what they stand for.
fn folded<T: DeserializeOwned>(fields: Map<String, Value>) -> QueryResult<T> {
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| diesel::result::Error::DeserializationError(error.into()))
}
