//! Provisioning: what decides how the desk works, written down as a file, and taken in again (A8).
//!
//! What is taken in is done by the verbs by which administrators do it, in one transaction. A preview is the same, taken back
//! at its end, so that it says what would really happen. Who reads the cases of a line is no part of it: that is access.

mod apply;
mod present;
mod record;

use std::sync::Arc;

use serde_json::Value;

use super::{Actor, Expected, VerbError, VerbResult, unchanged};
use crate::db::{Conn, in_savepoint};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::input::FieldError;

pub use record::{Provisioning, RecordKind};

/// What has become of a record, or would.
#[derive(Debug)]
pub struct Outcome {
    /// Its line in the file, counted from 1.
    pub line: usize,
    /// What it tells of; none where that cannot be told.
    pub kind: Option<RecordKind>,
    /// What that is called.
    pub name: String,
    /// What has become of it.
    pub what: What,
}

/// What has become of a record, or would.
#[derive(Debug)]
pub enum What {
    /// It is new. All of its fields, with nothing before.
    New(Vec<FieldChange>),
    /// It was there, and these fields were otherwise.
    Changed(Vec<FieldChange>),
    /// It was there as the record says.
    Unchanged,
    /// It cannot be so.
    Refused(Why),
}

/// Why a record was refused.
#[derive(Debug)]
pub enum Why {
    /// The line does not read.
    Unreadable(Vec<FieldError>),
    /// The verb said no.
    Rejected(VerbError),
}

/// A field that is otherwise now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// What it was; null if nothing.
    pub before: Value,
    /// What it is; null if nothing.
    pub after: Value,
}

/// What came of a file.
#[derive(Debug)]
pub struct Provisioned {
    /// Tells what is there from what was there before a change, for whoever goes on from here.
    pub version: i64,
    /// Whether it was done.
    pub is_applied: bool,
    /// What became of each record, or would, in the order of the file.
    pub outcomes: Vec<Outcome>,
}

impl Provisioned {
    /// How many records were refused.
    pub fn refused(&self) -> usize {
        let is_refused = |outcome: &&Outcome| matches!(outcome.what, What::Refused(_));
        self.outcomes.iter().filter(is_refused).count()
    }
}

/// Whether a file is only looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing stays.
    Preview,
    /// All of it stays, or nothing if a record is refused.
    Apply,
}

/// All that provisioning knows of, one record a line, in an order in which it can be taken in.
///
/// # Errors
/// [`Rejection::Denied`](super::Rejection::Denied).
pub fn export(conn: &mut Conn, actor: &Actor) -> VerbResult<String> {
    actor.require(Permission::ProvisioningRun)?;
    Ok(present::file(conn)?)
}

/// Takes a file in, or says what that would do.
///
/// # Errors
/// [`Rejection::Denied`](super::Rejection::Denied), `Stale` if what is there is not what `expected` names. What is refused of
/// single records is told by their outcomes.
pub fn take_in(
    conn: &mut Conn,
    actor: &Actor,
    expected: Expected<'_>,
    file: &Provisioning,
    mode: Mode,
    now: Instant,
) -> VerbResult<Provisioned> {
    actor.require(Permission::ProvisioningRun)?;
    let version = present::version(conn)?;
    unchanged(expected, version)?;
    let actor = &empowered(actor);
    let done = in_savepoint(conn, |conn| {
        let outcomes = apply::all(conn, actor, file, now)?;
        let is_refused = |outcome: &Outcome| matches!(outcome.what, What::Refused(_));
        match mode == Mode::Apply && !outcomes.iter().any(is_refused) {
            true => Ok(outcomes),
            false => Err(Undone::Seen(outcomes)),
        }
    });
    let (is_applied, outcomes) = match done {
        Ok(outcomes) => (true, outcomes),
        Err(Undone::Seen(outcomes)) => (false, outcomes),
        Err(Undone::Failed(error)) => return Err(error),
    };
    let version = match is_applied {
        true => present::version(conn)?,
        false => version,
    };
    Ok(Provisioned {
        version,
        is_applied,
        outcomes,
    })
}

/// Why what was done was taken back.
enum Undone {
    /// It was to be looked at, or a record was refused.
    Seen(Vec<Outcome>),
    /// It could not be done.
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

/// The actor with what provisioning needs of others' permissions: it carries them, for what it does.
fn empowered(actor: &Actor) -> Actor {
    let needed = [
        Permission::CalendarsManage,
        Permission::LinesManage,
        Permission::ReasonsManage,
        Permission::PoliciesManage,
        Permission::TargetsManage,
    ];
    let mut actor = actor.clone();
    Arc::make_mut(&mut actor.access.permissions).extend(needed);
    if let Some(scope) = &mut actor.access.scope {
        scope.extend(needed);
    }
    actor
}
