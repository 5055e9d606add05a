//! `casebell import servicenow FILE.csv`: a ServiceNow incident event log, replayed into organizations, people, cases
//! and feeds.
//!
//! A row is an event of an incident. Rows of one incident are ordered by `sys_updated_at`, ties in file order; the first
//! opens the case, and each one is a change at its instant, made by the provider's person named in it and visible to the
//! customer (C7). What happened is recorded even where Casebell would not have allowed it.

mod load;
mod row;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::{HashMap, HashSet};
use std::io::BufRead;
use std::sync::Arc;

use super::pace::Pace;
use super::report::{Fault, Kind, Refusal, Report};
use super::rows::Rows;
use super::transactions::{Item, PARTS, Written, load_all};
use super::{ImportError, Watch, expect_much};
use crate::db::{Conn, Db};
use crate::domain::Instant;
use crate::words::Catalogue;
use load::Outcome;
use row::{Columns, Event};

/// How many events one part of a transaction takes at most, but for its last incident.
const EVENTS: usize = 2048;

/// An incident: its events in the order in which they happened.
#[derive(Debug)]
struct Incident {
    events: Vec<Event>,
    /// Rows that say again what an earlier one says.
    repeated: u64,
}

/// Replays the log in `input`. `now` is the end of the past: nothing happened after it.
///
/// # Errors
/// If the file is no such log or cannot be read on, or the database fails; what was committed until then stays, and is
/// found there by the next attempt.
pub async fn import(
    db: &Db,
    input: impl BufRead,
    now: Instant,
    words: &Catalogue,
    watch: &Watch,
) -> Result<Report, ImportError> {
    let mut report = Report::on(&[
        Kind::Incident,
        Kind::Event,
        Kind::Organization,
        Kind::Person,
        Kind::LineOfBusiness,
    ]);
    let incidents = read(input, now, watch, &mut report)?;
    if incidents.is_empty() {
        return Ok(report);
    }
    expect_much(db).await?;
    if db.write(move |conn| load::provider(conn, now)).await?? {
        report.loaded(Kind::Organization, 1);
    }
    let all: usize = incidents.iter().map(|incident| incident.events.len()).sum();
    watch.counts(all as u64);
    let mut written = 0;
    let mut pace = Pace::of_at_most(EVENTS);
    let mut waiting = incidents.into_iter().peekable();
    while waiting.peek().is_some() {
        let mut events = 0;
        let mut batch = Vec::new();
        while events < pace.items() * PARTS
            && let Some(incident) = waiting.next()
        {
            events += incident.events.len();
            batch.push(incident);
        }
        let (batch, words) = (Arc::new(batch), words.clone());
        let load = move |conn: &mut Conn, part: &[Incident], manner| {
            load::load(conn, &words, part, manner, now)
        };
        let Written { outcomes, took } =
            load_all(db, Arc::clone(&batch), pace.items(), load).await?;
        pace.took(events, took);
        for (incident, outcome) in batch.iter().zip(outcomes) {
            count(incident, outcome, watch, &mut report);
        }
        written += events as u64;
        watch.reached(written);
    }
    Ok(report)
}

impl Item for Incident {
    fn rows(&self) -> usize {
        self.events.len()
    }
}

/// Reads the whole log, since rows of one incident may stand anywhere in it. Incidents come in the order in which they
/// were opened, so that their numbers do.
fn read(
    input: impl BufRead,
    now: Instant,
    watch: &Watch,
    report: &mut Report,
) -> Result<Vec<Incident>, ImportError> {
    let mut rows = Rows::new(input)?;
    let mut columns = None;
    let mut incidents: Vec<Incident> = Vec::new();
    let mut by_number: HashMap<String, usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let number = row.line;
        let fields = (row.cells).map_err(|unreadable| Fault::line(unreadable.to_string()));
        let Some(columns) = &columns else {
            let header = fields.unwrap_or_default();
            columns = Some(Columns::of(&header)?);
            continue;
        };
        let event = fields
            .map_err(|fault| vec![fault])
            .and_then(|fields| Event::parse(columns, number, &fields, now));
        match event {
            Ok(event) => {
                let at = *by_number
                    .entry(event.number.to_string())
                    .or_insert_with(|| {
                        incidents.push(Incident {
                            events: Vec::new(),
                            repeated: 0,
                        });
                        incidents.len() - 1
                    });
                incidents[at].events.push(event);
            }
            Err(faults) => {
                watch.refused(
                    report,
                    Refusal {
                        line: number,
                        record: Kind::Event,
                        faults,
                    },
                );
            }
        }
        watch.reached(rows.bytes());
    }
    if columns.is_none() {
        return Err(ImportError::NoHeader);
    }
    for incident in &mut incidents {
        incident.put_in_order();
    }
    incidents.sort_by_key(|incident| incident.events.first().map(|event| event.opened_at));
    Ok(incidents)
}

impl Incident {
    fn put_in_order(&mut self) {
        let read = self.events.len();
        let mut seen = HashSet::new();
        self.events
            .retain(|event| seen.insert(event.external_id.clone()));
        self.repeated = (read - self.events.len()) as u64;
        self.events.sort_by_key(|event| event.at);
    }
}

fn count(
    incident: &Incident,
    outcome: Result<Outcome, Vec<Fault>>,
    watch: &Watch,
    report: &mut Report,
) {
    report.already_there(Kind::Event, incident.repeated);
    match outcome {
        Ok(outcome) => {
            match outcome.is_new {
                true => report.loaded(Kind::Incident, 1),
                false => report.already_there(Kind::Incident, 1),
            }
            report.loaded(Kind::Event, outcome.loaded);
            report.already_there(Kind::Event, outcome.already_there);
            report.loaded(Kind::Organization, outcome.organizations);
            report.loaded(Kind::Person, outcome.people);
            report.loaded(Kind::LineOfBusiness, outcome.lines);
            for made_up in outcome.made_up {
                watch.made_up(report, made_up);
            }
            for line in outcome.late {
                let reason = "the case has changed since this event, so that it cannot be told in its place any more";
                let faults = vec![Fault::of("sys_updated_at", reason)];
                watch.refused(
                    report,
                    Refusal {
                        line,
                        record: Kind::Event,
                        faults,
                    },
                );
            }
        }
        Err(faults) => {
            report.count_refused(Kind::Incident, 1);
            for event in &incident.events {
                let faults = faults.clone();
                watch.refused(
                    report,
                    Refusal {
                        line: event.line,
                        record: Kind::Event,
                        faults,
                    },
                );
            }
        }
    }
}
