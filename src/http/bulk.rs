//! One verb on many rows, for the API and for pages: row after row, each in its own transaction, and what came of each.

use std::future::Future;

use super::problem::{Code, Problem};
use crate::domain::bulk::RowOutcome;
use crate::workflow::bulk::RowDone;

/// What came of one row.
#[derive(Debug)]
pub struct Row {
    /// As it was named.
    pub named: String,
    /// What came of it.
    pub came_to: Result<RowDone, Problem>,
}

impl Row {
    /// In one word.
    pub fn outcome(&self) -> RowOutcome {
        match &self.came_to {
            Ok(done) if done.is_changed => RowOutcome::Done,
            Ok(_) => RowOutcome::Unchanged,
            Err(_) => RowOutcome::Refused,
        }
    }
}

/// How many rows came to this.
pub fn count(rows: &[Row], outcome: RowOutcome) -> usize {
    rows.iter().filter(|row| row.outcome() == outcome).count()
}

/// Does `work` with one row after the other. What refuses a row is told of that row. Where the desk itself fails, or whoever asks may
/// not go on, the rest is not tried: it is refused for the same reason.
pub async fn one_by_one<I, Fut>(
    items: Vec<I>,
    named: impl Fn(&I) -> String,
    work: impl Fn(I) -> Fut,
) -> Vec<Row>
where
    Fut: Future<Output = Result<RowDone, Problem>>,
{
    let mut rows = Vec::with_capacity(items.len());
    let mut ended: Option<Code> = None;
    for item in items {
        let named = named(&item);
        let came_to = match ended {
            Some(code) => Err(Problem::new(code)),
            None => work(item).await,
        };
        if let Err(problem) = &came_to
            && ends(problem)
        {
            ended = Some(problem.code());
        }
        rows.push(Row { named, came_to });
    }
    rows
}

/// Whether what stopped one row stops the others, too.
fn ends(problem: &Problem) -> bool {
    problem.code().status().is_server_error()
        || matches!(
            problem.code(),
            Code::Unauthenticated | Code::IdempotencyKeyReused
        )
}
