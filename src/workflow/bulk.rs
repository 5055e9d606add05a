//! One verb on many cases, escalations or calls: each by itself, by the same verb as ever, in a transaction of its own. What is looked
//! at first is done in the same way and taken back.

mod calls;
mod cases;
mod escalations;

use std::collections::BTreeSet;

use super::{Actor, Rejection, VerbError, VerbResult};
use crate::db::{Conn, in_savepoint};
use crate::domain::Instant;
use crate::domain::bulk::Consequence;
use crate::domain::ids::{CaseId, NoticeId, PersonId};
use crate::domain::organization::Side;
use crate::input::{Input, Whole};
use crate::store::{notices, people};

pub use calls::{BulkCallback, BulkCallbacks};
pub use cases::{BulkCase, BulkCases, BulkChange, BulkClosing};
pub use escalations::{BulkEscalation, BulkEscalations};

/// A version of a row.
pub type RowVersion = Whole<1, { i64::MAX }>;

/// What is asked for of several rows: each of them by itself, by the verb of one.
pub trait Several: Input + Clone {
    /// A row among them.
    type Row: Clone + Send + Sync + 'static;

    /// The field that names a row.
    const NAME: &'static str;

    /// The rows.
    fn rows(&self) -> &[Self::Row];

    /// How a row is named.
    fn named(row: &Self::Row) -> String;

    /// Refuses what asks for nothing, and what somebody may do with no row at all.
    ///
    /// # Errors
    /// [`Rejection::Denied`]; [`Rejection::Fields`] naming what is missing.
    fn check(&self, actor: &Actor) -> VerbResult<()>;

    /// Does it with one of the rows, or looks what that would come to.
    ///
    /// # Errors
    /// Those of its verb.
    fn act_on(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        row: &Self::Row,
        mode: Mode,
        now: Instant,
    ) -> VerbResult<RowDone>;
}

/// Whether something is done, or only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing of it stays.
    Preview,
    /// It is done.
    Act,
}

/// What came of one row, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDone {
    /// Its number; of a call, which has none, its id.
    pub number: String,
    /// Its version afterwards.
    pub version: i64,
    /// Whether anything changed; what is so already stays as it is.
    pub is_changed: bool,
    /// Who is written to about it, as far as whoever acts may know: a customer is told of their own people.
    pub told: BTreeSet<PersonId>,
    /// What else happens with it.
    pub follows: Vec<Consequence>,
}

impl RowDone {
    /// A row that is so already.
    fn unchanged(number: impl ToString, version: i64) -> Self {
        Self {
            number: number.to_string(),
            version,
            is_changed: false,
            told: BTreeSet::new(),
            follows: Vec::new(),
        }
    }
}

/// What is missing of what was asked for, or does not belong to it, each with why.
fn complete(wrong: &[(&'static str, &'static str)]) -> VerbResult<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    let field = |(field, code): &(&'static str, &'static str)| (*field, *code, String::new());
    Err(Rejection::Fields(wrong.iter().map(field).collect()).into())
}

/// The version on which a row is acted, as its verb expects it.
fn expected(version: Option<RowVersion>) -> Option<[i64; 1]> {
    version.map(|version| [version.get()])
}

/// Who has been written to about a case since `before` was looked up, as far as `actor` may know.
fn newly_told(
    conn: &mut Conn,
    actor: &Actor,
    case: CaseId,
    before: &[(NoticeId, Option<PersonId>)],
    now: Instant,
) -> VerbResult<BTreeSet<PersonId>> {
    let all = notices::written_at(conn, case, now)?;
    let new = all.into_iter().filter(|notice| !before.contains(notice));
    let told: BTreeSet<PersonId> = new.filter_map(|(_, person)| person).collect();
    Ok(match actor.side() {
        Side::Provider => told,
        // Who at the provider watches over a case is not for customers to know.
        Side::Customer => {
            let told: Vec<PersonId> = told.into_iter().collect();
            let own = people::those_of(conn, actor.access.organization, &told)?;
            own.into_iter().collect()
        }
    })
}

/// That a row goes over from somebody to another, if it does.
fn taken_from(
    conn: &mut Conn,
    before: Option<PersonId>,
    after: Option<PersonId>,
) -> VerbResult<Option<Consequence>> {
    let Some(before) = before.filter(|before| Some(*before) != after) else {
        return Ok(None);
    };
    let names = people::names(conn, &[before])?;
    let name = names.into_values().next();
    Ok(name.map(Consequence::TakenFrom))
}

/// Why what was done was taken back.
enum Undone {
    Seen(RowDone),
    Failed(VerbError),
}

impl From<VerbError> for Undone {
    fn from(error: VerbError) -> Self {
        Self::Failed(error)
    }
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.into())
    }
}

fn done(
    conn: &mut Conn,
    mode: Mode,
    verb: impl FnOnce(&mut Conn) -> VerbResult<RowDone>,
) -> VerbResult<RowDone> {
    if mode == Mode::Act {
        return verb(conn);
    }
    let seen = in_savepoint(conn, |conn| -> Result<RowDone, Undone> {
        Err(Undone::Seen(verb(conn)?))
    });
    match seen {
        Ok(done) | Err(Undone::Seen(done)) => Ok(done),
        Err(Undone::Failed(error)) => Err(error),
    }
}
