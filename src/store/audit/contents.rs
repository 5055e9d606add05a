//! All that was said, compared with what the events say of it.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::result::Error as Diesel;
use serde_json::{Map, Value};

use super::seals::{self, CallbackRow, CaseRow, EscalationRow, RequestRow, Sealed, StepRow};
use crate::db::Conn;
use crate::db::schema::{audit_events, cases, counters};
use crate::domain::audit::seal::{Contents, Fault, FaultKind, Said};
use crate::domain::ids::{CaseId, CaseNumber};

/// How many cases are held at a time.
const PAGE: i64 = 100;
/// The counter of the cases that the migration found.
const UNSEALED: &str = "unsealed_case";

/// Compares, a few cases at a time. All of it has to happen in one consistent read, after the chain itself was walked.
///
/// # Errors
/// Database errors.
pub fn contents(conn: &mut Conn) -> QueryResult<Contents> {
    let mut comparison = Comparison::default();
    let mut last = None;
    loop {
        let mut query = cases::table
            .select((cases::id, cases::number))
            .order(cases::id.asc())
            .limit(PAGE)
            .into_boxed();
        if let Some(last) = last {
            query = query.filter(cases::id.gt(last));
        }
        let page: Vec<(CaseId, i64)> = query.load(conn)?;
        let Some((id, _)) = page.last() else { break };
        last = Some(*id);
        let page: BTreeMap<CaseId, CaseNumber> = page
            .into_iter()
            .map(|(id, number)| (id, CaseNumber::new(number)))
            .collect();
        comparison.take(conn, &page)?;
    }
    comparison.orphans(conn)?;
    // What the migration found is known to be older; whatever else no event covers was put there.
    if comparison.unsealed > unsealed(conn)? {
        let older = std::mem::take(&mut comparison.older);
        comparison.faults.extend(older);
    }
    Ok(Contents {
        covered: comparison.covered,
        older: comparison.older.len(),
        faults: comparison.faults,
    })
}

/// How many cases have words from before events had hashes, and were not sealed since.
///
/// # Errors
/// Database errors.
pub fn unsealed(conn: &mut Conn) -> QueryResult<i64> {
    let value: Option<i64> = counters::table
        .filter(counters::name.eq(UNSEALED))
        .select(counters::value)
        .get_result(conn)
        .optional()?;
    Ok(value.unwrap_or_default())
}

/// Notes that one case fewer, or all of them, are left to be sealed.
///
/// # Errors
/// Database errors.
pub fn set_unsealed(conn: &mut Conn, left: i64) -> QueryResult<()> {
    diesel::update(counters::table.filter(counters::name.eq(UNSEALED)))
        .set(counters::value.eq(left))
        .execute(conn)
        .map(drop)
}

#[derive(Default)]
struct Comparison {
    covered: usize,
    faults: Vec<Fault>,
    /// What no event covers, as the faults that they are if they are not older.
    older: Vec<Fault>,
    /// How many cases have such.
    unsealed: i64,
}

/// What the events say of each thing of a case: its hash, or that its words are gone.
type Recorded = HashMap<CaseId, HashMap<String, Option<String>>>;

impl Comparison {
    /// Goes on with these cases; one by one, if something in them cannot be read.
    fn take(&mut self, conn: &mut Conn, page: &BTreeMap<CaseId, CaseNumber>) -> QueryResult<()> {
        match self.compare(conn, page) {
            Err(Diesel::DeserializationError(_)) => {}
            done => return done,
        }
        for (id, number) in page {
            match self.compare(conn, &BTreeMap::from([(*id, *number)])) {
                // What was recorded could be read.
                Err(Diesel::DeserializationError(_)) => self.faults.push(Fault {
                    case: Some(*number),
                    thing: format!("case/{id}"),
                    kind: FaultKind::Changed,
                }),
                done => done?,
            }
        }
        Ok(())
    }

    fn compare(&mut self, conn: &mut Conn, page: &BTreeMap<CaseId, CaseNumber>) -> QueryResult<()> {
        let ids: Vec<CaseId> = page.keys().copied().collect();
        let mut recorded = recorded(conn, &ids)?;
        let entries = seals::entries(conn, &ids)?;
        let cases = CaseRow::of_cases(conn, &ids)?;
        let escalations = EscalationRow::of_cases(conn, &ids)?;
        let requests = RequestRow::of_cases(conn, &ids)?;
        let steps = StepRow::of_cases(conn, &ids)?;
        let callbacks = CallbackRow::of_cases(conn, &ids)?;
        let before = self.older.len();
        let mut older = Vec::new();
        let rows = (entries.iter().map(|row| row as &dyn Sealed))
            .chain(cases.iter().map(|row| row as &dyn Sealed))
            .chain(escalations.iter().map(|row| row as &dyn Sealed))
            .chain(requests.iter().map(|row| row as &dyn Sealed))
            .chain(steps.iter().map(|row| row as &dyn Sealed))
            .chain(callbacks.iter().map(|row| row as &dyn Sealed));
        for row in rows {
            let thing = row.thing().to_string();
            let said = recorded
                .get_mut(&row.case())
                .and_then(|things| things.remove(&thing));
            let kind = match said {
                Some(Some(hash)) if row.hash() == Some(hash.clone()) => None,
                Some(None) if row.is_redacted() => None,
                Some(_) => Some(FaultKind::Changed),
                // Redacted before events had hashes: there is nothing left to cover.
                None if row.is_redacted() => continue,
                None => Some(FaultKind::NotRecorded),
            };
            let Some(kind) = kind else {
                self.covered += 1;
                continue;
            };
            let fault = Fault {
                case: page.get(&row.case()).copied(),
                thing,
                kind,
            };
            match kind {
                FaultKind::NotRecorded if row.salt().is_none() => {
                    older.push(row.case());
                    self.older.push(fault);
                }
                _ => self.faults.push(fault),
            }
        }
        for (case, things) in recorded {
            let things = things.into_iter();
            let missing = things.filter(|(_, hash)| !Said::is_taken_back(hash.as_deref()));
            let mut missing: Vec<String> = missing.map(|(thing, _)| thing).collect();
            missing.sort_unstable();
            self.faults.extend(missing.into_iter().map(|thing| Fault {
                case: page.get(&case).copied(),
                thing,
                kind: FaultKind::Missing,
            }));
        }
        if self.older.len() > before {
            older.sort_unstable();
            older.dedup();
            self.unsealed += i64::try_from(older.len()).unwrap_or(i64::MAX);
        }
        Ok(())
    }

    /// Cases that events tell of, and that are gone with all that was said on them.
    fn orphans(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let there = cases::table
            .filter(cases::id.nullable().eq(audit_events::case_id))
            .select(cases::id);
        let gone: Vec<Option<CaseId>> = audit_events::table
            .filter(audit_events::case_id.is_not_null())
            .filter(audit_events::said.is_not_null())
            .filter(diesel::dsl::not(diesel::dsl::exists(there)))
            .select(audit_events::case_id)
            .distinct()
            .load(conn)?;
        self.faults
            .extend(gone.into_iter().flatten().map(|id| Fault {
                case: None,
                thing: format!("case/{id}"),
                kind: FaultKind::Missing,
            }));
        Ok(())
    }
}

/// An event as far as it tells what was said: its place in the chain, the number under which it was written, the case, and the hashes.
type Saying = (Option<i64>, i64, Option<CaseId>, Option<String>);

/// What the events of these cases say, the last word on each thing: in the order of the chain, and then what has no place there yet.
fn recorded(conn: &mut Conn, ids: &[CaseId]) -> QueryResult<Recorded> {
    let mut rows: Vec<Saying> = audit_events::table
        .filter(audit_events::case_id.eq_any(ids.to_vec()))
        .filter(audit_events::said.is_not_null())
        .select((
            audit_events::link,
            audit_events::position,
            audit_events::case_id,
            audit_events::said,
        ))
        .load(conn)?;
    rows.sort_by_key(|(link, position, ..)| (link.is_none(), *link, *position));
    let mut recorded = Recorded::new();
    for (_, _, case, said) in rows {
        let (Some(case), Some(said)) = (case, said) else {
            continue;
        };
        let things: Map<String, Value> = serde_json::from_str(&said)
            .map_err(|error| Diesel::DeserializationError(error.into()))?;
        let things = things.into_iter().map(|(thing, hash)| {
            let hash = hash.as_str().map(str::to_owned);
            (thing, hash)
        });
        recorded.entry(case).or_default().extend(things);
    }
    Ok(recorded)
}
