//! `casebell import casebell FILE.ndjson`: Casebell's own format, one record a line (section 11, *Import*).
//!
//! Lines are read in batches; each batch is one transaction, and each record a savepoint of its own in it, so that a
//! record is there with all that belongs to it or not at all. What is there already stays as it is.

mod history;
mod load;
mod record;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::lines::Lines;
use super::pace::Pace;
use super::report::{Fault, Kind, Refusal, Report};
use super::{ImportError, Watch};
use crate::credentials::Hasher;
use crate::db::{Db, DbError};
use crate::domain::Instant;
use crate::domain::text::{EmailAddress, Slug, folded};
use crate::store::imports;
use crate::store::people::display_name;
use record::Record;

/// How many records one transaction takes at most.
const RECORDS: usize = 1024;
/// How much text it takes at most, but for its last line.
const BYTES: u64 = 4 << 20;

/// A record, where it stood, and what had to be made of it before it can be written.
#[derive(Debug)]
struct Prepared {
    line: u64,
    record: Record,
    /// The hash of a new person's password.
    password_hash: Option<String>,
    /// By what a case is known again when the file is loaded again; its number, if there is none.
    external_id: Option<String>,
}

/// Loads the records of `input`. `now` is the end of the past: nothing happened after it.
///
/// # Errors
/// If the file cannot be read on or the database fails; what was committed until then stays, and is found there by the
/// next attempt.
pub async fn import(
    db: &Db,
    input: impl BufRead,
    now: Instant,
    watch: &Watch,
) -> Result<Report, ImportError> {
    let mut report = Report::on(&[
        Kind::Organization,
        Kind::Calendar,
        Kind::LineOfBusiness,
        Kind::Person,
        Kind::Case,
        Kind::Entry,
    ]);
    let mut lines = Lines::new(input);
    let mut pace = Pace::of_at_most(RECORDS);
    let mut identities = Identities::default();
    let mut named = FirstNamed::default();
    loop {
        let from = lines.bytes();
        let mut batch = Vec::new();
        let mut more = true;
        while batch.len() < pace.items() && lines.bytes() - from < BYTES {
            let Some(line) = lines.next()? else {
                more = false;
                break;
            };
            let number = line.number;
            let parsed = match line.text {
                Ok(text) => Record::parse(text).and_then(|record| {
                    named.check(&record, number)?;
                    Ok(Prepared {
                        line: number,
                        external_id: identities.of(&record, text),
                        record,
                        password_hash: None,
                    })
                }),
                Err(unreadable) => Err((Kind::Line, vec![Fault::line(unreadable.to_string())])),
            };
            match parsed {
                Ok(prepared) => batch.push(prepared),
                Err((record, faults)) => {
                    watch.refused(
                        &mut report,
                        Refusal {
                            line: number,
                            record,
                            faults,
                        },
                    );
                }
            }
        }
        hash_passwords(db, &mut batch).await?;
        let (records, begun) = (batch.len(), Stopwatch::now());
        write(db, batch, now, watch, &mut report).await?;
        pace.took(records, begun);
        watch.reached(lines.bytes());
        if !more {
            return Ok(report);
        }
    }
}

/// Gives cases with neither `external_id` nor number a name that is the same when the same line is loaded again. Lines that say the same
/// within one file are as many cases: the second of them is called the second.
#[derive(Debug, Default)]
struct Identities {
    seen: HashMap<[u8; 32], u64>,
}

impl Identities {
    fn of(&mut self, record: &Record, text: &str) -> Option<String> {
        match record {
            Record::Case(case) => match (&case.external_id, case.number) {
                (Some(id), _) => Some(id.to_string()),
                (None, Some(_)) => None,
                (None, None) => Some(self.of_text(text)),
            },
            _ => None,
        }
    }

    fn of_text(&mut self, text: &str) -> String {
        // The same record written in another order of fields is the same record.
        let canonical = serde_json::from_str::<serde_json::Value>(text)
            .map_or_else(|_| text.to_owned(), |value| value.to_string());
        let hash: [u8; 32] = Sha256::digest(canonical.as_bytes()).into();
        let times = self.seen.entry(hash).or_default();
        *times += 1;
        format!("casebell:{}:{times}", hex::encode(&hash[..16]))
    }
}

/// What the file calls each organization and each person where it first names them. A later line of the same slug or
/// address is the same one said again, unless it has another name: then it is somebody else, who would be lost in the first.
#[derive(Debug, Default)]
struct FirstNamed {
    organizations: HashMap<Slug, (u64, String)>,
    people: HashMap<EmailAddress, (u64, String)>,
}

impl FirstNamed {
    fn check(&mut self, record: &Record, line: u64) -> Result<(), (Kind, Vec<Fault>)> {
        let (field, key, name, known) = match record {
            Record::Organization(record) => {
                let name = record.name.to_string();
                let entry = self.organizations.entry(record.slug.clone());
                let known = entry.or_insert_with(|| (line, name.clone()));
                ("slug", record.slug.as_str(), name, known)
            }
            Record::User(record) => {
                let name = display_name(record.first_name.as_str(), record.last_name.as_str());
                let entry = self.people.entry(record.email.clone());
                let known = entry.or_insert_with(|| (line, name.clone()));
                ("email", record.email.as_str(), name, known)
            }
            _ => return Ok(()),
        };
        let (first, called) = known;
        if folded(called) == folded(&name) {
            return Ok(());
        }
        let reason = format!("line {first} gives {key} to “{called}”, and this is “{name}”");
        Err((record.kind(), vec![Fault::of(field, reason)]))
    }
}

/// Hashes the passwords of people who are not here yet, on all processors and away from the writer: each takes tens of
/// milliseconds.
async fn hash_passwords(db: &Db, batch: &mut [Prepared]) -> Result<(), ImportError> {
    let with_password = |prepared: &Prepared| match &prepared.record {
        Record::User(user) => user
            .password
            .clone()
            .map(|password| (user.email.clone(), password)),
        _ => None,
    };
    let emails: Vec<_> = batch
        .iter()
        .filter_map(with_password)
        .map(|(email, _)| email)
        .collect();
    if emails.is_empty() {
        return Ok(());
    }
    let known = db
        .read(move |conn| Ok::<_, DbError>(imports::known_people(conn, &emails)?))
        .await?;
    let mut due: Vec<(&mut Option<String>, SecretString)> = batch
        .iter_mut()
        .filter_map(|prepared| {
            let (email, password) = with_password(prepared)?;
            (!known.contains(&email)).then_some((&mut prepared.password_hash, password))
        })
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = due.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = due
            .chunks_mut(share)
            .map(|share| {
                scope.spawn(move || {
                    let mut hasher = Hasher::default();
                    for (hash, password) in share {
                        **hash = Some(hasher.hash(password.expose_secret())?);
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(ImportError::Hashing)))
    })
}

async fn write(
    db: &Db,
    batch: Vec<Prepared>,
    now: Instant,
    watch: &Watch,
    report: &mut Report,
) -> Result<(), ImportError> {
    if batch.is_empty() {
        return Ok(());
    }
    let batch = Arc::new(batch);
    let written = {
        let batch = Arc::clone(&batch);
        db.write(move |conn| load::load(conn, &batch, now)).await?
    };
    for (prepared, outcome) in batch.iter().zip(written) {
        let kind = prepared.record.kind();
        let entries = match &prepared.record {
            Record::Case(case) => case.feed.len() as u64,
            _ => 0,
        };
        match outcome {
            Ok(load::Loaded::New) => {
                report.loaded(kind, 1);
                report.loaded(Kind::Entry, entries);
            }
            Ok(load::Loaded::AlreadyThere) => {
                report.already_there(kind, 1);
                report.already_there(Kind::Entry, entries);
            }
            Err(faults) => {
                report.count_refused(Kind::Entry, entries);
                watch.refused(
                    report,
                    Refusal {
                        line: prepared.line,
                        record: kind,
                        faults,
                    },
                );
            }
        }
    }
    Ok(())
}
