//! `casebell import casebell FILE.ndjson`: Casebell's own format, one record a line (section 11, *Import*).
//!
//! Lines are read in batches, which are written one after the other; a record is there with all that belongs to it or not at all.
//! While one is written, the next is read and made ready. What is there already stays as it is.

mod history;
mod load;
mod prepared;
mod record;
#[cfg(test)]
mod tests;

use std::io::BufRead;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::pace::Pace;
use super::report::{Kind, Refusal, Report};
use super::transactions::{Item, PARTS, Written, load_all};
use super::{ImportError, Watch, expect_much};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use load::{Loaded, Outcome};
use prepared::{Batch, Prepared, Reader, make_ready};
use record::Record;

/// How many rows one part of a transaction writes at most, but for its last record.
const ROWS: usize = 4096;

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
    expect_much(db).await?;
    let mut reader = Reader::new(input);
    let mut pace = Pace::of_at_most(ROWS);
    let mut writing: Option<Writing> = None;
    loop {
        let next = match reader.batch(pace.items() * PARTS) {
            Ok(mut batch) => {
                let ready = make_ready(db, &mut batch.records).await;
                ready.map(|()| batch)
            }
            Err(error) => Err(error.into()),
        };
        // What is on its way is told of before anything behind it.
        if let Some(writing) = writing.take() {
            writing.ends(&mut pace, watch, &mut report).await?;
        }
        let batch = next?;
        let is_last = batch.is_last;
        let begun = Writing::begins(db, (batch, pace.items()), now, watch, &mut report).await;
        if is_last {
            begun.ends(&mut pace, watch, &mut report).await?;
            return Ok(report);
        }
        writing = Some(begun);
    }
}

/// A batch that is being written.
struct Writing {
    records: Arc<Vec<Prepared>>,
    rows: usize,
    read: u64,
    task: Option<JoinHandle<Result<Written<Outcome>, DbError>>>,
}

impl Writing {
    /// Begins to write a batch, in parts of about so many rows, and tells of its lines that cannot be read. If none can be, there is
    /// nothing to write.
    async fn begins(
        db: &Db,
        (batch, part): (Batch, usize),
        now: Instant,
        watch: &Watch,
        report: &mut Report,
    ) -> Self {
        for refusal in batch.refused {
            watch.refused(report, refusal);
        }
        let records = Arc::new(batch.records);
        let task = (!records.is_empty()).then(|| {
            let (db, records) = (db.clone(), Arc::clone(&records));
            let load = move |conn: &mut Conn, part: &[Prepared], manner| {
                load::load(conn, part, manner, now)
            };
            tokio::spawn(async move { load_all(&db, records, part, load).await })
        });
        // Where there is one thread for all, the task gets to the writer now: what comes next is read without a pause.
        tokio::task::yield_now().await;
        Self {
            records,
            rows: batch.rows,
            read: batch.read,
            task,
        }
    }

    /// Waits until it is written, and counts what came of it.
    async fn ends(
        self,
        pace: &mut Pace,
        watch: &Watch,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        if let Some(task) = self.task {
            // A task that ends without a word has panicked, as the writer does.
            let written = task.await.unwrap_or(Err(DbError::Panicked))?;
            pace.took(self.rows, written.took);
            for (prepared, outcome) in self.records.iter().zip(written.outcomes) {
                count(prepared, outcome, watch, report);
            }
        }
        watch.reached(self.read);
        Ok(())
    }
}

impl Item for Prepared {
    fn rows(&self) -> usize {
        self.record.rows()
    }
}

fn count(prepared: &Prepared, outcome: Outcome, watch: &Watch, report: &mut Report) {
    let kind = prepared.record.kind();
    let entries = match &prepared.record {
        Record::Case(case) => case.feed.len() as u64,
        _ => 0,
    };
    match outcome {
        Ok(Loaded::New) => {
            report.loaded(kind, 1);
            report.loaded(Kind::Entry, entries);
        }
        Ok(Loaded::AlreadyThere) => {
            report.already_there(kind, 1);
            report.already_there(Kind::Entry, entries);
        }
        Err(faults) => {
            report.count_refused(Kind::Entry, entries);
            let refusal = Refusal {
                line: prepared.line,
                record: kind,
                faults,
            };
            watch.refused(report, refusal);
        }
    }
}
